//! The command line: every command, what it says and how it ends.
//!
//! What changes files runs in a [`Scratch`], a copy of the course in which the
//! lab `hello` is untouched, whatever the learner has made of it here.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin_cmd;
#[cfg(target_os = "linux")]
use netlings::check::{Check, LabChecks};
use netlings::course::Course;
use netlings::{cargo, checks, wait};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{has_solutions, root};

/// No command takes this long where nothing is built for the first time.
const PATIENCE: Duration = Duration::from_secs(300);

/// What `hello`'s learner begins with, in short.
pub(super) const CLIENT: &str = r#"//! Yours: steps 1 and 2.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::error::Error;

/// Connects.
pub fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let _ = addresses;
    todo!("step 1: connect to the first address that accepts")
}

/// Reads a line.
pub fn read_line(from: &mut impl Read) -> Result<String, Error> {
    let _ = from;
    todo!("step 1: read up to the end of the line")
}

/// Writes a line.
pub fn write_line(to: &mut impl Write, line: &str) -> Result<(), Error> {
    let _ = (to, line);
    todo!("step 2: write the line and its end")
}
"#;

/// The same for the server.
const SERVER: &str = r#"//! Yours: step 3.
use std::net::TcpListener;

use crate::error::Error;

/// Welcomes a client.
pub fn welcome(listener: &TcpListener, greeting: &str) -> Result<String, Error> {
    let _ = (listener, greeting);
    todo!("step 3: accept one client, greet it, read its answer")
}
"#;

/// All scratches build in one folder, one after the other: two that build a
/// program of the same name at once would check each other's.
static BUILDING: Mutex<()> = Mutex::new(());

/// A copy of the course.
pub(super) struct Scratch {
    folder: tempfile::TempDir,
    _building: Option<MutexGuard<'static, ()>>,
}

