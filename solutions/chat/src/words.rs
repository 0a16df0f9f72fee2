//! Given. Changes here are not graded and are replaced by updates.
//!
//! Every line that the server says of its own, without the LF.

use crate::error::Error;
use crate::seats::Why;

/// To everybody who connects.
pub const GREETING: &str = "* hello; your first line is your name";

/// To somebody who has been silent; any line answers it, an empty one too.
pub const QUESTION: &str = "? still there: send any line, an empty one will do";

/// To everybody, when the server ends.
pub const FAREWELL: &str = "* the server ends";

/// To somebody whose name was taken in: `* welcome, ada; others here: 2`.
pub fn welcome(name: &str, others: usize) -> String {
    format!("* welcome, {name}; others here: {others}")
}

/// To the others: `* ada joined`.
pub fn joined(name: &str) -> String {
    format!("* {name} joined")
}

/// To the others: `* ada left`, with the reason in brackets if it was not ada's
/// own wish.
pub fn left(name: &str, why: Why) -> String {
    match why {
        Why::Ended => format!("* {name} left"),
        Why::Lost => format!("* {name} left (connection lost)"),
        Why::LineTooLong => format!("* {name} left (line too long)"),
        Why::TooSlow => format!("* {name} left (too slow)"),
        Why::Silent => format!("* {name} left (silent)"),
    }
}

/// To the others: `ada: hi`.
pub fn said(name: &str, text: &str) -> String {
    format!("{name}: {text}")
}

/// To whoever sent something that cannot be taken: `! the name "ada" is taken`.
pub fn refused(error: &Error) -> String {
    format!("! {error}")
}
