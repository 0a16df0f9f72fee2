//! `netlings live`: the checker behind the book's pages. The book's server
//! starts it, and may start it again.
//!
//! It writes what the pages show to standard output, a JSON document a line,
//! and reads from standard input what they ask for. What it shows it reads from
//! where every netlings keeps it, so the verdict of a watch or a `check` in a
//! terminal is seen as its own is. While a watch is there, the watch checks the
//! saves, and this does what a button asks for.

mod page;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

use netlings::cargo;
use netlings::checks;
use netlings::course::Trouble;
use netlings::progress::{self, Progress, State};
use notify::{RecursiveMode, Watcher};
use serde::{Deserialize, Serialize};

use crate::Place;
use crate::outline::Outline;
use crate::results::Last;
use crate::watch::session::{
    At, Content, Effect, Entered, Event, QUIET_FOR, Session, Verdict, Work,
};
use crate::watch::shell::Input;
use crate::watch::worker::Worker;
use crate::watch::{self, files, turn};
use page::{Doing, Telling};

/// What comes through the channel.
enum Heard {
    /// From the labs' files or the worker.
    Input(Input),
    /// Some netlings, or this one, has kept something.
    Kept,
    /// A line of standard input.
    Line(String),
    /// The server is gone.
    End,
    /// No watch is there any more.
    Alone,
}

/// What a page may ask for.
#[derive(Deserialize)]
struct Asked {
    /// A step to check: `hello/2`.
    check: String,
}

/// A document for the pages.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Document<'a> {
    /// How far the learner is.
    Course(&'a page::Course),
    /// A lab, step by step.
    Lab(&'a page::Lab),
}

/// Runs until the end of standard input.
pub fn run(place: Place) -> Result<crate::Verdict, Trouble> {
    let place = Arc::new(place);
    let root = place.course.root.clone();
    let (progress, _) = Progress::load(&root);
    let outline = Outline::new(&place, &progress)?;
    let at = watch::start(&place, &progress, None)?;
    // A page says by itself what it shows first.
    let (session, _) = Session::new(outline, at.clone(), fastrand::Rng::new());
    let (tell, inbox) = mpsc::channel();
    let _watchers = (
        hear(&[files::labs(&root)], &tell, || {
            Heard::Input(Input::Event(Event::Touched))
        })?,
        hear(&kept(&place)?, &tell, || Heard::Kept)?,
    );
    listen(&tell);
    let told = tell.clone();
    let worker = Worker::start(Arc::clone(&place), move |input| {
        drop(told.send(Heard::Input(input)));
    });
    let mut live = Live {
        place: &place,
        session,
        worker,
        tell,
        follows: false,
        kept_at: None,
        goes_on: true,
        hashes: BTreeMap::new(),
        said: BTreeMap::new(),
    };
    live.hashes = live.fingerprints();
    live.look_around();
    if live.follows {
        live.perform(vec![Effect::Read(at)]);
    } else {
        live.perform(vec![Effect::Enter(at)]);
    }
    live.run(&inbox)
}

/// The folders where every netlings keeps what it finds out.
fn kept(place: &Place) -> Result<Vec<(PathBuf, RecursiveMode)>, Trouble> {
    let root = &place.course.root;
    let target = cargo::target_dir(root);
    let labs = place.course.labs().into_iter();
    let folders = labs
        .map(|lab| target.join(lab.lab))
        .chain([root.join(".netlings")]);
    let made = folders.map(|folder| match fs::create_dir_all(&folder) {
        Ok(()) => Ok((folder, RecursiveMode::NonRecursive)),
        Err(why) => Err(Trouble::Ours(format!("{}: {why}", folder.display()))),
    });
    made.collect()
}

/// Feeds the channel with what happens in `folders`, until it is dropped.
fn hear(
    folders: &[(PathBuf, RecursiveMode)],
    tell: &Sender<Heard>,
    heard: fn() -> Heard,
) -> Result<Box<dyn Watcher>, Trouble> {
    let tell = tell.clone();
    let touched = move || drop(tell.send(heard()));
    match files::watch(folders, false, touched) {
        Ok((watcher, _)) => Ok(watcher),
        Err(why) => Err(Trouble::Ours(format!("files cannot be watched: {why}"))),
    }
}

/// Feeds the channel with what the server writes.
fn listen(tell: &Sender<Heard>) {
    let tell = tell.clone();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(Heard::Line(line)).is_err() {
                return;
            }
        }
        let _ = tell.send(Heard::End);
    });
}

