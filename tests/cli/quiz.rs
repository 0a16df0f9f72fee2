//! `netlings quiz`: the questions of a chapter, asked on the terminal, written
//! on sheets, and graded. The book has the same ones: `book/quiz` reads them.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anstyle::AnsiColor;
use netlings::course::{Trouble, read};
use netlings::progress::Progress;
use netlings::report::{Look, harmless, wrap};
use netlings_quiz::judge::letter;
use netlings_quiz::{Ask, BOOK, Drawn, Given, Quiz, Verdict as Judged, form};
use serde::Serialize;

use crate::check::{bold, paint};
use crate::{Place, Verdict, watch};

/// Arguments of `quiz`.
#[derive(clap::Args)]
#[command(
    after_help = "Numbers and the order of choices are drawn by a seed, any word. Without --seed they are\n\
    those of the book. A sheet that was exported is filled in with any editor: the answer stands\n\
    behind `answer:`. The seed in its head says which questions it has, and --seed holds it to one.\n\n\
    Examples:\n  cargo netlings quiz hello                          the chapter's questions\n  \
    cargo netlings quiz hello/2                        those of step 2\n  \
    cargo netlings quiz hello --export --seed ada > ada.txt\n  \
    cargo netlings quiz --grade ada.txt bob.txt --json\n\n\
    Exit status: 0 all right at the first try, or all sheets could be graded; 1 otherwise."
)]
pub struct Args {
    /// A chapter, or a step or a section of one; without it, where you are.
    #[arg(value_name = "CHAPTER[/SECTION]", conflicts_with = "grade")]
    selection: Option<String>,
    /// Draw the questions by this word, such as a student's name.
    #[arg(long, value_name = "WORD")]
    seed: Option<String>,
    /// Print a sheet with the questions and room for the answers.
    #[arg(long, conflicts_with = "grade")]
    export: bool,
    /// Grade sheets that were filled in.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    grade: Vec<PathBuf>,
    /// One JSON document instead of text: the questions, or the grades.
    #[arg(long)]
    json: bool,
    /// Plain lines without signs and colours, as in a pipe.
    #[arg(long)]
    plain: bool,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let root = &place.course.root;
    if !args.grade.is_empty() {
        return grade(root, args);
    }
    let name = match &args.selection {
        Some(text) => text.clone(),
        None => here(place)?,
    };
    let selected = Selected::find(root, &name, args.seed.as_deref().unwrap_or(BOOK))?;
    if args.json {
        print_json(&Document::new(&selected))?;
        return Ok(Verdict::Pass);
    }
    if args.export {
        std::print!("{}", sheet(&selected));
        return Ok(Verdict::Pass);
    }
    ask_all(&selected, args.plain)
}

fn print_json(document: &impl Serialize) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
    std::println!("{text}");
    Ok(())
}

/// The lab where the learner is.
fn here(place: &Place) -> Result<String, Trouble> {
    let (progress, _) = Progress::load(&place.course.root);
    let current = watch::current(place, &progress)?;
    current
        .map(|(lab, _)| lab.lab.to_owned())
        .ok_or_else(|| Trouble::Misuse("every step has passed; name a chapter".to_owned()))
}

// ---------------------------------------------------------------- which questions

/// Questions that are asked together.
struct Selected {
    /// `hello`, or `hello/step-2`.
    name: String,
    seed: String,
    questions: Vec<Drawn>,
    /// The ids of the chapter's headings, with their titles.
    titles: Vec<(String, String)>,
}

