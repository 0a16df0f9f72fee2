//! Yours: step 3.
//!
//! TCP: the same talk over a stream of octets.

use std::io::BufRead;
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::error::Error;

// ANCHOR: call
/// A connection to `peer`.
///
/// # Errors
/// [`Error::Io`] if there is none to be had.
///
/// # Specification
/// RFC 9293 §3.5: the three segments that establish it.
pub fn call(peer: SocketAddr) -> Result<TcpStream, Error> {
    let _ = peer;
    todo!("step 3: connect to the peer")
}
// ANCHOR_END: call

// ANCHOR: meet
/// Waits for one caller, and returns the connection with it. Nobody listens
/// after that: who calls later is refused, and not left to wait in a queue.
///
/// # Errors
/// [`Error::Io`] if nobody can be accepted.
pub fn meet(listener: TcpListener) -> Result<TcpStream, Error> {
    let _ = listener;
    todo!("step 3: accept one caller, and listen no more")
}
// ANCHOR_END: meet

// ANCHOR: send
/// Sends `message` and the LF that ends it. The system may take fewer octets
/// than it was given, and says how many; all of them must go.
///
/// ```text
/// "hi"  →  68 69 0a
/// ""    →  0a
/// ```
///
/// # Errors
/// [`Error::TooLong`] if `message` has more than
/// [`MESSAGE_LEN_MAX`](crate::MESSAGE_LEN_MAX) octets; nothing is sent then.
/// [`Error::Io`] if the connection is gone.
///
/// # Specification
/// RFC 9293 §3.9.1, SEND.
pub fn send(stream: &TcpStream, message: &[u8]) -> Result<(), Error> {
    let _ = (stream, message);
    todo!("step 3: send the message and its LF, whole")
}
// ANCHOR_END: send

// ANCHOR: receive
/// The next message that comes in `from`, without its LF; `None` if the peer has
/// said everything. `from` keeps what came behind the LF for the next call.
///
/// ```text
/// 68 69 0a 79 6f 75 0a   →  "hi", then "you"
/// 0a                     →  ""
/// end of the stream      →  None
/// ```
///
/// # Errors
/// [`Error::EndInMidMessage`] if the stream ends before the LF.
/// [`Error::Endless`] if more than
/// [`MESSAGE_LEN_MAX`](crate::MESSAGE_LEN_MAX) octets come without one.
/// [`Error::Io`] if the connection is gone.
///
/// # Specification
/// RFC 9293 §2.2: a stream of octets, without borders in it.
pub fn receive(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let _ = from;
    todo!("step 3: the next message up to its LF")
}
// ANCHOR_END: receive

// ANCHOR: finish
/// Tells the peer that we have said everything. What the peer still says can be
/// received. That a connection is gone already is no error.
///
/// # Errors
/// [`Error::Io`] for anything else.
///
/// # Specification
/// RFC 9293 §3.6: CLOSE means "I have no more data to send".
pub fn finish(stream: &TcpStream) -> Result<(), Error> {
    let _ = stream;
    todo!("step 3: say that there is no more to come")
}
// ANCHOR_END: finish
