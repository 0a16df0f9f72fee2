//! What a learner reads when a program is wrong: twenty programs that somebody
//! might write who begins, and the report on each, kept under `wrong/`.
//!
//! A report is for whoever reads it, so a changed one is read before it is kept:
//! would a learner know within half a minute what to mend?

#![cfg(target_os = "linux")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use netlings::cargo::{self, Build};
use netlings::check::{Outcome, Report};
use netlings::report::{self, Look, Pointers};
use netlings::tree::Tree;
use netlings::{checks, wait};

use super::{has_solutions, root};

/// The most lines that a report may have: a screen.
const LINES_MAX: usize = 40;

/// A wrong program: the lab, what it does wrong, and the first check of which a
/// learner reads.
type Wrong = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const TWENTY: &[Wrong] = &[
    ("hello", "prompt", "the_greeting_is_printed"),
    ("hello", "repr", "the_greeting_is_printed"),
    ("hello", "exactly-1024", "the_greeting_is_printed"),
    ("hello", "connects-twice", "the_greeting_is_printed"),
    ("hello", "exit-0", "a_greeting_that_ends_in_mid_line_is_refused"),
    ("hello", "traceback", "a_greeting_that_ends_in_mid_line_is_refused"),
    ("hello", "crlf", "the_answer_ends_in_a_line_feed"),
    ("hello", "never-flushed", "the_server_speaks_first"),
    ("hello", "port-0", "the_server_speaks_first"),
    ("framing", "eight-octets", "the_length_stands_first_most_significant_octet_first"),
    ("framing", "print", "the_length_stands_first_most_significant_octet_first"),
    ("framing", "length-of-the-text", "the_length_stands_first_most_significant_octet_first"),
    ("framing", "text", "frames_that_touch_are_told_apart"),
    ("framing", "end-not-seen", "an_end_between_two_messages_is_an_end"),
    ("framing", "log", "the_relay_answers_each_frame_at_once"),
    ("framing", "one-answer", "a_half_close_in_mid_message_ends_that_connection_alone"),
    ("addresses", "one-line", "the_octets_stand_in_the_order_written"),
    ("addresses", "stops", "a_part_is_a_number_from_0_to_255"),
    ("addresses", "tabs", "the_octets_stand_in_the_order_written"),
    ("addresses", "strict", "every_length_from_0_to_32_has_its_mask"),
];

/// Python itself, not a script that looks for it: a check starts it many times.
fn python() -> Option<String> {
    let itself = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let itself = itself.ok().filter(|output| output.status.success());
    let Some(itself) = itself else {
        println!("skipped: no python3");
        return None;
    };
    Some(String::from_utf8_lossy(&itself.stdout).trim().to_owned())
}

/// What one check says of a program. It alone is run: all those of a step would
/// be a hundred programs at once, and some that never end.
fn report_of(lab: &str, check: &str, program: &[&str]) -> Report {
    let captures = tempfile::tempdir().expect("a folder can be made");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netlings"));
    command
        .current_dir(root())
        .args(["one-check", lab, check, "--seed", "7f3a", "--snapshots"])
        .arg(root().join("tests/snapshots"))
        .arg("--captures")
        .arg(captures.path())
        .arg("--")
        .args(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = command.spawn().expect("netlings can be started");
    // It ends when this does.
    let lifeline = child.stdin.take();
    let output = child.wait_with_output().expect("its output can be read");
    drop(lifeline);
    match serde_json::from_slice(&output.stdout) {
        Ok(Outcome::Fail(report)) => *report,
        Ok(other) => panic!("{lab}: {check} of {program:?}: {other:?}"),
        Err(error) => panic!("{lab}: {check} of {program:?}: {error}"),
    }
}

/// The report as it is read, with other ports, paths and versions of Python
/// than those of this run.
fn neutral(mut report: Report) -> String {
    if let Some((path, _)) = &mut report.capture {
        *path = PathBuf::from(path.file_name().unwrap_or_default());
    }
    // Where an exception was differs from one version to the next.
    let said = report.stderr.lines();
    let said: Vec<&str> = said.filter(|line| !line.starts_with(' ')).collect();
    report.stderr = said.join("\n");
    let pointers = Pointers {
        page: "PAGE".to_owned(),
        again: "AGAIN".to_owned(),
        program: "PROGRAM".to_owned(),
    };
    let text = in_one_order(&report::block(&report, &pointers, Look::PLAIN));
    // Ports that the system chose have five digits, and so has this one.
    let host = "127.0.0.1:";
    let mut parts = text.split(host);
    let mut neutral = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        neutral.push_str(host);
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let port = part.strip_suffix(rest).unwrap_or_default();
        neutral.push_str(if port.len() == 5 { "40000" } else { port });
        neutral.push_str(rest);
    }
    without_descriptors(&neutral)
}

