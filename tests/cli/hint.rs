//! `netlings hint`: one tier more each time.

use anstream::println;
use netlings::chapter;
use netlings::course::{Trouble, read};
use netlings::progress::Progress;
use netlings::report::Look;
use serde::Serialize;

use crate::check::bold;
use crate::{Place, Verdict, watch};

/// Arguments of `hint`.
#[derive(clap::Args)]
#[command(
    after_help = "Three tiers: where to look, the idea, and the shape of the code with another subject.\n\n\
    Examples:\n  cargo netlings hint              the step where you are\n  \
    cargo netlings hint hello/2      another one\n  cargo netlings hint --again      those seen already"
)]
pub struct Args {
    /// A step; without it, the one where you are.
    #[arg(value_name = "LAB/STEP")]
    selection: Option<String>,
    /// The tiers seen already, and no new one.
    #[arg(long)]
    again: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    lab: &'a str,
    step: u8,
    /// How many more there are.
    left: usize,
    hints: Vec<Hint<'a>>,
}

#[derive(Serialize)]
struct Hint<'a> {
    title: &'a str,
    /// In the book's Markdown.
    text: &'a str,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let (mut progress, warning) = Progress::load(&place.course.root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let (lab, step) = match &args.selection {
        Some(text) => {
            let selection = place.course.select(text, &place.here)?;
            let step = selection.step.ok_or_else(|| {
                Trouble::Misuse(format!(
                    "which step of {0}? For example: hint {0}/1",
                    selection.lab.lab
                ))
            })?;
            (selection.lab, step)
        }
        None => watch::current(place, &progress)?.ok_or_else(|| {
            Trouble::Misuse("every step has passed; name one: hint LAB/STEP".to_owned())
        })?,
    };
    let page = place
        .course
        .root
        .join("book")
        .join("src")
        .join(format!("{}.md", lab.lab));
    let text = chapter::step_text(&read(&page)?, step);
    if text.hints.is_empty() {
        return Err(Trouble::Ours(format!(
            "{} has no hints for step {step}",
            page.display()
        )));
    }
    let entry = progress.labs.entry(lab.lab.to_owned()).or_default();
    let seen = entry.hints.entry(step).or_default();
    if !args.again {
        *seen = (*seen + 1).min(text.hints.len());
    }
    let seen = *seen;
    if args.json {
        let shown = text
            .hints
            .iter()
            .take(seen)
            .skip(if args.again { 0 } else { seen - 1 });
        let hints = shown.map(|(title, text)| Hint { title, text }).collect();
        let document = Document {
            version: 1,
            lab: lab.lab,
            step,
            left: text.hints.len() - seen,
            hints,
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
        keep(place, &progress);
        return Ok(Verdict::Pass);
    }
    let name = format!("{}/{step}", lab.lab);
    let from = if args.again { 0 } else { seen - 1 };
    for (title, hint) in text.hints.iter().take(seen).skip(from) {
        println!("{}\n", bold(&format!("{name} · {title}")));
        for line in chapter::lines(hint, Look::of_stdout().width - 4) {
            println!("  {line}");
        }
        println!();
    }
    if seen == 0 {
        println!("no hint of {name} was shown yet");
    }
    let left = text.hints.len() - seen;
    match left {
        0 => println!(
            "That was the last of {}. Check: cargo netlings check {name}",
            text.hints.len()
        ),
        _ => println!(
            "{left} more: cargo netlings hint {name}     Check: cargo netlings check {name}"
        ),
    }
    keep(place, &progress);
    Ok(Verdict::Pass)
}

fn keep(place: &Place, progress: &Progress) {
    if let Err(error) = progress.save(&place.course.root) {
        eprintln!("netlings: how far you are cannot be kept: {error}");
    }
}
