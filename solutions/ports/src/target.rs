//! Yours: step 2.
//!
//! A target: a host and the ports to try.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use crate::error::Error;
use crate::port::parse_port;

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
    let (host, ports) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest
                .split_once(']')
                .ok_or_else(|| Error::Brackets(text.to_owned()))?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(Error::NoIpv6(host.to_owned()));
            }
            let ports = after.strip_prefix(':');
            (host, ports.ok_or_else(|| Error::NoPorts(text.to_owned()))?)
        }
        None => {
            let (host, ports) = text
                .split_once(':')
                .ok_or_else(|| Error::NoPorts(text.to_owned()))?;
            if ports.contains(':') {
                return Err(Error::Brackets(text.to_owned()));
            }
            if host.is_empty() {
                return Err(Error::NoHost(text.to_owned()));
            }
            (host, ports)
        }
    };
    let mut all = BTreeSet::new();
    for item in ports.split(',') {
        let (first, last) = match item.split_once('-') {
            Some((first, last)) => (parse_port(first)?, parse_port(last)?),
            None => {
                let port = parse_port(item)?;
                (port, port)
            }
        };
        if first == 0 || last == 0 {
            return Err(Error::PortZero);
        }
        if first > last {
            return Err(Error::Backwards(first, last));
        }
        all.extend(first..=last);
    }
    Ok(Target {
        host: host.to_owned(),
        ports: all,
    })
}
// ANCHOR_END: parse_target
