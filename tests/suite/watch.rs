//! The watch in a terminal: a pseudoterminal, and a reader of what is written
//! to it. A test waits for what is to be seen, never for a time.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use netlings::wait;
use predicates::prelude::*;
use predicates::str::contains;
use pty_process::Size;
use pty_process::blocking::{Pts, Pty};
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::termios::{LocalModes, tcgetattr};

use super::cli::{CLIENT, Scratch};
use super::has_solutions;

/// Nothing takes this long, even where many build at once.
const PATIENCE: Duration = Duration::from_secs(100);

/// What `cargo test` or a learner's shell may have set.
const UNSET: [&str; 7] = [
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "RUSTFLAGS",
    "VISUAL",
    "EDITOR",
    "LC_ALL",
    "TERM_PROGRAM",
];

/// A terminal with netlings in it, or with another program.
pub(super) struct Term {
    netlings: Child,
    pty: Arc<Pty>,
    /// Kept, so that the terminal can be asked after netlings has ended.
    _pts: Pts,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reaped: Option<i32>,
}

/// What was written to it.
pub(super) struct Seen {
    pub(super) parser: vt100::Parser,
    pub(super) raw: Vec<u8>,
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a window is not empty")
}

impl Term {
    /// Starts `netlings` with `args` in a window of this size.
    fn start(scratch: &Scratch, args: &[&str], env: &[(&str, &str)], size: (u16, u16)) -> Term {
        let folder = scratch.path(".");
        Term::of(cargo_bin!("netlings"), &folder, args, env, size)
    }

    /// Starts `program` in `folder`.
    pub(super) fn of(
        program: &Path,
        folder: &Path,
        args: &[&str],
        env: &[(&str, &str)],
        size: (u16, u16),
    ) -> Term {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal can be made");
        pty.resize(Size::new(size.1, size.0)).expect("and sized");
        let mut command = pty_process::blocking::Command::new(program)
            .args(args)
            .current_dir(folder)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8");
        for name in UNSET {
            command = command.env_remove(name);
        }
        let netlings = command
            .envs(env.iter().copied())
            .spawn_borrowed(&pts)
            .expect("the program can be started");
        let pty = Arc::new(pty);
        let parser = vt100::Parser::new(cells(size.1), cells(size.0), 0);
        let raw = Vec::new();
        let seen = Arc::new((Mutex::new(Seen { parser, raw }), Condvar::new()));
        let (from, to) = (Arc::clone(&pty), Arc::clone(&seen));
        thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(count @ 1..) = (&*from).read(&mut octets) {
                let read = octets.get(..count).unwrap_or_default();
                let mut seen = to.0.lock().unwrap_or_else(PoisonError::into_inner);
                seen.parser.process(read);
                seen.raw.extend(read);
                drop(seen);
                to.1.notify_all();
            }
        });
        Term {
            netlings,
            pty,
            _pts: pts,
            seen,
            reaped: None,
        }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until these octets were written, from where `raw` was emptied.
    pub(super) fn writes(&self, octets: &[u8]) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        while !seen.raw.windows(octets.len()).any(|some| some == octets) {
            let left = deadline.saturating_duration_since(Instant::now());
            let text = String::from_utf8_lossy(&seen.raw);
            assert!(!left.is_zero(), "never came: {octets:?}, but\n{text}");
            let waited = self.seen.1.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.netlings.id()
    }

    /// Waits until the window is so, and gives its text.
    fn until(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen();
        while !is_so(seen.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let text = seen.parser.screen().contents();
            assert!(
                !left.is_zero(),
                "never came: {what}; the window has\n{text}"
            );
            let waited = self.seen.1.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        seen.parser.screen().contents()
    }

    /// Waits until `text` stands in the window.
    pub(super) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until the verdict on save number `save` stands there.
    fn verdict_on(&self, save: u32) -> String {
        let said = format!("save {save} ");
        self.shows(&said)
    }

    pub(super) fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("keys go in");
    }

    fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.netlings), signal)
            .expect("netlings runs");
    }

    /// Waits for netlings to end or to stop; gives the raw status.
    pub(super) fn ends(&mut self) -> rustix::process::WaitStatus {
        let pid = Pid::from_child(&self.netlings);
        let soon = Instant::now() + PATIENCE;
        let ended = wait::until(soon, || {
            let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
            rustix::process::waitpid(Some(pid), options).ok().flatten()
        });
        let (_, status) = ended.expect("netlings ends");
        if !status.stopped() {
            self.reaped = Some(status.as_raw());
        }
        status
    }

    /// Whether the terminal is as a shell leaves it.
    fn assert_given_back(&self, when: &str) {
        let modes = tcgetattr(&*self.pty).expect("it is a terminal").local_modes;
        let cooked = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        assert!(modes.contains(cooked), "{when}: {modes:?}");
        self.until(when, |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            let _ = self.netlings.kill();
            let _ = self.netlings.wait();
        }
    }
}