impl Scratch {
    /// A copy where nothing is built; `None` in a tree without `hello`.
    pub(super) fn new() -> Option<Scratch> {
        if !root().join("labs/hello/lab.toml").is_file() || checks::find("hello").is_none() {
            println!("skipped: this tree has no lab hello");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder can be made");
        for name in [
            "Cargo.toml",
            "Cargo.lock",
            ".cargo",
            "book",
            "labs",
            "solutions",
            "tests",
        ] {
            copy(&root().join(name), &folder.path().join(name));
        }
        let scratch = Scratch {
            folder,
            _building: None,
        };
        scratch.write("labs/hello/src/client.rs", CLIENT);
        scratch.write("labs/hello/src/server.rs", SERVER);
        Some(scratch)
    }

    /// A copy where programs are built, in a folder that all of these share.
    pub(super) fn building() -> Option<Scratch> {
        let mut scratch = Scratch::new()?;
        scratch._building = Some(BUILDING.lock().unwrap_or_else(PoisonError::into_inner));
        let shared = root().join("target").join("scratch");
        fs::create_dir_all(&shared).expect("the shared folder can be made");
        #[cfg(unix)]
        std::os::unix::fs::symlink(shared, scratch.path("target")).expect("and linked to");
        // What this scratch builds must be newer than what the last one built.
        scratch.write("labs/hello/src/client.rs", CLIENT);
        scratch.write("labs/hello/src/server.rs", SERVER);
        Some(scratch)
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn write(&self, path: &str, octets: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("which can be made");
        fs::write(path, octets).expect("the scratch can be written");
    }

    pub(super) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(super) fn netlings(&self, args: &[&str]) -> assert_cmd::Command {
        netlings_in(self.folder.path(), args)
    }

    /// Runs `git` with the words of `args`.
    fn git(&self, args: &str) -> bool {
        let mut git = Command::new("git");
        git.args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "-c",
            "commit.gpgsign=false",
        ]);
        let status = git
            .args(args.split(' '))
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    /// Makes every lab untouched: what the learner has written here already, and
    /// of which no stub is left, has the tasks of its steps and no more.
    fn untouch(&self) {
        let course = Course::find(self.folder.path()).expect("this is a course");
        for checks in course.labs() {
            let lab = course.lab(checks.lab).expect("a lab has its lab.toml");
            for file in &lab.yours {
                let path = format!("labs/{}/{}", lab.name, file.display());
                if lab.is_stub(file, &String::from_utf8_lossy(&self.read(&path))) {
                    continue;
                }
                let steps = (1..).zip(&lab.steps).filter(|(_, step)| step.holds(file));
                let tasks = steps.map(|(number, _)| format!("// todo!(\"step {number}: ...\")\n"));
                self.write(&path, tasks.collect::<String>());
            }
        }
    }

    /// Makes a repository of it; false without git.
    fn commit(&self) -> bool {
        self.write(".gitignore", "/target\n/.netlings\n");
        let done = ["init -q", "add -A", "commit -qm course"]
            .iter()
            .all(|args| self.git(args));
        if !done {
            println!("skipped: there is no git here");
        }
        done
    }

    /// The folders below `.netlings/kept`, the oldest first.
    fn kept(&self) -> Vec<String> {
        let sets = fs::read_dir(self.path(".netlings/kept"))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = sets
            .map(|set| set.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

pub(super) fn netlings_in(folder: &Path, args: &[&str]) -> assert_cmd::Command {
    let mut command = cargo_bin_cmd!("netlings");
    command.current_dir(folder).args(args).timeout(PATIENCE);
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("CLICOLOR");
    command
}

/// `netlings` at the root, for commands that change nothing.
fn netlings(args: &[&str]) -> assert_cmd::Command {
    netlings_in(&root(), args)
}

/// Copies a file or a folder with the times of its files; what is hidden in a
/// folder, or built, stays.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder can be made");
        for entry in fs::read_dir(from).expect("a folder can be read").flatten() {
            let name = entry.file_name();
            if !name.to_string_lossy().starts_with('.') && name != "target" {
                copy(&entry.path(), &to.join(&name));
            }
        }
    } else if from.is_file() {
        fs::copy(from, to).expect("a file can be copied");
        let time = fs::metadata(from)
            .and_then(|file| file.modified())
            .expect("a file has its time");
        let file = fs::File::options()
            .append(true)
            .open(to)
            .expect("the copy can be opened");
        file.set_modified(time).expect("and dated");
    }
}

/// The document that the command prints.
pub(super) fn json(command: &mut assert_cmd::Command) -> Value {
    let output = command.output().expect("netlings can be started");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// `value` at a path such as `labs/0/status`.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value
        .pointer(&format!("/{path}"))
        .unwrap_or_else(|| panic!("{path} is not in {value:#}"))
}

/// The command for `hello` in Python, with `words` after it; `None` where it
/// cannot run.
pub(super) fn python(words: &str) -> Option<String> {
    let program = root().join("tests/suite/hello.py");
    // Itself, not a script that looks for it: a check starts it many times.
    let itself = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let itself = itself.ok().filter(|output| output.status.success());
    let (Some(itself), true) = (itself, program.is_file()) else {
        println!("skipped: no python3, or no hello.py in this tree");
        return None;
    };
    let itself = String::from_utf8_lossy(&itself.stdout).trim().to_owned();
    Some(format!("'{itself}' -I -S '{}' {words}", program.display()))
}

// ---------------------------------------------------------------- what is asked

#[test]
fn an_unknown_lab_is_answered_with_the_nearest() {
    if checks::find("hello").is_none() {
        return;
    }
    for command in ["check", "hint", "reset", "show", "diff"] {
        netlings(&[command, "helo"])
            .assert()
            .code(2)
            .stderr(contains("did you mean hello?"));
    }
    netlings(&["book", "helo"])
        .assert()
        .code(2)
        .stderr(contains("did you mean hello?"));
    netlings(&["check", "aqueduct"])
        .assert()
        .code(2)
        .stderr(contains("the labs are").and(contains("hello")));
    netlings(&["book", "aqueduct"])
        .assert()
        .code(2)
        .stderr(contains("the chapters are").and(contains("hello")));
}

#[test]
fn a_step_out_of_range_is_answered_with_the_range() {
    if checks::find("hello").is_none() {
        return;
    }
    for step in ["0", "4", "256", "-1", "x", "1/2", ""] {
        let asked = format!("hello/{step}");
        let said = contains("its steps are hello/1 to hello/3");
        netlings(&["check", "--", &asked])
            .assert()
            .code(2)
            .stderr(said);
    }
}

#[test]
fn a_bare_number_is_a_step_inside_a_lab_only() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch
        .netlings(&["hint", "2"])
        .assert()
        .code(2)
        .stderr(contains("step 2 of which lab?"));
    let inside = scratch.path("labs/hello/src");
    netlings_in(&inside, &["hint", "2"])
        .assert()
        .code(0)
        .stdout(contains("hello/2 · Hint 1: where"));
    netlings_in(&inside, &["show", "2"])
        .assert()
        .code(0)
        .stdout(contains("hello/2 · step 2 of 3"));
    netlings_in(&inside, &["hint", "9"])
        .assert()
        .code(2)
        .stderr(contains("hello/1 to hello/3"));
}

#[test]
fn what_cannot_be_read_is_misuse() {
    netlings(&["check", "hello", "--seed", "xyz"])
        .assert()
        .code(2)
        .stderr(contains("1 to 16 hex digits"));
    netlings(&["check", "hello", "--seed", "12345678901234567"])
        .assert()
        .code(2);
    netlings(&["chek"])
        .assert()
        .code(2)
        .stderr(contains("check"));
    netlings(&["check", "--exec", "true", "--tree", "solutions"])
        .assert()
        .code(2);
}

#[test]
fn verbose_shows_every_report_and_ascii_no_other_sign() {
    if checks::find("hello").is_none() {
        return;
    }
    let (Some(mut wrong), Some(plain)) = (python(""), python("")) else {
        return;
    };
    // The switch stands before the subcommand, which the check appends.
    wrong.push_str("--one-read");
    let reports = |args: &[&str]| {
        let all = ["check", "hello/1", "--exec", &wrong, "--seed", "7f3a"];
        let output = netlings(&[&all, args].concat()).assert().code(1);
        String::from_utf8_lossy(&output.get_output().stdout).into_owned()
    };
    let count = |text: &str| text.matches("\n   tried ").count();
    assert_eq!(count(&reports(&[])), 1);
    assert!(count(&reports(&["--verbose"])) > 1);
    let ascii = reports(&["--ascii"]);
    assert!(
        ascii.is_ascii() && ascii.contains("x fail") && ascii.contains("|<="),
        "{ascii}"
    );
    netlings(&["check", "hello/1", "--exec", &plain, "--ascii"])
        .assert()
        .code(0)
        .stdout(contains("+ pass"));
}

#[test]
fn a_command_to_check_is_looked_at_before_it_is_run() {
    if checks::find("hello").is_none() {
        return;
    }
    let exec = |command| netlings(&["check", "hello", "--exec", command]);
    exec("'/no/such program' x")
        .assert()
        .code(2)
        .stderr(contains("the program /no/such program is not there"));
    exec("no-such-program-at-all")
        .assert()
        .code(2)
        .stderr(contains("is not in the PATH"));
    exec("python3 'a")
        .assert()
        .code(2)
        .stderr(contains("a quote is not closed"));
    exec("  ")
        .assert()
        .code(2)
        .stderr(contains("--exec needs a command"));
}

#[test]
fn outside_a_course_a_sentence_says_so() {
    let elsewhere = tempfile::tempdir().expect("a folder can be made");
    let none = contains("no course around");
    netlings_in(elsewhere.path(), &[])
        .assert()
        .code(3)
        .stderr(none.clone());
    netlings_in(elsewhere.path(), &["list"])
        .assert()
        .code(3)
        .stderr(none);
    netlings_in(elsewhere.path(), &["doctor"])
        .assert()
        .code(0)
        .stdout(contains("none around this folder"));
}

#[test]
fn every_command_has_a_help_of_its_own() {
    let commands = [
        "list",
        "check",
        "hint",
        "show",
        "diff",
        "replay",
        "reset",
        "update",
        "book",
        "quiz",
        "doctor",
        "export",
        "new",
        "completions",
    ];
    let all = netlings(&["--help"]).assert().code(0);
    let all = String::from_utf8_lossy(&all.get_output().stdout).into_owned();
    for command in commands {
        assert!(
            all.contains(&format!("  {command} ")),
            "{command} is not in the help"
        );
        netlings(&[command, "--help"])
            .assert()
            .code(0)
            .stdout(contains("Usage: netlings"));
    }
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        netlings(&["completions", shell])
            .assert()
            .code(0)
            .stdout(contains("netlings").and(contains("hint")));
    }
    netlings(&["completions", "abacus"])
        .assert()
        .code(2)
        .stderr(contains("bash"));
}

// ---------------------------------------------------------------- what is shown

