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

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

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

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("talk")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A talk for two, over UDP or TCP")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("echo")
                .about("Step 1: send every datagram back to where it came from")
                .arg(listen_arg())
                .arg(
                    Arg::new("count")
                        .long("count")
                        .value_name("DATAGRAMS")
                        .value_parser(value_parser!(NonZeroU64))
                        .help("End after so many datagrams"),
                ),
        )
        .subcommand(talk_command("udp").about("Step 1: talk in datagrams, a line each"))
        .subcommand(
            Command::new("largest")
                .about("Step 2: print how many octets a datagram can carry")
                .arg(peer_arg().help("Where it would go")),
        )
        .subcommand(
            Command::new("send")
                .about("Step 2: send standard input as one datagram")
                .arg(peer_arg().help("Where to")),
        )
        .subcommand(
            Command::new("receive")
                .about("Step 2: write one datagram to standard output")
                .arg(listen_arg())
                .arg(
                    Arg::new("most")
                        .long("most")
                        .value_name("OCTETS")
                        .value_parser(value_parser!(u16))
                        .default_value("65535")
                        .help("The most octets that it may have"),
                ),
        )
        .subcommand(talk_command("tcp").about("Step 3: talk over a stream, a line a message"))
        .subcommand(
            Command::new("ask")
                .about("Step 4: ask one question, and say what came of it")
                .arg(
                    Arg::new("TRANSPORT")
                        .required(true)
                        .value_parser([
                            PossibleValue::new("udp").help("A datagram there and a datagram back"),
                            PossibleValue::new("tcp").help("A line each way on a connection"),
                        ])
                        .help("What carries it"),
                )
                .arg(peer_arg().help("Whom to ask"))
                .arg(Arg::new("QUESTION").required(true).help("The question"))
                .arg(wait_arg().help("How long to wait for an answer each time"))
                .arg(
                    Arg::new("tries")
                        .long("tries")
                        .value_name("TIMES")
                        .value_parser(value_parser!(NonZeroU32))
                        .default_value("3")
                        .help("How often to ask, where a question may get lost"),
                ),
        )
}

/// A talk, over whichever of the two: it has either a peer or an address.
fn talk_command(name: &'static str) -> Command {
    Command::new(name)
        .arg(
            peer_arg()
                .required(false)
                .required_unless_present("listen")
                .conflicts_with("listen")
                .help("Whom to talk to"),
        )
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS")
                .value_parser(value_parser!(SocketAddr))
                .help("Wait here to be talked to; port 0 takes a free one"),
        )
        .arg(
            Arg::new("bye")
                .long("bye")
                .action(ArgAction::SetTrue)
                .help("Step 5: a line that is `byebye` ends the talk"),
        )
        .arg(wait_arg().help(
            "How long to listen where no end may come: on UDP after the end of the \
             input, on TCP after a `byebye`",
        ))
}

fn peer_arg() -> Arg {
    Arg::new("PEER")
        .required(true)
        .value_parser(value_parser!(SocketAddr))
}

fn listen_arg() -> Arg {
    Arg::new("listen")
        .long("listen")
        .value_name("ADDRESS")
        .value_parser(value_parser!(SocketAddr))
        .default_value("127.0.0.1:0")
        .help("Where to listen; port 0 takes a free one")
}

fn wait_arg() -> Arg {
    Arg::new("wait")
        .long("wait")
        .value_name("MILLISECONDS")
        .value_parser(value_parser!(NonZeroU32))
        .default_value("1000")
}

/// What is asked for with `udp` and `tcp`.
struct Talk {
    peer: Option<SocketAddr>,
    listen: Option<SocketAddr>,
    bye: bool,
    wait: Duration,
}

impl Talk {
    fn of(given: &ArgMatches) -> Talk {
        Talk {
            peer: given.get_one("PEER").copied(),
            listen: given.get_one("listen").copied(),
            bye: given.get_flag("bye"),
            wait: wait(given),
        }
    }

    /// Where to listen; clap has seen to it that there is either this or a peer.
    fn at(&self) -> SocketAddr {
        self.listen
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(matches: &ArgMatches) -> Result<ExitCode, Error> {
    match matches.subcommand() {
        Some(("echo", given)) => {
            let count = given.get_one("count").copied();
            let socket = listen_udp(value(given, "listen"))?;
            datagram::echo(&socket, count.map(NonZeroU64::get))?;
        }
        Some(("udp", given)) => talk_in_datagrams(&Talk::of(given))?,
        Some(("largest", given)) => {
            let len_max = largest::len_max(value(given, "PEER"));
            net::print(format!("{len_max}\n").as_bytes())?;
        }
        Some(("send", given)) => {
            let mut octets = Vec::new();
            let limit = u64::try_from(ROOM_LEN * 16).unwrap_or(u64::MAX);
            io::stdin().lock().take(limit).read_to_end(&mut octets)?;
            largest::send_whole(&datagram::call(value(given, "PEER"))?, &octets)?;
        }
        Some(("receive", given)) => {
            let most: u16 = value(given, "most");
            let socket = listen_udp(value(given, "listen"))?;
            net::print(&largest::receive_whole(&socket, usize::from(most))?)?;
        }
        Some(("tcp", given)) => talk_in_a_stream(&Talk::of(given))?,
        Some(("ask", given)) => {
            let transport: String = value(given, "TRANSPORT");
            let question: String = value(given, "QUESTION");
            let (peer, question) = (value(given, "PEER"), question.as_bytes());
            let tries: NonZeroU32 = value(given, "tries");
            let outcome = match transport.as_str() {
                "udp" => nobody::ask_udp(peer, question, wait(given), tries.get())?,
                _ => nobody::ask_tcp(peer, question, wait(given))?,
            };
            return say(&outcome);
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The value of an argument that is required, or has a default.
fn value<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> T {
    let value = given.get_one(name).cloned();
    value.expect("clap requires it, or has a default")
}

fn wait(given: &ArgMatches) -> Duration {
    let milliseconds: NonZeroU32 = value(given, "wait");
    Duration::from_millis(u64::from(milliseconds.get()))
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
        wait: talk.wait,
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
        wait: talk.wait,
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
