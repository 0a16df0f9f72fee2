//! What `layers` is held to: the place of a protocol, a message wrapped, a frame
//! peeled, and what the wrapping costs.
//!
//! Most checks ask many things at once, a line of standard input each. What a
//! frame must be is made, and what is in one is read, by `etherparse`.

use std::net::{Ipv4Addr, SocketAddrV4};

use etherparse::checksum::Sum16BitWords;
use etherparse::{
    EtherType, Ethernet2Header, IpFragOffset, IpHeaders, IpNumber, Ipv4Header, PacketBuilder,
    TcpHeader, UdpHeader,
};

use crate::batch::{Asked, Wanted, expect_answers, refused};
use crate::check;
use crate::check::{Check, Failure, LabChecks, Recording, Verdict};
use crate::trial::{Run, Trial};

mod mistakes;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "layers",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[
        WHERE_REASONS,
        WHERE_BLOCK,
        WRAP_BLOCK,
        WRAP_REASONS,
        PEEL_REASONS,
        PEEL_WEB,
        OVERHEAD_BLOCK,
    ],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 2, each_protocol_is_found_by_its_name, "table", "RFC 1122 §1.1.3"),
    check!(1, 3, the_case_of_a_name_does_not_matter, "step-1", "RFC 6335 §5.1"),
    check!(1, 2, another_name_is_as_good, "step-1", "RFC 6335 §5.1"),
    check!(1, 2, a_piece_of_a_name_is_no_name, "step-1", "RFC 6335 §5.1"),
    check!(1, 2, the_seven_layers_become_four, "models", "RFC 1122 §1.1.3"),
    check!(1, 2, the_seven_layers_become_five, "models", "RFC 1122 §1.1.3"),
    check!(1, 3, the_transport_is_the_nearest_of_layer_4_below, "step-1", "RFC 1122 §1.1.3"),
    check!(1, 3, a_port_finds_every_protocol_that_has_it, "step-1", "RFC 6335 §6"),
    check!(1, 3, behind_the_slash_stands_whose_number_it_is, "step-1", "RFC 791 §3.1"),
    check!(1, 2, a_number_alone_is_a_port_and_nothing_else, "step-1", "RFC 6335 §6"),
    check!(1, 2, a_number_has_16_bits_and_no_sign, "step-1", "RFC 6335 §6"),
    check!(1, 1, what_is_found_and_what_is_not_is_said_as_recorded, "step-1", "RFC 6335 §6"),
    check!(2, 2, the_ethernet_header_is_destination_source_and_type, "step-2", "RFC 894"),
    check!(2, 2, the_message_lies_behind_42_octets_of_headers, "encapsulation", "RFC 1122 §1.1.3"),
    check!(2, 2, addresses_and_ports_stand_where_they_belong, "step-2", "RFC 791 §3.1"),
    check!(2, 2, the_ipv4_header_says_what_it_is_and_what_it_carries, "step-2", "RFC 791 §3.1"),
    check!(2, 3, a_length_counts_the_header_too, "step-2", "RFC 768"),
    check!(2, 3, the_ipv4_checksum_covers_the_header_alone, "checksums", "RFC 791 §3.1"),
    check!(2, 3, the_udp_checksum_covers_a_pseudo_header_the_header_and_the_message, "checksums", "RFC 768"),
    check!(2, 2, an_odd_octet_is_paired_with_a_zero_behind_it, "checksums", "RFC 1071 §1"),
    check!(2, 2, what_is_carried_is_added_until_nothing_is, "checksums", "RFC 1071 §1"),
    check!(2, 3, a_udp_checksum_of_0_is_sent_as_ffff, "checksums", "RFC 768"),
    check!(2, 2, a_short_frame_is_filled_up_to_60_octets, "step-2", "RFC 894"),
    check!(2, 2, what_does_not_fit_a_layer_is_refused, "step-2", "RFC 894"),
    check!(2, 2, any_message_is_wrapped_to_the_octet, "step-2", "RFC 768"),
    check!(2, 1, a_frame_prints_as_recorded, "step-2", "RFC 768"),
    check!(3, 3, a_frame_is_peeled_to_its_message, "step-3", "RFC 768"),
    check!(3, 3, padding_is_no_part_of_the_message, "step-3", "RFC 894"),
    check!(3, 3, an_ipv4_header_is_as_long_as_it_says, "step-3", "RFC 791 §3.1"),
    check!(3, 2, a_tcp_header_is_as_long_as_it_says, "step-3", "RFC 9293 §3.1"),
    check!(3, 2, a_udp_message_ends_where_its_length_says, "step-3", "RFC 768"),
    check!(3, 2, a_datagram_without_a_checksum_passes, "step-3", "RFC 768"),
    check!(3, 3, a_bit_that_turned_on_the_way_is_found_out, "checksums", "RFC 1122 §3.2.1.2"),
    check!(3, 3, a_frame_cut_short_is_refused, "step-3", "RFC 791 §3.1"),
    check!(3, 3, a_length_that_cannot_be_is_refused, "step-3", "RFC 791 §3.1"),
    check!(3, 2, what_is_not_ipv4_with_udp_or_tcp_is_refused, "step-3", "RFC 894"),
    check!(3, 2, a_fragment_is_refused_and_a_whole_packet_is_not, "step-3", "RFC 791 §3.1"),
    check!(3, 1, a_refusal_says_what_is_wrong_and_where, "step-3", "RFC 791 §3.1"),
    check!(3, 2, what_was_wrapped_is_peeled_to_the_same, "encapsulation", "RFC 1122 §1.1.3"),
    check!(3, 2, a_recorded_web_request_is_peeled_as_recorded, "request", "RFC 9293 §3.1"),
    check!(4, 3, a_message_in_one_frame_is_accounted_for, "step-4", "RFC 894"),
    check!(4, 2, only_a_frame_that_is_too_short_is_padded, "step-4", "RFC 894"),
    check!(4, 2, over_tcp_each_segment_has_a_header, "step-4", "RFC 9293 §3.7.1"),
    check!(4, 3, over_udp_the_fragments_share_one_header, "step-4", "RFC 791 §3.2"),
    check!(4, 2, a_fragment_but_the_last_is_a_multiple_of_8_octets, "step-4", "RFC 791 §3.2"),
    check!(4, 1, an_empty_message_takes_one_datagram_and_no_segment, "step-4", "RFC 768"),
    check!(4, 2, a_datagram_carries_65507_octets_and_not_one_more, "step-4", "RFC 768"),
    check!(4, 2, any_message_on_any_link_is_accounted_for, "step-4", "RFC 791 §3.2"),
    check!(4, 1, an_account_prints_as_recorded, "step-4", "RFC 894"),
];

const WHERE_REASONS: Recording = Recording {
    name: "where_reasons",
    args: &["where"],
    input: b"dns\nMPLS\nIcmp\nQUIC\nDoH\n53\n443\n443/udp\n17/IP\n0x0806/ethernet\n6\nhttp/9\nht\n\n/\n53/\n53/dccp\n65535\n\
             65536\n65589/udp\n99999999999999999999\n+53\n0x\n0x0806\n802.11\n",
};

const WHERE_BLOCK: Recording = Recording {
    name: "where_block",
    args: &["where", "http/3", "53/udp"],
    input: b"",
};

const WRAP_BLOCK: Recording = Recording {
    name: "wrap_block",
    args: &[
        "wrap",
        "--id",
        "7238",
        "192.0.2.77:40000",
        "198.51.100.7:9",
        "hello\\n",
    ],
    input: b"",
};

const WRAP_REASONS: Recording = Recording {
    name: "wrap_reasons",
    args: &["wrap"],
    input: b"192.0.2.10:1 192.0.2.53:2 \n192.0.2.10:1 192.0.2.53:2\n192.0.2.10:1\n\n192.0.2.10 192.0.2.53:2 a\n\
             192.0.2.10:65536 192.0.2.53:2 a\n192.0.2.10:1 [::1]:2 a\n192.0.2.10:1 192.0.2.53:2 a\\q\n",
};

