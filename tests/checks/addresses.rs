//! What `addresses` is held to: reading, naming and counting with addresses.
//!
//! Most checks ask many things at once, a line of standard input each. Where a
//! line of the answer is wrong the program is asked for that line alone, so
//! that the report is about one thing.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

use crate::batch::{Asked, Wanted, difference, expect_answers, first_wrong, refused};
use crate::check;
use crate::check::{Check, LabChecks, Recording, Verdict};
use crate::trial::Trial;

mod mistakes;

/// The lab.
pub const LAB: LabChecks = LabChecks {
    lab: "addresses",
    checks: CHECKS,
    mistakes: mistakes::MISTAKES,
    recordings: &[
        PARSE_REASONS,
        CLASS_LIST,
        NET_REASONS,
        NET_ENDS,
        SPLIT_PLAN,
        V6_REASONS,
    ],
};

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check!(1, 3, the_octets_stand_in_the_order_written, "bits", "RFC 791 Appendix B"),
    check!(1, 2, a_part_is_a_number_from_0_to_255, "step-1", "RFC 3986 §3.2.2"),
    check!(1, 2, an_address_has_four_parts, "text", "RFC 6943 §3.1.1"),
    check!(1, 3, a_leading_zero_is_refused, "text", "RFC 6943 §3.1.1"),
    check!(1, 2, only_digits_make_a_part, "text", "RFC 3986 §3.2.2"),
    check!(1, 2, an_address_with_a_character_changed_is_read_as_strictly, "text", "RFC 6943 §3.1.1"),
    check!(1, 1, a_refusal_says_what_is_wrong_with_the_text, "step-1", "RFC 6943 §3.1.1"),
    check!(2, 2, the_class_is_told_by_the_first_bits, "classes", "RFC 791 §3.2"),
    check!(2, 3, a_private_range_is_as_long_as_its_prefix, "ranges", "RFC 1918 §3"),
    check!(2, 2, both_ends_of_a_range_belong_to_it, "ranges", "RFC 6890 §2.2.2"),
    check!(2, 2, the_addresses_beside_a_range_do_not_belong_to_it, "ranges", "RFC 6890 §2.2.2"),
    check!(2, 2, of_two_ranges_the_smaller_is_named, "step-2", "RFC 6890 §2.2.2"),
    check!(2, 1, any_address_has_its_class_and_its_range, "step-2", "RFC 6890 §2.2.2"),
    check!(2, 1, the_list_of_the_chapter_is_named_as_recorded, "ranges", "RFC 6890 §2.2.2"),
    check!(3, 3, every_length_from_0_to_32_has_its_mask, "masks", "RFC 4632 §3.1"),
    check!(3, 2, the_network_is_the_prefix_then_zeros, "masks", "RFC 4632 §3.1"),
    check!(3, 2, the_broadcast_address_is_the_prefix_then_ones, "masks", "RFC 1122 §3.2.1.3"),
    check!(3, 2, the_hosts_lie_between_network_and_broadcast, "masks", "RFC 1122 §3.2.1.3"),
    check!(3, 3, a_slash_31_has_two_hosts_a_slash_32_one_and_neither_a_broadcast, "masks", "RFC 3021 §2.1"),
    check!(3, 3, a_mask_stands_for_a_length_and_one_with_a_gap_for_none, "masks", "RFC 4632 §5.1"),
    check!(3, 3, the_length_is_written_and_is_0_to_32, "step-3", "RFC 4632 §3.1"),
    check!(3, 1, the_ends_of_ipv4_print_as_recorded, "step-3", "RFC 4632 §3.1"),
    check!(4, 2, a_block_is_the_smallest_with_room_for_the_hosts, "step-4", "RFC 3021 §2.1"),
    check!(4, 3, the_greatest_wish_is_laid_out_first, "step-4", "RFC 4632 §3.1"),
    check!(4, 2, what_does_not_fit_is_refused_and_what_just_fits_is_not, "step-4", "RFC 4632 §3.1"),
    check!(4, 1, a_plan_prints_as_recorded, "step-4", "RFC 4632 §3.1"),
    check!(4, 2, two_halves_become_one_network_again_and_again, "step-4", "RFC 4632 §4"),
    check!(4, 2, neighbours_that_are_no_halves_stay_apart, "step-4", "RFC 4632 §3.1"),
    check!(4, 2, a_network_inside_another_is_dropped, "step-4", "RFC 4632 §4"),
    check!(4, 2, any_list_becomes_the_shortest_with_the_same_addresses, "step-4", "RFC 4632 §4"),
    check!(5, 4, the_longest_match_wins_wherever_it_stands, "gateways", "RFC 1812 §5.2.4.3"),
    check!(5, 2, the_default_route_matches_what_nothing_else_does, "gateways", "RFC 4632 §5.1"),
    check!(5, 2, without_a_match_there_is_no_route, "step-5", "RFC 1812 §5.2.4.3"),
    check!(5, 2, of_33_nested_networks_the_longest_that_holds_is_taken, "step-5", "RFC 1812 §5.2.4.3"),
    check!(5, 2, any_table_is_searched_for_the_longest_match, "step-5", "RFC 1812 §5.2.4.3"),
    check!(6, 2, eight_groups_are_read_in_either_case, "ipv6", "RFC 4291 §2.2"),
    check!(6, 3, a_double_colon_stands_for_one_zero_group_or_more, "ipv6", "RFC 4291 §2.2"),
    check!(6, 2, a_text_that_is_no_ipv6_address_is_refused, "step-6", "RFC 4291 §2.2"),
    check!(6, 2, an_ipv4_address_can_be_the_end_and_nothing_else, "ipv6", "RFC 4291 §2.2"),
    check!(6, 2, groups_are_written_in_lower_case_without_leading_zeros, "ipv6", "RFC 5952 §4.3"),
    check!(6, 2, a_single_zero_group_is_written_out, "ipv6", "RFC 5952 §4.2.2"),
    check!(6, 3, the_first_of_the_longest_runs_of_zero_groups_is_shortened, "ipv6", "RFC 5952 §4.2.3"),
    check!(6, 2, only_mapped_addresses_end_in_dotted_decimal, "ipv6", "RFC 5952 §5"),
];

const PARSE_REASONS: Recording = Recording {
    name: "parse_reasons",
    args: &["parse"],
    input: b"192.0.2.010\n192.0.2.0x1\n192.0.2.+1\n192.0.2.256\n192.0.2.0256\n192.0..1\n192.0.2.1.\n192.0.2\n\n01.256.x.\n",
};

