//! The questions of the chapters, `book/src/quiz/NAME.toml`: their form, and the
//! answers that a command can give. `book/quiz/src/form.rs` tells the format.

use std::collections::BTreeMap;

use netlings_quiz::{Ask, BOOK, Drawn, Quiz, form};

use super::super::has_solutions;
use super::{Page, files, read, report, root};

/// How many questions a section that teaches has.
const COUNT: std::ops::RangeInclusive<usize> = 2..=5;

/// The sections of a chapter that teach nothing new.
const WITHOUT: [&str; 2] = ["classroom", "left-out"];

/// Seeds besides the book's, under which everything must hold as well.
const SEEDS: [&str; 2] = ["ada", "s4711"];

/// What is wrong with the questions of a chapter: `name` is its name, `text`
/// the file, `page` the chapter.
fn question_faults(name: &str, text: &str, page: &str) -> Vec<String> {
    let quiz = match quiz(name, text, page) {
        Ok(quiz) => quiz,
        Err(faults) => return faults,
    };
    let mut faults = Vec::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for question in &quiz.questions {
        *count.entry(&question.section).or_default() += 1;
        let seeds: Vec<String> = (0..50).map(|seed| format!("student {seed}")).collect();
        for seed in seeds {
            if let Err(why) = question.draw(&seed) {
                faults.push(format!(
                    "quiz/{name}.toml: {}: seed {seed:?}: {why}",
                    question.id
                ));
            }
        }
        if let (Some(octets), Some(from)) = (&question.octets, &question.from) {
            // Of a line, the octets; what is said of them stands before or behind.
            let is_octet = |word: &&str| word.len() == 2 && u8::from_str_radix(word, 16).is_ok();
            let words = |text: &str| {
                let octets = text.lines().flat_map(|line| {
                    let words = line.split_whitespace();
                    words
                        .skip_while(|word| !is_octet(word))
                        .take_while(is_octet)
                });
                octets.collect::<Vec<_>>().join(" ")
            };
            if !words(&read(&root().join(from))).contains(&words(octets)) {
                faults.push(format!(
                    "quiz/{name}.toml: {}: prompt.from: {from} has no such octets",
                    question.id
                ));
            }
        }
    }
    let sections = page.lines().filter(|line| line.starts_with("## "));
    let sections = sections.collect::<Vec<_>>().join("\n");
    let teaching = form::headings(&sections)
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| !WITHOUT.contains(id));
    for id in teaching {
        let count = count.get(id).copied().unwrap_or(0);
        if !COUNT.contains(&count) {
            faults.push(format!(
                "quiz/{name}.toml: {id} has {count} questions, and two to five belong to a section"
            ));
        }
    }
    faults
}

fn quiz(name: &str, text: &str, page: &str) -> Result<Quiz, Vec<String>> {
    let headings = form::headings(page);
    let ids: Vec<&str> = headings.iter().map(|(id, _)| *id).collect();
    Quiz::read(name, text, &ids)
}

/// The commands that give answers, as a page of terminals: as the book asks,
/// and where something is drawn, under other seeds too.
fn checks(quiz: &Quiz) -> Page {
    let mut page = String::new();
    for question in quiz
        .questions
        .iter()
        .filter(|question| question.check.is_some())
    {
        let others = if question.vary.is_empty() {
            &[][..]
        } else {
            &SEEDS
        };
        for seed in [BOOK].iter().chain(others) {
            let drawn = question.draw(seed).expect("its form was checked");
            let check = drawn.check.as_deref().unwrap_or_default();
            let answer = output(&drawn);
            page += &format!(
                "# {} ({seed})\n\n```console\n$ {check}\n{answer}\n```\n\n",
                drawn.id
            );
        }
    }
    Page {
        path: root().join("book/src/quiz").join(&quiz.name),
        shown: format!("the checks of quiz/{}.toml", quiz.name),
        text: page,
    }
}

/// The answer as a command prints it.
fn output(drawn: &Drawn) -> String {
    match &drawn.ask {
        Ask::Choice { choices, .. } => {
            let right = choices.iter().filter(|choice| choice.why.is_none());
            let right: Vec<String> = right.map(|choice| choice.text.replace('`', "")).collect();
            right.join("\n")
        }
        Ask::Order { shown, right } => {
            let lines = right.iter().filter_map(|at| shown.get(*at).cloned());
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => drawn.answer(),
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
/// count on, under any seed.
#[test]
fn every_question_has_its_form() {
    let faults = quizzes()
        .iter()
        .flat_map(|(name, text, page)| question_faults(name, text, page))
        .collect::<Vec<_>>();
    report(&faults);
}

/// Every lab's chapter has questions.
#[test]
fn every_lab_has_questions() {
    let asked: Vec<String> = quizzes().into_iter().map(|(name, ..)| name).collect();
    let without = super::labs(&root())
        .into_keys()
        .filter(|name| !asked.contains(name));
    let faults: Vec<String> = without
        .map(|name| format!("book/src/quiz/{name}.toml is missing"))
        .collect();
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
    for (name, text, page) in quizzes() {
        let quiz = quiz(&name, &text, &page).expect("the questions can be read");
        let (new, skips, _) = run_page(&checks(&quiz), &solution, COMMAND);
        for skip in skips {
            println!("{skip}");
        }
        faults.extend(new);
    }
    report(&faults);
}

/// Questions that break the rules; `book/quiz` has more of them.
mod broken {
    use super::*;

    const GOOD: &str = r#"
[[questions]]
id = "a-one-octets"
section = "one"
type = "Octets"
prompt.prompt = "Which octet is {n}?"
prompt.octets = "45 00 00 1c"
prompt.from = "book/src/layers.md"
answer.answer = "{n:octets1}"
vary = ["n = 16..31"]
check = "printf %02x {n}; echo"
context = "Because."
"#;

    #[test]
    fn a_question_out_of_form_is_told() {
        let page = "# A {#a}\n## One {#one}\n";
        let faults = |text: &str| question_faults("a", text, page);
        let good = format!("{GOOD}{}", GOOD.replace("one-octets", "one-more"));
        assert_eq!(faults(&good), Vec::<String>::new());
        let six: String = (0..6)
            .map(|n| GOOD.replace("octets\"\nsection", &format!("octets-{n}\"\nsection")))
            .collect();
        for (text, words) in [
            (
                GOOD.replace("45 00 00 1c", "45 00 00 1b"),
                "book/src/layers.md has no such octets",
            ),
            (
                GOOD.replace("n = 16..31", "n = 16..260"),
                "does not fit 1 octets",
            ),
            (GOOD.replace("one", "two"), "the chapter has no \"two\""),
            (six, "one has 6 questions, and two to five"),
            (GOOD.to_owned(), "one has 1 questions, and two to five"),
        ] {
            let faults = faults(&text);
            let told = faults.iter().any(|fault| fault.contains(words));
            assert!(told, "{words:?} is not among {faults:#?}");
        }
    }

    #[test]
    fn the_commands_of_the_questions_become_terminals_under_three_seeds() {
        let quiz = quiz("a", GOOD, "## One {#one}\n").expect("it is good");
        let page = checks(&quiz).text;
        assert_eq!(page.matches("```console\n$ printf %02x ").count(), 3);
        let first = quiz.questions.first().expect("one");
        let answer = first.draw("ada").expect("it can be drawn").answer();
        assert!(
            page.contains(&format!(
                "(ada)\n\n```console\n$ printf %02x {}; echo\n{answer}\n```",
                u8::from_str_radix(&answer, 16).expect("octet")
            )),
            "{page}"
        );
    }
}
