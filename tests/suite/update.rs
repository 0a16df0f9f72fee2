//! `netlings update`, on a course of a few files in two versions: the work is
//! kept, whatever state the learner's folder is in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin_cmd;
use netlings::wait;
use predicates::prelude::*;
use predicates::str::contains;

/// No command takes this long.
const PATIENCE: Duration = Duration::from_secs(300);

const NAME: &str = "labs/hello/src/name.rs";
const POINTERS: &str = "labs/hello/src/pointers.rs";
const QUERY: &str = "labs/hello/src/query.rs";
const CLI: &str = "labs/hello/src/cli.rs";

/// A file of the learner's that the newer version moves and words otherwise.
fn name(doc: &str, body: &str) -> String {
    format!(
        "//! Yours: step 2.\n\nuse crate::error::Error;\n\n/// The most octets.\npub const LEN_MAX: usize = 255;\n\n\
         /// Follows the pointers of a name.\n///\n/// {doc}\n///\n/// # Errors\n/// A loop.\n///\n/// # Specification\n\
         /// RFC 1035 §4.1.4.\npub fn decompress(message: &[u8], at: usize) -> Result<String, Error> {{\n{body}}}\n"
    )
}

/// A file of the learner's whose stub is called otherwise in the newer version.
fn query(signature: &str, body: &str) -> String {
    format!(
        "//! Yours: step 1.\n\n/// Encodes.\n///\n/// # Errors\n/// A label that is too long.\n{signature} {{\n{body}}}\n"
    )
}

const OLD_SIGNATURE: &str = "pub fn encode(name: &str, out: &mut Vec<u8>) -> Result<(), Error>";
const NEW_SIGNATURE: &str = "pub fn encode(name: &Name, out: &mut Vec<u8>) -> Result<usize, Error>";
const STUB_1: &str = "    let _ = (name, out);\n    todo!(\"step 1: write the labels\")\n";
const STUB_2: &str = "    let _ = (message, at);\n    todo!(\"step 2: follow the pointers\")\n";
const WORK_1: &str =
    "    for label in name.split('.') {\n        out.push(label.len() as u8);\n    }\n    Ok(())\n";
const WORK_2: &str = "    let mut seen = at;\n    while message[seen] >= 0xc0 {\n        seen = 12;\n    }\n    Ok(String::new())\n";

type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    let owned = list
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    owned.collect()
}

fn lab_toml(yours: &[&str]) -> String {
    let step =
        "[[steps]]\ntitle = \"A\"\nfile = \"src/query.rs\"\nitem = \"encode\"\nminutes = 5\n";
    let second = format!(
        "[[steps]]\ntitle = \"B\"\nfile = {:?}\nitem = \"decompress\"\nminutes = 5\n",
        yours.first().expect("there is one")
    );
    format!(
        "title = \"T\"\nyours = {yours:?}\ngiven = [\"Cargo.toml\", \"lab.toml\", \"src/lib.rs\", \"src/cli.rs\"]\n\n{step}\n{second}"
    )
}

/// The older version.
fn old() -> Files {
    let mut files = files(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"labs/*\"]\n\n[workspace.package]\nversion = \"1.2.0\"\n",
        ),
        (".gitignore", "/target\n/.netlings\n"),
        ("README.md", "one\n"),
        (
            "book/src/SUMMARY.md",
            "# Summary\n\n# Part I\n\n- [T](hello.md)\n",
        ),
        (
            "book/src/hello.md",
            "# T {#hello}\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n\nFive.\n",
        ),
        ("tests/checks/hello.rs", "// loose\n"),
        ("labs/hello/Cargo.toml", "[package]\nname = \"lab-hello\"\n"),
        ("labs/hello/src/lib.rs", "//! Given.\nmod name;\n"),
        (CLI, "//! Given.\nfn a() {}\n"),
    ]);
    files.insert(
        "labs/hello/lab.toml".to_owned(),
        lab_toml(&["src/name.rs", "src/query.rs"]),
    );
    files.insert(NAME.to_owned(), name("Offsets count.", STUB_2));
    files.insert(QUERY.to_owned(), query(OLD_SIGNATURE, STUB_1));
    files
}