const CLASS_LIST: Recording = Recording {
    name: "class_list",
    args: &["class"],
    input: b"0.0.0.0\n8.8.8.8\n10.0.0.1\n100.64.0.1\n127.0.0.1\n128.0.0.1\n169.254.1.1\n172.16.0.1\n172.32.0.1\n\
             192.0.0.1\n192.0.2.1\n192.168.0.1\n198.18.0.1\n198.51.100.1\n203.0.113.1\n223.255.255.255\n224.0.0.1\n\
             240.0.0.1\n255.255.255.255\n",
};

const NET_REASONS: Recording = Recording {
    name: "net_reasons",
    args: &["net"],
    input: b"10.0.0.1\n10.0.0/33\n10.0.0.1/33\n10.0.0.1/08\n10.0.0.1/\n10.0.0.1/8/8\n10.0.0.1/255.255.256.0\n\
             10.0.0.1/255.255.0\n10.0.0.1/255.0.255.0\n",
};

const NET_ENDS: Recording = Recording {
    name: "net_ends",
    args: &[
        "net",
        "192.168.1.77/0",
        "192.168.1.77/30",
        "192.168.1.77/31",
        "192.168.1.77/32",
    ],
    input: b"",
};

const SPLIT_PLAN: Recording = Recording {
    name: "split_plan",
    args: &["split", "192.168.1.0/24", "100", "20", "1", "50", "2"],
    input: b"",
};

const V6_REASONS: Recording = Recording {
    name: "v6_reasons",
    args: &["v6"],
    input: b"1:2:3:4:5:6:7\n1:2:3:4:5:6:7:8:9\n1::2::3\n1:2:3:4::5:6:7:8\n:1::2\n1:::2\n12345::\n::g\n::192.0.2.1:5\n\
             ::192.0.2.010\nfe80::1%eth0\n[::1]\n2001:db8::/32\n\n",
};

// What is asked, and from where the answers are known: the standard library,
// `ipnet`, and arithmetic.

fn any_v4(trial: &mut Trial) -> Ipv4Addr {
    Ipv4Addr::from_bits(trial.rng.u32(..))
}

fn v4(bits: u64) -> Ipv4Addr {
    Ipv4Addr::from_bits(bits as u32)
}

/// A network of length `len`; its host bits, if any, are cut off.
fn net(bits: u32, len: u8) -> Ipv4Net {
    Ipv4Net::new(Ipv4Addr::from_bits(bits), len)
        .unwrap_or_default()
        .trunc()
}

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

/// The networks of a text, with blanks between.
fn nets(text: &str) -> Vec<Ipv4Net> {
    words(text).filter_map(|word| word.parse().ok()).collect()
}

/// How many addresses a prefix of this length has.
fn size(len: u8) -> u64 {
    1 << (32 - u32::from(len.min(32)))
}

/// How many hosts a network has room for: RFC 1122 §3.2.1.3, RFC 3021 §2.1.
fn room(len: u8) -> u64 {
    if len >= 31 { size(len) } else { size(len) - 2 }
}

fn parsed(address: Ipv4Addr) -> Asked {
    let octets = address.octets();
    let hex = octets.map(|octet| format!("{octet:02x}")).join(" ");
    let bits = octets.map(|octet| format!("{octet:08b}")).join(".");
    (
        address.to_string(),
        Wanted::From(0, format!("{address}  {hex}  {bits}")),
    )
}

/// RFC 791 Appendix B: the octet that is written first is the most significant
/// one, and is sent first.
fn the_octets_stand_in_the_order_written(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        parsed(Ipv4Addr::new(192, 0, 2, 1)),
        parsed(Ipv4Addr::new(198, 51, 100, 7)),
    ];
    asked.extend((0..300).map(|_| parsed(any_v4(trial))));
    expect_answers(trial, &["parse"], "", &asked)
}

/// RFC 3986 §3.2.2: `dec-octet` ends at 255; both sides of it, in each of the
/// four places.
fn a_part_is_a_number_from_0_to_255(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    for place in 0..4 {
        for value in 0..=255 {
            let mut octets = [192, 0, 2, 1];
            octets
                .get_mut(place)
                .into_iter()
                .for_each(|octet| *octet = value);
            asked.push(parsed(octets.into()));
        }
        let above = words("256 257 300 999 1000 65536 4294967296 18446744073709551617");
        for value in above {
            let mut parts = ["192", "0", "2", "1"];
            parts
                .get_mut(place)
                .into_iter()
                .for_each(|part| *part = value);
            asked.push((parts.join("."), Wanted::Refused));
        }
    }
    expect_answers(trial, &["parse"], "", &asked)
}

/// RFC 6943 §3.1.1: the loose form has one to four parts, the strict form four.
fn an_address_has_four_parts(trial: &mut Trial) -> Verdict {
    let texts = words(
        "10.1 192.0.2 10 3221225985 . ... 192.0.2. .192.0.2 192..0.2 192.0.2.1. \
         .192.0.2.1 192.0.2.1.5 192.0..2.1 1.2.3.4.5.6.7.8",
    )
    .chain([""]);
    expect_answers(trial, &["parse"], "", &refused(texts))
}

/// RFC 6943 §3.1.1: for some readers a leading zero makes a number octal, and
/// for others it does not; RFC 3986 §3.2.2 has none in a `dec-octet`.
fn a_leading_zero_is_refused(trial: &mut Trial) -> Verdict {
    let mut asked = vec![parsed(Ipv4Addr::new(0, 10, 100, 0))];
    for part in ["010", "017", "08", "099", "0377", "001", "00", "000"] {
        for place in 0..4 {
            let mut parts = ["192", "0", "2", "1"];
            parts.get_mut(place).into_iter().for_each(|own| *own = part);
            asked.push((parts.join("."), Wanted::Refused));
        }
    }
    expect_answers(trial, &["parse"], "", &asked)
}

/// RFC 3986 §3.2.2: a `dec-octet` is made of the digits 0 to 9, and of nothing
/// else that a reader of numbers might take.
fn only_digits_make_a_part(trial: &mut Trial) -> Verdict {
    let texts = words(
        "192.0.2.+1 +192.0.2.1 192.-0.2.1 192.0.2.-1 192.0.2.0x1 0xC0.0.2.1 192.0.2.a \
         192.0.2.1e0 192.0.2.1_0 192.0.2.1/24 192.0.2.1:80 192,0,2,1 192.0.2.١ 192.0.2.１ \
         192．0．2．1 localhost",
    )
    .chain([" 192.0.2.1", "192.0.2.1 ", "192. 0.2.1", "192.0.2.1\t"]);
    expect_answers(trial, &["parse"], "", &refused(texts))
}

