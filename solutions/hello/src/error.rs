//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can go wrong in a conversation of one line each way.

use std::fmt;
use std::io;
use std::str::Utf8Error;

use crate::LINE_LEN_MAX;

/// Why the conversation did not happen.
#[derive(Debug)]
pub enum Error {
    /// The text is no HOST:PORT, or the host has no address.
    NoAddress(String, io::Error),
    /// None of the addresses could be connected to; the last one's error.
    NoServer(io::Error),
    /// The stream ended after this many octets, before the LF of a line.
    EndInMidLine(usize),
    /// [`LINE_LEN_MAX`] octets came and no LF was among them.
    LineTooLong,
    /// The line's octets are not UTF-8.
    NotUtf8(Utf8Error),
    /// A line to be sent holds an LF, which would make two lines of it.
    LineFeedInLine(usize),
    /// Reading or writing failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoAddress(text, error) => write!(f, "no address for {text:?}: {error}"),
            Error::NoServer(error) => write!(f, "no server answered: {error}"),
            Error::EndInMidLine(len) => {
                write!(
                    f,
                    "the stream ended after {len} octets, before the end of the line"
                )
            }
            Error::LineTooLong => write!(f, "no end of line within {LINE_LEN_MAX} octets"),
            Error::NotUtf8(error) => write!(f, "the line is not UTF-8: {error}"),
            Error::LineFeedInLine(offset) => {
                write!(f, "line feed inside the line, at octet {offset}")
            }
            Error::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Io(error)
    }
}
