//! The mistakes that people make with `framing`, and how they are known.

use super::Framing::{self, Cobs, Dot, Length, Line, Varint};
use crate::check::{Event, Evidence, Failure, Mistake, What};

/// The most telling first.
pub const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an interrupted call taken for a failure",
        why: "a signal interrupted a system call, which did nothing and said so (EINTR), and the program gave up. \
              Such a call is made again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.calls_fell_short() && evidence.said("Interrupted"),
    },
    Mistake {
        name: "a write that was not finished",
        why: "the program called write once and went on, though the call took only a part of the frame. A write says \
              how many octets it took, and the rest has to be written again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| evidence.was_cut_short() && !evidence.failure.came.is_empty(),
    },
    Mistake {
        name: "memory taken for octets that were only announced",
        why: "the program reserved as many octets as the length announces before any of them came, and the system \
              refused. A length is what a peer says; memory is taken for octets that came",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let words = ["memory allocation of", "capacity overflow", "MemoryError"];
            words.iter().any(|words| evidence.said(words))
        },
    },
    Mistake {
        name: "a sum that overflows",
        why: "the program added the announced length to another number, and the sum does not fit. A number from the \
              network can be the greatest there is, so it is compared before anything is added to it",
        rfc: "Protocol Buffers, Base 128 Varints",
        seen: |evidence| evidence.said("with overflow"),
    },
    Mistake {
        name: "the header counted in the length",
        why: "the length includes its own four octets on one side and not on the other. Here, as for DNS over TCP, it \
              counts the message alone",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let encoded = is_encoding(evidence, "length")
                && header(came).checked_sub(4) == Some(header(expected))
                && expected.get(4..) == came.get(4..);
            let decoded = evidence.check == "the_length_counts_the_message_and_not_itself"
                && came.ends_with(b"\n")
                && came.len() + 4 == expected.len();
            encoded || decoded
        },
    },
    Mistake {
        name: "a length field of eight octets",
        why: "the length stands in eight octets, as wide as a number is in the program, and the other side reads \
              four. A field's width is the protocol's, so the number is made to fit before it is written",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let field = came.first_chunk().map(|field| u64::from_be_bytes(*field));
            is_encoding(evidence, "length")
                && field == Some(header(expected).into())
                && came.get(8..) == expected.get(4..)
        },
    },
    Mistake {
        name: "the characters of the text counted, not the octets of the message",
        why: "the message is right and the length is that of the text that stands for it, in which an escape such as \
              `\\n` has two characters for one octet. What is counted is what is sent",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let text = last_sent(evidence).strip_suffix(b"\n");
            is_encoding(evidence, "length")
                && header(came) != header(expected)
                && text.is_some_and(|text| u32::try_from(text.len()) == Ok(header(came)))
                && came.get(4..) == expected.get(4..)
        },
    },
    Mistake {
        name: "the least significant octet first",
        why: "the four octets of the length stand in the reverse order. In a protocol the most significant octet of a \
              number comes first, whatever the machine's own order is",
        rfc: "RFC 1035 §2.3.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            is_encoding(evidence, "length")
                && header(came) != header(expected)
                && header(came).swap_bytes() == header(expected)
        },
    },
    Mistake {
        name: "the next frame looked for inside this one",
        why: "the message is right, and the program goes on too early in the stream: a frame is its length field and \
              its message, and the next one begins behind both",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let touching = [
                "the_length_counts_the_message_and_not_itself",
                "frames_that_touch_are_told_apart",
            ];
            touching.contains(&evidence.check)
                && evidence.failure.words.is_some()
                && exited(evidence, 1)
        },
    },
    Mistake {
        name: "the upper octets of the length lost",
        why: "the length field holds only the lower octets of the length, so the other side reads too few and takes \
              the rest of the message for frames. Four octets say up to 4,294,967,295",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let (expected, came) = (header(expected), header(came));
            is_encoding(evidence, "length")
                && came != expected
                && (came == expected & 0xff || came == expected & 0xffff)
        },
    },
    Mistake {
        name: "a message without octets left out",
        why: "a message can have no octets, and its frame is then whole all the same. It says something: that there \
              was a message",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let filled = |octets: &[u8]| -> Vec<u8> {
                let lines = octets.split_inclusive(|&octet| octet == b'\n');
                lines
                    .filter(|line| *line != b"\n")
                    .collect::<Vec<_>>()
                    .concat()
            };
            let only = evidence.check == "a_message_without_octets_is_a_message"
                && expected == b"\n"
                && came.is_empty();
            let among =
                expected != came && !expected.ends_with(b"\n\n") && filled(expected) == *came;
            has_arg(evidence, "decode") && (only || among && came.ends_with(b"\n"))
        },
    },
    Mistake {
        name: "the limit counted in octets of the frame",
        why: "a message as long as the limit was refused because of what framing added to it. The limit is the \
              message's: escapes and doubled dots do not count",
        rfc: "RFC 5321 §4.5.2",
        seen: |evidence| {
            evidence.check == "the_limit_counts_the_message_and_not_what_was_added"
                && has_arg(evidence, "line")
                && refused_allowed(evidence)
                && last_sent(evidence).contains(&b'\\')
        },
    },
    Mistake {
        name: "a limit that leaves out its own value",
        why: "the message is as long as the limit and was refused. The limit is the most that is allowed, so it is \
              itself allowed",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let checks = [
                "a_message_as_long_as_the_limit_is_read_and_a_longer_one_refused",
                "the_limit_counts_the_message_and_not_what_was_added",
                "a_varint_is_read_up_to_the_limit",
            ];
            checks.contains(&evidence.check)
                && refused_allowed(evidence)
                && evidence.failure.expected != b"\n"
                && !last_sent(evidence).starts_with(b"..")
        },
    },
    Mistake {
        name: "a limit that does not limit",
        why: "the message is longer than the limit, and the program took it. Without a bound the other side decides \
              how much memory a program uses",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let checks = [
                "a_message_as_long_as_the_limit_is_read_and_a_longer_one_refused",
                "the_limit_counts_the_message_and_not_what_was_added",
                "the_limit_counts_no_codes",
                "a_varint_is_read_up_to_the_limit",
            ];
            let Failure { expected, came, .. } = evidence.failure;
            let max: Option<usize> = arg(evidence, "--max").and_then(|max| max.parse().ok());
            checks.contains(&evidence.check)
                && expected.is_empty()
                && came
                    .strip_suffix(b"\n")
                    .is_some_and(|line| max.is_some_and(|max| line.len() > max))
        },
    },
    Mistake {
        name: "a length over the limit waited for",
        why: "the length is over the limit, and the program waits for octets that it will refuse, or that never come. \
              What is too long is refused as soon as the length is there",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            let turned_away = evidence.check == "a_peer_that_announces_4_gib_is_turned_away"
                && evidence
                    .failure
                    .words
                    .as_ref()
                    .is_some_and(|(_, came)| came.contains("silence"));
            turned_away
                || waited(evidence) && (has_arg(evidence, "length") || has_arg(evidence, "varint"))
        },
    },
    Mistake {
        name: "an end waited for without a bound",
        why: "more octets have come than the longest frame has, none of them ends it, and the program waits for more. \
              It is enough never to send the end, and the program keeps all there is",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            waited(evidence) && !has_arg(evidence, "length") && !has_arg(evidence, "varint")
        },
    },
    Mistake {
        name: "the delimiter left inside the message",
        why: "the message holds an LF, and the program sent it as it was: the other side reads two messages. What ends \
              a message is written in another way inside it",
        rfc: "RFC 8259 §7",
        seen: |evidence| {
            evidence.check == "no_line_feed_is_left_inside_a_line"
                && evidence
                    .failure
                    .came
                    .strip_suffix(b"\n")
                    .is_some_and(|line| line.contains(&b'\n'))
        },
    },
    Mistake {
        name: "an escape character that is not escaped",
        why: "a backslash of the message was sent as it was, and the other side takes it for the beginning of an \
              escape. Whatever announces an escape is escaped itself",
        rfc: "RFC 8259 §7",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "no_line_feed_is_left_inside_a_line"
                && came != expected
                && String::from_utf8_lossy(expected)
                    .replace("\\\\", "\\")
                    .as_bytes()
                    == came
        },
    },
    Mistake {
        name: "escapes undone one kind after the other",
        why: "the stream holds an escaped backslash and then the letter n, and the program read an LF. An escape is \
              two octets, and they are read from the left: what one escape took is no part of the next",
        rfc: "RFC 8259 §7",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "escapes_are_undone_from_left_to_right"
                && expected == b"\\\\n\n"
                && (came == b"\\\\\\n\n" || came == b"\\n\n")
        },
    },
    Mistake {
        name: "an unknown escape taken for something",
        why: "a backslash stands before an octet that makes no escape with it, and the program read a message all the \
              same. The two sides then have two opinions on it, and neither knows",
        rfc: "RFC 8259 §7",
        seen: |evidence| {
            evidence.check == "a_backslash_before_anything_else_is_refused" && more_came(evidence)
        },
    },
    Mistake {
        name: "dots that are not doubled",
        why: "a line of the message is a single dot and was sent as it was, so the other side takes it for the end. \
              One dot more is put before each line that starts with one",
        rfc: "RFC 5321 §4.5.2",
        seen: |evidence| {
            evidence.check == "a_dot_that_starts_a_line_is_doubled"
                && evidence.failure.expected == b"..\r\n.\r\n"
                && evidence.failure.came == b".\r\n.\r\n"
        },
    },
    Mistake {
        name: "only a lone dot doubled",
        why: "a line starts with a dot and goes on, and was sent as it was. The other side takes one dot from each \
              line that starts with one, so this line loses its own",
        rfc: "RFC 5321 §4.5.2",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "a_dot_that_starts_a_line_is_doubled"
                && expected.strip_prefix(b".") == Some(came)
                && came.starts_with(b".")
        },
    },
    Mistake {
        name: "doubled dots left in the message",
        why: "the sender put a dot before the line, and the program left it there. Of a line that starts with a dot \
              and is not the end, the first dot is taken away",
        rfc: "RFC 5321 §4.5.2",
        seen: |evidence| unstuffed_too_little(evidence) && last_sent(evidence).starts_with(b".."),
    },
    Mistake {
        name: "a dot taken away only before another dot",
        why: "the line starts with one dot and other characters, and the program left the dot there. The first dot is \
              taken away whatever follows it",
        rfc: "RFC 5321 §4.5.2",
        seen: |evidence| unstuffed_too_little(evidence) && !last_sent(evidence).starts_with(b".."),
    },
    Mistake {
        name: "a lone LF taken for the end of a line",
        why: "the program took a dot between other line ends than CRLF for the end of the message. Whoever can put \
              such a dot into a message can put a second message behind it that the sender never saw",
        rfc: "RFC 5321 §4.1.1.4",
        seen: |evidence| {
            evidence.check == "nothing_but_crlf_dot_crlf_ends_a_message_of_lines"
                && more_came(evidence)
        },
    },
    Mistake {
        name: "a CR or an LF sent alone",
        why: "the message holds a CR or an LF without the other, or does not end in CRLF, and the program sent it. \
              Some programs take either for the end of a line and some do not, so it must not be sent",
        rfc: "RFC 5321 §2.3.8",
        seen: |evidence| {
            evidence.check == "cr_and_lf_go_together_or_not_at_all" && more_came(evidence)
        },
    },
    Mistake {
        name: "no zero at the end of a frame",
        why: "the blocks came and the zero did not. Without it the other side cannot know that the frame is whole, \
              and waits",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            is_encoding(evidence, "cobs")
                && evidence.failure.expected.strip_suffix(b"\0")
                    == Some(evidence.failure.came.as_slice())
        },
    },
    Mistake {
        name: "an empty block after a last full one",
        why: "the message ends with a full block, which stands for no zero, so nothing is left to say. An empty block \
              more is harmless and makes the frame longer than it need be",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            is_encoding(evidence, "cobs")
                && expected.strip_suffix(b"\0").is_some()
                && came.strip_suffix(b"\x01\0") == expected.strip_suffix(b"\0")
        },
    },
    Mistake {
        name: "a full block of the wrong length",
        why: "the code 0xff stands before another number of octets than 254. A code counts itself and the octets of \
              its block, and one octet can say no more than 255",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let full = |octets: &[u8]| {
                octets.first() == Some(&0xff)
                    && octets
                        .iter()
                        .skip(1)
                        .take(255)
                        .position(|&octet| octet == 0)
                        != Some(253)
            };
            evidence.check == "a_full_block_has_254_octets_and_stands_for_no_zero"
                && came.first() == Some(&0xff)
                && (expected.first() == Some(&0xfe) || full(came) && came.len() < expected.len())
        },
    },
    Mistake {
        name: "the zero of the last block kept",
        why: "the message ends with a zero that is not its own. Each block under 0xff stands for a zero behind it but \
              the last, where the message ends instead",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            evidence.check == "blocks_become_the_message_again"
                && expected.strip_suffix(b"\n").is_some()
                && came.strip_suffix(b"\\x00\n") == expected.strip_suffix(b"\n")
        },
    },
    Mistake {
        name: "a zero behind a full block",
        why: "a zero came out behind a block of 254 octets where the message has none. The code 0xff stands for its \
              octets alone; all others stand for a zero too",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let without = |octets: &[u8]| String::from_utf8_lossy(octets).replace("\\x00", "");
            evidence.check == "blocks_become_the_message_again"
                && came.len() > expected.len()
                && without(came) == without(expected)
        },
    },
    Mistake {
        name: "an empty frame taken for a message",
        why: "a zero came with nothing before it, and the program read a message without octets. That message has a \
              frame of its own, 01 00: a frame has a code at least",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            let checks = [
                "a_block_that_is_cut_and_a_frame_without_a_code_are_refused",
                "after_a_wrong_frame_the_next_one_is_read",
            ];
            let empty = last_sent(evidence).windows(2).any(|two| two == [0, 0]);
            checks.contains(&evidence.check) && empty && more_came(evidence)
        },
    },
    Mistake {
        name: "a block that is cut taken for a whole one",
        why: "the code promises more octets than come before the zero, and the program took those that came. Some are \
              missing, and the message is not the one that was sent",
        rfc: "Cheshire and Baker 1999",
        seen: |evidence| {
            evidence.check == "a_block_that_is_cut_and_a_frame_without_a_code_are_refused"
                && more_came(evidence)
        },
    },
    Mistake {
        name: "one answer for a connection",
        why: "the relay answered the first frame and closed, while the next ones had been sent already. A connection \
              carries frame after frame, and ends when the peer ends it",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let framing = |name: &str| Framing::named(arg(evidence, name)?);
            let (Some(from), Some(to)) = (framing("--from"), framing("--to")) else {
                return false;
            };
            let stream = evidence.last_stream();
            let answers = evidence
                .events
                .iter()
                .filter_map(|event| match &event.what {
                    What::Received(octets) if event.stream == stream => Some(octets.as_slice()),
                    _ => None,
                });
            // It closed first, or with octets unread.
            let mut ends = evidence.events.iter().filter(|event| {
                event.stream == stream
                    && matches!(event.what, What::Finished | What::End | What::Reset)
            });
            let first = ends.next().map(|event| &event.what);
            let closed = match first {
                Some(What::Finished) => ends.any(|event| event.what == What::Reset),
                Some(_) => !evidence.happened(&What::Aborted),
                None => false,
            };
            closed
                && evidence.last.is_some_and(|run| run.stderr.is_empty())
                && (split_whole(from, &pieces(evidence).concat()).0 > 1
                    || split_whole(to, &evidence.failure.expected).0 > 1)
                && split_whole(to, &answers.collect::<Vec<_>>().concat()).0 == 1
        },
    },
    Mistake {
        name: "a length cut in two",
        why: "the cut lies inside the length field, and the program took the part that had come for all of it. A \
              length has to be whole before it is a number",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            cut(evidence).is_some_and(|cut| match cut.framing {
                Length => cut.came == cut.whole && (1..4).contains(&cut.part.len()),
                Varint => {
                    !cut.part.is_empty()
                        && cut.part.iter().all(|octet| *octet >= 0x80)
                        && (cut.came == cut.whole || !evidence.came_is_a_beginning())
                }
                _ => false,
            })
        },
    },
    Mistake {
        name: "a delimiter cut in two",
        why: "the end of a message is five octets, the cut lies between them, and the program never saw it: it \
              searched each piece alone. A piece can end with the beginning of a delimiter",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let end = b"\r\n.\r\n";
            cut(evidence).is_some_and(|cut| {
                cut.framing == Dot
                    && cut.came == cut.whole
                    && (1..end.len())
                        .any(|len| cut.part.ends_with(end.get(..len).unwrap_or_default()))
            })
        },
    },
    Mistake {
        name: "what came behind a message thrown away",
        why: "one read gave the ends of several messages, and the program took the first and forgot the rest. What \
              stands behind a frame is the beginning of the next",
        rfc: "RFC 9293 §3.9.1.2",
        seen: |evidence| cut(evidence).is_some_and(|cut| cut.came > 0 && cut.whole > cut.came),
    },
    Mistake {
        name: "one read taken for one message",
        why: "a message came in two pieces, and the program took each piece by itself: what the first read gave was \
              gone when the second came. TCP carries octets without borders, so what is not yet whole is kept",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            cut(evidence).is_some_and(|cut| cut.came == cut.whole && !cut.part.is_empty())
        },
    },
    Mistake {
        name: "messages held back",
        why: "the frame was whole, and its message did not come out while the stream was open. A peer that waits for \
              the answer waits for ever",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let at_once = [
                "a_message_comes_out_as_soon_as_it_is_whole",
                "the_relay_answers_each_frame_at_once",
            ];
            let failure = evidence.failure;
            let first = at_once.contains(&evidence.check)
                && failure.came.is_empty()
                && failure.what.contains("frame 1 ")
                && evidence.last.is_some_and(|run| run.code.is_none());
            // What was cut came where the input had an end.
            let cut = evidence.check.starts_with("a_cut_")
                && input_is_open(evidence)
                && failure.expected.starts_with(&failure.came);
            first || cut
        },
    },
    Mistake {
        name: "the same octets searched again and again",
        why: "for each octet that came the program searched all of the frame once more. The work then grows as the \
              square of the length; what was searched once holds no end, and the search goes on behind it",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "an_octet_is_not_searched_again_for_each_that_follows"
                && evidence.last.is_some_and(|run| run.overdue)
        },
    },
    Mistake {
        name: "an end in mid-message taken for an end",
        why: "the stream ended inside a frame, and the program ended as if all were well. What was cut off cannot be \
              told from what was meant unless the program says so",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let cut_off = [
                "a_frame_that_is_not_all_there_is_no_message",
                "an_end_in_mid_message_is_an_error",
                "a_half_close_in_mid_message_ends_that_connection_alone",
                "an_end_inside_a_varint_is_an_error",
            ];
            cut_off.contains(&evidence.check) && exited(evidence, 0)
        },
    },
    Mistake {
        name: "an end between messages taken for an error",
        why: "the stream ended where a frame had ended, or before any began, and the program called that an error. \
              Nothing is missing there",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "an_end_between_two_messages_is_an_end"
                && pieces(evidence).is_empty()
                && exited(evidence, 1)
        },
    },
    Mistake {
        name: "a frame guessed behind a wrong length",
        why: "the length was wrong, and the program looked for the next frame among the octets behind it. They may be \
              a message's own, put there to be found: without a delimiter there is no way on",
        rfc: "RFC 1035 §4.2.2",
        seen: |evidence| {
            // The frame that was put there holds three letters.
            let more = evidence.failure.came.get(evidence.failure.expected.len()..);
            evidence.check == "behind_a_wrong_length_nothing_is_read"
                && more_came(evidence)
                && more.is_some_and(|more| more.get(3) == Some(&b'\n'))
        },
    },
    Mistake {
        name: "good frames thrown away with a wrong one",
        why: "the wrong frame had its end, good frames stood behind it, and the program gave them up too. What is \
              given up ends with the next delimiter",
        rfc: "RFC 1662 §4.3",
        seen: |evidence| {
            evidence.check == "after_a_wrong_frame_the_next_one_is_read"
                && evidence.failure.what.contains(", in one piece")
                && evidence.came_is_a_beginning()
                && exited(evidence, 1)
        },
    },
    Mistake {
        name: "the rest of a wrong frame taken for a message",
        why: "the wrong frame was given up before its end had come, and what came of it later was read as a frame of \
              its own. The octets up to the delimiter belong to what was given up",
        rfc: "RFC 1662 §4.3",
        seen: |evidence| {
            let Failure { expected, came, .. } = evidence.failure;
            let good = expected
                .split_inclusive(|&octet| octet == b'\n')
                .next()
                .unwrap_or_default();
            evidence.check == "after_a_wrong_frame_the_next_one_is_read"
                && evidence.failure.what.contains("the wrong one cut anywhere")
                && came
                    .split_inclusive(|&octet| octet == b'\n')
                    .any(|line| line != good)
        },
    },
    Mistake {
        name: "octets kept that were given up",
        why: "a frame without an end was given up at the limit, and the program kept what came of it after that. A \
              limit that only makes an error of it limits no memory",
        rfc: "RFC 1662 §4.3",
        seen: |evidence| {
            evidence.check == "a_frame_that_is_given_up_is_not_kept"
                && evidence.failure.words.is_some()
                && evidence.said("lost")
        },
    },
    Mistake {
        name: "the relay ended with one connection",
        why: "one connection went wrong, and the program ended with it. What one peer does is no matter to the next",
        rfc: "RFC 9293 §3.5.3",
        seen: |evidence| {
            let words = evidence.failure.words.as_ref();
            evidence.failure.what.starts_with("the next connection")
                && evidence.failure.came.is_empty()
                && (exited(evidence, 1)
                    || words.is_some_and(|(expected, _)| expected == "the program accepts"))
                && !evidence.said("panicked at")
        },
    },
    Mistake {
        name: "a queue without a bound",
        why: "the peer reads no answers, and the program goes on reading frames and keeps what it has to say. A \
              program that stops reading makes the peer's window close, and TCP stops the peer",
        rfc: "RFC 9293 §3.8.6",
        seen: |evidence| {
            let took_all = |came: &str| came.starts_with("it took all");
            evidence.check == "a_reader_that_is_slow_is_waited_for"
                && evidence
                    .failure
                    .words
                    .as_ref()
                    .is_some_and(|(_, came)| took_all(came))
        },
    },
    Mistake {
        name: "the highest group first",
        why: "the groups of the varint stand in the reverse order. In a varint the lowest seven bits come first, \
              other than in most fields of the Internet",
        rfc: "Protocol Buffers, Base 128 Varints",
        seen: |evidence| {
            let groups = |octets: &[u8]| {
                octets
                    .iter()
                    .take(2)
                    .map(|octet| octet & 0x7f)
                    .collect::<Vec<_>>()
            };
            let (expected, mut came) = (
                groups(&evidence.failure.expected),
                groups(&evidence.failure.came),
            );
            came.reverse();
            is_encoding(evidence, "varint") && expected == came
        },
    },
    Mistake {
        name: "a varint longer than it need be taken",
        why: "the last octet of the varint adds nothing but zeros, and the program read the number all the same. One \
              number then has several texts, and whoever compares frames is wrong",
        rfc: "Protocol Buffers, Base 128 Varints",
        seen: |evidence| {
            evidence.check == "a_varint_with_more_octets_than_it_needs_is_refused"
                && more_came(evidence)
        },
    },
    Mistake {
        name: "the upper bits of a varint lost",
        why: "the number does not fit 64 bits, and the program went on with the bits that do: another number. A tenth \
              octet over 0x01 is refused",
        rfc: "Protocol Buffers, Base 128 Varints",
        seen: |evidence| {
            evidence.check == "a_varint_over_64_bits_is_refused_as_soon_as_it_shows"
                && more_came(evidence)
        },
    },
];