/// The reference's client, which passes steps 1 and 2.
fn reference() -> String {
    let path = super::root().join("solutions/hello/src/client.rs");
    fs::read_to_string(path).expect("the reference is there")
}

const FILE: &str = "labs/hello/src/client.rs";

/// Client code that compiles and does `what` instead of connecting.
fn client(what: &str) -> String {
    let stub =
        "let _ = addresses;\n    todo!(\"step 1: connect to the first address that accepts\")";
    assert!(CLIENT.contains(stub));
    CLIENT.replace(stub, &format!("let _ = addresses;\n    {what}"))
}

/// Processes of this scratch's programs, or with `marker` among their
/// arguments.
fn left(scratch: &Scratch, marker: &str) -> Vec<String> {
    let built = fs::canonicalize(scratch.path("target/netlings/debug")).unwrap_or_default();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ours = processes.filter_map(|process| {
        let line = fs::read_to_string(process.path().join("cmdline")).ok()?;
        let program = fs::read_link(process.path().join("exe")).unwrap_or_default();
        let ours = program.starts_with(&built) || line.contains(marker);
        ours.then(|| line.replace('\0', " "))
    });
    ours.collect()
}

fn assert_none_left(scratch: &Scratch, marker: &str) {
    let soon = Instant::now() + PATIENCE;
    let gone = wait::until(soon, || left(scratch, marker).is_empty().then_some(()));
    assert!(gone.is_some(), "left: {:?}", left(scratch, marker));
}

// --------------------------------------------------------------- an evening's way

#[test]
fn from_the_stub_to_the_next_step() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut term = Term::start(&scratch, &["watch", "hello"], &[], (100, 30));
    let text = term.shows("○ todo  the greeting is printed");
    for part in [
        "hello · step 1 of 3 · Connect and print the greeting",
        "labs/hello/src/client.rs:",
        "connect()",
        "lab 0/3",
        "? keys",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // What does not compile: the compiler's words, and no check.
    scratch.write(FILE, client("no_such_function()"));
    let text = term.verdict_on(1);
    assert!(
        text.contains("error[E0425]") && text.contains("client.rs:"),
        "{text}"
    );
    assert!(!text.contains("○ todo"), "{text}");
    // What is wrong: the first failure, and its report.
    scratch.write(FILE, client("std::process::exit(0)"));
    let text = term.verdict_on(2);
    assert!(text.contains("✘ fail  the greeting is printed"), "{text}");
    assert!(text.contains("expected"), "{text}");
    term.press("h");
    term.shows("Hint 1: where");
    term.press("?");
    term.shows("the whole diagram");
    term.press("\x1b");
    // What is right: what was learned, and an offer.
    scratch.write(FILE, reference());
    let text = term.verdict_on(3);
    assert!(text.contains("✔ step 1 of hello"), "{text}");
    assert!(text.contains("You can now"), "{text}");
    assert!(
        text.contains("step 1 of 3"),
        "nothing moves on by itself: {text}"
    );
    term.press("n");
    term.shows("hello · step 2 of 3");
    term.shows("✔ step 2 of hello");
    term.press("l");
    let text = term.shows("◐ hello");
    assert!(text.contains("2/3"), "{text}");
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
    term.shows("Saved. To go on: cargo run");
    // The next evening begins where this one ended.
    let mut term = Term::start(&scratch, &[], &[], (100, 30));
    term.shows("hello · step 2 of 3");
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
    assert_none_left(&scratch, "no-marker");
}

