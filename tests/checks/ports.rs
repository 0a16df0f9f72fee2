//! What `ports` is held to: what is listening, seen from outside and from
//! inside.
//!
//! Ports are open, closed or silent because the harness makes them so. How many
//! attempts are under way is asked of the system, at a moment when all threads
//! of the program wait. The sockets of step 6 stand in folders that look like
//! `/proc`, since only those can hold what is wanted.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::batch::{Asked, Wanted, expect_answers, refused};
use crate::check;
use crate::check::{Check, Failure, LabChecks, Need, Recording, Verdict};
use crate::stream::{Delivery, Listener, Peer, Refusing, Silent, every_cut};
use crate::trial::{Run, Trial};

mod mistakes;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "ports",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[CLASSES, REASONS],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 2, a_port_is_a_number_from_0_to_65535, "numbers", "RFC 9293 §3.1"),
    check!(1, 1, only_digits_make_a_port, "step-1", "RFC 3986 §3.2.3"),
    check!(1, 1, a_leading_zero_is_refused, "step-1", "RFC 6943 §3.1.1"),
    check!(1, 3, each_class_holds_both_its_ends, "numbers", "RFC 6335 §6"),
    check!(1, 1, port_0_is_reserved_and_nobody_has_it, "numbers", "RFC 6335 §6"),
    check!(1, 2, the_local_range_holds_both_its_ends, "local", "RFC 6056 §3.2"),
    check!(1, 1, the_ends_print_as_recorded, "step-1", "RFC 6335 §6"),
    check!(2, 2, a_target_is_a_host_and_its_ports, "step-2", "RFC 3986 §3.2"),
    check!(2, 3, a_range_holds_both_its_ends_up_to_65535, "step-2", "RFC 9293 §3.1"),
    check!(2, 2, a_target_has_ports_from_1_to_65535, "step-2", "RFC 6335 §6"),
    check!(2, 1, a_port_named_twice_is_one_port, "step-2", "RFC 6335 §6"),
    check!(2, 3, an_ipv6_address_stands_in_brackets, "step-2", "RFC 3986 §3.2.2"),
    check!(2, 2, a_target_in_any_other_form_is_refused, "step-2", "RFC 3986 §3.2"),
    check!(2, 1, a_refusal_says_what_is_wrong_with_the_target, "step-2", "RFC 3986 §3.2"),
    check!(2, 2, an_open_port_is_connected_to_and_a_closed_one_is_not, "step-2", "RFC 9293 §3.5"),
    check!(2, 3, a_silent_port_is_given_up_after_the_timeout, "silence", "RFC 9293 §3.8.3", Need::SilentPorts),
    check!(2, 2, an_answer_that_is_late_but_in_time_counts, "silence", "RFC 6298 §2", Need::SilentPorts),
    check!(2, 1, an_ipv6_port_is_connected_to, "step-2", "RFC 9293 §3.5", Need::Ipv6),
    check!(3, 2, an_open_port_is_open, "answers", "RFC 9293 §3.5"),
    check!(3, 2, a_closed_port_is_closed, "answers", "RFC 9293 §3.5.2"),
    check!(3, 3, a_silent_port_is_filtered, "silence", "RFC 9293 §3.8.3", Need::SilentPorts),
    check!(3, 1, a_port_that_resets_at_once_is_open, "step-3", "RFC 9293 §3.5.3", Need::SilentPorts),
    check!(3, 1, nothing_is_sent_to_an_open_port, "step-3", "RFC 9293 §3.6"),
    check!(3, 2, an_attempt_that_could_not_be_made_is_no_state, "step-3", "RFC 9293 §3.10.1", Need::Shortfall),
    check!(3, 1, a_host_that_cannot_be_reached_is_filtered_and_a_missing_route_is_ours, "step-3", "RFC 1812 §5.2.7.1", Need::OwnNetwork),
    check!(3, 2, a_port_that_is_connected_to_itself_is_closed, "itself", "RFC 9293 §3.5", Need::OwnNetwork),
    check!(4, 3, every_port_is_told_once_and_in_order, "step-4", "RFC 9293 §3.5"),
    check!(4, 2, a_result_belongs_to_its_own_port, "step-4", "RFC 9293 §3.5", Need::SilentPorts),
    check!(4, 3, no_more_attempts_are_under_way_than_allowed, "step-4", "RFC 9293 §3.5", Need::SilentPorts),
    check!(4, 3, as_many_attempts_are_under_way_as_allowed, "step-4", "RFC 9293 §3.5", Need::SilentPorts),
    check!(4, 2, a_slow_port_holds_up_no_other, "step-4", "RFC 9293 §3.5", Need::SilentPorts),
    check!(4, 3, too_few_descriptors_lose_no_port, "descriptors", "RFC 9293 §3.10.1", Need::SilentPorts),
    check!(4, 1, a_descriptor_that_is_refused_is_asked_for_again, "descriptors", "RFC 9293 §3.10.1", Need::Shortfall),
    check!(4, 1, without_any_descriptor_the_scan_says_so, "descriptors", "RFC 9293 §3.10.1", Need::Shortfall),
    check!(5, 2, the_first_line_is_the_banner, "step-5", "RFC 4253 §4.2"),
    check!(5, 2, a_banner_in_pieces_is_put_together, "step-5", "RFC 9293 §2.2"),
    check!(5, 2, a_service_that_says_nothing_is_open, "step-5", "RFC 9293 §3.5"),
    check!(5, 3, a_banner_that_drips_ends_at_the_deadline, "step-5", "RFC 9293 §2.2"),
    check!(5, 2, a_banner_without_an_end_is_cut_after_512_octets, "step-5", "RFC 5321 §4.5.3.1.5"),
    check!(5, 2, what_was_said_before_a_close_or_a_reset_is_the_banner, "step-5", "RFC 9293 §3.6"),
    check!(5, 1, an_interrupted_read_is_repeated, "step-5", "RFC 9293 §3.9.1", Need::Shortfall),
    check!(6, 3, an_address_is_read_in_the_order_of_the_machine, "inside", "RFC 791 Appendix B"),
    check!(6, 2, an_ipv6_address_is_read_as_four_numbers, "inside", "RFC 4291 §2"),
    check!(6, 2, every_state_has_its_name, "states", "RFC 9293 §3.3.2"),
    check!(6, 1, listeners_alone_are_listed_unless_all_are_wanted, "step-6", "RFC 9293 §3.3.2"),
    check!(6, 3, a_process_is_found_by_the_inode_of_its_socket, "inside", "RFC 9293 §3.3.2"),
    check!(6, 2, a_socket_of_several_processes_names_them_all, "inside", "RFC 9293 §3.3.2"),
    check!(6, 1, a_connection_that_no_process_has_any_more_has_no_owner, "states", "RFC 9293 §3.3.2"),
    check!(6, 2, a_process_that_is_gone_is_passed_over, "step-6", "RFC 9293 §3.3.2"),
    check!(6, 1, a_process_that_may_not_be_looked_into_is_passed_over, "step-6", "RFC 9293 §3.3.2"),
    check!(6, 2, a_line_that_cannot_be_read_is_told_and_no_other_is_lost, "step-6", "RFC 9293 §3.3.2"),
    check!(6, 1, who_tells_the_process_of_one_port, "step-6", "RFC 9293 §3.3.2"),
    check!(6, 2, a_listener_of_this_machine_is_found, "step-6", "RFC 9293 §3.3.2", Need::ProcFiles),
];

const CLASSES: Recording = Recording {
    name: "classes",
    args: &["classify"],
    input: b"0\n1\n22\n1023\n1024\n8080\n32767\n32768\n49151\n49152\n60999\n61000\n65535\n65536\n080\n+80\n\n",
};

const REASONS: Recording = Recording {
    name: "target_reasons",
    args: &["target"],
    input: b"localhost\n:22\n::1:22\n[::1\n[::g]:22\n[::1]\n[::1]22\nlocalhost:\nlocalhost:22,\nlocalhost:0\n\
             localhost:65536\nlocalhost:1-65536\nlocalhost:25-20\nlocalhost:1-2-3\nlocalhost:080\nlocalhost:ssh\n\n",
};

/// A limit in milliseconds that no check reaches.
const MINUTE: &str = "60000";

