//! What a check is, what it can come to, and the named mistakes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::by_hand::ByHand;
use crate::ladder::Ladder;
use crate::standstill::Standstill;
use crate::trial::Trial;

/// One fact that a lab's program is held to.
pub struct Check {
    /// A sentence that is true when the check passes, with `_` for blanks.
    pub name: &'static str,
    /// The step it belongs to, from 1.
    pub step: u8,
    /// What it is worth.
    pub points: u32,
    /// The anchor in the lab's chapter where the fact stands.
    pub section: &'static str,
    /// The specification: `RFC 9293 §2.2`.
    pub rfc: &'static str,
    /// What the machine must have for it.
    pub needs: &'static [Need],
    /// Drives the program.
    pub run: fn(&mut Trial) -> Verdict,
}

impl Check {
    /// The name as a sentence: `the greeting is printed`.
    pub fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }
}

/// Makes a [`Check`] of a function: step, points, section, RFC, needs.
#[macro_export]
macro_rules! check {
    ($step:literal, $points:literal, $run:ident, $section:literal, $rfc:literal $(, $need:expr)*) => {
        $crate::check::Check {
            name: stringify!($run),
            step: $step,
            points: $points,
            section: $section,
            rfc: $rfc,
            needs: &[$($need),*],
            run: $run,
        }
    };
}

/// Something a machine may lack; a check that needs it is then skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// System calls that fall short, by a preloaded library: Linux only.
    Shortfall,
    /// Limits on a process's memory: Unix.
    MemoryLimit,
    /// The loopback address of IPv6.
    Ipv6,
    /// Ports that answer nothing, and a look at who tries them: Linux only.
    SilentPorts,
    /// The files under `/proc`: Linux only.
    ProcFiles,
    /// A network of the program's own, without any privilege: Linux, where
    /// user namespaces are allowed.
    OwnNetwork,
    /// So many descriptors in a process.
    Descriptors(u64),
}

/// All that a lab is held to.
pub struct LabChecks {
    /// The lab's name.
    pub lab: &'static str,
    /// Its checks, in the chapter's order.
    pub checks: &'static [Check],
    /// The mistakes that its reports can name, the most telling first.
    pub mistakes: &'static [Mistake],
    /// What the reference prints, kept by insta.
    pub recordings: &'static [Recording],
}

/// A command whose whole output is the point, recorded from the reference.
pub struct Recording {
    /// The snapshot's name without the lab's: `net_of_a_slash_26`.
    pub name: &'static str,
    /// The arguments.
    pub args: &'static [&'static str],
    /// What goes to standard input.
    pub input: &'static [u8],
}

/// A mistake that people make, with a way to know it by what the program did.
pub struct Mistake {
    /// Its name: `one read taken for one line`.
    pub name: &'static str,
    /// What happens in the program and what the protocol asks instead. One or
    /// two sentences whose subject is the program or the message.
    pub why: &'static str,
    /// The specification that says so.
    pub rfc: &'static str,
    /// Whether what was seen can only have come from this mistake.
    pub seen: fn(&Evidence<'_>) -> bool,
}

/// All that a recogniser may look at.
pub struct Evidence<'a> {
    /// The name of the check that failed.
    pub check: &'a str,
    /// How it failed.
    pub failure: &'a Failure,
    /// What happened, in order.
    pub events: &'a [Event],
    /// The last program that ran: arguments, exit, output.
    pub last: Option<&'a crate::trial::Run>,
}

