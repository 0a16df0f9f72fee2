//! From a save to its verdict, in a window, with [rustlings] as the peer.
//!
//! ```text
//! NETLINGS_MEASURE=20 RUSTLINGS=PROGRAM EXERCISES=FOLDER \
//!     cargo test --test suite measure -- --ignored --nocapture
//! ```
//!
//! `PROGRAM` is rustlings itself and `FOLDER` what `rustlings init` made; both
//! can be left out. With NETLINGS_BESIDE, netlings is measured once more while
//! clippy checks the whole workspace in a loop. The clock runs from before the file is written until the
//! verdict stands in the window.
//!
//! [rustlings]: https://rustlings.rust-lang.org

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;

use super::cli::Scratch;
use super::watch::Term;
use super::{has_solutions, root};

/// Saves that come before those that count.
const WARM_UP: u32 = 2;

const SIZE: (u16, u16) = (100, 30);

#[test]
#[ignore = "measures, and only when NETLINGS_MEASURE says how many saves"]
fn measure_from_a_save_to_its_verdict() {
    let rounds = env::var("NETLINGS_MEASURE").ok();
    let Some(rounds) = rounds.and_then(|rounds| rounds.parse().ok()) else {
        println!("skipped: NETLINGS_MEASURE does not say how many saves");
        return;
    };
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::building() else {
        return;
    };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before: {load}");
    println!("| what | median | worst | of the median the build |\n|---|---|---|---|");
    let alone: Vec<_> = LABS
        .iter()
        .map(|lab| netlings(&scratch, lab, rounds, ""))
        .collect();
    if let (Some(program), Some(folder)) = (env::var_os("RUSTLINGS"), env::var_os("EXERCISES")) {
        rustlings(Path::new(&program), Path::new(&folder), rounds);
    }
    if env::var_os("NETLINGS_BESIDE").is_none() {
        return;
    }
    let done = Arc::new(AtomicBool::new(false));
    let clippy = clippy_in_a_loop(&scratch, &done);
    for (lab, alone) in LABS.iter().zip(alone) {
        let beside = netlings(&scratch, lab, rounds, ", clippy beside");
        for (beside, alone) in beside.iter().zip(alone) {
            println!(
                "{lab}: {:.2} times",
                beside.as_secs_f64() / alone.as_secs_f64()
            );
        }
    }
    done.store(true, Ordering::Relaxed);
    clippy.join().expect("the loop ends");
}

const LABS: [&str; 3] = ["hello", "addresses", "framing"];

/// The medians of a lab's first step: it passes, fails, does not compile.
fn netlings(scratch: &Scratch, lab: &str, rounds: u32, beside: &str) -> Vec<Duration> {
    let folder = root().join("solutions").join(lab).join("src");
    for entry in fs::read_dir(folder)
        .expect("the reference is there")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "main.rs" && name != "lib.rs" && name != "cli.rs" {
            let text = fs::read(entry.path()).expect("it can be read");
            scratch.write(&format!("labs/{lab}/src/{name}"), text);
        }
    }
    let checks = netlings::checks::find(lab).expect("the lab is there");
    let of_step_1 = |name: &str| {
        let mut checks = checks.checks.iter();
        checks.any(|check| check.name == name && check.step == 1)
    };
    let table = scratch.read(&format!("tests/mutants/{lab}.toml"));
    let table: toml::Table = toml::from_str(&String::from_utf8_lossy(&table)).expect("it is TOML");
    let wrong = table.get("mutant").and_then(toml::Value::as_array);
    let wrong = wrong.into_iter().flatten();
    let field = |mutant: &toml::Value, name: &str| {
        let text = mutant.get(name).and_then(toml::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let wrong = wrong
        .map(|mutant| ["check", "file", "find", "replace"].map(|name| field(mutant, name)))
        .find(|[check, ..]| of_step_1(check));
    let [_, file, find, replace] = wrong.expect("the first step has a mutant");
    let file = format!("labs/{lab}/{file}");
    let right = String::from_utf8(scratch.read(&file)).expect("it is UTF-8");
    let broken = format!("{right}\nfn broken() -> u8 {{\n    \"\"\n}}\n");
    let fails = right.replace(&find, &replace);
    let mut term = Term::of(
        cargo_bin!("netlings"),
        &scratch.path("."),
        &["watch", &format!("{lab}/1")],
        &[],
        SIZE,
    );
    term.shows("save to check again");
    let mut save = 0;
    let mut medians = Vec::new();
    for (kind, text) in [
        ("passes", &right),
        ("fails", &fails),
        ("does not compile", &broken),
    ] {
        let (mut times, mut builds) = (Vec::new(), Vec::new());
        for round in 0..rounds + WARM_UP {
            save += 1;
            let since = Instant::now();
            scratch.write(&file, format!("{text}// {save}\n"));
            let shown = term.shows(&format!("save {save} "));
            let took = since.elapsed();
            if round >= WARM_UP {
                times.push(took);
                let built = shown
                    .split_once(" built ")
                    .and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
                builds.push(Duration::from_secs_f64(built.unwrap_or_default()));
            }
            // The look at the other steps is over, too.
            term.shows(&format!("save {save} · save to check again"));
        }
        medians.push(row(&format!("{lab}/1 {kind}{beside}"), times, builds));
    }
    let status = fs::read_to_string(format!("/proc/{}/status", term.id())).unwrap_or_default();
    let memory = status.lines().find(|line| line.starts_with("VmRSS"));
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", term.id())).unwrap_or_default();
        let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
        let fields = fields.unwrap_or_default();
        let times = fields.split(' ').skip(11).take(2);
        times
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum::<u64>()
    };
    let before = ticks();
    thread::sleep(Duration::from_secs(10)); // idle is what is measured
    println!(
        "idle: {}, {} ms of processor in 10 s",
        memory.unwrap_or_default().replace(['\t', ' '], ""),
        (ticks() - before) * 10
    );
    term.press("q");
    term.ends();
    medians
}

