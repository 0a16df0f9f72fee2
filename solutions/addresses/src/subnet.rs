//! Yours: step 3.
//!
//! From an address and the length of its prefix to the network around it.

use crate::address::{Address, Prefix};
use crate::error::Error;
use crate::parse::parse;

/// The addresses of a network that a host can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The lowest of them.
    pub first: Address,
    /// The highest of them.
    pub last: Address,
    /// How many there are.
    pub count: u64,
}

// ANCHOR: mask
/// The mask of a prefix: `len` ones, then zeros. `len` is 0 to 32.
///
/// ```text
///  0  →  0.0.0.0
///  1  →  128.0.0.0
/// 26  →  255.255.255.192
/// 32  →  255.255.255.255
/// ```
///
/// # Specification
/// RFC 4632 §3.1.
pub fn mask(len: u8) -> Address {
    // A shift by all 32 bits, at /0, has no value: `checked_shl` says None.
    Address::from_bits(u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0))
}
// ANCHOR_END: mask

// ANCHOR: mask_len
/// The length of the prefix that a mask stands for.
///
/// ```text
/// 255.255.255.192   →  26
/// 0.0.0.0           →  0
/// 255.255.0.255     →  refused: a one after a zero
/// 0.0.0.255         →  refused, for the same reason
/// ```
///
/// # Errors
/// [`Error::MaskWithGap`] if a one stands anywhere after a zero.
///
/// # Specification
/// RFC 4632 §5.1: the ones of a mask are contiguous, from the left.
pub fn mask_len(mask: Address) -> Result<u8, Error> {
    let bits = mask.to_bits();
    if bits.leading_ones() != bits.count_ones() {
        return Err(Error::MaskWithGap(mask));
    }
    Ok(bits.count_ones() as u8)
}
// ANCHOR_END: mask_len

// ANCHOR: parse_prefix
/// Reads ADDRESS/LENGTH or ADDRESS/MASK. The length is a decimal number from 0
/// to 32 without sign or leading zero. A text with a dot in it is a mask, and
/// is read as strictly as the address. An address without a slash is refused:
/// no class fills in the length.
///
/// ```text
/// "192.168.1.77/26"                →  192.168.1.77, 26
/// "192.168.1.77/255.255.255.192"   →  192.168.1.77, 26
/// "192.168.1.77"                   →  refused, though 192 was class C once
/// "192.168.1.77/33"                →  refused
/// "192.168.1.77/026"               →  refused
/// ```
///
/// # Errors
/// [`Error::NoPrefixLength`] without a slash. Then those of `parse::parse` for
/// the address, which ends before the first slash. Then, for what follows it:
/// with a dot, those of `parse::parse` and of [`mask_len`]; without one,
/// [`Error::PrefixLength`].
///
/// # Specification
/// RFC 4632 §3.1.
pub fn parse_prefix(text: &str) -> Result<Prefix, Error> {
    let (address, len) = text.split_once('/').ok_or(Error::NoPrefixLength)?;
    let address = parse(address)?;
    let len = if len.contains('.') {
        mask_len(parse(len)?)?
    } else {
        prefix_len(len)?
    };
    Ok(Prefix { address, len })
}
// ANCHOR_END: parse_prefix

/// Reads the decimal number after the slash.
fn prefix_len(text: &str) -> Result<u8, Error> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    match text.parse() {
        Ok(len) if digits && !leading_zero && len <= 32 => Ok(len),
        _ => Err(Error::PrefixLength(text.to_owned())),
    }
}

// ANCHOR: network
/// The network that the address lies in: its prefix, then zeros.
///
/// ```text
/// 192.168.1.77/26   →  192.168.1.64
/// 192.168.1.77/0    →  0.0.0.0
/// 192.168.1.77/32   →  192.168.1.77
/// ```
///
/// # Specification
/// RFC 4632 §3.1.
pub fn network(prefix: Prefix) -> Address {
    Address::from_bits(prefix.address.to_bits() & mask(prefix.len).to_bits())
}
// ANCHOR_END: network

// ANCHOR: broadcast
/// The directed broadcast address of the network: its prefix, then ones.
/// A network of one or two addresses, /32 or /31, has none.
///
/// ```text
/// 192.168.1.77/26   →  192.168.1.127
/// 192.168.1.77/30   →  192.168.1.79
/// 192.168.1.77/31   →  None
/// 192.168.1.77/0    →  255.255.255.255
/// ```
///
/// # Specification
/// RFC 1122 §3.2.1.3; RFC 3021 §2.1 for /31.
pub fn broadcast(prefix: Prefix) -> Option<Address> {
    (prefix.len < 31).then_some(last(prefix))
}
// ANCHOR_END: broadcast

/// The last address of the network: its prefix, then ones.
fn last(prefix: Prefix) -> Address {
    Address::from_bits(prefix.address.to_bits() | !mask(prefix.len).to_bits())
}

// ANCHOR: hosts
/// The first and last address that a host of the network can have, and how
/// many there are. Neither the network's own address nor the broadcast address
/// is a host's, except where the network has no room for both.
///
/// ```text
/// 192.168.1.77/26   →  192.168.1.65   192.168.1.126            62
/// 192.168.1.77/30   →  192.168.1.77   192.168.1.78              2
/// 192.168.1.77/31   →  192.168.1.76   192.168.1.77              2
/// 192.168.1.77/32   →  192.168.1.77   192.168.1.77              1
/// 192.168.1.77/0    →  0.0.0.1        255.255.255.254  4294967294
/// ```
///
/// # Specification
/// RFC 1122 §3.2.1.3; RFC 3021 §2.1 for /31.
pub fn hosts(prefix: Prefix) -> Hosts {
    let (first, last) = (network(prefix).to_bits(), last(prefix).to_bits());
    let size = 1_u64 << (32 - prefix.len);
    let (first, last, count) = match prefix.len {
        31 | 32 => (first, last, size),
        _ => (first + 1, last - 1, size - 2),
    };
    Hosts {
        first: Address::from_bits(first),
        last: Address::from_bits(last),
        count,
    }
}
// ANCHOR_END: hosts
