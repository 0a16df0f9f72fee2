//! A file of questions: mdbook-quiz's TOML, and a little more.
//!
//! ```toml
//! [[questions]]
//! id = "hello-network-light"      # NAME-SECTION-word, once in the book
//! section = "network"             # the id of a heading of the chapter
//! type = "ShortAnswer"
//! prompt.prompt = "..."
//! answer.answer = "20"
//! answer.alternatives = ["20 ms"]
//! mistakes = [["10", "what is wrong with it"]]
//! check = "a command that prints the answer: the suite runs it"
//! context = "why it is so"
//! ```
//!
//! | type | `answer.answer` | and |
//! |---|---|---|
//! | `MultipleChoice` | the right choice, or a list of them | `prompt.distractors`, and for each a `why` |
//! | `ShortAnswer` | a text or a number | `alternatives`, `mistakes` |
//! | `Octets` | octets in hexadecimal | `mistakes` |
//! | `Order` | the list in its right order | |
//! | `Fields` | a list of `[name, value, alternatives ...]` | `mistakes`: `[name, value, why]` |
//!
//! `prompt.octets` shows octets of a packet under the question, and
//! `prompt.from` says which file of the course has them. With `vary`, a list of
//! definitions, texts are filled in by [`crate::sum`].

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Value;

use crate::BOOK;

/// The questions of a chapter.
#[derive(Clone, Debug)]
pub struct Quiz {
    /// The chapter's name: `hello`.
    pub name: String,
    /// In the order of the file.
    pub questions: Vec<Question>,
}

/// A question as it is written, nothing drawn yet.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name, once in the book.
    pub id: String,
    /// The id of the section that it belongs to.
    pub section: String,
    /// What is asked.
    pub prompt: String,
    /// Octets to look at, in hexadecimal.
    pub octets: Option<String>,
    /// The file of the course that has these octets.
    pub from: Option<String>,
    /// What kind of answer is asked for, and the answer.
    pub kind: Kind,
    /// Wrong answers that have a name.
    pub mistakes: Vec<Mistake>,
    /// Why it is so.
    pub context: String,
    /// A command whose output is the answer.
    pub check: Option<String>,
    /// What is drawn, in order.
    pub vary: Vec<String>,
}

/// What kind of answer is asked for, and the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One choice, or all that are right.
    Choice {
        /// What is right.
        right: Vec<String>,
        /// Whether several can be chosen.
        many: bool,
    },
    /// A word or a number: the answer, then other ways to write it.
    Short(Vec<String>),
    /// Octets in hexadecimal.
    Octets(String),
    /// Lines in their right order.
    Order(Vec<String>),
    /// Fields to fill in, in order.
    Fields(Fields),
}

/// The fields of one question.
pub type Fields = Vec<Field>;

/// A field to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: String,
    /// The answer, then other ways to write it.
    pub answers: Vec<String>,
}

/// A wrong answer, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The field, where there are fields.
    pub field: Option<String>,
    /// What is answered.
    pub answer: String,
    /// What is wrong with it.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    questions: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    section: String,
    r#type: Type,
    prompt: Prompt,
    answer: Answer,
    #[serde(default)]
    why: Vec<String>,
    #[serde(default)]
    mistakes: Vec<Vec<String>>,
    context: String,
    check: Option<String>,
    #[serde(default)]
    vary: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
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
    octets: Option<String>,
    from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    answer: Value,
    #[serde(default)]
    alternatives: Vec<String>,
}

impl Quiz {
    /// Reads the questions of the chapter `name`; `sections` are the ids of its
    /// headings.
    ///
    /// # Errors
    /// All that is wrong, a sentence each: `quiz/hello.toml: ID: FIELD: what`.
    pub fn read(name: &str, text: &str, sections: &[&str]) -> Result<Quiz, Vec<String>> {
        let shown = format!("quiz/{name}.toml");
        let file: File = toml::from_str(text)
            .map_err(|error| vec![format!("{shown}: {}", error.to_string().trim_end())])?;
        let mut faults = Vec::new();
        let mut questions = Vec::new();
        let mut ids = BTreeSet::new();
        for (number, table) in (1..).zip(file.questions) {
            let id = table.get("id").and_then(Value::as_str).map(str::to_owned);
            let told = match &id {
                Some(id) => format!("{shown}: {id}"),
                None => format!("{shown}: question {number}"),
            };
            if let Some(id) = &id
                && !ids.insert(id.clone())
            {
                faults.push(format!("{told}: id: two questions have this one"));
            }
            match question(name, table, sections) {
                Ok(question) => questions.push(question),
                Err(wrong) => faults.extend(wrong.iter().map(|what| format!("{told}: {what}"))),
            }
        }
        if faults.is_empty() {
            Ok(Quiz {
                name: name.to_owned(),
                questions,
            })
        } else {
            Err(faults)
        }
    }

