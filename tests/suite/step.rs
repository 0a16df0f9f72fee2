//! The commands about one step: `show`, `hint`, `diff` and `replay`, and the
//! documents that all commands print.

use std::fs;
use std::path::Path;

use netlings::checks;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::cli::{Scratch, at, json, netlings_in, python};
use super::has_solutions;

const CLIENT: &str = "labs/hello/src/client.rs";

/// A program for `hello` that reads once where a line may come in pieces, while
/// the file `wrong` lies beside it.
fn sometimes_wrong(scratch: &Scratch) -> Option<String> {
    let right = python("")?;
    let real = super::root().join("tests/suite/hello.py");
    scratch.write(
        "sometimes.py",
        format!(
            "import os, runpy, sys\nreal = {:?}\nflag = os.path.join(os.path.dirname(__file__), 'wrong')\n\
             sys.argv = [real] + ['--one-read'] * os.path.exists(flag) + sys.argv[1:]\n\
             runpy.run_path(real, run_name='__main__')\n",
            real.display().to_string()
        ),
    );
    scratch.write("wrong", "");
    let itself = right.split('\'').nth(1)?;
    Some(format!(
        "'{itself}' -I -S '{}'",
        scratch.path("sometimes.py").display()
    ))
}

fn text(command: &mut assert_cmd::Command, code: i32) -> String {
    let assert = command.assert().code(code);
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

/// Says that these steps of `hello` have passed.
fn passed(scratch: &Scratch, steps: &[u8]) {
    let progress = json!({"version": 1, "labs": {"hello": {"hash": "x", "passed": steps}}});
    scratch.write(".netlings/progress.json", progress.to_string());
}

// ---------------------------------------------------------------- show, replay

#[test]
fn show_says_what_is_to_do_and_what_was_seen() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let Some(wrong) = sometimes_wrong(&scratch) else {
        return;
    };
    let shown = text(&mut scratch.netlings(&["show", "hello/1"]), 0);
    for what in [
        "hello/1 · step 1 of 3",
        "labs/hello/src/client.rs:8   connect()",
        "connect to the first address that accepts",
        "read_line()",
        "book/src/hello.md#step-1",
        "RFC 9293 §2.2",
        "0 of 3 seen",
        "Not checked yet.",
        "Check: cargo netlings check hello/1",
    ] {
        assert!(shown.contains(what), "{what} is not in\n{shown}");
    }
    let check = ["check", "hello/1", "--seed", "7f3a", "--exec", &wrong];
    scratch.netlings(&check).assert().code(1);
    let shown = text(&mut scratch.netlings(&["show", "hello/1"]), 0);
    for what in [
        "Last checked 20",
        "The program was: '",
        "✘ a greeting in pieces",
        "one read taken for one line",
    ] {
        assert!(shown.contains(what), "{what} is not in\n{shown}");
    }
    // The other step's checks were not run.
    assert!(text(&mut scratch.netlings(&["show", "hello/3"]), 0).contains("Not checked yet."));
    scratch
        .netlings(&["show", "hello"])
        .assert()
        .code(2)
        .stderr(contains("which step of hello?"));
    // What is kept can be anything: it is left aside.
    scratch.write("target/netlings/hello/last.json", "{");
    assert!(text(&mut scratch.netlings(&["show", "hello/1"]), 0).contains("Not checked yet."));
}

#[test]
fn replay_runs_what_failed_last_with_its_seed() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let nothing = contains("no check is known to have failed");
    scratch
        .netlings(&["replay"])
        .assert()
        .code(2)
        .stderr(nothing);
    let Some(wrong) = sometimes_wrong(&scratch) else {
        return;
    };
    let check = ["check", "hello", "--seed", "7f3a", "--exec", &wrong];
    let checked = json(&mut scratch.netlings(&[&check[..], &["--json"]].concat()));
    let tests = at(&checked, "labs/0/tests")
        .as_array()
        .expect("tests are a list");
    let first = tests
        .iter()
        .find(|test| at(test, "status") == "fail")
        .expect("it is wrong");

    let again = json(&mut scratch.netlings(&["replay", "--json"]));
    assert_eq!(at(&again, "labs/0/tests").as_array().map(Vec::len), Some(1));
    for field in [
        "name",
        "status",
        "seed",
        "report/what",
        "report/expected",
        "report/came",
    ] {
        assert_eq!(
            at(&again, &format!("labs/0/tests/0/{field}")),
            at(first, field),
            "{field}"
        );
    }
    let said = text(&mut scratch.netlings(&["replay"]), 1);
    assert!(
        said.starts_with("Again: a greeting in pieces is printed whole, seed 7f3a"),
        "{said}"
    );
    // Other octets with another seed, and the check whose capture it is.
    let other = json(&mut scratch.netlings(&["replay", "1234", "--json"]));
    assert_eq!(at(&other, "labs/0/tests/0/seed"), "1234");
    assert_ne!(
        at(&other, "labs/0/tests/0/report/expected"),
        at(first, "report/expected")
    );
    let capture = "target/netlings/hello/only_the_first_line_is_printed.pcapng";
    let inside = scratch.path("labs/hello/src");
    let of_capture = json(&mut netlings_in(
        &inside,
        &["replay", &format!("../../../{capture}"), "--json"],
    ));
    assert_eq!(
        at(&of_capture, "labs/0/tests/0/name"),
        "only_the_first_line_is_printed"
    );
    assert_eq!(at(&of_capture, "labs/0/tests/0/seed"), "7f3a");
    // What it was checked with stays known for the other checks.
    let shown = json(&mut scratch.netlings(&["show", "hello/1", "--json"]));
    let kept = at(&shown, "last/tests").as_array().map(Vec::len);
    let all =
        checks::find("hello").map(|lab| lab.checks.iter().filter(|check| check.step == 1).count());
    assert_eq!(kept, all);

    for what in ["zz", "README.md", "nowhere.pcapng"] {
        scratch.write("README.md", "no capture");
        scratch
            .netlings(&["replay", what])
            .assert()
            .code(2)
            .stderr(contains(what));
    }
    fs::remove_file(scratch.path("wrong")).expect("it can be mended");
    scratch
        .netlings(&["replay"])
        .assert()
        .code(0)
        .stdout(contains("It passes now."));
}

