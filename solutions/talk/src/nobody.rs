//! Yours: step 4.
//!
//! One question, and who is not there to answer it.

use std::io::{BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::Error;
use crate::{Outcome, datagram, stream};

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
    let socket = datagram::call(peer)?;
    socket.set_read_timeout(Some(wait))?;
    for _ in 0..tries {
        let answer = datagram::send(&socket, question).and_then(|()| datagram::receive(&socket));
        match answer {
            Ok(answer) => return Ok(Outcome::Answered(answer)),
            Err(error) => match outcome_of(error)? {
                Outcome::Silent => {}
                outcome => return Ok(outcome),
            },
        }
    }
    Ok(Outcome::Silent)
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
    let answer = TcpStream::connect_timeout(&peer, wait)
        .map_err(Error::Io)
        .and_then(|stream| {
            stream.set_read_timeout(Some(wait))?;
            stream::send(&stream, question)?;
            stream::receive(&mut BufReader::new(&stream))
        });
    match answer {
        Ok(Some(answer)) => Ok(Outcome::Answered(answer)),
        Ok(None) | Err(Error::EndInMidMessage(_)) => Ok(Outcome::Closed),
        Err(error) => outcome_of(error),
    }
}
// ANCHOR_END: ask_tcp

/// What a failed call says about the peer, if it says anything about it.
fn outcome_of(error: Error) -> Result<Outcome, Error> {
    let kind = match &error {
        Error::Io(error) => error.kind(),
        _ => return Err(error),
    };
    match kind {
        ErrorKind::ConnectionRefused => Ok(Outcome::Refused),
        // A read that waits too long is one of these, depending on the system.
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(Outcome::Silent),
        // The reset came while we read, or before we wrote.
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Ok(Outcome::Reset),
        _ => Err(error),
    }
}
