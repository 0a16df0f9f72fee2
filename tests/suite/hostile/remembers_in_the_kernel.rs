//! Leaves a word for the next time that it is started, where no file is.

pub fn attack() {
    const KEY: c_int = 0x6e65;
    const CREATE: c_int = 0o1000;
    unsafe {
        if msgget(KEY, 0o600) >= 0 || semget(KEY, 1, 0o600) >= 0 || shmget(KEY, 1, 0o600) >= 0 {
            won();
        }
        msgget(KEY, CREATE | 0o600);
        semget(KEY, 1, CREATE | 0o600);
        shmget(KEY, 1, CREATE | 0o600);
        let (name, mq_open) = (c"left".as_ptr(), 240);
        if syscall(mq_open, name, 0_i64, 0_i64, 0_i64) >= 0 {
            won();
        }
        syscall(mq_open, name, 0o101_i64, 0o600_i64, 0_i64); // O_CREAT, O_WRONLY
    }
}
