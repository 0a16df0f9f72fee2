//! How far the learner is, in one small file, `.netlings/progress.json`.
//!
//! A person can read it, git ignores it, and deleting it loses nothing that a
//! check does not bring back, but which hints were shown.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::check::LabChecks;
use crate::course::Lab;
use crate::date;

/// The form of the file that is written.
const VERSION: u32 = 2;

/// The file's content. What another version wrote beside is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The form of the file.
    pub version: u32,
    /// Where the learner is: `hello/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<String>,
    /// A lab's name to what is known of it.
    #[serde(default)]
    pub labs: BTreeMap<String, LabProgress>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// What is known of a lab.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LabProgress {
    /// A step to its last verdict.
    #[serde(default)]
    pub steps: BTreeMap<u8, StepProgress>,
    /// A step to the tiers of hints that were shown.
    #[serde(default)]
    pub hints: BTreeMap<u8, usize>,
    /// What version 1 kept of a lab's files, for all steps in one.
    #[serde(default, skip_serializing)]
    hash: String,
    /// The steps that passed then.
    #[serde(default, skip_serializing)]
    passed: Vec<u8>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// The last verdict on a step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StepProgress {
    /// `pass` or `fail`.
    pub verdict: String,
    /// The [`fingerprint`] of what was judged.
    pub hash: String,
    /// When.
    #[serde(default)]
    pub at: String,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It passed, and neither the lab nor its checks have changed since.
    Passed,
    /// It passed before a change.
    Again,
    /// It was tried, and did not pass.
    Failed,
    /// It was not tried, or a stub is still in it.
    #[default]
    Open,
}

impl Progress {
    /// Reads the file. One that is not there is empty; one that cannot be read
    /// gives an empty progress and a sentence that says so.
    pub fn load(root: &Path) -> (Progress, Option<String>) {
        let path = path(root);
        let empty = Progress {
            version: VERSION,
            ..Progress::default()
        };
        let read = fs::read_to_string(&path);
        let text = match read {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (empty, None),
            Err(error) => {
                return (
                    empty,
                    Some(format!(
                        "{} cannot be read ({error}); steps are checked again",
                        path.display()
                    )),
                );
            }
        };
        match serde_json::from_str::<Progress>(&text) {
            Ok(progress) => (progress.of_this_version(), None),
            Err(error) => {
                let aside = path.with_extension("json.broken");
                let kept = if fs::rename(&path, &aside).is_ok() {
                    format!("; it is kept as {}", aside.display())
                } else {
                    String::new()
                };
                let said = format!(
                    "{} is no progress file ({error}){kept}; steps are checked again",
                    path.display()
                );
                (empty, Some(said))
            }
        }
    }

    /// What version 1 knew of a lab, step by step.
    fn of_this_version(mut self) -> Progress {
        for lab in self.labs.values_mut() {
            let hash = std::mem::take(&mut lab.hash);
            for step in std::mem::take(&mut lab.passed) {
                lab.steps.entry(step).or_insert_with(|| StepProgress {
                    verdict: "pass".to_owned(),
                    hash: hash.clone(),
                    ..StepProgress::default()
                });
            }
        }
        // A newer version's number is kept: this one leaves what it wrote.
        self.version = self.version.max(VERSION);
        self
    }

    /// Writes the file: a new one beside it, then a rename, so that a reader
    /// sees the old or the new.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, root: &Path) -> io::Result<()> {
        let path = path(root);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension(format!("json.{}", std::process::id()));
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let written = fs::File::create(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        let done = written.and_then(|()| fs::rename(&beside, &path));
        if done.is_err() {
            let _ = fs::remove_file(&beside);
        }
        done
    }

    /// Reads the file, changes it and writes it, while no other netlings does.
    /// Gives what it now holds, and a sentence if something went wrong.
    pub fn update(root: &Path, change: impl FnOnce(&mut Progress)) -> (Progress, Option<String>) {
        // Without a lock the worst is a verdict that is checked once more.
        let folder = root.join(".netlings");
        let lock = fs::create_dir_all(&folder)
            .and_then(|()| fs::File::create(folder.join("progress.lock")))
            .and_then(|file| file.lock().map(|()| file));
        let (mut progress, warning) = Progress::load(root);
        change(&mut progress);
        let saved = progress.save(root);
        drop(lock);
        let trouble = saved
            .err()
            .map(|error| format!("how far you are cannot be kept: {error}"));
        (progress, trouble.or(warning))
    }

