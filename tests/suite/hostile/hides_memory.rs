//! Wants memory that no limit of a process counts.

pub fn attack() {
    unsafe {
        if syscall(319, c"room".as_ptr(), 0_i64) >= 0 {
            won(); // memfd_create
        }
        if shmget(0, 64 << 20, 0o1600) >= 0 {
            won();
        }
    }
}
