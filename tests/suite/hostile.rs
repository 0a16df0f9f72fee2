//! Submissions that are not what they should be: each is graded with the others
//! of its class, gets the points that it is due, and touches nothing.
//!
//! Each attack is a file in `hostile/`. It is put into the reference of `hello`
//! and runs first in every client. One that gets what it wants ends the program,
//! so that checks fail: full points mean that it was kept from it.

// A record that lacks a field is a failure, and where it is says enough.
#![allow(clippy::indexing_slicing)]

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use netlings::checks;
use netlings::jail::Uid;
use serde_json::Value;

use crate::suite::cli::Scratch;
use crate::suite::{has_solutions, root};

/// What must come of a submission.
enum Due {
    /// All points.
    All,
    /// No points, and this in every check's report.
    None(&'static str),
    /// This check fails and its report holds these words; servers are well.
    Fails(&'static str, &'static str),
    /// It is not built, and this is said.
    Unbuilt(&'static str),
}

const GREETED: &str = "the_greeting_is_printed";
const ANSWERED: &str = "the_answer_ends_in_a_line_feed";

/// The attacks, and what must come of them.
const ATTACKS: &[(&str, Due)] = &[
    ("claims_to_have_passed", Due::Fails(GREETED, "expected")),
    ("comes_before_main", Due::None("expected")),
    ("writes_results", Due::All),
    ("kills_all", Due::All),
    ("looks_into_others", Due::All),
    ("reads_answers", Due::All),
    ("reads_the_environment", Due::All),
    ("uses_descriptors", Due::All),
    ("never_answers", Due::Fails(ANSWERED, "10 s")),
    ("forks", Due::All),
    ("starts_threads", Due::All),
    ("takes_memory", Due::Fails(GREETED, "more memory")),
    ("takes_memory_by_many", Due::Fails(GREETED, "more memory")),
    ("hides_memory", Due::All),
    ("floods", Due::Fails(ANSWERED, "octets")),
    ("fills_the_disk", Due::All),
    ("makes_a_huge_file", Due::All),
    ("calls_home", Due::All),
    ("leaves_something_behind", Due::All),
    ("remembers", Due::All),
    ("remembers_in_the_kernel", Due::All),
    ("wants_privileges", Due::All),
    ("crashes", Due::Fails(GREETED, "signal")),
    ("injects", Due::Fails(GREETED, "expected")),
    ("includes_a_solution", Due::Unbuilt("couldn't read")),
    (
        "includes_what_was_built",
        Due::Fails(GREETED, "what was built before are the stubs"),
    ),
    ("is_a_module_elsewhere", Due::Unbuilt("couldn't read")),
    ("is_huge_when_compiled", Due::Unbuilt("")),
    ("floods_when_compiled", Due::Unbuilt("error")),
];

/// What is not to be had from a submission, and what is said of it.
const TRAPS: &[(&str, &str)] = &[
    ("a link", "a link"),
    ("a linked folder", "a link"),
    ("a pipe", "no regular file"),
    ("a folder", "no regular file"),
    ("a huge file", "more than 262144 octets"),
    ("nothing", "not there"),
];

/// Names of honest students.
const NAMES: &[&str] = &[
    "anna",
    "Anna",
    "Jo \"the, dot\" O'Neill",
    "two\nlines",
    "\u{202e}turned",
    "=1+1",
    ".hidden",
];

/// Who grades.
#[derive(Clone, Copy, PartialEq)]
enum Grader {
    /// Whoever runs the suite.
    Own,
    /// Root, where the suite is run by root.
    Root,
    /// An ordinary user, where the suite is run by root.
    User,
}

/// A folder with submissions, a pack, and what tells of trespassers.
struct Class {
    folder: tempfile::TempDir,
    canary: TcpListener,
}

impl Class {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn new() -> Class {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
        let canary = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        canary.set_nonblocking(true).expect("a socket can be asked");
        Class { folder, canary }
    }

    fn file(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// A submission with the reference's server and this client.
    fn submit(&self, name: &str, client: &str) {
        let src = Path::new("submissions").join(name).join("src");
        self.file(src.join("client.rs"), client);
        self.file(src.join("server.rs"), reference("server.rs"));
    }

    /// The reference's client with an attack in it.
    fn attacked(&self, name: &str) -> String {
        let start = "    let mut last = io::Error::new(";
        let client = reference("client.rs");
        assert_eq!(client.matches(start).count(), 1, "where an attack goes");
        client.replace(start, &format!("    hostile::attack();\n{start}")) + &self.attack(name)
    }

    /// An attack, as a module `hostile`.
    fn attack(&self, name: &str) -> String {
        let text = |name: &str| {
            let path = root().join("tests/suite/hostile").join(name);
            fs::read_to_string(path).expect("the suite has its attacks")
        };
        let attack = text(&format!("{name}.rs"));
        let (notes, attack): (Vec<&str>, Vec<&str>) =
            attack.lines().partition(|line| line.starts_with("//!"));
        let shown = |path: PathBuf| path.to_string_lossy().into_owned();
        let code = format!(
            "{}\n{}\n{}",
            notes.join("\n"),
            text("prelude.rs"),
            attack.join("\n")
        )
        .replace(
            "{SOLUTION}",
            &shown(root().join("solutions/hello/src/client.rs")),
        )
        .replace("{ROOT}", &shown(root()))
        .replace(
            "{OTHER}",
            &shown(self.path("submissions/anna/src/client.rs")),
        )
        .replace("{RESULTS}", &shown(self.path("results")))
        .replace("{SUBMISSIONS}", &shown(self.path("submissions")))
        .replace("{PACK}", &shown(self.path("pack.toml")))
        .replace(
            "{CANARY}",
            &self.canary.local_addr().expect("an address").to_string(),
        );
        format!(
            "\n#[allow(unsafe_code, dead_code, unused, missing_docs)]\nmod hostile {{\n{code}\n}}\n"
        )
    }

    /// Writes the submissions: attacks, traps, and honest ones.
    fn fill(&self, attacks: &[&str]) {
        for attack in attacks {
            self.submit(attack, &self.attacked(attack));
        }
        for name in NAMES {
            self.submit(name, &reference("client.rs"));
        }
        for (name, _) in TRAPS {
            let src = self.path("submissions").join(name).join("src");
            let client = src.join("client.rs");
            let solution = root().join("solutions/hello/src");
            if *name == "a linked folder" {
                fs::create_dir_all(src.parent().expect("a folder above")).expect("a folder");
                symlink(solution, src).expect("a link");
                continue;
            }
            self.submit(name, "");
            fs::remove_file(&client).expect("it is there");
            match *name {
                "a link" => symlink(solution.join("client.rs"), client).expect("a link"),
                "a pipe" => {
                    let made = Command::new("mkfifo").arg(client).status();
                    assert!(made.expect("mkfifo is there").success());
                }
                "a folder" => fs::create_dir(client).expect("a folder"),
                "a huge file" => {
                    let file = fs::File::create(client).expect("a file");
                    file.set_len(1 << 40).expect("a hole");
                }
                _ => {}
            }
        }
        self.equipped();
        self.file("submissions/README.txt", "no submission");
    }

    /// An honest submission that brings a build of its own.
    fn equipped(&self) {
        self.submit("equipped", &reference("client.rs"));
        let own = Path::new("submissions/equipped");
        let trace = self.path("trespassed");
        let trace = trace.to_string_lossy();
        self.file(
            own.join("build.rs"),
            format!("fn main() {{ std::fs::write({trace:?}, \"\").unwrap(); panic!() }}"),
        );
        self.file(
            own.join("Cargo.toml"),
            "[package]\nname = \"lab-hello\"\nbuild = \"build.rs\"\n[features]\ndefault = [\"x\"]\n",
        );
        self.file(
            own.join(".cargo/config.toml"),
            format!("[build]\nrustc-wrapper = \"touch {trace}\"\n"),
        );
        self.file(
            own.join("rust-toolchain.toml"),
            "[toolchain]\npath = \"/nowhere\"\n",
        );
        self.file(own.join("src/main.rs"), "fn main() {}\n");
        self.file(own.join("target/debug/lab-hello"), "#!/bin/sh\nexit 0\n");
        self.file(own.join("result.json"), "{\"score\": 33}");
    }

    /// Grades the class in `hello`; `None`, with the reason printed, if that cannot
    /// be done here.
    fn grade(&self, grader: Grader, level: &str, more: &[&str]) -> Option<Output> {
        self.grade_lab("hello", grader, level, more)
    }

    fn grade_lab(&self, lab: &str, grader: Grader, level: &str, more: &[&str]) -> Option<Output> {
        // At L2 all that a user runs counts: no other test is this user now.
        let somebody = Uid::claim(50_000);
        let netlings = assert_cmd::cargo::cargo_bin!("netlings");
        let mut command = run_by(grader, &somebody, netlings)?;
        command
            .env("NETLINGS_SECRET", "of the grader alone")
            .env_remove("LD_LIBRARY_PATH") // from which rustc would take its own folder
            .env_remove("CARGO")
            .current_dir(root());
        let (submissions, pack, results) = (
            self.path("submissions"),
            self.path("pack.toml"),
            self.path("results"),
        );
        if !pack.exists() {
            let key = "0123456789abcdef0123456789abcdef";
            let hello = "due = \"2026-12-01T22:00:00Z\"\n\
                points = { the_greeting_is_printed = 7 }\n\
                visibility = { the_server_speaks_first = \"hidden\" }\n";
            let pack = format!("version = 1\nkey = \"{key}\"\n[labs.hello]\n{hello}");
            self.file("pack.toml", pack);
        }
        command
            .arg("grade")
            .arg(submissions)
            .args(["--lab", lab])
            .arg("--pack")
            .arg(pack);
        command
            .arg("--out")
            .arg(results)
            .args(["--isolation", level])
            .args(more);
        let output = command.output().expect("netlings can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let refused = said.contains("'s jail: ");
        if refused || said.contains("Permission denied") && grader == Grader::User {
            println!("skipped: this machine refuses the jail: {said}");
            return None;
        }
        Some(output)
    }

    fn result(&self, submission: &str) -> Value {
        let folders = fs::read_dir(self.path("results/submissions")).expect("results");
        for folder in folders.flatten() {
            let text = fs::read_to_string(folder.path().join("result.json")).unwrap_or_default();
            let result: Value = serde_json::from_str(&text).unwrap_or_default();
            if result["submission"] == submission {
                return result;
            }
        }
        panic!("{submission} has no result");
    }
}

/// Starts `program` as that grader, who is `somebody` where it is an ordinary user;
/// `None`, with the reason printed, if that cannot be done here.
fn run_by(grader: Grader, somebody: &Uid, program: &Path) -> Option<Command> {
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let uid = match grader {
        Grader::Own => return Some(Command::new(program)),
        _ if !is_root => {
            println!("skipped: only root can be root or somebody else");
            return None;
        }
        Grader::User if let Some(closed) = closed_to_others(&root()) => {
            println!("skipped: nobody else gets into {}", closed.display());
            return None;
        }
        Grader::User => somebody.number,
        Grader::Root => 0,
    };
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", AS, "sh", &uid.to_string()]);
    command.args([sysroot(), cargo_home()]).arg(program);
    Some(command)
}

/// The folder on the way to `path`, itself included, that lets its owner alone in.
fn closed_to_others(path: &Path) -> Option<&Path> {
    let is_closed = |folder: &&Path| {
        let about = fs::metadata(folder);
        about.is_ok_and(|about| about.permissions().mode() & 0o001 == 0)
    };
    path.ancestors().find(is_closed)
}

/// Root becomes the user `$1`, who finds the toolchain `$2` and cargo's home `$3`
/// where everybody can read them.
const AS: &str =
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/rust /mnt/cargo /mnt/home && chmod 777 /mnt/home &&
    mount --bind \"$2\" /mnt/rust && mount --bind \"$3\" /mnt/cargo &&
    export PATH=/mnt/rust/bin:/usr/bin:/bin:/usr/sbin HOME=/mnt/home CARGO_HOME=/mnt/cargo || exit
    user=$1; shift 3
    exec setpriv --reuid $user --regid $user --clear-groups \"$@\"";

fn sysroot() -> String {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let output = output.expect("rustc is there").stdout;
    String::from_utf8_lossy(&output).trim().to_owned()
}

fn cargo_home() -> String {
    let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cargo");
    let home = std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from);
    home.to_string_lossy().into_owned()
}

fn reference(name: &str) -> String {
    fs::read_to_string(root().join("solutions/hello/src").join(name)).expect("the reference")
}

fn tests(result: &Value) -> &[Value] {
    result["tests"].as_array().map_or(&[], Vec::as_slice)
}

fn check<'a>(result: &'a Value, id: &str) -> &'a Value {
    let found = tests(result).iter().find(|test| test["id"] == id);
    found.expect("the check is in the record")
}

/// What is wrong with a record, if anything is.
fn wrong(name: &str, result: &Value, due: &Due) -> Option<String> {
    let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_right = result["status"] == "graded"
        && match due {
            Due::All => result["score"] == result["max_score"] && result["score"] != 0,
            Due::None(words) => {
                let told = |test: &Value| {
                    test["status"] == "skipped" || said(&test["message"]).contains(words)
                };
                result["score"] == 0 && tests(result).iter().all(told)
            }
            Due::Fails(id, words) => {
                let test = check(result, id);
                test["status"] == "failed"
                    && said(&test["message"]).contains(words)
                    && check(result, "the_server_speaks_first")["status"] == "passed"
            }
            Due::Unbuilt(words) => {
                let output = said(&result["build"]["output"]);
                result["score"] == 0
                    && result["build"]["ok"] == false
                    && output.contains(words)
                    && output.len() <= 16 << 10
            }
        };
    let short: Vec<String> = tests(result)
        .iter()
        .filter(|test| test["status"] != "passed")
        .map(|test| {
            format!(
                "{} {} {}",
                said(&test["id"]),
                said(&test["status"]),
                said(&test["message"])
            )
        })
        .collect();
    let output = said(&result["build"]["output"]);
    (!is_right).then(|| {
        let short = short.join("\n").chars().take(700).collect::<String>();
        format!(
            "{name}: {} of {}, {output}\n{short}",
            result["score"], result["max_score"]
        )
    })
}

/// Grades the attacks but those `except`, and the traps and the honest.
fn graded_as_due(grader: Grader, level: &str, except: &[&str]) {
    if !has_solutions() {
        return;
    }
    let class = Class::new();
    for name in except {
        println!("left out: {name}, from which {level} does not keep a program");
    }
    let attacks = ATTACKS.iter().filter(|(name, _)| !except.contains(name));
    let names: Vec<&str> = attacks.clone().map(|(name, _)| *name).collect();
    class.fill(&names);
    let Some(output) = class.grade(grader, level, &[]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("\"README.txt\" is no folder"), "{said}");
    assert!(said.contains("one name, in upper and lower case"), "{said}");
    let mut all_wrong = Vec::new();
    for (name, due) in attacks {
        all_wrong.extend(wrong(name, &class.result(name), due));
    }
    for (name, words) in TRAPS {
        all_wrong.extend(wrong(name, &class.result(name), &Due::Unbuilt(words)));
    }
    for name in NAMES.iter().chain(&["equipped"]) {
        all_wrong.extend(wrong(name, &class.result(name), &Due::All));
    }
    assert!(all_wrong.is_empty(), "{}", all_wrong.join("\n\n"));
    let came = class.canary.accept();
    assert!(
        came.is_err_and(|error| error.kind() == ErrorKind::WouldBlock),
        "somebody called home"
    );
    for trace in [
        "trespassed",
        "forged",
        "results/forged",
        "submissions/forged",
    ] {
        assert!(!class.path(trace).exists(), "{trace} was made");
    }
    nobody_is_left();
    read_back(&class);
}

/// No process of a jail is there any more.
fn nobody_is_left() {
    for process in fs::read_dir("/proc").expect("/proc").flatten() {
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        assert_ne!(name.trim(), "netl-leftover", "{}", process.path().display());
    }
}

/// Reads every format by Python's own parsers, and compares them.
fn read_back(class: &Class) {
    let python = Command::new("python3")
        .arg(root().join("tests/suite/hostile/read_back.py"))
        .arg(class.path("results"))
        .output();
    let Ok(python) = python else {
        println!("skipped: python3 is not here to read the formats");
        return;
    };
    let said = String::from_utf8_lossy(&python.stderr).into_owned();
    assert!(python.status.success(), "{said}");
}

#[test]
fn every_attack_is_graded_as_it_is_due() {
    graded_as_due(Grader::Own, "L3", &[]);
}

#[test]
#[ignore = "takes a minute"]
fn every_attack_on_an_ordinary_user_is_graded_as_it_is_due() {
    graded_as_due(Grader::User, "L3", &[]);
}

/// At L2 a program has the network of the machine: nothing keeps it from it.
#[test]
#[ignore = "takes a minute"]
fn every_attack_at_level_2_is_graded_as_it_is_due() {
    graded_as_due(Grader::Root, "L2", &["calls_home"]);
    graded_as_due(Grader::User, "L2", &["calls_home"]);
}

/// An autograder has the stubs in it, whatever its teacher did in the course, and
/// grades what Gradescope puts beside it.
#[test]
fn an_autograder_grades_what_is_handed_in() {
    if !has_solutions() {
        return;
    }
    let Some(course) = Scratch::new() else {
        return;
    };
    let somebody = Uid::claim(50_000);
    let key = "0123456789abcdef0123456789abcdef";
    course.write("pack.toml", format!("version = 1\nkey = \"{key}\"\n"));
    let client = "labs/hello/src/client.rs";
    let stub = course.read(client);
    course.netlings(&["list"]).assert().success(); // which keeps the stubs
    course.write(client, reference("client.rs"));
    let plan = "plan --engine gradescope --lab hello --pack pack.toml --out gradescope/source";
    let plan: Vec<&str> = plan.split(' ').collect();
    course.netlings(&plan).assert().success();
    assert_eq!(
        course.read(&format!("gradescope/source/course/{client}")),
        stub
    );

    for file in ["client.rs", "server.rs"] {
        course.write(&format!("gradescope/submission/{file}"), reference(file));
    }
    let about = r#"{"id": 1, "users": [{"email": "anna@example.edu", "id": 2}]}"#;
    course.write("gradescope/submission_metadata.json", about);
    course.write("gradescope/results/stdout", "");
    let script = course.path("gradescope/source/run_autograder");
    let Some(mut command) = run_by(Grader::Root, &somebody, &script) else {
        return;
    };
    command.env("AUTOGRADER", course.path("gradescope"));
    command.env("NETLINGS", assert_cmd::cargo::cargo_bin!("netlings"));
    command.env_remove("LD_LIBRARY_PATH").env_remove("CARGO");
    let output = command.output().expect("the script can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let results = course.read("gradescope/results/results.json");
    let results: Value = serde_json::from_slice(&results).expect("it is JSON");
    let tests = results["tests"].as_array().map_or(0, Vec::len);
    let all = checks::find("hello").expect("a lab").checks;
    assert_eq!(tests, all.len(), "{results:#}");
    let points: u64 = all.iter().map(|check| u64::from(check.points)).sum();
    assert_eq!(
        results["score"].as_f64(),
        Some(points as f64),
        "{results:#}"
    );
}

/// Programs of `framing` mostly talk to nobody, and one jail is for all their
/// checks: what one of them leaves there is not to be found in the next.
#[test]
fn nothing_is_remembered_from_one_check_to_the_next() {
    if !has_solutions() {
        return;
    }
    let class = Class::new();
    let solution = root().join("solutions/framing/src");
    let start = "    pub fn new(framing: Framing, max: usize) -> Decoder {\n";
    // Once in each program, which may have many decoders.
    const ONCE: &str = "        static ATTACK: std::sync::Once = std::sync::Once::new();\n        \
        ATTACK.call_once(hostile::attack);\n";
    let attacks = ["remembers", "remembers_in_the_kernel"];
    for attack in attacks {
        for file in fs::read_dir(&solution).expect("the reference").flatten() {
            let mut text = fs::read_to_string(file.path()).expect("it can be read");
            if file.file_name() == "decoder.rs" {
                assert_eq!(text.matches(start).count(), 1, "where an attack goes");
                text = text.replace(start, &format!("{start}{ONCE}"));
                text += &class.attack(attack);
            }
            let src = Path::new("submissions").join(attack).join("src");
            class.file(src.join(file.file_name()), text);
        }
    }
    if class.grade_lab("framing", Grader::Own, "L3", &[]).is_some() {
        let wrong = attacks.map(|name| wrong(name, &class.result(name), &Due::All));
        let wrong: Vec<String> = wrong.into_iter().flatten().collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

/// What is ended for one user is ended for whoever else is that user.
#[test]
fn no_two_graders_at_a_time_have_one_user() {
    const FIRST: u32 = 70_000;
    let (one, other) = (Uid::claim(FIRST), Uid::claim(FIRST));
    if !rustix::process::geteuid().is_root() {
        assert_eq!((one.number, other.number), (FIRST, FIRST));
        return;
    }
    assert_ne!(one.number, other.number);
    let number = one.number;
    drop(one);
    assert_eq!(Uid::claim(FIRST).number, number);
}

/// A build has a minute.
#[test]
#[ignore = "takes a minute"]
fn a_build_without_an_end_is_ended() {
    if !has_solutions() {
        return;
    }
    let class = Class::new();
    class.submit("compiles_for_ever", &class.attacked("compiles_for_ever"));
    if class.grade(Grader::Own, "L3", &[]).is_some() {
        let due = Due::Unbuilt("more than 60 s");
        let wrong = wrong(
            "compiles_for_ever",
            &class.result("compiles_for_ever"),
            &due,
        );
        assert_eq!(wrong, None);
    }
}
