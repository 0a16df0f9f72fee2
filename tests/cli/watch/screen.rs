//! What the watch looks like: lines made of a session, and nothing else. Every
//! state has a sign and a word; colour comes on top.

use std::path::PathBuf;
use std::time::Duration;

use anstyle::AnsiColor;
use netlings::chapter;
use netlings::check::{Check, Outcome};
use netlings::course::Tree;
use netlings::ladder;
use netlings::report::{self, Look};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::session::{At, Choice, Page, Session, Verdict, Work};
use crate::check::{Subject, Unbuilt, Which, pointers};
use crate::hint;
use crate::list;
use crate::outline::{Outline, Step};

/// The columns from which the header has a right side.
const WIDE: usize = 92;

/// The rows of the footer: a rule, what is going on, and the keys.
const FOOTER: usize = 3;

/// A text that leads to a file when it is clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its column and row.
    pub at: (u16, u16),
    /// What stands there.
    pub text: String,
    /// The file, from the root of the course.
    pub file: PathBuf,
}

/// Draws the whole window, and says where the file to edit is named.
pub fn draw(session: &Session, frame: &mut Frame<'_>) -> Option<Link> {
    let width = usize::from(frame.area().width);
    let head = header(session, width);
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(u16::try_from(head.len()).unwrap_or(u16::MAX)),
        Constraint::Min(0),
        Constraint::Length(FOOTER as u16),
    ])
    .areas(frame.area());
    let (lines, from) = body(session, width);
    let rows = usize::from(middle.height);
    let below = lines.len().saturating_sub(from + rows);
    let link = link(session, &head);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(from).take(rows).collect();
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(Paragraph::new(shown), middle);
    frame.render_widget(Paragraph::new(footer(session, width, below)), bottom);
    link
}

/// How many rows the middle has.
pub fn page_len(session: &Session) -> usize {
    let (columns, rows) = session.size;
    let head = header(session, usize::from(columns)).len();
    usize::from(rows).saturating_sub(head + FOOTER)
}

/// The furthest that the middle can be scrolled.
pub fn scroll_max(session: &Session) -> usize {
    let (lines, _) = body(session, usize::from(session.size.0));
    lines.len().saturating_sub(page_len(session))
}

/// Where hint `number` begins in the middle.
pub fn hint_line(session: &Session, number: usize) -> usize {
    let before = number.saturating_sub(1);
    let pen = Pen::of(session, usize::from(session.size.0));
    hints(session, pen, before).len()
}

/// How text becomes lines.
#[derive(Clone, Copy)]
struct Pen {
    width: usize,
    ascii: bool,
}

impl Pen {
    fn of(session: &Session, width: usize) -> Pen {
        Pen {
            width,
            ascii: session.ascii,
        }
    }

    fn span(self, text: impl Into<String>, style: Style) -> Span<'static> {
        let text = text.into();
        let text = if self.ascii {
            ladder::to_ascii(&text)
        } else {
            text
        };
        Span::styled(text, style)
    }

    fn line(self, text: impl Into<String>, style: Style) -> Line<'static> {
        Line::from(self.span(text, style))
    }

    /// `text` in lines that fit, the further ones `indent` columns in.
    fn wrapped(self, text: &str, indent: usize, style: Style) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for line in fit(text, self.width, indent) {
            lines.push(self.line(line, style));
        }
        lines
    }

    /// Text on the left and on the right; that on the right only where it fits.
    fn both(self, left: Vec<Span<'static>>, right: &str) -> Line<'static> {
        let used: usize = left.iter().map(Span::width).sum();
        let right = self.span(right, dim());
        let mut spans = left;
        if used + right.width() + 2 <= self.width {
            let gap = self.width - used - right.width() - 1;
            spans.push(Span::raw(" ".repeat(gap)));
            spans.push(right);
        }
        Line::from(spans)
    }
}

