//! One check's dealings with one program: start it, feed it, read it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
#[cfg(target_os = "linux")]
use std::sync::OnceLock;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::capture::{Ends, Transport};
use crate::check::{Event, Failure, Verdict, What};
use crate::crowd::Crowd;
use crate::datagram::{Datagrams, Unreachable, Weather};
#[cfg(target_os = "linux")]
use crate::jail::{self, Jail, Jailer};
use crate::patience::{Patience, Share};
use crate::standstill::{self, Known, Standstill};
use crate::stream::{Delivery, Listener, Peer, Refusing, Silent};
use crate::tree::{self, Head, Tree};
use crate::{attempts, drain, mistakes, wait};

/// What a program may print before it is ended, in octets a stream.
pub const OUTPUT_LEN_MAX: usize = 4 << 20;

/// The patience with a program, from its start or from the last sign of it: a
/// conversation, octets that it read or sent. What it has to do in between takes
/// milliseconds.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The program under check, in whatever language.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// The program and its first arguments; a check appends its own.
    pub command: Vec<OsString>,
    /// The preloaded library that makes system calls fall short.
    pub shortfall: Option<PathBuf>,
    /// Where it is kept, if nobody trusts it.
    #[cfg(target_os = "linux")]
    pub jail: Option<Jail>,
}

/// How long a program may take to wait for something after it was given something.
const QUIET_WITHIN: Duration = Duration::from_millis(500);

/// How a program ended that the harness ended.
pub const ENDED_BY_US: &str = "ended by us";

/// What is tried when a server is waited for, in the words of a report.
pub const LISTENING: &str = "the line that says where the server listens";

/// What a check function works with.
pub struct Trial {
    program: Program,
    /// Who makes its jails.
    #[cfg(target_os = "linux")]
    jailer: Option<Arc<Jailer>>,
    /// The seed of everything random in this check.
    pub rng: fastrand::Rng,
    log: Log,
    /// The lab's snapshots: name to content.
    recordings: BTreeMap<String, String>,
    environment: Vec<(String, OsString)>,
    /// Commands of the shell that becomes the program.
    set_up: Vec<String>,
    /// Commands for the network that the program has of its own.
    own_network: Option<String>,
    /// The folder of the files that were made for the program.
    files: Option<Folder>,
}