impl Selected {
    fn find(root: &Path, text: &str, seed: &str) -> Result<Selected, Trouble> {
        let (chapter, section) = match text.split_once('/') {
            Some((chapter, section)) => (chapter, Some(section)),
            None => (text, None),
        };
        let known = names(root);
        if !known.iter().any(|name| name == chapter) {
            return Err(Trouble::Misuse(unknown(chapter, &known)));
        }
        let src = root.join("book").join("src");
        let page = read(&src.join(chapter).with_extension("md"))?;
        let headings = form::headings(&page);
        let ids: Vec<&str> = headings.iter().map(|(id, _)| *id).collect();
        let toml = read(&src.join("quiz").join(chapter).with_extension("toml"))?;
        let quiz = Quiz::read(chapter, &toml, &ids)
            .map_err(|faults| Trouble::Ours(faults.join("\nnetlings: ")))?;
        let section = match section {
            Some(number) if number.parse::<u8>().is_ok() => Some(format!("step-{number}")),
            section => section.map(str::to_owned),
        };
        let mut questions = Vec::new();
        for question in &quiz.questions {
            if section.as_ref().is_none_or(|id| *id == question.section) {
                let drawn = question.draw(seed);
                questions
                    .push(drawn.map_err(|why| Trouble::Ours(format!("{}: {why}", question.id)))?);
            }
        }
        match (&section, questions.is_empty()) {
            (Some(id), true) => {
                let mut sections: Vec<&str> = Vec::new();
                for question in &quiz.questions {
                    if sections.last() != Some(&question.section.as_str()) {
                        sections.push(&question.section);
                    }
                }
                Err(Trouble::Misuse(format!(
                    "{chapter} has no questions on {id:?}; it has some on {}",
                    sections.join(", ")
                )))
            }
            _ => Ok(Selected {
                name: section.map_or(chapter.to_owned(), |id| format!("{chapter}/{id}")),
                seed: seed.to_owned(),
                questions,
                titles: headings
                    .iter()
                    .map(|(id, title)| ((*id).to_owned(), (*title).to_owned()))
                    .collect(),
            }),
        }
    }

    fn title<'a>(&'a self, section: &'a str) -> &'a str {
        let found = self.titles.iter().find(|(id, _)| id == section);
        found.map_or(section, |(_, title)| title)
    }
}

/// The chapters that have questions.
fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("book").join("src").join("quiz"));
    let mut names: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".toml")?
                    .to_owned(),
            )
        })
        .collect();
    names.sort();
    names
}

fn unknown(name: &str, known: &[String]) -> String {
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known));
    match near.min() {
        Some((distance, near)) if distance <= 2 => {
            format!("there are no questions on {name:?}; did you mean {near}?")
        }
        _ => format!(
            "there are no questions on {name:?}; there are some on {}",
            known.join(", ")
        ),
    }
}

// ---------------------------------------------------------------- on the terminal

/// How things are shown.
struct Show {
    look: Look,
    plain: bool,
}

impl Show {
    fn lines(&self, text: &str, margin: usize) {
        for line in wrap(text, self.look.width.saturating_sub(margin)) {
            println!("{:margin$}{}", "", self.look.show(&line));
        }
    }

    fn verdict(&self, right: bool, text: &str) {
        let (sign, word, colour) = match right {
            true => ("✔", "right", AnsiColor::Green),
            false => ("✘", "not right", AnsiColor::Red),
        };
        if self.plain {
            self.lines(&format!("{word}: {text}"), 0);
        } else {
            println!("{} {}", paint(&self.look.show(sign), colour), bold(word));
            self.lines(text, 2);
        }
    }

    fn heading(&self, text: &str) {
        let text = self.look.show(text);
        println!("{}", if self.plain { text } else { bold(&text) });
    }
}

