//! Given. Changes here are not graded and are replaced by updates.
//!
//! The IPv4 ranges that have a special purpose, in the order of their first
//! addresses. Ranges may lie inside others: 255.255.255.255 does.
//!
//! They are those of IANA's special-purpose registry (RFC 6890) that are not
//! meant to be reached from everywhere, and multicast (RFC 5771).

use crate::address::Address;

/// A range of addresses with a purpose of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first address of it.
    pub first: Address,
    /// The last address of it: it belongs to the range.
    pub last: Address,
    /// The range in prefix notation.
    pub prefix: &'static str,
    /// What it is for.
    pub name: &'static str,
    /// Who says so.
    pub rfc: &'static str,
}

/// All of them.
pub const RANGES: [Range; 15] = [
    range(
        [0, 0, 0, 0],
        [0, 255, 255, 255],
        "0.0.0.0/8",
        "this network",
        "RFC 791",
    ),
    range(
        [10, 0, 0, 0],
        [10, 255, 255, 255],
        "10.0.0.0/8",
        "private",
        "RFC 1918",
    ),
    range(
        [100, 64, 0, 0],
        [100, 127, 255, 255],
        "100.64.0.0/10",
        "shared",
        "RFC 6598",
    ),
    range(
        [127, 0, 0, 0],
        [127, 255, 255, 255],
        "127.0.0.0/8",
        "loopback",
        "RFC 1122",
    ),
    range(
        [169, 254, 0, 0],
        [169, 254, 255, 255],
        "169.254.0.0/16",
        "link-local",
        "RFC 3927",
    ),
    range(
        [172, 16, 0, 0],
        [172, 31, 255, 255],
        "172.16.0.0/12",
        "private",
        "RFC 1918",
    ),
    range(
        [192, 0, 0, 0],
        [192, 0, 0, 255],
        "192.0.0.0/24",
        "protocol assignments",
        "RFC 6890",
    ),
    range(
        [192, 0, 2, 0],
        [192, 0, 2, 255],
        "192.0.2.0/24",
        "documentation",
        "RFC 5737",
    ),
    range(
        [192, 168, 0, 0],
        [192, 168, 255, 255],
        "192.168.0.0/16",
        "private",
        "RFC 1918",
    ),
    range(
        [198, 18, 0, 0],
        [198, 19, 255, 255],
        "198.18.0.0/15",
        "benchmarking",
        "RFC 2544",
    ),
    range(
        [198, 51, 100, 0],
        [198, 51, 100, 255],
        "198.51.100.0/24",
        "documentation",
        "RFC 5737",
    ),
    range(
        [203, 0, 113, 0],
        [203, 0, 113, 255],
        "203.0.113.0/24",
        "documentation",
        "RFC 5737",
    ),
    range(
        [224, 0, 0, 0],
        [239, 255, 255, 255],
        "224.0.0.0/4",
        "multicast",
        "RFC 5771",
    ),
    range(
        [240, 0, 0, 0],
        [255, 255, 255, 255],
        "240.0.0.0/4",
        "reserved",
        "RFC 1112",
    ),
    range(
        [255, 255, 255, 255],
        [255, 255, 255, 255],
        "255.255.255.255/32",
        "limited broadcast",
        "RFC 919",
    ),
];

const fn range(
    first: [u8; 4],
    last: [u8; 4],
    prefix: &'static str,
    name: &'static str,
    rfc: &'static str,
) -> Range {
    Range {
        first: Address::from_octets(first),
        last: Address::from_octets(last),
        prefix,
        name,
        rfc,
    }
}