fn plain() -> Style {
    Style::new()
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn coloured(colour: Option<AnsiColor>) -> Style {
    let colour = match colour {
        Some(AnsiColor::Green) => Color::Green,
        Some(AnsiColor::Red) => Color::Red,
        Some(AnsiColor::Yellow) => Color::Yellow,
        Some(AnsiColor::Cyan) => Color::Cyan,
        _ => return plain(),
    };
    Style::new().fg(colour)
}

/// `text` in pieces of at most `width` characters, broken at blanks where
/// there are any, the further pieces `indent` columns in.
fn fit(text: &str, width: usize, indent: usize) -> Vec<String> {
    let indent = if indent + 16 > width { 2 } else { indent };
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    let mut lead = 0;
    while lead + rest.len() > width && width > lead + 1 {
        let room = width - lead;
        let blank = rest
            .iter()
            .take(room + 1)
            .rposition(|letter| *letter == ' ')
            .filter(|at| rest.iter().take(*at).any(|letter| *letter != ' '));
        let tail = rest.split_off(blank.unwrap_or(room));
        lines.push(" ".repeat(lead) + rest.iter().collect::<String>().trim_end());
        rest = tail
            .into_iter()
            .skip_while(|letter| *letter == ' ')
            .collect();
        lead = indent;
    }
    lines.push(" ".repeat(lead) + &rest.into_iter().collect::<String>());
    lines
}

// ------------------------------------------------------------------ the header

fn header(session: &Session, width: usize) -> Vec<Line<'static>> {
    let pen = Pen::of(session, width);
    let at = &session.at;
    let lab = session.outline.lab(&at.lab);
    let count = lab.map_or(0, |lab| lab.steps.len());
    let title = session.step().map_or("", |step| step.title.as_str());
    let progress = progress(session);
    let edit = edit(session);
    let read = format!("book: {}, step {} (b opens it)", at.lab, at.step);
    let name = format!(" netlings  {} · step {} of {count}", at.lab, at.step);
    let mut lines = Vec::new();
    if width >= WIDE {
        let mut spans = vec![pen.span(format!("{name} · "), plain())];
        spans.push(pen.span(title, bold()));
        lines.push(pen.both(spans, &progress));
        let mut spans = vec![pen.span(" edit  ", dim())];
        spans.extend(edit.map(|edit| pen.span(edit, plain())));
        lines.push(pen.both(spans, &format!("read  {read}")));
    } else {
        let spans = vec![pen.span(name.clone(), plain())];
        if name.chars().count() + progress.chars().count() + 2 <= width {
            lines.push(pen.both(spans, &progress));
        } else {
            lines.push(Line::from(spans));
            lines.extend(pen.wrapped(&format!(" {progress}"), 1, dim()));
        }
        lines.extend(pen.wrapped(&format!(" {title}"), 1, bold()));
        if let Some(edit) = edit {
            lines.extend(pen.wrapped(&format!(" edit  {edit}"), 7, plain()));
        }
    }
    for also in session
        .step()
        .into_iter()
        .flat_map(|step| &step.files)
        .skip(1)
    {
        lines.extend(pen.wrapped(&format!("       {}", also.display()), 7, plain()));
    }
    lines.push(pen.line("─".repeat(width), dim()));
    lines
}

/// How far the learner is in the lab and in the course.
fn progress(session: &Session) -> String {
    const BAR: usize = 8;
    let lab = session.outline.lab(&session.at.lab);
    let (done, all) = lab.map_or((0, 0), |lab| (lab.done(), lab.steps.len()));
    let (course_done, course_all) = course(&session.outline);
    let filled = if course_done == 0 {
        0
    } else {
        (course_done * BAR / course_all.max(1)).max(1)
    };
    format!(
        "lab {done}/{all} · course {course_done}/{course_all} {}{}",
        "▰".repeat(filled),
        "▱".repeat(BAR - filled)
    )
}

fn course(outline: &Outline) -> (usize, usize) {
    let labs = outline.labs();
    labs.fold((0, 0), |(done, all), (_, lab)| {
        (done + lab.done(), all + lab.steps.len())
    })
}

fn place(session: &Session, step: &Step) -> Option<String> {
    let file = step.files.first()?.to_string_lossy().replace('\\', "/");
    let begin = session.content.begin.as_ref();
    Some(begin.map_or(file.clone(), |(line, _)| format!("{file}:{line}")))
}

fn edit(session: &Session) -> Option<String> {
    let step = session.step()?;
    let begin = session.content.begin.as_ref();
    let item = begin.map_or(&step.item, |(_, item)| item);
    Some(format!("{}  {item}()", place(session, step)?))
}

