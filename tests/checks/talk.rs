//! What `talk` is held to: the same talk in datagrams and in a stream, and what
//! either says when nobody is there.

use crate::check;
use crate::check::{Check, Failure, Fate, LabChecks, Need, Verdict};
use crate::datagram::{Datagrams, Weather};
use crate::stream::{Delivery, Peer, every_cut};
use crate::trial::{Run, Running, Trial};

mod mistakes;

/// The longest message on TCP in octets, without its LF, as the lab's `lib.rs`
/// has it.
const MESSAGE_LEN_MAX: usize = 1024;

/// The most octets of data in a datagram over IPv4 and over IPv6.
const DATAGRAM_LEN_MAX: usize = 65_507;
const DATAGRAM_V6_LEN_MAX: usize = 65_527;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "talk",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 2, a_datagram_goes_back_to_where_it_came_from, "step-1", "RFC 862"),
    check!(1, 2, each_datagram_goes_back_to_its_own_sender, "step-1", "RFC 862"),
    check!(1, 2, a_datagram_of_no_octets_is_one_like_any_other, "step-1", "RFC 768"),
    check!(1, 1, a_long_datagram_comes_back_whole, "step-1", "RFC 862"),
    check!(1, 2, a_line_that_is_typed_is_a_datagram, "step-1", "RFC 768"),
    check!(1, 2, a_datagram_that_comes_is_a_line, "step-1", "RFC 768"),
    check!(1, 1, whoever_types_need_not_wait_for_an_answer, "step-1", "RFC 768"),
    check!(1, 2, the_first_to_speak_is_the_peer, "step-1", "RFC 768"),
    check!(1, 2, a_stranger_is_neither_heard_nor_answered, "step-1", "RFC 8085 §5.1"),
    check!(1, 1, what_a_stranger_said_before_the_talk_began_is_not_heard, "step-1", "RFC 8085 §5.1"),
    check!(1, 1, a_peer_on_ipv6_is_talked_to, "step-1", "RFC 8200 §8.1", Need::Ipv6),
    check!(2, 2, what_fits_a_datagram_is_known_beforehand, "step-2", "RFC 791 §3.1"),
    check!(2, 2, a_datagram_is_sent_whole, "step-2", "RFC 768"),
    check!(2, 3, the_largest_datagram_is_sent_and_a_larger_one_refused, "step-2", "RFC 791 §3.1"),
    check!(2, 1, twenty_octets_more_fit_over_ipv6, "step-2", "RFC 8200 §3", Need::Ipv6),
    check!(2, 3, a_datagram_as_long_as_the_limit_is_received_and_a_longer_one_refused, "step-2", "RFC 768"),
    check!(2, 1, the_largest_datagram_is_received, "step-2", "RFC 791 §3.1"),
    check!(2, 1, one_datagram_is_received_and_not_two, "step-2", "RFC 768"),
    check!(3, 2, a_line_that_is_typed_is_a_line_in_the_stream, "step-3", "RFC 9293 §2.2"),
    check!(3, 3, a_message_is_shown_however_the_stream_is_cut, "step-3", "RFC 9293 §2.2"),
    check!(3, 1, neither_side_of_a_connection_waits_for_the_other, "step-3", "RFC 9293 §3.6"),
    check!(3, 2, a_write_that_falls_short_is_finished, "step-3", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(3, 2, the_end_of_the_input_is_told_and_the_peer_is_still_heard, "step-3", "RFC 9293 §3.6"),
    check!(3, 1, the_end_of_the_peer_leaves_the_other_direction_open, "step-3", "RFC 9293 §3.6"),
    check!(3, 1, a_message_that_is_cut_off_is_reported, "step-3", "RFC 9293 §3.6"),
    check!(3, 1, the_longest_message_is_shown_and_a_longer_one_refused, "step-3", "RFC 9293 §2.2"),
    check!(3, 1, a_line_too_long_is_not_sent_and_the_talk_goes_on, "step-3", "RFC 9293 §2.2"),
    check!(3, 1, a_second_caller_is_refused, "step-3", "RFC 9293 §3.5.2"),
    check!(3, 1, a_reset_is_no_end, "step-3", "RFC 9293 §3.6"),
    check!(4, 2, a_datagram_is_answered, "step-4", "RFC 768"),
    check!(4, 2, a_datagram_that_finds_nobody_is_refused, "step-4", "RFC 1122 §4.1.3.3"),
    check!(4, 2, a_lost_answer_is_asked_for_again, "step-4", "RFC 8085 §3.3"),
    check!(4, 2, a_question_is_asked_so_often_and_no_more, "step-4", "RFC 8085 §3.1"),
    check!(4, 2, a_strangers_answer_is_none, "step-4", "RFC 8085 §5.1"),
    check!(4, 1, a_pause_while_waiting_is_no_failure, "step-4", "RFC 768"),
    check!(4, 1, a_line_answers_a_line, "step-4", "RFC 9293 §2.2"),
    check!(4, 2, a_port_where_nobody_listens_refuses, "step-4", "RFC 9293 §3.5.2"),
    check!(4, 2, a_host_that_answers_no_syn_is_silent, "step-4", "RFC 9293 §3.8.3"),
    check!(4, 1, a_server_that_never_answers_is_silent, "step-4", "RFC 9293 §3.8.3"),
    check!(4, 1, a_reset_is_told_from_a_close, "step-4", "RFC 9293 §3.5.2"),
    check!(5, 2, who_says_byebye_is_done_when_the_peer_is, "step-5", "RFC 9293 §3.6"),
    check!(5, 2, who_hears_byebye_is_done, "step-5", "RFC 9293 §3.6"),
    check!(5, 1, who_hears_byebye_lets_the_other_close_first, "step-5", "RFC 9293 §3.6.1"),
    check!(5, 2, byebye_inside_a_message_ends_nothing, "step-5", "RFC 9293 §3.6"),
    check!(5, 1, byebye_ends_a_talk_in_datagrams, "step-5", "RFC 768"),
    check!(5, 1, who_never_closes_is_not_waited_for_without_end, "step-5", "RFC 9293 §3.6"),
    check!(5, 3, a_port_can_be_listened_at_again_at_once, "step-5", "RFC 9293 §3.6.1"),
    check!(5, 1, a_port_that_somebody_listens_at_is_not_free, "step-5", "RFC 9293 §3.9.1"),
    check!(5, 1, a_port_of_ipv6_is_listened_at, "step-5", "RFC 9293 §3.9.1", Need::Ipv6),
];

