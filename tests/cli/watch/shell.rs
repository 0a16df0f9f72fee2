//! The watch's dealings with the world: one loop around one channel. Keys,
//! files, signals and runs each have a thread that feeds it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

use netlings::chapter;
use netlings::checks;
use netlings::course::{Trouble, read};
use netlings::progress::{self, Progress};
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::plain::Plain;
use super::session::{At, Content, Effect, Entered, Event, Session, Work};
use super::terminal::Window;
use super::worker::Worker;
use super::{Args, files, turn};
use crate::check::words;
use crate::outline::Outline;
use crate::{Place, Verdict};

/// What comes through the channel.
pub enum Input {
    /// For the session.
    Event(Event),
    /// A key; the thread that read it waits until it is dealt with, so that
    /// an editor that is started has the keys for itself.
    Key(KeyEvent),
    /// No key will come any more.
    NoKeys,
    /// A signal.
    Signal(i32),
    /// Something of ours is broken; nothing can go on.
    Broken(String),
}

/// Where the watch is seen.
enum Face {
    /// In a window of its own.
    Window(Window),
    /// Line by line.
    Lines(Plain),
}

/// How the watch ends.
enum End {
    Quit,
    Signal(i32),
    Broken(String),
}

/// Watches from `at` on, in a window or line by line.
/// What there is to say at once is `said`.
pub fn watch(
    place: Place,
    at: At,
    args: &Args,
    window: bool,
    said: Option<String>,
) -> Result<Verdict, Trouble> {
    let place = Arc::new(place);
    let root = place.course.root.clone();
    let _turn = turn::take(&root);
    let (progress, _) = Progress::load(&root);
    let outline = Outline::new(&place, &progress)?;
    let (mut session, first) = Session::new(outline, at, fastrand::Rng::new());
    session.solutions = root.join("solutions").is_dir();
    session.ascii = netlings::report::Look::of_stdout().ascii;
    let (tell, inbox) = mpsc::channel();
    let touched = {
        let tell = tell.clone();
        move || drop(tell.send(Input::Event(Event::Touched)))
    };
    let (_watcher, also) = files::watch(&[files::labs(&root)], args.poll, touched)
        .map_err(|why| Trouble::Ours(format!("labs cannot be watched: {why}")))?;
    for sentence in said.into_iter().chain(also) {
        let _ = tell.send(Input::Event(Event::Notice(sentence)));
    }
    signals(&tell, window)
        .map_err(|why| Trouble::Ours(format!("signals cannot be heard: {why}")))?;
    let face = if window {
        let window = Window::take(!args.no_link)
            .map_err(|why| Trouble::Ours(format!("the terminal cannot be used: {why}")))?;
        session.size = window.size();
        Face::Window(window)
    } else {
        Face::Lines(Plain::default())
    };
    let (done, next_key) = mpsc::sync_channel(0);
    keys(&tell, window, next_key);
    let told = tell.clone();
    let worker = Worker::start(Arc::clone(&place), move |input| drop(told.send(input)));
    let mut shell = Shell {
        place: &place,
        session,
        face,
        worker,
        tell,
        no_keys: false,
        books: Vec::new(),
    };
    let end = shell.run(&inbox, &done, first, args.panic);
    if let Face::Window(window) = &mut shell.face {
        window.give_back();
    }
    let passes = shell.session.passes();
    drop(shell); // which waits until nothing runs any more
    match end {
        End::Quit => {
            println!("Saved. To go on: cargo run");
            Ok(if window || passes {
                Verdict::Pass
            } else {
                Verdict::Fail
            })
        }
        End::Broken(why) => Err(Trouble::Ours(why)),
        End::Signal(signal) => {
            println!("Saved. To go on: cargo run");
            let _ = io::stdout().flush();
            end_by(signal)
        }
    }
}

struct Shell<'a> {
    place: &'a Arc<Place>,
    session: Session,
    face: Face,
    worker: Worker,
    tell: Sender<Input>,
    no_keys: bool,
    /// What the servers of the book hang on.
    books: Vec<ChildStdin>,
}