/// Frames that are wrong in one place each; the checksums that do not matter to
/// it are right.
const PEEL_REASONS: Recording = Recording {
    name: "peel_reasons",
    args: &["peel"],
    input: include_bytes!("layers/wrong-frames.txt"),
};

/// Frames 1, 3, 4, 7, 10 and 12 of the capture that the chapter tells of.
const PEEL_WEB: Recording = Recording {
    name: "peel_web",
    args: &["peel"],
    input: include_bytes!("layers/web-frames.txt"),
};

const OVERHEAD_BLOCK: Recording = Recording {
    name: "overhead_block",
    args: &["overhead", "5", "1473"],
    input: b"",
};

// ---------------------------------------------------------------- step 1

/// A row of the table, as text.
struct Row {
    name: &'static str,
    also: Vec<&'static str>,
    /// Of the OSI model, the lowest and the highest.
    layers: (u8, u8),
    over: Vec<&'static str>,
    numbers: Vec<&'static str>,
    by: &'static str,
}

/// The table that the lab is given.
fn rows() -> Vec<Row> {
    let list = |cell: &'static str| match cell {
        "-" => Vec::new(),
        cell => cell.split(", ").collect(),
    };
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_default();
        let (name, also, layers, over, numbers, by) =
            (next(), next(), next(), next(), next(), next());
        let (low, high) = layers.split_once('-').unwrap_or((layers, layers));
        Row {
            name,
            also: list(also),
            layers: (low.parse().unwrap_or(0), high.parse().unwrap_or(0)),
            over: list(over),
            numbers: list(numbers),
            by,
        }
    };
    include_str!("../../labs/layers/protocols.tsv")
        .lines()
        .skip(1)
        .map(row)
        .collect()
}

/// The value of a number such as `53/udp` or `0x0806/ethernet`, and whose it is.
fn number(text: &str) -> (u32, &str) {
    let (value, below) = text.split_once('/').unwrap_or((text, ""));
    let value = match value.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => value.parse(),
    };
    (value.unwrap_or(u32::MAX), below)
}

fn is_port(number_text: &str) -> bool {
    matches!(number(number_text).1, "udp" | "tcp" | "sctp")
}

fn span(layers: (u8, u8)) -> String {
    if layers.0 == layers.1 {
        layers.0.to_string()
    } else {
        format!("{}-{}", layers.0, layers.1)
    }
}

/// RFC 1122 §1.1.3.
fn four(layers: (u8, u8)) -> String {
    let name = |osi| match osi {
        0..=2 => "link",
        3 => "internet",
        4 => "transport",
        5.. => "application",
    };
    let (low, high) = (name(layers.0), name(layers.1));
    if low == high {
        low.to_owned()
    } else {
        format!("{low} to {high}")
    }
}

fn five(layers: (u8, u8)) -> String {
    span((layers.0.min(5), layers.1.min(5)))
}

fn or_none(texts: &[&str]) -> String {
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

/// The nearest protocols of layer 4 below `row`.
fn transports(rows: &[Row], row: &Row) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut todo: Vec<&str> = row.over.iter().rev().copied().collect();
    while let Some(name) = todo.pop() {
        let Some(carrier) = rows.iter().find(|row| row.name == name) else {
            continue;
        };
        if carrier.layers.0 > 4 {
            todo.extend(carrier.over.iter().rev());
        } else if carrier.layers.0 == 4 && !found.contains(&carrier.name) {
            found.push(carrier.name);
        }
    }
    found
}

/// The whole answer to a question that names `row`.
fn place_line(rows: &[Row], row: &Row) -> String {
    format!(
        "{}  OSI {}  five {}  TCP/IP {}  transport {}  number {}  {}",
        row.name,
        span(row.layers),
        five(row.layers),
        four(row.layers),
        or_none(&transports(rows, row)),
        or_none(&row.numbers),
        row.by
    )
}

/// What a number must find: `53/udp DNS  53/tcp DNS`.
fn found(rows: &[Row], asked: impl Fn(&str) -> bool) -> Wanted {
    let found: Vec<String> = rows
        .iter()
        .flat_map(|row| row.numbers.iter().map(move |number| (number, row.name)))
        .filter(|(number, _)| asked(number))
        .map(|(number, name)| format!("{number} {name}"))
        .collect();
    if found.is_empty() {
        Wanted::Refused
    } else {
        Wanted::From(1, found.join("  "))
    }
}