impl Evidence<'_> {
    /// Whether the octets that came are an honest beginning of those expected:
    /// shorter, equal as far as they go, and not empty.
    pub fn came_is_a_beginning(&self) -> bool {
        let Failure { expected, came, .. } = self.failure;
        !came.is_empty() && came.len() < expected.len() && expected.starts_with(came)
    }

    /// The connection that was opened last; 0 if none was.
    pub fn last_stream(&self) -> usize {
        self.events
            .iter()
            .map(|event| event.stream)
            .max()
            .unwrap_or(0)
    }

    /// Whether system calls fell short for the program.
    pub fn calls_fell_short(&self) -> bool {
        let mut rules = self.events.iter().filter_map(|event| match &event.what {
            What::FallingShort(rule) => Some(rule.as_str()),
            _ => None,
        });
        rules.next_back().is_some_and(|rule| !rule.is_empty())
    }

    /// Whether octets are missing where system calls fell short. A reset says
    /// nothing about the program's calls: it throws away what was written.
    pub fn was_cut_short(&self) -> bool {
        // Those of a program before are its own.
        let events = self.events.iter().rev();
        let mut last = events.take_while(|event| !matches!(event.what, What::Started(_)));
        self.calls_fell_short()
            && !last.any(|event| event.what == What::Reset)
            && self.failure.came.len() < self.failure.expected.len()
    }

    /// What the harness sent on stream `stream`, a piece an event.
    pub fn pieces_sent(&self, stream: usize) -> Vec<&[u8]> {
        let sent = self.events.iter().filter_map(|event| match &event.what {
            What::Sent(octets) if event.stream == stream => Some(octets.as_slice()),
            _ => None,
        });
        sent.collect()
    }

    /// Whether `what` happened on any stream.
    pub fn happened(&self, what: &What) -> bool {
        self.events.iter().any(|event| event.what == *what)
    }

    /// Whether the last program's standard error holds `text`.
    pub fn said(&self, text: &str) -> bool {
        self.last
            .is_some_and(|run| run.stderr_text().contains(text))
    }
}

/// Something that happened between harness and program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Since the check began, in microseconds.
    pub at_us: u64,
    /// Which stream: 0 is the program's standard input and output, the
    /// connections are counted from 1.
    pub stream: usize,
    /// What it was.
    pub what: What,
}

/// The kinds of happenings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The program was started with these arguments.
    Started(Vec<String>),
    /// From here on, the program's system calls fall short by this rule, or no
    /// more if it is empty.
    FallingShort(String),
    /// The harness connected to the program.
    Connected,
    /// The program connected to the harness.
    Accepted,
    /// The harness sent these octets in one piece.
    Sent(Vec<u8>),
    /// The harness could not send: the program had closed or reset.
    NotSent,
    /// The program sent these octets.
    Received(Vec<u8>),
    /// The harness sent this datagram, and this happened to it on the way.
    DatagramSent(Vec<u8>, Fate),
    /// The program sent this datagram, and this happened to it on the way.
    DatagramReceived(Vec<u8>, Fate),
    /// The harness closed its direction (FIN).
    Finished,
    /// The harness reset the connection (RST).
    Aborted,
    /// The program closed its direction (FIN, or the end of its output).
    End,
    /// The program's side reset the connection (RST).
    Reset,
    /// The program was silent until the deadline.
    Silent,
    /// The harness asked the program to end (SIGTERM).
    Terminated,
    /// The program ended.
    Exited(String),
}

/// What happens to a datagram on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It arrives.
    Delivered,
    /// It does not.
    Lost,
    /// It arrives twice.
    Duplicated,
    /// It arrives after the one that is sent next.
    Held,
    /// It arrives without its last octet.
    Truncated,
    /// It arrives, and comes from another port than that of the peer.
    Forged,
}

/// What a check function returns.
pub type Verdict = Result<(), Failure>;

/// How a check failed, as the check saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The situation, as a phrase: `the greeting, cut after octet 3`.
    pub what: String,
    /// The octets that should have come.
    pub expected: Vec<u8>,
    /// The octets that came.
    pub came: Vec<u8>,
    /// Where words say it better than octets: expected, came.
    pub words: Option<(String, String)>,
    /// Where the octets that came stand: the stream, and the offset in what the
    /// program sent on it. `None` if the check looked at them in another form.
    pub place: Option<(usize, usize)>,
    /// How the exchange ended, if not as it should.
    pub ended: Option<String>,
    /// The trouble is ours (a socket of the harness failed), not the program's.
    pub ours: bool,
}

impl Failure {
    /// Other octets than those expected.
    pub fn octets(what: impl Into<String>, expected: &[u8], came: &[u8]) -> Self {
        Failure {
            what: what.into(),
            expected: expected.to_vec(),
            came: came.to_vec(),
            ..Failure::default()
        }
    }

    /// Something that is no octets: an exit status, a close, a silence.
    pub fn words(
        what: impl Into<String>,
        expected: impl Into<String>,
        came: impl Into<String>,
    ) -> Self {
        Failure {
            what: what.into(),
            words: Some((expected.into(), came.into())),
            ..Failure::default()
        }
    }

