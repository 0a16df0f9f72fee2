//! Yours: step 1.
//!
//! Where a protocol has its place: found by a name or by a number, put into the
//! layers of two more models, and followed down to its transport. The table
//! itself is given; what it does not say is decided here.

use crate::error::Error;
use crate::protocols::{Number, Protocol, TcpIp};

/// What a question finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The protocol of that name.
    Named(&'a Protocol),
    /// The protocols of that number, each with the number in full.
    Numbered(Vec<(Number, &'a Protocol)>),
}

// ANCHOR: layers
/// The layer of the TCP/IP model for a layer of the OSI model, 1 to 7: link,
/// link, internet, transport, and three times application.
///
/// # Specification
/// RFC 1122 §1.1.3.
pub fn tcpip_layer(osi: u8) -> TcpIp {
    let _ = osi;
    todo!("step 1: give the TCP/IP layer of an OSI layer")
}

/// The layer of the textbooks' five for a layer of the OSI model, 1 to 7. Up to
/// the transport they agree; all that is above is the fifth.
pub fn five_layer(osi: u8) -> u8 {
    let _ = osi;
    todo!("step 1: give the layer of the textbooks' five")
}
// ANCHOR_END: layers

// ANCHOR: find
/// Finds what `question` is about, by a name or else by a number.
///
/// A name, or another name, is compared whole and without regard to the case of
/// ASCII letters. It may have digits and a slash in it.
///
/// A number is decimal digits, or `0x` and hexadecimal digits. Behind it may
/// stand a slash and whose header it is from, in any case: `ethernet`, `ip`,
/// `udp`, `tcp` or `sctp`. A number alone is a port of any transport. All
/// protocols with that number are found, in the table's order.
///
/// ```text
/// "dns", "DNS", "Domain"   →  DNS
/// "http/2"                 →  HTTP/2
/// "802.11"                 →  Wi-Fi
/// "53"                     →  53/udp DNS, 53/tcp DNS
/// "443/UDP"                →  443/udp HTTP/3, 443/udp DoH
/// "6/ip"                   →  6/ip TCP
/// "0x0806/ethernet"        →  0x0806/ethernet ARP
/// "6"                      →  refused: nobody's port, and 6/ip is another question
/// "65589"                  →  refused: more than 16 bits, and not 53
/// ```
///
/// # Errors
/// [`Error::UnknownName`] if no name fits and what stands before the first
/// slash is no number; then [`Error::NumberTooLarge`] over 65535, then
/// [`Error::UnknownBelow`], then [`Error::NobodyThere`].
///
/// # Specification
/// RFC 6335 §6 for ports; RFC 791 §3.1 for the protocol of an IPv4 header.
pub fn find<'a>(table: &'a [Protocol], question: &str) -> Result<Found<'a>, Error> {
    let _ = (table, question);
    todo!("step 1: find by name, else by number")
}
// ANCHOR_END: find

// ANCHOR: transports
/// The transports that `protocol` travels over: the nearest protocols of layer
/// 4 that are met on the way down. Each stands once, in the order in which the
/// carriers are followed.
///
/// A carrier of layer 4 is one of them, and what carries it is not looked at.
/// One above layer 4 is followed down in its place. Below layer 4 there is no
/// transport to come.
///
/// ```text
/// DNS     over UDP, TCP             →  UDP, TCP
/// HTTPS   over TLS, which is over TCP  →  TCP
/// SIP     over UDP, TCP, TLS, SCTP  →  UDP, TCP, SCTP
/// HTTP/3  over QUIC                 →  QUIC
/// QUIC    over UDP                  →  UDP
/// VXLAN   over UDP                  →  UDP, although it is of layer 2 itself
/// ICMP    over IPv4                 →  nothing
/// ```
///
/// # Specification
/// RFC 1122 §1.1.3.
pub fn transports<'a>(table: &'a [Protocol], protocol: &Protocol) -> Vec<&'a str> {
    let _ = (table, protocol);
    todo!("step 1: follow the carriers down to layer 4")
}
// ANCHOR_END: transports
