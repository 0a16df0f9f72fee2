//! The questions on the page: its script judges as the library does, and in a
//! browser they can be answered by everybody.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use netlings_quiz::judge::letter;
use netlings_quiz::{Ask, Drawn, Given, Quiz, form};
use serde_json::json;

use super::root;
use super::widgets::{browse, has_node, run};

fn script(name: &str) -> PathBuf {
    root().join("tests/suite/quiz").join(name)
}

/// All questions of the book, drawn under `seed`.
fn drawn(seed: &str) -> Vec<Drawn> {
    let folder = fs::read_dir(root().join("book/src/quiz")).expect("the questions can be read");
    let mut names: Vec<String> = folder
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    let mut all = Vec::new();
    for name in names {
        let read = |path: String| fs::read_to_string(root().join(path)).expect("it can be read");
        let chapter = read(format!("book/src/{name}.md"));
        let ids: Vec<&str> = form::headings(&chapter).iter().map(|(id, _)| *id).collect();
        let quiz = Quiz::read(&name, &read(format!("book/src/quiz/{name}.toml")), &ids);
        for question in quiz.expect("the questions have their form").questions {
            all.push(question.draw(seed).expect("it can be drawn"));
        }
    }
    all
}

/// Answers to a question, right and wrong and nearly right.
fn answers(question: &Drawn, random: &mut fastrand::Rng) -> Vec<Given> {
    let texts = |right: &str| {
        let mut texts = vec![
            right.to_owned(),
            format!("  {} .", right.to_uppercase()),
            "1,000".to_owned(),
        ];
        texts.extend(
            question
                .mistakes
                .iter()
                .map(|mistake| mistake.answer.clone()),
        );
        texts
    };
    match &question.ask {
        Ask::Choice { choices, many } => {
            let one = (0..choices.len()).map(|at| Given::Choices(vec![at]));
            let some = (0..if *many { 10 } else { 0 }).map(|_| {
                let taken = (0..choices.len()).filter(|_| random.bool());
                Given::Choices(taken.collect())
            });
            one.chain(some)
                .filter(|given| *given != Given::Choices(Vec::new()))
                .collect()
        }
        Ask::Short(right) => right
            .iter()
            .flat_map(|right| texts(right))
            .map(Given::Text)
            .collect(),
        Ask::Octets(right) => {
            let octets: Vec<&str> = right.split(' ').collect();
            let mut all: Vec<String> = (1..octets.len())
                .map(|count| octets.get(..count).unwrap_or_default().join(" "))
                .collect();
            all.extend([
                right.clone(),
                right.to_uppercase().replace(' ', ""),
                format!("{right} 00"),
                "fe ed".to_owned(),
            ]);
            all.extend(
                question
                    .mistakes
                    .iter()
                    .map(|mistake| mistake.answer.clone()),
            );
            all.into_iter().map(Given::Text).collect()
        }
        Ask::Order { right, .. } => (0..6)
            .map(|turn| {
                let mut order = right.clone();
                if turn > 0 {
                    random.shuffle(&mut order);
                }
                Given::Order(order)
            })
            .collect(),
        Ask::Fields(fields) => {
            let right = fields
                .iter()
                .filter_map(|field| field.answers.last().cloned());
            let right: Vec<String> = right.collect();
            let mut all = vec![Given::Fields(right.clone())];
            for (at, field) in fields.iter().enumerate() {
                let of_field =
                    |mistake: &&netlings_quiz::Mistake| mistake.field.as_ref() == Some(&field.name);
                let wrong = question
                    .mistakes
                    .iter()
                    .filter(of_field)
                    .map(|mistake| mistake.answer.clone());
                for text in wrong.chain(["nonsense".to_owned()]) {
                    let mut given = right.clone();
                    given.splice(at..=at, [text]);
                    all.push(Given::Fields(given));
                }
            }
            all
        }
    }
}

/// A question and an answer as the page has them.
fn as_in_the_page(question: &Drawn, given: &Given) -> serde_json::Value {
    let letters = |places: &[usize]| {
        places
            .iter()
            .map(|at| letter(*at).to_string())
            .collect::<Vec<_>>()
    };
    let mut fields = Vec::new();
    let (kind, answer) = match &question.ask {
        Ask::Choice { choices, .. } => {
            let right: Vec<usize> = (0..choices.len())
                .filter(|at| choices.get(*at).is_some_and(|choice| choice.why.is_none()))
                .collect();
            ("choice", letters(&right).join(" "))
        }
        Ask::Short(answers) => ("short", answers.join("|")),
        Ask::Octets(answer) => ("octets", answer.clone()),
        Ask::Order { right, .. } => ("order", letters(right).join(" ")),
        Ask::Fields(all) => {
            fields = all
                .iter()
                .map(|field| json!({ "name": field.name, "answer": field.answers.join("|") }))
                .collect();
            ("fields", String::new())
        }
    };
    let mistakes: Vec<String> = question
        .mistakes
        .iter()
        .map(|mistake| match &mistake.field {
            Some(field) => format!("{field}={}", mistake.answer),
            None => mistake.answer.clone(),
        })
        .collect();
    let given = match given {
        Given::Choices(places) | Given::Order(places) => letters(places),
        Given::Text(text) => vec![text.clone()],
        Given::Fields(texts) => texts.clone(),
    };
    json!({ "question": { "kind": kind, "answer": answer, "fields": fields, "mistakes": mistakes }, "given": given })
}

/// Every question of the book under two seeds, with right answers and wrong
/// ones, each judged twice.
#[test]
fn the_page_judges_as_the_library_does() {
    if !has_node() {
        return;
    }
    let random = &mut fastrand::Rng::with_seed(9110);
    let mut input = String::new();
    let mut expected = Vec::new();
    for question in drawn(netlings_quiz::BOOK).iter().chain(&drawn("ada")) {
        let mut right = 0;
        for given in answers(question, random) {
            let verdict = question.judge(&given).to_string();
            right += usize::from(verdict == "right");
            let line = as_in_the_page(question, &given).to_string();
            input += &line;
            input.push('\n');
            expected.push((line, verdict));
        }
        let all_right = matches!(&question.ask, Ask::Choice { choices, .. } if choices.iter().filter(|c| c.why.is_none()).count() > 1);
        assert!(
            right > 0 || all_right,
            "{}: no answer was right",
            question.id
        );
    }
    let (well, said, faults) = run(
        Command::new("node").arg(script("judge.mjs")),
        input.as_bytes(),
    );
    assert!(well, "{faults}");
    let came: Vec<&str> = said.lines().collect();
    assert_eq!(came.len(), expected.len(), "a verdict each");
    for (came, (line, verdict)) in came.iter().zip(&expected) {
        assert_eq!(came, verdict, "{line}");
    }
}

#[test]
#[ignore = "takes long: builds the book and starts a browser"]
fn in_a_browser_questions_are_answered_kept_and_forgotten() {
    browse(&script("page.mjs"), "use");
}

#[test]
#[ignore = "takes long: builds the book and starts a browser"]
fn in_a_browser_questions_are_for_everyone() {
    browse(&script("page.mjs"), "everyone");
}
