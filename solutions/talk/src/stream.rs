//! Yours: step 3.
//!
//! TCP: the same talk over a stream of octets.

use std::io::{self, BufRead, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use crate::MESSAGE_LEN_MAX;
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
    Ok(TcpStream::connect(peer)?)
}
// ANCHOR_END: call

// ANCHOR: meet
/// Waits for one caller, and returns the connection with it. Nobody listens
/// after that: who calls later is refused, and not left to wait in a queue.
///
/// # Errors
/// [`Error::Io`] if nobody can be accepted.
pub fn meet(listener: TcpListener) -> Result<TcpStream, Error> {
    let (stream, _) = listener.accept()?;
    Ok(stream)
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
    if message.len() > MESSAGE_LEN_MAX {
        return Err(Error::TooLong {
            len: message.len(),
            max: MESSAGE_LEN_MAX,
        });
    }
    let mut stream = stream;
    stream.write_all(&[message, b"\n"].concat())?;
    Ok(())
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
    let limit = u64::try_from(MESSAGE_LEN_MAX + 1).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    from.take(limit).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        Ok(Some(line))
    } else if line.is_empty() {
        Ok(None)
    } else if line.len() > MESSAGE_LEN_MAX {
        Err(Error::Endless)
    } else {
        Err(Error::EndInMidMessage(line.len()))
    }
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
    match stream.shutdown(Shutdown::Write) {
        Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(Error::Io(error)),
        _ => Ok(()),
    }
}
// ANCHOR_END: finish
