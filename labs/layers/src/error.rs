//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can be wrong with a question, a message, a frame, or the text of one.

use std::fmt;
use std::io;

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// No protocol of the table has this name.
    UnknownName(String),
    /// A number that does not fit 16 bits.
    NumberTooLarge(String),
    /// What stands behind the slash is no header with numbers.
    UnknownBelow(String),
    /// No protocol of the table has this number.
    NobodyThere(String),
    /// More octets than can be put into this.
    TooLong {
        /// Into what, with its article: `a UDP datagram`.
        into: &'static str,
        /// How many there are.
        len: usize,
        /// How many there can be.
        len_max: usize,
    },
    /// Fewer octets than a header has at least.
    ShortHeader {
        /// Of which protocol.
        of: &'static str,
        /// How many it has.
        len: usize,
        /// How many there are.
        there: usize,
    },
    /// The type of the frame is not that of IPv4.
    NotIpv4(u16),
    /// The packet is of another version of IP.
    Version(u8),
    /// The header gives itself too few octets, or more than there are.
    HeaderLength {
        /// Of which protocol.
        of: &'static str,
        /// How many it says it has.
        len: usize,
        /// How many it has at least.
        len_min: usize,
        /// How many there are.
        there: usize,
    },
    /// The checksum of this protocol does not fit the octets that it covers.
    Checksum(&'static str),
    /// The packet gives itself fewer octets than its header, or more than there
    /// are.
    TotalLength {
        /// How many it says it has.
        total_len: u16,
        /// How many its header has.
        header_len: usize,
        /// How many there are.
        there: usize,
    },
    /// The packet is one of several that make the message.
    Fragment {
        /// Where it belongs, in octets.
        offset: usize,
        /// Whether more follow.
        more: bool,
    },
    /// The packet carries another protocol than UDP and TCP.
    NotTransport(u8),
    /// The datagram gives itself fewer octets than a header, or more than there
    /// are.
    UdpLength {
        /// How many it says it has.
        len: u16,
        /// How many there are.
        there: usize,
    },
    /// Something else than hexadecimal digits, from this character on.
    NotHex(char),
    /// An odd number of hexadecimal digits.
    HalfOctet(usize),
    /// No MAC address of six octets.
    BadMac(String),
    /// No IPv4 address with a port.
    BadEnd(String),
    /// Not two ends before the message.
    NoEnds,
    /// A backslash in a message that starts no escape, at this octet.
    BadEscape(usize),
    /// No number of octets.
    BadLength(String),
    /// This line is not UTF-8.
    LineNotUtf8(usize),
    /// This line is longer than [`LINE_LEN_MAX`](crate::text::LINE_LEN_MAX).
    LineTooLong(usize),
    /// Reading or writing failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::UnknownName(name) => write!(f, "no protocol in the table is called {name:?}"),
            Error::NumberTooLarge(number) => {
                write!(f, "{number} is above 65535, the most that 16 bits hold")
            }
            Error::UnknownBelow(name) => write!(
                f,
                "{name:?} is none of ethernet, ip, udp, tcp and sctp, whose headers say what follows"
            ),
            Error::NobodyThere(number) => {
                write!(f, "no protocol in the table has the number {number}")
            }
            Error::TooLong { into, len, len_max } => {
                write!(f, "{len} octets do not fit {into}, which holds {len_max}")
            }
            Error::ShortHeader { of, len, there } => {
                write!(f, "the {of} header has {len} octets, and {there} are there")
            }
            Error::NotIpv4(ether_type) => write!(
                f,
                "the type of the frame (octets 12 and 13) is 0x{ether_type:04x}, and that of IPv4 is 0x0800"
            ),
            Error::Version(version) => {
                write!(
                    f,
                    "the version (octet 0 of the IPv4 header) is {version}, not 4"
                )
            }
            Error::HeaderLength {
                of,
                len,
                len_min,
                there,
            } => {
                let octet = if *of == "TCP" { 12 } else { 0 };
                write!(
                    f,
                    "the header length (octet {octet} of the {of} header) is {len} octets, "
                )?;
                if len < len_min {
                    write!(f, "below the least of {len_min}")
                } else {
                    write!(f, "and {there} are there")
                }
            }
            Error::Checksum(of) => {
                let place = match *of {
                    "TCP" => "octets 16 and 17",
                    "UDP" => "octets 6 and 7",
                    _ => "octets 10 and 11",
                };
                write!(f, "the {of} checksum ({place} of the {of} header) is wrong")
            }
            Error::TotalLength {
                total_len,
                header_len,
                there,
            } => {
                write!(
                    f,
                    "the total length (octets 2 and 3 of the IPv4 header) is {total_len}, "
                )?;
                if usize::from(*total_len) < *header_len {
                    write!(f, "below the header's own {header_len}")
                } else {
                    write!(f, "and {there} octets are there")
                }
            }
            Error::Fragment { offset, more } => write!(
                f,
                "a fragment, at offset {offset} and {}: the message is not all here",
                if *more {
                    "with more to come"
                } else {
                    "the last one"
                }
            ),
            Error::NotTransport(protocol) => write!(
                f,
                "the protocol (octet 9 of the IPv4 header) is {protocol}, neither 6, TCP, nor 17, UDP"
            ),
            Error::UdpLength { len, there } => {
                write!(
                    f,
                    "the length (octets 4 and 5 of the UDP header) is {len}, "
                )?;
                if *len < 8 {
                    write!(f, "below the header's own 8")
                } else {
                    write!(f, "and {there} octets are there")
                }
            }
            Error::NotHex(c) => write!(f, "{c:?} is no hexadecimal digit"),
            Error::HalfOctet(count) => {
                write!(
                    f,
                    "{count} hexadecimal digits are no whole number of octets"
                )
            }
            Error::BadMac(text) => {
                write!(f, "{text:?} is no MAC address such as 02:00:00:00:00:0a")
            }
            Error::BadEnd(text) => {
                write!(
                    f,
                    "{text:?} is no IPv4 address with a port, such as 192.0.2.10:40000"
                )
            }
            Error::NoEnds => write!(f, "there are not two ends, FROM and TO, before the message"),
            Error::BadEscape(offset) => {
                write!(
                    f,
                    "the backslash at octet {offset} of the message starts no escape"
                )
            }
            Error::BadLength(text) => write!(f, "{text:?} is no number of octets"),
            Error::LineNotUtf8(line) => write!(f, "line {line} is not UTF-8"),
            Error::LineTooLong(line) => write!(f, "line {line} is too long"),
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