/// A folder for the time that this lives.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Folder> {
        for number in 0_u16.. {
            let name = format!("netlings-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Folder(path)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where a program in a jail finds the files that were made for it.
#[cfg(target_os = "linux")]
const FILES_INSIDE: &str = "/opt/files";

/// The events of a check, shared by all that adds to them.
#[derive(Clone)]
pub struct Log {
    since: Instant,
    /// That with what the program does now.
    patience: Arc<Mutex<Patience>>,
    events: Arc<Mutex<Vec<Event>>>,
    connections: Arc<Mutex<BTreeMap<usize, Ends>>>,
    listeners: Arc<Mutex<Vec<Weak<TcpListener>>>>,
    running: Arc<Mutex<Vec<Pipes>>>,
    standstill: Arc<Mutex<Option<Standstill>>>,
    ended: Arc<Mutex<Ended>>,
}

/// A program that was started and has not been collected: its process, and the
/// pipes on its standard streams, by inode.
struct Pipes {
    pid: u32,
    /// How many processes stand between that one and the program: a jail's.
    above: usize,
    pipes: Vec<(u64, &'static str)>,
}

/// What is kept of the programs that have ended.
#[derive(Default)]
struct Ended {
    last: Option<Run>,
    /// The first stub that any of them reached: its step and its task.
    stub: Option<(u8, String)>,
    /// What went wrong with the jail of any of them.
    trouble: Option<String>,
}

impl Log {
    /// An empty log that begins now.
    pub(crate) fn new() -> Self {
        Log {
            since: Instant::now(),
            patience: Arc::new(Mutex::new(Patience::new(DEADLINE))),
            events: Arc::default(),
            connections: Arc::default(),
            listeners: Arc::default(),
            running: Arc::default(),
            standstill: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// Adds an event.
    pub fn add(&self, stream: usize, what: What) {
        let at_us = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut events = self.lock();
        // How standard output falls into reads is ours, not the program's.
        if let (0, What::Received(more)) = (stream, &what)
            && let Some(Event {
                stream: 0,
                what: What::Received(so_far),
                ..
            }) = events.last_mut()
        {
            so_far.extend_from_slice(more);
            return;
        }
        events.push(Event {
            at_us,
            stream,
            what,
        });
    }

    /// Adds that these octets are sent, before they are: what the program does
    /// about them comes after. Gives what [`Log::not_sent`] needs.
    pub(crate) fn sending(&self, stream: usize, octets: &[u8]) -> usize {
        self.add(stream, What::Sent(octets.to_vec()));
        let events = self.lock();
        let is_it = |event: &Event| event.stream == stream && matches!(event.what, What::Sent(_));
        events.iter().rposition(is_it).unwrap_or(events.len())
    }

    /// The octets of that event could not be sent.
    pub(crate) fn not_sent(&self, index: usize) {
        if let Some(event) = self.lock().get_mut(index) {
            event.what = What::NotSent;
        }
    }

    /// When patience with what the program does now ends; then
    /// [`Log::is_overdue`] is to be asked.
    pub(crate) fn deadline(&self) -> Instant {
        self.lock_patience().until()
    }

    /// Whether patience has ended with the programs that run. One that waited for
    /// a processor gets what it missed.
    pub(crate) fn is_overdue(&self) -> bool {
        self.lock_patience().is_over(|| {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let shares = running.iter().map(|program| Share::of(program.pid));
            shares.fold(Share::default(), Share::and)
        })
    }

    /// How long patience lasts, in whole seconds, for reports.
    pub(crate) fn patience_s(&self) -> u64 {
        self.lock_patience().length().as_secs()
    }

    /// Asks `probe` until it answers or patience has ended.
    pub(crate) fn until<T>(&self, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let answer = wait::until(self.deadline(), &mut probe);
            if answer.is_some() || self.is_overdue() {
                return answer;
            }
        }
    }

    /// The same, with an event to wait for: see [`wait::until_event`].
    #[cfg(unix)]
    fn until_event<T>(
        &self,
        mut probe: impl FnMut() -> Option<T>,
        mut rest: impl FnMut(),
    ) -> Option<T> {
        loop {
            let answer = wait::until_event(self.deadline(), &mut probe, &mut rest);
            if answer.is_some() || self.is_overdue() {
                return answer;
            }
        }
    }

    /// Patience begins anew: a program was started, a conversation begun, or the
    /// program has read or sent something.
    pub(crate) fn renew(&self) {
        let mut patience = self.lock_patience();
        *patience = patience.renewed();
        drop(patience);
        *self.lock_standstill() = None;
    }

    /// Patience has ended: looks at what the program does that was started last
    /// and still runs, before anything is done about it.
    pub(crate) fn patience_ended(&self) {
        let known = Known {
            pipes: Vec::new(),
            streams: self.named_streams(),
        };
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let found = running.iter().rev().find_map(|program| {
            let pipes = program.pipes.clone();
            standstill::look(
                tree::descendant(program.pid, program.above)?,
                &Known {
                    pipes,
                    ..known.clone()
                },
            )
        });
        *self.lock_standstill() = found;
    }

    /// The connections with the program that was started last, each with the
    /// name of the harness's end.
    fn named_streams(&self) -> Vec<(Ends, String)> {
        let ends = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let events = self.lock();
        let start = events
            .iter()
            .rposition(|event| matches!(event.what, What::Started(_)));
        let opened = events.iter().skip(start.unwrap_or(0));
        let opened: Vec<(usize, bool)> = opened
            .filter_map(|event| match event.what {
                What::Connected => Some((event.stream, true)),
                What::Accepted => Some((event.stream, false)),
                _ => None,
            })
            .collect();
        let count = opened.len();
        let named = opened
            .iter()
            .enumerate()
            .filter_map(|(index, (stream, by_us))| {
                Some((
                    *ends.get(stream)?,
                    standstill::name(*by_us, index, count, *stream),
                ))
            });
        named.collect()
    }

    fn lock_patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_standstill(&self) -> MutexGuard<'_, Option<Standstill>> {
        self.standstill
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, pid: u32) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|program| program.pid != pid);
    }

    /// Adds a connection, or an exchange of datagrams. Gives its number, from 1.
    pub(crate) fn number(&self, ends: Ends) -> usize {
        self.renew();
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let number = connections.len() + 1;
        connections.insert(number, ends);
        number
    }

    /// Keeps an eye on a listener of ours.
    pub(crate) fn watch(&self, listener: &Arc<TcpListener>) {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::downgrade(listener));
    }

    /// Accepts the connections that a program opened and no check waited for,
    /// so that a report shows them. They last as long as what this gives.
    fn accept_the_rest(&self) -> Vec<TcpStream> {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut accepted = Vec::new();
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            while let Ok((stream, program)) = listener.accept() {
                let Ok(harness) = stream.local_addr() else {
                    continue;
                };
                let number = self.number(Ends {
                    transport: Transport::Tcp,
                    harness,
                    program,
                });
                self.add(number, What::Accepted);
                accepted.push(stream);
            }
        }
        accepted
    }

    fn add_run(&self, run: Run, trouble: Option<String>) {
        self.add(0, What::Exited(run.ending.clone()));
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.stub.is_none() {
            ended.stub = stub_reached(&run.stderr_text());
        }
        ended.trouble = ended.trouble.take().or(trouble);
        ended.last = Some(run);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The step and task of the `todo!` that `stderr` tells of.
fn stub_reached(stderr: &str) -> Option<(u8, String)> {
    let mut tasks = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("not yet implemented: step "));
    let (step, task) = tasks.next()?.split_once(": ")?;
    Some((step.parse().ok()?, task.to_owned()))
}

/// A program's end, and what it printed.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The arguments that it was started with.
    pub args: Vec<String>,
    /// Its exit status; `None` if a signal ended it or we did.
    pub code: Option<i32>,
    /// How it ended, in words: `exit status 1`, `signal 11`, `ended by us`.
    pub ending: String,
    /// Whether it was still running at the deadline and was ended.
    pub overdue: bool,
    /// Whether it then had computed for a good part of the time, and not waited.
    pub busy: bool,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Run {
    /// Standard output as text, for messages.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Fails unless standard output is `stdout` and the exit status 0.
    ///
    /// # Errors
    /// The difference, as a failure of `what`.
    pub fn expect(&self, what: &str, stdout: &[u8]) -> Verdict {
        if self.stdout != stdout {
            let failure =
                Failure::octets(format!("{what}: standard output"), stdout, &self.stdout).at(0, 0);
            return Err(if self.code == Some(0) {
                failure
            } else {
                failure.ended(self.ending.clone())
            });
        }
        self.expect_exit(what, 0)
    }

    /// Fails unless the exit status is `code`.
    ///
    /// # Errors
    /// The difference, as a failure of `what`.
    pub fn expect_exit(&self, what: &str, code: i32) -> Verdict {
        if self.code == Some(code) {
            return Ok(());
        }
        Err(Failure::words(
            what,
            format!("exit status {code}"),
            self.ending.clone(),
        ))
    }

    /// Fails unless the program refused: exit status 1, something on standard
    /// error, and no panic.
    ///
    /// # Errors
    /// The difference, as a failure of `what`.
    pub fn expect_refusal(&self, what: &str) -> Verdict {
        let said = self.stderr_text();
        let crash = [
            ("panicked at", "a panic"),
            (mistakes::TRACEBACK, "an exception that nobody caught"),
        ];
        if let Some((_, came)) = crash.iter().find(|(mark, _)| said.contains(mark)) {
            return Err(Failure::words(what, "exit status 1 and a message", *came));
        }
        self.expect_exit(what, 1)?;
        if said.trim().is_empty() {
            return Err(Failure::words(
                what,
                "a message on standard error",
                "exit status 1, and nothing said",
            ));
        }
        Ok(())
    }
}

