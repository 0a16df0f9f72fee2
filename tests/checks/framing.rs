//! What `framing` is held to: messages over a stream of octets.
//!
//! Most checks ask many things of one program: all messages in one stream, all
//! cuts of a stream one after another. Where an answer is wrong the program is
//! asked for that one alone, so that the report is about one thing.
//!
//! Of inputs that no program would tell apart one is enough: to start a program
//! costs more than all that it is asked. Of refusals there is one for each thing
//! that a program can overlook, and one for each side of a bound.

use std::time::Duration;

use crate::check;
use crate::check::{Check, Failure, LabChecks, Need, Recording, Verdict};
use crate::stream::{Delivery, every_cut};
use crate::trial::{Run, Running, Trial};

mod mistakes;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "framing",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[
        LENGTH_STREAM,
        LINE_FRAMES,
        DOT_MAIL,
        COBS_BLOCKS,
        COBS_RESYNC,
    ],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 2, the_length_stands_first_most_significant_octet_first, "step-1", "RFC 1035 §4.2.2"),
    check!(1, 2, the_length_counts_the_message_and_not_itself, "ways", "RFC 1035 §4.2.2"),
    check!(1, 2, frames_that_touch_are_told_apart, "stream", "RFC 9293 §2.2"),
    check!(1, 1, a_message_without_octets_is_a_message, "stream", "RFC 1035 §4.2.2"),
    check!(1, 2, a_message_as_long_as_the_limit_is_read_and_a_longer_one_refused, "limits", "RFC 1035 §4.2.2"),
    check!(1, 1, a_frame_that_is_not_all_there_is_no_message, "step-1", "RFC 9293 §3.6"),
    check!(1, 3, an_announced_4_gib_takes_no_memory, "limits", "RFC 1035 §4.2.2", Need::MemoryLimit),
    check!(1, 1, a_stream_of_lengths_reads_as_recorded, "step-1", "RFC 1035 §4.2.2"),
    check!(2, 2, no_line_feed_is_left_inside_a_line, "step-2", "RFC 8259 §7"),
    check!(2, 2, escapes_are_undone_from_left_to_right, "step-2", "RFC 8259 §7"),
    check!(2, 1, a_backslash_before_anything_else_is_refused, "step-2", "RFC 8259 §7"),
    check!(2, 2, a_dot_that_starts_a_line_is_doubled, "step-2", "RFC 5321 §4.5.2"),
    check!(2, 2, one_dot_is_taken_from_a_line_that_starts_with_one, "step-2", "RFC 5321 §4.5.2"),
    check!(2, 3, nothing_but_crlf_dot_crlf_ends_a_message_of_lines, "step-2", "RFC 5321 §4.1.1.4"),
    check!(2, 2, cr_and_lf_go_together_or_not_at_all, "step-2", "RFC 5321 §2.3.8"),
    check!(2, 1, the_limit_counts_the_message_and_not_what_was_added, "limits", "RFC 5321 §4.5.2"),
    check!(2, 1, lines_and_mail_are_framed_as_recorded, "step-2", "RFC 5321 §4.5.2"),
    check!(3, 2, a_block_is_a_code_and_octets_that_are_not_zero, "step-3", "Cheshire and Baker 1999"),
    check!(3, 2, a_full_block_has_254_octets_and_stands_for_no_zero, "step-3", "Cheshire and Baker 1999"),
    check!(3, 1, no_empty_block_follows_a_last_full_one, "step-3", "Cheshire and Baker 1999"),
    check!(3, 2, blocks_become_the_message_again, "step-3", "Cheshire and Baker 1999"),
    check!(3, 2, a_block_that_is_cut_and_a_frame_without_a_code_are_refused, "step-3", "Cheshire and Baker 1999"),
    check!(3, 1, the_limit_counts_no_codes, "limits", "Cheshire and Baker 1999"),
    check!(3, 1, blocks_read_as_recorded, "step-3", "Cheshire and Baker 1999"),
    check!(4, 3, a_cut_anywhere_changes_nothing, "stream", "RFC 9293 §2.2"),
    check!(4, 2, all_the_ways_to_cut_a_short_stream_are_one, "stream", "RFC 9293 §2.2"),
    check!(4, 1, one_octet_at_a_time_is_enough, "stream", "RFC 9293 §2.2"),
    check!(4, 2, messages_that_come_together_come_out_one_by_one, "stream", "RFC 9293 §3.9.1.2"),
    check!(4, 2, a_message_comes_out_as_soon_as_it_is_whole, "step-4", "RFC 9293 §2.2"),
    check!(4, 2, a_frame_over_the_limit_is_refused_before_it_ends, "limits", "RFC 9293 §2.2"),
    check!(4, 2, an_announced_4_gib_is_waited_for_in_no_memory, "limits", "RFC 1035 §4.2.2", Need::MemoryLimit),
    check!(4, 1, an_octet_is_not_searched_again_for_each_that_follows, "step-4", "RFC 9293 §2.2"),
    check!(5, 1, an_end_between_two_messages_is_an_end, "step-5", "RFC 9293 §3.6"),
    check!(5, 3, an_end_in_mid_message_is_an_error, "step-5", "RFC 9293 §3.6"),
    check!(5, 3, after_a_wrong_frame_the_next_one_is_read, "step-5", "RFC 1662 §4.3"),
    check!(5, 1, a_frame_that_is_given_up_is_not_kept, "step-5", "RFC 1662 §4.3", Need::MemoryLimit),
    check!(5, 2, behind_a_wrong_length_nothing_is_read, "step-5", "RFC 1035 §4.2.2"),
    check!(5, 1, frames_are_given_up_as_recorded, "step-5", "RFC 1662 §4.3"),
    check!(5, 2, the_relay_answers_each_frame_at_once, "step-5", "RFC 9293 §2.2"),
    check!(5, 3, a_cut_anywhere_on_a_connection_changes_nothing, "stream", "RFC 9293 §2.2"),
    check!(5, 2, a_half_close_in_mid_message_ends_that_connection_alone, "step-5", "RFC 9293 §3.6"),
    check!(5, 2, a_reset_in_mid_message_ends_that_connection_alone, "step-5", "RFC 9293 §3.5.3"),
    check!(5, 2, a_peer_that_announces_4_gib_is_turned_away, "limits", "RFC 1035 §4.2.2", Need::MemoryLimit),
    check!(5, 2, a_reader_that_is_slow_is_waited_for, "step-5", "RFC 9293 §3.8.6"),
    check!(5, 2, calls_that_fall_short_are_made_again, "step-5", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(6, 2, the_length_stands_in_groups_of_seven_bits_lowest_first, "step-6", "Protocol Buffers, Base 128 Varints"),
    check!(6, 2, a_varint_is_read_up_to_the_limit, "step-6", "Protocol Buffers, Base 128 Varints"),
    check!(6, 2, a_varint_with_more_octets_than_it_needs_is_refused, "step-6", "Protocol Buffers, Base 128 Varints"),
    check!(6, 2, a_varint_over_64_bits_is_refused_as_soon_as_it_shows, "step-6", "Protocol Buffers, Base 128 Varints"),
    check!(6, 2, a_cut_inside_a_varint_changes_nothing, "stream", "RFC 9293 §2.2"),
    check!(6, 1, an_end_inside_a_varint_is_an_error, "step-6", "RFC 9293 §3.6"),
    check!(6, 2, the_greatest_length_takes_no_memory, "limits", "Protocol Buffers, Base 128 Varints", Need::MemoryLimit),
];

const LENGTH_STREAM: Recording = Recording {
    name: "length_stream",
    args: &["decode", "--whole", "--framing", "length"],
    input: b"\x00\x00\x00\x02hi\x00\x00\x00\x00\x00\x00\x00\x08a\nb\\\x00\xff\t\r\x00\x00\x00\x03you\x00\x00\x00",
};

const LINE_FRAMES: Recording = Recording {
    name: "line_frames",
    args: &["encode", "--framing", "line"],
    input: b"hi\n\ntwo\\nlines\na\\\\b\n\\\\n\\n\n",
};

const DOT_MAIL: Recording = Recording {
    name: "dot_mail",
    args: &["decode", "--whole", "--framing", "dot"],
    input: b"Subject: dots\r\n\r\n..\r\n...and more\r\n.lone\r\nend.\r\n.\r\n.\r\n\r\n.\r\n",
};

const COBS_BLOCKS: Recording = Recording {
    name: "cobs_blocks",
    args: &["decode", "--whole", "--framing", "cobs"],
    input: b"\x03hi\x00\x01\x00\x01\x01\x00\x01\x01\x01\x00\x02a\x02b\x00\x02a\x01\x00\x01\x02a\x00\x02a\x03bc\x01\x02d\x00\x05hi\x00",
};

const COBS_RESYNC: Recording = Recording {
    name: "cobs_resync",
    args: &["decode", "--resync", "--max", "8", "--framing", "cobs"],
    input: b"\x03hi\x00\x05no\x00\x02a\x00\x00\x04yes\x00\x0aninechars\x00\x01\x00\xffnot so long\x00\x04end\x00\x09cut",
};

// The framings as the check knows them: an oracle for the lab's own.

/// How messages stand in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    Line,
    Dot,
    Cobs,
    Varint,
}
use Framing::{Cobs, Dot, Length, Line, Varint};

/// Those that are there before step 6.
const FIRST_FOUR: [Framing; 4] = [Length, Line, Dot, Cobs];

/// Those with something that ends a frame.
const WITH_AN_END: [Framing; 3] = [Line, Dot, Cobs];

type Message = Vec<u8>;

