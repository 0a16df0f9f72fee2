//! Yours: step 2.
//!
//! A mark at the end: LF ends a message, and escapes keep LF out of it.

use crate::Frame;
use crate::error::Error;
use crate::framing::Framing;

// ANCHOR: emit
/// Appends the frame of `message` to `out`: the message, in which two octets
/// stand for each LF and for each backslash, and an LF.
///
/// ```text
/// LF         0a  →  5c 6e   \n
/// backslash  5c  →  5c 5c   \\
///
/// "hi"           68 69           →  68 69 0a
/// "a", LF, "b"   61 0a 62        →  61 5c 6e 62 0a
/// a backslash    5c              →  5c 5c 0a
/// ""                             →  0a
/// ```
pub fn emit(message: &[u8], out: &mut Vec<u8>) {
    for &octet in message {
        match octet {
            b'\n' => out.extend(b"\\n"),
            b'\\' => out.extend(b"\\\\"),
            _ => out.push(octet),
        }
    }
    out.push(b'\n');
}
// ANCHOR_END: emit

// ANCHOR: parse
/// Reads the frame at the start of `buffer`, which the first LF ends. No frame
/// has an LF inside, so the end is found before the escapes are looked at.
/// `Ok(None)` means that no LF is there yet. Any octet that is neither LF nor
/// backslash stands for itself, CR and 0x00 included.
///
/// The end is looked for among the first
/// [`frame_len_max`](crate::framing::Framing::frame_len_max) octets alone: a
/// message of at most `max` octets has no longer frame.
///
/// ```text
/// 68 69 0a 6a          →  "hi", 3 octets taken
/// 61 5c 6e 62 0a       →  "a", LF, "b", 5 octets taken
/// 0a                   →  "", 1 octet taken
/// 68 69                →  not all there yet
/// 5c 71 0a             →  refused: 0x71 after the backslash at offset 0
/// 5c 0a                →  refused: LF after it, which is no escape
/// ```
///
/// # Errors
/// [`Error::TooLong`] at offset 0 if `frame_len_max` octets are there and none
/// is an LF. Otherwise, where the end has come, the first in the order of the
/// octets: [`Error::BadEscape`] with the offset of a backslash and the octet
/// after it that is neither `n` nor a backslash; [`Error::TooLong`] at offset 0
/// when the message, read so far, has more than `max` octets.
pub fn parse(buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
    let too_long = Error::TooLong { offset: 0, max };
    let frame_len_max = Framing::Line.frame_len_max(max);
    let Some(end) = buffer
        .iter()
        .take(frame_len_max)
        .position(|&octet| octet == b'\n')
    else {
        return if buffer.len() < frame_len_max {
            Ok(None)
        } else {
            Err(too_long)
        };
    };
    let mut message = Vec::new();
    let mut octets = buffer.iter().copied().enumerate().take(end);
    while let Some((offset, octet)) = octets.next() {
        message.push(match octet {
            b'\\' => match octets.next() {
                Some((_, b'n')) => b'\n',
                Some((_, b'\\')) => b'\\',
                Some((_, octet)) => return Err(Error::BadEscape { offset, octet }),
                None => {
                    return Err(Error::BadEscape {
                        offset,
                        octet: b'\n',
                    });
                }
            },
            _ => octet,
        });
        if message.len() > max {
            return Err(too_long);
        }
    }
    Ok(Some(Frame {
        message,
        len: end + 1,
    }))
}
// ANCHOR_END: parse
