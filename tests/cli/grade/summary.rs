//! What the teacher reads of a whole class, in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::formats::{plain, table_cell};
use super::result::{Graded, Status, Test, TestStatus};

/// The points by step, the mistakes by name, the checks that are slow or waver,
/// and who could not be graded.
pub fn summary(all: &[Graded]) -> String {
    let (graded, others): (Vec<&Graded>, Vec<&Graded>) = all
        .iter()
        .partition(|graded| graded.status == Status::Graded);
    let lab = all.first().map_or("", |first| first.lab.as_str());
    let unbuilt = graded.iter().filter(|graded| !graded.build.ok).count();
    let mut text = format!(
        "# {lab}: {} submissions\n\n{} graded, {unbuilt} of them not built.\n",
        all.len(),
        graded.len()
    );
    if !others.is_empty() {
        text.push_str("\n## Not graded\n\nTrouble of ours: `grade --resume` tries them again.\n\n");
        for one in others {
            let _ = writeln!(
                text,
                "- {}: {}",
                table_cell(&one.submission),
                table_cell(&one.reason)
            );
        }
    }
    points(&mut text, &graded);
    mistakes(&mut text, &graded);
    slowest(&mut text, &graded);
    wavering(&mut text, &graded);
    text.push_str(
        "\n## Equal submissions\n\nThe folder `jplag` is ready for JPlag: `java -jar jplag.jar -l rust jplag`.\n",
    );
    text
}

fn points(text: &mut String, graded: &[&Graded]) {
    text.push_str("\n## Points by step\n\n| step | reached on average | of |\n|---|---|---|\n");
    let mut steps: BTreeMap<u8, (u32, u32)> = BTreeMap::new();
    for test in graded.iter().flat_map(|graded| &graded.tests) {
        let (score, max_score) = steps.entry(test.step).or_default();
        *score += test.score;
        *max_score += test.max_score;
    }
    let count = f64::from(u32::try_from(graded.len().max(1)).unwrap_or(u32::MAX));
    for (step, (score, max_score)) in steps {
        let (mean, most) = (f64::from(score) / count, f64::from(max_score) / count);
        let _ = writeln!(text, "| {step} | {mean:.1} | {most:.1} |");
    }
}

/// Every named cause, with how many made the mistake, the greatest first.
fn mistakes(text: &mut String, graded: &[&Graded]) {
    let mut causes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in graded {
        let mut own: Vec<&str> = one
            .tests
            .iter()
            .filter(|test| test.status == TestStatus::Failed && !test.cause.is_empty())
            .map(|test| test.cause.as_str())
            .collect();
        own.sort_unstable();
        own.dedup();
        for cause in own {
            causes.entry(cause).or_default().push(&one.submission);
        }
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, who)| std::cmp::Reverse(who.len()));
    text.push_str("\n## Mistakes\n\n| mistake | students | for example |\n|---|---|---|\n");
    for (cause, who) in causes {
        let some: Vec<String> = who.iter().take(5).map(|name| table_cell(name)).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            table_cell(cause),
            who.len(),
            some.join(", ")
        );
    }
}

/// The tests of each check, over all submissions.
fn by_check<'a>(graded: &[&'a Graded]) -> BTreeMap<&'a str, Vec<&'a Test>> {
    let mut checks: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    for test in graded.iter().flat_map(|graded| &graded.tests) {
        if test.attempts > 0 {
            checks.entry(&test.id).or_default().push(test);
        }
    }
    checks
}

fn slowest(text: &mut String, graded: &[&Graded]) {
    let mut checks: Vec<(u64, u64, &str)> = Vec::new();
    for (id, tests) in by_check(graded) {
        let mut times: Vec<u64> = tests.iter().map(|test| test.ms).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        checks.push((middle, times.last().copied().unwrap_or_default(), id));
    }
    checks.sort_unstable();
    text.push_str(
        "\n## The slowest checks\n\n| check | median, ms | longest, ms |\n|---|---|---|\n",
    );
    for (middle, longest, id) in checks.iter().rev().take(5) {
        let _ = writeln!(text, "| {id} | {middle} | {longest} |");
    }
}

fn wavering(text: &mut String, graded: &[&Graded]) {
    let checks = by_check(graded);
    let again = |tests: &[&Test]| {
        let wavered = |test: &&&Test| test.status == TestStatus::Passed && test.attempts > 1;
        tests.iter().filter(wavered).count()
    };
    let mut wavered: Vec<(usize, &str)> = checks
        .iter()
        .map(|(id, tests)| (again(tests), *id))
        .filter(|(count, _)| *count > 0)
        .collect();
    wavered.sort_unstable();
    text.push_str("\n## Checks that passed on a second or third attempt\n\n");
    if wavered.is_empty() {
        text.push_str("None.\n");
    }
    for (count, id) in wavered.iter().rev().take(5) {
        let _ = writeln!(text, "- {}: {count}", plain(id));
    }
}
