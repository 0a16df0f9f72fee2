//! Yours: step 1.
//!
//! UDP: messages that travel alone, each with its sender's address on it.

use std::net::{SocketAddr, UdpSocket};

use crate::error::Error;

// ANCHOR: echo
/// Sends each datagram that comes back to where it came from, octet for octet,
/// `count` of them, or without end if there is no `count`.
///
/// ```text
/// from 127.0.0.1:40001  68 69      →  to 127.0.0.1:40001  68 69
/// from 127.0.0.1:40002  (nothing)  →  to 127.0.0.1:40002  (nothing)
/// ```
///
/// A datagram of no octets is one like any other. What of a datagram does not
/// fit the buffer is lost without a word, so the buffer has
/// [`ROOM_LEN`](crate::ROOM_LEN) octets.
///
/// # Errors
/// [`Error::Io`] if the system can receive or send no more.
///
/// # Specification
/// RFC 862, UDP Based Echo Service. RFC 768: a Length of 8 is that of the header
/// alone.
pub fn echo(socket: &UdpSocket, count: Option<u64>) -> Result<(), Error> {
    let _ = (socket, count);
    todo!("step 1: send each datagram back to where it came from")
}
// ANCHOR_END: echo

// ANCHOR: call
/// A socket for a talk with `peer`: bound to a port that the system chooses, on
/// any address of the peer's family, and connected to the peer. Nothing is sent.
///
/// ```text
/// 127.0.0.1:7000  →  bound to 0.0.0.0:0, connected to 127.0.0.1:7000
/// [::1]:7000      →  bound to [::]:0,    connected to [::1]:7000
/// ```
///
/// # Errors
/// [`Error::Io`] if there is no way to such an address.
///
/// # Specification
/// RFC 8085 §5.1: a program looks at who sends, or has the system look. RFC 8085
/// §5: such a socket is also told of the errors that its datagrams cause.
pub fn call(peer: SocketAddr) -> Result<UdpSocket, Error> {
    let _ = peer;
    todo!("step 1: a socket that is connected to the peer")
}
// ANCHOR_END: call

// ANCHOR: meet
/// Waits for the first datagram and returns what is in it. From then on the
/// socket is connected to its sender: that is the peer of this talk.
///
/// # Errors
/// [`Error::Io`] if nothing can be received.
pub fn meet(socket: &UdpSocket) -> Result<Vec<u8>, Error> {
    let _ = socket;
    todo!("step 1: wait for the first datagram, and connect to its sender")
}
// ANCHOR_END: meet

// ANCHOR: send
/// Sends `message` to the peer, as one datagram.
///
/// # Errors
/// [`Error::Io`] if the system refuses it, or tells now that an earlier one
/// found nobody.
pub fn send(socket: &UdpSocket, message: &[u8]) -> Result<(), Error> {
    let _ = (socket, message);
    todo!("step 1: send the message as one datagram")
}
// ANCHOR_END: send

// ANCHOR: receive
/// The next message from the peer that `socket` is connected to. A connected
/// socket takes no datagrams from others, but those that came before it was
/// connected are still in its queue: they are passed over.
///
/// A message may have no octets. A call that a signal interrupts is made again.
///
/// # Errors
/// [`Error::Io`] if nothing can be received, or an earlier datagram of ours
/// found nobody.
pub fn receive(socket: &UdpSocket) -> Result<Vec<u8>, Error> {
    let _ = socket;
    todo!("step 1: the next datagram from the peer")
}
// ANCHOR_END: receive