/// A name in mixed case, at random.
fn any_case(trial: &mut Trial, name: &str) -> String {
    let turn = |c: char| {
        if trial.rng.bool() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    name.chars().map(turn).collect()
}

fn expect_places(trial: &mut Trial, asked: &[Asked]) -> Verdict {
    expect_answers(trial, &["where"], "", asked)
}

/// The chapter's table, a question a row.
fn each_protocol_is_found_by_its_name(trial: &mut Trial) -> Verdict {
    let asked = |row: &Row| (row.name.to_owned(), Wanted::Column(0, row.name.to_owned()));
    let asked: Vec<Asked> = rows().iter().map(asked).collect();
    expect_places(trial, &asked)
}

/// The stub's contract; RFC 6335 §5.1 compares the names of services so.
fn the_case_of_a_name_does_not_matter(trial: &mut Trial) -> Verdict {
    let rows = rows();
    let mut asked = Vec::new();
    for row in &rows {
        let cases = [
            row.name.to_ascii_lowercase(),
            row.name.to_ascii_uppercase(),
            any_case(trial, row.name),
        ];
        asked.extend(cases.map(|text| (text, Wanted::Column(0, row.name.to_owned()))));
    }
    expect_places(trial, &asked)
}

/// The stub's contract: the second column of the table, in any case.
fn another_name_is_as_good(trial: &mut Trial) -> Verdict {
    let rows = rows();
    let mut asked = Vec::new();
    for row in &rows {
        for also in &row.also {
            let wanted = || Wanted::Column(0, row.name.to_owned());
            asked.push(((*also).to_owned(), wanted()));
            asked.push((any_case(trial, also), wanted()));
        }
    }
    expect_places(trial, &asked)
}

/// The stub's contract: a name is compared whole.
fn a_piece_of_a_name_is_no_name(trial: &mut Trial) -> Verdict {
    let texts = [
        "htt",
        "http/",
        "S",
        "DN",
        "dns2",
        "HTTPSX",
        "IPv",
        "TC",
        "I",
        "",
        " ",
        "dns ",
        " dns",
        "Wi",
        "WiFi",
        "HTTP/4",
        "D N S",
        "DNS,",
        "DNS\u{fe0f}",
        "ＤＮＳ",
    ];
    // The long s, which Unicode takes for an S.
    let asked = refused(texts.into_iter().chain(["DN\u{17f}", "\u{17f}sh"]));
    expect_places(trial, &asked)
}

/// RFC 1122 §1.1.3: four layers, of which the highest does what OSI divides.
fn the_seven_layers_become_four(trial: &mut Trial) -> Verdict {
    let asked = |row: &Row| {
        let wanted = Wanted::Column(3, format!("TCP/IP {}", four(row.layers)));
        (row.name.to_owned(), wanted)
    };
    let asked: Vec<Asked> = rows().iter().map(asked).collect();
    expect_places(trial, &asked)
}

/// The textbooks' five: OSI's lower four, and one for the rest.
fn the_seven_layers_become_five(trial: &mut Trial) -> Verdict {
    let asked = |row: &Row| {
        let wanted = Wanted::Column(2, format!("five {}", five(row.layers)));
        (row.name.to_owned(), wanted)
    };
    let asked: Vec<Asked> = rows().iter().map(asked).collect();
    expect_places(trial, &asked)
}

/// The stub's contract, for every row; then the whole line of each.
fn the_transport_is_the_nearest_of_layer_4_below(trial: &mut Trial) -> Verdict {
    let rows = rows();
    let asked = |row: &Row| {
        let transports = or_none(&transports(&rows, row));
        let wanted = Wanted::Column(4, format!("transport {transports}"));
        (row.name.to_owned(), wanted)
    };
    let asked: Vec<Asked> = rows.iter().map(asked).collect();
    expect_places(trial, &asked)?;
    let whole = |row: &Row| (row.name.to_owned(), Wanted::From(0, place_line(&rows, row)));
    let whole: Vec<Asked> = rows.iter().map(whole).collect();
    expect_places(trial, &whole)
}

/// RFC 6335 §6: a port of 16 bits, for each transport by itself. Those of the
/// table, and as many that are not in it.
fn a_port_finds_every_protocol_that_has_it(trial: &mut Trial) -> Verdict {
    let rows = rows();
    let mut ports: Vec<u32> = rows
        .iter()
        .flat_map(|row| &row.numbers)
        .filter(|text| is_port(text))
        .map(|text| number(text).0)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    let mut asked = Vec::new();
    for port in ports.iter().copied() {
        asked.push(port);
        asked.push(port + 1);
        asked.push(trial.rng.u32(..65_536));
    }
    asked.extend([0, 65_535]);
    let asked: Vec<Asked> = asked
        .into_iter()
        .map(|port| {
            let wanted = found(&rows, |text| is_port(text) && number(text).0 == port);
            (port.to_string(), wanted)
        })
        .collect();
    expect_places(trial, &asked)
}

/// RFC 791 §3.1 and RFC 894: a protocol number and a type are other numbers
/// than a port, and UDP's ports are others than TCP's.
fn behind_the_slash_stands_whose_number_it_is(trial: &mut Trial) -> Verdict {
    const BELOW: [&str; 5] = ["ethernet", "ip", "udp", "tcp", "sctp"];
    let rows = rows();
    let mut values: Vec<u32> = rows
        .iter()
        .flat_map(|row| &row.numbers)
        .map(|text| number(text).0)
        .collect();
    values.sort_unstable();
    values.dedup();
    let mut asked = Vec::new();
    for value in values {
        for below in BELOW {
            let wanted = found(&rows, |text| number(text) == (value, below));
            let text = match trial.rng.u8(..3) {
                0 => format!("{value:#x}"),
                1 => format!("{value:#06x}"),
                _ => value.to_string(),
            };
            asked.push((format!("{text}/{}", any_case(trial, below)), wanted));
        }
    }
    asked.extend(refused([
        "53/",
        "53/dns",
        "53/ud",
        "53/udp/tcp",
        "/udp",
        "53//udp",
        "53/ udp",
        "udp/53",
        "53/ipv4",
    ]));
    expect_places(trial, &asked)
}

/// The stub's contract: `6` is nobody's port, and `6/ip` another question.
fn a_number_alone_is_a_port_and_nothing_else(trial: &mut Trial) -> Verdict {
    let rows = rows();
    let numbers = rows.iter().flat_map(|row| &row.numbers);
    let mut asked = Vec::new();
    for text in numbers.filter(|text| !is_port(text)) {
        let value = number(text).0;
        let wanted = || found(&rows, |text| is_port(text) && number(text).0 == value);
        asked.push((value.to_string(), wanted()));
        asked.push((format!("{value:#x}"), wanted()));
    }
    expect_places(trial, &asked)
}

/// RFC 6335 §6: 0 to 65535; both sides of the bound.
fn a_number_has_16_bits_and_no_sign(trial: &mut Trial) -> Verdict {
    let mut texts: Vec<String> = [
        "+53", "-53", "+0x35", "0x+35", "5 3", "53.0", "5_3", "٥٣", "0X35", "0x", "35h",
    ]
    .map(str::to_owned)
    .to_vec();
    for port in [53_u64, 80, 443, 0] {
        texts.push((port + (1 << 16)).to_string());
        texts.push(format!("{}/udp", port + (1 << 16)));
        texts.push(format!("{}/tcp", port + (1 << 32)));
        texts.push(format!("{:#x}/tcp", port + (1 << 16)));
    }
    texts.push("340282366920938463463374607431768211509".to_owned());
    texts.push("65535".to_owned());
    texts.push("65536".to_owned());
    expect_places(trial, &refused(texts))
}

/// The questions of the chapter, and the reasons for what is refused.
fn what_is_found_and_what_is_not_is_said_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&WHERE_REASONS)?;
    trial.expect_recorded(&WHERE_BLOCK)
}

// ---------------------------------------------------------------- step 2

/// What the options of `wrap` say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    from: [u8; 6],
    to: [u8; 6],
    ttl: u8,
    id: u16,
}

impl Setting {
    const fn plain() -> Setting {
        Setting {
            from: [2, 0, 0, 0, 0, 0x0a],
            to: [2, 0, 0, 0, 0, 0x50],
            ttl: 64,
            id: 0,
        }
    }

    fn any(trial: &mut Trial) -> Setting {
        Setting {
            from: trial
                .rng
                .u64(..)
                .to_be_bytes()
                .first_chunk()
                .copied()
                .unwrap_or_default(),
            to: trial
                .rng
                .u64(..)
                .to_be_bytes()
                .first_chunk()
                .copied()
                .unwrap_or_default(),
            ttl: trial.rng.u8(..),
            id: trial.rng.u16(..),
        }
    }

    fn args(&self) -> Vec<String> {
        let mac = |octets: [u8; 6]| octets.map(|octet| format!("{octet:02x}")).join(":");
        let mut args = vec!["wrap".to_owned()];
        for (name, value) in [
            ("--from-mac", mac(self.from)),
            ("--to-mac", mac(self.to)),
            ("--ttl", self.ttl.to_string()),
            ("--id", self.id.to_string()),
        ] {
            args.extend([name.to_owned(), value]);
        }
        args
    }
}

/// A message, and between whom.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    from: SocketAddrV4,
    to: SocketAddrV4,
    message: Vec<u8>,
}

impl Request {
    fn any(trial: &mut Trial, message: Vec<u8>) -> Request {
        let mut end =
            || SocketAddrV4::new(Ipv4Addr::from_bits(trial.rng.u32(..)), trial.rng.u16(..));
        Request {
            from: end(),
            to: end(),
            message,
        }
    }

    fn of_len(trial: &mut Trial, len: usize) -> Request {
        let message = octets(trial, len);
        Request::any(trial, message)
    }

    /// The line for it. Printable octets stand for themselves.
    fn text(&self) -> String {
        let mut text = format!("{} {} ", self.from, self.to);
        for octet in &self.message {
            match octet {
                b'\\' => text.push_str("\\\\"),
                b' '..=b'~' => text.push(char::from(*octet)),
                octet => text.push_str(&format!("\\x{octet:02x}")),
            }
        }
        text
    }

    fn ipv4(&self, setting: &Setting) -> Ipv4Header {
        Ipv4Header {
            source: self.from.ip().octets(),
            destination: self.to.ip().octets(),
            time_to_live: setting.ttl,
            identification: setting.id,
            dont_fragment: true,
            protocol: IpNumber::UDP,
            ..Ipv4Header::default()
        }
    }

    /// The frame that it must become, by `etherparse`.
    fn frame(&self, setting: &Setting) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2(setting.from, setting.to)
            .ip(IpHeaders::Ipv4(self.ipv4(setting), Default::default()))
            .udp(self.from.port(), self.to.port());
        let mut frame = Vec::new();
        // It refuses nothing that fits an Ethernet frame.
        let _ = builder.write(&mut frame, &self.message);
        frame.resize(frame.len().max(60), 0);
        frame
    }
}

/// So many octets: any, or letters, or all of them equal.
fn octets(trial: &mut Trial, len: usize) -> Vec<u8> {
    match trial.rng.u8(..4) {
        0 => trial.word(len).into_bytes(),
        1 => vec![trial.rng.u8(..); len],
        _ => std::iter::repeat_with(|| trial.rng.u8(..))
            .take(len)
            .collect(),
    }
}

