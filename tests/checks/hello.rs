//! What `hello` is held to: one line each way over TCP.

use crate::check;
use crate::check::{Check, Failure, LabChecks, Mistake, Need, Verdict, What};
use crate::stream::{Delivery, every_cut};
use crate::trial::Trial;

/// The longest line in octets, LF included, as the lab's `lib.rs` has it.
const LINE_LEN_MAX: usize = 1024;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "hello",
    checks: CHECKS,
    mistakes: MISTAKES,
    recordings: &[],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 2, the_greeting_is_printed, "step-1", "RFC 9293 §2.2"),
    check!(1, 3, a_greeting_in_pieces_is_printed_whole, "step-1", "RFC 9293 §2.2"),
    check!(1, 1, the_blanks_of_a_greeting_are_kept, "step-1", "RFC 9293 §2.2"),
    check!(1, 1, only_the_first_line_is_printed, "step-1", "RFC 9293 §2.2"),
    check!(1, 1, the_longest_greeting_is_printed_and_a_longer_one_refused, "step-1", "RFC 9293 §2.2"),
    check!(1, 1, a_greeting_that_ends_in_mid_line_is_refused, "step-1", "RFC 9293 §3.6"),
    check!(1, 1, a_greeting_that_is_not_utf8_is_refused, "step-1", "RFC 3629 §3"),
    check!(1, 2, the_next_address_is_tried_when_one_refuses, "step-1", "RFC 1123 §2.3"),
    check!(1, 1, an_interrupted_read_is_repeated, "step-1", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(1, 1, a_server_that_is_not_there_is_reported, "step-1", "RFC 9293 §3.5.2"),
    check!(2, 3, the_answer_ends_in_a_line_feed, "step-2", "RFC 9293 §2.2"),
    check!(2, 1, nothing_is_sent_before_the_greeting_is_whole, "step-2", "RFC 5321 §4.3.1"),
    check!(2, 3, a_short_write_is_finished, "step-2", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(2, 1, the_longest_answer_is_sent_and_a_longer_one_refused, "step-2", "RFC 9293 §2.2"),
    check!(2, 2, an_answer_with_a_line_feed_inside_is_refused, "step-2", "RFC 9293 §2.2"),
    check!(3, 2, the_server_speaks_first, "step-3", "RFC 9293 §2.2"),
    check!(3, 3, the_answer_is_printed_whatever_its_pieces, "step-3", "RFC 9293 §2.2"),
    check!(3, 2, the_server_is_done_at_the_line_feed, "step-3", "RFC 9293 §2.2"),
    check!(3, 2, a_client_that_leaves_in_mid_line_is_reported, "step-3", "RFC 9293 §3.6"),
];

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an interrupted call taken for a failure",
        why: "a signal interrupted a system call, which did nothing and said so (EINTR), and the program gave up. Such a \
              call is made again; `read_exact` and `write_all` do that by themselves, `read` and `write` do not",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.calls_fell_short() && evidence.said("Interrupted"),
    },
    Mistake {
        name: "more cut off than the line feed",
        why: "the program took the blanks or the CR around the line for a part of its end. The end is one LF, and what \
              stands before it belongs to the message",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).trim().to_owned();
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "the_blanks_of_a_greeting_are_kept" && text(expected) == text(came)
        },
    },
    Mistake {
        name: "one read taken for one line",
        why: "the program took what its first read returned for the whole line. TCP carries octets without borders, \
              so a read returns what has arrived, and the line's end may come with a later one",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let pieces = evidence.pieces_sent(evidence.last_stream());
            let printed = evidence
                .failure
                .came
                .strip_suffix(b"\n")
                .unwrap_or(&evidence.failure.came);
            let taken_early = evidence.check == "nothing_is_sent_before_the_greeting_is_whole"
                && evidence.last.is_some_and(|run| run.stdout == b"hel\n");
            taken_early
                || pieces.len() > 1
                    && pieces.first() == Some(&printed)
                    && printed.len() < evidence.failure.expected.len()
        },
    },
    Mistake {
        name: "only the first address tried",
        why: "the first address refused the connection and the program gave up, though the next one would have \
              accepted. A host can have several addresses, and a client tries them in turn",
        rfc: "RFC 1123 §2.3",
        seen: |evidence| {
            evidence.check == "the_next_address_is_tried_when_one_refuses"
                && !evidence.happened(&What::Accepted)
        },
    },
    Mistake {
        name: "no line feed at the end",
        why: "the octets of the text came and the LF did not. Without it the other side cannot know that the line is \
              complete, and waits",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence
                .failure
                .expected
                .strip_suffix(b"\n")
                .is_some_and(|text| text == evidence.failure.came)
        },
    },
    Mistake {
        name: "the answer before the greeting",
        why: "the client sent its answer when the greeting had not come, or not all of it. Who speaks first is part of \
              the protocol: an answer to what was not read can only be a guess",
        rfc: "RFC 5321 §4.3.1",
        seen: |evidence| {
            evidence.check == "nothing_is_sent_before_the_greeting_is_whole"
                && evidence.failure.expected.is_empty()
                && !evidence.failure.came.is_empty()
        },
    },
    Mistake {
        name: "a write that was not finished",
        why: "the program called write once and went on, though the call took only a part of the octets. A write says \
              how many it took, and the rest has to be written again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.was_cut_short(),
    },
    Mistake {
        name: "an end taken for a line",
        why: "the stream ended before the LF, and the program took what it had for a whole line. What was cut off \
              cannot be told from what was meant unless the program reports it",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let cut_off = [
                "a_greeting_that_ends_in_mid_line_is_refused",
                "a_client_that_leaves_in_mid_line_is_reported",
            ];
            cut_off.contains(&evidence.check)
                && evidence
                    .last
                    .is_some_and(|run| run.code == Some(0) && run.stderr.is_empty())
        },
    },
    Mistake {
        name: "a line without a bound",
        why: "the line was longer than the protocol allows, and the program took it. Without a bound the other side \
              decides how much memory a program uses",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_longest_greeting_is_printed_and_a_longer_one_refused"
                && evidence
                    .last
                    .is_some_and(|run| run.code == Some(0) && run.stdout.len() > LINE_LEN_MAX)
        },
    },
    Mistake {
        name: "two lines sent as one",
        why: "the text held an LF, and the program sent it as it was: the other side reads two lines. Whoever can put \
              an end into a message can put a message of their own behind it",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "an_answer_with_a_line_feed_inside_is_refused"
                && evidence.failure.came.contains(&b'\n')
        },
    },
    Mistake {
        name: "the server waits for the client to speak",
        why: "the client waits for the greeting and the server waits for the answer, so neither ever speaks. The \
              protocol says who is first, and here it is the server",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_server_speaks_first"
                && evidence.happened(&What::Silent)
                && evidence.failure.came.is_empty()
        },
    },
    Mistake {
        name: "a complete line refused",
        why: "the line came whole, with its LF, and the program gave up all the same. A line is complete at its LF; \
              how many octets a buffer has room for, and whether more octets come, is no matter",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let sent = evidence.pieces_sent(evidence.last_stream()).concat();
            sent == evidence.failure.expected
                && sent.ends_with(b"\n")
                && evidence.failure.came.is_empty()
                && evidence.last.is_some_and(|run| {
                    run.code == Some(1) && run.stderr_text().starts_with("error:")
                })
        },
    },
    Mistake {
        name: "the end of the stream taken for the end of the line",
        why: "the line was complete at its LF, and the program read on until the client would close. A client that \
              waits for the server would wait for ever",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_server_is_done_at_the_line_feed"
                && evidence.last.is_some_and(|run| run.overdue)
        },
    },
];

