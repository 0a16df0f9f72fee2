//! The conversation as a ladder: two lanes, an arrow an event, in text and as
//! SVG. Every row can be read without its colour and without its arrow.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::check::{Event, Failure, Fate, What};
use crate::trial::ENDED_BY_US;

/// The widest a ladder gets, in columns, however wide the window is.
pub const WIDTH_MAX: usize = 96;

/// The narrowest: below, nothing fits between the lanes.
pub const WIDTH_MIN: usize = 56;

/// The most rows, unless all are asked for; the middle of a longer conversation
/// is folded.
const ROWS_MAX: usize = 14;

/// The most characters of a text that are kept to be shown.
const SAMPLE_LEN_MAX: usize = 200;

/// What is drawn in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    /// From the harness to the program.
    To,
    /// From the program to the harness.
    From,
    /// To the program, and not arrived.
    Lost,
    /// Something that one of them does by itself.
    Note,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    way: Way,
    label: String,
    /// Here the program first did otherwise than expected.
    guilty: bool,
}

/// A conversation, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    rows: Vec<Row>,
}

impl Ladder {
    /// The conversation with the program that was started last.
    pub fn new(events: &[Event], failure: Option<&Failure>) -> Ladder {
        let guilty = failure.and_then(|failure| guilty(events, failure));
        let start = last_program(events);
        let events = events.get(start..).unwrap_or_default();
        let mut streams: Vec<usize> = events
            .iter()
            .map(|event| event.stream)
            .filter(|stream| *stream > 0)
            .collect();
        streams.dedup();
        let several = streams.len() > 1;
        let mut rows = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let Some((way, mut label)) = row(event) else {
                continue;
            };
            if several && event.stream > 0 {
                label = format!("#{} {label}", event.stream);
            }
            rows.push(Row {
                way,
                label,
                guilty: guilty == Some(start + index),
            });
        }
        Ladder { rows }
    }

    /// The ladder as text, `width` columns wide; with the signs of ASCII alone
    /// if `ascii`, and every row if `whole`.
    pub fn text(&self, width: usize, ascii: bool, whole: bool) -> String {
        let rows = if whole {
            self.rows.clone()
        } else {
            fold(&self.rows)
        };
        let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
        let mark = "◀ first difference";
        // Two lanes, and room for the mark on the right.
        let (left, right) = (6, width - mark.chars().count() - 2);
        let mut text = String::new();
        let name = "your program";
        let _ = writeln!(
            text,
            "{:left$}harness{:>gap$}",
            "",
            name,
            left = left - 3,
            gap = right - left - 4 + name.len() / 2
        );
        for (number, row) in (1..).zip(&rows) {
            let inner = right - left - 1;
            let between = between(row, inner);
            let tail = if row.guilty {
                format!(" {mark}")
            } else {
                String::new()
            };
            let _ = writeln!(text, "{number:>3}  │{between}│{tail}");
        }
        if ascii { to_ascii(&text) } else { text }
    }

    /// The conversation in sentences, for whoever hears the page.
    pub fn sentences(&self) -> String {
        let rows = fold(&self.rows);
        let sentences = (1..).zip(&rows).map(|(number, row)| {
            let who = match row.way {
                Way::To => "the harness to your program: ",
                Way::From => "your program to the harness: ",
                Way::Lost => "the harness to your program, not arrived: ",
                Way::Note => "",
            };
            let mark = if row.guilty {
                " (first difference)"
            } else {
                ""
            };
            format!("{number}. {who}{}{mark}.", row.label)
        });
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// The ladder as SVG, in the classes of the book's style sheet, with `title`
    /// and the conversation in sentences as its text. `id` makes its inner names
    /// unique on a page.
    pub fn svg(&self, id: &str, title: &str) -> String {
        const ROW: usize = 34;
        const TOP: usize = 40;
        const LEFT: usize = 90;
        const RIGHT: usize = 670;
        let rows = fold(&self.rows);
        let height = TOP + ROW * rows.len() + 30;
        let bottom = height - 16;
        let mut svg = String::new();
        let _ = write!(
            svg,
            "<svg class=\"figure\" viewBox=\"0 0 760 {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"{id}-t\">{}</title>\n<desc id=\"{id}-d\">{}</desc>\n\
             <defs><marker id=\"{id}-head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"12\" \
             markerHeight=\"12\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
            escape(title),
            escape(&self.sentences()),
        );
        for (x, name) in [(LEFT, "harness"), (RIGHT, "your program")] {
            let _ = writeln!(
                svg,
                "<text class=\"text\" x=\"{x}\" y=\"20\" text-anchor=\"middle\">{name}</text>\
                 <line class=\"faint\" x1=\"{x}\" y1=\"28\" x2=\"{x}\" y2=\"{bottom}\"/>"
            );
        }
        for (index, row) in rows.iter().enumerate() {
            let y = TOP + ROW * index + 22;
            let class = if row.guilty { "accent" } else { "arrow" };
            let (x1, x2) = match row.way {
                Way::To => (LEFT, RIGHT - 3),
                Way::From => (RIGHT, LEFT + 3),
                Way::Lost => (LEFT, LEFT + (RIGHT - LEFT) * 3 / 4),
                Way::Note => (0, 0),
            };
            let _ = write!(
                svg,
                "<text class=\"small\" x=\"20\" y=\"{}\">{}</text>",
                y + 4,
                index + 1
            );
            if row.way != Way::Note {
                let _ = write!(
                    svg,
                    "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y}\" x2=\"{x2}\" y2=\"{y}\" marker-end=\"url(#{id}-head)\"/>"
                );
            }
            let mark = if row.guilty {
                "  ◀ first difference"
            } else {
                ""
            };
            let _ = writeln!(
                svg,
                "<text class=\"small mono\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}{mark}</text>",
                usize::midpoint(LEFT, RIGHT),
                y - 6,
                escape(&row.label),
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Where the conversation with the program that was started last begins.
fn last_program(events: &[Event]) -> usize {
    events
        .iter()
        .rposition(|event| matches!(event.what, What::Started(_)))
        .unwrap_or(0)
}

/// The event at which the program that was started last first did otherwise
/// than `failure` expected.
pub fn guilty(events: &[Event], failure: &Failure) -> Option<usize> {
    let Some((stream, offset)) = failure.place else {
        return last_deed(events);
    };
    let wanted = offset + failure.first_difference();
    let mut end = 0;
    for (index, event) in events
        .iter()
        .enumerate()
        .skip(last_program(events))
        .filter(|(_, event)| event.stream == stream)
    {
        match &event.what {
            What::Received(octets) | What::DatagramReceived(octets, _) => {
                end += octets.len();
                if wanted < end {
                    return Some(index);
                }
            }
            // It ends here, though more was expected.
            // The end of standard output has no row: the program's end has.
            What::End if stream == 0 => {}
            What::End | What::Reset | What::Silent | What::Exited(_) if wanted >= end => {
                return Some(index);
            }
            _ => {}
        }
    }
    None
}

/// The last event, or the one before it if that was the program's and then the
/// harness ended the program, which is no deed of its own.
fn last_deed(events: &[Event]) -> Option<usize> {
    let last = events.len().checked_sub(1)?;
    match &events.get(last)?.what {
        What::Exited(how) if how == ENDED_BY_US => {}
        _ => return Some(last),
    }
    let has_row = |event: &Event| event.stream > 0 || event.what != What::End;
    let before = events.get(..last)?.iter().rposition(has_row);
    let deed = before.filter(|&before| {
        matches!(
            events.get(before).map(|event| &event.what),
            Some(What::Received(_) | What::Accepted | What::End | What::Reset | What::Silent)
        )
    });
    deed.or(Some(last))
}

fn row(event: &Event) -> Option<(Way, String)> {
    let on_standard = event.stream == 0;
    Some(match &event.what {
        What::Started(args) => (Way::Note, format!("started: {}", args.join(" "))),
        What::FallingShort(rule) if rule.is_empty() => {
            (Way::Note, "system calls are whole again".to_owned())
        }
        What::FallingShort(rule) => (Way::Note, format!("system calls fall short: {rule}")),
        What::Connected => (Way::To, "connects".to_owned()),
        What::Accepted => (Way::From, "connects".to_owned()),
        What::Sent(octets) if on_standard => (Way::To, format!("input: {}", sample(octets))),
        What::Sent(octets) => (Way::To, sample(octets)),
        What::DatagramSent(octets, fate) => match fate {
            Fate::Lost => (Way::Lost, format!("{}  lost", sample(octets))),
            fate => (Way::To, sample(octets) + fate_note(*fate)),
        },
        What::DatagramReceived(octets, fate) => (Way::From, sample(octets) + fate_note(*fate)),
        What::NotSent => (Way::Lost, "could not be sent: closed".to_owned()),
        What::Received(octets) if on_standard => (Way::From, format!("output: {}", sample(octets))),
        What::Received(octets) => (Way::From, sample(octets)),
        What::Finished if on_standard => (Way::To, "end of input".to_owned()),
        What::Finished => (Way::To, "closes its direction (FIN)".to_owned()),
        What::Aborted => (Way::To, "resets (RST)".to_owned()),
        What::End if on_standard => return None,
        What::End => (Way::From, "closes its direction (FIN)".to_owned()),
        What::Reset => (Way::From, "resets (RST)".to_owned()),
        What::Terminated => (Way::Note, "asked to end (SIGTERM)".to_owned()),
        What::Silent => (Way::Note, "silence until the deadline".to_owned()),
        What::Exited(how) => (Way::Note, format!("your program: {how}")),
    })
}

/// What the network did to a datagram, as it stands behind its octets.
fn fate_note(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "",
        Fate::Lost => "  lost on the way",
        Fate::Duplicated => "  arrives twice",
        Fate::Held => "  arrives after the next",
        Fate::Truncated => "  arrives without its last octet",
        Fate::Forged => "  from a stranger's port",
    }
}

/// Octets in short: `5 octets "hello"`, or `3 octets 00 01 02`.
pub fn sample(octets: &[u8]) -> String {
    let unit = if octets.len() == 1 { "octet" } else { "octets" };
    let shown = match str::from_utf8(octets) {
        Ok(text)
            if text
                .chars()
                .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')) =>
        {
            let shown: String = text.chars().take(SAMPLE_LEN_MAX).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("{shown:?}{more}")
        }
        _ => {
            let hex: Vec<String> = octets
                .iter()
                .take(24)
                .map(|octet| format!("{octet:02x}"))
                .collect();
            hex.join(" ") + if octets.len() > 24 { " …" } else { "" }
        }
    };
    format!("{} {unit}  {shown}", octets.len())
}

/// Folds the middle of a conversation that is too long, and keeps the guilty
/// row in sight.
fn fold(rows: &[Row]) -> Vec<Row> {
    if rows.len() <= ROWS_MAX {
        return rows.to_vec();
    }
    let guilty = rows
        .iter()
        .position(|row| row.guilty)
        .unwrap_or(rows.len() - 1);
    let head = 4;
    // The rows around the guilty one, or else the last ones.
    let tail_start = guilty
        .saturating_sub(4)
        .clamp(head, rows.len() - (ROWS_MAX - head - 2));
    let tail_end = (tail_start + ROWS_MAX - head - 2).min(rows.len());
    let folded = |count: usize| Row {
        way: Way::Note,
        label: format!("… {count} more …"),
        guilty: false,
    };
    let mut kept = Vec::new();
    kept.extend_from_slice(rows.get(..head).unwrap_or_default());
    if tail_start > head {
        kept.push(folded(tail_start - head));
    }
    kept.extend_from_slice(rows.get(tail_start..tail_end).unwrap_or_default());
    if tail_end < rows.len() {
        kept.push(folded(rows.len() - tail_end));
    }
    kept
}

/// What stands between the lanes: the label on its arrow, `inner` columns.
fn between(row: &Row, inner: usize) -> String {
    let room = inner - 10;
    let label = if row.label.chars().count() > room {
        row.label.chars().take(room - 1).chain(['…']).collect()
    } else {
        row.label.clone()
    };
    let label = format!(" {label} ");
    let line = if row.guilty { '━' } else { '─' };
    let len = label.chars().count();
    let (before, after) = ((inner - len) / 2, inner - len - (inner - len) / 2);
    let run = |count: usize| line.to_string().repeat(count);
    match row.way {
        Way::To => format!("{}{label}{}▶", run(before), run(after - 1)),
        Way::From => format!("◀{}{label}{}", run(before - 1), run(after)),
        Way::Lost => format!("{}{label}✗{}", run(before), " ".repeat(after - 1)),
        Way::Note => format!("{}{label}{}", " ".repeat(before), " ".repeat(after)),
    }
}

/// The same with the signs of ASCII: other letters become `?`.
pub fn to_ascii(text: &str) -> String {
    let ascii = |c: char| match c {
        '│' => '|',
        '─' => '-',
        '━' => '=',
        '▶' => '>',
        '◀' => '<',
        '✗' | '✘' => 'x',
        '✔' => '+',
        '○' | '◐' => 'o',
        '–' => '-',
        '…' => '~',
        '·' => '.',
        '§' | '▰' => '#',
        '▱' => '.',
        '▸' | '→' => '>',
        '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        c if c.is_ascii() => c,
        _ => '?',
    };
    text.chars().map(ascii).collect()
}

/// The text for HTML and SVG, between tags and in attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(stream: usize, what: What) -> Event {
        Event {
            at_us: 0,
            stream,
            what,
        }
    }

    fn conversation() -> (Vec<Event>, Failure) {
        let events = vec![
            event(
                0,
                What::Started(vec!["greet".into(), "127.0.0.1:7000".into()]),
            ),
            event(1, What::Accepted),
            event(1, What::Sent(b"hel".to_vec())),
            event(0, What::Received(b"hel\n".to_vec())),
            event(1, What::Sent(b"lo\n".to_vec())),
            event(1, What::Finished),
            event(0, What::End),
            event(0, What::Exited("exit status 0".into())),
        ];
        let failure = Failure {
            place: Some((0, 0)),
            ..Failure::octets("x", b"hello\n", b"hel\n")
        };
        (events, failure)
    }

    #[test]
    fn the_ladder_marks_the_first_difference() {
        let (events, failure) = conversation();
        let text = Ladder::new(&events, Some(&failure)).text(80, false, false);
        let guilty: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("first difference"))
            .collect();
        assert_eq!(guilty.len(), 1, "{text}");
        assert!(
            guilty.iter().all(|line| line.contains("output: 4 octets")),
            "{text}"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_window() {
        let (mut events, failure) = conversation();
        events.insert(4, event(1, What::Sent(vec![b'x'; 5000])));
        for width in [WIDTH_MIN, 72, 80, 96] {
            let text = Ladder::new(&events, Some(&failure)).text(width, false, false);
            assert!(
                text.lines().all(|line| line.chars().count() <= width),
                "{width}:\n{text}"
            );
            let ascii = Ladder::new(&events, Some(&failure)).text(width, true, false);
            assert!(ascii.is_ascii() && ascii.len() == text.chars().count());
        }
    }

    #[test]
    fn a_long_conversation_is_folded_around_the_difference() {
        let (events, failure) = conversation();
        let mut long = vec![
            event(0, What::Started(vec!["decode".into()])),
            event(1, What::Connected),
        ];
        long.extend((0..200).map(|octet| event(1, What::Sent(vec![octet]))));
        long.extend(events.into_iter().skip(3));
        let ladder = Ladder::new(&long, Some(&failure));
        let folded = ladder.text(80, false, false);
        assert!(folded.lines().count() <= ROWS_MAX + 1, "{folded}");
        assert!(folded.contains("first difference"), "{folded}");
        let whole = ladder.text(80, false, true);
        assert_eq!(whole.lines().count(), long.len() - 1 + 1, "{whole}");
    }

    #[test]
    fn the_svg_holds_the_conversation_in_sentences() {
        let (events, failure) = conversation();
        let svg = Ladder::new(&events, Some(&failure)).svg("hello-1", "A <greeting>");
        assert!(svg.contains("<title id=\"hello-1-t\">A &lt;greeting&gt;</title>"));
        assert!(
            svg.contains("3. the harness to your program: 3 octets  &quot;hel&quot;."),
            "{svg}"
        );
        assert!(!svg.contains("\n\n"));
    }
}