#[test]
fn a_pipe_gets_no_escape_sequences() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let plain = || contains("\u{1b}").not();
    for args in [
        &["list"][..],
        &["doctor"],
        &["hint", "hello/1"],
        &["--help"],
        &["check", "helo"],
    ] {
        scratch
            .netlings(args)
            .assert()
            .stdout(plain())
            .stderr(plain());
        scratch
            .netlings(args)
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .assert()
            .stdout(plain());
    }
    scratch
        .netlings(&["list"])
        .env("CLICOLOR_FORCE", "1")
        .assert()
        .stdout(contains("\u{1b}[1m"));
    if let Some(wrong) = python("--one-read") {
        let args = ["check", "hello/1", "--exec", &wrong];
        scratch
            .netlings(&args)
            .assert()
            .code(1)
            .stdout(plain())
            .stderr(plain());
    }
}

/// A reader that leaves, as in `list | head -1`, and a disk that is full.
#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_no_panic() {
    for args in [
        &["list"][..],
        &["doctor"],
        &["completions", "bash"],
        &["list", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let full = fs::File::create("/dev/full").expect("Linux has it");
        for (out, codes, said) in [
            (Stdio::from(writer), &[0, 3][..], ""),
            (Stdio::from(full), &[3], "No space left"),
        ] {
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netlings"));
            command
                .current_dir(root())
                .args(args)
                .stdin(Stdio::null())
                .stdout(out)
                .stderr(Stdio::piped());
            let output = command.output().expect("netlings can be started");
            let stderr = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(
                code.is_some_and(|code| codes.contains(&code)),
                "{args:?}: {code:?} {stderr}"
            );
            assert!(
                !stderr.contains("panicked") && stderr.contains(said),
                "{args:?}: {stderr}"
            );
        }
    }
}

#[test]
fn documents_have_the_fields_they_promise() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let list = json(&mut scratch.netlings(&["list", "--json"]));
    assert_eq!(at(&list, "version"), 1);
    let parts = at(&list, "parts").as_array().expect("parts are a list");
    let mut chapters = parts
        .iter()
        .flat_map(|part| at(part, "chapters").as_array().into_iter().flatten());
    let hello = chapters
        .rfind(|chapter| at(chapter, "lab") == "hello")
        .expect("hello is listed");
    assert_eq!(
        (at(hello, "to_come"), at(hello, "trouble")),
        (&Value::Bool(false), &Value::Null)
    );
    assert_eq!(at(hello, "steps").as_array().map(Vec::len), Some(3));
    assert_eq!(
        (at(hello, "steps/0/state"), at(hello, "minutes").is_u64()),
        (&Value::from("open"), true)
    );

    let hint = json(&mut scratch.netlings(&["hint", "hello/1", "--json"]));
    assert_eq!(
        (at(&hint, "version"), at(&hint, "lab"), at(&hint, "step")),
        (&1.into(), &"hello".into(), &1.into())
    );
    assert_eq!(
        (at(&hint, "left"), at(&hint, "hints/0/title")),
        (&2.into(), &"Hint 1: where".into())
    );

    let doctor = json(&mut scratch.netlings(&["doctor", "--json"]));
    let things = at(&doctor, "things").as_array().expect("things are a list");
    for thing in things {
        assert!(
            ["works", "limited", "missing"]
                .contains(&at(thing, "state").as_str().unwrap_or_default()),
            "{thing}"
        );
        assert!(
            at(thing, "found").is_string()
                && at(thing, "needed_for").is_string()
                && thing.get("get").is_some()
        );
    }
    assert_eq!(
        things.first().map(|thing| at(thing, "name")),
        Some(&"cargo".into())
    );

    let Some(right) = python("") else { return };
    let checked = json(&mut scratch.netlings(&[
        "check", "hello/3", "--json", "--seed", "7f3a", "--exec", &right,
    ]));
    assert_eq!(
        (at(&checked, "version"), at(&checked, "seed")),
        (&1.into(), &"7f3a".into())
    );
    assert_eq!(
        (at(&checked, "labs/0/lab"), at(&checked, "labs/0/status")),
        (&"hello".into(), &"pass".into())
    );
    for field in [
        "name",
        "step",
        "status",
        "points",
        "points_max",
        "ms",
        "message",
        "report",
    ] {
        at(&checked, &format!("labs/0/tests/0/{field}"));
    }
}

#[test]
fn a_hint_goes_one_tier_further_each_time() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let hint = |args: &[&str]| {
        let assert = scratch
            .netlings(&[&["hint", "hello/1"], args].concat())
            .assert()
            .code(0);
        String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
    };
    assert!(hint(&["--again"]).contains("no hint of hello/1 was shown yet"));
    assert!(hint(&[]).contains("Hint 1: where"));
    let second = hint(&[]);
    assert!(
        second.contains("Hint 2: idea") && !second.contains("Hint 1") && second.contains("1 more"),
        "{second}"
    );
    assert!(hint(&[]).contains("Hint 3: shape"));
    assert!(hint(&[]).contains("That was the last of 3"));
    let again = hint(&["--again"]);
    assert!(
        ["Hint 1", "Hint 2", "Hint 3"]
            .iter()
            .all(|title| again.contains(title)),
        "{again}"
    );
    scratch
        .netlings(&["hint", "hello"])
        .assert()
        .code(2)
        .stderr(contains("which step of hello?"));
    // Without a name: the first step that is open.
    scratch
        .netlings(&["hint"])
        .assert()
        .code(0)
        .stdout(contains("/1 · Hint"));
}

#[test]
fn a_progress_file_that_is_none_is_put_aside() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    for octets in [&b"{"[..], b"", b"\xff\xfe", b"[]", b"{\"version\":\"x\"}"] {
        scratch.write(".netlings/progress.json", octets);
        scratch
            .netlings(&["list"])
            .assert()
            .code(0)
            .stderr(contains("steps are checked again"));
        let _ = fs::remove_file(scratch.path(".netlings/progress.json"));
    }
    scratch.write(".netlings/progress.json", "{");
    scratch.netlings(&["hint", "hello/1"]).assert().code(0);
    assert_eq!(scratch.read(".netlings/progress.json.broken"), b"{");
}

#[test]
fn what_cannot_be_kept_stops_nobody() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    // A file where the folder should be: not even root can write into it.
    scratch.write(".netlings", "");
    let kept = contains("how far you are cannot be kept");
    scratch
        .netlings(&["hint", "hello/1"])
        .assert()
        .code(0)
        .stdout(contains("Hint 1"))
        .stderr(kept);
    scratch
        .netlings(&["list"])
        .assert()
        .code(0)
        .stdout(contains("hello"));
}

#[test]
fn doctor_needs_cargo_and_nothing_else() {
    netlings(&["doctor"])
        .assert()
        .code(0)
        .stdout(contains("cargo").and(contains("Go on: cargo run")));
    let mut alone = netlings(&["doctor"]);
    let start = Instant::now();
    alone
        .env_remove("CARGO")
        .env("PATH", "")
        .assert()
        .code(3)
        .stdout(contains("✘ missing cargo"))
        .stderr(contains("without cargo"));
    assert!(start.elapsed() < Duration::from_secs(100));
}

