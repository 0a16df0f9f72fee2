//! Given. Changes here are not graded and are replaced by updates.
//!
//! Messages as people write and read them: one a line, with escapes for the
//! octets that a line cannot hold or a terminal cannot show. This is the
//! notation of the command line and no framing of the lab, though it is one.

use std::fmt::Write;

use crate::error::Error;

/// The octets that a line of text stands for. `\n`, `\r`, `\t` and `\\` are LF,
/// CR, tab and backslash; `\x` and two hexadecimal digits are any octet; what
/// is not escaped stands for itself.
///
/// ```text
/// a\x00b\n  →  61 00 62 0a
/// a\b       →  refused: the backslash at offset 1 starts no escape
/// ```
///
/// # Errors
/// [`Error::BadText`] with the line's `number` for any other escape.
pub fn unescape(text: &[u8], number: usize) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((&octet, after)) = rest.split_first() {
        let bad = Error::BadText {
            line: number,
            offset: text.len() - rest.len(),
        };
        rest = after;
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else {
            return Err(bad);
        };
        rest = after;
        octets.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'\\' => b'\\',
            b'x' => {
                let Some((digits, after)) = rest.split_at_checked(2) else {
                    return Err(bad);
                };
                rest = after;
                hex(digits).ok_or(bad)?
            }
            _ => return Err(bad),
        });
    }
    Ok(octets)
}

fn hex(digits: &[u8]) -> Option<u8> {
    let mut value = 0;
    for &digit in digits {
        value = value << 4 | char::from(digit).to_digit(16)?;
    }
    u8::try_from(value).ok()
}

/// The line of text that stands for `octets`, without the LF that ends it. The
/// printable characters of ASCII, space included, stand for themselves.
///
/// ```text
/// 61 00 62 0a e9  →  a\x00b\n\xe9
/// ```
pub fn escape(octets: &[u8]) -> String {
    let mut text = String::new();
    for &octet in octets {
        match octet {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(octet)),
            _ => write!(text, "\\x{octet:02x}").expect("a String takes whatever is written to it"),
        }
    }
    text
}