// ---------------------------------------------------------------- what checks share

/// Fails unless line `number` of standard output, counted from 1, is `text`.
fn shows(program: &mut Running, number: usize, what: &str, text: &str) -> Verdict {
    let what = format!("{what}: line {number} of standard output");
    let line = program.line(number).map_err(|failure| Failure {
        what: what.clone(),
        words: failure
            .words
            .map(|(_, came)| (format!("{:?}", format!("{text}\n")), came)),
        ..failure
    })?;
    let expected = format!("{text}\n");
    if line == expected {
        return Ok(());
    }
    let printed = program.output(0);
    let lines = printed.split_inclusive(|&octet| octet == b'\n');
    let offset = lines.take(number - 1).map(<[u8]>::len).sum();
    Err(Failure::octets(what, expected.as_bytes(), line.as_bytes()).at(0, offset))
}

/// Types `line` and its LF.
fn type_line(program: &mut Running, line: &str) -> Verdict {
    program.feed(format!("{line}\n").as_bytes(), &Delivery::whole())
}

/// Closes standard input and waits for an end in peace.
fn ends_well(trial: &mut Trial, mut program: Running, what: &str) -> Verdict {
    program.close_input();
    trial.finish(program)?.expect_exit(what, 0)
}

// ---------------------------------------------------------------- step 1

/// RFC 862: what is received goes back to where it came from.
fn a_datagram_goes_back_to_where_it_came_from(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["echo", "--count", "2"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let word = trial.word(6);
    for octets in [word.as_bytes(), b"\0\xff two\n lines\n".as_slice()] {
        peer.send(octets, to)?;
        peer.expect(&mut program, "the echo of a datagram", octets)?;
    }
    let run = trial.finish(program)?;
    run.expect_exit("after as many datagrams as --count says", 0)
}

/// RFC 862: each answer goes to the source of its own question, and not to that
/// of the first one.
fn each_datagram_goes_back_to_its_own_sender(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["echo"])?;
    let to = program.address()?;
    let mut first = trial.datagrams(Weather::FAIR)?;
    let mut second = trial.datagrams(Weather::FAIR)?;
    for round in ["one", "two", "three"] {
        let (mine, yours) = (
            format!("{round} of the first"),
            format!("{round} of the second"),
        );
        first.send(mine.as_bytes(), to)?;
        first.expect(
            &mut program,
            "the echo to the first sender",
            mine.as_bytes(),
        )?;
        second.send(yours.as_bytes(), to)?;
        answered_at(&mut program, &mut second, &mut first, yours.as_bytes())?;
    }
    trial.end(program);
    Ok(())
}

/// Waits for `octets` at `right`, and fails as soon as anything comes at `wrong`.
fn answered_at(
    program: &mut Running,
    right: &mut Datagrams,
    wrong: &mut Datagrams,
    octets: &[u8],
) -> Verdict {
    let what = "the echo to the second sender";
    match Datagrams::first_of(&mut [right, wrong], program)? {
        (0, came) if came == octets => Ok(()),
        (0, came) => Err(Failure::octets(what, octets, &came)),
        _ => Err(Failure::words(
            what,
            "a datagram to the address that the question came from",
            "it went to the address of the first question",
        )),
    }
}