/// A tool that answers nothing, one that never ends, and one that talks for
/// ever: the doctor is done all the same.
#[test]
#[cfg(unix)]
fn doctor_waits_for_no_tool() {
    use std::os::unix::fs::PermissionsExt;
    let tools = tempfile::tempdir().expect("a folder can be made");
    for (name, body) in [
        ("curl", "exec sleep 300"),
        ("dig", "exec yes"),
        ("socat", "exit 1"),
        ("nc", "printf '\\033[2J\\377'"),
    ] {
        let tool = tools.path().join(name);
        fs::write(&tool, format!("#!/bin/sh\n{body}\n")).expect("a tool can be written");
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).expect("and made one");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        [tools.path().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&path)),
    );
    let start = Instant::now();
    let mut doctor = netlings(&["doctor", "--json"]);
    let document = json(doctor.env("PATH", path.expect("a path of folders")));
    assert!(
        start.elapsed() < Duration::from_secs(200),
        "{:?}",
        start.elapsed()
    );
    let things = at(&document, "things")
        .as_array()
        .expect("things are a list");
    let state = |name: &str| {
        things
            .iter()
            .find(|thing| at(thing, "name") == name)
            .map(|thing| at(thing, "state"))
    };
    assert_eq!(
        (state("curl"), state("nc")),
        (Some(&"missing".into()), Some(&"limited".into()))
    );
    assert!(!document.to_string().contains("\\u001b"));
}

// ---------------------------------------------------------------- other languages

#[test]
fn a_program_in_another_language_passes() {
    let Some(right) = python("") else { return };
    if checks::find("hello").is_none() {
        return;
    }
    netlings(&["check", "hello", "--exec", &right])
        .assert()
        .code(0)
        .stdout(contains("pass").and(contains("fail").not()));
}

#[test]
fn a_mistake_in_another_language_is_named() {
    let Some(wrong) = python("--one-read") else {
        return;
    };
    if checks::find("hello").is_none() {
        return;
    }
    let named = contains("one read taken for one line").and(contains("RFC 9293 §2.2"));
    let again = contains("cargo netlings check hello/1 --seed 7f3a");
    let args = ["check", "hello", "--seed", "7f3a", "--exec", &wrong];
    netlings(&args).assert().code(1).stdout(named.and(again));
}

/// Nothing of what it printed can move the cursor of whoever reads the report.
#[test]
#[cfg(unix)]
fn what_a_program_prints_is_made_harmless() {
    let args = [
        "check",
        "hello/1",
        "--exec",
        "printf '\\033[2J\\033]0;x\\007'",
    ];
    if checks::find("hello").is_some() {
        netlings(&args)
            .assert()
            .code(1)
            .stdout(contains("\u{1b}").not());
    }
}

// ---------------------------------------------------------------- what is built

#[test]
fn an_untouched_lab_is_to_do() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let checked = json(&mut scratch.netlings(&["check", "hello", "--json"]));
    assert_eq!(at(&checked, "labs/0/status"), "fail", "{checked:#}");
    for test in at(&checked, "labs/0/tests")
        .as_array()
        .expect("tests are a list")
    {
        assert!(
            ["todo", "skip"].contains(&at(test, "status").as_str().unwrap_or_default()),
            "{test:#}"
        );
    }
    scratch
        .netlings(&["check", "hello/2"])
        .assert()
        .code(1)
        .stdout(contains("todo").and(contains("step 2")));
    // Without a command: the first step, and where to go on.
    let first = checks::LABS.len() == 1;
    let next = contains("Stuck: cargo netlings hint").and(contains("step 1 of"));
    let begun = scratch.netlings(&[]).assert().code(1).stdout(next);
    assert!(!first || String::from_utf8_lossy(&begun.get_output().stdout).contains("connect()"));
}

#[test]
fn a_solved_lab_passes_and_is_remembered() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    for file in ["src/client.rs", "src/server.rs"] {
        scratch.write(
            &format!("labs/hello/{file}"),
            scratch.read(&format!("solutions/hello/{file}")),
        );
    }
    scratch
        .netlings(&["check", "hello"])
        .assert()
        .code(0)
        .stdout(contains("pass").and(contains("todo").not()));
    scratch
        .netlings(&["list"])
        .assert()
        .code(0)
        .stdout(contains("3/3"));
    scratch
        .netlings(&["list", "--todo"])
        .assert()
        .code(0)
        .stdout(contains(" hello ").not());
    // Another content is another program.
    scratch.write(
        "labs/hello/src/server.rs",
        [SERVER.as_bytes(), b"// more\n"].concat(),
    );
    scratch
        .netlings(&["list"])
        .assert()
        .code(0)
        .stdout(contains("to check again"));
    scratch.netlings(&["check", "hello/3"]).assert().code(1);
    scratch
        .netlings(&["list"])
        .assert()
        .code(0)
        .stdout(contains("3/3").not());
}

#[test]
fn what_does_not_compile_is_shown_in_the_compilers_words() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write("labs/hello/src/client.rs", "fn connect( {");
    let words = contains("hello does not compile").and(contains("src/client.rs:1"));
    scratch
        .netlings(&["check", "hello"])
        .assert()
        .code(1)
        .stdout(words.and(contains("\u{1b}").not()));
    let checked = json(&mut scratch.netlings(&["check", "--json"]));
    let labs = at(&checked, "labs").as_array().expect("labs are a list");
    assert_eq!(
        labs.len(),
        checks::LABS.len(),
        "the others are checked all the same"
    );
    for lab in labs {
        let expected = if at(lab, "lab") == "hello" {
            "unbuilt"
        } else {
            "fail"
        };
        assert_eq!(at(lab, "status"), expected, "{lab:#}");
    }

    scratch.write("labs/hello/src/client.rs", b"// caf\xe9\n");
    scratch
        .netlings(&["check", "hello"])
        .assert()
        .code(1)
        .stdout(contains("valid UTF-8"));
    scratch.netlings(&["list"]).assert().code(0);
    scratch.netlings(&[]).assert().code(1);
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write("labs/hello/Cargo.toml", "[package\n");
    let said = contains("A Cargo.toml cannot be read")
        .and(contains("reset hello"))
        .and(contains("labs/hello/Cargo.toml"));
    scratch
        .netlings(&["check", "hello"])
        .assert()
        .code(1)
        .stdout(said);
}

