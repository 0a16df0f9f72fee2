//! Makes a file that is all hole.

pub fn attack() {
    unsafe { signal(25, 1) }; // SIGXFSZ
    if let Ok(file) = std::fs::File::create("huge") {
        if file.set_len(1 << 40).is_ok() {
            won();
        }
    }
}
