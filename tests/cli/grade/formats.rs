//! The record in the formats of others. A student's words are data in all of
//! them: escaped, capped and never a verdict.

use std::fmt::Write;

use serde_json::json;

use super::pack::Visibility;
use super::result::{Graded, Status, Test, TestStatus};

/// Gradescope's `results.json`. What could not be graded has no score: to
/// Gradescope the autograder then has failed.
pub fn gradescope(graded: &Graded) -> serde_json::Value {
    if graded.status == Status::Error {
        return json!({ "output": "This could not be graded, which is no fault of yours." });
    }
    let tests = graded.tests.iter().zip(1..).map(|(test, number)| {
        json!({
            "name": test.name,
            "number": format!("{number}"),
            "score": test.score,
            "max_score": test.max_score,
            "status": if test.status == TestStatus::Passed { "passed" } else { "failed" },
            "output": plain(&test.message),
            "visibility": test.visibility,
        })
    });
    let built = &graded.build;
    let output = if built.ok {
        format!("lab {}: {}/{}", graded.lab, graded.score, graded.max_score)
    } else {
        plain(&format!(
            "lab {} does not build:\n{}",
            graded.lab, built.output
        ))
    };
    json!({
        "score": graded.score,
        "execution_time": graded.tests.iter().map(|test| test.ms).sum::<u64>() / 1000,
        "output": output,
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests.collect::<Vec<_>>(),
    })
}

/// Classroom 50's `classroom50/result/v1`; who and what it is comes from its
/// environment.
pub fn classroom50(graded: &Graded) -> serde_json::Value {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let tests = graded.tests.iter().map(|test| {
        json!({
            "test-name": test.name,
            "passed": test.status == TestStatus::Passed,
            "score": test.score,
            "max-score": test.max_score,
            "message": plain(&test.message),
        })
    });
    json!({
        "schema": "classroom50/result/v1",
        "classroom": of("CLASSROOM"),
        "assignment": of("ASSIGNMENT"),
        "assignment_type": "individual",
        "owner": of("OWNER"),
        "submission": of("SUBMISSION_TAG"),
        "commit": of("COMMIT_URL"),
        "release": of("RELEASE_URL"),
        "review": of("REVIEW_URL"),
        "datetime": graded.graded_at,
        "graded_at": graded.graded_at,
        "score": graded.score,
        "max-score": graded.max_score,
        "tests": tests.collect::<Vec<_>>(),
    })
}

/// JUnit XML, with the points as properties.
pub fn junit(graded: &Graded) -> String {
    let count = |status| {
        let tests = graded.tests.iter();
        tests.filter(|test| test.status == status).count()
    };
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let lab = xml(&graded.lab);
    let counts = format!(
        "name=\"{lab}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        graded.tests.len(),
        count(TestStatus::Failed),
        count(TestStatus::Error),
        count(TestStatus::Skipped),
        seconds(graded.tests.iter().map(|test| test.ms).sum())
    );
    let property =
        |name: &str, value: &str| format!("<property name=\"{name}\" value=\"{}\"/>", xml(value));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n \
         <testsuite {counts} timestamp=\"{}\">\n  <properties>{}{}{}</properties>\n",
        xml(&graded.graded_at),
        property("submission", &graded.submission),
        property("score", &graded.score.to_string()),
        property("max_score", &graded.max_score.to_string())
    );
    for test in &graded.tests {
        let _ = write!(
            text,
            "  <testcase classname=\"{lab}\" name=\"{}\" time=\"{}\"><properties>{}{}</properties>",
            xml(&test.id),
            seconds(test.ms),
            property("score", &test.score.to_string()),
            property("max_score", &test.max_score.to_string())
        );
        let element = match test.status {
            TestStatus::Passed => None,
            TestStatus::Failed => Some("failure"),
            TestStatus::Error => Some("error"),
            TestStatus::Skipped => Some("skipped"),
        };
        if let Some(element) = element {
            let first = test.message.lines().next().unwrap_or_default().trim();
            let cause = match test.cause.as_str() {
                "" => String::new(),
                cause => format!(" type=\"{}\"", xml(cause)),
            };
            let (first, message) = (xml(first), xml(&test.message));
            let _ = write!(
                text,
                "<{element}{cause} message=\"{first}\">{message}</{element}>"
            );
        }
        text.push_str("</testcase>\n");
    }
    text + " </testsuite>\n</testsuites>\n"
}