#[test]
fn a_lab_that_is_gone_can_be_brought_back() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let committed = scratch.commit();
    fs::remove_dir_all(scratch.path("labs/hello")).expect("the lab can be removed");
    let back = contains("cargo netlings reset hello");
    scratch
        .netlings(&["check", "hello"])
        .assert()
        .code(3)
        .stderr(back.clone());
    scratch.netlings(&["list"]).assert().code(0).stdout(back);
    if committed {
        scratch
            .netlings(&["reset", "hello", "--yes"])
            .assert()
            .code(0)
            .stdout(contains("labs/hello/lab.toml"));
        assert_eq!(scratch.read("labs/hello/src/client.rs"), CLIENT.as_bytes());
        assert!(scratch.git("diff --quiet"), "every file is as it was");
    } else {
        scratch
            .netlings(&["reset", "hello", "--yes"])
            .assert()
            .code(3)
            .stderr(contains("git"));
    }
}

#[test]
fn without_cargo_a_sentence_says_where_it_is() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    for args in [&["check", "hello"][..], &["book"], &[]] {
        let mut command = scratch.netlings(args);
        let output = command
            .env_remove("CARGO")
            .env("PATH", "")
            .output()
            .expect("netlings can be started");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {said}");
        assert!(
            said.contains("there is no cargo in the PATH"),
            "{args:?}: {said}"
        );
    }
}

/// A check whose needs the machine does not meet is skipped and says why.
#[test]
#[cfg(target_os = "linux")]
fn what_cannot_run_here_is_skipped() {
    let Some(right) = python("") else { return };
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.write("tests/shortfall/src/lib.rs", "fn broken(");
    let skipped = contains("skip")
        .and(contains("could not be built"))
        .and(contains("fail").not());
    scratch
        .netlings(&["check", "hello/2", "--exec", &right])
        .assert()
        .code(0)
        .stdout(skipped);
}

// ---------------------------------------------------------------- reset

#[test]
fn reset_asks_where_somebody_can_answer() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.netlings(&["list"]).assert().code(0); // netlings has seen the stubs
    scratch.write("labs/hello/src/client.rs", "mine");
    let said = contains("no terminal to ask on").and(contains("--yes"));
    scratch
        .netlings(&["reset", "hello/1"])
        .assert()
        .code(2)
        .stderr(said);
    assert_eq!(scratch.read("labs/hello/src/client.rs"), b"mine");
    assert!(scratch.kept().is_empty());
    scratch.netlings(&["reset"]).assert().code(2);
    scratch
        .netlings(&["reset", "--undo", "--yes"])
        .assert()
        .code(2)
        .stderr(contains("nothing to undo"));
}

#[test]
fn reset_keeps_what_it_replaces_and_undoes() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.netlings(&["list"]).assert().code(0);
    let (client, server) = ("labs/hello/src/client.rs", "labs/hello/src/server.rs");
    let mine = b"fn mine() {} // caf\xe9, not UTF-8\n";
    scratch.write(client, mine);
    scratch.write(server, "my server");

    let shared = contains("holds step 2 too");
    let reset = scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(0)
        .stdout(shared);
    assert_eq!(scratch.read(client), CLIENT.as_bytes());
    assert_eq!(
        scratch.read(server),
        b"my server",
        "the file of another step is left"
    );
    let kept = scratch.kept();
    let name = kept.first().expect("a folder is kept");
    let form = predicates::str::is_match(r"^20\d\d-[01]\d-[0-3]\d-[0-2]\d[0-5]\d[0-5]\d$")
        .expect("a pattern");
    assert!(form.eval(name), "{name}");
    assert_eq!(
        scratch.read(&format!(".netlings/kept/{name}/{client}")),
        mine
    );
    assert!(
        String::from_utf8_lossy(&reset.get_output().stdout)
            .contains(&format!(".netlings/kept/{name}"))
    );

    // Once more: nothing to do, nothing kept.
    scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(0)
        .stdout(contains("nothing was changed"));
    assert_eq!(scratch.kept().len(), 1);

    scratch.write(client, "written since");
    scratch
        .netlings(&["reset", "hello", "--undo", "--yes"])
        .assert()
        .code(0);
    assert_eq!(scratch.read(client), mine);
    // And what the undoing replaced is kept too.
    scratch
        .netlings(&["reset", "--undo", "--yes"])
        .assert()
        .code(0);
    assert_eq!(scratch.read(client), b"written since");

    // The whole lab, without git: the given files are left, and it says so.
    let given = contains("the given files are left as they are");
    scratch
        .netlings(&["reset", "hello", "--yes"])
        .assert()
        .code(0)
        .stdout(given);
    assert_eq!(
        (scratch.read(client), scratch.read(server)),
        (CLIENT.into(), SERVER.into())
    );
}

#[test]
fn reset_finds_the_stub_in_the_history() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    if !scratch.commit() {
        return;
    }
    let client = "labs/hello/src/client.rs";
    scratch.write(client, "fn done() {}");
    scratch.write("labs/hello/src/net.rs", "changed");
    assert!(scratch.git("add -A") && scratch.git("commit -qm work"));
    scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(0);
    assert_eq!(scratch.read(client), CLIENT.as_bytes());
    fs::remove_file(scratch.path("labs/hello/lab.toml")).expect("the table can be removed");
    scratch.write("labs/hello/Cargo.toml", "[package\n");
    scratch
        .netlings(&["reset", "hello", "--yes"])
        .assert()
        .code(0);
    assert!(toml::from_slice::<toml::Table>(&scratch.read("labs/hello/Cargo.toml")).is_ok());
    assert!(scratch.path("labs/hello/lab.toml").is_file());
}

#[test]
fn reset_replaces_nothing_that_it_cannot_keep() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.netlings(&["list"]).assert().code(0);
    let client = "labs/hello/src/client.rs";
    scratch.write(client, "mine");
    scratch.write(".netlings/kept", "a file where the folder should be");
    scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(3)
        .stderr(contains("nothing was changed"));
    assert_eq!(scratch.read(client), b"mine");
    fs::remove_file(scratch.path(".netlings/kept")).expect("it can be removed");

    let read_only = |on: bool| {
        let path = scratch.path(client);
        let mut permissions = fs::metadata(&path)
            .expect("the file is there")
            .permissions();
        permissions.set_readonly(on);
        fs::set_permissions(&path, permissions).expect("permissions can be set");
    };
    read_only(true);
    scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(3)
        .stderr(contains("is read-only"));
    assert_eq!(scratch.read(client), b"mine");
    read_only(false);

    // No stub anywhere: a lab that was never seen untouched, without git.
    fs::remove_dir_all(scratch.path(".netlings")).expect("it can be removed");
    scratch
        .netlings(&["reset", "hello/1", "--yes"])
        .assert()
        .code(3)
        .stderr(contains("no stub of labs/hello/src/client.rs"));
    assert_eq!(scratch.read(client), b"mine");
    let left = fs::read_dir(scratch.path("labs/hello/src"))
        .expect("the folder can be read")
        .flatten();
    assert!(
        left.into_iter()
            .all(|file| !file.file_name().to_string_lossy().starts_with('.')),
        "no file is left beside"
    );
}

