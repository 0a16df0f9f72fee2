//! `netlings new`: a lab in all its rooms, from a template that passes.
//!
//! The template is a small lab of one step, in the files of `new/`. In them,
//! `NAME` is the lab's name, `TITLE` its title, `PACKAGE` the package of the
//! tree, and `CRATE` the same with underscores.

use std::fs;
use std::path::{Path, PathBuf};

use anstream::println;
use netlings::course::{Tree, Trouble, read};

use crate::files::Staged;
use crate::{Place, Verdict};

/// Arguments of `new`.
#[derive(clap::Args)]
#[command(
    after_help = "The template is a whole lab of one step: its solution passes, its stub says what is to do,\n\
    and its mutants are caught. Change it bit by bit and it stays so.\n\n\
    Example:\n  cargo netlings new ports --title \"Ports and processes\""
)]
pub struct Args {
    /// The lab's name: lower-case letters, digits and hyphens, one word if it can be.
    name: String,
    /// The chapter's title; without it, the name with a capital.
    #[arg(long)]
    title: Option<String>,
}

/// Words that no module can be named, and names that Windows keeps for devices.
const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "aux", "con", "nul", "prn",
];

/// The files of a lab's tree: where each goes, and its text.
const LAB: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("new/manifest.toml")),
    ("lab.toml", include_str!("new/lab.toml")),
    ("src/main.rs", include_str!("new/main.rs")),
    ("src/lib.rs", include_str!("new/lib.rs")),
    ("src/cli.rs", include_str!("new/cli.rs")),
    ("src/error.rs", include_str!("new/error.rs")),
];

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let name = &args.name;
    let title = args.title.clone().unwrap_or_else(|| capitalised(name));
    refuse_name(root, name)?;
    refuse_title(&title)?;
    let fill = |text: &str, package: &str| {
        let text = text
            .replace("PACKAGE", package)
            .replace("CRATE", &package.replace('-', "_"));
        text.replace("NAME", name).replace("TITLE", &title)
    };
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (tree, octets) in [
        (Tree::Labs, include_str!("new/stub.rs")),
        (Tree::Solutions, include_str!("new/solution.rs")),
    ] {
        let folder = Path::new(tree.folder()).join(name);
        let package = tree.package(name);
        files.extend(
            LAB.iter()
                .map(|(path, text)| (folder.join(path), fill(text, &package))),
        );
        files.push((folder.join("src/octets.rs"), fill(octets, &package)));
    }
    let checks = Path::new("tests").join("checks");
    files.push((
        checks.join(format!("{name}.rs")),
        fill(include_str!("new/checks.rs"), ""),
    ));
    files.push((
        PathBuf::from(format!("tests/mutants/{name}.toml")),
        fill(include_str!("new/mutants.toml"), ""),
    ));
    files.push((
        PathBuf::from(format!("book/src/{name}.md")),
        fill(include_str!("new/chapter.md"), ""),
    ));
    files.push((
        PathBuf::from(format!("book/src/quiz/{name}.toml")),
        fill(include_str!("new/quiz.toml"), ""),
    ));
    let table = edit_labs(&read(&root.join("tests/checks/mod.rs"))?, name, Line::Add)?;
    files.push((checks.join("mod.rs"), table));
    let (summary, part) = with_chapter(&read(&root.join("book/src/SUMMARY.md"))?, name, &title)?;
    files.push((PathBuf::from("book/src/SUMMARY.md"), summary));

    let trouble = |error| Trouble::Ours(format!("the lab cannot be written: {error}"));
    let mut staged = Staged::default();
    let written = files
        .iter()
        .try_for_each(|(path, text)| staged.add(&root.join(path), text.as_bytes()));
    if let Err(error) = written.and_then(|()| staged.commit()) {
        // None of these was there before.
        for tree in ["labs", "solutions"] {
            let _ = fs::remove_dir_all(root.join(tree).join(name));
        }
        return Err(trouble(error));
    }
    println!("A lab of one step, which passes:");
    println!("  labs/{name}            the stub, and the files that are given");
    println!("  solutions/{name}       the same, and the reference");
    println!("  tests/checks/{name}.rs, tests/mutants/{name}.toml");
    println!("  book/src/{name}.md, book/src/quiz/{name}.toml");
    println!("  tests/checks/mod.rs    two lines, for the checks");
    println!("  book/src/SUMMARY.md    one line, at the end of \"{part}\": move it to its place,");
    println!("                         and take the draft of the chapter away, if there is one");
    println!("\nTry it: cargo netlings check {name} --tree solutions     Then: cargo test");
    Ok(Verdict::Pass)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn refuse_name(root: &Path, name: &str) -> Result<(), Trouble> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let hyphens = name.ends_with('-') || name.contains("--");
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(fits)
        || hyphens
        || name.len() > 40
    {
        return Err(Trouble::Misuse(format!(
            "{name:?} is no name for a lab: a lower-case letter first, then letters, digits and single hyphens, for example dns"
        )));
    }
    if RESERVED.contains(&name) {
        return Err(Trouble::Misuse(format!(
            "{name:?} is a word of Rust or of Windows, and no name for a lab"
        )));
    }
    let rooms = [
        format!("labs/{name}"),
        format!("solutions/{name}"),
        format!("tests/checks/{name}.rs"),
        format!("tests/mutants/{name}.toml"),
        format!("book/src/{name}.md"),
    ];
    match rooms.iter().find(|room| root.join(room).exists()) {
        Some(room) => Err(Trouble::Misuse(format!(
            "the name {name:?} is taken: {room} is there"
        ))),
        None => Ok(()),
    }
}

