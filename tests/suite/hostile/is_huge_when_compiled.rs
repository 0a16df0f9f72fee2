//! Needs more memory to be compiled than there is.

pub fn attack() {
    static ROOM: [u64; 1 << 36] = [7; 1 << 36];
    std::hint::black_box(&ROOM);
}
