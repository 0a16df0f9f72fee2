//! Answers, judged. The page does the same in `page/quiz.js`, and the suite
//! holds the two to each other.

use std::fmt;

use crate::draw::{Ask, Drawn};

/// An answer, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The choices that were taken, as places in the list.
    Choices(Vec<usize>),
    /// What was typed.
    Text(String),
    /// Lines in an order, as places in the list that was shown.
    Order(Vec<usize>),
    /// What was typed for each field.
    Fields(Vec<String>),
}

/// What is said to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right.
    Right,
    /// It is not, and what can be said of it.
    Wrong(Hint),
}

/// Where a wrong answer is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// This choice is wrong, by its place in the list.
    Choice(usize),
    /// What was chosen is right, and so many are missing.
    Missing(usize),
    /// This named mistake, by its place in the list.
    Mistake(usize),
    /// The first octet that differs, from 1.
    Octet(usize),
    /// All octets that are there are right, and there are so many too few.
    TooFew(usize),
    /// The first line that stands in a wrong place, from 1.
    Place(usize),
    /// These fields, by their places, each with its named mistake if it has one.
    Fields(Vec<(usize, Option<usize>)>),
    /// Nothing more can be said.
    Other,
}

/// As the page's script writes it, for the suite.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = match self {
            Verdict::Right => return f.write_str("right"),
            Verdict::Wrong(hint) => hint,
        };
        match hint {
            Hint::Choice(at) => write!(f, "choice {at}"),
            Hint::Missing(count) => write!(f, "missing {count}"),
            Hint::Mistake(at) => write!(f, "mistake {at}"),
            Hint::Octet(at) => write!(f, "octet {at}"),
            Hint::TooFew(count) => write!(f, "few {count}"),
            Hint::Place(at) => write!(f, "place {at}"),
            Hint::Other => f.write_str("other"),
            Hint::Fields(fields) => {
                f.write_str("fields")?;
                fields.iter().try_for_each(|(at, mistake)| match mistake {
                    Some(mistake) => write!(f, " {at}:{mistake}"),
                    None => write!(f, " {at}"),
                })
            }
        }
    }
}

/// A typed answer in the form in which it is compared: small letters, single
/// blanks, no backticks and no full stop at the end; a number, in hexadecimal
/// or with commas between thousands too, as its digits.
pub fn plain(text: &str) -> String {
    let small = text.replace('`', "").to_lowercase();
    let words: Vec<&str> = small.split_whitespace().collect();
    let text = words.join(" ");
    let text = text.strip_suffix('.').unwrap_or(&text);
    let number = match text.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        _ => digits(text).and_then(|digits| digits.parse().ok()),
    };
    number.map_or(text.to_owned(), |number: u64| number.to_string())
}

/// The digits of a number that may have commas between its thousands.
fn digits(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|c| c.is_ascii_digit());
    let grouped = groups.clone().count() == 0 || first.len() <= 3;
    let right =
        grouped && is_number(first) && groups.all(|group| group.len() == 3 && is_number(group));
    right.then(|| text.replace(',', ""))
}

/// Octets in hexadecimal, with blanks, commas, colons or nothing between them.
///
/// # Errors
/// What is no octet.
pub fn octets(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let text = text.replace('`', "").to_lowercase();
    for word in text.split([' ', ',', ':', '\t', '\n', '\r']) {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let pairs: Vec<char> = digits.chars().collect();
        for pair in pairs.chunks(2) {
            let pair: String = pair.iter().collect();
            let octet = u8::from_str_radix(&pair, 16).ok();
            match octet.filter(|_| pair.len() == 2 && !pair.starts_with('+')) {
                Some(octet) => octets.push(octet),
                None => {
                    return Err(format!(
                        "{word:?} is no octet: two hexadecimal digits are one"
                    ));
                }
            }
        }
    }
    if octets.is_empty() {
        return Err("there is no octet in it".to_owned());
    }
    Ok(octets)
}

/// The letter of a choice or a line: `a` for the first.
pub fn letter(place: usize) -> char {
    ('a'..='z').nth(place).unwrap_or('?')
}