/// Starts `greet` or `answer` against a server of ours that sends `greeting` as
/// `delivery` says and then closes its direction, and gives what was printed.
fn greeted(
    trial: &mut Trial,
    greeting: &[u8],
    delivery: &Delivery,
) -> Result<crate::trial::Run, Failure> {
    let server = trial.listen()?;
    let mut client = trial.start(&["greet", &server.address()?.to_string()])?;
    let mut peer = server.accept(&mut client)?;
    peer.deliver(greeting, delivery)?;
    peer.finish();
    trial.finish(client)
}

/// RFC 9293 §2.2: TCP delivers a stream of octets, in order; the greeting is
/// what stands before the first LF in it.
fn the_greeting_is_printed(trial: &mut Trial) -> Verdict {
    let greeting = trial.word(8) + "\n";
    let run = greeted(trial, greeting.as_bytes(), &Delivery::whole())?;
    run.expect("the greeting", greeting.as_bytes())?;
    greeted(trial, b"\n", &Delivery::whole())?.expect("an empty greeting", b"\n")
}

/// The LF is the line's end, and all before it is the line: blanks, tabs and a
/// CR too.
fn the_blanks_of_a_greeting_are_kept(trial: &mut Trial) -> Verdict {
    let greeting = format!(" \t{}  {} \r\n", trial.word(3), trial.word(3));
    let run = greeted(trial, greeting.as_bytes(), &Delivery::whole())?;
    run.expect("a greeting with blanks around it", greeting.as_bytes())
}

/// RFC 9293 §2.2: TCP keeps no borders between writes; every cut of the
/// greeting is the same greeting.
fn a_greeting_in_pieces_is_printed_whole(trial: &mut Trial) -> Verdict {
    // An `ü` is two octets, and may be cut between them.
    let greeting = format!("{}ü{}\n", trial.word(3), trial.word(4));
    let len = greeting.len();
    for delivery in every_cut(len).chain([Delivery::octet_by_octet(len)]) {
        let run = greeted(trial, greeting.as_bytes(), &delivery)?;
        run.expect(
            &format!("the greeting, {}", delivery.describe()),
            greeting.as_bytes(),
        )?;
    }
    Ok(())
}

