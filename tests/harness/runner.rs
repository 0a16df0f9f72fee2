//! Runs checks in processes of their own, several at once.
//!
//! A check's process ends with its check. One that a fork server made, with a
//! network of its own, is asked for the next check instead, as long as nothing was
//! ever sent there and every check passed: to make it anew, with a jail for its
//! programs, takes longer than many a check does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::by_hand::by_hand;
use crate::capture::Ends;
use crate::check::{Check, Event, Evidence, Failure, LabChecks, Need, Outcome, Report, What};
#[cfg(target_os = "linux")]
use crate::fork_server::{self, ForkServer, REQUEST_LEN_MAX};
#[cfg(target_os = "linux")]
use crate::jail::{self, Jailer};
use crate::ladder::Ladder;
use crate::patience::Patience;
use crate::tree::{self, Tree};
use crate::trial::{Program, Trial};
use crate::wait::Cancel;
use crate::{capture, cargo, checks, crowd, ladder, mistakes, recording, report, wait};

/// The patience with a check's process. Each of its programs and conversations
/// has a deadline of its own, so this is for trouble of ours.
const CHECK_WITHIN: Duration = Duration::from_secs(180);

/// How long a check's process that is cancelled may take to end its programs: a
/// moment, and longer on a machine with much else to do.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// What the checks of one lab are run with.
pub struct Plan {
    /// `netlings` itself, which is every check's process.
    pub netlings: PathBuf,
    /// The program under check.
    pub program: Program,
    /// The seed of everything random.
    pub seed: u64,
    /// The root of the course.
    pub root: PathBuf,
    /// How many checks at a time; as many as this machine has room for, if it
    /// does not matter.
    pub at_once: Option<usize>,
    /// Whether each check leaves a capture of its conversation, for whoever is to
    /// read the reports on this machine.
    pub keeps_captures: bool,
    /// Ends the run early.
    pub cancel: Cancel,
    /// Makes the checks' processes; without, each starts `netlings` anew.
    #[cfg(target_os = "linux")]
    pub checker: Option<Arc<Checker>>,
}

impl Plan {
    /// Where `lab`'s captures are put, a file a check.
    fn captures(&self, lab: &LabChecks) -> Option<PathBuf> {
        self.keeps_captures
            .then(|| cargo::target_dir(&self.root).join(lab.lab))
    }
}

/// A check's outcome, with what it took.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it came to.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// Runs `checks` of `lab` and calls `each` with every result, in the checks'
/// own order, as soon as it and those before it are known. A run that is
/// cancelled ends its programs, and what it returns means nothing.
pub fn run(
    plan: &Plan,
    lab: &LabChecks,
    checks: &[&'static Check],
    mut each: impl FnMut(&'static Check, &Checked),
) -> Vec<Checked> {
    let at_once = plan.at_once.unwrap_or_else(|| {
        // Checks mostly wait for each other's processes: two for a core.
        2 * thread::available_parallelism().map_or(2, usize::from)
    });
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::channel();
    let mut known: Vec<Option<Checked>> = vec![None; checks.len()];
    let mut shown = Vec::with_capacity(checks.len());
    thread::scope(|scope| {
        for _ in 0..at_once.min(checks.len()) {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                let mut kept = None;
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(check) = checks.get(index) else {
                        break;
                    };
                    let since = Instant::now();
                    let outcome = run_one(plan, lab, check, &mut kept);
                    let _ = done.send((
                        index,
                        Checked {
                            outcome,
                            took: since.elapsed(),
                        },
                    ));
                }
            });
        }
        drop(done);
        for (index, checked) in results {
            if let Some(slot) = known.get_mut(index) {
                *slot = Some(checked);
            }
            while let Some(Some(checked)) = known.get_mut(shown.len()).map(Option::take) {
                if let Some(check) = checks.get(shown.len()) {
                    each(check, &checked);
                }
                shown.push(checked);
            }
        }
    });
    tree::end_orphans();
    shown
}

