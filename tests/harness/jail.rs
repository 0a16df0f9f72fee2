//! A jail for a program that nobody trusts, without root and without Docker.
//!
//! The way in, at level L3:
//!
//! ```text
//! a check's process          in a network namespace of its own, with a loopback
//!   ├ the jailer             a fork server, whose children are the check's
//!   └ the launcher           new namespaces, then it waits
//!       └ process 1          a root of its own in memory, /usr to read, /box to write
//!           └ the program    limits, Landlock; seccomp and no privileges from above
//! ```
//!
//! Process 1 is the *keeper*. It holds one end of a socket, the *lifeline*, and
//! the harness the other. Over it the keeper is asked to start a program, one at
//! a time; it tells how the program ended, once nothing of it is left, and of
//! trouble. The program itself does not have the socket. When the harness is
//! gone, however it went, process 1 sees the end of it and exits, and the kernel
//! ends all that is in its namespace.
//!
//! A jail is used again for the next program of the same check's process, unless it
//! is for one alone or a program has left a file in it. That process may be asked
//! for other checks of the same submission (see `crate::runner`).
//!
//! At level L2, where namespaces are refused, the program runs under limits,
//! Landlock and seccomp alone, below a keeper that is no process 1. It has the
//! network of the machine. Level L1 is no jail.
//!
//! `unsafe` is for calls of the system that no safe crate covers; each is one
//! call, with arguments that live as long as it does.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::fork_server::{self, ForkServer};
use crate::tree::Tree;

/// How much stands between a program and the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Deadlines, a cap on output, a process group. For a program that one
    /// trusts, such as one's own.
    L1,
    /// Limits, Landlock and seccomp.
    L2,
    /// The same, and namespaces: processes, files, network, names.
    L3,
}

/// A jail and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jail {
    /// How strong it is: L2 or L3.
    pub level: Level,
    /// The most memory that all processes may have in use together, in octets.
    pub memory_len: u64,
    /// The most processes and threads.
    pub process_count: u64,
    /// The most processor time of one process, in seconds.
    pub cpu_s: u64,
    /// The most octets in one file, and in all files that it writes.
    pub file_len: u64,
    /// Files and folders to read beside the system's own: where they are, and
    /// where the program finds them.
    pub reads: Vec<(PathBuf, PathBuf)>,
    /// Folders to write: where they are, and where the program finds them.
    pub writes: Vec<(PathBuf, PathBuf)>,
    /// Where it finds itself.
    pub folder: PathBuf,
    /// What every program's environment has.
    pub environment: Vec<(String, OsString)>,
    /// What is done in a network of the program's own before it starts: a
    /// command of the shell. Without, it has that of its check. L3.
    #[serde(default)]
    pub network: Option<String>,
    /// Whether it is for one program and no other: what is around it may be
    /// something else by the next.
    #[serde(default)]
    pub once: bool,
    /// The user that the program becomes where `netlings` is root.
    pub uid: u32,
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        match text {
            "L1" => Ok(Level::L1),
            "L2" => Ok(Level::L2),
            "L3" => Ok(Level::L3),
            _ => Err("one of L1, L2 and L3".to_owned()),
        }
    }
}

impl Jail {
    /// A jail with the limits that the programs of the course are well under.
    pub fn new(level: Level) -> Jail {
        let home = if level == Level::L3 { BOX } else { "/" };
        let environment = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HOME", home),
            ("LANG", "C.UTF-8"),
            ("RUST_BACKTRACE", "0"),
            ("NO_COLOR", "1"),
        ];
        Jail {
            level,
            memory_len: 256 << 20,
            process_count: 512,
            cpu_s: 30,
            file_len: 32 << 20,
            reads: Vec::new(),
            writes: Vec::new(),
            folder: home.into(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.into()))
                .to_vec(),
            network: None,
            once: false,
            uid: FIRST_UID,
        }
    }
}

/// Where the program finds itself and what was put beside it.
pub const INSIDE: &str = "/opt";

/// Where it may write.
pub const BOX: &str = "/box";

/// The user that it is, as it sees it itself.
const UID: u32 = 1000;

/// The first of the users that a program becomes where `netlings` is root: whom
/// nothing belongs to.
pub const FIRST_UID: u32 = 60_000;

/// How many of them there are.
pub const UID_COUNT: u32 = 5000;

/// A user that no other `netlings` on this machine lets programs become, for as
/// long as this is kept: what one user's jail ends and counts is all that the
/// user runs.
pub struct Uid {
    /// The user's number.
    pub number: u32,
    /// Keeps the number, by a name in the kernel that ends with this process.
    _claim: Option<UnixDatagram>,
}

impl Uid {
    /// One of the [`UID_COUNT`] from `first` on. Without root nobody becomes
    /// another user, and none is kept.
    pub fn claim(first: u32) -> Uid {
        let mut numbers = (0..UID_COUNT).map(|n| first + (process::id() + n) % UID_COUNT);
        let claim = |number: u32| {
            let name = SocketAddr::from_abstract_name(format!("netlings-uid-{number}"));
            name.and_then(|name| UnixDatagram::bind_addr(&name))
        };
        let free = numbers.find_map(|number| match claim(number) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
            claim => Some((number, claim.ok())),
        });
        let (number, claim) = free.filter(|_| is_root()).unwrap_or((first, None));
        Uid {
            number,
            _claim: claim,
        }
    }
}