/// Each of these is one save.
#[test]
fn every_editors_way_to_save_is_one_run() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let path = |name: &str| scratch.path("labs/hello/src").join(name);
    let put = |name: &str, text: &str| fs::write(path(name), text).expect("it can be written");
    let name = |from: &str, to: &str| fs::rename(path(from), path(to)).expect("it can be named");
    let gone = |name: &str| fs::remove_file(path(name)).expect("it can be removed");
    type Save<'a> = (&'a str, Box<dyn Fn(&str) + 'a>);
    let editors: Vec<Save<'_>> = vec![
        (
            "vim: a backup, a new file",
            Box::new(|text| {
                put("4913", "");
                gone("4913");
                put(".client.rs.swp", "vim's own");
                name("client.rs", "client.rs~");
                put("client.rs", text);
                gone("client.rs~");
                gone(".client.rs.swp");
            }),
        ),
        (
            "emacs: a lock, a backup that stays",
            Box::new(|text| {
                let lock = path(".#client.rs");
                std::os::unix::fs::symlink("somebody@somewhere.1:1", &lock).expect("a link");
                put("#client.rs#", "emacs's own");
                name("client.rs", "client.rs~");
                put("client.rs", text);
                gone("#client.rs#");
                gone(".#client.rs");
            }),
        ),
        (
            "VS Code: cut, then written",
            Box::new(|text| {
                let file = fs::File::create(path("client.rs")).expect("it can be cut");
                drop(file);
                put("client.rs", text);
            }),
        ),
        (
            "sed -i: another file, renamed",
            Box::new(|text| {
                put("sedXXXX", text);
                name("sedXXXX", "client.rs");
            }),
        ),
        (
            "a formatter at each save",
            Box::new(|text| {
                put("client.rs", &text.replace("    ", "  "));
                put("client.rs", text);
            }),
        ),
        (
            "one without a change before it",
            Box::new(|text| {
                let old = fs::read(path("client.rs")).expect("it is there");
                fs::write(path("client.rs"), old).expect("it can be written");
                put("client.rs", text);
            }),
        ),
    ];
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (100, 30));
    term.shows("○ todo  the greeting is printed");
    for (number, (editor, save)) in (1..).zip(&editors) {
        save(&client(&format!("function_{number}()")));
        let text = term.verdict_on(number);
        let right = text.contains(&format!("function_{number}"));
        assert!(right, "{editor}: {text}");
    }
    term.press("q");
    term.ends();
}

/// Where the system does not tell of saves.
#[test]
fn saves_are_found_by_looking() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut term = Term::start(&scratch, &["watch", "hello/1", "--poll"], &[], (80, 24));
    term.shows("○ todo  the greeting is printed");
    scratch.write(FILE, client("no_such_function()"));
    assert!(term.verdict_on(1).contains("no_such_function"));
    // As if it were the same second.
    let saved = fs::metadata(scratch.path(FILE)).and_then(|file| file.modified());
    scratch.write(FILE, client("no_such_either()"));
    let file = fs::File::options().write(true).open(scratch.path(FILE));
    file.and_then(|file| file.set_modified(saved?))
        .expect("a file's time can be set");
    assert!(term.verdict_on(2).contains("no_such_either"));
    term.press("q");
    term.ends();
}

// ------------------------------------------------------- the terminal afterwards

