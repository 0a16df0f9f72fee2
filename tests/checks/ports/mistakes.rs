//! The mistakes that reports on `ports` can name.

use std::net::{IpAddr, SocketAddr};

use crate::batch::REFUSAL;
use crate::check::{Evidence, Failure, Mistake};

/// All of them, the most telling first.
pub const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a loop that counts past 65535",
        why: "the loop over the ports adds one to the last of them, 65535, and no number of 16 bits comes after it: the \
              addition fails, or gives 0 and the loop begins again. A range that holds its last port ends without \
              that addition",
        rfc: "RFC 9293 §3.1",
        seen: |evidence| {
            evidence.check == "a_range_holds_both_its_ends_up_to_65535"
                && asked(evidence).ends_with("65535")
                && (evidence.said("overflow") || overdue(evidence))
        },
    },
    Mistake {
        name: "a port of more than 16 bits",
        why: "the number was over 65535 and the program took it. A port has 16 bits, and what is cut down to them is \
              another port than the one that was meant",
        rfc: "RFC 9293 §3.1",
        seen: |evidence| {
            taken(evidence) && numbers(asked(evidence)).any(|number| number.parse::<u16>().is_err())
        },
    },
    Mistake {
        name: "a sign taken for a digit",
        why: "the program took a sign before the number. The reader of integers in a standard library accepts one; a \
              port, and a number in a table, is digits alone",
        rfc: "RFC 3986 §3.2.3",
        seen: |evidence| {
            asked(evidence).contains('+')
                && (taken(evidence)
                    || evidence.check == "a_line_that_cannot_be_read_is_told_and_no_other_is_lost")
        },
    },
    Mistake {
        name: "a zero in front of a number",
        why: "the number began with 0 and the program took it. Some readers take such a number for octal, so two \
              programs would try two ports",
        rfc: "RFC 6943 §3.1.1",
        seen: |evidence| {
            taken(evidence)
                && numbers(asked(evidence))
                    .any(|number| number.len() > 1 && number.starts_with('0'))
        },
    },
    Mistake {
        name: "Linux's own range taken for the dynamic ports",
        why: "the program called a port dynamic that IANA assigns. Linux chooses from 32768 to 60999, and that is a \
              habit of its own; the dynamic ports are 49152 to 65535",
        rfc: "RFC 6335 §6",
        seen: |evidence| differ(evidence, "user", "dynamic") && asked(evidence) == "40000",
    },
    Mistake {
        name: "the user ports taken to the end",
        why: "the program called a port a user port that IANA assigns to nobody. Older lists have registered ports up \
              to 65535; since then 49152 to 65535 are set aside as dynamic ports",
        rfc: "RFC 6335 §6",
        seen: |evidence| differ(evidence, "dynamic", "user") && asked(evidence) == "60000",
    },
    Mistake {
        name: "a class that ends at another port",
        why: "the port is the first or the last of its class, and the program put it into the next one. System ports \
              are 1 to 1023, user ports 1024 to 49151, dynamic ports 49152 to 65535",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            evidence.check == "each_class_holds_both_its_ends"
                && ["1", "1023", "1024", "49151", "49152", "65535"].contains(&asked(evidence))
        },
    },
    Mistake {
        name: "port 0 taken for a port that somebody can have",
        why: "the program treated 0 like any other port. It is reserved: a program that asks for port 0 gets another \
              one, chosen by the system, so nobody is ever there",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            let target = "a_target_has_ports_from_1_to_65535";
            evidence.check == "port_0_is_reserved_and_nobody_has_it"
                || (evidence.check == target
                    && taken(evidence)
                    && numbers(asked(evidence)).any(|number| number == "0"))
        },
    },
    Mistake {
        name: "a range of the program's own",
        why: "the range from which the system chooses was given with `--local`, and the program compared with another \
              one. 32768 to 60999 is what Linux has unless somebody changed it",
        rfc: "RFC 6056 §3.2",
        seen: |evidence| {
            let inside = differ(evidence, "automatic", "on request")
                && local_ends(evidence).is_some_and(|ends| !ends.contains(&asked(evidence)));
            let outside = differ(evidence, "on request", "automatic");
            evidence.check == "the_local_range_holds_both_its_ends"
                && local_ends(evidence).is_some_and(|ends| ends != ["32768", "60999"])
                && (inside || outside)
        },
    },
    Mistake {
        name: "a range without one of its ends",
        why: "the range holds its first port and its last one, and the program left one of them out. In Rust `a..b` \
              ends before b, and `a..=b` with it",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            let ends = |ports: &str| {
                let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
                Some((first.parse::<u32>().ok()?, last.parse::<u32>().ok()?))
            };
            let printed = evidence.last.map(|run| run.stdout_text());
            let printed = printed.unwrap_or_default();
            let came = printed.trim_end().rsplit("  ").next().and_then(ends);
            let range = asked(evidence).rsplit(':').next().and_then(ends);
            let shorter = match (range, came) {
                (Some((first, last)), Some(came)) => {
                    came == (first + 1, last) || (came.0, came.1 + 1) == (first, last)
                }
                _ => false,
            };
            (differ(evidence, "automatic", "on request")
                && local_ends(evidence).is_some_and(|ends| ends.contains(&asked(evidence))))
                || (evidence.check == "a_range_holds_both_its_ends_up_to_65535" && shorter)
        },
    },
    Mistake {
        name: "the brackets of IPv6 not known",
        why: "the program did not read an IPv6 address in brackets. Its colons are the address's own, and the one that \
              counts comes after the second bracket; the brackets themselves do not belong to the address",
        rfc: "RFC 3986 §3.2.2",
        seen: |evidence| {
            evidence.check == "an_ipv6_address_stands_in_brackets"
                && asked(evidence).starts_with('[')
                && !taken(evidence)
                && (evidence.failure.came.starts_with(b"! ")
                    || evidence.failure.came.starts_with(b"["))
        },
    },
    Mistake {
        name: "an IPv6 address without brackets",
        why: "the program took an IPv6 address that has no brackets. Whether its last group is a port or a part of the \
              address, nobody can tell",
        rfc: "RFC 3986 §3.2.2",
        seen: |evidence| {
            let text = asked(evidence);
            taken(evidence) && !text.starts_with('[') && text.matches(':').count() > 1
        },
    },
    Mistake {
        name: "a range that runs backwards",
        why: "the first port of the range is after the last, and the program took it, for no ports or for others. \
              Whoever wrote it meant something, and nothing will be tried: it is refused",
        rfc: "RFC 3986 §3.2",
        seen: |evidence| taken(evidence) && asked(evidence).ends_with(":25-20"),
    },
    Mistake {
        name: "an attempt without a timeout",
        why: "the port does not answer, and the program waits for as long as the system will: some minutes. The time \
              that was given with `--timeout` has to go with the call that connects",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            let silent = [
                "a_silent_port_is_given_up_after_the_timeout",
                "a_silent_port_is_filtered",
                "too_few_descriptors_lose_no_port",
            ];
            silent.contains(&evidence.check) && overdue(evidence)
        },
    },
    Mistake {
        name: "a timeout of the program's own",
        why: "the program gave up before the time that it was told. An answer that is late comes with the second SYN, \
              after a second, or with a later one",
        rfc: "RFC 6298 §2",
        seen: |evidence| evidence.check == "an_answer_that_is_late_but_in_time_counts",
    },
    Mistake {
        name: "a trouble of our own taken for the port's state",
        why: "the attempt could not be made: there was no descriptor for a socket, or no route. The program gave the \
              port a state all the same. No SYN has left, so nothing is known; what failed is said",
        rfc: "RFC 9293 §3.10.1",
        seen: |evidence| {
            let own = evidence.calls_fell_short()
                || evidence.check
                    == "a_host_that_cannot_be_reached_is_filtered_and_a_missing_route_is_ours";
            own && evidence.failure.expected.is_empty() && !state(&evidence.failure.came).is_empty()
        },
    },
    Mistake {
        name: "a reset taken for a failure",
        why: "somebody accepted the connection and reset it before the program looked, and the program did not call the \
              port open. A refusal is another error: the reset that answers a SYN is told as \"refused\", one that ends \
              a connection as \"reset\"",
        rfc: "RFC 9293 §3.5.3",
        seen: |evidence| {
            evidence.check == "a_port_that_resets_at_once_is_open"
                && state(&evidence.failure.came) != "open"
        },
    },
    Mistake {
        name: "a host that cannot be reached taken for a trouble of our own",
        why: "a router, or the system in its place, said that the host cannot be reached. The port's TCP was asked and \
              was not heard: nobody can tell who is there, and that is called filtered",
        rfc: "RFC 1812 §5.2.7.1",
        seen: |evidence| {
            evidence.check
                == "a_host_that_cannot_be_reached_is_filtered_and_a_missing_route_is_ours"
                && state(&evidence.failure.expected) == "filtered"
                && evidence.failure.came.is_empty()
        },
    },
    Mistake {
        name: "a time-out taken for a refusal",
        why: "nothing came in answer to the SYN, and the program called the port closed. A closed port answers, by a \
              reset; where no answer comes, a filter or a loss may hide anything, an open port too",
        rfc: "RFC 9293 §3.5.2",
        seen: |evidence| states(evidence) == ("filtered", "closed"),
    },
    Mistake {
        name: "a time-out taken for a trouble of our own",
        why: "nothing came in answer to the SYN before the time was over, and the program had no state for that. A \
              connection attempt that takes too long ends in `TimedOut`; `WouldBlock` is for reads and writes",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            let failure = evidence.failure;
            let none = failure.came.is_empty()
                || String::from_utf8_lossy(&failure.expected)
                    .split("  ")
                    .next()
                    != String::from_utf8_lossy(&failure.came).split("  ").next();
            evidence.check == "a_silent_port_is_filtered"
                && state(&failure.expected) == "filtered"
                && none
                && evidence.last.is_some_and(|run| run.code == Some(1))
        },
    },
    Mistake {
        name: "a refusal taken for silence",
        why: "the port's TCP answered the SYN by a reset, at once, and the program called the port filtered. Somebody \
              answered, and what was said is that nobody listens",
        rfc: "RFC 9293 §3.5.2",
        seen: |evidence| states(evidence) == ("closed", "filtered"),
    },
    Mistake {
        name: "an attempt that met itself",
        why: "the system chose for the attempt the very port that was tried, so that its SYN came back to it, and it \
              was connected to itself. Both ends have the same address, and nobody listens there",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| {
            evidence.check == "a_port_that_is_connected_to_itself_is_closed"
                && states(evidence) == ("closed", "open")
        },
    },
    Mistake {
        name: "octets sent where none were wanted",
        why: "the program sent something to the service that it had found. To know that a port is open, a connection is \
              enough; what is sent may be a command there",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "nothing_is_sent_to_an_open_port" && !evidence.failure.came.is_empty()
        },
    },
    Mistake {
        name: "more attempts at once than allowed",
        why: "the program began another attempt when as many as allowed were under way. A worker takes the next port \
              when it is done with the one before, and there are as many workers as `--parallel` says, the first \
              included",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| {
            let (expected, _) = compared(evidence);
            evidence.check == "no_more_attempts_are_under_way_than_allowed"
                && expected.starts_with("at most")
        },
    },
    Mistake {
        name: "one attempt after another",
        why: "one attempt was under way and all others waited for it, though more were allowed. Threads that are each \
              started and waited for at once, or a lock that is held during an attempt, do that",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| {
            evidence.check == "as_many_attempts_are_under_way_as_allowed"
                && compared(evidence).1 == "1"
        },
    },
    Mistake {
        name: "ports that wait for a slow one",
        why: "one port did not answer, and ports after it were not tried though a worker was free: they had been given \
              out beforehand, or in groups that end together. Who is free takes the next port of one common list",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| evidence.check == "a_slow_port_holds_up_no_other",
    },
    Mistake {
        name: "a result given to another port",
        why: "the state is that of another port: results were put together in the order in which they were ready. Each \
              belongs to the item that it came from, whichever was first",
        rfc: "RFC 9293 §3.5",
        seen: |evidence| {
            let checks = [
                "every_port_is_told_once_and_in_order",
                "a_result_belongs_to_its_own_port",
            ];
            checks.contains(&evidence.check)
                && [("open", "closed"), ("closed", "open")].contains(&states(evidence))
        },
    },
    Mistake {
        name: "a crash for want of a descriptor",
        why: "the system refused a socket, since too many files are open, and the program took that for impossible. \
              A process has so many descriptors and no more; who is refused one tries again with less under way",
        rfc: "RFC 9293 §3.10.1",
        seen: |evidence| about_descriptors(evidence) && evidence.said("panicked at"),
    },
    Mistake {
        name: "a port lost for want of a descriptor",
        why: "there was no descriptor for a port's socket, and the program gave the port up, though it had others that \
              would soon be free. The port goes back to be tried again",
        rfc: "RFC 9293 §3.10.1",
        seen: |evidence| {
            let recoverable = [
                "too_few_descriptors_lose_no_port",
                "a_descriptor_that_is_refused_is_asked_for_again",
            ];
            let gave_up = evidence.last.is_some_and(|run| run.code == Some(1))
                && evidence.said("the first: too many open files");
            recoverable.contains(&evidence.check)
                && gave_up
                && !evidence.failure.expected.is_empty()
        },
    },
    Mistake {
        name: "a refusal asked about for ever",
        why: "the system has no descriptor to give, and the program asks for one again and again. Where nothing of its \
              own is left that could end and free one, asking once more will not help: it says so and ends",
        rfc: "RFC 9293 §3.10.1",
        seen: |evidence| {
            evidence.check == "without_any_descriptor_the_scan_says_so" && overdue(evidence)
        },
    },
    Mistake {
        name: "a deadline for each read",
        why: "an octet came before each time-out, and each gave the program its whole time again: such a service keeps \
              it busy for as long as it likes. The deadline is a moment, set once, and each read gets what is left \
              until then",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "a_banner_that_drips_ends_at_the_deadline" && overdue(evidence)
        },
    },
    Mistake {
        name: "a read without a deadline",
        why: "the service says nothing, as many do until they are asked, and the program waits for it for ever. A read \
              on a socket has no end of its own: its timeout is set before",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "a_service_that_says_nothing_is_open" && overdue(evidence)
        },
    },
    Mistake {
        name: "the end of the line not seen",
        why: "the line was complete at its LF, and the program read on, to the end of the stream or to its deadline. \
              A service that waits for an answer sends no more, and does not close",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| about_banners(evidence) && overdue(evidence) && sent_lf(evidence),
    },
    Mistake {
        name: "a banner without a bound",
        why: "512 octets had come without an LF, and the program went on. Whoever sends decides then how long it reads, \
              and how much it keeps",
        rfc: "RFC 5321 §4.5.3.1.5",
        seen: |evidence| {
            let failure = evidence.failure;
            evidence.check == "a_banner_without_an_end_is_cut_after_512_octets"
                && (overdue(evidence) || failure.came.len() > failure.expected.len())
        },
    },
    Mistake {
        name: "the CR left at the end of the line",
        why: "the line ends in CR and LF, 0d and 0a, and the program took away the LF alone",
        rfc: "RFC 4253 §4.2",
        seen: |evidence| {
            let text = String::from_utf8_lossy(&evidence.failure.came).into_owned();
            let without = text.strip_suffix("\\x0d\"").map(|text| format!("{text}\""));
            without.is_some_and(|without| without.as_bytes() == evidence.failure.expected)
        },
    },
    Mistake {
        name: "an interrupted read taken for an end",
        why: "a signal interrupted a read, which did nothing and said so (EINTR), and the program took what it had for \
              all there is. Such a call is made again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.check == "an_interrupted_read_is_repeated" && !overdue(evidence),
    },
    Mistake {
        name: "what came before the end thrown away",
        why: "the service said something, and then it closed, or no more came in time, and the program told of no \
              banner. What came is the banner, with its line's end or without",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let none = |octets: &[u8]| String::from_utf8_lossy(octets).ends_with("no banner");
            let Failure { expected, came, .. } = evidence.failure;
            none(came) && !none(expected)
        },
    },
    Mistake {
        name: "one read taken for one line",
        why: "the program took what its first read returned for the whole line. TCP carries octets without borders, \
              so a read returns what has arrived, and the line's end may come with a later one",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let came = evidence.failure.came.strip_suffix(b"\"");
            evidence.check == "a_banner_in_pieces_is_put_together"
                && came.is_some_and(|came| {
                    came.len() < evidence.failure.expected.len()
                        && (evidence.failure.expected.starts_with(came) || came.ends_with(b"\\x0d"))
                })
        },
    },
    Mistake {
        name: "a field taken that is not there",
        why: "the line of the table has fewer fields than a socket's has, and the program took one that it does not \
              have. How many there are is looked at before",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            evidence.check == "a_line_that_cannot_be_read_is_told_and_no_other_is_lost"
                && evidence.said("panicked at")
        },
    },
    Mistake {
        name: "the octets of an address turned round",
        why: "the four octets came out last first. The table has a number where the address has four octets, and the \
              machine read the number from its own memory: its own byte order gives the octets back. In IPv6 there \
              are four such numbers",
        rfc: "RFC 791 Appendix B",
        seen: |evidence| {
            let turned = match listed(evidence) {
                Some((expected, came)) => {
                    turned(expected.ip()) == Some(came.ip()) && expected.ip() != came.ip()
                }
                None => false,
            };
            turned
                || (evidence.check == "a_listener_of_this_machine_is_found"
                    && compared(evidence).1.contains("1.0.0.127:"))
        },
    },
    Mistake {
        name: "the octets of a port turned round",
        why: "the two octets of the port came out last first. The system has turned the port into a number before it \
              wrote it down, so its four digits are that number",
        rfc: "RFC 9293 §3.1",
        seen: |evidence| {
            listed(evidence).is_some_and(|(expected, came)| {
                expected.ip() == came.ip()
                    && expected.port().swap_bytes() == came.port()
                    && expected != came
            })
        },
    },
    Mistake {
        name: "the state read in decimal",
        why: "the state of a listener stands in the table as 0A, which is 10 in hexadecimal, and the program looked \
              for a decimal number",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| evidence.said("\"0A\" is no state"),
    },
    Mistake {
        name: "the inode of something else taken for the socket's",
        why: "the program named a process that has a pipe or a file with that number, and not the socket. The link of \
              a socket is `socket:[` and the inode and `]`, no more and no less",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            let came = String::from_utf8_lossy(&evidence.failure.came).into_owned();
            evidence.check == "a_process_is_found_by_the_inode_of_its_socket"
                && ["\"pipes\"", "\"files\""]
                    .iter()
                    .any(|name| came.contains(name))
        },
    },
    Mistake {
        name: "no descriptor taken for a socket",
        why: "no process was found for a socket that one has. What counts is the text of the link, `socket:[` and the \
              inode: it is read (`read_link`), and not followed, for there is nothing of that name behind it",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            let came = String::from_utf8_lossy(&evidence.failure.came).into_owned();
            evidence.check == "a_process_is_found_by_the_inode_of_its_socket"
                && came.ends_with("  ?")
                && !evidence.failure.expected.ends_with(b"  ?")
        },
    },
    Mistake {
        name: "one owner of several",
        why: "several descriptors are this socket, and the program named one. After a fork both processes have it, and \
              the port is free when the last of them has closed it",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            let (expected, came) = (
                owners(&evidence.failure.expected),
                owners(&evidence.failure.came),
            );
            evidence.check == "a_socket_of_several_processes_names_them_all"
                && !came.is_empty()
                && came.len() < expected.len()
        },
    },
    Mistake {
        name: "numbers sorted as text",
        why: "the owners are there in another order: as text 100 comes before 9. Process and descriptor are numbers, \
              and are sorted as such",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            let (mut expected, mut came) = (
                owners(&evidence.failure.expected),
                owners(&evidence.failure.came),
            );
            let differ = expected != came;
            expected.sort_unstable();
            came.sort_unstable();
            evidence.check == "a_socket_of_several_processes_names_them_all"
                && differ
                && expected == came
        },
    },
    Mistake {
        name: "a process that has ended taken for a failure",
        why: "a process ended while the program looked through them, and the program gave up. Processes end all the \
              time: what is not there any more is passed over, and the others are told",
        rfc: "RFC 9293 §3.3.2",
        seen: |evidence| {
            evidence.check == "a_process_that_is_gone_is_passed_over"
                && evidence.failure.came.is_empty()
                && evidence.last.is_some_and(|run| run.code == Some(1))
        },
    },
];