/// RFC 6943 §3.1.1: one character more, fewer or other, and the strict form is
/// either another address or none. The oracle is the standard library.
fn an_address_with_a_character_changed_is_read_as_strictly(trial: &mut Trial) -> Verdict {
    const OTHERS: &[u8] = b"0123456789.+-x :/";
    let mut asked = Vec::new();
    for _ in 0..600 {
        let mut text = any_v4(trial).to_string().into_bytes();
        let at = trial.rng.usize(..text.len());
        let other = OTHERS
            .get(trial.rng.usize(..OTHERS.len()))
            .copied()
            .unwrap_or(b'.');
        match trial.rng.u8(..3) {
            0 => text.insert(at, other),
            1 => text.get_mut(at).into_iter().for_each(|own| *own = other),
            _ => drop(text.remove(at)),
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        asked.push(match text.parse::<Ipv4Addr>() {
            Ok(address) => parsed(address),
            Err(_) => (text, Wanted::Refused),
        });
    }
    expect_answers(trial, &["parse"], "", &asked)
}

/// The stub's contract: the number of parts first, then the first part from
/// the left that is refused.
fn a_refusal_says_what_is_wrong_with_the_text(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&PARSE_REASONS)
}

/// The ranges of RFC 6890 §2.2.2 that cannot be reached from everywhere, and
/// multicast (RFC 5771).
const RANGES: [(&str, &str, &str); 15] = [
    ("0.0.0.0/8", "this network", "RFC 791"),
    ("10.0.0.0/8", "private", "RFC 1918"),
    ("100.64.0.0/10", "shared", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122"),
    ("169.254.0.0/16", "link-local", "RFC 3927"),
    ("172.16.0.0/12", "private", "RFC 1918"),
    ("192.0.0.0/24", "protocol assignments", "RFC 6890"),
    ("192.0.2.0/24", "documentation", "RFC 5737"),
    ("192.168.0.0/16", "private", "RFC 1918"),
    ("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ("198.51.100.0/24", "documentation", "RFC 5737"),
    ("203.0.113.0/24", "documentation", "RFC 5737"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
    ("240.0.0.0/4", "reserved", "RFC 1112"),
    ("255.255.255.255/32", "limited broadcast", "RFC 919"),
];

fn ranges() -> Vec<Ipv4Net> {
    nets(&RANGES.map(|(prefix, _, _)| prefix).join(" "))
}

/// The class by the first octet: RFC 791 §3.2, RFC 1112 §4.
fn class(address: Ipv4Addr) -> &'static str {
    match address.octets() {
        [0..128, ..] => "class A",
        [128..192, ..] => "class B",
        [192..224, ..] => "class C",
        [224..240, ..] => "class D",
        [240..=255, ..] => "class E",
    }
}

/// What stands behind the class: the smallest range, or `public`.
fn range(address: Ipv4Addr) -> String {
    let holds = |prefix: &str| {
        prefix
            .parse::<Ipv4Net>()
            .ok()
            .filter(|net| net.contains(&address))
    };
    let found = RANGES
        .iter()
        .filter_map(|row| Some((holds(row.0)?.prefix_len(), row)));
    match found.max_by_key(|(len, _)| *len) {
        Some((_, (prefix, name, rfc))) => format!("{name}  {prefix}  {rfc}"),
        None => "public".to_owned(),
    }
}

fn ranged(address: Ipv4Addr) -> Asked {
    (address.to_string(), Wanted::From(2, range(address)))
}

/// RFC 791 §3.2 and RFC 1112 §4: the class is in the first one to four bits,
/// and so in the first octet, whatever follows.
fn the_class_is_told_by_the_first_bits(trial: &mut Trial) -> Verdict {
    let ends = (0..=255).flat_map(|first| [[first, 0, 0, 0], [first, 255, 255, 255]]);
    let asked: Vec<Asked> = ends
        .map(Ipv4Addr::from)
        .map(|address| {
            (
                address.to_string(),
                Wanted::Column(1, class(address).to_owned()),
            )
        })
        .collect();
    expect_answers(trial, &["class"], "", &asked)
}

/// RFC 1918 §3: the private ranges are three prefixes of 8, 12 and 16 bits;
/// 172.16.0.0/12 goes on to 172.31.255.255.
fn a_private_range_is_as_long_as_its_prefix(trial: &mut Trial) -> Verdict {
    let seconds =
        (0..=255).flat_map(|second| [[10, second, 0, 1], [172, second, 0, 1], [192, second, 0, 1]]);
    let asked: Vec<Asked> = seconds.map(|octets| ranged(octets.into())).collect();
    expect_answers(trial, &["class"], "", &asked)
}

/// RFC 6890 §2.2.2: a range is a prefix, and holds its first address and its
/// last one.
fn both_ends_of_a_range_belong_to_it(trial: &mut Trial) -> Verdict {
    let ranges = ranges();
    let first = ranges.iter().map(Ipv4Net::network);
    let before_last = ranges
        .iter()
        .map(|range| v4(u64::from(range.broadcast().to_bits()).saturating_sub(1)));
    let last = ranges.iter().map(Ipv4Net::broadcast);
    let asked: Vec<Asked> = first.chain(before_last).chain(last).map(ranged).collect();
    expect_answers(trial, &["class"], "", &asked)
}

/// RFC 6890 §2.2.2: the address before the first of a range, and the one after
/// its last, are not in it.
fn the_addresses_beside_a_range_do_not_belong_to_it(trial: &mut Trial) -> Verdict {
    let beside = ranges().into_iter().flat_map(|range| {
        [
            range.network().to_bits().checked_sub(1),
            range.broadcast().to_bits().checked_add(1),
        ]
    });
    let asked: Vec<Asked> = beside
        .flatten()
        .map(|bits| ranged(Ipv4Addr::from_bits(bits)))
        .collect();
    expect_answers(trial, &["class"], "", &asked)
}

/// 255.255.255.255 (RFC 919 §7) lies in 240.0.0.0/4 (RFC 1112 §4), and the
/// range of one address says more about it.
fn of_two_ranges_the_smaller_is_named(trial: &mut Trial) -> Verdict {
    let addresses = [[255, 255, 255, 255], [255, 255, 255, 254], [240, 0, 0, 0]];
    expect_answers(
        trial,
        &["class"],
        "",
        &addresses.map(|octets| ranged(octets.into())),
    )
}

/// RFC 6890 §2.2.2: what lies in no range is public.
fn any_address_has_its_class_and_its_range(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    let ranges = ranges();
    for index in 0..400 {
        // As often in a range or close behind it as anywhere.
        let close = ranges
            .get(index / 2 % ranges.len())
            .copied()
            .unwrap_or_default();
        let near = size(close.prefix_len()) * 2;
        let address = match index % 2 {
            0 => any_v4(trial),
            _ => v4(u64::from(close.network().to_bits()) + trial.rng.u64(..near)),
        };
        asked.push((
            address.to_string(),
            Wanted::From(1, format!("{}  {}", class(address), range(address))),
        ));
    }
    expect_answers(trial, &["class"], "", &asked)
}

/// The chapter's table of ranges, an address of each.
fn the_list_of_the_chapter_is_named_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&CLASS_LIST)
}

