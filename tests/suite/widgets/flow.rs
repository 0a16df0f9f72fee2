//! A lossy link and TCP's window: what must hold on every run of them, and some
//! runs counted by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::json;

use super::{SEED, ask, has_node};

#[derive(Deserialize)]
struct Run {
    flights: Vec<Flight>,
    delivered: Vec<Delivered>,
    ended: Option<u32>,
}

#[derive(Deserialize)]
struct Flight {
    name: String,
    kind: String,
    packet: usize,
    sent: u32,
    arrived: Option<u32>,
    again: bool,
}

#[derive(Deserialize)]
struct Delivered {
    packet: usize,
    time: u32,
}

fn question(kind: &str, window: usize, timeout: u32, lost: &[&str]) -> String {
    json!({ "kind": kind, "count": 6, "window": window, "delay": 3, "timeout": timeout, "lost": lost }).to_string()
}

fn run(answer: &str) -> Run {
    serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// Counted by hand: six packets, three ticks each way, timeout 8.
#[test]
fn some_runs_of_the_link_are_those_counted_by_hand() {
    if !has_node() {
        return;
    }
    // Kind, window, losses; when it is done, and which packets were put on the link.
    type Case = (
        &'static str,
        usize,
        &'static [&'static str],
        u32,
        &'static [usize],
    );
    let cases: [Case; 8] = [
        // A round trip of 6 ticks for each packet.
        ("wait", 4, &[], 36, &[0, 1, 2, 3, 4, 5]),
        // The second packet is lost: 8 ticks for the timeout instead of 6, and 6 more.
        ("wait", 4, &["d2"], 44, &[0, 1, 1, 2, 3, 4, 5]),
        // Its acknowledgment is lost: the same, and the receiver has it twice.
        ("wait", 4, &["a2"], 44, &[0, 1, 1, 2, 3, 4, 5]),
        // A window as large as the round trip never waits.
        ("back", 6, &[], 11, &[0, 1, 2, 3, 4, 5]),
        ("select", 6, &[], 11, &[0, 1, 2, 3, 4, 5]),
        // Packet 1 is lost: everything from it on is sent again, or it alone.
        ("back", 4, &["d2"], 26, &[0, 1, 2, 3, 4, 1, 2, 3, 4, 5]),
        ("select", 4, &["d2"], 21, &[0, 1, 2, 3, 4, 1, 5]),
        // A lost acknowledgment does no harm where the next one covers it.
        ("back", 6, &["a2"], 11, &[0, 1, 2, 3, 4, 5]),
    ];
    let questions: Vec<String> = cases
        .iter()
        .map(|(kind, window, lost, ..)| question(kind, *window, 8, lost))
        .collect();
    for ((case, question), answer) in cases.iter().zip(&questions).zip(ask("links", &questions)) {
        let run = run(&answer);
        let sent: Vec<usize> = run
            .flights
            .iter()
            .filter(|flight| flight.kind == "data")
            .map(|flight| flight.packet)
            .collect();
        assert_eq!(
            (run.ended, sent.as_slice()),
            (Some(case.3), case.4),
            "{question}"
        );
    }
}

/// Whatever is lost: everything comes, once, in order; never more than a
/// window is out; only what had its timeout is sent again.
#[test]
fn whatever_the_link_loses_every_packet_comes_once_and_in_order() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut settings = Vec::new();
    for _ in 0..600 {
        let kind = *random.choice(&["wait", "back", "select"]).expect("some");
        let (window, timeout) = (random.usize(2..7), random.u32(7..15));
        let lost: Vec<String> = (0..random.usize(..9))
            .map(|_| {
                format!(
                    "{}{}",
                    if random.bool() { "d" } else { "a" },
                    random.u8(1..15)
                )
            })
            .collect();
        settings.push((kind, window, timeout, lost));
    }
    let questions: Vec<String> = settings
        .iter()
        .map(|(kind, window, timeout, lost)| {
            question(
                kind,
                *window,
                *timeout,
                &lost.iter().map(String::as_str).collect::<Vec<_>>(),
            )
        })
        .collect();
    for (((kind, window, timeout, lost), question), answer) in settings
        .iter()
        .zip(&questions)
        .zip(ask("links", &questions))
    {
        let run = run(&answer);
        let order: Vec<usize> = run.delivered.iter().map(|entry| entry.packet).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5], "{question}");
        let ended = run
            .ended
            .unwrap_or_else(|| panic!("never done: {question}"));
        assert!(
            run.delivered.iter().all(|entry| entry.time <= ended),
            "{question}"
        );
        let window = if *kind == "wait" { 1 } else { *window };
        let lost: BTreeSet<&String> = lost.iter().collect();
        let mut last_sent: BTreeMap<usize, u32> = BTreeMap::new();
        for flight in &run.flights {
            assert_eq!(
                flight.arrived.is_none(),
                lost.contains(&flight.name),
                "{question}"
            );
            if flight.kind != "data" {
                continue;
            }
            // What the sender can have heard of: acknowledgments that came by then.
            let heard = run.flights.iter().filter(|ack| {
                ack.kind == "ack" && ack.arrived.is_some_and(|time| time <= flight.sent)
            });
            let oldest = if *kind == "select" {
                let acked: BTreeSet<usize> = heard.map(|ack| ack.packet).collect();
                (0..6).find(|packet| !acked.contains(packet)).unwrap_or(6)
            } else {
                heard.map(|ack| ack.packet).max().unwrap_or(0)
            };
            assert!(
                (oldest..oldest + window).contains(&flight.packet),
                "{}: {question}",
                flight.name
            );
            assert_eq!(
                flight.again,
                last_sent.contains_key(&flight.packet),
                "{question}"
            );
            if let (true, Some(before)) = (*kind == "select", last_sent.get(&flight.packet)) {
                assert!(
                    flight.sent - before >= *timeout,
                    "{}: {question}",
                    flight.name
                );
            }
            last_sent.insert(flight.packet, flight.sent);
        }
    }
}