impl Trial {
    /// A trial of `program`, all of whose randomness comes from `seed`.
    pub fn new(program: Program, seed: u64, recordings: BTreeMap<String, String>) -> Self {
        Trial {
            program,
            #[cfg(target_os = "linux")]
            jailer: None,
            rng: fastrand::Rng::with_seed(seed),
            log: Log::new(),
            recordings,
            environment: Vec::new(),
            set_up: Vec::new(),
            own_network: None,
            files: None,
        }
    }

    /// Takes on who makes the jails that the program is to be kept in.
    #[cfg(target_os = "linux")]
    pub fn take_jailer(&mut self, jailer: Option<Arc<Jailer>>) {
        self.jailer = jailer;
    }

    /// What has happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.log.lock().clone()
    }

    /// The same, once nothing happens any more; they are not kept.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut *self.log.lock())
    }

    /// The connections there were, by number.
    pub fn connections(&self) -> BTreeMap<usize, Ends> {
        self.log
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The last program that ended.
    pub fn last(&self) -> Option<Run> {
        self.log
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last
            .clone()
    }

    /// What the program did when patience with it ended, if it has.
    pub fn standstill(&self) -> Option<Standstill> {
        self.log.lock_standstill().clone()
    }

    /// The stub that a program reached: its step and its task.
    pub fn stub(&self) -> Option<(u8, String)> {
        self.log
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stub
            .clone()
    }

    /// Why a program could not be started in its jail: trouble of ours.
    pub fn trouble(&self) -> Option<String> {
        self.log
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .trouble
            .clone()
    }

    /// From here on, the program's `send` and `write` take at most `send`
    /// octets a call, its `recv` and `read` give at most `recv`, and every
    /// `eintr`-th call is interrupted (0: never). See the crate
    /// `netlings-shortfall`.
    pub fn system_calls_fall_short(&mut self, send: usize, recv: usize, eintr: usize) {
        self.fall_short(format!("send={send},recv={recv},eintr={eintr}"));
    }

    /// From here on, they are as they were.
    pub fn system_calls_are_whole(&mut self) {
        self.forget_rule();
        self.log.add(0, What::FallingShort(String::new()));
    }

    /// One rule at a time: of two variables of a name, who reads them decides.
    fn forget_rule(&mut self) {
        self.environment
            .retain(|(name, _)| name != "LD_PRELOAD" && name != "NETLINGS_SHORTFALL");
    }

    /// From here on, every `every`-th descriptor that the program wants for a
    /// socket is refused (EMFILE).
    pub fn refuse_descriptors(&mut self, every: usize) {
        self.fall_short(format!("emfile={every}"));
    }

    fn fall_short(&mut self, rule: String) {
        self.forget_rule();
        if let Some(library) = &self.program.shortfall {
            self.environment.push(("LD_PRELOAD".into(), library.into()));
            self.log.add(0, What::FallingShort(rule.clone()));
            self.environment
                .push(("NETLINGS_SHORTFALL".into(), rule.into()));
        }
    }

    /// From here on, patience with a program lasts `length`, and not [`DEADLINE`]:
    /// where a right one is done in a hundredth of that, and a wrong one would
    /// compute for minutes.
    pub fn patience(&mut self, length: Duration) {
        *self.log.lock_patience() = Patience::new(length);
    }

    /// From here on, the program may have at most `len` octets of memory.
    pub fn limit_memory(&mut self, len: u64) {
        self.set_up.push(format!("ulimit -v {}", len / 1024));
    }

    /// From here on, the program may have `count` files open, its standard
    /// input, output and error among them.
    pub fn limit_descriptors(&mut self, count: usize) {
        self.set_up.push(format!("ulimit -n {count}"));
    }

    /// From here on, the program has a network of its own, where nothing is but
    /// the loopback, and `set_up` is done there before it starts: a command of
    /// the shell. Nothing of the harness's can be reached from there.
    pub fn own_network(&mut self, set_up: &str) {
        self.own_network = Some(format!("ip link set lo up && {set_up}"));
    }

    /// Makes a file for the program to read. Gives the path that the program
    /// finds it under. It lasts as long as the trial.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn file(&mut self, name: &str, octets: &[u8]) -> Result<String, Failure> {
        let (outside, inside) = self.folder()?;
        std::fs::write(outside.join(name), octets)
            .map_err(|error| Failure::ours(format!("the file {name} for the program"), error))?;
        Ok(format!("{inside}/{name}"))
    }

    /// A folder that the program may read, and its path as the program has it.
    /// It lasts as long as the trial.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn folder(&mut self) -> Result<(PathBuf, String), Failure> {
        let ours = |error| Failure::ours("a folder for files of the program's", error);
        let Folder(outside) = match &self.files {
            Some(folder) => folder,
            None => self.files.insert(Folder::new().map_err(ours)?),
        };
        #[cfg(target_os = "linux")]
        if let Some(jail) = &self.program.jail
            && jail.level == jail::Level::L3
        {
            return Ok((outside.clone(), FILES_INSIDE.to_owned()));
        }
        Ok((outside.clone(), outside.to_string_lossy().into_owned()))
    }

    /// Whether the program is kept in a jail.
    pub fn is_jailed(&self) -> bool {
        #[cfg(target_os = "linux")]
        return self.program.jail.is_some();
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Whether the program runs as another user than its check.
    pub fn is_another_user(&self) -> bool {
        #[cfg(target_os = "linux")]
        if self.is_jailed() {
            return rustix::process::geteuid().is_root();
        }
        false
    }

    /// Starts the program.
    ///
    /// # Errors
    /// A failure of ours if the system cannot.
    pub fn start(&mut self, args: &[&str]) -> Result<Running, Failure> {
        let mut words: Vec<OsString> = Vec::new();
        if !self.set_up.is_empty() {
            // The shell's own limits are inherited by what it becomes.
            let script = format!("{} && exec \"$@\"", self.set_up.join(" && "));
            words.extend(["sh", "-c", &script, "sh"].map(OsString::from));
        }
        words.extend(self.program.command.iter().cloned());
        words.extend(args.iter().map(OsString::from));
        let tree = self.start_tree(&words)?;
        self.log.renew();
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        self.log.add(0, What::Started(args.clone()));
        Ok(Running::new(tree, args, self.log.clone()))
    }

    fn start_tree(&self, words: &[OsString]) -> Result<Tree, Failure> {
        let name = self.program.command.first().cloned().unwrap_or_default();
        let failed = |error| Failure::ours(format!("starting {}", name.to_string_lossy()), error);
        #[cfg(target_os = "linux")]
        match (&self.program.jail, &self.jailer) {
            (Some(jail), Some(jailer)) => {
                return self.start_in(jailer, jail, words).map_err(failed);
            }
            // A program that nobody trusts is started in its jail or not at all.
            (Some(_), None) => return Err(Failure::ours("the program's jail", "nobody makes it")),
            (None, _) => {}
        }
        let mut all: Vec<OsString> = Vec::new();
        if let Some(set_up) = &self.own_network {
            let script = format!("{set_up} && exec \"$@\"");
            all.extend(["unshare", "-Urn", "sh", "-c", &script, "sh"].map(OsString::from));
        }
        all.extend(words.iter().cloned());
        let Some((program, args)) = all.split_first() else {
            return Err(Failure::ours("the command to check", "it is empty"));
        };
        let mut command = Command::new(program);
        command.args(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .env("RUST_BACKTRACE", "0")
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE");
        command.envs(self.environment.iter().cloned());
        Tree::start(&mut command).map_err(failed)
    }

    /// Starts `words` in a jail that shows it the program and what else stands
    /// in the command, under names that say nothing of this machine.
    #[cfg(target_os = "linux")]
    fn start_in(&self, jailer: &Jailer, jail: &Jail, words: &[OsString]) -> std::io::Result<Tree> {
        let mut jail = jail.clone();
        jail.network.clone_from(&self.own_network);
        // Files are others, and a network has seen traffic, by the next program.
        jail.once = self.files.is_some() || jail.network.is_some();
        // No two checks that run at a time have one user, so that neither counts
        // against the other's limits, nor ends with it.
        static OWN: OnceLock<jail::Uid> = OnceLock::new();
        jail.uid = OWN.get_or_init(|| jail::Uid::claim(jail::FIRST_UID)).number;
        let mut environment = self.environment.clone();
        let mut words = words.to_vec();
        if let Some(Folder(outside)) = &self.files {
            let inside = match jail.level {
                jail::Level::L3 => FILES_INSIDE.into(),
                jail::Level::L1 | jail::Level::L2 => outside.clone(),
            };
            jail.reads.push((outside.clone(), inside));
        }
        let mut show = |path: &mut OsString| {
            let outside = PathBuf::from(&*path);
            let Some(name) = outside.file_name().filter(|_| outside.is_absolute()) else {
                return;
            };
            let inside = match jail.level {
                jail::Level::L3 => PathBuf::from(jail::INSIDE).join(name),
                jail::Level::L1 | jail::Level::L2 => outside.clone(),
            };
            *path = inside.clone().into();
            let shown = (outside, inside);
            if !jail.reads.contains(&shown) {
                jail.reads.push(shown);
            }
        };
        let program = self.program.command.first();
        words
            .iter_mut()
            .filter(|word| Some(&**word) == program)
            .for_each(&mut show);
        environment
            .iter_mut()
            .filter(|(name, _)| name == "LD_PRELOAD")
            .for_each(|(_, value)| show(value));
        jailer.start(&jail, &jail::Command { words, environment })
    }

    /// Runs the program to its end with `input` on its standard input.
    ///
    /// # Errors
    /// A failure of ours if it cannot be started, or one that says so if it
    /// still runs at the deadline.
    pub fn run(&mut self, args: &[&str], input: &[u8]) -> Result<Run, Failure> {
        self.run_fed(args, input, &Delivery::whole())
    }

    /// Runs the program to its end with `input` on its standard input, in the
    /// pieces of `delivery`.
    ///
    /// # Errors
    /// As [`Trial::run`].
    pub fn run_fed(
        &mut self,
        args: &[&str],
        input: &[u8],
        delivery: &Delivery,
    ) -> Result<Run, Failure> {
        let mut running = self.start(args)?;
        running.feed(input, delivery)?;
        running.close_input();
        self.finish(running)
    }

    /// Waits for the end of a started program.
    ///
    /// # Errors
    /// A failure that says so if it still runs at the deadline; it is ended.
    pub fn finish(&mut self, mut running: Running) -> Result<Run, Failure> {
        let run = running.finish();
        if run.overdue {
            let came = format!(
                "after {} s it still {}, having printed {} octets",
                self.log.patience_s(),
                match self.standstill() {
                    _ if run.busy => "computed",
                    // On a machine with much else to do, it may have had no time.
                    Some(standstill) if standstill.computes() => "ran",
                    _ => "waited",
                },
                run.stdout.len()
            );
            return Err(Failure::words(
                "the end of the program",
                "the program ends by itself",
                came,
            ));
        }
        Ok(run)
    }

    /// Ends a program that would go on by itself, such as a server.
    pub fn end(&mut self, mut running: Running) -> Run {
        running.collect(false)
    }

    /// A listening socket on the loopback for the program to connect to.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn listen(&self) -> Result<Listener, Failure> {
        Listener::new(self.log.clone())
    }

    /// A UDP socket on the loopback behind a network with this `weather`, for a
    /// program to send to or to be sent to.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn datagrams(&mut self, weather: Weather) -> Result<Datagrams, Failure> {
        let ip = Ipv4Addr::LOCALHOST.into();
        Datagrams::new(ip, weather, self.rng.u64(..), self.log.clone())
    }

    /// The same on the loopback of IPv6, for a check with [`Need::Ipv6`].
    ///
    /// [`Need::Ipv6`]: crate::check::Need::Ipv6
    ///
    /// # Errors
    /// A failure of ours.
    pub fn datagrams_v6(&mut self, weather: Weather) -> Result<Datagrams, Failure> {
        let ip = Ipv6Addr::LOCALHOST.into();
        Datagrams::new(ip, weather, self.rng.u64(..), self.log.clone())
    }

    /// An address on the loopback where no datagram finds anybody while it is
    /// held, and whoever sends one is told.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn unreachable(&self) -> Result<Unreachable, Failure> {
        Unreachable::new()
    }

    /// An address on the loopback that refuses connections while it is held.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn refusing(&self) -> Result<Refusing, Failure> {
        Refusing::new()
    }

    /// A port on the loopback that answers nothing: an attempt to connect to it
    /// is under way until it is given up.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn silent(&self) -> Result<Silent, Failure> {
        Silent::new(self.log.clone())
    }

    /// `len` random lower-case letters.
    pub fn word(&mut self, len: usize) -> String {
        std::iter::repeat_with(|| self.rng.lowercase())
            .take(len)
            .collect()
    }

    /// Connects to a server that is the program.
    ///
    /// # Errors
    /// A failure if nobody accepts.
    pub fn connect(&self, to: SocketAddr) -> Result<Peer, Failure> {
        Peer::connect(to, self.log.clone())
    }

    /// The same, with room for less on the way: where answers are not read, a
    /// program is stopped after some 3 MB, and not after 5 or more.
    ///
    /// # Errors
    /// A failure if nobody accepts.
    pub fn connect_narrowly(&self, to: SocketAddr) -> Result<Peer, Failure> {
        Peer::connect_narrowly(to, self.log.clone())
    }

    /// Many clients for a server that is the program, none of them there yet.
    pub fn crowd(&self, to: SocketAddr, program: &Running) -> Crowd {
        Crowd::new(to, program.pid(), self.log.clone())
    }

    /// Fails unless the program, run with a recording's arguments and input,
    /// prints what the reference printed and ends as it did.
    ///
    /// # Errors
    /// The difference; a failure of ours if there is no such snapshot.
    pub fn expect_recorded(&mut self, recording: &crate::check::Recording) -> Verdict {
        let Some(expected) = self.recordings.get(recording.name).cloned() else {
            return Err(Failure::ours(
                format!("the snapshot {}", recording.name),
                "there is none",
            ));
        };
        let run = self.run(recording.args, recording.input)?;
        let came = crate::recording::text(&run.stdout, run.code);
        if came == expected {
            return Ok(());
        }
        let what = format!("output of `{}`", recording.args.join(" "));
        Err(Failure::octets(what, expected.as_bytes(), came.as_bytes()).at(0, 0))
    }
}

