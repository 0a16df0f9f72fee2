//! What the mistakes of `addresses` are known by.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;

use super::{class, full, greatest_first, layout, nets, ranges, room, size, words};
use crate::batch::REFUSAL;
use crate::check::{Evidence, Mistake, What};

/// A wrong answer, as text.
#[derive(Default)]
struct Seen {
    /// The subcommand.
    command: String,
    /// The item that was asked about; of `aggregate`, all of them.
    asked: String,
    /// What should have come, with single blanks.
    expected: String,
    /// What came instead, with single blanks.
    came: String,
    /// The whole line in which it came.
    line: String,
}

impl Seen {
    fn of(evidence: &Evidence<'_>) -> Seen {
        let Some(run) = evidence.last else {
            return Seen::default();
        };
        let failure = evidence.failure;
        let input = input_of(evidence);
        let command = run.args.first().cloned().unwrap_or_default();
        let expected = String::from_utf8_lossy(&failure.expected);
        let came = String::from_utf8_lossy(&failure.came);
        // Of text of several lines, the line that differs.
        let same = failure.expected.iter().take(failure.first_difference());
        let number = same.filter(|octet| **octet == b'\n').count();
        let items = run.args.get(1..).unwrap_or_default();
        let asked = match command.as_str() {
            "aggregate" => input.clone(),
            "split" if input.is_empty() => items.join(" "),
            // The table may come by standard input, and the address does not.
            "route" if items.len() > 2 => items.get(2).cloned().unwrap_or_default(),
            // Eight lines and an empty one an item.
            "net" if input.is_empty() => items.get(number / 9).cloned().unwrap_or_default(),
            _ if expected.contains('\n') || input.lines().count() == 1 => nth_line(&input, number),
            _ => String::new(),
        };
        let line = nth_line(&run.stdout_text(), number);
        match &failure.words {
            // An exit status, a number of lines, an end that did not come.
            Some((words, _)) if words != REFUSAL => Seen {
                command,
                asked,
                line,
                ..Seen::default()
            },
            Some(_) => Seen {
                command,
                asked,
                expected: "!".to_owned(),
                came: line.clone(),
                line,
            },
            None if command == "aggregate" => Seen {
                command,
                asked,
                expected: expected.into_owned(),
                came: came.into_owned(),
                line,
            },
            None => {
                let (expected, came) = (
                    plain(&nth_line(&expected, number)),
                    plain(&nth_line(&came, number)),
                );
                Seen {
                    command,
                    asked,
                    expected,
                    came,
                    line,
                }
            }
        }
    }

    /// Whether there should have been no answer, and there was one.
    fn taken(&self) -> bool {
        self.expected.starts_with('!') && !self.line.is_empty() && !self.line.starts_with('!')
    }

    /// The parts of the address that was asked about.
    fn parts(&self) -> Vec<&str> {
        self.asked
            .split('/')
            .next()
            .unwrap_or_default()
            .split('.')
            .collect()
    }

    /// The address that the program made of it, by its own account.
    fn address(&self) -> Option<Ipv4Addr> {
        self.line.split(['/', ' ']).next()?.parse().ok()
    }

    /// What stands behind the slash of what was asked, and of the answer.
    fn lens(&self) -> (Option<&str>, Option<u8>) {
        let asked = self.asked.split_once('/').map(|(_, len)| len);
        let came = self
            .line
            .split_once('/')
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        (asked, came)
    }

    /// What stands behind the slash of what was asked, if it is in dotted
    /// decimal.
    fn mask(&self) -> Option<Ipv4Addr> {
        self.lens().0?.parse().ok()
    }

    /// Of `split`: the network and the wishes.
    fn wishes(&self) -> (Ipv4Net, Vec<u64>) {
        let mut words = self.asked.split_whitespace();
        let network = words
            .next()
            .and_then(|word| word.parse().ok())
            .unwrap_or_default();
        (
            network,
            words.filter_map(|word| word.parse().ok()).collect(),
        )
    }

    /// Of `split`: the wishes and blocks of the line.
    fn pairs(&self) -> Vec<(u64, Ipv4Net)> {
        let wishes = words(&self.line);
        let blocks = words(&self.line).skip(1);
        wishes
            .zip(blocks)
            .filter_map(|(wish, block)| Some((wish.parse().ok()?, block.parse().ok()?)))
            .collect()
    }

