//! Given. Changes here are not graded and are replaced by updates.
//!
//! Typing and hearing at the same time, a thread each.

use std::io::{self, BufRead, Read, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::{ROOM_LEN, close, text};

/// How a talk is held.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Whether `byebye` ends it.
    pub bye: bool,
    /// Whether the other side can say that it has said everything, as it can on
    /// TCP and not on UDP.
    pub has_end: bool,
    /// How long to listen where no end may come: after the last word of our own,
    /// and after a `byebye`.
    pub wait: Duration,
}

/// Why a thread of a talk is done.
enum Over {
    /// Standard input ended.
    InputEnded,
    /// We said `byebye`.
    ByeSaid,
    /// The other side has said everything.
    PeerEnded,
    /// The other side said `byebye`.
    ByeHeard,
}

/// Says on standard output where the program listens, so that whoever started
/// it knows the port and the moment: `listening on 127.0.0.1:40123`.
///
/// # Errors
/// [`Error::Io`] if standard output is gone.
pub fn announce(address: SocketAddr) -> Result<(), Error> {
    print(format!("listening on {address}\n").as_bytes())
}

/// Writes to standard output, at once.
///
/// # Errors
/// [`Error::Io`] if it is gone.
pub fn print(octets: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(octets)?;
    out.flush()?;
    Ok(())
}

/// Holds a talk: each line of standard input goes to `send`, and after the last
/// one `finish` is called; meanwhile each message that `receive` gives goes to
/// standard output as a line. Neither waits for the other. `receive` gives
/// `None` when the other side has said everything.
///
/// The talk is over when both have ended. After a `byebye` nothing more is sent,
/// and the other side's end is waited for, if there can be one, for `wait`: so
/// whoever says it closes first.
///
/// # Errors
/// The first that `send`, `finish` or `receive` returns.
pub fn converse(
    manner: Manner,
    send: impl FnMut(&[u8]) -> Result<(), Error> + Send + 'static,
    finish: impl FnOnce() -> Result<(), Error>,
    receive: impl FnMut() -> Result<Option<Vec<u8>>, Error> + Send + 'static,
) -> Result<(), Error> {
    let (tell, told) = mpsc::channel();
    let typing = tell.clone();
    thread::spawn(move || typing.send(type_lines(manner, send)));
    thread::spawn(move || tell.send(hear_lines(manner, receive, &tell)));

    let mut finish = Some(finish);
    let (mut typed, mut heard, mut patient) = (false, false, true);
    while !(typed && heard) {
        let over = if patient {
            told.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            told.recv_timeout(manner.wait)
        };
        match over {
            Ok(over) => match over? {
                // The other side's end may be an answer to ours, so ours is
                // known before it is sent.
                over @ (Over::InputEnded | Over::ByeSaid) => {
                    typed = true;
                    patient = manner.has_end && matches!(over, Over::InputEnded);
                    finish.take().map_or(Ok(()), |finish| finish())?;
                }
                Over::PeerEnded => {
                    heard = true;
                    if !typed {
                        eprintln!("the other side has said everything");
                    }
                }
                // Who said it closes first, where there is something to close.
                Over::ByeHeard if manner.has_end => {
                    typed = true;
                    patient = false;
                }
                Over::ByeHeard => return Ok(()),
            },
            // Nothing more came in time, or both threads have told.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Sends what is typed, a line a message.
fn type_lines(
    manner: Manner,
    mut send: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Over, Error> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(ROOM_LEN).unwrap_or(u64::MAX);
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(Over::InputEnded);
        }
        let message = line.strip_suffix(b"\n").unwrap_or(&line);
        match send(message) {
            // A line too long is the typist's affair, and the talk goes on.
            Err(error @ Error::TooLong { .. }) => eprintln!("not sent: {error}"),
            other => other?,
        }
        if manner.bye && close::is_bye(message) {
            return Ok(Over::ByeSaid);
        }
    }
}

/// Shows what comes, a message a line, up to its end; a `byebye` is told at once.
fn hear_lines(
    manner: Manner,
    mut receive: impl FnMut() -> Result<Option<Vec<u8>>, Error>,
    tell: &Sender<Result<Over, Error>>,
) -> Result<Over, Error> {
    while let Some(message) = receive()? {
        print((text::show(&message) + "\n").as_bytes())?;
        let message = message.strip_suffix(b"\n").unwrap_or(&message);
        if manner.bye && close::is_bye(message) {
            // Nobody listens any more if the talk is over for another reason.
            let _ = tell.send(Ok(Over::ByeHeard));
        }
    }
    Ok(Over::PeerEnded)
}