/// A field of a frame: where it begins and ends, and its name.
type Field = (usize, usize, &'static str);

/// The fields in front of the message.
#[rustfmt::skip]
const FIELDS: [Field; 17] = [
    (0, 6, "the destination in the Ethernet header"),
    (6, 12, "the source in the Ethernet header"),
    (12, 14, "the type in the Ethernet header"),
    (14, 15, "version and header length in the IPv4 header"),
    (15, 16, "the type of service in the IPv4 header"),
    (16, 18, "the total length in the IPv4 header"),
    (18, 20, "the identification in the IPv4 header"),
    (20, 22, "flags and fragment offset in the IPv4 header"),
    (22, 23, "the time to live in the IPv4 header"),
    (23, 24, "the protocol in the IPv4 header"),
    (24, 26, "the checksum in the IPv4 header"),
    (26, 30, "the source in the IPv4 header"),
    (30, 34, "the destination in the IPv4 header"),
    (34, 36, "the source port in the UDP header"),
    (36, 38, "the destination port in the UDP header"),
    (38, 40, "the length in the UDP header"),
    (40, 42, "the checksum in the UDP header"),
];

/// Fails unless each request becomes the right frame, as far as the octets from
/// the first of `places` to before the second go.
fn expect_wrapped(
    trial: &mut Trial,
    setting: &Setting,
    requests: &[Request],
    places: &[(usize, usize)],
) -> Verdict {
    let run = wrap(trial, setting, requests)?;
    let Some((index, failure)) = first_unlike(&run, setting, requests, places) else {
        let what = format!("{} lines on standard input", requests.len());
        let count = run.stdout_text().lines().count();
        if count != requests.len() {
            let expected = format!("{} lines on standard output", requests.len());
            return Err(Failure::words(what, expected, format!("{count} lines")));
        }
        return run.expect_exit(&what, 0);
    };
    // Alone, the line is the whole conversation of the report.
    let wrong = requests.get(index..=index).unwrap_or_default();
    let alone = wrap(trial, setting, wrong)?;
    let (_, failure) = first_unlike(&alone, setting, wrong, places).unwrap_or((index, failure));
    Err(match alone.code {
        Some(0 | 1) => failure,
        _ => failure.ended(alone.ending),
    })
}

fn wrap(trial: &mut Trial, setting: &Setting, requests: &[Request]) -> Result<Run, Failure> {
    let args = setting.args();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let input: String = requests
        .iter()
        .map(|request| request.text() + "\n")
        .collect();
    trial.run(&args, input.as_bytes())
}

/// The first request whose frame differs in one of `places`, and how.
fn first_unlike(
    run: &Run,
    setting: &Setting,
    requests: &[Request],
    places: &[(usize, usize)],
) -> Option<(usize, Failure)> {
    let output = run.stdout_text();
    let mut lines = output.lines();
    for (index, request) in requests.iter().enumerate() {
        let right = request.frame(setting);
        let mut text = request.text();
        if text.len() > 60 {
            text.truncate(text.floor_char_boundary(57));
            text.push_str("...");
        }
        let Some(came) = lines.next() else {
            return Some((
                index,
                Failure::words(format!("`{text}`"), "a frame", "no line"),
            ));
        };
        let Some(octets) = octets_of(came) else {
            let what = format!("`{text}`");
            let came = format!("{came:?}");
            return Some((index, Failure::words(what, "a frame in hexadecimal", came)));
        };
        let fields = FIELDS.iter().copied();
        let message_end = 42 + request.message.len();
        let fields = fields.chain([
            (42, message_end, "the message"),
            (message_end, usize::MAX, "what is behind the message"),
        ]);
        for (from, to, name) in fields {
            if !places.iter().any(|place| place.0 <= from && from < place.1) {
                continue;
            }
            let cut = |frame: &[u8]| {
                let to = to.min(frame.len());
                frame.get(from..to).unwrap_or_default().to_vec()
            };
            let (expected, came) = (cut(&right), cut(&octets));
            if expected != came {
                let what = format!("`{text}`: {name}, from octet {from} on");
                return Some((index, Failure::words(what, shown(&expected), shown(&came))));
            }
        }
    }
    None
}

/// The octets of a line of hexadecimal digits and blanks.
fn octets_of(line: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = line
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| Some(c.to_digit(16)? as u8))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Octets for a report, the first of them.
fn shown(octets: &[u8]) -> String {
    let some: Vec<String> = octets
        .iter()
        .take(20)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    match octets.len() {
        0 => "nothing".to_owned(),
        1..=20 => some.join(" "),
        len => format!("{} ... ({len} octets)", some.join(" ")),
    }
}

/// RFC 894; IEEE 802.3: destination first, then source, then the type.
fn the_ethernet_header_is_destination_source_and_type(trial: &mut Trial) -> Verdict {
    for _ in 0..4 {
        let setting = Setting::any(trial);
        let requests = [Request::of_len(trial, 40)];
        expect_wrapped(trial, &setting, &requests, &[(0, 14)])?;
    }
    Ok(())
}

/// 14 octets of Ethernet, 20 of IPv4, 8 of UDP.
fn the_message_lies_behind_42_octets_of_headers(trial: &mut Trial) -> Verdict {
    let requests = [1, 18, 40, 255, 256, 1472].map(|len| Request::of_len(trial, len));
    // Up to the message's end: what is behind it is another check's.
    expect_wrapped(trial, &Setting::plain(), &requests, &[(42, 43)])
}

/// RFC 791 §3.1 and RFC 768; RFC 791 Appendix B: the most significant octet
/// first.
fn addresses_and_ports_stand_where_they_belong(trial: &mut Trial) -> Verdict {
    let requests: Vec<Request> = (0..40).map(|_| Request::of_len(trial, 20)).collect();
    expect_wrapped(trial, &Setting::plain(), &requests, &[(26, 38)])
}

/// RFC 791 §3.1: version 4 and five words, the identification, DF, the time to
/// live and then the protocol.
fn the_ipv4_header_says_what_it_is_and_what_it_carries(trial: &mut Trial) -> Verdict {
    for _ in 0..4 {
        let setting = Setting::any(trial);
        let requests = [Request::of_len(trial, 40)];
        expect_wrapped(trial, &setting, &requests, &[(14, 16), (18, 24)])?;
    }
    Ok(())
}

/// RFC 791 §3.1: the total length is that of header and data. RFC 768: the
/// length too. Around 256, where the second octet comes into play.
fn a_length_counts_the_header_too(trial: &mut Trial) -> Verdict {
    let lens = [
        100, 227, 228, 229, 247, 248, 300, 1000, 1472, 0, 1, 17, 18, 19,
    ];
    let requests = lens.map(|len| Request::of_len(trial, len));
    expect_wrapped(trial, &Setting::plain(), &requests, &[(16, 18), (38, 40)])
}

/// RFC 791 §3.1: the checksum of the header only, with 0 in its own place. One
/// header is chosen so that adding the carry carries once more.
fn the_ipv4_checksum_covers_the_header_alone(trial: &mut Trial) -> Verdict {
    let requests: Vec<Request> = (0..40)
        .map(|index| Request::of_len(trial, 20 + index))
        .collect();
    expect_wrapped(trial, &Setting::plain(), &requests, &[(24, 26)])?;
    for _ in 0..3 {
        let setting = Setting::any(trial);
        let requests = [Request::of_len(trial, 40)];
        expect_wrapped(trial, &setting, &requests, &[(24, 26)])?;
    }
    let request = Request::of_len(trial, 40);
    let twice = (0..=u16::MAX)
        .map(|id| Setting {
            id,
            ..Setting::plain()
        })
        .find(|setting| {
            let mut header = request
                .frame(setting)
                .get(14..34)
                .unwrap_or_default()
                .to_vec();
            header
                .iter_mut()
                .skip(10)
                .take(2)
                .for_each(|octet| *octet = 0);
            carries_twice(&[&header])
        });
    match twice {
        Some(setting) => expect_wrapped(trial, &setting, &[request], &[(24, 26)]),
        None => Ok(()),
    }
}

/// The sum of the octets of `parts` in pairs, without the end of its addition.
fn plain_sum(parts: &[&[u8]]) -> u32 {
    let mut sum = 0;
    for part in parts {
        for pair in part.chunks(2) {
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u32::from(u16::from_be_bytes([
                pair.first().copied().unwrap_or(0),
                low,
            ]));
        }
    }
    sum
}

/// Whether the sum, once its carry is added, has a carry again.
fn carries_twice(parts: &[&[u8]]) -> bool {
    let sum = plain_sum(parts);
    (sum & 0xffff) + (sum >> 16) > 0xffff
}

/// The pseudo-header of RFC 768.
fn pseudo_header(frame: &[u8], protocol: u8, len: u16) -> Vec<u8> {
    let mut pseudo = frame.get(26..34).unwrap_or_default().to_vec();
    pseudo.extend([0, protocol]);
    pseudo.extend(len.to_be_bytes());
    pseudo
}

/// What the UDP checksum of a frame of `wrap` covers, 0 in its own place: the
/// pseudo-header, and header and message.
fn covered(frame: &[u8], message_len: usize) -> (Vec<u8>, Vec<u8>) {
    let len = 8 + message_len;
    let mut datagram = frame.get(34..34 + len).unwrap_or_default().to_vec();
    datagram
        .iter_mut()
        .skip(6)
        .take(2)
        .for_each(|octet| *octet = 0);
    (pseudo_header(frame, 17, len as u16), datagram)
}

/// RFC 768: addresses, protocol and length are covered too, though IPv4 carries
/// them. Messages of an even length.
fn the_udp_checksum_covers_a_pseudo_header_the_header_and_the_message(
    trial: &mut Trial,
) -> Verdict {
    let mut requests: Vec<Request> = (0..40)
        .map(|index| Request::of_len(trial, 20 + 2 * index))
        .collect();
    requests.push(Request::any(trial, Vec::new()));
    requests.push(Request::of_len(trial, 1472));
    expect_wrapped(trial, &Setting::plain(), &requests, &[(40, 42)])
}

/// RFC 768; RFC 1071 §1: a zero behind the last octet, which is not sent.
fn an_odd_octet_is_paired_with_a_zero_behind_it(trial: &mut Trial) -> Verdict {
    let requests: Vec<Request> = (0..40)
        .map(|index| Request::of_len(trial, 21 + 2 * index))
        .collect();
    expect_wrapped(trial, &Setting::plain(), &requests, &[(40, 42)])?;
    let requests = [1, 3, 17, 1471].map(|len| Request::of_len(trial, len));
    expect_wrapped(trial, &Setting::plain(), &requests, &[(40, 42)])
}

/// RFC 1071 §1: the end-around carry may carry once more. The source port is
/// chosen so that it does.
fn what_is_carried_is_added_until_nothing_is(trial: &mut Trial) -> Verdict {
    let setting = Setting::plain();
    let mut requests = Vec::new();
    for len in [20, 41, 300, 1472] {
        let mut request = Request::of_len(trial, len);
        // Large numbers, so that there is a carry at all.
        request.message = request.message.iter().map(|octet| octet | 0xc0).collect();
        let twice = (0..=u16::MAX).find(|port| {
            request.from.set_port(*port);
            let (pseudo, datagram) = covered(&request.frame(&setting), len);
            carries_twice(&[&pseudo, &datagram])
        });
        if twice.is_some() {
            requests.push(request);
        }
    }
    expect_wrapped(trial, &setting, &requests, &[(40, 42)])
}

/// RFC 768: 0 in the field says that there is no checksum, so one that comes
/// out 0 is sent as its other form. The source port is chosen so that it does.
fn a_udp_checksum_of_0_is_sent_as_ffff(trial: &mut Trial) -> Verdict {
    let setting = Setting::plain();
    let mut requests = Vec::new();
    for len in [2, 5, 20, 33, 400] {
        let mut request = Request::of_len(trial, len);
        request.from.set_port(0);
        let (pseudo, datagram) = covered(&request.frame(&setting), len);
        // What the port must add to make the folded sum ffff.
        let mut sum = plain_sum(&[&pseudo, &datagram]);
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        request.from.set_port(0xffff - sum as u16);
        requests.push(request);
    }
    expect_wrapped(trial, &setting, &requests, &[(40, 42)])
}

/// RFC 894; IEEE 802.3: 60 octets at least, without the check sequence. A
/// message of 18 fills that; both sides of the bound.
fn a_short_frame_is_filled_up_to_60_octets(trial: &mut Trial) -> Verdict {
    let lens = [18, 19, 17, 0, 1, 2, 10, 20, 100];
    let requests = lens.map(|len| Request::of_len(trial, len));
    // Of an empty message, what is behind it begins where it would.
    expect_wrapped(trial, &Setting::plain(), &requests, &[(42, usize::MAX)])
}

/// RFC 894: 1500 octets in a frame. RFC 791 §3.1 and RFC 768: 65,535 in what 16
/// bits count. Both sides of each.
fn what_does_not_fit_a_layer_is_refused(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    for (len, wanted) in [
        (
            1473,
            "! 1501 octets do not fit an Ethernet frame, which holds 1500",
        ),
        (
            65_507,
            "! 65535 octets do not fit an Ethernet frame, which holds 1500",
        ),
        (
            65_508,
            "! 65516 octets do not fit an IPv4 packet, which holds 65515",
        ),
        (
            65_527,
            "! 65535 octets do not fit an IPv4 packet, which holds 65515",
        ),
        (
            65_528,
            "! 65528 octets do not fit a UDP datagram, which holds 65527",
        ),
        (
            131_080,
            "! 131080 octets do not fit a UDP datagram, which holds 65527",
        ),
    ] {
        let message = trial.word(len).into_bytes();
        let request = Request::any(trial, message);
        asked.push((request.text(), Wanted::From(0, wanted.to_owned())));
    }
    let fits = Request::of_len(trial, 1472);
    expect_wrapped(trial, &Setting::plain(), &[fits], &[(0, usize::MAX)])?;
    // The line itself would fill the report.
    let input: String = asked.iter().map(|(text, _)| format!("{text}\n")).collect();
    let run = trial.run(&["wrap"], input.as_bytes())?;
    let output = run.stdout_text();
    let mut lines = output.lines();
    for (text, wanted) in &asked {
        let Wanted::From(_, expected) = wanted else {
            continue;
        };
        let len = text.splitn(3, ' ').nth(2).map_or(0, str::len);
        let came = lines.next().unwrap_or("no line");
        if came != expected {
            let mut came = came.to_owned();
            if came.len() > 80 {
                came.truncate(came.floor_char_boundary(80));
                came.push_str("...");
            }
            let what = format!("a message of {len} octets");
            let failure = Failure::words(what, expected.clone(), came);
            return Err(match run.code {
                Some(0 | 1) => failure,
                _ => failure.ended(run.ending),
            });
        }
    }
    run.expect_exit("messages that are too long", 1)
}

/// Every octet of the frame, by `etherparse`.
fn any_message_is_wrapped_to_the_octet(trial: &mut Trial) -> Verdict {
    for _ in 0..6 {
        let setting = Setting::any(trial);
        let requests: Vec<Request> = (0..60)
            .map(|_| {
                let len_max = if trial.rng.bool() { 60 } else { 1472 };
                let len = trial.rng.usize(..=len_max);
                Request::of_len(trial, len)
            })
            .collect();
        expect_wrapped(trial, &setting, &requests, &[(0, usize::MAX)])?;
    }
    Ok(())
}

/// The frame of the chapter, and what cannot be understood.
fn a_frame_prints_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&WRAP_BLOCK)?;
    trial.expect_recorded(&WRAP_REASONS)
}