/// The line ends at the first LF; what follows is another line.
fn only_the_first_line_is_printed(trial: &mut Trial) -> Verdict {
    let (first, second) = (trial.word(6), trial.word(6));
    let run = greeted(
        trial,
        format!("{first}\n{second}\n").as_bytes(),
        &Delivery::whole(),
    )?;
    run.expect(
        "a greeting with a second line behind it",
        format!("{first}\n").as_bytes(),
    )
}

/// Both sides of the bound: 1024 octets with the LF, and 1024 without.
fn the_longest_greeting_is_printed_and_a_longer_one_refused(trial: &mut Trial) -> Verdict {
    let longest = trial.word(LINE_LEN_MAX - 1) + "\n";
    let run = greeted(trial, longest.as_bytes(), &Delivery::whole())?;
    run.expect("a greeting of 1024 octets with its LF", longest.as_bytes())?;
    let longer = trial.word(LINE_LEN_MAX) + "\n";
    greeted(trial, longer.as_bytes(), &Delivery::whole())?
        .expect_refusal("a greeting of 1025 octets with its LF")
}

/// RFC 9293 §3.6: a FIN says that no more octets come; before the LF, the line
/// is not complete.
fn a_greeting_that_ends_in_mid_line_is_refused(trial: &mut Trial) -> Verdict {
    let beginning = trial.word(5);
    greeted(trial, beginning.as_bytes(), &Delivery::whole())?
        .expect_refusal("a greeting that ends before its LF")?;
    greeted(trial, b"", &Delivery::whole())?
        .expect_refusal("a server that closes without a greeting")
}

/// RFC 3629 §1: the octets C0, C1 and F5 to FF never appear in UTF-8; §3: a
/// decoder protects its caller from what is no UTF-8.
fn a_greeting_that_is_not_utf8_is_refused(trial: &mut Trial) -> Verdict {
    greeted(trial, b"caf\xff\n", &Delivery::whole())?
        .expect_refusal("a greeting with the octet 0xff")
}

/// RFC 1123 §2.3: a client tries the addresses of a host in turn until one
/// answers.
fn the_next_address_is_tried_when_one_refuses(trial: &mut Trial) -> Verdict {
    let nobody = trial.refusing()?;
    let server = trial.listen()?;
    let args = [
        "greet",
        &nobody.address().to_string(),
        &server.address()?.to_string(),
    ];
    let mut client = trial.start(&args)?;
    let mut peer = server.accept(&mut client)?;
    peer.send(b"second\n")?;
    trial
        .finish(client)?
        .expect("the greeting of the second address", b"second\n")
}

/// A read that a signal interrupts (EINTR) has read nothing, and is called
/// again. RFC 9293 §3.9.1 leaves the shape of the calls to the system.
fn an_interrupted_read_is_repeated(trial: &mut Trial) -> Verdict {
    trial.system_calls_fall_short(0, 0, 2);
    let greeting = trial.word(8) + "\n";
    let run = greeted(trial, greeting.as_bytes(), &Delivery::whole())?;
    run.expect(
        "the greeting, where every second call is interrupted",
        greeting.as_bytes(),
    )
}

/// RFC 9293 §3.5.2: a SYN to a port where nobody listens is answered by RST.
fn a_server_that_is_not_there_is_reported(trial: &mut Trial) -> Verdict {
    let nobody = trial.refusing()?;
    let run = trial.run(&["greet", &nobody.address().to_string()], b"")?;
    run.expect_refusal("a port where nobody listens")
}

/// Runs `answer LINE` against a server of ours, and fails unless the client
/// sends exactly `expected` and then closes.
fn answered(
    trial: &mut Trial,
    line: &str,
    what: &str,
    expected: &[u8],
) -> Result<crate::trial::Run, Failure> {
    let server = trial.listen()?;
    let mut client = trial.start(&["answer", &server.address()?.to_string(), line])?;
    let mut peer = server.accept(&mut client)?;
    peer.send(b"hello\n")?;
    peer.expect(what, expected)?;
    peer.expect_end(what)?;
    trial.finish(client)
}

/// The line is its text and one LF, no octet less and none more.
fn the_answer_ends_in_a_line_feed(trial: &mut Trial) -> Verdict {
    let line = trial.word(7);
    let run = answered(trial, &line, "the answer", format!("{line}\n").as_bytes())?;
    run.expect("the greeting before the answer", b"hello\n")?;
    answered(trial, "", "an empty answer", b"\n").map(|_| ())
}

