//! What `chat` is held to: a room for many, served by threads and by tasks.
//!
//! What the room decides is asked of `room`, where a script says what happens
//! and what time it is. Of the two servers the same is asked, over real
//! connections; who is silent, slow or gone there is known by what the others
//! hear of it.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::check;
use crate::check::{Check, Failure, LabChecks, Need, Recording, Verdict};
use crate::crowd::{Crowd, Member, standstill};
use crate::stream::{Delivery, Ending, Peer, every_cut};
use crate::trial::{DEADLINE, Running, Trial};

mod mistakes;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "chat",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[ROOM_EVENING],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 3, a_line_goes_to_all_the_others, "step-1", "RFC 9293 §2.2"),
    check!(1, 2, who_joins_and_who_leaves_is_announced_once, "step-1", "RFC 9293 §3.6"),
    check!(1, 1, whoever_has_no_name_hears_nobody_and_is_not_heard_of, "step-1", "RFC 9293 §3.6"),
    check!(1, 2, a_name_is_held_to_its_rules, "step-1", "RFC 3629 §3"),
    check!(1, 1, a_name_is_taken_in_any_letters_until_its_owner_leaves, "step-1", "RFC 3629 §3"),
    check!(1, 3, a_line_may_come_in_any_pieces, "step-1", "RFC 9293 §2.2"),
    check!(1, 2, lines_that_come_together_are_told_apart, "step-1", "RFC 9293 §3.9.1.2"),
    check!(1, 2, the_longest_line_is_said_and_a_longer_one_ends_the_connection, "step-1", "RFC 9293 §2.2"),
    check!(1, 2, what_is_no_text_is_refused_and_the_next_line_is_good, "step-1", "RFC 3629 §3"),
    check!(1, 1, an_empty_line_is_not_said_and_a_cr_is_no_part_of_a_line, "step-1", "RFC 854"),
    check!(1, 1, an_evening_goes_as_recorded, "step-1", "RFC 9293 §2.2"),
    check!(2, 2, with_threads_a_line_reaches_all_the_others, "step-2", "RFC 9293 §2.2"),
    check!(2, 3, with_threads_whoever_says_nothing_holds_nobody_up, "step-2", "RFC 9293 §3.9.1.1"),
    check!(2, 2, with_threads_the_name_may_come_in_any_pieces, "step-2", "RFC 9293 §2.2"),
    check!(2, 3, with_threads_whoever_does_not_read_holds_nobody_up, "step-2", "RFC 9293 §3.8.6"),
    check!(2, 2, with_threads_a_reset_is_announced_like_an_end, "step-2", "RFC 9293 §3.5.3"),
    check!(2, 2, with_threads_whoever_half_closes_gets_the_rest, "step-2", "RFC 9293 §3.6"),
    check!(2, 1, with_threads_calls_that_fall_short_are_made_again, "step-2", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(2, 1, with_threads_a_lack_of_descriptors_is_not_the_end, "step-2", "RFC 9293 §3.9.1.1", Need::MemoryLimit),
    check!(2, 3, with_threads_150_hear_each_other_though_one_never_reads, "step-2", "RFC 9293 §3.8.6", Need::Descriptors(400)),
    check!(3, 2, with_tasks_a_line_reaches_all_the_others, "step-3", "RFC 9293 §2.2"),
    check!(3, 3, with_tasks_whoever_says_nothing_holds_nobody_up, "blocking", "RFC 9293 §3.9.1.1"),
    check!(3, 2, with_tasks_the_name_may_come_in_any_pieces, "step-3", "RFC 9293 §2.2"),
    check!(3, 3, with_tasks_whoever_does_not_read_holds_nobody_up, "step-3", "RFC 9293 §3.8.6"),
    check!(3, 2, with_tasks_a_reset_is_announced_like_an_end, "step-3", "RFC 9293 §3.5.3"),
    check!(3, 2, with_tasks_whoever_half_closes_gets_the_rest, "step-3", "RFC 9293 §3.6"),
    check!(3, 1, with_tasks_a_lack_of_descriptors_is_not_the_end, "step-3", "RFC 9293 §3.9.1.1", Need::MemoryLimit),
    check!(3, 4, with_tasks_1000_hear_each_other_though_one_never_reads, "figures", "RFC 9293 §3.8.6", Need::Descriptors(1200)),
    check!(4, 2, an_outbox_may_be_full_for_the_grace_and_no_longer, "step-4", "RFC 9293 §3.8.6.1"),
    check!(4, 2, an_outbox_that_was_emptied_in_time_is_forgiven, "step-4", "RFC 9293 §3.8.6"),
    check!(4, 3, with_threads_a_flood_waits_for_whoever_reads_later, "step-4", "RFC 9293 §3.8.6"),
    check!(4, 3, with_tasks_a_flood_waits_for_whoever_reads_later, "step-4", "RFC 9293 §3.8.6"),
    check!(4, 3, with_threads_whoever_never_reads_is_cut_off_and_the_others_go_on, "step-4", "RFC 9293 §3.8.6.1"),
    check!(4, 3, with_tasks_whoever_never_reads_is_cut_off_and_the_others_go_on, "step-4", "RFC 9293 §3.8.6.1"),
    check!(5, 3, whoever_is_silent_is_asked_once_and_then_parted_from, "step-5", "RFC 9293 §3.5.1"),
    check!(5, 2, whatever_comes_is_a_sign_of_life, "step-5", "RFC 9293 §3.8.4"),
    check!(5, 2, what_goes_to_a_client_is_no_sign_of_life, "step-5", "RFC 9293 §3.5.1"),
    check!(5, 2, with_threads_a_peer_that_is_gone_without_a_word_is_found_out, "step-5", "RFC 9293 §3.5.1"),
    check!(5, 2, with_tasks_a_peer_that_is_gone_without_a_word_is_found_out, "step-5", "RFC 9293 §3.5.1"),
    check!(6, 2, the_farewell_is_the_last_line_and_what_comes_then_is_dropped, "step-6", "RFC 9293 §3.6"),
    check!(6, 4, after_sigterm_all_that_was_accepted_is_delivered, "step-6", "RFC 9293 §3.6"),
    check!(6, 2, after_sigterm_nobody_new_is_accepted, "step-6", "RFC 9293 §3.5.2"),
    check!(6, 2, after_sigterm_whoever_is_in_mid_word_gets_an_end_and_no_reset, "step-6", "RFC 9293 §3.6.1"),
    check!(6, 2, whoever_takes_nothing_does_not_put_the_end_off, "step-6", "RFC 9293 §3.8.6"),
];

/// A whole evening in the room, with a clock of its own.
const ROOM_EVENING: Recording = Recording {
    name: "room_evening",
    args: &["room", "--idle", "30", "--outbox", "30", "--grace", "0.2"],
    input: b"connect 1\n1: ada\nconnect 2\n2: Ada\n2: bob\n1: hello, bob\n2: hello\n\
        send 1 two\\nlines, and a p\nsend 1 art\\n\nconnect 3\n3: \n3: not a name\n3: cyd\nend 3\n\
        at 10\nstop 2\n1: you do not read\n1: what I say\n1: and what I will say\nat 10.1\nat 10.2\nread 2\nat 40\nat 69.9\n\
        send 1 x\nat 99.9\nat 129.9\n",
};