// ---------------------------------------------------------------- step 3

/// A frame to be peeled, in parts.
#[derive(Clone)]
struct Frame {
    ethernet: Ethernet2Header,
    ip: Ipv4Header,
    /// UDP if it is `None`, and its message.
    tcp: Option<TcpHeader>,
    ports: (u16, u16),
    message: Vec<u8>,
    /// Behind the message and in the packet.
    surplus: Vec<u8>,
    /// Behind the packet.
    padding: Vec<u8>,
}

impl Frame {
    /// A frame that is right and has nothing special.
    fn any(trial: &mut Trial, len: usize) -> Frame {
        let Setting { from, to, ttl, id } = Setting::any(trial);
        let mut ip = Ipv4Header {
            source: trial.rng.u32(..).to_be_bytes(),
            destination: trial.rng.u32(..).to_be_bytes(),
            time_to_live: ttl,
            identification: id,
            dont_fragment: trial.rng.bool(),
            ..Ipv4Header::default()
        };
        ip.protocol = IpNumber::UDP;
        Frame {
            ethernet: Ethernet2Header {
                source: from,
                destination: to,
                ether_type: EtherType::IPV4,
            },
            ip,
            tcp: None,
            ports: (trial.rng.u16(..), trial.rng.u16(..)),
            message: octets(trial, len),
            surplus: Vec::new(),
            padding: Vec::new(),
        }
    }