/// How often process 1 adds up the memory, in milliseconds.
const WATCH_MS: i32 = 20;

/// The longest that it waits where adding up takes long.
const WATCH_MS_MAX: i32 = 200;

/// How long the guard of level L2 tries to end them all, in milliseconds.
const ENDED_WITHIN_MS: u32 = 5000;

/// The exit status for trouble with the jail itself; the lifeline says which.
const TROUBLE: i32 = 125;

/// How much a keeper says at most, in octets.
const SAID_LEN_MAX: usize = 4096;

/// How many octets of address space each thread may take beside the memory.
const STACK_LEN: u64 = 8 << 20;

/// The stack of a process that is about to become a program, in octets.
const STACK_OF_SET_UP_LEN: usize = 64 << 10;

type Done = Result<(), String>;

/// What the program was not allowed, or what went wrong with its jail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// The jail could not be made, or is gone; or the program was not started.
    Trouble(String),
    /// Its processes had more memory than they may, and were ended.
    Memory,
}

/// What a keeper is asked for.
#[derive(Serialize, Deserialize)]
enum Asked<'a> {
    /// To start a program, whose standard streams come along.
    Start(Cow<'a, Command>),
    /// To end it.
    End,
}

/// A program to start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// What its environment has beside that of its jail.
    pub environment: Vec<(String, OsString)>,
}

/// What a keeper says, once for each program that it was asked for.
#[derive(Serialize, Deserialize)]
struct Said {
    /// As `wait` gives it.
    status: i32,
    word: Option<Word>,
    /// Whether the jail is as it was.
    is_clean: bool,
}

impl Said {
    fn trouble(what: String) -> Said {
        Said {
            status: TROUBLE << 8,
            word: Some(Word::Trouble(what)),
            is_clean: false,
        }
    }
}

/// Who makes jails: a fork server, so that none of them starts `netlings` anew.
pub struct Jailer {
    server: ForkServer,
    idle: Idle,
}

/// Jails in which nothing runs.
type Idle = Arc<Mutex<Vec<Keeper>>>;

impl Jailer {
    /// Must be called before any thread starts.
    ///
    /// # Errors
    /// No process, no descriptor.
    pub fn new() -> io::Result<Jailer> {
        Ok(Jailer {
            server: ForkServer::start(be_launcher)?,
            idle: Idle::default(),
        })
    }

    /// Starts `command` in `jail`, with pipes for standard streams.
    ///
    /// # Errors
    /// The jailer is gone, or there are no more processes or descriptors.
    pub fn start(&self, jail: &Jail, command: &Command) -> io::Result<Tree> {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let same = idle.iter().position(|keeper| keeper.jail == *jail);
            same.map(|index| idle.swap_remove(index))
        };
        let keeper = match idle {
            Some(keeper) => keeper,
            None => Keeper::new(&self.server, jail)?,
        };
        let (its, ours) = fork_server::streams()?;
        if is_root() {
            // Its pipes become its own: a program may open /dev/stdin.
            for stream in &its {
                rustix::fs::fchown(
                    stream,
                    Some(rustix::fs::Uid::from_raw(jail.uid)),
                    Some(rustix::fs::Gid::from_raw(jail.uid)),
                )?;
            }
        }
        let start = Asked::Start(Cow::Borrowed(command));
        if let Err(error) = keeper.ask(&start, &its.each_ref().map(AsFd::as_fd)) {
            // What is not there any more may have said why.
            return Err(
                match keeper.hear(Instant::now()).and_then(|said| said.word) {
                    Some(Word::Trouble(what)) => io::Error::other(format!("its jail: {what}")),
                    _ => error,
                },
            );
        }
        Ok(Tree::kept(
            Inmate {
                id: keeper.tree.child.id(),
                keeper: Some(keeper),
                idle: Arc::clone(&self.idle),
                said: None,
            },
            ours,
        ))
    }
}

/// A jail with a keeper in it, which is gone with this.
struct Keeper {
    jail: Jail,
    tree: Tree,
}

impl Keeper {
    fn new(server: &ForkServer, jail: &Jail) -> io::Result<Keeper> {
        let above = match jail.level {
            Level::L3 => 2,             // the launcher, and process 1
            Level::L1 | Level::L2 => 1, // the keeper
        };
        let mut tree = Tree::fork(server, &serde_json::to_vec(jail)?, above)?;
        // It has nothing to read and nothing to say there.
        tree.child.stdin = None;
        tree.child.stdout = None;
        tree.child.stderr = None;
        Ok(Keeper {
            jail: jail.clone(),
            tree,
        })
    }

    fn ask(&self, what: &Asked<'_>, with: &[BorrowedFd<'_>]) -> io::Result<()> {
        let gone = || io::Error::other("the jail is gone");
        let lifeline = self.tree.lifeline().ok_or_else(gone)?;
        fork_server::send(lifeline, &serde_json::to_vec(what)?, with)
    }

    /// What it says, if it says something before `until`.
    fn hear(&self, until: Instant) -> Option<Said> {
        let lifeline = self.tree.lifeline()?;
        let mut polled = [rustix::event::PollFd::new(
            &lifeline,
            rustix::event::PollFlags::IN,
        )];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = rustix::event::Timespec::try_from(left).ok();
            match rustix::event::poll(&mut polled, left.as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(0) => return None,
                _ => break,
            }
        }
        let mut buffer = vec![0; SAID_LEN_MAX];
        let heard = match fork_server::receive(lifeline, &mut buffer) {
            Ok((0, _)) => Err("its jail is gone".to_owned()),
            Ok((len, _)) => serde_json::from_slice(buffer.get(..len).unwrap_or_default())
                .map_err(|error| format!("its jail: {error}")),
            Err(error) => Err(format!("its jail: {error}")),
        };
        Some(heard.unwrap_or_else(Said::trouble))
    }
}

