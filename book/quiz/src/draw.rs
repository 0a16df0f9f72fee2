//! A question as somebody gets it: its numbers drawn, its choices in an order.

use std::collections::BTreeSet;

use crate::form::{Field, Fields, Kind, Mistake, Question};
use crate::judge::{octets, plain};
use crate::seed::Random;
use crate::sum::{Names, define, fill};

/// A question with everything drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its name.
    pub id: String,
    /// The id of its section.
    pub section: String,
    /// What is asked.
    pub prompt: String,
    /// Octets to look at, in hexadecimal.
    pub octets: Option<String>,
    /// What kind of answer is asked for, and the answer.
    pub ask: Ask,
    /// Wrong answers that have a name; those of choices stand with them.
    pub mistakes: Vec<Mistake>,
    /// Why it is so.
    pub context: String,
    /// A command whose output is the answer.
    pub check: Option<String>,
}

/// What is asked for, in the order in which it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// One of these, or all that are right.
    Choice {
        /// The choices.
        choices: Vec<Choice>,
        /// Whether several can be chosen.
        many: bool,
    },
    /// A word or a number: the answer, then other ways to write it.
    Short(Vec<String>),
    /// Octets in hexadecimal.
    Octets(String),
    /// Lines to put in order.
    Order {
        /// The lines as they are shown.
        shown: Vec<String>,
        /// The right order, as places in `shown`.
        right: Vec<usize>,
    },
    /// Fields to fill in.
    Fields(Fields),
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub text: String,
    /// What is wrong with it; `None` for a right one.
    pub why: Option<String>,
}

impl Question {
    /// The question under a seed: for one seed it is always the same.
    ///
    /// # Errors
    /// What cannot be drawn, with the field that it stands in.
    pub fn draw(&self, seed: &str) -> Result<Drawn, String> {
        let random = &mut Random::new(seed, &self.id);
        let names = define(&self.vary, random).map_err(|why| format!("vary: {why}"))?;
        let filled = |text: &str| match self.vary.is_empty() {
            true => Ok(text.to_owned()),
            false => fill(text, &names),
        };
        let shown = self.octets.as_deref().map(filled).transpose()?;
        if let Some(shown) = &shown {
            octets(shown).map_err(|why| format!("prompt.octets: {why}"))?;
        }
        let mistakes = self.mistakes.iter().map(|mistake| {
            Ok(Mistake {
                field: mistake.field.clone(),
                answer: filled(&mistake.answer)?,
                why: filled(&mistake.why)?,
            })
        });
        let mistakes: Vec<Mistake> = mistakes.collect::<Result<_, String>>()?;
        let (ask, mistakes) = self.ask(&names, mistakes, random)?;
        Ok(Drawn {
            id: self.id.clone(),
            section: self.section.clone(),
            prompt: filled(&self.prompt)?,
            octets: shown,
            ask,
            mistakes,
            context: filled(&self.context)?,
            check: self.check.as_deref().map(filled).transpose()?,
        })
    }

    fn ask(
        &self,
        names: &Names,
        mistakes: Vec<Mistake>,
        random: &mut Random,
    ) -> Result<(Ask, Vec<Mistake>), String> {
        let all = |texts: &[String]| {
            let texts = texts.iter().map(|text| match self.vary.is_empty() {
                true => Ok(text.clone()),
                false => fill(text, names),
            });
            texts.collect::<Result<Vec<String>, String>>()
        };
        let ask = match &self.kind {
            Kind::Choice { right, many } => {
                let right = all(right)?
                    .into_iter()
                    .map(|text| Choice { text, why: None });
                let wrong = mistakes.into_iter().map(|mistake| Choice {
                    text: mistake.answer,
                    why: Some(mistake.why),
                });
                let mut choices: Vec<Choice> = right.chain(wrong).collect();
                let mut seen = BTreeSet::new();
                if let Some(twin) = choices
                    .iter()
                    .find(|choice| !seen.insert(choice.text.clone()))
                {
                    return Err(format!("two choices are alike: {:?}", twin.text));
                }
                random.shuffle(&mut choices);
                let many = *many;
                return Ok((Ask::Choice { choices, many }, Vec::new()));
            }
            Kind::Short(answers) => Ask::Short(all(answers)?),
            Kind::Octets(answer) => {
                let answer = all(std::slice::from_ref(answer))?.concat();
                octets(&answer).map_err(|why| format!("answer.answer: {why}"))?;
                for mistake in &mistakes {
                    octets(&mistake.answer).map_err(|why| format!("mistakes: {why}"))?;
                }
                Ask::Octets(answer)
            }
            Kind::Order(lines) => order(all(lines)?, random)?,
            Kind::Fields(fields) => {
                let fields = fields.iter().map(|field| {
                    Ok(Field {
                        name: field.name.clone(),
                        answers: all(&field.answers)?,
                    })
                });
                Ask::Fields(fields.collect::<Result<_, String>>()?)
            }
        };
        // Where two numbers happen to meet, a mistake is right, and none.
        let (right, wrong): (Vec<_>, Vec<_>) =
            mistakes.into_iter().partition(|mistake| ask.is(mistake));
        match right.first() {
            Some(mistake) if self.vary.is_empty() => {
                Err(format!("mistakes: {:?} is right", mistake.answer))
            }
            _ => Ok((ask, wrong)),
        }
    }
}

