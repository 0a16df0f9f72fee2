//! The watch without a window: one event a line, nothing that moves the
//! cursor. For a pipe, a terminal that can do no more, and whoever listens.

use netlings::chapter;
use netlings::check::{Check, Outcome};
use netlings::course::Tree;
use netlings::report::{self, Look};
use netlings::runner::Checked;

use super::screen;
use super::session::{At, Page, Session, Verdict, Work};
use crate::check::{Subject, Unbuilt, is_good, pointers};
use crate::outline::Outline;

/// Where the learner is, and what to edit.
pub fn place(outline: &Outline, at: &At, begin: Option<&(usize, String)>) -> Vec<String> {
    let Some(step) = outline.step(&at.lab, at.step) else {
        return Vec::new();
    };
    let count = outline.lab(&at.lab).map_or(0, |lab| lab.steps.len());
    let mut files = step.files.iter().map(|file| file.to_string_lossy());
    let first = files.next().unwrap_or_default();
    let line = begin.map_or(String::new(), |(line, _)| format!(":{line}"));
    let item = begin.map_or(&step.item, |(_, item)| item);
    let mut lines = vec![
        format!("{} step {} of {count}: {}.", at.lab, at.step, step.title),
        format!("edit: {first}{line}, {item}()"),
    ];
    lines.extend(files.map(|file| format!("edit: {file}")));
    lines.push(format!(
        "read: book/src/{}.md, \"Step {}\" (cargo netlings book {at} opens it)",
        at.lab, at.step
    ));
    lines
}

/// A verdict: the checks, the first failure's report, the count.
pub fn verdict(
    lab: &str,
    results: &[(&'static Check, Checked)],
    unbuilt: Option<&Unbuilt>,
    seed: u64,
) -> Vec<String> {
    if let Some(Unbuilt::Yours(why) | Unbuilt::Ours(why)) = unbuilt {
        return why.lines().map(report::harmless).collect();
    }
    let mut lines = Vec::new();
    let mut told = String::new();
    for (check, checked) in results {
        lines.push(format!("{}: {}", checked.outcome.word(), check.sentence()));
        let note = match &checked.outcome {
            Outcome::Pass | Outcome::Fail(_) => continue,
            Outcome::Todo { step, task } => format!("to do in step {step}: {task}"),
            Outcome::Skip { reason } | Outcome::Error { reason } => report::harmless(reason),
        };
        if note != told {
            lines.push(format!("  {note}"));
            told = note;
        }
    }
    let failure = results
        .iter()
        .find_map(|(check, checked)| match &checked.outcome {
            Outcome::Fail(report) => Some((check, report)),
            _ => None,
        });
    if let Some((check, failed)) = failure {
        lines.push(format!("why it fails: {}", check.sentence()));
        let look = Look {
            spoken: true,
            ..Look::PLAIN
        };
        let to = pointers(lab, check, &Subject::Tree(Tree::Labs), seed);
        // Names stand in a column of their own, which nobody hears.
        for line in report::block(failed, &to, look).lines() {
            let name = line.chars().take(14).collect::<String>();
            let value = line.chars().skip(14).collect::<String>();
            lines.push(match name.trim() {
                "" => format!("  {value}"),
                name => format!("  {name}: {value}"),
            });
        }
    }
    let count = |word: &str| {
        let is = |(_, checked): &&(&Check, Checked)| checked.outcome.word() == word;
        results.iter().filter(is).count()
    };
    let counts: Vec<String> = ["pass", "fail", "todo", "skip", "error"]
        .into_iter()
        .filter(|word| count(word) > 0)
        .map(|word| format!("{} {word}", count(word)))
        .collect();
    lines.push(format!("verdict: {}, seed {seed:x}", counts.join(", ")));
    lines
}

/// What a step that passes has taught.
pub fn learned(at: &At, title: &str, learned: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("passed: {at}, {title}")];
    let text = chapter::lines(learned.unwrap_or_default(), usize::MAX);
    lines.extend(text.into_iter().map(|line| format!("  {line}")));
    lines
}

/// What was said so far, so that nothing is said twice.
#[derive(Default)]
pub struct Plain {
    at: Option<At>,
    run: u64,
    saves: u32,
    hints: usize,
    notice: Option<String>,
}

impl Plain {
    /// What is new.
    pub fn news(&mut self, session: &Session) -> Vec<String> {
        let mut lines = Vec::new();
        if session.content.lab != session.at.lab {
            return lines; // nothing is known yet
        }
        if self.at.as_ref() != Some(&session.at) {
            self.at = Some(session.at.clone());
            self.saves = 0;
            self.hints = session.hints_seen;
            lines.extend(place(
                &session.outline,
                &session.at,
                session.content.begin.as_ref(),
            ));
            lines.push(format!("building {} and checking it", session.at.lab));
        }
        if self.saves != session.saves {
            self.saves = session.saves;
            lines.push(format!("save {}: checking", session.saves));
        }
        if session.page == Page::Hints && self.hints != session.hints_seen {
            let from = self.hints.min(session.hints_seen);
            self.hints = session.hints_seen;
            let shown = session.text.hints.iter().take(session.hints_seen);
            for (title, text) in shown.skip(from) {
                lines.push(title.clone());
                let text = chapter::lines(text, usize::MAX);
                lines.extend(text.into_iter().map(|line| format!("  {line}")));
            }
        }
        if let Some(verdict) = &session.verdict
            && verdict.job.run != self.run
            && !matches!(session.work, Work::Building | Work::Checking)
            && session.is_current()
        {
            self.run = verdict.job.run;
            lines.extend(self.told(session, verdict));
        }
        if self.notice != session.notice {
            self.notice.clone_from(&session.notice);
            lines.extend(session.notice.clone());
        }
        lines
    }

    fn told(&self, session: &Session, verdict: &Verdict) -> Vec<String> {
        let at = &session.at;
        let mut lines = self::verdict(
            &at.lab,
            &verdict.results,
            verdict.unbuilt.as_ref(),
            verdict.job.seed,
        );
        let good = |(_, checked): &(&Check, Checked)| is_good(&checked.outcome);
        if verdict.unbuilt.is_none() && verdict.results.iter().all(good) {
            let title = session.step().map_or("", |step| step.title.as_str());
            lines.extend(learned(at, title, session.text.learned.as_deref()));
            lines.push(match session.beside(true) {
                Some(next) => format!(
                    "next: {}; type n and enter, or: cargo netlings watch {next}",
                    screen::announce(session, &next)
                ),
                None => "that was the last step of the course".to_owned(),
            });
        }
        lines.push(format!(
            "waiting for a save; h a hint, n next, q quit, each with enter (stuck? cargo netlings hint {at})"
        ));
        lines
    }
}