/// The newer version: a file moved, a signature changed, a given file changed,
/// a lab added, checks stricter, one file gone.
fn new() -> Files {
    let mut files = old();
    files.remove(NAME);
    files.remove("README.md");
    files.extend(self::files(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"labs/*\"]\n\n[workspace.package]\nversion = \"1.3.0\"\n"),
        ("LIESMICH", "zwei\n"),
        ("tests/checks/hello.rs", "// strict\n"),
        ("book/src/hello.md", "# T {#hello}\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n\nFive, and more.\n"),
        ("labs/hello/src/lib.rs", "//! Given.\nmod pointers;\n"),
        (CLI, "//! Given.\nfn a() {}\nfn b() {}\n"),
        ("labs/arp/Cargo.toml", "[package]\nname = \"lab-arp\"\n"),
        ("labs/arp/lab.toml", "title = \"ARP\"\nyours = [\"src/arp.rs\"]\ngiven = [\"Cargo.toml\", \"lab.toml\"]\nnew_in_1_3 = true\n[[steps]]\ntitle = \"A\"\n"),
        ("labs/arp/src/arp.rs", "//! Yours: step 1.\npub fn ask() {\n    todo!(\"step 1: ask\")\n}\n"),
    ]));
    files.insert(
        "labs/hello/lab.toml".to_owned(),
        lab_toml(&["src/pointers.rs", "src/query.rs"]),
    );
    files.insert(
        POINTERS.to_owned(),
        name("Offsets count from the first octet.", STUB_2),
    );
    files.insert(QUERY.to_owned(), query(NEW_SIGNATURE, STUB_1));
    files
}

/// The course's repository and a learner's clone of it.
struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// The older version, and a clone; `None` without git.
    fn new() -> Option<Scratch> {
        let scratch = Scratch {
            folder: tempfile::tempdir().expect("a folder can be made"),
        };
        fs::create_dir(scratch.course()).expect("a folder can be made");
        let version = Command::new("git").arg("version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        if version.is_err() {
            println!("skipped: there is no git here");
            return None;
        }
        git(&scratch.course(), "init -q -b trunk");
        scratch.release(&old());
        git(scratch.folder.path(), "clone -q course mine");
        Some(scratch)
    }

    fn course(&self) -> PathBuf {
        self.folder.path().join("course")
    }

    fn mine(&self) -> PathBuf {
        self.folder.path().join("mine")
    }

    /// Makes this the course's next version.
    fn release(&self, files: &Files) {
        release(&self.course(), files);
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        put(&self.mine(), path, text.as_ref());
    }

    fn read(&self, path: &str) -> String {
        let path = self.mine().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn update(&self, args: &[&str]) -> assert_cmd::Command {
        netlings(&self.mine(), &[&["update"], args].concat())
    }

    /// What git says, in a line or more.
    fn git(&self, args: &str) -> String {
        git(&self.mine(), args)
    }

    /// The work of somebody who does not speak git.
    fn work(&self) {
        self.write(NAME, name("Offsets count.", WORK_2));
        self.write(QUERY, query(OLD_SIGNATURE, WORK_1));
        self.write(CLI, "//! Given.\nfn a() {}\nfn mine() {}\n");
        self.write("labs/hello/src/notes.rs", "// notes\n");
        self.write("my notes.txt", "caf\u{e9}\n");
    }

    /// That the work is there, and with it the new version.
    #[track_caller]
    fn has_both(&self) {
        assert_eq!(
            self.read(POINTERS),
            name("Offsets count from the first octet.", WORK_2)
        );
        assert!(!self.mine().join(NAME).exists());
        assert_eq!(self.read(QUERY), query(OLD_SIGNATURE, WORK_1));
        let new = new();
        for path in [
            CLI,
            "labs/arp/src/arp.rs",
            "tests/checks/hello.rs",
            "LIESMICH",
        ] {
            assert_eq!(Some(&self.read(path)), new.get(path), "{path}");
        }
        assert!(!self.mine().join("README.md").exists());
        assert_eq!(self.read("labs/hello/src/notes.rs"), "// notes\n");
        assert_eq!(self.read("my notes.txt"), "caf\u{e9}\n");
    }
}

fn netlings(folder: &Path, args: &[&str]) -> assert_cmd::Command {
    let mut command = cargo_bin_cmd!("netlings");
    command.current_dir(folder).args(args).timeout(PATIENCE);
    // Nobody's own settings: a learner may have none.
    command
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("XDG_CONFIG_HOME");
    command
}

#[track_caller]
fn git(folder: &Path, args: &str) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(["-c", "protocol.file.allow=always"])
        .args(args.split(' '))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::null());
    let output = git.output().expect("git can be started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "git {args}: {said}");
    said
}

