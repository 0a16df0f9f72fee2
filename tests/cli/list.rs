//! `netlings list`: the course, and how far the learner is.

use anstream::println;
use anstyle::AnsiColor;
use netlings::checks;
use netlings::course::Trouble;
use netlings::progress::{self, Progress};
use serde::Serialize;

use crate::check::{bold, paint};
use crate::{Place, Verdict};

/// Arguments of `list`.
#[derive(clap::Args)]
#[command(
    after_help = "Signs: ✔ passed · ◐ begun · ○ to do · ! to check again, since your file or the course changed."
)]
pub struct Args {
    /// Only labs with steps that have not passed.
    #[arg(long)]
    todo: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    version: u32,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    title: String,
    chapters: Vec<Chapter>,
}

#[derive(Serialize)]
struct Chapter {
    title: String,
    /// The lab's name; `null` for a chapter to come or without a lab.
    lab: Option<String>,
    to_come: bool,
    minutes: u32,
    steps: Vec<Step>,
    /// Why the lab cannot be read; `null` if it can.
    trouble: Option<String>,
}

#[derive(Serialize)]
struct Step {
    title: String,
    /// `passed`, `again` (passed before a change) or `open`.
    state: &'static str,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let (progress, warning) = Progress::load(&place.course.root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let mut document = Document {
        version: 1,
        parts: Vec::new(),
    };
    for part in &place.course.parts {
        let mut chapters = Vec::new();
        for chapter in &part.chapters {
            let chapter = chapter_of(place, &progress, chapter)?;
            let open = chapter.trouble.is_some()
                || chapter.steps.iter().any(|step| step.state != "passed");
            if open || !args.todo {
                chapters.push(chapter);
            }
        }
        document.parts.push(Part {
            title: part.title.clone(),
            chapters,
        });
    }
    document.parts.retain(|part| !part.chapters.is_empty());
    if args.json {
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    } else {
        print(&document);
    }
    Ok(Verdict::Pass)
}

fn chapter_of(
    place: &Place,
    progress: &Progress,
    chapter: &netlings::course::Chapter,
) -> Result<Chapter, Trouble> {
    let mut document = Chapter {
        title: chapter.title.clone(),
        lab: None,
        to_come: chapter.name.is_none(),
        minutes: 0,
        steps: Vec::new(),
        trouble: None,
    };
    let Some(checks) = chapter.name.as_deref().and_then(checks::find) else {
        return Ok(document);
    };
    document.lab = Some(checks.lab.to_owned());
    let lab = match place.course.lab(checks.lab) {
        Ok(lab) => lab,
        Err(why) => {
            document.trouble = Some(why.to_string());
            return Ok(document);
        }
    };
    let known = progress.labs.get(checks.lab);
    let current = known
        .is_some_and(|known| known.hash == progress::fingerprint(&place.course.root, &lab, checks));
    for (number, step) in (1..).zip(&lab.steps) {
        let passed = known.is_some_and(|known| known.passed.contains(&number));
        let state = match (passed, current) {
            (true, true) => "passed",
            (true, false) => "again",
            (false, _) => "open",
        };
        document.minutes += step.minutes;
        document.steps.push(Step {
            title: step.title.clone(),
            state,
        });
    }
    Ok(document)
}

fn print(document: &Document) {
    for part in &document.parts {
        println!("\n{}", bold(&part.title));
        for chapter in &part.chapters {
            let Some(lab) = &chapter.lab else {
                let note = if chapter.to_come { "  (to come)" } else { "" };
                println!("     {}{note}", chapter.title);
                continue;
            };
            if let Some(why) = &chapter.trouble {
                println!("   {} {lab:<12} {why}", paint("!", AnsiColor::Red));
                continue;
            }
            let passed = chapter
                .steps
                .iter()
                .filter(|step| step.state == "passed")
                .count();
            let count = chapter.steps.len();
            let sign = match passed {
                0 => "○".to_owned(),
                passed if passed == count => paint("✔", AnsiColor::Green),
                _ => paint("◐", AnsiColor::Yellow),
            };
            println!(
                "   {sign} {lab:<12} {:<44} {passed}/{count}  about {} min",
                chapter.title, chapter.minutes
            );
            for (number, step) in (1..).zip(&chapter.steps) {
                let (sign, note) = match step.state {
                    "passed" => (paint("✔", AnsiColor::Green), ""),
                    "again" => (
                        paint("!", AnsiColor::Yellow),
                        "  (to check again: it changed)",
                    ),
                    _ => ("○".to_owned(), ""),
                };
                println!("        {sign} {number} {}{note}", step.title);
            }
        }
    }
    println!(
        "\nGo on: cargo run     One lab: cargo netlings check LAB     The book: cargo netlings book"
    );
}
