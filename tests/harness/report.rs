//! Outcomes as text.

use std::fmt::Write;

use crate::check::{Event, Failure, Outcome, Report, What};
use crate::trial::Run;

/// The width that a report keeps to, in columns.
const WIDTH: usize = 96;

/// The most lines of a conversation that a report shows.
const CONVERSATION_LEN_MAX: usize = 12;

/// Expected and came as they are shown, and where they first differ.
pub fn compare(failure: &Failure) -> (String, String, String) {
    let ended = failure.ended.as_ref().map(|how| format!(", and {how}")).unwrap_or_default();
    if let Some((expected, came)) = &failure.words {
        return (expected.clone(), format!("{came}{ended}"), String::new());
    }
    let (expected, came) = (&failure.expected, &failure.came);
    let at = failure.first_difference();
    let place = match (expected.len() == at, came.len() == at) {
        (false, false) => format!("octet {at}"),
        (true, _) => format!("octet {at}, where nothing more should come"),
        (_, true) => format!("octet {at}, where what came ends"),
    };
    // Text of several lines: the line that differs, with its number.
    if let (Some(expected_text), Some(came_text)) = (printable(expected), printable(came)) {
        if expected_text.lines().count() > 1 || came_text.lines().count() > 1 {
            let number = expected.iter().take(at).filter(|&&octet| octet == b'\n').count();
            let line = |text: &str| match text.split_inclusive('\n').nth(number) {
                Some(line) => format!("{line:?}"),
                None => "the end".to_owned(),
            };
            let place = format!("line {}, {place}", number + 1);
            return (line(expected_text), line(came_text) + &ended, place);
        }
        return (quoted(expected_text), quoted(came_text) + &ended, place);
    }
    (hex_around(expected, at), hex_around(came, at) + &ended, place)
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { shorten(&format!("{text:?}"), WIDTH - 14) }
}

fn shorten(text: &str, len: usize) -> String {
    if text.chars().count() <= len {
        return text.to_owned();
    }
    let kept: String = text.chars().take(len.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// The octets as text, if they are UTF-8 without other control characters than
/// the ends of lines.
fn printable(octets: &[u8]) -> Option<&str> {
    let text = str::from_utf8(octets).ok()?;
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(plain).then_some(text)
}

/// Sixteen octets around offset `at`, the one at `at` in brackets:
/// `0010  c0[0c]00 01  │···· │`.
fn hex_around(octets: &[u8], at: usize) -> String {
    if octets.is_empty() {
        return "nothing".to_owned();
    }
    let from = if at < 16 { 0 } else { at - at % 16 };
    let row = octets.iter().enumerate().skip(from).take(16);
    let mut hex = String::new();
    let mut text = String::new();
    for (offset, octet) in row {
        let left = match offset {
            _ if offset == at => '[',
            _ if at.checked_add(1) == Some(offset) && offset > from => ']',
            _ => ' ',
        };
        let _ = write!(hex, "{left}{octet:02x}");
        text.push(if octet.is_ascii_graphic() { char::from(*octet) } else { '·' });
    }
    if at < octets.len() && (at + 1 == octets.len() || at % 16 == 15) {
        hex.push(']');
    }
    format!("{from:04x} {hex:<50}│{text}│  {} octets in all", octets.len())
}

/// What happened, a line an event, the middle left out where it is long.
pub fn conversation(events: &[Event]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for event in last_program(events) {
        let line = describe(event);
        if !line.is_empty() {
            lines.push(line);
        }
    }
    if lines.len() > CONVERSATION_LEN_MAX {
        let left_out = lines.len() - CONVERSATION_LEN_MAX + 1;
        let half = CONVERSATION_LEN_MAX / 2;
        lines.splice(half..half + left_out, [format!("… {left_out} more")]);
    }
    lines
}

/// The events since the last program was started.
fn last_program(events: &[Event]) -> &[Event] {
    let start = events.iter().rposition(|event| matches!(event.what, What::Started(_)));
    start.and_then(|start| events.get(start..)).unwrap_or(events)
}

fn describe(event: &Event) -> String {
    let on = match event.stream {
        0 => "standard input and output".to_owned(),
        number => format!("connection {number}"),
    };
    match &event.what {
        What::Started(args) => format!("your program was started: {}", shorten(&args.join(" "), WIDTH - 40)),
        What::FallingShort(rule) => format!("the system's calls fall short: {rule}"),
        What::Connected => format!("{on}: the harness connected"),
        What::Accepted => format!("{on}: your program connected"),
        What::Sent(octets) if event.stream == 0 => format!("standard input: {}", sample(octets)),
        What::Sent(octets) => format!("{on}: the harness sent {}", sample(octets)),
        What::NotSent => format!("{on}: the harness could not send, your program had closed"),
        What::Received(octets) if event.stream == 0 => format!("standard output: {}", sample(octets)),
        What::Received(octets) => format!("{on}: your program sent {}", sample(octets)),
        What::Finished if event.stream == 0 => "standard input: end".to_owned(),
        What::Finished => format!("{on}: the harness closed its direction"),
        What::Aborted => format!("{on}: the harness reset it"),
        What::End if event.stream == 0 => String::new(),
        What::End => format!("{on}: your program closed it"),
        What::Reset => format!("{on}: your program's side reset it"),
        What::Silent => format!("{on}: silence until the deadline"),
        What::Exited(how) => format!("your program: {how}"),
    }
}

/// Octets in short: `5 octets "hello"` or `3 octets 00 01 02`.
fn sample(octets: &[u8]) -> String {
    let len = octets.len();
    let unit = if len == 1 { "octet" } else { "octets" };
    match printable(octets) {
        Some(text) => format!("{len} {unit} {}", shorten(&format!("{text:?}"), 48)),
        None => {
            let hex: Vec<String> = octets.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
            let more = if len > 16 { " …" } else { "" };
            format!("{len} {unit} {}{more}", hex.join(" "))
        }
    }
}

/// The last lines of standard error, without the runtime's advice.
pub fn stderr_tail(run: Option<&Run>) -> String {
    let Some(run) = run else { return String::new() };
    let said = run.stderr_text();
    let useful = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE");
    let lines: Vec<&str> = said.lines().filter(useful).collect();
    let tail = lines.len().saturating_sub(5);
    lines.get(tail..).unwrap_or_default().iter().map(|line| shorten(line, WIDTH)).collect::<Vec<_>>().join("\n")
}

/// Control characters made visible, so that nothing a program printed can move
/// the cursor of the terminal that shows it.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '·' } else { c }).collect()
}

/// A failure's report as a block of text. `again` is the command that shows it
/// again, `page` the place in the book.
pub fn block(report: &Report, page: &str, again: &str) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        for (index, line) in wrap(&harmless(value), WIDTH - 14).iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let _ = writeln!(text, "   {name:<10} {line}");
        }
    };
    row("tried", &report.what);
    row("expected", &report.expected);
    row("came", &report.came);
    if !report.difference.is_empty() {
        row("", &format!("first difference: {}", report.difference));
    }
    match (&report.mistake, &report.why) {
        (Some(mistake), Some(why)) => row("why", &format!("{mistake}: {why}")),
        _ => row("why", "no mistake that this lab knows by name looks like this"),
    }
    row("read", &format!("{page} · {}", report.rfc));
    for (index, line) in report.conversation.iter().enumerate() {
        row(if index == 0 { "seen" } else { "" }, line);
    }
    if !report.stderr.is_empty() {
        for (index, line) in report.stderr.lines().enumerate() {
            row(if index == 0 { "it said" } else { "" }, line);
        }
    }
    row("again", again);
    text
}

