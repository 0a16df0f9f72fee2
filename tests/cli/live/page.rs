//! How the learner stands, as the book's pages show it. The words and signs are
//! the terminal's; what a program printed is escaped.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstream::adapter::strip_str;
use netlings::check::{Check, LabChecks, Report};
use netlings::course::{self, Tree};
use netlings::ladder::escape;
use netlings::progress::{Progress, State};
use netlings::report::harmless;
use serde::Serialize;

use crate::check::{Subject, pointers, seed};
use crate::results::{Last, Test};

/// How far the learner is.
#[derive(Serialize)]
pub struct Course {
    /// The step where the learner is: `hello/2`.
    here: String,
    /// The labs, in order.
    labs: Vec<LabInBrief>,
}

/// A lab in it.
#[derive(Serialize)]
struct LabInBrief {
    lab: String,
    title: String,
    done: usize,
    steps: usize,
    /// Whether a step was tried and did not pass.
    failed: bool,
}

/// A lab, step by step.
#[derive(Serialize)]
pub struct Lab {
    /// Its name, which is its page's.
    pub lab: String,
    title: String,
    steps: Vec<Step>,
    /// The captures that the steps link to, and where they lie from the root.
    captures: BTreeMap<String, String>,
}

/// A step of it.
#[derive(Serialize)]
struct Step {
    step: u8,
    /// `pass`, `fail`, `todo`, `unbuilt`, `error` or `open`.
    state: &'static str,
    sign: &'static str,
    /// The state in a word or two.
    word: &'static str,
    /// What there is to say beside it; may be empty.
    said: String,
    /// When it was checked, in UTC; may be empty.
    at: String,
    /// Whether this is the verdict on the files as they are.
    fresh: bool,
    /// Whether the learner is here.
    here: bool,
    /// What is being done about it; may be empty.
    doing: &'static str,
    /// The checks, and the reports of those that failed.
    html: String,
}

/// What is being done about a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Its program is built.
    Building,
    /// It is checked.
    Checking,
    /// A watch does it, which says nothing before it is done.
    InTheTerminal,
}

/// All that there is to tell of a lab.
pub struct Telling<'a> {
    /// What it is held to.
    pub checks: &'static LabChecks,
    /// Its table.
    pub lab: course::Lab,
    /// The fingerprint of its files now.
    pub hash: String,
    /// What is kept of its last checks.
    pub last: Option<Last>,
    /// How far the learner is.
    pub progress: &'a Progress,
    /// The step where the learner is: `hello/2`.
    pub here: &'a str,
    /// What is being done, at which step.
    pub doing: Option<(u8, Doing)>,
}

impl Course {
    /// The course, of its labs in order.
    pub fn new(progress: &Progress, here: &str, labs: &[Lab]) -> Course {
        let brief = |lab: &Lab| LabInBrief {
            lab: lab.lab.clone(),
            title: lab.title.clone(),
            done: progress.passed(&lab.lab).len().min(lab.steps.len()),
            steps: lab.steps.len(),
            failed: lab.steps.iter().any(|step| step.state == "fail"),
        };
        Course {
            here: here.to_owned(),
            labs: labs.iter().map(brief).collect(),
        }
    }
}