    /// Of `split`: the blocks of the line.
    fn blocks(&self) -> Vec<Ipv4Net> {
        self.pairs().into_iter().map(|(_, block)| block).collect()
    }

    /// Of `aggregate`: the networks that came.
    fn networks(&self) -> Vec<Ipv4Net> {
        self.came
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect()
    }

    /// Of `v6`: the groups of the answer's second column.
    fn groups(&self) -> Option<[u16; 8]> {
        Some(
            self.line
                .split("  ")
                .nth(1)?
                .parse::<Ipv6Addr>()
                .ok()?
                .segments(),
        )
    }
}

fn nth_line(text: &str, number: usize) -> String {
    text.lines().nth(number).unwrap_or_default().to_owned()
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts as decimal numbers, those with a leading zero as `radix` has it.
fn loosely(parts: &[&str], radix: u32) -> Option<Vec<u64>> {
    let number = |part: &&str| {
        u64::from_str_radix(part, if part.starts_with('0') { radix } else { 10 }).ok()
    };
    parts.iter().map(number).collect()
}

/// Whether the parts, read as `radix` has it, are the address that came.
fn came_of(seen: &Seen, radix: u32) -> bool {
    let octets = seen
        .address()
        .map(|address| address.octets().map(u64::from));
    octets.is_some_and(|octets| loosely(&seen.parts(), radix).is_some_and(|read| read == octets))
}

/// The prefix length that a class would give.
fn class_len(address: Ipv4Addr) -> Option<u8> {
    match class(address) {
        "class A" => Some(8),
        "class B" => Some(16),
        "class C" => Some(24),
        _ => None,
    }
}

/// The networks of the table that the program was given, in its order: from
/// its standard input, or else from the failure's `what`, if they are all there.
fn table_of(evidence: &Evidence<'_>) -> Option<Vec<Ipv4Net>> {
    let network = |line: &str| line.split(' ').next()?.parse().ok();
    let (_, table) = evidence.failure.what.split_once("with the table ")?;
    match &evidence.last?.args[..] {
        [_, _, _, _] => input_of(evidence).lines().map(network).collect(),
        _ => table.split("; ").map(network).collect(),
    }
}

/// What was on the standard input of the program that ran last.
fn input_of(evidence: &Evidence<'_>) -> String {
    let events = evidence.events;
    let start = events
        .iter()
        .rposition(|event| matches!(event.what, What::Started(_)));
    let sent = events
        .iter()
        .skip(start.unwrap_or(0))
        .filter_map(|event| match &event.what {
            What::Sent(octets) => Some(String::from_utf8_lossy(octets)),
            _ => None,
        });
    sent.collect()
}

/// Which of the matches in the table the program took: `first`, `last` or
/// `shortest`, if it can have been one of them only.
fn took(evidence: &Evidence<'_>) -> Option<&'static str> {
    let seen = Seen::of(evidence);
    let address: Ipv4Addr = seen.asked.parse().ok()?;
    let came: Ipv4Net = seen.line.split("  ").nth(1)?.parse().ok()?;
    let matches: Vec<Ipv4Net> = table_of(evidence)?
        .into_iter()
        .filter(|network| network.contains(&address))
        .collect();
    let shortest = matches.iter().min_by_key(|network| network.prefix_len());
    let ways = [
        ("first", matches.first()),
        ("last", matches.last()),
        ("shortest", shortest),
    ];
    let mut right = ways
        .into_iter()
        .filter(|(_, network)| *network == Some(&came));
    let only = right.next()?.0;
    right.next().is_none().then_some(only)
}

/// Takes one of several runs of zero groups, each as start and length.
type Choice = fn(&[(usize, usize)]) -> Option<(usize, usize)>;

/// The text with another run of zero groups shortened: the one that `choose`
/// takes from all runs of two or more.
fn shortened(groups: [u16; 8], choose: Choice) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, _) in groups.iter().enumerate().filter(|(_, group)| **group == 0) {
        match runs.last_mut() {
            Some((start, len)) if *start + *len == index => *len += 1,
            _ => runs.push((index, 1)),
        }
    }
    runs.retain(|(_, len)| *len > 1);
    let text = groups.map(|group| format!("{group:x}"));
    let Some((start, len)) = choose(&runs) else {
        return text.join(":");
    };
    let (left, rest) = text.split_at_checked(start).unwrap_or_default();
    format!(
        "{}::{}",
        left.join(":"),
        rest.get(len..).unwrap_or_default().join(":")
    )
}

