//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step.

use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use crate::error::Error;
use crate::{client, net, server};

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("The first conversation: one line each way over TCP")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("greet")
                .about("Step 1: connect and print the greeting")
                .arg(
                    Arg::new("SERVERS")
                        .required(true)
                        .num_args(1..)
                        .help("Where the server may be, as HOST:PORT; tried in the order given"),
                ),
        )
        .subcommand(
            Command::new("answer")
                .about("Step 2: connect, print the greeting, and answer with one line")
                .arg(
                    Arg::new("SERVER")
                        .required(true)
                        .help("Where the server is, as HOST:PORT"),
                )
                .arg(
                    Arg::new("LINE")
                        .required(true)
                        .help("The line to answer with"),
                ),
        )
        .subcommand(
            Command::new("serve")
                .about("Step 3: be the server for one client, and print its answer")
                .arg(
                    Arg::new("GREETING")
                        .required(true)
                        .help("The line to greet with"),
                )
                .arg(
                    Arg::new("listen")
                        .long("listen")
                        .value_name("LISTEN")
                        .default_value("127.0.0.1:0")
                        .help("Where to listen, as HOST:PORT; port 0 takes a free one"),
                ),
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
        Some(("greet", given)) => {
            let servers = given.get_many("SERVERS").unwrap_or_default();
            let servers: Vec<String> = servers.cloned().collect();
            let mut stream = client::connect(&net::resolve(&servers)?)?;
            print_line(&client::read_line(&mut stream)?)
        }
        Some(("answer", given)) => {
            let (server, line) = (value(given, "SERVER"), value(given, "LINE"));
            let mut stream = client::connect(&net::resolve(&[server])?)?;
            print_line(&client::read_line(&mut stream)?)?;
            client::write_line(&mut stream, &line)
        }
        Some(("serve", given)) => {
            let (greeting, listen) = (value(given, "GREETING"), value(given, "listen"));
            let listener = net::listen(&listen)?;
            print_line(&server::welcome(&listener, &greeting)?)
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
