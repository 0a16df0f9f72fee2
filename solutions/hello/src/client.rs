//! Yours: steps 1 and 2.
//!
//! The client's side: connect, read a line, write a line.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::LINE_LEN_MAX;
use crate::error::Error;

// ANCHOR: connect
/// Connects to the first of `addresses` that accepts, trying them in order.
///
/// # Errors
/// [`Error::NoServer`] with the last address's error if none accepts, or with
/// a `NotFound` of your own if `addresses` is empty.
///
/// # Specification
/// RFC 1123 §2.3: try the addresses of a host until one answers.
pub fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address to connect to");
    for address in addresses {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(Error::NoServer(last))
}
// ANCHOR_END: connect

// ANCHOR: read_line
/// Reads one line and returns it without its LF. A read returns as many octets
/// as have arrived, so a line may take one read or as many reads as it has
/// octets. Nothing after the LF is taken from the stream.
///
/// ```text
/// 68 65 6c 6c 6f 0a        →  "hello"
/// 0a                       →  ""
/// ```
///
/// # Errors
/// [`Error::EndInMidLine`] if the stream ends before the LF, with how many
/// octets came. [`Error::LineTooLong`] if [`LINE_LEN_MAX`](crate::LINE_LEN_MAX)
/// octets hold no LF. [`Error::NotUtf8`] for other octets than UTF-8.
///
/// # Specification
/// RFC 9293 §2.2: TCP carries a stream of octets, without borders in it.
pub fn read_line(from: &mut impl Read) -> Result<String, Error> {
    let mut line = Vec::new();
    // One octet a read: slow, but it never takes an octet that belongs to the
    // next line. The lab `framing` does better.
    let mut octet = [0];
    while line.len() < LINE_LEN_MAX {
        match from.read(&mut octet) {
            Ok(0) => return Err(Error::EndInMidLine(line.len())),
            Ok(_) if octet == *b"\n" => {
                return Ok(str::from_utf8(&line).map_err(Error::NotUtf8)?.to_owned());
            }
            Ok(_) => line.extend(octet),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Io(error)),
        }
    }
    Err(Error::LineTooLong)
}
// ANCHOR_END: read_line

// ANCHOR: write_line
/// Writes `line` and the LF that ends it. A write may take fewer octets than it
/// was given and says how many; all of them must go.
///
/// ```text
/// "ada"  →  61 64 61 0a
/// ```
///
/// # Errors
/// [`Error::LineFeedInLine`] if `line` holds an LF itself: nothing is written.
/// [`Error::LineTooLong`] if `line` and its LF have more than
/// [`LINE_LEN_MAX`](crate::LINE_LEN_MAX) octets: nothing is written.
pub fn write_line(to: &mut impl Write, line: &str) -> Result<(), Error> {
    if let Some(offset) = line.find('\n') {
        return Err(Error::LineFeedInLine(offset));
    }
    if line.len() >= LINE_LEN_MAX {
        return Err(Error::LineTooLong);
    }
    to.write_all(format!("{line}\n").as_bytes())?;
    Ok(())
}
// ANCHOR_END: write_line
