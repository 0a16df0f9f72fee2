//! A fork server: a process with one thread that forks children for its parent.
//!
//! A process that has threads must not go on after `fork` but to `exec`, and to
//! start a program anew takes longer than most of what is started here does. So
//! whoever will want children makes a fork server before its first thread; each
//! child is a copy of that one, gets standard streams and a lifeline, and is a
//! child of whoever asked (`CLONE_PARENT`), who can wait for it.
//!
//! `unsafe` is for calls of the system that no safe crate covers.
#![allow(unsafe_code)]

use std::fs;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use crate::tree;

/// The longest request, in octets.
pub(crate) const REQUEST_LEN_MAX: usize = 64 << 10;

/// What goes with a request: standard input, output and error, and the lifeline.
const DESCRIPTOR_COUNT: usize = 4;

/// What a child does with its request and its lifeline. It is the first of a
/// process group of its own.
pub type Child = fn(&[u8], OwnedFd) -> !;

/// A fork server, as its parent has it. It ends with this, or with its parent.
pub struct ForkServer {
    socket: OwnedFd,
    pid: u32,
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        // At the end of the socket it exits. Nobody else might wait for it.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        tree::wait_for_kept(self.pid);
    }
}

impl ForkServer {
    /// Starts a fork server whose children do `child`. Must be called before any
    /// thread starts; it looks.
    ///
    /// Neither its arguments nor its environment can be read from outside, by
    /// way of `/proc`, and no more can those of its children.
    ///
    /// # Errors
    /// There is another thread, no process, no descriptor.
    pub fn start(child: Child) -> io::Result<ForkServer> {
        if fs::read_dir("/proc/self/task")?.count() != 1 {
            return Err(io::Error::other("a fork server among threads"));
        }
        let (ours, its) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        // SAFETY: this process has one thread.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            drop(ours);
            tree::begin_anew();
            let served = forget_arguments().and_then(|()| serve(&its, child));
            // SAFETY: ends the process at once; what a fork shares is left alone.
            unsafe { libc::_exit(i32::from(served.is_err())) }
        }
        if pid < 0 {
            return Err(io::Error::last_os_error());
        }
        let pid = pid.cast_unsigned();
        tree::keep(pid);
        Ok(ForkServer { socket: ours, pid })
    }

    /// Makes a child, with these as its standard input, output and error and its
    /// lifeline. Gives its process id, which is the caller's to wait for. One
    /// request at a time: the caller sees to that.
    ///
    /// # Errors
    /// The fork server is gone, the request is too long, no more processes.
    pub fn fork(
        &self,
        request: &[u8],
        descriptors: &[BorrowedFd<'_>; DESCRIPTOR_COUNT],
    ) -> io::Result<u32> {
        if request.len() > REQUEST_LEN_MAX {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        send(&self.socket, request, descriptors)?;
        let mut answer = [0; 4];
        let len = loop {
            match rustix::io::read(&self.socket, &mut answer) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        if len != answer.len() {
            return Err(io::Error::other("the fork server is gone"));
        }
        let pid = i32::from_ne_bytes(answer);
        u32::try_from(pid).map_err(|_| io::Error::from_raw_os_error(pid.saturating_neg()))
    }
}

/// Answers requests until nobody can ask any more.
fn serve(socket: &OwnedFd, child: Child) -> io::Result<()> {
    let mut buffer = vec![0; REQUEST_LEN_MAX];
    loop {
        let (len, descriptors) = receive(socket, &mut buffer)?;
        if len == 0 {
            return Ok(());
        }
        let pid = fork_for_parent();
        if pid == 0 {
            // The child has no use for the socket, and its end is our end.
            // SAFETY: this process's copy of a descriptor that nothing of the
            // child's uses.
            unsafe { libc::close(socket.as_raw_fd()) };
            match become_child(descriptors) {
                Ok(lifeline) => child(buffer.get(..len).unwrap_or_default(), lifeline),
                // SAFETY: ends the process at once.
                Err(_) => unsafe { libc::_exit(1) },
            }
        }
        rustix::io::write(socket, &pid.to_ne_bytes())?;
    }
}

/// Sends a message, with at most [`DESCRIPTOR_COUNT`] descriptors.
pub(crate) fn send(
    socket: impl AsFd,
    octets: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTOR_COUNT))];
    let mut with = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        with.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    let octets = [IoSlice::new(octets)];
    rustix::net::sendmsg(socket, &octets, &mut with, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Waits for a message: how many octets it has, none at the end, and its
/// descriptors.
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTOR_COUNT))];
    let mut with = RecvAncillaryBuffer::new(&mut space);
    let len = loop {
        let received = rustix::net::recvmsg(
            &socket,
            &mut [IoSliceMut::new(buffer)],
            &mut with,
            RecvFlags::CMSG_CLOEXEC,
        );
        match received {
            // It is said once that the other end went away with something unread;
            // what it had sent before can be read all the same.
            Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNRESET) => {}
            other => break other?.bytes,
        }
    };
    let mut descriptors = Vec::new();
    for message in with.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            descriptors.extend(more);
        }
    }
    Ok((len, descriptors))
}

