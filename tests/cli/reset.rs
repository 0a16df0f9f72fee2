//! `netlings reset`: a lab or a step back to its stub, and back again.
//!
//! Nothing is replaced before a copy of it is on the disk.

use std::fs;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{print, println};
use netlings::course::{Lab, Selection, Trouble};
use netlings::date;
use serde::Serialize;

use crate::files::Staged;
use crate::{Place, Verdict, pristine};

/// Arguments of `reset`.
#[derive(clap::Args)]
#[command(
    after_help = "What is replaced is kept in .netlings/kept, and --undo brings it back.\n\n\
    Examples:\n  cargo netlings reset hello/2         the file that step 2 is written in\n  \
    cargo netlings reset hello           the whole lab, the given files too\n  \
    cargo netlings reset hello --undo    what the last reset replaced"
)]
pub struct Args {
    /// A lab, or a step, whose file goes back with all that is written in it.
    #[arg(value_name = "LAB[/STEP]", required_unless_present = "undo")]
    selection: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Put back what the last reset replaced.
    #[arg(long)]
    undo: bool,
    /// One JSON document instead of text; needs --yes.
    #[arg(long, requires = "yes")]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    /// The files that were replaced, from the course's root.
    replaced: Vec<&'a str>,
    /// Where what was there is kept; `null` if nothing was.
    kept: Option<&'a str>,
    notes: &'a [String],
}

fn print_json(document: &Document<'_>) -> Result<Verdict, Trouble> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
    std::println!("{text}");
    Ok(Verdict::Pass)
}

/// A file that is to be replaced.
struct Change {
    /// From the course's root.
    path: String,
    /// What is there; `None` if nothing is.
    old: Option<Vec<u8>>,
    new: Vec<u8>,
}

impl Change {
    fn new(root: &Path, path: String, new: Vec<u8>) -> Result<Change, Trouble> {
        let old = match fs::read(root.join(&path)) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            // What cannot be read cannot be kept.
            Err(error) => {
                return Err(Trouble::Ours(format!(
                    "{path} cannot be read ({error}), so nothing was changed"
                )));
            }
        };
        Ok(Change { path, old, new })
    }
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let selection = args
        .selection
        .as_deref()
        .map(|text| place.course.select(text, &place.here))
        .transpose()?;
    let root = &place.course.root;
    let (changes, notes) = match (selection, args.undo) {
        (selection, true) => (last_kept(place, selection)?, Vec::new()),
        (Some(selection), false) => delivered(place, selection)?,
        (None, false) => {
            return Err(Trouble::Misuse(
                "reset which lab? For example: reset hello/1".to_owned(),
            ));
        }
    };
    let changes: Vec<Change> = changes
        .into_iter()
        .filter(|change| change.old.as_ref() != Some(&change.new))
        .collect();
    if !args.json {
        notes.iter().for_each(|note| println!("{note}"));
    }
    if changes.is_empty() {
        if args.json {
            return print_json(&Document {
                version: 1,
                replaced: Vec::new(),
                kept: None,
                notes: &notes,
            });
        }
        let name = args.selection.as_deref().unwrap_or("the course");
        let state = if args.undo {
            "as the last reset found it"
        } else {
            "as it was delivered"
        };
        println!("{name} is {state}; nothing was changed. Go on: cargo run");
        return Ok(Verdict::Pass);
    }
    for change in &changes {
        let read_only =
            fs::metadata(root.join(&change.path)).is_ok_and(|file| file.permissions().readonly());
        if read_only {
            let path = &change.path;
            return Err(Trouble::Ours(format!(
                "{path} is read-only; make it writable and reset again. Nothing was changed"
            )));
        }
    }
    if !args.yes && !agreed(&changes)? {
        println!("Nothing was changed.");
        return Ok(Verdict::Pass);
    }
    let old = changes
        .iter()
        .filter_map(|change| Some((change.path.as_str(), change.old.as_deref()?)));
    let kept = keep(root, old).map_err(|error| {
        Trouble::Ours(format!(
            "your files cannot be kept ({error}), so nothing was changed"
        ))
    })?;
    let why = |error: io::Error| match &kept {
        Some(kept) => Trouble::Ours(format!(
            "not everything could be replaced ({error}); your files are in {kept}"
        )),
        None => Trouble::Ours(format!("not everything could be written: {error}")),
    };
    let mut staged = Staged::default();
    for change in &changes {
        staged
            .add(&root.join(&change.path), &change.new)
            .map_err(why)?;
    }
    staged.commit().map_err(why)?;
    if args.json {
        return print_json(&Document {
            version: 1,
            replaced: changes.iter().map(|change| change.path.as_str()).collect(),
            kept: kept.as_deref(),
            notes: &notes,
        });
    }
    for change in &changes {
        println!(
            "{}: {}",
            change.path,
            if args.undo {
                "put back"
            } else {
                "as it was delivered"
            }
        );
    }
    if let Some(kept) = &kept {
        println!("what was there is kept in {kept}");
    }
    let lab = args
        .selection
        .as_deref()
        .map(|text| format!("{text} "))
        .unwrap_or_default();
    match kept {
        Some(_) => println!("\nUndo: cargo netlings reset {lab}--undo     Go on: cargo run"),
        None => println!("\nGo on: cargo run"),
    }
    Ok(Verdict::Pass)
}

