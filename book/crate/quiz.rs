//! The questions at the end of a section, from `src/quiz/NAME.toml`, as HTML
//! that can be read and answered on paper. The script `quiz.js` judges them in
//! the page; where none runs, the answer is a fold.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use netlings_quiz::judge::letter;
use netlings_quiz::{Ask, BOOK, Choice, Drawn, Mistake, Quiz, form};

use crate::{Error, widget};

/// The folder of the script and the style, in the finished book.
const FOLDER: &str = "quiz";

/// Where they come from, beside `src`.
const PAGE: &str = "quiz/page";

/// The page with its questions, and what is wrong with them, a sentence each.
/// `src` holds the pages, `name` is the page's path without `.md`.
pub fn place(page: &str, src: &Path, name: &Path) -> (String, Vec<String>) {
    let file = src.join("quiz").join(name).with_extension("toml");
    let name = name.to_string_lossy();
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return (page.to_owned(), Vec::new());
        }
        Err(error) => return (page.to_owned(), vec![format!("quiz/{name}.toml: {error}")]),
    };
    let headings = form::headings(page);
    let ids: Vec<&str> = headings.iter().map(|(id, _)| *id).collect();
    let quiz = match Quiz::read(&name, &text, &ids) {
        Ok(quiz) => quiz,
        Err(faults) => return (page.to_owned(), faults),
    };
    let to_root = "../".repeat(Path::new(&*name).components().count().saturating_sub(1));
    let mut placed = format!(
        "<link rel=\"stylesheet\" href=\"{to_root}{FOLDER}/quiz.css\">\n\n<script type=\"module\" src=\"{to_root}{FOLDER}/quiz.js\"></script>\n\n"
    );
    let mut open = None;
    let mut fenced = false;
    let close = |open: Option<(&str, &str)>, placed: &mut String| {
        if let Some((id, title)) = open {
            placed.push_str(&section(&quiz, id, title));
        }
    };
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if !fenced && line.starts_with('#') {
            let heading = headings
                .iter()
                .find(|(id, _)| line.ends_with(&format!(" {{#{id}}}")));
            close(open.take(), &mut placed);
            open = heading.copied();
        }
        placed.push_str(line);
        placed.push('\n');
    }
    close(open, &mut placed);
    (placed, Vec::new())
}

/// Copies script and style into the finished book.
///
/// # Errors
/// What reading and writing say, with the path.
pub fn copy(root: &Path, fresh: &Path) -> Result<(), Error> {
    let (from, to) = (root.join(PAGE), fresh.join(FOLDER));
    if !from.is_dir() {
        return Ok(());
    }
    let copied = fs::create_dir_all(&to)
        .and_then(|()| fs::copy(from.join("quiz.css"), to.join("quiz.css")))
        .and_then(|_| fs::read_to_string(from.join("quiz.js")))
        .and_then(|script| fs::write(to.join("quiz.js"), widget::bare(&script)));
    copied.map_err(|error| Error::Path(from, error))
}

/// The questions of a section; nothing if it has none.
fn section(quiz: &Quiz, id: &str, title: &str) -> String {
    let mut html = String::new();
    for (number, question) in (1..).zip(quiz.of(id)) {
        // What cannot be drawn was told when it was read.
        if let Ok(drawn) = question.draw(BOOK) {
            html.push_str(&form_of(&drawn, number));
        }
    }
    if html.is_empty() {
        return html;
    }
    format!(
        "\n<section class=\"quiz\" aria-label=\"Questions: {title}\">\n<p class=\"quiz-title\">Questions</p>\n{html}\
        <p class=\"quiz-foot\"><span class=\"quiz-score\"></span> <button type=\"button\" aria-label=\"Start over: {title}\" disabled>Start over</button></p>\n</section>\n\n",
        title = attribute(title)
    )
}