/// The places that letters name: `b`, `a c`, `c,a,b` or `cab`.
fn letters(text: &str, count: usize) -> Result<Vec<usize>, String> {
    let last = letter(count.saturating_sub(1));
    let signs = text
        .chars()
        .filter(|sign| !sign.is_whitespace() && *sign != ',' && *sign != ')');
    let mut places = Vec::new();
    for sign in signs {
        let place = (0..count).find(|place| letter(*place) == sign.to_ascii_lowercase());
        match place {
            Some(place) if places.contains(&place) => {
                return Err(format!("{sign} stands there twice"));
            }
            Some(place) => places.push(place),
            None => return Err(format!("{sign:?} is none of the letters a to {last}")),
        }
    }
    Ok(places)
}

impl Drawn {
    /// Reads an answer that was written on lines: letters, a word, octets; for
    /// fields a line each.
    ///
    /// # Errors
    /// What cannot be an answer to this question.
    pub fn read(&self, text: &str) -> Result<Given, String> {
        match &self.ask {
            Ask::Choice { choices, many } => {
                let places = letters(text, choices.len())?;
                match places.len() {
                    0 => Err("a letter is asked for".to_owned()),
                    1 => Ok(Given::Choices(places)),
                    _ if *many => Ok(Given::Choices(places)),
                    count => Err(format!("one letter is asked for, and these are {count}")),
                }
            }
            Ask::Short(_) => match text.trim() {
                "" => Err("an answer is asked for".to_owned()),
                text => Ok(Given::Text(text.to_owned())),
            },
            Ask::Octets(_) => octets(text).map(|_| Given::Text(text.to_owned())),
            Ask::Order { shown, .. } => {
                let places = letters(text, shown.len())?;
                if places.len() == shown.len() {
                    Ok(Given::Order(places))
                } else {
                    Err(format!(
                        "all {} letters are asked for, in their order, and these are {}",
                        shown.len(),
                        places.len()
                    ))
                }
            }
            Ask::Fields(fields) => {
                let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
                if lines.len() == fields.len() {
                    Ok(Given::Fields(lines))
                } else {
                    Err(format!(
                        "{} lines are asked for, one for each field",
                        fields.len()
                    ))
                }
            }
        }
    }

    /// Judges an answer.
    pub fn judge(&self, given: &Given) -> Verdict {
        let wrong = match (&self.ask, given) {
            (Ask::Choice { choices, .. }, Given::Choices(taken)) => {
                let why = |at: &usize| choices.get(*at).and_then(|choice| choice.why.as_ref());
                let mut sorted = taken.clone();
                sorted.sort_unstable();
                let right = choices.iter().filter(|choice| choice.why.is_none()).count();
                match sorted.iter().find(|at| why(at).is_some()) {
                    Some(at) => Some(Hint::Choice(*at)),
                    None if taken.len() < right => Some(Hint::Missing(right - taken.len())),
                    None => None,
                }
            }
            (Ask::Short(answers), Given::Text(text)) => {
                let text = plain(text);
                let right = answers.iter().any(|answer| plain(answer) == text);
                (!right).then(|| self.mistake(None, |answer| plain(answer) == text))
            }
            (Ask::Octets(answer), Given::Text(text)) => {
                let right = octets(answer).unwrap_or_default();
                let came = octets(text).unwrap_or_default();
                (right != came).then(|| {
                    let named = self.mistake(None, |answer| octets(answer).as_ref() == Ok(&came));
                    match named {
                        Hint::Other => first_difference(&right, &came),
                        named => named,
                    }
                })
            }
            (Ask::Order { right, .. }, Given::Order(given)) => {
                let place = right
                    .iter()
                    .zip(given)
                    .position(|(right, given)| right != given);
                place.map(|place| Hint::Place(place + 1))
            }
            (Ask::Fields(fields), Given::Fields(given)) => {
                let mut wrong = Vec::new();
                for (at, field) in fields.iter().enumerate() {
                    let text = plain(given.get(at).map_or("", String::as_str));
                    if !field.answers.iter().any(|answer| plain(answer) == text) {
                        let named = self.mistake(Some(&field.name), |answer| plain(answer) == text);
                        wrong.push(match named {
                            Hint::Mistake(mistake) => (at, Some(mistake)),
                            _ => (at, None),
                        });
                    }
                }
                (!wrong.is_empty()).then_some(Hint::Fields(wrong))
            }
            _ => Some(Hint::Other),
        };
        wrong.map_or(Verdict::Right, Verdict::Wrong)
    }

    fn mistake(&self, field: Option<&String>, is: impl Fn(&str) -> bool) -> Hint {
        let of_field = |mistake: &&crate::Mistake| mistake.field.as_ref() == field;
        let found = self
            .mistakes
            .iter()
            .position(|mistake| of_field(&mistake) && is(&mistake.answer));
        found.map_or(Hint::Other, Hint::Mistake)
    }

