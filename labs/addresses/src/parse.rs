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
    let _ = text;
    todo!("step 1: read four decimal parts into an address")
}
// ANCHOR_END: parse