/// A question as a form, without a blank line, at which Markdown would cut it.
fn form_of(question: &Drawn, number: usize) -> String {
    let (kind, answer, fields) = controls(question);
    let packet = question.octets.as_deref().map(packet).unwrap_or_default();
    format!(
        "<form class=\"question\" data-id=\"{id}\" data-kind=\"{kind}\" data-answer=\"{answer}\" autocomplete=\"off\" novalidate>\n\
        <fieldset>\n<legend><b class=\"quiz-number\">{number}</b> {prompt}</legend>\n{packet}{fields}\
        <div class=\"quiz-acts\"><button type=\"submit\" disabled>Check</button><output role=\"status\"></output></div>\n</fieldset>\n\
        {fold}</form>\n",
        id = attribute(&question.id),
        answer = attribute(&answer),
        prompt = inline(&question.prompt),
        fold = fold(question),
    )
}

/// The kind of a question, its answer as the script compares it, and its
/// controls.
fn controls(question: &Drawn) -> (&'static str, String, String) {
    let mut html = String::new();
    match &question.ask {
        Ask::Choice { choices, many } => {
            let control = if *many { "checkbox" } else { "radio" };
            let mut right = Vec::new();
            for (at, choice) in choices.iter().enumerate() {
                let letter = letter(at);
                if choice.why.is_none() {
                    right.push(letter.to_string());
                }
                let _ = writeln!(
                    html,
                    "<label class=\"quiz-choice\"><input type=\"{control}\" name=\"c\" value=\"{letter}\"><span>{}</span></label>",
                    inline(&choice.text)
                );
            }
            ("choice", right.join(" "), html)
        }
        Ask::Short(answers) => {
            html.push_str("<label class=\"quiz-field\"><span>Answer</span><input type=\"text\" name=\"t\"></label>\n");
            ("short", answers.join("|"), html)
        }
        Ask::Octets(answer) => {
            html.push_str("<label class=\"quiz-field\"><span>Octets in hexadecimal</span><input type=\"text\" name=\"t\" spellcheck=\"false\"></label>\n");
            ("octets", answer.clone(), html)
        }
        Ask::Order { shown, right } => {
            html.push_str("<ol class=\"quiz-order\">\n");
            for (at, line) in shown.iter().enumerate() {
                let name = attribute(&line.replace('`', ""));
                let _ = writeln!(
                    html,
                    "<li data-line=\"{}\"><span>{}</span><button type=\"button\" data-by=\"-1\" aria-label=\"Move up: {name}\" disabled>↑</button><button type=\"button\" data-by=\"1\" aria-label=\"Move down: {name}\" disabled>↓</button></li>",
                    letter(at),
                    inline(line)
                );
            }
            html.push_str("</ol>\n");
            let right: Vec<String> = right.iter().map(|at| letter(*at).to_string()).collect();
            ("order", right.join(" "), html)
        }
        Ask::Fields(fields) => {
            html.push_str("<div class=\"quiz-fields\">\n");
            for field in fields {
                let _ = writeln!(
                    html,
                    "<label class=\"quiz-field\"><span>{}</span><input type=\"text\" name=\"f\" data-answer=\"{}\" spellcheck=\"false\"></label>",
                    inline(&field.name),
                    attribute(&field.answers.join("|"))
                );
            }
            html.push_str("</div>\n");
            ("fields", String::new(), html)
        }
    }
}