const GREETING: &str = "* hello; your first line is your name\n";
const QUESTION: &str = "? still there: send any line, an empty one will do\n";
const FAREWELL: &str = "* the server ends\n";

/// The lab's bounds, in octets.
const LINE_LEN_MAX: usize = 1024;
const NAME_LEN_MAX: usize = 16;

/// What no flood of these checks fills, and a grace that never ends.
const NO_LIMIT: [&str; 4] = ["--outbox", "1000000000", "--grace", "3600"];

/// The 99th percentile within which a line must reach all the others, in a debug
/// build on a busy machine. The reference takes a tenth of a second where there
/// is nothing else to do, and most of that is the harness's.
const P99_MAX: Duration = DEADLINE;

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Threads,
    Tasks,
}

use Kind::{Tasks, Threads};

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Threads => "threads",
            Tasks => "tasks",
        }
    }
}

fn welcome(name: &str, others: usize) -> String {
    format!("* welcome, {name}; others here: {others}\n")
}

// The room, from a script.

/// Plays `script` in the room and fails unless it answers `expected`.
fn expect_played(
    trial: &mut Trial,
    what: &str,
    args: &[&str],
    script: &[&str],
    expected: &[&str],
) -> Verdict {
    let args: Vec<&str> = ["room"].iter().chain(args).copied().collect();
    let lines =
        |lines: &[&str]| -> String { lines.iter().map(|line| format!("{line}\n")).collect() };
    trial
        .run(&args, lines(script).as_bytes())?
        .expect(what, lines(expected).as_bytes())
}

/// Three are in the room: one says something, the other two hear it.
fn a_line_goes_to_all_the_others(trial: &mut Trial) -> Verdict {
    let (first, second) = (trial.word(6), trial.word(6));
    expect_played(
        trial,
        "three in the room, two of whom speak",
        &[],
        &[
            "connect 1",
            "1: ada",
            "connect 2",
            "2: bob",
            "connect 3",
            "3: cyd",
            &format!("1: {first}"),
            &format!("3: {second} {first}"),
        ],
        &[
            "to 1: * hello; your first line is your name",
            "to 1: * welcome, ada; others here: 0",
            "to 2: * hello; your first line is your name",
            "to 1: * bob joined",
            "to 2: * welcome, bob; others here: 1",
            "to 3: * hello; your first line is your name",
            "to 1: * cyd joined",
            "to 2: * cyd joined",
            "to 3: * welcome, cyd; others here: 2",
            &format!("to 2: ada: {first}"),
            &format!("to 3: ada: {first}"),
            &format!("to 1: cyd: {second} {first}"),
            &format!("to 2: cyd: {second} {first}"),
        ],
    )
}

/// The lines by which two come in, and what the room says then.
const TWO: [&str; 4] = ["connect 1", "1: ada", "connect 2", "2: bob"];
const TWO_IN: [&str; 5] = [
    "to 1: * hello; your first line is your name",
    "to 1: * welcome, ada; others here: 0",
    "to 2: * hello; your first line is your name",
    "to 1: * bob joined",
    "to 2: * welcome, bob; others here: 1",
];

/// As [`expect_played`], with two in the room already.
fn expect_played_by_two(
    trial: &mut Trial,
    what: &str,
    args: &[&str],
    script: &[&str],
    expected: &[&str],
) -> Verdict {
    let script: Vec<&str> = TWO.iter().chain(script).copied().collect();
    let expected: Vec<&str> = TWO_IN.iter().chain(expected).copied().collect();
    expect_played(trial, what, args, &script, &expected)
}

/// An end and a reset are both told, and told once.
fn who_joins_and_who_leaves_is_announced_once(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "somebody who ends, and is reset after that",
        &[],
        &["end 2", "lose 2", "2: still here"],
        &["to 1: * bob left", "2 is closed"],
    )?;
    expect_played_by_two(
        trial,
        "somebody whose connection is lost",
        &[],
        &["lose 2", "end 2", "1: who is here"],
        &["to 1: * bob left (connection lost)", "2 is cut off"],
    )
}

/// Before the name, a connection is nobody.
fn whoever_has_no_name_hears_nobody_and_is_not_heard_of(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "a third connection without a name",
        &[],
        &["connect 3", "1: hi", "end 3", "2: hi"],
        &[
            "to 3: * hello; your first line is your name",
            "to 2: ada: hi",
            "3 is closed",
            "to 1: bob: hi",
        ],
    )
}

/// Both sides of the bound, and each kind of character. Whoever was refused
/// tries again.
fn a_name_is_held_to_its_rules(trial: &mut Trial) -> Verdict {
    let longest = trial.word(NAME_LEN_MAX);
    let longer = trial.word(NAME_LEN_MAX + 1);
    let sixteen_letters = "ü".repeat(NAME_LEN_MAX);
    let refusals = [
        (longer.as_str(), "a name of 17 octets; 16 are allowed"),
        (&sixteen_letters, "a name of 32 octets; 16 are allowed"),
        (
            "a b",
            "' ' in a name; letters a to z, digits, - and _ are allowed",
        ),
        (
            "jürg",
            "'ü' in a name; letters a to z, digits, - and _ are allowed",
        ),
        (
            "* ada",
            "'*' in a name; letters a to z, digits, - and _ are allowed",
        ),
        (
            "a:",
            "':' in a name; letters a to z, digits, - and _ are allowed",
        ),
    ];
    for (name, why) in refusals {
        expect_played(
            trial,
            &format!("the name {name:?}, and then a good one"),
            &[],
            &["connect 1", &format!("1: {name}"), "1: ada"],
            &[
                "to 1: * hello; your first line is your name",
                &format!("to 1: ! {why}"),
                "to 1: * welcome, ada; others here: 0",
            ],
        )?;
    }
    for name in [longest.as_str(), "A-z_09", "7"] {
        expect_played(
            trial,
            &format!("the name {name:?}"),
            &[],
            &["connect 1", &format!("1: {name}")],
            &[
                "to 1: * hello; your first line is your name",
                &format!("to 1: * welcome, {name}; others here: 0"),
            ],
        )?;
    }
    Ok(())
}

/// `Ada` and `ada` would be taken for each other.
fn a_name_is_taken_in_any_letters_until_its_owner_leaves(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "a third who would like to be ada",
        &[],
        &["connect 3", "3: ADA", "3: ada", "end 1", "3: Ada"],
        &[
            "to 3: * hello; your first line is your name",
            "to 3: ! the name \"ADA\" is taken",
            "to 3: ! the name \"ada\" is taken",
            "1 is closed",
            "to 2: * ada left",
            "to 2: * Ada joined",
            "to 3: * welcome, Ada; others here: 1",
        ],
    )
}