// ---------------------------------------------------------------- the book, new labs, students

#[test]
fn a_new_lab_wants_a_name_and_a_title_that_fit() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    for name in [
        "", "Ports", "9p", "a_b", "a--b", "a-", "-a", "match", "con", "../x", "a b",
    ] {
        scratch
            .netlings(&["new", "--", name])
            .assert()
            .code(2)
            .stderr(contains("no name for a lab"));
    }
    for taken in ["hello", "maintainers"] {
        scratch
            .netlings(&["new", taken])
            .assert()
            .code(2)
            .stderr(contains("is taken"));
    }
    for title in ["a]", "", " a", "a\nb", "\"x\""] {
        scratch
            .netlings(&["new", "ports-try", "--title", title])
            .assert()
            .code(2)
            .stderr(contains("title"));
    }
    assert!(!scratch.path("labs/ports-try").exists());
    // What was begun and could not be finished is taken back.
    let _ = fs::remove_dir_all(scratch.path("tests/mutants"));
    scratch.write("tests/mutants", "a file where the folder should be");
    scratch
        .netlings(&["new", "ports-try"])
        .assert()
        .code(3)
        .stderr(contains("cannot be written"));
    assert!(
        !scratch.path("labs/ports-try").exists()
            && !scratch.path("tests/checks/ports-try.rs").exists()
    );
}

/// Runs cargo at the root of a scratch, in the folder that all of them share.
fn cargo_in(folder: &Path, args: &[&str]) -> (bool, String) {
    let mut cargo = Command::new(cargo::cargo());
    cargo
        .current_dir(folder)
        .args(args)
        .env_remove("CARGO_TARGET_DIR")
        // Of all mutants those of the lab that is new there.
        .env("NETLINGS_LAB", "to-try")
        .stdin(Stdio::null());
    // Those of this test's own build are for this tree.
    let own = |name: &str| {
        name.starts_with("CARGO_BIN_EXE")
            || name.starts_with("CARGO_PKG")
            || name.starts_with("CARGO_MANIFEST")
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(own)) {
        cargo.env_remove(name);
    }
    let output = cargo.output().expect("cargo can be started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

#[test]
#[ignore = "takes minutes: builds and tests a copy of the course"]
fn a_new_lab_passes_everything_from_the_start() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    for file in ["src/client.rs", "src/server.rs"] {
        scratch.write(
            &format!("labs/hello/{file}"),
            fs::read(root().join("labs/hello").join(file)).expect("a stub"),
        );
    }
    for file in ["README.md", ".gitignore"] {
        copy(&root().join(file), &scratch.path(file));
    }
    scratch
        .netlings(&["new", "to-try", "--title", "Something to try"])
        .assert()
        .code(0);
    scratch
        .netlings(&["new", "abc"])
        .assert()
        .code(0)
        .stdout(contains("SUMMARY.md"));
    let clippy = [
        "clippy",
        "--quiet",
        "--offline",
        "-p",
        "lab-to-try",
        "-p",
        "solution-to-try",
        "--",
        "-D",
        "warnings",
    ];
    let (clean, said) = cargo_in(scratch.folder.path(), &clippy);
    assert!(clean, "{said}");
    let run = [
        "run",
        "--quiet",
        "--offline",
        "-p",
        "netlings",
        "--bin",
        "netlings",
        "--",
        "check",
        "to-try",
    ];
    let (passes, said) = cargo_in(
        scratch.folder.path(),
        &[&run[..], &["--tree", "solutions"]].concat(),
    );
    assert!(passes, "{said}");
    let (passes, said) = cargo_in(scratch.folder.path(), &run);
    assert!(!passes && said.contains("2 todo"), "{said}");
    let test = [
        "test",
        "--offline",
        "-p",
        "netlings",
        "--test",
        "suite",
        "--",
        "--include-ignored",
    ];
    // All that looks at every lab; what looks at netlings itself is no other in
    // the copy.
    let (green, said) = cargo_in(
        scratch.folder.path(),
        &[
            &test[..],
            &OF_EVERY_LAB,
            &["--skip", "under_load", "--skip", "in_a_browser"],
        ]
        .concat(),
    );
    assert!(green, "{said}");
}

/// The tests that look at every lab.
const OF_EVERY_LAB: [&str; 7] = [
    "suite::book",
    "suite::mutants::every_mutant_is",
    "suite::quiz",
    "suite::reports",
    "suite::solutions",
    "suite::tree",
    "suite::untouched",
];

/// Stands in no file of the course but this one.
const TEACHERS: &str = "// what a teacher wrote, and no student sees";

#[test]
fn students_get_no_solutions() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let students = tempfile::tempdir().expect("a folder can be made");
    let to = students.path().join("deep").join("students");
    let export =
        |args: &[&str]| scratch.netlings(&[&["export", &to.to_string_lossy()], args].concat());
    scratch.untouch();
    // What a teacher has solved is not in it, nor what they have added.
    scratch.netlings(&["list"]).assert().code(0);
    scratch.write("labs/hello/src/client.rs", TEACHERS);
    scratch.write("labs/hello/src/notes.rs", TEACHERS);
    scratch.write("tests/mutants/hello.toml", "a piece of a solution");
    export(&["--lab", "hello"])
        .assert()
        .code(0)
        .stdout(contains("stubs of hello"));
    let stub = fs::read_to_string(to.join("labs/hello/src/client.rs")).expect("the stub is there");
    assert_eq!(stub, CLIENT);
    let mut files = Vec::new();
    walk(&to, &mut files);
    for file in &files {
        let shown = file.strip_prefix(&to).unwrap_or(file).to_string_lossy();
        let wrong = ["solutions", "mutants/", "hello.py", "notes.rs", ".netlings"]
            .iter()
            .any(|piece| shown.contains(piece));
        assert!(
            !wrong || shown.contains("suite/solutions.rs"),
            "{shown} was exported"
        );
        let text = fs::read(file).expect("the file can be read");
        assert!(
            !text
                .windows(TEACHERS.len())
                .any(|piece| piece == TEACHERS.as_bytes())
                || shown.contains("suite/cli.rs"),
            "{shown}"
        );
    }
    let manifest = fs::read_to_string(to.join("Cargo.toml")).expect("the manifest is there");
    assert!(!manifest.contains("\"solutions/*\""));
    let lock = fs::read_to_string(to.join("Cargo.lock")).expect("the lock file is there");
    assert!(!lock.contains("solution-") && lock.contains("lab-hello"));

    export(&[])
        .assert()
        .code(2)
        .stderr(contains("is not empty"));
    scratch
        .netlings(&["export", "inside"])
        .assert()
        .code(2)
        .stderr(contains("inside the course"));
    assert!(!scratch.path("inside").exists());
    scratch
        .netlings(&["export", "../x", "--lab", "helo"])
        .assert()
        .code(2)
        .stderr(contains("did you mean hello?"));

    // What cannot be written whole is not there at all.
    let half = students.path().join("half");
    fs::remove_file(scratch.path("Cargo.lock")).expect("the lock file can be removed");
    scratch
        .netlings(&["export", &half.to_string_lossy(), "--lab", "hello"])
        .assert()
        .code(3);
    assert!(!half.exists());
    let names: Vec<_> = fs::read_dir(students.path())
        .expect("it can be read")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(names, [OsStr::new("deep")]);
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder can be read")
        .flatten()
    {
        if entry.path().is_dir() {
            walk(&entry.path(), files)
        } else {
            files.push(entry.path())
        }
    }
}