/// For each length from `from` to `to`: addresses around the ends of its
/// networks, and random ones.
fn with_lengths(trial: &mut Trial, from: u8, to: u8) -> Vec<Ipv4Net> {
    let fixed = ["192.168.1.77", "0.0.0.0", "255.255.255.255"].map(str::parse::<Ipv4Addr>);
    let mut prefixes = Vec::new();
    for len in from..=to {
        let addresses: Vec<Ipv4Addr> = fixed
            .iter()
            .flatten()
            .copied()
            .chain((0..4).map(|_| any_v4(trial)))
            .collect();
        prefixes.extend(
            addresses
                .into_iter()
                .filter_map(|address| Ipv4Net::new(address, len).ok()),
        );
    }
    prefixes
}

/// Asks `net` about each prefix; `wanted` gives the columns that must come.
fn expect_nets(trial: &mut Trial, prefixes: &[Ipv4Net], wanted: fn(&Ipv4Net) -> Wanted) -> Verdict {
    let asked: Vec<Asked> = prefixes
        .iter()
        .map(|prefix| (prefix.to_string(), wanted(prefix)))
        .collect();
    expect_answers(trial, &["net"], "", &asked)
}

/// The whole line that `net` prints of a prefix.
fn net_line(prefix: &Ipv4Net) -> String {
    let (network, last) = (prefix.network(), prefix.broadcast());
    let hosts = match prefix.prefix_len() {
        len @ 0..31 => {
            let (first, last_host) = (
                v4(u64::from(network.to_bits()) + 1),
                v4(u64::from(last.to_bits()) - 1),
            );
            format!(
                "broadcast {last}  first {first}  last {last_host}  hosts {}",
                size(len) - 2
            )
        }
        len => format!(
            "broadcast none  first {network}  last {last}  hosts {}",
            size(len)
        ),
    };
    format!(
        "{prefix}  network {network}  {hosts}  mask {}  wildcard {}",
        prefix.netmask(),
        prefix.hostmask()
    )
}

/// RFC 4632 §3.1: the prefix length counts the ones of the mask; at /0 there is
/// none, at /32 there are only ones.
fn every_length_from_0_to_32_has_its_mask(trial: &mut Trial) -> Verdict {
    let address = Ipv4Addr::new(192, 168, 1, 77);
    let prefixes: Vec<Ipv4Net> = (0..=32)
        .filter_map(|len| Ipv4Net::new(address, len).ok())
        .collect();
    expect_nets(trial, &prefixes, |prefix| {
        Wanted::Column(6, format!("mask {}", prefix.netmask()))
    })
}

/// RFC 4632 §3.1: the bits of the prefix stay, those behind it are zero.
fn the_network_is_the_prefix_then_zeros(trial: &mut Trial) -> Verdict {
    let prefixes = with_lengths(trial, 0, 32);
    expect_nets(trial, &prefixes, |prefix| {
        Wanted::Column(1, format!("network {}", prefix.network()))
    })
}

/// RFC 1122 §3.2.1.3 (d) and (e): the directed broadcast address is the prefix
/// and then ones.
fn the_broadcast_address_is_the_prefix_then_ones(trial: &mut Trial) -> Verdict {
    let prefixes = with_lengths(trial, 0, 30);
    expect_nets(trial, &prefixes, |prefix| {
        Wanted::Column(2, format!("broadcast {}", prefix.broadcast()))
    })
}

/// RFC 1122 §3.2.1.3: no host has a number of all zeros or of all ones.
fn the_hosts_lie_between_network_and_broadcast(trial: &mut Trial) -> Verdict {
    let prefixes = with_lengths(trial, 0, 30);
    expect_nets(trial, &prefixes, |prefix| Wanted::From(0, net_line(prefix)))
}

/// RFC 3021 §2.1: both addresses of a /31 are hosts'. A /32 is one address.
fn a_slash_31_has_two_hosts_a_slash_32_one_and_neither_a_broadcast(trial: &mut Trial) -> Verdict {
    let prefixes = with_lengths(trial, 31, 32);
    expect_nets(trial, &prefixes, |prefix| Wanted::From(0, net_line(prefix)))
}

/// RFC 4632 §5.1: a mask is ones from the left, then zeros: 33 of them. With
/// one bit turned it has a gap, or is another of the 33.
fn a_mask_stands_for_a_length_and_one_with_a_gap_for_none(trial: &mut Trial) -> Verdict {
    let masks: Vec<Ipv4Addr> = (0..=32).map(|len| net(0, len).netmask()).collect();
    let address = any_v4(trial);
    let mut asked: Vec<Asked> = Vec::new();
    for (len, mask) in (0..).zip(&masks) {
        let line = Ipv4Net::new(address, len)
            .map(|prefix| net_line(&prefix))
            .unwrap_or_default();
        asked.push((format!("{address}/{mask}"), Wanted::From(0, line)));
    }
    let mut gaps: Vec<u32> = vec![
        0xff00_ff00,
        0xffff_00ff,
        0x0000_00ff,
        0x0fff_ffff,
        0x7fff_ffff,
        1,
    ];
    gaps.extend(
        masks
            .iter()
            .map(|mask| mask.to_bits() ^ (1 << trial.rng.u32(..32))),
    );
    gaps.extend((0..100).map(|_| trial.rng.u32(..)));
    let gaps = gaps
        .into_iter()
        .map(Ipv4Addr::from_bits)
        .filter(|mask| !masks.contains(mask));
    asked.extend(refused(gaps.map(|mask| format!("10.0.0.1/{mask}"))));
    expect_answers(trial, &["net"], "", &asked)
}

/// RFC 4632 §3.1: the length is written, and is decimal. Since CIDR, no class
/// fills it in.
fn the_length_is_written_and_is_0_to_32(trial: &mut Trial) -> Verdict {
    let mut asked = refused(["192.168.1.77", "172.16.0.1", "10.0.0.1", "0.0.0.0", ""]);
    // As long as no class of the same address.
    for text in
        words("192.168.1.77/26 192.0.2.1/16 172.16.0.1/12 10.1.2.3/16 10.0.0.1/0 10.0.0.1/32")
    {
        let line = text
            .parse()
            .map(|prefix| net_line(&prefix))
            .unwrap_or_default();
        asked.push((text.to_owned(), Wanted::From(0, line)));
    }
    asked.extend(refused(
        words(
            "10.0.0.1/33 10.0.0.1/64 10.0.0.1/255 10.0.0.1/256 10.0.0.1/288 \
         10.0.0.1/4294967304 10.0.0.1/ 10.0.0.1/+8 10.0.0.1/-1 10.0.0.1/08 10.0.0.1/00 \
         10.0.0.1/8/8 10.0.0.1//8 /8 10.0.0/8 10.0.0.1/255.0.0 10.0.0.1/255.0.0.256 \
         10.0.0.1/0x8",
        )
        .chain(["10.0.0.1/ 8", "10.0.0.1/8 ", "10.0.0.1 /8"]),
    ));
    expect_answers(trial, &["net"], "", &asked)?;
    trial.expect_recorded(&NET_REASONS)
}

