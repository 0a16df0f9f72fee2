//! Yours: step 4.
//!
//! One question, and who is not there to answer it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Outcome;
use crate::error::Error;

// ANCHOR: ask_udp
/// Sends `question` to `peer` in a datagram and waits for one in return, at most
/// `wait`. If none comes, the question or the answer may be lost, so it is asked
/// again: `tries` times in all, and no more.
///
/// ```text
/// a datagram from the peer       →  Answered, whichever question it is for
/// "nobody listens there" (ICMP)  →  Refused, at once
/// nothing, `tries` times         →  Silent, after `tries` times `wait`
/// ```
///
/// # Errors
/// [`Error::Io`] for whatever else the system says.
///
/// # Specification
/// RFC 1122 §4.1.3.3: UDP passes ICMP's errors up to the program. RFC 8085 §3.3:
/// whoever needs reliability over UDP has to add it.
pub fn ask_udp(
    peer: SocketAddr,
    question: &[u8],
    wait: Duration,
    tries: u32,
) -> Result<Outcome, Error> {
    let _ = (peer, question, wait, tries);
    todo!("step 4: ask in datagrams, and tell who is not there")
}
// ANCHOR_END: ask_udp

// ANCHOR: ask_tcp
/// Connects to `peer`, sends `question` as a line and waits for a line in
/// return. Neither the connection nor a read is waited for longer than `wait`.
/// TCP itself sends again what is lost, so the question is asked once.
///
/// ```text
/// a whole line                         →  Answered
/// RST for the SYN                      →  Refused
/// nothing for the SYN, or no answer    →  Silent, after `wait`
/// RST for the connection               →  Reset
/// FIN before the end of a line         →  Closed
/// ```
///
/// # Errors
/// What `stream::send` and `stream::receive` return, and [`Error::Io`] for
/// whatever else the system says.
///
/// # Specification
/// RFC 9293 §3.5.2: who answers with a reset, and when.
pub fn ask_tcp(peer: SocketAddr, question: &[u8], wait: Duration) -> Result<Outcome, Error> {
    let _ = (peer, question, wait);
    todo!("step 4: ask on a connection, and tell who is not there")
}
// ANCHOR_END: ask_tcp
