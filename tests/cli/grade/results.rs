//! The folder of results: a folder a submission, and what is made of all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use netlings::course::Trouble;

use super::result::{Graded, Grader, Status};
use super::{formats, summary};

/// The folder of results.
pub struct Results {
    /// Where it is.
    pub folder: PathBuf,
    resume: bool,
}

impl Results {
    /// The results in `folder`, which has none yet unless `resume`.
    ///
    /// # Errors
    /// It has some, or cannot be made.
    pub fn open(folder: &Path, resume: bool) -> Result<Results, Trouble> {
        let there = folder.join("submissions").is_dir();
        if there && !resume {
            return Err(Trouble::Misuse(format!(
                "{} has results already; --resume goes on with them",
                folder.display()
            )));
        }
        fs::create_dir_all(folder.join("submissions"))
            .map_err(|error| Trouble::Misuse(format!("{}: {error}", folder.display())))?;
        Ok(Results {
            folder: folder.to_owned(),
            resume,
        })
    }

    /// Where the results of a submission are.
    fn of(&self, submission: &str) -> PathBuf {
        self.folder.join("submissions").join(file_name(submission))
    }

    /// The record of an earlier run, if it is of the same files, pack and
    /// grader, and counts.
    pub fn known(&self, submission: &str, sha256: &str, grader: &Grader) -> Option<Graded> {
        if !self.resume {
            return None;
        }
        let text = fs::read(self.of(submission).join("result.json")).ok()?;
        let graded: Graded = serde_json::from_slice(&text).ok()?;
        let same = graded.sha256 == sha256 && graded.grader == *grader;
        (same && graded.status == Status::Graded && graded.submission == submission)
            .then_some(graded)
    }

    /// Writes a record in every format.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, graded: &Graded) -> io::Result<()> {
        let folder = self.of(&graded.submission);
        fs::create_dir_all(&folder)?;
        let json = |value: &serde_json::Value| serde_json::to_vec_pretty(value);
        whole(
            &folder.join("gradescope.json"),
            &json(&formats::gradescope(graded))?,
        )?;
        if graded.status == Status::Graded {
            whole(
                &folder.join("classroom50.json"),
                &json(&formats::classroom50(graded))?,
            )?;
        }
        whole(&folder.join("junit.xml"), formats::junit(graded).as_bytes())?;
        whole(
            &folder.join("feedback.md"),
            formats::feedback(graded).as_bytes(),
        )?;
        // Last, for it says that the submission is graded.
        whole(
            &folder.join("result.json"),
            &serde_json::to_vec_pretty(graded)?,
        )
    }

    /// Writes what is made of all records together.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_all(&self, all: &[Graded]) -> Result<(), Trouble> {
        let put = |name: &str, text: String| whole(&self.folder.join(name), text.as_bytes());
        put("grades.csv", formats::csv(all))
            .and_then(|()| put("summary.md", summary::summary(all)))
            .map_err(|error| Trouble::Ours(format!("{}: {error}", self.folder.display())))
    }

    /// Copies the learner's files for JPlag, which takes a folder a submission.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_source(&self, submission: &str, files: &Path) -> io::Result<()> {
        let to = self.folder.join("jplag").join(file_name(submission));
        for entry in fs::read_dir(files.join("src"))? {
            let entry = entry?;
            fs::create_dir_all(&to)?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    }
}

/// The name of a submission, without what a file's name cannot hold everywhere.
fn file_name(submission: &str) -> String {
    let mut name = String::new();
    for octet in submission.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_@+".contains(&octet) {
            name.push(char::from(octet));
        } else if octet == b'.' && !name.is_empty() {
            name.push('.');
        } else {
            name.push_str(&format!("%{octet:02X}"));
        }
    }
    name
}

/// Writes a file so that it is there whole or not at all.
pub fn whole(path: &Path, octets: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(octets)?;
        file.sync_data()
    });
    written
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
}
