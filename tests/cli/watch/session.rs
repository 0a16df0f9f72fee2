//! The watch without its terminal: what has happened goes in, what is to be
//! done comes out, and what is to be seen is read off. No clock, no file, no
//! process in here; the time is handed in.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use netlings::chapter::StepText;
use netlings::check::{Check, Outcome, Report};
use netlings::progress::State;
use netlings::runner::Checked;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::screen;
use crate::check::{Unbuilt, Which, is_good};
use crate::outline::{Outline, Step};

/// How long the files must be quiet before they are read: an editor empties,
/// writes and renames in steps that follow each other at once. What comes later,
/// such as a formatter, ends the run that has begun.
pub const QUIET_FOR: Duration = Duration::from_millis(15);

/// How long an old verdict stays while the new one is made: a run that is
/// quicker is seen as one change.
const OLD_STAYS_FOR: Duration = Duration::from_millis(400);

/// A place in the course.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The lab's name.
    pub lab: String,
    /// The step, from 1.
    pub step: u8,
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.lab, self.step)
    }
}

/// What happened.
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The window has this many columns and rows.
    Resized(u16, u16),
    /// What an [`Effect::Enter`] asked for.
    Entered(Box<Entered>),
    /// Something changed among the labs' files.
    Touched,
    /// What an [`Effect::Read`] asked for.
    Content(Content),
    /// The program of this run is built.
    Built(u64),
    /// A check of this run is done.
    Checked(u64, &'static Check, Checked),
    /// This run is over.
    Ended(u64, Box<Ended>),
    /// Something to be said in a sentence.
    Notice(String),
}

/// What there is to know where the learner is now.
#[derive(Clone, Default)]
pub struct Entered {
    /// Where.
    pub at: At,
    /// The step's hints, and what it teaches.
    pub text: StepText,
    /// How many hints were shown before.
    pub hints_seen: usize,
    /// What the files hold.
    pub content: Content,
    /// How the lab's steps stand.
    pub states: Vec<State>,
}

/// What a lab's files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The lab.
    pub lab: String,
    /// The fingerprint.
    pub hash: String,
    /// The function to write next, by its line and its name.
    pub begin: Option<(usize, String)>,
}

/// What a run came to.
pub struct Ended {
    /// Why there is no program.
    pub unbuilt: Option<Unbuilt>,
    /// Every check's outcome.
    pub results: Vec<(&'static Check, Checked)>,
    /// The fingerprint after the build: another than before says that the
    /// verdict belongs to neither.
    pub hash: String,
    /// How the lab's steps stand now.
    pub states: Vec<State>,
}

/// A run that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub run: u64,
    /// The lab.
    pub lab: String,
    /// The steps.
    pub which: Which,
    /// The fingerprint of what is judged.
    pub hash: String,
    /// The seed of everything random.
    pub seed: u64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell what there is to know of this place, as [`Event::Entered`], and
    /// keep that the learner is there.
    Enter(At),
    /// Read the files of this step's lab, as [`Event::Content`].
    Read(At),
    /// End what runs, and run this.
    Run(Job),
    /// Keep that this many hints were shown.
    Hinted(At, usize),
    /// Open the book at this step.
    Book(At),
    /// Open the step's file in an editor.
    Edit(At, usize),
    /// Give the terminal back to the shell until it calls again.
    Suspend,
    /// End.
    Quit,
    /// End as by Ctrl-C.
    Interrupt,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing: a save is waited for.
    Idle,
    /// The program is built.
    Building,
    /// It is checked.
    Checking,
    /// Steps that passed before are checked again.
    Looking,
}