/// What was asked, or the line that was read: the text in the first backticks of
/// the situation.
fn asked<'a>(evidence: &'a Evidence<'_>) -> &'a str {
    evidence.failure.what.split('`').nth(1).unwrap_or_default()
}

/// The ends of the range that the system chooses from, as it was given.
fn local_ends<'a>(evidence: &'a Evidence<'_>) -> Option<[&'a str; 2]> {
    let (_, range) = evidence.failure.what.split_once("chooses from ")?;
    let (first, last) = range.split_once('-')?;
    Some([first, last])
}

/// The runs of digits in a text.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty())
}

/// What was expected and what came, where words were compared.
fn compared<'a>(evidence: &'a Evidence<'_>) -> (&'a str, &'a str) {
    let words = evidence.failure.words.as_ref();
    words.map_or(("", ""), |(expected, came)| (expected, came))
}

/// Whether an answer came where the question should have been refused.
fn taken(evidence: &Evidence<'_>) -> bool {
    let (expected, came) = compared(evidence);
    expected == REFUSAL && came.contains("  ")
}

/// Whether a column should have been `expected` and was `came`.
fn differ(evidence: &Evidence<'_>, expected: &str, came: &str) -> bool {
    evidence.failure.expected == expected.as_bytes() && evidence.failure.came == came.as_bytes()
}

