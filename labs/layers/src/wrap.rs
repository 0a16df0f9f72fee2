//! Yours: step 2.
//!
//! A message into a frame, from the inside to the outside: each function puts
//! the header of one layer before what it is given.

use crate::error::Error;
use crate::headers::{EthernetRepr, Ipv4Repr, UdpRepr};

// ANCHOR: checksum
/// The Internet checksum of the octets of `parts`, one part after the other.
/// Each part but the last has an even number of octets.
///
/// The octets are taken in pairs as numbers of 16 bits, the first octet the
/// more significant; a last octet alone is paired with a zero behind it. The
/// numbers are added, and what is carried out of the 16 bits is added to the
/// lower end, until nothing is carried. The checksum is the complement of that.
///
/// ```text
/// 00 01 f2 03 f4 f5 f6 f7   →  sum 2ddf0, with its carry ddf2, checksum 220d
/// 00 01 f2                  →  as 00 01 f2 00: sum f201, checksum 0dfe
/// ff ff ff ff ff            →  sum 2fefe, with its carry ff00, checksum 00ff
/// (nothing)                 →  sum 0000, checksum ffff
/// ```
///
/// Over octets that already hold their right checksum it is 0.
///
/// # Specification
/// RFC 1071 §1 and §3.
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let _ = parts;
    todo!("step 2: add, fold the carries, complement")
}
// ANCHOR_END: checksum

// ANCHOR: pseudo
/// The pseudo-header: what the checksums of UDP and TCP cover beside the
/// datagram or segment itself, so that one that went to a wrong host is found
/// out. It is never sent. `len` is the length of the datagram or segment,
/// header and data.
///
/// ```text
/// c0 00 02 0a   from 192.0.2.10
/// c0 00 02 35   to 192.0.2.53
/// 00            zero
/// 11            protocol 17, UDP
/// 00 29         41 octets: a header of 8, a message of 33
/// ```
///
/// # Specification
/// RFC 768; RFC 9293 §3.1.
pub fn pseudo_header(ip: &Ipv4Repr, len: u16) -> [u8; 12] {
    let _ = (ip, len);
    todo!("step 2: lay out the pseudo-header")
}
// ANCHOR_END: pseudo

// ANCHOR: wrap_udp
/// Puts a UDP header before `message`: source port, destination port, the
/// length of header and message together, the checksum.
///
/// ```text
/// 89 b9   from port 35257
/// 00 35   to port 53
/// 00 29   length 41: a header of 8, a message of 33
/// 49 0a   checksum
/// ```
///
/// The checksum covers the pseudo-header, the header with 0 in the checksum's
/// place, and the message. A checksum that comes out 0 is sent as `ff ff`: 0
/// says that there is none.
///
/// # Errors
/// [`Error::TooLong`] for a message of more than 65,527 octets, with
/// `into: "a UDP datagram"`: the length could not be written.
///
/// # Specification
/// RFC 768.
pub fn wrap_udp(message: &[u8], udp: &UdpRepr, ip: &Ipv4Repr) -> Result<Vec<u8>, Error> {
    let _ = (message, udp, ip);
    todo!("step 2: put a UDP header before the message")
}
// ANCHOR_END: wrap_udp

// ANCHOR: wrap_ipv4
/// Puts an IPv4 header without options before `payload`.
///
/// ```text
/// 45            version 4, header of 5 words of 32 bits
/// 00            type of service 0
/// 00 3d         total length 61: a header of 20, a payload of 41
/// 3c d0         identification
/// 40 00         flags: don't fragment; fragment offset 0
/// 40            time to live 64
/// 11            protocol 17, UDP
/// 79 a0         checksum of the header alone
/// c0 00 02 0a   from 192.0.2.10
/// c0 00 02 35   to 192.0.2.53
/// ```
///
/// The checksum covers these 20 octets, with 0 in its own place.
///
/// # Errors
/// [`Error::TooLong`] for a payload of more than 65,515 octets, with
/// `into: "an IPv4 packet"`: the total length could not be written.
///
/// # Specification
/// RFC 791 §3.1.
pub fn wrap_ipv4(payload: &[u8], ip: &Ipv4Repr) -> Result<Vec<u8>, Error> {
    let _ = (payload, ip);
    todo!("step 2: put an IPv4 header before the payload")
}
// ANCHOR_END: wrap_ipv4

// ANCHOR: wrap_ethernet
/// Puts an Ethernet header before `packet`, and zeros behind a frame that would
/// have fewer than 60 octets.
///
/// ```text
/// 02 00 00 00 00 50   to
/// 02 00 00 00 00 0a   from
/// 08 00               type: IPv4
/// ```
///
/// The frame check sequence and what comes before and after a frame on the line
/// are the interface's own, and are not here.
///
/// # Errors
/// [`Error::TooLong`] for a packet of more than 1500 octets, with
/// `into: "an Ethernet frame"`.
///
/// # Specification
/// RFC 894; IEEE 802.3.
pub fn wrap_ethernet(packet: &[u8], ethernet: &EthernetRepr) -> Result<Vec<u8>, Error> {
    let _ = (packet, ethernet);
    todo!("step 2: put an Ethernet header before the packet")
}
// ANCHOR_END: wrap_ethernet
