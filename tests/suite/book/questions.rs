//! The questions of the chapters, `book/src/quiz/NAME.toml`: their form, and the
//! answers that a command can give. The first of the files tells the format.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::super::has_solutions;
use super::{Page, files, ids, read, report, root};

/// A file of questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    questions: Vec<Question>,
}

/// A question, in mdbook-quiz's form and ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    id: String,
    /// The id of the section that it belongs to.
    section: String,
    r#type: Type,
    prompt: Prompt,
    answer: Answer,
    /// For each distractor, what is wrong with it.
    #[serde(default)]
    why: Vec<String>,
    /// A command whose output is the answer.
    check: Option<String>,
    context: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
enum Type {
    MultipleChoice,
    ShortAnswer,
    Octets,
    Order,
    Fields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompt {
    prompt: String,
    #[serde(default)]
    distractors: Vec<String>,
    #[serde(default)]
    items: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    answer: Value,
    #[serde(default)]
    alternatives: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

/// What is wrong with the questions of a chapter: `name` is its name, `text`
/// the file, `page` the chapter.
fn question_faults(name: &str, text: &str, page: &str) -> Vec<String> {
    let shown = format!("quiz/{name}.toml");
    let questions = match toml::from_str::<Questions>(text) {
        Ok(read) => read.questions,
        Err(error) => return vec![format!("{shown}: {error}")],
    };
    let sections = ids(page);
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for question in &questions {
        let mut fault = |what: &str| faults.push(format!("{shown}: {}: {what}", question.id));
        *count.entry(&question.section).or_default() += 1;
        if !known.insert(&question.id) {
            fault("two questions have this id");
        }
        if !question
            .id
            .starts_with(&format!("{name}-{}", question.section))
        {
            fault("the id begins with the chapter's name and the section's id");
        }
        if !sections.contains(&question.section) {
            fault("the chapter has no such section");
        }
        if question.prompt.prompt.is_empty() || question.context.is_empty() {
            fault("the question and its context have words");
        }
        let distractors = &question.prompt.distractors;
        if question.why.len() != distractors.len() {
            fault("each distractor has its why");
        }
        let fits = match (question.r#type, &question.answer.answer) {
            (Type::MultipleChoice, Value::Text(answer)) => {
                distractors.len() >= 2 && !distractors.contains(answer)
            }
            (Type::ShortAnswer, Value::Text(answer)) => {
                !question.answer.alternatives.contains(answer)
            }
            (Type::Octets, Value::Text(answer)) => answer
                .split(' ')
                .all(|octet| octet.len() == 2 && u8::from_str_radix(octet, 16).is_ok()),
            (Type::Order, Value::List(answer)) => {
                let sorted = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
                answer != &question.prompt.items && sorted(answer) == sorted(&question.prompt.items)
            }
            (Type::Fields, Value::Table(answer)) => !answer.is_empty(),
            _ => false,
        };
        if !fits {
            fault("the answer does not fit the type");
        }
    }
    for (section, count) in count {
        if count > 5 {
            faults.push(format!(
                "{shown}: {section} has {count} questions, at most 5"
            ));
        }
    }
    faults
}

/// The commands that give answers, as a page of terminals.
fn checks(name: &str, text: &str) -> Page {
    let read: Questions = toml::from_str(text).expect("the questions can be read");
    let mut page = String::new();
    for question in read.questions {
        let Some(check) = question.check else {
            continue;
        };
        let answer = match question.answer.answer {
            Value::Text(text) => text,
            Value::List(lines) => lines.join("\n"),
            Value::Table(fields) => {
                let lines = fields
                    .iter()
                    .map(|(name, value)| format!("{name} = {value}"));
                lines.collect::<Vec<_>>().join("\n")
            }
        };
        page += &format!(
            "# {}\n\n```console\n$ {check}\n{answer}\n```\n\n",
            question.id
        );
    }
    Page {
        path: root().join("book/src/quiz").join(name),
        shown: format!("the checks of quiz/{name}.toml"),
        text: page,
    }
}

/// The chapters that have questions, with the text of both.
fn quizzes() -> Vec<(String, String, String)> {
    let folder = root().join("book/src/quiz");
    files(&folder, "toml")
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let chapter = root().join("book/src").join(&*name).with_extension("md");
            (name.into_owned(), read(&path), read(&chapter))
        })
        .collect()
}

/// Every question has the form that a page, a print and a teacher's export
/// count on.
#[test]
fn every_question_has_its_form() {
    let faults = quizzes()
        .iter()
        .flat_map(|(name, text, page)| question_faults(name, text, page))
        .collect::<Vec<_>>();
    report(&faults);
}

/// What can be computed is what the question says.
#[cfg(unix)]
#[test]
fn every_computed_answer_is_what_the_question_says() {
    use super::console::{COMMAND, run_page, solution};
    if !has_solutions() {
        return;
    }
    let mut faults = Vec::new();
    for (name, text, _) in quizzes() {
        let (new, skips, _) = run_page(&checks(&name, &text), &solution, COMMAND);
        for skip in skips {
            println!("{skip}");
        }
        faults.extend(new);
    }
    report(&faults);
}

/// Questions that break the rules.
mod broken {
    use super::*;

    const GOOD: &str = r#"
[[questions]]
id = "a-one-first"
section = "one"
type = "MultipleChoice"
prompt.prompt = "Which?"
prompt.distractors = ["x", "y"]
answer.answer = "z"
why = ["not x", "not y"]
context = "Because."

[[questions]]
id = "a-one-second"
section = "one"
type = "Octets"
prompt.prompt = "Which octets?"
answer.answer = "00 ff"
check = "echo 00 ff"
context = "Because."

[[questions]]
id = "a-one-third"
section = "one"
type = "Order"
prompt.prompt = "In which order?"
prompt.items = ["b", "a"]
answer.answer = ["a", "b"]
context = "Because."
"#;

    #[test]
    fn a_question_out_of_form_is_told() {
        let faults = |text: &str| question_faults("a", text, "# A {#a}\n## One {#one}\n");
        assert_eq!(faults(GOOD), Vec::<String>::new());
        for (from, to, words) in [
            ("a-one-second", "a-one-first", "two questions have this id"),
            ("a-one-second", "b-one-second", "the id begins"),
            ("section = \"one\"", "section = \"two\"", "no such section"),
            ("Because.", "", "have words"),
            ("\"not x\", ", "", "each distractor has its why"),
            ("= \"z\"", "= \"x\"", "does not fit the type"),
            ("00 ff", "00 fg", "does not fit the type"),
            ("[\"a\", \"b\"]", "[\"b\", \"a\"]", "does not fit the type"),
            ("[\"a\", \"b\"]", "[\"a\", \"c\"]", "does not fit the type"),
            (
                "type = \"Octets\"",
                "type = \"Fields\"",
                "does not fit the type",
            ),
            ("why =", "whys =", "unknown field"),
        ] {
            assert!(GOOD.contains(from), "{from:?} is in the good questions");
            let faults = faults(&GOOD.replacen(from, to, 1));
            let told = faults.iter().any(|fault| fault.contains(words));
            assert!(told, "{words:?} is not among {faults:#?}");
        }
    }

    #[test]
    fn the_commands_of_the_questions_become_terminals() {
        let page = checks("a", GOOD);
        assert_eq!(
            page.text,
            "# a-one-second\n\n```console\n$ echo 00 ff\n00 ff\n```\n\n"
        );
    }
}
