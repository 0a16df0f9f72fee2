//! Yours: step 1.
//!
//! Dotted decimal to 32 bits. The standard library's reader is left out of it:
//! this file is that reader.

use crate::address::Address;
use crate::error::Error;

// ANCHOR: parse
/// Reads an IPv4 address: exactly four parts with a dot between each two, each
/// part a decimal number from 0 to 255 without a leading zero. Nothing else is
/// an address: no sign, no space, no hexadecimal, no fewer parts.
///
/// ```text
/// "192.0.2.1"         →  c0 00 02 01
/// "0.0.0.0"           →  00 00 00 00
/// "255.255.255.255"   →  ff ff ff ff
/// "192.0.2.010"       →  refused: 010 is 10 for some readers, 8 for others
/// "192.0.2.256"       →  refused
/// ```
///
/// # Errors
/// [`Error::PartCount`] first, whatever the parts hold. Then, for the first
/// part from the left that is refused: [`Error::EmptyPart`],
/// [`Error::NotDecimal`], [`Error::LeadingZero`] or [`Error::OverOctet`],
/// tested in this order. A part of `0` alone is fine; `00` is not.
///
/// # Specification
/// RFC 6943 §3.1.1, the strict form; RFC 3986 §3.2.2, `dec-octet`.
pub fn parse(text: &str) -> Result<Address, Error> {
    let parts: Vec<&str> = text.split('.').collect();
    let [a, b, c, d] = parts.as_slice() else {
        return Err(Error::PartCount(parts.len()));
    };
    Ok(Address::from_octets([
        octet(a)?,
        octet(b)?,
        octet(c)?,
        octet(d)?,
    ]))
}
// ANCHOR_END: parse

/// Reads one part.
fn octet(part: &str) -> Result<u8, Error> {
    if part.is_empty() {
        return Err(Error::EmptyPart);
    }
    // `u8::from_str` would take a plus sign.
    if !part.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(Error::NotDecimal(part.to_owned()));
    }
    if part.len() > 1 && part.starts_with('0') {
        return Err(Error::LeadingZero(part.to_owned()));
    }
    part.parse().map_err(|_| Error::OverOctet(part.to_owned()))
}