fn link(session: &Session, head: &[Line<'static>]) -> Option<Link> {
    let step = session.step()?;
    let text = place(session, step)?;
    let row = head.iter().position(|line| {
        let whole: String = line
            .spans
            .iter()
            .map(|span| span.content.as_ref())
            .collect();
        whole.starts_with(&format!(" edit  {text}"))
    })?;
    Some(Link {
        at: (7, u16::try_from(row).ok()?),
        text,
        file: step.files.first()?.clone(),
    })
}

// ------------------------------------------------------------------ the footer

fn footer(session: &Session, width: usize, below: usize) -> Vec<Line<'static>> {
    let pen = Pen::of(session, width);
    let more = match below {
        0 => String::new(),
        1 => " 1 more line ↓ ".to_owned(),
        _ => format!(" {below} more lines ↓ "),
    };
    let left = width.saturating_sub(more.chars().count() + 2);
    let rule = format!("{}{more}──", "─".repeat(left));
    let rule: String = rule.chars().take(width).collect();
    let status = cut(&status(session), width.saturating_sub(1));
    vec![
        pen.line(rule, dim()),
        pen.line(status, plain()),
        pen.line(keys(session, width), dim()),
    ]
}

/// What is going on, in a sentence.
pub fn status(session: &Session) -> String {
    if let Some(notice) = &session.notice {
        return format!(" {notice}");
    }
    let first = session.verdict.is_none() && session.saves == 0;
    match session.work {
        Work::Building if first => format!(
            " building {}… the first build takes a moment",
            session.at.lab
        ),
        Work::Building => " building…".to_owned(),
        Work::Checking => match (&session.verdict, session.is_current()) {
            (Some(verdict), true) => {
                let all = checks(session, verdict).len();
                format!(" checking… {} of {all} known", verdict.results.len())
            }
            _ => " checking…".to_owned(),
        },
        Work::Idle | Work::Looking => {
            let Some(verdict) = &session.verdict else {
                return String::new();
            };
            let mut parts = Vec::new();
            if let Some(built) = verdict.built {
                parts.push(format!("built {}", seconds(built)));
            }
            if !verdict.results.is_empty() {
                parts.push(format!("checked {}", seconds(verdict.checked)));
            }
            if session.saves > 0 {
                parts.push(format!("save {}", session.saves));
            }
            parts.push(match session.work {
                Work::Looking => "looking at the other steps again".to_owned(),
                _ => "save to check again".to_owned(),
            });
            format!(" {}", parts.join(" · "))
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// The keys that are of use here, as many as fit, the way out always.
fn keys(session: &Session, width: usize) -> String {
    let hints = session.text.hints.len();
    let left = hints.saturating_sub(session.hints_seen);
    let (first, last): (Vec<String>, &str) = match session.page {
        Page::Step => {
            let mut keys = vec![match (hints, session.hints_seen) {
                (1.., seen @ 1..) if width > 60 => format!("h hint ({seen} of {hints} seen)"),
                _ => "h hint".to_owned(),
            }];
            let words = [
                "n next",
                "p back",
                "l list",
                "b book",
                "d diagram",
                "c whole lab",
                "e edit",
            ];
            keys.extend(words.map(str::to_owned));
            (keys, "? keys · q quit")
        }
        Page::Hints if left > 0 => (
            vec![format!("h one more ({left} left)")],
            "esc back · q quit",
        ),
        Page::Hints => (
            vec!["that was the last hint".to_owned()],
            "esc back · q quit",
        ),
        Page::Keys => (Vec::new(), "esc back · q quit"),
        Page::List if session.list.typing => (
            vec![format!("search: {}_", session.list.search)],
            "enter done · esc clear",
        ),
        Page::List => {
            let f = if session.list.todo {
                "f all"
            } else {
                "f todo only"
            };
            let words = [
                "↑↓ move",
                "→ open",
                "enter work on it",
                "/ search",
                f,
                "b read",
            ];
            (words.map(str::to_owned).to_vec(), "esc back · q quit")
        }
    };
    let mut text = String::new();
    for key in first {
        let len = text.chars().count() + key.chars().count() + last.chars().count();
        if len + 7 <= width {
            text = format!("{text}{key} · ");
        }
    }
    format!(" {text}{last}")
}

// -------------------------------------------------------------------- the body

/// The middle's lines, and the first of them that is shown.
fn body(session: &Session, width: usize) -> (Vec<Line<'static>>, usize) {
    let pen = Pen::of(session, width);
    let lines = match session.page {
        Page::Step => step(session, pen),
        Page::Hints => hints(session, pen, session.hints_seen),
        Page::Keys => keys_page(pen),
        Page::List => {
            let (lines, chosen) = course_page(session, pen);
            // The chosen line stays inside, with two more where there are any.
            let rows = page_len(session);
            let from = (chosen + 3).saturating_sub(rows);
            return (lines, from);
        }
    };
    (lines, session.scroll)
}

fn step(session: &Session, pen: Pen) -> Vec<Line<'static>> {
    let Some(verdict) = &session.verdict else {
        let title = session.step().map_or("", |step| step.title.as_str());
        let mut lines = vec![Line::default()];
        lines.extend(pen.wrapped(&format!("   {title}."), 3, plain()));
        lines.extend(pen.wrapped(
            "   The comment over the function says what is asked, with real octets.",
            3,
            plain(),
        ));
        return lines;
    };
    let mut lines = vec![Line::default()];
    match &verdict.unbuilt {
        Some(Unbuilt::Yours(why)) => lines.extend(compiler(session, pen, why)),
        Some(Unbuilt::Ours(why)) => {
            lines.push(pen.line(" ! this is not your program's doing", bold()));
            lines.push(Line::default());
            for line in report::harmless(why).lines() {
                lines.extend(pen.wrapped(&format!("   {line}"), 3, plain()));
            }
        }
        None => {
            lines.extend(rows(session, pen, verdict));
            lines.push(Line::default());
            match verdict.failure() {
                Some((check, report)) => {
                    let heading = format!(" ✘ {}", check.sentence());
                    lines.extend(pen.wrapped(&heading, 3, bold().fg(Color::Red)));
                    lines.push(Line::default());
                    let look = Look {
                        width: pen.width,
                        ascii: pen.ascii,
                        verbose: session.whole,
                        spoken: false,
                    };
                    let job = &verdict.job;
                    let to = pointers(&job.lab, check, &Subject::Tree(Tree::Labs), job.seed);
                    for line in report::block(report, &to, look).lines() {
                        lines.extend(pen.wrapped(line, 14, plain()));
                    }
                }
                None if is_untouched(verdict) => lines.extend(first_steps(session, pen)),
                None => lines.extend(passed(session, pen, verdict)),
            }
        }
    }
    if !session.is_current() {
        for line in &mut lines {
            *line = std::mem::take(line).style(dim());
        }
    }
    lines
}

/// The compiler's words: the first error whole, the others counted.
fn compiler(session: &Session, pen: Pen, said: &str) -> Vec<Line<'static>> {
    let (heading, said) = said.split_once("\n\n").unwrap_or((said, ""));
    let said = report::harmless(&said.replace('\t', "    "));
    let (first, more) = errors(&said);
    let mut lines = pen.wrapped(&format!(" ✘ {heading}"), 3, bold().fg(Color::Red));
    lines.push(Line::default());
    let text = if session.whole || first.is_empty() {
        said.as_str()
    } else {
        first
    };
    for line in text.lines() {
        let style = if line.starts_with("error") {
            bold().fg(Color::Red)
        } else if line.starts_with("warning") {
            bold().fg(Color::Yellow)
        } else if line.trim_start().starts_with("-->") {
            coloured(Some(AnsiColor::Cyan))
        } else {
            plain()
        };
        lines.extend(pen.wrapped(&format!("   {line}"), 3, style));
    }
    if more > 0 && !session.whole {
        let errors = if more == 1 { "error" } else { "errors" };
        lines.push(Line::default());
        lines.push(pen.line(
            format!("   … and {more} more {errors} (d shows them)"),
            plain(),
        ));
    }
    lines
}

/// The first error of what rustc said, and how many there are after it.
fn errors(said: &str) -> (&str, usize) {
    let starts = |line: &str| line.starts_with("error") || line.starts_with("warning");
    let summary =
        |line: &str| line.contains("could not compile") || line.starts_with("error: aborting");
    let (mut first, mut more, mut offset) = (None, 0, 0);
    for line in said.split_inclusive('\n') {
        match &mut first {
            Some((_, end @ None)) if starts(line) => *end = Some(offset),
            _ => {}
        }
        if line.starts_with("error") && !summary(line) {
            match first {
                None => first = Some((offset, None)),
                Some(_) => more += 1,
            }
        }
        offset += line.len();
    }
    let first = first.and_then(|(from, to)| said.get(from..to.unwrap_or(said.len())));
    (first.unwrap_or("").trim_end(), more)
}

/// The checks that a verdict is about.
fn checks(session: &Session, verdict: &Verdict) -> Vec<&'static Check> {
    let steps = session
        .outline
        .lab(&verdict.job.lab)
        .map_or(&[][..], |lab| &lab.steps);
    let own = (1..)
        .zip(steps)
        .filter(|(number, _)| match &verdict.job.which {
            Which::Steps(steps) => steps.contains(number),
            Which::All | Which::UntilOpen => true,
        });
    own.flat_map(|(_, step)| step.checks.iter().copied())
        .collect()
}