impl Framing {
    /// As it is called on the command line.
    fn name(self) -> &'static str {
        match self {
            Length => "length",
            Line => "line",
            Dot => "dot",
            Cobs => "cobs",
            Varint => "varint",
        }
    }

    /// The framing with this name.
    fn named(name: &str) -> Option<Framing> {
        let all = [Length, Line, Dot, Cobs, Varint];
        all.into_iter().find(|framing| framing.name() == name)
    }

    /// The frame of `message`.
    fn frame(self, message: &[u8]) -> Vec<u8> {
        match self {
            Length => {
                let len = message.len();
                let header = [24, 16, 8, 0].map(|shift| (len >> shift & 0xff) as u8);
                [&header, message].concat()
            }
            Line => {
                let escaped = message.iter().flat_map(|octet| match octet {
                    b'\n' => vec![b'\\', b'n'],
                    b'\\' => vec![b'\\', b'\\'],
                    other => vec![*other],
                });
                escaped.chain([b'\n']).collect()
            }
            Dot => {
                let mut frame = Vec::new();
                for (index, &octet) in message.iter().enumerate() {
                    let starts_a_line = index == 0 || message.get(index - 1) == Some(&b'\n');
                    if octet == b'.' && starts_a_line {
                        frame.push(b'.');
                    }
                    frame.push(octet);
                }
                frame.extend(b".\r\n");
                frame
            }
            Cobs => {
                // A block is open all the time, and closed by a zero, by its
                // 254th octet, or by the end.
                let mut frame = Vec::new();
                let mut block = Vec::new();
                let mut after_full = false;
                for &octet in message {
                    after_full = false;
                    if octet != 0 {
                        block.push(octet);
                    }
                    if octet == 0 || block.len() == 254 {
                        frame.push(block.len() as u8 + 1);
                        frame.append(&mut block);
                        after_full = octet != 0;
                    }
                }
                if !after_full {
                    frame.push(block.len() as u8 + 1);
                    frame.append(&mut block);
                }
                frame.push(0);
                frame
            }
            Varint => [varint(message.len() as u64, 1), message.to_vec()].concat(),
        }
    }

    /// The frames of `messages`, one behind the other.
    fn stream(self, messages: &[Message]) -> Vec<u8> {
        let frames: Vec<Vec<u8>> = messages.iter().map(|message| self.frame(message)).collect();
        frames.concat()
    }

    /// A random message of about `len` octets that this framing can carry, with
    /// what it has to take care of in it.
    fn any(self, trial: &mut Trial, len: usize) -> Message {
        if self == Dot {
            let mut message = Vec::new();
            while message.len() < len {
                let dots = trial.rng.usize(..3);
                let letters = trial.rng.usize(..3);
                message.extend(b".".repeat(dots));
                message.extend(trial.word(letters).bytes());
                message.extend(b"\r\n");
            }
            return message;
        }
        let octets = b"\n\\n\x00\x01.\r\xffab";
        (0..len)
            .map(|_| octets.get(trial.rng.usize(..octets.len())).copied())
            .map(|octet| octet.unwrap_or_default())
            .collect()
    }

    /// Three messages with this framing's own difficulty in them: a short one,
    /// one without octets, and one that holds what marks an end.
    fn three(self, trial: &mut Trial) -> Vec<Message> {
        let (first, last) = (trial.word(2), trial.word(1));
        let (first, last) = match self {
            Dot => (format!("{first}\r\n"), format!(".\r\n{last}.\r\n")),
            Line => (first, format!("{last}\n\\")),
            _ => (first, format!("{last}\0\n\\")),
        };
        vec![first.into_bytes(), Vec::new(), last.into_bytes()]
    }
}

/// A number as a varint of at least `len` octets: more than it needs are
/// filled with groups of zeros.
fn varint(number: u64, len: usize) -> Vec<u8> {
    let mut octets = vec![(number % 128) as u8];
    let mut left = number / 128;
    while left > 0 || octets.len() < len {
        octets.last_mut().into_iter().for_each(|last| *last += 128);
        octets.push((left % 128) as u8);
        left /= 128;
    }
    octets
}

/// The line of text that stands for a message on the command line, with its LF.
fn text(message: &[u8]) -> String {
    let mut line = String::with_capacity(message.len() + 1);
    for &octet in message {
        match octet {
            b'\n' => line.push_str("\\n"),
            b'\r' => line.push_str("\\r"),
            b'\t' => line.push_str("\\t"),
            b'\\' => line.push_str("\\\\"),
            b' '..=b'~' => line.push(char::from(octet)),
            _ => line.push_str(&format!("\\x{octet:02x}")),
        }
    }
    line.push('\n');
    line
}

/// The lines of several messages.
fn texts(messages: &[Message]) -> String {
    messages.iter().map(|message| text(message)).collect()
}

/// A message in a phrase: its text, or how long it is.
fn named(message: &[u8]) -> String {
    let text = text(message);
    match text.trim_end_matches('\n') {
        "" => "the message without octets".to_owned(),
        text if text.len() <= 40 => format!("the message `{text}`"),
        _ => format!("a message of {} octets", message.len()),
    }
}

/// Octets in a phrase.
fn hex(octets: &[u8]) -> String {
    let shown: Vec<String> = octets
        .iter()
        .take(12)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let more = if octets.len() > 12 { " …" } else { "" };
    format!("`{}{more}`", shown.join(" "))
}

fn octets(text: impl AsRef<[u8]>) -> Message {
    text.as_ref().to_vec()
}

// How the program is asked.

/// Fails unless `all` is right. Where it is not, `parts` are asked for first: the
/// same in more programs, or more plainly, for a report about one thing.
fn at_once(
    trial: &mut Trial,
    all: impl Fn(&mut Trial) -> Verdict,
    parts: impl FnOnce(&mut Trial) -> Verdict,
) -> Verdict {
    let came = all(trial);
    if came.is_ok() {
        return came;
    }
    parts(trial)?;
    // What is reported is what happened last.
    all(trial)?;
    came
}

/// Fails unless `encode` gives each message the frame of the oracle.
fn expect_encoded(trial: &mut Trial, framing: Framing, messages: &[Message]) -> Verdict {
    let args = ["encode", "--max", "100000", "--framing", framing.name()];
    let run = trial.run(&args, texts(messages).as_bytes())?;
    let expected = framing.stream(messages);
    if run.stdout == expected && run.code == Some(0) {
        return Ok(());
    }
    // The first that is wrong, alone.
    for message in first_wrong(messages, |message| framing.frame(message), &run.stdout) {
        let alone = trial.run(&args, text(message).as_bytes())?;
        let what = format!("{} as {}", named(message), framing.name());
        alone.expect(&what, &framing.frame(message))?;
    }
    let what = format!("{} messages as {}", messages.len(), framing.name());
    run.expect(&what, &expected)
}

/// Those of `items` that are worth a look alone: the first whose output is not
/// what `wanted` says, and as a second the one before.
fn first_wrong<'a>(
    items: &'a [Message],
    wanted: impl Fn(&Message) -> Vec<u8>,
    came: &[u8],
) -> Vec<&'a Message> {
    let mut rest = came;
    for (index, item) in items.iter().enumerate() {
        match rest.strip_prefix(wanted(item).as_slice()) {
            Some(after) => rest = after,
            None => {
                let before = index.checked_sub(1).and_then(|before| items.get(before));
                return [Some(item), before].into_iter().flatten().collect();
            }
        }
    }
    items.last().into_iter().collect()
}

/// Fails unless `decode --whole` reads each message from its frame.
fn expect_decoded(trial: &mut Trial, framing: Framing, messages: &[Message]) -> Verdict {
    let args = [
        "decode",
        "--whole",
        "--max",
        "100000",
        "--framing",
        framing.name(),
    ];
    let run = trial.run(&args, &framing.stream(messages))?;
    let expected = texts(messages);
    if run.stdout == expected.as_bytes() && run.code == Some(0) {
        return Ok(());
    }
    for message in first_wrong(messages, |message| text(message).into_bytes(), &run.stdout) {
        let frame = framing.frame(message);
        let alone = trial.run(&args, &frame)?;
        let what = format!("the {} frame {}", framing.name(), hex(&frame));
        alone.expect(&what, text(message).as_bytes())?;
    }
    // Each is right alone, so it is about what stands before.
    let count = messages.len();
    if let Some([first, second]) = messages.first_chunk() {
        let two = [first.clone(), second.clone()];
        let alone = trial.run(&args, &framing.stream(&two))?;
        let what = format!(
            "two {} frames, {}",
            framing.name(),
            hex(&framing.stream(&two))
        );
        alone.expect(&what, texts(&two).as_bytes())?;
    }
    run.expect(
        &match count {
            1 => format!("one {} frame", framing.name()),
            count => format!("{count} {} frames", framing.name()),
        },
        expected.as_bytes(),
    )
}

/// What a program is asked with for all of a stream at once.
fn whole(framing: Framing, max: &str) -> [&str; 6] {
    let name = framing.name();
    ["decode", "--whole", "--max", max, "--framing", name]
}

/// Fails unless `decode --whole` refuses `stream`, and prints `before` first.
fn expect_refused(
    trial: &mut Trial,
    framing: Framing,
    max: &str,
    stream: &[u8],
    before: &[Message],
) -> Verdict {
    let run = trial.run(&whole(framing, max), stream)?;
    let what = format!("{} as {}, limit {max}", hex(stream), framing.name());
    refused(&run, &what, &texts(before))
}

/// Whether the program refuses each of `inputs`, after it printed `before`, when they
/// are all given to one. Where that is not so, each is asked for alone.
fn refuses_each(trial: &mut Trial, args: &[&str], inputs: &[Message], before: &str) -> bool {
    let args = [args, &["--each"]].concat();
    let Ok(run) = trial.run(&args, texts(inputs).as_bytes()) else {
        return false;
    };
    let came = run.stdout_text();
    let rest = inputs.iter().try_fold(came.as_str(), |rest, _| {
        let refused = rest.strip_prefix(before)?.strip_prefix("error: ")?;
        let (why, rest) = refused.split_once('\n')?;
        (!why.is_empty()).then_some(rest)
    });
    rest == Some("") && run.code == Some(0)
}

/// Fails unless `decode --whole` refuses each of `streams`, and prints `before` first.
fn expect_each_refused(
    trial: &mut Trial,
    framing: Framing,
    max: &str,
    streams: &[Message],
    before: &[Message],
) -> Verdict {
    let args = whole(framing, max);
    if refuses_each(trial, &args, streams, &texts(before)) {
        return Ok(());
    }
    streams
        .iter()
        .try_for_each(|stream| expect_refused(trial, framing, max, stream, before))
}

/// Fails unless `run` printed `before` and then refused.
fn refused(run: &Run, what: &str, before: &str) -> Verdict {
    if run.stdout != before.as_bytes() {
        let came = &run.stdout;
        let failure = Failure::octets(format!("{what}: standard output"), before.as_bytes(), came);
        return Err(failure.at(0, 0).ended(run.ending.clone()));
    }
    run.expect_refusal(what)
}

