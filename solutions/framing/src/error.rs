//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can be wrong with a message, a frame, or a stream of frames.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why there is no message, or no frame.
///
/// An `offset` counts octets from the start of what was read: for `parse` from
/// the start of its buffer, for the decoder from the start of the stream.
#[derive(Debug)]
pub enum Error {
    /// A frame announces a longer message than is allowed.
    Announced {
        /// Where the frame starts.
        offset: usize,
        /// What it announces, in octets.
        len: u64,
        /// The most octets a message may have.
        max: usize,
    },
    /// A frame holds a longer message than is allowed, whether its end has
    /// come or not.
    TooLong {
        /// Where the frame starts.
        offset: usize,
        /// The most octets a message may have.
        max: usize,
    },
    /// A backslash is followed by what is no escape.
    BadEscape {
        /// Where the backslash stands.
        offset: usize,
        /// What follows it.
        octet: u8,
    },
    /// No LF follows a CR.
    BareCr {
        /// Where the CR stands.
        offset: usize,
    },
    /// No CR comes before an LF.
    BareLf {
        /// Where the LF stands.
        offset: usize,
    },
    /// A frame has no octet before its end; in COBS it has at least a code.
    NoCode {
        /// Where the frame starts, and ends.
        offset: usize,
    },
    /// The frame ends inside a block.
    BlockCut {
        /// Where the code of the block stands.
        offset: usize,
        /// The code, which promises `code - 1` octets after it.
        code: u8,
        /// How many octets come before the end of the frame.
        came: usize,
    },
    /// A varint has more octets than its value needs.
    VarintOverlong {
        /// Where the varint starts.
        offset: usize,
    },
    /// A varint's value does not fit 64 bits.
    VarintOverflow {
        /// Where the varint starts.
        offset: usize,
    },
    /// The stream ended before the end of a frame.
    EndInMidMessage {
        /// Where the frame starts.
        offset: usize,
        /// How many octets of it came, header and escapes included.
        came: usize,
    },
    /// So many frames were given up.
    Lost(usize),

    /// A message to be framed is longer than is allowed.
    Oversize {
        /// How many octets it has.
        len: usize,
        /// The most octets a message may have.
        max: usize,
    },
    /// A message of lines to be framed does not end in CRLF.
    NoFinalCrlf,
    /// A line of text has a backslash that starts no escape.
    BadText {
        /// The number of the line; the first is 1.
        line: usize,
        /// Where in the line the backslash stands.
        offset: usize,
    },
    /// A line of text has more characters than any allowed message can take.
    TextTooLong {
        /// The number of the line; the first is 1.
        line: usize,
        /// The most octets a message may have.
        max: usize,
    },

    /// The text is no HOST:PORT, or the host has no address.
    NoAddress(String, io::Error),
    /// The peer neither sent an octet nor took one for so long.
    Stalled(Duration),
    /// Reading or writing failed.
    Io(io::Error),
}

impl Error {
    /// The same error, found in a buffer that starts `by` octets into a stream.
    pub fn moved(mut self, by: usize) -> Error {
        match &mut self {
            Error::Announced { offset, .. }
            | Error::TooLong { offset, .. }
            | Error::BadEscape { offset, .. }
            | Error::BareCr { offset }
            | Error::BareLf { offset }
            | Error::NoCode { offset }
            | Error::BlockCut { offset, .. }
            | Error::VarintOverlong { offset }
            | Error::VarintOverflow { offset }
            | Error::EndInMidMessage { offset, .. } => *offset = offset.saturating_add(by),
            Error::Lost(_)
            | Error::Oversize { .. }
            | Error::NoFinalCrlf
            | Error::BadText { .. }
            | Error::TextTooLong { .. }
            | Error::NoAddress(..)
            | Error::Stalled(_)
            | Error::Io(_) => {}
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Announced { offset, len, max } => {
                write!(
                    f,
                    "the frame at offset {offset} announces {}, the limit is {max}",
                    Octets(*len)
                )
            }
            Error::TooLong { offset, max } => {
                write!(
                    f,
                    "the frame at offset {offset} holds more than the limit of {}",
                    Octets(*max)
                )
            }
            Error::BadEscape { offset, octet } => {
                write!(
                    f,
                    "octet 0x{octet:02x} after the backslash at offset {offset} is no escape"
                )
            }
            Error::BareCr { offset } => write!(f, "the CR at offset {offset} has no LF after it"),
            Error::BareLf { offset } => write!(f, "the LF at offset {offset} has no CR before it"),
            Error::NoCode { offset } => {
                write!(
                    f,
                    "the frame at offset {offset} is empty, without even a code"
                )
            }
            Error::BlockCut { offset, code, came } => {
                let promised = Octets(code.saturating_sub(1));
                write!(
                    f,
                    "code 0x{code:02x} at offset {offset} promises {promised}, the frame has {came} more"
                )
            }
            Error::VarintOverlong { offset } => {
                write!(
                    f,
                    "the varint at offset {offset} has more octets than it needs"
                )
            }
            Error::VarintOverflow { offset } => {
                write!(f, "the varint at offset {offset} does not fit 64 bits")
            }
            Error::EndInMidMessage { offset, came } => {
                write!(
                    f,
                    "the stream ended in mid-message, after {} of the frame at offset {offset}",
                    Octets(*came)
                )
            }
            Error::Lost(count) => write!(f, "frames lost: {count}"),
            Error::Oversize { len, max } => {
                write!(f, "the message has {}, the limit is {max}", Octets(*len))
            }
            Error::NoFinalCrlf => write!(f, "the message does not end in CRLF"),
            Error::BadText { line, offset } => {
                write!(
                    f,
                    "line {line}: the backslash at offset {offset} starts no escape"
                )
            }
            Error::TextTooLong { line, max } => {
                write!(
                    f,
                    "line {line}: more text than a message of {} takes",
                    Octets(*max)
                )
            }
            Error::NoAddress(text, error) => write!(f, "no address for {text:?}: {error}"),
            Error::Stalled(limit) => write!(f, "the peer did nothing for {} s", limit.as_secs()),
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

/// A count of octets in words: `1 octet`, `2 octets`.
struct Octets<T>(T);

impl<T: fmt::Display + PartialEq + From<u8>> fmt::Display for Octets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.0 == T::from(1) { "" } else { "s" };
        write!(f, "{} octet{ending}", self.0)
    }
}
