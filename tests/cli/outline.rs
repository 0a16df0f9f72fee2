//! The course in brief: parts, labs, steps, and how far the learner is. What
//! `list` prints and the watch shows.

use std::path::PathBuf;

use netlings::check::Check;
use netlings::checks;
use netlings::course::{self, Trouble};
use netlings::progress::{self, Progress, State};
use serde::Serialize;

use crate::Place;

/// The whole course.
#[derive(Clone, Serialize)]
pub struct Outline {
    /// The form of the document.
    pub version: u32,
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of it.
#[derive(Clone, Serialize)]
pub struct Part {
    /// As in `SUMMARY.md`.
    pub title: String,
    /// Its chapters, in order.
    pub chapters: Vec<Chapter>,
}

/// A chapter, with its lab if it has one.
#[derive(Clone, Serialize)]
pub struct Chapter {
    /// As in `SUMMARY.md`.
    pub title: String,
    /// The lab's name; `null` for a chapter to come or without a lab.
    pub lab: Option<String>,
    /// Whether it is still to be written.
    pub to_come: bool,
    /// About how long the lab takes.
    pub minutes: u32,
    /// The lab's steps, in order.
    pub steps: Vec<Step>,
    /// Why the lab cannot be read; `null` if it can.
    pub trouble: Option<String>,
}

/// A step of a lab.
#[derive(Clone, Serialize)]
pub struct Step {
    /// What it is about.
    pub title: String,
    /// How it stands.
    pub state: State,
    /// About how long it takes.
    pub minutes: u32,
    /// What its checks are worth.
    pub points: u32,
    /// The files it is written in, from the root; the first is the one to
    /// begin with.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
    /// The function to begin with.
    #[serde(skip)]
    pub item: String,
    /// Its checks, in order.
    #[serde(skip)]
    pub checks: Vec<&'static Check>,
}

impl Outline {
    /// The course, with the states that `progress` knows.
    pub fn new(place: &Place, progress: &Progress) -> Result<Outline, Trouble> {
        let parts = place.course.parts.iter().map(|part| {
            let chapters = part.chapters.iter();
            let chapters = chapters.map(|chapter| chapter_of(place, progress, chapter));
            Ok(Part {
                title: part.title.clone(),
                chapters: chapters.collect::<Result<_, _>>()?,
            })
        });
        Ok(Outline {
            version: 1,
            parts: parts.collect::<Result<_, _>>()?,
        })
    }

    /// The labs that can be worked on, in order, with their names.
    pub fn labs(&self) -> impl Iterator<Item = (&str, &Chapter)> {
        let chapters = self.parts.iter().flat_map(|part| &part.chapters);
        chapters
            .filter(|chapter| !chapter.steps.is_empty())
            .filter_map(|chapter| Some((chapter.lab.as_deref()?, chapter)))
    }

    /// A lab by its name.
    pub fn lab(&self, name: &str) -> Option<&Chapter> {
        self.labs()
            .find(|(lab, _)| *lab == name)
            .map(|(_, chapter)| chapter)
    }

    /// A step by its lab's name and its number.
    pub fn step(&self, lab: &str, step: u8) -> Option<&Step> {
        self.lab(lab)?.steps.get(usize::from(step).checked_sub(1)?)
    }

    /// All steps in the order of the course.
    pub fn steps(&self) -> impl Iterator<Item = (&str, u8, &Step)> {
        self.labs().flat_map(|(name, chapter)| {
            (1..)
                .zip(&chapter.steps)
                .map(move |(number, step)| (name, number, step))
        })
    }

    /// Notes how the steps of a lab stand.
    pub fn set_states(&mut self, lab: &str, states: &[State]) {
        let chapters = self.parts.iter_mut().flat_map(|part| &mut part.chapters);
        for chapter in chapters.filter(|chapter| chapter.lab.as_deref() == Some(lab)) {
            for (step, state) in chapter.steps.iter_mut().zip(states) {
                step.state = *state;
            }
        }
    }
}

impl Chapter {
    /// How many steps have passed.
    pub fn done(&self) -> usize {
        let passed = |step: &&Step| step.state == State::Passed;
        self.steps.iter().filter(passed).count()
    }

    /// The points of the steps that passed, and of all.
    pub fn points(&self) -> (u32, u32) {
        let passed = self.steps.iter();
        let passed = passed.filter(|step| step.state == State::Passed);
        (
            passed.map(|step| step.points).sum(),
            self.steps.iter().map(|step| step.points).sum(),
        )
    }
}

fn chapter_of(
    place: &Place,
    progress: &Progress,
    chapter: &course::Chapter,
) -> Result<Chapter, Trouble> {
    let mut outline = Chapter {
        title: chapter.title.clone(),
        lab: None,
        to_come: chapter.name.is_none(),
        minutes: 0,
        steps: Vec::new(),
        trouble: None,
    };
    let Some(checks) = chapter.name.as_deref().and_then(checks::find) else {
        return Ok(outline);
    };
    outline.lab = Some(checks.lab.to_owned());
    let lab = match place.course.lab(checks.lab) {
        Ok(lab) => lab,
        Err(why) => {
            outline.trouble = Some(why.to_string());
            return Ok(outline);
        }
    };
    let hash = progress::fingerprint(&place.course.root, &lab, checks);
    for (number, step) in (1..).zip(&lab.steps) {
        let own = checks.checks.iter().filter(|check| check.step == number);
        let folder = PathBuf::from("labs").join(checks.lab);
        outline.minutes += step.minutes;
        outline.steps.push(Step {
            title: step.title.clone(),
            state: progress.state(checks.lab, number, &hash),
            minutes: step.minutes,
            points: own.clone().map(|check| check.points).sum(),
            files: [&step.file]
                .into_iter()
                .chain(&step.also)
                .map(|file| folder.join(file))
                .collect(),
            item: step.item.clone(),
            checks: own.collect(),
        });
    }
    Ok(outline)
}
