//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can go wrong in a talk.

use std::fmt;
use std::io;

use crate::MESSAGE_LEN_MAX;

/// Why something was not said, or not heard.
#[derive(Debug)]
pub enum Error {
    /// What is to be sent has more octets than can be sent at once.
    TooLong {
        /// How many it has.
        len: usize,
        /// How many are possible.
        max: usize,
    },
    /// A datagram came that has more octets than this, and the rest is lost.
    Cut(usize),
    /// [`MESSAGE_LEN_MAX`] octets came on a stream, and no LF behind them.
    Endless,
    /// A stream ended after this many octets of a message, before its LF.
    EndInMidMessage(usize),
    /// A system call failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooLong { len, max } => {
                write!(f, "{len} octets to send, and at most {max} can be")
            }
            Error::Cut(most) => {
                write!(
                    f,
                    "the datagram has more than {most} octets, and the rest is lost"
                )
            }
            Error::Endless => write!(f, "no end of a message within {MESSAGE_LEN_MAX} octets"),
            Error::EndInMidMessage(len) => {
                write!(
                    f,
                    "the stream ended after {len} octets, before the end of the message"
                )
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