/// Fails unless `decode --whole` reads `stream` as one message under `max`.
fn expect_allowed(
    trial: &mut Trial,
    framing: Framing,
    max: &str,
    stream: &[u8],
    message: &[u8],
) -> Verdict {
    let args = whole(framing, max);
    let run = trial.run(&args, stream)?;
    let what = format!("{} as {}, limit {max}", hex(stream), framing.name());
    run.expect(&what, text(message).as_bytes())
}

/// Fails unless `decode --whole` reads the `longest` messages under a limit of
/// their length, and refuses the one behind them, which is longer.
fn expect_limit(
    trial: &mut Trial,
    framing: Framing,
    longest: &[Message],
    longer: &[u8],
) -> Verdict {
    let max = longest.first().map_or(0, Vec::len).to_string();
    let too_long = framing.frame(longer);
    let stream = [framing.stream(longest), too_long.clone()].concat();
    at_once(
        trial,
        |trial| expect_refused(trial, framing, &max, &stream, longest),
        |trial| {
            for message in longest {
                expect_allowed(trial, framing, &max, &framing.frame(message), message)?;
            }
            expect_refused(trial, framing, &max, &too_long, &[])
        },
    )
}

/// Each frame a piece: whoever fails here fails for another reason than a cut.
fn at_the_borders(framing: Framing, messages: &[Message]) -> Delivery {
    let mut at = 0;
    let borders = messages.iter().map(|message| {
        at += framing.frame(message).len();
        at
    });
    Delivery::cut_at(&borders.collect::<Vec<_>>())
}

/// Fails unless `decode` gives `messages` when their stream is delivered so.
fn expect_cut(
    trial: &mut Trial,
    framing: Framing,
    messages: &[Message],
    delivery: &Delivery,
) -> Verdict {
    let run = decode_count(
        trial,
        framing,
        messages.len(),
        &framing.stream(messages),
        delivery,
    )?;
    let what = format!(
        "{} messages as {}, {}",
        messages.len(),
        framing.name(),
        delivery.describe()
    );
    run.expect(&what, texts(messages).as_bytes())
}

/// Fails unless `decode` gives `messages` however their stream is cut. All the ways
/// are of one stream to one program, one copy behind the other.
fn expect_however_cut(
    trial: &mut Trial,
    framing: Framing,
    messages: &[Message],
    deliveries: &[Delivery],
) -> Verdict {
    let stream = framing.stream(messages);
    let count = (messages.len() * deliveries.len()).to_string();
    let pieces = deliveries
        .iter()
        .flat_map(|delivery| delivery.pieces(&stream));
    let pieces = in_pieces(pieces);
    let expected = texts(messages).repeat(deliveries.len());
    // The program itself cuts it for its decoder, which waits for nobody.
    let args = ["decode", "--count", &count, "--framing", framing.name()];
    let args = [args.as_slice(), &["--pieces", &pieces]].concat();
    let run = trial.run(&args, &stream.repeat(deliveries.len()));
    let is_right = |run: &Run| run.stdout == expected.as_bytes() && run.code == Some(0);
    if run.as_ref().is_ok_and(is_right) {
        return Ok(());
    }
    expect_cut(trial, framing, messages, &at_the_borders(framing, messages))?;
    // The first delivery that went wrong, alone.
    let came = run.as_ref().map(Run::stdout_text).unwrap_or_default();
    let right = came
        .lines()
        .zip(expected.lines())
        .take_while(|(came, expected)| came == expected)
        .count();
    if let Some(delivery) = deliveries.get(right / messages.len().max(1)) {
        expect_cut(trial, framing, messages, delivery)?;
    }
    let what = format!(
        "{} streams as {}, each cut in its own way",
        deliveries.len(),
        framing.name()
    );
    let all = stream.repeat(deliveries.len());
    let cuts = one_behind_the_other(deliveries, &stream);
    let delivered = decode_count(
        trial,
        framing,
        messages.len() * deliveries.len(),
        &all,
        &cuts,
    )?;
    delivered.expect(&what, expected.as_bytes())?;
    run?.expect(&what, expected.as_bytes())
}

/// What `--pieces` takes, for these.
fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let lens = pieces.into_iter().map(|piece| piece.len().to_string());
    lens.collect::<Vec<_>>().join(",")
}

fn decode_count(
    trial: &mut Trial,
    framing: Framing,
    count: usize,
    stream: &[u8],
    delivery: &Delivery,
) -> Result<Run, Failure> {
    let count = count.to_string();
    trial.run_fed(
        &["decode", "--count", &count, "--framing", framing.name()],
        stream,
        delivery,
    )
}

/// Starts `decode` and leaves its input open.
fn decoder(trial: &mut Trial, framing: Framing, args: &[&str]) -> Result<Running, Failure> {
    trial.start(&[&["decode", "--framing", framing.name()], args].concat())
}

/// Fails unless standard output holds `expected` while the input is open.
fn expect_so_far(running: &Running, what: &str, expected: &str) -> Verdict {
    so_far(what, expected, running.output(expected.len()))
}

/// Fails unless what `came` so far is `expected`.
fn so_far(what: &str, expected: &str, came: Vec<u8>) -> Verdict {
    if came == expected.as_bytes() {
        return Ok(());
    }
    Err(Failure::octets(
        format!("{what}: standard output"),
        expected.as_bytes(),
        &came,
    )
    .at(0, 0))
}

/// Fails unless the program, whose input stays open, reads a good frame and then
/// refuses `stream`.
fn expect_refused_while_open(
    trial: &mut Trial,
    framing: Framing,
    args: &[&str],
    stream: &[u8],
) -> Verdict {
    let mut running = decoder(trial, framing, args)?;
    let good = b"ok";
    running.feed(&framing.frame(good), &Delivery::whole())?;
    expect_so_far(&running, "a good frame, the input still open", &text(good))?;
    expect_refused_now(trial, framing, running, stream, &text(good))
}

/// Fails unless `running`, which has printed `before` and whose input stays open,
/// refuses `stream`.
fn expect_refused_now(
    trial: &mut Trial,
    framing: Framing,
    mut running: Running,
    stream: &[u8],
    before: &str,
) -> Verdict {
    running.feed(stream, &Delivery::whole())?;
    let limit = running.arg("--max").unwrap_or("65536");
    let what = format!(
        "{} as {}, limit {limit}, and nothing after it",
        hex(stream),
        framing.name(),
    );
    let run = trial.finish(running).map_err(|_| {
        Failure::words(
            &what,
            "exit status 1, at once",
            "the program waited for more",
        )
    })?;
    refused(&run, &what, before)
}

/// Starts a relay.
fn relay(trial: &mut Trial, from: Framing, to: Framing, args: &[&str]) -> Result<Running, Failure> {
    let framings = ["relay", "--from", from.name(), "--to", to.name()];
    trial.start(&[&framings, args].concat())
}

/// Fails unless the relay, on one connection, answers `messages` delivered so
/// and ends it when we do.
fn expect_relayed(
    trial: &Trial,
    relay: &mut Running,
    (from, to): (Framing, Framing),
    messages: &[Message],
    delivery: &Delivery,
) -> Verdict {
    let what = format!(
        "{} messages from {} to {}, {}",
        messages.len(),
        from.name(),
        to.name(),
        delivery.describe()
    );
    let mut peer = trial.connect(relay.address()?)?;
    peer.deliver(&from.stream(messages), delivery)?;
    peer.finish();
    peer.expect(&what, &to.stream(messages))?;
    peer.expect_end(format!("{what}, then our end"))
}

/// The same with many deliveries, one behind the other on one connection. Where
/// that goes wrong each has a connection, and the first that fails is shown alone.
fn expect_relayed_however_cut(
    trial: &mut Trial,
    framings: (Framing, Framing),
    messages: &[Message],
    deliveries: &[Delivery],
) -> Verdict {
    let (from, to) = framings;
    let all = deliveries.iter().flat_map(|_| messages.to_vec());
    let all: Vec<Message> = all.collect();
    let one_behind_the_other = one_behind_the_other(deliveries, &from.stream(messages));
    at_once(
        trial,
        |trial| {
            let mut running = relay(trial, from, to, &[])?;
            expect_relayed(trial, &mut running, framings, &all, &one_behind_the_other)?;
            trial.end(running);
            Ok(())
        },
        |trial| {
            let mut running = relay(trial, from, to, &[])?;
            for delivery in deliveries {
                let verdict = expect_relayed(trial, &mut running, framings, messages, delivery);
                if verdict.is_err() {
                    drop(running);
                    let mut running = relay(trial, from, to, &[])?;
                    expect_relayed(trial, &mut running, framings, messages, delivery)?;
                    return verdict;
                }
            }
            Ok(())
        },
    )
}

/// The delivery of `stream` as often as there are `deliveries`, each time in another
/// one's pieces.
fn one_behind_the_other(deliveries: &[Delivery], stream: &[u8]) -> Delivery {
    let mut at = 0;
    let ends = deliveries
        .iter()
        .flat_map(|delivery| delivery.pieces(stream));
    let ends = ends.map(|piece| {
        at += piece.len();
        at
    });
    Delivery::cut_at(&ends.collect::<Vec<_>>())
}

/// Fails unless the relay still serves.
fn expect_still_there(
    trial: &Trial,
    relay: &mut Running,
    framings: (Framing, Framing),
    after: &str,
) -> Verdict {
    let lines = [framings.0, framings.1].contains(&Dot);
    let next = octets(if lines { "next\r\n" } else { "next" });
    let verdict = expect_relayed(trial, relay, framings, &[next], &Delivery::whole());
    verdict.map_err(|failure| Failure {
        what: format!("the next connection, after {after}"),
        ..failure
    })
}

// Step 1.

/// RFC 1035 §4.2.2: the length stands before the message, as numbers do in
/// network order: the most significant octet first.
fn the_length_stands_first_most_significant_octet_first(trial: &mut Trial) -> Verdict {
    let lens = [1, 2, 255, 256, 257, 258, 511, 4660, 65535, 65536, 65537];
    let mut messages = lens.map(|len| vec![b'a'; len]).to_vec();
    messages.extend((0..60).map(|len| Length.any(trial, len)));
    expect_encoded(trial, Length, &messages)
}

/// RFC 1035 §4.2.2: the length excludes the length field.
fn the_length_counts_the_message_and_not_itself(trial: &mut Trial) -> Verdict {
    let word = octets(trial.word(2));
    expect_encoded(trial, Length, &[word])?;
    let word = octets(trial.word(6));
    expect_decoded(trial, Length, &[word])
}

