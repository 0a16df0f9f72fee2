//! Leaves a word for the next time that it is started, in a file.

pub fn attack() {
    for path in ["/box/left", "/tmp/left", "/dev/shm/left"] {
        if std::fs::exists(path).is_ok_and(|is_there| is_there) {
            won();
        }
        let _ = std::fs::write(path, "left");
    }
}