impl Telling<'_> {
    /// The lab, for its page.
    pub fn lab(&self) -> Lab {
        let mut captures = BTreeMap::new();
        let numbers = (1..).zip(&self.lab.steps).map(|(number, _)| number);
        let steps = numbers.map(|number| self.step(number, &mut captures));
        Lab {
            lab: self.checks.lab.to_owned(),
            title: self.lab.title.clone(),
            steps: steps.collect(),
            captures,
        }
    }

    fn step(&self, number: u8, captures: &mut BTreeMap<String, String>) -> Step {
        let here = format!("{}/{number}", self.checks.lab);
        let tests: Vec<&Test> = self
            .last
            .iter()
            .flat_map(|last| last.of_step(number))
            .collect();
        let doing = self.doing.filter(|(step, _)| *step == number);
        let mut step = Step {
            step: number,
            state: "open",
            sign: "○",
            word: "not checked yet",
            said: String::new(),
            at: tests
                .iter()
                .map(|test| test.at.clone())
                .max()
                .unwrap_or_default(),
            fresh: true,
            here: self.here == here,
            doing: "",
            html: String::new(),
        };
        let command = self.last.as_ref().and_then(|last| last.lab.exec.as_deref());
        if !tests.is_empty() {
            self.judge(number, &tests, command, &mut step);
            step.html = self.html(number, &tests, command, captures);
        } else if let State::Passed | State::Again = self.state(number) {
            (step.state, step.sign, step.word) = ("pass", "✔", "passes");
            step.fresh = self.state(number) == State::Passed;
        } else if self.state(number) == State::Failed {
            (step.state, step.sign, step.word) = ("fail", "✘", "does not pass");
        }
        // Nothing could be run: the learner's to mend, or ours.
        let unbuilt = match &self.last {
            Some(last) if last.hash == self.hash && !last.lab.message.is_empty() => {
                Some((last.lab.status.as_str(), &last.lab.message))
            }
            _ => None,
        };
        if let Some((status, message)) = unbuilt {
            (step.state, step.sign, step.word) = if status == "unbuilt" {
                ("unbuilt", "!", "does not build")
            } else {
                ("error", "!", "could not be checked")
            };
            (step.fresh, step.said) = (true, String::new());
            step.html = format!(
                "<pre class=\"live-said\"><code class=\"nohighlight\">{}</code></pre>",
                escape(&harmless(&strip_str(message).to_string()))
            );
        }
        step.doing = match doing {
            Some((_, Doing::Building)) => "building",
            Some((_, Doing::Checking)) => "checking",
            Some((_, Doing::InTheTerminal)) if !step.fresh => "checking",
            _ => "",
        };
        step
    }

    fn state(&self, number: u8) -> State {
        self.progress.state(self.checks.lab, number, &self.hash)
    }

    /// The verdict on a step whose checks were run.
    fn judge(&self, number: u8, tests: &[&Test], command: Option<&str>, step: &mut Step) {
        let count = |word: &str| tests.iter().filter(|test| test.status == word).count();
        let all = self.checks.checks.iter();
        let all = all.filter(|check| check.step == number).count();
        let good = count("pass") + count("skip");
        (step.state, step.sign, step.word) = if count("error") > 0 {
            ("error", "!", "could not be checked")
        } else if count("fail") > 0 {
            ("fail", "✘", "does not pass")
        } else if count("todo") > 0 {
            ("todo", "○", "to do")
        } else if good == all {
            ("pass", "✔", "passes")
        } else {
            ("open", "○", "checked in part")
        };
        step.said = match count("skip") {
            0 => format!("{} of {all} checks pass", count("pass")),
            some => format!("{} of {all} checks pass, {some} skipped", count("pass")),
        };
        // A command's own files are not known here.
        step.fresh = command.is_some() || tests.iter().all(|test| test.hash == self.hash);
    }

    /// The checks of a step, and under each that failed why.
    fn html(
        &self,
        number: u8,
        tests: &[&Test],
        command: Option<&str>,
        captures: &mut BTreeMap<String, String>,
    ) -> String {
        let mut html = String::new();
        if let Some(command) = command {
            let _ = write!(
                html,
                "<p>The program was <code>{}</code>.</p>",
                escape(&harmless(command))
            );
        }
        html.push_str("<ul class=\"live-checks\">");
        let mut told = "";
        let mut first = true;
        let checks = self.checks.checks.iter();
        for check in checks.filter(|check| check.step == number) {
            let test = tests.iter().find(|test| test.name == check.name);
            let (status, sign) = test.map_or(("not run", "·"), |test| {
                let sign = match test.status.as_str() {
                    "pass" => "✔",
                    "fail" => "✘",
                    "todo" => "○",
                    "skip" => "–",
                    _ => "!",
                };
                (test.status.as_str(), sign)
            });
            let line = format!(
                "<span class=\"live-sign\" aria-hidden=\"true\">{sign}</span> \
                 <span class=\"live-word\">{}</span> {}",
                escape(status),
                escape(&check.sentence())
            );
            let class = status.replace(' ', "-");
            let _ = write!(html, "<li class=\"live-{}\">", escape(&class));
            match test.and_then(|test| Some((test, test.report.as_ref()?))) {
                Some((test, report)) => {
                    let open = if first { " open data-first" } else { "" };
                    first = false;
                    let _ = write!(
                        html,
                        "<details{open}><summary>{line}</summary>{}</details>",
                        self.report(check, test, report, command, captures)
                    );
                }
                None => {
                    html.push_str(&line);
                    let note = test.map_or("", |test| test.message.as_str());
                    // A stub stops many checks; its task is told once.
                    if !note.is_empty() && note != told {
                        let _ = write!(
                            html,
                            "<span class=\"live-note\">{}</span>",
                            escape(&harmless(note))
                        );
                        told = note;
                    }
                }
            }
            html.push_str("</li>");
        }
        html.push_str("</ul>");
        html
    }

    /// A failure, explained, as the terminal explains it.
    fn report(
        &self,
        check: &Check,
        test: &Test,
        report: &Report,
        command: Option<&str>,
        captures: &mut BTreeMap<String, String>,
    ) -> String {
        let lab = self.checks.lab;
        let subject = match command {
            Some(command) => Subject::Command(command.to_owned()),
            None => Subject::Tree(Tree::Labs),
        };
        let to = pointers(lab, check, &subject, seed(&test.seed).unwrap_or_default());
        let mut rows = String::from("<dl class=\"live-report\">");
        let mut row = |name: &str, html: String| {
            let _ = write!(rows, "<div><dt>{name}</dt><dd>{html}</dd></div>");
        };
        let text = |value: &str| escape(&harmless(value));
        let code = |value: &str| format!("<code>{}</code>", text(value));
        row("tried", text(&report.what));
        row("expected", code(&report.expected));
        let mut came = code(&report.came);
        if !report.difference.is_empty() {
            let _ = write!(came, "<br>first difference: {}", text(&report.difference));
        }
        row("came", came);
        if let Some(standstill) = &report.standstill {
            row("program", text(&standstill.to_string()));
        }
        row(
            "why",
            match (&report.mistake, &report.why) {
                (Some(mistake), Some(why)) => {
                    format!("<strong>{}</strong>: {}", text(mistake), text(why))
                }
                _ => "no mistake that this lab knows by name looks like this".to_owned(),
            },
        );
        row(
            "read",
            format!(
                "<a href=\"#{0}\" data-section=\"{0}\">{0}</a> · {1}",
                escape(check.section),
                with_links(&text(&report.rfc))
            ),
        );
        if !report.stderr.is_empty() {
            let said = text(&report.stderr).replace('\n', "<br>");
            row("it said", format!("<code>{said}</code>"));
        }
        rows.push_str("</dl>");
        let id = format!("live-{lab}-{}", check.name.replace('_', "-"));
        let _ = write!(
            rows,
            "<div class=\"figure-frame\" role=\"group\" aria-label=\"The conversation\" tabindex=\"0\">{}</div>\
             <details class=\"live-words\"><summary>The same in words</summary><p>{}</p></details>",
            report.ladder.svg(&id, &check.sentence()),
            text(&report.ladder.sentences()),
        );
        let mut ways = String::from("<dl class=\"live-report\">");
        let mut row = |name: &str, html: String| {
            let _ = write!(ways, "<div><dt>{name}</dt><dd>{html}</dd></div>");
        };
        row("again", code(&to.again));
        if let Some(by_hand) = &report.by_hand {
            row("by hand", code(&by_hand.command(&to.program)));
        }
        if let Some((path, packet)) = &report.capture
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            captures.insert(name.to_owned(), path.to_string_lossy().into_owned());
            let packet = packet.map_or(String::new(), |number| format!(", packet {number}"));
            row(
                "capture",
                format!(
                    "<a href=\"live/captures/{lab}/{0}\" download>{0}</a>{packet}",
                    text(name)
                ),
            );
        }
        ways.push_str("</dl>");
        rows + &ways
    }
}

