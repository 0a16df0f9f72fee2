//! The mistakes that people make in `talk`, and how they are known.

use crate::check::{Evidence, Failure, Mistake, What};

/// The most telling first.
pub const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an interrupted call taken for a failure",
        why: "a signal interrupted a system call, which did nothing and said so (EINTR), and the program gave up. Such a \
              call is made again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.said("Interrupted"),
    },
    Mistake {
        name: "a write that was not finished",
        why: "the program called write once and went on, though the call took only a part of the octets. A write says \
              how many it took, and the rest has to be written again. UDP takes a datagram whole or not at all; TCP \
              does not",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let is_short = !came.is_empty() && came.len() + 1 < expected.len();
            evidence.was_cut_short() && is_short
        },
    },
    Mistake {
        name: "a socket of the wrong family",
        why: "the socket was made for IPv4 and the address is one of IPv6. A socket has a family from the beginning, and \
              the address that it will be used with says which",
        rfc: "RFC 8200 §8.1",
        seen: |evidence| {
            let over_v6 = [
                "a_peer_on_ipv6_is_talked_to",
                "twenty_octets_more_fit_over_ipv6",
                "a_port_of_ipv6_is_listened_at",
            ];
            over_v6.contains(&evidence.check)
                && (evidence.said("family") || evidence.said("Invalid argument"))
        },
    },
    // ---- step 1
    Mistake {
        name: "an answer to somebody else",
        why: "the second sender asked, and the answer went to the first. UDP has no connections: each datagram brings its \
              own source, and its answer goes there",
        rfc: "RFC 862",
        seen: |evidence| came(evidence) == "it went to the address of the first question",
    },
    Mistake {
        name: "only one sender heard",
        why: "the first sender got its answer and the second none. A socket that is connected takes datagrams from that \
              one address and no other; a server that serves all leaves it unconnected",
        rfc: "RFC 862",
        seen: |evidence| {
            evidence.check == "each_datagram_goes_back_to_its_own_sender"
                && came(evidence).starts_with("none within")
                && datagrams_came(evidence) > 0
        },
    },
    Mistake {
        name: "a datagram of no octets taken for the end",
        why: "a datagram without data came, and the program took it for the end of something. A read of no octets is the \
              end of a stream; on UDP it is a datagram whose Length is 8, the header's own, and more may follow",
        rfc: "RFC 768",
        seen: |evidence| match evidence.check {
            "a_datagram_of_no_octets_is_one_like_any_other" => {
                came(evidence) == "the program ended without one" && exited(evidence, 0)
            }
            "a_datagram_that_comes_is_a_line" => {
                evidence.failure.what.starts_with("a datagram of 0 octets") && nothing(evidence)
            }
            "a_datagram_is_answered" => {
                let Failure { expected, came, .. } = evidence.failure;
                expected == b"answered: \n" && came != b"silent\n" && came != expected
            }
            _ => false,
        },
    },
    Mistake {
        name: "a datagram of no octets passed over",
        why: "a datagram without data came, and the program acted as if nothing had come. It is a message like any other, \
              and says at least that somebody is there",
        rfc: "RFC 768",
        seen: |evidence| {
            let Failure {
                expected,
                came: octets,
                ..
            } = evidence.failure;
            match evidence.check {
                "a_datagram_of_no_octets_is_one_like_any_other" => {
                    came(evidence).starts_with("none within")
                        && evidence.failure.what.contains("of 0 octets")
                }
                "a_datagram_that_comes_is_a_line" => {
                    evidence.failure.what.starts_with("a datagram of 0 octets")
                        && !octets.is_empty()
                }
                "a_datagram_is_answered" => expected == b"answered: \n" && octets == b"silent\n",
                _ => false,
            }
        },
    },
    Mistake {
        name: "the buffer sent, not the datagram",
        why: "what came back is the datagram and behind it the rest of the buffer. A receive says how many octets it put \
              there, and only those are the datagram",
        rfc: "RFC 862",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            came.strip_prefix(expected.as_slice())
                .is_some_and(|rest| !rest.is_empty() && rest.iter().all(|&octet| octet == 0))
        },
    },
    Mistake {
        name: "a buffer too small",
        why: "the datagram has more octets than the program's buffer, and what did not fit is gone: a receive copies what \
              fits, throws the rest away, and says nothing of it",
        rfc: "RFC 768",
        seen: |evidence| {
            let by_datagrams = [
                "a_long_datagram_comes_back_whole",
                "a_datagram_that_comes_is_a_line",
                "the_largest_datagram_is_received",
            ];
            let Failure { expected, came, .. } = evidence.failure;
            let came = came.strip_suffix(b"\n").unwrap_or(came);
            by_datagrams.contains(&evidence.check)
                && came.len() >= 16
                && came.len() < expected.len()
                && expected.starts_with(came)
        },
    },
    Mistake {
        name: "octets taken for text",
        why: "the datagram holds an octet that is no UTF-8, and what came back has the three octets ef bf bd in its place: \
              it was made text and octets again on its way through. An echo sends octets, whatever they mean",
        rfc: "RFC 862",
        seen: |evidence| {
            let replaced = |octets: &[u8]| octets.windows(3).any(|three| three == b"\xef\xbf\xbd");
            let Failure { expected, came, .. } = evidence.failure;
            !replaced(expected) && replaced(came)
        },
    },
    Mistake {
        name: "a line end in the datagram",
        why: "the line's LF was sent along. On UDP nothing needs to say where a message ends: the datagram does, and an \
              empty line is a datagram of no octets",
        rfc: "RFC 768",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            datagrams_came(evidence) > 0 && came.strip_suffix(b"\n") == Some(expected)
        },
    },
    Mistake {
        name: "a message of no octets not sent",
        why: "there was nothing in the message, and nothing was sent. A datagram of no octets is a header without data, \
              and the call that sends it is given no octets",
        rfc: "RFC 768",
        seen: |evidence| {
            let what = &evidence.failure.what;
            (what.ends_with("for the line \"\"") || what.starts_with("0 octets of input"))
                && evidence.failure.words.is_some()
        },
    },
    Mistake {
        name: "a stranger believed",
        why: "the program took a datagram from another address than its peer's for one of its peer. Anybody can send to a \
              UDP port. A connected socket filters, but not what was in its queue before; the source of a datagram \
              tells",
        rfc: "RFC 8085 §5.1",
        seen: |evidence| {
            let Failure {
                expected,
                came: octets,
                what,
                ..
            } = evidence.failure;
            octets == b"I am the peer\n"
                || expected == b"silent\n" && octets == b"answered: no\n"
                || what == "the answer after a stranger spoke" && came(evidence).starts_with("none")
        },
    },
    Mistake {
        name: "the first message lost",
        why: "the talk began, and the message that it began with was never shown. Whoever waits for the first datagram to \
              learn the peer's address holds a message in hand",
        rfc: "RFC 768",
        seen: |evidence| {
            evidence.check == "the_first_to_speak_is_the_peer"
                && evidence.failure.what.starts_with("the first message")
                && datagrams_came(evidence) > 0
        },
    },
    Mistake {
        name: "the first message twice",
        why: "the message that the talk began with was shown, and then once more. A look at a datagram (`peek`) leaves it \
              in the queue, and the next receive takes it",
        rfc: "RFC 768",
        seen: |evidence| {
            let at_line_3 = evidence.failure.what.ends_with("line 3 of standard output");
            at_line_3 && evidence.failure.expected != b"hi\n" && evidence.failure.came == b"hi\n"
        },
    },
    Mistake {
        name: "a line thrown away",
        why: "a line was typed before anybody was there, and nobody ever got it. Who waits for a peer leaves what is typed \
              where it is until there is one",
        rfc: "RFC 768",
        seen: |evidence| {
            evidence.failure.what == "the line that was typed before"
                && came(evidence).starts_with("none within")
        },
    },
    Mistake {
        name: "turn by turn",
        why: "the program waits for an answer before it reads the next line, or for a line before it shows the next \
              message. Two people do not take turns: one thread reads what is typed, another what comes, and neither \
              waits for the other",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let what = &evidence.failure.what;
            let missing = nothing(evidence)
                || came(evidence).starts_with("none")
                || evidence.failure.came.is_empty() && evidence.failure.ended.is_some();
            (what.contains("before any answer")
                || what.contains("before any line")
                || what.contains("before any message"))
                && missing
        },
    },
    // ---- step 2
    Mistake {
        name: "the header of IPv4 counted for IPv6",
        why: "65,507 is the largest over IPv4, whose Total Length counts its own 20 octets. IPv6's Payload Length does \
              not count its header, so 20 octets more fit",
        rfc: "RFC 8200 §3",
        seen: |evidence| {
            evidence.failure.expected == b"65527\n" && evidence.failure.came == b"65507\n"
                || evidence.check == "twenty_octets_more_fit_over_ipv6" && evidence.said("65507")
        },
    },
    Mistake {
        name: "an IPv4-mapped address taken for IPv6",
        why: "::ffff:192.0.2.1 is written as an IPv6 address, and the packet that goes there is one of IPv4, with its \
              header and its limit",
        rfc: "RFC 4291 §2.5.5.2",
        seen: |evidence| {
            evidence.failure.what.contains("[::ffff:")
                && evidence.failure.expected == b"65507\n"
                && evidence.failure.came == b"65527\n"
        },
    },
    Mistake {
        name: "a header not counted",
        why: "16 bits count up to 65,535, and they do not count data alone: 8 octets are UDP's header, and over IPv4 at \
              least 20 more are IP's",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            let number =
                |octets: &[u8]| -> Option<u32> { str::from_utf8(octets).ok()?.trim().parse().ok() };
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "what_fits_a_datagram_is_known_beforehand"
                && number(came) > number(expected)
        },
    },
    Mistake {
        name: "cut to what fits",
        why: "there was more to send than a datagram carries, and a datagram went out all the same. A part that looks \
              whole is worse than an error: nobody can see that it is a part",
        rfc: "RFC 768",
        seen: |evidence| {
            evidence.failure.what.ends_with("octets to send at once")
                && came(evidence).starts_with("a datagram of")
        },
    },
    Mistake {
        name: "a limit that leaves out its own value",
        why: "the datagram is as long as the longest that there is, and was refused. The limit is the most that is \
              allowed, so it is itself allowed",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            let sent = [
                "the_largest_datagram_is_sent_and_a_larger_one_refused",
                "twenty_octets_more_fit_over_ipv6",
            ];
            sent.contains(&evidence.check)
                && evidence.failure.what.starts_with("a datagram of")
                && came(evidence) == "the program ended without one"
                && exited(evidence, 1)
        },
    },
    Mistake {
        name: "one datagram sent as several",
        why: "the octets came in several datagrams. Each travels alone, may be lost or overtaken alone, and nothing in \
              them says that they belong together",
        rfc: "RFC 768",
        seen: |evidence| {
            ran(evidence, "send")
                && (evidence.came_is_a_beginning() || evidence.failure.what == "after the datagram")
        },
    },
    Mistake {
        name: "a datagram cut without a word",
        why: "the datagram has more octets than are allowed, and the program printed its beginning as if it were all. The \
              system cuts and says nothing; a buffer with one octet to spare shows that it has",
        rfc: "RFC 768",
        seen: |evidence| {
            evidence.check == AS_LONG_AS
                && (evidence.failure.expected.is_empty() && !evidence.failure.came.is_empty()
                    || exited(evidence, 0) && came(evidence) == "exit status 0")
        },
    },
    Mistake {
        name: "a full buffer taken for a cut",
        why: "the datagram has exactly as many octets as are allowed, and was refused. A full buffer does not say whether \
              something was cut off; with one octet to spare it does",
        rfc: "RFC 768",
        seen: |evidence| {
            evidence.check == AS_LONG_AS
                && !evidence.failure.expected.is_empty()
                && evidence.failure.came.is_empty()
                && exited(evidence, 1)
        },
    },
    Mistake {
        name: "two datagrams read as one",
        why: "the program read on after the first datagram and put the second behind it. On UDP one receive is one \
              datagram, and the next is another message",
        rfc: "RFC 768",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "one_datagram_is_received_and_not_two"
                && came.len() > expected.len()
                && came.starts_with(expected)
        },
    },
    // ---- step 3
    Mistake {
        name: "no line feed at the end",
        why: "the octets of the text came and the LF did not. On UDP the datagram was the border; in a stream nothing is \
              but what is sent, and the other side waits",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let Failure {
                expected,
                came,
                ended,
                ..
            } = evidence.failure;
            expected.strip_suffix(b"\n") == Some(came) && !came.is_empty() && ended.is_some()
        },
    },
    Mistake {
        name: "what came behind the line thrown away",
        why: "several messages came in one read, and only the first was shown. What a read brings beyond the LF is the \
              beginning of the next message, and the buffer that holds it must outlive the call",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let came = &evidence.failure.came;
            evidence.check == CUT
                && evidence.failure.expected.starts_with(came)
                && came.iter().filter(|&&octet| octet == b'\n').count() == 1
                && pieces(evidence) == 1
        },
    },
    Mistake {
        name: "an empty message taken for the end",
        why: "a message of no octets came, an LF alone, and the program took it for the end of the stream. The end is \
              what a read of no octets says; an LF is an octet",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == CUT
                && came.ends_with(b"\n")
                && expected
                    .strip_prefix(came.as_slice())
                    .is_some_and(|rest| rest.starts_with(b"\n"))
        },
    },
    Mistake {
        name: "a read taken for a line",
        why: "the program took what one read returned for one message. TCP keeps no borders: a read may bring a part of a \
              message, or several and the beginning of another. Where a message ends, its LF says",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let filled = |octets: &[u8]| -> Vec<u8> {
                let text = String::from_utf8_lossy(octets).replace("\\x0a", "\n");
                text.bytes().filter(|&octet| octet != b'\n').collect()
            };
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == CUT && came != expected && filled(came) == filled(expected)
                || evidence.check == CUT && String::from_utf8_lossy(came).contains("\\xc3\n")
                || came.strip_suffix(b"\n").is_some_and(|beginning| {
                    beginning.starts_with(b"answered: ")
                        && expected.starts_with(beginning)
                        && expected.len() > came.len()
                })
        },
    },
    Mistake {
        name: "the end never told",
        why: "the input has ended, and the other side does not learn it: no FIN comes. Dropping one handle of a socket \
              closes nothing while another is open; `shutdown` of the sending direction does",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let told = ["after the end of the input", "after the last line"];
            told.contains(&evidence.failure.what.as_str()) && came(evidence).contains("silence")
        },
    },
    Mistake {
        name: "the peer no longer heard",
        why: "the program had said everything, and stopped listening too. CLOSE means \"I have no more data to send\": \
              who says it receives on until the other side has closed",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let Failure {
                expected,
                came,
                what,
                ..
            } = evidence.failure;
            what.starts_with("a message, after the program has said everything")
                || evidence.check == CUT
                    && pieces(evidence) > 1
                    && exited(evidence, 0)
                    && expected.starts_with(came)
        },
    },
    Mistake {
        name: "a message cut off and not reported",
        why: "the stream ended before the LF, and the program said that all was well. Without the LF nobody knows whether \
              the message was whole",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "a_message_that_is_cut_off_is_reported" && exited(evidence, 0)
        },
    },
    Mistake {
        name: "a message without a bound",
        why: "more octets came than a message may have, none of them an LF, and the program went on collecting. Without a \
              bound the other side decides how much memory a program uses",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_longest_message_is_shown_and_a_longer_one_refused"
                && overdue(evidence)
        },
    },
    Mistake {
        name: "a line too long sent",
        why: "the line has more octets than a message may have, and it was sent. The other side refuses it, and with it \
              the rest of the talk",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "a_line_too_long_is_not_sent_and_the_talk_goes_on"
                && !came.is_empty()
                && !expected.starts_with(came)
        },
    },
    Mistake {
        name: "a caller left in the queue",
        why: "a second caller connected, and nobody will ever talk to it. The system completes the handshake for whoever \
              calls a listening socket and keeps them in a queue; a program that takes no more callers closes that \
              socket",
        rfc: "RFC 9293 §3.5.2",
        seen: |evidence| evidence.check == "a_second_caller_is_refused" && nobody_talks(evidence),
    },
    Mistake {
        name: "a reset taken for an end",
        why: "the connection was thrown away, and the program acted as if the other side had said everything. A reset is \
              an error of the read; an end is a read of no octets",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "a_reset_is_no_end" && (overdue(evidence) || exited(evidence, 0))
        },
    },
    // ---- step 4
    Mistake {
        name: "asked without a bound",
        why: "the question was asked more often than it should be. Where nobody answers, the network may be full, and \
              whoever sends on and on fills it more; the number of tries is a bound",
        rfc: "RFC 8085 §3.1",
        seen: |evidence| came(evidence).starts_with("one more than"),
    },
    Mistake {
        name: "asked only once",
        why: "no answer came, and the program gave up at once. A datagram there or a datagram back gets lost now and \
              then; UDP does nothing about it, so the program asks again",
        rfc: "RFC 8085 §3.3",
        seen: |evidence| {
            let asked_once = match evidence.check {
                "a_lost_answer_is_asked_for_again" => {
                    came(evidence) == "the program ended without one"
                }
                "a_question_is_asked_so_often_and_no_more" => came(evidence).starts_with("1, and"),
                _ => false,
            };
            asked_once && evidence.last.is_some_and(|run| run.stdout == b"silent\n")
        },
    },
    Mistake {
        name: "a lost answer waited for without end",
        why: "the answer was lost, and the program waits for it. A receive waits for as long as it takes, which can be \
              for ever: a wait for a datagram has a limit, and the socket is told it (`set_read_timeout`)",
        rfc: "RFC 8085 §3.3",
        seen: |evidence| {
            let lost = [
                "a_lost_answer_is_asked_for_again",
                "a_question_is_asked_so_often_and_no_more",
                "a_strangers_answer_is_none",
            ];
            lost.contains(&evidence.check)
                && (came(evidence).starts_with("none within") || overdue(evidence))
        },
    },
    Mistake {
        name: "a socket that is not told",
        why: "nobody is at that port, and the host there said so with ICMP. The program reports silence: its socket is not \
              connected, so the system does not know whom to tell, or the error was passed over",
        rfc: "RFC 1122 §4.1.3.3",
        seen: |evidence| {
            evidence.check == "a_datagram_that_finds_nobody_is_refused"
                && (evidence.failure.came == b"silent\n" || overdue(evidence))
        },
    },
    Mistake {
        name: "silence called a refusal",
        why: "nothing came, and the program says that it was refused. Who refuses says something: an ICMP message, or a \
              reset. Silence may also be a lost packet, a filter, or a program that is busy",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            evidence.failure.expected == b"silent\n" && evidence.failure.came == b"refused\n"
        },
    },
    Mistake {
        name: "silence taken for an end",
        why: "nothing came within the time, and the program says that the connection was closed. A read that waited too \
              long failed; a connection that was closed gave a read of no octets",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            evidence.failure.expected == b"silent\n" && evidence.failure.came == b"closed\n"
        },
    },
    Mistake {
        name: "a connection waited for without end",
        why: "no answer came to the SYN, and the program waits. TCP goes on trying for minutes, as it must; a program \
              that has less patience says so when it connects (`connect_timeout`)",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            evidence.check == "a_host_that_answers_no_syn_is_silent" && overdue(evidence)
        },
    },
    Mistake {
        name: "an answer waited for without end",
        why: "the connection stands and no answer comes, and the program waits. A connection says that the host is there, \
              and nothing about the program: a read has a limit too",
        rfc: "RFC 9293 §3.8.3",
        seen: |evidence| {
            evidence.check == "a_server_that_never_answers_is_silent" && overdue(evidence)
        },
    },
    Mistake {
        name: "reset and close mixed up",
        why: "a reset (RST) throws the connection away, and a read then fails; a close (FIN) ends one direction in order, \
              and a read then gives no octets. The program calls one by the other's name",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let pair = [expected.as_slice(), came.as_slice()];
            pair == [b"reset\n".as_slice(), b"closed\n"]
                || pair == [b"closed\n".as_slice(), b"reset\n"]
        },
    },
    Mistake {
        name: "an end taken for an answer",
        why: "the connection ended before a line was whole, and the program calls what it has an answer. Without the LF \
              nobody knows whether there was more",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.failure.expected == b"closed\n"
                && evidence.failure.came.starts_with(b"answered")
        },
    },
    // ---- step 5
    Mistake {
        name: "byebye inside a message",
        why: "a message that only contains the word ended the talk. Whoever can make somebody say a word could hang up on \
              them; the message has to be the word and nothing else",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "byebye_inside_a_message_ends_nothing"
                && evidence.failure.what.contains("does not end the talk")
        },
    },
    Mistake {
        name: "byebye not known",
        why: "the word was said, and the talk went on. The message that is compared has no LF any more",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let what = evidence.failure.what.as_str();
            match evidence.check {
                "who_hears_byebye_is_done"
                | "byebye_ends_a_talk_in_datagrams"
                | "a_port_of_ipv6_is_listened_at"
                | "who_hears_byebye_lets_the_other_close_first"
                | "byebye_inside_a_message_ends_nothing" => overdue(evidence) && !busy(evidence),
                "who_says_byebye_is_done_when_the_peer_is" => {
                    evidence.failure.came.starts_with(b"never sent")
                }
                _ => what.starts_with("after byebye") && came(evidence).contains("silence"),
            }
        },
    },
    Mistake {
        name: "gone before the peer was",
        why: "the program said byebye and was gone, while a message to it was on its way. After the last word of its own a \
              program receives on until the other side has closed too",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence
                .failure
                .what
                .starts_with("a message that crossed the byebye")
        },
    },
    Mistake {
        name: "closed before who said byebye",
        why: "the program heard byebye and closed at once, perhaps before the other side had. Who closes first keeps the \
              connection in TIME-WAIT, and which side that is becomes a matter of luck",
        rfc: "RFC 9293 §3.6.1",
        seen: |evidence| {
            evidence
                .failure
                .what
                .starts_with("after byebye was heard, before")
        },
    },
    Mistake {
        name: "a peer waited for without end",
        why: "the program said byebye and waits for the other side to close, which it never does. Politeness has a limit: \
              after --wait it ends all the same",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "who_never_closes_is_not_waited_for_without_end" && overdue(evidence)
        },
    },
    Mistake {
        name: "a port that is not free again",
        why: "the program closed its connection first, so its end of it stays in TIME-WAIT for a minute or more, and the \
              system refuses the port to a new listener unless SO_REUSEADDR is set on the socket before it is bound",
        rfc: "RFC 9293 §3.6.1",
        seen: |evidence| {
            evidence.check == "a_port_can_be_listened_at_again_at_once" && evidence.said("in use")
        },
    },
    Mistake {
        name: "a port taken from another listener",
        why: "two programs listen at one port now, and callers go to either. SO_REUSEPORT does that, where both set it; \
              SO_REUSEADDR, on Unix, does not",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| came(evidence) == "it listens there as well",
    },
];