fn put(folder: &Path, path: &str, octets: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("which can be made");
    fs::write(&path, octets).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn release(course: &Path, files: &Files) {
    for path in git(course, "ls-files").lines() {
        fs::remove_file(course.join(path)).expect("it can be removed");
    }
    for (path, text) in files {
        put(course, path, text.as_bytes());
    }
    git(course, "add -A");
    git(course, "commit -qm version");
}

/// All files below `folder`, hidden folders aside.
fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).expect("it can be read").flatten() {
            let path = entry.path();
            let hidden = [".git", ".netlings"]
                .iter()
                .any(|name| entry.file_name() == *name);
            if path.is_dir() && !hidden {
                folders.push(path);
            } else if !hidden {
                let short = path.strip_prefix(folder).expect("it lies in it").to_owned();
                found.insert(short, fs::read(&path).expect("it can be read"));
            }
        }
    }
    found
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

// ---------------------------------------------------------------- the four situations

#[test]
fn the_work_goes_along_and_the_course_comes_in() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    scratch.write(
        ".netlings/progress.json",
        "{\"version\":1,\"labs\":{\"hello\":{\"hash\":\"x\",\"passed\":[1,2],\"hints\":{}}}}",
    );
    let before = scratch.git("status --porcelain");
    let files = all(&scratch.mine());
    scratch.release(&new());

    // First to see, then to have.
    let seen = scratch.update(&["--dry-run"]).assert().code(0);
    let seen = text(&seen.get_output().stdout);
    assert_eq!(scratch.git("status --porcelain"), before);
    assert_eq!(all(&scratch.mine()), files);
    assert_eq!(scratch.git("for-each-ref refs/netlings/before"), "");

    let done = scratch.update(&["--yes"]).assert().code(0);
    let done = text(&done.get_output().stdout);
    scratch.has_both();
    for (label, what) in [
        ("", "your work is saved: refs/netlings/before/20"),
        ("", "from 1.2.0 ("),
        ("new", "lab arp (1 step)"),
        (
            "moved",
            &format!("{NAME} → {POINTERS}   your code went along"),
        ),
        ("", CLI),
        ("yours", &format!("{QUERY}: kept")),
        ("", OLD_SIGNATURE),
        ("to", NEW_SIGNATURE),
        ("!", "step 1 to do again"),
        ("checks", "hello changed: steps 1, 2 to check again"),
    ] {
        let is_there = |text: &str| {
            text.lines()
                .any(|line| line.contains(what) && line.trim().starts_with(label))
        };
        assert!(is_there(&done), "{what}\n{done}");
        assert!(label.is_empty() || is_there(&seen), "{what}\n{seen}");
    }
    // The changes are as uncommitted as they were, and HEAD is the new version.
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );
    assert_eq!(scratch.git("symbolic-ref HEAD"), "refs/heads/trunk\n");
    let status = scratch.git("status --porcelain");
    let expected =
        format!(" M {POINTERS}\n M {QUERY}\n?? labs/hello/src/notes.rs\n?? \"my notes.txt\"\n");
    assert_eq!(status, expected);
    // And what was replaced is where the report says.
    let saved = scratch.git("for-each-ref --format=%(refname) refs/netlings/before");
    let kept = scratch.git(&format!("show {}:{CLI}", saved.trim()));
    assert!(kept.contains("fn mine()"), "{kept}");

    // Twice is once.
    let files = all(&scratch.mine());
    let again = contains("the newest version").and(contains("1.3.0"));
    scratch.update(&["--yes"]).assert().code(0).stdout(again);
    assert_eq!(all(&scratch.mine()), files);
    assert_eq!(scratch.git("status --porcelain"), status);
}

#[test]
fn without_an_edit_it_is_a_fresh_clone() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    git(scratch.folder.path(), "clone -q course fresh");
    assert_eq!(
        all(&scratch.mine()),
        all(&scratch.folder.path().join("fresh"))
    );
    assert_eq!(scratch.git("status --porcelain"), "");
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );
    assert!(!scratch.mine().join("labs/hello/src/name.rs").exists());
}

#[test]
fn undo_brings_back_what_was_there_and_keeps_what_is() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch
        .update(&["--undo", "--yes"])
        .assert()
        .code(2)
        .stderr(contains("nothing to undo"));
    scratch.work();
    scratch.git(&format!("add {QUERY}"));
    let (status, head) = (
        scratch.git("status --porcelain"),
        scratch.git("rev-parse HEAD"),
    );
    let files = all(&scratch.mine());
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    // What was staged is staged still.
    assert!(
        scratch
            .git("status --porcelain")
            .contains(&format!("M  {QUERY}"))
    );
    scratch.write(QUERY, "written since");
    scratch
        .update(&["--undo", "--yes"])
        .assert()
        .code(0)
        .stdout(contains("refs/netlings/undone/20"));
    assert_eq!(all(&scratch.mine()), files);
    assert_eq!(
        (
            scratch.git("status --porcelain"),
            scratch.git("rev-parse HEAD")
        ),
        (status, head)
    );
    let undone = scratch.git("for-each-ref --format=%(refname) refs/netlings/undone");
    assert_eq!(
        scratch.git(&format!("show {}:{QUERY}", undone.trim())),
        "written since"
    );
    scratch
        .update(&["--undo", "--yes"])
        .assert()
        .code(0)
        .stdout(contains("Nothing was changed"));
    // And again into the new version.
    scratch.update(&["--yes"]).assert().code(0);
    scratch.has_both();
}