impl Shell<'_> {
    fn run(
        &mut self,
        inbox: &Receiver<Input>,
        done: &mpsc::SyncSender<()>,
        first: Vec<Effect>,
        panic: bool,
    ) -> End {
        if let Some(end) = self.perform(first) {
            return end;
        }
        loop {
            if let Err(error) = self.show() {
                return End::Broken(format!("nothing can be shown: {error}"));
            }
            let idle = self.session.work == Work::Idle && self.session.poll_timeout().is_none();
            if self.no_keys && idle && self.session.verdict.is_some() {
                return End::Quit; // nobody is there, and all is said
            }
            let input = match self.session.poll_timeout() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let mut inputs: Vec<Input> = match input {
                Ok(input) => vec![input],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => {
                    return End::Broken("every thread of the watch has ended".to_owned());
                }
            };
            // Whatever else is there is shown in the same picture.
            inputs.extend(inbox.try_iter().take(256));
            for input in inputs {
                let key = matches!(input, Input::Key(_));
                assert!(!(key && panic), "asked for by --panic");
                let end = self.take(input);
                if key {
                    let _ = done.send(());
                }
                if let Some(end) = end {
                    return end;
                }
            }
            let effects = self.session.handle_timeout(Instant::now());
            if let Some(end) = self.perform(effects) {
                return end;
            }
        }
    }

    fn take(&mut self, input: Input) -> Option<End> {
        let event = match input {
            Input::Event(event) => event,
            Input::Key(key) => Event::Key(key),
            Input::NoKeys => {
                self.no_keys = true;
                // A window without keys is one that was closed.
                return matches!(self.face, Face::Window(_)).then_some(End::Quit);
            }
            Input::Broken(why) => return Some(End::Broken(why)),
            #[cfg(unix)]
            Input::Signal(signal_hook::consts::SIGTSTP) => return self.suspend(),
            #[cfg(unix)]
            Input::Signal(signal_hook::consts::SIGCONT) => return self.take_again(),
            Input::Signal(signal) => return Some(End::Signal(signal)),
        };
        let effects = self.session.handle(event, Instant::now());
        self.perform(effects)
    }

    fn show(&mut self) -> io::Result<()> {
        match &mut self.face {
            Face::Window(window) => window.draw(&self.session, &self.place.course.root),
            Face::Lines(plain) => {
                let mut out = io::stdout().lock();
                for line in plain.news(&self.session) {
                    writeln!(out, "{line}")?;
                }
                out.flush()
            }
        }
    }

    /// Does what the session asks for, and what follows from it.
    fn perform(&mut self, effects: Vec<Effect>) -> Option<End> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let event = match effect {
                Effect::Enter(at) => Some(self.enter(at)),
                Effect::Read(at) => self.content(&at).map(Event::Content),
                Effect::Run(job) => {
                    self.worker.run(job);
                    None
                }
                Effect::Hinted(at, count) => self.keep(|progress| {
                    let lab = progress.labs.entry(at.lab.clone()).or_default();
                    let seen = lab.hints.entry(at.step).or_default();
                    *seen = (*seen).max(count);
                }),
                Effect::Book(at) => {
                    self.open_book(&at);
                    None
                }
                Effect::Edit(at, line) => match self.edit(&at, line) {
                    Ok(event) => event,
                    Err(end) => return Some(end),
                },
                Effect::Suspend => {
                    if let Some(end) = self.suspend() {
                        return Some(end);
                    }
                    None
                }
                Effect::Quit => return Some(End::Quit),
                Effect::Interrupt => return Some(End::Signal(interrupt())),
            };
            if let Some(event) = event {
                effects.extend(self.session.handle(event, Instant::now()));
            }
        }
        None
    }

    /// Changes the progress file; a sentence if that cannot be done.
    fn keep(&self, change: impl FnOnce(&mut Progress)) -> Option<Event> {
        let (_, trouble) = Progress::update(&self.place.course.root, change);
        trouble.map(Event::Notice)
    }

    fn enter(&self, at: At) -> Event {
        let root = &self.place.course.root;
        let (progress, trouble) = Progress::update(root, |progress| {
            progress.here = Some(at.to_string());
        });
        if let Some(trouble) = trouble {
            let _ = self.tell.send(Input::Event(Event::Notice(trouble)));
        }
        let page = root.join("book/src").join(format!("{}.md", at.lab));
        let text = match read(&page) {
            Ok(page) => chapter::step_text(&page, at.step),
            Err(why) => {
                let _ = self.tell.send(Input::Event(Event::Notice(why.to_string())));
                chapter::StepText::default()
            }
        };
        let content = self.content(&at).unwrap_or_default();
        let steps = self.session.outline.lab(&at.lab);
        let steps = steps.map_or(&[][..], |lab| &lab.steps);
        let states = (1..).zip(steps);
        let states = states.map(|(step, _)| progress.state(&at.lab, step, &content.hash));
        let hints = progress.labs.get(&at.lab).map(|lab| &lab.hints);
        Event::Entered(Box::new(Entered {
            text,
            hints_seen: hints
                .and_then(|hints| hints.get(&at.step).copied())
                .unwrap_or(0),
            states: states.collect(),
            content,
            at,
        }))
    }

    fn content(&self, at: &At) -> Option<Content> {
        let checks = checks::find(&at.lab)?;
        let course = &self.place.course;
        let lab = match course.lab(checks.lab) {
            Ok(lab) => lab,
            Err(why) => {
                let _ = self.tell.send(Input::Event(Event::Notice(why.to_string())));
                return None;
            }
        };
        let begin = super::begin(&course.root, &lab, at.step);
        Some(Content {
            hash: progress::fingerprint(&course.root, &lab, checks),
            begin,
            lab: at.lab.clone(),
        })
    }

    /// Opens the book, served by a process of its own. It hangs on a pipe of
    /// ours: when we are gone it ends, once its pages are closed.
    fn open_book(&mut self, at: &At) {
        let root = self.place.course.root.clone();
        let log = netlings::cargo::target_dir(&root).join("book.log");
        let started = fs::File::create(&log).and_then(|err| {
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(["book", "--linger", &at.to_string()])
                .current_dir(root)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(err);
            // A signal of the terminal is for us.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
            command.spawn()
        });
        let mut book = match started {
            Ok(book) => book,
            Err(why) => {
                let said = Event::Notice(format!("the book did not open: {why}"));
                return drop(self.tell.send(Input::Event(said)));
            }
        };
        // The last one hangs on while a new one finds it and ends.
        self.books.extend(book.stdin.take());
        let tell = self.tell.clone();
        thread::spawn(move || {
            let out = book.stdout.take().into_iter();
            let mut lines =
                out.flat_map(|out| io::BufReader::new(out).lines().map_while(Result::ok));
            let address = lines.find_map(|line| Some(line.strip_prefix("book: ")?.to_owned()));
            let said = match address {
                Some(address) => format!("the book is open in your browser: {address}"),
                None => {
                    let said = fs::read_to_string(&log).unwrap_or_default();
                    let last = said.lines().rfind(|line| !line.trim().is_empty());
                    format!(
                        "the book did not open: {}",
                        netlings::report::harmless(last.unwrap_or("it does not say why"))
                    )
                }
            };
            let _ = tell.send(Input::Event(Event::Notice(said)));
            lines.for_each(drop);
            let _ = book.wait();
        });
    }

    /// Gives the terminal to an editor until it ends.
    fn edit(&mut self, at: &At, line: usize) -> Result<Option<Event>, End> {
        let file = self.session.outline.step(&at.lab, at.step);
        let file = file.and_then(|step| step.files.first()).cloned();
        let Some(file) = file else { return Ok(None) };
        let command = match editor(&self.place.course.root.join(file), line) {
            Ok(command) => command,
            Err(why) => return Ok(Some(Event::Notice(why))),
        };
        if let Face::Window(window) = &mut self.face {
            window.give_back();
        }
        let (program, args) = command.split_first().ok_or(End::Quit)?;
        let status = Command::new(program).args(args).status();
        if let Some(end) = self.take_again() {
            return Err(end);
        }
        let name = program.to_string_lossy();
        Ok(match status {
            Ok(status) if status.success() => None,
            Ok(_) => Some(Event::Notice(format!("{name} ended with a failure"))),
            Err(why) => Some(Event::Notice(format!("{name} cannot be started: {why}"))),
        })
    }

    /// Stops, as every program does at Ctrl-Z, until the shell goes on with us.
    fn suspend(&mut self) -> Option<End> {
        #[cfg(unix)]
        {
            if let Face::Window(window) = &mut self.face {
                window.give_back();
            }
            let stopped =
                signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
            if let Err(why) = stopped {
                return Some(End::Broken(format!("the watch cannot be stopped: {why}")));
            }
        }
        self.take_again()
    }

    fn take_again(&mut self) -> Option<End> {
        let Face::Window(window) = &mut self.face else {
            return None;
        };
        if let Err(why) = window.take_again() {
            return Some(End::Broken(format!("the terminal cannot be used: {why}")));
        }
        let (columns, rows) = window.size();
        self.take(Input::Event(Event::Resized(columns, rows)))
    }
}

