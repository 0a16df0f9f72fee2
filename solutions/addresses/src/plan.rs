//! Yours: step 4.
//!
//! One network into blocks of several sizes, and many networks into few.

use std::cmp::Reverse;

use crate::address::{Address, Prefix};
use crate::error::Error;
use crate::subnet::{hosts, network as network_of};

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
    let mut wishes: Vec<(usize, u64)> = wanted.iter().copied().enumerate().collect();
    // Stable: equal wishes stay in their order. Greatest first, each block
    // starts at a multiple of its own size without a gap before it.
    wishes.sort_by_key(|&(_, count)| Reverse(count));

    let mut next = u64::from(network.address.to_bits());
    let end = next + size(network.len);
    let mut blocks = Vec::new();
    for (index, count) in wishes {
        let no_room = || Error::NoRoom(count, network);
        let len = block_len(count).ok_or_else(no_room)?;
        if size(len) > end - next {
            return Err(no_room());
        }
        blocks.push((
            index,
            Prefix {
                address: address_at(next),
                len,
            },
        ));
        next += size(len);
    }
    blocks.sort_by_key(|&(index, _)| index);
    let blocks = blocks.into_iter().map(|(_, block)| block).collect();
    Ok(Plan {
        blocks,
        free: cover(next, end),
    })
}
// ANCHOR_END: split

/// The length of the smallest block with room for so many hosts.
fn block_len(count: u64) -> Option<u8> {
    let room = |len| {
        hosts(Prefix {
            address: Address::from_bits(0),
            len,
        })
        .count
    };
    (0..=32).rev().find(|&len| room(len) >= count)
}

/// How many addresses a network has. At /0 that is one more than fits 32 bits.
fn size(len: u8) -> u64 {
    1 << (32 - len)
}

/// The address at a position from 0 to 2^32 - 1.
fn address_at(position: u64) -> Address {
    Address::from_bits(position as u32)
}

/// The fewest networks that hold the addresses from `next` to before `end`.
fn cover(mut next: u64, end: u64) -> Vec<Prefix> {
    let mut networks = Vec::new();
    while next < end {
        let fits = |&len: &u8| next.is_multiple_of(size(len)) && size(len) <= end - next;
        let len = (0..32).find(fits).unwrap_or(32);
        networks.push(Prefix {
            address: address_at(next),
            len,
        });
        next += size(len);
    }
    networks
}

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
    let mut sorted = networks.to_vec();
    // By address, then by length: what contains a network stands before it.
    sorted.sort();
    let mut list: Vec<Prefix> = Vec::new();
    for mut network in sorted {
        if list.last().is_some_and(|last| contains(*last, network)) {
            continue;
        }
        while let Some(parent) = list.last().and_then(|last| parent_of(*last, network)) {
            list.pop();
            network = parent;
        }
        list.push(network);
    }
    list
}
// ANCHOR_END: aggregate

/// Whether all addresses of `inner` are addresses of `outer`.
fn contains(outer: Prefix, inner: Prefix) -> bool {
    outer.len <= inner.len
        && network_of(Prefix {
            len: outer.len,
            ..inner
        }) == outer.address
}

/// The network that `low` and `high` are the two halves of, if they are.
fn parent_of(low: Prefix, high: Prefix) -> Option<Prefix> {
    let parent = Prefix {
        len: low.len.checked_sub(1)?,
        ..low
    };
    let halves = low.len == high.len
        && network_of(parent) == low.address
        && u64::from(low.address.to_bits()) + size(low.len) == u64::from(high.address.to_bits());
    halves.then_some(parent)
}