/// RFC 768: a Length of 8 is that of the header alone, and the datagram has come.
fn a_datagram_of_no_octets_is_one_like_any_other(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["echo", "--count", "3"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let word = trial.word(5);
    for octets in [b"before".as_slice(), b"", word.as_bytes()] {
        peer.send(octets, to)?;
        let what = format!("the echo of a datagram of {} octets", octets.len());
        peer.expect(&mut program, what, octets)?;
    }
    trial
        .finish(program)?
        .expect_exit("after three datagrams, one of them of no octets", 0)
}

/// RFC 862: the data received is sent back, all of it; the largest datagram over
/// IPv4 has 65,507 octets of it.
fn a_long_datagram_comes_back_whole(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["echo"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    for len in [1025, 2049, 9000, DATAGRAM_LEN_MAX] {
        let octets = trial.word(len);
        peer.send(octets.as_bytes(), to)?;
        let what = format!("the echo of a datagram of {len} octets");
        peer.expect(&mut program, what, octets.as_bytes())?;
    }
    trial.end(program);
    Ok(())
}

/// RFC 768: a datagram is its own border, so a line needs no LF there, and an
/// empty line is a datagram of no octets.
fn a_line_that_is_typed_is_a_datagram(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let mut program = trial.start(&["udp", &peer.address()?.to_string(), "--wait", "1"])?;
    let word = trial.word(4);
    for line in [word.as_str(), " grün ", "", "you"] {
        type_line(&mut program, line)?;
        peer.expect(
            &mut program,
            format!("the datagram for the line {line:?}"),
            line.as_bytes(),
        )?;
    }
    ends_well(trial, program, "after the end of the input")?;
    peer.expect_nothing_more("after the last line")
}

/// RFC 768: what one call sent, one call receives.
fn a_datagram_that_comes_is_a_line(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let mut program = trial.start(&["udp", &peer.address()?.to_string(), "--wait", "1"])?;
    type_line(&mut program, "hello")?;
    let to = peer.expect(
        &mut program,
        "the datagram for the line \"hello\"",
        b"hello",
    )?;
    let long = trial.word(3000);
    let messages = ["hi", "you there", "", long.as_str(), "grün"];
    for message in messages {
        peer.send(message.as_bytes(), to)?;
    }
    for (number, message) in (1..).zip(messages) {
        shows(
            &mut program,
            number,
            &format!("a datagram of {} octets", message.len()),
            message,
        )?;
    }
    ends_well(trial, program, "after the end of the input")
}

/// RFC 768 asks for no answers: either side says what it likes, when it likes.
fn whoever_types_need_not_wait_for_an_answer(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let mut program = trial.start(&["udp", &peer.address()?.to_string(), "--wait", "1"])?;
    type_line(&mut program, "one")?;
    let to = peer.expect(&mut program, "the first line", b"one")?;
    for line in ["two", "three"] {
        type_line(&mut program, line)?;
        peer.expect(
            &mut program,
            "another line, before any answer",
            line.as_bytes(),
        )?;
    }
    for (number, message) in (1..).zip(["four", "five"]) {
        peer.send(message.as_bytes(), to)?;
        shows(
            &mut program,
            number,
            "another message, before any line",
            message,
        )?;
    }
    ends_well(trial, program, "after the end of the input")
}

/// RFC 768: the source port may be assumed to be where an answer goes, for want
/// of any other information.
fn the_first_to_speak_is_the_peer(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["udp", "--listen", "127.0.0.1:0", "--wait", "1"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let word = trial.word(6);
    // Typed before anybody is there, and kept until somebody is.
    type_line(&mut program, "anybody?")?;
    peer.send(word.as_bytes(), to)?;
    peer.expect(&mut program, "the line that was typed before", b"anybody?")?;
    shows(&mut program, 2, "the first message", &word)?;
    type_line(&mut program, "welcome")?;
    peer.expect(&mut program, "the line that was typed after", b"welcome")?;
    ends_well(trial, program, "after the end of the input")
}

/// RFC 8085 §5.1: who sends is told by the source address of a datagram, and a
/// program looks at it; a connected socket does.
fn a_stranger_is_neither_heard_nor_answered(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["udp", "--listen", "127.0.0.1:0", "--wait", "1"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    peer.send(b"hi", to)?;
    shows(&mut program, 2, "the first message", "hi")?;
    type_line(&mut program, "welcome")?;
    peer.expect(&mut program, "the first answer", b"welcome")?;
    peer.send_with(b"I am the peer", to, Fate::Forged)?;
    peer.send(b"still here", to)?;
    shows(
        &mut program,
        3,
        "the peer's message, after a stranger's",
        "still here",
    )?;
    type_line(&mut program, "good")?;
    peer.expect(&mut program, "the answer after a stranger spoke", b"good")?;
    ends_well(trial, program, "after the end of the input")
}

/// A socket that is connected takes no more datagrams from others; those that
/// it had taken before are still there.
fn what_a_stranger_said_before_the_talk_began_is_not_heard(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["udp", "--listen", "127.0.0.1:0", "--wait", "1"])?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    hold(&mut program);
    peer.send(b"hi", to)?;
    peer.send_with(b"I am the peer", to, Fate::Forged)?;
    peer.send(b"you", to)?;
    go_on(&mut program);
    shows(&mut program, 2, "the first message", "hi")?;
    let what = "the peer's second message, after a stranger's that came at the same moment";
    shows(&mut program, 3, what, "you")?;
    ends_well(trial, program, "after the end of the input")
}

fn hold(program: &mut Running) {
    #[cfg(unix)]
    program.hold();
    #[cfg(not(unix))]
    let _ = program;
}

fn go_on(program: &mut Running) {
    #[cfg(unix)]
    program.go_on();
    #[cfg(not(unix))]
    let _ = program;
}

/// RFC 8200 §8.1: UDP is the same over IPv6; its socket is of another family.
fn a_peer_on_ipv6_is_talked_to(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams_v6(Weather::FAIR)?;
    let mut program = trial.start(&["udp", &peer.address()?.to_string(), "--wait", "1"])?;
    type_line(&mut program, "hello")?;
    let to = peer.expect(&mut program, "the datagram for a line, over IPv6", b"hello")?;
    peer.send(b"hi", to)?;
    shows(&mut program, 1, "a datagram over IPv6", "hi")?;
    ends_well(trial, program, "after the end of the input")
}

// ---------------------------------------------------------------- step 2

/// RFC 768: 16 bits of Length, and 8 octets of header. RFC 791 §3.1: IPv4 counts
/// 20 octets of its own in 16 bits; RFC 8200 §3: IPv6 counts none.
fn what_fits_a_datagram_is_known_beforehand(trial: &mut Trial) -> Verdict {
    for (peer, max) in [
        ("127.0.0.1:7", DATAGRAM_LEN_MAX),
        ("192.0.2.1:7", DATAGRAM_LEN_MAX),
        ("[2001:db8::1]:7", DATAGRAM_V6_LEN_MAX),
        ("[::ffff:192.0.2.1]:7", DATAGRAM_LEN_MAX),
    ] {
        let run = trial.run(&["largest", peer], b"")?;
        run.expect(
            &format!("the largest datagram to {peer}"),
            format!("{max}\n").as_bytes(),
        )?;
    }
    Ok(())
}

/// Runs `send` with `input` to a peer of ours.
fn sent(trial: &mut Trial, peer: &Datagrams, input: &[u8]) -> Result<Run, Failure> {
    let mut program = trial.start(&["send", &peer.address()?.to_string()])?;
    program.feed(input, &Delivery::whole())?;
    program.close_input();
    trial.finish(program)
}

/// RFC 768: what is handed over at once goes as one datagram.
fn a_datagram_is_sent_whole(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let lines = trial.word(700) + "\n" + &trial.word(800) + "\n";
    for octets in [b"hi".as_slice(), lines.as_bytes(), b""] {
        let mut program = trial.start(&["send", &peer.address()?.to_string()])?;
        program.feed(octets, &Delivery::whole())?;
        program.close_input();
        let what = format!("{} octets of input, as a datagram", octets.len());
        peer.expect(&mut program, &what, octets)?;
        trial.finish(program)?.expect_exit(&what, 0)?;
        peer.expect_nothing_more("after the datagram")?;
    }
    Ok(())
}

/// RFC 791 §3.1: a packet of IPv4 has at most 65,535 octets, and 20 of them are
/// its own header; 8 are UDP's (RFC 768).
fn the_largest_datagram_is_sent_and_a_larger_one_refused(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    both_sides_of(trial, &mut peer, DATAGRAM_LEN_MAX)
}

/// RFC 8200 §3: the Payload Length of IPv6 does not count its own header.
fn twenty_octets_more_fit_over_ipv6(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams_v6(Weather::FAIR)?;
    both_sides_of(trial, &mut peer, DATAGRAM_V6_LEN_MAX)
}

fn both_sides_of(trial: &mut Trial, peer: &mut Datagrams, max: usize) -> Verdict {
    let octets = trial.word(max + 1);
    let mut program = trial.start(&["send", &peer.address()?.to_string()])?;
    let largest = octets.as_bytes().get(..max).unwrap_or_default();
    program.feed(largest, &Delivery::whole())?;
    program.close_input();
    let what = format!("a datagram of {max} octets");
    peer.expect(&mut program, &what, largest)?;
    trial.finish(program)?.expect_exit(&what, 0)?;
    let run = sent(trial, peer, octets.as_bytes())?;
    let what = format!("{} octets to send at once", max + 1);
    peer.expect_nothing_more(&what)?;
    run.expect_refusal(&what)
}

/// Runs `receive` with `args`, sends it `datagrams`, and gives what it printed
/// behind the line that says where it listens.
fn received(
    trial: &mut Trial,
    args: &[&str],
    datagrams: &[&[u8]],
) -> Result<(Run, Vec<u8>), Failure> {
    let args: Vec<&str> = ["receive"].iter().chain(args).copied().collect();
    let mut program = trial.start(&args)?;
    let to = program.address()?;
    let mut peer = trial.datagrams(Weather::FAIR)?;
    for octets in datagrams {
        peer.send(octets, to)?;
    }
    let address = program.line(1)?;
    let run = trial.finish(program)?;
    let printed = run.stdout.strip_prefix(address.as_bytes());
    let printed = printed.unwrap_or(&run.stdout).to_vec();
    Ok((run, printed))
}

fn expect_received(trial: &mut Trial, args: &[&str], datagrams: &[&[u8]], what: &str) -> Verdict {
    let (run, printed) = received(trial, args, datagrams)?;
    let expected = datagrams.first().copied().unwrap_or_default();
    if printed != expected {
        let offset = run.stdout.len() - printed.len();
        return Err(Failure::octets(what, expected, &printed).at(0, offset));
    }
    run.expect_exit(what, 0)
}

/// Both sides of the bound. What does not fit the buffer is lost, and RFC 768
/// has no way to get it back: it can only be reported.
fn a_datagram_as_long_as_the_limit_is_received_and_a_longer_one_refused(
    trial: &mut Trial,
) -> Verdict {
    for most in [512_usize, 4, 0] {
        let octets = trial.word(most + 1);
        let fits = octets.as_bytes().get(..most).unwrap_or_default();
        let most = most.to_string();
        let args = ["--most", most.as_str()];
        let what = format!("a datagram of {most} octets, where {most} are allowed");
        expect_received(trial, &args, &[fits], &what)?;
        let what = format!(
            "a datagram of {} octets, where {most} are allowed",
            octets.len()
        );
        let (run, printed) = received(trial, &args, &[octets.as_bytes()])?;
        if !printed.is_empty() {
            let offset = run.stdout.len() - printed.len();
            return Err(Failure::octets(what, b"", &printed).at(0, offset));
        }
        run.expect_refusal(&what)?;
    }
    Ok(())
}

/// RFC 791 §3.1 and RFC 768: 65,507 octets over IPv4.
fn the_largest_datagram_is_received(trial: &mut Trial) -> Verdict {
    let octets = trial.word(DATAGRAM_LEN_MAX);
    let what = "a datagram of 65507 octets";
    expect_received(trial, &[], &[octets.as_bytes()], what)
}

/// RFC 768: two datagrams are two, however close together they come.
fn one_datagram_is_received_and_not_two(trial: &mut Trial) -> Verdict {
    let (one, two) = (trial.word(5), trial.word(5));
    let what = "two datagrams, one after the other";
    expect_received(trial, &[], &[one.as_bytes(), two.as_bytes()], what)
}

// ---------------------------------------------------------------- step 3

/// Starts `tcp` as a caller of ours.
fn called(trial: &mut Trial, more: &[&str]) -> Result<(Running, Peer), Failure> {
    let listener = trial.listen()?;
    let address = listener.address()?.to_string();
    let args: Vec<&str> = ["tcp", address.as_str()]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let mut program = trial.start(&args)?;
    let peer = listener.accept(&mut program)?;
    Ok((program, peer))
}

/// RFC 9293 §2.2: nothing in a stream says where a message ends, so the LF does.
fn a_line_that_is_typed_is_a_line_in_the_stream(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    let word = trial.word(6);
    for line in [word.as_str(), "", " grün ", "you"] {
        type_line(&mut program, line)?;
        let octets = format!("{line}\n");
        peer.expect(
            format!("the line {line:?} in the stream"),
            octets.as_bytes(),
        )?;
    }
    peer.finish();
    program.close_input();
    peer.expect_end("after the end of the input")?;
    ends_well(trial, program, "after both have said everything")
}

/// RFC 9293 §2.2: every cut of the stream is the same stream, and one read may
/// give several messages.
fn a_message_is_shown_however_the_stream_is_cut(trial: &mut Trial) -> Verdict {
    let messages = ["hi", &trial.word(3), "", "ü"];
    let stream = messages.map(|message| format!("{message}\n")).concat();
    let len = stream.len();
    let shown = stream.as_bytes();
    for delivery in [Delivery::whole()]
        .into_iter()
        .chain(every_cut(len))
        .chain([Delivery::octet_by_octet(len)])
    {
        let (mut program, mut peer) = called(trial, &[])?;
        peer.deliver(shown, &delivery)?;
        peer.finish();
        program.close_input();
        let run = trial.finish(program)?;
        run.expect(&format!("four messages, {}", delivery.describe()), shown)?;
    }
    Ok(())
}

/// RFC 9293 §3.6: a connection is two streams, and neither waits for the other.
fn neither_side_of_a_connection_waits_for_the_other(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["tcp", "--listen", "127.0.0.1:0"])?;
    let mut peer = trial.connect(program.address()?)?;
    for (number, message) in (2..).zip(["one", "two", "three"]) {
        peer.send(format!("{message}\n").as_bytes())?;
        shows(&mut program, number, "a message, before any line", message)?;
    }
    for line in ["four", "five", "six"] {
        type_line(&mut program, line)?;
        let octets = format!("{line}\n");
        peer.expect("another line, before any message", octets.as_bytes())?;
    }
    peer.finish();
    ends_well(trial, program, "after both have said everything")
}

/// RFC 9293 §3.9.1: SEND hands octets over; how many a call takes is the
/// system's affair, and it says how many it took.
fn a_write_that_falls_short_is_finished(trial: &mut Trial) -> Verdict {
    trial.system_calls_fall_short(3, 0, 0);
    let (mut program, mut peer) = called(trial, &[])?;
    let word = trial.word(20);
    type_line(&mut program, &word)?;
    let what = "a line, where a call takes at most 3 octets";
    peer.expect(what, format!("{word}\n").as_bytes())?;
    peer.finish();
    ends_well(trial, program, what)
}

/// RFC 9293 §3.6: CLOSE means "I have no more data to send", and the closer
/// receives on until the other side closes too.
fn the_end_of_the_input_is_told_and_the_peer_is_still_heard(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    type_line(&mut program, "that is all")?;
    program.close_input();
    peer.expect("the last line", b"that is all\n")?;
    peer.expect_end("after the last line")?;
    let word = trial.word(7);
    peer.send(format!("{word}\n").as_bytes())?;
    shows(
        &mut program,
        1,
        "a message, after the program has said everything",
        &word,
    )?;
    peer.finish();
    trial
        .finish(program)?
        .expect_exit("after both have said everything", 0)
}

/// RFC 9293 §3.6: a FIN ends one direction, and the other stays open.
fn the_end_of_the_peer_leaves_the_other_direction_open(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    peer.send(b"that is all\n")?;
    peer.finish();
    shows(&mut program, 1, "the peer's last message", "that is all")?;
    let word = trial.word(7);
    type_line(&mut program, &word)?;
    let what = "a line, after the peer has said everything";
    peer.expect(what, format!("{word}\n").as_bytes())?;
    program.close_input();
    peer.expect_end("after the end of the input")?;
    ends_well(trial, program, "after both have said everything")
}

/// RFC 9293 §3.6: a FIN before the LF leaves the message incomplete.
fn a_message_that_is_cut_off_is_reported(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    peer.send(b"whole\n")?;
    peer.send(trial.word(4).as_bytes())?;
    peer.finish();
    shows(
        &mut program,
        1,
        "a message before one that is cut off",
        "whole",
    )?;
    program.close_input();
    let run = trial.finish(program)?;
    run.expect_refusal("a stream that ends before the LF of a message")
}

/// Both sides of the bound: 1024 octets before the LF, and 1025.
fn the_longest_message_is_shown_and_a_longer_one_refused(trial: &mut Trial) -> Verdict {
    let longest = trial.word(MESSAGE_LEN_MAX);
    let (mut program, mut peer) = called(trial, &[])?;
    peer.send(format!("{longest}\n").as_bytes())?;
    shows(&mut program, 1, "a message of 1024 octets", &longest)?;
    peer.finish();
    ends_well(trial, program, "after both have said everything")?;

    let longer = trial.word(MESSAGE_LEN_MAX + 1);
    let (program, mut peer) = called(trial, &[])?;
    peer.send(longer.as_bytes())?;
    let run = trial.finish(program)?;
    run.expect_refusal("1025 octets without an LF")
}

/// What is too long to be received is not sent either, and the talk goes on.
fn a_line_too_long_is_not_sent_and_the_talk_goes_on(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    type_line(&mut program, &trial.word(MESSAGE_LEN_MAX + 1))?;
    let longest = trial.word(MESSAGE_LEN_MAX);
    type_line(&mut program, &longest)?;
    let what = "a line of 1024 octets, after one of 1025";
    peer.expect(what, format!("{longest}\n").as_bytes())?;
    peer.finish();
    ends_well(trial, program, what)
}

/// RFC 9293 §3.5.2: a SYN to a port where nobody listens is answered by RST. Two
/// are a talk, and a third hears at once that there is no room.
fn a_second_caller_is_refused(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["tcp", "--listen", "127.0.0.1:0"])?;
    let address = program.address()?;
    let mut peer = trial.connect(address)?;
    peer.send(b"hi\n")?;
    shows(&mut program, 2, "the first caller's message", "hi")?;
    let second = std::net::TcpStream::connect(address);
    if second.is_ok() {
        return Err(Failure::words(
            "a second caller, while the first talks",
            "the connection is refused",
            "it is accepted, and nobody talks to it",
        ));
    }
    peer.finish();
    ends_well(trial, program, "after both have said everything")
}

/// RFC 9293 §3.6: whether a connection was closed or aborted is told, and an
/// abort does not say that all was said.
fn a_reset_is_no_end(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &[])?;
    peer.send(b"hi\n")?;
    shows(&mut program, 1, "a message before a reset", "hi")?;
    peer.reset()?;
    let run = trial.finish(program)?;
    run.expect_refusal("a reset in the middle of a talk")
}

