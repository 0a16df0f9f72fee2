//! Calls itself until there is no stack left.

pub fn attack() {
    fn deeper(depth: u64) -> u64 {
        let room = [depth; 64];
        deeper(std::hint::black_box(&room)[0]) ^ 1
    }
    std::hint::black_box(deeper(1));
}