/// A limit that is waited out where nothing comes, and leaves what does come its
/// time on a busy machine.
const SHORT: &str = "2000";

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

/// Fails unless the program printed `expected`, a line each, and ended with exit
/// status `code`. `what` is about the first line that differs.
fn expect_lines(run: &Run, what: &str, expected: &[String], code: i32) -> Verdict {
    let came = run.stdout_text();
    let mut lines = came.split_inclusive('\n');
    let mut offset = 0;
    for (number, expected) in (1..).zip(expected) {
        let line = lines.next().unwrap_or_default();
        let text = line.strip_suffix('\n').unwrap_or(line);
        if text != expected || !line.ends_with('\n') {
            let what = format!("{what}: line {number} of standard output");
            let failure = Failure::octets(what, expected.as_bytes(), text.as_bytes());
            let failure = failure.at(0, offset);
            return Err(match run.code {
                Some(0 | 1) => failure,
                _ => failure.ended(run.ending.clone()),
            });
        }
        offset += line.len();
    }
    if let Some(more) = lines.next() {
        let what = format!("{what}: standard output after its {} lines", expected.len());
        return Err(Failure::octets(what, b"", more.as_bytes()).at(0, offset));
    }
    run.expect_exit(what, code)
}

// ---------------------------------------------------------------- step 1

/// The ports at which something begins or ends, and some others.
fn some_ports(trial: &mut Trial) -> Vec<u16> {
    let ends = [0, 1, 9, 10, 99, 1023, 1024, 9999, 10_000, 32767, 32768];
    let more = [40_000, 49151, 49152, 60999, 61000, 65534, 65535];
    let mut ports: Vec<u16> = ends.into_iter().chain(more).collect();
    ports.extend((0..300).map(|_| trial.rng.u16(..)));
    ports
}

/// RFC 9293 §3.1: a port number has 16 bits. Both sides of the bound, and
/// numbers that have more bits and look like a port without them.
fn a_port_is_a_number_from_0_to_65535(trial: &mut Trial) -> Verdict {
    let mut asked: Vec<Asked> = some_ports(trial)
        .into_iter()
        .map(|port| (port.to_string(), Wanted::Column(0, port.to_string())))
        .collect();
    asked.extend(refused(words(
        "65536 65537 65616 70000 99999 100000 131072 4294967296 4294967376 18446744073709551696",
    )));
    expect_answers(trial, &["classify"], "", &asked)
}

/// RFC 3986 §3.2.3: a port is written in decimal digits.
fn only_digits_make_a_port(trial: &mut Trial) -> Verdict {
    let texts = words("+80 -80 -0 0x50 8_0 1e3 80.0 80/tcp 80- :80 http ٨٠ ８０");
    let texts = texts.chain(["", " ", " 80", "80 ", "8 0", "80\t"]);
    expect_answers(trial, &["classify"], "", &refused(texts))
}

/// RFC 6943 §3.1.1 tells what comes of numbers that one reader takes for octal
/// and another for decimal. One zero alone is a number.
fn a_leading_zero_is_refused(trial: &mut Trial) -> Verdict {
    let mut asked = refused(words("080 00 000 0443 00080 065535 01 07"));
    asked.push(("0".to_owned(), Wanted::Column(0, "0".to_owned())));
    expect_answers(trial, &["classify"], "", &asked)
}

fn class(port: u16) -> &'static str {
    match port {
        0 => "reserved",
        1..1024 => "system",
        1024..49152 => "user",
        49152.. => "dynamic",
    }
}

/// RFC 6335 §6: system ports to 1023, user ports to 49151, dynamic ports from
/// there on.
fn each_class_holds_both_its_ends(trial: &mut Trial) -> Verdict {
    // One of each class first: what is wrong there is more than an end.
    let ports = [80, 8080, 40_000, 60_000].into_iter();
    let ports = ports.chain(some_ports(trial).into_iter().filter(|port| *port > 0));
    let asked: Vec<Asked> = ports
        .map(|port| (port.to_string(), Wanted::Column(1, class(port).to_owned())))
        .collect();
    expect_answers(trial, &["classify"], "", &asked)
}

/// RFC 6335 §6: port 0, at the edge of a range, is reserved. The calls of the
/// system take it for the wish for any port.
fn port_0_is_reserved_and_nobody_has_it(trial: &mut Trial) -> Verdict {
    let asked = [(
        "0".to_owned(),
        Wanted::From(1, "reserved  never".to_owned()),
    )];
    expect_answers(trial, &["classify"], "", &asked)?;
    let with = ", where the system chooses from all ports";
    expect_answers(trial, &["classify", "--local", "0-65535"], with, &asked)
}

/// A range from which a system chooses has a first port and a last one, and
/// both are chosen; RFC 6056 §3.2 has other ranges than Linux.
fn the_local_range_holds_both_its_ends(trial: &mut Trial) -> Verdict {
    let mut ranges = vec![(32768, 60999), (1024, 4999), (49152, 65535), (5000, 5000)];
    for _ in 0..3 {
        let first = trial.rng.u16(1..60_000);
        ranges.push((first, trial.rng.u16(first..)));
    }
    for (first, last) in ranges {
        let around = [
            first + (last - first) / 2,
            first.saturating_sub(1).max(1),
            first,
            first.saturating_add(1),
            last.saturating_sub(1).max(1),
            last,
            last.saturating_add(1),
        ];
        let asked = around.map(|port| {
            let how = if (first..=last).contains(&port) {
                "automatic"
            } else {
                "on request"
            };
            (port.to_string(), Wanted::Column(2, how.to_owned()))
        });
        let range = format!("{first}-{last}");
        let with = format!(", where the system chooses from {range}");
        expect_answers(trial, &["classify", "--local", &range], &with, &asked)?;
    }
    Ok(())
}

/// RFC 6335 §6, and the reasons that the stub's contract names.
fn the_ends_print_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&CLASSES)
}

// ---------------------------------------------------------------- step 2

fn target(text: &str, answer: &str) -> Asked {
    (text.to_owned(), Wanted::From(0, answer.to_owned()))
}

/// RFC 3986 §3.2: a colon stands between a host and its port. Here more than
/// one port may follow.
fn a_target_is_a_host_and_its_ports(trial: &mut Trial) -> Verdict {
    let asked = [
        target("127.0.0.1:22", "127.0.0.1  1  22"),
        target("localhost:22", "localhost  1  22"),
        target("www.example.com:80,443", "www.example.com  2  80,443"),
        target("192.0.2.1:22,80-82", "192.0.2.1  4  22,80-82"),
        target("localhost:80-82,22", "localhost  4  22,80-82"),
        target("localhost:443,80", "localhost  2  80,443"),
    ];
    expect_answers(trial, &["target"], "", &asked)
}

/// RFC 9293 §3.1: 65535 is the last port, and no number of 16 bits comes after
/// it.
fn a_range_holds_both_its_ends_up_to_65535(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        target("localhost:20-25", "localhost  6  20-25"),
        target("localhost:7-7", "localhost  1  7"),
        target("localhost:65534-65535", "localhost  2  65534-65535"),
        target("localhost:65535-65535", "localhost  1  65535"),
        target("localhost:65535", "localhost  1  65535"),
        target("localhost:1-65535", "localhost  65535  1-65535"),
    ];
    for _ in 0..20 {
        let first = trial.rng.u16(1..60_000);
        let last = first + trial.rng.u16(1..5000);
        let range = format!("localhost:{first}-{last}");
        let count = last - first + 1;
        asked.push(target(
            &range,
            &format!("localhost  {count}  {first}-{last}"),
        ));
    }
    expect_answers(trial, &["target"], "", &asked)
}

/// RFC 6335 §6 reserves port 0; RFC 9293 §3.1 has 16 bits.
fn a_target_has_ports_from_1_to_65535(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        target("localhost:1", "localhost  1  1"),
        target("localhost:65535", "localhost  1  65535"),
    ];
    asked.extend(refused(words(
        "localhost:0 localhost:0-10 localhost:22,0 localhost:65536 localhost:1-65536 \
         localhost:65535-65536 localhost:65558 localhost:0-0",
    )));
    expect_answers(trial, &["target"], "", &asked)
}