/// The same for rustlings, with an exercise for each kind.
fn rustlings(program: &Path, folder: &Path, rounds: u32) {
    for (kind, name, file) in [
        ("passes", "intro1", "exercises/00_intro/intro1.rs"),
        ("fails", "tests1", "exercises/17_tests/tests1.rs"),
        (
            "does not compile",
            "variables1",
            "exercises/01_variables/variables1.rs",
        ),
    ] {
        let path = folder.join(file);
        let given = fs::read_to_string(&path).expect("the exercises are there");
        // It does not compile as it is given.
        let text = given.replace("assert!();", "assert!(is_even(3));");
        let state = format!("DON'T EDIT THIS FILE!\n\n{name}\n\n");
        fs::write(folder.join(".rustlings-state.txt"), state).expect("it can be written");
        fs::write(&path, &text).expect("it can be written");
        let mut term = Term::of(program, folder, &[], &[], SIZE);
        term.writes(b"Progress:");
        let mut times = Vec::new();
        for round in 0..rounds + WARM_UP {
            // It loses a save during a run, and does not say when it listens.
            thread::sleep(Duration::from_millis(600));
            term.seen().raw.clear();
            let since = Instant::now();
            fs::write(&path, format!("{text}// {round}\n")).expect("it can be written");
            term.writes(b"Progress:");
            if round >= WARM_UP {
                times.push(since.elapsed());
            }
        }
        row(&format!("rustlings, {name} {kind}"), times, Vec::new());
        fs::write(&path, given).expect("it can be written");
        term.press("q");
        term.ends();
    }
}

/// Prints a row and gives the median.
fn row(what: &str, mut times: Vec<Duration>, mut builds: Vec<Duration>) -> Duration {
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let (middle, build) = (median(&mut times), median(&mut builds));
    let worst = times.last().copied().unwrap_or_default();
    println!(
        "| {what} | {:.2} s | {:.2} s | {:.2} s |",
        middle.as_secs_f64(),
        worst.as_secs_f64(),
        build.as_secs_f64()
    );
    middle
}

/// What an editor does beside: it checks the whole workspace at each save.
fn clippy_in_a_loop(scratch: &Scratch, done: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let (root, done) = (scratch.path("."), Arc::clone(done));
    thread::spawn(move || {
        while !done.load(Ordering::Relaxed) {
            for lab in LABS {
                let file = root.join(format!("labs/{lab}/src/cli.rs"));
                let text = fs::read(&file).expect("it is there");
                fs::write(&file, text).expect("it can be written");
            }
            let mut clippy = Command::new(netlings::cargo::cargo());
            clippy.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
            clippy.current_dir(&root);
            clippy.stdout(Stdio::null()).stderr(Stdio::null());
            clippy.status().expect("clippy can be started");
        }
    })
}
