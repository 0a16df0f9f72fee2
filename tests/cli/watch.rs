//! `netlings watch`, and `netlings` without a command: the step where the
//! learner is, checked at each save. In a pipe: checked once.

pub mod files;
mod plain;
mod screen;
pub mod session;
pub mod shell;
mod terminal;
#[cfg(test)]
mod tests;
pub mod turn;
pub mod worker;

use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use anstream::println;
use netlings::chapter;
use netlings::check::LabChecks;
use netlings::course::{Lab, Tree, Trouble, read};
use netlings::progress::{self, Progress, State};
use netlings::source::{Function, functions};

use crate::check::{LabRun, Subject, Which, any_seed};
use crate::outline::Outline;
use crate::results::Last;
use crate::{Place, Verdict};
use session::At;

/// Arguments of `watch`.
#[derive(clap::Args, Default)]
#[command(
    after_help = "In a terminal it takes the window and waits for saves; ? shows its keys.\n\
    In a pipe it checks once and ends: exit status 0 pass, 1 not yet.\n\n\
    Examples:\n  cargo run                            where you left off\n  \
    cargo netlings watch hello/2         from this step on\n  \
    cargo netlings watch --plain         line by line, for a screen reader"
)]
pub struct Args {
    /// A lab or a step; without it, where you left off.
    #[arg(value_name = "LAB[/STEP]")]
    selection: Option<String>,
    /// One event a line, and no window.
    #[arg(long)]
    plain: bool,
    /// Look for saves instead of being told: for folders on a network or of
    /// another system.
    #[arg(long)]
    poll: bool,
    /// The file to edit is no link.
    #[arg(long)]
    no_link: bool,
    /// Panic at the first key, to see what becomes of the terminal.
    #[arg(long, hide = true)]
    panic: bool,
}

/// Runs the command.
pub fn run(place: Place, args: &Args) -> Result<Verdict, Trouble> {
    let terminal = std::io::stdout().is_terminal();
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if !terminal && !args.plain {
        return once(&place, args.selection.as_deref());
    }
    let window = terminal && std::io::stdin().is_terminal() && !dumb && !args.plain;
    let (progress, warning) = Progress::load(&place.course.root);
    let at = start(&place, &progress, args.selection.as_deref())?;
    shell::watch(place, at, args, window, warning)
}

/// Where to begin: what is asked for, or where the learner left off, or the
/// first step that has not passed.
pub fn start(place: &Place, progress: &Progress, selection: Option<&str>) -> Result<At, Trouble> {
    let asked = match selection {
        Some(text) => Some(place.course.select(text, &place.here)?),
        None => progress
            .here
            .as_deref()
            .and_then(|here| place.course.select(here, &place.here).ok()),
    };
    if let Some(asked) = asked {
        let lab = asked.lab.lab.to_owned();
        if let Some(step) = asked.step {
            return Ok(At { lab, step });
        }
        let outline = Outline::new(place, progress)?;
        let step = first_open(&outline, &lab).unwrap_or(1);
        return Ok(At { lab, step });
    }
    let first = place.course.labs().first().map(|lab| lab.lab.to_owned());
    let current = current(place, progress)?.map(|(lab, step)| At {
        lab: lab.lab.to_owned(),
        step,
    });
    current
        .or(first.map(|lab| At { lab, step: 1 }))
        .ok_or_else(|| Trouble::Ours("the course has no lab".to_owned()))
}

/// The first step of a lab that has not passed.
pub fn first_open(outline: &Outline, lab: &str) -> Option<u8> {
    let steps = &outline.lab(lab)?.steps;
    let open = (1..)
        .zip(steps)
        .find(|(_, step)| step.state != State::Passed);
    open.map(|(number, _)| number)
}

/// The first step that has not passed, as far as is known without a check.
pub fn current(
    place: &Place,
    progress: &Progress,
) -> Result<Option<(&'static LabChecks, u8)>, Trouble> {
    let known = progress.here.as_deref();
    let known = known.and_then(|here| place.course.select(here, &place.here).ok());
    if let Some(known) = known
        && let Some(step) = known.step
        && progress.state(known.lab.lab, step, "") != State::Again
    {
        return Ok(Some((known.lab, step)));
    }
    for checks in place.course.labs() {
        let lab = place.course.lab(checks.lab)?;
        let open = (1..)
            .zip(&lab.steps)
            .map(|(number, _)| number)
            // No fingerprint is empty: what passed once is "again".
            .find(|number| progress.state(checks.lab, *number, "") != State::Again);
        if let Some(step) = open {
            return Ok(Some((checks, step)));
        }
    }
    Ok(None)
}

