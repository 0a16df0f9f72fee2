//! Processes, and that none is left.
//!
//! A program may fork, leave its group, or close every descriptor. So three
//! things hold it: its process group, which is killed; a socket that its whole
//! tree inherits, whose end says that the last of them is gone; and, on Linux,
//! the harness as *subreaper*, to which orphans come home and are killed too.
//! In a jail the socket has a second use: over it the jail is told what to do,
//! and its end tells process 1 that the harness is gone (see `crate::jail`).
//!
//! A check's own process hangs on a lifeline: its standard input is a pipe that
//! `netlings` holds. However `netlings` ends, the pipe ends with it, and the
//! check's process ends its programs and itself.

use std::io::{self, Read};
#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::fork_server::{self, ForkServer};
#[cfg(target_os = "linux")]
use crate::jail::{Inmate, Word};
use crate::wait;

/// How long a killed tree may take to be gone before its orphans are hunted.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// The processes that this one started through [`Tree::start`] and has not
/// ended. Starting holds the lock, so that no child inherits another's pipe.
static STARTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Whether orphans come home to this process.
static ADOPTS: AtomicBool = AtomicBool::new(false);

fn started() -> MutexGuard<'static, Vec<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In a process that was forked: it has started nothing yet, and adopts nobody.
#[cfg(target_os = "linux")]
pub(crate) fn begin_anew() {
    started().clear();
    ADOPTS.store(false, Ordering::Relaxed);
}

/// Keeps a child of this process that was not started through [`Tree::start`]
/// from being taken for an orphan.
#[cfg(target_os = "linux")]
pub(crate) fn keep(pid: u32) {
    started().push(pid);
}

/// Waits for the end of such a child.
#[cfg(target_os = "linux")]
pub(crate) fn wait_for_kept(pid: u32) {
    // An error means that there is nobody to wait for.
    let _ = wait_for(pid, &mut None, rustix::process::WaitOptions::empty());
    started().retain(|started| *started != pid);
}

/// A process that was started, and our ends of its standard streams.
pub struct Head {
    /// Its standard input, if that is a pipe.
    pub stdin: Option<ChildStdin>,
    /// Its standard output, if that is a pipe.
    pub stdout: Option<ChildStdout>,
    /// Its standard error, if that is a pipe.
    pub stderr: Option<ChildStderr>,
    process: Process,
}

/// How it came to be.
enum Process {
    /// By the standard library.
    Spawned(Child),
    /// By a fork server.
    #[cfg(target_os = "linux")]
    Forked {
        pid: u32,
        /// Once it has ended and was waited for.
        status: Option<ExitStatus>,
    },
    /// In a jail, by its keeper.
    #[cfg(target_os = "linux")]
    Kept(Box<Inmate>),
}

impl From<Child> for Head {
    fn from(mut child: Child) -> Self {
        Head {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            process: Process::Spawned(child),
        }
    }
}

impl Head {
    #[cfg(target_os = "linux")]
    fn new(process: Process, [stdin, stdout, stderr]: [OwnedFd; 3]) -> Head {
        Head {
            stdin: Some(stdin.into()),
            stdout: Some(stdout.into()),
            stderr: Some(stderr.into()),
            process,
        }
    }

    /// Its process id; of a program in a jail, that of the first process of the
    /// jail.
    pub fn id(&self) -> u32 {
        match &self.process {
            Process::Spawned(child) => child.id(),
            #[cfg(target_os = "linux")]
            Process::Forked { pid, .. } => *pid,
            #[cfg(target_os = "linux")]
            Process::Kept(inmate) => inmate.id,
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// It is no child of this process any more.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        match &mut self.process {
            Process::Spawned(child) => child.try_wait(),
            #[cfg(target_os = "linux")]
            Process::Forked { pid, status } => {
                wait_for(*pid, status, rustix::process::WaitOptions::NOHANG)
            }
            #[cfg(target_os = "linux")]
            Process::Kept(inmate) => Ok(inmate.wait(Instant::now())),
        }
    }

