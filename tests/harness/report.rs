//! Outcomes as text.

use std::fmt::Write;

use crate::check::{Failure, Outcome, Report};
use crate::ladder;
use crate::trial::Run;

/// The width of what is shortened when it is recorded, in columns.
const WIDTH: usize = 96;

/// How text is shown to whoever reads it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The columns there are.
    pub width: usize,
    /// Whether only the signs of ASCII are shown.
    pub ascii: bool,
    /// Whether nothing is left out of a conversation.
    pub verbose: bool,
    /// Whether a conversation is told in sentences, for whoever hears them,
    /// and no line is broken.
    pub spoken: bool,
}

impl Look {
    /// For a file or a program.
    pub const PLAIN: Look = Look {
        width: WIDTH,
        ascii: false,
        verbose: false,
        spoken: false,
    };

    /// For standard output as it is: the window's width, or that of a report
    /// where there is none; ASCII where the locale says that it is no UTF-8.
    pub fn of_stdout() -> Look {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let ascii = locale.is_some_and(|locale| {
            !locale.to_lowercase().replace('-', "").contains("utf8") && locale != "C"
        });
        Look {
            width: window_width()
                .unwrap_or(WIDTH)
                .clamp(ladder::WIDTH_MIN, ladder::WIDTH_MAX),
            ascii,
            verbose: false,
            spoken: false,
        }
    }

    /// `text` in the signs that can be shown.
    pub fn show(self, text: &str) -> String {
        if self.ascii {
            ladder::to_ascii(text)
        } else {
            text.to_owned()
        }
    }
}

fn window_width() -> Option<usize> {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        (size.ws_col > 0).then(|| usize::from(size.ws_col))
    }
    #[cfg(not(unix))]
    None
}

/// Expected and came as they are shown, and where they first differ.
pub fn compare(failure: &Failure) -> (String, String, String) {
    let ended = failure
        .ended
        .as_ref()
        .map(|how| format!(", and {how}"))
        .unwrap_or_default();
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
            let number = expected
                .iter()
                .take(at)
                .filter(|&&octet| octet == b'\n')
                .count();
            let line = |text: &str| match text.split_inclusive('\n').nth(number) {
                Some(line) => format!("{line:?}"),
                None => "nothing more".to_owned(),
            };
            let place = format!("line {}, {place}", number + 1);
            return (line(expected_text), line(came_text) + &ended, place);
        }
        return (quoted(expected_text), quoted(came_text) + &ended, place);
    }
    // As wide as the longer of the two, so that they stand one above the other.
    let from = row_start(at);
    let longer = expected.len().max(came.len()).saturating_sub(from).min(16);
    (
        hex_around(expected, at, longer),
        hex_around(came, at, longer) + &ended,
        format!(
            "{place}; {} octets were expected, {} came",
            expected.len(),
            came.len()
        ),
    )
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        shorten(&format!("{text:?}"), WIDTH - 14)
    }
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

/// Where the row of sixteen octets begins that holds offset `at`.
fn row_start(at: usize) -> usize {
    at - at % 16
}

/// Sixteen octets around offset `at`, the one at `at` in brackets, and as wide
/// as `room` of them: `0010  c0[0c]00 01  │····│`.
fn hex_around(octets: &[u8], at: usize, room: usize) -> String {
    if octets.is_empty() {
        return "nothing".to_owned();
    }
    let from = row_start(at);
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
        text.push(if octet.is_ascii_graphic() {
            char::from(*octet)
        } else {
            '·'
        });
    }
    if at < octets.len() && (at + 1 == octets.len() || at % 16 == 15) {
        hex.push(']');
    }
    let width = 3 * room + 1;
    format!("{from:04x} {hex:<width$} │{text}│")
}

/// The last lines of standard error, without the runtime's advice.
pub fn stderr_tail(run: Option<&Run>) -> String {
    let Some(run) = run else { return String::new() };
    let said = run.stderr_text();
    let useful = |line: &&str| {
        !line.trim().is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE")
    };
    let lines: Vec<&str> = said.lines().filter(useful).collect();
    let tail = lines.len().saturating_sub(5);
    lines
        .get(tail..)
        .unwrap_or_default()
        .iter()
        .map(|line| shorten(line, WIDTH))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Control characters made visible, so that nothing a program printed can move
/// the cursor of the terminal that shows it.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '·' } else { c })
        .collect()
}

/// Where a report points to.
#[derive(Clone, Debug)]
pub struct Pointers {
    /// The place in the book.
    pub page: String,
    /// The command that shows the failure again.
    pub again: String,
    /// What starts the program by hand.
    pub program: String,
}

/// A failure's report as a block of text.
pub fn block(report: &Report, to: &Pointers, look: Look) -> String {
    let mut text = String::new();
    let room = if look.spoken {
        usize::MAX
    } else {
        look.width.saturating_sub(14).max(16)
    };
    let mut row = |name: &str, value: &str| {
        for (index, line) in wrap(&harmless(value), room).iter().enumerate() {
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
    if let Some(standstill) = &report.standstill {
        row("program", &standstill.to_string());
    }
    match (&report.mistake, &report.why) {
        (Some(mistake), Some(why)) => row("why", &format!("{mistake}: {why}")),
        _ => row(
            "why",
            "no mistake that this lab knows by name looks like this",
        ),
    }
    row("read", &format!("{} · {}", to.page, report.rfc));
    for (index, line) in report.stderr.lines().enumerate() {
        row(if index == 0 { "it said" } else { "" }, line);
    }
    if look.spoken || look.width < ladder::WIDTH_MIN {
        let told = report.ladder.sentences();
        row("told", &told);
    } else {
        let drawn = report.ladder.text(look.width, false, look.verbose);
        let _ = write!(text, "\n{drawn}\n");
    }
    // A command stays on one line, to be copied.
    let _ = writeln!(text, "   {:<10} {}", "again", to.again);
    if let Some(by_hand) = &report.by_hand {
        let _ = writeln!(
            text,
            "   {:<10} {}",
            "by hand",
            harmless(&by_hand.command(&to.program))
        );
    }
    if let Some((path, packet)) = &report.capture {
        let packet = packet
            .map(|number| format!(", packet {number}"))
            .unwrap_or_default();
        let _ = writeln!(text, "   {:<10} {}{packet}", "capture", path.display());
    }
    look.show(&text)
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
        assert_eq!(
            (expected.as_str(), came.as_str()),
            ("\"bc\\n\"", "\"bx\\n\"")
        );
        assert_eq!(place, "line 2, octet 3");
    }

    #[test]
    fn octets_are_shown_in_hex_with_the_difference_in_brackets() {
        let (expected, came, _) = compare(&Failure::octets("x", &[0, 0, 0, 5], &[0, 0, 0, 9]));
        assert!(expected.starts_with("0000  00 00 00[05]"), "{expected}");
        assert!(came.starts_with("0000  00 00 00[09]"), "{came}");
        assert_eq!(
            hex_around(&[1, 2, 3], 1, 16)
                .split('│')
                .next()
                .map(str::trim_end),
            Some("0000  01[02]03")
        );
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