/// A list may name a port by itself and inside a range.
fn a_port_named_twice_is_one_port(trial: &mut Trial) -> Verdict {
    let asked = [
        target("localhost:80,80", "localhost  1  80"),
        target("localhost:1-10,5-15", "localhost  15  1-15"),
        target("localhost:22,20-25,23", "localhost  6  20-25"),
    ];
    expect_answers(trial, &["target"], "", &asked)
}

/// RFC 3986 §3.2.2: the brackets tell the colons of the address from the one
/// before the port.
fn an_ipv6_address_stands_in_brackets(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        target("[::1]:22", "::1  1  22"),
        target("[::]:80", "::  1  80"),
        target("[2001:db8::1]:80-82,443", "2001:db8::1  4  80-82,443"),
        target("[::ffff:192.0.2.1]:22", "::ffff:192.0.2.1  1  22"),
    ];
    asked.extend(refused(words(
        "::1:22 2001:db8::1:80 2001:db8:0:0:0:0:0:1:80 [::1:22 ::1]:22 [::1] [::1]22 [::1]- [::1]]:22 \
         [[::1]]:22 [127.0.0.1]:22 [localhost]:22 []:22 [::g]:22 [1:2:3]:22 :::22",
    )));
    expect_answers(trial, &["target"], "", &asked)
}

/// What is no `HOST:PORTS` is refused whole, and nothing of it is tried.
fn a_target_in_any_other_form_is_refused(trial: &mut Trial) -> Verdict {
    let texts = words(
        "localhost 22 :22 : localhost: localhost:, localhost:22, localhost:,22 localhost:22,,23 \
         localhost:25-20 localhost:1-2-3 localhost:- localhost:-5 localhost:5- localhost:1-2- \
         localhost:+22 localhost:1-+2 localhost:080 localhost:1-010 localhost:ssh localhost:22;23 \
         localhost:22:23",
    );
    let texts = texts.chain(["", "localhost:22 ", "localhost: 22", "localhost:22, 23"]);
    expect_answers(trial, &["target"], "", &refused(texts))
}

/// The stub's contract: the host first, then the first item that is wrong.
fn a_refusal_says_what_is_wrong_with_the_target(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&REASONS)
}

/// One target for all of these ports on the loopback.
fn at(addresses: &[SocketAddr]) -> String {
    let ports: Vec<String> = addresses
        .iter()
        .map(|address| address.port().to_string())
        .collect();
    format!("127.0.0.1:{}", ports.join(","))
}

/// The lines of addresses with what is said of each, in the order of the ports.
fn told(found: &[(SocketAddr, &str)]) -> Vec<String> {
    let mut found = found.to_vec();
    found.sort();
    let line = |(address, says): &(SocketAddr, &str)| format!("{address}  {says}");
    found.iter().map(line).collect()
}

/// Fails unless `knock` tells of each port whether it connected: the word, or
/// `no: ` and a reason.
fn expect_knock(run: &Run, what: &str, found: &[(SocketAddr, &str)]) -> Verdict {
    let came: Vec<String> = run
        .stdout_text()
        .lines()
        .map(|line| match line.split_once("  no: ") {
            Some((address, reason)) if !reason.trim().is_empty() => format!("{address}  no"),
            _ => line.to_owned(),
        })
        .collect();
    let expected = told(found);
    for (index, expected) in expected.iter().enumerate() {
        let came = came.get(index).map(String::as_str).unwrap_or_default();
        if came != expected {
            let failure = Failure::octets(what, expected.as_bytes(), came.as_bytes());
            return Err(match run.code {
                Some(0) => failure,
                _ => failure.ended(run.ending.clone()),
            });
        }
    }
    if came.len() > expected.len() {
        let expected = format!("{} lines", expected.len());
        return Err(Failure::words(what, expected, format!("{}", came.len())));
    }
    run.expect_exit(what, 0)
}

/// RFC 9293 §3.5: somebody listens, and SYN is answered by SYN and ACK; §3.5.2:
/// nobody does, and it is answered by RST.
fn an_open_port_is_connected_to_and_a_closed_one_is_not(trial: &mut Trial) -> Verdict {
    let (server, nobody) = (trial.listen()?, trial.refusing()?);
    let (open, closed) = (server.address()?, nobody.address());
    let run = trial.run(&["knock", &at(&[open, closed]), "--timeout", MINUTE], b"")?;
    expect_knock(
        &run,
        "one port where somebody listens, and one where nobody does",
        &[(open, "connected"), (closed, "no")],
    )
}

/// RFC 9293 §3.8.3: a TCP repeats its SYN for three minutes at least before it
/// gives up by itself. The timeout is for those who will not wait so long.
fn a_silent_port_is_given_up_after_the_timeout(trial: &mut Trial) -> Verdict {
    let (silent, server) = (trial.silent()?, trial.listen()?);
    let (silent, open) = (silent.address(), server.address()?);
    let run = trial.run(&["knock", &at(&[silent, open]), "--timeout", SHORT], b"")?;
    expect_knock(
        &run,
        "a port that does not answer, and one where somebody listens",
        &[(silent, "no"), (open, "connected")],
    )
}

/// RFC 6298 §2: what was not answered within a second is sent again. An answer
/// to the second SYN is as good as one to the first.
fn an_answer_that_is_late_but_in_time_counts(trial: &mut Trial) -> Verdict {
    let silent = trial.silent()?;
    let address = silent.address();
    let mut client = trial.start(&["knock", &at(&[address]), "--timeout", MINUTE])?;
    client.until_repeated(address)?;
    let server = silent.open()?;
    let _peer = server.accept(&mut client)?;
    let run = trial.finish(client)?;
    expect_knock(
        &run,
        "a port that answers the second SYN, within the timeout of a minute",
        &[(address, "connected")],
    )
}

/// A socket has the family of the address that it connects to.
fn an_ipv6_port_is_connected_to(trial: &mut Trial) -> Verdict {
    let ours = |error| Failure::ours("a listener of IPv6", error);
    let server = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).map_err(ours)?;
    let address = server.local_addr().map_err(ours)?;
    let run = trial.run(&["knock", &address.to_string(), "--timeout", MINUTE], b"")?;
    expect_knock(
        &run,
        "an IPv6 port where somebody listens",
        &[(address, "connected")],
    )
}

// ---------------------------------------------------------------- step 3

/// Runs a scan, one attempt after another.
fn scan_in_turn(
    trial: &mut Trial,
    addresses: &[SocketAddr],
    timeout: &str,
) -> Result<Run, Failure> {
    let args = [
        "scan",
        &at(addresses),
        "--parallel",
        "1",
        "--timeout",
        timeout,
    ];
    trial.run(&args, b"")
}

/// RFC 9293 §3.5: whoever listens answers SYN by SYN and ACK.
fn an_open_port_is_open(trial: &mut Trial) -> Verdict {
    let server = trial.listen()?;
    let address = server.address()?;
    let run = scan_in_turn(trial, &[address], MINUTE)?;
    expect_lines(
        &run,
        "a port where somebody listens",
        &told(&[(address, "open")]),
        0,
    )
}

/// RFC 9293 §3.5.2: where no connection exists and nobody listens, a SYN is
/// answered by a reset.
fn a_closed_port_is_closed(trial: &mut Trial) -> Verdict {
    let (nobody, server) = (trial.refusing()?, trial.listen()?);
    let found = [(nobody.address(), "closed"), (server.address()?, "open")];
    let run = scan_in_turn(trial, &found.map(|(address, _)| address), MINUTE)?;
    expect_lines(
        &run,
        "a port where nobody listens, and one where somebody does",
        &told(&found),
        0,
    )
}

/// RFC 9293 §3.8.3: no answer says nothing about who is there. It is not the
/// answer of a closed port.
fn a_silent_port_is_filtered(trial: &mut Trial) -> Verdict {
    let silent = trial.silent()?;
    let (nobody, server) = (trial.refusing()?, trial.listen()?);
    let found = [
        (silent.address(), "filtered"),
        (nobody.address(), "closed"),
        (server.address()?, "open"),
    ];
    let run = scan_in_turn(trial, &found.map(|(address, _)| address), SHORT)?;
    expect_lines(
        &run,
        "a port that does not answer, one where nobody listens, and one where somebody does",
        &told(&found),
        0,
    )
}