// ---------------------------------------------------------------- step 4

/// Fails unless `ask` printed `outcome` and ended as it must.
fn expect_outcome(run: &Run, what: &str, outcome: &str) -> Verdict {
    let expected = format!("{outcome}\n");
    if run.stdout != expected.as_bytes() {
        let failure = Failure::octets(
            format!("{what}: standard output"),
            expected.as_bytes(),
            &run.stdout,
        );
        return Err(failure.at(0, 0).ended(run.ending.clone()));
    }
    run.expect_exit(what, i32::from(!outcome.starts_with("answered")))
}

/// RFC 768: a question and an answer, a datagram each.
fn a_datagram_is_answered(trial: &mut Trial) -> Verdict {
    let word = trial.word(6);
    for answer in [word.as_str(), ""] {
        let mut peer = trial.datagrams(Weather::FAIR)?;
        let address = peer.address()?.to_string();
        let args = [
            "ask", "udp", &address, "well?", "--wait", "5000", "--tries", "1",
        ];
        let mut program = trial.start(&args)?;
        let to = peer.expect(&mut program, "the question", b"well?")?;
        peer.send(answer.as_bytes(), to)?;
        let run = trial.finish(program)?;
        let what = format!("an answer of {} octets", answer.len());
        expect_outcome(&run, &what, &format!("answered: {answer}"))?;
        peer.expect_nothing_more("after the answer")?;
    }
    Ok(())
}

