//! Yours: step 6.
//!
//! A socket, as a line of `/proc/net/tcp` or `/proc/net/tcp6` has it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::error::Error;
use crate::state::TcpState;

/// A TCP socket of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own address and port.
    pub local: SocketAddr,
    /// Its peer's; all zeros where there is none.
    pub remote: SocketAddr,
    /// What it is doing.
    pub state: TcpState,
    /// The number by which the descriptors of processes name it; 0 for a
    /// connection that no process has any more.
    pub inode: u64,
}

// ANCHOR: parse_row
/// Reads a line of the table. Its fields have blanks between, and four of the
/// first ten count, from 0: the local address is field 1, the peer's is field 2,
/// the state is field 3, and the inode is field 9, in decimal.
///
/// ```text
/// 0         1             2             3  4                 5           6        7      8 9
/// 0:        0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000   0 52341 1 0000...
///           127.0.0.1
///                    7000               LISTEN
/// ```
///
/// An address is 8 hexadecimal digits, a colon, and 4 for the port; in IPv6,
/// four groups of 8 digits without anything between, a colon, and 4. Each group
/// of 8 is a number that the machine read from four octets of the address where
/// they lay in its memory, in network order: with its own byte order
/// (`u32::to_ne_bytes`) the four octets come back. The port is a number already.
///
/// ```text
/// 0100007F                          →  127.0.0.1   (little endian)
/// 7F000001                          →  127.0.0.1   (big endian)
/// B80D0120000000000000000001000000  →  2001:db8::1 (little endian)
/// ```
///
/// # Errors
/// [`Error::FewFields`] for fewer than ten fields. [`Error::Field`] for the
/// first that cannot be read, named `local address`, `remote address`, `state`
/// or `inode`, with its text. A sign is no digit.
pub fn parse_row(line: &str) -> Result<Socket, Error> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, local, remote, state, _, _, _, _, _, inode, ..] = fields.as_slice() else {
        return Err(Error::FewFields(fields.len()));
    };
    let bad = |name: &'static str, text: &str| Error::Field {
        name,
        text: text.to_owned(),
    };
    let code = hex(state, 2).and_then(|code| u8::try_from(code).ok());
    Ok(Socket {
        local: address(local).ok_or_else(|| bad("local address", local))?,
        remote: address(remote).ok_or_else(|| bad("remote address", remote))?,
        state: code
            .and_then(TcpState::from_code)
            .ok_or_else(|| bad("state", state))?,
        inode: decimal(inode).ok_or_else(|| bad("inode", inode))?,
    })
}
// ANCHOR_END: parse_row

fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::try_from(hex(port, 4)?).ok()?;
    let mut octets = Vec::new();
    let mut rest = host;
    while !rest.is_empty() {
        let (group, after) = rest.split_at_checked(8)?;
        octets.extend(hex(group, 8)?.to_ne_bytes());
        rest = after;
    }
    let ip = match <[u8; 4]>::try_from(octets.as_slice()) {
        Ok(octets) => IpAddr::V4(Ipv4Addr::from(octets)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)),
    };
    Some(SocketAddr::new(ip, port))
}

/// The number of exactly `len` hexadecimal digits.
fn hex(text: &str, len: usize) -> Option<u32> {
    let digits = text.len() == len && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(text, 16).ok())?
}

fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}