/// RFC 9293 §3.5.3: a reset can end any connection, and there was one to end.
/// The program is stopped for as long as it takes, so that it learns of the
/// connection and of its end at one time.
fn a_port_that_resets_at_once_is_open(trial: &mut Trial) -> Verdict {
    let silent = trial.silent()?;
    let address = silent.address();
    let args = [
        "scan",
        &at(&[address]),
        "--parallel",
        "1",
        "--timeout",
        MINUTE,
    ];
    let mut client = trial.start(&args)?;
    client.attempts(&[address], 1)?;
    client.hold();
    let server = silent.open()?;
    server.accept(&mut client)?.reset()?;
    client.go_on();
    let run = trial.finish(client)?;
    let what = "a port where somebody listens, and resets what is connected at once";
    expect_lines(&run, what, &told(&[(address, "open")]), 0)
}

/// RFC 9293 §3.6: a connection that is closed ends by FIN, and nothing was said
/// on it.
fn nothing_is_sent_to_an_open_port(trial: &mut Trial) -> Verdict {
    let server = trial.listen()?;
    let args = [
        "scan",
        &at(&[server.address()?]),
        "--parallel",
        "1",
        "--timeout",
        MINUTE,
    ];
    let mut client = trial.start(&args)?;
    let mut peer = server.accept(&mut client)?;
    peer.expect_end("what a scan sends to an open port")?;
    trial.finish(client).map(drop)
}

/// EMFILE, as on a process that has too many files open: no SYN was sent, so
/// nothing is known. RFC 9293 §3.10.1: OPEN can fail for want of resources.
fn an_attempt_that_could_not_be_made_is_no_state(trial: &mut Trial) -> Verdict {
    let nobody = trial.refusing()?;
    trial.refuse_descriptors(1);
    let run = scan_in_turn(trial, &[nobody.address()], MINUTE)?;
    expect_lines(&run, "a port for which there was no descriptor", &[], 1)?;
    run.expect_refusal("a port for which there was no descriptor")
}

/// RFC 1812 §5.2.7.1: a router says that a host cannot be reached, and the
/// host's TCP was not heard. Without any route no SYN has left.
fn a_host_that_cannot_be_reached_is_filtered_and_a_missing_route_is_ours(
    trial: &mut Trial,
) -> Verdict {
    trial.own_network("ip route add unreachable 192.0.2.0/24");
    let scan = |trial: &mut Trial, target: &str| {
        let args = ["scan", target, "--parallel", "1", "--timeout", "300"];
        trial.run(&args, b"")
    };
    let run = scan(trial, "192.0.2.1:80")?;
    let lines = ["192.0.2.1:80  filtered".to_owned()];
    expect_lines(
        &run,
        "a host that the system says cannot be reached",
        &lines,
        0,
    )?;
    let run = scan(trial, "198.51.100.1:80")?;
    expect_lines(&run, "a host to which there is no route", &[], 1)?;
    run.expect_refusal("a host to which there is no route")
}

/// RFC 9293 §3.5: two SYNs that cross make one connection, and these two are the
/// same. With one port to choose from, the system chooses the one that is tried.
fn a_port_that_is_connected_to_itself_is_closed(trial: &mut Trial) -> Verdict {
    let port = trial.rng.u16(20_000..60_000);
    trial.own_network(&format!(
        "echo {port} {port} > /proc/sys/net/ipv4/ip_local_port_range"
    ));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let run = scan_in_turn(trial, &[address], MINUTE)?;
    let what = "a port where nobody listens, which is the system's own choice for the attempt";
    expect_lines(&run, what, &told(&[(address, "closed")]), 0)
}

// ---------------------------------------------------------------- step 4

/// Silent ports, so many.
fn silent(trial: &mut Trial, count: usize) -> Result<Vec<Silent>, Failure> {
    (0..count).map(|_| trial.silent()).collect()
}

fn addresses(silent: &[Silent]) -> Vec<SocketAddr> {
    silent.iter().map(Silent::address).collect()
}

/// Every port has its answer, the one that belongs to it, whichever attempt is
/// done first.
fn every_port_is_told_once_and_in_order(trial: &mut Trial) -> Verdict {
    let servers: Vec<Listener> = (0..25).map(|_| trial.listen()).collect::<Result<_, _>>()?;
    let nobody: Vec<Refusing> = (0..40)
        .map(|_| trial.refusing())
        .collect::<Result<_, _>>()?;
    let mut found: Vec<(SocketAddr, &str)> = Vec::new();
    for server in &servers {
        found.push((server.address()?, "open"));
    }
    found.extend(nobody.iter().map(|nobody| (nobody.address(), "closed")));
    let all: Vec<SocketAddr> = found.iter().map(|(address, _)| *address).collect();
    for parallel in ["2", "7", "65", "500"] {
        let args = [
            "scan",
            &at(&all),
            "--parallel",
            parallel,
            "--timeout",
            MINUTE,
        ];
        let run = trial.run(&args, b"")?;
        let what = format!("65 ports, {parallel} attempts at once");
        expect_lines(&run, &what, &told(&found), 0)?;
    }
    let nobody = trial.refusing()?;
    let one = nobody.address();
    let args = ["scan", &at(&[one]), "--parallel", "8", "--timeout", MINUTE];
    let run = trial.run(&args, b"")?;
    expect_lines(
        &run,
        "one port, 8 attempts at once",
        &told(&[(one, "closed")]),
        0,
    )
}

/// Two workers, and it is arranged which does what: while one is at the silent
/// port that comes fourth, the other is done with the first and goes on with the
/// fifth and the sixth. So no worker has neighbours alone, and none is done in
/// the order of the ports.
fn a_result_belongs_to_its_own_port(trial: &mut Trial) -> Verdict {
    let mut silent = Vec::new();
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    // The system chooses the ports, those of a listener mostly from the lower half
    // of its range; among enough of them some are in this order.
    let (first, refusing, fourth, listening) = loop {
        silent.push(trial.silent()?);
        let nobody = trial.refusing()?;
        closed.push((nobody.address(), nobody));
        let server = trial.listen()?;
        open.push((server.address()?, server));
        silent.sort_by_key(Silent::address);
        let mut addresses = silent.iter().map(Silent::address);
        let Some(first) = addresses.next() else {
            continue;
        };
        let in_order = addresses.find_map(|fourth| {
            let between = closed.iter().map(|(address, _)| *address);
            let between: Vec<_> = between
                .filter(|closed| (first..fourth).contains(closed))
                .collect();
            let behind: Vec<_> = open.iter().filter(|(open, _)| *open > fourth).collect();
            let between = between.first_chunk::<2>().copied()?;
            let behind = behind.first_chunk::<2>().copied()?;
            Some((first, between, fourth, behind))
        });
        if let Some(in_order) = in_order {
            break in_order;
        }
    };
    let mut found = vec![(first, "open"), (fourth, "open")];
    found.extend(refusing.map(|address| (address, "closed")));
    found.extend(listening.map(|(address, _)| (*address, "open")));
    let all: Vec<SocketAddr> = found.iter().map(|(address, _)| *address).collect();
    let args = ["scan", &at(&all), "--parallel", "2", "--timeout", MINUTE];
    let mut client = trial.start(&args)?;
    let both = [first, fourth];
    let what = "attempts under way to two silent ports, the first of six and the fourth";
    if client.attempts(&both, 2)? != 2 {
        return Err(Failure::words(what, "2", "1"));
    }
    let take = |silent: &mut Vec<Silent>, address| {
        let index = silent.iter().position(|silent| silent.address() == address);
        let index = index.ok_or_else(|| Failure::ours(what, "it is not there"))?;
        silent.remove(index).open()
    };
    let _one = take(&mut silent, first)?.accept(&mut client)?;
    for (_, server) in listening {
        server.accept(&mut client)?;
    }
    let _other = take(&mut silent, fourth)?.accept(&mut client)?;
    let run = trial.finish(client)?;
    let what = "six ports, 2 attempts at once, the first and the fourth slow to answer";
    expect_lines(&run, what, &told(&found), 0)
}