/// Pipes for the standard input, output and error of a child: its ends and ours.
pub(crate) fn streams() -> io::Result<([OwnedFd; 3], [OwnedFd; 3])> {
    let (its_input, input) = io::pipe()?;
    let (output, its_output) = io::pipe()?;
    let (errors, its_errors) = io::pipe()?;
    Ok((
        [its_input.into(), its_output.into(), its_errors.into()],
        [input.into(), output.into(), errors.into()],
    ))
}

/// Takes the descriptors of a request for this process's own, and gives the
/// lifeline.
fn become_child(descriptors: Vec<OwnedFd>) -> io::Result<OwnedFd> {
    let Ok([stdin, stdout, stderr, lifeline]) =
        <[OwnedFd; DESCRIPTOR_COUNT]>::try_from(descriptors)
    else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    rustix::process::setpgid(None, None)?;
    rustix::stdio::dup2_stdin(stdin)?;
    rustix::stdio::dup2_stdout(stdout)?;
    rustix::stdio::dup2_stderr(stderr)?;
    Ok(lifeline)
}

/// As `fork`, but the child is one of this process's parent. Gives 0 in the
/// child, and an error number below 0.
fn fork_for_parent() -> i32 {
    // The order of what follows the stack differs from machine to machine; all
    // of it is zero.
    // SAFETY: this process has one thread, and without a stack of its own the
    // child goes on with a copy of this one.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone,
            libc::CLONE_PARENT | libc::SIGCHLD,
            0,
            0,
            0,
            0,
        )
    };
    if pid < 0 {
        return -io::Error::last_os_error()
            .raw_os_error()
            .unwrap_or(libc::EAGAIN);
    }
    i32::try_from(pid).unwrap_or(-libc::EOVERFLOW)
}

/// Overwrites this process's arguments and environment, as `/proc` shows them to
/// others: they tell of the course, and the environment may hold secrets.
fn forget_arguments() -> io::Result<()> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // Fields 48 to 51: where arguments and environment begin and end.
    let places: Vec<usize> = tree::state(&stat)
        .split_whitespace()
        .skip(45)
        .take(4)
        .filter_map(|field| field.parse().ok())
        .collect();
    let [arguments, arguments_end, environment, environment_end] = places[..] else {
        return Err(io::Error::other("/proc/self/stat does not tell"));
    };
    for (start, end) in [(arguments, arguments_end), (environment, environment_end)] {
        let len = end.saturating_sub(start);
        if start == 0 || len == 0 {
            continue;
        }
        // SAFETY: the kernel says that these octets are this process's, and it
        // has one thread, which reads no argument and no variable any more.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(start).write_bytes(0, len) };
    }
    Ok(())
}
