//! Every named mistake is caught, by the check that is there for it and in
//! words that name it; and every step has a mistake that it alone catches.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io, thread};

use netlings::check::LabChecks;
use netlings::checks;
use serde::Deserialize;

use super::{CheckedLab, check, root};

/// `tests/mutants/LAB.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// A wrong program: the reference with one piece of text replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// The mistake, in the field's words.
    name: String,
    /// The file, from the solution's folder.
    file: PathBuf,
    /// Stands in it exactly once.
    find: String,
    /// Stands there instead.
    replace: String,
    /// The check that must fail.
    check: String,
    /// What its report must hold; the first is the mistake's name.
    says: Vec<String>,
    /// Other mistakes that the program shows as well, in other checks.
    #[serde(default)]
    also: Vec<String>,
}

/// A mutant, built.
struct Built {
    lab: &'static str,
    mutant: Mutant,
    program: PathBuf,
}

/// Labs whose mutants take minutes: there are many, or many clients, or peers that
/// wait.
const LONG: &[&str] = &["layers", "ports", "talk"];

/// The lab whose mutants are met by thousands of clients, and some of them wait for
/// minutes.
const LONGEST: &str = "chat";

#[test]
fn every_mutant_is_caught_and_named() {
    try_mutants("quick", |lab| !LONG.contains(&lab) && lab != LONGEST);
}

#[test]
#[ignore = "takes long: 200 programs are built"]
fn every_mutant_of_the_long_labs_is_caught_and_named() {
    try_mutants("long", |lab| LONG.contains(&lab));
}

#[test]
#[ignore = "takes eight minutes, and both cores: run it alone"]
fn every_mutant_of_chat_is_caught_and_named() {
    try_mutants(LONGEST, |lab| lab == LONGEST);
}

/// Tries the mutants of those labs, or of the one among them that `NETLINGS_LAB`
/// names, for whoever works on it. They are built in a folder of this `name`.
fn try_mutants(name: &str, wanted: impl Fn(&str) -> bool) {
    if !root().join("tests/mutants").is_dir() || !super::has_solutions() {
        println!("skipped: this tree has no mutants");
        return;
    }
    let only = std::env::var("NETLINGS_LAB").ok();
    let wanted =
        |lab: &&LabChecks| wanted(lab.lab) && only.as_deref().is_none_or(|only| only == lab.lab);
    let labs: Vec<&LabChecks> = checks::LABS.iter().filter(wanted).collect();
    let built = build_all(name, &labs);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, CheckedLab)>> = Mutex::new(Vec::new());
    // A mutant that hangs waits out its deadline and costs no processor; a thousand
    // clients cost much.
    let at_once = if name == LONGEST { 3 } else { 6 };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = built.get(index) else {
                        break;
                    };
                    let command = format!("'{}'", mutant.program.display());
                    let mut checked = check(&[mutant.lab, "--exec", &command, "--seed", "7f3a"]);
                    let lab = checked.labs.pop().expect("one lab was checked");
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((index, lab));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    assert_eq!(results.len(), built.len(), "every mutant was checked");

    let mut trouble = String::new();
    let mut alone: BTreeSet<(&str, u8)> = BTreeSet::new();
    for (built, (_, lab)) in built.iter().zip(&results) {
        let failing: Vec<_> = lab
            .tests
            .iter()
            .filter(|test| test.status == "fail")
            .collect();
        let steps: BTreeSet<u8> = failing.iter().map(|test| test.step).collect();
        if let (1, Some(step)) = (steps.len(), steps.first()) {
            alone.insert((built.lab, *step));
        }
        let named: BTreeSet<&str> = failing
            .iter()
            .filter_map(|test| test.report.as_ref()?.mistake.as_deref())
            .collect();
        println!(
            "{:<10} {:<52} steps {steps:?}  named {named:?}",
            built.lab, built.mutant.name
        );
        for test in lab
            .tests
            .iter()
            .filter(|test| test.status == "error" || test.status == "todo")
        {
            let _ = writeln!(
                trouble,
                "{}: {}: {} is {}: {}",
                built.lab, built.mutant.name, test.name, test.status, test.message
            );
        }
        let Some(caught) = failing.iter().find(|test| test.name == built.mutant.check) else {
            let names: Vec<_> = failing.iter().map(|test| &test.name).collect();
            let _ = writeln!(
                trouble,
                "{}: {}: {} did not fail, but {names:?} {}",
                built.lab, built.mutant.name, built.mutant.check, lab.message
            );
            continue;
        };
        let expected = built.mutant.says.iter().take(1).chain(&built.mutant.also);
        let expected: BTreeSet<&str> = expected.map(String::as_str).collect();
        for stranger in named.difference(&expected) {
            let _ = writeln!(
                trouble,
                "{}: {}: a report names another mistake, {stranger:?}",
                built.lab, built.mutant.name
            );
        }
        // A report breaks its lines where it likes.
        let message = caught
            .message
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for words in built
            .mutant
            .says
            .iter()
            .filter(|words| !message.contains(words.as_str()))
        {
            let _ = writeln!(
                trouble,
                "{}: {}: {} fails without saying {words:?}:\n{}",
                built.lab, built.mutant.name, built.mutant.check, caught.message
            );
        }
    }
    for lab in labs {
        for step in lab
            .checks
            .iter()
            .map(|check| check.step)
            .collect::<BTreeSet<_>>()
        {
            if alone.contains(&(lab.lab, step)) {
                continue;
            }
            let _ = writeln!(
                trouble,
                "{}/{step}: no mutant is caught by this step alone; elsewhere fail",
                lab.lab
            );
            for (built, (_, checked)) in built.iter().zip(&results) {
                let failing = || checked.tests.iter().filter(|test| test.status == "fail");
                if built.lab != lab.lab || failing().all(|test| test.step != step) {
                    continue;
                }
                for test in failing().filter(|test| test.step != step) {
                    let _ = writeln!(
                        trouble,
                        "  {}: {}: {}",
                        built.mutant.name, test.step, test.name
                    );
                }
            }
        }
    }
    assert!(trouble.is_empty(), "\n{trouble}");
}