/// How many attempts are under way at once to `count` silent ports, where so
/// many are allowed.
fn under_way(trial: &mut Trial, count: usize, allowed: usize) -> Result<usize, Failure> {
    let silent = silent(trial, count)?;
    let addresses = addresses(&silent);
    let allowed_text = allowed.to_string();
    let args = [
        "scan",
        &at(&addresses),
        "--parallel",
        &allowed_text,
        "--timeout",
        MINUTE,
    ];
    let mut client = trial.start(&args)?;
    let under_way = client.attempts(&addresses, allowed.min(count))?;
    trial.end(client);
    Ok(under_way)
}

fn attempts_at_once(count: usize, allowed: usize) -> String {
    format!(
        "attempts under way at once, of {count} to ports that do not answer, with --parallel {allowed}"
    )
}

/// A bound that is not kept is none: the network, the peer and the table of open
/// files have bounds of their own.
fn no_more_attempts_are_under_way_than_allowed(trial: &mut Trial) -> Verdict {
    for (count, allowed) in [(12, 2), (12, 5), (12, 11)] {
        let came = under_way(trial, count, allowed)?;
        if came > allowed {
            let what = attempts_at_once(count, allowed);
            let expected = format!("at most {allowed}");
            return Err(Failure::words(what, expected, format!("{came} or more")));
        }
    }
    Ok(())
}

/// Each silent port costs its timeout, and only as many at once save any time.
fn as_many_attempts_are_under_way_as_allowed(trial: &mut Trial) -> Verdict {
    for (count, allowed) in [(12, 5), (12, 12), (6, 50)] {
        let came = under_way(trial, count, allowed)?;
        let expected = count.min(allowed);
        if came < expected {
            let what = attempts_at_once(count, allowed);
            let expected = format!("{expected}");
            return Err(Failure::words(what, expected, came.to_string()));
        }
    }
    Ok(())
}

/// One attempt waits for its timeout of a minute; all others are made meanwhile.
/// The silent port is one of the first, so that a program which hands the ports
/// out beforehand has some behind it.
fn a_slow_port_holds_up_no_other(trial: &mut Trial) -> Verdict {
    let servers: Vec<Listener> = (0..12).map(|_| trial.listen()).collect::<Result<_, _>>()?;
    let mut all: Vec<SocketAddr> = servers
        .iter()
        .map(Listener::address)
        .collect::<Result<_, _>>()?;
    all.sort();
    let mut silent = trial.silent()?;
    // The system chooses the port: from a third of its range in four tries.
    while all.get(4).is_some_and(|fifth| silent.address() > *fifth) {
        silent = trial.silent()?;
    }
    all.push(silent.address());
    let args = ["scan", &at(&all), "--parallel", "2", "--timeout", MINUTE];
    let mut client = trial.start(&args)?;
    for (index, server) in servers.iter().enumerate() {
        if server.accept(&mut client).is_err() {
            let what = "12 ports where somebody listens, 2 attempts at once, and one silent port";
            let came = format!("{index}, and no other while the silent one is tried");
            return Err(Failure::words(what, "12 connections", came));
        }
    }
    trial.end(client);
    Ok(())
}

/// Twelve descriptors, three of them taken from the start, and room for nine
/// sockets: the scan makes do with them.
fn too_few_descriptors_lose_no_port(trial: &mut Trial) -> Verdict {
    let silent = silent(trial, 24)?;
    let addresses = addresses(&silent);
    trial.limit_descriptors(12);
    let args = [
        "scan",
        &at(&addresses),
        "--parallel",
        "24",
        "--timeout",
        "300",
    ];
    let run = trial.run(&args, b"")?;
    let found: Vec<_> = addresses
        .iter()
        .map(|&address| (address, "filtered"))
        .collect();
    let what = "24 ports that do not answer, --parallel 24, and 12 descriptors";
    expect_lines(&run, what, &told(&found), 0)
}

/// Every second socket is refused; so in the end the last worker has none for
/// its port, and one when it asks again.
fn a_descriptor_that_is_refused_is_asked_for_again(trial: &mut Trial) -> Verdict {
    let nobody: Vec<Refusing> = (0..20)
        .map(|_| trial.refusing())
        .collect::<Result<_, _>>()?;
    let found: Vec<_> = nobody
        .iter()
        .map(|nobody| (nobody.address(), "closed"))
        .collect();
    let all: Vec<SocketAddr> = nobody.iter().map(Refusing::address).collect();
    trial.refuse_descriptors(2);
    let run = trial.run(
        &["scan", &at(&all), "--parallel", "4", "--timeout", MINUTE],
        b"",
    )?;
    let what = "20 ports, --parallel 4, and every second descriptor refused";
    expect_lines(&run, what, &told(&found), 0)
}

/// No socket can be had at all: nothing is known, and the program says so
/// instead of asking for ever.
fn without_any_descriptor_the_scan_says_so(trial: &mut Trial) -> Verdict {
    let nobody: Vec<Refusing> = (0..6).map(|_| trial.refusing()).collect::<Result<_, _>>()?;
    let all: Vec<SocketAddr> = nobody.iter().map(Refusing::address).collect();
    trial.refuse_descriptors(1);
    let run = trial.run(
        &["scan", &at(&all), "--parallel", "4", "--timeout", MINUTE],
        b"",
    )?;
    let what = "6 ports, --parallel 4, and every descriptor refused";
    expect_lines(&run, what, &[], 1)?;
    run.expect_refusal(what)
}

// ---------------------------------------------------------------- step 5

/// Scans one port for its banner, within `limit`, lets `service` speak, and gives
/// what was printed. The service stays there until the program has ended.
fn banner(
    trial: &mut Trial,
    limit: &str,
    service: impl FnOnce(&mut Peer) -> Verdict,
) -> Result<(SocketAddr, Run), Failure> {
    let server = trial.listen()?;
    let address = server.address()?;
    let args = [
        "scan",
        &at(&[address]),
        "--parallel",
        "1",
        "--timeout",
        MINUTE,
        "--banner",
        limit,
    ];
    let mut client = trial.start(&args)?;
    let mut peer = server.accept(&mut client)?;
    service(&mut peer)?;
    let run = trial.finish(client)?;
    Ok((address, run))
}

/// Fails unless the banner of a service that sends `octets` is `shown`.
fn expect_banner(trial: &mut Trial, octets: &[u8], delivery: &Delivery, shown: &str) -> Verdict {
    let (address, run) = banner(trial, MINUTE, |peer| peer.deliver(octets, delivery))?;
    let mut text: String = octets.escape_ascii().to_string();
    if text.len() > 60 {
        text.truncate(40);
        text += "...";
    }
    let what = format!(
        "a service that sends \"{text}\", {}, and stays there",
        delivery.describe()
    );
    expect_lines(
        &run,
        &what,
        &told(&[(address, &format!("open  {shown}"))]),
        0,
    )
}

/// RFC 4253 §4.2 and RFC 5321 §3.1: SSH and SMTP speak first, and a line ends in
/// CR LF. The line is complete at its LF, and nothing after it belongs to it.
fn the_first_line_is_the_banner(trial: &mut Trial) -> Verdict {
    let word = trial.word(8);
    let whole = Delivery::whole();
    let lines = [
        (format!("SSH-2.0-{word}\r\n"), format!("\"SSH-2.0-{word}\"")),
        (format!("220 {word}\n"), format!("\"220 {word}\"")),
        (
            format!("220-{word}\r\n220 more\r\n"),
            format!("\"220-{word}\""),
        ),
        ("\r\n".to_owned(), "\"\"".to_owned()),
        (
            format!("a\rb \t{word} \n"),
            format!("\"a\\x0db \\x09{word} \""),
        ),
        ("\x1b[2J\"\n".to_owned(), "\"\\x1b[2J\\\"\"".to_owned()),
        ("gr\u{fc}n\n".to_owned(), "\"gr\\xc3\\xbcn\"".to_owned()),
    ];
    for (line, shown) in lines {
        expect_banner(trial, line.as_bytes(), &whole, &shown)?;
    }
    // Octets, and not always UTF-8.
    expect_banner(trial, b"gr\xfcn\n", &whole, "\"gr\\xfcn\"")
}

