//! Given. Changes here are not graded and are replaced by updates.
//!
//! What the headers say, without how they say it: the types that the layers
//! hand each other. How they lie in octets is in the files that are yours.

use std::fmt;
use std::net::Ipv4Addr;

/// The type of an Ethernet frame that holds an IPv4 packet (RFC 894).
pub const TYPE_IPV4: u16 = 0x0800;

/// The protocol number of TCP in an IPv4 header (RFC 9293 §3.1).
pub const PROTOCOL_TCP: u8 = 6;

/// The protocol number of UDP in an IPv4 header (RFC 768).
pub const PROTOCOL_UDP: u8 = 17;

/// The octets of an Ethernet header: two addresses and a type.
pub const ETHERNET_LEN: usize = 14;

/// The octets of an IPv4 header without options: five words of 32 bits.
pub const IPV4_LEN: usize = 20;

/// The octets of a UDP header: four fields of 16 bits.
pub const UDP_LEN: usize = 8;

/// The octets of a TCP header without options: five words of 32 bits.
pub const TCP_LEN: usize = 20;

/// The least that an Ethernet frame has without its check sequence. A shorter
/// one is filled up with zeros (IEEE 802.3; RFC 894).
pub const FRAME_LEN_MIN: usize = 60;

/// The most that an Ethernet frame carries behind its header (RFC 894): the
/// MTU, maximum transmission unit.
pub const MTU: usize = 1500;

/// The address of an Ethernet interface, in the order in which it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// What an Ethernet header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetRepr {
    /// Whom the frame is for.
    pub to: Mac,
    /// Who sent it on this link.
    pub from: Mac,
    /// What it carries: [`TYPE_IPV4`], for one.
    pub ether_type: u16,
}

/// What an IPv4 header says, as far as this lab asks.
///
/// Lost are the type of service, the flag DF and the options: what `wrap` makes
/// of a `Repr` that `peel` gave has none of these but DF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Repr {
    /// Which host sent the packet.
    pub from: Ipv4Addr,
    /// Which host it is for.
    pub to: Ipv4Addr,
    /// What it carries: [`PROTOCOL_UDP`], for one.
    pub protocol: u8,
    /// How many routers may still forward it: the time to live.
    pub ttl: u8,
    /// The identification, which the fragments of one packet share.
    pub id: u16,
}

/// What a UDP header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpRepr {
    /// Which port sent the datagram.
    pub from: u16,
    /// Which port it is for.
    pub to: u16,
}

/// What a TCP header says, as far as this lab asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpRepr {
    /// Which port sent the segment.
    pub from: u16,
    /// Which port it is for.
    pub to: u16,
}