    /// Whether it has ended, or does so within `length` where that is an event to
    /// wait for.
    pub fn wait_for(&mut self, length: Duration) -> bool {
        #[cfg(target_os = "linux")]
        if let Process::Kept(inmate) = &mut self.process {
            return inmate.wait(Instant::now() + length).is_some();
        }
        let _ = length;
        matches!(self.try_wait(), Ok(Some(_)))
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// It is no child of this process any more.
    pub fn wait(&mut self) -> io::Result<()> {
        match &mut self.process {
            Process::Spawned(child) => child.wait().map(|_| ()),
            #[cfg(target_os = "linux")]
            Process::Forked { pid, status } => {
                wait_for(*pid, status, rustix::process::WaitOptions::empty()).map(|_| ())
            }
            #[cfg(target_os = "linux")]
            Process::Kept(inmate) => {
                inmate.wait(Instant::now() + GONE_WITHIN);
                Ok(())
            }
        }
    }

    /// Ends it at once, if it has not been waited for.
    ///
    /// # Errors
    /// It has ended.
    pub fn kill(&mut self) -> io::Result<()> {
        match &mut self.process {
            Process::Spawned(child) => child.kill(),
            #[cfg(target_os = "linux")]
            Process::Forked { pid, status: None } => {
                let pid = process_id(*pid)?;
                Ok(rustix::process::kill_process(
                    pid,
                    rustix::process::Signal::KILL,
                )?)
            }
            #[cfg(target_os = "linux")]
            Process::Forked { .. } => Ok(()),
            #[cfg(target_os = "linux")]
            Process::Kept(inmate) => {
                inmate.end(Instant::now() + GONE_WITHIN);
                Ok(())
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn process_id(pid: u32) -> io::Result<rustix::process::Pid> {
    let pid = i32::try_from(pid).ok();
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    pid.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Waits for a child that the standard library does not know, and keeps how it
/// ended.
#[cfg(target_os = "linux")]
fn wait_for(
    pid: u32,
    status: &mut Option<ExitStatus>,
    options: rustix::process::WaitOptions,
) -> io::Result<Option<ExitStatus>> {
    use std::os::unix::process::ExitStatusExt;
    while status.is_none() {
        match rustix::process::waitpid(Some(process_id(pid)?), options) {
            Ok(Some((_, ended))) => *status = Some(ExitStatus::from_raw(ended.as_raw())),
            Ok(None) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(*status)
}

/// A started process with everything it starts itself.
pub struct Tree {
    /// The process that was started.
    pub child: Head,
    /// At its end when no process of the tree holds the other end.
    #[cfg(unix)]
    alive: Option<UnixStream>,
    /// How many processes stand between `child` and the program. If there are
    /// any, the end of `alive` is the end of the tree.
    #[cfg(unix)]
    above: usize,
}

impl Tree {
    /// Starts `command` as the head of a process group of its own.
    ///
    /// # Errors
    /// What the system says: no such file, no permission, no memory.
    pub fn start(command: &mut Command) -> io::Result<Tree> {
        let mut started = started();
        #[cfg(unix)]
        let (alive, held) = lifeline()?;
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        #[cfg(unix)]
        drop(held);
        started.push(child.id());
        Ok(Tree {
            child: child.into(),
            #[cfg(unix)]
            alive: Some(alive),
            #[cfg(unix)]
            above: 0,
        })
    }

    /// Starts what a fork server makes of `request`, with pipes for standard
    /// streams, and `above` processes between the child and the program.
    ///
    /// # Errors
    /// No descriptors, no processes, or the fork server is gone.
    #[cfg(target_os = "linux")]
    pub fn fork(server: &ForkServer, request: &[u8], above: usize) -> io::Result<Tree> {
        let mut started = started();
        let (alive, held) = rustix::net::socketpair(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::SEQPACKET,
            rustix::net::SocketFlags::CLOEXEC,
            None,
        )?;
        let (its, ours) = fork_server::streams()?;
        let [stdin, stdout, stderr] = its.each_ref().map(AsFd::as_fd);
        let pid = server.fork(request, &[stdin, stdout, stderr, held.as_fd()])?;
        started.push(pid);
        Ok(Tree {
            child: Head::new(Process::Forked { pid, status: None }, ours),
            alive: Some(alive.into()),
            above,
        })
    }

    /// A program that the keeper of a jail was asked to start, with our ends of
    /// its standard streams.
    #[cfg(target_os = "linux")]
    pub(crate) fn kept(inmate: Inmate, streams: [OwnedFd; 3]) -> Tree {
        Tree {
            child: Head::new(Process::Kept(Box::new(inmate)), streams),
            alive: None,
            above: 0,
        }
    }

    /// Kills the whole tree and waits until it is gone.
    pub fn end(&mut self) {
        #[cfg(target_os = "linux")]
        if let Process::Kept(inmate) = &mut self.child.process {
            inmate.end(Instant::now() + GONE_WITHIN);
            return;
        }
        let id = self.child.id();
        let known = started().contains(&id);
        if !known {
            return; // ended before
        }
        self.end_jail();
        kill_group(id);
        // Both fail only if it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
        started().retain(|started| *started != id);
        #[cfg(unix)]
        if let Some(alive) = self.alive.take()
            && !until_its_end(alive)
        {
            end_orphans();
        }
    }

    /// The program's process: the one that was started, or the one in the jail
    /// while there is one.
    pub fn program(&self) -> Option<u32> {
        #[cfg(target_os = "linux")]
        if let Process::Kept(inmate) = &self.child.process {
            return descendant(inmate.id, inmate.above()?);
        }
        #[cfg(unix)]
        return descendant(self.child.id(), self.above);
        #[cfg(not(unix))]
        Some(self.child.id())
    }

    /// How many processes stand between the one that was started and the
    /// program.
    pub fn above(&self) -> usize {
        #[cfg(target_os = "linux")]
        if let Process::Kept(inmate) = &self.child.process {
            return inmate.above().unwrap_or(0);
        }
        #[cfg(unix)]
        return self.above;
        #[cfg(not(unix))]
        0
    }

    /// Our end of the lifeline, until the tree has ended.
    #[cfg(target_os = "linux")]
    pub(crate) fn lifeline(&self) -> Option<BorrowedFd<'_>> {
        self.alive.as_ref().map(AsFd::as_fd)
    }

    /// What the jail of a program that has ended had to say.
    #[cfg(target_os = "linux")]
    pub fn word(&self) -> Option<&Word> {
        match &self.child.process {
            Process::Kept(inmate) => inmate.word(),
            _ => None,
        }
    }

    /// Ends the lifeline and waits for the launcher, which is the last to go. A
    /// launcher that is killed would not wait for the jail to be empty.
    fn end_jail(&mut self) {
        #[cfg(unix)]
        if let Some(alive) = self.alive.as_ref().filter(|_| self.above > 0) {
            let _ = alive.shutdown(std::net::Shutdown::Write);
            let late = Instant::now() + GONE_WITHIN;
            wait::until(late, || self.child.try_wait().ok().flatten());
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether some thread of a process computes or would like to, as Linux tells;
/// false elsewhere.
pub fn is_running(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let mut threads = threads.into_iter().flatten().flatten();
    threads.any(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat"));
        stat.is_ok_and(|stat| state(&stat).starts_with(['R', 'D']))
    })
}

/// A `stat` of Linux from its third field on, the state: behind the name, which
/// may hold blanks.
pub fn state(stat: &str) -> &str {
    stat.rsplit_once(") ").map_or("", |(_, fields)| fields)
}

/// The process `generations` below another: the first child of its first child,
/// and so on. `None` while there is none.
pub fn descendant(process: u32, generations: usize) -> Option<u32> {
    let mut found = process;
    for _ in 0..generations {
        let children = std::fs::read_to_string(format!("/proc/{found}/task/{found}/children"));
        found = children.ok()?.split(' ').next()?.parse().ok()?;
    }
    Some(found)
}

/// Two ends of a socket. The second is the one descriptor that a child of ours
/// inherits beside its standard ones.
#[cfg(unix)]
fn lifeline() -> io::Result<(UnixStream, UnixStream)> {
    let (alive, held) = UnixStream::pair()?;
    rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty())?;
    Ok((alive, held))
}

fn kill_group(leader: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(leader)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // An error means that nobody is in it any more.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = leader;
}

/// Waits for the end of `alive`, whatever comes before it. Gives whether it came.
#[cfg(unix)]
fn until_its_end(mut alive: UnixStream) -> bool {
    let late = Instant::now() + GONE_WITHIN;
    let mut buffer = [0; 256];
    loop {
        let left = late.saturating_duration_since(Instant::now());
        if left.is_zero() || alive.set_read_timeout(Some(left)).is_err() {
            return false;
        }
        match alive.read(&mut buffer) {
            Ok(0) => return true,
            // A program that is in no jail has the other end, and may say much.
            Ok(_) => {}
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return false,
                _ => return true,
            },
        }
    }
}

/// Makes orphans below this process its own children, so that they can be
/// found. Linux only; elsewhere nothing happens.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::process::getpid();
        ADOPTS.store(
            rustix::process::set_child_subreaper(Some(own)).is_ok(),
            Ordering::Relaxed,
        );
    }
}

/// Kills the orphans that have come home to this process: its children that it
/// did not start itself, until none is left.
pub fn end_orphans() {
    if !ADOPTS.load(Ordering::Relaxed) {
        return;
    }
    #[cfg(target_os = "linux")]
    wait::until(Instant::now() + GONE_WITHIN, || {
        let orphans = orphans();
        for &orphan in &orphans {
            let _ = rustix::process::kill_process(orphan, rustix::process::Signal::KILL);
            let _ = rustix::process::waitpid(Some(orphan), rustix::process::WaitOptions::NOHANG);
        }
        orphans.is_empty().then_some(())
    });
}

/// The children of this process, by the parent that each process in `/proc`
/// names, without those it started.
#[cfg(target_os = "linux")]
fn orphans() -> Vec<rustix::process::Pid> {
    let own = std::process::id().to_string();
    let started = started();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut orphans = Vec::new();
    for entry in processes.flatten() {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // `pid (name) state ppid ...`, and the name may hold anything.
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1));
        if parent == Some(own.as_str())
            && !started.contains(&id)
            && let Some(pid) = i32::try_from(id)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            orphans.push(pid);
        }
    }
    orphans
}

/// In a check's process: ends everything when standard input ends, which it
/// does when `netlings` is gone.
pub fn hang_on_lifeline() {
    thread::spawn(|| {
        // Nothing is ever written to it.
        let _ = io::stdin().lock().read(&mut [0]);
        let groups = std::mem::take(&mut *started());
        for leader in groups {
            kill_group(leader);
        }
        end_orphans();
        std::process::exit(3);
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn the_end_of_a_tree_is_the_end_of_its_children() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 60 & echo ready; wait"])
            .stdout(Stdio::piped());
        let mut tree = Tree::start(&mut command).expect("sh can be started");
        let mut stdout = tree.child.stdout.take().expect("it is piped");
        let mut ready = [0; 6];
        stdout.read_exact(&mut ready).expect("the child is started");
        tree.end();
        // `sleep` holds the pipe too: its end says that both are gone.
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).expect("an end");
        assert!(rest.is_empty());
        tree.end(); // a second end does nothing
    }
}