#[test]
fn the_terminal_is_given_back_however_it_ends() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    type End = fn(&Term);
    let ways: [(&str, &[&str], End, Option<i32>); 5] = [
        ("q", &["watch"], |term| term.press("q"), None),
        ("Ctrl-C", &["watch"], |term| term.press("\x03"), Some(2)),
        (
            "SIGTERM",
            &["watch"],
            |term| term.signal(Signal::TERM),
            Some(15),
        ),
        (
            "SIGHUP",
            &["watch"],
            |term| term.signal(Signal::HUP),
            Some(1),
        ),
        ("panic", &["watch", "--panic"], |term| term.press("x"), None),
    ];
    for (way, args, end, signal) in ways {
        let mut term = Term::start(&scratch, args, &[], (100, 30));
        term.until("the window", |screen| {
            screen.alternate_screen() && screen.contents().contains("? keys")
        });
        end(&term);
        let status = term.ends();
        assert_eq!(status.terminating_signal(), signal, "{way}: {status:?}");
        term.assert_given_back(way);
        if way == "panic" {
            assert_eq!(status.exit_status(), Some(101));
            term.shows("asked for by --panic");
        } else {
            term.shows("Saved. To go on: cargo run");
        }
    }
    assert_none_left(&scratch, "no-marker");
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (100, 30));
    term.shows("○ todo  the greeting is printed");
    for way in ["Ctrl-Z", "SIGTSTP"] {
        match way {
            "Ctrl-Z" => term.press("\x1a"),
            _ => term.signal(Signal::TSTP),
        }
        assert!(term.ends().stopped(), "{way} stops it");
        term.assert_given_back(way);
        term.signal(Signal::CONT);
        term.until("the window again", |screen| {
            screen.alternate_screen() && screen.contents().contains("○ todo  the greeting")
        });
    }
    // A window that changed its size meanwhile, and keys as before.
    // The reader first: what comes after the resize is for the new window.
    term.seen().parser.set_size(cells(40), cells(60));
    term.pty
        .resize(Size::new(40, 60))
        .expect("it can be resized");
    term.press("l");
    term.shows("Part I");
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
    term.assert_given_back("q");
}

// ------------------------------------------------------ where there is no window

#[test]
fn without_a_terminal_it_checks_once_in_plain_words() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write(FILE, client("std::process::exit(0)"));
    let text = contains("hello step 1 of 3: Connect and print the greeting.")
        .and(contains("fail: the greeting is printed"))
        .and(contains("  expected: "))
        .and(contains("cargo netlings hint hello/1"))
        .and(contains("\u{1b}").not())
        .and(contains("│").not());
    scratch
        .netlings(&["watch", "hello"])
        .env("CLICOLOR_FORCE", "1")
        .env("TERM", "dumb")
        .env("COLUMNS", "60")
        .assert()
        .code(1)
        .stdout(text);
    if has_solutions() {
        scratch.write(FILE, reference());
        scratch
            .netlings(&["watch", "hello/1"])
            .write_stdin("")
            .assert()
            .code(0)
            .stdout(contains("You can now").and(contains("\u{1b}").not()));
    }
}

#[test]
fn line_by_line_it_watches_until_its_input_ends() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut netlings = Command::new(cargo_bin!("netlings"))
        .args(["watch", "hello/1", "--plain"])
        .current_dir(scratch.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("netlings can be started");
    let (lines, said) = std::sync::mpsc::channel();
    let out = netlings.stdout.take().expect("it is piped");
    thread::spawn(move || {
        let out = std::io::BufReader::new(out);
        for line in std::io::BufRead::lines(out).map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    let until = |text: &str| {
        let mut all = String::new();
        while !all.contains(text) {
            match said.recv_timeout(PATIENCE) {
                Ok(line) => all += &(line + "\n"),
                Err(why) => panic!("{text} never came ({why}):\n{all}"),
            }
        }
        assert!(!all.contains('\u{1b}'), "{all}");
        all
    };
    until("todo: the greeting is printed");
    until("waiting for a save");
    let mut keys = netlings.stdin.take().expect("it is piped");
    keys.write_all(b"h\n").expect("it listens");
    until("Hint 1: where");
    scratch.write(FILE, client("no_such_function()"));
    until("save 1: checking");
    until("no_such_function");
    drop(keys);
    let status = netlings.wait().expect("it ends when its input ends");
    assert_eq!(status.code(), Some(1), "{:?}", status.signal());
}

#[test]
fn a_terminal_that_can_do_little_gets_little() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let colours = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw).into_owned();
        let codes = text.split("\x1b[").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            rest.get(end..=end).filter(|end| *end == "m")?;
            Some(rest.get(..end).unwrap_or_default().to_owned())
        });
        codes
            .filter(|code| {
                let colour = |part: &str| matches!(part.parse(), Ok(30..=38 | 40..=48 | 90..=107));
                code.split(';').any(colour)
            })
            .collect::<Vec<_>>()
    };
    // No escape at all.
    let dumb = Term::start(
        &scratch,
        &["watch", "hello/1"],
        &[("TERM", "dumb")],
        (60, 30),
    );
    dumb.shows("waiting for a save");
    let raw = dumb.seen().raw.clone();
    assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw));
    drop(dumb);
    // No colour, and every sign has its word.
    let env = [("NO_COLOR", "1")];
    let mut plain = Term::start(&scratch, &["watch", "hello/1"], &env, (60, 30));
    let text = plain.shows("○ todo  the greeting is printed");
    assert!(
        text.lines().all(|line| line.chars().count() <= 60),
        "{text}"
    );
    plain.press("q");
    plain.ends();
    let raw = plain.seen().raw.clone();
    assert_eq!(colours(&raw), Vec::<String>::new());
    // No key: one verdict.
    let mut term = Term::start(&scratch, &["watch", "hello/1", "--plain"], &[], (80, 24));
    term.shows("waiting for a save");
    term.press("\x04");
    assert_eq!(term.ends().exit_status(), Some(1));
}