/// /0, /30, /31 and /32 as a person reads them.
fn the_ends_of_ipv4_print_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&NET_ENDS)
}

/// What `split` must answer: the blocks by a plan of the check's own, what is
/// left by `ipnet`.
fn split(network: Ipv4Net, wishes: &[u64]) -> Asked {
    let words: Vec<String> = wishes.iter().map(u64::to_string).collect();
    let text = format!("{network} {}", words.join(" "));
    let Some((blocks, next)) = layout(network, &greatest_first(wishes), wishes) else {
        return (text, Wanted::Refused);
    };
    let blocks: String = words
        .iter()
        .zip(&blocks)
        .map(|(word, block)| format!("  {word} {block}"))
        .collect();
    let free = free(network, next);
    let free: Vec<String> = free.iter().map(Ipv4Net::to_string).collect();
    let free = if free.is_empty() {
        "none".to_owned()
    } else {
        free.join(" ")
    };
    (
        text,
        Wanted::From(0, format!("{network}{blocks}  free {free}")),
    )
}

/// The places of the wishes from the greatest to the smallest.
fn greatest_first(wishes: &[u64]) -> Vec<usize> {
    let mut order: Vec<(u64, usize)> = wishes.iter().copied().zip(0..).collect();
    order.sort_by_key(|(wish, place)| (u64::MAX - wish, *place));
    order.into_iter().map(|(_, place)| place).collect()
}

/// A block for each wish, laid out in this order, each at the next multiple of
/// its size, and where they end. `None` if they do not fit.
fn layout(network: Ipv4Net, order: &[usize], wishes: &[u64]) -> Option<(Vec<Ipv4Net>, u64)> {
    let start = u64::from(network.network().to_bits());
    let mut next = start;
    let mut blocks = vec![Ipv4Net::default(); wishes.len()];
    for &place in order {
        let len = (0..=32)
            .rev()
            .find(|&len| room(len) >= wishes.get(place).copied().unwrap_or(u64::MAX))?;
        next = next.next_multiple_of(size(len));
        if next + size(len) > start + size(network.prefix_len()) {
            return None;
        }
        *blocks.get_mut(place)? = Ipv4Net::new(v4(next), len).ok()?;
        next += size(len);
    }
    Some((blocks, next))
}

/// What a network holds from `next` on, as few networks as can be: the halves
/// that lie behind it, as long as one is cut in two.
fn free(network: Ipv4Net, next: u64) -> Vec<Ipv4Net> {
    let (first, last) = (
        u64::from(network.network().to_bits()),
        u64::from(network.broadcast().to_bits()),
    );
    if next <= first {
        return vec![network];
    }
    if next > last {
        return Vec::new();
    }
    let halves = network.subnets(network.prefix_len() + 1);
    halves
        .into_iter()
        .flatten()
        .flat_map(|half| free(half, next))
        .collect()
}

/// RFC 1122 §3.2.1.3 and RFC 3021 §2.1: a /29 has room for six hosts, a /30 and
/// a /31 for two, a /32 for one; both sides of each bound.
fn a_block_is_the_smallest_with_room_for_the_hosts(trial: &mut Trial) -> Verdict {
    let around = (0..=30).rev().flat_map(|len| [room(len), room(len) + 1]);
    let mut wishes: Vec<u64> = around
        .chain([1, 2, 3])
        .filter(|wish| *wish <= room(0))
        .collect();
    wishes.sort_unstable();
    wishes.dedup();
    let asked: Vec<Asked> = wishes
        .into_iter()
        .map(|wish| split(net(0, 0), &[wish]))
        .collect();
    expect_answers(trial, &["split"], "", &asked)
}

/// RFC 4632 §3.1: a block starts at a multiple of its own size. From the
/// greatest to the smallest none has to skip anything, and equal ones stay in
/// their order.
fn the_greatest_wish_is_laid_out_first(trial: &mut Trial) -> Verdict {
    let network = net(0xc0a8_0100, 24);
    let mut asked = vec![
        split(network, &[100, 20, 50]),
        split(network, &[20, 100]),
        split(network, &[1, 2, 3, 20, 50]),
    ];
    asked.push(split(network, &[50, 20, 50, 20, 1, 1]));
    for _ in 0..200 {
        let len = trial.rng.u8(..=28);
        let network = net(trial.rng.u32(..), len);
        let greatest = room(len) / 4;
        let wishes: Vec<u64> = (0..trial.rng.usize(1..9))
            .map(|_| trial.rng.u64(1..=greatest) >> trial.rng.u8(..6))
            .map(|wish| wish.max(1))
            .collect();
        asked.push(split(network, &wishes));
    }
    expect_answers(trial, &["split"], "", &asked)
}

/// RFC 4632 §3.1: a network of 2^n addresses has room for blocks of 2^n
/// addresses in all, and for none more.
fn what_does_not_fit_is_refused_and_what_just_fits_is_not(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    for (text, wishes) in [
        ("192.168.1.0/24", &[100, 100][..]),
        ("192.168.1.0/24", &[100, 100, 2]),
        ("192.168.1.0/24", &[254]),
        ("192.168.1.0/24", &[255]),
        ("192.168.1.0/31", &[1, 1]),
        ("192.168.1.0/31", &[1, 1, 1]),
        ("192.168.1.7/32", &[1]),
        ("192.168.1.7/32", &[2]),
        ("255.255.255.0/24", &[126, 126]),
        ("255.255.255.0/24", &[126, 126, 1]),
        ("0.0.0.0/0", &[4_294_967_294]),
        ("0.0.0.0/0", &[4_294_967_295]),
        ("0.0.0.0/0", &[2_147_483_646, 2_147_483_646]),
        ("0.0.0.0/0", &[18_446_744_073_709_551_615]),
    ] {
        asked.extend(nets(text).into_iter().map(|network| split(network, wishes)));
    }
    expect_answers(trial, &["split"], "", &asked)
}

/// The figure's plan, with a /31 and a /32 behind it.
fn a_plan_prints_as_recorded(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&SPLIT_PLAN)
}