/// The files of the selection as they were delivered, and what is to be said
/// about them.
fn delivered(place: &Place, selection: Selection) -> Result<(Vec<Change>, Vec<String>), Trouble> {
    let root = &place.course.root;
    let name = selection.lab.lab;
    let lab = lab_as_delivered(place, name)?;
    let mut notes = Vec::new();
    let mut changes = Vec::new();
    let step = match selection.step {
        Some(number) => {
            let step = lab.step(number);
            Some(step.ok_or_else(|| {
                Trouble::Ours(format!("labs/{name}/lab.toml has no step {number}"))
            })?)
        }
        None => None,
    };
    for file in lab
        .yours
        .iter()
        .filter(|file| step.is_none_or(|step| step.holds(file)))
    {
        let path = pristine::path_of(name, file);
        let stub = pristine::stub(root, &lab, file).ok_or_else(|| {
            let git = pristine::without_git(root).unwrap_or("no commit has it");
            Trouble::Ours(format!(
                "there is no stub of {path} to go back to: .netlings/base has no copy, and {git}. Nothing was changed"
            ))
        })?;
        if let Some(number) = selection.step {
            let others = (1..)
                .zip(&lab.steps)
                .filter(|(other, step)| *other != number && step.holds(file));
            let others: Vec<String> = others.map(|(other, _)| other.to_string()).collect();
            if !others.is_empty() {
                let steps = if others.len() == 1 { "step" } else { "steps" };
                notes.push(format!(
                    "{path} holds {steps} {} too, which goes back with it",
                    others.join(" and ")
                ));
            }
        }
        changes.push(Change::new(root, path, stub)?);
    }
    if step.is_none() {
        let mut unknown = false;
        for file in &lab.given {
            let path = pristine::path_of(name, file);
            match pristine::committed(root, &path) {
                Some(given) => changes.push(Change::new(root, path, given)?),
                None => unknown = true,
            }
        }
        if unknown {
            let git = pristine::without_git(root).unwrap_or("no commit has all of them");
            notes.push(format!("the given files are left as they are, since {git}"));
        }
    }
    Ok((changes, notes))
}

/// The lab's own table: of the last commit, since the one on the disk may be
/// what is to be brought back.
fn lab_as_delivered(place: &Place, name: &str) -> Result<Lab, Trouble> {
    let committed = pristine::committed(&place.course.root, &format!("labs/{name}/lab.toml"));
    let committed = committed.and_then(|octets| String::from_utf8(octets).ok());
    if let Some(mut lab) = committed.and_then(|text| toml::from_str::<Lab>(&text).ok()) {
        name.clone_into(&mut lab.name);
        return Ok(lab);
    }
    place.course.lab(name).map_err(|_| {
        let git = pristine::without_git(&place.course.root).unwrap_or("no commit has it");
        Trouble::Ours(format!(
            "labs/{name} is not whole, and cannot be brought back: {git}"
        ))
    })
}