/// Whether the last program was ended by us, since it did not end.
fn overdue(evidence: &Evidence<'_>) -> bool {
    evidence.last.is_some_and(|run| run.overdue)
}

/// The state in a line of a scan; empty if there is none.
fn state(line: &[u8]) -> &str {
    let text = str::from_utf8(line).unwrap_or_default();
    let state = text.split("  ").nth(1).unwrap_or_default().trim_end();
    match state {
        "open" | "closed" | "filtered" => state,
        _ => "",
    }
}

/// The states of one port: as expected, as it came. Empty where descriptors were
/// refused, or the lines are about two ports.
fn states<'a>(evidence: &'a Evidence<'_>) -> (&'a str, &'a str) {
    let (expected, came) = (&evidence.failure.expected, &evidence.failure.came);
    let port = |line: &'a [u8]| str::from_utf8(line).ok()?.split("  ").next();
    if evidence.calls_fell_short() || port(expected) != port(came) {
        return ("", "");
    }
    (state(expected), state(came))
}

fn about_descriptors(evidence: &Evidence<'_>) -> bool {
    [
        "too_few_descriptors_lose_no_port",
        "a_descriptor_that_is_refused_is_asked_for_again",
        "without_any_descriptor_the_scan_says_so",
    ]
    .contains(&evidence.check)
}

