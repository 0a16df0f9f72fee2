//! The course as it lies in the tree: parts and chapters from the book's
//! `SUMMARY.md`, a lab's steps and files from its `lab.toml`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::check::LabChecks;
use crate::checks;

/// Why a command cannot do what it was asked.
#[derive(Debug)]
pub enum Trouble {
    /// The command was misused: exit status 2.
    Misuse(String),
    /// Something around us is not as it must be: exit status 3.
    Ours(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Trouble::Misuse(text) | Trouble::Ours(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Trouble {}

/// Reads a file, with its name in the trouble.
///
/// # Errors
/// [`Trouble::Ours`] with the path and what the system says.
pub fn read(path: &Path) -> Result<String, Trouble> {
    fs::read_to_string(path)
        .map_err(|error| Trouble::Ours(format!("cannot read {}: {error}", path.display())))
}

/// The whole course.
pub struct Course {
    /// The folder that holds `book`, `labs` and the others.
    pub root: PathBuf,
    /// In the order of `SUMMARY.md`.
    pub parts: Vec<Part>,
}

/// A part of the course.
pub struct Part {
    /// As in `SUMMARY.md`: `Part I. The map`.
    pub title: String,
    /// Its chapters, in order.
    pub chapters: Vec<Chapter>,
}

/// A chapter; most have a lab.
pub struct Chapter {
    /// As in `SUMMARY.md`.
    pub title: String,
    /// `hello` for `hello.md`; `None` while the chapter is to come.
    pub name: Option<String>,
}

/// A lab, as its `lab.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// The lab's name, which is its folder's.
    #[serde(skip)]
    pub name: String,
    /// The chapter's title.
    pub title: String,
    /// The files that are the learner's, from the lab's folder.
    pub yours: Vec<PathBuf>,
    /// All other files of the lab.
    pub given: Vec<PathBuf>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// A step of a lab.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is about, as in the chapter's heading.
    pub title: String,
    /// The file that it is written in, from the lab's folder.
    pub file: PathBuf,
    /// Further files, where one is not enough.
    #[serde(default)]
    pub also: Vec<PathBuf>,
    /// The function to begin with.
    pub item: String,
    /// How long it takes, about.
    pub minutes: u32,
}

/// One of the two trees of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tree {
    /// What the learner edits.
    Labs,
    /// The reference.
    Solutions,
}

impl Tree {
    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Tree::Labs => "labs",
            Tree::Solutions => "solutions",
        }
    }

    /// The name of a lab's package, which is its program's too.
    pub fn package(self, lab: &str) -> String {
        match self {
            Tree::Labs => format!("lab-{lab}"),
            Tree::Solutions => format!("solution-{lab}"),
        }
    }
}

/// A lab, or one step of it.
#[derive(Clone, Copy)]
pub struct Selection {
    /// The lab.
    pub lab: &'static LabChecks,
    /// The step, from 1; `None` for the whole lab.
    pub step: Option<u8>,
}

impl Course {
    /// Finds the course around `from`, upwards, and reads its order.
    ///
    /// # Errors
    /// [`Trouble::Ours`] if there is none, or its `SUMMARY.md` cannot be read.
    pub fn find(from: &Path) -> Result<Course, Trouble> {
        let root = from
            .ancestors()
            .find(|folder| folder.join("book/src/SUMMARY.md").is_file());
        let root = root.ok_or_else(|| {
            let from = from.display();
            Trouble::Ours(format!(
                "no course around {from}: neither it nor a folder above has book/src/SUMMARY.md"
            ))
        })?;
        let summary = read(&root.join("book/src/SUMMARY.md"))?;
        Ok(Course {
            root: root.to_owned(),
            parts: parts(&summary),
        })
    }