    /// What there is to say to a wrong answer, in a sentence or two.
    pub fn words(&self, hint: &Hint) -> String {
        let why = |at: &usize| self.mistakes.get(*at).map(|mistake| mistake.why.clone());
        let unnamed = || "Look again at the section.".to_owned();
        match (hint, &self.ask) {
            (Hint::Choice(at), Ask::Choice { choices, .. }) => {
                let choice = choices.get(*at);
                let why = choice.and_then(|choice| choice.why.clone());
                why.unwrap_or_else(unnamed)
            }
            (Hint::Missing(1), _) => "Right so far, and one more is right.".to_owned(),
            (Hint::Missing(count), _) => format!("Right so far, and {count} more are right."),
            (Hint::Mistake(at), _) => why(at).unwrap_or_else(unnamed),
            (Hint::Octet(at), _) => format!("Octet {at} is the first that is another."),
            (Hint::TooFew(1), _) => "Right so far, and one octet is missing.".to_owned(),
            (Hint::TooFew(count), _) => format!("Right so far, and {count} octets are missing."),
            (Hint::Place(at), _) => format!("Line {at} is the first in a wrong place."),
            (Hint::Fields(wrong), Ask::Fields(fields)) => {
                let name = |at: &usize| fields.get(*at).map_or("", |field| field.name.as_str());
                let mut said = Vec::new();
                let mut others = Vec::new();
                for (at, mistake) in wrong {
                    match mistake.as_ref().and_then(why) {
                        Some(why) => said.push(format!("{}: {why}", name(at))),
                        None => others.push(name(at)),
                    }
                }
                if !others.is_empty() {
                    said.push(format!("Not this: {}.", others.join(", ")));
                }
                said.join(" ")
            }
            _ => unnamed(),
        }
    }

