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

use clap::{Args, Parser, Subcommand};

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

/// A chat for many.
#[derive(Parser)]
#[command(name = "chat", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Step 1: a room without sockets, from a script on standard input.
    #[command(after_help = script::HELP)]
    Room {
        #[command(flatten)]
        bounds: Bounds,
    },
    /// Step 2: a server with two threads a client.
    Threads {
        #[command(flatten)]
        server: Server,
    },
    /// Step 3: a server with two tasks a client.
    Tasks {
        #[command(flatten)]
        server: Server,
    },
    /// Talk: lines of standard input go out, what others say comes in.
    Client {
        /// Where the server is, as HOST:PORT.
        server: String,
        /// Your name; without it, the first line that you type.
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Args)]
struct Server {
    /// Where to listen, as HOST:PORT; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    #[command(flatten)]
    bounds: Bounds,
}

#[derive(Args)]
struct Bounds {
    /// The most clients.
    #[arg(long, value_name = "COUNT", default_value_t = 2000)]
    clients: usize,
    /// Step 4: the octets that may wait for a client before its outbox is full.
    #[arg(long, value_name = "OCTETS", default_value_t = 65536)]
    outbox: usize,
    /// Step 4: how long an outbox may be full while nothing can be sent.
    #[arg(long, value_name = "SECONDS", default_value = "0.2", value_parser = seconds)]
    grace: Duration,
    /// Step 5: how long a client may be silent before it is asked, and then again.
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    idle: Duration,
    /// Step 6: how long a connection may take that is closed in order.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    drain: Duration,
}

impl Bounds {
    fn limits(&self) -> Limits {
        Limits {
            clients: self.clients,
            outbox_len_max: self.outbox,
            grace: self.grace,
            idle: self.idle,
            drain: self.drain,
        }
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
        Command::Room { bounds } => {
            script::play(io::stdin().lock(), io::stdout().lock(), bounds.limits())
        }
        Command::Threads { server } => {
            end_on_panic();
            let listener = net::listen(&server.listen)?;
            threads::serve(&listener, &thread_hub::Hub::new(server.bounds.limits()));
            Ok(())
        }
        Command::Tasks { server } => {
            end_on_panic();
            serve_tasks(&server)
        }
        Command::Client { server, name } => client::talk(&server, name.as_deref()),
    }
}

/// Runs the server of tasks until it is told to end, and then to its end.
#[tokio::main]
async fn serve_tasks(server: &Server) -> Result<(), Error> {
    // Before anybody knows that we are here: then nobody can tell us too early.
    let told_to_end = net::told_to_end()?;
    let listener = net::listen(&server.listen)?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let hub = task_hub::Hub::new(server.bounds.limits());
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