fn about_banners(evidence: &Evidence<'_>) -> bool {
    [
        "the_first_line_is_the_banner",
        "a_banner_in_pieces_is_put_together",
        "a_banner_without_an_end_is_cut_after_512_octets",
        "an_interrupted_read_is_repeated",
    ]
    .contains(&evidence.check)
}

/// Whether an LF was sent on the last connection.
fn sent_lf(evidence: &Evidence<'_>) -> bool {
    let sent = evidence.pieces_sent(evidence.last_stream()).concat();
    sent.contains(&b'\n')
}

/// The addresses of the socket in a row: as expected, as it came.
fn listed(evidence: &Evidence<'_>) -> Option<(SocketAddr, SocketAddr)> {
    let address = |row: &[u8]| {
        let row = str::from_utf8(row).ok()?;
        row.split("  ").nth(1)?.parse().ok()
    };
    Some((
        address(&evidence.failure.expected)?,
        address(&evidence.failure.came)?,
    ))
}

/// An address with each four octets last first.
fn turned(ip: IpAddr) -> Option<IpAddr> {
    Some(match ip {
        IpAddr::V4(ip) => IpAddr::from(ip.to_bits().to_le_bytes()),
        IpAddr::V6(ip) => {
            let mut octets = ip.octets();
            octets.chunks_exact_mut(4).for_each(<[u8]>::reverse);
            IpAddr::from(octets)
        }
    })
}

/// The owners in a row.
fn owners(row: &[u8]) -> Vec<String> {
    let row = String::from_utf8_lossy(row).into_owned();
    let owners = row.splitn(4, "  ").nth(3).unwrap_or_default();
    let named = owners.split(", ").filter(|owner| *owner != "?");
    named.map(str::to_owned).collect()
}