/// RFC 9293 §2.2: the stream has no borders; behind a frame the next begins.
fn frames_that_touch_are_told_apart(trial: &mut Trial) -> Verdict {
    let all = octets((0..=255).collect::<Vec<u8>>());
    let mut messages = vec![octets(trial.word(2)), octets(trial.word(3)), all];
    messages.extend((1..60).map(|len| Length.any(trial, len)));
    messages.extend([256, 300, 65536].map(|len| vec![b'a'; len]));
    expect_decoded(trial, Length, &messages)
}

/// A length of 0 is a length: four octets, and the frame is whole.
fn a_message_without_octets_is_a_message(trial: &mut Trial) -> Verdict {
    // First, last, and two that touch.
    let around = [
        Vec::new(),
        octets(trial.word(2)),
        Vec::new(),
        Vec::new(),
        octets(trial.word(3)),
        Vec::new(),
    ];
    expect_encoded(trial, Length, &around)?;
    at_once(
        trial,
        |trial| expect_decoded(trial, Length, &around),
        |trial| expect_decoded(trial, Length, &[Vec::new()]),
    )
}

/// Both sides of the bound, at several bounds.
fn a_message_as_long_as_the_limit_is_read_and_a_longer_one_refused(trial: &mut Trial) -> Verdict {
    for max in [5, 0] {
        let [longest, longer] = [max, max + 1].map(|len| octets(trial.word(len)));
        expect_limit(trial, Length, &[longest], &longer)?;
    }
    // The one that is set without a word.
    let args = ["decode", "--whole", "--framing", "length"];
    let [longest, longer] = [65536, 65537].map(|len| vec![b'a'; len]);
    let [first, second] = [&longest, &longer].map(|message| Length.frame(message));
    at_once(
        trial,
        |trial| {
            let run = trial.run(&args, &[first.as_slice(), &second].concat())?;
            let what = "messages of 65536 and of 65537 octets, limit unset";
            refused(&run, what, &text(&longest))
        },
        |trial| {
            let what = "a message of 65536 octets, limit unset";
            trial
                .run(&args, &first)?
                .expect(what, text(&longest).as_bytes())?;
            let what = "a message of 65537 octets, limit unset";
            refused(&trial.run(&args, &second)?, what, "")
        },
    )
}

/// RFC 9293 §3.6: the other side may end at any octet. What came before is read.
fn a_frame_that_is_not_all_there_is_no_message(trial: &mut Trial) -> Verdict {
    let whole = octets(trial.word(2));
    let cut = Length.frame(trial.word(3).as_bytes());
    // A part of the length, the length alone, and all but the last octet.
    let streams = [1, 4, cut.len() - 1]
        .map(|len| [&Length.frame(&whole), cut.get(..len).unwrap_or_default()].concat());
    expect_each_refused(trial, Length, "100", &streams, &[whole])
}

/// What a program may have in the checks that announce what never comes: the
/// reference, or an interpreter, with room to spare, and a quarter of 4 GiB less.
const MEMORY_LEN_MAX: u64 = 256 << 20;

/// Four octets cost their sender nothing. Over the limit they are refused;
/// within it they are a promise, for which nothing is reserved.
fn an_announced_4_gib_takes_no_memory(trial: &mut Trial) -> Verdict {
    trial.limit_memory(MEMORY_LEN_MAX);
    let stream = b"\x00\x00\x00\x02hi\xff\xff\xff\xffnot so much";
    for max in ["65536", "4294967295"] {
        let run = trial.run(
            &["decode", "--whole", "--framing", "length", "--max", max],
            stream,
        )?;
        let what = format!("`hi`, and 4294967295 octets announced, limit {max}");
        refused(&run, &what, "hi\n")?;
    }
    Ok(())
}

/// The stub's contract, as a whole stream.
fn a_stream_of_lengths_reads_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&LENGTH_STREAM)
}

// Step 2.

/// RFC 8259 §7 has the same two escapes, for the same reason.
fn no_line_feed_is_left_inside_a_line(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = [
        "hi",
        "",
        "\n",
        "\\",
        "a\nb",
        "\\n",
        "\n\\",
        "\\\\n\n\n",
        "\r",
        "\0",
    ]
    .map(octets)
    .to_vec();
    messages.extend((0..100).map(|len| Line.any(trial, len % 20)));
    expect_encoded(trial, Line, &messages)
}

/// A backslash and what stands behind it are one escape, read from the left: in
/// `\\n` the first escapes the second, and the `n` is a letter.
fn escapes_are_undone_from_left_to_right(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = [
        "hi", "", "\n", "\\", "a\nb", "\\n", "\n\\", "\\\\n", "\r", "\0\u{ff}",
    ]
    .map(octets)
    .to_vec();
    messages.extend((0..100).map(|len| Line.any(trial, len % 20)));
    expect_decoded(trial, Line, &messages)
}

/// Two escapes are defined; a third means that the two sides disagree.
fn a_backslash_before_anything_else_is_refused(trial: &mut Trial) -> Verdict {
    let stream = |bad: &str| [b"ok\n", bad.as_bytes(), b"never\n"].concat();
    // Before the end, in either case of a letter, behind an escape, before what
    // is one elsewhere, and before what is no letter.
    let all = ["\\\n", "\\N\n", "ab\\\\\\\n", "\\r\n", "\\ \n"].map(stream);
    let before = [octets("ok")];
    at_once(
        trial,
        |trial| expect_each_refused(trial, Line, "100", &all, &before),
        |trial| expect_refused(trial, Line, "100", &stream("\\q\n"), &before),
    )
}

/// RFC 5321 §4.5.2: before a line that starts with a dot, one more is inserted.
fn a_dot_that_starts_a_line_is_doubled(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = [
        "hi\r\n",
        "",
        ".\r\n",
        "..\r\n",
        ".a\r\n",
        "a.\r\n",
        "a\r\n.\r\nb\r\n",
        "\r\n",
        "\r\n.\r\n",
    ]
    .map(octets)
    .to_vec();
    messages.extend((0..60).map(|len| Dot.any(trial, len % 20)));
    expect_encoded(trial, Dot, &messages)
}

/// RFC 5321 §4.5.2: a lone dot is the end; of any other line that starts with a
/// dot, that dot is deleted, whatever follows it.
fn one_dot_is_taken_from_a_line_that_starts_with_one(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = [
        "hi\r\n",
        "",
        ".\r\n",
        "..\r\n",
        ".a\r\n",
        "a.\r\n",
        "a\r\n.\r\nb\r\n",
        "\r\n",
        "\r\n.\r\n",
    ]
    .map(octets)
    .to_vec();
    messages.extend((0..60).map(|len| Dot.any(trial, len % 20)));
    // What a sender that doubles no dots would send.
    let undoubled = [
        (b".a\r\n.\r\n".as_slice(), octets("a\r\n")),
        (b"b\r\n. \r\n.\r\n", octets("b\r\n \r\n")),
    ];
    let args = ["decode", "--whole", "--framing", "dot"];
    at_once(
        trial,
        |trial| {
            let frames = undoubled.clone().map(|(frame, _)| frame).concat();
            let run = trial.run(&args, &[Dot.stream(&messages), frames].concat())?;
            let more = undoubled.clone().map(|(_, message)| message);
            let expected = texts(&messages) + &texts(&more);
            run.expect(
                "frames as dot, some with no dot doubled",
                expected.as_bytes(),
            )
        },
        |trial| {
            expect_decoded(trial, Dot, &messages)?;
            for (frame, message) in &undoubled {
                expect_allowed(trial, Dot, "100", frame, message)?;
            }
            Ok(())
        },
    )
}

/// RFC 5321 §4.1.1.4: LF, dot, LF MUST NOT be taken for the end. Two programs
/// that disagree on the end disagree on what is a message and what a command.
fn nothing_but_crlf_dot_crlf_ends_a_message_of_lines(trial: &mut Trial) -> Verdict {
    let ends = [
        "a\n.\n", "\n.\r\n", "a\r\n.\n", "a\r.\r", "a\r\n.\r", ".\n", ".\r",
    ];
    // Behind it a second message, which must not come out.
    let streams = ends.map(|end| [end.as_bytes(), b"b\r\n.\r\n"].concat());
    expect_each_refused(trial, Dot, "100", &streams, &[])
}

/// RFC 5321 §2.3.8: CR and LF MUST be sent together, as the end of a line; and
/// §4.1.1.4: a last line without its end is rejected.
fn cr_and_lf_go_together_or_not_at_all(trial: &mut Trial) -> Verdict {
    let args = ["encode", "--framing", "dot"];
    // In a line, before a CRLF, as the first octet, and as the last.
    let alone = ["a\nb\r\n", "a\rb\r\n", "\r\r\n", "\n\r\n", "\r"].map(octets);
    let without_end = octets("a\r\nb");
    let all = [alone.as_slice(), std::slice::from_ref(&without_end)].concat();
    if refuses_each(trial, &args, &all, "") {
        return Ok(());
    }
    let refuse = |trial: &mut Trial, bad: &[u8]| {
        let run = trial.run(&args, text(bad).as_bytes())?;
        refused(&run, &format!("{} as dot", named(bad)), "")
    };
    alone.iter().try_for_each(|bad| refuse(trial, bad))?;
    at_once(
        trial,
        |trial| refuse(trial, &without_end),
        |trial| refuse(trial, b"a"),
    )
}

/// The limit is the message's: escapes and doubled dots do not count.
fn the_limit_counts_the_message_and_not_what_was_added(trial: &mut Trial) -> Verdict {
    // The longest have nothing added and as much as can be. The longer ones have
    // frames that another message of the limit's length could have, so that it is
    // the message that has to be counted.
    for (framing, longest, longer) in [
        (Line, ["abcd", "\n\\\n\\"].as_slice(), "ab\n\\c"),
        (Line, &[""], "a"),
        (Dot, &["abcd\r\n", ".\r\n.\r\n"], ".\r\nab\r\n"),
        (Dot, &[""], "\r\n"),
    ] {
        let longest: Vec<Message> = longest.iter().map(octets).collect();
        expect_limit(trial, framing, &longest, longer.as_bytes())?;
    }
    Ok(())
}

/// The stubs' contracts, as whole streams.
fn lines_and_mail_are_framed_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&LINE_FRAMES)?;
    trial.expect_recorded(&DOT_MAIL)
}

// Step 3.