/// RFC 9293 §2.2: a stream has no borders. Every cut of the line is the same
/// line.
fn a_banner_in_pieces_is_put_together(trial: &mut Trial) -> Verdict {
    let line = format!("SSH-2.0-{}\r\n", trial.word(4));
    let shown = format!("{:?}", line.trim_end());
    for delivery in every_cut(line.len()).chain([Delivery::octet_by_octet(line.len())]) {
        expect_banner(trial, line.as_bytes(), &delivery, &shown)?;
    }
    Ok(())
}

/// HTTP and many others wait for the client to speak (RFC 9110 §3.3). The port
/// is open all the same.
fn a_service_that_says_nothing_is_open(trial: &mut Trial) -> Verdict {
    let (address, run) = banner(trial, "300", |_| Ok(()))?;
    let lines = told(&[(address, "open  no banner")]);
    expect_lines(&run, "a service that says nothing, --banner 300", &lines, 0)
}

/// A limit for all of it is one deadline, however often something comes before
/// it. An octet each 25 ms keeps a limit of a second for each read alive for
/// ever.
fn a_banner_that_drips_ends_at_the_deadline(trial: &mut Trial) -> Verdict {
    let server = trial.listen()?;
    let address = server.address()?;
    let args = [
        "scan",
        &at(&[address]),
        "--parallel",
        "1",
        "--timeout",
        MINUTE,
        "--banner",
        "1000",
    ];
    let mut client = trial.start(&args)?;
    let mut peer = server.accept(&mut client)?;
    let sent = peer.drip(b'x', &mut client);
    let run = trial.finish(client)?;
    let what = "a service that sends an octet each 25 ms, --banner 1000";
    // How many of them came in time is nobody's to say.
    let came = run.stdout_text();
    let shown = came
        .strip_prefix(&format!("{address}  open  "))
        .and_then(|rest| rest.strip_suffix('\n'))
        .map(|banner| banner.replace("no banner", "\"\""));
    let shown = shown
        .as_deref()
        .and_then(|banner| banner.strip_prefix('"')?.strip_suffix('"'));
    match shown {
        Some(text) if text.bytes().all(|octet| octet == b'x') && text.len() <= sent => {
            run.expect_exit(what, 0)
        }
        _ => Err(Failure::words(
            what,
            format!("\"{address}  open  \" and what came in time, in quotes"),
            format!("{came:?}"),
        )),
    }
}

/// RFC 5321 §4.5.3.1.5: a reply line of SMTP has at most 512 octets, its end
/// included. Whoever sends more is not waited for.
fn a_banner_without_an_end_is_cut_after_512_octets(trial: &mut Trial) -> Verdict {
    let whole = Delivery::whole();
    let longest = trial.word(511);
    expect_banner(
        trial,
        format!("{longest}\n").as_bytes(),
        &whole,
        &format!("{longest:?}"),
    )?;
    for len in [512, 513, 5000] {
        let endless = trial.word(len);
        let cut = endless.get(..512).unwrap_or_default();
        expect_banner(trial, endless.as_bytes(), &whole, &format!("{cut:?}"))?;
    }
    Ok(())
}

/// RFC 9293 §3.6 and §3.5.3: after a FIN nothing more comes, and after an RST
/// neither. What came before, came.
fn what_was_said_before_a_close_or_a_reset_is_the_banner(trial: &mut Trial) -> Verdict {
    let part = trial.word(6);
    for (octets, shown) in [
        (part.as_str(), format!("{part:?}")),
        ("", "no banner".to_owned()),
    ] {
        let (address, run) = banner(trial, MINUTE, |peer| {
            peer.send(octets.as_bytes())?;
            peer.finish();
            Ok(())
        })?;
        let what = format!("a service that sends {octets:?} and closes");
        expect_lines(
            &run,
            &what,
            &told(&[(address, &format!("open  {shown}"))]),
            0,
        )?;

        let server = trial.listen()?;
        let address = server.address()?;
        let args = [
            "scan",
            &at(&[address]),
            "--parallel",
            "1",
            "--timeout",
            MINUTE,
            "--banner",
            MINUTE,
        ];
        let mut client = trial.start(&args)?;
        let mut peer = server.accept(&mut client)?;
        peer.send(octets.as_bytes())?;
        peer.until_read();
        peer.reset()?;
        let run = trial.finish(client)?;
        let what = format!("a service that sends {octets:?} and resets the connection");
        expect_lines(
            &run,
            &what,
            &told(&[(address, &format!("open  {shown}"))]),
            0,
        )?;
    }
    Ok(())
}

/// A read that a signal interrupts (EINTR) has read nothing, and is called
/// again. RFC 9293 §3.9.1 leaves the shape of the calls to the system.
fn an_interrupted_read_is_repeated(trial: &mut Trial) -> Verdict {
    trial.system_calls_fall_short(0, 0, 2);
    let line = format!("220 {}\r\n", trial.word(6));
    let shown = format!("{:?}", line.trim_end());
    expect_banner(trial, line.as_bytes(), &Delivery::cut_at(&[5]), &shown)
}

// ---------------------------------------------------------------- step 6

/// A folder that looks like `/proc`: where it is, and where the program finds it.
struct ProcTree(PathBuf, String);

/// The first line of a table of sockets.
const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

impl ProcTree {
    fn new(trial: &mut Trial, tcp: &[String], tcp6: &[String]) -> Result<Self, Failure> {
        let (outside, inside) = trial.folder()?;
        // A check may have several, one after the other.
        if outside.exists() {
            fs::remove_dir_all(&outside)
                .and_then(|()| fs::create_dir(&outside))
                .map_err(ours)?;
        }
        let tree = ProcTree(outside, inside);
        tree.file("net/tcp", &table(tcp))?;
        tree.file("net/tcp6", &table(tcp6))?;
        Ok(tree)
    }

    fn file(&self, name: &str, text: &str) -> Verdict {
        let path = self.0.join(name);
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(ours)
    }

    /// A process with this name and these descriptors.
    fn process(&self, pid: u32, name: &str, descriptors: &[(u32, &str)]) -> Verdict {
        self.file(&format!("{pid}/comm"), &format!("{name}\n"))?;
        let folder = self.0.join(format!("{pid}/fd"));
        fs::create_dir_all(&folder).map_err(ours)?;
        for (fd, target) in descriptors {
            link(target, &folder.join(fd.to_string()))?;
        }
        Ok(())
    }

    /// Runs the program on it.
    fn run(&self, trial: &mut Trial, args: &[&str]) -> Result<Run, Failure> {
        let args: Vec<&str> = args.iter().copied().chain(["--proc", &self.1]).collect();
        trial.run(&args, b"")
    }
}

fn ours(error: impl std::fmt::Display) -> Failure {
    Failure::ours("a folder that looks like /proc", error)
}

#[cfg(unix)]
fn link(target: &str, at: &Path) -> Verdict {
    std::os::unix::fs::symlink(target, at).map_err(ours)
}

#[cfg(not(unix))]
fn link(_target: &str, _at: &Path) -> Verdict {
    Err(ours("this system has no links of the kind"))
}

fn table(rows: &[String]) -> String {
    let mut text = format!("{HEAD}\n");
    for (number, row) in rows.iter().enumerate() {
        text += &format!("{number:4}: {row}\n");
    }
    text
}

/// An address as the kernel of this machine writes it: each four octets as a
/// number, in the machine's own order.
fn hex(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let groups = octets
        .chunks_exact(4)
        .filter_map(|group| group.first_chunk());
    let host: String = groups
        .map(|group: &[u8; 4]| format!("{:08X}", u32::from_ne_bytes(*group)))
        .collect();
    format!("{host}:{:04X}", address.port())
}

/// A line of the table, without its number.
fn row(local: SocketAddr, remote: SocketAddr, state: u8, inode: u64) -> String {
    format!(
        "{} {} {state:02X} 00000000:00000001 00:00000000 00000000  1000        0 {inode} 1 0000000000000000 100 0 0 10 0",
        hex(local),
        hex(remote)
    )
}

fn nobody(of: SocketAddr) -> SocketAddr {
    match of {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    }
}

fn listening(at: SocketAddr, inode: u64) -> String {
    row(at, nobody(at), LISTEN, inode)
}

/// The number of LISTEN.
const LISTEN: u8 = 10;

