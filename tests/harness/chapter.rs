//! What netlings takes from a chapter: the hints of a step, and the sentence
//! that says what it taught. The book and the terminal have one source.

use crate::report::wrap;

/// What a chapter has for a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepText {
    /// The hints, from the first tier: title and text.
    pub hints: Vec<(String, String)>,
    /// What you can do once the step passes.
    pub learned: Option<String>,
}

/// Finds the section of step `number` in `chapter` (Markdown) and what it has.
pub fn step_text(chapter: &str, number: u8) -> StepText {
    let mut text = StepText::default();
    let heading = format!("{{#step-{number}}}");
    let mut inside = false;
    let mut hint: Option<(String, Vec<&str>)> = None;
    for line in chapter.lines() {
        if line.starts_with("## ") {
            inside = line.trim_end().ends_with(&heading);
        }
        if !inside {
            continue;
        }
        if let Some(rest) = line.strip_prefix("<details class=\"hint\"><summary>") {
            hint = Some((rest.trim_end_matches("</summary>").to_owned(), Vec::new()));
        } else if line.trim() == "</details>" {
            if let Some((title, lines)) = hint.take() {
                text.hints.push((title, lines.join("\n").trim().to_owned()));
            }
        } else if let Some((_, lines)) = &mut hint {
            lines.push(line);
        } else if let Some(rest) = line.strip_prefix("> **You can now** ") {
            text.learned = Some(format!("You can now {rest}"));
        } else if let Some(rest) = line.strip_prefix("> ")
            && let Some(learned) = &mut text.learned
        {
            learned.push(' ');
            learned.push_str(rest);
        }
    }
    text
}

/// Markdown as lines for a terminal: paragraphs are filled to `width` columns,
/// listings stand four blanks in, links lose their targets and emphasis its stars.
pub fn lines(markdown: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut paragraph = String::new();
    let mut listing = false;
    let flush = |paragraph: &mut String, lines: &mut Vec<String>| {
        if !paragraph.is_empty() {
            lines.extend(wrap(&without_marks(paragraph), width));
            paragraph.clear();
        }
    };
    for line in markdown.lines() {
        let item = line.starts_with("- ");
        if line.starts_with("```") || line.is_empty() || listing || item {
            flush(&mut paragraph, &mut lines);
        }
        if line.starts_with("```") {
            listing = !listing;
        } else if listing {
            lines.push(format!("    {line}"));
        } else if line.is_empty() {
            lines.push(String::new());
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    flush(&mut paragraph, &mut lines);
    lines
}

/// A paragraph without the marks of links and emphasis.
fn without_marks(markdown: &str) -> String {
    let mut plain = String::new();
    let mut rest = markdown;
    while let Some((before, link)) = rest.split_once("](") {
        let Some((_, after)) = link.split_once(')') else {
            break;
        };
        match before.rsplit_once('[') {
            Some((text, label)) => {
                plain.push_str(text);
                plain.push_str(label);
            }
            None => plain.push_str(before),
        }
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("**", "").replace('*', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_those_of_the_step() {
        let chapter = "## One {#step-1}\n<details class=\"hint\"><summary>Hint 1: where</summary>\n\nLook\nhere.\n\n</details>\n> **You can now** read.\n> And write.\n\n## Two {#step-2}\n<details class=\"hint\"><summary>Hint 1: where</summary>\n\nThere.\n\n</details>\n";
        let one = step_text(chapter, 1);
        assert_eq!(
            one.hints,
            [("Hint 1: where".to_owned(), "Look\nhere.".to_owned())]
        );
        assert_eq!(one.learned.as_deref(), Some("You can now read. And write."));
        assert_eq!(step_text(chapter, 2).hints.len(), 1);
        assert_eq!(step_text(chapter, 3), StepText::default());
    }

    #[test]
    fn a_link_becomes_its_text() {
        assert_eq!(
            without_marks("see [the *map*](layers.md#map), **now**"),
            "see the map, now"
        );
        assert_eq!(without_marks("a](b"), "a](b");
    }

    #[test]
    fn paragraphs_are_filled_and_listings_kept() {
        let markdown = "One sentence.\nAnother *one*.\n\n```text\na  b\n\nc\n```\n\n- x\n- y";
        let expected = [
            "One sentence. Another one.",
            "",
            "    a  b",
            "    ",
            "    c",
            "",
            "- x",
            "- y",
        ];
        assert_eq!(lines(markdown, 40), expected);
        assert!(lines(markdown, 14).starts_with(&["One sentence.".into(), "Another one.".into()]));
    }
}
