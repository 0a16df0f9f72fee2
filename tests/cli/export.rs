//! `netlings export`: a repository for students, the course without its
//! solutions.
//!
//! Everything is written into a folder beside, which gets its name only when
//! it is whole. The learner's files come from where `reset` takes them, never
//! from the exporting tree: what a teacher has solved there stays there.

#[cfg(target_os = "linux")]
mod hidden;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anstream::println;
use netlings::course::{Trouble, read};
use serde::Deserialize;

use crate::new::{Line, edit_labs};
use crate::{Place, Verdict, pristine};

/// Arguments of `export`.
#[derive(clap::Args)]
#[command(
    after_help = "The folder holds the book, the labs as stubs and the checks; no solutions and no mutants,\n\
    which hold pieces of them. Labs that are left out keep their chapters.\n\n\
    With a pack, the checks that it calls `hidden` or `after_due_date` are left out too: whoever\n\
    has a check can run it, and sees its outcome. For those of `after_due_date`, export again when\n\
    the lab is due, with the pack saying `visible`. A step keeps one visible check at least.\n\n\
    Examples:\n  cargo netlings export ../netlings-students\n  \
    cargo netlings export ../week-1 --lab hello --lab addresses\n  \
    cargo netlings export ../netlings-students --pack pack.toml"
)]
pub struct Args {
    /// The folder to write: a new one, or an empty one, outside the course.
    dir: PathBuf,
    /// Only this lab, and others named so; without it, all labs.
    #[arg(long, value_name = "LAB")]
    lab: Vec<String>,
    /// The teacher's pack: without the checks that it does not call visible.
    #[cfg(target_os = "linux")]
    #[arg(long)]
    pack: Option<PathBuf>,
}

/// What stands at the top of a student's repository beside book, labs and tests.
const TOP: &[&str] = &[".cargo", ".gitignore", "README.md"];

/// What shows the points at each push.
const FEEDBACK: &[u8] = include_bytes!("export/feedback.yml");

/// What is left out of `tests` and `book`: pieces of solutions.
const LEFT_OUT: &[&str] = &[
    "tests/bench",
    "tests/mutants",
    "tests/suite/hello.py",
    "tests/suite/wrong",
];

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let mut labs = BTreeSet::new();
    for name in &args.lab {
        let selection = place.course.select(name, &place.here)?;
        if selection.step.is_some() {
            return Err(Trouble::Misuse(format!(
                "a lab is exported whole: --lab {}",
                selection.lab.lab
            )));
        }
        labs.insert(selection.lab.lab);
    }
    if labs.is_empty() {
        labs.extend(place.course.labs().iter().map(|lab| lab.lab));
    }
    #[cfg(target_os = "linux")]
    let hidden = match &args.pack {
        Some(pack) => Some(hidden::Hidden::read(pack, &labs)?),
        None => None,
    };
    let to = std::path::absolute(&args.dir)
        .map_err(|error| Trouble::Misuse(format!("{}: {error}", args.dir.display())))?;
    let to = free_folder(root, &to)?;
    let beside = beside(&to)?;
    write(place, &labs, &beside.0)?;
    #[cfg(target_os = "linux")]
    if let Some(hidden) = &hidden {
        hidden.take_out(&beside.0)?;
    }
    let replaced = if to.exists() {
        fs::remove_dir(&to)
    } else {
        Ok(())
    };
    replaced
        .and_then(|()| fs::rename(&beside.0, &to))
        .map_err(|error| Trouble::Ours(format!("{} cannot be written: {error}", to.display())))?;
    let names: Vec<&str> = labs.iter().copied().collect();
    println!(
        "{}: the book, the checks, and the stubs of {}",
        args.dir.display(),
        names.join(", ")
    );
    #[cfg(target_os = "linux")]
    if let Some(hidden) = &hidden {
        println!("{}", hidden.line());
    }
    println!(
        "\nTry it: cd {} && cargo run     Then publish it: git init && git add . && git commit",
        args.dir.display()
    );
    Ok(Verdict::Pass)
}

/// `to`, if it is free and outside the course.
fn free_folder(root: &Path, to: &Path) -> Result<PathBuf, Trouble> {
    let shown = to.display();
    let entries = match fs::read_dir(to) {
        Ok(entries) => Some(entries),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(Trouble::Misuse(format!(
                "{shown} cannot be written to: {error}"
            )));
        }
    };
    if entries.is_some_and(|mut entries| entries.next().is_some()) {
        return Err(Trouble::Misuse(format!(
            "{shown} is not empty; name a new folder"
        )));
    }
    // A folder above may be a link; where it leads decides.
    let above = to
        .ancestors()
        .find_map(|folder| fs::canonicalize(folder).ok());
    let course = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    if above.is_some_and(|above| above.starts_with(course)) {
        return Err(Trouble::Misuse(format!(
            "{shown} lies inside the course; name a folder outside, such as ../students"
        )));
    }
    let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(Trouble::Misuse(format!(
            "{shown} is no name for a new folder"
        )));
    };
    let trouble = |error| Trouble::Ours(format!("{}: {error}", parent.display()));
    fs::create_dir_all(parent).map_err(trouble)?;
    Ok(fs::canonicalize(parent).map_err(trouble)?.join(name))
}

