//! Reads the solutions, the pack, the other submissions.

pub fn attack() {
    for path in ["{SOLUTION}", "{PACK}", "{OTHER}", "{RESULTS}/grades.csv", "/etc/shadow"] {
        if std::fs::read(path).is_ok() {
            won();
        }
    }
    for path in ["{RESULTS}", "{SUBMISSIONS}", "{ROOT}", "/root", "/home"] {
        if std::fs::read_dir(path).is_ok() {
            won();
        }
    }
}
