//! `grade` beyond what a single submission can do to it.

// A record that lacks a field is a failure, and where it is says enough.
#![allow(clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::io::PipeReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ::netlings::{checks, wait};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::Value;

use crate::suite::{has_solutions, netlings, root};

const PACK: &str = "version = 1\nkey = \"0123456789abcdef0123456789abcdef\"\n";

/// A lab of this tree, where each does.
fn some_lab() -> &'static str {
    checks::LABS.first().expect("a course has labs").lab
}

fn put(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn what_cannot_be_graded_is_refused_before_anything_is_built() {
    let lab = some_lab();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let pack = put(folder, "pack.toml", PACK);
    let class = folder.join("class").to_string_lossy().into_owned();
    let empty = folder.join("empty").to_string_lossy().into_owned();
    let out = folder.join("out").to_string_lossy().into_owned();
    fs::create_dir(&empty).expect("a folder");
    put(folder, "class/anna/src/client.rs", "");
    let newer = put(
        folder,
        "newer.toml",
        &PACK.replace("version = 1", "version = 2"),
    );
    let short = put(folder, "short.toml", "version = 1\nkey = \"0\"\n");
    let strange = format!("{PACK}[labs.{lab}]\npoints = {{ no_such_check = 3 }}\n");
    let strange = put(folder, "strange.toml", &strange);
    let has_not = format!("{lab} has no check no_such_check");
    let nowhere = format!("{PACK}[labs.nowhere]\n");
    let nowhere = put(folder, "nowhere.toml", &nowhere);
    let missing = folder.join("missing").to_string_lossy().into_owned();
    for (class, pack, more, words) in [
        (&empty, &pack, "L3", "has no submissions"),
        (&missing, &pack, "L3", "missing"),
        (&class, &missing, "L3", "missing"),
        (
            &class,
            &newer,
            "L3",
            "a pack of version 2; this netlings reads version 1",
        ),
        (&class, &short, "L3", "fewer than 32"),
        (&class, &strange, "L3", &has_not),
        (&class, &nowhere, "L3", "there is no lab nowhere"),
        (&class, &pack, "L1", "L1 is no jail"),
    ] {
        let args = ["grade", class, "--lab", lab, "--pack", pack, "--out", &out];
        let args = [&args[..], &["--isolation", more]].concat();
        let (status, _, said) = netlings(&args);
        assert!(
            status == Some(2) && said.contains(words),
            "{status:?} {said}"
        );
        assert!(!Path::new(&out).exists(), "{words}");
        // An engine must not try that again.
        let (status, _, said) = netlings(&[&args[..], &["--shard", "1/2"]].concat());
        assert!(
            status == Some(42) && said.contains(words),
            "{status:?} {said}"
        );
    }
    fs::create_dir_all(Path::new(&out).join("submissions")).expect("a folder");
    let args = [
        "grade", &class, "--lab", lab, "--pack", &pack, "--out", &out,
    ];
    let (status, _, said) = netlings(&args);
    assert!(
        status == Some(2) && said.contains("--resume goes on"),
        "{said}"
    );
    let (status, _, said) = netlings(&["merge", &empty, "--out", &out]);
    assert!(status == Some(3) && said.contains("no shards"), "{said}");
}

#[test]
fn every_engine_has_its_plan() {
    let lab = some_lab();
    for (engine, words) in [
        (
            "kubernetes",
            [
                "completionMode: Indexed",
                "completions: 8",
                "values: [42]",
                "/8",
            ],
        ),
        (
            "actions",
            ["matrix:", "[1, 2, 3, 4, 5, 6, 7, 8]", "merge shards", "/8"],
        ),
        ("slurm", ["--array=1-8", "-ne 42", "--requeue", "/8"]),
    ] {
        let (status, plan, said) =
            netlings(&["plan", "--engine", engine, "--lab", lab, "--shards", "8"]);
        assert_eq!(status, Some(0), "{said}");
        for words in words {
            assert!(plan.contains(words), "{engine}: {words}\n{plan}");
        }
    }
    let (status, ..) = netlings(&[
        "plan", "--engine", "actions", "--lab", lab, "--shards", "257",
    ]);
    assert_eq!(status, Some(2));
}

/// A mistake of `hello`, as `mutants/hello.toml` has it.
#[derive(serde::Deserialize)]
struct Mutant {
    file: PathBuf,
    find: String,
    replace: String,
}

/// The client and the server of student `number`: right, untouched, wrong or
/// broken.
fn student(number: usize) -> (String, String) {
    let read = |tree: &str, file: &str| {
        let path = root().join(tree).join("hello/src").join(file);
        fs::read_to_string(path).expect("the lab is whole")
    };
    let (client, server) = (
        read("solutions", "client.rs"),
        read("solutions", "server.rs"),
    );
    match number % 10 {
        0..3 => (client, server),
        3 => (read("labs", "client.rs"), read("labs", "server.rs")),
        4 => (client, read("labs", "server.rs")),
        5 => (client.replace("fn connect", "fn conect"), server),
        _ => {
            let text = fs::read_to_string(root().join("tests/mutants/hello.toml"));
            let table: toml::Table = toml::from_str(&text.expect("mutants")).expect("a table");
            let entries = table.into_iter().next().expect("mutants").1;
            let mutants: Vec<Mutant> = entries.try_into().expect("mutants");
            let quick = |mutant: &&Mutant| mutant.file.ends_with("client.rs");
            let mutants: Vec<&Mutant> = mutants.iter().filter(quick).collect();
            let mutant = mutants[number % mutants.len()];
            (client.replacen(&mutant.find, &mutant.replace, 1), server)
        }
    }
}

/// What of a record does not depend on the time.
fn outcome(results: &Path) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for folder in fs::read_dir(results.join("submissions"))
        .expect("results")
        .flatten()
    {
        let text = fs::read_to_string(folder.path().join("result.json")).expect("a record");
        let mut record: Value = serde_json::from_str(&text).expect("a record");
        record["graded_at"] = Value::Null;
        record["build"] = record["build"]["ok"].clone();
        for test in record["tests"].as_array_mut().into_iter().flatten() {
            // A report shows ports, which the system gives out.
            for name in ["ms", "attempts", "message"] {
                test[name] = Value::Null;
            }
        }
        let name = record["submission"].as_str().expect("a name").to_owned();
        assert!(all.insert(name, record).is_none());
    }
    all
}

