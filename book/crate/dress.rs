//! What the pages wear that Markdown has no words for: frames around the
//! predictions, corrections and closings, and around the figures. Without this
//! program, `mdbook build` gives the same text with plain quotes.

use std::path::Path;

/// How a framed quote begins, and the class of its frame.
const FRAMES: [(&str, &str); 3] = [
    ("> **Predict", "predict"),
    ("> **You may have read**", "myth"),
    ("> **You can now**", "done"),
];

/// The page with its frames. `folder` is where the page lies.
pub fn dress(page: &str, folder: &Path) -> String {
    let mut dressed = String::with_capacity(page.len() + 1024);
    let mut fence: Option<&str> = None;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        fence = match (fence, mark) {
            (None, mark) => mark,
            (Some(open), Some(close)) if open == close => None,
            (open, _) => open,
        };
        let frame = FRAMES
            .iter()
            .find(|(start, _)| fence.is_none() && line.starts_with(start));
        let figure = line
            .strip_prefix("{{#include figures/")
            .and_then(|rest| rest.strip_suffix(".svg}}"));
        if let Some((_, class)) = frame {
            push(
                &mut dressed,
                &[&format!("<div class=\"framed {class}\">"), "", line],
            );
            while let Some(quoted) = lines.next_if(|next| next.starts_with('>')) {
                push(&mut dressed, &[quoted]);
            }
            push(&mut dressed, &["", "</div>", ""]);
        } else if let (None, Some(name)) = (fence, figure) {
            let width = width(&folder.join("figures").join(name).with_extension("svg"));
            push(
                &mut dressed,
                &[
                    &format!("<div class=\"figure-frame\" style=\"--figure-width: {width}px\">"),
                    line,
                    "</div>",
                    "",
                ],
            );
        } else {
            push(&mut dressed, &[line]);
        }
    }
    dressed
}

fn push(page: &mut String, lines: &[&str]) {
    for line in lines {
        page.push_str(line);
        page.push('\n');
    }
}

/// The width of a figure, from its `viewBox="0 0 W H"`; 760 without one.
fn width(svg: &Path) -> u32 {
    std::fs::read_to_string(svg)
        .ok()
        .and_then(|text| {
            let (_, after) = text.split_once("viewBox=\"0 0 ")?;
            after.split_whitespace().next()?.parse().ok()
        })
        .unwrap_or(760)
}