/// What a program's stream has given so far.
#[derive(Default)]
struct Output {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Default)]
struct SoFar {
    octets: Vec<u8>,
    has_ended: bool,
    /// From how many octets on somebody wants to look, if anybody waits. To be
    /// woken costs more than to be told how many there are.
    wanted: Option<usize>,
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads `from` to its end or to the cap.
    fn follow(
        self: Arc<Self>,
        mut from: impl Read + Send + 'static,
        log: Option<Log>,
    ) -> JoinHandle<()> {
        thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            loop {
                let len = match from.read(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => break,
                    Ok(len) => len,
                };
                let octets = buffer.get(..len).unwrap_or_default();
                if let Some(log) = &log {
                    log.add(0, What::Received(octets.to_vec()));
                }
                let mut so_far = self.lock();
                so_far.octets.extend_from_slice(octets);
                let len = so_far.octets.len();
                if so_far.wanted.is_some_and(|wanted| wanted <= len) {
                    self.more.notify_all();
                }
                if len > OUTPUT_LEN_MAX {
                    break; // dropping `from` gives the program EPIPE
                }
            }
            if let Some(log) = &log {
                log.add(0, What::End);
            }
            self.lock().has_ended = true;
            self.more.notify_all();
        })
    }

    /// Waits until it has `len` octets and they are `enough`, it has ended, patience
    /// has, or `limit` has passed.
    fn until(
        &self,
        log: &Log,
        limit: Option<Instant>,
        len: usize,
        enough: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        let is_over = || limit.is_some_and(|limit| limit <= Instant::now());
        let is_enough = |octets: &[u8]| octets.len() >= len && enough(octets);
        let mut so_far = self.lock();
        so_far.wanted = Some(len);
        while !is_enough(&so_far.octets) && !so_far.has_ended && !is_over() && !log.is_overdue() {
            let until = limit.map_or(log.deadline(), |limit| limit.min(log.deadline()));
            let left = until.saturating_duration_since(Instant::now());
            let woken = self.more.wait_timeout(so_far, left);
            so_far = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        so_far.wanted = None;
        so_far.octets.clone()
    }
}

