//! Takes a gigabyte of memory, and uses it.

pub fn attack() {
    let mut all = Vec::new();
    for _ in 0..1024 {
        let mut room: Vec<u8> = Vec::new();
        if room.try_reserve_exact(1 << 20).is_err() {
            std::process::abort();
        }
        room.resize(1 << 20, 1);
        all.push(room);
    }
    std::hint::black_box(&all);
    won();
}