// What the recognisers look at.

/// Whether the last program ended by itself with this status.
fn exited(evidence: &Evidence<'_>, code: i32) -> bool {
    evidence.last.is_some_and(|run| run.code == Some(code))
}

/// What stands behind the argument `name`.
fn arg<'a>(evidence: &Evidence<'a>, name: &str) -> Option<&'a str> {
    let mut args = evidence.last?.args.iter();
    args.find(|own| *own == name)?;
    args.next().map(String::as_str)
}

fn has_arg(evidence: &Evidence<'_>, arg: &str) -> bool {
    evidence
        .last
        .is_some_and(|run| run.args.iter().any(|own| own == arg))
}

/// Whether frames of this framing were compared.
fn is_encoding(evidence: &Evidence<'_>, framing: &str) -> bool {
    has_arg(evidence, "encode") && has_arg(evidence, framing) && evidence.failure.words.is_none()
}

/// What the harness sent last to the program's standard input.
fn last_sent<'a>(evidence: &Evidence<'a>) -> &'a [u8] {
    let mut sent = evidence
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Sent(octets) => Some(octets.as_slice()),
            _ => None,
        });
    sent.next_back().unwrap_or_default()
}

/// Whether a message that should have been read was refused.
fn refused_allowed(evidence: &Evidence<'_>) -> bool {
    let Failure { expected, came, .. } = evidence.failure;
    !expected.is_empty() && came.is_empty() && exited(evidence, 1)
}

