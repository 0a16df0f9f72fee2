//! `netlings book`: serves the book on this machine, live, and opens it.
//!
//! The book's program is a package of its own, compiled here when it is first
//! asked for: a learner's first verdict does not wait for mdBook.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anstream::eprintln;
use netlings::cargo;
use netlings::course::Trouble;
use netlings::progress::Progress;

use crate::{Place, Verdict};

/// Arguments of `book`.
#[derive(clap::Args)]
#[command(
    after_help = "The pages show how your programs do at each save, with or without `cargo run` beside.\n\
    They are served to this machine alone, until Ctrl-C.\n\n\
    Examples:\n  cargo netlings book               the step where you are\n  \
    cargo netlings book hello         a chapter\n  cargo netlings book hello/2       a step of it"
)]
pub struct Args {
    /// A chapter, or a step of one; without it, the step where you are.
    #[arg(value_name = "CHAPTER[/STEP]")]
    chapter: Option<String>,
    /// The port to listen on; without it, the one of last time, or another that
    /// is free.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Print the address, and open no browser.
    #[arg(long)]
    no_open: bool,
    /// Go on after the end of standard input as long as a page is open: how the
    /// watch starts it.
    #[arg(long, hide = true)]
    linger: bool,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let page = match &args.chapter {
        Some(text) => Some(page(place, text)?),
        None => {
            let here = Progress::load(&place.course.root).0.here;
            here.filter(|here| place.course.select(here, &place.here).is_ok())
        }
    };
    let mut command = Command::new(program(place)?);
    command
        .current_dir(&place.course.root)
        .arg("serve")
        .args(page);
    if let Some(port) = args.port {
        command.arg("--port").arg(port.to_string());
    }
    if args.no_open {
        command.arg("--no-open");
    }
    let netlings = std::env::current_exe()
        .map_err(|error| Trouble::Ours(format!("netlings cannot find itself: {error}")))?;
    command.arg("--checker").arg(netlings);
    if args.linger {
        command.arg("--linger");
    } else {
        // Held until we end: the server ends with us, however we do.
        command.arg("--until-eof").stdin(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .map_err(|error| Trouble::Ours(format!("the book's program cannot be started: {error}")))?;
    let held = child.stdin.take();
    let status = child.wait();
    drop(held);
    match status {
        Ok(status) if status.success() => Ok(Verdict::Pass),
        _ => Err(Trouble::Ours(
            "the book is not served; see above. Its text is in book/src".to_owned(),
        )),
    }
}

/// The book's program, built.
fn program(place: &Place) -> Result<PathBuf, Trouble> {
    let root = &place.course.root;
    let target = cargo::target_dir(root);
    let program = target
        .join("debug")
        .join("netlings-book")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !program.is_file() {
        eprintln!("Compiling mdBook, which makes the book; this takes about a minute, once.");
    }
    let built = Command::new(cargo::cargo())
        .current_dir(root)
        .args(["build", "--quiet", "--package", "netlings-book"])
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null())
        .status();
    match built {
        Ok(status) if status.success() => Ok(program),
        Ok(_) => Err(Trouble::Ours(
            "the book's program was not built; see above. The book's text is in book/src"
                .to_owned(),
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