/// RFC 1122 §4.1.3.3: UDP passes ICMP's errors up, here that nobody is at the
/// port (§3.2.2.1).
fn a_datagram_that_finds_nobody_is_refused(trial: &mut Trial) -> Verdict {
    let nobody = trial.unreachable()?;
    let address = nobody.address()?.to_string();
    let args = [
        "ask", "udp", &address, "anybody?", "--wait", "200", "--tries", "3",
    ];
    let run = trial.run(&args, b"")?;
    expect_outcome(&run, "a port where nobody takes datagrams", "refused")
}

/// RFC 8085 §3.3: datagrams get lost, and whoever needs an answer has to see to
/// it.
fn a_lost_answer_is_asked_for_again(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let address = peer.address()?.to_string();
    let args = [
        "ask", "udp", &address, "well?", "--wait", "300", "--tries", "9",
    ];
    let mut program = trial.start(&args)?;
    let to = peer.expect(&mut program, "the question", b"well?")?;
    peer.send_with(b"yes", to, Fate::Lost)?;
    let to = peer.expect(
        &mut program,
        "the question again, as its answer was lost",
        b"well?",
    )?;
    peer.send(b"yes", to)?;
    let run = trial.finish(program)?;
    expect_outcome(&run, "an answer to the second question", "answered: yes")
}

