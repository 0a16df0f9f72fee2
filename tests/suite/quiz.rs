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

/// A question that is not as it must be, or one for a section that is not there.
#[test]
#[ignore = "takes long: compiles mdBook"]
fn a_question_out_of_form_stops_the_build() {
    let course = tempfile::tempdir().expect("a temporary folder");
    let book = course.path().join("book");
    let write = |path: &str, text: &str| {
        let path = book.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&book)).expect("made");
        fs::write(path, text).expect("written");
    };
    write("book.toml", "[book]\ntitle = \"t\"\n");
    write("src/SUMMARY.md", "- [A](a.md)\n");
    write("widgets/stills/none", "");
    write(
        "src/a.md",
        "# A {#a}\n\n## One {#one}\n\n```text\n## No {#no}\n```\n\nthe end of one\n\n## Two {#two}\n\nthe end of two\n",
    );
    for name in ["quiz.js", "quiz.css"] {
        let page = root().join("book/quiz/page").join(name);
        write(
            &format!("quiz/page/{name}"),
            &fs::read_to_string(page).expect("it is there"),
        );
    }
    let build = |questions: &str| {
        write("src/quiz/a.toml", questions);
        let output = Command::new(netlings::cargo::cargo())
            .current_dir(course.path())
            .args([
                "run",
                "--quiet",
                "--package",
                "netlings-book",
                "--manifest-path",
            ])
            .arg(root().join("Cargo.toml"))
            .args(["--", "build", "--dest"])
            .arg(course.path().join("built"))
            .output()
            .expect("cargo can be started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let good = "[[questions]]\nid = \"a-one-first\"\nsection = \"one\"\ntype = \"ShortAnswer\"\nprompt.prompt = \"1 < 2 & \\\"x\\\" by RFC 791 §3.1?\"\nanswer.answer = \"yes\"\ncontext = \"c\"\n";
    for (from, to, words) in [
        (
            "section = \"one\"",
            "section = \"no\"",
            "quiz/a.toml: a-one-first: section: the chapter has no \"no\"",
        ),
        (
            "context",
            "contxt",
            "quiz/a.toml: a-one-first: unknown field `contxt`",
        ),
    ] {
        let said = build(&good.replace(from, to));
        assert!(said.contains(words), "{said}");
        assert!(!course.path().join("built").exists(), "nothing was built");
    }
    assert_eq!(build(good), "");
    let page = fs::read_to_string(course.path().join("built/a.html")).expect("the page is built");
    let at = |words: &str| {
        page.find(words)
            .unwrap_or_else(|| panic!("{words}: {page}"))
    };
    assert!(at("the end of one") < at("data-id=\"a-one-first\""));
    assert!(at("data-id=\"a-one-first\"") < at("the end of two"));
    at(
        "1 &lt; 2 &amp; “x” by <a href=\"https://www.rfc-editor.org/rfc/rfc791#section-3.1\">RFC 791 §3.1</a>?",
    );
    assert!(course.path().join("built/quiz/quiz.js").is_file());
}

// ---------------------------------------------------------------- on the terminal

/// Runs `netlings quiz` with what somebody types.
fn quiz(args: &[&str], typed: &str) -> (Option<i32>, String, String) {
    let output = assert_cmd::cargo::cargo_bin_cmd!("netlings")
        .current_dir(root())
        .arg("quiz")
        .args(args)
        .write_stdin(typed)
        .output()
        .expect("netlings can be started");
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_quiz_on_the_terminal_asks_explains_and_scores() {
    let (status, said, _) = quiz(&["hello/3"], "b\ne\nc\n\n");
    insta::with_settings!({snapshot_path => "quiz", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("terminal", said);
    });
    assert_eq!(status, Some(1), "one was not right at the first try");
    let (status, said, _) = quiz(&["hello/step-3"], "b\nb\n");
    assert!(said.contains("\n2 of 2 right at the first try\n"), "{said}");
    assert_eq!(status, Some(0));
    assert!(!said.contains('\u{1b}'), "{said:?}");
    // Whoever leaves is told what they left.
    for typed in ["b\nq\n", "b\n", "b"] {
        let (status, said, _) = quiz(&["hello/3"], typed);
        assert!(
            said.contains("\n1 of 2 right at the first try, 1 question was not answered\n"),
            "{said}"
        );
        assert_eq!(status, Some(1));
    }
}

#[test]
fn a_name_without_questions_is_answered_with_the_nearest() {
    for (args, words) in [
        (
            &["helo"][..],
            "there are no questions on \"helo\"; did you mean hello?",
        ),
        (
            &["certificates"],
            "there are no questions on \"certificates\"; there are some on a",
        ),
        (
            &["hello/9"],
            "hello has no questions on \"step-9\"; it has some on network, ",
        ),
        (&["../hello"], "there are no questions on \"..\"; "),
        (&["--grade", "no-such-sheet"], "no-such-sheet: "),
    ] {
        let (status, _, said) = quiz(args, "");
        assert!(said.contains(words), "{args:?}: {said}");
        assert_eq!(status, Some(2), "{args:?}");
    }
}

fn list<'a>(document: &'a serde_json::Value, name: &str) -> &'a Vec<serde_json::Value> {
    let list = document.get(name).and_then(serde_json::Value::as_array);
    list.expect("the document has this list")
}

