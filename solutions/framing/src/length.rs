//! Yours: step 1.
//!
//! A length first: four octets say how many octets follow.

use crate::Frame;
use crate::error::Error;

/// How many octets the length field has.
pub const HEADER_LEN: usize = 4;

// ANCHOR: emit
/// Appends the frame of `message` to `out`: its length in four octets, big
/// endian, and the message itself. The length counts the octets of the message
/// and not the four of the length field. A message may have no octets.
///
/// ```text
/// "hi"  →  00 00 00 02 68 69
/// ""    →  00 00 00 00
/// ```
///
/// # Errors
/// [`Error::Oversize`] for more octets than the field can say, 2^32 - 1, with
/// that number as the limit; `out` is then as it was.
pub fn emit(message: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let len = u32::try_from(message.len()).map_err(|_| Error::Oversize {
        len: message.len(),
        max: u32::MAX as usize,
    })?;
    out.extend(len.to_be_bytes());
    out.extend(message);
    Ok(())
}
// ANCHOR_END: emit

// ANCHOR: parse
/// Reads the frame at the start of `buffer`. `Ok(None)` means that not all of
/// it is there yet; more octets may make it whole. What follows the frame is
/// left alone.
///
/// ```text
/// 00 00 00 02 68 69 00 00   →  "hi", 6 octets taken
/// 00 00 00 00               →  "", 4 octets taken
/// 00 00 00 02 68            →  not all there yet
/// 00 00 00                  →  not all there yet
/// ff ff ff ff               →  refused, if max is 65536
/// ```
///
/// # Errors
/// [`Error::Announced`] at offset 0 for a length over `max`, as soon as the
/// four octets are there: nothing is waited for, and no memory is taken for
/// what is only announced.
///
/// # Specification
/// The layout is that of DNS over TCP (RFC 1035 §4.2.2), which has a field of
/// two octets.
pub fn parse(buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
    let Some((header, rest)) = buffer.split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let announced = u32::from_be_bytes(*header);
    let len = match usize::try_from(announced) {
        Ok(len) if len <= max => len,
        _ => {
            return Err(Error::Announced {
                offset: 0,
                len: announced.into(),
                max,
            });
        }
    };
    let Some(message) = rest.get(..len) else {
        return Ok(None);
    };
    Ok(Some(Frame {
        message: message.to_vec(),
        len: HEADER_LEN + len,
    }))
}
// ANCHOR_END: parse