/// A started program.
pub struct Running {
    tree: Tree,
    args: Vec<String>,
    input: Option<ChildStdin>,
    stdout: Arc<Output>,
    stderr: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
    log: Log,
    collected: bool,
}

impl Running {
    fn new(mut tree: Tree, args: Vec<String>, log: Log) -> Self {
        let stdout = Arc::new(Output::default());
        let stderr = Arc::new(Output::default());
        let mut readers = Vec::new();
        log.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Pipes {
                pid: tree.child.id(),
                above: tree.above(),
                pipes: pipes(&tree.child),
            });
        if let Some(from) = tree.child.stdout.take() {
            readers.push(stdout.clone().follow(from, Some(log.clone())));
        }
        if let Some(from) = tree.child.stderr.take() {
            readers.push(stderr.clone().follow(from, None));
        }
        let input = tree.child.stdin.take().map(without_blocking);
        Running {
            tree,
            args,
            input,
            stdout,
            stderr,
            readers,
            log,
            collected: false,
        }
    }

    /// Writes `octets` to the program's standard input in the pieces of
    /// `delivery`: a piece goes out when the one before has been read.
    ///
    /// # Errors
    /// A failure if the program does not read it within the deadline. That it
    /// closes its input or ends is no error here: what it printed will tell.
    pub fn feed(&mut self, octets: &[u8], delivery: &Delivery) -> Verdict {
        let mut fed = 0;
        let pieces = delivery.pieces(octets);
        // Where there is an event for it, that is waited for.
        #[cfg(unix)]
        let is_told = pieces.len() > 1
            && pieces.iter().all(|piece| piece.len() <= drain::PAGE_LEN)
            && self.input.as_ref().is_some_and(drain::one_piece_at_a_time);
        for (index, piece) in pieces.into_iter().enumerate() {
            let Some(input) = &mut self.input else {
                return Ok(());
            };
            if index > 0 {
                #[cfg(unix)]
                {
                    let tree = &mut self.tree;
                    let is_read = || match drain::pipe(&*input) {
                        Some(false) => tree.child.try_wait().ok().flatten().map(|_| ()),
                        _ => Some(()),
                    };
                    let read = if is_told {
                        let room = || drain::wait_for_room(&*input);
                        self.log.until_event(is_read, room)
                    } else {
                        self.log.until(is_read)
                    };
                    if read.is_none() {
                        self.log.patience_ended();
                        let came = format!(
                            "the first {fed} were not read within {} s",
                            self.log.patience_s()
                        );
                        let expected =
                            format!("the program reads the {} octets of its input", octets.len());
                        return Err(Failure::words("standard input", expected, came));
                    }
                    self.log.renew();
                }
            }
            let sending = self.log.sending(0, piece);
            if write_within(input, piece, &self.log) {
                fed += piece.len();
            } else {
                self.log.not_sent(sending);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Closes the program's standard input.
    pub fn close_input(&mut self) {
        if self.input.take().is_some() {
            self.log.add(0, What::Finished);
        }
    }

    /// Waits for the first line of standard output, `listening on ADDR`.
    ///
    /// # Errors
    /// A failure if another line comes, or none.
    pub fn address(&mut self) -> Result<SocketAddr, Failure> {
        let expected = "\"listening on ADDRESS:PORT\\n\", the first on standard output";
        let line = self.line(1).map_err(|failure| Failure {
            what: LISTENING.to_owned(),
            words: failure.words.map(|(_, came)| (expected.to_owned(), came)),
            ..failure
        })?;
        let address = line
            .strip_prefix("listening on ")
            .and_then(|rest| rest.trim_end().parse().ok())
            .filter(|address: &SocketAddr| address.port() > 0);
        address.ok_or_else(|| Failure::words(LISTENING, expected, format!("{line:?}")))
    }

    /// Waits for line `number` of standard output, counted from 1.
    ///
    /// # Errors
    /// A failure if it does not come.
    pub fn line(&mut self, number: usize) -> Result<String, Failure> {
        let octets = self.stdout.until(&self.log, None, 1, |octets| {
            octets.iter().filter(|&&octet| octet == b'\n').count() >= number
        });
        let lines: Vec<&[u8]> = octets.split_inclusive(|&octet| octet == b'\n').collect();
        match lines.get(number - 1) {
            Some(line) if line.ends_with(b"\n") => Ok(String::from_utf8_lossy(line).into_owned()),
            _ => {
                let shown = String::from_utf8_lossy(&octets).into_owned();
                let after = if shown.is_empty() {
                    String::new()
                } else {
                    format!(" after {shown:?}")
                };
                let came = if self.has_ended() {
                    format!("nothing{after}, and the program ended")
                } else {
                    self.log.patience_ended();
                    format!("nothing{after}, within {} s", self.log.patience_s())
                };
                Err(Failure::words(
                    format!("line {number} of standard output"),
                    "a line with its LF",
                    came,
                ))
            }
        }
    }

    /// Waits until standard output holds `len` octets, and gives all of it;
    /// less if it ends or the deadline passes before.
    pub fn output(&self, len: usize) -> Vec<u8> {
        self.stdout.until(&self.log, None, len, |_| true)
    }

    /// The same, and no more than `limit` is waited for. That it has not come by
    /// then is nobody's fault: whoever asks so asks again in another way.
    pub fn output_within(&self, len: usize, limit: Duration) -> Vec<u8> {
        let limit = Some(Instant::now() + limit);
        self.stdout.until(&self.log, limit, len, |_| true)
    }

    /// What stands behind the argument `name`.
    pub fn arg(&self, name: &str) -> Option<&str> {
        let mut args = self.args.iter().skip_while(|arg| *arg != name);
        args.nth(1).map(String::as_str)
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.tree.child.try_wait(), Ok(Some(_)))
    }

    /// How many of the program's attempts to connect to `silent` ports are under
    /// way, once it has begun some and every thread of it waits: no more will
    /// begin before something happens. Or as soon as there are more than
    /// `most`.
    ///
    /// # Errors
    /// A failure if it ends before, or begins none within the deadline.
    pub fn attempts(&mut self, silent: &[SocketAddr], most: usize) -> Result<usize, Failure> {
        let what = "attempts to connect that are under way";
        let log = self.log.clone();
        let asked = log.until(|| {
            if self.has_ended() {
                return Some(None);
            }
            // While the table is read in parts, a line can move and be missed.
            let mut count = 0;
            let mut look = || {
                let looks = (0..3).map(|_| attempts::under_way(silent).len());
                count = looks.max().unwrap_or(0);
            };
            let program = self.tree.program()?;
            let waits = attempts::while_all_threads_wait(program, &mut look).is_some();
            if !waits {
                look();
            }
            (count > most || (waits && count > 0)).then_some(Some(count))
        });
        let came = match asked {
            Some(Some(count)) => return Ok(count),
            Some(None) => "none, and the program ended".to_owned(),
            None => format!("none within {} s", self.log.patience_s()),
        };
        Err(Failure::words(what, format!("{most}"), came))
    }

    /// Waits until the system has sent a SYN of the program's to `silent` for a
    /// second time: its attempt has lasted a second.
    ///
    /// # Errors
    /// A failure if it ends or gives up before.
    pub fn until_repeated(&mut self, silent: SocketAddr) -> Verdict {
        let log = self.log.clone();
        let asked = log.until(|| {
            let ended = self.has_ended();
            let repeated = attempts::under_way(&[silent])
                .iter()
                .any(|&times| times > 0);
            (ended || repeated).then_some(ended)
        });
        let came = match asked {
            Some(false) => {
                self.log.renew();
                return Ok(());
            }
            Some(true) => "the program ended before".to_owned(),
            None => format!("not within {} s", self.log.patience_s()),
        };
        Err(Failure::words(
            "the attempt to connect",
            "it lasts until the system repeats its SYN, after a second",
            came,
        ))
    }

    /// Stops the program where it stands, as Ctrl-Z does, once all its threads wait
    /// for something, and what one of them had to tell another has been heard: what
    /// is sent to it until [`Running::go_on`] finds it asleep, and is all there when
    /// it wakes.
    #[cfg(unix)]
    pub fn hold(&mut self) {
        let pid = self.pid();
        // Where /proc does not tell, it has had its moment.
        Patience::new(QUIET_WITHIN).wait(pid, || {
            let waits = attempts::while_all_threads_wait(pid, || ()).is_some();
            (waits || self.has_ended()).then_some(())
        });
        self.signal(rustix::process::Signal::STOP);
        // Where /proc does not tell, it has stopped soon enough.
        let stat = format!("/proc/{}/stat", self.pid());
        self.log.until(|| match std::fs::read_to_string(&stat) {
            Ok(stat) if tree::state(&stat).starts_with(['T', 'Z', 'X']) => Some(()),
            Ok(_) => None,
            Err(_) => Some(()),
        });
    }

    /// Lets a held program go on.
    #[cfg(unix)]
    pub fn go_on(&mut self) {
        self.signal(rustix::process::Signal::CONT);
    }

    #[cfg(unix)]
    fn signal(&mut self, signal: rustix::process::Signal) {
        // None, or an error, means that it has ended, which others notice.
        let group = self.tree.program().map(u32::cast_signed);
        if let Some(group) = group.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// The process id, for checks that look at the process from outside.
    pub fn pid(&self) -> u32 {
        self.tree.program().unwrap_or(self.tree.child.id())
    }

    /// Asks the program to end (SIGTERM), which it may do in its own way.
    pub fn terminate(&mut self) {
        self.log.add(0, What::Terminated);
        #[cfg(unix)]
        if let Some(pid) = self.tree.program().map(u32::cast_signed)
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            // It fails if it has ended.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }

    /// How many threads the program has; `None` once it has ended, or where the
    /// system does not tell.
    pub fn threads(&self) -> Option<usize> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid())).ok()?;
        Some(threads.count())
    }

    /// How many octets of memory the program has in use, without those that are a
    /// file's, such as its code; `None` once it has ended, or where the system does
    /// not tell.
    pub fn resident_len(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))?;
        let kib: u64 = kib.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    fn finish(&mut self) -> Run {
        let tree = &mut self.tree;
        let stdout = &self.stdout;
        let ended = self.log.until(|| {
            let flooded = stdout.lock().octets.len() > OUTPUT_LEN_MAX;
            (flooded || tree.child.wait_for(wait::MOMENT)).then_some(())
        });
        self.collect(ended.is_none())
    }

    /// Waits for a moment until the program waits too: what it was about to say
    /// belongs to the report. Linux tells; elsewhere it is cut off.
    fn until_quiet(&mut self) {
        let soon = Instant::now() + QUIET_WITHIN;
        wait::until(soon, || (!tree::is_running(self.pid())).then_some(()));
    }

    /// Whether the program has computed for more than a second, as Linux tells.
    fn is_busy(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()));
        let stat = stat.unwrap_or_default();
        // Fields 14 and 15: the time in user and in kernel mode, in hundredths
        // of a second.
        let times = tree::state(&stat).split_whitespace().skip(11).take(2);
        times
            .filter_map(|time| time.parse::<u64>().ok())
            .sum::<u64>()
            > 100
    }

    /// Ends what still runs, and gives what the program printed.
    fn collect(&mut self, overdue: bool) -> Run {
        self.collected = true;
        let status = self.tree.child.try_wait().ok().flatten();
        let busy = overdue && self.is_busy();
        let _rest = if overdue {
            let rest = self.log.accept_the_rest();
            self.log.patience_ended();
            rest
        } else {
            Vec::new()
        };
        self.log.forget(self.tree.child.id());
        self.input = None;
        self.tree.end();
        // The tree is gone, so its ends of the pipes are too, and what they hold
        // is read as soon as a busy machine gets to it. Where orphans cannot be
        // found, one of them may hold an end for ever.
        let soon = Instant::now() + DEADLINE;
        wait::until(soon, || {
            self.readers
                .iter()
                .all(JoinHandle::is_finished)
                .then_some(())
        });
        let stdout = std::mem::take(&mut self.stdout.lock().octets);
        let (trouble, memory) = told(&self.tree);
        let ending = match status {
            Some(_) if memory => "ended by us, for more memory than it may have".to_owned(),
            Some(status) => ending(status),
            None if stdout.len() > OUTPUT_LEN_MAX => {
                format!("ended by us, after {OUTPUT_LEN_MAX} octets of output")
            }
            None => ENDED_BY_US.to_owned(),
        };
        let run = Run {
            args: std::mem::take(&mut self.args),
            code: status.and_then(|status| status.code()),
            ending,
            overdue,
            busy,
            stdout,
            stderr: std::mem::take(&mut self.stderr.lock().octets),
        };
        self.log.add_run(run.clone(), trouble);
        run
    }
}