/// Whether what should have come is there, and more.
fn more_came(evidence: &Evidence<'_>) -> bool {
    let Failure {
        expected,
        came,
        words,
        ..
    } = evidence.failure;
    words.is_none() && came.len() > expected.len() && came.starts_with(expected)
}

/// Whether a dot is left before a line that should be without.
fn unstuffed_too_little(evidence: &Evidence<'_>) -> bool {
    let Failure { expected, came, .. } = evidence.failure;
    evidence.check == "one_dot_is_taken_from_a_line_that_starts_with_one"
        && came.strip_prefix(b".") == Some(expected)
}

/// What the program that was started last was sent: a piece an event, on its
/// last connection if it has any.
fn pieces<'a>(evidence: &Evidence<'a>) -> Vec<&'a [u8]> {
    let started = |event: &Event| matches!(event.what, What::Started(_));
    let start = evidence.events.iter().rposition(started).unwrap_or(0);
    let events = evidence.events.get(start..).unwrap_or_default();
    let last = events.iter().map(|event| event.stream).max().unwrap_or(0);
    let sent = events.iter().filter_map(|event| match &event.what {
        What::Sent(octets) if event.stream == last => Some(octets.as_slice()),
        _ => None,
    });
    sent.collect()
}

/// What a stream that was cut once, or not at all, came to.
struct Cut<'a> {
    framing: Framing,
    /// How many whole frames the first piece holds.
    whole: usize,
    /// The part of a frame that it holds behind them.
    part: &'a [u8],
    /// How many messages came.
    came: usize,
}

