//! What checking came to, as a document: what `check --json` prints, after the
//! shape of Exercism's test results, and what is kept of the last checks of a
//! lab, `target/netlings/LAB/last.json`, for `show`, `hint` and `replay`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use netlings::check::{Check, LabChecks, Outcome, Report};
use netlings::checks;
use netlings::course::Step;
use netlings::report::{self, Look, Pointers};
use netlings::runner::Checked;
use netlings::{cargo, date};
use serde::{Deserialize, Serialize};

use crate::{Place, files};

/// The form of the documents.
pub const VERSION: u32 = 1;

/// What `check --json` prints.
#[derive(Serialize)]
pub struct Document {
    /// [`VERSION`].
    pub version: u32,
    /// The seed of everything random, in hex.
    pub seed: String,
    /// In the order of the course.
    pub labs: Vec<LabDocument>,
}

/// A lab in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LabDocument {
    /// The lab's name.
    pub lab: String,
    /// `pass`, `fail`, `unbuilt` or `error`.
    pub status: String,
    /// Why nothing could be run; empty if it was.
    pub message: String,
    /// The command that was checked in place of the lab's program.
    pub exec: Option<String>,
    /// A check each.
    pub tests: Vec<Test>,
}

/// A check in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Test {
    /// The check's name, as the sources have it.
    pub name: String,
    /// The step it belongs to.
    pub step: u8,
    /// `pass`, `fail`, `todo`, `skip` or `error`.
    pub status: String,
    /// What it brought.
    pub points: u32,
    /// What it can bring.
    pub points_max: u32,
    /// How long it took.
    pub ms: u64,
    /// Why it did not pass; of a failure, the report as text.
    pub message: String,
    /// The last lines that the program wrote to standard error.
    pub output: String,
    /// The seed, in hex.
    pub seed: String,
    /// When, in UTC.
    pub at: String,
    /// The file with the packets, from the course's root.
    pub capture: Option<PathBuf>,
    /// A failure, explained.
    pub report: Option<Report>,
    /// The fingerprint of what was judged; only what is kept has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

impl Test {
    /// What `check` came to in a run that ended `at` then.
    pub fn new(check: &Check, checked: &Checked, seed: u64, at: &str, to: &Pointers) -> Test {
        let outcome = &checked.outcome;
        let (message, report) = match outcome {
            Outcome::Pass => (String::new(), None),
            Outcome::Fail(report) => (
                report::block(report, to, Look::PLAIN),
                Some((**report).clone()),
            ),
            Outcome::Todo { step, task } => (format!("step {step}: {task}"), None),
            Outcome::Skip { reason } | Outcome::Error { reason } => (reason.clone(), None),
        };
        let passed = *outcome == Outcome::Pass;
        let capture = report.as_ref().and_then(|report| report.capture.clone());
        Test {
            name: check.name.to_owned(),
            step: check.step,
            status: outcome.word().to_owned(),
            points: if passed { check.points } else { 0 },
            points_max: check.points,
            ms: u64::try_from(checked.took.as_millis()).unwrap_or(u64::MAX),
            message,
            output: report
                .as_ref()
                .map(|report| report.stderr.clone())
                .unwrap_or_default(),
            seed: format!("{seed:x}"),
            at: at.to_owned(),
            capture: capture.map(|(path, _)| path),
            report,
            hash: String::new(),
        }
    }

    /// The name as a sentence.
    pub fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }

    fn failed(&self) -> bool {
        self.report.is_some()
    }
}

/// What is kept of a lab's last checks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Last {
    version: u32,
    /// The fingerprint of what the last run judged.
    #[serde(default)]
    pub hash: String,
    /// How the last run was; each check that it did not run, as it was before.
    #[serde(flatten)]
    pub lab: LabDocument,
}

impl Last {
    /// What is kept of `lab`; what cannot be read is nothing.
    pub fn load(root: &Path, lab: &str) -> Option<Last> {
        let octets = fs::read(path(root, lab)).ok()?;
        let last: Last = serde_json::from_slice(&octets).ok()?;
        (last.version == VERSION).then_some(last)
    }

    /// Keeps a run of files with the fingerprint `hash`. That it cannot be kept
    /// keeps no verdict back.
    pub fn keep(root: &Path, run: &LabDocument, hash: &str) {
        // Of two that keep at once, neither loses what the other found out.
        let path = path(root, &run.lab);
        let lock = path.with_extension("lock");
        let lock = fs::create_dir_all(path.parent().unwrap_or(root))
            .and_then(|()| fs::File::create(lock))
            .and_then(|file| file.lock().map(|()| file));
        let mut lab = run.clone();
        for test in &mut lab.tests {
            hash.clone_into(&mut test.hash);
        }
        if let Some(before) = Last::load(root, &run.lab)
            && before.lab.exec == run.exec
        {
            let ran = |test: &Test| run.tests.iter().any(|ran| ran.name == test.name);
            lab.tests
                .extend(before.lab.tests.into_iter().filter(|test| !ran(test)));
        }
        if let Some(checks) = checks::find(&run.lab) {
            // In the checks' own order; one that is no more is nothing.
            let place = |name: &str| checks.checks.iter().position(|check| check.name == name);
            lab.tests.retain(|test| place(&test.name).is_some());
            lab.tests.sort_by_key(|test| place(&test.name));
        }
        let last = Last {
            version: VERSION,
            hash: hash.to_owned(),
            lab,
        };
        if let Ok(mut text) = serde_json::to_string_pretty(&last) {
            text.push('\n');
            let _ = files::replace(&path, text.as_bytes());
        }
        drop(lock);
    }

    /// The failure that was seen last: of the last run with one, the first.
    pub fn failure(&self) -> Option<&Test> {
        let failed = || self.lab.tests.iter().filter(|test| test.failed());
        let last = failed().map(|test| &test.at).max()?;
        failed().find(|test| test.at == *last)
    }

    /// The checks of one step that were run.
    pub fn of_step(&self, step: u8) -> impl Iterator<Item = &Test> {
        self.lab.tests.iter().filter(move |test| test.step == step)
    }

    /// Whether one of the step's files was saved after `at`; where a command was
    /// checked, they do not count.
    pub fn is_older_than_the_file(&self, root: &Path, step: &Step, at: &str) -> bool {
        let mut files = [&step.file].into_iter().chain(&step.also);
        self.lab.exec.is_none()
            && files.any(|file| {
                let file = root.join("labs").join(&self.lab.lab).join(file);
                let saved = fs::metadata(file).and_then(|file| file.modified()).ok();
                let saved = saved.and_then(|saved| saved.duration_since(UNIX_EPOCH).ok());
                saved.is_some_and(|saved| date::at(saved.as_secs()).as_str() > at)
            })
    }
}

fn path(root: &Path, lab: &str) -> PathBuf {
    cargo::target_dir(root).join(lab).join("last.json")
}

/// The failure that was seen last: in the lab around this folder, or in any.
pub fn last_failure(place: &Place) -> Option<(&'static LabChecks, Last)> {
    let labs = match place.course.lab_around(&place.here) {
        Some(lab) => vec![lab],
        None => place.course.labs(),
    };
    let kept = labs
        .into_iter()
        .filter_map(|lab| Some((lab, Last::load(&place.course.root, lab.lab)?)));
    kept.filter(|(_, last)| last.failure().is_some())
        .max_by_key(|(_, last)| last.failure().map(|test| test.at.clone()))
}