fn v4(octets: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::from((octets, port))
}

/// Fails unless the program printed these rows: state, address, peer, and the
/// rest of the line. How many blanks stand between is its own matter.
fn expect_rows(run: &Run, what: &str, expected: &[[String; 4]], code: i32) -> Verdict {
    let came: Vec<String> = run.stdout_text().lines().map(plain).collect();
    for (index, expected) in expected.iter().enumerate() {
        let expected = expected.join("  ");
        let came = came.get(index).map(String::as_str).unwrap_or_default();
        if came != expected {
            let what = format!("{what}: line {} of standard output", index + 1);
            let failure = Failure::octets(what, expected.as_bytes(), came.as_bytes());
            return Err(match run.code {
                Some(0 | 1) => failure,
                _ => failure.ended(run.ending.clone()),
            });
        }
    }
    if let Some(more) = came.get(expected.len()) {
        let what = format!("{what}: standard output after its {} lines", expected.len());
        return Err(Failure::octets(what, b"", more.as_bytes()));
    }
    run.expect_exit(what, code)
}

/// A line with two blanks between its first four columns.
fn plain(line: &str) -> String {
    let mut rest = line;
    let mut columns = Vec::new();
    for _ in 0..3 {
        let (column, after) = rest.split_once(' ').unwrap_or((rest, ""));
        columns.push(column);
        rest = after.trim_start_matches(' ');
    }
    columns.push(rest);
    columns.join("  ")
}

fn listed(address: SocketAddr, owners: &str) -> [String; 4] {
    ["LISTEN", &address.to_string(), "-", owners].map(str::to_owned)
}

/// RFC 791 Appendix B has the octets in one order, and a machine may keep a
/// number in another: 127.0.0.1 stands in the table as 0100007F on most.
fn an_address_is_read_in_the_order_of_the_machine(trial: &mut Trial) -> Verdict {
    let mut addresses = vec![v4([127, 0, 0, 1], 7000), v4([192, 0, 2, 77], 258)];
    addresses.push(v4([0, 0, 0, 0], 65535));
    let random = |trial: &mut Trial| v4(trial.rng.u32(..).to_be_bytes(), trial.rng.u16(1..));
    addresses.extend((0..20).map(|_| random(trial)));
    for address in &addresses {
        let tree = ProcTree::new(trial, &[listening(*address, 0)], &[])?;
        let run = tree.run(trial, &["list"])?;
        let what = format!("a line with `{}`", hex(*address));
        expect_rows(&run, &what, &[listed(*address, "?")], 0)?;
    }
    Ok(())
}

/// RFC 4291 §2: 128 bits. The table has them as four numbers of 32, each in the
/// machine's order.
fn an_ipv6_address_is_read_as_four_numbers(trial: &mut Trial) -> Verdict {
    let texts =
        "[::]:22 [::1]:7000 [2001:db8::1]:80 [::ffff:192.0.2.1]:443 [fe80::1234:5678]:65535";
    let mut addresses: Vec<SocketAddr> =
        words(texts).filter_map(|text| text.parse().ok()).collect();
    for _ in 0..10 {
        let ip = Ipv6Addr::from(trial.rng.u128(..));
        addresses.push(SocketAddr::from((ip, trial.rng.u16(1..))));
    }
    for address in &addresses {
        let tree = ProcTree::new(trial, &[], &[listening(*address, 0)])?;
        let run = tree.run(trial, &["list"])?;
        let what = format!("a line with `{}`", hex(*address));
        expect_rows(&run, &what, &[listed(*address, "?")], 0)?;
    }
    Ok(())
}

/// The states by their numbers in Linux, and their names in RFC 9293 §3.3.2.
const STATES: [(u8, &str); 12] = [
    (1, "ESTABLISHED"),
    (2, "SYN-SENT"),
    (3, "SYN-RECEIVED"),
    (4, "FIN-WAIT-1"),
    (5, "FIN-WAIT-2"),
    (6, "TIME-WAIT"),
    (7, "CLOSED"),
    (8, "CLOSE-WAIT"),
    (9, "LAST-ACK"),
    (LISTEN, "LISTEN"),
    (11, "CLOSING"),
    (12, "SYN-RECEIVED"),
];

/// RFC 9293 §3.3.2 has the states.
fn every_state_has_its_name(trial: &mut Trial) -> Verdict {
    let local = v4([192, 0, 2, 1], 7000);
    let remote = v4([198, 51, 100, 7], 40_000);
    let rows = STATES.map(|(code, _)| row(local, remote, code, 0));
    let tree = ProcTree::new(trial, &rows, &[])?;
    let run = tree.run(trial, &["list", "--all"])?;
    let expected = STATES
        .map(|(_, name)| [name, "192.0.2.1:7000", "198.51.100.7:40000", "?"].map(str::to_owned));
    expect_rows(&run, "a line for each state, `list --all`", &expected, 0)
}

/// A port is waited at in the state LISTEN alone.
fn listeners_alone_are_listed_unless_all_are_wanted(trial: &mut Trial) -> Verdict {
    let local = v4([127, 0, 0, 1], 7000);
    let remote = v4([127, 0, 0, 1], 40_000);
    let rows = [
        row(local, remote, 1, 0),
        listening(local, 0),
        row(remote, local, 6, 0),
    ];
    let tree = ProcTree::new(trial, &rows, &[])?;
    let run = tree.run(trial, &["list"])?;
    expect_rows(
        &run,
        "one listener of three sockets",
        &[listed(local, "?")],
        0,
    )
}

/// The table has the inode of a socket, and a link in a process's `fd` has it
/// too. Pipes have inodes of their own, and the same number may be one of them.
fn a_process_is_found_by_the_inode_of_its_socket(trial: &mut Trial) -> Verdict {
    let inodes: Vec<u64> = (0..3).map(|_| trial.rng.u64(1000..1 << 40)).collect();
    let [a, b, c] = inodes.as_slice() else {
        return Ok(());
    };
    let ports = [7000, 7001, 7002].map(|port| v4([127, 0, 0, 1], port));
    let [first, second, third] = ports;
    let rows = [
        listening(first, *a),
        listening(second, *b),
        listening(third, *c),
    ];
    let tree = ProcTree::new(trial, &rows, &[])?;
    let (a, b, c) = (format!("[{a}]"), format!("[{b}]"), format!("[{c}]"));
    tree.process(
        812,
        "cupsd",
        &[
            (0, "/dev/null"),
            (3, "anon_inode:[eventpoll]"),
            (7, &format!("socket:{a}")),
        ],
    )?;
    tree.process(
        900,
        "pipes",
        &[(1, &format!("pipe:{a}")), (2, &format!("pipe:{b}"))],
    )?;
    tree.process(
        4711,
        "my server",
        &[(2, "/dev/pts/0"), (30, &format!("socket:{b}"))],
    )?;
    tree.process(
        5000,
        "files",
        &[
            (4, &format!("/tmp/socket:{c}")),
            (5, &format!("socket:{c} (deleted)")),
        ],
    )?;
    let run = tree.run(trial, &["list"])?;
    let expected = [
        listed(first, "\"cupsd\" pid 812 fd 7"),
        listed(second, "\"my server\" pid 4711 fd 30"),
        listed(third, "?"),
    ];
    expect_rows(
        &run,
        "three sockets, and four processes with descriptors",
        &expected,
        0,
    )
}

/// After a `fork` both processes have the socket, and `dup` gives one process
/// two descriptors of it.
fn a_socket_of_several_processes_names_them_all(trial: &mut Trial) -> Verdict {
    let address = v4([0, 0, 0, 0], 80);
    let tree = ProcTree::new(trial, &[listening(address, 52_341)], &[])?;
    let socket = "socket:[52341]";
    tree.process(100, "worker", &[(6, socket)])?;
    tree.process(9, "nginx", &[(10, socket), (6, socket)])?;
    tree.process(21, "worker", &[(6, socket)])?;
    let run = tree.run(trial, &["list"])?;
    let owners = "\"nginx\" pid 9 fd 6, \"nginx\" pid 9 fd 10, \"worker\" pid 21 fd 6, \"worker\" pid 100 fd 6";
    let what = "a socket that three processes have, one of them twice";
    expect_rows(&run, what, &[listed(address, owners)], 0)
}