fn refuse_title(title: &str) -> Result<(), Trouble> {
    let bad = |c: char| c.is_control() || "\"\\[]{}<>`*_#|".contains(c);
    match title.chars().find(|c| bad(*c)) {
        Some(c) => Err(Trouble::Misuse(format!(
            "the title {title:?} cannot hold {c:?}, which means something in Markdown or TOML"
        ))),
        None if title.trim() != title || title.is_empty() => Err(Trouble::Misuse(
            "the title begins and ends with a letter".to_owned(),
        )),
        None => Ok(()),
    }
}

/// What happens to a lab's lines in `tests/checks/mod.rs`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// They are added.
    Add,
    /// They are taken away.
    Remove,
}

/// The text of `tests/checks/mod.rs` with or without a lab's lines: its module
/// and its entry in the table.
pub fn edit_labs(text: &str, name: &str, line: Line) -> Result<String, Trouble> {
    let unlike =
        || Trouble::Ours("tests/checks/mod.rs has not the form that netlings can edit".to_owned());
    let module = name.replace('-', "_");
    let mut declared = format!("mod {module};");
    if module != *name {
        declared = format!("#[path = \"{name}.rs\"]\n{declared}");
    }
    let text = match line {
        Line::Remove => text.replacen(&format!("{declared}\n"), "", 1),
        Line::Add => {
            let after = text
                .lines()
                .rfind(|line| line.starts_with("mod ") && **line < *format!("mod {module};"));
            let before = text
                .lines()
                .find(|line| line.starts_with("mod ") || line.starts_with("#[path"));
            match (after, before) {
                (Some(after), _) => {
                    text.replacen(&format!("{after}\n"), &format!("{after}\n{declared}\n"), 1)
                }
                (None, Some(before)) => text.replacen(before, &format!("{declared}\n{before}"), 1),
                (None, None) => return Err(unlike()),
            }
        }
    };
    let start = "pub const LABS: &[LabChecks] = &[";
    let (head, rest) = text.split_once(start).ok_or_else(unlike)?;
    let (entries, tail) = rest.split_once("];").ok_or_else(unlike)?;
    let entry = format!("{module}::LAB");
    let mut entries: Vec<&str> = entries
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect();
    match line {
        Line::Add => entries.push(&entry),
        Line::Remove => entries.retain(|known| *known != entry),
    }
    let one_line = entries.join(", ");
    let entries = if start.len() + one_line.len() + 2 <= 100 {
        one_line
    } else {
        entries
            .iter()
            .fold("\n".to_owned(), |text, entry| text + "    " + entry + ",\n")
    };
    Ok(format!("{head}{start}{entries}];{tail}"))
}

/// The summary with a line for the chapter at the end of its last part, and
/// that part's title.
fn with_chapter(summary: &str, name: &str, title: &str) -> Result<(String, String), Trouble> {
    let unlike = || Trouble::Ours("book/src/SUMMARY.md has no part with a chapter".to_owned());
    let lines: Vec<&str> = summary.lines().collect();
    let last = lines
        .iter()
        .rposition(|line| line.starts_with("- ["))
        .ok_or_else(unlike)?;
    let part = lines
        .iter()
        .take(last)
        .rev()
        .find_map(|line| line.strip_prefix("# "))
        .ok_or_else(unlike)?;
    let entry = format!("- [{title}]({name}.md)");
    let mut with: Vec<&str> = lines.clone();
    with.insert(last + 1, &entry);
    Ok((with.join("\n") + "\n", part.to_owned()))
}