fn ask_all(selected: &Selected, plain: bool) -> Result<Verdict, Trouble> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let show = Show {
        look: Look::of_stdout(),
        plain: plain || dumb || !io::stdout().is_terminal(),
    };
    let count = selected.questions.len();
    let of_seed = match selected.seed.as_str() {
        BOOK => String::new(),
        seed => format!(", seed {seed}"),
    };
    show.heading(&format!("{}: {count} questions{of_seed}", selected.name));
    show.lines("An empty line shows the answer, and q ends.", 0);
    let mut right = 0;
    let mut asked = 0;
    for (number, question) in (1..).zip(&selected.questions) {
        println!();
        let title = selected.title(&question.section);
        show.heading(&format!("question {number} of {count}, {title}"));
        for line in shown(question, show.look.width) {
            println!("{}", show.look.show(&line));
        }
        match ask(question, &show)? {
            Some(at_once) => right += usize::from(at_once),
            None => break,
        }
        asked += 1;
    }
    let missing = match count - asked {
        0 => String::new(),
        1 => ", 1 question was not answered".to_owned(),
        missing => format!(", {missing} questions were not answered"),
    };
    println!("\n{right} of {count} right at the first try{missing}");
    let chapter = selected.name.split('/').next().unwrap_or_default();
    println!("Read: cargo netlings book {chapter}     Work: cargo run");
    Ok(if right == count {
        Verdict::Pass
    } else {
        Verdict::Fail
    })
}

/// Asks until the answer is right or given up: whether it was right at once, or
/// `None` at the end of the input.
fn ask(question: &Drawn, show: &Show) -> Result<Option<bool>, Trouble> {
    let mut tries = 0;
    loop {
        let Some(text) = input(question)? else {
            println!();
            return Ok(None);
        };
        match text.trim() {
            "q" => return Ok(None),
            "" => {
                show.lines("the answer:", 0);
                for line in question.answer().lines() {
                    show.lines(line, 2);
                }
                show.lines(&question.context, 2);
                return Ok(Some(false));
            }
            _ => {}
        }
        match question.read(&text) {
            Err(why) => show.lines(&format!("{}. Once more:", harmless(&why)), 0),
            Ok(given) => {
                tries += 1;
                match question.judge(&given) {
                    Judged::Right => {
                        show.verdict(true, &question.context);
                        return Ok(Some(tries == 1));
                    }
                    Judged::Wrong(hint) => show.verdict(false, &question.words(&hint)),
                }
            }
        }
    }
}

/// One answer; fields are asked for one after the other, a line each. `None`
/// at the end of the input.
fn input(question: &Drawn) -> Result<Option<String>, Trouble> {
    let Ask::Fields(fields) = &question.ask else {
        return line("> ");
    };
    let mut lines: Vec<String> = Vec::new();
    for field in fields {
        let Some(text) = line(&format!("{} > ", field.name))? else {
            return Ok(None);
        };
        match text.trim() {
            "" | "q" if lines.is_empty() => return Ok(Some(text)),
            text => lines.push(text.to_owned()),
        }
    }
    Ok(Some(lines.join("\n")))
}

fn line(prompt: &str) -> Result<Option<String>, Trouble> {
    print!("{prompt}");
    let _ = io::stdout().flush();
    let mut text = String::new();
    let count = io::stdin().lock().read_line(&mut text);
    match count {
        Ok(0) => Ok(None),
        Ok(_) => {
            let text = text.trim_end_matches(['\r', '\n']).to_owned();
            // Where nobody types, what was answered would be missing.
            if !io::stdin().is_terminal() {
                println!("{}", harmless(&text));
            }
            Ok(Some(text))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            println!();
            Ok(Some("\u{fffd}".to_owned()))
        }
        Err(error) => Err(Trouble::Ours(format!("standard input: {error}"))),
    }
}