/// Why `check` cannot run here, if it cannot.
fn lacks(plan: &Plan, check: &Check) -> Option<String> {
    check.needs.iter().find_map(|need| match need {
        Need::Shortfall if plan.program.shortfall.is_none() => Some(if cfg!(target_os = "linux") {
            "the library to preload could not be built".to_owned()
        } else {
            "needs a preloaded library, which works on Linux only".to_owned()
        }),
        Need::MemoryLimit if !cfg!(target_os = "linux") => {
            Some("needs a limit on memory (`ulimit -v`), which works on Linux only".to_owned())
        }
        Need::Ipv6 if std::net::TcpListener::bind(("::1", 0)).is_err() => {
            Some("needs IPv6 on the loopback, which this system has switched off".to_owned())
        }
        Need::SilentPorts if !cfg!(target_os = "linux") => {
            Some("needs ports that answer nothing, which the harness can make on Linux only".to_owned())
        }
        Need::ProcFiles if !cfg!(target_os = "linux") => {
            Some("needs the files under /proc, which Linux alone has".to_owned())
        }
        #[cfg(target_os = "linux")]
        Need::OwnNetwork if let Some(jail) = &plan.program.jail => (jail.level != jail::Level::L3)
            .then(|| "needs a network of its own, which a jail of level L2 has not".to_owned()),
        #[cfg(target_os = "linux")]
        Need::ProcFiles if plan.program.jail.is_some() => Some(
            "needs the processes of others to see, which a jail hides".to_owned(),
        ),
        Need::OwnNetwork if !has_own_networks() => Some(
            "needs a network of its own, by `unshare -Urn` and `ip`, which this system lacks or refuses".to_owned(),
        ),
        Need::Descriptors(count) if crowd::descriptors_max() < *count => Some(format!(
            "needs {count} descriptors, and a process may have {} here (`ulimit -Hn`)",
            crowd::descriptors_max()
        )),
        _ => None,
    })
}

/// Whether a program can be given a network of its own.
fn has_own_networks() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-Urn", "ip", "link", "set", "lo", "up"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    cfg!(target_os = "linux") && command.status().is_ok_and(|status| status.success())
}

fn run_one(
    plan: &Plan,
    lab: &LabChecks,
    check: &Check,
    kept: &mut Option<CheckProcess>,
) -> Outcome {
    if plan.cancel.is_cancelled() {
        let reason = "the run was cancelled".to_owned();
        return Outcome::Skip { reason };
    }
    if let Some(reason) = lacks(plan, check) {
        return Outcome::Skip { reason };
    }
    match ask(plan, lab, check, kept) {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Error {
            reason: format!("the check's own process: {error}"),
        },
    }
}

/// What a check's process is asked for.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    /// The lab.
    pub lab: String,
    /// The check's name.
    pub name: String,
    /// The seed of the run.
    pub seed: u64,
    /// The folder of the recordings.
    pub snapshots: PathBuf,
    /// The folder for the lab's captures, if they are kept.
    pub captures: Option<PathBuf>,
    /// The program under check.
    pub program: Program,
}

/// Who makes the processes of checks, without starting `netlings` anew: a fork
/// server.
#[cfg(target_os = "linux")]
pub struct Checker(ForkServer);

#[cfg(target_os = "linux")]
impl Checker {
    /// Must be called before any thread starts.
    ///
    /// # Errors
    /// No process, no descriptor.
    pub fn new() -> io::Result<Checker> {
        ForkServer::start(check_what_is_asked).map(Checker)
    }
}

/// The life of a check's process that a fork server made: over the lifeline it is
/// asked for one check after another, for as long as it is as good as new.
#[cfg(target_os = "linux")]
fn check_what_is_asked(first: &[u8], lifeline: OwnedFd) -> ! {
    let answered = || -> io::Result<()> {
        let asked = serde_json::from_slice(first)?;
        let room = Room::enter(&asked);
        let mut next = Some(asked);
        let mut buffer = vec![0; REQUEST_LEN_MAX];
        while let Some(asked) = next.take() {
            let (answer, _) = answer(&room, &asked);
            answer.print()?;
            if answer.is_as_new {
                let len = fork_server::receive(&lifeline, &mut buffer)?.0;
                let asked = buffer.get(..len).filter(|asked| !asked.is_empty());
                next = asked.map(serde_json::from_slice).transpose()?;
            }
        }
        Ok(())
    };
    let status = match answered() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("what is to be checked: {error}");
            1
        }
    };
    std::process::exit(status)
}

