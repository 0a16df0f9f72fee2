//! Given. Changes here are not graded and are replaced by updates.
//!
//! The choice of a framing.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::error::Error;
use crate::{Frame, cobs, dot, length, line, varint};

/// How messages stand in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Four octets of length, big endian, then the message (step 1).
    Length,
    /// LF ends a message; `\n` and `\\` stand for LF and backslash (step 2).
    Line,
    /// A line with a single dot ends a message of lines, as in SMTP (step 2).
    Dot,
    /// Consistent Overhead Byte Stuffing; 0x00 ends a message (step 3).
    Cobs,
    /// The length as a varint, then the message (step 6).
    Varint,
}

impl ValueEnum for Framing {
    fn value_variants<'a>() -> &'a [Framing] {
        &[
            Framing::Length,
            Framing::Line,
            Framing::Dot,
            Framing::Cobs,
            Framing::Varint,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Framing::Length => (
                "length",
                "Four octets of length, big endian, then the message (step 1)",
            ),
            Framing::Line => (
                "line",
                r"LF ends a message; `\n` and `\\` stand for LF and backslash (step 2)",
            ),
            Framing::Dot => (
                "dot",
                "A line with a single dot ends a message of lines, as in SMTP (step 2)",
            ),
            Framing::Cobs => (
                "cobs",
                "Consistent Overhead Byte Stuffing; 0x00 ends a message (step 3)",
            ),
            Framing::Varint => (
                "varint",
                "The length as a varint, then the message (step 6)",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

impl Framing {
    /// Appends the frame of `message` to `out`.
    ///
    /// # Errors
    /// [`Error::Oversize`] if the message has more than `max` octets, or more
    /// than the length field can say. For [`Framing::Dot`] also what
    /// [`dot::emit`] refuses. On an error `out` is as it was.
    pub fn emit(self, message: &[u8], max: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        if message.len() > max {
            return Err(Error::Oversize {
                len: message.len(),
                max,
            });
        }
        match self {
            Framing::Length => length::emit(message, out)?,
            Framing::Line => line::emit(message, out),
            Framing::Dot => dot::emit(message, out)?,
            Framing::Cobs => cobs::emit(message, out),
            Framing::Varint => varint::emit(message, out),
        }
        Ok(())
    }

    /// Reads the frame at the start of `buffer`, as the framing's own `parse`
    /// does: `Ok(None)` if there is not all of it yet.
    ///
    /// # Errors
    /// What the framing's `parse` refuses.
    pub fn parse(self, buffer: &[u8], max: usize) -> Result<Option<Frame>, Error> {
        match self {
            Framing::Length => length::parse(buffer, max),
            Framing::Line => line::parse(buffer, max),
            Framing::Dot => dot::parse(buffer, max),
            Framing::Cobs => cobs::parse(buffer, max),
            Framing::Varint => varint::parse(buffer, max),
        }
    }

    /// How many octets the frame of a message of at most `max` octets can
    /// have. A frame that has not ended after so many is too long.
    ///
    /// ```text
    /// length   4 + max              the length field
    /// line     2 × max + 1          all escapes, and the LF
    /// dot      max + max / 3 + 3    all lines are ".", and the last line
    /// cobs     max + max / 254 + 2  a code a block, one more, and the zero
    /// varint   10 + max             the longest varint
    /// ```
    pub fn frame_len_max(self, max: usize) -> usize {
        match self {
            Framing::Length => max.saturating_add(4),
            Framing::Line => max.saturating_mul(2).saturating_add(1),
            Framing::Dot => max.saturating_add(max / 3).saturating_add(3),
            Framing::Cobs => max.saturating_add(max / 254).saturating_add(2),
            Framing::Varint => max.saturating_add(10),
        }
    }
}