/// Messages around the ends of blocks.
fn runs(lens: &[usize]) -> Vec<Message> {
    let run = |len: usize| vec![b'a'; len];
    lens.iter()
        .flat_map(|&len| {
            [
                run(len),
                [run(len), vec![0]].concat(),
                [vec![0], run(len)].concat(),
                [run(len), vec![0, 0], run(len)].concat(),
            ]
        })
        .collect()
}

/// Cheshire and Baker: a code under 0xff says how many octets follow, itself
/// counted, and that a zero stood behind them.
fn a_block_is_a_code_and_octets_that_are_not_zero(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = ["", "hi", "\0", "a\0b", "a\0", "\0a", "\0\0", "a\0bc\0\0d"]
        .map(octets)
        .to_vec();
    messages.extend((0..60).map(|len| Cobs.any(trial, len)));
    expect_encoded(trial, Cobs, &messages)
}

/// Cheshire and Baker: the code 0xff is the one that stands for no zero.
fn a_full_block_has_254_octets_and_stands_for_no_zero(trial: &mut Trial) -> Verdict {
    let run = |len: usize| vec![b'a'; len];
    let mut messages = vec![
        run(253),
        run(255),
        [run(254), vec![0]].concat(),
        [run(253), vec![0]].concat(),
    ];
    messages.extend(runs(&[253, 255, 256, 507, 509]));
    expect_encoded(trial, Cobs, &messages)
}

/// The frame is the shortest: what ends with a full block needs no other.
fn no_empty_block_follows_a_last_full_one(trial: &mut Trial) -> Verdict {
    let run = |len: usize| vec![b'a'; len];
    let last_full = [run(254), run(508), [vec![0], run(254)].concat()];
    expect_encoded(trial, Cobs, &last_full)?;
    // Some senders write it; it says the same.
    let longer = last_full.clone().map(|message| {
        let mut frame = Cobs.frame(&message);
        frame.pop();
        [frame, vec![1, 0]].concat()
    });
    let args = ["decode", "--whole", "--max", "600", "--framing", "cobs"];
    at_once(
        trial,
        |trial| {
            let run = trial.run(&args, &longer.concat())?;
            let what = "frames as cobs with an empty block after a last full one";
            run.expect(what, texts(&last_full).as_bytes())
        },
        |trial| {
            for (frame, message) in longer.iter().zip(&last_full) {
                expect_allowed(trial, Cobs, "600", frame, message)?;
            }
            Ok(())
        },
    )
}

/// What was stuffed is the message again, whatever is in it.
fn blocks_become_the_message_again(trial: &mut Trial) -> Verdict {
    let mut messages: Vec<Message> = ["hi", "", "\0", "a\0b", "a\0", "\0a", "\0\0", "a\0bc\0\0d"]
        .map(octets)
        .to_vec();
    messages.extend(runs(&[253, 255, 254, 508, 509]));
    messages.extend((0..60).map(|len| Cobs.any(trial, len * 10)));
    expect_decoded(trial, Cobs, &messages)
}

/// A code promises; where the zero comes earlier, octets are missing. A frame
/// has a code at least.
fn a_block_that_is_cut_and_a_frame_without_a_code_are_refused(trial: &mut Trial) -> Verdict {
    let stream = |bad: &[u8]| [b"\x03ok\0", bad, b"\x03hi\0"].concat();
    let cut = [vec![0xff], vec![b'a'; 253], vec![0]].concat();
    // A code alone, a block behind another, a full one short of one octet, and
    // no code.
    let all = [b"\x02\0".as_slice(), b"\x02a\x03b\0", &cut, b"\0"].map(stream);
    let before = [octets("ok")];
    at_once(
        trial,
        |trial| expect_each_refused(trial, Cobs, "300", &all, &before),
        |trial| expect_refused(trial, Cobs, "300", &stream(b"\x03h\0"), &before),
    )
}

/// Both sides of the bound, where codes would make a difference.
fn the_limit_counts_no_codes(trial: &mut Trial) -> Verdict {
    let run = |len: usize| vec![b'a'; len];
    let with_a_zero = |[before, after]: [usize; 2]| [run(before), vec![0], run(after)].concat();
    expect_limit(trial, Cobs, &[run(4), vec![0; 4]], &with_a_zero([2, 2]))?;
    expect_limit(trial, Cobs, &[Vec::new()], &run(1))?;
    // As many codes as can be, and a full block as the last. The longer one has a
    // frame as long as the longest, so that it is the message that is counted.
    let longest = [run(600), with_a_zero([345, 254])];
    expect_limit(trial, Cobs, &longest, &with_a_zero([346, 254]))
}

/// The stub's contract, as a whole stream.
fn blocks_read_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&COBS_BLOCKS)
}

// Step 4.

/// How long a message is waited for before the question is put in another way.
/// Nothing fails for it.
const A_MOMENT: Duration = Duration::from_secs(1);

/// A stream of messages and how it is delivered.
type Delivered<'a> = (&'a [Message], Delivery);

/// From the last place to the first: a cut that harms a message also harms those
/// behind it.
fn cut_anywhere(framing: Framing, messages: &[Message]) -> Vec<Delivered<'_>> {
    let mut cuts: Vec<Delivery> = every_cut(framing.stream(messages).len()).collect();
    cuts.reverse();
    cuts.into_iter().map(|cut| (messages, cut)).collect()
}

/// Fails unless `decode` gives the messages of each stream before the next one is
/// sent: what comes late, behind octets of the next, was not missed.
fn expect_each_in_time(trial: &mut Trial, framing: Framing, streams: &[Delivered<'_>]) -> Verdict {
    let in_time = expect_each_within(trial, framing, streams, Some(A_MOMENT));
    if in_time.is_ok() {
        return in_time;
    }
    // It may be late, or missing, or the machine has much else to do. A program
    // whose input ends does not leave us waiting for what is missing.
    for messages in streams.chunk_by(|(one, _), (next, _)| one == next) {
        let deliveries: Vec<Delivery> = messages.iter().map(|(_, cut)| cut.clone()).collect();
        let messages = messages.first().map(|(messages, _)| *messages);
        expect_however_cut(trial, framing, messages.unwrap_or_default(), &deliveries)?;
    }
    expect_each_within(trial, framing, streams, None)
}

/// The same, and no more than `limit` is waited for each.
fn expect_each_within(
    trial: &mut Trial,
    framing: Framing,
    streams: &[Delivered<'_>],
    limit: Option<Duration>,
) -> Verdict {
    let count: usize = streams.iter().map(|(messages, _)| messages.len()).sum();
    let mut running = decoder(trial, framing, &["--count", &count.to_string()])?;
    let mut expected = String::new();
    for (messages, cut) in streams {
        expected += &texts(messages);
        running.feed(&framing.stream(messages), cut)?;
        let what = format!(
            "{} messages as {}, {}, the input still open",
            messages.len(),
            framing.name(),
            cut.describe()
        );
        let came = match limit {
            Some(limit) => running.output_within(expected.len(), limit),
            None => running.output(expected.len()),
        };
        let came = so_far(&what, &expected, came);
        if came.is_err() && limit.is_none() {
            // Where it does not come at the end either, that is the mistake.
            trial.end(running);
            expect_cut(trial, framing, messages, cut)?;
            return came;
        }
        came?;
    }
    let what = format!(
        "{} streams as {}, each cut once",
        streams.len(),
        framing.name()
    );
    trial.finish(running)?.expect(&what, expected.as_bytes())
}

/// RFC 9293 §2.2: a stream is its octets; where it was cut on the way says
/// nothing. Three messages, cut at each place there is.
fn a_cut_anywhere_changes_nothing(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let messages = framing.three(trial);
        expect_each_in_time(trial, framing, &cut_anywhere(framing, &messages))?;
    }
    Ok(())
}

/// All the ways to cut one short stream: 2 to the number of its gaps.
fn all_the_ways_to_cut_a_short_stream_are_one(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let messages = match framing {
            Length => vec![Vec::new(), octets(trial.word(1))],
            Line => vec![octets("\n\\"), Vec::new(), octets("a")],
            Dot => vec![Vec::new(), octets("\r\n")],
            _ => vec![octets("a"), Vec::new(), octets("\0")],
        };
        let len = framing.stream(&messages).len();
        // Eight octets are cut in 128 ways, nine in 256.
        // Few cuts first, and those from the last place to the first.
        let mut ways: Vec<u64> = (0..1 << (len - 1)).collect();
        ways.sort_by_key(|bits| (bits.count_ones(), std::cmp::Reverse(*bits)));
        let ways: Vec<Delivery> = ways
            .iter()
            .map(|bits| Delivery::cut_by_bits(*bits, len))
            .collect();
        expect_however_cut(trial, framing, &messages, &ways)?;
    }
    Ok(())
}

/// The smallest pieces there are.
fn one_octet_at_a_time_is_enough(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let mut messages = framing.three(trial);
        messages.extend((1..12).map(|len| framing.any(trial, len)));
        let one_by_one = Delivery::octet_by_octet(framing.stream(&messages).len());
        at_once(
            trial,
            |trial| expect_cut(trial, framing, &messages, &one_by_one),
            |trial| {
                expect_cut(
                    trial,
                    framing,
                    &messages,
                    &at_the_borders(framing, &messages),
                )
            },
        )?;
    }
    Ok(())
}

/// RFC 9293 §3.9.1.2: TCP collects what is written into larger segments, so
/// that one read gives the ends of many messages.
fn messages_that_come_together_come_out_one_by_one(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let three = framing.three(trial);
        let many: Vec<Message> = (0..200).map(|len| framing.any(trial, len % 20)).collect();
        let all = [three.as_slice(), &many].concat();
        at_once(
            trial,
            |trial| expect_cut(trial, framing, &all, &Delivery::whole()),
            |trial| {
                expect_however_cut(trial, framing, &three, &[Delivery::whole()])?;
                expect_cut(trial, framing, &many, &Delivery::whole())
            },
        )?;
    }
    Ok(())
}

/// The last octet of a frame is enough: neither an octet of the next nor the
/// end of the stream is waited for.
fn a_message_comes_out_as_soon_as_it_is_whole(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let messages = framing.three(trial);
        let mut running = decoder(trial, framing, &["--count", "3"])?;
        for count in 1..=3 {
            let so_far = messages.get(..count).unwrap_or_default();
            let frame = so_far
                .last()
                .map(|message| framing.frame(message))
                .unwrap_or_default();
            running.feed(&frame, &Delivery::whole())?;
            let what = format!(
                "frame {count} of 3 as {}, the input still open",
                framing.name()
            );
            expect_so_far(&running, &what, &texts(so_far))?;
        }
        let run = trial.finish(running)?;
        run.expect(
            &format!("three frames as {}", framing.name()),
            texts(&messages).as_bytes(),
        )?;
    }
    Ok(())
}

