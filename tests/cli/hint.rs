//! `netlings hint`: what the program was seen to do, then one tier more each
//! time; the last is the reference itself, after asking.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anstream::{print, println};
use netlings::chapter;
use netlings::check::Report;
use netlings::course::{Tree, Trouble, read};
use netlings::progress::Progress;
use netlings::report::{Look, harmless, wrap};
use netlings::source::functions;
use serde::Serialize;

use crate::check::bold;
use crate::results::Last;
use crate::standing::{self, Which};
use crate::{Place, Verdict};

/// Arguments of `hint`.
#[derive(clap::Args)]
#[command(
    after_help = "First of all stands what your program was last seen to do. Then come three tiers, one each time:\n\
    where to look, the idea, and the shape of the code with another subject. The fourth is the\n\
    reference itself, where this course has it; it asks first.\n\n\
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
    /// Do not ask before the reference is shown.
    #[arg(long)]
    yes: bool,
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
    /// What the program was last seen to do; `null` if it was not checked since
    /// the file was saved.
    seen: Option<Vec<String>>,
    /// How many more there are, the reference aside.
    left: usize,
    hints: Vec<Hint>,
    /// Whether the reference can be shown, by `--yes`, once no other is left.
    has_reference: bool,
}

#[derive(Serialize)]
struct Hint {
    title: String,
    /// In the book's Markdown.
    text: String,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let (mut progress, warning) = Progress::load(root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let which = Which::step(place, &progress, args.selection.as_deref(), "hint")?;
    let (lab, step) = (which.lab.name.as_str(), which.number);
    let page = root.join("book").join("src").join(format!("{lab}.md"));
    let mut hints = chapter::step_text(&read(&page)?, step).hints;
    if hints.is_empty() {
        return Err(Trouble::Ours(format!(
            "{} has no hints for step {step}",
            page.display()
        )));
    }
    let name = which.name();
    let count = hints.len();
    let reference = reference(root, &which);
    let entry = progress.labs.entry(lab.to_owned()).or_default();
    let shown_before = *entry.hints.entry(step).or_default();
    // The reference comes behind them all, and only to who wants it.
    let wants = !args.again && shown_before >= count && reference.is_some();
    let with_reference = shown_before > count || wants && (args.yes || !args.json && agreed(&name));
    if let Some(reference) = reference.as_ref().filter(|_| with_reference) {
        hints.push((format!("Hint {}: reference", count + 1), reference.clone()));
    }
    let seen = if args.again {
        shown_before.min(hints.len())
    } else {
        (shown_before + 1).min(hints.len())
    };
    entry.hints.insert(step, seen);
    let from = if args.again {
        0
    } else {
        seen.saturating_sub(1)
    };
    let now = hints.into_iter().take(seen).skip(from);
    let deeds = deeds(root, &which);
    let left = count.saturating_sub(seen);
    if args.json {
        let document = Document {
            version: 1,
            lab,
            step,
            seen: deeds,
            left,
            hints: now.map(|(title, text)| Hint { title, text }).collect(),
            has_reference: reference.is_some(),
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
        keep(place, &progress);
        return Ok(Verdict::Pass);
    }
    let look = Look::of_stdout();
    if let Some(deeds) = deeds {
        println!(
            "{}\n",
            bold(&format!("{name} · what your program was last seen to do"))
        );
        for line in deeds.iter().flat_map(|deed| wrap(deed, look.width - 4)) {
            println!("  {}", look.show(&line));
        }
        println!();
    }
    for (title, hint) in now {
        println!("{}\n", bold(&format!("{name} · {title}")));
        for line in chapter::lines(&hint, look.width - 4) {
            println!("  {line}");
        }
        println!();
    }
    if seen == 0 {
        println!("no hint of {name} was shown yet");
    }
    match left {
        0 if seen > count => println!(
            "That is one way to do it. Close it, and write yours: cargo netlings check {name}"
        ),
        0 if reference.is_some() => println!(
            "That was the last of {count} hints; what is left is the reference: cargo netlings hint {name} --yes\n\
             Check: cargo netlings check {name}"
        ),
        0 => println!("That was the last of {count}. Check: cargo netlings check {name}"),
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

/// What the program did in the step's last checks, in a sentence or two; `None`
/// if nothing of the file as it is now is known.
fn deeds(root: &Path, which: &Which) -> Option<Vec<String>> {
    let last = Last::load(root, which.checks.lab)?;
    let failed = |word: &str| last.of_step(which.number).find(|test| test.status == word);
    let test = failed("fail").or_else(|| failed("todo"))?;
    if last.is_older_than_the_file(root, which.entry().ok()?, &test.at) {
        return None;
    }
    let Some(report) = &test.report else {
        return Some(vec![format!(
            "It came to the stub of {}.",
            harmless(&test.message)
        )]);
    };
    Some(seen(&test.sentence(), report))
}

/// What the program was seen to do in the check `sentence`.
pub fn seen(sentence: &str, report: &Report) -> Vec<String> {
    let mut deeds = vec![format!(
        "In {sentence:?}, it was tried: {}. Expected was {}; what came was {}.",
        report.what, report.expected, report.came
    )];
    if let Some(standstill) = &report.standstill {
        deeds.push(format!("Your program at that moment: {standstill}."));
    }
    if let Some(mistake) = &report.mistake {
        deeds.push(format!("This is what it looks like: {mistake}."));
    }
    deeds.iter().map(|deed| harmless(deed)).collect()
}

/// The step's functions in the reference, as a listing: those that are still
/// stubs here, or else all of them. `None` where there is no reference.
fn reference(root: &Path, which: &Which) -> Option<String> {
    let lab = which.lab.name.as_str();
    let stubs = standing::stubs(root, &which.lab, which.number);
    let step = which.entry().ok()?;
    let mut texts = Vec::new();
    for file in [&step.file].into_iter().chain(&step.also) {
        let theirs = standing::text(root, Tree::Solutions, lab, file)?;
        let mine = standing::text(root, Tree::Labs, lab, file).unwrap_or_default();
        let open: Vec<String> = functions(&mine)
            .iter()
            .filter(|function| function.todo.is_some())
            .map(|function| function.name.to_owned())
            .collect();
        for function in functions(&theirs) {
            let is_of_step = stubs
                .iter()
                .any(|stub| stub.name == function.name && stub.file == *file)
                || stubs.is_empty() && function.name == step.item;
            if is_of_step {
                let is_open = open.iter().any(|name| name == function.name);
                texts.push((is_open, dedented(function.text)));
            }
        }
    }
    let any_open = texts.iter().any(|(is_open, _)| *is_open);
    let shown = texts
        .into_iter()
        .filter(|(is_open, _)| *is_open || !any_open);
    let listing: Vec<String> = shown.map(|(_, text)| text).collect();
    (!listing.is_empty()).then(|| {
        let file = format!("solutions/{lab}/{}", step.file.display());
        format!(
            "```rust\n{}\n```\n\nIts comments and what it calls: {file}",
            listing.join("\n\n")
        )
    })
}

/// A method's text at the left margin.
fn dedented(text: &str) -> String {
    let last = text.lines().last().unwrap_or_default();
    let margin = last.len() - last.trim_start().len();
    let lines = text.lines().map(|line| match line.get(..margin) {
        Some(blank) if blank.trim().is_empty() => line.get(margin..).unwrap_or_default(),
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Asks on the terminal whether the reference is to be shown; without one, no.
fn agreed(name: &str) -> bool {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return false;
    }
    print!("All hints of {name} were shown. The last is the reference itself. Show it? [y/N] ");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
