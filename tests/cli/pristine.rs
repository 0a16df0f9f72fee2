//! The labs as they were delivered: where `reset`, `export` and `grade`
//! take a stub from.
//!
//! A stub is looked for in four places: the last commit, the copy that netlings
//! made when it first saw the file, the commits before, and the file itself.
//! The last commit comes first because a newer course may have brought a newer
//! stub.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netlings::course::{Course, Lab, Trouble};

use crate::files;

/// How far back a stub is looked for, in commits that changed its file.
const COMMITS_MAX: &str = "--max-count=200";

/// Keeps a copy of each of the learner's files that is still as delivered, if
/// there is none yet. Where it cannot be written, git is left to ask.
pub fn capture(course: &Course) {
    for checks in course.labs() {
        let Ok(lab) = course.lab(checks.lab) else {
            continue;
        };
        for file in &lab.yours {
            let copy = copy_of(&course.root, &lab.name, file);
            if copy.exists() {
                continue;
            }
            let text = fs::read_to_string(course.root.join("labs").join(&lab.name).join(file));
            if let Ok(text) = text
                && lab.is_stub(file, &text)
            {
                let _ = files::replace(&copy, text.as_bytes());
            }
        }
    }
}

fn copy_of(root: &Path, lab: &str, file: &Path) -> PathBuf {
    root.join(".netlings")
        .join("base")
        .join("labs")
        .join(lab)
        .join(file)
}

/// The stub of `file`, one of the learner's in `lab`.
pub fn stub(root: &Path, lab: &Lab, file: &Path) -> Option<Vec<u8>> {
    let is_stub =
        |octets: &Vec<u8>| str::from_utf8(octets).is_ok_and(|text| lab.is_stub(file, text));
    let path = path_of(&lab.name, file);
    committed(root, &path)
        .filter(is_stub)
        .or_else(|| {
            fs::read(copy_of(root, &lab.name, file))
                .ok()
                .filter(is_stub)
        })
        .or_else(|| {
            let commits = git(root, &["log", COMMITS_MAX, "--format=%H", "--", &path])?;
            let commits = String::from_utf8(commits).ok()?;
            commits
                .lines()
                .find_map(|commit| at(root, commit, &path).filter(is_stub))
        })
        .or_else(|| fs::read(root.join(&path)).ok().filter(is_stub))
}

/// The stub of `file`, one of the learner's in `lab`, by whoever cannot do without.
///
/// # Errors
/// Why there is none.
pub fn find(root: &Path, lab: &Lab, file: &Path) -> Result<Vec<u8>, Trouble> {
    stub(root, lab, file).ok_or_else(|| {
        let path = path_of(&lab.name, file);
        let git = without_git(root).unwrap_or("no commit has it");
        Trouble::Ours(format!(
            "there is no stub of {path}: .netlings/base has no copy, and {git}"
        ))
    })
}

/// The path of a lab's file from the course's root, as git writes it.
pub fn path_of(lab: &str, file: &Path) -> String {
    let file: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    format!("labs/{lab}/{}", file.join("/"))
}

/// The file at `path`, from the course's root, in the last commit.
pub fn committed(root: &Path, path: &str) -> Option<Vec<u8>> {
    at(root, "HEAD", path)
}

fn at(root: &Path, commit: &str, path: &str) -> Option<Vec<u8>> {
    // As a checkout would write it: with this system's ends of lines.
    git(
        root,
        &["cat-file", "--filters", &format!("{commit}:./{path}")],
    )
}

/// Why git cannot be asked, as a sentence; `None` if it can.
pub fn without_git(root: &Path) -> Option<&'static str> {
    let version = Command::new("git")
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    if version.is_err() {
        return Some("git is not installed");
    }
    match git(root, &["rev-parse", "--verify", "--quiet", "HEAD"]) {
        None => Some("this folder is no git repository, or has no commit yet"),
        Some(_) => None,
    }
}

fn git(root: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let mut git = Command::new("git");
    let output = git
        .current_dir(root)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}
