//! The mistakes that reports of `chat` can name.

use crate::check::{Evidence, Failure, Mistake, What};

/// The most telling first.
pub const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an interrupted call taken for a failure",
        why: "a signal interrupted a system call, which did nothing and said so (EINTR), and the program took the \
              connection for lost. Such a call is made again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| {
            let rules = evidence
                .events
                .iter()
                .filter_map(|event| match &event.what {
                    What::FallingShort(rule) => Some(rule.as_str()),
                    _ => None,
                });
            rules.into_iter().next_back() == Some("send=0,recv=0,eintr=3")
        },
    },
    Mistake {
        name: "a write that was not finished",
        why: "the program called write once and went on, though the call took only a part of the octets. A write says \
              how many it took, and the rest has to be written again",
        rfc: "RFC 9293 §3.9.1",
        seen: |evidence| {
            // Where octets are missing, the beginning of a line runs into another.
            let came = String::from_utf8_lossy(&evidence.failure.came);
            let has_a_hole = evidence.check.ends_with("half_closes_gets_the_rest")
                && evidence.failure.words.is_none()
                && came.matches("ada: ").count() > 1;
            // And where a call takes three, three come, and not the fourth.
            let Failure { expected, came, .. } = evidence.failure;
            let three_came = came.len() >= 3
                && came.len() < expected.len()
                && came.get(..3) == expected.get(..3)
                && came.get(3) != expected.get(3);
            (evidence.calls_fell_short() && three_came) || has_a_hole
        },
    },
    Mistake {
        name: "an echo to whoever spoke",
        why: "a line went to everybody in the room, and so to the one who sent it, who has it on the screen already. It \
              goes to the others",
        rfc: "",
        seen: |evidence| {
            if let Some((_, came)) = played(evidence) {
                return name_of(evidence, &came).is_some_and(|(rest, name)| {
                    rest.starts_with(&format!("{name}: ")) || rest == format!("* {name} joined")
                });
            }
            let name = evidence.failure.what.split(' ').next().unwrap_or_default();
            let came = String::from_utf8_lossy(&evidence.failure.came);
            said(evidence, " hears ")
                && (came.starts_with(&format!("{name}: "))
                    || came.starts_with(&format!("* {name} j")))
        },
    },
    Mistake {
        name: "a leave that nobody hears of",
        why: "somebody left, and the others were not told. For them the name stays in the room and does not answer any \
              more",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check == "who_joins_and_who_leaves_is_announced_once"
                && differs(evidence, |expected, came| {
                    expected.contains(" left") && !came.contains(" left")
                })
        },
    },
    Mistake {
        name: "told to those without a name",
        why: "a line went to a connection that has not yet given a name. Until then it is not in the room, and reads \
              nothing of what is said there",
        rfc: "",
        seen: |evidence| {
            evidence.check == "whoever_has_no_name_hears_nobody_and_is_not_heard_of"
                && differs(evidence, |_, came| came.starts_with("to 3: "))
        },
    },
    Mistake {
        name: "a limit that leaves out its own value",
        why: "a name of 16 octets was refused, and 16 are allowed. *At most* includes the number itself",
        rfc: "",
        seen: |evidence| {
            evidence.check == "a_name_is_held_to_its_rules"
                && differs(evidence, |expected, came| {
                    expected.contains("* welcome") && came.contains("a name of 16 octets")
                })
        },
    },
    Mistake {
        name: "characters counted for octets",
        why: "the program counted 16 characters, and they are 32 octets: in UTF-8 a character has one to four. A length \
              that bounds memory or a field counts octets",
        rfc: "RFC 3629 §3",
        seen: |evidence| {
            evidence.check == "a_name_is_held_to_its_rules"
                && differs(evidence, |expected, came| {
                    expected.contains("a name of 32 octets") && !came.contains("octets")
                })
        },
    },
    Mistake {
        name: "names told apart by case alone",
        why: "two in the room have names that differ in upper and lower case alone. People read them as one name, and \
              one of the two can speak as the other",
        rfc: "",
        seen: |evidence| {
            evidence.check == "a_name_is_taken_in_any_letters_until_its_owner_leaves"
                && differs(evidence, |_, came| {
                    came.contains("ADA") && !came.contains('!')
                })
        },
    },
    Mistake {
        name: "what came behind a line thrown away",
        why: "several lines came in one read, and the program took the first and forgot what was behind it. The rest is \
              the beginning of what comes next",
        rfc: "RFC 9293 §3.9.1.2",
        seen: |evidence| {
            (cut(evidence) || evidence.check == "lines_that_come_together_are_told_apart")
                && evidence.came_is_a_beginning()
                && String::from_utf8_lossy(&evidence.failure.came).contains("ada joined")
        },
    },
    Mistake {
        name: "one read taken for one line",
        why: "the program took what one read gave for a line. TCP carries octets without borders: a read can give a part \
              of a line, or several. What has no LF yet is kept until it has",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            let came = &evidence.failure.came;
            let in_one = said(evidence, "in one piece");
            match evidence.check {
                "lines_that_come_together_are_told_apart" => {
                    differs(evidence, |_, came| came.contains("0x0a"))
                }
                _ => cut(evidence) && (!in_one && !came.is_empty() || in_one && came.is_empty()),
            }
        },
    },
    Mistake {
        name: "a line without a bound",
        why: "the line was longer than the protocol allows, and the program took it. Without a bound it is the other side \
              that decides how much memory a program uses",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_longest_line_is_said_and_a_longer_one_ends_the_connection"
                && said(evidence, "1025 octets")
                && differs(evidence, |expected, came| {
                    expected.contains("! a line") && !came.contains("! a line")
                })
        },
    },
    Mistake {
        name: "a limit that waits for the end of the line",
        why: "1024 octets came without an LF, and the program waited for more. A line can then be as long as its sender \
              likes, as long as it does not end",
        rfc: "RFC 9293 §2.2",
        seen: |evidence| {
            evidence.check == "the_longest_line_is_said_and_a_longer_one_ends_the_connection"
                && said(evidence, "without an LF")
                && differs(evidence, |expected, came| {
                    expected.contains("! a line") && !came.contains("! a line")
                })
        },
    },
    Mistake {
        name: "control characters passed on",
        why: "the line holds a control character, and the others got it. Their terminals obey: ESC begins commands that \
              move the cursor, recolour and erase, and so does U+009B",
        rfc: "RFC 3629 §10",
        seen: |evidence| {
            evidence.check == "what_is_no_text_is_refused_and_the_next_line_is_good"
                && differs(evidence, |expected, came| {
                    expected.contains("control character") && came.starts_with("to 2: ada: ")
                })
        },
    },
    Mistake {
        name: "a refusal that costs the connection",
        why: "a line was refused, and the connection was closed. The line had its end, so what comes behind it can be \
              read, and whoever sent it can try again",
        rfc: "",
        seen: |evidence| {
            let checks = [
                "what_is_no_text_is_refused_and_the_next_line_is_good",
                "a_name_is_held_to_its_rules",
                "a_name_is_taken_in_any_letters_until_its_owner_leaves",
            ];
            checks.contains(&evidence.check)
                && differs(evidence, |_, came| {
                    came.ends_with("is closed") || came.ends_with("is cut off")
                })
        },
    },
    Mistake {
        name: "an empty line taken for a line",
        why: "an empty line was said, or taken for a name. Here it is a sign of life and nothing else: whoever presses \
              Enter says nothing",
        rfc: "",
        seen: |evidence| {
            evidence.check == "an_empty_line_is_not_said_and_a_cr_is_no_part_of_a_line"
                && differs(evidence, |_, came| {
                    came.contains("welcome, ;")
                        || came.ends_with("ada: ")
                        || came.contains("a name")
                })
        },
    },
    Mistake {
        name: "the CR taken for a part of the line",
        why: "the line ends in CR and LF, as telnet sends it, and the program took the CR for a character of the line",
        rfc: "RFC 854",
        seen: |evidence| {
            evidence.check == "an_empty_line_is_not_said_and_a_cr_is_no_part_of_a_line"
                && differs(evidence, |_, came| {
                    came.contains("0x0d") || came.contains("\\r") || came.contains('\r')
                })
        },
    },
    Mistake {
        name: "one client after the other",
        why: "one client was accepted and served, and the next was accepted only when it had gone. The kernel shakes \
              hands with all of them before, so that they see an open connection on which nobody speaks",
        rfc: "RFC 9293 §3.9.1.1",
        seen: |evidence| {
            holds_up(evidence)
                && (came(evidence).starts_with("1 were") || came(evidence).starts_with("0 were"))
        },
    },
    Mistake {
        name: "a blocking call in a task",
        why: "the first few clients were served and the others were not: a task that waits in a call of the operating \
              system keeps its thread, and there are as many as the machine has cores. A task waits with `.await`, \
              which gives the thread to the next",
        rfc: "",
        seen: |evidence| {
            holds_up(evidence)
                && evidence.check.starts_with("with_tasks")
                && came(evidence).contains("were, then")
        },
    },
    Mistake {
        name: "the lock held across a write",
        why: "one thread wrote to the client that does not read, and held the lock of the room meanwhile. Such a write \
              ends when the client likes, and until then nobody can say anything",
        rfc: "RFC 9293 §3.8.6",
        seen: |evidence| {
            evidence.check == "with_threads_whoever_does_not_read_holds_nobody_up"
                && said(evidence, "bob hears the")
                && came(evidence).contains("nothing moved")
        },
    },
    Mistake {
        name: "a reset that nobody hears of",
        why: "the connection was reset, the read failed, and the program stopped serving it without a word to the others. \
              An error ends a connection as an end does, and its name has to be given back",
        rfc: "RFC 9293 §3.5.3",
        seen: |evidence| was_reset(evidence) && evidence.failure.came.is_empty(),
    },
    Mistake {
        name: "a reset told as an end",
        why: "the connection was reset, and the others heard that its owner had left. A read that fails is no read of no \
              octets: the first says that the connection is lost, the second that it was ended in order",
        rfc: "RFC 9293 §3.5.3",
        seen: |evidence| was_reset(evidence) && evidence.failure.came.starts_with(b"* ada left\n"),
    },
    Mistake {
        name: "both directions closed at the first FIN",
        why: "the client closed its direction and the program closed the whole connection, with octets that still \
              waited for the client. A FIN says that no more will come from there, and nothing about the other direction",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            evidence.check.ends_with("half_closes_gets_the_rest")
                && said(evidence, "bob, who has closed")
                && (came(evidence).contains("closed") || came(evidence).contains("reset"))
        },
    },
    Mistake {
        name: "a server ended by one accept",
        why: "an accept failed because the process had no free descriptor, and the program ended, or accepts no more. \
              That is a state which passes: it waits for a moment and tries again",
        rfc: "RFC 9293 §3.9.1.1",
        seen: |evidence| {
            evidence
                .check
                .ends_with("a_lack_of_descriptors_is_not_the_end")
                && (evidence.last.is_some_and(|run| run.code.is_some())
                    // Its listener is closed first, and then it ends.
                    || came(evidence).starts_with("Connection refused"))
        },
    },
    Mistake {
        name: "a thread a client, and tasks besides",
        why: "the server of tasks has a thread for each client after all. A spawned task needs none: when it waits, its \
              thread runs the next",
        rfc: "",
        seen: |evidence| {
            evidence.check.starts_with("with_tasks_1000") && came(evidence).ends_with(" threads")
        },
    },
    Mistake {
        name: "a queue without a bound",
        why: "one client reads nothing, and the program goes on reading what another one says and keeps it. Who does not \
              read decides then how much memory it has. A program that stops reading closes the window, and TCP holds \
              the talker back",
        rfc: "RFC 9293 §3.8.6",
        seen: |evidence| came(evidence) == "it took all of them",
    },
    Mistake {
        name: "the room locked while it is waited for",
        why: "the thread that waits for the room to calm down holds its lock, and whoever could calm it waits for the \
              lock. A condition variable gives the lock back while it sleeps",
        rfc: "",
        seen: |evidence| {
            evidence
                .check
                .ends_with("a_flood_waits_for_whoever_reads_later")
                && said(evidence, "bob, who begins to read")
                && came(evidence).contains("nothing moved")
        },
    },
    Mistake {
        name: "cut off without a word",
        why: "somebody was cut off for being too slow, and the others were not told. A cut is a leave like any other",
        rfc: "",
        seen: |evidence| {
            (evidence.check == "an_outbox_may_be_full_for_the_grace_and_no_longer"
                && differs(evidence, |expected, came| {
                    expected.contains("too slow") && came.contains("cut off")
                }))
                || (never_reads(evidence) && came(evidence).starts_with("6000 lines, 0 of them"))
        },
    },
    Mistake {
        name: "broadcast stalled by the slowest",
        why: "somebody does not read, the outbox is full, and everybody waits for that one without an end. Whoever takes \
              nothing for longer than the grace is cut off, and the others go on",
        rfc: "RFC 9293 §3.8.6",
        seen: |evidence| {
            (evidence.check == "an_outbox_may_be_full_for_the_grace_and_no_longer"
                && differs(evidence, |expected, _| expected.contains("too slow")))
                || (never_reads(evidence)
                    && came(evidence).contains(" 0 of them")
                    && came(evidence).contains("nothing moved"))
        },
    },
    Mistake {
        name: "cut off without a grace",
        why: "an outbox was full for a moment, and its owner was cut off at once. A reader that is merely a little behind \
              has done nothing wrong; only one that stays behind for the whole grace has to go",
        rfc: "RFC 9293 §3.8.6",
        seen: |evidence| {
            let checks = [
                "an_outbox_may_be_full_for_the_grace_and_no_longer",
                "an_outbox_that_was_emptied_in_time_is_forgiven",
            ];
            checks.contains(&evidence.check)
                && differs(evidence, |expected, came| {
                    !expected.contains("too slow")
                        && (came.contains("too slow") || came.contains("cut off"))
                })
        },
    },
    Mistake {
        name: "an idle peer never dropped",
        why: "somebody was asked and gave no answer, and is kept all the same. A connection whose other end is gone looks \
              like one that is merely quiet, for ever, unless a limit ends it",
        rfc: "RFC 9293 §3.5.1",
        seen: |evidence| {
            came(evidence).ends_with("and bob is still there")
                || (silence(evidence)
                    && differs(evidence, |expected, _| {
                        expected.contains("(silent)") || expected.ends_with("cut off")
                    }))
        },
    },
    Mistake {
        name: "parted from without a question",
        why: "somebody was silent for the idle time, and was cut off without having been asked. People who read and do \
              not write are silent too; the question gives them a chance to say so",
        rfc: "RFC 9293 §3.8.4",
        seen: |evidence| {
            evidence.check == "whoever_is_silent_is_asked_once_and_then_parted_from"
                && differs(evidence, |expected, came| {
                    expected.contains("? still there")
                        && (came.contains("(silent)") || came.ends_with("cut off"))
                })
        },
    },
    Mistake {
        name: "asked again and again",
        why: "somebody who is silent was asked at every look at the clock. One question is open until an answer comes or \
              the time for it has passed",
        rfc: "",
        seen: |evidence| {
            evidence.check == "whoever_is_silent_is_asked_once_and_then_parted_from"
                && differs(evidence, |expected, came| {
                    !expected.contains("? still there") && came.contains("? still there")
                })
        },
    },
    Mistake {
        name: "what is sent taken for a sign of life",
        why: "the program told somebody something and took that for a sign of life. What is written goes into a buffer of \
              its own kernel first, and that works for a while when there is nobody at the other end",
        rfc: "RFC 9293 §3.5.1",
        seen: |evidence| {
            evidence.check == "what_goes_to_a_client_is_no_sign_of_life"
                && differs(evidence, |expected, came| {
                    expected.contains("? still there") && came.starts_with("to 2: ada: ")
                })
        },
    },
    Mistake {
        name: "only whole lines taken for a sign of life",
        why: "a part of a line came, and did not count. Whoever sends an octet is there; whether it makes a line is \
              another matter",
        rfc: "",
        seen: |evidence| {
            evidence.check == "whatever_comes_is_a_sign_of_life"
                && said(evidence, "`send 2 x`")
                && differs(evidence, |_, came| came.ends_with("cut off"))
        },
    },
    Mistake {
        name: "an answer that is forgotten",
        why: "the question was answered, and the program counts it as open. The next silence then ends with a cut, and \
              without a question",
        rfc: "",
        seen: |evidence| {
            let asked = String::from_utf8_lossy(&evidence.failure.came).contains("? still");
            asked
                && evidence.check == "whatever_comes_is_a_sign_of_life"
                && differs(evidence, |_, came| came.ends_with("cut off"))
        },
    },
    Mistake {
        name: "everybody told that everybody leaves",
        why: "the server ended, and told each client of every other one that it left. A thousand clients get a million \
              lines at the worst moment; they are all told that the server ends",
        rfc: "",
        seen: |evidence| {
            evidence.check.starts_with("the_farewell")
                && differs(evidence, |_, came| came.contains(" left"))
        },
    },
    Mistake {
        name: "clients accepted after the end",
        why: "the program was told to end, and somebody new was let in. The listening socket is the first thing to close, \
              so that a client hears at once that nobody is there",
        rfc: "RFC 9293 §3.5.2",
        seen: |evidence| came(evidence) == "it was let in",
    },
    Mistake {
        name: "a wait for what has been",
        why: "the program waits to be told that the last client is gone, and there was none when it began to wait. Such \
              news is no state: look first, and wait only if there is something to wait for",
        rfc: "",
        seen: |evidence| {
            evidence.check == "after_sigterm_nobody_new_is_accepted"
                && said(evidence, "without a client")
                && came(evidence).contains("still waited")
        },
    },
    Mistake {
        name: "a loss that nobody hears of",
        why: "the program cut somebody off with lines still to be sent, and ended with exit status 0, which says that all \
              went well",
        rfc: "",
        seen: |evidence| {
            evidence.check == "whoever_takes_nothing_does_not_put_the_end_off"
                && came(evidence) == "exit status 0"
        },
    },
    Mistake {
        name: "SIGTERM that cuts",
        why: "the program was told to end and dropped its connections, with what it had accepted and not yet sent. What \
              it has read is nowhere but in its own memory: first that is sent, then comes the FIN, then the end",
        rfc: "RFC 9293 §3.6",
        seen: |evidence| {
            let is_cut = came(evidence).contains("closed") || came(evidence).contains("reset");
            (evidence.happened(&What::Terminated) && is_cut)
                || (evidence.check.starts_with("the_farewell")
                    && differs(evidence, |expected, came| {
                        came.ends_with("cut off") && !expected.ends_with("cut off")
                    }))
        },
    },
];