/// The cut in a check about cuts, if messages did not come that should have.
fn cut<'a>(evidence: &Evidence<'a>) -> Option<Cut<'a>> {
    let checks = [
        "a_cut_anywhere_changes_nothing",
        "all_the_ways_to_cut_a_short_stream_are_one",
        "messages_that_come_together_come_out_one_by_one",
        "a_cut_anywhere_on_a_connection_changes_nothing",
        "a_cut_inside_a_varint_changes_nothing",
    ];
    let Failure { expected, came, .. } = evidence.failure;
    let pieces = pieces(evidence);
    let is_short = came.len() < expected.len() && pieces.len() <= 2;
    // With its input still open, a program may have all it needs and be late.
    if !checks.contains(&evidence.check) || !is_short || input_is_open(evidence) {
        return None;
    }
    let framing = |name: &str| Framing::named(arg(evidence, name)?);
    let from = framing("--framing").or_else(|| framing("--from"))?;
    let (whole, part) = split_whole(from, pieces.first()?);
    let (came, _) = split_whole(framing("--to").unwrap_or(Line), came);
    Some(Cut {
        framing: from,
        whole,
        part,
        came,
    })
}

/// Whether the program could have been sent more.
fn input_is_open(evidence: &Evidence<'_>) -> bool {
    evidence.failure.what.contains("the input still open")
}