    fn any_tcp(trial: &mut Trial, len: usize) -> Frame {
        let mut frame = Frame::any(trial, len);
        let mut tcp = TcpHeader::new(frame.ports.0, frame.ports.1, trial.rng.u32(..), 1024);
        tcp.acknowledgment_number = trial.rng.u32(..);
        (tcp.ack, tcp.psh) = (true, trial.rng.bool());
        frame.ip.protocol = IpNumber::TCP;
        frame.tcp = Some(tcp);
        frame
    }

    /// Either, with a message of up to `len_max` octets.
    fn any_of_both(trial: &mut Trial, len_max: usize) -> Frame {
        let len = trial.rng.usize(..=len_max);
        if trial.rng.bool() {
            Frame::any(trial, len)
        } else {
            Frame::any_tcp(trial, len)
        }
    }

    fn with_ip_options(mut self, trial: &mut Trial, words: usize) -> Frame {
        let options = octets(trial, words * 4);
        // At most ten words, which it takes.
        self.ip.options = options.as_slice().try_into().unwrap_or_default();
        self
    }

    fn with_tcp_options(mut self, trial: &mut Trial, words: usize) -> Frame {
        let options = octets(trial, words * 4);
        if let Some(tcp) = &mut self.tcp {
            let _ = tcp.set_options_raw(&options);
        }
        self
    }

    /// Filled up to 60 octets, with zeros or what was in the buffer before.
    fn padded(mut self, trial: &mut Trial) -> Frame {
        let len = 60_usize.saturating_sub(self.octets().len());
        self.padding = if trial.rng.bool() {
            vec![0; len]
        } else {
            octets(trial, len)
        };
        self
    }

    /// The octets, lengths and checksums right.
    fn octets(&self) -> Vec<u8> {
        let mut ip = self.ip.clone();
        let transport = match &self.tcp {
            Some(tcp) => {
                let mut tcp = tcp.clone();
                // Neither refuses what an IPv4 packet can hold.
                tcp.checksum = tcp.calc_checksum_ipv4(&ip, &self.message).unwrap_or(0);
                tcp.to_bytes().to_vec()
            }
            None => UdpHeader::with_ipv4_checksum(self.ports.0, self.ports.1, &ip, &self.message)
                .map(|udp| udp.to_bytes().to_vec())
                .unwrap_or_default(),
        };
        let _ = ip.set_payload_len(transport.len() + self.message.len() + self.surplus.len());
        ip.header_checksum = ip.calc_header_checksum();
        let mut octets = self.ethernet.to_bytes().to_vec();
        octets.extend(ip.to_bytes());
        octets.extend(transport);
        octets.extend(&self.message);
        octets.extend(&self.surplus);
        octets.extend(&self.padding);
        octets
    }
}

/// The sum with its carries added and its complement taken: 0 if the octets hold
/// their right checksum.
fn checksum(parts: &[&[u8]]) -> u16 {
    let sum = parts
        .iter()
        .fold(Sum16BitWords::new(), |sum, part| sum.add_slice(part));
    sum.ones_complement().to_be()
}

/// Sets the checksum in `octets`, at offset `at`, right, with `before` covered
/// too.
fn set_checksum(before: &[u8], octets: &mut [u8], at: usize) {
    let set = |octets: &mut [u8], value: [u8; 2]| {
        if let Some(field) = octets.get_mut(at..at + 2) {
            field.copy_from_slice(&value);
        }
    };
    set(octets, [0, 0]);
    let sum = checksum(&[before, octets]);
    set(octets, sum.to_be_bytes());
}

/// What is in a frame: the line that `peel` must print, or that it must refuse.
fn peeled(frame: &[u8]) -> Wanted {
    match peeled_line(frame) {
        Some(line) => Wanted::From(0, line),
        None => Wanted::Refused,
    }
}

fn peeled_line(frame: &[u8]) -> Option<String> {
    let (ethernet, packet) = Ethernet2Header::from_slice(frame).ok()?;
    if ethernet.ether_type != EtherType::IPV4 {
        return None;
    }
    let (ip, _) = Ipv4Header::from_slice(packet).ok()?;
    let header = packet.get(..ip.header_len())?;
    let payload = packet.get(ip.header_len()..usize::from(ip.total_len))?;
    if checksum(&[header]) != 0 || ip.is_fragmenting_payload() {
        return None;
    }
    let (name, from, to, message, end) = match ip.protocol {
        IpNumber::UDP => {
            let (udp, _) = UdpHeader::from_slice(payload).ok()?;
            let datagram = payload.get(..usize::from(udp.length))?;
            let message = datagram.get(8..)?;
            let pseudo = pseudo_header(frame, 17, udp.length);
            if udp.checksum != 0 && checksum(&[&pseudo, datagram]) != 0 {
                return None;
            }
            ("UDP", udp.source_port, udp.destination_port, message, 8)
        }
        IpNumber::TCP => {
            let (tcp, message) = TcpHeader::from_slice(payload).ok()?;
            let len = u16::try_from(payload.len()).ok()?;
            let pseudo = pseudo_header(frame, 6, len);
            if checksum(&[&pseudo, payload]) != 0 {
                return None;
            }
            (
                "TCP",
                tcp.source_port,
                tcp.destination_port,
                message,
                tcp.header_len(),
            )
        }
        _ => return None,
    };
    let mac = |octets: [u8; 6]| octets.map(|octet| format!("{octet:02x}")).join(":");
    Some(format!(
        "{} to {}  {}:{from} to {}:{to}  {name}  ttl {}  id {}  octets 14+{}+{end}+{}+{}  \"{}\"",
        mac(ethernet.source),
        mac(ethernet.destination),
        Ipv4Addr::from(ip.source),
        Ipv4Addr::from(ip.destination),
        ip.time_to_live,
        ip.identification,
        header.len(),
        message.len(),
        packet.len() - usize::from(ip.total_len),
        escaped(message),
    ))
}

/// A message as `peel` prints it, without its quotes.
fn escaped(message: &[u8]) -> String {
    let mut text = String::new();
    for octet in message {
        match octet {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*octet)),
            octet => text.push_str(&format!("\\x{octet:02x}")),
        }
    }
    text
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Asks `peel` about each frame.
fn expect_peeled(trial: &mut Trial, frames: &[Vec<u8>]) -> Verdict {
    let asked: Vec<Asked> = frames
        .iter()
        .map(|frame| (hex(frame), peeled(frame)))
        .collect();
    expect_answers(trial, &["peel"], "", &asked)
}

/// Frames with nothing special about them, of UDP and TCP: where one of these is
/// wrong, what a check is about is not to blame.
fn plain_frames(trial: &mut Trial) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for len in 18..50 {
        frames.push(Frame::any(trial, len).octets());
        frames.push(Frame::any_tcp(trial, len).octets());
    }
    frames
}

/// RFC 894, RFC 791 §3.1, RFC 768, RFC 9293 §3.1.
fn a_frame_is_peeled_to_its_message(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for _ in 0..100 {
        let len = trial.rng.usize(18..=1400);
        frames.push(Frame::any(trial, len).octets());
        frames.push(Frame::any_tcp(trial, len).octets());
    }
    expect_peeled(trial, &frames)
}

