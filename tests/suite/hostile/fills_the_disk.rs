//! Writes for as long as there is room.

pub fn attack() {
    unsafe { signal(25, 1) }; // SIGXFSZ
    let room = vec![1_u8; 1 << 20];
    let mut written = 0;
    for folder in ["/box", "/", "/tmp", "/dev/shm", "/var/tmp", "/run"] {
        for number in 0..4 {
            let Ok(mut file) = std::fs::File::create(format!("{folder}/{number}")) else { continue };
            while written < 200 && std::io::Write::write_all(&mut file, &room).is_ok() {
                written += 1;
            }
        }
    }
    if written > 80 {
        won();
    }
}
