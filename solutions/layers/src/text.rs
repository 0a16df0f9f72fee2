//! Given. Changes here are not graded and are replaced by updates.
//!
//! Octets as people type and read them: frames in hexadecimal, messages with
//! escapes, the ends of a conversation, and lines of standard input.

use std::fmt::Write;
use std::io::{BufRead, Read};
use std::net::{Ipv4Addr, SocketAddrV4};

use crate::error::Error;
use crate::headers::Mac;

/// The longest line that is read, in octets, without its end.
pub const LINE_LEN_MAX: usize = 262_144;

/// Hands every line of `from` to `take`, without the LF or CR LF that ends it.
/// A line that is too long or not UTF-8 is handed on as an error, and the next
/// line follows.
///
/// # Errors
/// [`Error::Io`] if `from` cannot be read, and what `take` returns.
pub fn for_each_line(
    from: &mut impl BufRead,
    mut take: impl FnMut(Result<&str, Error>) -> Result<(), Error>,
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
            take(Err(Error::LineTooLong(number)))?;
        } else {
            take(str::from_utf8(line).map_err(|_| Error::LineNotUtf8(number)))?;
        }
    }
    Ok(())
}

/// The octets of hexadecimal digits; blanks between them count for nothing.
///
/// # Errors
/// [`Error::NotHex`] for the first other character, [`Error::HalfOctet`] for an
/// odd number of digits.
pub fn parse_hex(text: &str) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::new();
    let mut count = 0;
    let mut high = 0;
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let digit = match c.to_digit(16) {
            Some(digit) => digit as u8,
            None => return Err(Error::NotHex(c)),
        };
        if count % 2 == 0 {
            high = digit << 4;
        } else {
            octets.push(high | digit);
        }
        count += 1;
    }
    if count % 2 == 1 {
        return Err(Error::HalfOctet(count));
    }
    Ok(octets)
}

/// Two digits an octet, with `between` between octets.
pub fn hex(octets: &[u8], between: &str) -> String {
    let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    octets.join(between)
}

/// Reads a MAC address: six octets in hexadecimal with colons between them.
///
/// # Errors
/// [`Error::BadMac`].
pub fn parse_mac(text: &str) -> Result<Mac, Error> {
    let bad = || Error::BadMac(text.to_owned());
    let mut octets = [0; 6];
    let mut parts = text.split(':');
    for octet in &mut octets {
        let part = parts
            .next()
            .filter(|part| part.len() == 2)
            .ok_or_else(bad)?;
        *octet = *parse_hex(part)
            .ok()
            .as_deref()
            .and_then(<[u8]>::first)
            .ok_or_else(bad)?;
    }
    if parts.next().is_some() {
        return Err(bad());
    }
    Ok(Mac(octets))
}

/// One end of a conversation: an address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The host.
    pub address: Ipv4Addr,
    /// The port on it.
    pub port: u16,
}

/// Reads `FROM TO MESSAGE`: two ends, such as 192.0.2.10:40000, and a message,
/// which may be empty. A blank stands between them; further blanks are part of
/// the message.
///
/// # Errors
/// [`Error::NoEnds`], [`Error::BadEnd`], and those of [`unescape`].
pub fn parse_request(text: &str) -> Result<(End, End, Vec<u8>), Error> {
    let (from, rest) = text.split_once(' ').ok_or(Error::NoEnds)?;
    let (to, message) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok((parse_end(from)?, parse_end(to)?, unescape(message)?))
}

fn parse_end(text: &str) -> Result<End, Error> {
    let end: SocketAddrV4 = text.parse().map_err(|_| Error::BadEnd(text.to_owned()))?;
    Ok(End {
        address: *end.ip(),
        port: end.port(),
    })
}

/// The octets of a message. `\n`, `\r`, `\t` and `\\` are LF, CR, tab and
/// backslash; `\x` and two hexadecimal digits are any octet; what is not
/// escaped stands for itself.
///
/// # Errors
/// [`Error::BadEscape`] for any other escape.
pub fn unescape(text: &str) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        let bad = Error::BadEscape(text.len() - rest.len());
        rest = after;
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else {
            return Err(bad);
        };
        rest = after;
        octets.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'\\' => b'\\',
            b'x' => {
                let digits = rest.get(..2).and_then(|digits| str::from_utf8(digits).ok());
                rest = rest.get(2..).unwrap_or_default();
                match digits.map(parse_hex) {
                    Some(Ok(one)) if one.len() == 1 => one.first().copied().unwrap_or_default(),
                    _ => return Err(bad),
                }
            }
            _ => return Err(bad),
        });
    }
    Ok(octets)
}

/// The text that stands for a message, in quotes. The printable characters of
/// ASCII stand for themselves, but for the backslash.
pub fn escape(octets: &[u8]) -> String {
    let mut text = String::from("\"");
    for &octet in octets {
        match octet {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(octet)),
            _ => write!(text, "\\x{octet:02x}").expect("a String takes whatever is written to it"),
        }
    }
    text.push('"');
    text
}