    /// How a step stands when the lab's fingerprint is `hash`.
    pub fn state(&self, lab: &str, step: u8, hash: &str) -> State {
        let known = self.labs.get(lab).and_then(|lab| lab.steps.get(&step));
        match known {
            Some(known) if known.verdict == "pass" && known.hash == hash => State::Passed,
            Some(known) if known.verdict == "pass" => State::Again,
            Some(_) => State::Failed,
            None => State::Open,
        }
    }

    /// The steps of a lab that have passed, whether or not something changed
    /// since.
    pub fn passed(&self, lab: &str) -> Vec<u8> {
        let steps = self.labs.get(lab).into_iter().flat_map(|lab| &lab.steps);
        steps
            .filter(|(_, known)| known.verdict == "pass")
            .map(|(step, _)| *step)
            .collect()
    }

    /// Notes the verdict on a step; `None` for one whose stub is still there.
    pub fn note(&mut self, lab: &str, step: u8, hash: &str, verdict: Option<&str>) {
        let steps = &mut self.labs.entry(lab.to_owned()).or_default().steps;
        match verdict {
            Some(verdict) => {
                let entry = steps.entry(step).or_default();
                verdict.clone_into(&mut entry.verdict);
                hash.clone_into(&mut entry.hash);
                entry.at = date::now();
            }
            None => drop(steps.remove(&step)),
        }
    }
}

fn path(root: &Path) -> PathBuf {
    root.join(".netlings").join("progress.json")
}

/// A fingerprint of a lab's files and of what they are held to: when it is
/// another, what passed is to be checked again. Of files that nobody named it
/// counts what cargo reads; what an editor keeps beside them is none of it.
pub fn fingerprint(root: &Path, lab: &Lab, checks: &LabChecks) -> String {
    // Another Rust may hash otherwise; then everything is checked again.
    let mut hasher = DefaultHasher::new();
    for check in checks.checks {
        (check.name, check.step).hash(&mut hasher);
    }
    let folder = root.join("labs").join(&lab.name);
    let mut files: Vec<PathBuf> = lab.yours.iter().chain(&lab.given).cloned().collect();
    sources(&folder, Path::new(""), &mut files);
    files.sort();
    files.dedup();
    for file in files {
        let octets = fs::read(folder.join(&file)).ok();
        (file, octets).hash(&mut hasher);
    }
    let held_to = root.join("tests/checks").join(format!("{}.rs", lab.name));
    fs::read(held_to).ok().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The Rust and TOML files below `folder`, by their paths from there. Links
/// are not followed and hidden things not looked at.
fn sources(folder: &Path, inside: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder.join(inside))
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = inside.join(entry.file_name());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let source = || {
            path.extension()
                .is_some_and(|ending| ending == "rs" || ending == "toml")
        };
        if kind.is_dir() && !hidden && path != Path::new("target") {
            sources(folder, &path, files);
        } else if kind.is_file() && !hidden && source() {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::create_dir(folder.path().join(".netlings")).expect("and one in it");
        fs::write(path(folder.path()), text).expect("and a file");
        folder
    }

    #[test]
    fn the_first_version_is_read_and_unknown_keys_stay() {
        let folder = written(
            r#"{"version": 1, "mood": "good", "labs": {"hello": {"hash": "aa", "passed": [1, 3], "hints": {"2": 1}, "tea": 7}}}"#,
        );
        let (progress, warning) = Progress::update(folder.path(), |progress| {
            progress.note("hello", 2, "bb", Some("pass"));
        });
        assert_eq!(warning, None);
        assert_eq!(progress.state("hello", 1, "aa"), State::Passed);
        assert_eq!(progress.state("hello", 3, "bb"), State::Again);
        assert_eq!(progress.state("hello", 2, "bb"), State::Passed);
        let text = fs::read_to_string(path(folder.path())).expect("it is there");
        for kept in ["\"mood\": \"good\"", "\"tea\": 7", "\"2\": 1"] {
            assert!(text.contains(kept), "{kept} is not in {text}");
        }
        assert!(!text.contains("passed"), "{text}");
        let (again, _) = Progress::load(folder.path());
        assert_eq!(again.state("hello", 3, "aa"), State::Passed);
    }

    #[test]
    fn a_step_that_fails_loses_its_pass_and_a_stub_is_open() {
        let mut progress = Progress::default();
        progress.note("hello", 1, "aa", Some("pass"));
        progress.note("hello", 1, "ab", Some("fail"));
        assert_eq!(progress.state("hello", 1, "aa"), State::Failed);
        progress.note("hello", 1, "ac", None);
        assert_eq!(progress.state("hello", 1, "ac"), State::Open);
    }
}
