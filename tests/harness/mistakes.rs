//! Mistakes that have nothing to do with what a lab teaches: with processes,
//! standard output and line ends. They are looked for where none of the lab's
//! own is seen, the most telling first.

use crate::batch;
use crate::check::{Evidence, Mistake, What};
use crate::trial::{LISTENING, Run};

/// The mistakes that people make in any lab. One without a specification of
/// its own leaves the check's.
pub const GENERAL: &[Mistake] = &[
    Mistake {
        name: "an exception that nobody catches",
        why: "the program met an error and did not handle it, so the runtime printed where it was and ended the \
              program. The last line of that names the error; for whoever uses the program an error is one line, \
              `error: ...`, and exit status 1",
        rfc: "",
        seen: |evidence| evidence.said(TRACEBACK),
    },
    Mistake {
        name: "the address on standard error",
        why: "the line that says where the server listens came on standard error. Whoever starts a server reads that \
              line from standard output",
        rfc: "",
        seen: |evidence| evidence.failure.what == LISTENING && evidence.said("listening on"),
    },
    Mistake {
        name: "port 0 announced",
        why: "port 0 asks the system for a free port, and the line repeats the 0. Which port it became is known once \
              the socket listens: ask it for its own address (`getsockname`, `local_addr`)",
        rfc: "",
        seen: |evidence| evidence.failure.what == LISTENING && came(evidence).contains(":0\\n"),
    },
    Mistake {
        name: "the address not flushed",
        why: "the program runs, and its first line never left it. Where standard output is no terminal, a language's \
              library keeps what is printed until there is much of it or the program ends. After the line that \
              others wait for, standard output is flushed",
        rfc: "",
        seen: |evidence| {
            evidence.failure.what == LISTENING
                && came(evidence).starts_with("nothing")
                && evidence.last.is_some_and(|run| run.code.is_none())
        },
    },
    Mistake {
        name: "a second connection",
        why: "the program connected once and then once more. All that was sent went over the first connection, and \
              on the second nothing comes: a conversation stays on the connection that it began on",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| {
            overdue(evidence).is_some()
                && accepted(evidence) > 1
                && evidence.failure.came.is_empty()
        },
    },
    Mistake {
        name: "a loop without an end",
        why: "the program neither waits nor ends, it computes: some loop goes round and nothing changes in it. A read \
              that gives no octets says that the stream has ended and that none will come",
        rfc: "",
        seen: |evidence| {
            overdue(evidence).is_some_and(|run| run.busy && run.stdout.len() < PRINTED_LEN_MAX)
        },
    },
    Mistake {
        name: "a connection closed with octets unread",
        why: "the program closed the connection while octets that had been sent to it were unread. Its system then \
              sends a reset (RST) in place of an end (FIN), and a reset can throw away what is still on its way. What \
              belongs to the conversation is read before the close",
        rfc: "RFC 9293 §3.6.1",
        seen: |evidence| {
            let stream = evidence.last_stream();
            let mut on_it = evidence
                .events
                .iter()
                .filter(|event| event.stream == stream);
            evidence.failure.what != LISTENING
                && stream > 0
                && on_it.any(|event| event.what == What::Reset)
                && !evidence.happened(&What::Aborted)
        },
    },
    Mistake {
        name: "a failure that ends with exit status 0",
        why: "the program said that it failed and ended with exit status 0, which says that all went well. A script \
              looks at the status alone: after a failure it is 1",
        rfc: "",
        seen: |evidence| {
            words(evidence) == ("exit status 1", "exit status 0")
                && evidence
                    .last
                    .is_some_and(|run| !run.stderr_text().trim().is_empty())
        },
    },
    Mistake {
        name: "CRLF sent for LF",
        why: "the line ends in CR and LF, octets 0d and 0a, where this protocol has LF alone. The other side takes the \
              CR for a part of the text",
        rfc: "",
        seen: |evidence| difference(evidence) == (Some(b'\n'), Some(b'\r')),
    },
    Mistake {
        name: "LF sent for CRLF",
        why: "the line ends in LF, octet 0a, where this protocol has CR and LF, 0d and 0a",
        rfc: "",
        seen: |evidence| difference(evidence) == (Some(b'\r'), Some(b'\n')),
    },
    Mistake {
        name: "a line end too many",
        why: "what came is right, and one LF stands behind it that was not asked for. What prints a line adds its end; \
              octets that are complete are written as they are",
        rfc: "",
        seen: |evidence| {
            let failure = evidence.failure;
            failure.came.strip_suffix(b"\n") == Some(&failure.expected)
                && !failure.expected.is_empty()
        },
    },
    Mistake {
        name: "a value as the language shows it",
        why: "the program printed the value as a programmer looks at it, with its quotes, brackets or escapes. The \
              protocol asks for the octets themselves",
        rfc: "",
        seen: |evidence| {
            on_standard_output(evidence).is_some_and(|(expected, came)| {
                let octets: Vec<String> = expected.bytes().map(|octet| octet.to_string()).collect();
                let shown = [
                    format!("{expected:?}"),
                    format!("'{expected}'"),
                    format!("[{}]", octets.join(", ")),
                ];
                shown.iter().any(|shown| came.contains(shown.as_str()))
            })
        },
    },
    Mistake {
        name: "more than the answer on standard output",
        why: "the answer is there, with other words around it. Another program is to read standard output, so it holds \
              the answer and nothing else; what is for people goes to standard error",
        rfc: "",
        seen: |evidence| {
            on_standard_output(evidence).is_some_and(|(expected, came)| {
                expected.len() > 2 && came.len() > expected.len() && came.ends_with(expected)
            })
        },
    },
    Mistake {
        name: "the reason not on standard output",
        why: "the line was refused, and the reason did not come where the answer belongs. Each line of standard input \
              has its line of standard output: the answer, or `! ` and the reason; and the lines after it are \
              answered too",
        rfc: "",
        seen: |evidence| {
            words(evidence) == (batch::REFUSAL, batch::NO_LINE)
                && evidence
                    .last
                    .is_some_and(|run| !run.stderr_text().trim().is_empty())
        },
    },
    Mistake {
        name: "only the first line answered",
        why: "several lines came on standard input, and the program answered the first and ended. It reads on until \
              its input ends",
        rfc: "",
        seen: |evidence| {
            let lines = |octets: &[u8]| octets.iter().filter(|&&octet| octet == b'\n').count();
            let asked: usize = sent_last(evidence).into_iter().map(lines).sum();
            evidence.failure.came.is_empty()
                && asked > 1
                && evidence
                    .last
                    .is_some_and(|run| run.code == Some(0) && lines(&run.stdout) == 1)
        },
    },
];

