//! Yours: step 1.
//!
//! How many octets a text has.

use crate::error::Error;

// ANCHOR: count
/// Counts the octets that `text` has in UTF-8.
///
/// ```text
/// "gru"   67 72 75             →  3
/// "grün"  67 72 c3 bc 6e       →  5
/// ```
///
/// # Errors
/// [`Error::Empty`] if there are none.
///
/// # Specification
/// RFC 3629 §3: a character is one to four octets.
pub fn count(text: &str) -> Result<usize, Error> {
    let _ = text;
    todo!("step 1: count the octets")
}
// ANCHOR_END: count
