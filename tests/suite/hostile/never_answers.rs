//! Sleeps for ever, and does not want to be woken.

pub fn attack() {
    if std::env::args().nth(1).as_deref() == Some("answer") {
        unsafe { signal(15, 1) };
        loop {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
    }
}