#[test]
fn two_updates_a_day_have_two_names_and_a_refusal_leaves_none() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    scratch.release(&new());
    let files = all(&scratch.mine());
    let asked = contains("no terminal to ask on").and(contains("--yes"));
    scratch.update(&[]).assert().code(2).stderr(asked);
    scratch
        .update(&["--json"])
        .assert()
        .code(2)
        .stderr(contains("--dry-run or --yes"));
    assert_eq!(all(&scratch.mine()), files);
    assert_eq!(scratch.git("for-each-ref refs/netlings/before"), "");
    scratch.update(&["--yes"]).assert().code(0);
    let mut third = new();
    third.insert("tests/checks/hello.rs".to_owned(), "// third\n".to_owned());
    scratch.release(&third);
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("-2   (undo"));
    scratch.update(&["--undo", "--yes"]).assert().code(0);
    assert_eq!(scratch.read("tests/checks/hello.rs"), "// strict\n");
}

#[test]
fn the_document_has_the_fields_it_promises() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    scratch.release(&new());
    let output = scratch
        .update(&["--dry-run", "--json"])
        .output()
        .expect("it runs");
    let mut document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for which in ["from", "to"] {
        for field in ["day", "commit"] {
            let value = document
                .pointer_mut(&format!("/{which}/{field}"))
                .expect("it is there");
            assert!(value.as_str().is_some_and(|text| !text.is_empty()));
            *value = "...".into();
        }
    }
    let document = serde_json::to_string_pretty(&document).expect("JSON");
    insta::with_settings!({
        snapshot_path => super::root().join("tests/suite/update"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("document", document);
    });
}

// ---------------------------------------------------------------- what both have changed

#[test]
fn no_conflict_mark_is_ever_in_a_learners_file() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    // Every line of the stub is others' on both sides, and a function is new.
    let mut newer = new();
    let more = "\n/// New.\npub fn more() {\n    todo!(\"step 1: more\")\n}\n";
    newer.insert(QUERY.to_owned(), format!("//! Yours: steps 1.\n/// All new.\n{NEW_SIGNATURE} {{\n    todo!(\"step 1: a\")\n}}\n{more}"));
    scratch.write(
        QUERY,
        format!("//! Mine.\n/// All mine.\n{OLD_SIGNATURE} {{\n{WORK_1}}}\n"),
    );
    scratch.release(&newer);
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("more() is new and stands at its end"));
    let mine = scratch.read(QUERY);
    assert!(
        mine.starts_with("//! Mine.\n/// All mine.\n") && mine.contains(WORK_1),
        "{mine}"
    );
    assert!(mine.ends_with(more), "{mine}");
    assert!(
        !mine.contains("<<<<") && !mine.contains(">>>>") && !mine.contains("===="),
        "{mine}"
    );
}

#[test]
fn notes_in_a_chapter_stay_where_git_can_join_them() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let chapter = "book/src/hello.md";
    let noted = |text: &str| text.replacen("One.", "One. (Ask about this.)", 1);
    scratch.write(chapter, noted(&scratch.read(chapter)));
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    assert_eq!(
        Some(scratch.read(chapter)),
        new().get(chapter).map(|text| noted(text))
    );
    // Where both changed the same line, the course's stands, and it is said.
    let mut third = new();
    third.insert(chapter.to_owned(), "# T {#hello}\n\nUno.\n".to_owned());
    scratch.release(&third);
    let said = contains("one you had changed").and(contains(chapter));
    scratch.update(&["--yes"]).assert().code(0).stdout(said);
    assert_eq!(scratch.read(chapter), "# T {#hello}\n\nUno.\n");
}

#[test]
fn a_lab_that_the_course_drops_does_not_stop_cargo() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    scratch.write("labs/hello/target/ignored", "built");
    let mut newer = new();
    newer.retain(|path, _| !path.starts_with("labs/hello/"));
    scratch.release(&newer);
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("lab hello"));
    assert!(!scratch.mine().join("labs/hello").exists());
    let sets = fs::read_dir(scratch.mine().join(".netlings/kept")).expect("something is kept");
    let set = sets.flatten().next().expect("something is kept").path();
    let query = set.join("labs/hello/src/query.rs");
    let kept = fs::read_to_string(&query).expect("the work is kept");
    assert_eq!(kept, query_of_work());
    scratch.update(&["--undo", "--yes"]).assert().code(0);
    assert_eq!(scratch.read(QUERY), query_of_work());
}

