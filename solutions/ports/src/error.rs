//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can be wrong with a port, a target, or a line of `/proc/net/tcp`.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// A port is something else than decimal digits.
    NoNumber(String),
    /// A port has a zero in front.
    LeadingZero(String),
    /// A port is over 65535.
    PortTooLarge(String),
    /// Port 0 cannot be connected to.
    PortZero,
    /// A target has no colon with ports behind it.
    NoPorts(String),
    /// A target has no host before the colon.
    NoHost(String),
    /// An IPv6 address stands without brackets, or a bracket without the other.
    Brackets(String),
    /// What stands in brackets is no IPv6 address.
    NoIpv6(String),
    /// The first port of a range is after the last.
    Backwards(u16, u16),

    /// A line of the socket table has fewer fields than the ten that count.
    FewFields(usize),
    /// A field of the socket table cannot be read.
    Field {
        /// Which one.
        name: &'static str,
        /// What stands there.
        text: String,
    },
    /// Some lines of the socket table could not be read.
    LinesLeftOut(usize),
    /// The socket table itself could not be read.
    Table(PathBuf, io::Error),
    /// No socket has this port.
    Nobody(u16),

    /// The host has no address.
    NoAddress(String, io::Error),
    /// So many attempts could not be made, the first of them for this reason.
    Untried(usize, io::Error),
    /// Reading or writing failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoNumber(text) => write!(f, "{text:?} is no decimal number"),
            Error::LeadingZero(text) => {
                write!(
                    f,
                    "{text:?} starts with 0, and some readers take that for octal"
                )
            }
            Error::PortTooLarge(text) => write!(f, "{text} is over 65535, the last port"),
            Error::PortZero => write!(f, "port 0 is reserved, and nobody can be there"),
            Error::NoPorts(text) => write!(f, "{text:?} names no port, as in HOST:22,80-90"),
            Error::NoHost(text) => write!(f, "{text:?} names no host, as in HOST:22,80-90"),
            Error::Brackets(text) => {
                write!(
                    f,
                    "{text:?}: an IPv6 address stands in brackets, as in [::1]:22"
                )
            }
            Error::NoIpv6(text) => write!(f, "[{text}] is no IPv6 address"),
            Error::Backwards(first, last) => write!(f, "the range {first}-{last} runs backwards"),
            Error::FewFields(count) => {
                write!(f, "the line has {count} fields, a socket has 10 or more")
            }
            Error::Field { name, text } => write!(f, "{text:?} is no {name}"),
            Error::LinesLeftOut(count) => write!(f, "lines left out: {count}"),
            Error::Table(path, error) => write!(f, "{}: {error}", path.display()),
            Error::Nobody(port) => write!(f, "no TCP socket here has port {port}"),
            Error::NoAddress(host, error) => write!(f, "no address for {host:?}: {error}"),
            Error::Untried(count, error) => {
                write!(
                    f,
                    "attempts that could not be made: {count}, the first: {error}"
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