/// Fails unless the program makes of `networks` what `ipnet` makes of them. If
/// it fails, the report is about as few of them as show it.
fn expect_aggregate(trial: &mut Trial, networks: &[Ipv4Net]) -> Verdict {
    let Err(mut failure) = try_aggregate(trial, networks) else {
        return Ok(());
    };
    let mut least = networks.to_vec();
    let mut at = 0;
    for _ in 0..200 {
        let mut fewer = least.clone();
        if at >= fewer.len() {
            break;
        }
        fewer.remove(at);
        match try_aggregate(trial, &fewer) {
            Err(smaller) => (least, failure) = (fewer, smaller),
            Ok(()) => at += 1,
        }
    }
    // Once more, so that the report's conversation is the one of the failure.
    try_aggregate(trial, &least).and(Err(failure))
}

fn try_aggregate(trial: &mut Trial, networks: &[Ipv4Net]) -> Verdict {
    let lines = |networks: &[Ipv4Net]| {
        networks
            .iter()
            .map(|network| format!("{network}\n"))
            .collect::<String>()
    };
    let run = trial.run(&["aggregate"], lines(networks).as_bytes())?;
    let shown: Vec<String> = networks.iter().take(8).map(Ipv4Net::to_string).collect();
    let more = if networks.len() > 8 {
        format!(" and {} more", networks.len() - 8)
    } else {
        String::new()
    };
    let what = if shown.is_empty() {
        "an empty list".to_owned()
    } else {
        format!("the list {}{more}", shown.join(" "))
    };
    run.expect(
        &what,
        lines(&Ipv4Net::aggregate(&networks.to_vec())).as_bytes(),
    )
}

/// RFC 4632 §4: two halves of a network say no more than the network, and the
/// network may be a half again.
fn two_halves_become_one_network_again_and_again(trial: &mut Trial) -> Verdict {
    expect_aggregate(trial, &nets("10.0.0.0/25 10.0.0.128/25"))?;
    expect_aggregate(trial, &nets("10.0.3.0/24 10.0.2.0/24 10.0.0.0/23"))?;
    expect_aggregate(trial, &nets("0.0.0.0/1 128.0.0.0/1"))?;
    let bits = trial.rng.u32(..);
    let parts: Vec<Ipv4Net> = (0..16)
        .map(|part| net((bits & 0xffff_ff00) + part * 16, 28))
        .collect();
    expect_aggregate(trial, &parts)
}

/// RFC 4632 §3.1: 10.0.1.0/24 and 10.0.2.0/24 lie side by side, and no prefix
/// of 23 bits holds both.
fn neighbours_that_are_no_halves_stay_apart(trial: &mut Trial) -> Verdict {
    expect_aggregate(trial, &nets("10.0.1.0/24 10.0.2.0/24"))?;
    expect_aggregate(trial, &nets("192.0.2.1/32 192.0.2.2/32"))?;
    expect_aggregate(trial, &nets("10.0.0.0/24 10.0.1.0/25"))?;
    expect_aggregate(trial, &nets("127.255.255.255/32 128.0.0.0/32"))?;
    expect_aggregate(trial, &nets("255.255.255.255/32 0.0.0.0/32"))
}

/// RFC 4632 §4: what a shorter prefix holds needs no line of its own; nor does
/// the same network a second time.
fn a_network_inside_another_is_dropped(trial: &mut Trial) -> Verdict {
    expect_aggregate(trial, &nets("10.0.0.0/8 10.1.2.3/32"))?;
    expect_aggregate(trial, &nets("10.1.2.3/32 10.0.0.0/8"))?;
    expect_aggregate(trial, &nets("192.0.2.0/24 192.0.2.0/24"))?;
    expect_aggregate(
        trial,
        &nets("255.255.255.255/32 255.255.255.0/24 255.255.255.128/25"),
    )?;
    expect_aggregate(trial, &nets("192.0.2.0/24 0.0.0.0/0 198.51.100.7/32"))
}

/// RFC 4632 §4: random lists in which much can be merged. The oracle is
/// `ipnet`.
fn any_list_becomes_the_shortest_with_the_same_addresses(trial: &mut Trial) -> Verdict {
    expect_aggregate(trial, &[])?;
    for count in [2, 4, 6, 8, 10, 12, 100, 300] {
        // As many places as networks, so that every second one has a sibling.
        let bits: u32 = trial.rng.u32(..);
        let spread = u32::BITS - u32::leading_zeros(count) + 1;
        let networks: Vec<Ipv4Net> = (0..count)
            .map(|_| {
                let len = trial.rng.u8(24..=28);
                net(
                    (bits & 0xf000_0000) | (trial.rng.u32(..1 << spread) << 4),
                    len,
                )
            })
            .collect();
        expect_aggregate(trial, &networks)?;
    }
    Ok(())
}

/// A line of a table, and its next hop.
type Route = (Ipv4Net, String);

/// Routes to these networks, each by a next hop of its own.
fn table(networks: &[Ipv4Net]) -> Vec<Route> {
    let hop = |number: usize| {
        if number.is_multiple_of(5) {
            "direct".to_owned()
        } else {
            format!("203.0.113.{}", number % 256)
        }
    };
    networks.iter().copied().zip((1..).map(hop)).collect()
}

/// The route by plain counting: of those that hold the address, the longest.
fn route(routes: &[Route], address: Ipv4Addr) -> Asked {
    let holding = routes
        .iter()
        .filter(|(network, _)| network.contains(&address));
    let answer = match holding.max_by_key(|(network, _)| network.prefix_len()) {
        Some((network, hop)) => format!("{address}  {network}  {hop}"),
        None => format!("{address}  no route"),
    };
    (address.to_string(), Wanted::From(0, answer))
}

/// Fails unless the program finds the right route for each address. The report
/// is about a table of a few lines, if they show the failure too.
fn expect_routes(trial: &mut Trial, routes: &[Route], addresses: &[Ipv4Addr]) -> Verdict {
    let Err(failure) = try_routes(trial, routes, addresses) else {
        return Ok(());
    };
    let wrong = addresses
        .iter()
        .find(|address| failure.what.starts_with(&format!("`{address}` ")));
    let Some(&wrong) = wrong else {
        return Err(failure);
    };
    let came = String::from_utf8_lossy(&failure.came).into_owned();
    let chosen = |(network, _): &Route| {
        network.contains(&wrong) || came.split("  ").any(|word| word == network.to_string())
    };
    let fewer: Vec<Route> = routes
        .iter()
        .filter(|route| chosen(route))
        .cloned()
        .collect();
    if routes.len() > 6 {
        try_route(trial, &fewer, wrong)?;
    }
    try_route(trial, routes, wrong).and(Err(failure))
}