impl Drop for Running {
    /// A check that fails drops its programs; what they said still counts.
    fn drop(&mut self) {
        if !self.collected {
            self.until_quiet();
            self.collect(false);
        }
    }
}

/// The pipes on a child's standard streams, by inode: both ends of a pipe have
/// the same. Elsewhere than on Linux nothing asks for them.
fn pipes(child: &Head) -> Vec<(u64, &'static str)> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::{AsFd, BorrowedFd};
        let ends: [(Option<BorrowedFd<'_>>, _); 3] = [
            (child.stdin.as_ref().map(AsFd::as_fd), "standard input"),
            (child.stdout.as_ref().map(AsFd::as_fd), "standard output"),
            (child.stderr.as_ref().map(AsFd::as_fd), "standard error"),
        ];
        let inode = |end: BorrowedFd<'_>| rustix::fs::fstat(end).ok().map(|stat| stat.st_ino);
        ends.into_iter()
            .filter_map(|(end, name)| Some((end.and_then(inode)?, name)))
            .collect()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = child;
        Vec::new()
    }
}

/// Writes all of `octets`; false if the program closed its input or did not
/// take them before patience ended.
fn write_within(input: &mut ChildStdin, octets: &[u8], log: &Log) -> bool {
    let mut written = 0;
    let done = log.until(|| {
        while let Some(rest) = octets.get(written..).filter(|rest| !rest.is_empty()) {
            match input.write(rest) {
                Ok(len) => written += len,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    #[cfg(unix)]
                    drain::wait_for_room(&*input);
                    return None;
                }
                Err(_) => return Some(false),
            }
        }
        Some(true)
    });
    done.unwrap_or(false)
}