/// A check's row: sign, word, colour and text.
type Row = (&'static str, &'static str, Option<AnsiColor>, String);

fn row(verdict: &Verdict, check: &'static Check) -> (Row, String) {
    let known = verdict
        .results
        .iter()
        .find(|(done, _)| done.name == check.name);
    let Some((_, checked)) = known else {
        return (("·", "…", None, check.sentence()), String::new());
    };
    let outcome = &checked.outcome;
    let (colour, note) = match outcome {
        Outcome::Pass => (AnsiColor::Green, String::new()),
        Outcome::Fail(_) => (AnsiColor::Red, String::new()),
        Outcome::Todo { step, task } => {
            (AnsiColor::Yellow, format!("to do in step {step}: {task}"))
        }
        Outcome::Skip { reason } | Outcome::Error { reason } => {
            (AnsiColor::Cyan, report::harmless(reason))
        }
    };
    let row = (
        report::sign(outcome),
        outcome.word(),
        Some(colour),
        check.sentence(),
    );
    (row, note)
}

/// The checks, a line each; where they would fill more than half of the
/// window, neighbours with the same outcome are counted.
fn rows(session: &Session, pen: Pen, verdict: &Verdict) -> Vec<Line<'static>> {
    let checks = checks(session, verdict);
    let several = verdict.job.which == Which::All;
    let fold = checks.len() * 2 > page_len(session).max(8);
    let mut lines = Vec::new();
    let (mut heading, mut told) = (0, String::new());
    let mut rest = checks.as_slice();
    while let Some((check, others)) = rest.split_first() {
        if several && check.step != heading {
            heading = check.step;
            let step = session.outline.step(&verdict.job.lab, heading);
            let title = step.map_or("", |step| step.title.as_str());
            lines.extend(pen.wrapped(&format!(" step {heading}: {title}"), 3, bold()));
        }
        let ((sign, word, colour, text), note) = row(verdict, check);
        let alike = others
            .iter()
            .take_while(|other| {
                let ((_, its, _, _), its_note) = row(verdict, other);
                its == word && its_note == note && other.step == check.step
            })
            .count();
        let alike = if fold && alike > 1 && word != "fail" {
            alike
        } else {
            0
        };
        let text = match alike {
            0 => text,
            _ => format!("{text}, and {alike} more"),
        };
        let lead = format!("  {sign} {word:<5} ");
        let mut parts = fit(&format!("{lead}{text}"), pen.width, 10).into_iter();
        if let Some(first) = parts.next() {
            let rest = first.strip_prefix(lead.as_str()).unwrap_or("").to_owned();
            lines.push(Line::from(vec![
                pen.span(lead, coloured(colour)),
                pen.span(rest, plain()),
            ]));
        }
        lines.extend(parts.map(|part| pen.line(part, plain())));
        // A stub stops many checks; its task is told once.
        if !note.is_empty() && note != told {
            lines.extend(pen.wrapped(&format!("          {note}"), 10, plain()));
            told = note;
        }
        rest = others.get(alike..).unwrap_or_default();
    }
    lines
}

