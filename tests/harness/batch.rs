//! Many questions in one run: a line of standard input each, and a line of
//! standard output for each, which is the answer, or `! ` and the reason why
//! there is none. Where an answer is wrong the program is asked that line alone,
//! so that the report is about one thing.

use crate::check::{Failure, Verdict};
use crate::trial::{Run, Trial};

/// What is expected where there can be no answer, in the words of a report.
pub const REFUSAL: &str = "`! ` and the reason why there is no answer";

/// What came where an answer is missing.
pub const NO_LINE: &str = "no line";

/// How much of a line of input a report shows before the conversation, which
/// shows it too, in characters.
const TEXT_LEN_MAX: usize = 240;

/// What a line of the answer must be.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// From this column on, counted from 0, exactly this. Two blanks stand
    /// between columns.
    From(usize, String),
    /// In this column exactly this, whatever the others hold.
    Column(usize, String),
    /// `! ` and a reason.
    Refused,
}

impl Wanted {
    fn is(&self, came: Option<&str>) -> bool {
        let Some(line) = came else { return false };
        match self {
            Wanted::From(from, text) => rest(line, *from).is_some_and(|(_, rest)| rest == text),
            Wanted::Column(column, text) => line.split("  ").nth(*column) == Some(text),
            Wanted::Refused => line
                .strip_prefix("! ")
                .is_some_and(|reason| !reason.trim().is_empty()),
        }
    }
}

/// What a line holds from column `from` on, and at which octet that starts.
fn rest(line: &str, from: usize) -> Option<(usize, &str)> {
    let rest = (0..from).try_fold(line, |rest, _| Some(rest.split_once("  ")?.1))?;
    Some((line.len() - rest.len(), rest))
}

/// A line of input, and what the answer must be.
pub type Asked = (String, Wanted);

/// Lines that must be refused.
pub fn refused<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Vec<Asked> {
    texts
        .into_iter()
        .map(|text| (text.into(), Wanted::Refused))
        .collect()
}

/// Fails unless the program answers each line of `asked` as it must. `with` is
/// a phrase about the arguments, for the report.
pub fn expect_answers(trial: &mut Trial, args: &[&str], with: &str, asked: &[Asked]) -> Verdict {
    let run = run_lines(trial, args, with, asked)?;
    let Some(number) = first_wrong(&run, asked) else {
        let count = run.stdout_text().lines().count();
        let what = format!("{} lines on standard input{with}", asked.len());
        if count != asked.len() {
            let expected = format!("{} lines on standard output", asked.len());
            return Err(Failure::words(what, expected, format!("{count} lines")));
        }
        let refused = asked
            .iter()
            .filter(|(_, wanted)| matches!(wanted, Wanted::Refused))
            .count();
        return run.expect_exit(
            &format!("{what}, {refused} of them refused"),
            i32::from(refused > 0),
        );
    };
    let Some(wrong) = asked.get(number..=number) else {
        return Ok(());
    };
    // Alone, the line is the whole conversation of the report.
    let alone = run_lines(trial, args, with, wrong)?;
    if first_wrong(&alone, wrong).is_some() {
        return Err(difference(
            &alone,
            0,
            wrong,
            &format!("on standard input{with}"),
        ));
    }
    // It is right alone, so it is shown behind the line before it; and else
    // with all of them.
    let before = number.saturating_sub(1);
    for range in [before..number + 1, 0..asked.len()] {
        let lines = asked.get(range).unwrap_or_default();
        let run = run_lines(trial, args, with, lines)?;
        if let Some(number) = first_wrong(&run, lines) {
            let place = format!(
                "as line {} of {} on standard input{with}",
                number + 1,
                lines.len()
            );
            let wrong = lines.get(number..=number).unwrap_or_default();
            return Err(difference(&run, number, wrong, &place));
        }
    }
    let place = format!("on standard input{with}, in one run and not in the next");
    Err(difference(&run, number, wrong, &place))
}

fn run_lines(
    trial: &mut Trial,
    args: &[&str],
    with: &str,
    asked: &[Asked],
) -> Result<Run, Failure> {
    let input: String = asked.iter().map(|(text, _)| format!("{text}\n")).collect();
    trial.run(args, input.as_bytes()).map_err(|failure| {
        // A program that does not end has answered the lines before.
        let Some(run) = trial.last().filter(|run| run.overdue) else {
            return failure;
        };
        let answered = run.stdout_text().lines().count();
        let text = asked
            .get(answered)
            .map(|(text, _)| text.as_str())
            .unwrap_or_default();
        let what = format!("`{text}` on standard input{with}");
        Failure::words(what, "an answer", "none, and the program did not end")
    })
}

/// The first question, counted from 0, whose answer in `run` is wrong.
pub fn first_wrong(run: &Run, asked: &[Asked]) -> Option<usize> {
    let text = run.stdout_text();
    let mut lines = text.lines();
    asked
        .iter()
        .position(|(_, wanted)| !wanted.is(lines.next()))
}

/// What is wrong with line `number` of the output, the answer to the one line
/// of `asked`: the first column that differs, where there are as many as there
/// should be, or else the line.
pub fn difference(run: &Run, number: usize, asked: &[Asked], place: &str) -> Failure {
    let Some((text, wanted)) = asked.first() else {
        return Failure::default();
    };
    let output = run.stdout_text();
    let start: usize = output
        .split_inclusive('\n')
        .take(number)
        .map(str::len)
        .sum();
    let line = output.lines().nth(number);
    let what = format!("`{}` {place}", brief(text));
    let failure = match (wanted, line) {
        (Wanted::Refused, line) => {
            let came = line.map_or_else(|| NO_LINE.to_owned(), |line| format!("{line:?}"));
            Failure::words(what, REFUSAL, came).at(0, start)
        }
        (Wanted::From(_, expected) | Wanted::Column(_, expected), None) => {
            Failure::octets(what, expected.as_bytes(), b"").at(0, start)
        }
        (Wanted::Column(column, expected), Some(line)) => {
            let (offset, rest) = rest(line, *column).unwrap_or((0, line));
            let came = rest.split("  ").next().unwrap_or_default();
            Failure::octets(what, expected.as_bytes(), came.as_bytes()).at(0, start + offset)
        }
        (Wanted::From(from, expected), Some(line)) => {
            let (offset, came) = rest(line, *from).unwrap_or((0, line));
            columns(what, expected, came, start + offset)
        }
    };
    match run.code {
        Some(0 | 1) => failure,
        _ => failure.ended(run.ending.clone()),
    }
}

/// The text, or the beginning of a long one.
fn brief(text: &str) -> String {
    if text.chars().count() <= TEXT_LEN_MAX {
        return text.to_owned();
    }
    let kept: String = text.chars().take(TEXT_LEN_MAX).collect();
    format!("{kept}…")
}

fn columns(what: String, expected: &str, came: &str, mut offset: usize) -> Failure {
    if expected.split("  ").count() == came.split("  ").count() {
        for (expected, came) in expected.split("  ").zip(came.split("  ")) {
            if expected != came {
                return Failure::octets(what, expected.as_bytes(), came.as_bytes()).at(0, offset);
            }
            offset += came.len() + 2;
        }
    }
    Failure::octets(what, expected.as_bytes(), came.as_bytes()).at(0, offset)
}
