//! Yours: step 2.
//!
//! A target: a host and the ports to try.

use std::collections::BTreeSet;

use crate::error::Error;

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The ports, each once.
    pub ports: BTreeSet<u16>,
}

// ANCHOR: parse_target
/// Reads `HOST:PORTS`. HOST is a name, an IPv4 address, or an IPv6 address in
/// brackets. PORTS are items with commas between, each a port or a range
/// FIRST-LAST that holds both of its ends.
///
/// ```text
/// "127.0.0.1:22"          →  127.0.0.1  22
/// "localhost:80-82,22"    →  localhost  22 80 81 82
/// "[::1]:65534-65535"     →  ::1        65534 65535
/// "::1:22"                →  refused: which colon is it?
/// "localhost:0"           →  refused: nobody can be there
/// "localhost:25-20"       →  refused: runs backwards
/// ```
///
/// # Errors
/// For the host, in this order. A target that starts with a bracket:
/// [`Error::Brackets`] without the other bracket, [`Error::NoIpv6`],
/// [`Error::NoPorts`] if no colon follows at once. Any other:
/// [`Error::NoPorts`] without a colon, [`Error::Brackets`] with more than one,
/// [`Error::NoHost`] with nothing before it.
///
/// Then for the first item that is wrong: those of `parse_port` for each end
/// (a text that is empty, or has a second hyphen, is no number),
/// [`Error::PortZero`], [`Error::Backwards`].
///
/// # Specification
/// RFC 3986 §3.2.2 has the brackets; RFC 6335 §6 reserves port 0.
pub fn parse_target(text: &str) -> Result<Target, Error> {
    let _ = text;
    todo!("step 2: divide host and ports, then read the ports")
}
// ANCHOR_END: parse_target