fn query_of_work() -> String {
    query(OLD_SIGNATURE, WORK_1)
}

#[test]
fn what_git_ignores_is_not_overwritten_unseen() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.write("labs/arp/src/arp.rs", "// my own");
    scratch.write(".git/info/exclude", "labs/arp\n");
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    assert_eq!(
        Some(&scratch.read("labs/arp/src/arp.rs")),
        new().get("labs/arp/src/arp.rs")
    );
    let sets = fs::read_dir(scratch.mine().join(".netlings/kept")).expect("something is kept");
    let set = sets.flatten().next().expect("something is kept").path();
    let kept = fs::read_to_string(set.join("labs/arp/src/arp.rs"));
    assert_eq!(kept.expect("it is kept"), "// my own");
}

// ---------------------------------------------------------------- states of a folder

#[test]
fn work_that_was_committed_stays_committed() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    scratch.git("add -A");
    scratch.git("commit -qm work");
    scratch.write("my notes.txt", "more\n");
    let mine = scratch.git("rev-parse HEAD");
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    scratch.write("my notes.txt", "caf\u{e9}\n");
    scratch.has_both();
    assert_eq!(scratch.git("status --porcelain"), "");
    let parents = scratch.git("show --no-patch --format=%P HEAD");
    let upstream = git(&scratch.course(), "rev-parse HEAD");
    assert_eq!(
        parents.trim(),
        format!("{} {}", mine.trim(), upstream.trim())
    );
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("the newest version"));
    // The next version finds its way too.
    let mut third = new();
    third.insert("tests/checks/hello.rs".to_owned(), "// third\n".to_owned());
    scratch.release(&third);
    scratch.update(&["--yes"]).assert().code(0);
    assert_eq!(scratch.read("tests/checks/hello.rs"), "// third\n");
    assert_eq!(scratch.read(QUERY), query_of_work());
    scratch.update(&["--undo", "--yes"]).assert().code(0);
    scratch
        .update(&["--undo", "--yes"])
        .assert()
        .code(0)
        .stdout(contains("Nothing was changed"));
}

#[test]
fn a_detached_head_stays_detached() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.git("checkout -q --detach");
    scratch.work();
    let trunk = scratch.git("rev-parse trunk");
    scratch.release(&new());
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("HEAD is detached"));
    scratch.has_both();
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );
    assert_eq!(scratch.git("rev-parse trunk"), trunk);
    scratch.git("checkout -q -f trunk");
    let said = contains("the update was made on none, and here is refs/heads/trunk");
    scratch
        .update(&["--undo", "--yes"])
        .assert()
        .code(2)
        .stderr(said);
}

#[test]
fn a_shallow_clone_fetches_what_it_lacks() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let mut between = old();
    between.insert(
        "tests/checks/hello.rs".to_owned(),
        "// between\n".to_owned(),
    );
    scratch.release(&between);
    fs::remove_dir_all(scratch.mine()).expect("it can be removed");
    let url = format!("file://{}", scratch.course().display());
    git(
        scratch.folder.path(),
        &format!("clone -q --depth 1 {url} mine"),
    );
    scratch.work();
    scratch.release(&new());
    // As a host does that serves one commit at a time.
    scratch.git("fetch -q --depth 1 origin");
    scratch.update(&["--yes"]).assert().code(0);
    scratch.has_both();
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );
}

/// A teacher's copy, or one unpacked and committed by the learner.
#[test]
fn another_history_is_compared_by_its_version() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    git(&scratch.course(), "tag v1.2.0");
    fs::remove_dir_all(scratch.mine().join(".git")).expect("it can be removed");
    scratch.git("init -q -b own");
    scratch.git("add -A");
    scratch.git("commit -qm unpacked");
    scratch.git(&format!(
        "remote add upstream {}",
        scratch.course().display()
    ));
    scratch.work();
    scratch.release(&new());
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("compared with version 1.2.0"));
    assert_eq!(
        scratch.git("rev-parse --is-shallow-repository"),
        "false\n",
        "no history is cut off for it"
    );
    scratch.has_both();
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );

    let Some(scratch) = Scratch::new() else {
        return;
    };
    fs::remove_dir_all(scratch.mine().join(".git")).expect("it can be removed");
    scratch.git("init -q -b own");
    scratch.git("add -A");
    scratch.git("commit -qm unpacked");
    scratch.git(&format!(
        "remote add upstream {}",
        scratch.course().display()
    ));
    let said = contains("nothing in common").and(contains("update --from"));
    scratch.update(&["--yes"]).assert().code(3).stderr(said);
}

