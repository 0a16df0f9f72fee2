//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line. What a step needs:
//!
//! | step | runs |
//! |---|---|
//! | 1 | `echo` and `udp`: all of `datagram.rs` |
//! | 2 | `largest`, `send` and `receive`: one datagram, exactly |
//! | 3 | `tcp`: all of `stream.rs` |
//! | 4 | `ask`: one question over either |
//! | 5 | `tcp --bye`, `udp --bye`: `byebye` ends the talk, and a TCP port is listened at with `close::listen` |

use std::io::{self, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::num::{NonZeroU32, NonZeroU64};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::Error;
use crate::net::{self, Manner};
use crate::{Outcome, ROOM_LEN, close, datagram, largest, nobody, stream, text};

const EXAMPLES: &str = "\
Addresses are IP:PORT, as 127.0.0.1:7000 or [::1]:7000.

Examples:
  talk udp --listen 127.0.0.1:7000       and in another terminal:
  talk udp 127.0.0.1:7000
  head -c 65507 /dev/zero | talk send 127.0.0.1:7000
  talk ask tcp 127.0.0.1:7000 hello --wait 500

Exit status: 0 done, 1 failed, 2 misused.";

/// A talk for two, over UDP or TCP.
#[derive(Parser)]
#[command(name = "talk", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Step 1: send every datagram back to where it came from.
    Echo {
        #[command(flatten)]
        at: At,
        /// End after so many datagrams.
        #[arg(long, value_name = "DATAGRAMS")]
        count: Option<NonZeroU64>,
    },
    /// Step 1: talk in datagrams, a line each.
    Udp(Talk),
    /// Step 2: print how many octets a datagram can carry.
    Largest {
        /// Where it would go.
        peer: SocketAddr,
    },
    /// Step 2: send standard input as one datagram.
    Send {
        /// Where to.
        peer: SocketAddr,
    },
    /// Step 2: write one datagram to standard output.
    Receive {
        #[command(flatten)]
        at: At,
        /// The most octets that it may have.
        #[arg(long, value_name = "OCTETS", default_value_t = 65_535, value_parser = clap::value_parser!(u16))]
        most: u16,
    },
    /// Step 3: talk over a stream, a line a message.
    Tcp(Talk),
    /// Step 4: ask one question, and say what came of it.
    Ask {
        /// What carries it.
        transport: Transport,
        /// Whom to ask.
        peer: SocketAddr,
        /// The question.
        question: String,
        /// How long to wait for an answer each time.
        #[arg(long, value_name = "MILLISECONDS", default_value = "1000")]
        wait: NonZeroU32,
        /// How often to ask, where a question may get lost.
        #[arg(long, value_name = "TIMES", default_value = "3")]
        tries: NonZeroU32,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Transport {
    /// A datagram there and a datagram back.
    Udp,
    /// A line each way on a connection.
    Tcp,
}

#[derive(Args)]
struct At {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[derive(Args)]
struct Talk {
    /// Whom to talk to.
    #[arg(required_unless_present = "listen", conflicts_with = "listen")]
    peer: Option<SocketAddr>,
    /// Wait here to be talked to; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Step 5: a line that is `byebye` ends the talk.
    #[arg(long)]
    bye: bool,
    /// How long to listen where no end may come: on UDP after the end of the
    /// input, on TCP after a `byebye`.
    #[arg(long, value_name = "MILLISECONDS", default_value = "1000")]
    wait: NonZeroU32,
}

impl Talk {
    /// Where to listen; clap has seen to it that there is either this or a peer.
    fn at(&self) -> SocketAddr {
        self.listen
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Echo { at, count } => {
            datagram::echo(&listen_udp(at.listen)?, count.map(NonZeroU64::get))?;
        }
        Command::Udp(talk) => talk_in_datagrams(&talk)?,
        Command::Largest { peer } => {
            net::print(format!("{}\n", largest::len_max(peer)).as_bytes())?;
        }
        Command::Send { peer } => {
            let mut octets = Vec::new();
            let limit = u64::try_from(ROOM_LEN * 16).unwrap_or(u64::MAX);
            io::stdin().lock().take(limit).read_to_end(&mut octets)?;
            largest::send_whole(&datagram::call(peer)?, &octets)?;
        }
        Command::Receive { at, most } => {
            let socket = listen_udp(at.listen)?;
            net::print(&largest::receive_whole(&socket, usize::from(most))?)?;
        }
        Command::Tcp(talk) => talk_in_a_stream(&talk)?,
        Command::Ask {
            transport,
            peer,
            question,
            wait,
            tries,
        } => {
            let wait = milliseconds(wait);
            let question = question.as_bytes();
            let outcome = match transport {
                Transport::Udp => nobody::ask_udp(peer, question, wait, tries.get())?,
                Transport::Tcp => nobody::ask_tcp(peer, question, wait)?,
            };
            return say(&outcome);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One line about what came of a question; only an answer is a success.
fn say(outcome: &Outcome) -> Result<ExitCode, Error> {
    let line = match outcome {
        Outcome::Answered(answer) => format!("answered: {}\n", text::show(answer)),
        Outcome::Refused => "refused\n".to_owned(),
        Outcome::Silent => "silent\n".to_owned(),
        Outcome::Reset => "reset\n".to_owned(),
        Outcome::Closed => "closed\n".to_owned(),
    };
    net::print(line.as_bytes())?;
    Ok(match outcome {
        Outcome::Answered(_) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn talk_in_datagrams(talk: &Talk) -> Result<(), Error> {
    let (socket, mut first) = match talk.peer {
        Some(peer) => (datagram::call(peer)?, None),
        None => {
            let socket = listen_udp(talk.at())?;
            let first = datagram::meet(&socket)?;
            (socket, Some(first))
        }
    };
    let manner = Manner {
        bye: talk.bye,
        has_end: false,
        wait: milliseconds(talk.wait),
    };
    let sender = socket.try_clone()?;
    net::converse(
        manner,
        move |message| datagram::send(&sender, message),
        || Ok(()),
        move || match first.take() {
            Some(message) => Ok(Some(message)),
            None => datagram::receive(&socket).map(Some),
        },
    )
}

fn talk_in_a_stream(talk: &Talk) -> Result<(), Error> {
    let stream = match talk.peer {
        Some(peer) => stream::call(peer)?,
        None => {
            let listener = if talk.bye {
                close::listen(talk.at())?
            } else {
                TcpListener::bind(talk.at())?
            };
            net::announce(listener.local_addr()?)?;
            stream::meet(listener)?
        }
    };
    let manner = Manner {
        bye: talk.bye,
        has_end: true,
        wait: milliseconds(talk.wait),
    };
    let (sender, finisher) = (stream.try_clone()?, stream.try_clone()?);
    let mut reader = BufReader::new(stream);
    net::converse(
        manner,
        move |message| stream::send(&sender, message),
        move || stream::finish(&finisher),
        move || stream::receive(&mut reader),
    )
}

fn listen_udp(at: SocketAddr) -> Result<UdpSocket, Error> {
    let socket = UdpSocket::bind(at)?;
    net::announce(socket.local_addr()?)?;
    Ok(socket)
}

fn milliseconds(count: NonZeroU32) -> Duration {
    Duration::from_millis(u64::from(count.get()))
}