/// A sheet, with each answer that `answer` gives for a question's name.
fn filled(sheet: &str, answer: impl Fn(&Drawn) -> String, questions: &[Drawn]) -> String {
    let mut filled = String::new();
    let mut answers = Vec::new();
    for line in sheet.lines() {
        if let Some(id) = line
            .strip_prefix("## ")
            .and_then(|rest| rest.split(' ').nth(1))
        {
            let question = questions.iter().find(|question| question.id == id);
            let text = answer(question.expect("the sheet's questions are the book's"));
            answers = text.lines().rev().map(str::to_owned).collect();
        }
        filled += line;
        if line.starts_with("answer") {
            filled += " ";
            filled += &answers.pop().unwrap_or_default();
        }
        filled += "\n";
    }
    filled
}

/// The right answer as somebody would write it on a sheet.
fn right(question: &Drawn) -> String {
    match &question.ask {
        Ask::Choice { .. } | Ask::Order { .. } => {
            let answer = question.answer();
            answer
                .lines()
                .filter_map(|line| line.chars().next())
                .map(|c| format!("{c} "))
                .collect()
        }
        Ask::Fields(fields) => {
            let values: Vec<String> = fields
                .iter()
                .filter_map(|field| field.answers.first().cloned())
                .collect();
            values.join("\n")
        }
        Ask::Short(_) | Ask::Octets(_) => question.answer(),
    }
}

#[test]
fn sheets_are_exported_filled_in_and_graded() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut sheets = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for student in ["ada", "bob"] {
        for chapter in ["hello", "addresses", "framing"] {
            let (_, sheet, said) = quiz(&[chapter, "--export", "--seed", student], "");
            assert!(
                sheet.starts_with(&format!("quiz: {chapter}\nseed: {student}\nname:\n")),
                "{said}"
            );
            assert!(!sheet.contains("right:"), "{sheet}");
            let path = folder.path().join(format!("{chapter}-{student}.txt"));
            fs::write(&path, filled(&sheet, right, &drawn(student))).expect("written");
            names.push(path.to_string_lossy().into_owned());
            sheets.push(sheet);
        }
    }
    // No two students have one key.
    let key = |student: &str| drawn(student).iter().map(right).collect::<Vec<_>>();
    let (ada, bob) = (key("ada"), key("bob"));
    let alike = ada
        .iter()
        .zip(&bob)
        .filter(|(one, other)| one == other)
        .count();
    assert!(
        alike * 2 < ada.len(),
        "{alike} of {} answers are alike",
        ada.len()
    );
    let args: Vec<&str> = ["--grade"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let (status, said, _) = quiz(&[&args[..], &["--json"]].concat(), "");
    assert_eq!(status, Some(0), "{said}");
    let grades: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(grades.pointer("/version"), Some(&json!(1)));
    for sheet in list(&grades, "sheets") {
        assert_eq!(sheet.get("right"), sheet.get("count"), "{sheet:#}");
        assert_ne!(sheet.get("count"), Some(&json!(0)));
    }
    // Bob hands in what ada answered.
    let bobs = sheets.get(3).expect("bob's first sheet");
    let copied = filled(
        bobs,
        |question| {
            let adas = drawn("ada")
                .into_iter()
                .find(|other| other.id == question.id);
            adas.map(|adas| right(&adas)).unwrap_or_default()
        },
        &drawn("bob"),
    );
    let text = |from: &str, to: &str| copied.replacen(from, to, 1);
    for (file, text, words, status) in [
        ("copied", copied.clone(), " of 17 right\n", Some(0)),
        (
            "named",
            text("name:", "name: Bob \u{1b}[2J"),
            "name \"Bob ·[2J\"",
            Some(0),
        ),
        (
            "windows",
            format!("\u{feff}{}", copied.replace('\n', "\r\n")),
            " of 17 right\n",
            Some(0),
        ),
        ("empty", bobs.clone(), " 0 of 17 right\n", Some(0)),
        (
            "none",
            "dear teacher\n".to_owned(),
            "this is no sheet",
            Some(1),
        ),
        (
            "other",
            text("quiz: hello", "quiz: hell"),
            "no questions on \"hell\"",
            Some(1),
        ),
    ] {
        let path = folder.path().join(file);
        fs::write(&path, text).expect("written");
        let (code, said, _) = quiz(&["--grade", &path.to_string_lossy()], "");
        assert!(said.contains(words), "{file}: {said}");
        assert_eq!(code, status, "{file}");
        assert!(!said.contains("17 of 17"), "{file}: {said}");
    }
    let path = folder.path().join("copied");
    let (code, said, _) = quiz(&["--grade", &path.to_string_lossy(), "--seed", "ada"], "");
    assert!(
        said.contains("its seed is \"bob\", and \"ada\" is asked for"),
        "{said}"
    );
    assert_eq!(code, Some(1));
    let (_, said, _) = quiz(
        &[
            "--json",
            "--grade",
            &folder.path().join("empty").to_string_lossy(),
        ],
        "",
    );
    let grades: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let first = grades.pointer("/sheets/0/questions/0/status");
    assert_eq!(first, Some(&json!("missing")));
}

/// The document of the questions holds no answer.
#[test]
fn questions_as_json_have_no_answers() {
    let (_, said, _) = quiz(&["hello/protocol", "--json"], "");
    let document: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let questions = list(&document, "questions");
    assert_eq!(questions.len(), 4);
    for question in questions {
        let mut keys: Vec<&str> = question
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        keys.retain(|key| !["name", "section", "kind", "prompt", "items", "octets"].contains(key));
        assert_eq!(keys, Vec::<&str>::new());
    }
}
