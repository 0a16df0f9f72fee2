//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line. What a step needs:
//!
//! | step | runs |
//! |---|---|
//! | 1, 2, 3 and 6 | `encode`, and `decode --whole`: a framing's `emit` and `parse` alone |
//! | 4 | `decode --count`: the decoder's `handle_octets` and `poll_message` |
//! | 5 | `decode`, `decode --resync`, `relay`: also its `handle_end` and `resync` |

use std::io::{self, BufRead, Read, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::decoder::Decoder;
use crate::error::Error;
use crate::framing::Framing;
use crate::{net, text};

/// How much is taken from standard input at once.
const READ_LEN_MAX: usize = 64 * 1024;

const EXAMPLES: &str = "\
A message is a line of text, in which \\n, \\r, \\t, \\\\ and \\xHH are octets.

Examples:
  printf '%s\\n' hello 'two\\nlines' | framing encode --framing length | xxd
  printf 'one\\ntwo\\n' | framing decode --framing line
  framing relay --from line --to length --listen 127.0.0.1:7000

Exit status: 0 done, 1 failed, 2 misused.";

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("framing")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Messages over a stream of octets")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("encode")
                .about("Steps 1, 2, 3 and 6: messages, one a line, to frames")
                .arg(framing_arg("framing", "FRAMING").help("How messages stand in the stream"))
                .arg(max_arg())
                .arg(each_arg().help("Say what is wrong with a message in its place, and go on")),
        )
        .subcommand(
            Command::new("decode")
                .about("Steps 1 to 6: frames to messages, one a line, each as soon as it is whole")
                .arg(framing_arg("framing", "FRAMING").help("How messages stand in the stream"))
                .arg(max_arg())
                .arg(
                    Arg::new("whole")
                        .long("whole")
                        .action(ArgAction::SetTrue)
                        .conflicts_with_all(["count", "pieces", "resync"])
                        .help("Steps 1, 2, 3 and 6: read all there is first, then take it apart"),
                )
                .arg(
                    Arg::new("count")
                        .long("count")
                        .value_name("MESSAGES")
                        .value_parser(value_parser!(NonZeroUsize))
                        .help("Step 4: stop after so many messages, wherever the stream is"),
                )
                .arg(
                    Arg::new("pieces")
                        .long("pieces")
                        .value_name("OCTETS,...")
                        .action(ArgAction::Append)
                        .value_delimiter(',')
                        .value_parser(value_parser!(NonZeroUsize))
                        .help(
                            "Cut the stream into pieces of these lengths, in turn, for the decoder",
                        ),
                )
                .arg(
                    Arg::new("resync")
                        .long("resync")
                        .action(ArgAction::SetTrue)
                        .help(
                            "Step 5: after a frame that is wrong, go on with the next if there \
                             is a way",
                        ),
                )
                .arg(each_arg().conflicts_with_all(["count", "resync"]).help(
                    "Take each line of input for a stream, as text, and say what is wrong with \
                     it in its place",
                )),
        )
        .subcommand(
            Command::new("relay")
                .about("Step 5: answer frames of one framing with frames of another, over TCP")
                .arg(framing_arg("from", "FROM").help("The framing that comes in"))
                .arg(framing_arg("to", "TO").help("The framing that goes out"))
                .arg(max_arg())
                .arg(
                    Arg::new("listen")
                        .long("listen")
                        .value_name("LISTEN")
                        .default_value("127.0.0.1:0")
                        .help("Where to listen, as HOST:PORT; port 0 takes a free one"),
                )
                .arg(
                    Arg::new("once")
                        .long("once")
                        .action(ArgAction::SetTrue)
                        .help("Serve one connection, and end as it ends"),
                )
                .arg(
                    Arg::new("timeout")
                        .long("timeout")
                        .value_name("SECONDS")
                        .value_parser(value_parser!(u64).range(1..=3600))
                        .default_value("30")
                        .help("How long a peer may do nothing"),
                ),
        )
}

fn framing_arg(name: &'static str, value_name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value_name)
        .required(true)
        .value_parser(value_parser!(Framing))
}

fn max_arg() -> Arg {
    Arg::new("max")
        .long("max")
        .value_name("OCTETS")
        .value_parser(value_parser!(usize))
        .default_value("65536")
        .help("The most octets a message may have")
}

