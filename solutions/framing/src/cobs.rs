//! Yours: step 3.
//!
//! Consistent Overhead Byte Stuffing: frames without a zero inside, at a cost
//! that hardly depends on the message.

use crate::Frame;
use crate::error::Error;
use crate::framing::Framing;

/// The most octets a block can have after its code.
const BLOCK_LEN_MAX: usize = 254;

/// The code of a block with that many octets, which stands for no zero.
const FULL: u8 = 0xff;

// ANCHOR: emit
/// Appends the frame of `message` to `out`: blocks without a zero, and a zero.
///
/// A block is a code, 0x01 to 0xff, and `code - 1` octets that are not zero. A
/// block with a code under 0xff also stands for one zero after its octets; a
/// block with the code 0xff, of 254 octets, stands for these alone. The zero of
/// the last block stands for nothing: it is left out.
///
/// The frame is the shortest there is: after a message that ends with a full
/// block no empty block follows.
///
/// ```text
/// ""                        →  01 00
/// "hi"             68 69    →  03 68 69 00
/// a zero           00       →  01 01 00
/// "a", zero, "b"   61 00 62 →  02 61 02 62 00
/// "a", zero        61 00    →  02 61 01 00
/// 253 times 61              →  fe 61 … 61 00
/// 254 times 61              →  ff 61 … 61 00
/// 254 times 61, zero        →  ff 61 … 61 01 01 00
/// 255 times 61              →  ff 61 … 61 02 61 00
/// ```
///
/// # Specification
/// Cheshire and Baker, *Consistent Overhead Byte Stuffing*, IEEE/ACM
/// Transactions on Networking 7 (2), 1999. A frame has at most an octet more than
/// its message for each 254 octets begun, one at least, and the zero.
pub fn emit(message: &[u8], out: &mut Vec<u8>) {
    let mut runs = message.split(|&octet| octet == 0).peekable();
    while let Some(run) = runs.next() {
        let blocks = run.chunks_exact(BLOCK_LEN_MAX);
        let rest = blocks.remainder();
        for block in blocks {
            out.push(FULL);
            out.extend(block);
        }
        let ends_with_full_block = rest.is_empty() && !run.is_empty() && runs.peek().is_none();
        if !ends_with_full_block {
            out.push(
                u8::try_from(rest.len() + 1).expect("a remainder is shorter than a full block"),
            );
            out.extend(rest);
        }
    }
    out.push(0);
}
// ANCHOR_END: emit

// ANCHOR: parse
/// Reads the frame at the start of `buffer`, which the first zero ends.
/// `Ok(None)` means that no zero is there yet. A frame that is longer than it
/// need be, with an empty block after a last full one, is read like the other.
///
/// The end is looked for among the first
/// [`frame_len_max`](crate::framing::Framing::frame_len_max) octets alone: a
/// message of at most `max` octets has no longer frame.
///
/// ```text
/// 03 68 69 00 02            →  "hi", 4 octets taken
/// 01 00                     →  "", 2 octets taken
/// 01 01 00                  →  a zero, 3 octets taken
/// ff 61 … 61 00             →  254 times 61, 256 octets taken
/// ff 61 … 61 01 00          →  the same, 257 octets taken
/// 03 68                     →  not all there yet
/// 03 68 00                  →  refused: the block at offset 0 is cut
/// 00                        →  refused: not even a code
/// ```
///
/// # Errors
/// [`Error::TooLong`] at offset 0 if `frame_len_max` octets are there and none
/// is zero. Otherwise, where the end has come: [`Error::NoCode`] at offset 0 for a
/// zero with nothing before it; else the first in the order of the blocks:
/// [`Error::BlockCut`] with the offset of a code, the code, and how many octets
/// come after it before the zero; [`Error::TooLong`] at offset 0 when the message,
/// read so far, has more than `max` octets.
pub fn parse(buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
    let too_long = Error::TooLong { offset: 0, max };
    let frame_len_max = Framing::Cobs.frame_len_max(max);
    let Some(end) = buffer
        .iter()
        .take(frame_len_max)
        .position(|&octet| octet == 0)
    else {
        return if buffer.len() < frame_len_max {
            Ok(None)
        } else {
            Err(too_long)
        };
    };
    let mut rest = buffer.get(..end).unwrap_or_default();
    if rest.is_empty() {
        return Err(Error::NoCode { offset: 0 });
    }
    let mut message = Vec::new();
    while let Some((&code, after)) = rest.split_first() {
        let block_len = usize::from(code) - 1;
        let Some((block, after)) = after.split_at_checked(block_len) else {
            return Err(Error::BlockCut {
                offset: end - rest.len(),
                code,
                came: after.len(),
            });
        };
        message.extend(block);
        if code != FULL && !after.is_empty() {
            message.push(0);
        }
        if message.len() > max {
            return Err(too_long);
        }
        rest = after;
    }
    Ok(Some(Frame {
        message,
        len: end + 1,
    }))
}
// ANCHOR_END: parse