fn is_untouched(verdict: &Verdict) -> bool {
    let mut outcomes = verdict.results.iter().map(|(_, checked)| &checked.outcome);
    outcomes.any(|outcome| matches!(outcome, Outcome::Todo { .. }))
}

/// What to do about a stub.
fn first_steps(session: &Session, pen: Pen) -> Vec<Line<'static>> {
    let edit = session.step().and_then(|step| place(session, step));
    let edit = edit.unwrap_or_default();
    let step = session.at.step;
    let mut lines = Vec::new();
    for text in [
        format!("   read    the chapter tells the story (b opens it at step {step})"),
        format!("   write   {edit} (e opens it): the comment over the function says what is asked"),
        "   save    and what you wrote is checked at once; stuck? h has a hint".to_owned(),
    ] {
        lines.extend(pen.wrapped(&text, 11, plain()));
    }
    lines
}

/// What stands below the checks when none failed.
fn passed(session: &Session, pen: Pen, verdict: &Verdict) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if !session.passes() {
        return lines;
    }
    let at = &session.at;
    let step = session.step();
    let count = step.map_or(0, |step| step.checks.len());
    let title = step.map_or("", |step| step.title.as_str());
    let heading = if verdict.job.which == Which::All {
        format!(" ✔ every step of {} passes", at.lab)
    } else {
        format!(" ✔ step {} of {}: {title}", at.step, at.lab)
    };
    let spans = vec![pen.span(heading, bold().fg(Color::Green))];
    lines.push(pen.both(spans, &format!("{count} of {count} checks")));
    let learned = session.text.learned.clone().unwrap_or_default();
    for line in chapter::lines(&learned, pen.width.saturating_sub(6).max(16)) {
        lines.push(pen.line(format!("   {line}"), plain()));
    }
    lines.push(Line::default());
    let next = match session.beside(true) {
        Some(next) => format!("   Next: n  {}", announce(session, &next)),
        None => "   That was the last step of the course. Look back: l".to_owned(),
    };
    lines.extend(pen.wrapped(&next, 12, bold()));
    if session.solutions {
        let compare = format!("   Compare with the reference: cargo netlings diff {at}");
        lines.extend(pen.wrapped(&compare, 12, plain()));
    }
    lines
}