/// Writes all mutants of these labs as one workspace and builds it at once.
fn build_all(name: &str, labs: &[&'static LabChecks]) -> Vec<Built> {
    let folder = root().join("target/mutants").join(name);
    let mut built = Vec::new();
    let mut members = Vec::new();
    for lab in labs {
        let lab = lab.lab;
        let text = fs::read_to_string(root().join(format!("tests/mutants/{lab}.toml")))
            .expect("every lab has mutants");
        let mutants: Mutants =
            toml::from_str(&text).unwrap_or_else(|error| panic!("mutants/{lab}.toml: {error}"));
        for (number, mutant) in mutants.mutant.into_iter().enumerate() {
            let package = format!("mutant-{lab}-{number}");
            write_mutant(lab, &mutant, &package, &folder.join(&package));
            let program = root().join("target/netlings/debug").join(&package);
            built.push(Built {
                lab,
                mutant,
                program: program.with_extension(std::env::consts::EXE_EXTENSION),
            });
            members.push(package);
        }
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the root has a manifest");
    let kept = |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
    let manifest: Vec<&str> = manifest.lines().filter(kept).collect();
    let manifest = manifest.join("\n").replacen(
        "[workspace]",
        &format!("[workspace]\nmembers = {members:?}"),
        1,
    );
    write_if_other(&folder.join("Cargo.toml"), &manifest)
        .expect("the mutants' manifest can be written");
    if !folder.join("Cargo.lock").exists() {
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
            .expect("the lock file can be copied");
    }
    let output = Command::new(netlings::cargo::cargo())
        .current_dir(&folder)
        .args([
            "build",
            "--quiet",
            "--offline",
            "--workspace",
            "--target-dir",
        ])
        .arg(netlings::cargo::target_dir(&root()))
        .env("RUSTFLAGS", "")
        // Each is built once.
        .env("CARGO_INCREMENTAL", "0")
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "the mutants do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    built
}

fn write_mutant(lab: &str, mutant: &Mutant, package: &str, to: &Path) {
    let from = root().join("solutions").join(lab);
    for file in files(&from).expect("the solution can be read") {
        let name = file.strip_prefix(&from).expect("it lies in the folder");
        let mut text = fs::read_to_string(&file).expect("a source is text");
        if name == mutant.file {
            let count = text.matches(&mutant.find).count();
            assert_eq!(
                count,
                1,
                "mutants/{lab}.toml: {}: the text stands {count} times in {}",
                mutant.name,
                name.display()
            );
            text = text.replacen(&mutant.find, &mutant.replace, 1);
        }
        let text = text
            .replace(&format!("solution-{lab}"), package)
            .replace(
                &format!("solution_{}::", lab.replace('-', "_")),
                &format!("{}::", package.replace('-', "_")),
            )
            // A mistake may leave an import or a variable unused.
            .replace(
                "[lints]\nworkspace = true\n",
                "[lints.rust]\nwarnings = \"allow\"\n",
            );
        write_if_other(&to.join(name), &text).expect("a mutant can be written");
    }
}

/// All files below `folder`.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?)
        } else {
            found.push(path)
        }
    }
    found.sort();
    Ok(found)
}

/// Leaves a file that holds `text` already, so that cargo has nothing to do.
fn write_if_other(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
