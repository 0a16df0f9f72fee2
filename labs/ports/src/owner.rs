//! Yours: step 6.
//!
//! Which process holds which socket.

use std::collections::HashMap;
use std::io;
use std::path::Path;

/// A descriptor of a process that is a socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// The descriptor's number in it.
    pub fd: u32,
    /// What the process calls itself, as it stands in `comm`, without the LF.
    pub name: Vec<u8>,
}

/// All descriptors that are sockets.
#[derive(Debug, Default)]
pub struct Owners {
    /// By the socket's inode, each list in the order of process and descriptor.
    pub by_inode: HashMap<u64, Vec<Owner>>,
    /// How many processes may not be looked into.
    pub hidden: usize,
}

// ANCHOR: owners
/// Looks through the processes under `proc`, the folders there whose names are
/// numbers. In each, the links in `fd` say what the descriptors are, and the
/// file `comm` has the name.
///
/// ```text
/// 812/comm   63 75 70 73 64 0a      "cupsd"
/// 812/fd/0   →  /dev/null
/// 812/fd/7   →  socket:[52341]      inode 52341: pid 812, fd 7
/// ```
///
/// A socket can have several descriptors, in one process and in many. While we
/// look, processes end and descriptors are closed: what is gone
/// ([`is_gone`](crate::table::is_gone)) is passed over. A process whose `fd` we
/// may not read (`PermissionDenied`) is counted and passed over.
///
/// # Errors
/// What the system says about `proc` itself, and any other error than those
/// two about what is in it.
pub fn owners(proc: &Path) -> io::Result<Owners> {
    let _ = proc;
    todo!("step 6: look through the processes")
}
// ANCHOR_END: owners