/// RFC 8085 §3.1: a program must not go on filling a network that may be full.
fn a_question_is_asked_so_often_and_no_more(trial: &mut Trial) -> Verdict {
    let tries = trial.rng.usize(2..=4);
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let (address, tries_text) = (peer.address()?.to_string(), tries.to_string());
    let args = [
        "ask",
        "udp",
        &address,
        "well?",
        "--wait",
        "50",
        "--tries",
        &tries_text,
    ];
    let mut program = trial.start(&args)?;
    let what = format!("a question that is never answered, with --tries {tries}");
    let mut asked = 0;
    while let Some((octets, _)) = peer.receive_or_end(&mut program)? {
        if octets != b"well?" {
            return Err(Failure::octets(&what, b"well?", &octets));
        }
        asked += 1;
        if asked > tries {
            break;
        }
    }
    if asked != tries {
        let came = if asked > tries {
            format!("one more than {tries}")
        } else {
            format!("{asked}, and the program ended")
        };
        return Err(Failure::words(&what, format!("{tries} datagrams"), came));
    }
    expect_outcome(&trial.finish(program)?, &what, "silent")
}

/// RFC 8085 §5.1: an answer is one that comes from where the question went.
fn a_strangers_answer_is_none(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let address = peer.address()?.to_string();
    let args = [
        "ask", "udp", &address, "well?", "--wait", "300", "--tries", "1",
    ];
    let mut program = trial.start(&args)?;
    let to = peer.expect(&mut program, "the question", b"well?")?;
    peer.send_with(b"no", to, Fate::Forged)?;
    let run = trial.finish(program)?;
    expect_outcome(
        &run,
        "an answer from another port than that asked",
        "silent",
    )
}

