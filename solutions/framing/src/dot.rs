//! Yours: step 2.
//!
//! A mark at the end, SMTP's way: a message is lines, and a line with nothing
//! but a dot ends it.

use crate::Frame;
use crate::error::Error;
use crate::framing::Framing;

/// The line that ends a message, alone: the frame of a message without lines.
const LAST_LINE: &[u8] = b".\r\n";

/// The CRLF of a message's last line, and the line that ends the message.
const END: &[u8] = b"\r\n.\r\n";

// ANCHOR: emit
/// Appends the frame of `message` to `out`: the message, with one dot more
/// before each line that starts with a dot, and a line with a single dot.
///
/// A message is lines, each ended by CRLF; it may have none. Nothing is added
/// to a message and nothing repaired in it, so that what comes out at the other
/// end is what went in.
///
/// ```text
/// "hi", CRLF             68 69 0d 0a     →  68 69 0d 0a 2e 0d 0a
/// ".", CRLF              2e 0d 0a        →  2e 2e 0d 0a 2e 0d 0a
/// "a.", CRLF             61 2e 0d 0a     →  61 2e 0d 0a 2e 0d 0a
/// ""                                     →  2e 0d 0a
/// ```
///
/// # Errors
/// The first of: [`Error::BareCr`] for a CR that no LF follows, [`Error::BareLf`]
/// for an LF that no CR precedes, whichever comes first in the message;
/// [`Error::NoFinalCrlf`] for a message that has octets and does not end in
/// CRLF. `out` is then as it was.
///
/// # Specification
/// RFC 5321 §4.5.2: the dots. RFC 5321 §2.3.8: CR and LF MUST NOT be sent but
/// together. RFC 5321 §4.1.1.4: a message whose last line has no CRLF is
/// rejected, or completed; here it is rejected.
pub fn emit(message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    check_line_ends(message)?;
    if !message.is_empty() && !message.ends_with(b"\r\n") {
        return Err(Error::NoFinalCrlf);
    }
    for line in message.split_inclusive(|&octet| octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend(line);
    }
    out.extend(LAST_LINE);
    Ok(())
}
// ANCHOR_END: emit

// ANCHOR: parse
/// Reads the frame at the start of `buffer`. It ends with the first line that
/// is a single dot: CRLF, dot, CRLF, or dot and CRLF at the start of the
/// buffer. `Ok(None)` means that no end is there yet. From any other line that
/// starts with a dot, that one dot is taken away.
///
/// The end is looked for among the first
/// [`frame_len_max`](crate::framing::Framing::frame_len_max) octets alone: a
/// message of at most `max` octets has no longer frame.
///
/// ```text
/// 68 69 0d 0a 2e 0d 0a       →  "hi", CRLF, 7 octets taken
/// 2e 2e 0d 0a 2e 0d 0a       →  ".", CRLF, 7 octets taken
/// 2e 61 0d 0a 2e 0d 0a       →  "a", CRLF, 7 octets taken
/// 2e 0d 0a                   →  "", 3 octets taken
/// 68 69 0d 0a 2e 0d          →  not all there yet
/// 61 0a 2e 0a                →  not all there yet: no CRLF, dot, CRLF
/// 61 0a 2e 0d 0a 0d 0a 2e 0d 0a  →  refused: bare LF at offset 1
/// ```
///
/// # Errors
/// [`Error::TooLong`] at offset 0 if `frame_len_max` octets are there and the
/// end is not among them. Otherwise, where the end has come: [`Error::BareCr`]
/// or [`Error::BareLf`], whichever comes first, with its offset in `buffer`; then
/// [`Error::TooLong`] at offset 0 if the message has more than `max` octets, its
/// line ends counted and the dots that are taken away not.
///
/// # Specification
/// RFC 5321 §4.5.2 and §4.1.1.4: LF, dot, LF MUST NOT be taken for the end, and
/// a lone LF ends no line.
pub fn parse(buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
    let too_long = Error::TooLong { offset: 0, max };
    let frame_len_max = Framing::Dot.frame_len_max(max);
    let Some(lines) = lines_before_end(buffer.get(..frame_len_max).unwrap_or(buffer)) else {
        return if buffer.len() < frame_len_max {
            Ok(None)
        } else {
            Err(too_long)
        };
    };
    check_line_ends(lines)?;
    let mut message = Vec::new();
    for line in lines.split_inclusive(|&octet| octet == b'\n') {
        message.extend(line.strip_prefix(b".").unwrap_or(line));
    }
    if message.len() > max {
        return Err(too_long);
    }
    Ok(Some(Frame {
        message,
        len: lines.len() + LAST_LINE.len(),
    }))
}
// ANCHOR_END: parse

/// The lines of the frame at the start of `buffer`, without the one that ends
/// it, or `None` if that has not come.
fn lines_before_end(buffer: &[u8]) -> Option<&[u8]> {
    if buffer.starts_with(LAST_LINE) {
        return Some(&[]);
    }
    let at = buffer.windows(END.len()).position(|window| window == END)?;
    buffer.get(..at + 2)
}

/// Whether CR and LF stand together wherever they stand.
fn check_line_ends(octets: &[u8]) -> Result<(), Error> {
    let mut before = None;
    for (offset, &octet) in octets.iter().enumerate() {
        if octet == b'\n' && before != Some(b'\r') {
            return Err(Error::BareLf { offset });
        }
        if octet == b'\r' && octets.get(offset + 1) != Some(&b'\n') {
            return Err(Error::BareCr { offset });
        }
        before = Some(octet);
    }
    Ok(())
}
