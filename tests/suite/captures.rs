//! Every capture of every lab, read by tshark.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netlings::capture::{Ends, Transport};
use netlings::cargo::{self, Build};
use netlings::check::{Check, LabChecks, Outcome, What};
use netlings::checks;
use netlings::runner::Happened;

use super::{has_solutions, root};

/// Packets that have no business in a capture of ours.
const BAD: &str = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 \
                   || udp.checksum.status == 0 || tcp.analysis.lost_segment";

#[test]
#[ignore = "takes long: some tsharks a capture"]
fn tshark_finds_nothing_wrong_in_any_capture_and_the_octets_that_went() {
    if !has_solutions() {
        return;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: there is no tshark");
        return;
    }
    let (mut captures, mut followed) = (0, 0);
    for lab in checks::LABS {
        let programs = [&format!("solution-{}", lab.lab), "netlings-shortfall"];
        let Build::Built(built) = cargo::build(&root(), &programs, false) else {
            panic!("{programs:?} were not built")
        };
        for check in lab.checks {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let happened = run(lab, check, &built, folder.path());
            let path = folder.path().join(format!("{}.pcapng", check.name));
            // A check that works through standard input has no packets.
            if happened.connections.is_empty() {
                assert!(!path.exists(), "{} has no connection", check.name);
                continue;
            }
            assert_eq!(tshark(&path, &["-Y", BAD]), "", "{}", check.name);
            captures += 1;
            followed += follow(&path, check, &happened);
        }
    }
    assert!(captures > 0 && followed > 0, "no check left a capture");
    println!("{captures} captures read, {followed} conversations followed");
}

/// Runs one check of the reference and gives what happened in it.
fn run(lab: &LabChecks, check: &Check, built: &[PathBuf], folder: &Path) -> Happened {
    let [program, library] = built else {
        panic!("each package has something to run or to load")
    };
    let events = folder.join("events.json");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("netlings"))
        .current_dir(root())
        .args(["one-check", lab.lab, check.name, "--seed", "7f3a"])
        .arg("--snapshots")
        .arg(root().join("tests/snapshots"))
        .arg("--captures")
        .arg(folder)
        .arg("--events")
        .arg(&events)
        .arg("--shortfall")
        .arg(library)
        .arg("--")
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("netlings can be started");
    // It ends when this does.
    let lifeline = child.stdin.take();
    let output = child.wait_with_output().expect("its output can be read");
    drop(lifeline);
    let outcome = serde_json::from_slice(&output.stdout);
    assert!(
        matches!(outcome, Ok(Outcome::Pass)),
        "{}: {outcome:?}",
        check.name
    );
    let text = std::fs::read(&events).expect("what happened is written");
    serde_json::from_slice(&text).expect("what happened can be read")
}

fn tshark(path: &Path, args: &[&str]) -> String {
    let checksums = ["ip", "tcp", "udp"].map(|what| format!("{what}.check_checksum:TRUE"));
    let options = checksums.iter().flat_map(|option| ["-o", option]);
    let output = Command::new("tshark")
        .args(options)
        .args(args)
        .arg("-r")
        .arg(path)
        .output()
        .expect("tshark can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", path.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What went each way in a conversation, in hexadecimal.
#[derive(Debug, Default, PartialEq, Eq)]
struct Went {
    from_harness: String,
    from_program: String,
}

/// Lets tshark follow each conversation of a capture, and holds what it finds
/// to what the check sent and received. Gives how many there were.
fn follow(path: &Path, check: &Check, happened: &Happened) -> usize {
    let mut expected: BTreeMap<usize, Went> = BTreeMap::new();
    for event in &happened.events {
        if !happened.connections.contains_key(&event.stream) {
            continue;
        }
        let went = expected.entry(event.stream).or_default();
        let (from, octets) = match &event.what {
            What::Sent(octets) | What::DatagramSent(octets, _) => (&mut went.from_harness, octets),
            What::Received(octets) | What::DatagramReceived(octets, _) => {
                (&mut went.from_program, octets)
            }
            _ => continue,
        };
        from.extend(octets.iter().map(|octet| format!("{octet:02x}")));
    }
    let ends: Vec<Ends> = expected
        .keys()
        .filter_map(|stream| happened.connections.get(stream).copied())
        .collect();
    let found = followed(path, &ends);
    for (index, (stream, expected)) in expected.iter().enumerate() {
        assert!(
            found.get(&index).unwrap_or(&Went::default()) == expected,
            "{}: tshark follows other octets in conversation {stream} than those that went:\n{}",
            check.name,
            tshark(path, &["-Y", "frame.number < 100"])
        );
    }
    expected.len()
}

/// The octets of the conversations between `ends`, by their places there. tshark
/// prints two lines that name the nodes of each, then lines of hexadecimal, those
/// of the second node after a tab. One without octets, of empty datagrams alone,
/// has no nodes.
fn followed(path: &Path, ends: &[Ends]) -> BTreeMap<usize, Went> {
    let mut args = vec!["-q".to_owned()];
    for ends in ends {
        let transport = match ends.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        let (harness, program) = (ends.harness, ends.program);
        args.push("-z".to_owned());
        args.push(format!("follow,{transport},raw,{harness},{program}"));
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let text = tshark(path, &args);
    // It prints them in the reverse order of its arguments; the nodes tell.
    let mut found: BTreeMap<usize, Went> = BTreeMap::new();
    for part in text.split("Follow: ").skip(1) {
        let node = |name| part.lines().find_map(|line| line.strip_prefix(name));
        let (Some(first), Some(second)) = (node("Node 0: "), node("Node 1: ")) else {
            panic!("tshark follows nothing: {part}");
        };
        if (first, second) == (":0", ":0") {
            continue;
        }
        let is = |ends: &Ends, one: &str, other: &str| {
            ends.harness.to_string() == one && ends.program.to_string() == other
        };
        let between = |ends: &Ends| is(ends, first, second) || is(ends, second, first);
        let Some(index) = ends.iter().position(between) else {
            panic!("tshark follows strangers: {part}");
        };
        let harness_is_first = ends.get(index).is_some_and(|ends| is(ends, first, second));
        let went = found.entry(index).or_default();
        let is_hex = |line: &str| !line.is_empty() && line.bytes().all(|c| c.is_ascii_hexdigit());
        for line in part.lines() {
            let from_second = line.starts_with('\t');
            let octets = line.trim_start();
            if is_hex(octets) && from_second == harness_is_first {
                went.from_program.push_str(octets);
            } else if is_hex(octets) {
                went.from_harness.push_str(octets);
            }
        }
    }
    found
}