/// A wait that is stopped and goes on (Ctrl-Z and `fg`) is interrupted, on Linux
/// also without a handler where it has a limit; the call is made again.
fn a_pause_while_waiting_is_no_failure(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let address = peer.address()?.to_string();
    let args = [
        "ask", "udp", &address, "well?", "--wait", "5000", "--tries", "2",
    ];
    let mut program = trial.start(&args)?;
    let to = peer.expect(&mut program, "the question", b"well?")?;
    hold(&mut program);
    go_on(&mut program);
    peer.send(b"yes", to)?;
    let run = trial.finish(program)?;
    expect_outcome(&run, "an answer after a pause", "answered: yes")
}

/// Starts `ask tcp` to a server of ours and takes its question.
fn asked(trial: &mut Trial, wait: &str) -> Result<(Running, Peer), Failure> {
    let listener = trial.listen()?;
    let address = listener.address()?.to_string();
    let mut program = trial.start(&["ask", "tcp", &address, "well?", "--wait", wait])?;
    let mut peer = listener.accept(&mut program)?;
    peer.expect("the question", b"well?\n")?;
    Ok((program, peer))
}

/// RFC 9293 §2.2: the answer is what comes before its LF, in however many pieces.
fn a_line_answers_a_line(trial: &mut Trial) -> Verdict {
    for delivery in [Delivery::whole(), Delivery::octet_by_octet(4)] {
        let (program, mut peer) = asked(trial, "5000")?;
        peer.deliver(b"yes\n", &delivery)?;
        let run = trial.finish(program)?;
        let what = format!("an answer on a connection, {}", delivery.describe());
        expect_outcome(&run, &what, "answered: yes")?;
    }
    Ok(())
}

/// RFC 9293 §3.5.2: a SYN to a port where nobody listens is answered by RST.
fn a_port_where_nobody_listens_refuses(trial: &mut Trial) -> Verdict {
    let nobody = trial.refusing()?;
    let args = [
        "ask",
        "tcp",
        &nobody.address().to_string(),
        "well?",
        "--wait",
        "5000",
    ];
    let run = trial.run(&args, b"")?;
    expect_outcome(&run, "a port where nobody listens", "refused")
}

/// RFC 9293 §3.8.3: TCP sends a SYN again for three minutes or more before it
/// gives up; a person does not wait so long.
fn a_host_that_answers_no_syn_is_silent(trial: &mut Trial) -> Verdict {
    let nobody = trial.silent()?;
    let args = [
        "ask",
        "tcp",
        &nobody.address().to_string(),
        "well?",
        "--wait",
        "200",
    ];
    let run = trial.run(&args, b"")?;
    expect_outcome(&run, "a port that answers no SYN", "silent")
}

/// A connection that stands says nothing about the program at its other end.
fn a_server_that_never_answers_is_silent(trial: &mut Trial) -> Verdict {
    let (program, _peer) = asked(trial, "200")?;
    let run = trial.finish(program)?;
    expect_outcome(
        &run,
        "a server that takes the question and says nothing",
        "silent",
    )
}

/// RFC 9293 §3.5.2 and §3.6: a reset throws the connection away, a FIN ends it.
fn a_reset_is_told_from_a_close(trial: &mut Trial) -> Verdict {
    let (program, peer) = asked(trial, "5000")?;
    peer.reset()?;
    let run = trial.finish(program)?;
    expect_outcome(&run, "a server that resets the connection", "reset")?;

    for beginning in ["", "ye"] {
        let (program, mut peer) = asked(trial, "5000")?;
        peer.send(beginning.as_bytes())?;
        peer.finish();
        let run = trial.finish(program)?;
        let what = format!("a server that closes after {} octets", beginning.len());
        expect_outcome(&run, &what, "closed")?;
    }
    Ok(())
}

// ---------------------------------------------------------------- step 5

/// RFC 9293 §3.6: who says `byebye` closes its direction, and hears what was on
/// its way until the other side has closed too.
fn who_says_byebye_is_done_when_the_peer_is(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &["--bye", "--wait", "5000"])?;
    type_line(&mut program, "byebye")?;
    type_line(&mut program, "never sent")?;
    peer.expect("the last word", b"byebye\n")?;
    peer.expect_end("after byebye")?;
    // It has had all the time that it wants to be gone in.
    hold(&mut program);
    peer.send(b"this was on its way\n")?;
    go_on(&mut program);
    shows(
        &mut program,
        1,
        "a message that crossed the byebye",
        "this was on its way",
    )?;
    peer.finish();
    let run = trial.finish(program)?;
    run.expect_exit("after byebye, and the peer's end", 0)
}

/// The word ends the talk of whoever hears it, and its input need not end first.
fn who_hears_byebye_is_done(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["tcp", "--listen", "127.0.0.1:0", "--bye"])?;
    let mut peer = trial.connect(program.address()?)?;
    peer.send(b"hi\nbyebye\n")?;
    peer.finish();
    shows(&mut program, 2, "a message before byebye", "hi")?;
    shows(&mut program, 3, "byebye", "byebye")?;
    let run = trial.finish(program)?;
    run.expect_exit("after it has heard byebye", 0)?;
    peer.expect_end("after it has heard byebye")
}

