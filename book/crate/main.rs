//! The book's own program: builds it, and serves it to the learner.
//!
//! mdBook does the work, as a library. What it does not do stands here: a
//! failed include is told (`include.rs`), predictions and figures get
//! their frames (`dress.rs`), widgets their places (`widget.rs`), sections their
//! questions (`quiz.rs`), each page its description (`head.rs`), and the pages
//! appear all at once (`publish.rs`).
//!
//! On the learner's machine the pages are live: `serve.rs` holds the book in
//! memory (`pages.rs`), answers the browser (`answer.rs`) and keeps the checker
//! running that tells how the learner stands (`checker.rs`).

mod answer;
mod checker;
mod dress;
mod head;
mod include;
mod pages;
mod publish;
mod quiz;
mod serve;
mod widget;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::publish::Includes;

/// Builds the book of netlings, and serves it on this machine.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the book and print the path of its start page. An include that
    /// leads nowhere stops the build.
    Build {
        /// The folder for the pages; without it, `target/book`.
        #[arg(long, value_name = "DIR")]
        dest: Option<PathBuf>,
        /// Where the book will be found, `https://HOST/PATH/`: for the list of
        /// pages, the card that a link to a page shows, and the page that says
        /// that there is none. Without it, the first two are left out.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Build the book, serve it on the loopback, and open it in a browser. A
    /// listing that is not there is told, and the rest can be read.
    Serve(serve::Args),
}

/// Why there is no book.
#[derive(Debug)]
enum Error {
    /// Reading or writing this path failed.
    Path(PathBuf, io::Error),
    /// The folder holds something else than a book; it is not replaced.
    NotABook(PathBuf),
    /// These includes lead nowhere, one sentence each.
    Include(Vec<String>),
    /// The book has no such chapter.
    NoChapter(String),
    /// This port, which was asked for, cannot be listened on.
    Port(u16, io::Error),
    /// Something else is wrong with sockets or the system.
    Network(io::Error),
    /// mdBook's own words.
    MdBook(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Path(path, error) => write!(f, "{}: {error}", path.display()),
            Error::NotABook(path) => {
                write!(
                    f,
                    "{} exists and is no book that this program built; it is left as it is",
                    path.display()
                )
            }
            Error::Include(failures) => f.write_str(&failures.join("\nerror: ")),
            Error::NoChapter(name) => write!(f, "the book has no chapter {name:?}"),
            Error::Port(port, error) => write!(
                f,
                "port {port} cannot be had: {error}. Without --port, a free one is taken"
            ),
            Error::Network(error) => write!(f, "the book cannot be served: {error}"),
            Error::MdBook(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// Exit status: 0 done, 1 failed, 2 misused.
fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    let root = root();
    match command {
        Command::Build { dest, url } => {
            let dest = dest.unwrap_or_else(|| root.join("target").join("book"));
            let dest = std::path::absolute(&dest).map_err(|error| Error::Path(dest, error))?;
            publish::build(&root.join("book"), &dest, Includes::Strict, url.as_deref())?;
            say(&format!(
                "book: {}",
                from_here(&dest.join("index.html")).display()
            ));
            Ok(())
        }
        Command::Serve(args) => serve::serve(&root, &args),
    }
}

/// Prints, and does not mind when nobody reads.
fn say(text: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The course's root: the nearest folder upwards that has a book in it, or
/// where this program was compiled.
fn root() -> PathBuf {
    let compiled = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    std::env::current_dir()
        .ok()
        .and_then(|here| {
            here.ancestors()
                .find(|folder| folder.join("book/book.toml").is_file())
                .map(Path::to_owned)
        })
        .unwrap_or_else(|| compiled.to_owned())
}

/// `path` as a reader in the current folder would write it.
fn from_here(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or_else(|| path.to_owned())
}