// What the recognisers look at.

/// Whether the situation of the failure holds these words.
fn said(evidence: &Evidence<'_>, words: &str) -> bool {
    evidence.failure.what.contains(words)
}

/// What came, where words were compared.
fn came<'a>(evidence: &'a Evidence<'_>) -> &'a str {
    let words = evidence.failure.words.as_ref();
    words.map_or("", |(_, came)| came)
}

/// The lines at the first difference of what a script gave: expected, came.
fn played(evidence: &Evidence<'_>) -> Option<(String, String)> {
    let failure = evidence.failure;
    let is_script = evidence.last?.args.first()? == "room";
    if !is_script || failure.words.is_some() {
        return None;
    }
    let at = failure.first_difference();
    let number = failure
        .expected
        .iter()
        .take(at)
        .filter(|&&octet| octet == b'\n')
        .count();
    let line = |octets: &[u8]| {
        let text = String::from_utf8_lossy(octets);
        text.lines().nth(number).unwrap_or_default().to_owned()
    };
    Some((line(&failure.expected), line(&failure.came)))
}

/// Whether a script gave another line than it should, of which `is` is true:
/// expected, came.
fn differs(evidence: &Evidence<'_>, is: impl Fn(&str, &str) -> bool) -> bool {
    played(evidence).is_some_and(|(expected, came)| is(&expected, &came))
}

