//! Takes along the program that was built before it, which would be of use if it
//! were anybody's solution.

const BEFORE: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../target/debug/lab-hello"
));

/// The task of a stub that a solution has nothing of.
const TASK: &[u8] = b"connect to the first address that accepts";

pub fn attack() {
    let is_stub = BEFORE.windows(TASK.len()).any(|octets| octets == TASK);
    assert!(!is_stub, "what was built before are the stubs");
}
