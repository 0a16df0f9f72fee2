//! Yours: step 6.
//!
//! Which process holds which socket.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::table::is_gone;

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
    let mut owners = Owners::default();
    for process in fs::read_dir(proc)? {
        let process = process?;
        let Some(pid) = number(&process.file_name()) else {
            continue;
        };
        match look_into(pid, &process.path(), &mut owners.by_inode) {
            Ok(()) => {}
            Err(error) if is_gone(&error) => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => owners.hidden += 1,
            Err(error) => return Err(error),
        }
    }
    owners.by_inode.values_mut().for_each(|list| list.sort());
    Ok(owners)
}
// ANCHOR_END: owners

fn look_into(pid: u32, folder: &Path, by_inode: &mut HashMap<u64, Vec<Owner>>) -> io::Result<()> {
    let mut name = None;
    for link in fs::read_dir(folder.join("fd"))? {
        let link = link?;
        let target = match fs::read_link(link.path()) {
            Err(error) if is_gone(&error) => continue,
            target => target?,
        };
        let inode = target.to_str().and_then(inode);
        let (Some(inode), Some(fd)) = (inode, number(&link.file_name())) else {
            continue;
        };
        // Most processes have no socket, so the name is read when it is wanted.
        let name = match &name {
            Some(name) => name,
            None => name.insert(comm(folder)?),
        };
        by_inode.entry(inode).or_default().push(Owner {
            pid,
            fd,
            name: name.clone(),
        });
    }
    Ok(())
}

/// The inode in `socket:[52341]`.
fn inode(target: &str) -> Option<u64> {
    let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
    inode.parse().ok()
}

fn comm(folder: &Path) -> io::Result<Vec<u8>> {
    let mut name = fs::read(folder.join("comm"))?;
    if name.last() == Some(&b'\n') {
        name.pop();
    }
    Ok(name)
}

fn number(name: &std::ffi::OsStr) -> Option<u32> {
    name.to_str()?.parse().ok()
}