/// A number for a test that takes long: the environment's, or `otherwise`.
fn number(name: &str, otherwise: usize) -> usize {
    let said = std::env::var(name)
        .ok()
        .and_then(|number| number.parse().ok());
    said.unwrap_or(otherwise)
}

/// Once in one piece that is killed in the middle and goes on, and once in shards,
/// one of which is killed; `NETLINGS_CLASS` says how many submissions there are,
/// and `NETLINGS_SHARDS` how many shards.
#[test]
#[ignore = "takes several minutes"]
fn a_class_of_200_is_graded_twice_alike() {
    if !has_solutions() {
        return;
    }
    let class_count = number("NETLINGS_CLASS", 200);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let pack = put(folder, "pack.toml", PACK);
    for number in 0..class_count {
        let (client, server) = student(number);
        let name = format!("class/s{number:03}/src");
        put(folder, &format!("{name}/client.rs"), &client);
        put(folder, &format!("{name}/server.rs"), &server);
    }
    let class = folder.join("class");
    let grade = |out: &str, more: &[&str]| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netlings"));
        command
            .current_dir(root())
            .arg("grade")
            .arg(&class)
            .args(["--lab", "hello"]);
        command
            .args(["--pack", &pack])
            .arg("--out")
            .arg(folder.join(out))
            .args(more);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let since = Instant::now();
    let mut first = grade("first", &[])
        .spawn()
        .expect("netlings can be started");
    let done = || fs::read_dir(folder.join("first/submissions")).map_or(0, Iterator::count);
    wait::until(since + Duration::from_secs(3600), || {
        let ended = first.try_wait().expect("a child").is_some();
        (ended || done() >= class_count * 2 / 5).then_some(())
    });
    first.kill().expect("it is ours");
    first.wait().expect("it is ours");
    assert!(done() < class_count, "it was killed in the middle");
    let status = grade("first", &["--resume"]).status().expect("netlings");
    assert_eq!(status.code(), Some(0));
    println!(
        "{class_count} in {} s, killed once",
        since.elapsed().as_secs()
    );
    let since = Instant::now();
    let shards = number("NETLINGS_SHARDS", 3);
    let names: Vec<String> = (1..=shards).map(|one| format!("{one}/{shards}")).collect();
    let records = || fs::read_dir(folder.join("shards/submissions")).map_or(0, Iterator::count);
    let run = |shard: &str| {
        let status = grade("shards", &["--shard", shard]).status();
        assert_eq!(status.expect("netlings").code(), Some(0), "{shard}");
    };
    let merge = || {
        let (from, out) = (folder.join("shards"), folder.join("second"));
        let args = ["merge", &from.to_string_lossy(), "--out"];
        netlings(&[&args[..], &[&out.to_string_lossy()]].concat())
    };
    let (kept, killed) = names.split_at(names.len() / 2);
    let (killed, later) = killed.split_first().expect("there are shards");
    kept.iter().for_each(|shard| run(shard));
    // The machine of this one is switched off after its first record.
    let before = records();
    let mut shard = grade("shards", &["--shard", killed])
        .spawn()
        .expect("netlings can be started");
    wait::until(since + Duration::from_secs(3600), || {
        let ended = shard.try_wait().expect("a child").is_some();
        (ended || records() > before).then_some(())
    });
    shard.kill().expect("it is ours");
    shard.wait().expect("it is ours");
    later.iter().for_each(|shard| run(shard));
    let (status, _, said) = merge();
    let again = format!("run again: --shard {killed}");
    assert!(status == Some(3) && said.contains(&again), "{said}");
    run(killed);
    println!(
        "{class_count} in {} s, in {shards} shards, one of them killed",
        since.elapsed().as_secs()
    );
    let (status, _, said) = merge();
    assert_eq!(status, Some(0), "{said}");
    let out = folder.join("second");
    let (first, second) = (outcome(&folder.join("first")), outcome(&out));
    assert_eq!(first.len(), class_count);
    for (name, record) in &first {
        assert_eq!(Some(record), second.get(name), "{name}");
    }
    for number in 0..3 {
        let record = &first[&format!("s{number:03}")];
        assert_eq!(record["score"], record["max_score"]);
    }
}

