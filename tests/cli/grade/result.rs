//! The one record of a graded submission, `netlings/result/v1`, from which every
//! other format is written.

use serde::{Deserialize, Serialize};

use super::pack::Visibility;

/// What the record calls itself.
pub const SCHEMA: &str = "netlings/result/v1";

/// A graded submission.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Graded {
    /// [`SCHEMA`].
    pub schema: String,
    /// The lab.
    pub lab: String,
    /// The name of the submission's folder.
    pub submission: String,
    /// The digest of the files that were graded.
    pub sha256: String,
    /// When.
    pub graded_at: String,
    /// When it was due, as the pack has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The seed of this student's inputs, in hexadecimal.
    pub seed: String,
    /// By what.
    pub grader: Grader,
    /// Whether it counts.
    pub status: Status,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The points that it has.
    pub score: u32,
    /// The points that it could have.
    pub max_score: u32,
    /// What the compiler said.
    pub build: Built,
    /// The checks, in the lab's order.
    pub tests: Vec<Test>,
}

/// What graded it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Grader {
    /// The version of netlings.
    pub version: String,
    /// The digest of the pack.
    pub pack_sha256: String,
    /// The compiler.
    pub rustc: String,
    /// The level of isolation: `L2` or `L3`.
    pub sandbox: String,
}

/// Whether a submission's points count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// They do.
    Graded,
    /// Trouble of ours: they do not, and it is to be graded again.
    Error,
}

/// What a build came to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Built {
    /// Whether there is a program.
    pub ok: bool,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// What the compiler said, capped.
    pub output: String,
}

/// What a check came to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Test {
    /// The check's name.
    pub id: String,
    /// The same as a sentence.
    pub name: String,
    /// The step that it belongs to.
    pub step: u8,
    /// What it came to.
    pub status: TestStatus,
    /// Its points.
    pub score: u32,
    /// The points that it could have.
    pub max_score: u32,
    /// Who sees it.
    pub visibility: Visibility,
    /// How long the last attempt took, in milliseconds.
    pub ms: u64,
    /// How often it was run: a check that waited in vain is run again.
    pub attempts: u32,
    /// The name of the mistake, `timeout`, `todo`, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// The report.
    pub message: String,
}

/// What a check came to, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TestStatus {
    /// The sentence is true.
    Passed,
    /// It is not.
    Failed,
    /// The machine lacks something, or there was nothing to run.
    Skipped,
    /// Trouble of ours.
    Error,
}

impl Graded {
    /// How many checks passed after they had failed.
    pub fn flaky(&self) -> usize {
        let flaky = |test: &&Test| test.status == TestStatus::Passed && test.attempts > 1;
        self.tests.iter().filter(flaky).count()
    }
}
