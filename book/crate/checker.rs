//! The checker behind the pages, a process of its own: `netlings live`. It
//! tells how the learner stands, a document a line; when it dies it is started
//! again.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

/// How long after its death it is started again, at first; each death that
/// follows soon doubles it.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The longest that it gets.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(15);

/// A checker that lived this long dies for the first time.
const LIVED: Duration = Duration::from_secs(30);

/// How long it may take to end by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// How many requests may wait for it.
const WAITING_MAX: usize = 8;

/// What is known from it.
#[derive(Clone, Default)]
pub struct Known {
    /// Whether it lives.
    pub lives: bool,
    /// How far the learner is, as JSON.
    pub course: Arc<str>,
    /// The labs, by their names.
    pub labs: BTreeMap<String, Lab>,
}

/// A lab.
#[derive(Clone, Default)]
pub struct Lab {
    /// As JSON, for its page.
    pub document: Arc<str>,
    /// Its steps: what the page offers to check.
    steps: Vec<u64>,
    /// The captures that the page links to, and where they lie from the root.
    captures: HashMap<String, PathBuf>,
}

impl Known {
    /// Whether some page offers to check `step`: `hello/2`.
    pub fn offers(&self, step: &str) -> bool {
        let Some((lab, number)) = step.split_once('/') else {
            return false;
        };
        let number = number.parse::<u64>();
        self.labs
            .get(lab)
            .is_some_and(|lab| number.is_ok_and(|number| lab.steps.contains(&number)))
    }

    /// Where a capture lies that some page links to: `hello/NAME.pcapng`.
    pub fn capture(&self, name: &str) -> Option<&Path> {
        let (lab, name) = name.split_once('/')?;
        let path = self.labs.get(lab)?.captures.get(name)?;
        Some(path)
    }

    fn take(&mut self, line: &str) {
        let Ok(mut document) = serde_json::from_str::<Value>(line) else {
            return;
        };
        if let Some(course) = document.get("course") {
            self.course = course.to_string().into();
        }
        let Some(lab) = document.get_mut("lab").and_then(Value::as_object_mut) else {
            return;
        };
        let captures = lab.remove("captures").unwrap_or_default();
        let captures = captures.as_object().into_iter().flatten();
        let steps = lab.get("steps").and_then(Value::as_array);
        let steps = steps.into_iter().flatten();
        if let Some(name) = lab.get("lab").and_then(Value::as_str) {
            let known = Lab {
                steps: steps
                    .filter_map(|step| step.get("step")?.as_u64())
                    .collect(),
                captures: captures
                    .filter_map(|(name, path)| Some((name.clone(), path.as_str()?.into())))
                    .collect(),
                document: Value::Object(lab.clone()).to_string().into(),
            };
            self.labs.insert(name.to_owned(), known);
        }
    }
}

/// What the thread around the process hears.
enum Heard {
    /// A line for it.
    Ask(String),
    /// It is dead.
    Dead,
    /// It is to end.
    End,
}

/// The checker, or rather the thread that keeps it alive.
pub struct Checker {
    tell: SyncSender<Heard>,
    thread: Option<JoinHandle<()>>,
}

impl Checker {
    /// Starts `program` in the course at `root`; what it says goes to `known`.
    pub fn start(program: PathBuf, root: PathBuf, known: watch::Sender<Known>) -> Checker {
        let (tell, heard) = sync_channel(WAITING_MAX);
        let dead = tell.clone();
        let thread = thread::spawn(move || keep(&program, &root, &known, &dead, &heard));
        Checker {
            tell,
            thread: Some(thread),
        }
    }

    /// Asks for a check of `step`; false if too many wait.
    pub fn ask(&self, step: &str) -> bool {
        let line = serde_json::json!({ "check": step }).to_string();
        match self.tell.try_send(Heard::Ask(line)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

impl Drop for Checker {
    /// Waits until it has ended, and with it what it runs.
    fn drop(&mut self) {
        let _ = self.tell.send(Heard::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(
    program: &Path,
    root: &Path,
    known: &watch::Sender<Known>,
    dead: &SyncSender<Heard>,
    heard: &Receiver<Heard>,
) {
    let mut pause = AGAIN_AFTER;
    loop {
        let began = Instant::now();
        match spawn(program, root, known, dead) {
            Ok(mut child) => {
                let goes_on = serve(&mut child, heard);
                end(&mut child, (!goes_on).then_some(heard));
                if !goes_on {
                    return;
                }
            }
            Err(why) => eprintln!("error: {}: {why}", program.display()),
        }
        known.send_modify(|known| known.lives = false);
        if began.elapsed() > LIVED {
            pause = AGAIN_AFTER;
        }
        let again = Instant::now() + pause;
        pause = (pause * 2).min(AGAIN_AFTER_MAX);
        loop {
            match heard.recv_timeout(again.saturating_duration_since(Instant::now())) {
                Ok(Heard::Ask(_) | Heard::Dead) => {}
                Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
    }
}

fn spawn(
    program: &Path,
    root: &Path,
    known: &watch::Sender<Known>,
    dead: &SyncSender<Heard>,
) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command
        .arg("live")
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    // Ctrl-C is for us: at the end of its input the checker ends in order.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    if let Some(out) = child.stdout.take() {
        let (known, dead) = (known.clone(), dead.clone());
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                known.send_modify(|known| {
                    known.lives = true;
                    known.take(&line);
                });
            }
            let _ = dead.send(Heard::Dead);
        });
    }
    Ok(child)
}

/// Hands on what is asked for; false when the checker is to end.
fn serve(child: &mut Child, heard: &Receiver<Heard>) -> bool {
    while let Ok(heard) = heard.recv() {
        match heard {
            Heard::Ask(line) => {
                // One that died says so by the end of its output.
                if let Some(stdin) = &mut child.stdin {
                    let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
                }
            }
            Heard::Dead => return true,
            Heard::End => return false,
        }
    }
    false
}

/// Ends it: at the end of its input it ends what it runs, and itself, which is
/// `heard` of; one that is dead already needs no waiting for.
fn end(child: &mut Child, heard: Option<&Receiver<Heard>>) {
    drop(child.stdin.take());
    let late = Instant::now() + ENDS_WITHIN;
    if let Some(heard) = heard {
        let left = || late.saturating_duration_since(Instant::now());
        while matches!(heard.recv_timeout(left()), Ok(Heard::Ask(_) | Heard::End)) {}
    }
    let _ = child.kill();
    let _ = child.wait();
}