/// Starts a check's process.
fn start(plan: &Plan, asked: &Asked) -> io::Result<Tree> {
    #[cfg(target_os = "linux")]
    if let Some(checker) = &plan.checker {
        return Tree::fork(&checker.0, &serde_json::to_vec(asked)?, 0);
    }
    let mut command = Command::new(&plan.netlings);
    command
        .args(["one-check", &asked.lab, &asked.name, "--seed"])
        .arg(format!("{:x}", asked.seed));
    command.arg("--snapshots").arg(&asked.snapshots);
    if let Some(captures) = &asked.captures {
        command.arg("--captures").arg(captures);
    }
    if let Some(library) = &asked.program.shortfall {
        command.arg("--shortfall").arg(library);
    }
    #[cfg(target_os = "linux")]
    if let Some(jail) = &asked.program.jail {
        command.arg("--jail").arg(serde_json::to_string(jail)?);
    }
    command.arg("--").args(&asked.program.command);
    // Standard input is the lifeline: held here, at its end when we are gone.
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Tree::start(&mut command)
}

/// Asks a check's process: the one that is kept, or a new one. Keeps it, if it can
/// be asked again.
fn ask(
    plan: &Plan,
    lab: &LabChecks,
    check: &Check,
    kept: &mut Option<CheckProcess>,
) -> io::Result<Outcome> {
    let asked = Asked {
        lab: lab.lab.to_owned(),
        name: check.name.to_owned(),
        seed: plan.seed,
        snapshots: plan.root.join("tests").join("snapshots"),
        captures: plan.captures(lab),
        program: plan.program.clone(),
    };
    let fits = |process: &CheckProcess| !raises_limits(check) && process.ask(&asked).is_ok();
    let process = match kept.take().filter(fits) {
        Some(process) => process,
        None => CheckProcess::start(plan, &asked)?,
    };
    let answer = match process.answer(&plan.cancel) {
        Ok(answer) => answer,
        Err(error) => {
            let said = process.end();
            return Err(io::Error::other(format!("{error}: {said}")));
        }
    };
    if answer.is_as_new {
        *kept = Some(process);
    }
    let mut outcome = answer.outcome;
    // A path that can be read aloud, from where the course lies.
    if let Outcome::Fail(report) = &mut outcome
        && let Some((path, _)) = &mut report.capture
        && let Ok(short) = path.strip_prefix(&plan.root)
    {
        *path = short.to_owned();
    }
    Ok(outcome)
}

/// Whether a check needs more of its process than others do, who would have it too.
fn raises_limits(check: &Check) -> bool {
    let mut needs = check.needs.iter();
    needs.any(|need| matches!(need, Need::Descriptors(_)))
}

/// A check's process, as whoever asks it has it.
struct CheckProcess {
    tree: Tree,
    /// What it prints, line by line.
    answers: mpsc::Receiver<String>,
    stderr: Option<thread::JoinHandle<Vec<u8>>>,
}

impl CheckProcess {
    /// A new one, which is `asked` that first.
    fn start(plan: &Plan, asked: &Asked) -> io::Result<CheckProcess> {
        let mut tree = start(plan, asked)?;
        let (line, answers) = mpsc::channel();
        if let Some(stdout) = tree.child.stdout.take() {
            thread::spawn(move || {
                let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
                lines.try_for_each(|said| line.send(said))
            });
        }
        let stderr = tree.child.stderr.take().map(read_all);
        Ok(CheckProcess {
            tree,
            answers,
            stderr,
        })
    }

    /// Asks one that is as good as new for another check.
    #[cfg(target_os = "linux")]
    fn ask(&self, asked: &Asked) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let lifeline = self.tree.lifeline().ok_or_else(gone)?;
        fork_server::send(lifeline, &serde_json::to_vec(asked)?, &[])
    }

    #[cfg(not(target_os = "linux"))]
    fn ask(&self, _: &Asked) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Waits for its answer.
    fn answer(&self, cancel: &Cancel) -> io::Result<Answer> {
        let line = Patience::new(CHECK_WITHIN).wait(self.tree.child.id(), || {
            if cancel.is_cancelled() {
                return Some(Err("it was cancelled"));
            }
            match self.answers.recv_timeout(wait::MOMENT) {
                Ok(line) => Some(Ok(line)),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => Some(Err("it gave no outcome")),
            }
        });
        match line {
            Some(Ok(line)) => Ok(serde_json::from_str(&line)?),
            Some(Err(what)) => Err(io::Error::other(what)),
            None => Err(io::Error::other(format!(
                "it did not end within {} s",
                CHECK_WITHIN.as_secs()
            ))),
        }
    }

    /// Ends one that gave no answer. Gives what it said on standard error.
    fn end(mut self) -> String {
        // At the lifeline's end the check's process ends its programs, which
        // nobody else can find, and then itself.
        drop(self.tree.child.stdin.take());
        let soon = Instant::now() + GONE_WITHIN;
        wait::until(soon, || self.tree.child.try_wait().ok().flatten());
        self.tree.end();
        let said = self.stderr.and_then(|reader| reader.join().ok());
        let said = said.unwrap_or_default();
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

/// What a check's process answers, a line a check.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    /// What the check came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether it waits to be asked for another check.
    is_as_new: bool,
}