impl Ask {
    /// Whether `mistake` is none here.
    fn is(&self, mistake: &Mistake) -> bool {
        let among = |answers: &[String]| {
            let answer = plain(&mistake.answer);
            answers.iter().any(|right| plain(right) == answer)
        };
        match self {
            Ask::Short(answers) => among(answers),
            Ask::Octets(answer) => octets(answer) == octets(&mistake.answer),
            Ask::Fields(fields) => {
                let field = fields
                    .iter()
                    .find(|f| Some(&f.name) == mistake.field.as_ref());
                field.is_some_and(|field| among(&field.answers))
            }
            Ask::Choice { .. } | Ask::Order { .. } => false,
        }
    }
}

/// The lines in an order that is not the right one.
fn order(lines: Vec<String>, random: &mut Random) -> Result<Ask, String> {
    let unlike: BTreeSet<&String> = lines.iter().collect();
    if unlike.len() < lines.len() {
        return Err("answer.answer: two lines are alike".to_owned());
    }
    let mut places: Vec<usize> = (0..lines.len()).collect();
    random.shuffle(&mut places);
    if places.is_sorted() {
        places.rotate_left(1);
    }
    // `places` says where each shown line stands in the right order.
    let mut shown = Vec::new();
    let mut right = vec![0; lines.len()];
    for (at, place) in places.iter().enumerate() {
        shown.extend(lines.get(*place).cloned());
        if let Some(slot) = right.get_mut(*place) {
            *slot = at;
        }
    }
    Ok(Ask::Order { shown, right })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: Kind, mistakes: &[(&str, &str)]) -> Question {
        let mistakes = mistakes.iter().map(|(answer, why)| Mistake {
            field: None,
            answer: (*answer).to_owned(),
            why: (*why).to_owned(),
        });
        Question {
            id: "a-one-x".to_owned(),
            section: "one".to_owned(),
            prompt: "{n}?".to_owned(),
            octets: None,
            from: None,
            kind,
            mistakes: mistakes.collect(),
            context: "{n}.".to_owned(),
            check: Some("echo {n}".to_owned()),
            vary: vec!["n = 1..3".to_owned()],
        }
    }

    #[test]
    fn a_seed_draws_numbers_and_orders_and_always_the_same() {
        let right = vec!["{n}".to_owned()];
        let choice = Kind::Choice { right, many: false };
        let question = question(
            choice,
            &[("{n + 1}", "too many"), ("{n + 2}", "far too many")],
        );
        let mut seen = BTreeSet::new();
        for seed in 0..400 {
            let drawn = question.draw(&seed.to_string()).expect("it can be drawn");
            assert_eq!(drawn, question.draw(&seed.to_string()).expect("again"));
            let Ask::Choice { choices, .. } = drawn.ask else {
                panic!("a choice")
            };
            let right = choices.iter().find(|choice| choice.why.is_none());
            let right = &right.expect("one is right").text;
            assert_eq!(
                (drawn.prompt, drawn.context),
                (format!("{right}?"), format!("{right}."))
            );
            assert_eq!(drawn.check, Some(format!("echo {right}")));
            seen.insert(
                choices
                    .into_iter()
                    .map(|choice| choice.text)
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(seen.len(), 3 * 6);
    }

    #[test]
    fn lines_are_never_shown_in_their_order() {
        let lines = ["a", "b", "c"].map(str::to_owned).to_vec();
        let question = question(Kind::Order(lines.clone()), &[]);
        for seed in 0..100 {
            let drawn = question.draw(&seed.to_string()).expect("it can be drawn");
            let Ask::Order { shown, right } = drawn.ask else {
                panic!("an order")
            };
            assert_ne!(shown, lines);
            let ordered: Vec<_> = right
                .iter()
                .filter_map(|at| shown.get(*at).cloned())
                .collect();
            assert_eq!(ordered, lines);
        }
    }

    #[test]
    fn a_mistake_that_the_numbers_make_right_is_left_out() {
        let short = Kind::Short(vec!["{n}".to_owned()]);
        let question = question(short, &[("2", "only where it is another")]);
        for seed in 0..50 {
            let drawn = question.draw(&seed.to_string()).expect("it can be drawn");
            assert_eq!(drawn.mistakes.is_empty(), drawn.prompt == "2?");
        }
    }
}