/// A program in a jail, as the harness has it.
pub struct Inmate {
    /// The process that was started first for its jail: a number that no other
    /// running program's jail has.
    pub id: u32,
    /// Until it has ended, and the jail is somebody else's.
    keeper: Option<Keeper>,
    idle: Idle,
    /// Once it has ended.
    said: Option<Said>,
}

impl Inmate {
    /// How many processes stand between the one that was started first and the
    /// program; `None` once it has ended.
    pub fn above(&self) -> Option<usize> {
        Some(self.keeper.as_ref()?.tree.above())
    }

    /// How it ended, if it has ended before `until`.
    pub fn wait(&mut self, until: Instant) -> Option<ExitStatus> {
        if self.said.is_none() {
            self.said = self.keeper.as_ref()?.hear(until);
        }
        let said = self.said.as_ref()?;
        Some(ExitStatus::from_raw(said.status))
    }

    /// Ends it, if it has not ended, and waits until nothing of it is left.
    pub fn end(&mut self, until: Instant) {
        if self.said.is_none()
            && let Some(keeper) = &self.keeper
            && keeper.ask(&Asked::End, &[]).is_ok()
        {
            self.wait(until);
        }
        // A jail that is not given back is ended here.
        if let Some(keeper) = self.keeper.take()
            && self.said.as_ref().is_some_and(|said| said.is_clean)
        {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(keeper);
        }
    }

    /// What the jail had to say of it, once it has ended.
    pub fn word(&self) -> Option<&Word> {
        self.said.as_ref()?.word.as_ref()
    }
}

/// A launcher's life: makes the jail, and waits until it is gone.
fn be_launcher(jail: &[u8], lifeline: OwnedFd) -> ! {
    let jail = serde_json::from_slice::<Jail>(jail).map_err(|error| error.to_string());
    let kept = jail.and_then(|jail| match jail.level {
        Level::L3 => launch(&jail, &lifeline),
        Level::L1 | Level::L2 => stand_guard(&jail, &lifeline),
    });
    end_with(kept, &lifeline)
}

/// Ends this process, and tells of trouble.
fn end_with(kept: Done, lifeline: &OwnedFd) -> ! {
    let Err(what) = kept else { exit(0) };
    // If nobody hears it, nobody is left to tell.
    let _ = say(lifeline, &Said::trouble(what));
    exit(TROUBLE)
}

fn say(lifeline: &OwnedFd, said: &Said) -> Done {
    let octets = serde_json::to_vec(said).map_err(|error| error.to_string())?;
    fork_server::send(lifeline, &octets, &[]).map_err(|error| format!("the lifeline: {error}"))
}

/// Puts this process into a network of its own, in which every port is free:
/// an interface to itself and no other. As an ordinary user it takes a user
/// namespace for that. Must be called before any thread starts.
///
/// # Errors
/// What the system refused.
pub fn own_network() -> Done {
    if is_root() {
        unshare(libc::CLONE_NEWNET)?;
    } else {
        unshare_as_user(libc::CLONE_NEWNET, UID)?;
    }
    loopback_up()?;
    write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")
}

const PRIVATE: libc::c_ulong = libc::MS_REC | libc::MS_PRIVATE;

// The launcher.

fn launch(jail: &Jail, lifeline: &OwnedFd) -> Done {
    let from_root = is_root();
    if let Some(set_up) = &jail.network {
        network_of_its_own(set_up, from_root)?;
    }
    let flags = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    if from_root {
        unshare(flags)?;
    } else {
        unshare_as_user(flags, UID)?;
    }
    let first = fork()?;
    if first == 0 {
        end_with(be_first(jail, from_root, lifeline), lifeline)
    }
    // Process 1 is gone when its namespace is empty, and not before.
    wait(first);
    Ok(())
}