/// RFC 9293 §2.2: TCP keeps no borders between writes. The name is cut
/// everywhere, and so is the line after it.
fn a_line_may_come_in_any_pieces(trial: &mut Trial) -> Verdict {
    // An `ü` is two octets, and may be cut between them.
    let stream = "ada\nhü\n".as_bytes();
    let len = stream.len();
    for delivery in every_cut(len).chain([Delivery::octet_by_octet(len)]) {
        let mut script = vec![
            "connect 2".to_owned(),
            "2: bob".to_owned(),
            "connect 1".to_owned(),
        ];
        script.extend(delivery.pieces(stream).into_iter().map(|piece| {
            let octets: String = piece
                .iter()
                .map(|octet| format!("\\x{octet:02x}"))
                .collect();
            format!("send 1 {octets}")
        }));
        let script: Vec<&str> = script.iter().map(String::as_str).collect();
        expect_played(
            trial,
            &format!("a name and a line, {}", delivery.describe()),
            &[],
            &script,
            &[
                "to 2: * hello; your first line is your name",
                "to 2: * welcome, bob; others here: 0",
                "to 1: * hello; your first line is your name",
                "to 1: * welcome, ada; others here: 1",
                "to 2: * ada joined",
                "to 2: ada: hü",
            ],
        )?;
    }
    Ok(())
}

/// RFC 9293 §3.9.1.2: what was written in several pieces may come in one. The
/// name and the lines after it are written together, by whoever is in a hurry.
fn lines_that_come_together_are_told_apart(trial: &mut Trial) -> Verdict {
    expect_played(
        trial,
        "a name and three lines in one piece",
        &[],
        &[
            "connect 2",
            "2: bob",
            "connect 1",
            r"send 1 ada\none\ntwo\nthree\n",
        ],
        &[
            "to 2: * hello; your first line is your name",
            "to 2: * welcome, bob; others here: 0",
            "to 1: * hello; your first line is your name",
            "to 1: * welcome, ada; others here: 1",
            "to 2: * ada joined",
            "to 2: ada: one",
            "to 2: ada: two",
            "to 2: ada: three",
        ],
    )
}

/// Both sides of the bound: 1024 octets with the LF, and 1024 without one.
fn the_longest_line_is_said_and_a_longer_one_ends_the_connection(trial: &mut Trial) -> Verdict {
    let longest = trial.word(LINE_LEN_MAX - 1);
    expect_played_by_two(
        trial,
        "a line of 1024 octets with its LF, in two pieces",
        &[],
        &[
            &format!("send 1 {}", longest.get(..1000).unwrap_or_default()),
            &format!("send 1 {}\\n", longest.get(1000..).unwrap_or_default()),
        ],
        &[&format!("to 2: ada: {longest}")],
    )?;
    let longer = trial.word(LINE_LEN_MAX);
    for (end, what) in [
        ("\\n", "a line of 1025 octets with its LF"),
        ("", "1024 octets without an LF"),
    ] {
        expect_played_by_two(
            trial,
            what,
            &[],
            &[&format!("send 1 {longer}{end}"), "connect 3"],
            &[
                "to 1: ! a line has at most 1024 octets",
                "1 is closed",
                "to 2: * ada left (line too long)",
                "to 3: * hello; your first line is your name",
            ],
        )?;
    }
    Ok(())
}

/// What is refused had its end, so it costs nobody the connection. A terminal
/// obeys control characters, those from U+0080 on included.
fn what_is_no_text_is_refused_and_the_next_line_is_good(trial: &mut Trial) -> Verdict {
    let refusals = [
        (r"caf\xff", "not UTF-8 from octet 3 of the line"),
        (r"\xc3", "not UTF-8 from octet 0 of the line"),
        (r"a\x1b[2J", "control character 0x1b at octet 1 of the line"),
        (
            r"\xc3\xbc\x00",
            "control character 0x00 at octet 2 of the line",
        ),
        (r"\x7f", "control character 0x7f at octet 0 of the line"),
        (r"\xc2\x9b", "control character 0x9b at octet 0 of the line"),
    ];
    for (octets, why) in refusals {
        expect_played_by_two(
            trial,
            &format!("the octets {octets:?} as a line, and then a good one"),
            &[],
            &[&format!("send 1 {octets}\\nhi\\n")],
            &[&format!("to 1: ! {why}"), "to 2: ada: hi"],
        )?;
    }
    expect_played_by_two(
        trial,
        "a line with a tab",
        &[],
        &["1: a\tb"],
        &["to 2: ada: a\tb"],
    )
}

/// RFC 854: telnet ends a line with CR and LF.
fn an_empty_line_is_not_said_and_a_cr_is_no_part_of_a_line(trial: &mut Trial) -> Verdict {
    expect_played(
        trial,
        "empty lines, and lines that end in CR and LF",
        &[],
        &[
            "connect 2",
            "2: bob",
            "connect 1",
            r"send 1 \n\r\nada\r\n",
            r"send 1 \n\r\nhi\r\n\n",
        ],
        &[
            "to 2: * hello; your first line is your name",
            "to 2: * welcome, bob; others here: 0",
            "to 1: * hello; your first line is your name",
            "to 1: * welcome, ada; others here: 1",
            "to 2: * ada joined",
            "to 2: ada: hi",
        ],
    )
}

/// All of it together.
fn an_evening_goes_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&ROOM_EVENING)
}

// Both servers.

/// A server that runs.
struct Served {
    running: Running,
    address: SocketAddr,
}

fn serve(trial: &mut Trial, kind: Kind, more: &[&str]) -> Result<Served, Failure> {
    let args: Vec<&str> = [kind.name()].iter().chain(more).copied().collect();
    let mut running = trial.start(&args)?;
    let address = running.address()?;
    Ok(Served { running, address })
}

impl Served {
    /// Connects a client and gives its name.
    fn join(&self, trial: &Trial, name: &str, others: usize) -> Result<Peer, Failure> {
        let mut peer = trial.connect(self.address)?;
        peer.expect(format!("the greeting of {name}"), GREETING.as_bytes())?;
        peer.send(format!("{name}\n").as_bytes())?;
        peer.expect(
            format!("the welcome of {name}"),
            welcome(name, others).as_bytes(),
        )?;
        Ok(peer)
    }

    /// Connects a client and gives its name, and waits until it is in.
    fn join_crowd(&self, crowd: &mut Crowd, name: &str) -> Result<usize, Failure> {
        let index = crowd.connect()?;
        crowd.send(index, format!("{name}\n").as_bytes());
        expect_heard(crowd, index, &format!("* welcome, {name}; "))?;
        Ok(index)
    }

    /// As [`Served::join_crowd`], with a client that does not read; `witness`
    /// hears that it is in.
    fn join_without_reading(
        &self,
        crowd: &mut Crowd,
        name: &str,
        witness: usize,
    ) -> Result<usize, Failure> {
        let index = crowd.connect_without_reading()?;
        crowd.send(index, format!("{name}\n").as_bytes());
        expect_heard(crowd, witness, &format!("* {name} joined\n"))?;
        Ok(index)
    }
}

