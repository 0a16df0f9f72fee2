//! Yours: step 6.
//!
//! A length first, in as few octets as it needs: one up to 127, two up to
//! 16,383.

use crate::Frame;
use crate::error::Error;

/// The most octets a varint can have: 64 bits, seven an octet.
pub const VARINT_LEN_MAX: usize = 10;

// ANCHOR: emit
/// Appends the frame of `message` to `out`: its length as a varint, and the
/// message itself. The length counts the octets of the message alone.
///
/// A varint is a number in groups of seven bits, the lowest group first. Each
/// group is the lower seven bits of an octet; the highest bit, 0x80, is set in
/// all octets but the last. The shortest form is written.
///
/// ```text
/// 0      →  00
/// 127    →  7f
/// 128    →  80 01
/// 300    →  ac 02      0x2c | 0x80, then 300 >> 7
/// 16383  →  ff 7f
/// 16384  →  80 80 01
///
/// "hi"   →  02 68 69
/// ```
///
/// # Specification
/// Base 128 varints, as in the encoding of Protocol Buffers; also known as
/// unsigned LEB128.
pub fn emit(message: &[u8], out: &mut Vec<u8>) {
    let mut left = message.len();
    loop {
        let group = (left & 0x7f) as u8;
        left >>= 7;
        if left == 0 {
            out.push(group);
            break;
        }
        out.push(group | 0x80);
    }
    out.extend(message);
}
// ANCHOR_END: emit

// ANCHOR: parse
/// Reads the frame at the start of `buffer`. `Ok(None)` means that not all of
/// it is there yet, of the varint or of the message.
///
/// ```text
/// 02 68 69 00                      →  "hi", 3 octets taken
/// 00                               →  "", 1 octet taken
/// 80                               →  not all there yet
/// 80 01                            →  not all there yet: 128 octets to come
/// 80 00                            →  refused: overlong, 00 says the same
/// ff ff ff ff ff ff ff ff ff 01    →  refused: 2^64 - 1 is over max
/// ff ff ff ff ff ff ff ff ff 02    →  refused: overflow, the 65th bit
/// ff ff ff ff ff ff ff ff ff 81    →  refused: overflow, an eleventh octet
/// ```
///
/// # Errors
/// As soon as the octet that shows it is there, all at offset 0:
/// [`Error::VarintOverflow`] for a tenth octet over 0x01;
/// [`Error::VarintOverlong`] for a last octet of 0x00 that is not the only one;
/// [`Error::Announced`] for a length over `max`. Nothing is waited for, and no
/// memory is taken for what is only announced.
pub fn parse(buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
    let Some((announced, header_len)) = parse_varint(buffer)? else {
        return Ok(None);
    };
    let len = match usize::try_from(announced) {
        Ok(len) if len <= max => len,
        _ => {
            return Err(Error::Announced {
                offset: 0,
                len: announced,
                max,
            });
        }
    };
    let Some(message) = buffer.get(header_len..).and_then(|rest| rest.get(..len)) else {
        return Ok(None);
    };
    Ok(Some(Frame {
        message: message.to_vec(),
        len: header_len + len,
    }))
}
// ANCHOR_END: parse

/// The varint at the start of `buffer`, and how many octets it has.
fn parse_varint(buffer: &[u8]) -> Result<Option<(u64, usize)>, Error> {
    let mut value = 0;
    for (index, &octet) in buffer.iter().take(VARINT_LEN_MAX).enumerate() {
        // The tenth octet has room for one bit: nine times seven are 63.
        if index == VARINT_LEN_MAX - 1 && octet > 1 {
            return Err(Error::VarintOverflow { offset: 0 });
        }
        value |= u64::from(octet & 0x7f) << (7 * index);
        if octet < 0x80 {
            let overlong = octet == 0 && index > 0;
            return if overlong {
                Err(Error::VarintOverlong { offset: 0 })
            } else {
                Ok(Some((value, index + 1)))
            };
        }
    }
    Ok(None)
}