#[test]
fn line_ends_are_those_of_the_checkout() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    // As git does it on Windows.
    scratch.git("config core.autocrlf true");
    for path in scratch.git("ls-files").lines() {
        fs::remove_file(scratch.mine().join(path)).expect("it can be removed");
    }
    scratch.git("checkout -q -f HEAD -- .");
    assert!(scratch.read(QUERY).contains("\r\n"));
    let crlf = |text: String| text.replace('\n', "\r\n");
    scratch.write(QUERY, crlf(query_of_work()));
    scratch.write(NAME, crlf(name("Offsets count.", WORK_2)));
    scratch.release(&new());
    scratch.update(&["--yes"]).assert().code(0);
    assert_eq!(
        scratch.read(POINTERS),
        crlf(name("Offsets count from the first octet.", WORK_2))
    );
    assert_eq!(scratch.read(QUERY), crlf(query_of_work()));
    assert!(scratch.read(CLI).contains("\r\n"));
    let status = scratch.git("status --porcelain");
    assert_eq!(status, format!(" M {POINTERS}\n M {QUERY}\n"));
}

#[test]
fn an_editor_that_writes_crlf_loses_nobody_a_line() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let crlf = |text: String| text.replace('\n', "\r\n");
    scratch.write(NAME, crlf(name("Offsets count.", WORK_2)));
    scratch.write(CLI, crlf(scratch.read(CLI)));
    scratch.write(QUERY, crlf(scratch.read(QUERY)));
    scratch.release(&new());
    let said = scratch.update(&["--yes"]).assert().code(0);
    let said = text(&said.get_output().stdout);
    assert!(
        !said.contains("had changed"),
        "line ends are no change: {said}"
    );
    assert_eq!(
        scratch.read(POINTERS),
        crlf(name("Offsets count from the first octet.", WORK_2))
    );
    assert_eq!(Some(&scratch.read(QUERY)), new().get(QUERY));
}

#[test]
fn a_read_only_file_stops_it_before_anything_is_written() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.work();
    let path = scratch.mine().join(CLI);
    let read_only = |on: bool| {
        let mut permissions = fs::metadata(&path).expect("it is there").permissions();
        permissions.set_readonly(on);
        fs::set_permissions(&path, permissions).expect("permissions can be set");
    };
    read_only(true);
    let files = all(&scratch.mine());
    scratch.release(&new());
    let said = contains(CLI)
        .and(contains("is read-only"))
        .and(contains("Nothing was changed"));
    scratch.update(&["--yes"]).assert().code(2).stderr(said);
    assert_eq!(all(&scratch.mine()), files);
    assert_eq!(scratch.git("for-each-ref refs/netlings/before"), "");
    read_only(false);
    scratch.update(&["--yes"]).assert().code(0);
    scratch.has_both();
}

#[test]
fn a_folder_where_a_file_is_to_be_stops_it_too() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.write("LIESMICH/x", "mine");
    scratch.write(".git/info/exclude", "LIESMICH\n");
    scratch.release(&new());
    let said = contains("LIESMICH is a folder here").and(contains("Nothing was changed"));
    scratch.update(&["--yes"]).assert().code(2).stderr(said);
    assert_eq!(scratch.read("LIESMICH/x"), "mine");
    assert_eq!(scratch.read("tests/checks/hello.rs"), "// loose\n");
}

#[test]
fn in_the_midst_of_something_it_waits() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    scratch.release(&new());
    scratch.write(".git/MERGE_HEAD", "");
    scratch
        .update(&["--yes"])
        .assert()
        .code(2)
        .stderr(contains("a merge is under way"));
    fs::remove_file(scratch.mine().join(".git/MERGE_HEAD")).expect("it can be removed");
    scratch.write(".git/index.lock", "");
    scratch
        .update(&["--yes"])
        .assert()
        .code(2)
        .stderr(contains("index.lock"));
    fs::remove_file(scratch.mine().join(".git/index.lock")).expect("it can be removed");
    scratch.update(&["--yes"]).assert().code(0);
}