    /// The questions of a section, in order.
    pub fn of(&self, section: &str) -> impl Iterator<Item = &Question> {
        self.questions
            .iter()
            .filter(move |question| question.section == section)
    }
}

/// The ids and titles of the headings in a chapter of Markdown, in order.
pub fn headings(chapter: &str) -> Vec<(&str, &str)> {
    let mut fenced = false;
    chapter
        .lines()
        .filter_map(|line| {
            fenced ^= line.starts_with("```");
            let words = line.trim_start_matches('#');
            let (title, id) = words.trim().strip_suffix('}')?.split_once(" {#")?;
            (!fenced && words.len() < line.len()).then_some((id, title))
        })
        .collect()
}

fn question(name: &str, table: toml::Table, sections: &[&str]) -> Result<Question, Vec<String>> {
    let read = Written::deserialize(table).map_err(|error| vec![message(&error)])?;
    let mut faults = Vec::new();
    if !read.id.starts_with(&format!("{name}-{}-", read.section)) {
        faults.push(format!("id: it begins with {name}-{}-", read.section));
    }
    if !sections.contains(&read.section.as_str()) {
        faults.push(format!("section: the chapter has no {:?}", read.section));
    }
    for (field, text) in [
        ("prompt.prompt", &read.prompt.prompt),
        ("context", &read.context),
    ] {
        if text.trim().is_empty() {
            faults.push(format!("{field}: it has no words"));
        }
    }
    if read.prompt.octets.is_some() != read.prompt.from.is_some() {
        faults.push("prompt.from: octets and the file that has them stand together".to_owned());
    }
    let (kind, mistakes) = match kind(&read) {
        Ok(kind) => kind,
        Err(what) => {
            faults.push(what);
            return Err(faults);
        }
    };
    let question = Question {
        id: read.id,
        section: read.section,
        prompt: read.prompt.prompt,
        octets: read.prompt.octets,
        from: read.prompt.from,
        kind,
        mistakes,
        context: read.context,
        check: read.check,
        vary: read.vary,
    };
    if let Err(what) = question.draw(BOOK) {
        faults.push(what);
    }
    if faults.is_empty() {
        Ok(question)
    } else {
        Err(faults)
    }
}

/// What toml says of a question, without the place, which it does not know here.
fn message(error: &toml::de::Error) -> String {
    error.message().to_owned()
}

/// The kind of answer, with the wrong answers that have a name.
fn kind(read: &Written) -> Result<(Kind, Vec<Mistake>), String> {
    let is = |kinds: &[Type]| kinds.contains(&read.r#type);
    let choice = is(&[Type::MultipleChoice]);
    if !choice && (!read.prompt.distractors.is_empty() || !read.why.is_empty()) {
        return Err("prompt.distractors, why: they are for MultipleChoice".to_owned());
    }
    if choice && !read.mistakes.is_empty() || is(&[Type::Order]) && !read.mistakes.is_empty() {
        return Err("mistakes: they are for answers that are typed".to_owned());
    }
    if !is(&[Type::ShortAnswer]) && !read.answer.alternatives.is_empty() {
        return Err("answer.alternatives: they are for ShortAnswer".to_owned());
    }
    let answer = &read.answer.answer;
    let text = || {
        let text = answer.as_str().filter(|text| !text.trim().is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| "answer.answer: text in quotes".to_owned())
    };
    let kind = match read.r#type {
        Type::MultipleChoice => {
            let distractors = &read.prompt.distractors;
            if distractors.len() != read.why.len() {
                return Err(format!(
                    "why: one for each of the {} distractors, and there are {}",
                    distractors.len(),
                    read.why.len()
                ));
            }
            if distractors.len() < 2 {
                return Err("prompt.distractors: two at least".to_owned());
            }
            let many = answer.is_array();
            let right = if many { list(answer)? } else { vec![text()?] };
            let mistakes = distractors.iter().zip(&read.why);
            let mistakes = mistakes.map(|(answer, why)| Mistake {
                field: None,
                answer: answer.clone(),
                why: why.clone(),
            });
            return Ok((Kind::Choice { right, many }, mistakes.collect()));
        }
        Type::ShortAnswer => {
            let mut answers = vec![text()?];
            answers.extend(read.answer.alternatives.iter().cloned());
            Kind::Short(answers)
        }
        Type::Octets => Kind::Octets(text()?),
        Type::Order => {
            let lines = list(answer)?;
            if lines.len() < 3 {
                return Err("answer.answer: three lines at least".to_owned());
            }
            Kind::Order(lines)
        }
        Type::Fields => Kind::Fields(fields(answer)?),
    };
    let mistakes = read
        .mistakes
        .iter()
        .map(|mistake| mistake_of(&kind, mistake));
    let mistakes = mistakes.collect::<Result<_, _>>()?;
    Ok((kind, mistakes))
}

