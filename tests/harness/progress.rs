//! How far the learner is, in one small file, `.netlings/progress.json`.
//!
//! A person can read it, git ignores it, and deleting it loses nothing that a
//! check does not bring back.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::check::LabChecks;
use crate::course::Lab;

/// The file's content. What another version wrote beside is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The form of the file: 1.
    pub version: u32,
    /// A lab's name to what is known of it.
    #[serde(default)]
    pub labs: BTreeMap<String, LabProgress>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// What is known of a lab.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LabProgress {
    /// The learner's files and the lab's checks, when they were last run.
    #[serde(default)]
    pub hash: String,
    /// The steps that passed then.
    #[serde(default)]
    pub passed: Vec<u8>,
    /// A step to the tiers of hints that were shown.
    #[serde(default)]
    pub hints: BTreeMap<u8, usize>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

impl Progress {
    /// Reads the file. One that is not there is empty; one that cannot be read
    /// gives an empty progress and a sentence that says so.
    pub fn load(root: &Path) -> (Progress, Option<String>) {
        let path = path(root);
        let empty = Progress {
            version: 1,
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
            Ok(progress) => (progress, None),
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
}

fn path(root: &Path) -> PathBuf {
    root.join(".netlings").join("progress.json")
}

/// A fingerprint of the learner's files and of what they are held to: when it
/// is another, what passed is to be checked again.
pub fn fingerprint(root: &Path, lab: &Lab, checks: &LabChecks) -> String {
    // Another Rust may hash otherwise; then everything is checked again.
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for check in checks.checks {
        (check.name, check.step).hash(&mut hasher);
    }
    for file in lab.yours.iter().chain(&lab.given) {
        let path = root.join("labs").join(&lab.name).join(file);
        (file, fs::read(path).ok()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