/// Whether the canonical form that came has the run shortened that `choose`
/// takes.
fn shortened_as(evidence: &Evidence<'_>, choose: Choice) -> bool {
    let seen = Seen::of(evidence);
    seen.groups()
        .is_some_and(|groups| seen.came == shortened(groups, choose))
        && seen.came != seen.expected
        && !seen.expected.contains('.')
}

pub const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a leading zero read as octal",
        why: "the program took the part with a leading zero for an octal number. Other readers take it for a decimal \
              one, so the text means two addresses, and the strict form refuses it",
        rfc: "RFC 6943 §3.1.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.taken() && came_of(&seen, 8) && !came_of(&seen, 10)
        },
    },
    Mistake {
        name: "a leading zero dropped",
        why: "the program read the part as if the zero in front were not there. Other readers take the zero for the \
              sign of an octal number, so the text means two addresses, and the strict form refuses it",
        rfc: "RFC 6943 §3.1.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.taken() && came_of(&seen, 10) && !came_of(&seen, 8)
        },
    },
    Mistake {
        name: "a sign taken for part of a number",
        why: "the program gave the text to a reader of integers, which takes a sign in front. The grammar of an address \
              has digits only",
        rfc: "RFC 3986 §3.2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.taken() && seen.asked.contains(['+', '-'])
        },
    },
    Mistake {
        name: "an octet above 255 cut to eight bits",
        why: "a part was above 255, and the program kept its lowest eight bits. What no octet can hold is no address",
        rfc: "RFC 3986 §3.2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let parts = loosely(&seen.parts(), 10).unwrap_or_default();
            let cut: Vec<u64> = parts.iter().map(|part| part % 256).collect();
            let came = seen
                .address()
                .map(|address| address.octets().map(u64::from));
            seen.taken()
                && parts.iter().any(|part| *part > 255)
                && came.is_some_and(|came| came == *cut)
        },
    },
    Mistake {
        name: "octets in reverse order",
        why: "the octet that was written first came last. It is the most significant one, and the first on the wire, \
              whatever order a machine keeps the octets of a number in",
        rfc: "RFC 791 Appendix B",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let asked = seen
                .asked
                .split('/')
                .next()
                .and_then(|text| text.parse::<Ipv4Addr>().ok());
            let turned = asked.map(|asked| Ipv4Addr::from_bits(asked.to_bits().swap_bytes()));
            turned.is_some() && turned != asked && turned == seen.address()
        },
    },
    Mistake {
        name: "missing parts filled in",
        why: "the text had fewer than four parts, and the program made an address of it, as the loose form does. The \
              strict form has four parts",
        rfc: "RFC 6943 §3.1.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.taken() && seen.command == "parse" && seen.parts().len() < 4
        },
    },
    Mistake {
        name: "0 and 127 left out of class A",
        why: "the class is told by the first bits, and 0 and 127 start with a 0 bit like all of class A. That hosts do \
              not use them is another fact",
        rfc: "RFC 791 §3.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let first = seen.address().map(|address| address.octets());
            seen.expected.starts_with("class A")
                && !seen.came.starts_with("class A")
                && matches!(first, Some([0 | 127, ..]))
        },
    },
    Mistake {
        name: "the larger of two ranges named",
        why: "255.255.255.255 lies in 240.0.0.0/4 and is a range by itself. The program named the one that says less",
        rfc: "RFC 6890 §2.2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.asked == "255.255.255.255" && seen.line.contains("reserved")
        },
    },
    Mistake {
        name: "a private range as long as a class's network",
        why: "the program ended 172.16.0.0/12 where the class B network 172.16 ended. The range is a prefix of 12 bits, up \
              to 172.31.255.255, whatever the classes were",
        rfc: "RFC 1918 §3",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let private = matches!(
                seen.address().map(|address| address.octets()),
                Some([172, 17..32, ..])
            );
            private
                && seen.asked != "172.31.255.255"
                && seen.expected.contains("private")
                && seen.came.contains("public")
        },
    },
    Mistake {
        name: "the last address of a range left out",
        why: "the address is the last of its range, and the program took it for the first one behind. A range holds both \
              of its ends",
        rfc: "RFC 6890 §2.2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let is_last = |address| ranges().iter().any(|range| range.broadcast() == address);
            seen.address().is_some_and(is_last)
                && seen.came.contains("public")
                && !seen.expected.contains("public")
        },
    },
    Mistake {
        name: "a shift by 32 at /0",
        why: "at /0 all 32 bits have to go, and a shift of 32 bits by 32 has no value: it ends in a panic or shifts by \
              nothing. The mask of /0 is 0.0.0.0",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let whole = seen.lens().0 == Some("0") || seen.mask() == Some(Ipv4Addr::UNSPECIFIED);
            let default = table_of(evidence)
                .is_some_and(|table| table.iter().any(|route| route.prefix_len() == 0));
            let whole = whole || default || ["split", "aggregate"].contains(&seen.command.as_str());
            let mask = seen.line.contains("mask 255.255.255.255")
                || seen.came.contains("mask 255.255.255.255");
            // A mask of 32 ones lets the default route hold 0.0.0.0 alone.
            let alone = evidence.check == "the_default_route_matches_what_nothing_else_does"
                && seen.line.ends_with("no route")
                && seen.asked != "0.0.0.0";
            whole && (evidence.said("shift left with overflow") || mask || alone)
        },
    },
    Mistake {
        name: "minus two at /31 and /32",
        why: "the program took the network's own and the broadcast address off a network that is too small for both. Both \
              addresses of a /31 are hosts', and the only one of a /32",
        rfc: "RFC 3021 §2.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let small = seen
                .came
                .split(' ')
                .next()
                .is_some_and(|word| ["first", "last", "hosts"].contains(&word))
                || evidence.said("subtract with overflow");
            let (asked, came) = seen.lens();
            let short = matches!(asked, Some("31" | "32")) || matches!(came, Some(31 | 32));
            let net = seen.command == "net" && short && small;
            let wish = |(wish, block): &(u64, Ipv4Net)| *wish < 3 && block.prefix_len() == 30;
            net || seen.command == "split" && seen.pairs().iter().any(wish)
        },
    },
    Mistake {
        name: "a broadcast address at /31",
        why: "both addresses of a /31 belong to hosts, and the one of a /32 to a host. None is left for a broadcast",
        rfc: "RFC 3021 §2.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.expected == "broadcast none" && seen.came.starts_with("broadcast ")
        },
    },
    Mistake {
        name: "network and broadcast counted as hosts",
        why: "the program counted all addresses of the network. Its own address and the broadcast address are among \
              them, and no host can have those",
        rfc: "RFC 1122 §3.2.1.3",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let count = |text: &str| text.strip_prefix("hosts ")?.parse::<u64>().ok();
            let two_more =
                count(&seen.expected).is_some_and(|hosts| count(&seen.came) == Some(hosts + 2));
            let too_small = |(wish, block): &(u64, Ipv4Net)| {
                size(block.prefix_len()) >= *wish && room(block.prefix_len()) < *wish
            };
            two_more || seen.command == "split" && seen.pairs().iter().any(too_small)
        },
    },
    Mistake {
        name: "a wildcard read as a mask",
        why: "the ones of the text stood at the right, and the program took its complement for the mask. A mask is ones \
              from the left and then zeros",
        rfc: "RFC 4632 §5.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let (_, len) = seen.lens();
            let wildcard = seen
                .mask()
                .filter(|mask| mask.to_bits().trailing_ones() == mask.to_bits().count_ones());
            let len_of = |mask: Ipv4Addr| u32::BITS - mask.to_bits().count_ones();
            // With 16 ones, counting them would give the same length.
            let apart = |mask: &Ipv4Addr| mask.to_bits().count_ones() != 16;
            seen.taken()
                && wildcard
                    .filter(apart)
                    .is_some_and(|mask| len.map(u32::from) == Some(len_of(mask)))
        },
    },
    Mistake {
        name: "a mask with a gap accepted",
        why: "the mask had a one after a zero, and the program counted its ones. Only ones from the left and then zeros \
              say where a prefix ends",
        rfc: "RFC 4632 §5.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let ones = seen.mask().map(|mask| mask.to_bits().count_ones());
            seen.taken() && ones.is_some() && ones == seen.lens().1.map(u32::from)
        },
    },
    Mistake {
        name: "the prefix length taken from the class",
        why: "the program took the length that the address's class once had. Since CIDR the length is written beside the \
              address, and the address says nothing about it",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let (asked, came) = seen.lens();
            let of_class = came.is_some() && came == seen.address().and_then(class_len);
            let asked_len = asked.map(str::parse::<u8>);
            let other = asked_len.is_some_and(|len| len.is_ok() && len.ok() != came);
            seen.command == "net" && of_class && (other || asked.is_none() && seen.taken())
        },
    },
    Mistake {
        name: "laid out in the order of the wishes",
        why: "the blocks stand in the order in which they were asked for, and so they leave gaps or start where no prefix \
              can. From the greatest to the smallest, each starts at a multiple of its own size by itself",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let (network, wishes) = seen.wishes();
            let order: Vec<usize> = (0..wishes.len()).collect();
            let Some(first) = layout(network, &order, &wishes) else {
                return false;
            };
            let other = layout(network, &greatest_first(&wishes), &wishes)
                .is_some_and(|right| right.0 != first.0);
            seen.command == "split" && other && seen.blocks() == first.0
        },
    },
    Mistake {
        name: "a block that starts where no prefix can",
        why: "the block starts at an address that is no multiple of the block's size: bits behind its prefix are set, and \
              its addresses lie in two networks",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.command == "split" && seen.blocks().iter().any(|block| block.trunc() != *block)
        },
    },
    Mistake {
        name: "a block behind the end of the network",
        why: "the wishes need more addresses than the network has, and the program laid a block out behind its last \
              address, where another network is",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let (network, _) = seen.wishes();
            seen.command == "split"
                && seen.taken()
                && seen.blocks().iter().any(|block| !network.contains(block))
        },
    },
    Mistake {
        name: "neighbours taken for halves",
        why: "the two networks lie side by side, and they are not the two halves of one: the program made a prefix of \
              them whose bits behind it are set, or that holds other addresses too",
        rfc: "RFC 4632 §3.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.command == "aggregate"
                && seen
                    .networks()
                    .iter()
                    .any(|network| network.trunc() != *network)
        },
    },
    Mistake {
        name: "a network inside another kept",
        why: "a network of the list lies inside another one of the list. All of its addresses are there already",
        rfc: "RFC 4632 §4",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let networks = seen.networks();
            // Of 0.0.0.0/0 something else may be wrong.
            let outer = networks.iter().filter(|network| network.prefix_len() > 0);
            let mut pairs =
                outer.flat_map(|outer| networks.iter().map(move |inner| (outer, inner)));
            let twice = networks
                .iter()
                .zip(networks.iter().skip(1))
                .any(|(one, next)| one == next);
            let inside = pairs.any(|(outer, inner)| outer != inner && outer.contains(inner));
            seen.command == "aggregate" && (inside || twice)
        },
    },
    Mistake {
        name: "halves merged only once",
        why: "two halves became one network, and that network is a half again: its other half stands beside it in the \
              answer. The program has to look again after each merging",
        rfc: "RFC 4632 §4",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let came = seen.networks();
            let same = Ipv4Net::aggregate(&came) == nets(&seen.expected);
            let merged = came.len() < seen.asked.lines().count();
            let siblings = came
                .iter()
                .zip(came.iter().skip(1))
                .any(|(low, high)| low.is_sibling(high));
            seen.command == "aggregate" && same && merged && siblings
        },
    },
    Mistake {
        name: "the first match taken",
        why: "several routes match, and the program took the one that stands first in the table. The longest prefix \
              decides, wherever it stands",
        rfc: "RFC 1812 §5.2.4.3",
        seen: |evidence| took(evidence) == Some("first"),
    },
    Mistake {
        name: "the last match taken",
        why: "several routes match, and the program took the one that stands last in the table. The longest prefix \
              decides, wherever it stands",
        rfc: "RFC 1812 §5.2.4.3",
        seen: |evidence| took(evidence) == Some("last"),
    },
    Mistake {
        name: "the shortest match taken",
        why: "several routes match, and the program took the one with the shortest prefix. A longer prefix knows more \
              about the destination",
        rfc: "RFC 1812 §5.2.4.3",
        seen: |evidence| took(evidence) == Some("shortest"),
    },
    Mistake {
        name: "the default route ignored",
        why: "the table has a route for 0.0.0.0/0, and the program found none. A prefix of no bits is the beginning of \
              every address",
        rfc: "RFC 4632 §5.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let default = table_of(evidence)
                .is_some_and(|table| table.iter().any(|route| route.prefix_len() == 0));
            default && seen.asked == "0.0.0.0" && seen.line.ends_with("no route")
        },
    },
    Mistake {
        name: "upper case refused",
        why: "the text has digits A to F in upper case, and the program refused it. Upper case is not to be written, and \
              has to be read",
        rfc: "RFC 4291 §2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let upper = seen.asked.bytes().any(|octet| octet.is_ascii_uppercase());
            seen.command == "v6"
                && upper
                && !seen.expected.starts_with('!')
                && seen.line.starts_with('!')
        },
    },
    Mistake {
        name: "a double colon that stands for nothing",
        why: "eight groups are written out and the text has a `::` too, which would stand for no group at all. It stands \
              for one group or more",
        rfc: "RFC 4291 §2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            // An IPv4 address counts for two.
            let groups = seen.asked.split(':').filter(|group| !group.is_empty());
            let groups: usize = groups
                .map(|group| if group.contains('.') { 2 } else { 1 })
                .sum();
            seen.command == "v6" && seen.taken() && seen.asked.contains("::") && groups == 8
        },
    },
    Mistake {
        name: "a group of more than four digits",
        why: "a group has sixteen bits, and so one to four hexadecimal digits; zeros in front count as digits",
        rfc: "RFC 4291 §2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let long = seen.asked.split(':').any(|group| {
                group.len() > 4 && group.bytes().all(|digit| digit.is_ascii_hexdigit())
            });
            seen.command == "v6" && seen.taken() && long
        },
    },
    Mistake {
        name: "the groups behind the double colon put right behind those before",
        why: "the groups behind `::` are the last of the address, and the zeros lie before them. The program put them \
              where the `::` began",
        rfc: "RFC 4291 §2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let groups = seen.asked.split(':').filter(|group| !group.is_empty());
            let mut packed: Vec<u16> = groups
                .filter_map(|group| u16::from_str_radix(group, 16).ok())
                .collect();
            packed.resize(8, 0);
            let packed = <[u16; 8]>::try_from(packed).ok().map(full);
            let inside = seen.asked.contains("::") && !seen.asked.contains('.');
            inside && seen.came != seen.expected && packed.is_some_and(|packed| packed == seen.came)
        },
    },
    Mistake {
        name: "upper case written",
        why: "the digits a to f came in upper case. Both are read, and the canonical form has lower case",
        rfc: "RFC 5952 §4.3",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.command == "v6"
                && seen.came != seen.expected
                && seen.came.to_lowercase() == seen.expected
        },
    },
    Mistake {
        name: "leading zeros written",
        why: "a group came with zeros in front. They are read, and the canonical form has none",
        rfc: "RFC 5952 §4.1",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            let zeros = |text: &str| {
                text.split(':')
                    .any(|group| group.len() > 1 && group.starts_with('0'))
            };
            evidence.check != "eight_groups_are_read_in_either_case"
                && seen.command == "v6"
                && zeros(&seen.came)
                && !zeros(&seen.expected)
                && !seen.taken()
        },
    },
    Mistake {
        name: "a double colon for one zero group",
        why: "`::` stands for a single zero group, which takes as much room as the 0 and hides how many groups there are. \
              A program may read that, and must not write it",
        rfc: "RFC 5952 §4.2.2",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.command == "v6"
                && seen.came.contains("::")
                && !seen.expected.starts_with('!')
                && !seen.expected.contains("::")
        },
    },
    Mistake {
        name: "the last of equal runs shortened",
        why: "two runs of zero groups are equally long, and the program shortened the last one. The first is the one",
        rfc: "RFC 5952 §4.2.3",
        seen: |evidence| {
            shortened_as(evidence, |runs| {
                runs.iter().copied().max_by_key(|(_, len)| *len)
            })
        },
    },
    Mistake {
        name: "the first run shortened, not the longest",
        why: "the program shortened the first run of zero groups, and a later one is longer",
        rfc: "RFC 5952 §4.2.3",
        seen: |evidence| shortened_as(evidence, |runs| runs.first().copied()),
    },
    Mistake {
        name: "a mapped address written in hexadecimal",
        why: "the address is in ::ffff:0:0/96 and carries an IPv4 address, which is to be read in dotted decimal",
        rfc: "RFC 5952 §5",
        seen: |evidence| {
            let seen = Seen::of(evidence);
            seen.command == "v6"
                && seen.expected.starts_with("::ffff:")
                && seen.expected.contains('.')
                && !seen.came.contains('.')
        },
    },
];
