//! What the lab `NAME` is held to: how many octets a text has.

use crate::check;
use crate::check::{Check, LabChecks, Mistake, Verdict};
use crate::trial::Trial;

/// The checks of the lab `NAME`.
pub const LAB: LabChecks = LabChecks { lab: "NAME", checks: CHECKS, mistakes: MISTAKES, recordings: &[] };

const CHECKS: &[Check] = &[
    check!(1, 2, the_octets_are_counted, "step-1", "RFC 3629 §3"),
    check!(1, 1, an_empty_text_is_refused, "step-1", "RFC 3629 §3"),
];

const MISTAKES: &[Mistake] = &[Mistake {
    name: "characters counted for octets",
    why: "the program counted characters. In UTF-8 a character is one to four octets, and a length on the wire counts \
          octets",
    rfc: "RFC 3629 §3",
    seen: |evidence| {
        let text = evidence.last.and_then(|run| run.args.last());
        let count = text.map(|text| format!("{}\n", text.chars().count()));
        count.is_some_and(|count| count.as_bytes() == evidence.failure.came)
    },
}];

/// RFC 3629 §3: `ü`, U+00FC, is the two octets C3 BC.
fn the_octets_are_counted(trial: &mut Trial) -> Verdict {
    let text = trial.word(5) + "ü";
    trial.run(&["count", &text], b"")?.expect("a text of six characters", b"7\n")
}

/// Nothing to count is an error here, and not the answer 0.
fn an_empty_text_is_refused(trial: &mut Trial) -> Verdict {
    trial.run(&["count", ""], b"")?.expect_refusal("a text without octets")
}
