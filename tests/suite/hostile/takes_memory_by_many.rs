//! Takes 40 MiB each in thirty processes.

pub fn attack() {
    for _ in 0..30 {
        if unsafe { fork() } == 0 {
            let room = vec![1_u8; 40 << 20];
            std::hint::black_box(&room);
            loop {
                unsafe { pause() };
            }
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(5));
}