/// Asks for one route so that the whole conversation can be seen, and typed:
/// the table comes by standard input, where that has a name.
fn try_route(trial: &mut Trial, routes: &[Route], address: Ipv4Addr) -> Verdict {
    if !cfg!(unix) {
        return try_routes(trial, routes, &[address]);
    }
    let asked = [route(routes, address)];
    let text = address.to_string();
    let args = ["route", "--table", "/dev/stdin", &text];
    let run = trial.run(&args, table_text(routes).as_bytes())?;
    match first_wrong(&run, &asked) {
        Some(number) => Err(difference(&run, number, &asked, &with_table(routes))),
        None => Ok(()),
    }
}

fn table_text(routes: &[Route]) -> String {
    routes
        .iter()
        .map(|(network, hop)| format!("{network} {hop}\n"))
        .collect()
}

/// The table as a phrase.
fn with_table(routes: &[Route]) -> String {
    let lines: Vec<String> = routes
        .iter()
        .take(8)
        .map(|(network, hop)| format!("{network} {hop}"))
        .collect();
    match routes.len() {
        0 => "with an empty table".to_owned(),
        count @ 9.. => format!(
            "with the table {}; and {} more",
            lines.join("; "),
            count - 8
        ),
        _ => format!("with the table {}", lines.join("; ")),
    }
}

fn try_routes(trial: &mut Trial, routes: &[Route], addresses: &[Ipv4Addr]) -> Verdict {
    let path = trial.file("routes", table_text(routes).as_bytes())?;
    let with = format!(", {}", with_table(routes));
    let asked: Vec<Asked> = addresses
        .iter()
        .map(|&address| route(routes, address))
        .collect();
    expect_answers(trial, &["route", "--table", &path], &with, &asked)
}

/// The addresses of a text, with blanks between.
fn addresses(text: &str) -> Vec<Ipv4Addr> {
    words(text).filter_map(|word| word.parse().ok()).collect()
}

/// RFC 1812 §5.2.4.3, rule 2: of the routes that match, the one with the
/// longest prefix, in whatever order the table has them.
fn the_longest_match_wins_wherever_it_stands(trial: &mut Trial) -> Verdict {
    let networks = nets("10.1.0.0/16 10.0.0.0/8 10.1.2.128/25 10.1.2.0/24");
    let asked = addresses("10.1.2.200 10.1.2.3 10.1.3.3 10.2.3.3");
    expect_routes(trial, &table(&networks), &asked)?;
    for turn in 1..4 {
        let mut turned = networks.clone();
        turned.rotate_left(turn);
        expect_routes(trial, &table(&turned), &asked)?;
    }
    Ok(())
}

/// RFC 4632 §5.1: 0.0.0.0/0 is the default route. Its prefix has no bits, so it
/// matches every address, and every other match is longer.
fn the_default_route_matches_what_nothing_else_does(trial: &mut Trial) -> Verdict {
    let routes = table(&nets("0.0.0.0/0 192.0.2.0/24"));
    let mut asked = addresses(
        "0.0.0.0 203.0.113.9 192.0.1.255 192.0.2.0 192.0.2.255 192.0.3.0 255.255.255.255",
    );
    asked.extend((0..50).map(|_| any_v4(trial)));
    expect_routes(trial, &routes, &asked)
}

/// RFC 1812 §5.2.4.3: if no route is left, the destination cannot be reached.
/// The addresses on both sides of both ends of a network.
fn without_a_match_there_is_no_route(trial: &mut Trial) -> Verdict {
    let routes = table(&nets("192.0.2.64/26 198.51.100.7/32 10.0.0.0/8"));
    let asked = addresses(
        "192.0.2.63 192.0.2.64 192.0.2.127 192.0.2.128 198.51.100.6 198.51.100.7 \
         198.51.100.8 9.255.255.255 10.0.0.0 10.255.255.255 11.0.0.0 0.0.0.0 \
         255.255.255.255",
    );
    expect_routes(trial, &routes, &asked)?;
    expect_routes(trial, &[], &addresses("192.0.2.1 0.0.0.0"))
}

/// RFC 1812 §5.2.4.3: all 33 prefixes of one address; an address that differs
/// first in bit n is held by those of n bits and fewer.
fn of_33_nested_networks_the_longest_that_holds_is_taken(trial: &mut Trial) -> Verdict {
    let inner = trial.rng.u32(..);
    let mut networks: Vec<Ipv4Net> = (0..=32).map(|len| net(inner, len)).collect();
    trial.rng.shuffle(&mut networks);
    let mut asked: Vec<Ipv4Addr> = (0..32)
        .map(|bit| Ipv4Addr::from_bits(inner ^ (1 << bit)))
        .collect();
    asked.push(Ipv4Addr::from_bits(inner));
    expect_routes(trial, &table(&networks), &asked)
}

/// RFC 1812 §5.2.4.3: random tables, searched line by line.
fn any_table_is_searched_for_the_longest_match(trial: &mut Trial) -> Verdict {
    for count in [3, 10, 100] {
        let base = trial.rng.u32(..);
        let near = |trial: &mut Trial| base ^ (trial.rng.u32(..) >> trial.rng.u32(4..30));
        let mut networks: Vec<Ipv4Net> = Vec::new();
        while networks.len() < count {
            let network = net(near(trial), trial.rng.u8(4..=32));
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        let asked: Vec<Ipv4Addr> = (0..200).map(|_| Ipv4Addr::from_bits(near(trial))).collect();
        expect_routes(trial, &table(&networks), &asked)?;
    }
    Ok(())
}

/// Eight random groups; some are zero if `zeros`.
fn any_groups(trial: &mut Trial, zeros: bool) -> [u16; 8] {
    std::array::from_fn(|_| match trial.rng.u8(..4) {
        0 if zeros => 0,
        1 => trial.rng.u16(1..0x100),
        _ => trial.rng.u16(1..),
    })
}

fn full(groups: [u16; 8]) -> String {
    groups.map(|group| format!("{group:04x}")).join(":")
}

/// The text that RFC 5952 wants, by the standard library.
fn canonical(groups: [u16; 8]) -> String {
    Ipv6Addr::from(groups).to_string()
}

/// What `v6` must answer about a text of these groups, in its second column.
fn read(text: impl Into<String>, groups: [u16; 8]) -> Asked {
    (text.into(), Wanted::Column(1, full(groups)))
}

/// What `v6` must answer about these groups, in its first column.
fn written(groups: [u16; 8]) -> Asked {
    (full(groups), Wanted::Column(0, canonical(groups)))
}

/// RFC 4291 §2.2, form 1: eight groups of one to four digits, of either case.
fn eight_groups_are_read_in_either_case(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    for _ in 0..100 {
        let groups = any_groups(trial, true);
        let text = groups.map(|group| match trial.rng.u8(..4) {
            0 => format!("{group:x}"),
            1 => format!("{group:X}"),
            2 => format!("{group:04x}"),
            _ => format!("{group:03X}"),
        });
        asked.push(read(text.join(":"), groups));
    }
    expect_answers(trial, &["v6"], "", &asked)
}

/// RFC 4291 §2.2, form 2: `::` stands for one group of zeros or more: every
/// place, and every number of groups.
fn a_double_colon_stands_for_one_zero_group_or_more(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        read("2001:db8::1:2", [0x2001, 0xdb8, 0, 0, 0, 0, 1, 2]),
        read("::", [0; 8]),
    ];
    for count in 1..=8 {
        for start in 0..=8 - count {
            let mut groups = any_groups(trial, false);
            groups
                .iter_mut()
                .skip(start)
                .take(count)
                .for_each(|group| *group = 0);
            let text = groups.map(|group| format!("{group:x}"));
            let (left, rest) = text.split_at_checked(start).unwrap_or_default();
            let right = rest.get(count..).unwrap_or_default();
            asked.push(read(
                format!("{}::{}", left.join(":"), right.join(":")),
                groups,
            ));
        }
    }
    expect_answers(trial, &["v6"], "", &asked)
}