/// RFC 894: padding is no part of the IP packet, and not counted in its total
/// length. It need not be zeros, and there may be more than it takes.
fn padding_is_no_part_of_the_message(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for len in 0..18 {
        frames.push(Frame::any_tcp(trial, len.min(5)).padded(trial).octets());
        frames.push(Frame::any(trial, len).padded(trial).octets());
    }
    for _ in 0..20 {
        let mut frame = Frame::any_of_both(trial, 100);
        let len = trial.rng.usize(1..60);
        frame.padding = octets(trial, len);
        frames.push(frame.octets());
    }
    expect_peeled(trial, &frames)
}

/// RFC 791 §3.1: 5 to 15 words of 32 bits.
fn an_ipv4_header_is_as_long_as_it_says(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for words in (1..=10).chain(1..=10) {
        frames.push(Frame::any(trial, 30).with_ip_options(trial, words).octets());
        frames.push(
            Frame::any_tcp(trial, 31)
                .with_ip_options(trial, words)
                .octets(),
        );
    }
    expect_peeled(trial, &frames)
}

/// RFC 9293 §3.1: 5 to 15 words of 32 bits.
fn a_tcp_header_is_as_long_as_it_says(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for words in (1..=10).chain(1..=10) {
        frames.push(
            Frame::any_tcp(trial, 31)
                .with_tcp_options(trial, words)
                .octets(),
        );
        let both = Frame::any_tcp(trial, 40).with_ip_options(trial, 11 - words);
        frames.push(both.with_tcp_options(trial, words).octets());
    }
    expect_peeled(trial, &frames)
}

/// RFC 768: the length is that of header and data. RFC 9868: what is behind it
/// in the packet is no data.
fn a_udp_message_ends_where_its_length_says(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for len in 0..30 {
        let mut frame = Frame::any(trial, len + 18);
        frame.surplus = octets(trial, 30 - len);
        frames.push(frame.octets());
    }
    expect_peeled(trial, &frames)
}

/// RFC 768: a checksum of 0 says that the sender computed none.
fn a_datagram_without_a_checksum_passes(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for len in 18..40 {
        let mut frame = Frame::any(trial, len).octets();
        frame
            .iter_mut()
            .skip(40)
            .take(2)
            .for_each(|octet| *octet = 0);
        frames.push(frame);
    }
    expect_peeled(trial, &frames)
}

/// RFC 1122 §3.2.1.2 and §4.1.3.4, RFC 9293 §3.1: checksums are verified. One
/// bit turned: each of the headers, and some of the message; even and odd.
fn a_bit_that_turned_on_the_way_is_found_out(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for len in [30, 31] {
        for frame in [Frame::any(trial, len), Frame::any_tcp(trial, len)] {
            let frame = frame.with_ip_options(trial, len - 30).octets();
            // Behind the Ethernet header, which has no checksum in these octets.
            for bit in 14 * 8..frame.len() * 8 {
                let mut turned = frame.clone();
                if let Some(octet) = turned.get_mut(bit / 8) {
                    *octet ^= 0x80 >> (bit % 8);
                }
                frames.push(turned);
            }
        }
    }
    expect_peeled(trial, &frames)
}

/// RFC 791 §3.1: a packet has as many octets as it says. Frames cut after each
/// octet; only padding may be missing.
fn a_frame_cut_short_is_refused(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for frame in [
        Frame::any(trial, 3).padded(trial),
        Frame::any_tcp(trial, 3).with_tcp_options(trial, 3),
        Frame::any(trial, 20).with_ip_options(trial, 2),
    ] {
        let octets = frame.octets();
        frames.extend((0..octets.len()).filter_map(|len| Some(octets.get(..len)?.to_vec())));
    }
    expect_peeled(trial, &frames)
}

/// The frame with one octet or two changed behind its Ethernet header, and the
/// checksum of its IPv4 header right for as long as that header says it is.
fn changed(frame: &[u8], at: usize, to: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for (octet, value) in frame.iter_mut().skip(at).zip(to) {
        *octet = *value;
    }
    let header_len = frame.get(14).map_or(0, |first| usize::from(first & 15) * 4);
    if let Some(header) = frame.get_mut(14..14 + header_len) {
        set_checksum(&[], header, 10);
    }
    frame
}

/// The same, and the checksum of the transport right too, if it can be.
fn changed_within(frame: &[u8], at: usize, to: &[u8]) -> Vec<u8> {
    let mut frame = changed(frame, at, to);
    let protocol = frame.get(23).copied().unwrap_or(0);
    let len = match protocol {
        17 => usize::from(u16::from_be_bytes([
            frame.get(38).copied().unwrap_or(0),
            frame.get(39).copied().unwrap_or(0),
        ])),
        _ => frame.len() - 34,
    };
    let before = pseudo_header(&frame, protocol, len as u16);
    let place = if protocol == 17 { 6 } else { 16 };
    let end = (34 + len).min(frame.len());
    if let Some(payload) = frame.get_mut(34..end)
        && payload.len() > place + 1
    {
        set_checksum(&before, payload, place);
    }
    frame
}

/// RFC 791 §3.1, RFC 768, RFC 9293 §3.1: each length, at both sides of what can
/// be; the checksums fit.
fn a_length_that_cannot_be_is_refused(trial: &mut Trial) -> Verdict {
    let udp = Frame::any(trial, 40).octets();
    let tcp = Frame::any_tcp(trial, 40).octets();
    let mut frames = plain_frames(trial);
    // The length of the IPv4 header, in words.
    frames.extend((0..=15).map(|words| changed(&udp, 14, &[0x40 | words])));
    // The total length, below the header's and above what is there.
    let there = (udp.len() - 14) as u16;
    for total_len in [0, 1, 19, 20, 27, 28, there - 1, there, there + 1, u16::MAX] {
        frames.push(changed(&udp, 16, &total_len.to_be_bytes()));
    }
    // The length of the datagram.
    for len in [
        0,
        1,
        7,
        8,
        9,
        there - 21,
        there - 20,
        there - 19,
        there,
        u16::MAX,
    ] {
        frames.push(changed_within(&udp, 38, &len.to_be_bytes()));
    }
    // The length of the TCP header, in words.
    for words in 0..=15 {
        let octet = tcp.get(46).map_or(0, |octet| octet & 15 | words << 4);
        frames.push(changed_within(&tcp, 46, &[octet]));
    }
    // A header that the packet has no room for, behind padding that would give it.
    let mut short = Frame::any(trial, 0).octets();
    short.truncate(14 + 24);
    short.resize(60, 0);
    frames.push(changed(&short, 16, &[0, 24]));
    let mut short = Frame::any_tcp(trial, 0).octets();
    short.resize(80, 0);
    frames.push(changed(&short, 16, &[0, 39]));
    expect_peeled(trial, &frames)
}

/// RFC 894: other types are other protocols, and a number below 0x0600 is a
/// length. RFC 791 §3.1: other versions and protocols are others.
fn what_is_not_ipv4_with_udp_or_tcp_is_refused(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    let udp = Frame::any(trial, 40).octets();
    for ether_type in [
        0x0806_u16, 0x86dd, 0x8100, 0x8847, 0x88cc, 0x0801, 0x0008, 0x0000, 0x002e, 0x05dc, 0x9000,
    ] {
        let mut frame = udp.clone();
        for (octet, value) in frame.iter_mut().skip(12).zip(ether_type.to_be_bytes()) {
            *octet = value;
        }
        frames.push(frame);
    }
    for version in (0..16).filter(|version| *version != 4) {
        frames.push(changed(&udp, 14, &[version << 4 | 5]));
    }
    for protocol in [0, 1, 2, 4, 41, 47, 50, 58, 89, 132, 255] {
        frames.push(changed(&udp, 23, &[protocol]));
    }
    expect_peeled(trial, &frames)
}

/// RFC 791 §3.1: more fragments follow, or the offset is not 0. DF says nothing
/// of the kind.
fn a_fragment_is_refused_and_a_whole_packet_is_not(trial: &mut Trial) -> Verdict {
    let mut frames = plain_frames(trial);
    for (more, offset) in [
        (true, 0),
        (true, 1),
        (false, 1),
        (false, 185),
        (false, 0x1fff),
        (true, 0x1000),
    ] {
        let mut frame = Frame::any(trial, 40);
        frame.ip.more_fragments = more;
        // It is below 2^13.
        frame.ip.fragment_offset = IpFragOffset::try_new(offset).unwrap_or_default();
        frames.push(frame.octets());
    }
    expect_peeled(trial, &frames)
}

