//! Yours: step 2.
//!
//! A message into a frame, from the inside to the outside: each function puts
//! the header of one layer before what it is given.

use crate::error::Error;
use crate::headers::{
    ETHERNET_LEN, EthernetRepr, FRAME_LEN_MIN, IPV4_LEN, Ipv4Repr, MTU, UDP_LEN, UdpRepr,
};

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
    // 32 bits are enough for 65,536 pairs, twice what a packet can hold.
    let mut sum: u32 = 0;
    for part in parts {
        let (pairs, rest) = part.as_chunks::<2>();
        for pair in pairs {
            sum += u32::from(u16::from_be_bytes(*pair));
        }
        if let [octet] = rest {
            sum += u32::from(u16::from_be_bytes([*octet, 0]));
        }
    }
    // Adding what was carried can carry once more.
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
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
    let [a, b, c, d] = ip.from.octets();
    let [e, f, g, h] = ip.to.octets();
    let [high, low] = len.to_be_bytes();
    [a, b, c, d, e, f, g, h, 0, ip.protocol, high, low]
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
    let len = total_len(UDP_LEN, message, "a UDP datagram")?;
    let [from_high, from_low] = udp.from.to_be_bytes();
    let [to_high, to_low] = udp.to.to_be_bytes();
    let [len_high, len_low] = len.to_be_bytes();
    let header = [
        from_high, from_low, to_high, to_low, len_high, len_low, 0, 0,
    ];
    let sum = match checksum(&[&pseudo_header(ip, len), &header, message]) {
        // RFC 768: 0 would say that no checksum was computed.
        0 => 0xffff,
        sum => sum,
    };
    let mut datagram = Vec::with_capacity(UDP_LEN + message.len());
    datagram.extend_from_slice(&header[..6]);
    datagram.extend_from_slice(&sum.to_be_bytes());
    datagram.extend_from_slice(message);
    Ok(datagram)
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
    let len = total_len(IPV4_LEN, payload, "an IPv4 packet")?;
    let [len_high, len_low] = len.to_be_bytes();
    let [id_high, id_low] = ip.id.to_be_bytes();
    let [a, b, c, d] = ip.from.octets();
    let [e, f, g, h] = ip.to.octets();
    #[rustfmt::skip]
    let mut header = [
        0x45, 0, len_high, len_low,
        id_high, id_low, 0x40, 0,
        ip.ttl, ip.protocol, 0, 0,
        a, b, c, d,
        e, f, g, h,
    ];
    let [high, low] = checksum(&[&header]).to_be_bytes();
    (header[10], header[11]) = (high, low);
    let mut packet = Vec::with_capacity(IPV4_LEN + payload.len());
    packet.extend_from_slice(&header);
    packet.extend_from_slice(payload);
    Ok(packet)
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
    if packet.len() > MTU {
        return Err(Error::TooLong {
            into: "an Ethernet frame",
            len: packet.len(),
            len_max: MTU,
        });
    }
    let mut frame = Vec::with_capacity(FRAME_LEN_MIN.max(ETHERNET_LEN + packet.len()));
    frame.extend_from_slice(&ethernet.to.0);
    frame.extend_from_slice(&ethernet.from.0);
    frame.extend_from_slice(&ethernet.ether_type.to_be_bytes());
    frame.extend_from_slice(packet);
    frame.resize(frame.len().max(FRAME_LEN_MIN), 0);
    Ok(frame)
}
// ANCHOR_END: wrap_ethernet

/// The length of a header and what is behind it, as 16 bits can hold it.
fn total_len(header_len: usize, payload: &[u8], into: &'static str) -> Result<u16, Error> {
    u16::try_from(header_len + payload.len()).map_err(|_| Error::TooLong {
        into,
        len: payload.len(),
        len_max: usize::from(u16::MAX) - header_len,
    })
}
