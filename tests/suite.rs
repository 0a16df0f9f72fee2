//! The suite: the course, held to what it promises.
//!
//! `cargo test` runs what is true in every clone, a learner's too. What is true
//! of an untouched checkout only, or takes long, is ignored there and run by
//! `.ci/run`: `cargo test -- --include-ignored`.

mod suite {
    mod book;
    mod captures;
    mod cli;
    #[cfg(target_os = "linux")]
    mod grade;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    mod hostile;
    mod layers;
    mod live;
    #[cfg(target_os = "linux")]
    mod measure;
    mod mutants;
    mod ports;
    mod quiz;
    mod reports;
    mod segments;
    mod solutions;
    mod standstill;
    mod step;
    mod tree;
    mod untouched;
    mod update;
    #[cfg(target_os = "linux")]
    mod watch;
    mod widgets;

    use std::path::{Path, PathBuf};

    /// The root of the course.
    pub fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default()
    }

    /// Whether the solutions are here; they are not in a student's repository.
    pub fn has_solutions() -> bool {
        let there = root().join("solutions").is_dir();
        if !there {
            println!("skipped: this tree has no solutions");
        }
        there
    }

    /// Runs `netlings` at the root and gives its exit status and output.
    pub fn netlings(args: &[&str]) -> (Option<i32>, String, String) {
        let output = assert_cmd::cargo::cargo_bin_cmd!("netlings")
            .current_dir(root())
            .args(args)
            .output();
        let output = output.expect("netlings was built and can be started");
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    /// What `check --json` says, in brief.
    #[derive(serde::Deserialize)]
    pub struct Checked {
        pub labs: Vec<CheckedLab>,
    }

    /// A lab in it.
    #[derive(serde::Deserialize)]
    pub struct CheckedLab {
        pub lab: String,
        pub status: String,
        pub message: String,
        pub tests: Vec<CheckedTest>,
    }

    /// A check in it.
    #[derive(serde::Deserialize)]
    pub struct CheckedTest {
        pub name: String,
        pub step: u8,
        pub status: String,
        pub message: String,
        pub report: Option<netlings::check::Report>,
    }

    /// Runs `netlings check ... --json`.
    pub fn check(args: &[&str]) -> Checked {
        let args: Vec<&str> = ["check", "--json"]
            .into_iter()
            .chain(args.iter().copied())
            .collect();
        let (_, stdout, stderr) = netlings(&args);
        match serde_json::from_str(&stdout) {
            Ok(checked) => checked,
            Err(error) => panic!("netlings {}: {error}\n{stdout}{stderr}", args.join(" ")),
        }
    }
}