fn list(answer: &Value) -> Result<Vec<String>, String> {
    let wrong = || "answer.answer: a list of texts".to_owned();
    let items = answer.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(wrong)?.iter();
    items
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
        .collect()
}

fn fields(answer: &Value) -> Result<Fields, String> {
    let wrong = || "answer.answer: a list of [name, value, other ways to write it ...]".to_owned();
    let items = answer.as_array().filter(|items| !items.is_empty());
    let items = items.ok_or_else(wrong)?.iter();
    items
        .map(|item| {
            let mut words = list(item).map_err(|_| wrong())?.into_iter();
            let name = words.next().ok_or_else(wrong)?;
            let answers: Vec<String> = words.collect();
            if answers.is_empty() {
                return Err(wrong());
            }
            Ok(Field { name, answers })
        })
        .collect()
}

fn mistake_of(kind: &Kind, mistake: &[String]) -> Result<Mistake, String> {
    match (kind, mistake) {
        (Kind::Fields(fields), [field, answer, why]) => {
            if !fields.iter().any(|known| known.name == *field) {
                return Err(format!("mistakes: no field is called {field:?}"));
            }
            Ok(Mistake {
                field: Some(field.clone()),
                answer: answer.clone(),
                why: why.clone(),
            })
        }
        (Kind::Short(_) | Kind::Octets(_), [answer, why]) => Ok(Mistake {
            field: None,
            answer: answer.clone(),
            why: why.clone(),
        }),
        (Kind::Fields(_), _) => Err("mistakes: lists of [name, value, why]".to_owned()),
        _ => Err("mistakes: lists of [answer, why]".to_owned()),
    }
}

#[cfg(test)]
mod tests {
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
mistakes = [["ff 00", "the other way round"]]
context = "Because."

[[questions]]
id = "a-one-third"
section = "one"
type = "Order"
prompt.prompt = "In which order?"
answer.answer = ["a", "b", "c"]
context = "Because."

[[questions]]
id = "a-one-fourth"
section = "one"
type = "Fields"
prompt.prompt = "Which fields?"
prompt.octets = "45 00"
prompt.from = "README.md"
answer.answer = [["version", "4"], ["words", "5", "five"]]
mistakes = [["words", "20", "these are octets"]]
context = "Because."

[[questions]]
id = "a-one-fifth"
section = "one"
type = "ShortAnswer"
prompt.prompt = "How much is {n} and one?"
answer.answer = "{n + 1}"
answer.alternatives = ["one more"]
mistakes = [["{n}", "and one"]]
vary = ["n = 3..9"]
context = "Because of {n}."
"#;