/// RFC 9293 §3.6.1: TIME-WAIT outlives the socket. Such a line has inode 0, which
/// is the inode of nothing.
fn a_connection_that_no_process_has_any_more_has_no_owner(trial: &mut Trial) -> Verdict {
    let (local, remote) = (v4([127, 0, 0, 1], 7000), v4([127, 0, 0, 1], 40_000));
    let tree = ProcTree::new(trial, &[row(local, remote, 6, 0)], &[])?;
    tree.process(812, "cupsd", &[(7, "socket:[52341]")])?;
    let run = tree.run(trial, &["list", "--all"])?;
    let expected = ["TIME-WAIT", "127.0.0.1:7000", "127.0.0.1:40000", "?"].map(str::to_owned);
    expect_rows(&run, "a connection in TIME-WAIT", &[expected], 0)
}

/// Between one look and the next, a process ends and its folder empties.
fn a_process_that_is_gone_is_passed_over(trial: &mut Trial) -> Verdict {
    let address = v4([127, 0, 0, 1], 7000);
    let tree = ProcTree::new(trial, &[listening(address, 52_341)], &[])?;
    // Gone before its descriptors were listed.
    fs::create_dir(tree.0.join("17")).map_err(ours)?;
    tree.file("18/comm", "gone\n")?;
    // Gone before its name was read.
    fs::create_dir_all(tree.0.join("19/fd")).map_err(ours)?;
    link("socket:[52341]", &tree.0.join("19/fd/3"))?;
    // No processes at all.
    tree.file("self/comm", "self\n")?;
    tree.file("uptime", "1.00 1.00\n")?;
    fs::create_dir_all(tree.0.join("20a/fd")).map_err(ours)?;
    link("socket:[52341]", &tree.0.join("20a/fd/3"))?;
    tree.process(812, "cupsd", &[(7, "socket:[52341]")])?;
    let run = tree.run(trial, &["list"])?;
    let what = "folders of three processes that have ended, and of one that has not";
    expect_rows(&run, what, &[listed(address, "\"cupsd\" pid 812 fd 7")], 0)
}

/// What another user's process has open is not for everybody.
fn a_process_that_may_not_be_looked_into_is_passed_over(trial: &mut Trial) -> Verdict {
    let ports = [7000, 7001].map(|port| v4([127, 0, 0, 1], port));
    let [first, second] = ports;
    let tree = ProcTree::new(
        trial,
        &[listening(first, 1001), listening(second, 1002)],
        &[],
    )?;
    tree.process(500, "secret", &[(3, "socket:[1001]")])?;
    tree.process(812, "cupsd", &[(7, "socket:[1002]")])?;
    let folder = tree.0.join("500/fd");
    forbid(&folder, true)?;
    // Whoever is root is refused nothing.
    let refused = trial.is_another_user() || fs::read_dir(&folder).is_err();
    let run = tree.run(trial, &["list"]);
    forbid(&folder, false)?;
    let hidden = if refused {
        "?"
    } else {
        "\"secret\" pid 500 fd 3"
    };
    let expected = [
        listed(first, hidden),
        listed(second, "\"cupsd\" pid 812 fd 7"),
    ];
    expect_rows(
        &run?,
        "a process whose descriptors are not ours to see",
        &expected,
        0,
    )
}

#[cfg(unix)]
fn forbid(folder: &Path, forbidden: bool) -> Verdict {
    use std::os::unix::fs::PermissionsExt;
    let mode = if forbidden { 0 } else { 0o700 };
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).map_err(ours)
}

#[cfg(not(unix))]
fn forbid(_folder: &Path, _forbidden: bool) -> Verdict {
    Ok(())
}

/// A line is a socket or it is not; one that is not must not hide the others.
fn a_line_that_cannot_be_read_is_told_and_no_other_is_lost(trial: &mut Trial) -> Verdict {
    let (first, last) = (v4([127, 0, 0, 1], 7000), v4([127, 0, 0, 1], 7001));
    let good = listening(first, 1001);
    let changed = |from: &str, to: &str| good.replacen(from, to, 1);
    let local = hex(first);
    let cut = good.get(..40).unwrap_or_default().to_owned();
    let bad = [
        cut,
        String::new(),
        changed(&local, "0100007F"),
        changed(&local, "0100007:1B58"),
        changed(&local, "0100007F:1B5"),
        changed(&local, "+100007F:1B58"),
        changed(&local, "0100007F:+B58"),
        changed(&local, "0100007G:1B58"),
        changed(&local, "0100007F0000:1B58"),
        changed(&local, "0100007F0100007F:1B58"),
        changed("00000000:0000", "00000000"),
        changed(" 0A ", " 00 "),
        changed(" 0A ", " 0D "),
        changed(" 0A ", " A "),
        changed(" 0A ", " 10A "),
        changed(" 1001 ", " -1 "),
        changed(" 1001 ", " +1001 "),
        changed(" 1001 ", " 99999999999999999999 "),
        changed("0100007F", "é100007F"),
    ];
    for bad in bad {
        let tree = ProcTree::new(
            trial,
            &[good.clone(), bad.clone(), listening(last, 1002)],
            &[],
        )?;
        tree.process(812, "cupsd", &[(7, "socket:[1001]"), (8, "socket:[1002]")])?;
        let run = tree.run(trial, &["list"])?;
        let what = format!("`{bad}` between two lines that are right");
        let expected = [
            listed(first, "\"cupsd\" pid 812 fd 7"),
            listed(last, "\"cupsd\" pid 812 fd 8"),
        ];
        expect_rows(&run, &what, &expected, 1)?;
        run.expect_refusal(&what)?;
    }
    Ok(())
}

/// A port is a number of one protocol on one machine, whatever the address.
fn who_tells_the_process_of_one_port(trial: &mut Trial) -> Verdict {
    let (one, other) = (v4([127, 0, 0, 1], 7000), v4([127, 0, 0, 2], 7000));
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 7000));
    let client = v4([127, 0, 0, 1], 40_000);
    let tcp = [
        listening(one, 1001),
        listening(other, 1002),
        listening(v4([127, 0, 0, 1], 7001), 1003),
        row(client, one, 1, 1004),
        row(one, client, 1, 1005),
    ];
    let tree = ProcTree::new(trial, &tcp, &[listening(six, 1006)])?;
    tree.process(812, "one", &[(3, "socket:[1001]"), (4, "socket:[1005]")])?;
    tree.process(813, "other", &[(3, "socket:[1002]"), (4, "socket:[1006]")])?;
    let run = tree.run(trial, &["who", "7000"])?;
    let connection = [
        "ESTABLISHED",
        "127.0.0.1:7000",
        "127.0.0.1:40000",
        "\"one\" pid 812 fd 4",
    ];
    let expected = [
        listed(one, "\"one\" pid 812 fd 3"),
        listed(other, "\"other\" pid 813 fd 3"),
        connection.map(str::to_owned),
        listed(six, "\"other\" pid 813 fd 4"),
    ];
    expect_rows(&run, "`who 7000`", &expected, 0)?;
    let run = tree.run(trial, &["who", "7002"])?;
    expect_lines(&run, "`who 7002`, which nobody has", &[], 1)?;
    run.expect_refusal("`who 7002`, which nobody has")
}

/// The files of the system itself, and a listener of the process that checks.
fn a_listener_of_this_machine_is_found(trial: &mut Trial) -> Verdict {
    let server = trial.listen()?;
    let address = server.address()?;
    let run = trial.run(&["who", &address.port().to_string()], b"")?;
    let name = fs::read_to_string("/proc/self/comm").unwrap_or_default();
    let owner = format!("{:?} pid {} fd ", name.trim_end(), std::process::id());
    let [state, local, peer, owner] = listed(address, &owner);
    let expected = [state, local, peer, owner].join("  ");
    let came = plain(run.stdout_text().lines().next().unwrap_or_default());
    if !came.starts_with(&expected) {
        let what = "a listener that the checking process has";
        return Err(Failure::words(
            what,
            format!("a line that begins with {expected:?}"),
            format!("{came:?}"),
        ));
    }
    run.expect_exit("`who` and a port that is there", 0)
}
