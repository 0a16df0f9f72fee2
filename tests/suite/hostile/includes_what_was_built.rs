//! Takes along the program that was built before it.

pub fn attack() {
    std::hint::black_box(include_bytes!("../../../target/debug/lab-hello"));
}