struct Live<'a> {
    place: &'a Arc<Place>,
    session: Session,
    worker: Worker,
    tell: Sender<Heard>,
    /// Whether a watch checks the saves.
    follows: bool,
    /// When to look at what some netlings has kept.
    kept_at: Option<Instant>,
    /// Whether a step that passes leads to the next.
    goes_on: bool,
    /// The fingerprints of the labs, as they were looked at last.
    hashes: BTreeMap<&'static str, String>,
    /// What was written of the course and of each lab.
    said: BTreeMap<String, String>,
}

impl Live<'_> {
    fn run(&mut self, inbox: &Receiver<Heard>) -> Result<crate::Verdict, Trouble> {
        self.say()?;
        loop {
            let due = self.session.poll_timeout().into_iter().chain(self.kept_at);
            let first = match due.min() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let first = match first {
                Ok(heard) => Some(heard),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(crate::Verdict::Pass),
            };
            let mut news = false;
            for heard in first.into_iter().chain(inbox.try_iter().take(256)) {
                match heard {
                    Heard::End => return Ok(crate::Verdict::Pass),
                    Heard::Line(line) => {
                        self.asked(&line);
                        news = true;
                    }
                    // A run keeps a capture a check.
                    Heard::Kept => {
                        self.kept_at.get_or_insert(Instant::now() + QUIET_FOR);
                    }
                    Heard::Alone => {
                        self.look_around();
                        self.goes_on = true;
                        self.return_to_here();
                        news = true;
                    }
                    Heard::Input(Input::Broken(why)) => return Err(Trouble::Ours(why)),
                    Heard::Input(Input::Event(event)) => {
                        // A touch is looked into when the files are quiet.
                        news |= !matches!(event, Event::Touched | Event::Checked(..));
                        self.take(event);
                    }
                    // Keys and signals are a terminal's.
                    Heard::Input(_) => {}
                }
            }
            let effects = self.session.handle_timeout(Instant::now());
            news |= !effects.is_empty();
            self.perform(effects);
            if self.kept_at.is_some_and(|at| at <= Instant::now()) {
                self.kept_at = None;
                self.look_around();
                news = true;
            }
            if news {
                self.say()?;
            }
        }
    }

    /// Takes in what the files or the worker have to tell.
    fn take(&mut self, event: Event) {
        let ended = matches!(event, Event::Ended(..));
        let looked = self.session.work == Work::Looking;
        let effects = self.session.handle(event, Instant::now());
        self.perform(effects);
        if !ended || self.session.work != Work::Idle {
            return;
        }
        // The page shows all steps at once: those that passed before are
        // checked again, whatever became of this one.
        let built = |verdict: &Verdict| verdict.unbuilt.is_none();
        if !looked && self.session.verdict.as_ref().is_some_and(built) {
            let effects = self.session.look_again();
            self.perform(effects);
        }
        if self.session.work == Work::Idle {
            self.go_on();
        }
    }

    /// A page asks for a check.
    fn asked(&mut self, line: &str) {
        let Ok(asked) = serde_json::from_str::<Asked>(line) else {
            return;
        };
        let selection = self.place.course.select(&asked.check, &self.place.here);
        if let Ok(selection) = selection
            && let Some(step) = selection.step
        {
            let lab = selection.lab.lab.to_owned();
            self.goes_on = !self.follows;
            self.perform(vec![Effect::Enter(At { lab, step })]);
        }
    }

    /// Whether a watch is there now.
    fn look_around(&mut self) {
        let root = &self.place.course.root;
        let follows = turn::is_taken(root);
        if follows && !self.follows {
            let (tell, root) = (self.tell.clone(), root.clone());
            thread::spawn(move || {
                turn::wait(&root);
                let _ = tell.send(Heard::Alone);
            });
        }
        self.follows = follows;
    }

    /// Where the learner is now: the watch or a command may have moved on.
    fn return_to_here(&mut self) {
        let (progress, _) = Progress::load(&self.place.course.root);
        if let Ok(at) = watch::start(self.place, &progress, None) {
            self.perform(vec![Effect::Enter(at)]);
        }
    }

    /// A step that passes leads to the first after it that does not.
    fn go_on(&mut self) {
        if !self.goes_on || self.follows || !self.session.passes() {
            return;
        }
        let at = self.session.at.clone();
        let states = self.session.outline.lab(&at.lab);
        let states = states.map_or(&[][..], |lab| &lab.steps);
        let next = (1..)
            .zip(states)
            .skip(usize::from(at.step))
            .find(|(_, step)| step.state != State::Passed);
        if let Some((step, _)) = next {
            self.perform(vec![Effect::Enter(At { step, ..at })]);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let event = match effect {
                Effect::Enter(at) => Some(self.enter(at)),
                Effect::Read(at) => self.saved(&at),
                Effect::Run(job) => {
                    self.worker.run(job);
                    None
                }
                // The rest answers keys.
                _ => None,
            };
            if let Some(event) = event {
                effects.extend(self.session.handle(event, Instant::now()));
            }
        }
    }

    fn enter(&self, at: At) -> Event {
        let root = &self.place.course.root;
        let known = self.session.at == at;
        let (progress, _) = if !self.follows && !known {
            Progress::update(root, |progress| progress.here = Some(at.to_string()))
        } else {
            Progress::load(root)
        };
        let content = self.content(&at.lab);
        let steps = self.session.outline.lab(&at.lab);
        let steps = (1..).zip(steps.map_or(&[][..], |lab| &lab.steps));
        let states = steps.map(|(step, _)| progress.state(&at.lab, step, &content.hash));
        Event::Entered(Box::new(Entered {
            states: states.collect(),
            at,
            content,
            ..Entered::default()
        }))
    }

    fn content(&self, lab: &str) -> Content {
        let hash = checks::find(lab).and_then(|checks| {
            let lab = self.place.course.lab(checks.lab).ok()?;
            Some(progress::fingerprint(&self.place.course.root, &lab, checks))
        });
        Content {
            lab: lab.to_owned(),
            hash: hash.unwrap_or_default(),
            begin: None,
        }
    }

    fn fingerprints(&self) -> BTreeMap<&'static str, String> {
        let labs = self.place.course.labs().into_iter();
        labs.map(|checks| (checks.lab, self.content(checks.lab).hash))
            .collect()
    }

    /// The files are quiet: what was saved is checked, in whichever lab it is.
    fn saved(&mut self, at: &At) -> Option<Event> {
        self.look_around();
        let now = self.fingerprints();
        let before = std::mem::replace(&mut self.hashes, now);
        if self.follows {
            // Nothing is known here of what the watch checks.
            self.session.content = self.content(&at.lab);
            return None;
        }
        let changed = |lab: &&'static str| self.hashes.get(lab) != before.get(lab);
        let other = self.hashes.keys().copied().find(changed);
        if other.is_some() {
            self.goes_on = true;
        }
        let here = self.hashes.get(at.lab.as_str()) != before.get(at.lab.as_str());
        if let (Some(lab), false) = (other, here) {
            let step = watch::first_open(&self.session.outline, lab).unwrap_or(1);
            let lab = lab.to_owned();
            return Some(self.enter(At { lab, step }));
        }
        Some(Event::Content(self.content(&at.lab)))
    }

    /// Writes what is new.
    fn say(&mut self) -> Result<(), Trouble> {
        let root = &self.place.course.root;
        let (progress, _) = Progress::load(root);
        let here = progress.here.clone();
        let here = here.unwrap_or_else(|| self.session.at.to_string());
        let mut labs = Vec::new();
        for checks in self.place.course.labs() {
            let Ok(lab) = self.place.course.lab(checks.lab) else {
                continue; // `list` says what is wrong with it
            };
            let telling = Telling {
                checks,
                hash: progress::fingerprint(root, &lab, checks),
                last: Last::load(root, checks.lab),
                progress: &progress,
                doing: self.doing(checks.lab, &here),
                here: &here,
                lab,
            };
            labs.push(telling.lab());
        }
        let course = page::Course::new(&progress, &here, &labs);
        self.write("", &Document::Course(&course))?;
        for lab in &labs {
            self.write(&lab.lab, &Document::Lab(lab))?;
        }
        Ok(())
    }

    /// What is being done in a lab.
    fn doing(&self, lab: &str, here: &str) -> Option<(u8, Doing)> {
        if self.session.at.lab == lab && self.session.work != Work::Idle {
            let doing = match self.session.work {
                Work::Building => Doing::Building,
                _ => Doing::Checking,
            };
            return Some((self.session.at.step, doing));
        }
        let (here, step) = here.split_once('/').filter(|_| self.follows)?;
        (here == lab).then_some((step.parse().ok()?, Doing::InTheTerminal))
    }

    fn write(&mut self, name: &str, document: &Document<'_>) -> Result<(), Trouble> {
        let text = serde_json::to_string(document)
            .map_err(|why| Trouble::Ours(format!("a document cannot be written: {why}")))?;
        if self.said.get(name) != Some(&text) {
            let mut out = io::stdout().lock();
            writeln!(out, "{text}")
                .and_then(|()| out.flush())
                .map_err(|why| Trouble::Ours(format!("the book's server is gone: {why}")))?;
            self.said.insert(name.to_owned(), text);
        }
        Ok(())
    }
}
