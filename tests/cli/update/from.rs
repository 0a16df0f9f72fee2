//! `netlings update --from`: without git. The newer course was unpacked beside
//! the old one, and the work is fetched out of the old folder, where nothing is
//! changed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anstream::println;
use netlings::course::{Lab, Trouble, read};
use netlings::progress::Progress;
use netlings::source::functions;

use super::{
    Args, Changes, Document, Moved, NewLab, Table, Tables, Version, Yours, merge, package,
};
use crate::files::Staged;
use crate::{Place, Verdict, pristine, reset};

/// A file that is to be written here.
struct Write {
    path: String,
    /// What is here now, if it is no stub and would be lost.
    here: Option<Vec<u8>>,
    octets: Vec<u8>,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args, old: &Path) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let shown = old.display().to_string();
    let old = fs::canonicalize(old)
        .map_err(|error| Trouble::Misuse(format!("--from {shown}: {error}")))?;
    if !old.join("labs").is_dir() {
        return Err(Trouble::Misuse(format!(
            "--from {shown}: no course lies there, since it has no folder labs"
        )));
    }
    if fs::canonicalize(root).is_ok_and(|root| root == old) {
        return Err(Trouble::Misuse(format!(
            "--from {shown}: that is this course. Run it in the newer one, and name the folder that your work is in"
        )));
    }
    let tables = (tables(&old)?, tables(root)?);
    let mut document = Document {
        version: 1,
        from: version(&old),
        to: version(root),
        ..Document::default()
    };
    let mut writes = Vec::new();
    for (name, table) in &tables.1 {
        match tables.0.get(name) {
            Some(before) => lab(
                root,
                &old,
                name,
                (before, table),
                &mut document.changes,
                &mut writes,
            )?,
            None => document.changes.new.push(NewLab {
                lab: name.clone(),
                steps: table.steps.len(),
            }),
        }
    }
    let gone = tables.0.keys().filter(|name| !tables.1.contains_key(*name));
    document.changes.gone = gone.cloned().collect();
    if !document.changes.gone.is_empty() {
        let note = format!("your work on what is gone stays in {shown}");
        document.changes.notes.push(note);
    }
    let progress = Path::new(".netlings").join("progress.json");
    let has_progress = old.join(&progress).is_file() && Progress::load(root).0.labs.is_empty();
    if writes.is_empty() {
        super::tell(&document, args, &shown)?;
        if !args.json {
            println!("\nGo on: cargo run");
        }
        return Ok(Verdict::Pass);
    }
    if args.dry_run {
        return super::tell(&document, args, &shown).map(|()| Verdict::Pass);
    }
    refuse_read_only(root, &writes)?;
    if !args.yes {
        super::tell(&document, args, &shown)?;
        if !super::agreed() {
            println!("Nothing was changed.");
            return Ok(Verdict::Pass);
        }
    }
    let trouble = |error: io::Error| {
        Trouble::Ours(format!(
            "your files cannot be written here ({error}); those in {shown} are as they were"
        ))
    };
    let lost = writes
        .iter()
        .filter_map(|write| Some((write.path.as_str(), write.here.as_deref()?)));
    document.saved = reset::keep(root, lost).map_err(trouble)?;
    let mut staged = Staged::default();
    for write in &writes {
        staged
            .add(&root.join(&write.path), &write.octets)
            .map_err(trouble)?;
    }
    if has_progress {
        let octets = fs::read(old.join(&progress)).map_err(trouble)?;
        staged
            .add(&root.join(&progress), &octets)
            .map_err(trouble)?;
    }
    staged.commit().map_err(trouble)?;
    document.applied = true;
    if args.yes {
        super::tell(&document, args, &shown)?;
    }
    if !args.json {
        println!("\nDone; {shown} is as it was. Go on: cargo run");
    }
    Ok(Verdict::Pass)
}

fn refuse_read_only(root: &Path, writes: &[Write]) -> Result<(), Trouble> {
    let read_only = writes.iter().find(|write| {
        fs::metadata(root.join(&write.path)).is_ok_and(|file| file.permissions().readonly())
    });
    match read_only {
        Some(write) => Err(Trouble::Misuse(format!(
            "{} is read-only; make it writable and update again. Nothing was changed",
            write.path
        ))),
        None => Ok(()),
    }
}

fn version(root: &Path) -> Version {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    Version {
        version: package(&manifest, "version")
            .unwrap_or_else(|| "a version without a number".to_owned()),
        ..Version::default()
    }
}

fn tables(root: &Path) -> Result<Tables, Trouble> {
    let folders = fs::read_dir(root.join("labs"))
        .map_err(|error| Trouble::Ours(format!("{}: {error}", root.join("labs").display())))?;
    let mut tables = Tables::new();
    for folder in folders.flatten() {
        let path = folder.path().join("lab.toml");
        let Some(name) = folder
            .file_name()
            .to_str()
            .filter(|_| path.is_file())
            .map(str::to_owned)
        else {
            continue;
        };
        let table: Table = toml::from_str(&read(&path)?)
            .map_err(|error| Trouble::Ours(format!("{}: {error}", path.display())))?;
        tables.insert(name, table);
    }
    Ok(tables)
}

