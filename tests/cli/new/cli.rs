//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step.

use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use crate::error::Error;
use crate::octets;

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("NAME")
        .version(env!("CARGO_PKG_VERSION"))
        .about("TITLE")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("count")
                .about("Step 1: print how many octets a text has")
                .arg(Arg::new("TEXT").required(true).help("The text")),
        )
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(matches: &ArgMatches) -> Result<(), Error> {
    match matches.subcommand() {
        Some(("count", given)) => {
            let text = value(given, "TEXT");
            print_line(&octets::count(&text)?.to_string())
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The value of an argument that is required, or has a default.
fn value(given: &ArgMatches, name: &str) -> String {
    let value = given.get_one::<String>(name).cloned();
    value.expect("clap requires it, or has a default")
}

fn print_line(line: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
