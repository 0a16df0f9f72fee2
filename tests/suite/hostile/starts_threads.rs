//! Starts threads for as long as it may.

pub fn attack() {
    let mut count = 0;
    loop {
        let thread = std::thread::Builder::new().stack_size(16 << 10).spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        });
        if thread.is_err() {
            return;
        }
        count += 1;
        if count > 5000 {
            won();
        }
    }
}
