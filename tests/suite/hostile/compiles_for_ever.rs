//! Has the compiler compute without an end.

#[allow(long_running_const_eval)]
const NEVER: u64 = {
    let mut number = 1_u64;
    while number != 0 {
        number = number.wrapping_mul(3) | 1;
    }
    number
};

pub fn attack() {
    std::hint::black_box(NEVER);
}