#[derive(Deserialize)]
struct Flow {
    ticks: Vec<Tick>,
    ended: Option<u32>,
}

#[derive(Deserialize)]
struct Tick {
    nxt: u32,
    una: u32,
    edge: u32,
    taken: u32,
    held: u32,
    received: u32,
    events: Vec<String>,
}

/// Window by round trip is the bound: 4,000 octets in 8 ticks, and 24,000 take
/// six windows. The last acknowledgment is back a round trip after the sixth left.
#[test]
fn a_small_window_is_filled_once_a_round_trip() {
    if !has_node() {
        return;
    }
    let questions = [4000, 8000].map(|buffer| {
        json!({ "total": 24_000, "buffer": buffer, "read": 4000, "delay": 4 }).to_string()
    });
    let ended: Vec<Option<u32>> = ask("windows", &questions)
        .iter()
        .map(|answer| {
            serde_json::from_str::<Flow>(answer)
                .unwrap_or_else(|error| panic!("{error}: {answer}"))
                .ended
        })
        .collect();
    // With 8,000 the window takes two ticks to fill, at four segments a tick.
    assert_eq!(ended, [Some(48), Some(25)]);
}

#[test]
fn no_run_of_the_window_breaks_its_rules() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    let mut settings = Vec::new();
    for _ in 0..400 {
        let buffer = 1000 * random.u32(2..13);
        let read = 500 * random.u32(1..9);
        let pause = random.bool().then(|| {
            let start = random.u32(..30);
            [start, start + random.u32(1..60)]
        });
        settings.push((buffer, read, random.u32(1..9), pause, random.bool()));
    }
    let questions: Vec<String> = settings
        .iter()
        .map(|(buffer, read, delay, pause, lose)| {
            json!({ "total": 24_000, "buffer": buffer, "read": read, "delay": delay, "pause": pause, "lose": lose }).to_string()
        })
        .collect();
    let mut probed = 0;
    for (((buffer, read, delay, ..), question), answer) in settings
        .iter()
        .zip(&questions)
        .zip(ask("windows", &questions))
    {
        let flow: Flow =
            serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let ended = flow
            .ended
            .unwrap_or_else(|| panic!("never done: {question}"));
        assert!(
            ended * read >= 24_000 && ended * buffer >= 24_000 - buffer,
            "too quick: {question}"
        );
        let mut before: Option<&Tick> = None;
        for (time, tick) in flow.ticks.iter().enumerate() {
            let told = format!("tick {time}: {question}");
            // Never beyond the window, nothing invented, the buffer never over.
            assert!(
                tick.taken <= tick.received && tick.received <= tick.nxt && tick.nxt <= tick.edge,
                "{told}"
            );
            assert!(tick.una <= tick.received, "{told}");
            assert!(
                tick.held <= *buffer && tick.held == tick.received - tick.taken,
                "{told}"
            );
            // The edge lies no farther than what the receiver had room for a way ago.
            assert!(tick.edge <= tick.taken + buffer, "{told}");
            if let Some(before) = before {
                // RFC 9293 §3.8.6: the right edge is not moved back.
                assert!(
                    tick.edge >= before.edge
                        && tick.una >= before.una
                        && tick.taken >= before.taken,
                    "{told}"
                );
                assert!(
                    tick.taken - before.taken <= *read && tick.nxt - before.nxt <= 4000,
                    "{told}"
                );
                // Silly windows are avoided: the edge moves by a segment, or half a buffer.
                let step = tick.edge - before.edge;
                assert!(step == 0 || step >= 1000.min(buffer / 2), "{told}");
            }
            let probes = tick
                .events
                .iter()
                .filter(|event| event.contains("probe"))
                .count();
            assert!(
                probes == 0 || tick.edge == tick.nxt,
                "a probe into an open window: {told}"
            );
            probed += probes;
            before = Some(tick);
        }
        assert!(ended >= 2 * delay, "{question}");
    }
    assert!(probed > 100, "{probed} probes");
}