// ---------------------------------------------------------------- hint

#[test]
fn a_hint_begins_with_what_the_program_was_seen_to_do() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let Some(wrong) = sometimes_wrong(&scratch) else {
        return;
    };
    let seen = contains("what your program was last seen to do");
    scratch
        .netlings(&["hint", "hello/1"])
        .assert()
        .code(0)
        .stdout(seen.clone().not());
    let check = ["check", "hello/1", "--seed", "7f3a", "--exec", &wrong];
    scratch.netlings(&check).assert().code(1);
    let named = contains("one read taken for one line").and(contains("Hint 2: idea"));
    scratch
        .netlings(&["hint", "hello/1"])
        .assert()
        .code(0)
        .stdout(seen.and(named));
}

/// What was seen of another version of the file is not told.
#[test]
fn what_was_seen_before_a_save_is_not_told() {
    let Some(scratch) = Scratch::building() else {
        return;
    };
    scratch.netlings(&["check", "hello/1"]).assert().code(1);
    let hint = json(&mut scratch.netlings(&["hint", "hello/1", "--json"]));
    let seen = at(&hint, "seen/0").as_str().expect("it was checked");
    assert!(
        seen.contains("the stub of step 1: connect to the first"),
        "{seen}"
    );
    let file = fs::File::options()
        .append(true)
        .open(scratch.path(CLIENT))
        .expect("the stub is there");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    file.set_modified(later).expect("it can be dated");
    let hint = json(&mut scratch.netlings(&["hint", "hello/1", "--json"]));
    assert_eq!(at(&hint, "seen"), &Value::Null);
    let shown = text(&mut scratch.netlings(&["show", "hello/1"]), 0);
    assert!(shown.contains("the file was saved since"), "{shown}");
}

#[test]
fn the_reference_is_the_last_hint_and_asks_first() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let hint = |args: &[&str]| {
        text(
            &mut scratch.netlings(&[&["hint", "hello/2"], args].concat()),
            0,
        )
    };
    // What is agreed to beforehand is not shown before its turn.
    for tier in ["Hint 1", "Hint 2", "Hint 3"] {
        let shown = hint(&["--yes"]);
        assert!(shown.contains(tier) && !shown.contains("pub fn"), "{shown}");
    }
    let asked = hint(&[]);
    assert!(
        asked.contains("what is left is the reference") && asked.contains("--yes"),
        "{asked}"
    );
    assert!(!asked.contains("pub fn"), "{asked}");
    let shown = hint(&["--yes"]);
    assert!(
        shown.contains("Hint 4: reference") && shown.contains("pub fn write_line"),
        "{shown}"
    );
    assert!(
        !shown.contains("fn read_line"),
        "another step's function: {shown}"
    );
    let progress = String::from_utf8(scratch.read(".netlings/progress.json")).expect("JSON");
    let progress: Value = serde_json::from_str(&progress).expect("JSON");
    assert_eq!(at(&progress, "labs/hello/hints/2"), 4);
    let again = hint(&["--again"]);
    assert!(
        again.contains("Hint 1") && again.contains("Hint 4"),
        "{again}"
    );
    // A course without solutions has three.
    fs::remove_dir_all(scratch.path("solutions")).expect("they can be removed");
    let last = hint(&["--yes"]);
    assert!(
        last.contains("That was the last of 3.") && !last.contains("pub fn"),
        "{last}"
    );
}

// ---------------------------------------------------------------- diff