/// A frame that is too long is refused when that shows, and the stream need not
/// end for it. Both sides: the longest frame of the longest message is read.
fn a_frame_over_the_limit_is_refused_before_it_ends(trial: &mut Trial) -> Verdict {
    let longest = [
        (Length, "abcd"),
        (Line, "\\\\\\\\"),
        (Dot, ".\r\n.\r\n"),
        (Cobs, "abcd"),
    ];
    for (framing, message) in longest {
        let max = message.len().to_string();
        let frame = framing.frame(message.as_bytes());
        let one_by_one = Delivery::octet_by_octet(frame.len());
        let line = text(message.as_bytes());
        let what = format!("the longest frame as {} with limit {max}", framing.name());
        let mut running = decoder(trial, framing, &["--count", "2", "--max", &max])?;
        running.feed(&frame, &one_by_one)?;
        let came = expect_so_far(&running, &format!("{what}, the input still open"), &line);
        if came.is_err() {
            trial.end(running);
            let mut running = decoder(trial, framing, &["--count", "1", "--max", &max])?;
            running.feed(&frame, &one_by_one)?;
            trial.finish(running)?.expect(&what, line.as_bytes())?;
            return came;
        }
        // As many octets, and still no end; of a length, the length alone.
        let endless = match framing {
            Length => octets([0, 0, 0, 5]),
            _ => vec![b'a'; frame.len()],
        };
        expect_refused_now(trial, framing, running, &endless, &line)?;
    }
    expect_refused_while_open(trial, Length, &["--count", "2"], b"\xff\xff\xff\xff")
}

/// Within the limit there is nothing to refuse. The program waits, and takes
/// memory for what has come.
fn an_announced_4_gib_is_waited_for_in_no_memory(trial: &mut Trial) -> Verdict {
    trial.limit_memory(MEMORY_LEN_MAX);
    let mut running = decoder(trial, Length, &["--count", "2", "--max", "4294967295"])?;
    let what = "`hi`, then 4294967295 octets announced and within the limit";
    // A piece is read after the one before was decoded.
    running.feed(
        b"\x00\x00\x00\x02hi\xff\xff\xff\xffabc",
        &Delivery::cut_at(&[6, 10, 11, 12]),
    )?;
    expect_so_far(&running, what, "hi\n")?;
    if running.has_ended() {
        let run = trial.finish(running)?;
        return Err(Failure::words(
            what,
            "the program waits for them",
            run.ending,
        ));
    }
    trial.end(running);
    Ok(())
}

/// 30,000 octets of one message, in as many pieces. A program that looks at all of
/// them for each is at it for many times as long as it is given.
fn an_octet_is_not_searched_again_for_each_that_follows(trial: &mut Trial) -> Verdict {
    // The reference takes 10 ms, and one that searches all again 7 s.
    trial.patience(Duration::from_secs(1));
    for framing in [Line, Dot] {
        let mut message = vec![b'a'; 30_000];
        message.extend(if framing == Dot {
            b"\r\n".as_slice()
        } else {
            b""
        });
        let args = [
            "decode",
            "--count",
            "1",
            "--max",
            "1000000",
            "--pieces",
            "1",
            "--framing",
            framing.name(),
        ];
        let what = format!(
            "a frame of {} octets as {}, one octet at a time",
            message.len(),
            framing.name()
        );
        let run = trial
            .run(&args, &framing.frame(&message))
            .map_err(|failure| {
                let Some((_, came)) = &failure.words else {
                    return failure;
                };
                Failure::words(&what, "the message", came.clone())
            })?;
        run.expect(&what, text(&message).as_bytes())?;
    }
    Ok(())
}

// Step 5.

/// RFC 9293 §3.6: a FIN says that no more octets come. Between two frames
/// nothing is missing, and a stream without frames is one too.
fn an_end_between_two_messages_is_an_end(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let three = framing.three(trial);
        let ask = |trial: &mut Trial, count| {
            let messages = three.get(..count).unwrap_or_default();
            let run = trial.run(
                &["decode", "--framing", framing.name()],
                &framing.stream(messages),
            )?;
            let what = format!("{count} frames as {}, then the end", framing.name());
            run.expect(&what, texts(messages).as_bytes())
        };
        // The two to one program: nothing, and three messages.
        let args = ["decode", "--framing", framing.name(), "--each"];
        let streams = texts(&[Vec::new(), framing.stream(&three)]);
        let both = trial.run(&args, streams.as_bytes());
        let is_right = |run: &Run| run.stdout == texts(&three).as_bytes() && run.code == Some(0);
        if both.as_ref().is_ok_and(is_right) {
            continue;
        }
        ask(trial, 0)?;
        at_once(trial, |trial| ask(trial, 3), |trial| ask(trial, 1))?;
    }
    Ok(())
}

/// RFC 9293 §3.6: TCP delivers what was sent before the FIN, and cannot know
/// whether that was all the sender meant to say. Each state that a frame can be in.
fn an_end_in_mid_message_is_an_error(trial: &mut Trial) -> Verdict {
    for framing in FIRST_FOUR {
        let first = match framing {
            Dot => octets("\r\n"),
            _ => octets(trial.word(1)),
        };
        let mut second = framing.three(trial).pop().unwrap_or_default();
        let cut_at = match framing {
            // Inside the length, behind it, inside the message.
            Length | Varint => [1, 4, 7].as_slice(),
            // Inside an escape, before anything else has come, and before LF.
            Line => {
                second.reverse();
                &[1, 5]
            }
            // A dot that may be the end's, behind a line, and in the end.
            Dot => &[1, 8, 9, 10],
            // Behind a code, and behind a block, before zero.
            Cobs => &[1, 5],
        };
        let (whole, cut) = (framing.frame(&first), framing.frame(&second));
        let args = ["decode", "--framing", framing.name()];
        let stream = |len: usize| [&whole, cut.get(..len).unwrap_or_default()].concat();
        let streams: Vec<Message> = cut_at.iter().map(|len| stream(*len)).collect();
        let pieces = format!("{},{}", whole.len(), cut.len());
        let each = [&args, ["--pieces", &pieces].as_slice()].concat();
        if refuses_each(trial, &each, &streams, &text(&first)) {
            continue;
        }
        for &len in cut_at {
            let border = Delivery::cut_at(&[whole.len()]);
            let run = trial.run_fed(&args, &stream(len), &border)?;
            let what = format!(
                "a whole frame as {}, then {len} of {} octets and the end",
                framing.name(),
                cut.len()
            );
            refused(&run, &what, &text(&first))?;
        }
    }
    Ok(())
}

/// A wrong frame of each kind.
fn wrong(framing: Framing) -> &'static [&'static [u8]] {
    match framing {
        Line => &[
            b"\\q\n",
            b"\\\n",
            b"a\\\n",
            b"abcdefghi\n",
            b"much more than twice the limit\n",
        ],
        Dot => &[
            b"a\nb\r\n.\r\n",
            b"a\r\r\n.\r\n",
            b"abcdefghi\r\n.\r\n",
            b"much more than\r\nthe limit\r\n\r\n.\r\n",
        ],
        Cobs => &[
            b"\0",
            b"\x05hi\0",
            b"\x02\0",
            b"\x0aabcdefghi\0",
            b"\x06much more than the limit\0",
        ],
        Length | Varint => &[],
    }
}

/// RFC 1662 §4.3 does this for PPP: what is wrong is dropped, and the next flag
/// begins another frame. Good frames around each wrong one, and each cut.
fn after_a_wrong_frame_the_next_one_is_read(trial: &mut Trial) -> Verdict {
    for framing in WITH_AN_END {
        let mut asked = Vec::new();
        for bad in wrong(framing) {
            let word = trial.word(3);
            let good = match framing {
                Dot => format!("{word}\r\n"),
                _ => word,
            };
            let line = text(good.as_bytes());
            let frame = framing.frame(good.as_bytes());
            let what = format!(
                "good frames as {} around the wrong {}",
                framing.name(),
                hex(bad)
            );
            // Good, wrong, good, wrong, ... good: first in one piece, then the
            // good frames are cut, each in another place, then the wrong ones.
            let one = [&frame, *bad].concat();
            let (good, wrong) = (1..frame.len(), frame.len()..one.len());
            for (places, how) in [
                (0..0, "in one piece"),
                (good, "the good ones cut anywhere"),
                (wrong, "the wrong one cut anywhere"),
            ] {
                let count = places.len().max(1);
                let cuts: Vec<usize> = (0..)
                    .step_by(one.len())
                    .zip(places)
                    .flat_map(|(at, place)| [at + place, at + one.len()])
                    .collect();
                asked.push(Resync {
                    what: format!("{what}, {how}"),
                    stream: [one.repeat(count), frame.clone()].concat(),
                    cuts,
                    expected: line.repeat(count + 1),
                });
            }
        }
        // All of it to one program; where that goes wrong, one after the other.
        let mut all = Resync {
            what: format!("good frames as {} around wrong ones", framing.name()),
            ..Resync::default()
        };
        for Resync {
            stream,
            cuts,
            expected,
            ..
        } in &asked
        {
            let at = all.stream.len();
            all.cuts.extend(cuts.iter().map(|cut| at + cut));
            all.cuts.push(at + stream.len());
            all.stream.extend(stream);
            all.expected += expected;
        }
        at_once(
            trial,
            |trial| all.expect_in_pieces(trial, framing),
            |trial| {
                asked
                    .iter()
                    .try_for_each(|one| one.expect(trial, framing))?;
                all.expect(trial, framing)
            },
        )?;
    }
    Ok(())
}

/// A stream with frames that are given up.
#[derive(Default)]
struct Resync {
    what: String,
    stream: Vec<u8>,
    cuts: Vec<usize>,
    /// The messages that are left, in lines of text.
    expected: String,
}

impl Resync {
    /// Fails unless `decode --resync`, with a limit of 8, prints what is left, and
    /// refuses the rest.
    fn expect(&self, trial: &mut Trial, framing: Framing) -> Verdict {
        let args = [RESYNC, &["--framing", framing.name()]].concat();
        let run = trial.run_fed(&args, &self.stream, &Delivery::cut_at(&self.cuts))?;
        refused(&run, &self.what, &self.expected)
    }

