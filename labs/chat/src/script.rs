//! Given. Changes here are not graded and are replaced by updates.
//!
//! A room without sockets: a script says what each client does and what time it
//! is, and the room's answers are printed. Nothing is waited for.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::room::Room;
use crate::seats::{Handle, Id, Limits, Output, Why};

/// What the lines of a script may be.
pub const HELP: &str = "\
A script has a line for each thing that happens, N being the number of a client:
  connect N      N connects
  N: TEXT        N sends TEXT and an LF
  send N OCTETS  N sends these octets: text, in which \\n, \\r, \\\\ and \\xHH are octets
  end N          N closes its direction (FIN)
  lose N         the connection of N is reset
  stop N         N reads no more: what is sent next gets stuck
  read N         N reads again
  at SECONDS     it is now so many seconds since the script began
  shutdown       the server ends";

/// A client in the script.
#[derive(Debug)]
struct Client {
    id: Id,
    reads: bool,
    /// What is on the way to it while it does not read.
    unread: Vec<u8>,
    is_cut: Rc<Cell<bool>>,
    /// What was said about it last: that it is closed, or gone.
    is_over: bool,
}

impl Handle for Rc<Cell<bool>> {
    fn wake(&self) {}

    fn cut(&self) {
        self.set(true);
    }
}

/// Plays a script, and prints `to N: LINE` for each line to a client, and what
/// becomes of its connection.
///
/// # Errors
/// [`Error::Script`] for a line that is none; [`Error::Io`].
pub fn play(input: impl BufRead, mut out: impl Write, limits: Limits) -> Result<(), Error> {
    let mut room = Room::new(limits);
    let mut clients: BTreeMap<u32, Client> = BTreeMap::new();
    let began = Instant::now();
    let mut now = began;
    for (number, line) in (1..).zip(input.lines()) {
        let line = line?;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| Error::Script(number, format!("{what}: {line}"));
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let client = |text: &str| {
            let known = text.parse().ok().and_then(|n: u32| clients.get(&n));
            known.ok_or_else(|| wrong("no such client"))
        };
        match word {
            "connect" => {
                let n = rest.parse().map_err(|_| wrong("no number"))?;
                let is_cut = Rc::new(Cell::new(false));
                let client = Client {
                    id: room.connect(Rc::clone(&is_cut), now),
                    reads: true,
                    unread: Vec::new(),
                    is_cut,
                    is_over: false,
                };
                if clients.insert(n, client).is_some() {
                    return Err(wrong("a number is given once"));
                }
            }
            "send" => {
                let (n, text) = rest.split_once(' ').ok_or_else(|| wrong("no octets"))?;
                let octets = unescape(text).ok_or_else(|| wrong("no such escape"))?;
                room.handle_octets(client(n)?.id, &octets, now);
            }
            "end" => room.leave(client(rest)?.id, Why::Ended, now),
            "lose" => room.leave(client(rest)?.id, Why::Lost, now),
            "stop" | "read" => {
                client(rest)?;
                let n = rest.parse().map_err(|_| wrong("no number"))?;
                if let Some(client) = clients.get_mut(&n) {
                    client.reads = word == "read";
                }
            }
            "at" => {
                let seconds: f64 = rest.parse().map_err(|_| wrong("no number"))?;
                let since = Duration::try_from_secs_f64(seconds);
                let then = since.ok().and_then(|since| began.checked_add(since));
                now = then
                    .filter(|then| *then >= now)
                    .ok_or_else(|| wrong("time goes forward"))?;
                room.handle_time(now);
            }
            "shutdown" => room.handle_shutdown(now),
            _ => {
                let n = word.strip_suffix(':').ok_or_else(|| wrong("unknown"))?;
                let octets = format!("{rest}\n");
                room.handle_octets(client(n)?.id, octets.as_bytes(), now);
            }
        }
        for (n, client) in &mut clients {
            print_new(&mut room, *n, client, &mut out)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Prints what the room has for a client. To one that does not read, the first
/// that is sent gets stuck, and the rest waits in the room.
fn print_new(
    room: &mut Room<Rc<Cell<bool>>>,
    n: u32,
    client: &mut Client,
    out: &mut impl Write,
) -> Result<(), Error> {
    while !client.is_over {
        if client.is_cut.get() && !client.reads {
            client.unread.clear();
        } else if client.reads {
            for line in String::from_utf8_lossy(&client.unread).lines() {
                writeln!(out, "to {n}: {line}")?;
            }
            client.unread.clear();
        } else if !client.unread.is_empty() {
            return Ok(());
        }
        match room.take(client.id, &mut client.unread) {
            Output::Octets => {}
            Output::Nothing => return Ok(()),
            Output::End => {
                writeln!(out, "{n} is closed")?;
                client.is_over = true;
            }
            Output::Gone => {
                writeln!(out, "{n} is cut off")?;
                client.is_over = true;
            }
        }
    }
    Ok(())
}

/// The octets of a text with escapes; `None` if one of them is none.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        octets.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b'\\' => b'\\',
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(octets)
}
