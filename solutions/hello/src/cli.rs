//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::{client, net, server};

/// The first conversation: one line each way over TCP.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Step 1: connect and print the greeting.
    Greet {
        /// Where the server may be, as HOST:PORT; tried in the order given.
        #[arg(required = true)]
        servers: Vec<String>,
    },
    /// Step 2: connect, print the greeting, and answer with one line.
    Answer {
        /// Where the server is, as HOST:PORT.
        server: String,
        /// The line to answer with.
        line: String,
    },
    /// Step 3: be the server for one client, and print its answer.
    Serve {
        /// The line to greet with.
        greeting: String,
        /// Where to listen, as HOST:PORT; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: String,
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
        Command::Greet { servers } => {
            let mut stream = client::connect(&net::resolve(&servers)?)?;
            print_line(&client::read_line(&mut stream)?)
        }
        Command::Answer { server, line } => {
            let mut stream = client::connect(&net::resolve(&[server])?)?;
            print_line(&client::read_line(&mut stream)?)?;
            client::write_line(&mut stream, &line)
        }
        Command::Serve { greeting, listen } => {
            let listener = net::listen(&listen)?;
            print_line(&server::welcome(&listener, &greeting)?)
        }
    }
}

fn print_line(line: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