/// Text for XML 1.0, in an element or an attribute.
fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The gradebook (RFC 4180): a row a submission, a column a check.
pub fn csv(all: &[Graded]) -> String {
    let mut text = String::new();
    let mut row = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.map(|text| cell(&text)).collect();
        text += &cells.join(",");
        text += "\r\n";
    };
    let checks = all.first().map_or(&[][..], |first| &first.tests);
    let head = ["submission", "score", "max_score", "status", "flaky"].map(str::to_owned);
    row(&mut head
        .into_iter()
        .chain(checks.iter().map(|test| test.id.clone())));
    for graded in all {
        let status = match graded.status {
            Status::Graded => "graded",
            Status::Error => "error",
        };
        // Trouble of ours is nobody's zero.
        let score = |score: u32| match graded.status {
            Status::Graded => score.to_string(),
            Status::Error => String::new(),
        };
        let start = [
            graded.submission.clone(),
            score(graded.score),
            graded.max_score.to_string(),
            status.to_owned(),
            graded.flaky().to_string(),
        ];
        let scores = graded.tests.iter().map(|test| score(test.score));
        row(&mut start.into_iter().chain(scores));
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let mut text = plain(text);
    if text.starts_with(['=', '+', '-', '@', '\t']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\n', '\r']) {
        text = format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

/// What a student reads, in Markdown: the points, then the report of the first
/// check that fails. `hidden` checks count and are not shown.
pub fn feedback(graded: &Graded) -> String {
    let mut text = format!(
        "# {}: {} of {} points\n\n",
        graded.lab, graded.score, graded.max_score
    );
    if let Some(due) = &graded.due {
        let _ = writeln!(text, "Due {}.\n", table_cell(due));
    }
    if graded.status == Status::Error {
        text.push_str("Something went wrong that is not yours; this is not your grade.\n");
        return text;
    }
    if !graded.build.ok {
        text.push_str("It was not built, so no check was run.\n\n");
        text.push_str(&fenced(&graded.build.output));
        return text;
    }
    let shown: Vec<&Test> = graded
        .tests
        .iter()
        .filter(|test| test.visibility == Visibility::Visible)
        .collect();
    text.push_str("| step | check | points |\n|---|---|---|\n");
    for test in &shown {
        let sign = match test.status {
            TestStatus::Passed => "✔",
            TestStatus::Failed => "✘",
            TestStatus::Skipped => "·",
            TestStatus::Error => "!",
        };
        let _ = writeln!(
            text,
            "| {} | {sign} {} | {}/{} |",
            test.step, test.name, test.score, test.max_score
        );
    }
    let others = graded.tests.len() - shown.len();
    if others > 0 {
        let _ = writeln!(text, "\n{others} more checks count and are not shown here.");
    }
    let failing = shown.iter().find(|test| test.status == TestStatus::Failed);
    if let Some(test) = failing {
        let _ = write!(text, "\n## {}\n\n{}", test.name, fenced(&test.message));
    }
    text
}

/// A fence that is longer than any run of backticks inside.
fn fenced(text: &str) -> String {
    let text = plain(text);
    let mut longest = 2;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// A cell of a table in Markdown, in which nothing is markup.
pub fn table_cell(text: &str) -> String {
    let mut cell = String::new();
    for c in plain(text).chars() {
        match c {
            '\n' | '\t' => cell.push(' '),
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            c if c.is_ascii_punctuation() && !"-.,:;".contains(c) => cell.extend(['\\', c]),
            c => cell.push(c),
        }
    }
    cell
}

/// Text without what moves a terminal's cursor, turns the direction of writing
/// or cannot stand in XML.
pub fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || turns(*c));
    text.chars()
        .filter(kept)
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