fn each_arg() -> Arg {
    Arg::new("each").long("each").action(ArgAction::SetTrue)
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
    let mut input = io::stdin().lock();
    match matches.subcommand() {
        Some(("encode", given)) => encode(
            &mut input,
            value(given, "framing"),
            value(given, "max"),
            given.get_flag("each"),
        ),
        Some(("decode", given)) => {
            let (framing, max) = (value(given, "framing"), value(given, "max"));
            let pieces = given.get_many("pieces").unwrap_or_default();
            let pieces: Vec<NonZeroUsize> = pieces.copied().collect();
            let count = given.get_one("count").copied();
            let count = count.map(NonZeroUsize::get);
            let whole = given.get_flag("whole");
            let resync = given.get_flag("resync");
            let decode_stream = |input: &mut dyn Read| {
                if whole {
                    decode_whole(input, framing, max)
                } else {
                    decode(input, Decoder::new(framing, max), &pieces, count, resync)
                }
            };
            if !given.get_flag("each") {
                return decode_stream(&mut input);
            }
            for (line, number) in input.split(b'\n').zip(1..) {
                let stream = text::unescape(&line?, number)?;
                if let Err(error) = decode_stream(&mut stream.as_slice()) {
                    print_error(&error)?;
                }
            }
            Ok(())
        }
        Some(("relay", given)) => {
            let relay = net::Relay {
                from: value(given, "from"),
                to: value(given, "to"),
                max: value(given, "max"),
                timeout: Duration::from_secs(value(given, "timeout")),
            };
            let listener = net::listen(&value::<String>(given, "listen"))?;
            if given.get_flag("once") {
                net::serve_one(&listener, relay)
            } else {
                net::serve_all(&listener, relay)
            }
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The value of an argument that is required, or has a default.
fn value<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> T {
    let value = given.get_one(name).cloned();
    value.expect("clap requires it, or has a default")
}

/// Writes the frame of each line of text as soon as the line is there.
fn encode(input: &mut impl BufRead, framing: Framing, max: usize, each: bool) -> Result<(), Error> {
    // In text an octet takes up to four characters.
    let line_len_max = max.saturating_mul(4).saturating_add(1);
    let mut number = 0usize;
    loop {
        let mut line = Vec::new();
        let limit = u64::try_from(line_len_max).unwrap_or(u64::MAX);
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number = number.saturating_add(1);
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() == line_len_max {
            return Err(Error::TextTooLong { line: number, max });
        }
        let mut frame = Vec::new();
        match framing.emit(&text::unescape(&line, number)?, max, &mut frame) {
            Ok(()) => print(&frame)?,
            Err(error) if each => print_error(&error)?,
            Err(error) => return Err(error),
        }
    }
}

/// Reads all of the stream, then takes frame after frame from its start.
fn decode_whole(input: &mut dyn Read, framing: Framing, max: usize) -> Result<(), Error> {
    let mut stream = Vec::new();
    input.read_to_end(&mut stream)?;
    let mut offset = 0;
    while let Some(rest) = stream.get(offset..).filter(|rest| !rest.is_empty()) {
        match framing
            .parse(rest, max)
            .map_err(|error| error.moved(offset))?
        {
            Some(frame) => {
                print_message(&frame.message)?;
                offset = offset.saturating_add(frame.len);
            }
            None => {
                return Err(Error::EndInMidMessage {
                    offset,
                    came: rest.len(),
                });
            }
        }
    }
    Ok(())
}

/// Hands what arrives to the decoder, and prints each message at once.
fn decode(
    input: &mut dyn Read,
    mut decoder: Decoder,
    pieces: &[NonZeroUsize],
    mut count: Option<usize>,
    resync: bool,
) -> Result<(), Error> {
    let mut pieces = pieces.iter().copied().cycle();
    let mut lost = 0usize;
    loop {
        match decoder.poll_message() {
            Ok(Some(message)) => {
                print_message(&message)?;
                count = count.map(|left| left.saturating_sub(1));
                if count == Some(0) {
                    break;
                }
            }
            Ok(None) => match next_piece(input, pieces.next())? {
                Some(piece) => decoder.handle_octets(&piece),
                None => {
                    decoder.handle_end()?;
                    break;
                }
            },
            Err(error) if resync && decoder.resync() => {
                eprintln!("lost: {error}");
                lost = lost.saturating_add(1);
            }
            Err(error) => return Err(error),
        }
    }
    if lost > 0 {
        Err(Error::Lost(lost))
    } else {
        Ok(())
    }
}

/// What there is to read, as soon as there is anything; with a length, so many
/// octets, or fewer at the end. `None` is the end of the stream.
fn next_piece(input: &mut dyn Read, len: Option<NonZeroUsize>) -> Result<Option<Vec<u8>>, Error> {
    let mut piece = Vec::new();
    match len {
        Some(len) => {
            let limit = u64::try_from(len.get()).unwrap_or(u64::MAX);
            input.take(limit).read_to_end(&mut piece)?;
        }
        None => {
            piece = vec![0; READ_LEN_MAX];
            let len = loop {
                match input.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            piece.truncate(len);
        }
    }
    Ok(if piece.is_empty() { None } else { Some(piece) })
}

fn print_message(message: &[u8]) -> Result<(), Error> {
    let mut line = text::escape(message);
    line.push('\n');
    print(line.as_bytes())
}

/// Prints what is wrong where a frame or a message would stand.
fn print_error(error: &Error) -> Result<(), Error> {
    print(format!("error: {error}\n").as_bytes())
}

fn print(octets: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(octets)?;
    out.flush()?;
    Ok(())
}
