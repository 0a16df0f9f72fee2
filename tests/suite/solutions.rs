//! The reference passes every check, and what it prints is on record.

use std::process::Command;

use netlings::cargo::{self, Build};
use netlings::checks;
use netlings::recording;

use super::{Checked, check, has_solutions, root};

fn assert_all_pass(checked: &Checked) {
    assert_eq!(
        checked.labs.len(),
        checks::LABS.len(),
        "every lab is in the course's order"
    );
    for lab in &checked.labs {
        assert_ne!(lab.tests.len(), 0, "{}: {}", lab.lab, lab.message);
        for test in &lab.tests {
            match test.status.as_str() {
                "pass" => {}
                "skip" => println!("skipped: {}::{}: {}", lab.lab, test.name, test.message),
                status => panic!("{}::{}: {status}\n{}", lab.lab, test.name, test.message),
            }
        }
        assert_eq!(lab.status, "pass", "{}: {}", lab.lab, lab.message);
    }
}

#[test]
fn solutions_pass_every_check() {
    if has_solutions() {
        assert_all_pass(&check(&["--tree", "solutions"]));
    }
}

#[test]
#[ignore = "takes a minute: three runs with both cores kept busy"]
fn solutions_pass_three_times_in_a_row_under_load() {
    if !has_solutions() {
        return;
    }
    // Loads of its own, ended by the guard whatever happens.
    let _busy: Vec<_> = (0..8).map(|_| Busy::start()).collect();
    for _ in 0..3 {
        assert_all_pass(&check(&["--tree", "solutions"]));
    }
}

/// A thread that computes until it is dropped.
struct Busy {
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn start() -> Self {
        use std::sync::atomic::Ordering;
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut number = 1_u64;
            while !seen.load(Ordering::Relaxed) {
                number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005));
            }
        });
        Busy {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Insta writes when it is told to; here is the one place that calls it, and
/// only the reference's output gets here.
#[test]
fn recordings_are_what_the_reference_prints() {
    if !has_solutions() {
        return;
    }
    for lab in checks::LABS.iter().filter(|lab| !lab.recordings.is_empty()) {
        let Build::Built(programs) =
            cargo::build(&root(), &[&format!("solution-{}", lab.lab)], false)
        else {
            panic!("solution-{} was not built", lab.lab)
        };
        let program = programs.first().expect("one package, one program");
        for kept in lab.recordings {
            let mut command = Command::new(program);
            let input = tempfile_with(kept.input);
            let output = command
                .args(kept.args)
                .stdin(input)
                .output()
                .expect("the reference can be started");
            let text = recording::text(&output.stdout, output.status.code());
            assert!(
                text.lines().count() <= 40,
                "{}__{} has more than forty lines",
                lab.lab,
                kept.name
            );
            insta::with_settings!({
                snapshot_path => root().join("tests/snapshots"),
                prepend_module_to_snapshot => false,
                omit_expression => true,
                description => format!("{} {}", lab.lab, kept.args.join(" ")),
            }, {
                insta::assert_snapshot!(format!("{}__{}", lab.lab, kept.name), text);
            });
        }
    }
}

fn tempfile_with(octets: &[u8]) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().expect("a temporary file can be made");
    file.write_all(octets)
        .and_then(|()| file.rewind())
        .expect("and written");
    file
}