/// RFC 9293 §3.6.1: who closes first keeps the connection in TIME-WAIT. Whoever
/// says the word chose to, so the other waits for that FIN.
fn who_hears_byebye_lets_the_other_close_first(trial: &mut Trial) -> Verdict {
    let args = ["tcp", "--listen", "127.0.0.1:0", "--bye", "--wait", "5000"];
    let mut program = trial.start(&args)?;
    let mut peer = trial.connect(program.address()?)?;
    peer.send(b"byebye\n")?;
    shows(&mut program, 2, "byebye", "byebye")?;
    // It has had all the time that it wants to be gone in.
    hold(&mut program);
    peer.expect_nothing_yet("after byebye was heard, before who said it has closed")?;
    go_on(&mut program);
    peer.finish();
    peer.expect_end("after byebye was heard, and who said it has closed")?;
    let run = trial.finish(program)?;
    run.expect_exit("after it has heard byebye", 0)
}

/// A message ends the talk if it is the word, not if the word is in it.
fn byebye_inside_a_message_ends_nothing(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &["--bye", "--wait", "5000"])?;
    let others = [
        "byebye, said the cat",
        "no byebye",
        "bye",
        " byebye",
        "byebyes",
    ];
    for (number, message) in (1..).zip(others) {
        let octets = format!("{message}\n");
        let what = format!("{message:?}, which does not end the talk");
        type_line(&mut program, message)?;
        peer.expect(&what, octets.as_bytes())?;
        peer.send(octets.as_bytes())?;
        shows(&mut program, number, &what, message)?;
    }
    type_line(&mut program, "byebye")?;
    peer.expect("byebye", b"byebye\n")?;
    peer.finish();
    let run = trial.finish(program)?;
    run.expect_exit("after byebye", 0)
}

/// UDP has no FIN, so there the word is all that tells the end.
fn byebye_ends_a_talk_in_datagrams(trial: &mut Trial) -> Verdict {
    let mut peer = trial.datagrams(Weather::FAIR)?;
    let address = peer.address()?.to_string();
    let mut program = trial.start(&["udp", &address, "--bye", "--wait", "1"])?;
    type_line(&mut program, "hi")?;
    type_line(&mut program, "byebye")?;
    peer.expect(&mut program, "a line before byebye", b"hi")?;
    peer.expect(&mut program, "byebye", b"byebye")?;
    let run = trial.finish(program)?;
    run.expect_exit("after it has said byebye", 0)?;

    let mut program = trial.start(&["udp", "--listen", "127.0.0.1:0", "--bye"])?;
    let to = program.address()?;
    peer.send(b"hi", to)?;
    shows(&mut program, 2, "a message before byebye", "hi")?;
    peer.send(b"byebye", to)?;
    let run = trial.finish(program)?;
    run.expect_exit("after it has heard byebye", 0)
}

/// The peer's end may never come: then the wait has one.
fn who_never_closes_is_not_waited_for_without_end(trial: &mut Trial) -> Verdict {
    let (mut program, mut peer) = called(trial, &["--bye", "--wait", "100"])?;
    type_line(&mut program, "byebye")?;
    peer.expect("the last word", b"byebye\n")?;
    peer.expect_end("after byebye")?;
    let run = trial.finish(program)?;
    run.expect_exit("after byebye, where the peer does not close", 0)
}

/// RFC 9293 §3.6.1: the side that closes first keeps the connection for two
/// maximum segment lifetimes; a new listener at its port does not wait for that.
fn a_port_can_be_listened_at_again_at_once(trial: &mut Trial) -> Verdict {
    // Somebody else may get the port in between, and not twice in a row.
    again(trial).or_else(|_| again(trial))
}

fn again(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["tcp", "--listen", "127.0.0.1:0", "--bye"])?;
    let address = program.address()?;
    let mut peer = trial.connect(address)?;
    type_line(&mut program, "byebye")?;
    peer.expect("the last word", b"byebye\n")?;
    peer.expect_end("after byebye, so that the program closes first")?;
    peer.finish();
    drop(peer);
    trial.finish(program)?.expect_exit("after byebye", 0)?;

    let mut program = trial.start(&["tcp", "--listen", &address.to_string(), "--bye"])?;
    let what = "the port of a talk that it has closed first, at once";
    let listens = program.address().and_then(|address| trial.connect(address));
    let mut peer = listens.map_err(|failure| Failure {
        what: what.to_owned(),
        ..failure
    })?;
    peer.send(b"byebye\n")?;
    peer.finish();
    trial.finish(program)?.expect_exit(what, 0)
}

/// RFC 9293 §3.9.1: an OPEN for a port where somebody listens is an error. The
/// option that step 5 is about does not let a program take it away.
fn a_port_that_somebody_listens_at_is_not_free(trial: &mut Trial) -> Verdict {
    let mut first = trial.start(&["tcp", "--listen", "127.0.0.1:0", "--bye"])?;
    let address = first.address()?;
    let second = trial.start(&["tcp", "--listen", &address.to_string(), "--bye"])?;
    let what = "a port that another program listens at";
    let run = trial.finish(second).map_err(|failure| Failure {
        what: what.to_owned(),
        words: Some((
            "exit status 1 and a message".to_owned(),
            "it listens there as well".to_owned(),
        )),
        ..failure
    })?;
    run.expect_refusal(what)?;
    trial.end(first);
    Ok(())
}

/// A socket has a family, and `[::1]` is of another than `127.0.0.1`.
fn a_port_of_ipv6_is_listened_at(trial: &mut Trial) -> Verdict {
    let mut program = trial.start(&["tcp", "--listen", "[::1]:0", "--bye"])?;
    let mut peer = trial.connect(program.address()?)?;
    peer.send(b"byebye\n")?;
    peer.finish();
    shows(&mut program, 2, "byebye over IPv6", "byebye")?;
    let run = trial.finish(program)?;
    run.expect_exit("after it has heard byebye over IPv6", 0)
}
