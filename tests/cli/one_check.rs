//! `netlings one-check`: one check in a process of its own. It is how `check`
//! and the watch call themselves, once for each check, so it has a parser of its own:
//! to set up that of the whole course takes longer than many a check.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use netlings::course::Trouble;
use netlings::runner::{self, Asked};
use netlings::trial::Program;

use crate::{Verdict, check};

#[derive(Parser)]
#[command(name = NAME)]
pub struct Args {
    lab: String,
    name: String,
    #[arg(long, value_parser = check::seed)]
    seed: u64,
    #[arg(long)]
    snapshots: PathBuf,
    #[arg(long)]
    captures: Option<PathBuf>,
    #[arg(long)]
    shortfall: Option<PathBuf>,
    /// A file for what happened, as JSON: the suite holds the capture to it.
    #[arg(long)]
    events: Option<PathBuf>,
    /// The jail to keep the program in, as JSON.
    #[arg(long)]
    jail: Option<String>,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

const NAME: &str = "one-check";

/// What to check, if this process was started for that.
pub fn asked() -> Option<Args> {
    let mut words = env::args_os().skip(1).peekable();
    let is_ours = words.peek().is_some_and(|word| word == NAME);
    is_ours.then(|| Args::parse_from(words))
}

pub fn run(args: Args) -> Result<Verdict, Trouble> {
    let program = Program {
        command: args.command,
        shortfall: args.shortfall,
        #[cfg(target_os = "linux")]
        jail: args.jail.as_deref().map(read_jail).transpose()?,
    };
    let (answer, happened) = runner::one_check(&Asked {
        lab: args.lab,
        name: args.name,
        seed: args.seed,
        snapshots: args.snapshots,
        captures: args.captures,
        program,
    });
    if let Some(path) = args.events {
        let text = serde_json::to_string(&happened).map_err(std::io::Error::other);
        text.and_then(|text| std::fs::write(&path, text))
            .map_err(|error| Trouble::Ours(format!("{}: {error}", path.display())))?;
    }
    answer
        .print()
        .map_err(|error| Trouble::Ours(format!("an outcome cannot be written: {error}")))?;
    Ok(Verdict::Pass)
}

#[cfg(target_os = "linux")]
fn read_jail(text: &str) -> Result<netlings::jail::Jail, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::Ours(format!("a jail: {error}")))
}