impl Answer {
    /// Prints it for whoever asked.
    ///
    /// # Errors
    /// Nobody reads it.
    pub fn print(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        serde_json::to_writer(&mut stdout, self)?;
        stdout.write_all(b"\n")?;
        stdout.flush()
    }
}

/// Reads all that comes, beside whatever else is done.
pub(crate) fn read_all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut octets = Vec::new();
        let _ = from.read_to_end(&mut octets);
        octets
    })
}

/// All that happened in a check, and between which ends.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Happened {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The connections and exchanges, by number.
    pub connections: BTreeMap<usize, Ends>,
}

/// The body of a check's own process that is started for one check: gives the
/// answer, and what happened. The caller prints it and exits.
pub fn one_check(asked: &Asked) -> (Answer, Happened) {
    answer(&Room::enter(asked), asked)
}

fn answer(room: &Result<Room, String>, asked: &Asked) -> (Answer, Happened) {
    let found = checks::find(&asked.lab).and_then(|lab| Some((lab, find(lab, &asked.name)?)));
    let reason = match (room, found) {
        (Ok(room), Some((lab, check))) => return room.check(lab, check, asked),
        (Ok(_), None) => format!("there is no check {}::{}", asked.lab, asked.name),
        (Err(reason), _) => reason.clone(),
    };
    let answer = Answer {
        outcome: Outcome::Error { reason },
        is_as_new: false,
    };
    (answer, Happened::default())
}