/// What is asked, as lines.
fn shown(question: &Drawn, width: usize) -> Vec<String> {
    let indented = |text: &str, first: &str| {
        let lines = wrap(text, width.saturating_sub(2 + first.chars().count()));
        let blanks = " ".repeat(first.chars().count());
        let lines = lines.into_iter().enumerate();
        lines
            .map(|(at, line)| format!("  {}{line}", if at == 0 { first } else { &blanks }))
            .collect::<Vec<_>>()
    };
    let mut lines = indented(&question.prompt, "");
    if let Some(octets) = &question.octets {
        let octets: Vec<&str> = octets.split_whitespace().collect();
        for (row, octets) in octets.chunks(16).enumerate() {
            lines.push(format!("    {:04}  {}", row * 16, octets.join(" ")));
        }
    }
    match &question.ask {
        Ask::Choice { choices, many } => {
            for (at, choice) in choices.iter().enumerate() {
                lines.extend(indented(&choice.text, &format!("{}) ", letter(at))));
            }
            if *many {
                lines.push("  (all that are right)".to_owned());
            }
        }
        Ask::Order { shown, .. } => {
            for (at, line) in shown.iter().enumerate() {
                lines.extend(indented(line, &format!("{}) ", letter(at))));
            }
            lines.push("  (all letters, in the right order)".to_owned());
        }
        Ask::Octets(_) => lines.push("  (octets in hexadecimal)".to_owned()),
        Ask::Short(_) | Ask::Fields(_) => {}
    }
    lines
}

// ---------------------------------------------------------------- sheets

/// The questions as a document, without their answers.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    quiz: &'a str,
    seed: &'a str,
    questions: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    section: &'a str,
    kind: &'static str,
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<&'a str>,
    /// Choices or lines as they are shown, or the names of fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<&'a str>,
}

impl Document<'_> {
    fn new(selected: &Selected) -> Document<'_> {
        let questions = selected.questions.iter().map(|question| {
            let (kind, items) = match &question.ask {
                Ask::Choice { choices, many } => (
                    if *many { "choices" } else { "choice" },
                    choices.iter().map(|choice| choice.text.as_str()).collect(),
                ),
                Ask::Short(_) => ("text", Vec::new()),
                Ask::Octets(_) => ("octets", Vec::new()),
                Ask::Order { shown, .. } => ("order", shown.iter().map(String::as_str).collect()),
                Ask::Fields(fields) => (
                    "fields",
                    fields.iter().map(|field| field.name.as_str()).collect(),
                ),
            };
            Asked {
                name: &question.id,
                section: &question.section,
                kind,
                prompt: &question.prompt,
                octets: question.octets.as_deref(),
                items,
            }
        });
        Document {
            version: 1,
            quiz: &selected.name,
            seed: &selected.seed,
            questions: questions.collect(),
        }
    }
}

/// How many columns a sheet has.
const SHEET: usize = 80;

/// What begins a question on a sheet.
const QUESTION: &str = "## ";

/// What begins a line with an answer.
const ANSWER: &str = "answer";

/// A sheet to fill in: every line but those of the head and of the answers is
/// indented or begins with `##`.
fn sheet(selected: &Selected) -> String {
    let mut text = format!("quiz: {}\nseed: {}\nname:\n", selected.name, selected.seed);
    for (number, question) in (1..).zip(&selected.questions) {
        text += &format!("\n{QUESTION}{number} {}\n\n", question.id);
        for line in shown(question, SHEET) {
            text += line.trim_end();
            text.push('\n');
        }
        text.push('\n');
        match &question.ask {
            Ask::Fields(fields) => {
                for field in fields {
                    text += &format!("{ANSWER} {}:\n", field.name);
                }
            }
            _ => text += &format!("{ANSWER}:\n"),
        }
    }
    text
}

/// What `--grade --json` prints.
#[derive(Serialize)]
struct Grades {
    version: u32,
    sheets: Vec<Grade>,
}

/// A sheet, graded.
#[derive(Serialize)]
struct Grade {
    file: String,
    /// `graded`, or `error`: then the message says why, and nothing else counts.
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    name: String,
    quiz: String,
    seed: String,
    right: usize,
    count: usize,
    questions: Vec<Graded>,
}

/// An answer on it.
#[derive(Serialize)]
struct Graded {
    name: String,
    /// `pass`, `fail` or `missing`.
    status: &'static str,
    /// What stood there.
    output: String,
    /// What is to be said to it.
    message: String,
}

