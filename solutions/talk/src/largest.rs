//! Yours: step 2.
//!
//! UDP: the largest datagram, and one that does not fit.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use crate::error::Error;

// ANCHOR: len_max
/// The most octets that a datagram to `peer` can carry.
///
/// ```text
/// 127.0.0.1:7000           →  65507    IPv4's Total Length counts its own header
/// [::1]:7000               →  65527    IPv6's Payload Length does not
/// [::ffff:127.0.0.1]:7000  →  65507    IPv4, written as IPv6
/// ```
///
/// # Specification
/// RFC 768, Length. RFC 791 §3.1, Total Length and IHL: the shortest header.
/// RFC 8200 §3, Payload Length. RFC 4291 §2.5.5.2, IPv4-mapped addresses.
pub fn len_max(peer: SocketAddr) -> usize {
    let udp_header_len = 8;
    let counted_ip_header_len = match peer.ip().to_canonical() {
        IpAddr::V4(_) => 20,
        IpAddr::V6(_) => 0,
    };
    usize::from(u16::MAX) - counted_ip_header_len - udp_header_len
}
// ANCHOR_END: len_max

// ANCHOR: send_whole
/// Sends `octets` to the peer that `socket` is connected to, as one datagram:
/// not cut, and not as two.
///
/// # Errors
/// [`Error::TooLong`] if no datagram can carry so many; nothing is sent then.
/// [`Error::Io`] if the system refuses it.
pub fn send_whole(socket: &UdpSocket, octets: &[u8]) -> Result<(), Error> {
    let max = len_max(socket.peer_addr()?);
    if octets.len() > max {
        return Err(Error::TooLong {
            len: octets.len(),
            max,
        });
    }
    socket.send(octets)?;
    Ok(())
}
// ANCHOR_END: send_whole

// ANCHOR: receive_whole
/// Waits for one datagram, from anybody, and returns all of it: at most `most`
/// octets.
///
/// ```text
/// most = 4   74 61 6c 6b     →  "talk"
///            74 61 6c 6b 73  →  an error, and not "talk"
/// ```
///
/// The system copies what fits into the buffer, throws the rest away, and says
/// how many octets it copied.
///
/// # Errors
/// [`Error::Cut`] if the datagram has more octets. [`Error::Io`] if nothing can
/// be received.
pub fn receive_whole(socket: &UdpSocket, most: usize) -> Result<Vec<u8>, Error> {
    // One octet more: if that is filled, there was at least one too many.
    let mut room = vec![0; most + 1];
    let (len, _) = socket.recv_from(&mut room)?;
    if len > most {
        return Err(Error::Cut(most));
    }
    room.truncate(len);
    Ok(room)
}
// ANCHOR_END: receive_whole
