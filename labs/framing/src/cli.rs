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

use clap::{Args, Parser, Subcommand};

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

/// Messages over a stream of octets.
#[derive(Parser)]
#[command(name = "framing", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Steps 1, 2, 3 and 6: messages, one a line, to frames.
    Encode {
        /// How messages stand in the stream.
        #[arg(long)]
        framing: Framing,
        #[command(flatten)]
        limit: Limit,
    },
    /// Steps 1 to 6: frames to messages, one a line, each as soon as it is whole.
    Decode {
        /// How messages stand in the stream.
        #[arg(long)]
        framing: Framing,
        #[command(flatten)]
        limit: Limit,
        /// Steps 1, 2, 3 and 6: read all there is first, then take it apart.
        #[arg(long, conflicts_with_all = ["count", "pieces", "resync"])]
        whole: bool,
        /// Step 4: stop after so many messages, wherever the stream is.
        #[arg(long, value_name = "MESSAGES")]
        count: Option<NonZeroUsize>,
        /// Cut the stream into pieces of these lengths, in turn, for the decoder.
        #[arg(long, value_name = "OCTETS,...", value_delimiter = ',')]
        pieces: Vec<NonZeroUsize>,
        /// Step 5: after a frame that is wrong, go on with the next if there is a way.
        #[arg(long)]
        resync: bool,
    },
    /// Step 5: answer frames of one framing with frames of another, over TCP.
    Relay {
        /// The framing that comes in.
        #[arg(long)]
        from: Framing,
        /// The framing that goes out.
        #[arg(long)]
        to: Framing,
        #[command(flatten)]
        limit: Limit,
        /// Where to listen, as HOST:PORT; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: String,
        /// Serve one connection, and end as it ends.
        #[arg(long)]
        once: bool,
        /// How long a peer may do nothing.
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
}

#[derive(Args)]
struct Limit {
    /// The most octets a message may have.
    #[arg(long, value_name = "OCTETS", default_value_t = 65536)]
    max: usize,
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
    let mut input = io::stdin().lock();
    match command {
        Command::Encode { framing, limit } => encode(&mut input, framing, limit.max),
        Command::Decode {
            framing,
            limit,
            whole: true,
            ..
        } => decode_whole(&mut input, framing, limit.max),
        Command::Decode {
            framing,
            limit,
            count,
            pieces,
            resync,
            ..
        } => {
            let decoder = Decoder::new(framing, limit.max);
            decode(
                &mut input,
                decoder,
                &pieces,
                count.map(NonZeroUsize::get),
                resync,
            )
        }
        Command::Relay {
            from,
            to,
            limit,
            listen,
            once,
            timeout,
        } => {
            let relay = net::Relay {
                from,
                to,
                max: limit.max,
                timeout: Duration::from_secs(timeout),
            };
            let listener = net::listen(&listen)?;
            if once {
                net::serve_one(&listener, relay)
            } else {
                net::serve_all(&listener, relay)
            }
        }
    }
}

/// Writes the frame of each line of text as soon as the line is there.
fn encode(input: &mut impl BufRead, framing: Framing, max: usize) -> Result<(), Error> {
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
        framing.emit(&text::unescape(&line, number)?, max, &mut frame)?;
        print(&frame)?;
    }
}

/// Reads all of the stream, then takes frame after frame from its start.
fn decode_whole(input: &mut impl Read, framing: Framing, max: usize) -> Result<(), Error> {
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
    input: &mut impl Read,
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
fn next_piece(input: &mut impl Read, len: Option<NonZeroUsize>) -> Result<Option<Vec<u8>>, Error> {
    let mut piece = Vec::new();
    match len {
        Some(len) => {
            let limit = u64::try_from(len.get()).unwrap_or(u64::MAX);
            input.by_ref().take(limit).read_to_end(&mut piece)?;
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

fn print(octets: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(octets)?;
    out.flush()?;
    Ok(())
}