fn grade(root: &Path, args: &Args) -> Result<Verdict, Trouble> {
    let mut sheets = Vec::new();
    for file in &args.grade {
        let text = fs::read(file)
            .map_err(|error| Trouble::Misuse(format!("{}: {error}", file.display())))?;
        let text = String::from_utf8_lossy(&text);
        // Some editors put a mark before the first line.
        let text = text.trim_start_matches('\u{feff}');
        let mut grade = grade_sheet(root, text, args.seed.as_deref());
        grade.file = file.display().to_string();
        sheets.push(grade);
    }
    let all = sheets.iter().all(|grade| grade.status == "graded");
    if args.json {
        print_json(&Grades { version: 1, sheets })?;
    } else {
        for grade in &sheets {
            let said = match grade.status {
                "graded" => format!("{} of {} right", grade.right, grade.count),
                _ => grade.message.clone(),
            };
            let of = [&grade.name, &grade.quiz, &grade.seed].map(|word| harmless(word));
            let [name, quiz, seed] = of;
            println!(
                "{}  {quiz}  seed {seed:?}  name {name:?}  {}",
                grade.file,
                harmless(&said)
            );
        }
        println!("\nEach answer: add --json");
    }
    Ok(if all { Verdict::Pass } else { Verdict::Fail })
}

fn grade_sheet(root: &Path, text: &str, seed: Option<&str>) -> Grade {
    let head = |word: &str| {
        let mut lines = text.lines().take_while(|line| !line.starts_with(QUESTION));
        let found = lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(':'));
        found.unwrap_or_default().trim().to_owned()
    };
    let mut grade = Grade {
        file: String::new(),
        status: "error",
        message: String::new(),
        name: head("name"),
        quiz: head("quiz"),
        seed: head("seed"),
        right: 0,
        count: 0,
        questions: Vec::new(),
    };
    if grade.quiz.is_empty() || grade.seed.is_empty() {
        grade.message =
            "this is no sheet: its first lines are `quiz: ...` and `seed: ...`".to_owned();
        return grade;
    }
    if let Some(seed) = seed.filter(|seed| *seed != grade.seed) {
        grade.message = format!("its seed is {:?}, and {seed:?} is asked for", grade.seed);
        return grade;
    }
    let selected = match Selected::find(root, &grade.quiz, &grade.seed) {
        Ok(selected) => selected,
        Err(why) => {
            grade.message = why.to_string();
            return grade;
        }
    };
    grade.status = "graded";
    grade.count = selected.questions.len();
    for question in &selected.questions {
        let graded = graded(question, &answers(text, &question.id));
        grade.right += usize::from(graded.status == "pass");
        grade.questions.push(graded);
    }
    grade
}

/// What stands behind `answer` under a question, a line each; the last part of
/// the sheet that has the question's name counts.
fn answers(text: &str, id: &str) -> Vec<String> {
    let mut answers = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix(QUESTION) {
            inside = heading.split_whitespace().nth(1) == Some(id);
            if inside {
                answers.clear();
            }
        } else if let Some((word, answer)) = line.split_once(':')
            && inside
            && (word == ANSWER || word.starts_with(&format!("{ANSWER} ")))
        {
            answers.push(answer.trim().to_owned());
        }
    }
    answers
}

fn graded(question: &Drawn, answers: &[String]) -> Graded {
    let output = answers.join("\n");
    let given: Result<Given, String> = question.read(&output);
    let (status, message) = match given {
        _ if output.trim().is_empty() => ("missing", "no answer".to_owned()),
        Err(why) => ("fail", why),
        Ok(given) => match question.judge(&given) {
            Judged::Right => ("pass", String::new()),
            Judged::Wrong(hint) => ("fail", question.words(&hint)),
        },
    };
    Graded {
        name: question.id.clone(),
        status,
        output,
        message,
    }
}