const AS_LONG_AS: &str = "a_datagram_as_long_as_the_limit_is_received_and_a_longer_one_refused";
const CUT: &str = "a_message_is_shown_however_the_stream_is_cut";

/// What came, where words were compared.
fn came<'a>(evidence: &'a Evidence<'_>) -> &'a str {
    evidence
        .failure
        .words
        .as_ref()
        .map_or("", |(_, came)| came.as_str())
}

/// Whether a line of standard output was waited for and none came.
fn nothing(evidence: &Evidence<'_>) -> bool {
    came(evidence).starts_with("nothing")
}

fn nobody_talks(evidence: &Evidence<'_>) -> bool {
    came(evidence).ends_with("nobody talks to it")
}

/// Whether the last program ended with this status.
fn exited(evidence: &Evidence<'_>, code: i32) -> bool {
    evidence.last.is_some_and(|run| run.code == Some(code))
}

/// Whether the last program did not end by itself.
fn overdue(evidence: &Evidence<'_>) -> bool {
    evidence.last.is_some_and(|run| run.overdue)
}

/// Whether it computed and did not wait.
fn busy(evidence: &Evidence<'_>) -> bool {
    evidence.last.is_some_and(|run| run.busy)
}

/// Whether the last program was run with this subcommand.
fn ran(evidence: &Evidence<'_>, subcommand: &str) -> bool {
    let args = evidence.last.map(|run| run.args.as_slice());
    args.and_then(<[String]>::first).map(String::as_str) == Some(subcommand)
}

/// How many datagrams came from the program.
fn datagrams_came(evidence: &Evidence<'_>) -> usize {
    let came = |what: &What| matches!(what, What::DatagramReceived(..));
    evidence
        .events
        .iter()
        .filter(|event| came(&event.what))
        .count()
}

/// In how many pieces the last stream was sent.
fn pieces(evidence: &Evidence<'_>) -> usize {
    evidence.pieces_sent(evidence.last_stream()).len()
}
