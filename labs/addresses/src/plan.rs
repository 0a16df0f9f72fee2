//! Yours: step 4.
//!
//! One network into blocks of several sizes, and many networks into few.

use crate::address::Prefix;
use crate::error::Error;

/// How a network is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A block for each wish, in the order of the wishes.
    pub blocks: Vec<Prefix>,
    /// What is left, as few networks as can be, in ascending order.
    pub free: Vec<Prefix>,
}

// ANCHOR: split
/// Divides `network`, whose bits after the prefix are zero, into one block for
/// each number of hosts in `wanted`. A block is the smallest network in which
/// `subnet::hosts` counts that many or more.
///
/// The blocks are laid out from the network's first address upwards without a
/// gap, the greatest number of hosts first; equal numbers in the order of
/// `wanted`. They are returned in the order of `wanted`.
///
/// ```text
/// 192.168.1.0/24 for 100, 20, 50
///     100   192.168.1.0/25      laid out first
///      20   192.168.1.192/27    third
///      50   192.168.1.128/26    second
///     free  192.168.1.224/27
/// 198.51.100.0/29 for 1, 2
///       1   198.51.100.2/32
///       2   198.51.100.0/31
///     free  198.51.100.3/32  198.51.100.4/30
/// ```
///
/// # Errors
/// [`Error::NoRoom`] with the first number, in the order of the layout, whose
/// block would end behind the network's last address, or for which no IPv4
/// network is large enough, and with `network`.
///
/// # Specification
/// RFC 4632 §3.1 for the blocks; RFC 3021 §2.1 for a block of two.
pub fn split(network: Prefix, wanted: &[u64]) -> Result<Plan, Error> {
    let _ = (network, wanted);
    todo!("step 4: lay out a block for each wish")
}
// ANCHOR_END: split

// ANCHOR: aggregate
/// The shortest list of networks that holds the addresses of `networks`, all
/// of them and no other, in ascending order. The bits after each prefix are
/// zero. The same network may be given twice, or inside another.
///
/// ```text
/// 10.0.0.0/25  10.0.0.128/25                →  10.0.0.0/24
/// 10.0.1.0/24  10.0.2.0/24                  →  10.0.1.0/24  10.0.2.0/24
/// 10.0.0.0/8   10.1.2.3/32                  →  10.0.0.0/8
/// 10.0.3.0/24  10.0.2.0/24  10.0.0.0/23     →  10.0.0.0/22
/// 0.0.0.0/1    128.0.0.0/1                  →  0.0.0.0/0
/// (nothing)                                 →  (nothing)
/// ```
///
/// # Specification
/// RFC 4632 §3.1 and §4.
pub fn aggregate(networks: &[Prefix]) -> Vec<Prefix> {
    let _ = networks;
    todo!("step 4: merge siblings, drop what is contained")
}
// ANCHOR_END: aggregate