/// The command that opens `file` at `line` in the learner's editor.
fn editor(file: &Path, line: usize) -> Result<Vec<OsString>, String> {
    let chosen = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let in_code = std::env::var("TERM_PROGRAM").is_ok_and(|name| name == "vscode");
    let chosen = match chosen {
        Some(chosen) => chosen,
        None if in_code => "code".to_owned(),
        None => {
            return Err(
                "which editor? Set EDITOR, or open the file yourself; a save is seen".to_owned(),
            );
        }
    };
    let mut command = words(&chosen).map_err(|why| why.to_string())?;
    let name = command.first().map(Path::new).and_then(Path::file_stem);
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    let mut at_line = file.as_os_str().to_owned();
    at_line.push(format!(":{line}"));
    match name.as_str() {
        "code" | "code-insiders" | "codium" | "cursor" => {
            command.extend(["-g".into(), at_line]);
        }
        "hx" | "helix" | "zed" | "subl" => command.push(at_line),
        "vi" | "vim" | "nvim" | "nano" | "emacs" | "emacsclient" | "kak" | "micro" | "joe"
        | "mg" | "ne" | "gedit" | "kate" => {
            command.extend([format!("+{line}").into(), file.into()]);
        }
        _ => command.push(file.into()),
    }
    Ok(command)
}

