//! The house: every lab has its rooms, and what is said twice agrees.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use netlings::check::Check;
use netlings::checks;
use netlings::course::Course;

use super::mutants::files;
use super::{has_solutions, root};

fn course() -> Course {
    Course::find(&root()).expect("this is the course")
}

#[test]
fn the_top_level_holds_the_rooms_and_nothing_else() {
    let rooms = [
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "book",
        "labs",
        "solutions",
        "target",
        "tests",
    ];
    for entry in fs::read_dir(root())
        .expect("the root can be read")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let right =
            name.starts_with('.') || name.starts_with("LICENSE") || rooms.contains(&name.as_str());
        assert!(right, "{name} stands at the top level");
    }
}

#[test]
fn every_lab_has_its_rooms() {
    let course = course();
    let ordered: Vec<&str> = course.labs().iter().map(|lab| lab.lab).collect();
    for lab in checks::LABS {
        let name = lab.lab;
        assert!(ordered.contains(&name), "{name} is not in SUMMARY.md");
        let mut rooms = vec![
            format!("labs/{name}/lab.toml"),
            format!("book/src/{name}.md"),
            format!("tests/checks/{name}.rs"),
        ];
        if has_solutions() {
            rooms.extend([
                format!("solutions/{name}/lab.toml"),
                format!("tests/mutants/{name}.toml"),
            ]);
        }
        for room in rooms {
            assert!(root().join(&room).is_file(), "{room} is missing");
        }
    }
}

#[test]
fn the_table_of_a_lab_names_each_of_its_files_once() {
    for checks in checks::LABS {
        let lab = course().lab(checks.lab).expect("a lab has its lab.toml");
        let named: Vec<PathBuf> = lab.yours.iter().chain(&lab.given).cloned().collect();
        let set: BTreeSet<PathBuf> = named.iter().cloned().collect();
        assert_eq!(
            set.len(),
            named.len(),
            "{}: a file is named twice",
            lab.name
        );
        for step in &lab.steps {
            for file in [&step.file].into_iter().chain(&step.also) {
                let known = lab.yours.contains(file);
                assert!(
                    known,
                    "{}: {} is not the learner's",
                    lab.name,
                    file.display()
                );
            }
        }
    }
}

#[test]
fn a_solution_has_the_files_of_its_table_and_no_other() {
    assert_files("solutions");
}

/// A learner may keep files of their own in a lab.
#[test]
#[ignore = "holds on an untouched checkout"]
fn a_lab_has_the_files_of_its_table_and_no_other() {
    assert_files("labs");
}

fn assert_files(tree: &str) {
    for checks in checks::LABS {
        let lab = course().lab(checks.lab).expect("a lab has its lab.toml");
        let folder = root().join(tree).join(&lab.name);
        if !folder.is_dir() {
            println!("skipped: this tree has no {tree}/{}", lab.name);
            continue;
        }
        let there = files(&folder).expect("the lab can be read");
        let there: BTreeSet<&Path> = there
            .iter()
            .filter_map(|file| file.strip_prefix(&folder).ok())
            .collect();
        let named = lab.yours.iter().chain(&lab.given);
        let named: BTreeSet<&Path> = named.map(PathBuf::as_path).collect();
        assert_eq!(there, named, "{tree}/{}: there, and in lab.toml", lab.name);
    }
}

#[test]
fn checks_and_steps_agree() {
    for checks in checks::LABS {
        let lab = course().lab(checks.lab).expect("a lab has its lab.toml");
        let steps: BTreeSet<u8> = checks.checks.iter().map(|check| check.step).collect();
        let expected: BTreeSet<u8> = (1..).zip(&lab.steps).map(|(number, _)| number).collect();
        assert_eq!(
            steps, expected,
            "{}: every step has a check, every check a step",
            lab.name
        );
        assert!(
            checks.checks.is_sorted_by_key(|check| check.step),
            "{}: checks stand in the steps' order",
            lab.name
        );
        let names: BTreeSet<&str> = checks.checks.iter().map(|check| check.name).collect();
        assert_eq!(
            names.len(),
            checks.checks.len(),
            "{}: two checks share a name",
            lab.name
        );
        for Check {
            name, points, rfc, ..
        } in checks.checks
        {
            assert!(
                *points > 0 && !rfc.is_empty(),
                "{}::{name} is worth nothing or cites nothing",
                lab.name
            );
        }
    }
}

#[test]
fn snapshots_and_recordings_agree() {
    let kept: BTreeSet<String> = checks::LABS
        .iter()
        .flat_map(|lab| {
            lab.recordings
                .iter()
                .map(move |kept| format!("{}__{}.snap", lab.lab, kept.name))
        })
        .collect();
    let there: BTreeSet<String> = fs::read_dir(root().join("tests/snapshots"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".snap"))
        .collect();
    assert_eq!(there, kept, "snapshot files, and recordings in the checks");
}