/// Makes our end of the pipe answer `WouldBlock` instead of waiting for a
/// program that does not read. The program's end is not touched.
fn without_blocking(input: ChildStdin) -> ChildStdin {
    #[cfg(unix)]
    if let Ok(flags) = rustix::fs::fcntl_getfl(&input) {
        let _ = rustix::fs::fcntl_setfl(&input, flags | rustix::fs::OFlags::NONBLOCK);
    }
    input
}

/// What the jail of a tree had to say: trouble, and whether memory was passed.
fn told(tree: &Tree) -> (Option<String>, bool) {
    #[cfg(target_os = "linux")]
    match tree.word() {
        Some(jail::Word::Trouble(what)) => return (Some(what.clone()), false),
        Some(jail::Word::Memory) => return (None, true),
        None => {}
    }
    let _ = tree;
    (None, false)
}

fn ending(status: std::process::ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("signal {signal}");
        }
    }
    match status.code() {
        Some(101) => "exit status 101 (a panic)".to_owned(),
        Some(code) => format!("exit status {code}"),
        None => "no exit status".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::pipe;

    use super::*;

    #[test]
    fn who_waits_for_octets_is_woken_when_they_are_there() {
        let output = Arc::new(Output::default());
        let (from, mut to) = pipe().expect("a pipe");
        let reader = output.clone().follow(from, None);
        let log = Log::new();
        let came = thread::scope(|scope| {
            scope.spawn(|| {
                // Not before somebody waits, who would else see them at once.
                let waits = || output.lock().wanted.map(|_| ());
                wait::until(log.deadline(), waits).expect("somebody waits");
                for octet in b"four" {
                    to.write_all(&[*octet]).expect("it is read");
                }
            });
            output.until(&log, None, 4, |_| true)
        });
        assert_eq!(came, b"four");
        assert!(!log.is_overdue(), "nobody woke who waited");
        drop(to);
        reader.join().expect("no panic");
    }
}