/// What the last reset (of this lab, of this step's file) kept.
fn last_kept(place: &Place, selection: Option<Selection>) -> Result<Vec<Change>, Trouble> {
    let root = &place.course.root;
    let all = root.join(".netlings").join("kept");
    let mut sets: Vec<PathBuf> = fs::read_dir(&all)
        .into_iter()
        .flatten()
        .flatten()
        .map(|set| set.path())
        .collect();
    sets.sort();
    let within = selection.map_or("labs/".to_owned(), |selection| {
        format!("labs/{}/", selection.lab.lab)
    });
    let only = match selection {
        Some(Selection {
            lab,
            step: Some(number),
        }) => {
            let known = lab_as_delivered(place, lab.lab)?;
            known.step(number).map(|step| {
                let files = known.yours.iter().filter(|file| step.holds(file));
                files
                    .map(|file| pristine::path_of(lab.lab, file))
                    .collect::<Vec<_>>()
            })
        }
        _ => None,
    };
    for set in sets.iter().rev() {
        let mut files = Vec::new();
        files_below(set, &set.join(&within), &mut files)
            .map_err(|error| Trouble::Ours(format!("{} cannot be read: {error}", set.display())))?;
        files.retain(|file| only.as_ref().is_none_or(|only| only.contains(file)));
        if files.is_empty() {
            continue;
        }
        let kept = files.into_iter().map(|path| {
            let file = set.join(&path);
            let octets = fs::read(&file).map_err(|error| {
                Trouble::Ours(format!("{} cannot be read: {error}", file.display()))
            })?;
            Change::new(root, path, octets)
        });
        return kept.collect();
    }
    let what = selection.map_or(String::new(), |selection| {
        format!(" of {}", selection.lab.lab)
    });
    Err(Trouble::Misuse(format!(
        "no reset{what} has kept anything, so there is nothing to undo"
    )))
}

/// The files below `folder`, by their path from `set`.
fn files_below(set: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(set, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(set) {
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            files.push(parts.join("/"));
        }
    }
    files.sort();
    Ok(())
}

/// Asks on the terminal.
fn agreed(changes: &[Change]) -> Result<bool, Trouble> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Trouble::Misuse(
            "reset asks before it replaces files, and there is no terminal to ask on; with --yes it does not ask"
                .to_owned(),
        ));
    }
    for change in changes {
        println!("  {}", change.path);
    }
    print!("Replace? What is there is kept. [y/N] ");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Copies files, by their path from the course's root, into a new folder, and
/// gives its name from there; `None` if there are none.
pub fn keep<'a>(
    root: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> io::Result<Option<String>> {
    let mut files = files.into_iter().peekable();
    if files.peek().is_none() {
        return Ok(None);
    }
    let folder = new_kept(root)?;
    for (path, octets) in files {
        let path = root.join(&folder).join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::create_new(&path)?;
        file.write_all(octets)?;
        file.sync_all()?;
    }
    Ok(Some(folder))
}

/// Makes a new folder for what is replaced, and gives its name from the
/// course's root.
pub fn new_kept(root: &Path) -> io::Result<String> {
    let all = root.join(".netlings").join("kept");
    fs::create_dir_all(&all)?;
    // `2026-11-21-072345`, which is a file name everywhere.
    let date = date::now().replace([':', 'Z'], "").replace('T', "-");
    let mut name = date.clone();
    for number in 2.. {
        match fs::create_dir(all.join(&name)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 100 => {
                name = format!("{date}-{number:02}");
            }
            made => {
                made?;
                break;
            }
        }
    }
    Ok(format!(".netlings/kept/{name}"))
}
