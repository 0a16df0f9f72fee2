//! Writes to the results, the submissions and the pack.

pub fn attack() {
    for path in ["{RESULTS}", "{SUBMISSIONS}", "{PACK}", "/etc", "/usr", "/opt", "/"] {
        let own = std::path::Path::new(path).join("forged");
        if std::fs::write(own, "{}").is_ok() || std::fs::OpenOptions::new().append(true).open(path).is_ok() {
            won();
        }
    }
}