#[test]
fn what_cannot_be_fetched_is_told_in_gits_words() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    fs::rename(scratch.course(), scratch.folder.path().join("moved")).expect("it can be moved");
    let said = contains("could not be fetched").and(contains("Git says:"));
    scratch.update(&["--yes"]).assert().code(3).stderr(said);
    scratch.git("remote remove origin");
    let said = contains("no remote")
        .and(contains("git remote add upstream"))
        .and(contains("--from"));
    scratch.update(&["--yes"]).assert().code(2).stderr(said);
    scratch.git("remote add a /nowhere");
    scratch.git("remote add b /nowhere");
    scratch
        .update(&["--yes"])
        .assert()
        .code(2)
        .stderr(contains("which of the remotes").and(contains("a, b")));
    // Without git, or outside a repository: the other way is named.
    let mut without = scratch.update(&["--yes"]);
    let said = contains("git is not installed").and(contains("update --from"));
    without.env("PATH", "").assert().code(3).stderr(said);
    fs::remove_dir_all(scratch.mine().join(".git")).expect("it can be removed");
    scratch
        .update(&["--yes"])
        .assert()
        .code(3)
        .stderr(contains("is no git repository").and(contains("update --from")));
}

#[test]
fn the_courses_own_remote_is_called_upstream() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let mut newer = new();
    let url = scratch.course().display().to_string();
    newer.insert(
        "Cargo.toml".to_owned(),
        format!("[workspace.package]\nversion = \"1.3.0\"\nrepository = \"{url}\"\n"),
    );
    scratch.release(&newer);
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("is called upstream now"));
    assert_eq!(scratch.git("remote"), "upstream\n");
    assert_eq!(scratch.git("remote get-url upstream").trim(), url);
    assert_eq!(
        scratch.git("remote get-url --push upstream"),
        "no-push-to-the-course\n"
    );
    scratch
        .update(&["--yes"])
        .assert()
        .code(0)
        .stdout(contains("the newest version"));
}

/// Ended at any moment, each file is the old one or the new one, all is saved,
/// and the next update goes on.
#[test]
#[cfg(unix)]
fn an_update_that_is_killed_loses_nothing() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    const COUNT: usize = 400;
    let many = |text: &str| -> Files {
        let path = |number| format!("tests/many/{number}.txt");
        (0..COUNT)
            .map(|number| (path(number), format!("{text} {number}\n")))
            .collect()
    };
    let mut older = old();
    older.extend(many("old"));
    scratch.release(&older);
    scratch.git("pull -q --ff-only");
    scratch.work();
    let files = all(&scratch.mine());
    let mut newer = new();
    newer.extend(many("new"));
    scratch.release(&newer);
    let last = scratch.mine().join(format!("tests/many/{}.txt", COUNT - 1));
    let first = scratch.mine().join("Cargo.toml");
    let mut halves = 0;
    for round in 0..6 {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("netlings"))
            .current_dir(scratch.mine())
            .args(["update", "--yes"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("netlings can be started");
        let late = Instant::now() + PATIENCE;
        // Killed with the first file in place, and then a little later each time.
        let pause = Duration::from_micros(200 * round);
        wait::until(late, || {
            let begun = fs::read(&first)
                .is_ok_and(|text| Some(&text) != files.get(Path::new("Cargo.toml")));
            let ended = child.try_wait().is_ok_and(|status| status.is_some());
            (begun || ended).then_some(())
        });
        let since = Instant::now();
        wait::until(since + pause, || None::<()>);
        let _ = child.kill();
        let _ = child.wait();
        let half = fs::read_to_string(&last).is_ok_and(|text| text.starts_with("old"));
        halves += usize::from(half);
        assert_ne!(
            scratch.git("for-each-ref refs/netlings/before"),
            "",
            "all is saved"
        );
        for (path, octets) in all(&scratch.mine()) {
            let short = path.to_string_lossy().into_owned();
            let is_old = files.get(&path) == Some(&octets);
            let is_new = newer
                .get(&short)
                .is_some_and(|text| text.as_bytes() == octets);
            let is_merged = short == POINTERS && text(&octets).contains(WORK_2);
            assert!(is_old || is_new || is_merged, "{short}: {}", text(&octets));
        }
        // Here netlings itself is not replaced, so it can be run again; put back
        // first, to be killed again.
        if round < 5 {
            let saved = scratch.git("for-each-ref --format=%(refname) refs/netlings/before");
            let saved = saved.lines().next().expect("it is saved").to_owned();
            let head = scratch.git(&format!("rev-parse {saved}^1"));
            let _ = fs::remove_file(scratch.mine().join(".git/index.lock"));
            scratch.git(&format!("reset -q --soft {}", head.trim()));
            scratch.git("clean -qfd");
            scratch.git(&format!("restore --source {saved} --worktree ."));
            scratch.git("reset -q");
            assert_eq!(all(&scratch.mine()), files);
        }
    }
    println!("{halves} of 6 were ended half way");
    let _ = fs::remove_file(scratch.mine().join(".git/index.lock"));
    scratch.update(&["--yes"]).assert().code(0);
    scratch.has_both();
    assert_eq!(
        scratch.git("rev-parse HEAD"),
        git(&scratch.course(), "rev-parse HEAD")
    );
    assert!(fs::read_to_string(&last).is_ok_and(|text| text.starts_with("new")));
}

