//! `netlings` without a command: where the learner is, the current step's
//! verdict, and what to do next.

use std::fs;
use std::io::IsTerminal;

use anstream::println;
use anstyle::AnsiColor;
use netlings::chapter;
use netlings::check::LabChecks;
use netlings::course::{Lab, Tree, Trouble, read};
use netlings::progress::{self, Progress};
use netlings::report::Look;

use crate::check::{LabRun, Subject, Which, any_seed, bold, paint};
use crate::{Place, Verdict};

/// Runs the command.
pub fn run(place: &Place) -> Result<Verdict, Trouble> {
    let (progress, warning) = Progress::load(&place.course.root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    // A terminal gets the course, a pipe gets a verdict as an exit status.
    let open = if std::io::stdout().is_terminal() {
        Verdict::Pass
    } else {
        Verdict::Fail
    };
    let first = progress.labs.is_empty();
    for checks in place.course.labs() {
        let lab = place.course.lab(checks.lab)?;
        if is_done(place, &progress, &lab, checks) {
            continue;
        }
        if first {
            println!("Welcome to netlings. Building your first lab; this takes a moment once.\n");
        }
        let known = progress
            .labs
            .get(checks.lab)
            .map(|known| known.passed.clone())
            .unwrap_or_default();
        let run = LabRun::new(
            place,
            checks,
            lab.clone(),
            Subject::Tree(Tree::Labs),
            Which::UntilOpen,
            any_seed(),
        );
        let result = run.quietly();
        result.remember(place, checks);
        let passed = result.passed_steps();
        tell_learned(
            place,
            &lab,
            passed.iter().filter(|step| !known.contains(step)),
        )?;
        if result.all_pass() {
            continue;
        }
        let step = result
            .first_open_step()
            .or(known.iter().max().map(|step| step + 1));
        let step = step.filter(|step| lab.step(*step).is_some()).unwrap_or(1);
        tell_step(place, &lab, step);
        result.print_step(step);
        if result.trouble() {
            return Err(Trouble::Ours(
                "this is not your program's doing; see above".to_owned(),
            ));
        }
        tell_next(&lab, step);
        return Ok(open);
    }
    println!("Every step of every lab passes. Well done.");
    println!(
        "Look back: cargo netlings list     The reference: cargo netlings check --tree solutions"
    );
    Ok(Verdict::Pass)
}

/// The first step that has not passed, as far as is known without a check.
pub fn current(
    place: &Place,
    progress: &Progress,
) -> Result<Option<(&'static LabChecks, u8)>, Trouble> {
    for checks in place.course.labs() {
        let lab = place.course.lab(checks.lab)?;
        let passed = progress
            .labs
            .get(checks.lab)
            .map(|known| known.passed.as_slice())
            .unwrap_or_default();
        let open = (1..)
            .zip(&lab.steps)
            .map(|(number, _)| number)
            .find(|number| !passed.contains(number));
        if let Some(step) = open {
            return Ok(Some((checks, step)));
        }
    }
    Ok(None)
}

fn is_done(place: &Place, progress: &Progress, lab: &Lab, checks: &LabChecks) -> bool {
    let Some(known) = progress.labs.get(checks.lab) else {
        return false;
    };
    known.passed.len() == lab.steps.len()
        && known.hash == progress::fingerprint(&place.course.root, lab, checks)
}

/// Says what the steps taught that pass for the first time.
fn tell_learned<'a>(
    place: &Place,
    lab: &Lab,
    steps: impl Iterator<Item = &'a u8>,
) -> Result<(), Trouble> {
    let page = read(
        &place
            .course
            .root
            .join("book")
            .join("src")
            .join(format!("{}.md", lab.name)),
    )?;
    for &step in steps {
        let title = lab.step(step).map_or("", |step| step.title.as_str());
        println!(
            " {} {}",
            paint("✔", AnsiColor::Green),
            bold(&format!("{}/{step}: {title}", lab.name))
        );
        let learned = chapter::step_text(&page, step).learned.unwrap_or_default();
        for line in chapter::lines(&learned, Look::of_stdout().width - 4) {
            println!("   {line}");
        }
        println!();
    }
    Ok(())
}

/// Says where the learner is, what to edit and where to read.
fn tell_step(place: &Place, lab: &Lab, number: u8) {
    let Some(step) = lab.step(number) else { return };
    let file = place
        .course
        .root
        .join("labs")
        .join(&lab.name)
        .join(&step.file);
    let text = fs::read_to_string(&file).unwrap_or_default();
    let line = text
        .lines()
        .position(|line| line.contains(&format!("fn {}", step.item)));
    let line = line.map_or(String::new(), |line| format!(":{}", line + 1));
    let heading = format!(
        "{} · step {number} of {} · {}",
        lab.name,
        lab.steps.len(),
        step.title
    );
    println!("{}", bold(&heading));
    println!(
        "  edit  labs/{}/{}{line}   {}()",
        lab.name,
        step.file.display(),
        step.item
    );
    for also in &step.also {
        println!("        labs/{}/{}", lab.name, also.display());
    }
    println!(
        "  read  book/src/{}.md, \"Step {number}\"   (cargo netlings book {} shows it)\n",
        lab.name, lab.name
    );
}

fn tell_next(lab: &Lab, step: u8) {
    let name = format!("{}/{step}", lab.name);
    println!("\n Edit, save, and run again: cargo run     Stuck: cargo netlings hint {name}");
}
