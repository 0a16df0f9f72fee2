//! Yours: step 3.
//!
//! From an address and the length of its prefix to the network around it.

use crate::address::{Address, Prefix};
use crate::error::Error;

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
    let _ = len;
    todo!("step 3: make a mask of so many ones")
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
    let _ = mask;
    todo!("step 3: count the ones, refuse a gap")
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
    let _ = text;
    todo!("step 3: read an address and its prefix length")
}
// ANCHOR_END: parse_prefix

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
    let _ = prefix;
    todo!("step 3: keep the prefix, clear the rest")
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
    let _ = prefix;
    todo!("step 3: keep the prefix, set the rest")
}
// ANCHOR_END: broadcast

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
    let _ = prefix;
    todo!("step 3: find the hosts' addresses and count them")
}
// ANCHOR_END: hosts
