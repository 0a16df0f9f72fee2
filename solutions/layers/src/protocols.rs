//! Given. Changes here are not graded and are replaced by updates.
//!
//! The table of protocols. It stands in `protocols.tsv`, which the chapter
//! shows as it is: a row a protocol, from the bottom upwards, so that what
//! carries a protocol stands before it. The columns, with a tab between them:
//! name, other names, OSI layer, what carries it, the numbers that say so in
//! the header below, who specifies it, what it is for. `-` is nothing.

use std::fmt;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// The name that the field uses most.
    pub name: &'static str,
    /// Other names for it.
    pub also: Vec<&'static str>,
    /// Where it stands in the OSI model.
    pub layers: Layers,
    /// The names of the protocols that carry it, in the table's order of use.
    pub over: Vec<&'static str>,
    /// The numbers by which the header below says that this one follows.
    pub numbers: Vec<Number>,
    /// Who specifies it: RFCs, for the most part.
    pub by: &'static str,
    /// What it is for, and where it stands if that is between two layers.
    pub what: &'static str,
}

/// A span of layers, both ends in it; they are equal for one layer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers {
    /// The lowest.
    pub low: u8,
    /// The highest.
    pub high: u8,
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{}-{}", self.low, self.high)
        }
    }
}

/// The layers of the TCP/IP model.
///
/// # Specification
/// RFC 1122 §1.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpIp {
    /// From neighbour to neighbour.
    Link,
    /// From host to host.
    Internet,
    /// From program to program.
    Transport,
    /// What the programs say.
    Application,
}

impl fmt::Display for TcpIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TcpIp::Link => "link",
            TcpIp::Internet => "internet",
            TcpIp::Transport => "transport",
            TcpIp::Application => "application",
        })
    }
}

/// Whose header has a field that says what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Ethernet, by its type.
    Ethernet,
    /// IPv4 by its protocol, IPv6 by its next header: the same numbers.
    Ip,
    /// UDP, by a port.
    Udp,
    /// TCP, by a port.
    Tcp,
    /// SCTP, by a port.
    Sctp,
}

impl Below {
    /// All of them.
    pub const ALL: [Below; 5] = [
        Below::Ethernet,
        Below::Ip,
        Below::Udp,
        Below::Tcp,
        Below::Sctp,
    ];

    /// Whether its numbers are ports.
    pub fn has_ports(self) -> bool {
        matches!(self, Below::Udp | Below::Tcp | Below::Sctp)
    }

    /// The one of this name, in lower case: `udp`.
    pub fn named(name: &str) -> Option<Below> {
        Below::ALL
            .into_iter()
            .find(|below| below.to_string() == name)
    }
}

impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Below::Ethernet => "ethernet",
            Below::Ip => "ip",
            Below::Udp => "udp",
            Below::Tcp => "tcp",
            Below::Sctp => "sctp",
        })
    }
}

/// A number in the header below: `53/udp`, `17/ip`, `0x0800/ethernet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The number itself.
    pub value: u16,
    /// Whose header it stands in.
    pub below: Below,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.below {
            Below::Ethernet => write!(f, "0x{:04x}/{}", self.value, self.below),
            below => write!(f, "{}/{below}", self.value),
        }
    }
}

/// All protocols, in the table's order.
pub fn all() -> &'static [Protocol] {
    static TABLE: LazyLock<Vec<Protocol>> = LazyLock::new(|| {
        include_str!("../protocols.tsv")
            .lines()
            .skip(1)
            .map(|row| protocol(row).expect("the table is given, and its rows have this form"))
            .collect()
    });
    &TABLE
}

fn protocol(row: &'static str) -> Option<Protocol> {
    let mut cells = row.split('\t');
    let mut next = || cells.next();
    Some(Protocol {
        name: next()?,
        also: list(next()?),
        layers: layers(next()?)?,
        over: list(next()?),
        numbers: list(next()?)
            .into_iter()
            .map(number)
            .collect::<Option<_>>()?,
        by: next()?,
        what: next()?,
    })
}

fn list(cell: &str) -> Vec<&str> {
    match cell {
        "-" => Vec::new(),
        cell => cell.split(", ").collect(),
    }
}

fn layers(cell: &str) -> Option<Layers> {
    let (low, high) = cell.split_once('-').unwrap_or((cell, cell));
    Some(Layers {
        low: low.parse().ok()?,
        high: high.parse().ok()?,
    })
}

fn number(text: &str) -> Option<Number> {
    let (value, below) = text.split_once('/')?;
    let value = match value.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok()?,
        None => value.parse().ok()?,
    };
    let below = Below::named(below)?;
    Some(Number { value, below })
}