/// A folder that is removed again unless it was renamed.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn beside(to: &Path) -> Result<Beside, Trouble> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let path = to.with_file_name(format!(".{name}.netlings-{}", std::process::id()));
    match fs::create_dir(&path) {
        Ok(()) => Ok(Beside(path)),
        Err(error) => Err(Trouble::Ours(format!(
            "{} cannot be written: {error}",
            path.display()
        ))),
    }
}

fn write(place: &Place, labs: &BTreeSet<&str>, to: &Path) -> Result<(), Trouble> {
    let root = &place.course.root;
    let trouble =
        |path: &Path, error: io::Error| Trouble::Ours(format!("{}: {error}", path.display()));
    let licences = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name());
    let licences = licences
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("LICENSE"));
    let tops = TOP.iter().map(|name| (*name).to_owned()).chain(licences);
    for name in tops.chain(["book".to_owned(), "tests".to_owned()]) {
        if root.join(&name).exists() {
            copy(root, Path::new(&name), LEFT_OUT, to)
                .map_err(|error| trouble(Path::new(&name), error))?;
        }
    }
    let put = |path: &Path, octets: &[u8]| {
        let path = to.join(path);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder
            .and_then(|()| fs::write(&path, octets))
            .map_err(|error| trouble(&path, error))
    };
    for &name in labs {
        let lab = place.course.lab(name)?;
        for file in &lab.given {
            let path = PathBuf::from(pristine::path_of(name, file));
            let octets = fs::read(root.join(&path)).map_err(|error| trouble(&path, error))?;
            put(&path, &octets)?;
        }
        for file in &lab.yours {
            let path = PathBuf::from(pristine::path_of(name, file));
            put(&path, &pristine::find(root, &lab, file)?)?;
        }
    }
    put(
        Path::new("Cargo.toml"),
        manifest(&read(&root.join("Cargo.toml"))?)?.as_bytes(),
    )?;
    put(
        Path::new("Cargo.lock"),
        lock(&read(&root.join("Cargo.lock"))?, labs)?.as_bytes(),
    )?;
    let table = Path::new("tests/checks/mod.rs");
    let mut text = read(&root.join(table))?;
    for lab in netlings::checks::LABS
        .iter()
        .filter(|lab| !labs.contains(lab.lab))
    {
        text = edit_labs(&text, lab.lab, Line::Remove)?;
        leave_out(to, lab.lab).map_err(|error| trouble(to, error))?;
    }
    put(table, text.as_bytes())?;
    put(Path::new(".github/workflows/feedback.yml"), FEEDBACK)?;
    with_listings(root, labs, to)
}