/// Escaped text with a link for each `RFC N`.
fn with_links(text: &str) -> String {
    let mut parts = text.split("RFC ");
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit());
        let (number, rest) = part.split_at(end.unwrap_or(part.len()));
        if number.is_empty() {
            let _ = write!(linked, "RFC {rest}");
        } else {
            let _ = write!(
                linked,
                "<a href=\"https://www.rfc-editor.org/rfc/rfc{number}\">RFC {number}</a>{rest}"
            );
        }
    }
    linked
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::LazyLock;

    use netlings::check::LabChecks;
    use netlings::checks;
    use serde_json::json;

    use super::*;

    /// A lab of this tree, where each does.
    fn lab() -> &'static LabChecks {
        checks::LABS.first().expect("a course has labs")
    }

    /// Its first step.
    static HERE: LazyLock<String> = LazyLock::new(|| format!("{}/1", lab().lab));

    fn capture() -> String {
        format!("target/netlings/{}/a.pcapng", lab().lab)
    }

    /// That lab, whose first check failed on files with the fingerprint `aa`.
    fn telling<'a>(progress: &'a Progress, hash: &str, hostile: &str) -> Telling<'a> {
        let checks = lab();
        let step = course::Step {
            title: "One".to_owned(),
            file: PathBuf::from("src/client.rs"),
            also: Vec::new(),
            item: "connect".to_owned(),
            minutes: 1,
        };
        let first = checks.checks.first().expect("it has checks");
        let report = Report {
            what: hostile.to_owned(),
            came: hostile.to_owned(),
            stderr: hostile.to_owned(),
            capture: Some((PathBuf::from(capture()), Some(2))),
            ..Report::default()
        };
        let last = json!({
            "version": 1, "hash": "aa", "lab": checks.lab, "status": "fail", "message": "", "exec": null,
            "tests": [{
                "name": first.name, "step": 1, "status": "fail", "points": 0, "points_max": 1, "ms": 3,
                "message": hostile, "output": hostile, "seed": "7f3a", "at": "2026-11-21T07:23:45Z",
                "capture": null, "report": report, "hash": "aa",
            }],
        });
        Telling {
            checks,
            lab: course::Lab {
                name: checks.lab.to_owned(),
                title: "T".to_owned(),
                yours: Vec::new(),
                given: Vec::new(),
                steps: vec![step],
            },
            hash: hash.to_owned(),
            last: Some(serde_json::from_value(last).expect("it is what `keep` writes")),
            progress,
            here: &HERE,
            doing: None,
        }
    }

    #[test]
    fn what_a_program_printed_is_no_markup() {
        let progress = Progress::default();
        let hostile = "<img src=x onerror=\"alert(1)\">\u{1b}[2J & 'x'";
        let told = telling(&progress, "aa", hostile).lab();
        let html = &told.steps.first().expect("one").html;
        assert!(!html.contains("<img") && !html.contains('\u{1b}'), "{html}");
        assert!(
            html.contains("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"),
            "{html}"
        );
        assert_eq!(
            told.captures.get("a.pcapng").map(String::as_str),
            Some(capture().as_str())
        );
        let link = format!("live/captures/{}/a.pcapng", lab().lab);
        assert!(html.contains(&link), "{html}");
        assert!(html.contains(", packet 2"), "{html}");
    }

    #[test]
    fn a_verdict_is_that_of_its_own_files() {
        let progress = Progress::default();
        let of = |hash: &str| {
            let lab = telling(&progress, hash, "x").lab();
            lab.steps
                .first()
                .map(|step| (step.state, step.fresh, step.here))
        };
        assert_eq!(of("aa"), Some(("fail", true, true)));
        assert_eq!(of("bb"), Some(("fail", false, true)));
        // What did not compile is told while the files are those.
        let mut telling = telling(&progress, "aa", "x");
        if let Some(last) = &mut telling.last {
            last.lab.message = "<b>".to_owned();
        }
        for state in ["unbuilt", "error"] {
            if let Some(last) = &mut telling.last {
                last.lab.status = state.to_owned();
            }
            let lab = telling.lab();
            let step = lab.steps.first().expect("one");
            assert_eq!((step.state, step.html.contains("&lt;b&gt;")), (state, true));
        }
        // And not that of other files.
        "bb".clone_into(&mut telling.hash);
        let lab = telling.lab();
        assert_eq!(lab.steps.first().map(|step| step.state), Some("fail"));
    }
}
