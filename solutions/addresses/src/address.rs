//! Given. Changes here are not graded and are replaced by updates.
//!
//! The types of this lab: addresses, prefixes and routes. They hold values and
//! print them; how a value is read or found is in the files that are yours.

use std::fmt;

/// An IPv4 address: 32 bits, kept as one number.
///
/// The octet that is written first is the most significant one. So a greater
/// address is a greater number, whatever order the machine keeps octets in.
///
/// ```text
/// 192.0.2.1   c0 00 02 01   0xc0000201   3221225985
/// ```
///
/// # Specification
/// RFC 791 §3.2; RFC 791 Appendix B: the most significant octet is sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(u32);

impl Address {
    /// The address of a number: `0xc000_0201` is 192.0.2.1.
    pub const fn from_bits(bits: u32) -> Address {
        Address(bits)
    }

    /// The number of the address: 192.0.2.1 is `0xc000_0201`.
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The address of four octets in the order they are written.
    pub const fn from_octets(octets: [u8; 4]) -> Address {
        Address(u32::from_be_bytes(octets))
    }

    /// The four octets in the order they are written, and sent.
    pub const fn octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.octets();
        f.pad(&format!("{a}.{b}.{c}.{d}"))
    }
}

/// An address and the length of its prefix, as written: `192.168.1.77/26`.
///
/// The bits after the prefix may be anything. Where they are all zero, the
/// prefix names a network: `192.168.1.64/26`.
///
/// # Specification
/// RFC 4632 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// The address, whose first `len` bits are the prefix.
    pub address: Address,
    /// How many bits the prefix has: 0 to 32.
    pub len: u8,
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.address, self.len))
    }
}

/// Where a packet goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextHop {
    /// To its destination: the network is on this link.
    Direct,
    /// To a router at this address, which sends it on.
    Gateway(Address),
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NextHop::Direct => f.pad("direct"),
            NextHop::Gateway(address) => address.fmt(f),
        }
    }
}

/// One line of a routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The network that the line is about; its bits after the prefix are zero.
    pub network: Prefix,
    /// Where packets for that network go.
    pub next_hop: NextHop,
}

/// An IPv6 address: 128 bits, kept as eight groups of 16 in the order they are
/// written.
///
/// # Specification
/// RFC 4291 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address6([u16; 8]);

impl Address6 {
    /// The address of eight groups.
    pub const fn from_groups(groups: [u16; 8]) -> Address6 {
        Address6(groups)
    }

    /// The eight groups.
    pub const fn groups(self) -> [u16; 8] {
        self.0
    }

    /// Every digit of it: `2001:0db8:0000:0000:0000:0000:0000:0001`.
    pub fn full(self) -> String {
        self.0.map(|group| format!("{group:04x}")).join(":")
    }
}