/// A step, as it is offered.
pub fn announce(session: &Session, at: &At) -> String {
    let step = session.outline.step(&at.lab, at.step);
    let (title, minutes) = step.map_or(("", 0), |step| (step.title.as_str(), step.minutes));
    let lab = if at.lab == session.at.lab {
        String::new()
    } else {
        format!("{}, ", at.lab)
    };
    format!("{lab}step {}: {title} (about {minutes} min)", at.step)
}

// ------------------------------------------------------------------- the hints

fn hints(session: &Session, pen: Pen, count: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    let width = pen.width.saturating_sub(4).clamp(16, 88);
    if let Some((check, report)) = session.verdict.as_ref().and_then(Verdict::failure) {
        lines.push(pen.line(" What your program was seen to do", bold()));
        lines.push(Line::default());
        for deed in hint::seen(&check.sentence(), report) {
            lines.extend(pen.wrapped(&format!("   {deed}"), 3, plain()));
        }
        lines.push(Line::default());
    }
    for (title, text) in session.text.hints.iter().take(count) {
        lines.extend(pen.wrapped(&format!(" {title}"), 3, bold()));
        lines.push(Line::default());
        for line in chapter::lines(text, width) {
            lines.extend(pen.wrapped(&format!("   {line}"), 3, plain()));
        }
        lines.push(Line::default());
    }
    lines
}

// -------------------------------------------------------------------- the keys

fn keys_page(pen: Pen) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for (key, text) in [
        ("h", "a hint; again: one tier more (where, idea, shape)"),
        ("n  p", "the next step, the one before"),
        ("l", "the course: search, jump"),
        ("r  esc", "back to the report"),
        ("↑ ↓", "scroll; also j k, space, PgUp PgDn, Home End"),
        ("d", "the whole diagram, or every error of the compiler"),
        ("b", "the book, at this step"),
        ("c", "check every step of the lab"),
        ("enter", "check this step once more"),
        ("e", "open the file in your editor ($VISUAL or $EDITOR)"),
        ("ctrl-z", "to the shell; fg brings you back"),
        ("q", "quit; everything is kept"),
    ] {
        lines.extend(pen.wrapped(&format!("   {key:<8} {text}"), 12, plain()));
    }
    lines.push(Line::default());
    for text in [
        "Saving a file of the lab checks the step. Nothing moves on by itself.",
        "In another terminal: cargo netlings --help",
    ] {
        lines.extend(pen.wrapped(&format!("   {text}"), 3, plain()));
    }
    lines
}