    /// The same failure, with how the exchange ended.
    pub fn ended(mut self, how: impl Into<String>) -> Self {
        self.ended = Some(how.into());
        self
    }

    /// The same failure, with where the octets that came stand.
    pub fn at(mut self, stream: usize, offset: usize) -> Self {
        self.place = Some((stream, offset));
        self
    }

    /// Trouble of the harness.
    pub fn ours(what: impl Into<String>, error: impl std::fmt::Display) -> Self {
        Failure {
            what: format!("{}: {error}", what.into()),
            ours: true,
            ..Failure::default()
        }
    }

    /// Where the octets first differ, counted from 0.
    pub fn first_difference(&self) -> usize {
        self.expected
            .iter()
            .zip(&self.came)
            .take_while(|(a, b)| a == b)
            .count()
    }
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// The sentence is true.
    Pass,
    /// It is not, and this is what was seen.
    Fail(Box<Report>),
    /// A stub was reached.
    Todo {
        /// Its step.
        step: u8,
        /// Its task, in the stub's words.
        task: String,
    },
    /// The machine lacks something.
    Skip {
        /// What, and what to do about it.
        reason: String,
    },
    /// Trouble of our own; never the learner's.
    Error {
        /// What happened.
        reason: String,
    },
}

impl Outcome {
    /// The word for it: `pass`, `fail`, `todo`, `skip`, `error`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail(_) => "fail",
            Outcome::Todo { .. } => "todo",
            Outcome::Skip { .. } => "skip",
            Outcome::Error { .. } => "error",
        }
    }
}

/// A failure, explained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The situation.
    pub what: String,
    /// What should have come, as shown.
    pub expected: String,
    /// What came, as shown.
    pub came: String,
    /// Where they first differ, in words; empty if words were compared.
    pub difference: String,
    /// What the program did when patience with it ended, if it then ran.
    #[serde(default)]
    pub standstill: Option<Standstill>,
    /// The name of the mistake that the behaviour matches.
    pub mistake: Option<String>,
    /// Why it happens.
    pub why: Option<String>,
    /// The specification to read.
    pub rfc: String,
    /// What happened, in order.
    pub ladder: Ladder,
    /// The same with plain tools, where they can.
    pub by_hand: Option<ByHand>,
    /// The file with the packets, and the number of the guilty one in it.
    pub capture: Option<(PathBuf, Option<usize>)>,
    /// The last lines that the program wrote to standard error.
    pub stderr: String,
    /// Whether something was waited for in vain, up to the deadline.
    #[serde(default)]
    pub waited: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_and_not_a_short_call_may_have_taken_the_octets() {
        let event = |stream, what| Event {
            at_us: 0,
            stream,
            what,
        };
        let short = event(0, What::FallingShort("send 3".to_owned()));
        let came = event(1, What::Received(b"hel".to_vec()));
        let failure = Failure::octets("the answer", b"hello\r\n", b"hel");
        for lab in ["hello", "framing", "talk"] {
            // A copy for students may have others alone.
            let Some(lab) = crate::checks::find(lab) else {
                continue;
            };
            let named = |events: &[Event]| {
                let evidence = Evidence {
                    check: "a_short_write",
                    failure: &failure,
                    events,
                    last: None,
                };
                let write = "a write that was not finished";
                let of_the_lab = lab.mistakes.iter().find(|mistake| mistake.name == write);
                (of_the_lab.expect("the lab knows it").seen)(&evidence)
            };
            let end = |what| [short.clone(), came.clone(), event(1, what)];
            assert!(named(&end(What::End)), "{}", lab.lab);
            assert!(!named(&end(What::Reset)), "{}", lab.lab);
            // What was before the program that is looked at is none of its own.
            let started = event(0, What::Started(Vec::new()));
            let [rule, before, reset] = end(What::Reset);
            let next = [rule, before, reset, started.clone(), came.clone()];
            assert!(named(&next), "{}", lab.lab);
            let whole = event(0, What::FallingShort(String::new()));
            let next = [short.clone(), whole, started, came.clone()];
            assert!(!named(&next), "{}: they are whole again", lab.lab);
            assert!(
                !named(std::slice::from_ref(&came)),
                "{}: no call fell short",
                lab.lab
            );
        }
    }
}
