//! Given. Changes here are not graded and are replaced by updates.
//!
//! Octets as text that a terminal shows and does not obey. What a service says
//! and what a process calls itself is theirs to choose.

use std::fmt::Write;

/// `octets` in double quotes. The printable characters of ASCII stand for
/// themselves, a quote and a backslash have a backslash in front, and any other
/// octet is `\x` and two hexadecimal digits.
///
/// ```text
/// 53 53 48 1b 5b 48  →  "SSH\x1b[H"
/// ```
pub fn quote(octets: &[u8]) -> String {
    let mut text = String::from("\"");
    for &octet in octets {
        match octet {
            b'"' | b'\\' => text.extend(['\\', char::from(octet)]),
            b' '..=b'~' => text.push(char::from(octet)),
            _ => write!(text, "\\x{octet:02x}").expect("a String takes whatever is written to it"),
        }
    }
    text.push('"');
    text
}