/// Breaks `text` at blanks into lines of at most `width` characters; a word
/// that is longer stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        if paragraph.chars().count() <= width {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The sign of an outcome; its word stands beside it, so colour and sign are
/// never alone.
pub fn sign(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✔",
        Outcome::Fail(_) => "✘",
        Outcome::Todo { .. } => "○",
        Outcome::Skip { .. } => "–",
        Outcome::Error { .. } => "!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_shown_whole_with_the_first_difference() {
        let (expected, came, place) = compare(&Failure::octets("x", b"hello", b"hel"));
        assert_eq!((expected.as_str(), came.as_str()), ("\"hello\"", "\"hel\""));
        assert_eq!(place, "octet 3, where what came ends");
    }

    #[test]
    fn of_several_lines_the_one_that_differs_is_shown() {
        let (expected, came, place) = compare(&Failure::octets("x", b"a\nbc\nd\n", b"a\nbx\nd\n"));
        assert_eq!((expected.as_str(), came.as_str()), ("\"bc\\n\"", "\"bx\\n\""));
        assert_eq!(place, "line 2, octet 3");
    }

    #[test]
    fn octets_are_shown_in_hex_with_the_difference_in_brackets() {
        let (expected, came, _) = compare(&Failure::octets("x", &[0, 0, 0, 5], &[0, 0, 0, 9]));
        assert!(expected.starts_with("0000  00 00 00[05]"), "{expected}");
        assert!(came.starts_with("0000  00 00 00[09]"), "{came}");
        assert_eq!(hex_around(&[1, 2, 3], 1).split('│').next().map(str::trim_end), Some("0000  01[02]03"));
    }

    #[test]
    fn what_a_program_printed_cannot_move_the_cursor() {
        assert_eq!(harmless("a\x1b[2Jb\r"), "a·[2Jb·");
    }

    #[test]
    fn long_lines_break_at_blanks() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl mn", 8), ["abcdefghijkl", "mn"]);
    }
}
