//! The failing conversation with plain tools: `printf` and `nc`, to be pasted
//! into a shell. Where these cannot show it (several connections, a reset, calls
//! that fall short), there is none.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::capture::{Ends, Transport};
use crate::check::{Event, What};

/// The most octets that are worth typing.
const OCTETS_MAX: usize = 160;

/// The most pieces: between two of them a second passes.
const PIECES_MAX: usize = 6;

/// Where the program and `nc` meet; the ports of a check are gone.
const MEETING: &str = "127.0.0.1:7000";

/// A conversation that plain tools can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// The arguments of the program.
    args: Vec<String>,
    /// What it is sent, piece by piece.
    pieces: Vec<Vec<u8>>,
    /// Whether the sender then closes its direction.
    closes: bool,
    role: Role,
}

/// What the program is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    /// It reads standard input.
    Filter,
    /// It connects.
    Client,
    /// It waits.
    Server,
}

/// The last program's conversation, if plain tools can have it. `ends` are those
/// of its connections.
pub fn by_hand(events: &[Event], mut ends: impl FnMut(usize) -> Option<Ends>) -> Option<ByHand> {
    let start = events
        .iter()
        .rposition(|event| matches!(event.what, What::Started(_)))?;
    let events = events.get(start..)?;
    let mut hand = ByHand {
        args: Vec::new(),
        pieces: Vec::new(),
        closes: false,
        role: Role::Filter,
    };
    let mut connection = None;
    for event in events {
        match &event.what {
            What::Started(args) => hand.args.clone_from(args),
            What::Connected | What::Accepted if connection.is_none() => {
                connection = Some(event.stream);
                hand.role = if event.what == What::Connected {
                    Role::Server
                } else {
                    Role::Client
                };
                hand.pieces.clear();
                hand.closes = false;
                let ends = ends(event.stream).filter(|ends| ends.transport == Transport::Tcp)?;
                // The harness's address, wherever the program was told it.
                let address = ends.harness.to_string();
                for arg in &mut hand.args {
                    *arg = arg.replace(&address, MEETING);
                }
            }
            What::Sent(octets) if event.stream == connection.unwrap_or(0) => {
                hand.pieces.push(octets.clone())
            }
            What::Finished if event.stream == connection.unwrap_or(0) => hand.closes = true,
            What::Received(_) | What::End | What::Silent | What::Exited(_) | What::Finished => {}
            _ => return None,
        }
    }
    let len: usize = hand.pieces.iter().map(Vec::len).sum();
    let typed = len <= OCTETS_MAX
        && hand.pieces.len() <= PIECES_MAX
        && hand.args.iter().all(|arg| arg.len() < 80);
    typed.then_some(hand)
}

impl ByHand {
    /// The command for `sh`, where `program` starts the program.
    pub fn command(&self, program: &str) -> String {
        let prints: Vec<String> = self
            .pieces
            .iter()
            .map(|piece| format!("printf '{}'", printf(piece)))
            .collect();
        // A client connects after a second, and only then is the first piece sent.
        let gap = if self.role == Role::Client {
            "; sleep 2; "
        } else {
            "; sleep 1; "
        };
        let feed = match prints.as_slice() {
            [] => ":".to_owned(),
            [print] => print.clone(),
            prints => format!("{{ {}; }}", prints.join(gap)),
        };
        let mut run = program.to_owned();
        for arg in &self.args {
            run.push(' ');
            run.push_str(&word(arg));
        }
        let (host, port) = MEETING.split_once(':').unwrap_or_default();
        let close = if self.closes { "N" } else { "" };
        match self.role {
            // Nothing was sent: what it prints, as another program would read it.
            Role::Filter if self.pieces.is_empty() && !self.closes => format!("{run} | cat"),
            Role::Filter => format!("{feed} | {run}"),
            Role::Client => format!("{feed} | nc -l{close} {host} {port} & sleep 1; {run}"),
            Role::Server => {
                let close = if close.is_empty() {
                    String::new()
                } else {
                    format!("-{close} ")
                };
                format!("{run} --listen {MEETING} & sleep 1; {feed} | nc {close}{host} {port}")
            }
        }
    }
}

/// Octets as a format of `printf(1)`, inside single quotes.
fn printf(octets: &[u8]) -> String {
    let mut text = String::new();
    for &octet in octets {
        match octet {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'%' => text.push_str("%%"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' if octet != b'\'' => text.push(char::from(octet)),
            _ => {
                let _ = write!(text, "\\{octet:03o}");
            }
        }
    }
    text
}

/// An argument as a word of the shell.
fn word(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@+".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(role: Role, pieces: &[&[u8]], closes: bool) -> ByHand {
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        ByHand {
            args: vec!["run".into(), "it's".into()],
            pieces,
            closes,
            role,
        }
    }

    #[test]
    fn a_command_for_each_role() {
        assert_eq!(
            hand(Role::Filter, &[b"a\n%\0"], true).command("p"),
            "printf 'a\\n%%\\000' | p run 'it'\\''s'"
        );
        assert_eq!(
            hand(Role::Client, &[b"a", b"b"], true).command("p"),
            "{ printf 'a'; sleep 2; printf 'b'; } | nc -lN 127.0.0.1 7000 & sleep 1; p run 'it'\\''s'"
        );
        assert_eq!(
            hand(Role::Server, &[b"a"], false).command("p"),
            "p run 'it'\\''s' --listen 127.0.0.1:7000 & sleep 1; printf 'a' | nc 127.0.0.1 7000"
        );
    }

    #[test]
    #[cfg(unix)]
    fn what_printf_prints_is_what_was_sent() {
        let octets: Vec<u8> = (0..=255).collect();
        let command = format!("printf '{}'", printf(&octets));
        let output = std::process::Command::new("sh")
            .args(["-c", &command])
            .output()
            .expect("sh can be started");
        assert_eq!(output.stdout, octets);
    }

    #[test]
    fn two_connections_are_not_for_plain_tools() {
        let events = [What::Started(vec![]), What::Connected, What::Connected];
        let events: Vec<Event> = (1..)
            .zip(events)
            .map(|(stream, what)| Event {
                at_us: 0,
                stream,
                what,
            })
            .collect();
        let ends = Ends {
            transport: Transport::Tcp,
            harness: ([127, 0, 0, 1], 1).into(),
            program: ([127, 0, 0, 1], 2).into(),
        };
        assert_eq!(by_hand(&events, |_| Some(ends)), None);
        assert!(by_hand(events.get(..2).unwrap_or_default(), |_| Some(ends)).is_some());
    }
}
