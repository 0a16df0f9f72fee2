//! Leaves a process behind that belongs to nobody and holds all it was given.

pub fn attack() {
    unsafe {
        if fork() == 0 {
            setsid();
            if fork() != 0 {
                _exit(0);
            }
            prctl(15, c"netl-leftover".as_ptr() as usize, 0, 0, 0);
            signal(15, 1);
            loop {
                pause();
            }
        }
    }
}