/// RFC 4291 §2.2: one `::` at most, one to four digits a group, and eight
/// groups in all; zones, brackets and lengths belong to other texts.
fn a_text_that_is_no_ipv6_address_is_refused(trial: &mut Trial) -> Verdict {
    let texts = words(
        "1:2:3:4::5:6:7:8 ::1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:: 1::2::3 ::1:: 1:::2 ::: \
         :1::2 1::2: :1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8: : 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 \
         1 12345:: 00001:: ::g ::+1 ::-1 ::0x1 ::1%eth0 [::1] 2001:db8::/32 192.0.2.1 \
         1;2::",
    )
    .chain(["", "1 ::"]);
    expect_answers(trial, &["v6"], "", &refused(texts))?;
    trial.expect_recorded(&V6_REASONS)
}

/// RFC 4291 §2.2, form 3: the last two groups may be an IPv4 address, read as
/// strictly as one that stands alone.
fn an_ipv4_address_can_be_the_end_and_nothing_else(trial: &mut Trial) -> Verdict {
    let mut asked = Vec::new();
    for gap in [true, false] {
        for _ in 0..20 {
            let mut groups = any_groups(trial, false);
            groups
                .iter_mut()
                .skip(2)
                .take(if gap { 4 } else { 0 })
                .for_each(|group| *group = 0);
            let [a, b, c, d, e, f, high, low] = groups;
            let v4 = Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
            let text = if gap {
                format!("{a:x}:{b:x}::{v4}")
            } else {
                format!("{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{v4}")
            };
            asked.push(read(text, groups));
        }
    }
    asked.push(read("::192.0.2.1", [0, 0, 0, 0, 0, 0, 0xc000, 0x201]));
    asked.extend(refused(words(
        "192.0.2.1:: 192.0.2.1::1 ::192.0.2.1:5 1:192.0.2.1:: ::192.0.2.1:192.0.2.1 \
         1:2:3:4:5:6:7:192.0.2.1 1:2:3:4:5:192.0.2.1 1:2:3:4:5:6::192.0.2.1 ::192.0.2 \
         ::192.0.2.256 ::192.0.2.1. ::192.0.2.a",
    )));
    expect_answers(trial, &["v6"], "", &asked)
}

/// RFC 5952 §4.1 and §4.3: no leading zeros, and lower case.
fn groups_are_written_in_lower_case_without_leading_zeros(trial: &mut Trial) -> Verdict {
    let mut asked = vec![written([0x2001, 0xdb8, 0xa, 0xbc, 0xdef, 1, 0x10, 0xffff])];
    asked.extend((0..100).map(|_| written(any_groups(trial, false))));
    expect_answers(trial, &["v6"], "", &asked)
}

/// The addresses whose zero groups are those of a pattern of eight bits, for
/// each of the 256 patterns whose longest run is as `kept` says.
fn zero_patterns(trial: &mut Trial, kept: impl Fn(u32) -> bool) -> Vec<Asked> {
    let longest = |pattern: u32| {
        (0..=8)
            .rev()
            .find(|len| format!("{pattern:08b}").contains(&"1".repeat(*len)))
            .unwrap_or(0)
    };
    let mut asked = Vec::new();
    for pattern in (0_u32..256).filter(|pattern| kept(longest(*pattern) as u32)) {
        let mut groups = any_groups(trial, false);
        for (index, group) in (0..).zip(&mut groups) {
            if pattern >> (7 - index) & 1 == 1 {
                *group = 0;
            }
        }
        // No group is ffff, so that no address is mapped.
        asked.push(written(
            groups.map(|group| if group == 0xffff { 1 } else { group }),
        ));
    }
    asked
}

/// RFC 5952 §4.2.2: `::` does not stand for one zero group alone.
fn a_single_zero_group_is_written_out(trial: &mut Trial) -> Verdict {
    let asked = zero_patterns(trial, |longest| longest == 1);
    expect_answers(trial, &["v6"], "", &asked)
}

/// RFC 5952 §4.2.1 and §4.2.3: the longest run of zero groups is shortened
/// whole, and of equally long ones the first.
fn the_first_of_the_longest_runs_of_zero_groups_is_shortened(trial: &mut Trial) -> Verdict {
    let asked = zero_patterns(trial, |longest| longest > 1);
    expect_answers(trial, &["v6"], "", &asked)
}

/// RFC 5952 §5: dotted decimal where a well-known prefix says that an IPv4
/// address is inside; here that is ::ffff:0:0/96 (RFC 4291 §2.5.5.2).
fn only_mapped_addresses_end_in_dotted_decimal(trial: &mut Trial) -> Verdict {
    let mut asked = vec![
        written([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]),
        written([0, 0, 0, 0, 0, 0xffff, 0, 0]),
    ];
    asked.extend(
        (0..20).map(|_| written([0, 0, 0, 0, 0, 0xffff, trial.rng.u16(..), trial.rng.u16(..)])),
    );
    asked.push(written([0, 0, 0, 0, 0, 0, 0xc000, 0x201]));
    asked.push(written([0, 0, 0, 0, 0, 0, 0, 1]));
    asked.push(written([0, 0, 0, 0, 0xffff, 0, 0xc000, 0x201]));
    asked.push(written([0, 0, 0, 0, 0, 0xfffe, 0xc000, 0x201]));
    asked.push(written([0, 0, 0, 0, 1, 0xffff, 0xc000, 0x201]));
    asked.push(written([0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x201]));
    expect_answers(trial, &["v6"], "", &asked)
}
