//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line. What a step needs:
//!
//! | step | runs |
//! |---|---|
//! | 1 | `room` |
//! | 2 | `threads` |
//! | 3 | `tasks` |
//! | 4 | `room`, `threads` and `tasks`, with `--outbox` and `--grace` |
//! | 5 | the same, with `--idle` |
//! | 6 | `tasks`, ended by SIGTERM, and `room` |

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::error::Error;
use crate::seats::Limits;
use crate::task_hub;
use crate::thread_hub;
use crate::{client, net, script, tasks, threads};

const EXAMPLES: &str = "\
Examples:
  chat tasks --listen 127.0.0.1:7000
  chat client 127.0.0.1:7000 --name ada
  nc 127.0.0.1 7000

Exit status: 0 done, 1 failed, 2 misused.";

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("chat")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A chat for many")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("room")
                .about("Step 1: a room without sockets, from a script on standard input")
                .after_help(script::HELP)
                .args(limit_args()),
        )
        .subcommand(
            Command::new("threads")
                .about("Step 2: a server with two threads a client")
                .arg(listen_arg())
                .args(limit_args()),
        )
        .subcommand(
            Command::new("tasks")
                .about("Step 3: a server with two tasks a client")
                .arg(listen_arg())
                .args(limit_args()),
        )
        .subcommand(
            Command::new("client")
                .about("Talk: lines of standard input go out, what others say comes in")
                .arg(
                    Arg::new("SERVER")
                        .required(true)
                        .help("Where the server is, as HOST:PORT"),
                )
                .arg(
                    Arg::new("name")
                        .long("name")
                        .value_name("NAME")
                        .help("Your name; without it, the first line that you type"),
                ),
        )
}

fn listen_arg() -> Arg {
    Arg::new("listen")
        .long("listen")
        .value_name("LISTEN")
        .default_value("127.0.0.1:0")
        .help("Where to listen, as HOST:PORT; port 0 takes a free one")
}

/// What `limits` reads.
fn limit_args() -> [Arg; 5] {
    [
        Arg::new("clients")
            .long("clients")
            .value_name("COUNT")
            .value_parser(value_parser!(usize))
            .default_value("2000")
            .help("The most clients"),
        Arg::new("outbox")
            .long("outbox")
            .value_name("OCTETS")
            .value_parser(value_parser!(usize))
            .default_value("65536")
            .help("Step 4: the octets that may wait for a client before its outbox is full"),
        Arg::new("grace")
            .long("grace")
            .value_name("SECONDS")
            .value_parser(seconds)
            .default_value("0.2")
            .help("Step 4: how long an outbox may be full while nothing can be sent"),
        Arg::new("idle")
            .long("idle")
            .value_name("SECONDS")
            .value_parser(seconds)
            .default_value("600")
            .help("Step 5: how long a client may be silent before it is asked, and then again"),
        Arg::new("drain")
            .long("drain")
            .value_name("SECONDS")
            .value_parser(seconds)
            .default_value("5")
            .help("Step 6: how long a connection may take that is closed in order"),
    ]
}

fn limits(given: &ArgMatches) -> Limits {
    Limits {
        clients: value(given, "clients"),
        outbox_len_max: value(given, "outbox"),
        grace: value(given, "grace"),
        idle: value(given, "idle"),
        drain: value(given, "drain"),
    }
}

/// Seconds, with or without a fraction, from a millisecond to a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|s| (0.001..=86_400.0).contains(s));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "a number of seconds from 0.001 to 86400".to_owned())
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
        Some(("room", given)) => {
            script::play(io::stdin().lock(), io::stdout().lock(), limits(given))
        }
        Some(("threads", given)) => {
            end_on_panic();
            let listener = net::listen(&value::<String>(given, "listen"))?;
            threads::serve(&listener, &thread_hub::Hub::new(limits(given)));
            Ok(())
        }
        Some(("tasks", given)) => {
            end_on_panic();
            serve_tasks(&value::<String>(given, "listen"), limits(given))
        }
        Some(("client", given)) => {
            let server: String = value(given, "SERVER");
            let name = given.get_one::<String>("name");
            client::talk(&server, name.map(String::as_str))
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The value of an argument that is required, or has a default.
fn value<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> T {
    let value = given.get_one(name).cloned();
    value.expect("clap requires it, or has a default")
}

/// Runs the server of tasks until it is told to end, and then to its end.
#[tokio::main]
async fn serve_tasks(listen: &str, limits: Limits) -> Result<(), Error> {
    // Before anybody knows that we are here: then nobody can tell us too early.
    let told_to_end = net::told_to_end()?;
    let listener = net::listen(listen)?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let hub = task_hub::Hub::new(limits);
    tokio::select! {
        () = tasks::serve(listener, &hub) => return Ok(()),
        () = told_to_end => {}
    }
    // The listening socket is gone with `serve`.
    tasks::drain(&hub).await
}

/// A panic in one thread or task would leave the others to wait for it: here it
/// ends the program, as it does in a program of one thread.
fn end_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        print(info);
        std::process::exit(101);
    }));
}