/// Where the terminal knows links, the file is one, and is named in any case.
#[test]
fn the_file_is_a_link_where_the_terminal_can() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let link = |args: &[&str], env: &[(&str, &str)]| {
        let mut term = Term::start(&scratch, args, env, (100, 30));
        term.shows("labs/hello/src/client.rs:");
        term.shows("○ todo  the greeting is printed");
        term.press("q");
        term.ends();
        let raw = term.seen().raw.clone();
        let text = String::from_utf8_lossy(&raw).into_owned();
        text.contains("\x1b]8;;file:///")
            && text.contains("src/client.rs\x1b\\labs/hello/src/client.rs:")
    };
    let can = [("FORCE_HYPERLINK", "1")];
    let cannot = [("FORCE_HYPERLINK", "0")];
    assert!(link(&["watch", "hello/1"], &can));
    assert!(!link(&["watch", "hello/1"], &cannot));
    assert!(!link(&["watch", "hello/1", "--no-link"], &can));
}

// ---------------------------------------------------------- the learner's shell

#[test]
fn nothing_of_the_shell_around_is_seen() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    // A warning, and a panic.
    scratch.write(
        FILE,
        client("let unused = 1;\n    panic!(\"by the learner\")"),
    );
    let run = |env: &[(&str, &str)]| {
        let mut command = scratch.netlings(&["check", "hello/1", "--seed", "7"]);
        command.envs(env.iter().copied());
        let output = command.output().expect("netlings can be started");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Ports are the system's, thread numbers too.
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let text: String = text.chars().map(digits).collect();
        let mut text = text.replace(['─', ' '], "");
        while text.contains("00") {
            text = text.replace("00", "0");
        }
        text
    };
    let usual = run(&[]);
    assert!(usual.contains("bythelearner"), "{usual}");
    let loud = run(&[
        ("RUST_BACKTRACE", "full"),
        ("RUSTFLAGS", "-D warnings"),
        ("CARGO_TERM_COLOR", "always"),
        ("CARGO_TERM_VERBOSE", "false"),
    ]);
    assert_eq!(usual, loud);
}

#[test]
fn a_state_that_cannot_be_read_or_kept_is_a_sentence() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write(".netlings/progress.json", "{ this is no JSON");
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (160, 30));
    term.shows("is no progress file");
    term.shows("○ todo  the greeting is printed");
    // Deleted while we work, and then not to be written at all.
    let remove = || {
        // Which may write in it at that moment.
        let folder = scratch.path(".netlings");
        let soon = Instant::now() + PATIENCE;
        let gone = wait::until(soon, || {
            let _ = fs::remove_dir_all(&folder);
            (!folder.exists()).then_some(())
        });
        gone.expect("it can be removed");
    };
    remove();
    scratch.write(FILE, client("one()"));
    term.verdict_on(1);
    remove();
    scratch.write(".netlings", "a file where a folder should be");
    scratch.write(FILE, client("std::process::exit(0)"));
    term.shows("how far you are cannot be kept");
    term.shows("✘ fail  the greeting is printed");
    fs::remove_file(scratch.path(".netlings")).expect("it can be removed");
    scratch.write(FILE, client("two()"));
    assert!(term.verdict_on(3).contains("two"));
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
}

// ------------------------------------------------------------- programs that hang

