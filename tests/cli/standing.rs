//! Which step is meant, and how it stands: what the commands about one step
//! have in common.

use std::fs;
use std::path::{Path, PathBuf};

use netlings::check::LabChecks;
use netlings::course::{Lab, Step, Tree, Trouble};
use netlings::progress::Progress;
use netlings::source::functions;

use crate::{Place, pristine, watch};

/// A step that a command is about.
pub struct Which {
    /// The lab's checks.
    pub checks: &'static LabChecks,
    /// Its table.
    pub lab: Lab,
    /// The step, from 1.
    pub number: u8,
}

impl Which {
    /// The step that `text` names, or without it the one where the learner is.
    ///
    /// # Errors
    /// A name that is none, or a lab where `command` wants a step.
    pub fn step(
        place: &Place,
        progress: &Progress,
        text: Option<&str>,
        command: &str,
    ) -> Result<Which, Trouble> {
        let (checks, number) = match text {
            Some(text) => {
                let selection = place.course.select(text, &place.here)?;
                let number = selection.step.ok_or_else(|| {
                    Trouble::Misuse(format!(
                        "which step of {0}? For example: {command} {0}/1",
                        selection.lab.lab
                    ))
                })?;
                (selection.lab, number)
            }
            None => watch::current(place, progress)?.ok_or_else(|| {
                Trouble::Misuse(format!(
                    "every step has passed; name one: {command} LAB/STEP"
                ))
            })?,
        };
        let lab = place.course.lab(checks.lab)?;
        Ok(Which {
            checks,
            lab,
            number,
        })
    }

    /// `hello/2`
    pub fn name(&self) -> String {
        format!("{}/{}", self.lab.name, self.number)
    }

    /// What `lab.toml` says of it.
    ///
    /// # Errors
    /// That it says nothing.
    pub fn entry(&self) -> Result<&Step, Trouble> {
        self.lab.step(self.number).ok_or_else(|| {
            Trouble::Ours(format!(
                "labs/{}/lab.toml has no step {}",
                self.lab.name, self.number
            ))
        })
    }
}

/// The steps of a lab that have passed, whether or not something changed since.
pub fn passed(progress: &Progress, lab: &str) -> Vec<u8> {
    progress.passed(lab)
}

/// A stub of a step: the function, its file from the lab's folder, its task.
pub struct Stub {
    pub name: String,
    pub file: PathBuf,
    pub task: String,
}

/// The stubs of a step as they were delivered; none where nobody knows.
pub fn stubs(root: &Path, lab: &Lab, number: u8) -> Vec<Stub> {
    let Some(step) = lab.step(number) else {
        return Vec::new();
    };
    let mut stubs = Vec::new();
    for file in [&step.file].into_iter().chain(&step.also) {
        let text = pristine::stub(root, lab, file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for function in functions(&text) {
            if let Some((of, task)) = function.todo
                && of == number
            {
                stubs.push(Stub {
                    name: function.name.to_owned(),
                    file: file.clone(),
                    task: task.to_owned(),
                });
            }
        }
    }
    stubs
}

/// A file of a lab in one of the trees; `None` if it is not there.
pub fn text(root: &Path, tree: Tree, lab: &str, file: &Path) -> Option<String> {
    let octets = fs::read(root.join(tree.folder()).join(lab).join(file)).ok()?;
    Some(String::from_utf8_lossy(&octets).replace("\r\n", "\n"))
}