/// The function of a step to write next: the first that is still a stub, or
/// else the one that the lab's table names. Its line and its name.
fn begin(root: &Path, lab: &Lab, number: u8) -> Option<(usize, String)> {
    let step = lab.step(number)?;
    let file = root.join("labs").join(&lab.name).join(&step.file);
    let text = fs::read_to_string(file).ok()?;
    let functions = functions(&text);
    let is_stub = |function: &&Function<'_>| function.todo.is_some_and(|(of, _)| of == number);
    let stub = functions.iter().find(is_stub);
    let begin = stub.or_else(|| functions.iter().find(|function| function.name == step.item))?;
    Some((begin.line, begin.name.to_owned()))
}

/// Checks once, up to the first step that does not pass, and says what to do.
fn once(place: &Place, selection: Option<&str>) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let (progress, warning) = Progress::load(root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let asked = selection
        .map(|text| place.course.select(text, &place.here))
        .transpose()?;
    let labs = match asked {
        Some(asked) => vec![asked.lab],
        None => place.course.labs(),
    };
    for checks in labs {
        let lab = place.course.lab(checks.lab)?;
        let hash = progress::fingerprint(root, &lab, checks);
        let done = |step: &u8| progress.state(checks.lab, *step, &hash) == State::Passed;
        let steps: Vec<u8> = (1..).zip(&lab.steps).map(|(number, _)| number).collect();
        if asked.is_none() && steps.iter().all(done) {
            continue;
        }
        let which = match asked.and_then(|asked| asked.step) {
            Some(step) => Which::Steps(vec![step]),
            None => Which::UntilOpen,
        };
        let subject = Subject::Tree(Tree::Labs);
        let seed = any_seed();
        let result = LabRun::new(place, checks, lab.clone(), subject, which, seed).quietly();
        if let Some(trouble) = result.remember(place, &hash) {
            eprintln!("netlings: {trouble}");
        }
        Last::keep(root, &result.document(), &hash);
        let passed = result.passed_steps();
        let page = read(&root.join("book/src").join(format!("{}.md", lab.name)))?;
        for &step in passed.iter().filter(|step| !done(step)) {
            let at = At {
                lab: lab.name.clone(),
                step,
            };
            let title = lab.step(step).map_or("", |step| step.title.as_str());
            let text = chapter::step_text(&page, step);
            say(&plain::learned(&at, title, text.learned.as_deref()));
        }
        if result.all_pass() {
            continue;
        }
        let known = steps.iter().copied().filter(done).max().unwrap_or(0);
        let step = result.first_open_step().unwrap_or(known + 1);
        let at = At {
            lab: lab.name.clone(),
            step: if lab.step(step).is_some() { step } else { 1 },
        };
        let (progress, _) = Progress::load(root);
        let outline = Outline::new(place, &progress)?;
        let begin = begin(root, &lab, at.step);
        say(&plain::place(&outline, &at, begin.as_ref()));
        let of_step: Vec<_> = result
            .results
            .iter()
            .filter(|(check, _)| check.step == at.step)
            .cloned()
            .collect();
        say(&plain::verdict(
            &lab.name,
            &of_step,
            result.unbuilt.as_ref(),
            seed,
        ));
        if result.trouble() {
            return Err(Trouble::Ours(
                "this is not your program's doing; see above".to_owned(),
            ));
        }
        say(&[format!(
            "Edit, save, and run again: cargo run. Stuck: cargo netlings hint {at}"
        )]);
        return Ok(Verdict::Fail);
    }
    say(&match asked {
        Some(_) => ["It passes. Go on: cargo run"],
        None => ["Every step of every lab passes. Look back: cargo netlings list"],
    });
    Ok(Verdict::Pass)
}

fn say(lines: &[impl AsRef<str>]) {
    for line in lines {
        println!("{}", line.as_ref());
    }
}
