//! The states of TCP, as the handshake's script steps through them, held
//! against RFC 9293: the figures, and what §3.10 says of each state.

use std::collections::BTreeSet;

use super::{SEED, ask, has_node};

/// An end has sent 100 (and a FIN at 101, where it has), and heard 300 (and a
/// FIN at 301, where it has). What it is asked, what it becomes, what it sends.
const TABLE: [(&str, &str); 75] = [
    // §3.10.1 OPEN
    ("call CLOSED active listen", "LISTEN"),
    ("call CLOSED active open", "SYN-SENT <SEQ=100><CTL=SYN>"),
    ("call LISTEN passive open", "SYN-SENT <SEQ=100><CTL=SYN>"),
    ("call ESTABLISHED active open", "not possible"),
    // §3.10.2 SEND
    (
        "call ESTABLISHED active send",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK><DATA>",
    ),
    (
        "call CLOSE-WAIT active send",
        "CLOSE-WAIT <SEQ=101><ACK=302><CTL=ACK><DATA>",
    ),
    ("call FIN-WAIT-1 active send", "not possible"),
    ("call LAST-ACK active send", "not possible"),
    // §3.10.4 CLOSE
    ("call LISTEN passive close", "CLOSED"),
    ("call SYN-SENT active close", "CLOSED"),
    (
        "call SYN-RECEIVED passive close",
        "FIN-WAIT-1 <SEQ=101><ACK=301><CTL=FIN,ACK>",
    ),
    (
        "call ESTABLISHED active close",
        "FIN-WAIT-1 <SEQ=101><ACK=301><CTL=FIN,ACK>",
    ),
    (
        "call CLOSE-WAIT active close",
        "LAST-ACK <SEQ=101><ACK=302><CTL=FIN,ACK>",
    ),
    ("call FIN-WAIT-1 active close", "not possible"),
    ("call FIN-WAIT-2 active close", "not possible"),
    ("call CLOSING active close", "not possible"),
    ("call LAST-ACK active close", "not possible"),
    ("call TIME-WAIT active close", "not possible"),
    // §3.10.5 ABORT
    ("call SYN-SENT active abort", "CLOSED"),
    (
        "call SYN-RECEIVED passive abort",
        "CLOSED <SEQ=101><CTL=RST>",
    ),
    ("call ESTABLISHED active abort", "CLOSED <SEQ=101><CTL=RST>"),
    ("call FIN-WAIT-1 active abort", "CLOSED <SEQ=102><CTL=RST>"),
    ("call FIN-WAIT-2 active abort", "CLOSED <SEQ=102><CTL=RST>"),
    ("call CLOSE-WAIT active abort", "CLOSED <SEQ=101><CTL=RST>"),
    ("call CLOSING active abort", "CLOSED"),
    ("call LAST-ACK active abort", "CLOSED"),
    // §3.10.8 timeouts
    ("call SYN-SENT active again", "SYN-SENT <SEQ=100><CTL=SYN>"),
    (
        "call SYN-RECEIVED passive again",
        "SYN-RECEIVED <SEQ=100><ACK=301><CTL=SYN,ACK>",
    ),
    (
        "call SYN-RECEIVED active again",
        "SYN-RECEIVED <SEQ=100><ACK=301><CTL=SYN,ACK>",
    ),
    (
        "call FIN-WAIT-1 active again",
        "FIN-WAIT-1 <SEQ=101><ACK=301><CTL=FIN,ACK>",
    ),
    (
        "call LAST-ACK active again",
        "LAST-ACK <SEQ=101><ACK=302><CTL=FIN,ACK>",
    ),
    ("call ESTABLISHED active again", "not possible"),
    ("call TIME-WAIT active wait", "CLOSED"),
    ("call FIN-WAIT-2 active wait", "not possible"),
    // §3.10.7.1 CLOSED
    ("arrive CLOSED active RST 7 0 0", "CLOSED"),
    (
        "arrive CLOSED active SYN 7 0 0",
        "CLOSED <SEQ=0><ACK=8><CTL=RST,ACK>",
    ),
    ("arrive CLOSED active ACK 7 9 5", "CLOSED <SEQ=9><CTL=RST>"),
    // §3.10.7.2 LISTEN
    ("arrive LISTEN passive RST 7 0 0", "LISTEN"),
    ("arrive LISTEN passive ACK 7 9 0", "LISTEN <SEQ=9><CTL=RST>"),
    (
        "arrive LISTEN passive SYN,ACK 7 9 0",
        "LISTEN <SEQ=9><CTL=RST>",
    ),
    (
        "arrive LISTEN passive SYN 300 0 0",
        "SYN-RECEIVED <SEQ=100><ACK=301><CTL=SYN,ACK>",
    ),
    // §3.10.7.3 SYN-SENT
    (
        "arrive SYN-SENT active SYN,ACK 300 101 0",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    (
        "arrive SYN-SENT active SYN 300 0 0",
        "SYN-RECEIVED <SEQ=100><ACK=301><CTL=SYN,ACK>",
    ),
    (
        "arrive SYN-SENT active SYN,ACK 300 91 0",
        "SYN-SENT <SEQ=91><CTL=RST>",
    ),
    (
        "arrive SYN-SENT active SYN,ACK 300 102 0",
        "SYN-SENT <SEQ=102><CTL=RST>",
    ),
    ("arrive SYN-SENT active RST,ACK 0 101 0", "CLOSED"),
    ("arrive SYN-SENT active RST,ACK 0 91 0", "SYN-SENT"),
    ("arrive SYN-SENT active RST 0 0 0", "SYN-SENT"),
    ("arrive SYN-SENT active ACK 300 101 0", "SYN-SENT"),
    // §3.10.7.4, the others: the RST bit
    ("arrive SYN-RECEIVED passive RST 301 0 0", "LISTEN"),
    ("arrive SYN-RECEIVED active RST 301 0 0", "CLOSED"),
    ("arrive ESTABLISHED active RST 301 0 0", "CLOSED"),
    ("arrive ESTABLISHED active RST 299 0 0", "ESTABLISHED"),
    (
        "arrive ESTABLISHED active RST 305 0 0",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    ("arrive ESTABLISHED active ACK 307 101 0", "ESTABLISHED"),
    ("arrive TIME-WAIT active RST 302 0 0", "CLOSED"),
    // the SYN bit
    (
        "arrive ESTABLISHED active SYN 301 0 0",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    (
        "arrive ESTABLISHED active SYN 300 0 0",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    ("arrive SYN-RECEIVED passive SYN 301 0 0", "LISTEN"),
    // the ACK field
    ("arrive SYN-RECEIVED passive ACK 301 101 0", "ESTABLISHED"),
    (
        "arrive SYN-RECEIVED passive ACK 301 99 0",
        "SYN-RECEIVED <SEQ=99><CTL=RST>",
    ),
    (
        "arrive SYN-RECEIVED active SYN,ACK 300 101 0",
        "ESTABLISHED",
    ),
    (
        "arrive ESTABLISHED active ACK 301 150 0",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    ("arrive FIN-WAIT-1 active ACK 301 102 0", "FIN-WAIT-2"),
    ("arrive FIN-WAIT-1 active ACK 301 101 0", "FIN-WAIT-1"),
    ("arrive CLOSING active ACK 302 102 0", "TIME-WAIT"),
    ("arrive LAST-ACK active ACK 302 102 0", "CLOSED"),
    // the text, and the FIN bit
    (
        "arrive ESTABLISHED active ACK 301 101 6",
        "ESTABLISHED <SEQ=101><ACK=307><CTL=ACK>",
    ),
    (
        "arrive ESTABLISHED active ACK 307 101 6",
        "ESTABLISHED <SEQ=101><ACK=301><CTL=ACK>",
    ),
    (
        "arrive FIN-WAIT-2 active ACK 301 102 6",
        "FIN-WAIT-2 <SEQ=102><ACK=307><CTL=ACK>",
    ),
    (
        "arrive ESTABLISHED active FIN,ACK 301 101 0",
        "CLOSE-WAIT <SEQ=101><ACK=302><CTL=ACK>",
    ),
    (
        "arrive FIN-WAIT-1 active FIN,ACK 301 101 0",
        "CLOSING <SEQ=102><ACK=302><CTL=ACK>",
    ),
    (
        "arrive FIN-WAIT-1 active FIN,ACK 301 102 0",
        "TIME-WAIT <SEQ=102><ACK=302><CTL=ACK>",
    ),
    (
        "arrive FIN-WAIT-2 active FIN,ACK 301 102 0",
        "TIME-WAIT <SEQ=102><ACK=302><CTL=ACK>",
    ),
    (
        "arrive TIME-WAIT active FIN,ACK 301 102 0",
        "TIME-WAIT <SEQ=102><ACK=302><CTL=ACK>",
    ),
];

#[test]
fn an_end_of_tcp_does_what_the_rfc_says_of_its_state() {
    if !has_node() {
        return;
    }
    let questions: Vec<String> = TABLE
        .iter()
        .map(|(question, _)| (*question).to_owned())
        .collect();
    for ((question, expected), came) in TABLE.iter().zip(ask("tcp", &questions)) {
        assert_eq!(&came, expected, "{question}");
    }
}

/// Figures 6, 7, 12 and 13 of RFC 9293, number for number; in 12 and 13 the
/// RFC begins at 100 and 300, here the handshake has taken those.
#[test]
fn the_stories_are_those_of_the_figures() {
    if !has_node() {
        return;
    }
    let handshake = "B=LISTEN A=SYN-SENT A <SEQ=100><CTL=SYN> B=SYN-RECEIVED B <SEQ=300><ACK=101><CTL=SYN,ACK> \
                     A=ESTABLISHED A <SEQ=101><ACK=301><CTL=ACK> B=ESTABLISHED";
    let figures = [
        (
            "story close",
            "B <SEQ=301><ACK=101><CTL=ACK><DATA> A <SEQ=101><ACK=307><CTL=ACK> \
             A=FIN-WAIT-1 A <SEQ=101><ACK=307><CTL=FIN,ACK> B=CLOSE-WAIT B <SEQ=307><ACK=102><CTL=ACK> A=FIN-WAIT-2 \
             B=LAST-ACK B <SEQ=307><ACK=102><CTL=FIN,ACK> A=TIME-WAIT A <SEQ=102><ACK=308><CTL=ACK> B=CLOSED A=CLOSED",
        ),
        (
            "story bothclose",
            "A=FIN-WAIT-1 A <SEQ=101><ACK=301><CTL=FIN,ACK> B=FIN-WAIT-1 B <SEQ=301><ACK=101><CTL=FIN,ACK> \
             B=CLOSING B <SEQ=302><ACK=102><CTL=ACK> A=CLOSING A <SEQ=102><ACK=302><CTL=ACK> \
             B=TIME-WAIT A=TIME-WAIT A=CLOSED B=CLOSED",
        ),
        (
            "story both",
            "A=SYN-SENT A <SEQ=100><CTL=SYN> B=SYN-SENT B <SEQ=300><CTL=SYN> A=SYN-RECEIVED A <SEQ=100><ACK=301><CTL=SYN,ACK> \
             B=SYN-RECEIVED B <SEQ=300><ACK=101><CTL=SYN,ACK> B=ESTABLISHED A=ESTABLISHED",
        ),
    ];
    let questions = figures.map(|(question, _)| question.to_owned());
    for ((question, expected), came) in figures.iter().zip(ask("tcp", &questions)) {
        let expected = match *question {
            "story both" => (*expected).to_owned(),
            _ => format!("{handshake} {expected}"),
        };
        assert_eq!(came, expected, "{question}");
    }
    let all = ask("tcp", &["stories".to_owned()]).concat();
    let questions: Vec<String> = all.split(' ').map(|name| format!("story {name}")).collect();
    assert!(questions.len() >= 10);
    for (question, came) in questions.iter().zip(ask("tcp", &questions)) {
        assert!(
            !came.starts_with("stopped"),
            "{question}: a step of it is not possible"
        );
    }
}

/// The arrows of figure 5, and those that §3.10 adds: resets, aborts, and what
/// one segment does at once (a FIN that also acknowledges, a SYN with it).
const ARROWS: [&str; 32] = [
    "CLOSED>LISTEN",
    "CLOSED>SYN-SENT",
    "LISTEN>CLOSED",
    "LISTEN>SYN-SENT",
    "LISTEN>SYN-RECEIVED",
    "SYN-SENT>CLOSED",
    "SYN-SENT>SYN-RECEIVED",
    "SYN-SENT>ESTABLISHED",
    "SYN-RECEIVED>ESTABLISHED",
    "SYN-RECEIVED>FIN-WAIT-1",
    "SYN-RECEIVED>LISTEN",
    "ESTABLISHED>FIN-WAIT-1",
    "ESTABLISHED>CLOSE-WAIT",
    "FIN-WAIT-1>FIN-WAIT-2",
    "FIN-WAIT-1>CLOSING",
    "FIN-WAIT-1>TIME-WAIT",
    "FIN-WAIT-2>TIME-WAIT",
    "CLOSING>TIME-WAIT",
    "CLOSE-WAIT>LAST-ACK",
    "LAST-ACK>CLOSED",
    "TIME-WAIT>CLOSED",
    // a RST, or an ABORT
    "SYN-RECEIVED>CLOSED",
    "ESTABLISHED>CLOSED",
    "FIN-WAIT-1>CLOSED",
    "FIN-WAIT-2>CLOSED",
    "CLOSE-WAIT>CLOSED",
    "CLOSING>CLOSED",
    // the ACK of the SYN and a FIN in one segment
    "SYN-RECEIVED>CLOSE-WAIT",
    "SYN-RECEIVED>FIN-WAIT-2",
    "SYN-RECEIVED>CLOSING",
    "SYN-RECEIVED>TIME-WAIT",
    "LISTEN>LISTEN",
];

/// Whatever is done in whatever order, no state is reached by another way, and
/// when nothing more is lost, nothing stays unacknowledged.
#[test]
fn no_order_of_events_leads_two_ends_astray() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(SEED);
    const EVENTS: [&str; 26] = [
        "al", "bl", "ao", "bo", "as", "bs", "ac", "bc", "ax", "aa", "ba", "aw", "bw", "ga", "gb",
        "ga", "gb", "ga", "gb", "ga", "gb", "la", "lb", "bo", "ao", "bl",
    ];
    let questions: Vec<String> = (0..3000)
        .map(|_| {
            let count = random.usize(1..60);
            let events: Vec<&str> = (0..count).filter_map(|_| random.choice(EVENTS)).collect();
            format!("walk {}", events.join(" "))
        })
        .collect();
    let mut seen = BTreeSet::new();
    for (question, came) in questions.iter().zip(ask("tcp", &questions)) {
        let words: Vec<&str> = came.split_whitespace().collect();
        let [_, _, left, changes @ ..] = words.as_slice() else {
            panic!("{question}: {came}")
        };
        assert_eq!(*left, "0", "{question}: something is left: {came}");
        for change in changes {
            assert!(ARROWS.contains(change), "{question}: {change}");
            seen.insert((*change).to_owned());
        }
    }
    for arrow in ARROWS.iter().take(21) {
        assert!(seen.contains(*arrow), "no walk went {arrow}");
    }
}
