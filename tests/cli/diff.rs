//! `netlings diff`: yours against the reference, once yours passes.

use std::path::Path;

use anstream::println;
use anstyle::AnsiColor;
use diffy::DiffOptions;
use netlings::course::{Lab, Tree, Trouble};
use netlings::progress::Progress;
use netlings::source::functions;
use serde::Serialize;

use crate::check::{bold, paint};
use crate::{Place, Verdict, standing};

/// Arguments of `diff`.
#[derive(clap::Args)]
#[command(
    after_help = "Yours stands with -, the reference with +. Another way that passes is as right as the reference;\n\
    look for what it does with less.\n\n\
    Examples:\n  cargo netlings diff hello/2      after step 2 has passed\n  \
    cargo netlings diff hello        the whole lab\n  cargo netlings diff hello/2 --spoil    before it has"
)]
pub struct Args {
    /// A lab, or a step of one.
    #[arg(value_name = "LAB[/STEP]")]
    selection: String,
    /// Even though the step has not passed yet.
    #[arg(long)]
    spoil: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document {
    version: u32,
    lab: String,
    /// `null` for the whole lab.
    step: Option<u8>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    yours: String,
    reference: String,
    /// The functions that were compared; empty for the whole file.
    functions: Vec<String>,
    /// In the unified form; empty if there is no difference.
    diff: String,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let selection = place.course.select(&args.selection, &place.here)?;
    let lab = place.course.lab(selection.lab.lab)?;
    let name = lab.name.clone();
    if !root.join("solutions").join(&name).is_dir() {
        return Err(Trouble::Ours(format!(
            "there is no reference of {name} here: this course was handed out without solutions"
        )));
    }
    let (progress, warning) = Progress::load(root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let passed = standing::passed(&progress, &name);
    let all = 1..=u8::try_from(lab.steps.len()).unwrap_or(u8::MAX);
    let open = all
        .filter(|number| selection.step.is_none_or(|step| step == *number))
        .find(|number| !passed.contains(number));
    if let Some(open) = open.filter(|_| !args.spoil) {
        return Err(Trouble::Misuse(format!(
            "{name}/{open} has not passed yet, and the reference would give it away.\n  \
             Check: cargo netlings check {name}/{open}     Stuck: cargo netlings hint {name}/{open}     \
             All the same: cargo netlings diff {} --spoil",
            args.selection
        )));
    }
    let files = files(root, &lab, selection.step, &passed)?;
    if args.json {
        let document = Document {
            version: 1,
            lab: name,
            step: selection.step,
            files,
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
        return Ok(Verdict::Pass);
    }
    for file in &files {
        if file.diff.is_empty() {
            let functions = file.functions.iter().map(|name| format!(", {name}()"));
            let functions: String = functions.collect();
            println!("{}{functions}: as in the reference\n", file.yours);
            continue;
        }
        for line in file.diff.lines() {
            println!("{}", coloured(line));
        }
        println!();
    }
    println!(
        "Go on: cargo run     Read again: cargo netlings book {}",
        args.selection
    );
    Ok(Verdict::Pass)
}

fn coloured(line: &str) -> String {
    if line.starts_with("---") || line.starts_with("+++") {
        bold(line)
    } else if line.starts_with('-') {
        paint(line, AnsiColor::Red)
    } else if line.starts_with('+') {
        paint(line, AnsiColor::Green)
    } else if line.starts_with("@@") {
        paint(line, AnsiColor::Cyan)
    } else {
        line.to_owned()
    }
}

/// The files of the step, or of the lab. Of a file in which another step is
/// still open, only this step's functions: the rest would give that one away.
fn files(root: &Path, lab: &Lab, step: Option<u8>, passed: &[u8]) -> Result<Vec<File>, Trouble> {
    let step_files =
        |number: u8, file: &Path| lab.step(number).is_some_and(|step| step.holds(file));
    let mut compared = Vec::new();
    for file in &lab.yours {
        if step.is_some_and(|step| !step_files(step, file)) {
            continue;
        }
        let yours = format!("labs/{}/{}", lab.name, file.display());
        let reference = format!("solutions/{}/{}", lab.name, file.display());
        let read = |tree, path: &str| {
            standing::text(root, tree, &lab.name, file)
                .ok_or_else(|| Trouble::Ours(format!("{path} cannot be read")))
        };
        let (mine, theirs) = (
            read(Tree::Labs, &yours)?,
            read(Tree::Solutions, &reference)?,
        );
        let others_open = (1..)
            .zip(&lab.steps)
            .map(|(number, _)| number)
            .any(|number| {
                Some(number) != step && step_files(number, file) && !passed.contains(&number)
            });
        let mut names = Vec::new();
        if let Some(step) = step.filter(|_| others_open) {
            let stubs = standing::stubs(root, lab, step);
            names.extend(
                stubs
                    .into_iter()
                    .filter(|stub| stub.file == *file)
                    .map(|stub| stub.name),
            );
        }
        let (mine, theirs) = if names.is_empty() {
            (mine, theirs)
        } else {
            (only(&mine, &names), only(&theirs, &names))
        };
        let diff = DiffOptions::new()
            .set_original_filename(format!("{yours} (yours)"))
            .set_modified_filename(format!("{reference} (the reference)"))
            .create_patch(&mine, &theirs)
            .to_string();
        let diff = if mine == theirs { String::new() } else { diff };
        compared.push(File {
            yours,
            reference,
            functions: names,
            diff,
        });
    }
    Ok(compared)
}

/// The functions of these names.
fn only(source: &str, names: &[String]) -> String {
    let functions = functions(source);
    let wanted = functions
        .iter()
        .filter(|function| names.iter().any(|name| name == function.name));
    wanted
        .map(|function| format!("{}\n\n", function.whole))
        .collect()
}