/// Takes the checks and snapshots of a lab away.
fn leave_out(to: &Path, lab: &str) -> io::Result<()> {
    fs::remove_file(to.join("tests").join("checks").join(format!("{lab}.rs")))?;
    let Ok(snapshots) = fs::read_dir(to.join("tests").join("snapshots")) else {
        return Ok(());
    };
    for snapshot in snapshots {
        let path = snapshot?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with(&format!("{lab}__")) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Copies a file, or a folder without what is hidden, left over or left out.
pub fn copy(root: &Path, path: &Path, left_out: &[&str], to: &Path) -> io::Result<()> {
    if left_out.iter().any(|name| path == Path::new(name)) {
        return Ok(());
    }
    let from = root.join(path);
    if !from.is_dir() {
        // A link is followed: its file is what is wanted.
        return fs::copy(&from, to.join(path)).map(drop);
    }
    fs::create_dir_all(to.join(path))?;
    for entry in fs::read_dir(&from)? {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        let left_over = ["~", ".orig", ".rej", ".snap.new", ".pending-snap", ".pyc"];
        let skip =
            shown.starts_with('.') || matches!(&*shown, "target" | "__pycache__" | "node_modules");
        if !skip && !left_over.iter().any(|end| shown.ends_with(end)) {
            copy(root, &path.join(&name), left_out, to)?;
        }
    }
    Ok(())
}

/// The root manifest without the solutions, and the benches that need them.
fn manifest(text: &str) -> Result<String, Trouble> {
    let without = text.replacen(", \"tests/bench\", \"solutions/*\"", "", 1);
    let members = toml::from_str::<toml::Table>(&without)
        .ok()
        .and_then(|manifest| {
            let members = manifest.get("workspace")?.get("members")?.as_array()?;
            Some(
                members
                    .iter()
                    .map(|member| member.to_string())
                    .collect::<Vec<_>>(),
            )
        });
    match members {
        Some(members) if members.iter().all(|member| !member.contains("solutions")) => Ok(without),
        _ => Err(Trouble::Ours(
            "Cargo.toml does not name its members as export expects: ..., \"tests/bench\", \"solutions/*\"]"
                .to_owned(),
        )),
    }
}

/// What is read of `Cargo.lock`.
#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// `None` for a member of the workspace.
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The lock file of what is left: cargo takes no `--locked` where one names
/// packages that nothing needs.
fn lock(text: &str, labs: &BTreeSet<&str>) -> Result<String, Trouble> {
    let lock: Lock =
        toml::from_str(text).map_err(|error| Trouble::Ours(format!("Cargo.lock: {error}")))?;
    let goes = |name: &str| {
        name == "netlings-bench"
            || name.starts_with("solution-")
            || name
                .strip_prefix("lab-")
                .is_some_and(|lab| !labs.contains(lab))
    };
    // A dependency is written as `name`, or `name version` if there are several.
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, package) in lock.package.iter().enumerate() {
        by_name.entry(package.name.clone()).or_default().push(index);
        by_name
            .entry(format!("{} {}", package.name, package.version))
            .or_default()
            .push(index);
    }
    let members = lock
        .package
        .iter()
        .enumerate()
        .filter(|(_, package)| package.source.is_none() && !goes(&package.name));
    let mut wanted: Vec<usize> = members.map(|(index, _)| index).collect();
    let mut kept = BTreeSet::new();
    while let Some(index) = wanted.pop() {
        if !kept.insert(index) {
            continue;
        }
        let needs = lock
            .package
            .get(index)
            .map(|package| package.dependencies.as_slice())
            .unwrap_or_default();
        for need in needs {
            let name: Vec<&str> = need.split(' ').take(2).collect();
            wanted.extend(by_name.get(&name.join(" ")).into_iter().flatten());
        }
    }
    let mut blocks = text.split("[[package]]\n");
    let head = blocks.next().unwrap_or_default().to_owned();
    let blocks = blocks.enumerate().filter(|(index, _)| kept.contains(index));
    let text = blocks.fold(head, |text, (_, block)| text + "[[package]]\n" + block);
    Ok(text.trim_end().to_owned() + "\n")
}

/// Chapters show listings of labs that are left out: there, the listing takes
/// the place of its include.
fn with_listings(root: &Path, labs: &BTreeSet<&str>, to: &Path) -> Result<(), Trouble> {
    let src = Path::new("book").join("src");
    for entry in fs::read_dir(to.join(&src)).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = read(&path)?;
        let mut with = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            match listing(root, labs, line) {
                Some(listing) => with.push_str(&listing?),
                None => with.push_str(line),
            }
        }
        if with != text {
            fs::write(&path, with)
                .map_err(|error| Trouble::Ours(format!("{}: {error}", path.display())))?;
        }
    }
    Ok(())
}

/// What `line` includes, if it includes from a lab that is left out: the lines
/// between an anchor and its end.
fn listing(root: &Path, labs: &BTreeSet<&str>, line: &str) -> Option<Result<String, Trouble>> {
    let target = line
        .trim_end()
        .strip_prefix("{{#include ../../labs/")?
        .strip_suffix("}}")?;
    let (path, anchor) = target.split_once(':').unwrap_or((target, ""));
    let (name, file) = path.split_once('/')?;
    if labs.contains(name) {
        return None;
    }
    let text = read(&root.join("labs").join(name).join("lab.toml")).and_then(|text| {
        let mut lab: netlings::course::Lab = toml::from_str(&text)
            .map_err(|error| Trouble::Ours(format!("labs/{name}/lab.toml: {error}")))?;
        name.clone_into(&mut lab.name);
        let file = Path::new(file);
        if !lab.yours.iter().any(|yours| yours == file) {
            return read(&root.join("labs").join(path));
        }
        let stub = pristine::stub(root, &lab, file).and_then(|stub| String::from_utf8(stub).ok());
        stub.ok_or_else(|| {
            Trouble::Ours(format!(
                "there is no stub of labs/{path}, which the book shows"
            ))
        })
    });
    Some(text.map(|text| {
        let marked = |line: &str, mark: &str| {
            line.trim().trim_start_matches("//").trim() == format!("{mark}: {anchor}")
        };
        let lines = text
            .lines()
            .skip_while(|line| !anchor.is_empty() && !marked(line, "ANCHOR"));
        let lines = lines.take_while(|line| anchor.is_empty() || !marked(line, "ANCHOR_END"));
        let lines =
            lines.filter(|line| !line.contains("ANCHOR: ") && !line.contains("ANCHOR_END: "));
        lines.fold(String::new(), |text, line| text + line + "\n")
    }))
}
