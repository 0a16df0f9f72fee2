//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::octets;

/// TITLE.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Step 1: print how many octets a text has.
    Count {
        /// The text.
        text: String,
    },
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Count { text } => print_line(&octets::count(&text)?.to_string()),
    }
}

fn print_line(line: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