#[test]
#[ignore = "takes minutes: builds and tests the students' copy"]
fn what_students_get_builds_and_is_green() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    for file in ["src/client.rs", "src/server.rs"] {
        scratch.write(
            &format!("labs/hello/{file}"),
            fs::read(root().join("labs/hello").join(file)).expect("a stub"),
        );
    }
    for file in ["README.md", ".gitignore"] {
        copy(&root().join(file), &scratch.path(file));
    }
    // With a second lab there is one to leave out.
    let has_second = has_solutions()
        && scratch
            .netlings(&["new", "to-try"])
            .output()
            .is_ok_and(|made| made.status.success());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let export = |name: &str, args: &[&str]| {
        let to = folder.path().join(name);
        let run = [
            "run",
            "--quiet",
            "--offline",
            "-p",
            "netlings",
            "--bin",
            "netlings",
            "--",
            "export",
        ];
        let (done, said) = cargo_in(
            scratch.folder.path(),
            &[&run[..], &[&to.to_string_lossy()], args].concat(),
        );
        assert!(done, "{said}");
        #[cfg(unix)]
        std::os::unix::fs::symlink(root().join("target").join("scratch"), to.join("target"))
            .expect("a link can be made");
        to
    };
    let mut exported = vec![(export("all", &[]), "step 1 of 3")];
    if has_second {
        exported.push((export("one", &["--lab", "to-try"]), "step 1 of 1"));
        assert!(!folder.path().join("one/labs/hello").exists());
    }
    for (to, step) in &exported {
        let (built, said) = cargo_in(to, &["build", "--locked", "--offline"]);
        assert!(built, "{said}");
        let (passes, said) = cargo_in(to, &["run", "--quiet", "--locked", "--offline"]);
        assert!(
            !passes && said.contains(step) && said.contains("todo"),
            "{said}"
        );
        let (green, said) = cargo_in(
            to,
            &[
                "test",
                "--locked",
                "--offline",
                "-p",
                "netlings",
                "--",
                "--skip",
                "suite::cli",
            ],
        );
        assert!(green, "{said}");
    }
}

