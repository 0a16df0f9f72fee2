//! Looks for open descriptors that nobody meant it to have.

pub fn attack() {
    for fd in 3..1024 {
        if unsafe { fcntl(fd, 1, 0) } >= 0 {
            won();
        }
    }
}
