//! Given. Changes here are not graded and are replaced by updates.
//!
//! The TCP sockets of a machine, from the files under `/proc`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::Error;
use crate::socket::{Socket, parse_row};

/// What the files say.
#[derive(Debug, Default)]
pub struct Table {
    /// The sockets, in the order of the files, IPv4 first.
    pub sockets: Vec<Socket>,
    /// Why a line was left out, with its place.
    pub left_out: Vec<String>,
}

/// Reads `net/tcp` and `net/tcp6` under `proc`. The first line of each names
/// the columns.
///
/// # Errors
/// [`Error::Table`] for a file that cannot be read. A machine without IPv6 has
/// no `net/tcp6`, and that is no error.
pub fn read(proc: &Path) -> Result<Table, Error> {
    let mut table = Table::default();
    for (name, may_lack) in [("net/tcp", false), ("net/tcp6", true)] {
        let path = proc.join(name);
        let octets = match fs::read(&path) {
            Err(error) if may_lack && error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::Table(path, error)),
            Ok(octets) => octets,
        };
        let text = String::from_utf8_lossy(&octets);
        for (number, line) in (1..).zip(text.lines()).skip(1) {
            match parse_row(line) {
                Ok(socket) => table.sockets.push(socket),
                Err(error) => {
                    let place = path.display();
                    table
                        .left_out
                        .push(format!("{place}, line {number}: {error}"));
                }
            }
        }
    }
    Ok(table)
}

/// Whether an error about a file of a process says that the process, or its
/// descriptor, is not there any more. A file that was opened while the process
/// lived gives ESRCH once it has ended.
pub fn is_gone(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}