    /// The right answer as one would write it; fields on a line each.
    pub fn answer(&self) -> String {
        match &self.ask {
            Ask::Choice { choices, .. } => {
                let right = choices
                    .iter()
                    .enumerate()
                    .filter(|(_, choice)| choice.why.is_none());
                let right = right.map(|(at, choice)| format!("{}) {}", letter(at), choice.text));
                right.collect::<Vec<_>>().join("\n")
            }
            Ask::Short(answers) => answers.first().cloned().unwrap_or_default(),
            Ask::Octets(answer) => answer.clone(),
            Ask::Order { shown, right } => {
                let lines = right
                    .iter()
                    .filter_map(|at| Some(format!("{}) {}", letter(*at), shown.get(*at)?)));
                lines.collect::<Vec<_>>().join("\n")
            }
            Ask::Fields(fields) => {
                let lines = fields.iter().map(|field| {
                    format!(
                        "{} = {}",
                        field.name,
                        field.answers.first().map_or("", String::as_str)
                    )
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

fn first_difference(right: &[u8], came: &[u8]) -> Hint {
    match right
        .iter()
        .zip(came)
        .position(|(right, came)| right != came)
    {
        Some(at) => Hint::Octet(at + 1),
        None if came.len() < right.len() => Hint::TooFew(right.len() - came.len()),
        None => Hint::Octet(right.len() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiz;

    #[test]
    fn typed_answers_are_compared_by_what_they_mean() {
        for (one, other) in [
            ("20", " 20. "),
            ("20 ms", "20  MS"),
            ("65507", "65,507"),
            ("0x0800", "2048"),
            ("017", "17"),
            ("`LISTEN`", "listen"),
        ] {
            assert_eq!(plain(one), plain(other), "{one}");
        }
        for (one, other) in [
            ("20", "20 ms"),
            ("1,2", "12"),
            ("65,5077", "655077"),
            ("-1", "1"),
            ("0x", "0"),
        ] {
            assert_ne!(plain(one), plain(other), "{one}");
        }
    }

    #[test]
    fn octets_may_be_written_in_several_ways() {
        for text in [
            "00 ff 0a",
            "00FF0A",
            "0x00, 0xff, 0x0a",
            "00:ff:0a",
            " `00 ff`\n0a ",
        ] {
            assert_eq!(octets(text), Ok(vec![0, 255, 10]), "{text}");
        }
        for (text, words) in [
            ("", "no octet in it"),
            ("0", "\"0\" is no octet"),
            ("00 f", "\"f\""),
            ("zz", "\"zz\""),
            ("+1", "\"+1\""),
            ("é0", "\"é0\""),
        ] {
            let told = octets(text).expect_err(text);
            assert!(told.contains(words), "{text}: {told}");
        }
    }

    const QUIZ: &str = r#"
[[questions]]
id = "a-one-choice"
section = "one"
type = "MultipleChoice"
prompt.prompt = "Which?"
prompt.distractors = ["w1", "w2"]
answer.answer = ["r1", "r2"]
why = ["y1", "y2"]
context = "c"

[[questions]]
id = "a-one-short"
section = "one"
type = "ShortAnswer"
prompt.prompt = "How many?"
answer.answer = "3"
answer.alternatives = ["three"]
mistakes = [["4", "one too many"]]
context = "c"

[[questions]]
id = "a-one-octets"
section = "one"
type = "Octets"
prompt.prompt = "Which?"
answer.answer = "01 02 03"
mistakes = [["03 02 01", "the other way round"]]
context = "c"

[[questions]]
id = "a-one-fields"
section = "one"
type = "Fields"
prompt.prompt = "Which?"
answer.answer = [["x", "1"], ["y", "2"]]
mistakes = [["y", "8", "in octets"]]
context = "c"

[[questions]]
id = "a-one-order"
section = "one"
type = "Order"
prompt.prompt = "Which?"
answer.answer = ["l1", "l2", "l3"]
context = "c"
"#;

    fn drawn(id: &str) -> Drawn {
        let quiz = Quiz::read("a", QUIZ, &["one"]).expect("it is good");
        let question = quiz
            .questions
            .iter()
            .find(|q| q.id == id)
            .expect("it is there");
        question.draw("seed").expect("it can be drawn")
    }

    fn verdict(id: &str, text: &str) -> String {
        let drawn = drawn(id);
        drawn.judge(&drawn.read(text).expect(text)).to_string()
    }

    #[test]
    fn each_kind_says_where_an_answer_is_wrong() {
        for (id, text, expected) in [
            ("a-one-short", "3", "right"),
            ("a-one-short", "Three.", "right"),
            ("a-one-short", "4", "mistake 0"),
            ("a-one-short", "5", "other"),
            ("a-one-octets", "010203", "right"),
            ("a-one-octets", "03 02 01", "mistake 0"),
            ("a-one-octets", "01 02", "few 1"),
            ("a-one-octets", "01 03 03", "octet 2"),
            ("a-one-octets", "01 02 03 04", "octet 4"),
            ("a-one-fields", "1\n2", "right"),
            ("a-one-fields", "1\n8", "fields 1:0"),
            ("a-one-fields", "8\n0", "fields 0 1"),
        ] {
            assert_eq!(verdict(id, text), expected, "{id} {text:?}");
        }
    }

    #[test]
    fn letters_name_choices_and_orders() {
        let question = drawn("a-one-choice");
        let Ask::Choice { choices, .. } = &question.ask else {
            panic!("a choice")
        };
        let at = |text: &str| letter(choices.iter().position(|c| c.text == text).expect(text));
        let both = format!("{}, {}", at("r1"), at("r2"));
        assert_eq!(verdict("a-one-choice", &both), "right");
        assert_eq!(verdict("a-one-choice", &at("r2").to_string()), "missing 1");
        let wrong = format!("{both} {}", at("w1"));
        let place = choices
            .iter()
            .position(|choice| choice.text == "w1")
            .expect("w1");
        assert_eq!(verdict("a-one-choice", &wrong), format!("choice {place}"));
        assert_eq!(question.words(&Hint::Choice(place)), "y1");
        let fields = drawn("a-one-fields");
        let both = Hint::Fields(vec![(0, None), (1, Some(0))]);
        assert_eq!(fields.words(&both), "y: in octets Not this: x.");
        assert_eq!(
            question.read("e"),
            Err("'e' is none of the letters a to d".to_owned())
        );
        assert_eq!(question.read("aa"), Err("a stands there twice".to_owned()));
        assert_eq!(question.read(" "), Err("a letter is asked for".to_owned()));
        let order = drawn("a-one-order");
        let right: String = order
            .answer()
            .lines()
            .filter_map(|line| line.chars().next())
            .collect();
        assert_eq!(verdict("a-one-order", &right), "right");
        let turned: String = right.chars().rev().collect();
        assert_eq!(verdict("a-one-order", &turned), "place 1");
        assert_eq!(
            order.read("ab"),
            Err("all 3 letters are asked for, in their order, and these are 2".to_owned())
        );
    }
}
