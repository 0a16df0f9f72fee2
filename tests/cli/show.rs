//! `netlings show`: a step's task, files, specifications, and its last report.

use std::collections::BTreeSet;
use std::path::Path;

use anstream::{print, println};
use netlings::chapter;
use netlings::course::{Tree, Trouble, read};
use netlings::progress::Progress;
use netlings::report::{Look, wrap};
use netlings::source::functions;
use serde::Serialize;

use crate::check::bold;
use crate::results::{Last, Test};
use crate::standing::{self, Which};
use crate::{Place, Verdict};

/// Arguments of `show`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo netlings show              the step where you are\n  \
    cargo netlings show hello/2      another one"
)]
pub struct Args {
    /// A step; without it, the one where you are.
    #[arg(value_name = "LAB/STEP")]
    selection: Option<String>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    version: u32,
    lab: String,
    step: u8,
    steps: usize,
    title: String,
    minutes: u32,
    points: u32,
    passed: bool,
    tasks: Vec<Task>,
    /// The section of the book.
    read: String,
    rfcs: Vec<String>,
    hints_seen: usize,
    hints: usize,
    last: Option<LastDocument>,
}

#[derive(Serialize)]
struct Task {
    /// The function.
    item: String,
    /// In the stub's words; empty if that is no longer known.
    task: String,
    /// From the course's root.
    file: String,
    /// Where the function stands now; `null` if it is not there.
    line: Option<usize>,
}

/// What is known of the step's last checks.
#[derive(Serialize)]
struct LastDocument {
    at: String,
    /// Whether the file was saved after that.
    older_than_the_file: bool,
    /// The command that was checked in place of the lab's program.
    exec: Option<String>,
    tests: Vec<Test>,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let (progress, warning) = Progress::load(&place.course.root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let which = Which::step(place, &progress, args.selection.as_deref(), "show")?;
    let document = document(place, &progress, &which)?;
    if args.json {
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    } else {
        print_document(&document);
    }
    Ok(Verdict::Pass)
}

fn document(place: &Place, progress: &Progress, which: &Which) -> Result<Document, Trouble> {
    let root = &place.course.root;
    let step = which.entry()?;
    let (lab, number) = (&which.lab, which.number);
    let mut tasks: Vec<Task> = standing::stubs(root, lab, number)
        .into_iter()
        .map(|stub| Task {
            line: line_of(root, &lab.name, &stub.file, &stub.name),
            file: format!("labs/{}/{}", lab.name, stub.file.display()),
            item: stub.name,
            task: stub.task,
        })
        .collect();
    if tasks.is_empty() {
        tasks.push(Task {
            line: line_of(root, &lab.name, &step.file, &step.item),
            file: format!("labs/{}/{}", lab.name, step.file.display()),
            item: step.item.clone(),
            task: String::new(),
        });
    }
    let of_step = || {
        which
            .checks
            .checks
            .iter()
            .filter(|check| check.step == number)
    };
    let rfcs: BTreeSet<&str> = of_step().flat_map(|check| check.rfc.split(", ")).collect();
    let chapter = read(
        &root
            .join("book")
            .join("src")
            .join(format!("{}.md", lab.name)),
    )?;
    let seen = progress
        .labs
        .get(&lab.name)
        .and_then(|known| known.hints.get(&number));
    let last = Last::load(root, &lab.name).and_then(|last| {
        let without_hash = |test: &Test| Test {
            hash: String::new(),
            ..test.clone()
        };
        let tests: Vec<Test> = last.of_step(number).map(without_hash).collect();
        let at = tests.iter().map(|test| test.at.clone()).max()?;
        Some(LastDocument {
            older_than_the_file: last.is_older_than_the_file(root, step, &at),
            at,
            exec: last.lab.exec,
            tests,
        })
    });
    Ok(Document {
        version: 1,
        lab: lab.name.clone(),
        step: number,
        steps: lab.steps.len(),
        title: step.title.clone(),
        minutes: step.minutes,
        points: of_step().map(|check| check.points).sum(),
        passed: standing::passed(progress, &lab.name).contains(&number),
        tasks,
        read: format!("book/src/{}.md#step-{number}", lab.name),
        rfcs: rfcs.into_iter().map(str::to_owned).collect(),
        hints_seen: seen.copied().unwrap_or(0),
        hints: chapter::step_text(&chapter, number).hints.len(),
        last,
    })
}

fn line_of(root: &Path, lab: &str, file: &Path, item: &str) -> Option<usize> {
    let text = standing::text(root, Tree::Labs, lab, file)?;
    let functions = functions(&text);
    functions
        .iter()
        .find(|function| function.name == item)
        .map(|function| function.line)
}

fn print_document(document: &Document) {
    let look = Look::of_stdout();
    let name = format!("{}/{}", document.lab, document.step);
    let state = if document.passed {
        "passed"
    } else {
        "not passed yet"
    };
    println!(
        "{}",
        bold(&format!(
            "{name} · step {} of {} · {}",
            document.step, document.steps, document.title
        ))
    );
    println!(
        "  about {} min · {} points · {state}\n",
        document.minutes, document.points
    );
    for task in &document.tasks {
        let line = task.line.map_or(String::new(), |line| format!(":{line}"));
        println!("  edit   {}{line}   {}()", task.file, task.item);
        if !task.task.is_empty() {
            println!("         {}", task.task);
        }
    }
    println!(
        "  read   {}   (cargo netlings book {name} shows it)",
        document.read
    );
    let rfcs = wrap(&document.rfcs.join(", "), look.width - 9);
    for (index, line) in rfcs.iter().enumerate() {
        println!("  {:<6} {line}", if index == 0 { "RFCs" } else { "" });
    }
    println!(
        "  hints  {} of {} seen",
        document.hints_seen.min(document.hints),
        document.hints
    );
    println!();
    match &document.last {
        None => println!("  Not checked yet."),
        Some(last) => print_last(last, look),
    }
    println!("\nCheck: cargo netlings check {name}     Stuck: cargo netlings hint {name}");
}

fn print_last(last: &LastDocument, look: Look) {
    let counts = ["pass", "fail", "todo", "skip", "error"]
        .into_iter()
        .filter_map(|word| {
            let count = last.tests.iter().filter(|test| test.status == word).count();
            (count > 0).then(|| format!("{count} {word}"))
        });
    let counts: Vec<String> = counts.collect();
    let when = last.at.replace('T', " ").replace('Z', " UTC");
    let since = if last.older_than_the_file {
        "; the file was saved since"
    } else {
        ""
    };
    println!("  Last checked {when}: {}{since}.", counts.join(", "));
    if let Some(exec) = &last.exec {
        println!("  The program was: {exec}");
    }
    if let Some(test) = last.tests.iter().find(|test| test.report.is_some()) {
        let heading = format!("✘ {}", test.sentence());
        println!("\n {}\n", bold(&look.show(&heading)));
        print!("{}", look.show(&test.message));
    }
}