/// Whether the program waited where it should have refused.
fn waited(evidence: &Evidence<'_>) -> bool {
    let words = evidence.failure.words.as_ref();
    words.is_some_and(|(_, came)| came == "the program waited for more")
}

/// The length that stands first, in four octets.
fn header(frame: &[u8]) -> u32 {
    frame
        .first_chunk()
        .map_or(0, |header| u32::from_be_bytes(*header))
}

/// How many whole frames `octets` begin with, and what stands behind them.
fn split_whole(framing: Framing, octets: &[u8]) -> (usize, &[u8]) {
    let mut rest = octets;
    let mut whole = 0;
    loop {
        let len = match framing {
            Length => rest
                .first_chunk()
                .map(|header| 4 + u32::from_be_bytes(*header) as usize),
            // The varints in these checks have one octet or two.
            Varint => match rest {
                [low, high, ..] if *low >= 0x80 => {
                    Some(2 + usize::from(low & 0x7f) + 128 * usize::from(*high))
                }
                [len, ..] if *len < 0x80 => Some(1 + usize::from(*len)),
                _ => None,
            },
            Line => rest
                .iter()
                .position(|&octet| octet == b'\n')
                .map(|at| at + 1),
            Cobs => rest.iter().position(|&octet| octet == 0).map(|at| at + 1),
            Dot if rest.starts_with(b".\r\n") => Some(3),
            Dot => rest
                .windows(5)
                .position(|five| five == b"\r\n.\r\n")
                .map(|at| at + 5),
        };
        match len.and_then(|len| rest.get(len..)) {
            Some(after) => rest = after,
            None => return (whole, rest),
        }
        whole += 1;
    }
}