/// Feeds the channel with keys: of a terminal as they are pressed, else the
/// first letter of each line.
fn keys(tell: &Sender<Input>, window: bool, next: Receiver<()>) {
    let tell = tell.clone();
    thread::spawn(move || {
        let send = |key| tell.send(Input::Key(key)).is_ok() && next.recv().is_ok();
        if window {
            while let Ok(event) = event::read() {
                let go_on = match event {
                    event::Event::Key(key) if key.kind != KeyEventKind::Release => send(key),
                    event::Event::Resize(columns, rows) => {
                        let resized = Event::Resized(columns, rows);
                        tell.send(Input::Event(resized)).is_ok()
                    }
                    _ => true,
                };
                if !go_on {
                    return;
                }
            }
        } else {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                let code = match line.trim().chars().next() {
                    Some(letter) => KeyCode::Char(letter),
                    None => KeyCode::Enter,
                };
                if !send(KeyEvent::new(code, KeyModifiers::NONE)) {
                    return;
                }
            }
        }
        let _ = tell.send(Input::NoKeys);
    });
}

/// Feeds the channel with the signals that end or stop a program.
#[cfg(unix)]
fn signals(tell: &Sender<Input>, window: bool) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    let mut heard = vec![SIGHUP, SIGINT, SIGTERM];
    if window {
        heard.extend([SIGTSTP, SIGCONT]);
    }
    let mut signals = signal_hook::iterator::Signals::new(heard)?;
    let tell = tell.clone();
    thread::spawn(move || {
        for signal in signals.forever() {
            if tell.send(Input::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(_: &Sender<Input>, _: bool) -> io::Result<()> {
    Ok(())
}

fn interrupt() -> i32 {
    #[cfg(unix)]
    return signal_hook::consts::SIGINT;
    #[cfg(not(unix))]
    2
}

/// Ends as the signal would have ended us, so that a shell sees it.
fn end_by(signal: i32) -> ! {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}