/// Two checks of `framing` to keep back, one of them with a recording of its
/// own, and its name. Nothing here may name them whole: this file is handed out.
#[cfg(target_os = "linux")]
fn kept_back() -> Option<([&'static str; 2], &'static str)> {
    let lab = checks::find("framing");
    let found = lab.and_then(|lab| {
        let check = |start: &str| {
            lab.checks
                .iter()
                .find(|check| check.name.starts_with(start))
        };
        let recording = lab
            .recordings
            .iter()
            .find(|kept| kept.name.ends_with("_resync"));
        let two = [
            check("frames_are_given_up_")?.name,
            check("behind_a_wrong_length_")?.name,
        ];
        Some((two, recording?.name))
    });
    if found.is_none() {
        println!("skipped: this tree has not the checks of framing that it would keep back");
    }
    found
}

/// A quarter of a pack's key.
#[cfg(target_os = "linux")]
const KEY: &str = "0123456789abcdef";

/// A pack, with what it says of labs.
#[cfg(target_os = "linux")]
fn pack(folder: &Path, labs: &str) -> PathBuf {
    let path = folder.join("pack.toml");
    let key = KEY.repeat(4);
    fs::write(&path, format!("version = 1\nkey = \"{key}\"\n{labs}")).expect("a pack");
    path
}

#[test]
#[cfg(target_os = "linux")]
fn students_get_nothing_of_a_check_that_the_pack_keeps_back() {
    let (Some((two, recording)), Some(scratch)) = (kept_back(), Scratch::new()) else {
        return;
    };
    scratch.untouch();
    let lab = checks::find("framing").expect("it has checks");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let to = folder.path().join("students");
    let export = |more: &[&str]| {
        scratch.netlings(&[&["export", &to.to_string_lossy(), "--lab", "framing"], more].concat())
    };
    let [first, second] = two;
    let visibility = format!(
        "[labs.framing]\nvisibility = {{ {first} = \"hidden\", {second} = \"after_due_date\" }}\n"
    );
    let pack_of = |labs: &str| pack(folder.path(), labs).to_string_lossy().into_owned();

    // Where they are said, and where they would be found: in a whole export.
    let naming = |to: &Path| {
        let mut files = Vec::new();
        walk(to, &mut files);
        files.retain(|file| {
            let octets = fs::read(file).expect("the file can be read");
            let text = String::from_utf8_lossy(&octets);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let said = |piece: &&str| text.contains(*piece) || name.contains(*piece);
            [first, second, recording].iter().any(said)
        });
        files.len()
    };
    export(&[]).assert().code(0);
    assert!(
        naming(&to) >= 3,
        "checks, mistakes and a snapshot name them"
    );
    fs::remove_dir_all(&to).expect("it can be removed");
    let pack = pack_of(&visibility);
    export(&["--pack", &pack])
        .assert()
        .code(0)
        .stdout(contains("kept back: 2 checks of framing"));
    assert_eq!(naming(&to), 0, "a file names what is kept back");

    // All others are there, with their steps and points.
    let source = fs::read_to_string(to.join("tests/checks/framing.rs")).expect("the checks");
    for check in lab.checks.iter().filter(|check| !two.contains(&check.name)) {
        let line = format!("check!({}, {}, {},", check.step, check.points, check.name);
        assert!(source.contains(&line), "{line}");
        assert!(source.contains(&format!("fn {}(", check.name)), "{line}");
    }
    assert_eq!(source.matches(" check!(").count() + 2, lab.checks.len());
    for kept in lab.recordings.iter().filter(|kept| kept.name != recording) {
        let snapshot = format!("tests/snapshots/framing__{}.snap", kept.name);
        assert!(to.join(&snapshot).is_file(), "{snapshot}");
    }
    fs::remove_dir_all(&to).expect("it can be removed");

    // What cannot be is said before anything is there.
    for (labs, said) in [
        (
            "[labs.framing]\ndefault = \"hidden\"\n",
            "step 1 of framing has no visible check",
        ),
        (
            "[labs.framing]\nvisibility = { no_such = \"hidden\" }\n",
            "framing has no check no_such",
        ),
        ("[labs.no-such]\n", "there is no lab no-such"),
    ] {
        let pack = pack_of(labs);
        export(&["--pack", &pack])
            .assert()
            .code(2)
            .stderr(contains(said));
        assert!(!to.exists(), "{said}");
    }
    let pack = pack_of(&visibility);
    scratch.write("book/src/notes.md", format!("one\n{first}\n"));
    let named = format!("{first} of framing cannot be kept back: book/src/notes.md:2 names it");
    export(&["--pack", &pack])
        .assert()
        .code(2)
        .stderr(contains(named));
    scratch.write("book/src/notes.md", KEY.repeat(4));
    export(&["--pack", &pack])
        .assert()
        .code(2)
        .stderr(contains("book/src/notes.md has the key of"));
    assert!(!to.exists());
}

/// Nearly all is kept back, so that little is left that uses the rest: a check
/// a step, in every lab whose checks nothing else names.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes minutes: builds and tests the students' copy"]
fn what_students_get_with_a_pack_builds_and_is_green() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let is_first = |lab: &LabChecks, check: &Check| {
        let mut of_step = lab.checks.iter().filter(|other| other.step == check.step);
        of_step.next().is_some_and(|first| first.name == check.name)
    };
    let mut labs = String::new();
    for lab in checks::LABS.iter().filter(|lab| lab.lab != "hello") {
        let first = lab.checks.iter().filter(|check| is_first(lab, check));
        let first: Vec<String> = first
            .map(|check| format!("{} = \"visible\"", check.name))
            .collect();
        let first = first.join(", ");
        labs += &format!(
            "[labs.{}]\ndefault = \"hidden\"\nvisibility = {{ {first} }}\n",
            lab.lab
        );
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let to = folder.path().join("students");
    let pack = pack(folder.path(), &labs);
    let words = [
        OsStr::new("export"),
        to.as_os_str(),
        OsStr::new("--pack"),
        pack.as_os_str(),
    ];
    scratch
        .netlings(&[])
        .args(words)
        .assert()
        .code(0)
        .stdout(contains("kept back: "));
    std::os::unix::fs::symlink(root().join("target").join("scratch"), to.join("target"))
        .expect("a link can be made");
    // All is built, and what looks at every lab is run; the book's terminals
    // show no check.
    let test = ["test", "--locked", "--offline", "-p", "netlings", "--"];
    let words = [
        &test[..],
        &OF_EVERY_LAB,
        &["--skip", "suite::book::console"],
    ]
    .concat();
    let (green, said) = cargo_in(&to, &words);
    assert!(green && !said.contains("warning"), "{said}");
    // One check a step, with its own points.
    for lab in checks::LABS.iter().filter(|lab| lab.lab != "hello") {
        let (_, said) = cargo_in(&to, &["netlings", "check", lab.lab, "--json"]);
        // What cargo says comes behind it.
        let document = serde_json::Deserializer::from_str(&said).into_iter().next();
        let Some(Ok(checked)) = document else {
            panic!("{said}")
        };
        let checked: Value = checked;
        let tests = at(&checked, "labs/0/tests").as_array().expect("a list");
        let there = tests
            .iter()
            .map(|test| (at(test, "name").as_str(), at(test, "points_max").as_u64()));
        let first = lab.checks.iter().filter(|check| is_first(lab, check));
        let wanted = first.map(|check| (Some(check.name), Some(u64::from(check.points))));
        assert!(there.eq(wanted), "{said}");
    }
}

// ---------------------------------------------------------------- no process is left

/// However netlings ends, what it started ends too: here programs that fork,
/// leave their group and session, and hear no signal.
#[test]
#[cfg(target_os = "linux")]
fn no_process_outlives_netlings() {
    use std::os::unix::fs::PermissionsExt;
    if checks::find("hello").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("hang.sh");
    let script = "#!/bin/sh\ntrap '' TERM INT HUP\n\
        if [ \"$2\" != child ]; then\n  setsid \"$0\" \"$1\" child &\n  (setsid \"$0\" \"$1\" child <&- >&- 2>&- &)\nfi\n\
        i=0; while [ $i -lt 300 ]; do i=$((i+1)); sleep 0.2; done\n";
    fs::write(&program, script).expect("a program can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("and made one");
    for (number, signal) in [rustix::process::Signal::KILL, rustix::process::Signal::INT]
        .into_iter()
        .enumerate()
    {
        let marker = format!("netlings-marker-{}-{number}", std::process::id());
        let mut netlings = Command::new(assert_cmd::cargo::cargo_bin!("netlings"))
            .current_dir(root())
            .args([
                "check",
                "hello",
                "--exec",
                &format!("'{}' {marker}", program.display()),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("netlings can be started");
        // Before the first program starts, another test's build may have to end.
        let soon = Instant::now() + PATIENCE;
        let all_there = wait::until(soon, || (marked(&marker, "child") >= 2).then_some(()));
        let pid = rustix::process::Pid::from_child(&netlings);
        rustix::process::kill_process(pid, signal).expect("netlings runs");
        let _ = netlings.wait();
        assert!(all_there.is_some(), "the programs did not start");
        let later = Instant::now() + PATIENCE;
        let gone = wait::until(later, || (marked(&marker, "") == 0).then_some(()));
        assert!(
            gone.is_some(),
            "{signal:?}: {} processes are left",
            marked(&marker, "")
        );
    }
}

/// How many processes have `marker` for an argument, and `then` behind it.
#[cfg(target_os = "linux")]
fn marked(marker: &str, then: &str) -> usize {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mark = format!("\0{marker}\0{then}");
    let lines =
        processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(&mark)).count()
}