/// The same with another number for each descriptor: it depends on what else
/// was open.
fn without_descriptors(text: &str) -> String {
    let mut parts = text.split("(fd ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("(fd N");
        plain.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    plain
}

/// The same with rows of the ladder in one order that may come in any: what the
/// program sends and what it prints go on different ways, and while it works the
/// harness ends its own direction.
fn in_one_order(text: &str) -> String {
    let is_from = |line: &str| line.contains(" │◀");
    let is_end = |line: &str| {
        line.ends_with("▶│")
            && (line.contains(" closes its direction (FIN) ") || line.contains(" end of input "))
    };
    let moves = |line: &&str| is_from(line) || is_end(line);
    let lines: Vec<&str> = text.lines().collect();
    let mut ordered = String::new();
    for group in lines.chunk_by(|a, b| moves(a) && moves(b)) {
        let rows = group.iter().map(|line| line.split_once(" │"));
        let Some(mut rows) = rows.collect::<Option<Vec<_>>>().filter(|_| group.len() > 1) else {
            group.iter().for_each(|line| ordered.extend([line, "\n"]));
            continue;
        };
        let numbers: Vec<&str> = rows.iter().map(|(number, _)| *number).collect();
        rows.sort_by_key(|(_, row)| (row.starts_with('◀'), *row));
        for (number, (_, row)) in numbers.iter().zip(rows) {
            ordered.extend([number, " │", row, "\n"]);
        }
    }
    ordered
}

fn program(lab: &str) -> PathBuf {
    root().join(format!("tests/suite/wrong/{lab}.py"))
}

#[test]
fn every_report_can_be_read_on_a_screen_and_is_on_record() {
    let here = |(lab, _, _): &&Wrong| program(lab).is_file() && checks::find(lab).is_some();
    let wrong: Vec<&Wrong> = TWENTY.iter().filter(here).collect();
    if wrong.is_empty() {
        println!("skipped: this tree has no wrong programs");
        return;
    }
    let Some(python) = python() else { return };
    let next = AtomicUsize::new(0);
    let texts: Mutex<Vec<Option<String>>> = Mutex::new(vec![None; wrong.len()]);
    // Some wait for a deadline; more at once would make others late.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((lab, name, check)) = wrong.get(index) else {
                        break;
                    };
                    let program = program(lab);
                    let program = [
                        python.as_str(),
                        "-I",
                        "-S",
                        &program.to_string_lossy(),
                        "--wrong",
                        name,
                    ];
                    let text = neutral(report_of(lab, check, &program));
                    let mut texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
                    texts
                        .get_mut(index)
                        .into_iter()
                        .for_each(|slot| *slot = Some(text.clone()));
                }
            });
        }
    });
    let texts = texts.into_inner().unwrap_or_else(PoisonError::into_inner);
    for ((lab, name, check), text) in wrong.iter().zip(texts) {
        let text = text.unwrap_or_else(|| panic!("{lab}: {name} was not checked"));
        let count = text.lines().count();
        assert!(
            count <= LINES_MAX,
            "the report on {lab}: {name} has {count} lines:\n{text}"
        );
        insta::with_settings!({
            snapshot_path => root().join("tests/suite/wrong"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
            description => format!("{lab}.py --wrong {name}: {check}"),
        }, {
            insta::assert_snapshot!(format!("{lab}__{name}"), text);
        });
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.expect("there is a free port").port()
}

#[test]
fn a_conversation_by_hand_shows_what_the_check_saw() {
    let hello = root().join("tests/suite/hello.py");
    if !hello.is_file() || checks::find("hello").is_none() {
        println!("skipped: this tree has no hello.py");
        return;
    }
    let nc = Command::new("nc").arg("-h").output();
    if !nc.is_ok_and(|nc| String::from_utf8_lossy(&nc.stderr).contains("OpenBSD")) {
        println!("skipped: no nc, or another than OpenBSD's");
        return;
    }
    let Some(python) = python() else { return };
    let hello = hello.to_string_lossy();
    let program = [python.as_str(), "-I", "-S", &hello, "--one-read"];
    let report = report_of("hello", "a_greeting_in_pieces_is_printed_whole", &program);
    let by_hand = report.by_hand.expect("plain tools can show it");
    let quoted: Vec<String> = program.iter().map(|word| format!("'{word}'")).collect();
    let command = by_hand.command(&quoted.join(" "));
    assert!(command.contains("7000"), "{command}");
    let command = command.replace("7000", &free_port().to_string());

    let mut shell = Command::new("sh");
    shell
        .args(["-c", &command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut tree = Tree::start(&mut shell).expect("sh can be started");
    let mut stdout = tree.child.stdout.take().expect("it is a pipe");
    let reader = thread::spawn(move || {
        let mut printed = String::new();
        stdout.read_to_string(&mut printed).map(|_| printed)
    });
    let late = Instant::now() + Duration::from_secs(300);
    let ended = wait::until(late, || tree.child.try_wait().ok().flatten());
    tree.end();
    let printed = reader.join().expect("the reader does not panic");
    assert!(ended.is_some(), "it did not end: {command}");
    let printed = printed.expect("what it prints is text");
    assert_eq!(format!("{printed:?}"), report.came, "{command}");
}

#[test]
fn the_preloaded_library_refuses_descriptors() {
    if !has_solutions() {
        return;
    }
    let packages = ["solution-hello", "netlings-shortfall"];
    let Build::Built(built) = cargo::build(&root(), &packages, false) else {
        panic!("{packages:?} were not built")
    };
    let [program, library]: &[PathBuf; 2] = built
        .first_chunk()
        .expect("each package has something to run or to load");
    assert_eq!(
        serve_without_descriptors(program, library),
        (
            Some(1),
            "error: Too many open files (os error 24)\n".to_owned()
        )
    );
}

/// Exit status and standard error of a server whose every socket is refused.
fn serve_without_descriptors(program: &Path, library: &Path) -> (Option<i32>, String) {
    let output = Command::new(program)
        .args(["serve", "x"])
        .env("LD_PRELOAD", library)
        .env("NETLINGS_SHORTFALL", "emfile=1")
        .stdin(Stdio::null())
        .output()
        .expect("the reference can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}