// ---------------------------------------------------------------- without git

/// Two folders, as unpacked: the older with the work in it, and the newer.
fn unpacked() -> Option<(tempfile::TempDir, PathBuf, PathBuf)> {
    if netlings::checks::find("hello").is_none() {
        println!("skipped: this tree has no lab hello");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mine, newer) = (folder.path().join("mine"), folder.path().join("newer"));
    for (to, files) in [(&mine, old()), (&newer, new())] {
        for (path, text) in files {
            put(to, &path, text.as_bytes());
        }
    }
    // netlings has seen the older one untouched.
    netlings(&mine, &["list"]).assert().code(0);
    put(&mine, NAME, name("Offsets count.", WORK_2).as_bytes());
    put(&mine, QUERY, query_of_work().as_bytes());
    put(&mine, "labs/hello/src/notes.rs", b"// notes\n");
    Some((folder, mine, newer))
}

#[test]
fn without_git_the_work_is_fetched_out_of_the_old_folder() {
    let Some((_folder, mine, newer)) = unpacked() else {
        return;
    };
    put(
        &mine,
        ".netlings/progress.json",
        b"{\"version\":1,\"labs\":{\"hello\":{\"hash\":\"x\",\"passed\":[1],\"hints\":{}}}}",
    );
    let before = all(&mine);
    let from = ["update", "--from", "../mine"];
    let dry = netlings(&newer, &[&from[..], &["--dry-run"]].concat())
        .assert()
        .code(0);
    let dry = text(&dry.get_output().stdout);
    assert!(!newer.join("labs/hello/src/notes.rs").exists());
    let done = netlings(&newer, &[&from[..], &["--yes"]].concat())
        .env("PATH", "")
        .assert()
        .code(0);
    let done = text(&done.get_output().stdout);
    for what in [
        "from 1.2.0 to 1.3.0",
        "lab arp (1 step)",
        &format!("{NAME} → {POINTERS}   your code went along"),
        NEW_SIGNATURE,
        "labs/hello/src/notes.rs: taken along",
    ] {
        assert!(
            done.contains(what) && dry.contains(what),
            "{what}\n{done}\n{dry}"
        );
    }
    let read = |path: &str| fs::read_to_string(newer.join(path)).expect("it is there");
    assert_eq!(
        read(POINTERS),
        name("Offsets count from the first octet.", WORK_2)
    );
    assert_eq!(read(QUERY), query_of_work());
    assert_eq!(read("labs/hello/src/notes.rs"), "// notes\n");
    assert!(read(".netlings/progress.json").contains("hello"));
    assert_eq!(Some(&read(CLI)), new().get(CLI));
    assert_eq!(all(&mine), before, "the old folder is as it was");
    // Twice is once.
    let files = all(&newer);
    netlings(&newer, &[&from[..], &["--yes"]].concat())
        .assert()
        .code(0);
    assert_eq!(all(&newer), files);
    // What was written here since is kept before it is replaced.
    put(&newer, QUERY, b"written here");
    let kept = contains(".netlings/kept/");
    netlings(&newer, &[&from[..], &["--yes"]].concat())
        .assert()
        .code(0)
        .stdout(kept);
    assert_eq!(read(QUERY), query_of_work());
    netlings(&newer, &["reset", "--undo", "--yes"])
        .assert()
        .code(0);
    assert_eq!(read(QUERY), "written here");
}

#[test]
fn the_folder_of_the_work_is_looked_at_first() {
    let Some((folder, mine, newer)) = unpacked() else {
        return;
    };
    let from = |at: &Path, from: &str| netlings(at, &["update", "--yes", "--from", from]);
    from(&newer, "../nowhere")
        .assert()
        .code(2)
        .stderr(contains("--from ../nowhere"));
    from(&newer, ".")
        .assert()
        .code(2)
        .stderr(contains("that is this course"));
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("a folder can be made");
    from(&newer, "../empty")
        .assert()
        .code(2)
        .stderr(contains("no course lies there"));
    // Never seen untouched: the files are taken as they are.
    fs::remove_dir_all(mine.join(".netlings")).expect("it can be removed");
    from(&newer, "../mine")
        .assert()
        .code(0)
        .stdout(contains("taken along"));
    let query = fs::read_to_string(newer.join(QUERY)).expect("it is there");
    assert_eq!(query, query_of_work());
}