    /// The labs that exist, in the order of the course.
    pub fn labs(&self) -> Vec<&'static LabChecks> {
        let names = self
            .parts
            .iter()
            .flat_map(|part| &part.chapters)
            .filter_map(|chapter| chapter.name.as_deref());
        names.filter_map(checks::find).collect()
    }

    /// A lab's `lab.toml`.
    ///
    /// # Errors
    /// [`Trouble::Ours`] if the folder is gone or the file is not as it must be.
    pub fn lab(&self, name: &str) -> Result<Lab, Trouble> {
        let path = self.root.join("labs").join(name).join("lab.toml");
        if !path.is_file() {
            return Err(Trouble::Ours(format!(
                "labs/{name}/lab.toml is not there; bring the lab back with `cargo netlings reset {name}`"
            )));
        }
        let mut lab: Lab = toml::from_str(&read(&path)?)
            .map_err(|error| Trouble::Ours(format!("labs/{name}/lab.toml: {error}")))?;
        name.clone_into(&mut lab.name);
        Ok(lab)
    }

    /// What `text` names: `hello`, `hello/2`, or `2` inside a lab's folder.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] with the nearest names.
    pub fn select(&self, text: &str, here: &Path) -> Result<Selection, Trouble> {
        let (name, step) = match text.split_once('/') {
            Some((name, step)) => (name, Some(step)),
            None if text.parse::<u8>().is_ok() => match self.lab_around(here) {
                Some(lab) => (lab.lab, Some(text)),
                None => {
                    let first = self.labs().first().map_or("hello", |lab| lab.lab);
                    return Err(Trouble::Misuse(format!(
                        "step {text} of which lab? Name it as LAB/STEP, for example {first}/{text}"
                    )));
                }
            },
            None => (text, None),
        };
        let lab = checks::find(name).ok_or_else(|| self.unknown(name))?;
        let last = lab.checks.iter().map(|check| check.step).max().unwrap_or(0);
        let step = match step {
            None => None,
            Some(text) => match text.parse() {
                Ok(step) if (1..=last).contains(&step) => Some(step),
                _ => {
                    return Err(Trouble::Misuse(format!(
                        "{name} has no step {text:?}; its steps are {name}/1 to {name}/{last}"
                    )));
                }
            },
        };
        Ok(Selection { lab, step })
    }

    /// The lab whose folder holds `here`.
    pub fn lab_around(&self, here: &Path) -> Option<&'static LabChecks> {
        let inside = here.strip_prefix(self.root.join("labs")).ok()?;
        checks::find(inside.iter().next()?.to_str()?)
    }

    fn unknown(&self, name: &str) -> Trouble {
        let to_come = self.parts.iter().flat_map(|part| &part.chapters);
        let to_come = to_come.filter(|chapter| chapter.name.is_none());
        if to_come.clone().any(|chapter| {
            chapter
                .title
                .to_lowercase()
                .starts_with(&format!("{name}:"))
        }) {
            return Trouble::Misuse(format!("the lab {name} is still to come"));
        }
        let labs = self.labs();
        let near = labs
            .iter()
            .map(|lab| (strsim::damerau_levenshtein(lab.lab, name), lab.lab));
        match near.min() {
            Some((distance, lab)) if distance <= 3 => {
                Trouble::Misuse(format!("there is no lab {name:?}; did you mean {lab}?"))
            }
            _ => {
                let names: Vec<_> = labs.iter().map(|lab| lab.lab).collect();
                Trouble::Misuse(format!(
                    "there is no lab {name:?}; the labs are {}",
                    names.join(", ")
                ))
            }
        }
    }
}

impl Step {
    /// Whether the step is written in `file`, alone or with other files.
    pub fn holds(&self, file: &Path) -> bool {
        self.file == file || self.also.iter().any(|also| also == file)
    }
}

impl Lab {
    /// The step with this number, from 1.
    pub fn step(&self, number: u8) -> Option<&Step> {
        self.steps.get(usize::from(number).checked_sub(1)?)
    }

    /// Whether `file`, one of the learner's, is as it was delivered: every step
    /// that is written in it still has its `todo!`.
    pub fn is_stub(&self, file: &Path, content: &str) -> bool {
        let mut numbers = (1..)
            .zip(&self.steps)
            .filter(|(_, step)| step.holds(file))
            .peekable();
        numbers.peek().is_some()
            && numbers.all(|(number, _)| content.contains(&format!("todo!(\"step {number}:")))
    }
}

/// Reads the order of the course: `# Part` lines and `- [Title](NAME.md)`.
fn parts(summary: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in summary.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            parts.push(Part {
                title: title.to_owned(),
                chapters: Vec::new(),
            });
        }
        let chapter = line
            .trim_start()
            .strip_prefix("- [")
            .and_then(|rest| rest.split_once("]("));
        if let (Some((title, link)), Some(part)) = (chapter, parts.last_mut()) {
            let name = link
                .strip_suffix(')')
                .and_then(|page| page.strip_suffix(".md"));
            part.chapters.push(Chapter {
                title: title.to_owned(),
                name: name.map(str::to_owned),
            });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_chapters_come_in_the_order_of_the_summary() {
        let summary = "# Summary\n\n[Introduction](README.md)\n\n# Part I\n\n- [A](a.md)\n- [B: to come]()\n\n# Part II\n- [C](c.md)\n";
        let parts = parts(summary);
        let names: Vec<Vec<Option<&str>>> = parts
            .iter()
            .map(|part| {
                part.chapters
                    .iter()
                    .map(|chapter| chapter.name.as_deref())
                    .collect()
            })
            .collect();
        assert_eq!(names, [vec![], vec![Some("a"), None], vec![Some("c")]]);
    }
}
