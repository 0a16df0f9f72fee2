//! Yours: steps 1 and 2.
//!
//! The client's side: connect, read a line, write a line.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

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
    let _ = addresses;
    todo!("step 1: connect to the first address that accepts")
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
    let _ = from;
    todo!("step 1: read up to the end of the line")
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
    let _ = (to, line);
    todo!("step 2: write the line and its end")
}
// ANCHOR_END: write_line
