//! What holds of labs that nobody has edited yet.

use std::fs;
use std::path::Path;

use netlings::checks;
use netlings::course::{Course, Lab};

use super::{check, has_solutions, root};

fn labs() -> Vec<Lab> {
    let course = Course::find(&root()).expect("this is the course");
    checks::LABS
        .iter()
        .map(|lab| course.lab(lab.lab).expect("a lab has its lab.toml"))
        .collect()
}

#[test]
#[ignore = "holds on an untouched checkout"]
fn an_untouched_lab_says_todo_to_every_check() {
    for lab in check(&[]).labs {
        assert!(!lab.tests.is_empty(), "{}: {}", lab.lab, lab.message);
        for test in lab.tests {
            let right = test.status == "todo" || test.status == "skip";
            assert!(
                right,
                "{}::{} is {}: {}",
                lab.lab, test.name, test.status, test.message
            );
        }
    }
}

#[test]
#[ignore = "holds on an untouched checkout"]
fn twins_differ_only_where_the_learner_writes() {
    if !has_solutions() {
        return;
    }
    for lab in labs() {
        let (stub, twin) = (
            root().join("labs").join(&lab.name),
            root().join("solutions").join(&lab.name),
        );
        for file in &lab.given {
            // The one difference: the name of the crate.
            let ours = text(&twin.join(file))
                .replace(
                    &format!("solution-{}", lab.name),
                    &format!("lab-{}", lab.name),
                )
                .replace(
                    &format!("solution_{}", lab.name.replace('-', "_")),
                    &format!("lab_{}", lab.name.replace('-', "_")),
                );
            assert_eq!(
                text(&stub.join(file)),
                ours,
                "{}: {} differs",
                lab.name,
                file.display()
            );
        }
        for file in &lab.yours {
            let (theirs, ours) = (text(&stub.join(file)), text(&twin.join(file)));
            assert!(
                lab.is_stub(file, &theirs),
                "{}: {} has no todo! of each step",
                lab.name,
                file.display()
            );
            assert!(
                !ours.contains("todo!"),
                "{}: {} of the solution has a todo!",
                lab.name,
                file.display()
            );
            // Every line of a contract, every signature and every anchor of the
            // stub stands in the solution too, in the same order.
            let mut rest = ours.lines();
            for line in theirs.lines().filter(|line| is_contract(line)) {
                let found = rest.any(|own| own == line);
                assert!(
                    found,
                    "{}: {}: the solution lacks, or has elsewhere:\n{line}",
                    lab.name,
                    file.display()
                );
            }
        }
    }
}

fn is_contract(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "pub ", "impl", "fn ", "#["]
        .iter()
        .any(|start| line.starts_with(start))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