/// RFC 5321 §4.3.1, of mail, where the server greets too: the client waits for
/// the greeting before it sends anything.
fn nothing_is_sent_before_the_greeting_is_whole(trial: &mut Trial) -> Verdict {
    let line = trial.word(6);
    let server = trial.listen()?;
    let mut client = trial.start(&["answer", &server.address()?.to_string(), &line])?;
    let mut peer = server.accept(&mut client)?;
    peer.send(b"hel")?;
    // A program that does not read at all has not waited for it either.
    peer.until_read();
    peer.expect_nothing_yet("what the client sends before the greeting is whole")?;
    peer.send(b"lo\n")?;
    peer.expect("the answer", format!("{line}\n").as_bytes())?;
    trial.finish(client)?.expect("the greeting", b"hello\n")
}

/// RFC 9293 §3.9.1: SEND hands octets over; how many a call takes is the
/// system's affair, and it says how many it took.
fn a_short_write_is_finished(trial: &mut Trial) -> Verdict {
    trial.system_calls_fall_short(3, 1, 0);
    let line = trial.word(20);
    answered(
        trial,
        &line,
        "the answer, where a call takes at most 3 octets",
        format!("{line}\n").as_bytes(),
    )
    .map(|_| ())
}

/// Both sides of the bound: 1024 octets with the LF, and 1025.
fn the_longest_answer_is_sent_and_a_longer_one_refused(trial: &mut Trial) -> Verdict {
    let longest = trial.word(LINE_LEN_MAX - 1);
    answered(
        trial,
        &longest,
        "an answer of 1024 octets with its LF",
        format!("{longest}\n").as_bytes(),
    )?;
    let longer = trial.word(LINE_LEN_MAX);
    answered(trial, &longer, "an answer of 1025 octets with its LF", b"")?
        .expect_refusal("an answer too long")
}

/// A message that holds its own end is two messages.
fn an_answer_with_a_line_feed_inside_is_refused(trial: &mut Trial) -> Verdict {
    let line = format!("{}\n{}", trial.word(4), trial.word(4));
    answered(trial, &line, "an answer with an LF inside", b"")?
        .expect_refusal("an answer with an LF inside")
}

/// Who speaks first is part of a protocol: the client here sends nothing until
/// it has the greeting.
fn the_server_speaks_first(trial: &mut Trial) -> Verdict {
    let greeting = trial.word(8);
    let mut server = trial.start(&["serve", &greeting])?;
    let mut peer = trial.connect(server.address()?)?;
    peer.expect("the server's greeting", format!("{greeting}\n").as_bytes())?;
    peer.send(b"ada\n")?;
    trial
        .finish(server)?
        .expect_exit("the server after one client", 0)
}

/// RFC 9293 §2.2: the answer is the same however it is cut.
fn the_answer_is_printed_whatever_its_pieces(trial: &mut Trial) -> Verdict {
    let answer = trial.word(6) + "\n";
    let len = answer.len();
    for delivery in [Delivery::whole()]
        .into_iter()
        .chain(every_cut(len))
        .chain([Delivery::octet_by_octet(len)])
    {
        let mut server = trial.start(&["serve", "hello"])?;
        let mut peer = trial.connect(server.address()?)?;
        peer.expect("the server's greeting", b"hello\n")?;
        peer.deliver(answer.as_bytes(), &delivery)?;
        let address = server.line(1)?;
        let run = trial.finish(server)?;
        let what = format!("the answer, {}", delivery.describe());
        let printed = run
            .stdout
            .strip_prefix(address.as_bytes())
            .unwrap_or(&run.stdout);
        if printed != answer.as_bytes() {
            return Err(Failure::octets(
                format!("{what}: standard output"),
                answer.as_bytes(),
                printed,
            )
            .at(0, address.len()));
        }
        run.expect_exit(&what, 0)?;
    }
    Ok(())
}

/// The LF ends the line, not the client's FIN: the client here never closes.
fn the_server_is_done_at_the_line_feed(trial: &mut Trial) -> Verdict {
    let mut server = trial.start(&["serve", "hello"])?;
    let mut peer = trial.connect(server.address()?)?;
    peer.expect("the server's greeting", b"hello\n")?;
    peer.send(b"ada\n")?;
    trial
        .finish(server)?
        .expect_exit("a client that keeps its connection open", 0)
}

/// RFC 9293 §3.6: a FIN before the LF leaves the line incomplete.
fn a_client_that_leaves_in_mid_line_is_reported(trial: &mut Trial) -> Verdict {
    let mut server = trial.start(&["serve", "hello"])?;
    let mut peer = trial.connect(server.address()?)?;
    peer.expect("the server's greeting", b"hello\n")?;
    peer.send(trial.word(3).as_bytes())?;
    peer.finish();
    trial
        .finish(server)?
        .expect_refusal("a client that closes before its LF")
}