/// A verdict, whole or in the making.
pub struct Verdict {
    /// What was judged.
    pub job: Job,
    /// Why nothing could be run.
    pub unbuilt: Option<Unbuilt>,
    /// What is known, in the checks' order.
    pub results: Vec<(&'static Check, Checked)>,
    /// What the build took.
    pub built: Option<Duration>,
    /// What the checks took.
    pub checked: Duration,
}

impl Verdict {
    fn of(job: Job) -> Verdict {
        Verdict {
            job,
            unbuilt: None,
            results: Vec::new(),
            built: None,
            checked: Duration::ZERO,
        }
    }

    /// The first failure, with its report.
    pub fn failure(&self) -> Option<(&'static Check, &Report)> {
        self.results
            .iter()
            .find_map(|(check, checked)| match &checked.outcome {
                Outcome::Fail(report) => Some((*check, &**report)),
                _ => None,
            })
    }
}

/// What the middle of the window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The verdict.
    Step,
    /// The hints.
    Hints,
    /// The course.
    List,
    /// The keys.
    Keys,
}

/// The list's own state.
#[derive(Default)]
pub struct List {
    /// The line that is chosen, among those that can be.
    pub chosen: usize,
    /// The labs whose steps are shown.
    pub open: BTreeSet<String>,
    /// Whether only labs are shown that have something to do.
    pub todo: bool,
    /// What is searched for.
    pub search: String,
    /// Whether letters go into the search.
    pub typing: bool,
}

/// A line of the list that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A lab.
    Lab(String),
    /// A step of one.
    Step(At),
}

/// The watch.
pub struct Session {
    /// The course.
    pub outline: Outline,
    /// Where the learner is.
    pub at: At,
    /// What the chapter has for the step.
    pub text: StepText,
    /// How many hints were shown.
    pub hints_seen: usize,
    /// What the files hold.
    pub content: Content,
    /// What is shown as the verdict; it may be of an older content.
    pub verdict: Option<Verdict>,
    /// What is being done.
    pub work: Work,
    /// How often the step was saved since it was entered.
    pub saves: u32,
    /// What there is to say in a sentence.
    pub notice: Option<String>,
    /// What the middle shows.
    pub page: Page,
    /// Whether the diagram is whole, and every error shown.
    pub whole: bool,
    /// The first line of the middle that is shown.
    pub scroll: usize,
    /// The list's state.
    pub list: List,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Whether only signs of ASCII can be shown.
    pub ascii: bool,
    /// Whether the solutions are here, to compare with.
    pub solutions: bool,
    /// The verdict in the making, while the old one is still shown.
    next: Option<Verdict>,
    /// The run whose events count.
    run: u64,
    /// When the files will have been quiet for long enough.
    quiet_at: Option<Instant>,
    /// When the verdict in the making is shown, done or not.
    show_at: Option<Instant>,
    /// When the run began, or its program was built.
    since: Option<Instant>,
    random: fastrand::Rng,
}

impl Session {
    /// A watch of `outline` that has not begun; the first effect is to enter.
    pub fn new(outline: Outline, at: At, random: fastrand::Rng) -> (Session, Vec<Effect>) {
        let session = Session {
            outline,
            at: at.clone(),
            text: StepText::default(),
            hints_seen: 0,
            content: Content::default(),
            verdict: None,
            work: Work::Idle,
            saves: 0,
            notice: None,
            page: Page::Step,
            whole: false,
            scroll: 0,
            list: List::default(),
            size: (80, 24),
            ascii: false,
            solutions: false,
            next: None,
            run: 0,
            quiet_at: None,
            show_at: None,
            since: None,
            random,
        };
        (session, vec![Effect::Enter(at)])
    }

