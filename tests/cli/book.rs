//! `netlings book`: builds the book and opens it.
//!
//! The book's program is a package of its own, compiled here when it is first
//! asked for: a learner's first verdict does not wait for mdBook.

use std::fs;
use std::io::ErrorKind;
use std::process::Command;

use anstream::eprintln;
use netlings::cargo;
use netlings::course::Trouble;

use crate::{Place, Verdict};

/// Arguments of `book`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo netlings book               the start page\n  \
    cargo netlings book hello         a chapter\n  cargo netlings book hello/2       a step of it"
)]
pub struct Args {
    /// A chapter, or a step of one; without it, the start page.
    #[arg(value_name = "CHAPTER[/STEP]")]
    chapter: Option<String>,
    /// Build it and print where it is.
    #[arg(long)]
    no_open: bool,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    let page = args
        .chapter
        .as_deref()
        .map(|text| page(place, text))
        .transpose()?;
    let target = cargo::target_dir(root);
    let program = target
        .join("debug")
        .join("netlings-book")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !program.is_file() {
        eprintln!("Compiling mdBook, which makes the book; this takes about a minute, once.");
    }
    let mut command = Command::new(cargo::cargo());
    command
        .current_dir(root)
        .args([
            "run",
            "--quiet",
            "--package",
            "netlings-book",
            "--target-dir",
        ])
        .arg(target);
    command.arg("--");
    match page {
        _ if args.no_open => drop(command.arg("build")),
        Some(page) => drop(command.args(["open", &page])),
        None => drop(command.arg("open")),
    }
    match command.status() {
        Ok(status) if status.success() => Ok(Verdict::Pass),
        Ok(_) => Err(Trouble::Ours(
            "the book was not built; see above. Its text is in book/src".to_owned(),
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Trouble::Ours(
            "there is no cargo in the PATH; https://rust-lang.org/tools/install has it".to_owned(),
        )),
        Err(error) => Err(Trouble::Ours(format!("cargo cannot be started: {error}"))),
    }
}

/// What `text` names, as the book's program takes it: `hello` or `hello/2`.
fn page(place: &Place, text: &str) -> Result<String, Trouble> {
    let name = text.split_once('/').map_or(text, |(name, _)| name);
    if text.contains('/') || text.parse::<u8>().is_ok() {
        let selection = place.course.select(text, &place.here)?;
        return Ok(match selection.step {
            Some(step) => format!("{}/{step}", selection.lab.lab),
            None => selection.lab.lab.to_owned(),
        });
    }
    let pages = fs::read_dir(place.course.root.join("book").join("src"))
        .into_iter()
        .flatten()
        .flatten();
    let mut pages: Vec<String> = pages
        .filter_map(|page| Some(page.file_name().to_str()?.strip_suffix(".md")?.to_owned()))
        .filter(|page| page != "SUMMARY" && page != "README")
        .collect();
    if pages.iter().any(|page| page == name) {
        return Ok(name.to_owned());
    }
    pages.sort();
    let near = pages
        .iter()
        .map(|page| (strsim::damerau_levenshtein(page, name), page))
        .min();
    Err(Trouble::Misuse(match near {
        Some((distance, page)) if distance <= 3 => {
            format!("the book has no chapter {name:?}; did you mean {page}?")
        }
        _ => format!(
            "the book has no chapter {name:?}; the chapters are {}",
            pages.join(", ")
        ),
    }))
}