/// A frame for each thing that can be wrong.
fn a_refusal_says_what_is_wrong_and_where(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&PEEL_REASONS)
}

/// The program's own two halves: whatever is wrapped comes out again.
fn what_was_wrapped_is_peeled_to_the_same(trial: &mut Trial) -> Verdict {
    let setting = Setting::any(trial);
    let requests: Vec<Request> = (0..60)
        .map(|_| {
            let len_max = if trial.rng.bool() { 40 } else { 1472 };
            let len = trial.rng.usize(..=len_max);
            Request::of_len(trial, len)
        })
        .collect();
    let run = wrap(trial, &setting, &requests)?;
    let output = run.stdout_text();
    let asked: Vec<Asked> = requests
        .iter()
        .zip(output.lines())
        .map(|(request, line)| {
            let ends = format!("{} to {}", request.from, request.to);
            (line.to_owned(), Wanted::Column(1, ends))
        })
        .collect();
    expect_answers(trial, &["peel"], "", &asked)?;
    let frames: Vec<Vec<u8>> = requests
        .iter()
        .map(|request| request.frame(&setting))
        .collect();
    expect_peeled(trial, &frames)
}

/// ARP, a question and an answer of DNS, the first segment, the request and the
/// answer of HTTP, as they were on a wire.
fn a_recorded_web_request_is_peeled_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&PEEL_WEB)
}

// ---------------------------------------------------------------- step 4

/// An account, made by cutting: the packets of a message, as the octets behind
/// their IPv4 headers.
fn packets(len: u64, tcp: bool, mtu: u64) -> Vec<u64> {
    let room = mtu - 20;
    let mut packets = Vec::new();
    if tcp {
        let mut rest = len;
        while rest > 0 {
            let piece = rest.min(room - 20);
            packets.push(20 + piece);
            rest -= piece;
        }
    } else {
        let mut rest = 8 + len;
        while rest > room {
            let piece = room - room % 8;
            packets.push(piece);
            rest -= piece;
        }
        packets.push(rest);
    }
    packets
}

/// The line that `overhead` must print.
fn account(len: u64, tcp: bool, mtu: u64) -> String {
    let packets = packets(len, tcp, mtu);
    let frames = packets.len() as u64;
    let (name, transport) = if tcp {
        ("tcp", frames * 20)
    } else {
        ("udp", 8)
    };
    let padding: u64 = packets
        .iter()
        .map(|len| 46_u64.saturating_sub(20 + len))
        .sum();
    let total = len + transport + frames * (20 + 14 + 4 + 20) + padding;
    let share = len * 1000 / total.max(1);
    format!(
        "frames {frames}  message {len}  {name} {transport}  ipv4 {}  ethernet {}  padding {padding}  check {}  \
         line {}  total {total}  share {}.{} %",
        frames * 20,
        frames * 14,
        frames * 4,
        frames * 20,
        share / 10,
        share % 10
    )
}

/// Asks `overhead` about each length.
fn expect_accounts(
    trial: &mut Trial,
    tcp: bool,
    mtu: u64,
    lens: impl IntoIterator<Item = u64>,
) -> Verdict {
    let over = if tcp { "tcp" } else { "udp" };
    let asked: Vec<Asked> = lens
        .into_iter()
        .map(|len| (len.to_string(), Wanted::From(0, account(len, tcp, mtu))))
        .collect();
    let text = mtu.to_string();
    let with = format!(", over {over}, with an MTU of {mtu}");
    let args = ["overhead", "--over", over, "--mtu", &text];
    expect_answers(trial, &args, &with, &asked)
}

/// RFC 894; IEEE 802.3: 8 of UDP or 20 of TCP, 20 of IPv4, 14 and 4 of Ethernet,
/// 20 on the line.
fn a_message_in_one_frame_is_accounted_for(trial: &mut Trial) -> Verdict {
    expect_accounts(trial, false, 1500, [18, 100, 1000, 1471, 1472])?;
    expect_accounts(trial, true, 1500, [6, 100, 1000, 1459, 1460])
}

/// RFC 894: a packet of fewer than 46 octets is filled up; both sides of it.
fn only_a_frame_that_is_too_short_is_padded(trial: &mut Trial) -> Verdict {
    expect_accounts(trial, false, 1500, (1..=20).rev())?;
    expect_accounts(trial, true, 1500, (1..=8).rev())
}

/// RFC 9293 §3.7.1: a segment fills a packet; each has headers of its own.
fn over_tcp_each_segment_has_a_header(trial: &mut Trial) -> Verdict {
    let lens = [
        1461,
        2920,
        2921,
        14_600,
        14_601,
        1_000_000,
        1 << 32,
        (1 << 32) + 1,
    ];
    // The packets are cut one by one here, so the largest have larger packets.
    let (few, many) = lens.split_at(6);
    expect_accounts(trial, true, 1500, few.iter().copied())?;
    expect_accounts(trial, true, 65_535, many.iter().copied())
}

/// RFC 791 §3.2: what is cut is the datagram with its one header; each piece
/// has a packet of its own.
fn over_udp_the_fragments_share_one_header(trial: &mut Trial) -> Verdict {
    let lens = [
        2952, 2953, 2951, 3000, 10_000, 1473, 1479, 1480, 1481, 65_507,
    ];
    expect_accounts(trial, false, 1500, lens)
}

/// RFC 791 §3.2: offsets count units of 8 octets. Links whose packets have room
/// for other numbers, and messages around each end.
fn a_fragment_but_the_last_is_a_multiple_of_8_octets(trial: &mut Trial) -> Verdict {
    for mtu in [1006, 576, 1499, 1492, 68, 75, 296] {
        let (room, unit) = (mtu - 20, (mtu - 20) / 8 * 8);
        let ends = [room, room + unit, room + 5 * unit, unit, 2 * unit];
        let lens = ends.into_iter().flat_map(|end| (end - 10)..(end + 2));
        expect_accounts(trial, false, mtu, lens)?;
    }
    Ok(())
}

/// RFC 768: a datagram without data is a datagram. TCP sends what there is, and
/// of nothing, nothing.
fn an_empty_message_takes_one_datagram_and_no_segment(trial: &mut Trial) -> Verdict {
    expect_accounts(trial, false, 1500, [0])?;
    expect_accounts(trial, true, 1500, [0])
}

/// RFC 768 and RFC 791 §3.1: 65,535 octets in the packet, 20 and 8 of them
/// headers. TCP has no such limit.
fn a_datagram_carries_65507_octets_and_not_one_more(trial: &mut Trial) -> Verdict {
    let mut asked: Vec<Asked> = [65_506, 65_507]
        .map(|len| (len.to_string(), Wanted::From(0, account(len, false, 1500))))
        .to_vec();
    asked.extend(refused([
        "65508", "65515", "65527", "65535", "65536", "1000000",
    ]));
    expect_answers(trial, &["overhead"], ", over udp", &asked)?;
    expect_accounts(trial, true, 1500, [65_507, 65_508, 65_536])
}

/// Lengths and links at random, cut packet by packet.
fn any_message_on_any_link_is_accounted_for(trial: &mut Trial) -> Verdict {
    for _ in 0..8 {
        let mtu = if trial.rng.bool() {
            trial.rng.u64(68..1600)
        } else {
            trial.rng.u64(68..=65_535)
        };
        for tcp in [false, true] {
            let lens: Vec<u64> = (0..60)
                .map(|_| {
                    let len_max = trial.rng.choice([100, 3000, 65_507]).unwrap_or(0);
                    trial.rng.u64(..=len_max)
                })
                .collect();
            expect_accounts(trial, tcp, mtu, lens)?;
        }
    }
    Ok(())
}

/// Two messages, one octet apart, as a person reads them.
fn an_account_prints_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&OVERHEAD_BLOCK)
}