/// Twenty saves, each while the one before is built or hangs in its checks.
#[test]
#[ignore = "takes long: builds forty programs"]
fn the_last_save_is_what_is_judged_every_time() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (100, 30));
    term.shows("save to check again");
    for round in 0..20 {
        let hangs = format!("loop {{ std::thread::park() }} // {round}");
        scratch.write(FILE, client(&hangs));
        match round % 3 {
            0 => drop(term.shows("known")),     // its checks hang
            1 => drop(term.shows("building…")), // it is built
            _ => {}                             // nobody has seen it yet
        }
        let last = format!("round_{round}_is_the_last()");
        scratch.write(FILE, client(&last));
        let text = term.shows(&format!("round_{round}_is_the_last"));
        assert!(text.contains("does not compile"), "{text}");
    }
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
    assert_none_left(&scratch, "no-marker");
}

/// Programs that hang, flood and fork: keys are answered meanwhile, a verdict
/// comes at the deadline, and nobody is left.
#[test]
#[ignore = "takes long: waits for deadlines"]
fn whatever_a_program_does_keys_are_answered() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let marker = format!("86{}", std::process::id());
    let fork = format!(
        "for _ in 0..3 {{ let _ = std::process::Command::new(\"setsid\")\
         .args([\"sleep\", \"{marker}\"]).stdout(std::process::Stdio::null()).spawn(); }} \
         loop {{ std::thread::park() }}"
    );
    let programs: HashMap<&str, &str> = [
        ("loops", "loop { std::hint::spin_loop() }"),
        (
            "blocks in recv",
            "let socket = std::net::UdpSocket::bind(\"127.0.0.1:0\").map_err(Error::NoServer)?; \
             let _ = socket.recv(&mut [0; 9]); loop { std::thread::park() }",
        ),
        (
            "prints for ever",
            "loop { println!(\"and on and on and on\") }",
        ),
        ("forks", &fork),
    ]
    .into();
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (100, 30));
    term.shows("save to check again");
    for (number, (name, program)) in (1..).zip(&programs) {
        scratch.write(FILE, client(program));
        term.shows("known");
        let mut answers = Vec::new();
        for _ in 0..5 {
            for (key, page) in [("l", "esc back"), ("l", "? keys")] {
                let since = Instant::now();
                term.press(key);
                term.shows(page);
                answers.push(since.elapsed());
            }
        }
        answers.sort();
        println!("{name}: keys answered within {answers:?}");
        // Whoever waits for the program answers after seconds. The goal is
        // 100 ms, on a machine with nothing else to do.
        let best = answers.first().copied().unwrap_or_default();
        assert!(best < Duration::from_secs(1), "{name}: {best:?}");
        let text = term.verdict_on(number);
        assert!(text.contains("✘ fail"), "{name}: {text}");
        assert_none_left(&scratch, &marker);
    }
    // And one that is left while it runs.
    scratch.write(FILE, client(&fork.replace("0..3", "0..4")));
    term.shows("known");
    term.press("q");
    assert_eq!(term.ends().exit_status(), Some(0));
    assert_none_left(&scratch, &marker);
}

// ---------------------------------------------------------------------- the list

#[test]
fn the_list_has_parts_times_and_points() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.write(
        ".netlings/progress.json",
        "{\"version\": 2, \"here\": \"hello/2\", \"labs\": {\"hello\": {\"steps\": \
         {\"1\": {\"verdict\": \"pass\", \"hash\": \"another\"}, \"2\": {\"verdict\": \"fail\", \"hash\": \"\"}}}}}",
    );
    scratch
        .netlings(&["list", "--part", "1"])
        .assert()
        .code(0)
        .stdout(
            contains("done   time  points")
                .and(contains("◐ hello"))
                .and(contains("0:30"))
                .and(contains(
                    "! 1 Connect and print the greeting  (to check again",
                ))
                .and(contains("✘ 2 Answer with one line  (you are here)"))
                .and(contains("framing").not()),
        );
    let list = scratch.netlings(&["list", "--json"]).output();
    let list = list.expect("netlings can be started").stdout;
    let list: serde_json::Value = serde_json::from_slice(&list).expect("it is a document");
    for (path, value) in [
        ("/parts/0/chapters/0/steps/0/state", "again"),
        ("/parts/0/chapters/0/steps/1/state", "failed"),
        ("/parts/0/chapters/0/steps/2/state", "open"),
    ] {
        assert_eq!(
            list.pointer(path).and_then(|state| state.as_str()),
            Some(value)
        );
    }
    scratch
        .netlings(&["list", "--part", "99"])
        .assert()
        .code(2)
        .stderr(contains("its parts are 1 to"));
}