    /// Takes in what happened, and gives what is to be done.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        match event {
            Event::Key(key) => return self.key(key, now),
            Event::Resized(columns, rows) => {
                self.size = (columns, rows);
                self.scroll_by(0);
            }
            Event::Entered(entered) => return self.entered(*entered, now),
            Event::Touched => self.quiet_at = Some(now + QUIET_FOR),
            Event::Content(content) if content.lab == self.at.lab => {
                let changed = content.hash != self.content.hash;
                self.content = content;
                if changed {
                    self.saves += 1;
                    return self.start(Which::Steps(vec![self.at.step]), now);
                }
            }
            Event::Built(run) if run == self.run => {
                if let Some(next) = &mut self.next {
                    next.built = self.since.map(|since| now - since);
                    self.since = Some(now);
                    self.work = Work::Checking;
                    self.show_at = Some(now + OLD_STAYS_FOR);
                    if self.verdict.is_none() {
                        self.verdict = self.next.take();
                    }
                }
            }
            Event::Checked(run, check, checked) if run == self.run => {
                if let Some(next) = &mut self.next {
                    next.results.push((check, checked));
                } else if let Some(verdict) = &mut self.verdict
                    && verdict.job.run == run
                {
                    verdict.results.push((check, checked));
                }
            }
            Event::Ended(run, ended) if run == self.run => return self.ended(*ended, now),
            Event::Notice(text) => self.notice = Some(text),
            // Of another lab, or of a run that is out of date.
            Event::Content(_) | Event::Built(_) | Event::Checked(..) | Event::Ended(..) => {}
        }
        Vec::new()
    }

    /// When [`Session::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.quiet_at.into_iter().chain(self.show_at).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Effect> {
        if self.show_at.is_some_and(|at| at <= now) {
            self.show_at = None;
            if let Some(next) = self.next.take() {
                self.verdict = Some(next);
                self.scroll = 0;
            }
        }
        if self.quiet_at.is_some_and(|at| at <= now) {
            self.quiet_at = None;
            return vec![Effect::Read(self.at.clone())];
        }
        Vec::new()
    }

    /// Whether the verdict that is shown is of what the files hold.
    pub fn is_current(&self) -> bool {
        let of = |verdict: &Verdict| verdict.job.hash == self.content.hash;
        self.quiet_at.is_none()
            && !matches!(self.work, Work::Building)
            && self.next.is_none()
            && self.verdict.as_ref().is_some_and(of)
    }

    /// Whether the step's verdict is current and every check of it is good.
    pub fn passes(&self) -> bool {
        let own = self.step().map_or(&[][..], |step| &step.checks);
        self.is_current()
            && self.work != Work::Checking
            && self.verdict.as_ref().is_some_and(|verdict| {
                verdict.unbuilt.is_none()
                    && own.iter().all(|check| {
                        let known = verdict
                            .results
                            .iter()
                            .find(|(done, _)| done.name == check.name);
                        known.is_some_and(|(_, checked)| is_good(&checked.outcome))
                    })
            })
    }

    /// The step where the learner is.
    pub fn step(&self) -> Option<&Step> {
        self.outline.step(&self.at.lab, self.at.step)
    }

    /// The step after this one, or before it.
    pub fn beside(&self, forward: bool) -> Option<At> {
        let mut steps = self.outline.steps();
        let here = steps.position(|(lab, step, _)| lab == self.at.lab && step == self.at.step)?;
        let there = if forward {
            here + 1
        } else {
            here.checked_sub(1)?
        };
        let (lab, step, _) = self.outline.steps().nth(there)?;
        Some(At {
            lab: lab.to_owned(),
            step,
        })
    }

    fn entered(&mut self, entered: Entered, now: Instant) -> Vec<Effect> {
        let moved = self.at != entered.at || self.verdict.is_none();
        self.outline.set_states(&entered.at.lab, &entered.states);
        self.at = entered.at;
        self.text = entered.text;
        self.hints_seen = entered.hints_seen;
        self.content = entered.content;
        self.page = Page::Step;
        self.scroll = 0;
        self.whole = false;
        self.quiet_at = None;
        if moved {
            self.saves = 0;
            self.verdict = None;
        }
        self.start(Which::Steps(vec![self.at.step]), now)
    }

    /// Starts a run; one that is under way ends.
    fn start(&mut self, which: Which, now: Instant) -> Vec<Effect> {
        self.run += 1;
        let last = self.verdict.as_ref().filter(|verdict| {
            verdict.job.lab == self.at.lab
                && verdict.job.which == which
                && verdict.failure().is_some()
        });
        // While it fails it fails on the same octets, so that a change of the
        // program is the only one.
        let seed = last
            .map(|verdict| verdict.job.seed)
            .unwrap_or_else(|| u64::from(self.random.u16(..)));
        let job = Job {
            run: self.run,
            lab: self.at.lab.clone(),
            which,
            hash: self.content.hash.clone(),
            seed,
        };
        self.notice = None;
        self.work = Work::Building;
        self.next = Some(Verdict::of(job.clone()));
        self.since = Some(now);
        self.show_at = None;
        vec![Effect::Run(job)]
    }

    fn ended(&mut self, ended: Ended, now: Instant) -> Vec<Effect> {
        let lab = self.at.lab.clone();
        let before = self.states();
        self.outline.set_states(&lab, &ended.states);
        self.show_at = None;
        if self.work == Work::Looking {
            self.work = Work::Idle;
            let after = self.states();
            let fallen = (1_u8..).zip(before.iter().zip(&after));
            let fallen: Vec<String> = fallen
                .filter(|(_, (before, after))| {
                    matches!(before, State::Passed | State::Again)
                        && matches!(after, State::Failed | State::Open)
                })
                .map(|(number, _)| number.to_string())
                .collect();
            if !fallen.is_empty() {
                self.notice = Some(format!(
                    "passed before and does not now: step {}  (c checks the whole lab)",
                    fallen.join(", ")
                ));
            }
            return Vec::new();
        }
        self.work = Work::Idle;
        let mut verdict = match self.next.take().or_else(|| self.verdict.take()) {
            Some(verdict) => verdict,
            None => return Vec::new(),
        };
        verdict.unbuilt = ended.unbuilt;
        verdict.results = ended.results;
        verdict.checked = self
            .since
            .take()
            .map_or(Duration::ZERO, |since| now - since);
        if verdict.unbuilt.is_some() {
            verdict.built = Some(verdict.checked);
            verdict.checked = Duration::ZERO;
        }
        let mixed = ended.hash != verdict.job.hash;
        let which = verdict.job.which.clone();
        self.verdict = Some(verdict);
        self.page = match self.page {
            // Who reads the hints or the list goes on reading.
            page @ (Page::Hints | Page::List | Page::Keys) => page,
            Page::Step => {
                self.scroll = 0;
                Page::Step
            }
        };
        if mixed {
            // The files changed while they were built.
            self.content.hash.clone_from(&ended.hash);
            return self.start(which, now);
        }
        if self.passes() {
            return self.look_again();
        }
        Vec::new()
    }

    /// Checks the steps again that passed before this content.
    pub fn look_again(&mut self) -> Vec<Effect> {
        let states = self.states();
        let again = (1..).zip(&states);
        let again: Vec<u8> = again
            .filter(|(_, state)| **state == State::Again)
            .map(|(number, _)| number)
            .collect();
        if again.is_empty() {
            return Vec::new();
        }
        self.run += 1;
        self.work = Work::Looking;
        vec![Effect::Run(Job {
            run: self.run,
            lab: self.at.lab.clone(),
            which: Which::Steps(again),
            hash: self.content.hash.clone(),
            seed: u64::from(self.random.u16(..)),
        })]
    }

    fn states(&self) -> Vec<State> {
        let lab = self.outline.lab(&self.at.lab);
        lab.map_or(Vec::new(), |lab| {
            lab.steps.iter().map(|step| step.state).collect()
        })
    }

    fn key(&mut self, key: KeyEvent, now: Instant) -> Vec<Effect> {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => vec![Effect::Interrupt],
                KeyCode::Char('z') => vec![Effect::Suspend],
                _ => Vec::new(),
            };
        }
        if self.page == Page::List {
            return self.list_key(key.code);
        }
        let page = screen::page_len(self).saturating_sub(1).max(1);
        let page = isize::try_from(page).unwrap_or(isize::MAX);
        match key.code {
            KeyCode::Char('q') => return vec![Effect::Quit],
            KeyCode::Down | KeyCode::Char('j') => self.scroll_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll_by(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll_by(page),
            KeyCode::PageUp => self.scroll_by(-page),
            KeyCode::Home => self.scroll = 0,
            KeyCode::End => self.scroll_by(isize::MAX),
            KeyCode::Esc | KeyCode::Char('r') => self.show(Page::Step),
            KeyCode::Char('?') => self.show(if self.page == Page::Keys {
                Page::Step
            } else {
                Page::Keys
            }),
            KeyCode::Char('h') => return self.hint(),
            KeyCode::Char('d') => {
                self.whole = !self.whole;
                self.show(Page::Step);
            }
            KeyCode::Char('n') => return self.go(true),
            KeyCode::Char('p') => return self.go(false),
            KeyCode::Char('b') => {
                self.notice = Some("opening the book; the first time takes a minute".to_owned());
                return vec![Effect::Book(self.at.clone())];
            }
            KeyCode::Char('e') => {
                return vec![Effect::Edit(
                    self.at.clone(),
                    self.content.begin.as_ref().map_or(1, |(line, _)| *line),
                )];
            }
            KeyCode::Char('c') => {
                self.show(Page::Step);
                return self.start(Which::All, now);
            }
            KeyCode::Enter => {
                self.show(Page::Step);
                return self.start(Which::Steps(vec![self.at.step]), now);
            }
            KeyCode::Char('l') => self.open_list(),
            _ => {}
        }
        Vec::new()
    }

    fn show(&mut self, page: Page) {
        self.page = page;
        self.scroll = 0;
        self.notice = None;
    }

    fn scroll_by(&mut self, lines: isize) {
        let most = screen::scroll_max(self);
        self.scroll = self.scroll.min(most).saturating_add_signed(lines).min(most);
    }

    fn hint(&mut self) -> Vec<Effect> {
        let all = self.text.hints.len();
        let more = self.page == Page::Hints || self.hints_seen == 0;
        self.show(Page::Hints);
        if all == 0 {
            self.notice = Some(format!("the chapter has no hints for {}", self.at));
            return Vec::new();
        }
        if !more || self.hints_seen >= all {
            // Those seen before come first; another press shows one more.
            self.scroll = screen::hint_line(self, self.hints_seen);
            self.scroll_by(0);
            return Vec::new();
        }
        self.hints_seen += 1;
        self.scroll = screen::hint_line(self, self.hints_seen);
        self.scroll_by(0);
        vec![Effect::Hinted(self.at.clone(), self.hints_seen)]
    }

    fn go(&mut self, forward: bool) -> Vec<Effect> {
        match self.beside(forward) {
            Some(at) => vec![Effect::Enter(at)],
            None => {
                let end = if forward { "last" } else { "first" };
                self.notice = Some(format!("this is the course's {end} step"));
                Vec::new()
            }
        }
    }

    fn open_list(&mut self) {
        self.show(Page::List);
        self.list = List {
            open: [self.at.lab.clone()].into(),
            ..List::default()
        };
        let here = Choice::Step(self.at.clone());
        let choices = self.choices();
        self.list.chosen = choices
            .iter()
            .position(|choice| *choice == here)
            .unwrap_or(0);
    }

    /// The lines of the list that can be chosen.
    pub fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        let search = self.list.search.to_lowercase();
        for (name, lab) in self.outline.labs() {
            let found = |text: &str| text.to_lowercase().contains(&search);
            let whole = found(name) || found(&lab.title);
            let todo = !self.list.todo || lab.done() < lab.steps.len();
            let any = whole || lab.steps.iter().any(|step| found(&step.title));
            if !todo || !any {
                continue;
            }
            choices.push(Choice::Lab(name.to_owned()));
            let searching = !search.is_empty() && !whole;
            if self.list.open.contains(name) || searching {
                for (number, step) in (1..).zip(&lab.steps) {
                    let done = self.list.todo && step.state == State::Passed;
                    if !done && (!searching || found(&step.title)) {
                        choices.push(Choice::Step(At {
                            lab: name.to_owned(),
                            step: number,
                        }));
                    }
                }
            }
        }
        choices
    }

    fn list_key(&mut self, key: KeyCode) -> Vec<Effect> {
        if self.list.typing {
            match key {
                KeyCode::Esc => {
                    self.list.search.clear();
                    self.list.typing = false;
                }
                KeyCode::Enter => self.list.typing = false,
                KeyCode::Backspace => drop(self.list.search.pop()),
                KeyCode::Char(letter) => self.list.search.push(letter),
                _ => {}
            }
            self.list.chosen = 0;
            return Vec::new();
        }
        let choices = self.choices();
        let last = choices.len().saturating_sub(1);
        let page = screen::page_len(self).max(1);
        let chosen = choices.get(self.list.chosen).cloned();
        match key {
            KeyCode::Char('q') => return vec![Effect::Quit],
            KeyCode::Esc if !self.list.search.is_empty() => {
                self.list.search.clear();
                self.list.chosen = 0;
            }
            KeyCode::Esc | KeyCode::Char('l') => self.show(Page::Step),
            KeyCode::Char('?') => self.show(Page::Keys),
            KeyCode::Down | KeyCode::Char('j') => {
                self.list.chosen = (self.list.chosen + 1).min(last);
            }
            KeyCode::Up | KeyCode::Char('k') => {
                self.list.chosen = self.list.chosen.saturating_sub(1);
            }
            KeyCode::PageDown => self.list.chosen = (self.list.chosen + page).min(last),
            KeyCode::PageUp => self.list.chosen = self.list.chosen.saturating_sub(page),
            KeyCode::Home => self.list.chosen = 0,
            KeyCode::End => self.list.chosen = last,
            KeyCode::Char('f') => {
                self.list.todo = !self.list.todo;
                self.list.chosen = 0;
            }
            KeyCode::Char('/') => self.list.typing = true,
            KeyCode::Right => {
                if let Some(Choice::Lab(lab)) = chosen {
                    self.list.open.insert(lab);
                }
            }
            KeyCode::Left => {
                if let Some(Choice::Lab(lab) | Choice::Step(At { lab, .. })) = chosen {
                    self.list.open.remove(&lab);
                    let at = self
                        .choices()
                        .iter()
                        .position(|choice| *choice == Choice::Lab(lab.clone()));
                    self.list.chosen = at.unwrap_or(0);
                }
            }
            KeyCode::Enter | KeyCode::Char('b') => {
                let Some(chosen) = chosen else {
                    return Vec::new();
                };
                let at = self.first_to_do(chosen);
                if key == KeyCode::Enter {
                    return vec![Effect::Enter(at)];
                }
                self.notice = Some("opening the book; the first time takes a minute".to_owned());
                return vec![Effect::Book(at)];
            }
            _ => {}
        }
        Vec::new()
    }

    /// The step itself, or the first of a lab that is not done.
    fn first_to_do(&self, choice: Choice) -> At {
        match choice {
            Choice::Step(at) => at,
            Choice::Lab(lab) => {
                let steps = self.outline.lab(&lab).map_or(&[][..], |lab| &lab.steps);
                let open = (1..)
                    .zip(steps)
                    .find(|(_, step)| step.state != State::Passed);
                At {
                    step: open.map_or(1, |(number, _)| number),
                    lab,
                }
            }
        }
    }
}