// -------------------------------------------------------------------- the list

fn course_page(session: &Session, pen: Pen) -> (Vec<Line<'static>>, usize) {
    let choices = session.choices();
    let chosen = choices.get(session.list.chosen);
    let mut lines = Vec::new();
    let mut chosen_line = 0;
    let wide = pen.width >= 60;
    let searching = !session.list.search.is_empty() || session.list.typing;
    if searching {
        lines.push(pen.line(format!(" search: {}", session.list.search), bold()));
    }
    let mut titled = false;
    for part in &session.outline.parts {
        let mut inside = Vec::new();
        for chapter in &part.chapters {
            let Some(name) = &chapter.lab else {
                if chapter.to_come && !session.list.todo && !searching {
                    let text = format!("   · {} (to come)", chapter.title);
                    inside.push((pen.line(cut(&text, pen.width), dim()), false));
                }
                continue;
            };
            let own = Choice::Lab(name.clone());
            if let Some(why) = &chapter.trouble {
                inside.push((pen.line(format!("   ! {name}: {why}"), plain()), false));
                continue;
            }
            if !choices.contains(&own) {
                continue;
            }
            let is_chosen = chosen == Some(&own);
            let (sign, colour) = list::lab_sign(chapter);
            let pointer = if is_chosen { "▸" } else { " " };
            let (points, all) = chapter.points();
            let done = format!(
                "{}/{}  {:>5}  {:>7}",
                chapter.done(),
                chapter.steps.len(),
                list::time(chapter.minutes),
                format!("{points}/{all}")
            );
            let left = format!(" {name:<12} {}", chapter.title);
            let room = pen.width.saturating_sub(if wide { 30 } else { 5 });
            let style = if is_chosen { bold() } else { plain() };
            let spans = vec![
                pen.span(format!(" {pointer} "), style),
                pen.span(sign, coloured(colour)),
                pen.span(cut(&left, room), style),
            ];
            let line = if wide {
                pen.both(spans, &done)
            } else {
                Line::from(spans)
            };
            inside.push((line, is_chosen));
            for (number, step) in (1..).zip(&chapter.steps) {
                let own = Choice::Step(At {
                    lab: name.clone(),
                    step: number,
                });
                if !choices.contains(&own) {
                    continue;
                }
                let is_chosen = chosen == Some(&own);
                let (sign, colour, note) = list::sign(step.state);
                let pointer = if is_chosen { "▸" } else { " " };
                let mut text = format!(" {number} {}", step.title);
                if !note.is_empty() {
                    text = format!("{text} ({note})");
                }
                let style = if is_chosen { bold() } else { plain() };
                let spans = vec![
                    pen.span(format!("     {pointer} "), style),
                    pen.span(sign, coloured(colour)),
                    pen.span(cut(&text, pen.width.saturating_sub(10)), style),
                ];
                inside.push((Line::from(spans), is_chosen));
            }
        }
        if inside.is_empty() {
            continue;
        }
        let spans = vec![pen.span(format!(" {}", part.title), bold())];
        lines.push(if titled || !wide {
            Line::from(spans)
        } else {
            pen.both(spans, "done   time   points")
        });
        titled = true;
        for (line, is_chosen) in inside {
            if is_chosen {
                chosen_line = lines.len();
            }
            lines.push(line);
        }
    }
    if choices.is_empty() {
        let text = if session.list.search.is_empty() {
            " nothing is left to do (f shows all)"
        } else {
            " nothing has that in its name or title"
        };
        lines.push(pen.line(text, plain()));
    }
    (lines, chosen_line)
}

fn cut(text: &str, len: usize) -> String {
    if text.chars().count() <= len {
        return text.to_owned();
    }
    let kept: String = text.chars().take(len.saturating_sub(1)).collect();
    format!("{kept}…")
}
