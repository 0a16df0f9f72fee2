//! `netlings replay`: the last failing conversation again.

use std::path::Path;

use anstream::println;
use netlings::check::{Check, LabChecks};
use netlings::checks;
use netlings::course::{Tree, Trouble};
use netlings::progress;

use crate::check::{LabRun, Subject, Which, bold, seed};
use crate::results::{self, Document, Last, Test, last_failure};
use crate::{Place, Verdict};

/// Arguments of `replay`.
#[derive(clap::Args)]
#[command(
    after_help = "One check is run, with the seed of then, so it sends what it sent then; what your program makes of it\n\
    is up to your program.\n\n\
    Examples:\n  cargo netlings replay                what failed last\n  \
    cargo netlings replay 7f3a           the same check with another seed\n  \
    cargo netlings replay target/netlings/hello/the_greeting_is_printed.pcapng"
)]
pub struct Args {
    /// A seed, or the capture of a check; without it, what failed last.
    #[arg(value_name = "SEED|FILE")]
    what: Option<String>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// A check, as it was run.
struct Then {
    checks: &'static LabChecks,
    check: &'static Check,
    seed: u64,
    exec: Option<String>,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let then = find(place, args.what.as_deref())?;
    let lab = place.course.lab(then.checks.lab)?;
    let subject = match &then.exec {
        Some(command) => Subject::Command(command.clone()),
        None => Subject::Tree(Tree::Labs),
    };
    let hash = progress::fingerprint(&place.course.root, &lab, then.checks);
    let which = Which::Steps(vec![then.check.step]);
    let mut run = LabRun::new(place, then.checks, lab, subject, which, then.seed);
    run.only = Some(then.check.name);
    let result = if args.json {
        run.quietly()
    } else {
        println!(
            "{}\n",
            bold(&format!(
                "Again: {}, seed {:x}",
                then.check.sentence(),
                then.seed
            ))
        );
        run.aloud()
    };
    let lab = result.document();
    Last::keep(&place.course.root, &lab, &hash);
    let name = format!("{}/{}", then.checks.lab, then.check.step);
    if args.json {
        let document = Document {
            version: results::VERSION,
            seed: format!("{:x}", then.seed),
            labs: vec![lab],
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    } else if result.all_pass() {
        println!("\nIt passes now. The whole step: cargo netlings check {name}");
    } else {
        println!(
            "\nEdit, save, and once more: cargo netlings replay     Stuck: cargo netlings hint {name}"
        );
    }
    match (result.trouble(), result.all_pass()) {
        (true, _) => Err(Trouble::Ours(
            "the check could not be run; see above".to_owned(),
        )),
        (false, true) => Ok(Verdict::Pass),
        (false, false) => Ok(Verdict::Fail),
    }
}

fn find(place: &Place, what: Option<&str>) -> Result<Then, Trouble> {
    let file = what.filter(|what| what.ends_with(".pcapng") || Path::new(what).exists());
    if let Some(file) = file {
        return of_capture(place, file);
    }
    let Some((checks, last)) = last_failure(place) else {
        let lab = place.course.lab_around(&place.here);
        let of = lab.map_or(String::new(), |lab| format!(" of {}", lab.lab));
        return Err(Trouble::Misuse(format!(
            "no check{of} is known to have failed, so there is nothing to run again. Check first: cargo netlings check"
        )));
    };
    let test = last.failure().ok_or_else(|| {
        Trouble::Ours("what failed last is no longer known; check again".to_owned())
    })?;
    let mut then = of_test(checks, &last, test)?;
    if let Some(text) = what {
        then.seed = seed(text).map_err(|why| {
            Trouble::Misuse(format!("{text:?} is neither a file nor a seed ({why})"))
        })?;
    }
    Ok(then)
}

fn of_test(checks: &'static LabChecks, last: &Last, test: &Test) -> Result<Then, Trouble> {
    let check = checks.checks.iter().find(|check| check.name == test.name);
    let check = check.ok_or_else(|| {
        Trouble::Misuse(format!(
            "{} has no check {:?} any more; check again",
            checks.lab, test.name
        ))
    })?;
    let seed = seed(&test.seed)
        .map_err(|why| Trouble::Ours(format!("last.json: seed {:?}: {why}", test.seed)))?;
    Ok(Then {
        checks,
        check,
        seed,
        exec: last.lab.exec.clone(),
    })
}

/// The check whose capture this is: `LAB/CHECK.pcapng`, wherever it lies.
fn of_capture(place: &Place, file: &str) -> Result<Then, Trouble> {
    let no_capture = || {
        Trouble::Misuse(format!(
            "{file} is no capture of a check; they are called target/netlings/LAB/CHECK.pcapng"
        ))
    };
    let path = std::path::absolute(file).map_err(|_| no_capture())?;
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .ok_or_else(no_capture)?;
    let lab = path
        .parent()
        .and_then(Path::file_name)
        .and_then(|lab| lab.to_str());
    let has_it = |lab: &&LabChecks| lab.checks.iter().any(|check| check.name == name);
    // Moved elsewhere, its own name must do.
    let checks = lab
        .and_then(checks::find)
        .filter(has_it)
        .or_else(|| place.course.labs().into_iter().find(has_it))
        .ok_or_else(no_capture)?;
    let last = Last::load(&place.course.root, checks.lab);
    let test = last.as_ref().and_then(|last| {
        let test = last.lab.tests.iter().find(|test| test.name == name)?;
        Some((last, test))
    });
    let Some((last, test)) = test else {
        return Err(Trouble::Misuse(format!(
            "with which seed {name} was run is no longer known; check again: cargo netlings check {}",
            checks.lab
        )));
    };
    of_test(checks, last, test)
}
