//! Given. Changes here are not graded and are replaced by updates.
//!
//! Lines of standard input, and the lines of a routing table.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use crate::address::{NextHop, Prefix, Route};
use crate::error::Error;
use crate::parse::parse;
use crate::subnet::{network, parse_prefix};

/// The longest line that is read, in octets, without its end.
pub const LINE_LEN_MAX: usize = 65_536;

/// Hands every line of `from` to `take`, with its number from 1, without the
/// LF or CR LF that ends it. A line that is too long or not UTF-8 is handed on
/// as an error, and the next line follows.
///
/// # Errors
/// [`Error::Io`] if `from` cannot be read, and what `take` returns.
pub fn for_each_line(
    from: &mut impl BufRead,
    mut take: impl FnMut(usize, Result<&str, Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut octets = Vec::new();
    for number in 1.. {
        octets.clear();
        // Two octets more, for the CR and the LF.
        if from
            .take(LINE_LEN_MAX as u64 + 2)
            .read_until(b'\n', &mut octets)?
            == 0
        {
            break;
        }
        let ended = octets.ends_with(b"\n");
        let line = octets.strip_suffix(b"\n").unwrap_or(&octets);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_LEN_MAX {
            if !ended {
                from.skip_until(b'\n')?;
            }
            take(number, Err(Error::LineTooLong(number)))?;
        } else {
            take(
                number,
                str::from_utf8(line).map_err(|_| Error::LineNotUtf8(number)),
            )?;
        }
    }
    Ok(())
}

/// Reads a prefix that must name a network: all bits after it are zero.
///
/// # Errors
/// Those of `parse_prefix`, and [`Error::HostBits`].
pub fn parse_network(text: &str) -> Result<Prefix, Error> {
    let prefix = parse_prefix(text)?;
    let network = Prefix {
        address: network(prefix),
        len: prefix.len,
    };
    if prefix != network {
        return Err(Error::HostBits(network));
    }
    Ok(network)
}

/// Reads a routing table: a route a line, PREFIX NEXTHOP, where NEXTHOP is an
/// address or the word `direct`. A `#` starts a comment; empty lines are fine.
///
/// ```text
/// 0.0.0.0/0       192.0.2.1      # everything else
/// 192.0.2.0/24    direct
/// ```
///
/// # Errors
/// [`Error::Table`] if the file cannot be read, [`Error::TableLine`] for the
/// first line that is no route, or a second one for the same network.
pub fn read_table(path: &str) -> Result<Vec<Route>, Error> {
    let in_table = |error| match error {
        Error::Io(error) => Error::Table(path.to_owned(), error),
        error => error,
    };
    let file = File::open(path).map_err(|error| Error::Table(path.to_owned(), error))?;
    let mut routes = Vec::new();
    let mut seen = HashMap::new();
    for_each_line(&mut BufReader::new(file), |number, line| {
        let line = line.map_err(|error| Error::TableLine(number, error.to_string()))?;
        let text = line.split('#').next().unwrap_or_default();
        let Some(route) =
            parse_route(text).map_err(|error| Error::TableLine(number, error.to_string()))?
        else {
            return Ok(());
        };
        let key = (route.network.address.to_bits(), route.network.len);
        if let Some(earlier) = seen.insert(key, number) {
            return Err(Error::TableLine(
                number,
                Error::SecondRoute(earlier).to_string(),
            ));
        }
        routes.push(route);
        Ok(())
    })
    .map_err(in_table)?;
    Ok(routes)
}

fn parse_route(text: &str) -> Result<Option<Route>, Error> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [] => Ok(None),
        [network, "direct"] => Ok(Some(Route {
            network: parse_network(network)?,
            next_hop: NextHop::Direct,
        })),
        [network, next_hop] => Ok(Some(Route {
            network: parse_network(network)?,
            next_hop: NextHop::Gateway(parse(next_hop)?),
        })),
        _ => Err(Error::RouteWords(words.len())),
    }
}