    /// The same, where the program is asked to cut the stream.
    fn expect_in_pieces(&self, trial: &mut Trial, framing: Framing) -> Verdict {
        let pieces = in_pieces(Delivery::cut_at(&self.cuts).pieces(&self.stream));
        let args = ["--framing", framing.name(), "--pieces", &pieces];
        let run = trial.run(&[RESYNC, &args].concat(), &self.stream)?;
        refused(&run, &self.what, &self.expected)
    }
}

/// What `decode` is asked for where frames are given up.
const RESYNC: &[&str] = &["decode", "--resync", "--max", "8"];

/// How much of what was given up a program may still hold: half of it, which no
/// allocator leaves over and no program that kept it comes under.
const GIVEN_UP_LEN: usize = 512 << 10;

/// A frame that never ends must cost no memory, or the limit is none.
fn a_frame_that_is_given_up_is_not_kept(trial: &mut Trial) -> Verdict {
    for framing in [Line, Dot] {
        let good = octets("good\r\n");
        let what = format!(
            "{GIVEN_UP_LEN} octets as {} without an end, limit 100",
            framing.name()
        );
        let mut running = decoder(trial, framing, &["--resync", "--max", "100"])?;
        running.feed(&framing.frame(&good), &Delivery::whole())?;
        expect_so_far(&running, &what, &text(&good))?;
        let before = running.resident_len();
        // The last octet goes out when those before it have been read.
        running.feed(
            &vec![b'a'; GIVEN_UP_LEN + 1],
            &Delivery::cut_at(&[GIVEN_UP_LEN]),
        )?;
        let after = running.resident_len();
        if let (Some(before), Some(after)) = (before, after)
            && after.saturating_sub(before) > GIVEN_UP_LEN as u64 / 2
        {
            let came = format!("{} octets more than before", after - before);
            return Err(Failure::words(what, "the program keeps its size", came));
        }
        running.feed(b"\r\n.\r\n", &Delivery::whole())?;
        running.feed(&framing.frame(&good), &Delivery::whole())?;
        running.close_input();
        let rest = if framing == Line {
            text(b".\r") + &text(&good)
        } else {
            text(&good)
        };
        refused(&trial.finish(running)?, &what, &(text(&good) + &rest))?;
    }
    Ok(())
}

/// A length is what says where the next frame begins. When it is wrong nothing
/// does, and what looks like a frame behind it may be a message's own octets.
fn behind_a_wrong_length_nothing_is_read(trial: &mut Trial) -> Verdict {
    let (good, inside) = (octets(trial.word(2)), octets(trial.word(3)));
    let stream = [
        Length.frame(&good),
        octets([0, 0, 0, 9]),
        Length.frame(&inside),
        Length.frame(&inside),
    ]
    .concat();
    let asked = |cuts: Vec<usize>, how| Resync {
        what: format!("a good frame as length, then one of 9 octets, limit 8, {how}"),
        stream: stream.clone(),
        cuts,
        expected: text(&good),
    };
    // The length comes in pieces. What looks like a frame comes with the last of
    // them, and once more later.
    let len = Length.frame(&inside).len();
    let mut cuts: Vec<usize> = (1..stream.len() - 2 * len).collect();
    cuts.push(stream.len() - len);
    at_once(
        trial,
        |trial| asked(cuts.clone(), "in pieces").expect(trial, Length),
        |trial| {
            asked(vec![], "in one piece").expect(trial, Length)?;
            let cuts = (1..stream.len()).collect();
            asked(cuts, "one octet at a time").expect(trial, Length)
        },
    )
}

/// The contract of `resync`, as a whole stream.
fn frames_are_given_up_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&COBS_RESYNC)
}

/// A peer that waits for its answer before it goes on must get it.
fn the_relay_answers_each_frame_at_once(trial: &mut Trial) -> Verdict {
    for framings in [(Line, Length), (Length, Cobs)] {
        let messages = framings.0.three(trial);
        expect_answers_at_once(trial, framings, &messages)?;
    }
    // Served once, it ends as the connection does.
    let framings = (Cobs, Line);
    let messages = Cobs.three(trial);
    at_once(
        trial,
        |trial| {
            let mut running = relay(trial, Cobs, Line, &["--once"])?;
            expect_three_answers(trial, &mut running, framings, &messages)?;
            let what = "one connection, ended by us after three answers";
            trial.finish(running)?.expect_exit(what, 0)
        },
        |trial| {
            expect_answers_at_once(trial, framings, &messages)?;
            let framings = (Line, Length);
            let mut running = relay(trial, Line, Length, &["--once"])?;
            let hi = [octets("hi")];
            expect_relayed(trial, &mut running, framings, &hi, &Delivery::whole())?;
            trial
                .finish(running)?
                .expect_exit("one connection, ended by us between two messages", 0)
        },
    )
}

/// Fails unless a relay answers each frame before the next is sent.
fn expect_answers_at_once(
    trial: &mut Trial,
    framings: (Framing, Framing),
    messages: &[Message],
) -> Verdict {
    let mut running = relay(trial, framings.0, framings.1, &[])?;
    expect_three_answers(trial, &mut running, framings, messages)?;
    trial.end(running);
    Ok(())
}

fn expect_three_answers(
    trial: &Trial,
    relay: &mut Running,
    (from, to): (Framing, Framing),
    messages: &[Message],
) -> Verdict {
    let mut peer = trial.connect(relay.address()?)?;
    for (number, message) in (1..).zip(messages) {
        peer.send(&from.frame(message))?;
        let what = format!(
            "the answer to frame {number} from {} to {}",
            from.name(),
            to.name()
        );
        peer.expect(what, &to.frame(message))?;
    }
    peer.finish();
    peer.expect_end("our end, after three answers")
}

/// Three messages over TCP, cut at each place, one octet at a time, and in one
/// piece: a connection each.
fn a_cut_anywhere_on_a_connection_changes_nothing(trial: &mut Trial) -> Verdict {
    for framings in [(Length, Line), (Line, Cobs), (Dot, Length), (Cobs, Length)] {
        let messages = framings.0.three(trial);
        let len = framings.0.stream(&messages).len();
        let mut deliveries: Vec<Delivery> = every_cut(len).collect();
        deliveries.push(at_the_borders(framings.0, &messages));
        deliveries.reverse();
        deliveries.extend([Delivery::octet_by_octet(len), Delivery::whole()]);
        expect_relayed_however_cut(trial, framings, &messages, &deliveries)?;
    }
    Ok(())
}

/// RFC 9293 §3.6: after our FIN the other direction is still open. What was
/// whole is answered; what was not is an error of this connection.
fn a_half_close_in_mid_message_ends_that_connection_alone(trial: &mut Trial) -> Verdict {
    for framings in [(Length, Line), (Line, Length), (Dot, Cobs)] {
        let messages = framings.0.three(trial);
        expect_half_close_survived(trial, framings, &messages)?;
    }
    // Served once, the program ends as the connection did.
    let framings = (Cobs, Line);
    let messages = Cobs.three(trial);
    at_once(
        trial,
        |trial| {
            let mut running = relay(trial, Cobs, Line, &["--once"])?;
            expect_half_closed(trial, &mut running, framings, &messages)?;
            trial
                .finish(running)?
                .expect_refusal("one connection, ended by us in mid-message")
        },
        |trial| {
            expect_half_close_survived(trial, framings, &messages)?;
            let mut running = relay(trial, Length, Line, &["--once"])?;
            let mut peer = trial.connect(running.address()?)?;
            peer.send(b"\x00\x00\x00\x02h")?;
            peer.finish();
            peer.expect_end("a half-close in mid-message")?;
            drop(peer);
            trial
                .finish(running)?
                .expect_refusal("one connection, ended by us in mid-message")
        },
    )
}

/// Fails unless a relay still serves after a half-close in the last of `messages`.
fn expect_half_close_survived(
    trial: &mut Trial,
    framings: (Framing, Framing),
    messages: &[Message],
) -> Verdict {
    let mut running = relay(trial, framings.0, framings.1, &[])?;
    expect_half_closed(trial, &mut running, framings, messages)?;
    expect_still_there(trial, &mut running, framings, "a half-close in mid-message")?;
    trial.end(running);
    Ok(())
}

/// Fails unless the relay answers what is whole and ends the connection when we
/// end it before the last octet.
fn expect_half_closed(
    trial: &Trial,
    relay: &mut Running,
    (from, to): (Framing, Framing),
    messages: &[Message],
) -> Verdict {
    let mut stream = from.stream(messages);
    stream.pop();
    let whole = messages.get(..2).unwrap_or_default();
    let mut peer = trial.connect(relay.address()?)?;
    peer.send(&stream)?;
    peer.finish();
    let what = format!(
        "two frames as {}, a part of a third, and our end",
        from.name()
    );
    peer.expect(&what, &to.stream(whole))?;
    peer.expect_end(&what)
}

/// RFC 9293 §3.5.3: a reset ends a connection at once. It is no matter to the
/// next one.
fn a_reset_in_mid_message_ends_that_connection_alone(trial: &mut Trial) -> Verdict {
    let framings = (Length, Line);
    let mut running = relay(trial, Length, Line, &[])?;
    for len in [0, 2, 5] {
        let mut peer = trial.connect(running.address()?)?;
        let part = Length
            .frame(b"hello")
            .get(..len)
            .unwrap_or_default()
            .to_vec();
        peer.send(&part)?;
        if len > 0 {
            peer.until_read();
        }
        peer.reset()?;
        let after = format!("a reset after {len} octets of a frame");
        expect_still_there(trial, &mut running, framings, &after)?;
    }
    trial.end(running);
    Ok(())
}

/// Over the limit: refused at once, while the peer is still there and says no
/// more. Within it: waited for, and nothing reserved.
fn a_peer_that_announces_4_gib_is_turned_away(trial: &mut Trial) -> Verdict {
    trial.limit_memory(MEMORY_LEN_MAX);
    let framings = (Length, Line);
    let header = b"\xff\xff\xff\xff";
    let mut running = relay(trial, Length, Line, &[])?;
    let mut peer = trial.connect(running.address()?)?;
    peer.send(&Length.frame(b"hi"))?;
    peer.expect("`hi` from length to line", b"hi\n")?;
    peer.send(header)?;
    peer.expect_end("4294967295 octets announced, limit 65536, and we say no more")?;
    drop(peer);
    expect_still_there(
        trial,
        &mut running,
        framings,
        "4294967295 octets announced, limit 65536",
    )?;
    trial.end(running);

    let mut running = relay(trial, Length, Line, &["--max", "4294967295"])?;
    let mut peer = trial.connect(running.address()?)?;
    peer.deliver(
        &[header.as_slice(), b"abc"].concat(),
        &Delivery::cut_at(&[4, 5]),
    )?;
    peer.finish();
    peer.expect_end("4294967295 octets announced, limit 4294967295, 3 sent, and our end")?;
    drop(peer);
    expect_still_there(
        trial,
        &mut running,
        framings,
        "4294967295 octets announced and allowed",
    )?;
    trial.end(running);
    Ok(())
}