/// A file of the learner's as it was delivered in `root`.
fn stub(root: &Path, lab: &str, file: &str) -> Option<Vec<u8>> {
    let text = fs::read_to_string(root.join("labs").join(lab).join("lab.toml")).ok()?;
    let mut table: Lab = toml::from_str(&text).ok()?;
    lab.clone_into(&mut table.name);
    pristine::stub(root, &table, Path::new(file))
}

/// Fetches what the learner has done in a lab.
fn lab(
    root: &Path,
    old: &Path,
    name: &str,
    (before, table): (&Table, &Table),
    changes: &mut Changes,
    writes: &mut Vec<Write>,
) -> Result<(), Trouble> {
    let mut taken = BTreeSet::new();
    for file in &table.yours {
        let path = format!("labs/{name}/{file}");
        let theirs = stub(root, name, file).ok_or_else(|| {
            Trouble::Ours(format!(
                "{path} is no stub here, and nothing is known of how it was; unpack the course anew"
            ))
        })?;
        let Some(old_file) = old_name(old, name, file, &theirs, (before, table)) else {
            continue;
        };
        taken.insert(old_file.clone());
        let mine = octets(&old.join("labs").join(name).join(&old_file))?;
        let base = stub(old, name, &old_file);
        let mut yours = Yours {
            path: path.clone(),
            state: "merged",
            ..Yours::default()
        };
        let text = match &base {
            Some(base) if merge::with_lf(base) == merge::with_lf(&mine) => continue,
            Some(base) => {
                let text = merge::learners(&mine, base, &theirs, |ours, base, theirs| {
                    Ok(merge::without_git(ours, base, theirs))
                })?;
                yours.signatures = merge::signatures(base, &theirs);
                yours.added.clone_from(&text.added);
                yours.missing.clone_from(&text.missing);
                if merge::with_lf(base) == merge::with_lf(&theirs) {
                    yours.state = "taken";
                }
                text.octets
            }
            // Nobody knows how it was delivered.
            None => {
                yours.state = "taken";
                mine
            }
        };
        if old_file != *file {
            changes.moved.push(Moved {
                from: format!("labs/{name}/{old_file}"),
                to: path.clone(),
                with_work: true,
            });
        }
        let here = fs::read(root.join(&path)).ok();
        if here.as_ref() == Some(&text) {
            continue;
        }
        changes.yours.push(yours);
        writes.push(Write {
            path,
            here: here.filter(|here| *here != theirs),
            octets: text,
        });
    }
    for file in own_files(old, name, before)? {
        let path = format!("labs/{name}/{file}");
        let mine = octets(&old.join(&path))?;
        if taken.contains(&file) || table.yours.contains(&file) {
            continue;
        }
        match fs::read(root.join(&path)) {
            Ok(here) if here == mine => {}
            Ok(_) => changes.notes.push(format!(
                "{path} is another file here; yours stays where it was"
            )),
            Err(_) => {
                changes.yours.push(Yours {
                    path: path.clone(),
                    state: "taken",
                    ..Yours::default()
                });
                writes.push(Write {
                    path,
                    here: None,
                    octets: mine,
                });
            }
        }
    }
    Ok(())
}

fn octets(path: &Path) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|error| {
        Trouble::Ours(format!(
            "{} cannot be read ({error}); nothing was changed",
            path.display()
        ))
    })
}

/// What a learner's file was called before: the same, or that of the files that
/// are no more which shares the most functions with its stub.
fn old_name(
    old: &Path,
    lab: &str,
    file: &str,
    theirs: &[u8],
    (before, table): (&Table, &Table),
) -> Option<String> {
    let folder = old.join("labs").join(lab);
    if folder.join(file).is_file() {
        return Some(file.to_owned());
    }
    let names = |octets: &[u8]| -> BTreeSet<String> {
        let text = String::from_utf8_lossy(octets).into_owned();
        functions(&text)
            .iter()
            .map(|function| function.name.to_owned())
            .collect()
    };
    let wanted = names(theirs);
    let candidates = before
        .yours
        .iter()
        .filter(|file| !table.yours.contains(file));
    let shared = candidates.filter_map(|file| {
        let there = fs::read(folder.join(file)).ok()?;
        let count = names(&there).intersection(&wanted).count();
        (count > 0).then(|| (count, file.clone()))
    });
    shared.max().map(|(_, file)| file)
}

/// The files of a lab that the course never had: the learner's own, from the
/// lab's folder.
fn own_files(old: &Path, lab: &str, table: &Table) -> Result<Vec<String>, Trouble> {
    let folder = old.join("labs").join(lab);
    let text = read(&folder.join("lab.toml"))?;
    let given: Option<toml::Table> = toml::from_str(&text).ok();
    let given = given
        .as_ref()
        .and_then(|table| table.get("given")?.as_array());
    let given: Vec<&str> = given
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .collect();
    let mut found = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(inside) = folders.pop() {
        let entries = fs::read_dir(&inside)
            .map_err(|error| Trouble::Ours(format!("{}: {error}", inside.display())))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            let path: PathBuf = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if let Ok(path) = path.strip_prefix(&folder) {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }
    found.retain(|file| !given.contains(&file.as_str()) && !table.yours.contains(file));
    found.sort();
    Ok(found)
}
