//! Yours: step 3.
//!
//! A frame back to its message, from the outside to the inside: each function
//! takes one header off, and gives what the header says and what is behind it.
//! What does not hold together is refused.

use std::net::Ipv4Addr;

use crate::error::Error;
use crate::headers::{
    ETHERNET_LEN, EthernetRepr, IPV4_LEN, Ipv4Repr, Mac, TCP_LEN, TYPE_IPV4, TcpRepr, UDP_LEN,
    UdpRepr,
};
use crate::wrap::{checksum, pseudo_header};

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
    let Some((header, packet)) = frame.split_first_chunk::<ETHERNET_LEN>() else {
        return Err(Error::ShortHeader {
            of: "Ethernet",
            len: ETHERNET_LEN,
            there: frame.len(),
        });
    };
    let [to @ .., _, _, _, _, _, _, _, _] = *header;
    let [_, _, _, _, _, _, from @ .., high, low] = *header;
    let ether_type = u16::from_be_bytes([high, low]);
    if ether_type != TYPE_IPV4 {
        return Err(Error::NotIpv4(ether_type));
    }
    let ethernet = EthernetRepr {
        to: Mac(to),
        from: Mac(from),
        ether_type,
    };
    Ok((ethernet, packet))
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
    let Some((fixed, _)) = packet.split_first_chunk::<IPV4_LEN>() else {
        return Err(Error::ShortHeader {
            of: "IPv4",
            len: IPV4_LEN,
            there: packet.len(),
        });
    };
    #[rustfmt::skip]
    let [
        version_and_len, _, len_high, len_low,
        id_high, id_low, flags_high, flags_low,
        ttl, protocol, _, _,
        a, b, c, d,
        e, f, g, h,
    ] = *fixed;
    let version = version_and_len >> 4;
    if version != 4 {
        return Err(Error::Version(version));
    }
    let header_len = usize::from(version_and_len & 0x0f) * 4;
    let header = header("IPv4", packet, header_len, IPV4_LEN)?;
    if checksum(&[header]) != 0 {
        return Err(Error::Checksum("IPv4"));
    }
    let total_len = u16::from_be_bytes([len_high, len_low]);
    let payload = packet.get(header_len..usize::from(total_len));
    let payload = payload.ok_or(Error::TotalLength {
        total_len,
        header_len,
        there: packet.len(),
    })?;
    // Of the 16 bits, the first is reserved, the second is DF, the third MF.
    let fragment = u16::from_be_bytes([flags_high, flags_low]) & 0x3fff;
    if fragment != 0 {
        return Err(Error::Fragment {
            offset: usize::from(fragment & 0x1fff) * 8,
            more: fragment & 0x2000 != 0,
        });
    }
    let ip = Ipv4Repr {
        from: Ipv4Addr::new(a, b, c, d),
        to: Ipv4Addr::new(e, f, g, h),
        protocol,
        ttl,
        id: u16::from_be_bytes([id_high, id_low]),
    };
    Ok((ip, payload))
}
// ANCHOR_END: peel_ipv4

/// The first `len` octets of `octets`, a header that has at least `len_min`.
fn header<'a>(
    of: &'static str,
    octets: &'a [u8],
    len: usize,
    len_min: usize,
) -> Result<&'a [u8], Error> {
    let there = octets.len();
    octets
        .get(..len)
        .filter(|_| len >= len_min)
        .ok_or(Error::HeaderLength {
            of,
            len,
            len_min,
            there,
        })
}

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
    let there = datagram.len();
    let Some((header, _)) = datagram.split_first_chunk::<UDP_LEN>() else {
        return Err(Error::ShortHeader {
            of: "UDP",
            len: UDP_LEN,
            there,
        });
    };
    let [
        from_high,
        from_low,
        to_high,
        to_low,
        len_high,
        len_low,
        sums @ ..,
    ] = *header;
    let len = u16::from_be_bytes([len_high, len_low]);
    let message = datagram
        .get(UDP_LEN..usize::from(len))
        .ok_or(Error::UdpLength { len, there })?;
    // A field of 0 says that no checksum was computed.
    if sums != [0, 0] && checksum(&[&pseudo_header(ip, len), header, message]) != 0 {
        return Err(Error::Checksum("UDP"));
    }
    let udp = UdpRepr {
        from: u16::from_be_bytes([from_high, from_low]),
        to: u16::from_be_bytes([to_high, to_low]),
    };
    Ok((udp, message))
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
    let there = segment.len();
    let Some((fixed, _)) = segment.split_first_chunk::<TCP_LEN>() else {
        return Err(Error::ShortHeader {
            of: "TCP",
            len: TCP_LEN,
            there,
        });
    };
    let [from_high, from_low, to_high, to_low, ..] = *fixed;
    let [.., data_offset, _, _, _, _, _, _, _] = *fixed;
    let header_len = usize::from(data_offset >> 4) * 4;
    let header = header("TCP", segment, header_len, TCP_LEN)?;
    // An IPv4 packet has at most 65,535 octets, and a segment lies in one.
    let len = u16::try_from(there).unwrap_or(u16::MAX);
    if checksum(&[&pseudo_header(ip, len), segment]) != 0 {
        return Err(Error::Checksum("TCP"));
    }
    let message = segment.get(header.len()..).unwrap_or_default();
    let tcp = TcpRepr {
        from: u16::from_be_bytes([from_high, from_low]),
        to: u16::from_be_bytes([to_high, to_low]),
    };
    Ok((tcp, message))
}
// ANCHOR_END: peel_tcp
