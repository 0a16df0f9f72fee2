//! Yours: step 2.
//!
//! What an address says by itself: the class it once had, and the special
//! range it may lie in. How long its prefix is, it does not say.

use std::fmt;

use crate::address::Address;
use crate::ranges::{RANGES, Range};

/// The class that an address had until 1993.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// First bit 0: a network of 8 bits, 24 for the host.
    A,
    /// First bits 10: a network of 16 bits, 16 for the host.
    B,
    /// First bits 110: a network of 24 bits, 8 for the host.
    C,
    /// First bits 1110: a multicast group.
    D,
    /// First bits 1111: reserved.
    E,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

// ANCHOR: class_of
/// Tells the class by the first bits of the address, and by them alone.
///
/// ```text
/// 0…      0.0.0.0   to 127.255.255.255   A
/// 10…     128.0.0.0 to 191.255.255.255   B
/// 110…    192.0.0.0 to 223.255.255.255   C
/// 1110…   224.0.0.0 to 239.255.255.255   D
/// 1111…   240.0.0.0 to 255.255.255.255   E
/// ```
///
/// # Specification
/// RFC 791 §3.2 for A, B and C; RFC 1112 §4 for D and E. RFC 4632 §3 ended
/// their use for networks.
pub fn class_of(address: Address) -> Class {
    match address.to_bits().leading_ones() {
        0 => Class::A,
        1 => Class::B,
        2 => Class::C,
        3 => Class::D,
        _ => Class::E,
    }
}
// ANCHOR_END: class_of

// ANCHOR: range_of
/// Finds the special range of `ranges::RANGES` that the address lies in. Of
/// several, the one with the fewest addresses. `None` means that the address is
/// public.
///
/// ```text
/// 172.15.255.255    →  None
/// 172.16.0.0        →  private             172.16.0.0/12
/// 172.31.255.255    →  private             172.16.0.0/12
/// 255.255.255.254   →  reserved            240.0.0.0/4
/// 255.255.255.255   →  limited broadcast   255.255.255.255/32
/// ```
///
/// # Specification
/// RFC 6890 §2.2.2, and the RFC that each range names.
pub fn range_of(address: Address) -> Option<Range> {
    RANGES
        .into_iter()
        .filter(|range| range.first <= address && address <= range.last)
        .min_by_key(|range| range.last.to_bits() - range.first.to_bits())
}
// ANCHOR_END: range_of