/// Whatever a jail is to a program, the program is graded as it is checked.
#[test]
#[ignore = "takes a minute"]
fn every_reference_passes_in_jails() {
    if !has_solutions() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let pack = put(folder, "pack.toml", PACK);
    for lab in checks::LABS {
        let class = folder.join(lab.lab).join("class");
        let sources = root().join("solutions").join(lab.lab).join("src");
        for entry in fs::read_dir(sources).expect("a reference") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a source file");
            put(&class, &format!("reference/src/{name}"), &text);
        }
        let (class, out) = (class.to_string_lossy(), folder.join(lab.lab).join("out"));
        let out_text = out.to_string_lossy();
        let args = [
            "grade", &class, "--lab", lab.lab, "--pack", &pack, "--out", &out_text,
        ];
        let (status, _, said) = netlings(&args);
        assert_eq!(status, Some(0), "{said}");
        let result = out.join("submissions/reference/result.json");
        let result = fs::read_to_string(result).expect("a result");
        let result: Value = serde_json::from_str(&result).expect("JSON");
        for test in result["tests"].as_array().expect("a list") {
            let status = test["status"].as_str();
            assert!(
                matches!(status, Some("passed" | "skipped")),
                "{}: {test}",
                lab.lab
            );
        }
    }
}

/// Where there is no room for a record there is no record, and what is there is
/// graded no second time.
#[test]
#[ignore = "needs root, for a disk of its own"]
fn a_full_disk_is_told_and_the_rest_is_graded_later() {
    if !has_solutions() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pack = put(folder.path(), "pack.toml", PACK);
    for name in ["anna", "ben"] {
        let (client, server) = student(0);
        put(
            folder.path(),
            &format!("class/{name}/src/client.rs"),
            &client,
        );
        put(
            folder.path(),
            &format!("class/{name}/src/server.rs"),
            &server,
        );
    }
    let script = "mount -t tmpfs -o size=48k tmpfs \"$1/disk\" || exit 77
        shift; \"$@\"; test $? -eq 3 || exit 1
        mount -o remount,size=9m \"$disk\" && \"$@\" --resume || exit 2
        ls \"$disk\"/out/submissions/*/result.json";
    fs::create_dir(folder.path().join("disk")).expect("a folder");
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(folder.path());
    command
        .env("disk", folder.path().join("disk"))
        .current_dir(root());
    command.arg(assert_cmd::cargo::cargo_bin!("netlings"));
    command
        .arg("grade")
        .arg(folder.path().join("class"))
        .args(["--lab", "hello", "--pack", &pack]);
    command.arg("--out").arg(folder.path().join("disk/out"));
    let output = command.output().expect("unshare is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("not permitted") || said.contains("must be superuser") {
        println!("skipped: only root has disks of its own: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(listed.matches("result.json").count(), 2, "{listed}");
}

/// However much a program prints, its check reads to the cap and no further.
#[test]
fn a_flood_of_200_mb_is_read_to_the_cap_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netlings"));
    let check = checks::LABS.first().expect("a course has labs");
    let name = check.checks.first().expect("a lab has checks").name;
    command
        .args(["one-check", check.lab, name, "--seed", "1"])
        .arg("--snapshots")
        .arg(root().join("tests/snapshots"));
    command.arg("--captures").arg(folder.path());
    command.args(["--", "/bin/sh", "-c", "head -c 200000000 /dev/zero"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("netlings can be started");
    let status = format!("/proc/{}/status", child.id());
    let mut most_kib = 0;
    let ended = wait::until(Instant::now() + Duration::from_secs(300), || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let mut lines = status.lines();
        let most = lines.find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
        let most = most.and_then(|kib| kib.trim().parse().ok());
        most_kib = most_kib.max(most.unwrap_or(0));
        child.try_wait().expect("it is ours")
    });
    assert!(ended.is_some(), "it goes on reading");
    let said = child.wait_with_output().expect("it is ours").stdout;
    let said = String::from_utf8_lossy(&said);
    assert!(said.starts_with(r#"{"status":"fail""#), "{said}");
    assert!(most_kib > 0 && most_kib < 100 << 10, "{most_kib} KiB");
    println!("{most_kib} KiB at the most");
}

/// The number that tells the programs of [`no_jail_survives_its_harness`].
const MARK: &str = "98765432.1";

/// The processes that have it in their arguments.
fn marked() -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(MARK).then_some(line)
    });
    lines.collect()
}

/// Kills the harness at random moments of its start-up; `NETLINGS_KILLS` says how
/// often. What it has started by then is gone soon after each: the program has a
/// mark among its arguments, and all others hold a pipe, whose end they are.
#[test]
#[ignore = "takes a minute"]
fn no_jail_survives_its_harness() {
    let folder = tempfile::tempdir().expect("a folder");
    let jail = netlings::jail::Jail::new(netlings::jail::Level::L3);
    let jail = serde_json::to_string(&jail).expect("a jail");
    let start = || -> (Child, PipeReader) {
        let (held, its_own) = std::io::pipe().expect("a pipe");
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("netlings"));
        command.args([
            "one-check",
            "hello",
            "the_greeting_is_printed",
            "--seed",
            "1",
        ]);
        command
            .arg("--snapshots")
            .arg(root().join("tests/snapshots"));
        command
            .arg("--captures")
            .arg(folder.path())
            .args(["--jail", &jail]);
        command.args(["--", "/bin/sh", "-c", &format!("exec sleep {MARK}")]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        fcntl_setfd(&its_own, FdFlags::empty()).expect("a flag");
        (command.spawn().expect("netlings can be started"), held)
    };
    let end = |(mut child, held): (Child, PipeReader)| {
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        let late = Timespec {
            tv_sec: 300,
            tv_nsec: 0,
        };
        // Nothing is ever written to it.
        let ended = poll(&mut [PollFd::new(&held, PollFlags::empty())], Some(&late));
        assert_eq!(ended.expect("a pipe"), 1, "somebody is left");
    };
    // How long a start takes here decides what a random moment of it is.
    let since = Instant::now();
    let first = start();
    let begun = wait::until(since + Duration::from_secs(300), || {
        let begun = marked().iter().any(|line| line.starts_with("sleep"));
        begun.then_some(())
    });
    assert!(begun.is_some(), "the jail is not to be had here");
    let whole = since.elapsed();
    end(first);
    let count = number("NETLINGS_KILLS", 500);
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..count {
        let started = start();
        // The moment is what is tried, and not waited for.
        thread::sleep(whole.mul_f64(random.f64() * 1.2));
        end(started);
    }
    wait::until(Instant::now() + Duration::from_secs(300), || {
        marked().is_empty().then_some(())
    });
    assert_eq!(
        marked(),
        Vec::<String>::new(),
        "of {count}, a start taking {whole:?}"
    );
    println!("{count} kills, a start taking {whole:?}");
}