/// Goes on until this client has heard `text`.
fn expect_heard(crowd: &mut Crowd, index: usize, text: &str) -> Verdict {
    let (mut searched, mut heard) = (0_usize, false);
    crowd.until(|members| {
        let Some(member) = members.get(index) else {
            return true;
        };
        // What was searched once is not searched again.
        let came = member.came();
        let new = came.get(searched.saturating_sub(text.len())..);
        heard = contains(new.unwrap_or_default(), text);
        searched = came.len();
        heard || member.ending().is_some()
    });
    if heard {
        return Ok(());
    }
    let ended = crowd
        .members()
        .get(index)
        .and_then(|member| member.ending());
    Err(Failure::words(
        format!("client {}", index + 1),
        format!("it hears {text:?}"),
        match ended {
            Some(Ending::Reset) => "its connection was reset".to_owned(),
            Some(_) => "its connection was closed".to_owned(),
            None => format!("{}, and it had not", standstill()),
        },
    ))
}

fn contains(octets: &[u8], text: &str) -> bool {
    octets
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// RFC 9293 §2.2: each client has a stream of its own, and the server copies
/// from one to the others.
fn a_line_reaches_all_the_others(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &[])?;
    let mut ada = served.join(trial, "ada", 0)?;
    let mut bob = served.join(trial, "bob", 1)?;
    ada.expect("ada hears of bob", b"* bob joined\n")?;
    let mut cyd = served.join(trial, "cyd", 2)?;
    ada.expect("ada hears of cyd", b"* cyd joined\n")?;
    bob.expect("bob hears of cyd", b"* cyd joined\n")?;
    let (first, second) = (trial.word(8), trial.word(8));
    ada.send(format!("{first}\n").as_bytes())?;
    for (name, peer) in [("bob", &mut bob), ("cyd", &mut cyd)] {
        let expected = format!("ada: {first}\n");
        peer.expect(format!("{name} hears ada"), expected.as_bytes())?;
    }
    bob.send(format!("{second}\n").as_bytes())?;
    for (name, peer) in [("ada", &mut ada), ("cyd", &mut cyd)] {
        let expected = format!("bob: {second}\n");
        peer.expect(format!("{name} hears bob"), expected.as_bytes())?;
    }
    ada.finish();
    ada.expect_end("ada, who has closed her direction")?;
    for (name, peer) in [("bob", &mut bob), ("cyd", &mut cyd)] {
        peer.expect(format!("{name} hears that ada left"), b"* ada left\n")?;
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_a_line_reaches_all_the_others(trial: &mut Trial) -> Verdict {
    a_line_reaches_all_the_others(trial, Threads)
}

fn with_tasks_a_line_reaches_all_the_others(trial: &mut Trial) -> Verdict {
    a_line_reaches_all_the_others(trial, Tasks)
}

/// How many connect and say nothing: more than a machine has cores, and fewer
/// than a kernel lets wait to be accepted.
const SILENT: usize = 100;

/// The kernel shakes hands for connections that nobody has accepted, so that
/// whoever waits to be accepted sees an open connection; only the greeting tells.
fn whoever_says_nothing_holds_nobody_up(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &[])?;
    let mut silent = trial.crowd(served.address, &served.running);
    for _ in 0..SILENT {
        silent.connect()?;
    }
    let greeted = |members: &[Member]| {
        let came = members.iter().filter(|member| !member.came().is_empty());
        came.count()
    };
    if !silent.until(|members| greeted(members) == SILENT) {
        return Err(Failure::words(
            format!("{SILENT} clients that say nothing"),
            "each is greeted",
            format!("{} were, then {}", greeted(silent.members()), standstill()),
        ));
    }
    let mut ada = served.join(trial, "ada", 0)?;
    let mut bob = served.join(trial, "bob", 1)?;
    ada.expect("ada hears of bob", b"* bob joined\n")?;
    let line = trial.word(8);
    ada.send(format!("{line}\n").as_bytes())?;
    bob.expect("bob hears ada", format!("ada: {line}\n").as_bytes())?;
    trial.end(served.running);
    Ok(())
}

fn with_threads_whoever_says_nothing_holds_nobody_up(trial: &mut Trial) -> Verdict {
    whoever_says_nothing_holds_nobody_up(trial, Threads)
}

fn with_tasks_whoever_says_nothing_holds_nobody_up(trial: &mut Trial) -> Verdict {
    whoever_says_nothing_holds_nobody_up(trial, Tasks)
}

/// RFC 9293 §2.2: the name and a line, cut everywhere, a piece a read.
fn the_name_may_come_in_any_pieces(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &[])?;
    let mut bob = served.join(trial, "bob", 0)?;
    let stream = b"ada\nhi\n";
    let len = stream.len();
    for delivery in [Delivery::whole()]
        .into_iter()
        .chain(every_cut(len))
        .chain([Delivery::octet_by_octet(len)])
    {
        let mut ada = trial.connect(served.address)?;
        ada.expect("the greeting of ada", GREETING.as_bytes())?;
        ada.deliver(stream, &delivery)?;
        bob.expect(
            format!(
                "bob hears ada, whose name and line come {}",
                delivery.describe()
            ),
            b"* ada joined\nada: hi\n",
        )?;
        ada.finish();
        bob.expect("bob hears that ada left", b"* ada left\n")?;
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_the_name_may_come_in_any_pieces(trial: &mut Trial) -> Verdict {
    the_name_may_come_in_any_pieces(trial, Threads)
}

fn with_tasks_the_name_may_come_in_any_pieces(trial: &mut Trial) -> Verdict {
    the_name_may_come_in_any_pieces(trial, Tasks)
}

/// The octets of a line in a flood, LF included, and how many there are: more
/// than two kernels keep on the way to somebody who does not read.
const FLOOD_LINE_LEN: usize = 1000;
const FLOOD: usize = 6000;

/// So many different lines, to be said.
fn flood(count: usize) -> String {
    let line = |number: usize| format!("{number:x<width$}\n", width = FLOOD_LINE_LEN - 1);
    (0..count).map(line).collect()
}

/// What the others hear when `name` says `lines`.
fn heard(name: &str, lines: &str) -> String {
    lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| format!("{name}: {line}\n"))
        .collect()
}

/// Goes on until this client has heard all of `expected` behind what it had
/// heard before, and nothing else.
fn expect_all_heard(crowd: &mut Crowd, what: &str, index: usize, expected: &str) -> Verdict {
    let all = crowd.until(|members| {
        members
            .get(index)
            .is_none_or(|member| member.came().len() >= expected.len() || member.ending().is_some())
    });
    let came = crowd.came(index);
    if all && came == expected.as_bytes() {
        return Ok(());
    }
    let ended = crowd
        .members()
        .get(index)
        .and_then(|member| member.ending());
    let same = came
        .iter()
        .zip(expected.as_bytes())
        .take_while(|(a, b)| a == b)
        .count();
    if same == came.len() {
        let how = match ended {
            Some(Ending::Reset) => "then its connection was reset".to_owned(),
            Some(_) => "then its connection was closed".to_owned(),
            None => format!("then {}", standstill()),
        };
        return Err(Failure::words(
            what,
            format!("all {} octets", expected.len()),
            format!("the first {} octets, {how}", came.len()),
        ));
    }
    // The line that differs, as a whole.
    let line = |octets: &[u8]| -> Vec<u8> {
        let before = octets.get(..same).unwrap_or_default();
        let from = before
            .iter()
            .rposition(|&octet| octet == b'\n')
            .map_or(0, |at| at + 1);
        let rest = octets.get(from..).unwrap_or_default();
        let line = rest.split_inclusive(|&octet| octet == b'\n').next();
        line.unwrap_or_default().to_vec()
    };
    Err(Failure::octets(
        what,
        &line(expected.as_bytes()),
        &line(came),
    ))
}

/// RFC 9293 §3.8.6: somebody who does not read closes the window, and a write to
/// it waits. Nobody else may.
fn whoever_does_not_read_holds_nobody_up(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &NO_LIMIT)?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_crowd(&mut crowd, "bob")?;
    served.join_without_reading(&mut crowd, "cyd", bob)?;
    expect_heard(&mut crowd, ada, "* cyd joined\n")?;
    crowd.forget();
    let lines = flood(FLOOD);
    crowd.send(ada, lines.as_bytes());
    let what = format!("bob hears the {FLOOD} lines of ada, of which cyd reads none");
    expect_all_heard(&mut crowd, &what, bob, &heard("ada", &lines))?;
    crowd.send(bob, b"still here\n");
    let what = "ada hears bob, while cyd does not read";
    expect_all_heard(&mut crowd, what, ada, "bob: still here\n")?;
    trial.end(served.running);
    Ok(())
}