#[test]
fn the_reference_is_compared_with_once_the_step_has_passed() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let open = contains("hello/2 has not passed yet").and(contains("--spoil"));
    scratch
        .netlings(&["diff", "hello/2"])
        .assert()
        .code(2)
        .stderr(open);
    passed(&scratch, &[2]);
    // Step 1 is written in the same file, and is still open.
    let shown = text(&mut scratch.netlings(&["diff", "hello/2"]), 0);
    assert!(
        shown.contains("+pub fn write_line") || shown.contains(" pub fn write_line"),
        "{shown}"
    );
    assert!(
        shown.contains("-    todo!(\"step 2") && !shown.contains("read_line"),
        "{shown}"
    );
    scratch
        .netlings(&["diff", "hello"])
        .assert()
        .code(2)
        .stderr(contains("hello/1 has not passed yet"));
    let spoilt = text(&mut scratch.netlings(&["diff", "hello", "--spoil"]), 0);
    assert!(
        spoilt.contains("read_line") && spoilt.contains("labs/hello/src/server.rs (yours)"),
        "{spoilt}"
    );
    for file in ["src/client.rs", "src/server.rs"] {
        let reference = scratch.read(&format!("solutions/hello/{file}"));
        // Line ends are no difference.
        let reference = String::from_utf8(reference)
            .expect("text")
            .replace('\n', "\r\n");
        scratch.write(&format!("labs/hello/{file}"), reference);
    }
    passed(&scratch, &[1, 2, 3]);
    let same = text(&mut scratch.netlings(&["diff", "hello"]), 0);
    assert_eq!(same.matches("as in the reference").count(), 2, "{same}");
    fs::remove_dir_all(scratch.path("solutions")).expect("they can be removed");
    let without = contains("handed out without solutions");
    scratch
        .netlings(&["diff", "hello/2"])
        .assert()
        .code(3)
        .stderr(without);
}

// ---------------------------------------------------------------- documents

/// A document's fields, with the kind of each value; of a list, what its things
/// have in common.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "true or false".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(list) => {
            let one = list.iter().map(shape).reduce(common);
            Value::Array(one.into_iter().collect())
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), shape(value)));
            Value::Object(fields.collect())
        }
    }
}

/// What two shapes have in common: one that may be `null` is the other.
fn common(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Null, shape) | (shape, Value::Null) => shape,
        (Value::Object(one), Value::Object(mut other)) => {
            for (name, shape) in one {
                let both = match other.remove(&name) {
                    Some(other) => common(shape, other),
                    None => shape,
                };
                other.insert(name, both);
            }
            Value::Object(other)
        }
        (Value::Array(one), Value::Array(other)) => {
            let both = one.into_iter().chain(other).reduce(common);
            Value::Array(both.into_iter().collect())
        }
        (shape, _) => shape,
    }
}

#[test]
fn every_document_has_the_shape_that_is_on_record() {
    if !has_solutions() {
        return;
    }
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let Some(wrong) = sometimes_wrong(&scratch) else {
        return;
    };
    scratch.netlings(&["list"]).assert().code(0); // netlings has seen the stubs
    let check = [
        "check", "hello/1", "--json", "--seed", "7f3a", "--exec", &wrong,
    ];
    scratch.netlings(&check).assert().code(1);
    let mut documents = vec![
        ("check", json(&mut scratch.netlings(&check))),
        (
            "show",
            json(&mut scratch.netlings(&["show", "hello/1", "--json"])),
        ),
        (
            "hint",
            json(&mut scratch.netlings(&["hint", "hello/1", "--json"])),
        ),
        ("replay", json(&mut scratch.netlings(&["replay", "--json"]))),
        (
            "diff",
            json(&mut scratch.netlings(&["diff", "hello/1", "--spoil", "--json"])),
        ),
        ("doctor", json(&mut scratch.netlings(&["doctor", "--json"]))),
    ];
    scratch.write(CLIENT, "mine");
    let reset = ["reset", "hello/1", "--yes", "--json"];
    documents.push(("reset", json(&mut scratch.netlings(&reset))));
    for (name, document) in &documents {
        assert!(at(document, "version").is_u64(), "{name}");
        // What is kept is the same, and would only make the record longer.
        let mut shape = shape(document);
        if *name == "show" {
            let tests = shape.pointer_mut("/last/tests").expect("it was checked");
            *tests = "as in check".into();
        }
        let text = serde_json::to_string_pretty(&shape).expect("JSON");
        insta::with_settings!({
            snapshot_path => super::root().join("tests/suite/documents"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(*name, text);
        });
    }
    // Without --yes nothing is asked of a program.
    scratch
        .netlings(&["reset", "hello/1", "--json"])
        .assert()
        .code(2)
        .stderr(contains("--yes"));
    assert!(Path::new(&scratch.path(".netlings/kept")).is_dir());
}