    fn faults(text: &str) -> Vec<String> {
        Quiz::read("a", text, &["a", "one"])
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn good_questions_are_read() {
        let quiz = Quiz::read("a", GOOD, &["a", "one"]).expect("they are good");
        assert_eq!(quiz.of("one").count(), 5);
        assert_eq!(quiz.of("a").count(), 0);
    }

    #[test]
    fn a_question_out_of_form_is_told_with_its_name_and_its_field() {
        for (from, to, words) in [
            (
                "a-one-second",
                "a-one-first",
                "a-one-first: id: two questions have this one",
            ),
            (
                "a-one-second",
                "b-one-second",
                "b-one-second: id: it begins with a-one-",
            ),
            (
                "section = \"one\"",
                "section = \"two\"",
                "a-one-first: section: the chapter has no \"two\"",
            ),
            ("id = \"a-one-first\"", "", "question 1: missing field `id`"),
            ("Because.", " ", "a-one-first: context: it has no words"),
            (
                "\"Which?\"",
                "\"\"",
                "a-one-first: prompt.prompt: it has no words",
            ),
            (
                "[\"x\", \"y\"]",
                "[\"x\"]",
                "a-one-first: why: one for each of the 1 distractors, and there are 2",
            ),
            (
                "[\"x\", \"y\"]",
                "[\"x\", \"z\"]",
                "a-one-first: two choices are alike: \"z\"",
            ),
            (
                "= \"z\"",
                "= 7",
                "a-one-first: answer.answer: text in quotes",
            ),
            (
                "= \"z\"",
                "= [\"z\", 7]",
                "a-one-first: answer.answer: a list of texts",
            ),
            (
                "\"00 ff\"",
                "\"00 fg\"",
                "a-one-second: answer.answer: \"fg\" is no octet",
            ),
            (
                "\"ff 00\"",
                "\"ff 0\"",
                "a-one-second: mistakes: \"0\" is no octet",
            ),
            (
                "\"ff 00\"",
                "\"00ff\"",
                "a-one-second: mistakes: \"00ff\" is right",
            ),
            (
                "[\"ff 00\", ",
                "[",
                "a-one-second: mistakes: lists of [answer, why]",
            ),
            (
                "[\"a\", \"b\", \"c\"]",
                "[\"a\", \"b\"]",
                "a-one-third: answer.answer: three lines at least",
            ),
            (
                "[\"a\", \"b\", \"c\"]",
                "[\"a\", \"b\", \"a\"]",
                "a-one-third: answer.answer: two lines are alike",
            ),
            (
                "[\"version\", \"4\"]",
                "[\"version\"]",
                "a-one-fourth: answer.answer: a list of [name, value",
            ),
            (
                "[\"words\", \"20\"",
                "[\"octets\", \"20\"",
                "a-one-fourth: mistakes: no field is called \"octets\"",
            ),
            (
                "prompt.from = \"README.md\"",
                "",
                "a-one-fourth: prompt.from: octets and the file",
            ),
            (
                "\"45 00\"",
                "\"45 0\"",
                "a-one-fourth: prompt.octets: \"0\" is no octet",
            ),
            (
                "{n + 1}",
                "{n + m}",
                "a-one-fifth: {n + m}: nothing is called \"m\"",
            ),
            (
                "type = \"Octets\"",
                "type = \"Order\"",
                "a-one-second: mistakes: they are for answers that are typed",
            ),
            (
                "type = \"Octets\"",
                "type = \"Tracing\"",
                "a-one-second: unknown variant `Tracing`",
            ),
            (
                "type = \"Order\"",
                "type = \"ShortAnswer\"",
                "a-one-third: answer.answer: text in quotes",
            ),
            (
                "type = \"ShortAnswer\"",
                "type = \"Octets\"",
                "a-one-fifth: answer.alternatives: they are for ShortAnswer",
            ),
            ("why =", "whys =", "a-one-first: unknown field `whys`"),
            ("[[questions]]", "[[question]]", "unknown field `question`"),
            (
                "= \"z\"",
                "= \"z",
                "quiz/a.toml: TOML parse error at line 8",
            ),
        ] {
            assert!(GOOD.contains(from), "{from:?} is in the good questions");
            let faults = faults(&GOOD.replacen(from, to, 1));
            let told = faults.iter().any(|fault| fault.contains(words));
            assert!(told, "{words:?} is not among {faults:#?}");
        }
    }

    #[test]
    fn headings_have_ids_and_stand_outside_of_fences() {
        let chapter = "# A {#a}\ntext {#b}\n```text\n## No {#no}\n```\n### C {#c}\n## None\n";
        assert_eq!(headings(chapter), [("a", "A"), ("c", "C")]);
    }
}
