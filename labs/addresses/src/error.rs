//! Given. Changes here are not graded and are replaced by updates.
//!
//! What can be wrong with a text that should be an address, a prefix, a plan
//! or a table.

use std::fmt;
use std::io;

use crate::address::{Address, Prefix};

/// Why a text was refused.
#[derive(Debug)]
pub enum Error {
    /// An IPv4 address of this many parts, not four.
    PartCount(usize),
    /// A part with nothing in it, as in `192.0..1`.
    EmptyPart,
    /// A part with other characters than the digits 0 to 9.
    NotDecimal(String),
    /// A part that starts with 0 and goes on.
    LeadingZero(String),
    /// A part above 255.
    OverOctet(String),
    /// No `/` and so no prefix length.
    NoPrefixLength,
    /// A prefix length that is no plain decimal number from 0 to 32.
    PrefixLength(String),
    /// A mask with a one to the right of a zero.
    MaskWithGap(Address),
    /// A network was wanted, and bits after the prefix are set. The network
    /// that it lies in.
    HostBits(Prefix),
    /// A plan without host counts.
    NothingWanted,
    /// A host count that is no plain decimal number from 1 upwards.
    HostCount(String),
    /// No room for a block of this many hosts in the network.
    NoRoom(u64, Prefix),
    /// An IPv6 address of this many groups, not eight, and no `::`.
    GroupCount(usize),
    /// A group with nothing in it that is no part of a `::`.
    EmptyGroup,
    /// A group that is not one to four hexadecimal digits.
    BadGroup(String),
    /// A second `::`.
    SecondGap,
    /// A `::` beside this many groups, eight or more: none is left for it.
    GapOfNothing(usize),
    /// An IPv4 address in another place than the end of an IPv6 address.
    EmbeddedNotLast,
    /// This line is not UTF-8.
    LineNotUtf8(usize),
    /// This line is longer than [`LINE_LEN_MAX`](crate::input::LINE_LEN_MAX).
    LineTooLong(usize),
    /// What is wrong with this line of a routing table.
    TableLine(usize, String),
    /// A line of a routing table that is not PREFIX NEXTHOP.
    RouteWords(usize),
    /// The same network as in this earlier line of the table.
    SecondRoute(usize),
    /// The table could not be read.
    Table(String, io::Error),
    /// Reading or writing failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::PartCount(count) => write!(f, "an IPv4 address has 4 parts, this has {count}"),
            Error::EmptyPart => write!(f, "there is nothing between two dots, or beside one"),
            Error::NotDecimal(part) => write!(f, "{part:?} is no decimal number"),
            Error::LeadingZero(part) => {
                write!(
                    f,
                    "{part:?} starts with 0, and some readers take that for octal"
                )
            }
            Error::OverOctet(part) => write!(f, "{part} is above 255, the most an octet holds"),
            Error::NoPrefixLength => {
                write!(
                    f,
                    "there is no /LENGTH, and an address alone does not tell it"
                )
            }
            Error::PrefixLength(len) => write!(f, "{len:?} is no prefix length from 0 to 32"),
            Error::MaskWithGap(mask) => write!(f, "the mask {mask} has a one after a zero"),
            Error::HostBits(network) => {
                write!(f, "bits after the prefix are set; the network is {network}")
            }
            Error::NothingWanted => write!(f, "there is no host count after the network"),
            Error::HostCount(count) => write!(f, "{count:?} is no number of hosts"),
            Error::NoRoom(count, network) => {
                write!(f, "{network} has no room left for a block of {count} hosts")
            }
            Error::GroupCount(count) => write!(f, "an IPv6 address has 8 groups, this has {count}"),
            Error::EmptyGroup => write!(f, "there is nothing between two colons, or beside one"),
            Error::BadGroup(group) => {
                write!(f, "{group:?} is no group of 1 to 4 hexadecimal digits")
            }
            Error::SecondGap => write!(f, "there is a second ::"),
            Error::GapOfNothing(count) => {
                write!(f, "there are {count} groups, which leaves none for the ::")
            }
            Error::EmbeddedNotLast => {
                write!(f, "an IPv4 address can only be the end of an IPv6 one")
            }
            Error::LineNotUtf8(line) => write!(f, "line {line} is not UTF-8"),
            Error::LineTooLong(line) => write!(f, "line {line} is too long"),
            Error::TableLine(line, reason) => write!(f, "line {line} of the table: {reason}"),
            Error::RouteWords(count) => {
                write!(f, "a route is PREFIX NEXTHOP, this has {count} words")
            }
            Error::SecondRoute(line) => write!(f, "line {line} has a route for the same network"),
            Error::Table(path, error) => write!(f, "cannot read the table {path:?}: {error}"),
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