/// Puts the launcher into a network with a loopback, and does `set_up` there.
fn network_of_its_own(set_up: &str, from_root: bool) -> Done {
    if from_root {
        unshare(libc::CLONE_NEWNET)?;
    } else {
        // As user 0 of a namespace, for `exec` takes everybody else's rights.
        unshare_as_user(libc::CLONE_NEWNET, 0)?;
    }
    let mut command = process::Command::new("/bin/sh");
    command
        .args(["-c", set_up])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{set_up}`: {status}")),
        Err(error) => Err(format!("/bin/sh: {error}")),
    }
}

// The keeper.

/// As process 1 of a jail.
fn be_first(jail: &Jail, from_root: bool, lifeline: &OwnedFd) -> Done {
    make_root(jail)?;
    if from_root {
        become_user(jail.uid)?;
        // A change of user takes /proc/self away, and a namespace wants it.
        dumpable(true)?;
        unshare_as_user(0, UID)?;
    }
    // It is the program's user from here on, and not to be looked into.
    dumpable(false)?;
    keep(jail, &Inmates::Namespace, None, lifeline)
}

/// At level L2, above the programs: their orphans come home to this process.
fn stand_guard(jail: &Jail, lifeline: &OwnedFd) -> Done {
    // SAFETY: plain arguments.
    let adopts = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    call(adopts, "orphans that come home")?;
    let uid = is_root().then_some(jail.uid);
    keep(jail, &Inmates::Below { uid }, uid, lifeline)
}

/// Starts what is asked for, one program after another, each as user `uid` if it
/// is not this process's own, until nobody can ask any more.
fn keep(jail: &Jail, inmates: &Inmates, uid: Option<u32>, lifeline: &OwnedFd) -> Done {
    // What holds for this process holds for what it starts. Landlock does not:
    // it would take the programs' end away from it.
    // SAFETY: plain arguments.
    let promised = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    call(promised, "no new privileges")?;
    restrict_calls()?;
    let files = files(jail)?;
    let mut buffer = vec![0; fork_server::REQUEST_LEN_MAX];
    while let Some((asked, streams)) = hear(lifeline, &mut buffer)? {
        let Asked::Start(command) = asked else {
            continue; // it had ended
        };
        let streams = <[OwnedFd; 3]>::try_from(streams).map_err(|_| "no standard streams")?;
        let said = match start(jail, uid, &files, &command, &streams) {
            Ok(program) => guard(jail, inmates, lifeline, program)?,
            Err(what) => Said::trouble(what),
        };
        say(lifeline, &said)?;
    }
    Ok(())
}

/// What the harness asks for, with its descriptors; `None` when it is gone.
fn hear<'a>(
    lifeline: &OwnedFd,
    buffer: &mut [u8],
) -> Result<Option<(Asked<'a>, Vec<OwnedFd>)>, String> {
    let received = fork_server::receive(lifeline, buffer);
    let (len, descriptors) = received.map_err(|error| format!("the lifeline: {error}"))?;
    if len == 0 {
        return Ok(None);
    }
    let asked = serde_json::from_slice(buffer.get(..len).unwrap_or_default());
    let asked = asked.map_err(|error| format!("the lifeline: {error}"))?;
    Ok(Some((asked, descriptors)))
}

/// Starts a program, and waits until it is one.
fn start(
    jail: &Jail,
    uid: Option<u32>,
    files: &OwnedFd,
    command: &Command,
    streams: &[OwnedFd; 3],
) -> Result<libc::pid_t, String> {
    let words: Vec<CString> = command
        .words
        .iter()
        .map(cstring)
        .collect::<Result<_, _>>()?;
    let mut environment = Vec::new();
    for (name, value) in jail.environment.iter().chain(&command.environment) {
        let mut entry = OsString::from(name);
        entry.push("=");
        entry.push(value);
        environment.push(cstring(entry)?);
    }
    let mut program = Program {
        streams: streams.each_ref().map(AsRawFd::as_raw_fd),
        uid,
        folder: cstring(&jail.folder)?,
        limits: limits(jail, uid),
        files: files.as_raw_fd(),
        words: pointers(&words),
        environment: pointers(&environment),
        refused: None,
    };
    let mut stack = Vec::<u8>::with_capacity(STACK_OF_SET_UP_LEN);
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
    // SAFETY: this process has one thread, which waits until the new one, on the
    // stack that it is given and with `program`, has become a program or ended.
    let pid = unsafe {
        libc::clone(
            become_program,
            top.map_addr(|end| end & !15).cast(),
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw mut program).cast(),
        )
    };
    call(pid, "a process")?;
    match program.refused.take() {
        None => Ok(pid),
        Some(what) => {
            wait(pid);
            Err(what)
        }
    }
}

/// The processes of a jail, as its guard finds them.
enum Inmates {
    /// All in this namespace but this one: the kernel ends them with it.
    Namespace,
    /// All below this one, and all of this user, if it is theirs alone.
    Below { uid: Option<u32> },
}

impl Inmates {
    /// The memory that they have in use, in octets: of each what is no file's.
    fn memory(&self) -> u64 {
        let in_use = |process: PathBuf| {
            let text = fs::read_to_string(process.join("status")).unwrap_or_default();
            let lines = text.lines().filter_map(|line| {
                let kib = line
                    .strip_prefix("RssAnon:")
                    .or_else(|| line.strip_prefix("RssShmem:"))?;
                kib.trim().strip_suffix(" kB")?.parse::<u64>().ok()
            });
            lines.sum::<u64>() * 1024
        };
        match self {
            Inmates::Namespace => {
                let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
                let processes = entries.filter(|entry| {
                    let name = entry.file_name();
                    name.as_encoded_bytes()
                        .first()
                        .is_some_and(u8::is_ascii_digit)
                });
                processes.map(|process| in_use(process.path())).sum()
            }
            Inmates::Below { .. } => {
                let folder = |pid: &libc::pid_t| Path::new("/proc").join(pid.to_string());
                below().iter().map(folder).map(in_use).sum()
            }
        }
    }

    /// Ends them, and waits until they are gone. Gives whether they are.
    fn end(&self, lifeline: &OwnedFd) -> bool {
        for _ in 0..ENDED_WITHIN_MS {
            match self {
                // SAFETY: plain arguments. To -1 it goes to all but process 1.
                Inmates::Namespace => unsafe {
                    libc::kill(-1, libc::SIGKILL);
                },
                Inmates::Below { uid } => {
                    if let Some(uid) = uid {
                        end_all_of(*uid);
                    }
                    for process in below() {
                        // SAFETY: plain arguments.
                        unsafe { libc::kill(process, libc::SIGKILL) };
                    }
                }
            }
            if self.are_gone() {
                return true;
            }
            // At level L3 the kernel ends them with process 1.
            let gone = poll([(lifeline.as_raw_fd(), libc::POLLRDHUP)], 1);
            if matches!(self, Inmates::Namespace) && gone != [0] {
                return false;
            }
        }
        false
    }

    /// Whether there are none, once those that have ended were waited for.
    fn are_gone(&self) -> bool {
        // Orphans become children of this process, so without children there is
        // nobody.
        let mut status = 0;
        loop {
            // SAFETY: `status` lives as long as the call.
            match unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) } {
                0 => return false,
                1.. => {}
                _ => return true,
            }
        }
    }
}

/// Ends all processes of a user at once, faster than they can fork.
fn end_all_of(uid: u32) {
    let Ok(killer) = fork() else { return };
    if killer == 0 {
        // SAFETY: plain arguments. To -1 it goes to all that this user may end,
        // but for this process.
        unsafe {
            if libc::setresgid(uid, uid, uid) == 0 && libc::setresuid(uid, uid, uid) == 0 {
                libc::kill(-1, libc::SIGKILL);
            }
        }
        exit(0);
    }
    wait(killer);
}

/// The processes below this one.
fn below() -> Vec<libc::pid_t> {
    let children = |process: &str| -> Vec<libc::pid_t> {
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        let threads = threads.into_iter().flatten().flatten();
        let texts =
            threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        texts
            .flat_map(|text| {
                let words = text.split_whitespace();
                words
                    .filter_map(|word| word.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let mut found = children("self");
    let mut next = 0;
    while let Some(process) = found.get(next) {
        let more = children(&process.to_string());
        found.extend(more);
        next += 1;
    }
    found
}

/// How many threads this user has.
fn threads_of_mine() -> u64 {
    // SAFETY: no arguments.
    let uid = unsafe { libc::getuid() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mine = processes.filter(|process| process.metadata().is_ok_and(|about| about.uid() == uid));
    let threads =
        mine.filter_map(|process| Some(fs::read_dir(process.path().join("task")).ok()?.count()));
    threads.sum::<usize>() as u64
}

/// Waits for the program's end, ends it when that is asked for or the memory is
/// passed, and ends what is left of it. An error ends the jail.
fn guard(
    jail: &Jail,
    inmates: &Inmates,
    lifeline: &OwnedFd,
    program: libc::pid_t,
) -> Result<Said, String> {
    // SAFETY: plain arguments; what comes back is a descriptor of ours.
    let ended = unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, program, 0);
        let fd = RawFd::try_from(fd).unwrap_or(-1);
        call(fd, "a descriptor of the program")?;
        OwnedFd::from_raw_fd(fd)
    };
    let mut said = Said {
        status: libc::SIGKILL,
        word: None,
        is_clean: false,
    };
    let mut wait_ms = WATCH_MS;
    loop {
        let [asked, _] = poll(
            [
                (lifeline.as_raw_fd(), libc::POLLIN | libc::POLLRDHUP),
                (ended.as_raw_fd(), libc::POLLIN),
            ],
            wait_ms,
        );
        if let Some(status) = reap(program) {
            said.status = status;
            break;
        }
        if asked != 0 {
            // To end it is all that can be asked now; or the harness is gone.
            if hear(lifeline, &mut [0; 64])?.is_none() {
                inmates.end(lifeline);
                exit(137);
            }
            break;
        }
        let since = Instant::now();
        let memory = inmates.memory();
        // Many processes take long to add up, and the watch is to cost little.
        let cost_ms = i32::try_from(since.elapsed().as_millis()).unwrap_or(i32::MAX);
        wait_ms = cost_ms.saturating_mul(10).clamp(WATCH_MS, WATCH_MS_MAX);
        if memory > jail.memory_len {
            said.word = Some(Word::Memory);
            break;
        }
    }
    // At level L2 a process may have got away from below this one.
    let are_gone = match inmates {
        Inmates::Namespace => inmates.are_gone(),
        Inmates::Below { .. } => false,
    };
    if !are_gone && !inmates.end(lifeline) {
        return Err("processes that do not end".to_owned());
    }
    said.is_clean = is_clean(jail);
    Ok(said)
}

/// Whether a jail may be used again: no program has left anything in it.
fn is_clean(jail: &Jail) -> bool {
    let is_empty =
        |folder: &str| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    !jail.once && (jail.level != Level::L3 || [BOX, "/tmp"].into_iter().all(is_empty))
}

/// Waits for one of these events for `wait_ms` at most, and gives which came.
fn poll<const N: usize>(events: [(RawFd, libc::c_short); N], wait_ms: i32) -> [libc::c_short; N] {
    let mut polled = events.map(|(fd, events)| libc::pollfd {
        fd,
        events,
        revents: 0,
    });
    // SAFETY: the array has `N` entries. A call that fails gives no event.
    unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, wait_ms) };
    polled.map(|polled| polled.revents)
}

/// Takes the status of every child that has ended; gives that of `program`.
fn reap(program: libc::pid_t) -> Option<i32> {
    loop {
        let mut status = 0;
        // SAFETY: `status` lives as long as the call.
        let ended = unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) };
        if ended == program {
            return Some(status);
        }
        if ended <= 0 {
            return None;
        }
    }
}

/// A root that holds the system's programs to read and nothing else.
fn make_root(jail: &Jail) -> Done {
    call(
        // SAFETY: plain arguments.
        unsafe {
            libc::mount(
                std::ptr::null(),
                c"/".as_ptr(),
                std::ptr::null(),
                PRIVATE,
                std::ptr::null(),
            )
        },
        "a mount of its own",
    )?;
    // Every system has this folder, and nothing under it is needed here.
    let root = Path::new("/sys");
    mount("tmpfs", root, "size=1m,nr_inodes=1024,mode=755")?;
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    for folder in ["etc", "proc", "dev", "tmp", "box", "opt", "old"] {
        make_folder(&at(folder))?;
    }
    for name in ["usr", "lib", "lib64", "lib32", "bin", "sbin"] {
        let path = Path::new("/").join(name);
        match fs::read_link(&path) {
            Ok(to) => symlink(to, at(name)).map_err(|error| format!("/{name}: {error}"))?,
            Err(_) if path.is_dir() => bind(&path, &at(name))?,
            Err(_) => {}
        }
    }
    for name in ["etc/ld.so.cache", "etc/alternatives"] {
        let path = Path::new("/").join(name);
        if path.exists() {
            bind(&path, &at(name))?;
        }
    }
    for (name, text) in [
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("etc/nsswitch.conf", "hosts: files\n"),
        ("etc/passwd", "learner:x:1000:1000::/box:/bin/sh\n"),
    ] {
        write(at(name), text)?;
    }
    for name in ["null", "zero", "urandom"] {
        bind_device(&Path::new("/dev").join(name), &at("dev").join(name))?;
    }
    for (name, to) in [
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
    ] {
        symlink(to, at(name)).map_err(|error| format!("/{name}: {error}"))?;
    }
    for (outside, inside) in &jail.reads {
        bind(outside, &at(&inside.to_string_lossy()))?;
    }
    for (outside, inside) in &jail.writes {
        let inside = at(&inside.to_string_lossy());
        make_folder(&inside)?;
        bind_as_it_is(outside, &inside)?;
    }
    let room = format!("size={},nr_inodes=1024,mode=777", jail.file_len);
    mount("tmpfs", &at("box"), &room)?;
    mount("tmpfs", &at("tmp"), &room)?;
    mount("proc", &at("proc"), "")?;
    let (new, old) = (cstring(root)?, cstring(at("old"))?);
    // SAFETY: both are strings that end in NUL and live as long as the calls.
    unsafe {
        let turned = libc::syscall(libc::SYS_pivot_root, new.as_ptr(), old.as_ptr());
        call_long(turned, "the new root")?;
        call(libc::chdir(c"/".as_ptr()), "the new root")?;
        call(
            libc::umount2(c"/old".as_ptr(), libc::MNT_DETACH),
            "the old root",
        )?;
    }
    fs::remove_dir("/old").map_err(|error| format!("/old: {error}"))?;
    read_only(Path::new("/"), false)?;
    // SAFETY: a string of three octets.
    call(
        unsafe { libc::sethostname(c"lab".as_ptr(), 3) },
        "a name of its own",
    )
}

// The program's own part.

/// What a process has with it to become a program. It shares the keeper's memory
/// until then, and leaves nothing there but the reason why it is none.
struct Program {
    streams: [RawFd; 3],
    /// The user that it becomes, if it is not its own.
    uid: Option<u32>,
    folder: CString,
    limits: [(libc::__rlimit_resource_t, u64); 6],
    /// Landlock's rules.
    files: RawFd,
    /// Lists of strings, each with a null pointer at its end.
    words: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    refused: Option<String>,
}

extern "C" fn become_program(program: *mut libc::c_void) -> libc::c_int {
    // SAFETY: it is the `Program` of `start`, who waits.
    let program = unsafe { &mut *program.cast::<Program>() };
    program.refused = program.enter().err();
    exit(TROUBLE)
}

impl Program {
    /// Puts this process under its limits, and makes it the program.
    fn enter(&self) -> Done {
        // SAFETY: plain arguments, and strings and a limit that live as long as
        // the calls. What we ignore is the default for a program.
        unsafe {
            for (stream, standard) in self.streams.iter().zip(0..) {
                call(libc::dup2(*stream, standard), "standard streams")?;
            }
            libc::umask(0o077);
            // No session of its own: under Linux's autogroups that has a share of
            // the processors of its own, and on a busy machine waits for seconds.
            libc::setpgid(0, 0);
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            if let Some(uid) = self.uid {
                become_user(uid)?;
            }
            call(libc::chdir(self.folder.as_ptr()), "its folder")?;
            // The lifeline and whatever else was open ends at exec.
            let closed = libc::syscall(
                libc::SYS_close_range,
                3,
                libc::c_uint::MAX,
                libc::CLOSE_RANGE_CLOEXEC,
            );
            call_long(closed, "descriptors that end")?;
            for (what, most) in self.limits {
                let limit = libc::rlimit {
                    rlim_cur: most,
                    rlim_max: most,
                };
                call(libc::setrlimit(what, &limit), "a limit")?;
            }
            let restricted = libc::syscall(libc::SYS_landlock_restrict_self, self.files, 0);
            call_long(restricted, "Landlock")?;
            let program = self.words.first().copied().unwrap_or(std::ptr::null());
            if program.is_null() {
                return Err("no program was named".to_owned());
            }
            libc::execvpe(program, self.words.as_ptr(), self.environment.as_ptr());
            let error = io::Error::last_os_error();
            let program = CStr::from_ptr(program).to_string_lossy();
            Err(format!("{program}: {error}"))
        }
    }
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    let pointers = strings.iter().map(|string| string.as_ptr());
    pointers.chain([std::ptr::null()]).collect()
}

/// From root to a user whom nothing belongs to.
fn become_user(uid: u32) -> Done {
    // SAFETY: plain arguments.
    unsafe {
        call(libc::setgroups(0, std::ptr::null()), "no groups")?;
        call(libc::setresgid(uid, uid, uid), "a group of its own")?;
        call(libc::setresuid(uid, uid, uid), "a user of its own")
    }
}

/// Whether others of this user may look into this process.
fn dumpable(may: bool) -> Done {
    // SAFETY: plain arguments.
    let set = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, libc::c_int::from(may), 0, 0, 0) };
    call(set, "/proc/self")
}

/// The limits of a program that runs as user `uid`, or as this process's own.
fn limits(jail: &Jail, uid: Option<u32>) -> [(libc::__rlimit_resource_t, u64); 6] {
    let address_space = jail.memory_len + jail.process_count * STACK_LEN;
    let others = match jail.level {
        // What the user runs beside it counts too, where that is not hidden.
        Level::L1 | Level::L2 if uid.is_none() => threads_of_mine(),
        _ => 0,
    };
    [
        (libc::RLIMIT_AS, address_space),
        (libc::RLIMIT_CPU, jail.cpu_s),
        (libc::RLIMIT_FSIZE, jail.file_len),
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_MEMLOCK, 0),
        (libc::RLIMIT_NPROC, jail.process_count + others),
    ]
}

/// Landlock: what may be read, what written, and no signal to the outside.
fn files(jail: &Jail) -> Result<OwnedFd, String> {
    use landlock::{
        ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
        path_beneath_rules,
    };
    let abi = ABI::V6;
    let read = AccessFs::from_read(abi);
    // Without a namespace of processes there is much to be read of others.
    let processes: &[&str] = match jail.level {
        Level::L3 => &["/proc"],
        Level::L1 | Level::L2 => &["/proc/self", "/proc/sys/net"],
    };
    let system = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc"];
    let system = system.iter().chain(processes);
    let reads = jail.reads.iter().map(|(outside, inside)| match jail.level {
        Level::L3 => inside,
        Level::L1 | Level::L2 => outside,
    });
    let system = system.map(Path::new).filter(|path| path.exists());
    let in_memory = [BOX, "/tmp"].iter().map(PathBuf::from);
    let write: Vec<PathBuf> = match jail.level {
        Level::L3 => {
            let shown = jail.writes.iter().map(|(_, inside)| inside.clone());
            in_memory.chain(shown).collect()
        }
        Level::L1 | Level::L2 => jail
            .writes
            .iter()
            .map(|(outside, _)| outside.clone())
            .collect(),
    };
    let made = || -> Result<_, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(system, read))?
            .add_rules(path_beneath_rules(reads, read))?
            .add_rules(path_beneath_rules(
                ["/dev/null", "/dev/zero", "/dev/urandom"],
                AccessFs::ReadFile | AccessFs::WriteFile,
            ))?
            .add_rules(path_beneath_rules(write, AccessFs::from_all(abi)))
    };
    let made: Option<OwnedFd> = made().map_err(|error| format!("Landlock: {error}"))?.into();
    made.ok_or_else(|| "Landlock is switched off in this kernel".to_owned())
}

/// Calls that no lab needs, and that have let programs out of jails before.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_memfd_create,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_mq_open,
    libc::SYS_msgget,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_semget,
    libc::SYS_setns,
    libc::SYS_shmget,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

/// Flags of `clone` that make a namespace.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];

/// Requests of `ioctl` that type at a terminal in the place of whoever sits there.
/// Programs are in the harness's session, and have no terminal; should one get
/// hold of it, this is what it could do.
const TIOCSTI: libc::c_int = 0x5412;
const TIOCLINUX: libc::c_int = 0x541c;

/// seccomp: refuses those calls, `clone` into a namespace, typing at a terminal,
/// and every family of sockets but those of the course. `clone3`, whose flags a filter cannot see,
/// is said not to exist; the C library then takes `clone`.
fn restrict_calls() -> Done {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch,
    };
    let said = |error: seccompiler::BackendError| format!("seccomp: {error}");
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(said)?;
    let filter = |rules, errno: libc::c_int| -> Result<BpfProgram, seccompiler::BackendError> {
        let refuse = SeccompAction::Errno(errno.unsigned_abs());
        SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
    };
    let mut refused: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().map(|&call| (call, Vec::new())).collect();
    let rule = |argument, op, value: libc::c_int| {
        let value = u64::from(value.unsigned_abs());
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value);
        condition.and_then(|condition| SeccompRule::new(vec![condition]))
    };
    let mut into_namespaces = Vec::new();
    for flag in NAMESPACES {
        let bits = u64::from(flag.unsigned_abs());
        into_namespaces.push(rule(0, SeccompCmpOp::MaskedEq(bits), flag).map_err(said)?);
    }
    refused.insert(libc::SYS_clone, into_namespaces);
    let mut families = Vec::new();
    for family in [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6] {
        let value = u64::from(family.unsigned_abs());
        let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value);
        families.push(condition.map_err(said)?);
    }
    let other_family = SeccompRule::new(families).map_err(said)?;
    refused.insert(libc::SYS_socket, vec![other_family]);
    let mut typing = Vec::new();
    for request in [TIOCSTI, TIOCLINUX] {
        typing.push(rule(1, SeccompCmpOp::Eq, request).map_err(said)?);
    }
    refused.insert(libc::SYS_ioctl, typing);
    let no_clone3 = [(libc::SYS_clone3, Vec::new())].into();
    let filters = [
        filter(no_clone3, libc::ENOSYS).map_err(said)?,
        filter(refused, libc::EPERM).map_err(said)?,
    ];
    for filter in &filters {
        seccompiler::apply_filter(filter).map_err(|error| format!("seccomp: {error}"))?;
    }
    Ok(())
}

// Calls of the system.

fn is_root() -> bool {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() == 0 }
}

fn exit(status: i32) -> ! {
    // SAFETY: ends the process at once; what a fork shares is left alone.
    unsafe { libc::_exit(status) }
}

/// The result of a call of the system, as a sentence if it failed.
fn call(result: i32, what: &str) -> Done {
    if result < 0 {
        return Err(format!("{what}: {}", io::Error::last_os_error()));
    }
    Ok(())
}

/// The same for a call without a function of its own.
fn call_long(result: libc::c_long, what: &str) -> Done {
    call(i32::try_from(result).unwrap_or(-1), what)
}

fn fork() -> Result<libc::pid_t, String> {
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    call(pid, "a process")?;
    Ok(pid)
}

fn wait(pid: libc::pid_t) {
    let mut status = 0;
    // SAFETY: `status` lives as long as the calls.
    while unsafe { libc::waitpid(pid, &mut status, 0) } != pid {
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}

fn unshare(flags: libc::c_int) -> Done {
    // SAFETY: plain arguments.
    call(unsafe { libc::unshare(flags) }, "namespaces")
}

/// Into new namespaces, one of users among them: from here on this user is
/// number `inside` and knows no other, and no group can be left.
fn unshare_as_user(flags: libc::c_int, inside: u32) -> Done {
    // SAFETY: no arguments.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    unshare(flags | libc::CLONE_NEWUSER)?;
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("{inside} {uid} 1"))?;
    write("/proc/self/gid_map", &format!("{inside} {gid} 1"))
}

fn loopback_up() -> Done {
    // SAFETY: `request` is plain data of which all zeros is a value, and lives
    // as long as the calls.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        call(socket, "a socket")?;
        let socket = OwnedFd::from_raw_fd(socket);
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = libc::c_char::try_from(*from).unwrap_or_default();
        }
        let flags = libc::IFF_UP | libc::IFF_RUNNING;
        request.ifr_ifru.ifru_flags = libc::c_short::try_from(flags).unwrap_or_default();
        let set = libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &request);
        call(set, "the loopback interface")
    }
}

fn write(path: impl AsRef<Path>, text: &str) -> Done {
    let path = path.as_ref();
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn make_folder(path: &Path) -> Done {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn cstring(text: impl AsRef<OsStr>) -> Result<CString, String> {
    let octets = text.as_ref().as_bytes();
    CString::new(octets).map_err(|_| "a name with an octet of zero".to_owned())
}

fn mount(kind: &str, at: &Path, options: &str) -> Done {
    let (kind_c, at_c, options) = (cstring(kind)?, cstring(at)?, cstring(options)?);
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    // SAFETY: strings that end in NUL and live as long as the call.
    let mounted = unsafe {
        libc::mount(
            kind_c.as_ptr(),
            at_c.as_ptr(),
            kind_c.as_ptr(),
            flags,
            options.as_ptr().cast(),
        )
    };
    call(mounted, &format!("{kind} at {}", at.display()))
}

/// Shows the file or folder `from` at `at`, to read.
fn bind(from: &Path, at: &Path) -> Done {
    if from.is_dir() {
        make_folder(at)?;
    } else {
        if let Some(folder) = at.parent() {
            make_folder(folder)?;
        }
        // In a folder that was bound before, there is one.
        if !at.exists() {
            write(at, "")?;
        }
    }
    bind_as_it_is(from, at)?;
    read_only(at, true)
}

fn bind_device(from: &Path, at: &Path) -> Done {
    write(at, "")?;
    bind_as_it_is(from, at)
}

fn bind_as_it_is(from: &Path, at: &Path) -> Done {
    let (from_c, at_c) = (cstring(from)?, cstring(at)?);
    let flags = libc::MS_BIND | libc::MS_REC;
    let none = std::ptr::null();
    // SAFETY: strings that end in NUL and live as long as the call.
    let bound = unsafe { libc::mount(from_c.as_ptr(), at_c.as_ptr(), none, flags, none.cast()) };
    call(bound, &format!("{} in the jail", from.display()))
}

/// `struct mount_attr` of the kernel.
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

/// Makes the mount at `at` one to read, and with `recursive` those below it.
fn read_only(at: &Path, recursive: bool) -> Done {
    let path = cstring(at)?;
    let mut set = libc::MOUNT_ATTR_RDONLY;
    let mut flags = 0;
    if recursive {
        set |= libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
        flags = libc::AT_RECURSIVE;
    }
    let attr = MountAttr {
        set,
        clear: 0,
        propagation: 0,
        userns: 0,
    };
    // SAFETY: `path` and `attr` live as long as the call, whose size is given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    call_long(done, &format!("{} to read only", at.display()))
}
