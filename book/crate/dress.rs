//! What the pages wear that Markdown has no words for: frames around the
//! predictions, corrections and closings, and around the figures; and tables
//! made of files with tabs. Without this program, `mdbook build` gives the same
//! text with plain quotes and the files as they are.

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
        if fence.is_none() && line == "```tsv" {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            dressed.push_str(&table(&inside, folder));
            continue;
        }
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

/// A table of the lines of a fence of the language `tsv`, or of the files that
/// they include: a row a line, a tab between two cells, the names of the columns
/// first. A cell of `-` is empty, and an RFC leads to its text.
fn table(lines: &[&str], folder: &Path) -> String {
    let mut rows = Vec::new();
    for line in lines {
        let file = line
            .strip_prefix("{{#include ")
            .and_then(|rest| rest.strip_suffix("}}"));
        let included = file.map(|file| std::fs::read_to_string(folder.join(file)));
        match included {
            Some(Ok(text)) => rows.extend(text.lines().map(row)),
            _ => rows.push(row(line)),
        }
    }
    if let Some(columns) = rows.first().map(|first| first.matches(" |").count()) {
        rows.insert(1, format!("|{}", "---|".repeat(columns)));
    }
    format!("\n{}\n\n", rows.join("\n"))
}

fn row(line: &str) -> String {
    let cells = line.split('\t').map(|cell| match cell {
        "-" => " |".to_owned(),
        cell => format!(" {} |", with_links(&cell.replace('|', "\\|"))),
    });
    format!("|{}", cells.collect::<String>())
}

/// The text with a link for each `RFC N`.
fn with_links(text: &str) -> String {
    let mut parts = text.split("RFC ");
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        linked += &if number.is_empty() {
            format!("RFC {rest}")
        } else {
            format!("[RFC {number}](https://www.rfc-editor.org/rfc/rfc{number}){rest}")
        };
    }
    linked
}
