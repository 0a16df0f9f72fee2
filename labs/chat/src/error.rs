//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can go wrong in a room, and with the servers and the client.

use std::fmt;
use std::io;

use crate::{LINE_LEN_MAX, NAME_LEN_MAX};

/// Why a line was refused, or a program ended.
#[derive(Debug)]
pub enum Error {
    /// A line has more than [`LINE_LEN_MAX`] octets with its LF, or would.
    LineTooLong,
    /// The octet at this offset of a line does not belong to UTF-8.
    NotUtf8(usize),
    /// This control character stands at this offset of a line.
    Control(char, usize),
    /// The name has so many octets.
    NameTooLong(usize),
    /// This character stands in a name and may not.
    NameCharacter(char),
    /// Somebody in the room has this name, in these or other letters.
    NameTaken(String),
    /// So many are in the room, and there is no place for one more.
    RoomFull(usize),
    /// So many connections were cut before all that waited for them was sent.
    Undelivered(usize),
    /// The server's reason why a name is not taken in.
    Refused(String),
    /// The server closed the connection, and we had not.
    ServerClosed,
    /// The text is no HOST:PORT, or the host has no address.
    NoAddress(String, io::Error),
    /// None of the addresses could be connected to; the last one's error.
    NoServer(io::Error),
    /// Line so-and-so of a script is none.
    Script(usize, String),
    /// Reading, writing or listening failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::LineTooLong => write!(f, "a line has at most {LINE_LEN_MAX} octets"),
            Error::NotUtf8(offset) => write!(f, "not UTF-8 from octet {offset} of the line"),
            Error::Control(c, offset) => write!(
                f,
                "control character 0x{:02x} at octet {offset} of the line",
                u32::from(*c)
            ),
            Error::NameTooLong(len) => {
                write!(f, "a name of {len} octets; {NAME_LEN_MAX} are allowed")
            }
            Error::NameCharacter(c) => write!(
                f,
                "{c:?} in a name; letters a to z, digits, - and _ are allowed"
            ),
            Error::NameTaken(name) => write!(f, "the name {name:?} is taken"),
            Error::RoomFull(count) => write!(f, "the room is full: {count} are here"),
            Error::Undelivered(count) => write!(
                f,
                "{count} connections were cut before all that waited for them was sent"
            ),
            Error::Refused(why) => write!(f, "{why}"),
            Error::ServerClosed => write!(f, "the server closed the connection"),
            Error::NoAddress(text, error) => write!(f, "no address for {text:?}: {error}"),
            Error::NoServer(error) => write!(f, "no server answered: {error}"),
            Error::Script(line, what) => write!(f, "line {line} of the script: {what}"),
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