fn with_threads_whoever_does_not_read_holds_nobody_up(trial: &mut Trial) -> Verdict {
    whoever_does_not_read_holds_nobody_up(trial, Threads)
}

fn with_tasks_whoever_does_not_read_holds_nobody_up(trial: &mut Trial) -> Verdict {
    whoever_does_not_read_holds_nobody_up(trial, Tasks)
}

/// RFC 9293 §3.5.3: whoever gets a reset learns that the connection is gone, and
/// of the name that it had nothing may stay.
fn a_reset_is_announced_like_an_end(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &[])?;
    let mut bob = served.join(trial, "bob", 0)?;
    for round in ["first", "second"] {
        let ada = served.join(trial, "ada", 1)?;
        bob.expect(format!("bob hears of the {round} ada"), b"* ada joined\n")?;
        // Reset before the server has read would be reset before it had a name.
        ada.until_read();
        ada.reset()?;
        bob.expect(
            format!("bob hears that the {round} ada was reset"),
            b"* ada left (connection lost)\n",
        )?;
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_a_reset_is_announced_like_an_end(trial: &mut Trial) -> Verdict {
    a_reset_is_announced_like_an_end(trial, Threads)
}

fn with_tasks_a_reset_is_announced_like_an_end(trial: &mut Trial) -> Verdict {
    a_reset_is_announced_like_an_end(trial, Tasks)
}

/// RFC 9293 §3.6: a FIN ends one direction. Whoever says no more may still want
/// to hear what was said before.
fn whoever_half_closes_gets_the_rest(trial: &mut Trial, kind: Kind) -> Verdict {
    let args: Vec<&str> = NO_LIMIT.into_iter().chain(["--drain", "3600"]).collect();
    let served = serve(trial, kind, &args)?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    let lines = flood(FLOOD);
    crowd.send(ada, lines.as_bytes());
    if !crowd.until_read(ada) {
        let what = "6000 lines of ada, of which bob reads none";
        return Err(Failure::words(what, "the server reads them", standstill()));
    }
    // What was read is said a moment later, and another thread reads of bob's end.
    crowd.until_standstill();
    crowd.finish(bob);
    expect_heard(&mut crowd, ada, "* bob left\n")?;
    crowd.read_on(bob);
    let expected = format!("{GREETING}{}{}", welcome("bob", 1), heard("ada", &lines));
    let what = "bob, who has closed his direction, hears all that was said before";
    expect_all_heard(&mut crowd, what, bob, &expected)?;
    expect_ending(&mut crowd, "bob, who has closed his direction", bob)?;
    trial.end(served.running);
    Ok(())
}

/// Goes on until the connection is closed, in order and without another octet.
fn expect_ending(crowd: &mut Crowd, what: &str, index: usize) -> Verdict {
    let heard = crowd.came(index).len();
    crowd.until(|members| {
        members
            .get(index)
            .is_none_or(|member| member.ending().is_some())
    });
    let ending = crowd
        .members()
        .get(index)
        .and_then(|member| member.ending());
    let more = crowd.came(index).len() - heard;
    let came = match ending {
        Some(Ending::End) if more == 0 => return Ok(()),
        _ if more > 0 => format!("it hears {more} octets more"),
        Some(_) => "the connection was reset".to_owned(),
        None => format!("it stayed open: {}", standstill()),
    };
    Err(Failure::words(what, "its connection is closed", came))
}

fn with_threads_whoever_half_closes_gets_the_rest(trial: &mut Trial) -> Verdict {
    whoever_half_closes_gets_the_rest(trial, Threads)
}

fn with_tasks_whoever_half_closes_gets_the_rest(trial: &mut Trial) -> Verdict {
    whoever_half_closes_gets_the_rest(trial, Tasks)
}

/// RFC 9293 §3.9.1 leaves the shape of the calls to the system: a call may take
/// a part, give a part, or be interrupted (EINTR) before it did anything.
fn with_threads_calls_that_fall_short_are_made_again(trial: &mut Trial) -> Verdict {
    for (send, recv, eintr) in [(3, 0, 0), (0, 1, 0), (0, 0, 3), (3, 2, 4)] {
        trial.system_calls_fall_short(send, recv, eintr);
        a_line_reaches_all_the_others(trial, Threads)?;
    }
    Ok(())
}

/// A server without a free descriptor cannot accept. Clients that leave give
/// theirs back, and then it can.
fn a_lack_of_descriptors_is_not_the_end(trial: &mut Trial, kind: Kind) -> Verdict {
    trial.limit_descriptors(40);
    let served = serve(trial, kind, &[])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    for _ in 0..80 {
        crowd.connect()?;
    }
    // Those who were accepted are greeted, and then no more.
    crowd.until_standstill();
    let greeted = crowd
        .members()
        .iter()
        .filter(|member| !member.came().is_empty())
        .count();
    if greeted == 80 {
        let what = "80 clients of a server that may have 40 descriptors";
        return Err(Failure::ours(what, "it greeted them all"));
    }
    crowd.leave(0);
    let mut ada = served.join(trial, "ada", 0)?;
    ada.finish();
    ada.expect_end("ada, who comes when the 80 are gone, and leaves")?;
    trial.end(served.running);
    Ok(())
}

fn with_threads_a_lack_of_descriptors_is_not_the_end(trial: &mut Trial) -> Verdict {
    a_lack_of_descriptors_is_not_the_end(trial, Threads)
}

fn with_tasks_a_lack_of_descriptors_is_not_the_end(trial: &mut Trial) -> Verdict {
    a_lack_of_descriptors_is_not_the_end(trial, Tasks)
}

/// How many lines are said in a crowd.
const ROUNDS: usize = 20;

/// `count` are in the room, one of whom never reads. One after another says a
/// line, and all the others hear it, 99 of 100 within [`P99_MAX`].
fn many_hear_each_other(trial: &mut Trial, kind: Kind, count: usize) -> Verdict {
    let served = serve(trial, kind, &[])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let first = served.join_crowd(&mut crowd, "c0")?;
    let deaf = served.join_without_reading(&mut crowd, "deaf", first)?;
    for _ in 2..count {
        crowd.connect()?;
    }
    for index in 2..count {
        crowd.send(index, format!("c{index}\n").as_bytes());
    }
    // Everybody is welcomed and hears of those who come after, the deaf one
    // aside.
    let others = count - 2;
    let news = 2 * others + others * (others - 1) / 2;
    let all_in = crowd.until(|members| {
        let hears = |(index, member): (usize, &Member)| match index {
            _ if index == deaf => 0,
            // Before: a greeting, and for the first a welcome and the deaf one.
            0 => member.lines().saturating_sub(3),
            _ => member.lines().saturating_sub(1),
        };
        members.iter().enumerate().map(hears).sum::<usize>() >= news
    });
    if !all_in {
        let lines: usize = crowd.members().iter().map(Member::lines).sum();
        return Err(Failure::words(
            format!("{count} clients come in at once"),
            "each is welcomed, and announced to those before",
            format!("after {lines} lines to all of them {}", standstill()),
        ));
    }
    if kind == Tasks
        && let Some(threads) = served.running.threads()
        && count >= 1000
        && threads > count / 2
    {
        let what = format!("{count} clients of a server of tasks");
        let came = format!("{threads} threads");
        return Err(Failure::words(what, "a few threads for all", came));
    }
    crowd.forget();
    let mut times = Vec::new();
    let mut said = Vec::new();
    for round in 0..ROUNDS {
        // Not the deaf one, who is the second.
        let talker = (2 + round * (count - 2) / ROUNDS) % count;
        let word = trial.word(10);
        crowd.send(talker, format!("{word}\n").as_bytes());
        let Some(mut took) = crowd.times_until_lines(1, |index| index != talker && index != deaf)
        else {
            return Err(Failure::words(
                format!(
                    "line {} of {ROUNDS} in a room of {count}, of whom one never reads",
                    round + 1
                ),
                "all the others hear it",
                format!("some did not: {}", standstill()),
            ));
        };
        times.append(&mut took);
        said.push((talker, word));
    }
    for (index, member) in crowd.members().iter().enumerate() {
        if index == deaf {
            continue;
        }
        let heard = said.iter().filter(|(talker, _)| *talker != index);
        let expected: String = heard
            .map(|(talker, word)| format!("c{talker}: {word}\n"))
            .collect();
        if member.came() != expected.as_bytes() {
            let what = format!("what client {} of {count} hears", index + 1);
            return Err(Failure::octets(what, expected.as_bytes(), member.came()));
        }
    }
    times.sort_unstable();
    let p99 = times
        .get(times.len() * 99 / 100)
        .copied()
        .unwrap_or_default();
    if p99 > P99_MAX {
        return Err(Failure::words(
            format!("{ROUNDS} lines in a room of {count}, of whom one never reads"),
            format!("99 of 100 deliveries take at most {} s", P99_MAX.as_secs()),
            format!("the 99th percentile is {:.1} s", p99.as_secs_f64()),
        ));
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_150_hear_each_other_though_one_never_reads(trial: &mut Trial) -> Verdict {
    many_hear_each_other(trial, Threads, 5)?;
    many_hear_each_other(trial, Threads, 150)
}

fn with_tasks_1000_hear_each_other_though_one_never_reads(trial: &mut Trial) -> Verdict {
    many_hear_each_other(trial, Tasks, 5)?;
    many_hear_each_other(trial, Tasks, 1000)
}

// The slow consumer.

/// What is said first to somebody who does not read gets stuck in a write, and
/// what follows waits. Both sides of the bounds: an outbox that holds as much as it may is not full,
/// and a full one may be so for as long as the grace lasts.
fn an_outbox_may_be_full_for_the_grace_and_no_longer(trial: &mut Trial) -> Verdict {
    let args = ["--outbox", "30", "--grace", "0.2", "--idle", "3600"];
    // "ada: " and an LF are six octets.
    expect_played_by_two(
        trial,
        "an outbox of 30 octets with 30 in it",
        &args,
        &[
            "at 5",
            "stop 2",
            "1: stuck",
            "1: 123456789012345678901234",
            "at 60",
            "read 2",
        ],
        &["to 2: ada: stuck", "to 2: ada: 123456789012345678901234"],
    )?;
    expect_played_by_two(
        trial,
        "an outbox of 30 octets with 31 in it, full since 5 s, with a grace of 0.2 s",
        &args,
        &[
            "connect 3",
            "3: cyd",
            "at 5",
            "stop 2",
            "1: stuck",
            "1: 1234567890123456789012345",
            "at 5.1",
            "1: more",
            "at 5.199",
            "1: bob is still here",
            "at 5.2",
            "1: bob is gone",
        ],
        &[
            "to 3: * hello; your first line is your name",
            "to 1: * cyd joined",
            "to 2: * cyd joined",
            "to 3: * welcome, cyd; others here: 2",
            "to 3: ada: stuck",
            "to 3: ada: 1234567890123456789012345",
            "to 3: ada: more",
            "to 3: ada: bob is still here",
            "to 1: * bob left (too slow)",
            "2 is cut off",
            "to 3: * bob left (too slow)",
            "to 3: ada: bob is gone",
        ],
    )
}

/// Whoever read in time begins anew, with an outbox that is not full.
fn an_outbox_that_was_emptied_in_time_is_forgiven(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "an outbox of 30 octets that is full twice, for 0.1 s each time",
        &["--outbox", "30", "--grace", "0.2", "--idle", "3600"],
        &[
            "stop 2",
            "1: stuck",
            "1: 1234567890123456789012345",
            "at 0.1",
            "read 2",
            "stop 2",
            "at 0.15",
            "1: stuck",
            "1: 2234567890123456789012345",
            "at 0.25",
            "read 2",
            "at 60",
        ],
        &[
            "to 2: ada: stuck",
            "to 2: ada: 1234567890123456789012345",
            "to 2: ada: stuck",
            "to 2: ada: 2234567890123456789012345",
        ],
    )
}

/// A flood that nothing could hold, in lines: more than Linux keeps at most on
/// the way to the server (32 MB and 4 MB) and from there to a client (4 MB).
const LONG_FLOOD: usize = 48_000;

/// RFC 9293 §3.8.6: a server that does not read closes the window of whoever
/// talks, and TCP holds the talker back. Nothing is lost that way, and nothing
/// piles up.
fn a_flood_waits_for_whoever_reads_later(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &["--grace", "3600"])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    let lines = flood(LONG_FLOOD);
    crowd.send(ada, lines.as_bytes());
    crowd.until_standstill();
    let waiting = crowd
        .members()
        .get(ada)
        .map_or(0, |member| member.waiting_len());
    if waiting == 0 {
        return Err(Failure::words(
            "48 MB of lines from ada, of which bob reads none",
            "the server reads no more when bob's outbox is full",
            "it took all of them",
        ));
    }
    // What is under way is enough. The line that was cut gets its end.
    let sent = crowd.stop_sending(ada);
    crowd.send(ada, b"\n");
    let said = format!("{}\n", lines.get(..sent).unwrap_or_default());
    crowd.read_on(bob);
    let expected = format!("{GREETING}{}{}", welcome("bob", 1), heard("ada", &said));
    let what = "bob, who begins to read, hears all that ada said";
    expect_all_heard(&mut crowd, what, bob, &expected)?;
    trial.end(served.running);
    Ok(())
}

fn with_threads_a_flood_waits_for_whoever_reads_later(trial: &mut Trial) -> Verdict {
    a_flood_waits_for_whoever_reads_later(trial, Threads)
}

fn with_tasks_a_flood_waits_for_whoever_reads_later(trial: &mut Trial) -> Verdict {
    a_flood_waits_for_whoever_reads_later(trial, Tasks)
}

/// Whoever never reads is waited for as long as the grace lasts, and then the
/// others go on without.
fn whoever_never_reads_is_cut_off(trial: &mut Trial, kind: Kind) -> Verdict {
    // A grace in which cyd reads, also where the machine has much else to do.
    let served = serve(trial, kind, &["--grace", "2"])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let cyd = served.join_crowd(&mut crowd, "cyd")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    expect_heard(&mut crowd, cyd, "* bob joined\n")?;
    crowd.forget();
    let lines = flood(FLOOD);
    crowd.send(ada, lines.as_bytes());
    // Among the lines stands the news, wherever it was.
    let news = "* bob left (too slow)\n";
    let said = heard("ada", &lines);
    let len = said.len() + news.len();
    crowd.until(|members| {
        members
            .get(cyd)
            .is_none_or(|member| member.came().len() >= len || member.ending().is_some())
    });
    let what = "cyd, who reads, while bob does not";
    let came = String::from_utf8_lossy(crowd.came(cyd)).into_owned();
    if came.replacen(news, "", 1) != said || !came.contains(news) {
        let (lines, told) = (came.lines().count(), came.matches(news).count());
        let ended = crowd.members().get(cyd).and_then(|member| member.ending());
        let then = match ended {
            Some(_) => "then the end of the connection".to_owned(),
            None => format!("then {}", standstill()),
        };
        return Err(Failure::words(
            what,
            format!("{FLOOD} lines of ada's, and once {news:?}"),
            format!("{lines} lines, {told} of them the news, {then}"),
        ));
    }
    expect_all_heard(&mut crowd, "ada hears that bob left", ada, news)?;
    crowd.read_on(bob);
    let gone = crowd.until(|members| {
        members
            .get(bob)
            .is_none_or(|member| member.ending().is_some())
    });
    if !gone {
        return Err(Failure::words(
            "bob, who was too slow and reads now",
            "his connection has ended",
            format!("it stayed open: {}", standstill()),
        ));
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_whoever_never_reads_is_cut_off_and_the_others_go_on(trial: &mut Trial) -> Verdict {
    whoever_never_reads_is_cut_off(trial, Threads)
}

fn with_tasks_whoever_never_reads_is_cut_off_and_the_others_go_on(trial: &mut Trial) -> Verdict {
    whoever_never_reads_is_cut_off(trial, Tasks)
}

// Silence.

/// Both sides of both bounds. Whoever has no name is asked too.
fn whoever_is_silent_is_asked_once_and_then_parted_from(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "bob, silent from 0 s on, with an idle time of 30 s",
        &["--idle", "30"],
        &[
            "at 29.9", "1: a", "at 30", "at 45", "1: b", "at 59.9", "1: c", "at 60",
        ],
        &[
            "to 2: ada: a",
            "to 2: ? still there: send any line, an empty one will do",
            "to 2: ada: b",
            "to 2: ada: c",
            "to 1: * bob left (silent)",
            "2 is cut off",
        ],
    )?;
    expect_played(
        trial,
        "somebody without a name, silent from 10 s on, with an idle time of 30 s",
        &["--idle", "30"],
        &["at 10", "connect 1", "at 39.9", "at 40", "at 69.9", "at 70"],
        &[
            "to 1: * hello; your first line is your name",
            "to 1: ? still there: send any line, an empty one will do",
            "1 is cut off",
        ],
    )
}

/// An empty line, and a part of one, and what is refused.
fn whatever_comes_is_a_sign_of_life(trial: &mut Trial) -> Verdict {
    for (sign, then) in [
        ("2:", vec![]),
        ("send 2 x", vec![]),
        (
            r"send 2 \xff\n",
            vec!["to 2: ! not UTF-8 from octet 0 of the line"],
        ),
    ] {
        let mut expected = vec!["to 2: ? still there: send any line, an empty one will do"];
        expected.extend(then);
        expected.extend([
            "to 2: ? still there: send any line, an empty one will do",
            "2 is cut off",
        ]);
        expect_played(
            trial,
            &format!("somebody who is asked at 30 s and answers at 50 s with `{sign}`"),
            &["--idle", "30"],
            &[
                "connect 2",
                "at 30",
                "at 50",
                sign,
                "at 79.9",
                "at 80",
                "at 109.9",
                "at 110",
            ],
            &[
                &["to 2: * hello; your first line is your name"],
                expected.as_slice(),
            ]
            .concat(),
        )?;
    }
    Ok(())
}

/// RFC 9293 §3.5.1: half of a connection can be gone while the other half still
/// sends.
fn what_goes_to_a_client_is_no_sign_of_life(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "bob, who is told something every 10 s and says nothing, with an idle time of 30 s",
        &["--idle", "30"],
        &[
            "at 10", "1: a", "at 20", "1: b", "at 30", "1: c", "at 50", "1: d", "at 60",
        ],
        &[
            "to 2: ada: a",
            "to 2: ada: b",
            "to 2: ? still there: send any line, an empty one will do",
            "to 2: ada: c",
            "to 2: ada: d",
            "to 1: * bob left (silent)",
            "2 is cut off",
        ],
    )
}

/// How often somebody is asked, at least a second between, while somebody else
/// has two seconds to live.
const QUESTIONS_MAX: usize = 5;

/// A peer whose machine has lost its power sends no FIN and no RST. Here it is
/// a client that does nothing, while the other one answers when it is asked.
fn a_peer_that_is_gone_is_found_out(trial: &mut Trial, kind: Kind) -> Verdict {
    let served = serve(trial, kind, &["--idle", "1"])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    let news = "* bob left (silent)\n";
    let questions = |came: &[u8]| String::from_utf8_lossy(came).matches(QUESTION).count();
    let mut answered = 0;
    while !contains(crowd.came(ada), news) {
        let moved = crowd.until(|members| {
            members.get(ada).is_none_or(|member| {
                let came = member.came();
                questions(came) > answered || contains(came, news) || member.ending().is_some()
            })
        });
        let asked = questions(crowd.came(ada));
        if asked > QUESTIONS_MAX {
            return Err(Failure::words(
                "ada answers when she is asked, and bob does not",
                "bob, who came with her, is parted from when a second has passed twice",
                format!("ada was asked {asked} times, and bob is still there"),
            ));
        }
        if asked > answered {
            answered = asked;
            crowd.send(ada, b"\n");
        } else if !moved || !contains(crowd.came(ada), news) {
            let ended = crowd.members().get(ada).and_then(|member| member.ending());
            return Err(Failure::words(
                "ada answers when she is asked, and bob does not",
                format!("ada hears {news:?}"),
                match ended {
                    Some(_) => "her connection was closed".to_owned(),
                    None => format!("{}, after {answered} questions", standstill()),
                },
            ));
        }
    }
    crowd.read_on(bob);
    let gone = crowd.until(|members| {
        members
            .get(bob)
            .is_none_or(|member| member.ending().is_some())
    });
    if !gone || questions(crowd.came(bob)) != 1 {
        return Err(Failure::words(
            "bob, who was silent and reads now",
            "the question once, and the end of his connection",
            format!("{} questions, ended: {gone}", questions(crowd.came(bob))),
        ));
    }
    trial.end(served.running);
    Ok(())
}

fn with_threads_a_peer_that_is_gone_without_a_word_is_found_out(trial: &mut Trial) -> Verdict {
    a_peer_that_is_gone_is_found_out(trial, Threads)
}

fn with_tasks_a_peer_that_is_gone_without_a_word_is_found_out(trial: &mut Trial) -> Verdict {
    a_peer_that_is_gone_is_found_out(trial, Tasks)
}

// The end.

/// What waits comes first, then the farewell, then the end; nobody is told that
/// anybody left.
fn the_farewell_is_the_last_line_and_what_comes_then_is_dropped(trial: &mut Trial) -> Verdict {
    expect_played_by_two(
        trial,
        "the server ends while something waits for bob, and a third has no name",
        &[],
        &[
            "connect 3",
            "stop 2",
            "1: before",
            "shutdown",
            "1: after",
            "end 1",
            "lose 3",
            "read 2",
        ],
        &[
            "to 3: * hello; your first line is your name",
            "to 1: * the server ends",
            "1 is closed",
            "to 3: * the server ends",
            "3 is closed",
            "to 2: ada: before",
            "to 2: * the server ends",
            "2 is closed",
        ],
    )
}

/// What the server has read, it has accepted: it lies in its own memory, and
/// only the server itself can still send it.
fn after_sigterm_all_that_was_accepted_is_delivered(trial: &mut Trial) -> Verdict {
    let args: Vec<&str> = NO_LIMIT.into_iter().chain(["--drain", "3600"]).collect();
    let mut served = serve(trial, Tasks, &args)?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    let lines = flood(FLOOD);
    crowd.send(ada, lines.as_bytes());
    if !crowd.until_read(ada) {
        let what = "6000 lines of ada, of which bob reads none";
        return Err(Failure::words(what, "the server reads them", standstill()));
    }
    served.running.terminate();
    expect_heard(&mut crowd, ada, FAREWELL)?;
    expect_ending(&mut crowd, "ada, after the farewell", ada)?;
    crowd.read_on(bob);
    let expected = format!(
        "{GREETING}{}{}{FAREWELL}",
        welcome("bob", 1),
        heard("ada", &lines)
    );
    let what = "bob, who begins to read after SIGTERM, hears all that was said before";
    expect_all_heard(&mut crowd, what, bob, &expected)?;
    expect_ending(&mut crowd, "bob, after the farewell", bob)?;
    crowd.leave(0);
    trial
        .finish(served.running)?
        .expect_exit("the server, when all have what was said", 0)
}

/// RFC 9293 §3.5.2: a SYN to a port where nobody listens is answered by RST.
fn after_sigterm_nobody_new_is_accepted(trial: &mut Trial) -> Verdict {
    // First without a client: who waits for the last one to go waits for ever.
    let mut served = serve(trial, Tasks, &[])?;
    served.running.terminate();
    let run = trial.finish(served.running).map_err(|failure| Failure {
        what: NOBODY.to_owned(),
        ..failure
    })?;
    run.expect_exit(NOBODY, 0)?;
    let mut served = serve(trial, Tasks, &["--drain", "3600"])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    served.running.terminate();
    expect_heard(&mut crowd, ada, FAREWELL)?;
    if TcpStream::connect(served.address).is_ok() {
        let what = "a new client, after the others have had the farewell";
        return Err(Failure::words(what, "the port refuses it", "it was let in"));
    }
    expect_ending(&mut crowd, "ada, after the farewell", ada)?;
    crowd.leave(0);
    trial
        .finish(served.running)?
        .expect_exit("the server, when all are gone", 0)
}

/// The situation in which nobody is waited for.
const NOBODY: &str = "a server without a client, after SIGTERM";

/// RFC 9293 §3.6.1: a connection that is closed with octets unread is reset, and
/// the reset may overtake what was sent. So what comes is read to its end.
fn after_sigterm_whoever_is_in_mid_word_gets_an_end_and_no_reset(trial: &mut Trial) -> Verdict {
    let mut served = serve(trial, Tasks, &["--grace", "3600", "--drain", "3600"])?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    let bob = served.join_without_reading(&mut crowd, "bob", ada)?;
    crowd.forget();
    crowd.send(ada, flood(LONG_FLOOD).as_bytes());
    // The server reads no more from ada, since bob takes no more.
    crowd.until_standstill();
    served.running.terminate();
    expect_all_heard(
        &mut crowd,
        "ada, whose lines are not all read",
        ada,
        FAREWELL,
    )?;
    expect_ending(&mut crowd, "ada, whose lines are not all read", ada)?;
    crowd.read_on(bob);
    expect_heard(&mut crowd, bob, FAREWELL)?;
    expect_ending(&mut crowd, "bob, after the farewell", bob)?;
    crowd.leave(0);
    trial
        .finish(served.running)?
        .expect_exit("the server, when all have what was said", 0)
}

/// The end has a limit too, and what was lost by it is reported.
fn whoever_takes_nothing_does_not_put_the_end_off(trial: &mut Trial) -> Verdict {
    let args: Vec<&str> = NO_LIMIT.into_iter().chain(["--drain", "0.5"]).collect();
    let mut served = serve(trial, Tasks, &args)?;
    let mut crowd = trial.crowd(served.address, &served.running);
    let ada = served.join_crowd(&mut crowd, "ada")?;
    served.join_without_reading(&mut crowd, "bob", ada)?;
    crowd.send(ada, flood(FLOOD).as_bytes());
    if !crowd.until_read(ada) {
        let what = "6000 lines of ada, of which bob reads none";
        return Err(Failure::words(what, "the server reads them", standstill()));
    }
    served.running.terminate();
    trial
        .finish(served.running)?
        .expect_refusal("the server, half a second after SIGTERM, with lines that bob never took")
}
