//! Yours: step 3.
//!
//! A frame back to its message, from the outside to the inside: each function
//! takes one header off, and gives what the header says and what is behind it.
//! What does not hold together is refused.

use crate::error::Error;
use crate::headers::{EthernetRepr, Ipv4Repr, TcpRepr, UdpRepr};

// ANCHOR: peel_ethernet
/// Takes the Ethernet header off a frame. What is behind it may end in padding:
/// the frame does not say where the packet ends, the packet does.
///
/// # Errors
/// [`Error::ShortHeader`] for fewer than 14 octets; [`Error::NotIpv4`] for any
/// type but 0x0800.
///
/// # Specification
/// RFC 894.
pub fn peel_ethernet(frame: &[u8]) -> Result<(EthernetRepr, &[u8]), Error> {
    let _ = frame;
    todo!("step 3: take the Ethernet header off")
}
// ANCHOR_END: peel_ethernet

// ANCHOR: peel_ipv4
/// Takes the IPv4 header off a packet, options and all. What is behind it goes
/// as far as the total length says; what comes after that is padding.
///
/// The length of the header is in the lower half of the first octet, in words
/// of 32 bits: `45` is a header of 20 octets, `46` one of 24, with 4 of options
/// behind the addresses.
///
/// # Errors
/// In this order:
/// [`Error::ShortHeader`] for fewer than 20 octets;
/// [`Error::Version`] for another version than 4;
/// [`Error::HeaderLength`] for a header of fewer than 20 octets, or of more
/// than are there;
/// [`Error::Checksum`] if the checksum over the whole header is not 0;
/// [`Error::TotalLength`] for one below the header's length, or of more octets
/// than are there;
/// [`Error::Fragment`] if more fragments follow or the offset is not 0: the
/// message is not all here.
///
/// # Specification
/// RFC 791 §3.1; RFC 1122 §3.2.1.1 and §3.2.1.2.
pub fn peel_ipv4(packet: &[u8]) -> Result<(Ipv4Repr, &[u8]), Error> {
    let _ = packet;
    todo!("step 3: take the IPv4 header off")
}
// ANCHOR_END: peel_ipv4

// ANCHOR: peel_udp
/// Takes the UDP header off a datagram. The message goes as far as the length
/// says; octets between that and the end of the IPv4 packet are no part of it.
///
/// # Errors
/// In this order:
/// [`Error::ShortHeader`] for fewer than 8 octets;
/// [`Error::UdpLength`] for a length below 8, or of more octets than are there;
/// [`Error::Checksum`] if the checksum over pseudo-header, header and message
/// is not 0. A checksum field of 0 says that none was computed, and passes.
///
/// # Specification
/// RFC 768; RFC 1122 §4.1.3.4; RFC 9868 for octets behind the message.
pub fn peel_udp<'a>(datagram: &'a [u8], ip: &Ipv4Repr) -> Result<(UdpRepr, &'a [u8]), Error> {
    let _ = (datagram, ip);
    todo!("step 3: take the UDP header off")
}
// ANCHOR_END: peel_udp

// ANCHOR: peel_tcp
/// Takes the TCP header off a segment, options and all. TCP has no length of
/// its own: the segment ends where the IPv4 packet ends.
///
/// The length of the header is in the upper half of octet 12, in words of 32
/// bits: `80` is a header of 32 octets, 12 of them options.
///
/// # Errors
/// In this order:
/// [`Error::ShortHeader`] for fewer than 20 octets;
/// [`Error::HeaderLength`] for a header of fewer than 20 octets, or of more
/// than are there;
/// [`Error::Checksum`] if the checksum over pseudo-header and segment is not 0.
///
/// # Specification
/// RFC 9293 §3.1.
pub fn peel_tcp<'a>(segment: &'a [u8], ip: &Ipv4Repr) -> Result<(TcpRepr, &'a [u8]), Error> {
    let _ = (segment, ip);
    todo!("step 3: take the TCP header off")
}
// ANCHOR_END: peel_tcp