/// What a program prints at most that goes round a loop in which nothing
/// changes; one that prints more does something there.
const PRINTED_LEN_MAX: usize = 4096;

/// How the report of an exception begins that nobody caught, in Python.
pub const TRACEBACK: &str = "Traceback (most recent call last)";

/// What was expected and what came, where words were compared.
fn words<'a>(evidence: &'a Evidence<'_>) -> (&'a str, &'a str) {
    evidence
        .failure
        .words
        .as_ref()
        .map_or(("", ""), |(expected, came)| (expected, came))
}

fn came<'a>(evidence: &'a Evidence<'_>) -> &'a str {
    words(evidence).1
}

/// The last program, if we had to end it.
fn overdue<'a>(evidence: &Evidence<'a>) -> Option<&'a Run> {
    evidence.last.filter(|run| run.overdue)
}

/// How often the last program connected.
fn accepted(evidence: &Evidence<'_>) -> usize {
    let events = evidence.events.iter().rev();
    events
        .take_while(|event| !matches!(event.what, What::Started(_)))
        .filter(|event| event.what == What::Accepted)
        .count()
}

/// What went to the last program's standard input.
fn sent_last<'a>(evidence: &Evidence<'a>) -> Vec<&'a [u8]> {
    let events = evidence.events.iter().rev();
    events
        .take_while(|event| !matches!(event.what, What::Started(_)))
        .filter_map(|event| match &event.what {
            What::Sent(octets) if event.stream == 0 => Some(octets.as_slice()),
            _ => None,
        })
        .collect()
}

/// The octets at the first difference: expected, came.
fn difference(evidence: &Evidence<'_>) -> (Option<u8>, Option<u8>) {
    let failure = evidence.failure;
    let at = failure.first_difference();
    (
        failure.expected.get(at).copied(),
        failure.came.get(at).copied(),
    )
}

/// Expected and came without the end of the line, where a line of text was
/// expected on standard output and another came.
fn on_standard_output<'a>(evidence: &Evidence<'a>) -> Option<(&'a str, &'a str)> {
    let failure = evidence.failure;
    failure.place.filter(|(stream, _)| *stream == 0)?;
    let line = |octets: &'a [u8]| {
        let text = str::from_utf8(octets).ok()?;
        let text = (!text.contains('\0')).then_some(text)?;
        Some(text.strip_suffix('\n').unwrap_or(text))
    };
    let (expected, came) = (line(&failure.expected)?, line(&failure.came)?);
    (!expected.is_empty() && expected != came).then_some((expected, came))
}
