//! Yours: step 6.
//!
//! A socket, as a line of `/proc/net/tcp` or `/proc/net/tcp6` has it.

use std::net::SocketAddr;

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
    let _ = line;
    todo!("step 6: read a line of the table")
}
// ANCHOR_END: parse_row