fn find(lab: &'static LabChecks, name: &str) -> Option<&'static Check> {
    lab.checks.iter().find(|check| check.name == name)
}

/// Where checks are run: what a check's process makes once, for all that it is
/// asked for.
struct Room {
    #[cfg(target_os = "linux")]
    jailer: Option<Arc<Jailer>>,
    /// Whether it has a network of its own.
    has_network: bool,
    /// The lab's snapshots.
    recordings: BTreeMap<String, String>,
}

impl Room {
    /// Makes this process one for checks of that kind. Must be called before any
    /// thread starts.
    fn enter(asked: &Asked) -> Result<Room, String> {
        #[cfg(target_os = "linux")]
        let jail = asked.program.jail.as_ref();
        #[cfg(target_os = "linux")]
        let has_network = jail.is_some_and(|jail| jail.level == jail::Level::L3);
        #[cfg(not(target_os = "linux"))]
        let has_network = false;
        #[cfg(target_os = "linux")]
        if has_network {
            jail::own_network().map_err(|what| format!("a network of the check's own: {what}"))?;
        }
        #[cfg(target_os = "linux")]
        if jail.is_some() {
            // What is made for a program must be there for another user to read.
            rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        }
        tree::adopt_orphans();
        let check = checks::find(&asked.lab).and_then(|lab| find(lab, &asked.name));
        if check.is_some_and(raises_limits) {
            crowd::raise_descriptors();
        }
        // The programs have what this process has now.
        #[cfg(target_os = "linux")]
        let jailer = jail
            .map(|_| Jailer::new())
            .transpose()
            .map_err(|error| format!("who makes the program's jails: {error}"))?
            .map(Arc::new);
        tree::hang_on_lifeline();
        let recordings = recording::load(&asked.snapshots, &asked.lab)
            .map_err(|error| format!("the snapshots: {error}"))?;
        Ok(Room {
            #[cfg(target_os = "linux")]
            jailer,
            has_network,
            recordings,
        })
    }

    fn check(&self, lab: &LabChecks, check: &Check, asked: &Asked) -> (Answer, Happened) {
        let seed = seed_of(asked.seed, check.name);
        let mut trial = Trial::new(asked.program.clone(), seed, self.recordings.clone());
        #[cfg(target_os = "linux")]
        trial.take_jailer(self.jailer.clone());
        let captures = asked.captures.as_deref();
        let verdict = panic::catch_unwind(AssertUnwindSafe(|| (check.run)(&mut trial)));
        let outcome = match verdict {
            Ok(Ok(())) => {
                keep_capture(captures, check, &trial, None);
                Outcome::Pass
            }
            Ok(Err(failure)) => failed(lab, check, &trial, &failure, captures),
            Err(_) => Outcome::Error {
                reason: "the check itself panicked; its message stands above".to_owned(),
            },
        };
        // Out of a jail nothing comes home.
        if !trial.is_jailed() {
            tree::end_orphans();
        }
        let happened = Happened {
            events: trial.take_events(),
            connections: trial.connections(),
        };
        let is_as_new =
            matches!(outcome, Outcome::Pass) && !raises_limits(check) && self.is_as_new();
        (Answer { outcome, is_as_new }, happened)
    }

    /// Whether nothing was ever sent in the network of this process: then it is one
    /// that the next check may have, which finds every port free, and no connection
    /// that is waited for once more.
    fn is_as_new(&self) -> bool {
        // Each line is an interface, and after its name come the octets received.
        let devices = fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
        let mut received = devices
            .lines()
            .filter_map(|line| line.split_once(':')?.1.split_whitespace().next());
        self.has_network && devices.contains("lo:") && received.all(|octets| octets == "0")
    }
}

/// A seed for this check from the seed of the run (FNV-1a over the name).
fn seed_of(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

fn failed(
    lab: &LabChecks,
    check: &Check,
    trial: &Trial,
    failure: &Failure,
    captures: Option<&Path>,
) -> Outcome {
    if failure.ours {
        return Outcome::Error {
            reason: failure.what.clone(),
        };
    }
    if let Some(what) = trial.trouble() {
        let reason = format!("the program's jail: {what}");
        return Outcome::Error { reason };
    }
    if let Some((step, task)) = trial.stub() {
        return Outcome::Todo { step, task };
    }
    let events = trial.events();
    let last = trial.last();
    let evidence = Evidence {
        check: check.name,
        failure,
        events: &events,
        last: last.as_ref(),
    };
    let mistake = lab
        .mistakes
        .iter()
        .chain(mistakes::GENERAL)
        .find(|mistake| (mistake.seen)(&evidence));
    let rfc = mistake
        .map(|mistake| mistake.rfc)
        .filter(|rfc| !rfc.is_empty())
        .unwrap_or(check.rfc);
    let (expected, came, difference) = report::compare(failure);
    let connections = trial.connections();
    Outcome::Fail(Box::new(Report {
        what: failure.what.clone(),
        expected,
        came,
        difference,
        standstill: trial.standstill(),
        mistake: mistake.map(|mistake| mistake.name.to_owned()),
        why: mistake.map(|mistake| mistake.why.to_owned()),
        rfc: rfc.to_owned(),
        by_hand: by_hand(&events, |stream| connections.get(&stream).copied()),
        capture: keep_capture(captures, check, trial, Some(failure)),
        ladder: Ladder::new(&events, Some(failure)),
        stderr: report::stderr_tail(last.as_ref()),
        waited: last.as_ref().is_some_and(|run| run.overdue)
            || events.iter().any(|event| event.what == What::Silent),
    }))
}

/// Writes the check's capture, if they are kept, and gives its path and the guilty packet's
/// number. A check without a connection has none, and one that cannot be written
/// is no reason to keep a verdict back.
fn keep_capture(
    folder: Option<&Path>,
    check: &Check,
    trial: &Trial,
    failure: Option<&Failure>,
) -> Option<(PathBuf, Option<usize>)> {
    let folder = folder?;
    let events = trial.events();
    let guilty = failure.and_then(|failure| ladder::guilty(&events, failure));
    let comment = failure.map(|failure| {
        let (expected, came, _) = report::compare(failure);
        format!("Expected: {expected}. Came: {came}.")
    });
    let made = capture::capture(
        &events,
        &trial.connections(),
        guilty,
        &comment.unwrap_or_default(),
    );
    let made = made.ok().flatten()?;
    let path = folder.join(format!("{}.pcapng", check.name));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, &made.octets))
        .ok()?;
    Some((path, made.guilty))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_network_in_which_something_was_sent_is_not_as_new() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: a thread among others gets a network of its own as root alone");
            return;
        }
        let of_its_own = thread::spawn(|| {
            jail::own_network().expect("root may have one");
            let room = |has_network| Room {
                jailer: None,
                has_network,
                recordings: BTreeMap::new(),
            };
            assert!(!room(false).is_as_new(), "that of the machine");
            let room = room(true);
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            assert!(room.is_as_new(), "nothing was sent");
            let to = socket.local_addr().expect("an address");
            socket.send_to(b"x", to).expect("it can be sent");
            drop(socket);
            assert!(!room.is_as_new(), "something was sent");
        });
        of_its_own.join().expect("no panic");
    }
}
