//! When has the program read what was sent?
//!
//! Two writes of ours become two reads of the program only if it has read the
//! first before the second goes out. Linux tells ([`crate::sock_diag`]): for the
//! *program's* end of a connection, the octets it has received and those it has
//! not yet read. Elsewhere nothing tells, and a check asserts the outcome only.

use std::net::TcpStream;

#[cfg(unix)]
use crate::wait;

/// Whether the program has read all `total` octets ever sent to it on `ours`,
/// the harness's end of the connection. `None` if this system does not tell or
/// the connection is gone.
pub fn tcp(ours: &TcpStream, total: u64) -> Option<bool> {
    imp::tcp(ours, total)
}

/// Whether the pipe whose write end is `pipe` is empty. `None` if this system
/// does not tell.
#[cfg(unix)]
pub fn pipe(pipe: impl std::os::fd::AsFd) -> Option<bool> {
    // Other systems answer for the read end only, or answer 0 for the write end.
    if !cfg!(target_os = "linux") {
        return None;
    }
    rustix::io::ioctl_fionread(pipe)
        .ok()
        .map(|unread| unread == 0)
}

/// Lets a pipe of ours take one piece at a time: it then has room for the next when
/// the last has been read, and [`wait_for_room`] waits for that. False where the
/// system cannot.
#[cfg(target_os = "linux")]
pub fn one_piece_at_a_time(pipe: impl std::os::fd::AsFd) -> bool {
    // Of one page it takes no second write before the first is read. That is refused
    // where more is in it.
    rustix::pipe::fcntl_setpipe_size(&pipe, PAGE_LEN).is_ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
pub fn one_piece_at_a_time(_: impl std::os::fd::AsFd) -> bool {
    false
}

/// The longest piece that fits into the smallest pipe, in octets.
pub const PAGE_LEN: usize = 4096;

/// Waits until a pipe of ours has room, or its other end is closed, and for
/// [`wait::MOMENT`] at most.
#[cfg(unix)]
pub fn wait_for_room(pipe: impl std::os::fd::AsFd) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let moment = Timespec::try_from(wait::MOMENT).ok();
    // Whatever it says, the caller looks for itself.
    let _ = poll(&mut [PollFd::new(&pipe, PollFlags::OUT)], moment.as_ref());
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::TcpStream;

    pub fn tcp(_ours: &TcpStream, _total: u64) -> Option<bool> {
        None
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use super::TcpStream;
    use crate::sock_diag;

    pub fn tcp(ours: &TcpStream, total: u64) -> Option<bool> {
        let program = ours.peer_addr().ok()?;
        let harness = ours.local_addr().ok()?;
        let socket = sock_diag::socket(program, harness)?;
        Some(socket.octets_received? >= total && socket.receive_queue == 0)
    }
}