/// Of `to N: REST`: the rest, and the name that N was welcomed with before.
fn name_of(evidence: &Evidence<'_>, line: &str) -> Option<(String, String)> {
    let (to, rest) = line.split_once(": ")?;
    let all = String::from_utf8_lossy(&evidence.failure.came);
    let welcome = format!("{to}: * welcome, ");
    let name = all.lines().find_map(|line| line.strip_prefix(&welcome))?;
    Some((rest.to_owned(), name.split(';').next()?.to_owned()))
}

/// Whether a stream that was cut did not come out right.
fn cut(evidence: &Evidence<'_>) -> bool {
    evidence.check == "a_line_may_come_in_any_pieces"
        || (evidence.check.ends_with("the_name_may_come_in_any_pieces")
            && said(evidence, "whose name and line come"))
}

fn holds_up(evidence: &Evidence<'_>) -> bool {
    evidence.check.ends_with("says_nothing_holds_nobody_up")
}

fn was_reset(evidence: &Evidence<'_>) -> bool {
    evidence.check.ends_with("a_reset_is_announced_like_an_end") && said(evidence, "was reset")
}

fn never_reads(evidence: &Evidence<'_>) -> bool {
    evidence.check.ends_with("is_cut_off_and_the_others_go_on")
}

fn silence(evidence: &Evidence<'_>) -> bool {
    evidence.check == "whoever_is_silent_is_asked_once_and_then_parted_from"
}