// ------------------------------------------------------------------- the picture

/// The window as an SVG picture: what the README and the book show of it.
fn svg(screen: &vt100::Screen, title: &str) -> String {
    const WIDE: f64 = 8.4;
    const HIGH: f64 = 18.0;
    let (rows, columns) = screen.size();
    let (width, height) = (
        f64::from(columns.get()) * WIDE + 24.0,
        f64::from(rows.get()) * HIGH + 24.0,
    );
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f24\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">\n",
        escape(title)
    );
    for row in 0..rows.get() {
        let mut runs: Vec<(u16, String, String)> = Vec::new();
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            let colour = match cell.fgcolor() {
                vt100::Color::Idx(1 | 9) => "#ff7b72",
                vt100::Color::Idx(2 | 10) => "#7ee787",
                vt100::Color::Idx(3 | 11) => "#e3b341",
                vt100::Color::Idx(6 | 14) => "#76c7d8",
                _ if cell.dim() => "#8b949e",
                _ => "#e6edf3",
            };
            let weight = if cell.bold() {
                " font-weight=\"bold\""
            } else {
                ""
            };
            let style = format!("fill=\"{colour}\"{weight}");
            let text = if cell.has_contents() {
                cell.contents()
            } else {
                " "
            };
            match runs.last_mut() {
                Some((_, last, run)) if *last == style => run.push_str(text),
                _ => runs.push((column, style, text.to_owned())),
            }
        }
        for (column, style, text) in runs {
            let blanks = text.len() - text.trim_start().len();
            let shown = text.trim();
            if shown.is_empty() {
                continue;
            }
            let from = f64::from(column) + blanks as f64;
            let len = shown.chars().count() as f64;
            svg += &format!(
                "<text xml:space=\"preserve\" x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" {style}>{}</text>\n",
                12.0 + from * WIDE,
                26.0 + f64::from(row) * HIGH,
                len * WIDE,
                escape(shown)
            );
        }
    }
    svg + "</g>\n</svg>\n"
}

/// The README's picture is what a learner sees whose first program reads once
/// and no more. With NETLINGS_RECORD it is made anew.
#[test]
fn the_picture_of_the_first_run_is_true() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let whole = "while line.len() < LINE_LEN_MAX {";
    let once = "let mut all = [0; LINE_LEN_MAX];\n    let len = from.read(&mut all)?;\n    \
        line.extend(all.iter().take(len).take_while(|octet| **octet != b'\\n'));\n    \
        if len > 0 {\n        return Ok(str::from_utf8(&line).map_err(Error::NotUtf8)?.to_owned());\n    }\n    \
        while line.len() < LINE_LEN_MAX {";
    let reference = reference();
    assert!(
        reference.contains(whole),
        "the reference reads otherwise now"
    );
    let mut term = Term::start(&scratch, &["watch", "hello/1"], &[], (100, 36));
    term.shows("○ todo  the greeting is printed");
    scratch.write(FILE, reference.replacen(whole, once, 1));
    let text = term.verdict_on(1);
    assert!(text.contains("one read taken for one line"), "{text}");
    let path = super::root().join("book/first-run.svg");
    if std::env::var_os("NETLINGS_RECORD").is_some() {
        let picture = svg(term.seen().parser.screen(), "The watch of netlings");
        fs::write(&path, picture).expect("the picture can be written");
    }
    let picture = fs::read_to_string(&path).expect("the picture is there");
    // Ports, octets and times are each run's own.
    for line in text.lines().filter(|line| !line.contains(['│', '"', '─'])) {
        for word in line.split_whitespace().filter(|word| word.is_ascii()) {
            let plain = word.chars().all(|c| c.is_ascii_alphabetic());
            assert!(
                !plain || picture.contains(word),
                "{word:?} is not in the picture"
            );
        }
    }
    term.press("q");
    term.ends();
}