/// What is sent to a peer that reads nothing, at the most.
const UNREAD_LEN: usize = 24 << 20;

/// RFC 9293 §3.8.6: a window that is full stops the sender. A relay whose
/// answers nobody reads must stop reading, and lose nothing.
fn a_reader_that_is_slow_is_waited_for(trial: &mut Trial) -> Verdict {
    let frame = Length.frame(&[b'a'; 32 << 10]);
    let count = UNREAD_LEN / frame.len();
    let mut running = relay(trial, Length, Length, &[])?;
    let two = vec![vec![b'a'; 32 << 10]; 2];
    expect_relayed(
        trial,
        &mut running,
        (Length, Length),
        &two,
        &Delivery::whole(),
    )?;
    let mut peer = trial.connect_narrowly(running.address()?)?;
    let sent = peer.send_without_reading(&frame, count);
    let what = format!("{count} frames whose answers we do not read");
    if sent == count * frame.len() {
        peer.finish();
        peer.expect("answers that we read in the end", &frame.repeat(count))?;
        let expected = "the relay reads no more when its answers are not read";
        return Err(Failure::words(
            what,
            expected,
            format!("it took all {sent} octets"),
        ));
    }
    // Then we read, and say the rest of the frame that was cut.
    let (whole, part) = (sent / frame.len(), sent % frame.len());
    peer.expect(
        format!("{what} before, to {whole} of them"),
        &frame.repeat(whole),
    )?;
    peer.send(frame.get(part..).unwrap_or_default())?;
    peer.expect("the answer after them", &frame)?;
    peer.finish();
    peer.expect_end("our end, after all answers")?;
    trial.end(running);
    Ok(())
}

/// RFC 9293 §3.9.1 leaves the shape of the calls to the system: a call may
/// take a part, give a part, or be interrupted (EINTR) before it did anything.
fn calls_that_fall_short_are_made_again(trial: &mut Trial) -> Verdict {
    let three = [(Length, Line), (Dot, Length), (Cobs, Length)];
    let streams = three.map(|(from, to)| {
        let mut messages = from.three(trial);
        messages.push(from.any(trial, 40));
        ((from, to), messages)
    });
    let all = |trial: &mut Trial| {
        for (framings, messages) in &streams {
            expect_relayed_however_cut(trial, *framings, messages, &[Delivery::whole()])?;
        }
        let messages = Cobs.three(trial);
        let run = trial.run(&["decode", "--framing", "cobs"], &Cobs.stream(&messages))?;
        run.expect(
            "three frames as cobs, where calls fall short",
            texts(&messages).as_bytes(),
        )
    };
    at_once(
        trial,
        |trial| {
            trial.system_calls_fall_short(3, 1, 4);
            all(trial)
        },
        |trial| {
            // First as they are: whoever fails here fails for another reason.
            trial.system_calls_are_whole();
            all(trial)?;
            for (send, recv, eintr) in [(3, 2, 0), (0, 0, 3)] {
                trial.system_calls_fall_short(send, recv, eintr);
                all(trial)?;
            }
            Ok(())
        },
    )
}

// Step 6.

/// Protocol Buffers: seven bits an octet, the lowest group first, and 0x80 set
/// in all but the last.
fn the_length_stands_in_groups_of_seven_bits_lowest_first(trial: &mut Trial) -> Verdict {
    let lens = [
        0, 1, 2, 127, 128, 129, 255, 256, 300, 16383, 16384, 16385, 65536,
    ];
    expect_encoded(trial, Varint, &lens.map(|len| vec![b'a'; len]))
}

/// The same lengths, read; and both sides of the limit.
fn a_varint_is_read_up_to_the_limit(trial: &mut Trial) -> Verdict {
    let lens = [
        2, 0, 1, 127, 128, 129, 255, 256, 300, 16383, 16384, 16385, 65536,
    ];
    let run = |len: usize| vec![b'a'; len];
    let limit = |trial: &mut Trial, max| expect_limit(trial, Varint, &[run(max)], &run(max + 1));
    let messages = lens.map(run);
    let stream = [Varint.stream(&messages), Varint.frame(&run(65537))].concat();
    at_once(
        trial,
        |trial| expect_refused(trial, Varint, "65536", &stream, &messages),
        |trial| {
            expect_decoded(trial, Varint, &messages)?;
            limit(trial, 5)
        },
    )?;
    limit(trial, 5)?;
    limit(trial, 0)
}

/// Two texts for one number are two texts for one message: what compares frames
/// is then wrong. The shortest is the only one.
fn a_varint_with_more_octets_than_it_needs_is_refused(trial: &mut Trial) -> Verdict {
    // A group too many, where one octet is enough, where it takes two, and in the
    // tenth octet, in which there is another thing to look at.
    let streams = [(2, 2), (200, 3), (0, 10)].map(|(number, len)| {
        let message = vec![b'a'; number];
        [Varint.frame(b"ok"), varint(number as u64, len), message].concat()
    });
    expect_each_refused(trial, Varint, "300", &streams, &[octets("ok")])
}

/// Nine groups have 63 bits, so the tenth has room for one. Both sides of 2^64,
/// and a number that keeps its lower bits when the upper ones are lost.
fn a_varint_over_64_bits_is_refused_as_soon_as_it_shows(trial: &mut Trial) -> Verdict {
    // 2^64 + 2: without its highest bit it is 2.
    let wraps = b"\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02hi";
    let most = ["--count", "2", "--max", "18446744073709551615"];
    at_once(
        trial,
        |trial| expect_refused_while_open(trial, Varint, &most, wraps),
        |trial| {
            expect_refused(trial, Varint, "100", wraps, &[])?;
            let greater = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
            expect_refused_while_open(trial, Varint, &most, greater)
        },
    )?;
    let eleven = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81";
    expect_refused_while_open(trial, Varint, &most, eleven)?;
    // 2^64 - 1 is a number; with this limit there is nothing to refuse.
    let mut running = decoder(trial, Varint, &most)?;
    running.feed(
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc",
        &Delivery::cut_at(&[9, 10, 11, 12]),
    )?;
    if running.has_ended() {
        let run = trial.finish(running)?;
        let what = "2^64 - 1 octets announced, limit 2^64 - 1";
        return Err(Failure::words(
            what,
            "the program waits for them",
            run.ending,
        ));
    }
    trial.end(running);
    // With another limit there is.
    expect_refused_while_open(
        trial,
        Varint,
        &["--count", "2"],
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    )
}

/// A varint of two octets can be cut between them, and `80` alone is neither
/// wrong nor a number.
fn a_cut_inside_a_varint_changes_nothing(trial: &mut Trial) -> Verdict {
    let messages = Varint.three(trial);
    let long = [octets(trial.word(128)), Vec::new(), octets(trial.word(256))];
    let len = Varint.stream(&long).len();
    let mut streams = cut_anywhere(Varint, &messages);
    for delivery in [
        Delivery::cut_at(&[1]),
        Delivery::octet_by_octet(len),
        Delivery::whole(),
    ] {
        streams.push((&long, delivery));
    }
    expect_each_in_time(trial, Varint, &streams)?;
    let deliveries = [
        Delivery::cut_at(&[1]),
        Delivery::cut_at(&[2]),
        Delivery::cut_at(&[132]),
        Delivery::whole(),
    ];
    at_once(
        trial,
        |trial| expect_relayed_however_cut(trial, (Varint, Varint), &long, &deliveries),
        |trial| {
            expect_relayed_however_cut(trial, (Varint, Length), &long, &deliveries)?;
            expect_relayed_however_cut(trial, (Cobs, Varint), &long, &[Delivery::whole()])
        },
    )
}

/// RFC 9293 §3.6: an end after half a length is as much in mid-message as one
/// after half a message, and there is no way on.
fn an_end_inside_a_varint_is_an_error(trial: &mut Trial) -> Verdict {
    let frame = Varint.frame(trial.word(130).as_bytes());
    let stream = |len: usize| [&Varint.frame(b"ok"), frame.get(..len).unwrap_or_default()].concat();
    let decode = ["decode", "--framing", "varint", "--max", "200"];
    // Inside the length, behind it, and before the last octet.
    for (lens, how, pieces) in [
        (
            [1, 2, 131].as_slice(),
            [].as_slice(),
            ["--pieces", "3,131"].as_slice(),
        ),
        (&[1], &["--resync"], &[]),
        (&[1, 131], &["--whole"], &[]),
    ] {
        let args = [&decode, how].concat();
        let streams: Vec<Message> = lens.iter().map(|len| stream(*len)).collect();
        if lens.len() > 1 && refuses_each(trial, &[&args, pieces].concat(), &streams, "ok\n") {
            continue;
        }
        for len in lens {
            let run = trial.run_fed(&args, &stream(*len), &Delivery::cut_at(&[3]))?;
            let what = format!("a whole frame as varint, then {len} of 132 octets and the end");
            refused(&run, &what, "ok\n")?;
        }
    }
    Ok(())
}

/// Ten octets announce 2^64 - 1. Nothing is reserved, and where the frame would
/// end is a sum that does not fit.
fn the_greatest_length_takes_no_memory(trial: &mut Trial) -> Verdict {
    trial.limit_memory(MEMORY_LEN_MAX);
    let max = "18446744073709551615";
    // The second is 0 for whoever counts in 32 bits.
    for announced in [u64::MAX, 1 << 32] {
        let stream = [
            Varint.frame(b"hi"),
            varint(announced, 1),
            octets("not so much"),
        ]
        .concat();
        let run = trial.run(
            &["decode", "--whole", "--framing", "varint", "--max", max],
            &stream,
        )?;
        let what = format!("`hi`, and {announced} octets announced as varint, limit {max}");
        refused(&run, &what, "hi\n")?;
    }
    Ok(())
}