/// The answer and why, with what is wrong with each other one. The script
/// takes its words from here.
fn fold(question: &Drawn) -> String {
    let mut html = String::from("<details class=\"answer\"><summary>Answer</summary>\n");
    let answer = match &question.ask {
        Ask::Choice { choices, .. } => {
            let right = choices.iter().filter(|choice| choice.why.is_none());
            let right: Vec<String> = right.map(|choice| inline(&choice.text)).collect();
            right.join("<br>")
        }
        Ask::Order { .. } | Ask::Fields(_) => {
            let lines = question.answer();
            let lines: Vec<String> = lines
                .lines()
                .map(|line| match &question.ask {
                    Ask::Order { .. } => {
                        inline(line.split_once(") ").map_or(line, |(_, line)| line))
                    }
                    _ => inline(line),
                })
                .collect();
            lines.join("<br>")
        }
        Ask::Short(_) => inline(&question.answer()),
        Ask::Octets(_) => format!("<code>{}</code>", escaped(&question.answer())),
    };
    let _ = writeln!(html, "<p><b>{answer}</b></p>");
    let _ = writeln!(
        html,
        "<p class=\"quiz-why\">{}</p>",
        inline(&question.context)
    );
    let wrong = wrong(question);
    if !wrong.is_empty() {
        let _ = write!(html, "<ul>\n{wrong}</ul>\n");
    }
    html.push_str("</details>\n");
    html
}

fn wrong(question: &Drawn) -> String {
    let mut html = String::new();
    let mut item = |of: &str, shown: String, why: &str| {
        let colon = if shown.ends_with(['.', '?', '!']) {
            ""
        } else {
            ":"
        };
        let _ = writeln!(
            html,
            "<li data-of=\"{}\"><i>{shown}{colon}</i> <span>{}</span></li>",
            attribute(of),
            inline(why)
        );
    };
    if let Ask::Choice { choices, .. } = &question.ask {
        for (at, Choice { text, why }) in choices.iter().enumerate() {
            if let Some(why) = why {
                item(&letter(at).to_string(), inline(text), why);
            }
        }
    }
    for Mistake { field, answer, why } in &question.mistakes {
        let shown = match field {
            Some(field) => format!("{} = {}", inline(field), inline(answer)),
            None => inline(answer),
        };
        let of = match field {
            Some(field) => format!("{field}={answer}"),
            None => answer.clone(),
        };
        item(&of, shown, why);
    }
    html
}

/// Octets in rows of eight, each with its offset.
fn packet(octets: &str) -> String {
    let octets: Vec<&str> = octets.split_whitespace().collect();
    let mut html = String::from("<pre class=\"quiz-packet\">");
    for (row, octets) in octets.chunks(8).enumerate() {
        let _ = writeln!(html, "<i>{:04}</i>  {}", row * 8, octets.join(" "));
    }
    html.push_str("</pre>\n");
    html
}

/// Text as HTML: what stands in backticks is code, and a section of an RFC is
/// a link to it.
fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            let _ = write!(html, "<code>{}</code>", escaped(part));
        } else {
            html.push_str(&linked(&escaped(&typeset(part))));
        }
    }
    html
}

/// Quotes as mdBook sets them in the text around.
fn typeset(text: &str) -> String {
    let mut set = String::with_capacity(text.len());
    for sign in text.chars() {
        let opens = set.is_empty() || set.ends_with([' ', '(', '/']);
        set.push(match sign {
            '"' if opens => '“',
            '"' => '”',
            '\'' => '’',
            sign => sign,
        });
    }
    set
}

fn linked(text: &str) -> String {
    let mut parts = text.split("RFC ");
    let mut html = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = |text: &str| {
            text.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len())
        };
        let (number, rest) = part.split_at(digits(part));
        if number.is_empty() {
            let _ = write!(html, "RFC {part}");
            continue;
        }
        let section = rest.strip_prefix(" §").map(|rest| {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let section = rest.get(..end).unwrap_or_default();
            section.trim_end_matches('.')
        });
        match section.filter(|section| !section.is_empty()) {
            Some(section) => {
                let beyond = rest.get(" §".len() + section.len()..).unwrap_or_default();
                let _ = write!(
                    html,
                    "<a href=\"https://www.rfc-editor.org/rfc/rfc{number}#section-{section}\">RFC {number} §{section}</a>{beyond}"
                );
            }
            None => {
                let _ = write!(
                    html,
                    "<a href=\"https://www.rfc-editor.org/rfc/rfc{number}\">RFC {number}</a>{rest}"
                );
            }
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}
