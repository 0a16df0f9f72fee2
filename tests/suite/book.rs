//! The book: what it links to, what it includes, how its steps are built, and
//! that every terminal it shows was seen.
//!
//! Each rule is a function from text to the faults found in it, so that the
//! tests at the end can show it text that breaks the rule. `console` runs the
//! terminals; `NETLINGS_RECORD=1` lets it write what it saw into the chapters.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use etherparse::{Ipv4Header, NetHeaders, PacketHeaders, TransportHeader};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::Deserialize;

use super::{has_solutions, root};

#[cfg(unix)]
mod console;
mod questions;

/// A page of the book.
struct Page {
    /// Where it lies.
    path: PathBuf,
    /// How a fault names it: `book/src/hello.md`.
    shown: String,
    text: String,
}

/// What `lab.toml` says that a chapter must say too.
#[derive(Deserialize)]
struct Lab {
    title: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    title: String,
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files under `folder` that end in `.extension`, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All pages below `root/book/src`, `SUMMARY.md` among them.
fn pages(root: &Path) -> Vec<Page> {
    let shown = |path: &Path| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    files(&root.join("book/src"), "md")
        .into_iter()
        .map(|path| Page {
            shown: shown(&path),
            text: read(&path),
            path,
        })
        .collect()
}

/// The labs, by name.
fn labs(root: &Path) -> BTreeMap<String, Lab> {
    let entries = fs::read_dir(root.join("labs")).expect("labs/ can be read");
    entries
        .map(|entry| entry.expect("labs/ can be read").path())
        .filter(|folder| folder.join("lab.toml").is_file())
        .map(|folder| {
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let lab = toml::from_str(&read(&folder.join("lab.toml")));
            let lab = lab.unwrap_or_else(|error| panic!("labs/{name}/lab.toml: {error}"));
            (name, lab)
        })
        .collect()
}

/// The faults of all pages, or none: the form in which a test ends.
fn report(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} faults in the book\n\n{}\n",
        faults.len(),
        faults.join("\n")
    );
}

fn line_of(text: &str, range: &Range<usize>) -> usize {
    text.get(..range.start)
        .unwrap_or(text)
        .matches('\n')
        .count()
        + 1
}

// ---------------------------------------------------------------- links

/// The ids that mdBook gives a page: those of its headings and of the terms that
/// it defines, said or made from their words, and those in its HTML.
fn ids(text: &str) -> HashSet<String> {
    let mut ids = HashSet::new();
    let mut heading: Option<(Option<String>, String)> = None;
    for event in Parser::new_ext(text, options()) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                heading = Some((id.map(|id| id.to_string()), String::new()))
            }
            Event::Start(Tag::DefinitionListTitle) => heading = Some((None, String::new())),
            Event::End(TagEnd::Heading(_) | TagEnd::DefinitionListTitle) => {
                if let Some((id, words)) = heading.take() {
                    let id = id.unwrap_or_else(|| id_of(&words));
                    let free = (1..)
                        .map(|n| format!("{id}-{n}"))
                        .find(|id| !ids.contains(id));
                    if !ids.insert(id) {
                        ids.extend(free);
                    }
                }
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                ids.extend(attributes(&html, "id").map(str::to_owned));
            }
            _ => {}
        }
    }
    ids
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
}

/// mdBook's id for a heading of these words.
fn id_of(words: &str) -> String {
    let kept = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    words
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(kept)
        .collect()
}

/// The values of an attribute in a piece of HTML.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {name}=\"");
    let starts: Vec<usize> = html
        .match_indices(&start)
        .map(|(at, _)| at + start.len())
        .collect();
    starts
        .into_iter()
        .filter_map(|at| html.get(at..)?.split('"').next())
}

/// Links within the book that lead nowhere.
fn dead_links(pages: &[Page]) -> Vec<String> {
    let ids: BTreeMap<&Path, HashSet<String>> = pages
        .iter()
        .map(|page| (page.path.as_path(), ids(&page.text)))
        .collect();
    let mut faults = Vec::new();
    for page in pages {
        for (event, range) in Parser::new_ext(&page.text, options()).into_offset_iter() {
            let (Event::Start(Tag::Link { dest_url, .. })
            | Event::Start(Tag::Image { dest_url, .. })) = event
            else {
                continue;
            };
            // A draft's link is empty; what has a scheme leads out of the book.
            if dest_url.is_empty() || dest_url.contains("://") || dest_url.starts_with("mailto:") {
                continue;
            }
            let (path, id) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let folder = page.path.parent().unwrap_or(Path::new("."));
            let target = if path.is_empty() {
                page.path.clone()
            } else {
                plain(&folder.join(path))
            };
            let fault = match ids.get(target.as_path()) {
                Some(ids) if id.is_empty() || ids.contains(id) => continue,
                Some(_) => format!("no heading has the id {id:?}"),
                None if id.is_empty() && target.is_file() && !path.ends_with(".md") => continue,
                None => "no such page".to_owned(),
            };
            faults.push(format!(
                "{}:{}: link {dest_url}: {fault}",
                page.shown,
                line_of(&page.text, &range)
            ));
        }
    }
    faults
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Pages that the summary does not list, and pages that it lists twice or that
/// are not there.
fn summary_faults(pages: &[Page]) -> Vec<String> {
    let Some(summary) = pages.iter().find(|page| page.path.ends_with("SUMMARY.md")) else {
        return vec!["book/src/SUMMARY.md is missing".to_owned()];
    };
    let folder = summary.path.parent().unwrap_or(Path::new("."));
    let mut listed = BTreeSet::new();
    let mut faults = Vec::new();
    for (event, range) in Parser::new_ext(&summary.text, options()).into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. }) = event
            && !dest_url.is_empty()
        {
            let path = plain(&folder.join(&*dest_url));
            let line = line_of(&summary.text, &range);
            if !path.is_file() {
                faults.push(format!("{}:{line}: {dest_url} is not there", summary.shown));
            } else if !listed.insert(path) {
                faults.push(format!(
                    "{}:{line}: {dest_url} is listed twice",
                    summary.shown
                ));
            }
        }
    }
    // The page for what is not there is found by nobody who looks for it.
    let unlisted = pages.iter().filter(|page| {
        page.path != summary.path && !page.path.ends_with("404.md") && !listed.contains(&page.path)
    });
    faults.extend(unlisted.map(|page| format!("{} is not in SUMMARY.md", page.shown)));
    faults
}

// ---------------------------------------------------------------- what lasts

/// The anchors of a page that are written down; those that mdBook makes of a
/// heading's words change with the words.
fn anchors(page: &Page) -> Vec<String> {
    let name = page.path.file_stem().unwrap_or_default().to_string_lossy();
    let name = if name == "README" {
        "index".into()
    } else {
        name
    };
    let mut anchors: Vec<String> = ids(&page.text)
        .into_iter()
        .filter(|id| page.text.contains(&format!("{{#{id}}}")) || name == "glossary")
        .map(|id| format!("{name}.html#{id}"))
        .collect();
    anchors.push(format!("{name}.html"));
    anchors
}

/// What a page says of itself: pages without a description, with one that is cut
/// off where it is shown, and with another page's.
fn description_faults(pages: &[Page]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for page in pages {
        if page.path.ends_with("SUMMARY.md") || page.path.ends_with("404.md") {
            continue;
        }
        let second = page.text.lines().nth(1).unwrap_or_default();
        let said = second
            .strip_prefix("<!-- description: ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        let count = said.map_or(0, |said| said.chars().count());
        if !(50..=160).contains(&count) {
            faults.push(format!(
                "{}:2: a description of {count} characters; 50 to 160 are shown: <!-- description: ... -->",
                page.shown
            ));
        } else if !seen.insert(second) {
            faults.push(format!("{}:2: another page's description", page.shown));
        }
    }
    faults
}

// ---------------------------------------------------------------- includes

/// The includes of a page, each with its line: `(12, "../a.rs:anchor")`. One
/// with a backslash before it is text about an include.
fn includes(text: &str) -> Vec<(usize, &str)> {
    let mut includes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inside, beyond)) = after.split_once("}}") else {
                break;
            };
            let mut words = inside.split_whitespace();
            if let (false, Some("#include"), Some(target)) =
                (before.ends_with('\\'), words.next(), words.next())
            {
                includes.push((index + 1, target));
            }
            rest = beyond;
        }
    }
    includes
}

/// Includes of what is not there or is empty, and of parts by line number.
fn dead_includes(page: &Page) -> Vec<String> {
    let folder = page.path.parent().unwrap_or(Path::new("."));
    let fault = |target: &str| {
        let (path, anchor) = target.split_once(':').unwrap_or((target, ""));
        let Ok(text) = fs::read_to_string(folder.join(path)) else {
            return Some("no such file".to_owned());
        };
        if anchor.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
            return Some("a part is taken by anchor, not by line number".to_owned());
        }
        let part = if anchor.is_empty() {
            Some(text)
        } else {
            anchored(&text, anchor)
        };
        match part {
            None => Some(format!("no ANCHOR: {anchor} with its ANCHOR_END")),
            Some(part) if part.trim().is_empty() => Some("nothing is in it".to_owned()),
            Some(_) => None,
        }
    };
    includes(&page.text)
        .into_iter()
        .filter_map(|(line, target)| {
            Some(format!(
                "{}:{line}: include {target}: {}",
                page.shown,
                fault(target)?
            ))
        })
        .collect()
}

fn anchored(text: &str, anchor: &str) -> Option<String> {
    let named = |line: &str, mark: &str| {
        line.split_once(mark)
            .and_then(|(_, rest)| rest.split_whitespace().next())
            == Some(anchor)
    };
    let mut lines = text.lines();
    lines.find(|line| named(line, "ANCHOR:"))?;
    let mut part = String::new();
    for line in lines {
        if named(line, "ANCHOR_END:") {
            return Some(part);
        }
        if !line.contains("ANCHOR:") && !line.contains("ANCHOR_END:") {
            part.push_str(line);
            part.push('\n');
        }
    }
    None
}

// ---------------------------------------------------------------- chapters

/// A part of a page: a heading of the first or second level, up to the next.
struct Section<'a> {
    line: usize,
    level: usize,
    title: &'a str,
    id: &'a str,
    lines: Vec<&'a str>,
}

/// The sections of a page. A `#` inside a fence is no heading.
fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        let heading = ["# ", "## "]
            .into_iter()
            .find_map(|mark| Some((mark.len() - 1, line.strip_prefix(mark)?)));
        if let (false, Some((level, words))) = (fenced, heading) {
            let (title, id) = match words.split_once("{#") {
                Some((title, id)) => (title.trim(), id.trim_end().trim_end_matches('}')),
                None => (words.trim(), ""),
            };
            sections.push(Section {
                line: index + 1,
                level,
                title,
                id,
                lines: Vec::new(),
            });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

const HINTS: [&str; 3] = ["Hint 1: where", "Hint 2: idea", "Hint 3: shape"];

/// Words that tell a stuck reader that it should have been no trouble, or that
/// the trouble is their own.
const BANNED: [&str; 7] = [
    "simply",
    "just",
    "obviously",
    "easy",
    "easily",
    "forgot",
    "alternatively",
];

/// Phrases that make the reader the subject of what went wrong: the program is,
/// or the message.
const BLAME: [&str; 6] = [
    "your mistake",
    "your error",
    "your fault",
    "you should",
    "you missed",
    "you did not",
];

/// Whether `text` sends the reader to a line by its number, which the next
/// edit makes wrong.
fn names_a_line(text: &str) -> bool {
    let mut parts = text.split("line ").skip(1);
    parts.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether `text` cites a section: `RFC 1035 §4.1.4`.
fn cites_a_section(text: &str) -> bool {
    text.split("RFC ").skip(1).any(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.trim_start().starts_with('§')
    })
}

/// The lines of a hint's listing that stand in `reference` too: what is there
/// to be pasted is no hint. Short lines are alike everywhere.
fn pasted<'a>(body: &[&'a str], reference: &str) -> Vec<&'a str> {
    const ALIKE: usize = 16;
    let known: HashSet<&str> = reference.lines().map(str::trim).collect();
    let lines = body.iter().map(|line| line.trim());
    lines
        .filter(|line| line.len() > ALIKE && known.contains(line))
        .collect()
}

/// Where a lab's chapter departs from the form that the tools and the reader
/// count on.
fn chapter_faults(page: &Page, name: &str, lab: &Lab) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault =
        |line: usize, what: String| faults.push(format!("{}:{line}: {what}", page.shown));
    let sections = sections(&page.text);
    match sections.first() {
        Some(first) if first.level == 1 && first.id == name => {}
        _ => fault(1, format!("the first line is `# Title {{#{name}}}`")),
    }
    for section in &sections {
        if section.id.is_empty() {
            fault(
                section.line,
                format!("the heading {:?} has no explicit id", section.title),
            );
        }
    }
    let asked: Vec<(String, String)> = (1..)
        .zip(&lab.steps)
        .map(|(n, step)| (format!("step-{n}"), format!("Step {n}: {}", step.title)))
        .collect();
    let said: Vec<(&str, &str)> = sections
        .iter()
        .filter(|section| section.id.starts_with("step-"))
        .map(|s| (s.id, s.title))
        .collect();
    if !asked
        .iter()
        .map(|(id, title)| (id.as_str(), title.as_str()))
        .eq(said.iter().copied())
    {
        fault(
            1,
            format!("the steps of lab.toml are {asked:?}, those of the chapter {said:?}"),
        );
    }
    for id in ["classroom", "left-out"] {
        if !sections.iter().any(|section| section.id == id) {
            fault(1, format!("no section has the id {id:?}"));
        }
    }
    for section in sections
        .iter()
        .filter(|section| section.id.starts_with("step-"))
    {
        let step = section.id.trim_start_matches("step-");
        let count = |start: &str| {
            section
                .lines
                .iter()
                .filter(|line| line.starts_with(start))
                .count()
        };
        let mut wants = |what: &str, is_there: bool| {
            if !is_there {
                fault(section.line, format!("step {step} wants {what}"));
            }
        };
        wants(
            "one `> **You can now** ...`",
            count("> **You can now** ") == 1,
        );
        wants(
            "a prediction, `> **Predict.** ...`",
            count("> **Predict.**") >= 1,
        );
        wants(
            "its answer, `<details class=\"answer\">`",
            count("<details class=\"answer\">") >= 1,
        );
        wants(
            "a listing from the lab",
            count(&format!("{{{{#include ../../labs/{name}/")) >= 1,
        );
        let check = format!("cargo netlings check {name}/{step}");
        wants(
            &format!("the check, `{check}`"),
            section.lines.iter().any(|line| line.contains(&check)),
        );
        for (line, what) in hint_faults(section) {
            fault(line, format!("step {step}: {what}"));
        }
    }
    faults
}

/// What is wrong with the hints of a step, each with its line.
fn hint_faults(section: &Section) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    let mut lines = (section.line + 1..).zip(&section.lines);
    while let Some((line, start)) = lines.next() {
        let Some(rest) = start.strip_prefix("<details class=\"hint\"><summary>") else {
            continue;
        };
        let summary = rest.trim_end_matches("</summary>");
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| *line)
            .take_while(|line| *line != "</details>")
            .collect();
        found.push(summary);
        faults.extend(
            hint_fault(summary, &body)
                .into_iter()
                .map(|fault| (line, format!("{summary}: {fault}"))),
        );
    }
    if found != HINTS {
        faults.push((
            section.line,
            format!("the hints are {HINTS:?}, here {found:?}"),
        ));
    }
    faults
}

fn hint_fault(summary: &str, body: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let text = body.join("\n");
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    let count = text.split_whitespace().filter(is_word).count();
    let asks_last = text
        .trim_end()
        .trim_end_matches(['*', '_', ')'])
        .ends_with('?');
    match summary.chars().find(char::is_ascii_digit) {
        Some('1') => {
            if !(1..=40).contains(&count) {
                faults.push(format!("{count} words, at most 40"));
            }
            if !text.contains('?') {
                faults.push("asks nothing".to_owned());
            }
        }
        Some('2') => {
            if !(60..=180).contains(&count) {
                faults.push(format!("{count} words, 60 to 180"));
            }
            if !asks_last {
                faults.push("does not end with a question".to_owned());
            }
            if !cites_a_section(&text) {
                faults.push("cites no section".to_owned());
            }
        }
        _ => {
            let fences: Vec<usize> = (0..)
                .zip(body)
                .filter(|(_, l)| l.starts_with("```"))
                .map(|(n, _)| n)
                .collect();
            match fences.as_slice() {
                [open, close] if (1..=15).contains(&(close - open - 1)) => {}
                _ => faults.push("is one listing of at most 15 lines".to_owned()),
            }
        }
    }
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.to_lowercase();
    let blame = BLAME.iter().filter(|phrase| plain.contains(*phrase));
    faults.extend(blame.map(|phrase| format!("says {phrase:?}")));
    if names_a_line(&plain) {
        faults.push("names a line by its number".to_owned());
    }
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    faults.extend(
        words
            .filter(|word| BANNED.contains(&word.as_str()))
            .map(|word| format!("says {word:?}")),
    );
    faults
}

/// The title of a lab is one: in lab.toml, over the chapter, in the summary.
fn title_faults(name: &str, lab: &Lab, chapter: &Page, summary: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let over = sections(&chapter.text)
        .first()
        .map(|section| section.title.to_owned())
        .unwrap_or_default();
    if over != lab.title {
        faults.push(format!(
            "{}:1: the title is {over:?}, in lab.toml {:?}",
            chapter.shown, lab.title
        ));
    }
    if !summary.contains(&format!("- [{}]({name}.md)", lab.title)) {
        faults.push(format!(
            "book/src/SUMMARY.md: no line `- [{}]({name}.md)`",
            lab.title
        ));
    }
    faults
}

// ---------------------------------------------------------------- figures

const CLASSES: [&str; 9] = [
    "figure", "line", "faint", "arrow", "box", "mark", "accent", "text", "small",
];

/// Where a figure departs from what the pages can show in every theme, on
/// paper and to a screen reader. `stem` is its file's name without `.svg`.
fn figure_faults(stem: &str, svg: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let first = svg.lines().next().unwrap_or_default();
    if !(first.starts_with("<svg class=\"figure\" ")
        && first.ends_with('>')
        && first.matches('<').count() == 1)
    {
        faults.push(
            "the first line is the whole <svg class=\"figure\" ...> and nothing else".to_owned(),
        );
    }
    for wanted in [
        "role=\"img\"".to_owned(),
        format!("aria-labelledby=\"{stem}-t {stem}-d\""),
    ] {
        if !first.contains(&wanted) {
            faults.push(format!("the first line lacks {wanted}"));
        }
    }
    let width = first
        .split_once("viewBox=\"0 0 ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    if !width.is_some_and(|width: f64| width <= 760.0) {
        faults.push("the viewBox begins at 0 0 and is at most 760 wide".to_owned());
    }
    if svg.trim_end().lines().any(|line| line.trim().is_empty()) {
        faults.push("a blank line: Markdown would cut the figure there".to_owned());
    }
    for (tag, id) in [
        ("title", format!("{stem}-t")),
        ("desc", format!("{stem}-d")),
    ] {
        let text = svg
            .split_once(&format!("<{tag} id=\"{id}\">"))
            .and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")))
            .map(|(text, _)| text.trim());
        if text.is_none_or(str::is_empty) {
            faults.push(format!("no <{tag} id=\"{id}\"> with words in it"));
        }
    }
    for class in attributes(svg, "class").flat_map(str::split_whitespace) {
        if !CLASSES.contains(&class) && class != "mono" {
            faults.push(format!("the class {class:?} has no style"));
        }
    }
    for own in ["style", "fill", "stroke", "font-size", "font-family"] {
        if attributes(svg, own).any(|value| value != "none") {
            faults.push(format!(
                "{own}=\"...\": colours and fonts come from the classes"
            ));
        }
    }
    let ids: Vec<&str> = attributes(svg, "id").collect();
    faults.extend(
        ids.iter()
            .filter(|id| !id.starts_with(stem))
            .map(|id| format!("the id {id:?} is not {stem}-...")),
    );
    for used in svg
        .split("url(#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        if !ids.contains(&used) {
            faults.push(format!("url(#{used}) leads nowhere"));
        }
    }
    faults.extend(balance(svg));
    faults
}

/// The first tag that does not close what was opened.
fn balance(svg: &str) -> Option<String> {
    let mut open = Vec::new();
    for piece in svg.split('<').skip(1) {
        let Some((tag, text)) = piece.split_once('>') else {
            return Some(format!("the tag <{piece} has no end"));
        };
        if tag.matches('"').count() % 2 == 1 {
            return Some(format!("a quote is missing in <{tag}>"));
        }
        if let Some(bad) = text.split('&').skip(1).find(|rest| {
            !rest
                .split_whitespace()
                .next()
                .is_some_and(|w| w.contains(';'))
        }) {
            return Some(format!("a bare & before {bad:?}"));
        }
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            match open.pop() {
                Some(last) if last == name => {}
                last => return Some(format!("</{name}> closes {last:?}")),
            }
        } else if !tag.ends_with('/') && !tag.starts_with(['!', '?']) {
            open.push(name);
        }
    }
    open.last().map(|name| format!("<{name}> is never closed"))
}

// ---------------------------------------------------------------- the glossary

/// The most words that define a term.
const DEFINITION_WORDS: usize = 60;

/// Terms out of order, defined twice, or defined by nothing or at length.
fn glossary_faults(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let mut terms: Vec<(String, usize)> = Vec::new();
    let mut words = String::new();
    let mut definitions = Vec::new();
    for (event, range) in Parser::new_ext(&page.text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::DefinitionListTitle | Tag::DefinitionListDefinition) => words.clear(),
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak => words.push(' '),
            Event::End(TagEnd::DefinitionListTitle) => {
                terms.push((words.clone(), line_of(&page.text, &range)));
            }
            Event::End(TagEnd::DefinitionListDefinition) => {
                let count = words.split_whitespace().count();
                definitions.push((terms.len(), count));
            }
            _ => {}
        }
    }
    let mut fault = |line: usize, what: String| {
        faults.push(format!("{}:{line}: {what}", page.shown));
    };
    for (index, (term, line)) in (1..).zip(&terms) {
        let counts: Vec<usize> = definitions
            .iter()
            .filter(|(of, _)| *of == index)
            .map(|(_, count)| *count)
            .collect();
        match counts.as_slice() {
            [1..=DEFINITION_WORDS] => {}
            [count] => fault(*line, format!("{term} is defined in {count} words")),
            counts => fault(*line, format!("{term} has {} definitions", counts.len())),
        }
    }
    for pair in terms.windows(2) {
        let [(before, _), (term, line)] = pair else {
            continue;
        };
        match before.to_lowercase().cmp(&term.to_lowercase()) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => fault(*line, format!("{term} stands twice")),
            std::cmp::Ordering::Greater => {
                fault(*line, format!("{term} stands behind {before}"));
            }
        }
    }
    if terms.is_empty() {
        fault(1, "no term is defined".to_owned());
    }
    faults
}

// ---------------------------------------------------------------- octets

/// The octets of the first listing of a page that has any: pairs of hexadecimal
/// digits from the left of each line, up to the first line without.
fn first_octets(text: &str) -> Vec<u8> {
    let octet = |word: &str| match word.len() {
        2 => u8::from_str_radix(word, 16).ok(),
        _ => None,
    };
    let octets = |line: &str| -> Vec<u8> { line.split(' ').map_while(octet).collect() };
    let mut lines = text.lines();
    lines.find(|line| *line == "```text");
    lines
        .map(octets)
        .take_while(|octets| !octets.is_empty())
        .flatten()
        .collect()
}

// ---------------------------------------------------------------- the book itself

/// Every relative link and every `#id` of the book leads somewhere.
#[test]
fn every_link_of_the_book_leads_somewhere() {
    report(&dead_links(&pages(&root())));
}

/// mdBook publishes an empty listing for a missing anchor and says nothing.
#[test]
#[ignore = "holds on an untouched checkout"]
fn every_include_of_the_book_has_something_in_it() {
    report(
        &pages(&root())
            .iter()
            .flat_map(dead_includes)
            .collect::<Vec<_>>(),
    );
}

/// A page that the summary does not list is never published.
#[test]
fn every_page_is_in_the_summary_and_the_other_way_round() {
    report(&summary_faults(&pages(&root())));
}

/// Somebody has linked to it: what once was an address of the book leads there
/// still. `NETLINGS_RECORD=1` adds the new ones.
#[test]
fn every_anchor_that_ever_was_is_still_there() {
    if !has_solutions() {
        return; // a class may have fewer chapters
    }
    let path = root().join("tests/suite/book/anchors.txt");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let kept: BTreeSet<&str> = kept.lines().collect();
    let pages = pages(&root());
    let pages = pages
        .iter()
        .filter(|page| !page.path.ends_with("SUMMARY.md") && !page.path.ends_with("404.md"));
    let now: BTreeSet<String> = pages.flat_map(anchors).collect();
    if std::env::var_os("NETLINGS_RECORD").is_some_and(|value| value == "1") {
        let all: BTreeSet<&str> = kept
            .iter()
            .copied()
            .chain(now.iter().map(String::as_str))
            .collect();
        let text: String = all.into_iter().flat_map(|anchor| [anchor, "\n"]).collect();
        fs::write(&path, text).expect("the list can be written");
        return;
    }
    let gone = kept.iter().filter(|anchor| !now.contains(**anchor));
    let gone = gone.map(|anchor| format!("{anchor} is gone; links to it lead nowhere"));
    let new = now.iter().filter(|anchor| !kept.contains(anchor.as_str()));
    println!(
        "{} anchors are new; NETLINGS_RECORD=1 keeps them",
        new.count()
    );
    report(&gone.collect::<Vec<_>>());
}

#[test]
fn every_page_says_what_it_is_about() {
    report(&description_faults(&pages(&root())));
    let page = |text: &str| Page {
        path: PathBuf::from("a.md"),
        shown: "a.md".to_owned(),
        text: text.to_owned(),
    };
    let said = format!("# A\n<!-- description: {} -->\n", "word ".repeat(12));
    assert_eq!(description_faults(&[page(&said)]), [""; 0]);
    assert_eq!(description_faults(&[page(&said), page(&said)]).len(), 1);
    assert_eq!(description_faults(&[page("# A\n\nText.\n")]).len(), 1);
}

/// One topic, one name: a lab has its chapter, with its steps and its hints.
#[test]
fn every_lab_has_its_chapter_in_the_form_that_the_tools_read() {
    let root = root();
    let pages = pages(&root);
    let summary = read(&root.join("book/src/SUMMARY.md"));
    let mut faults = Vec::new();
    for (name, lab) in labs(&root) {
        let path = root.join("book/src").join(&name).with_extension("md");
        match pages.iter().find(|page| page.path == path) {
            Some(page) => {
                faults.extend(chapter_faults(page, &name, &lab));
                faults.extend(title_faults(&name, &lab, page, &summary));
            }
            None => faults.push(format!("labs/{name} has no book/src/{name}.md")),
        }
    }
    report(&faults);
}

/// The packets that pages open with could be on a wire.
#[test]
fn the_packets_that_pages_open_with_have_right_lengths_and_checksums() {
    let page = |name: &str| read(&root().join("book/src").join(name));
    let frame = first_octets(&page("README.md"));
    let parts = PacketHeaders::from_ethernet_slice(&frame).expect("the frame can be taken apart");
    let (Some(NetHeaders::Ipv4(ip, _)), Some(TransportHeader::Tcp(tcp))) =
        (&parts.net, &parts.transport)
    else {
        panic!("the introduction opens with a TCP segment in IPv4: {parts:?}");
    };
    let message = parts.payload.slice();
    assert_eq!(message, b"hello\n");
    assert_eq!(usize::from(ip.total_len) + 14, frame.len());
    assert_eq!(ip.calc_header_checksum(), ip.header_checksum);
    assert_eq!(tcp.calc_checksum_ipv4(ip, message), Ok(tcp.checksum));

    let packet = first_octets(&page("commands.md"));
    assert_eq!(frame.get(14..), Some(packet.as_slice()));

    let header = first_octets(&page("addresses.md"));
    let (ip, rest) = Ipv4Header::from_slice(&header).expect("it is a header of IPv4");
    assert_eq!(
        (rest.len(), ip.calc_header_checksum()),
        (0, ip.header_checksum)
    );
    assert_eq!(
        (ip.source, ip.destination),
        ([192, 0, 2, 77], [198, 51, 100, 7])
    );
}

/// A term is found by its first letters, once, in a sentence or two.
#[test]
fn the_glossary_is_in_order_and_defines_each_term_once() {
    let root = root();
    let page = pages(&root)
        .into_iter()
        .find(|page| page.path.ends_with("glossary.md"));
    report(&glossary_faults(&page.expect("the book has a glossary")));
}

/// The third hint shows the shape with another subject: nothing in it can be
/// pasted.
#[test]
fn no_hint_holds_a_line_of_the_reference() {
    if !has_solutions() {
        return;
    }
    let root = root();
    let mut faults = Vec::new();
    for name in labs(&root).keys() {
        let page = read(&root.join("book/src").join(name).with_extension("md"));
        let sources = files(&root.join("solutions").join(name), "rs");
        let reference: String = sources.iter().map(|file| read(file)).collect();
        let mut hint = false;
        for (line, text) in (1..).zip(page.lines()) {
            hint &= text != "</details>";
            if hint {
                let same = pasted(&[text], &reference);
                faults.extend(same.iter().map(|same| {
                    format!("book/src/{name}.md:{line}: stands in the reference: {same}")
                }));
            }
            hint |= text.starts_with("<details class=\"hint\">");
        }
    }
    report(&faults);
}

/// Figures are for everyone, and each is in some chapter.
#[test]
fn every_figure_is_described_styled_by_classes_and_used() {
    let root = root();
    let pages = pages(&root);
    let used: HashSet<PathBuf> = pages
        .iter()
        .flat_map(|page| {
            let folder = page.path.parent().unwrap_or(Path::new(".")).to_owned();
            includes(&page.text)
                .into_iter()
                .map(move |(_, target)| plain(&folder.join(target)))
        })
        .collect();
    let mut faults = Vec::new();
    for path in files(&root.join("book/src"), "svg") {
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let shown = path
            .strip_prefix(&root)
            .unwrap_or(&path)
            .display()
            .to_string();
        faults.extend(
            figure_faults(&stem, &read(&path))
                .into_iter()
                .map(|fault| format!("{shown}: {fault}")),
        );
        if !used.contains(&path) {
            faults.push(format!("{shown}: no page includes it"));
        }
    }
    report(&faults);
}

// ---------------------------------------------------------------- text that breaks the rules

/// Text that breaks each rule, and the words in which the fault is told.
mod broken {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            path: PathBuf::from("/book/src/a.md"),
            shown: "a.md".to_owned(),
            text: text.to_owned(),
        }
    }

    fn told(faults: &[String], words: &str) {
        assert!(
            faults.iter().any(|fault| fault.contains(words)),
            "{words:?} is not among {faults:#?}"
        );
    }

    #[test]
    fn a_link_to_no_page_or_no_heading_is_told() {
        let faults = dead_links(&[page(
            "# A {#a}\n[x](b.md) [y](#b) [z](a.md#a) [w](https://example.com)\n## A b\n[v](#a-b)",
        )]);
        assert_eq!(
            faults,
            [
                "a.md:2: link b.md: no such page",
                "a.md:2: link #b: no heading has the id \"b\"",
            ]
        );
    }

    #[test]
    fn an_include_of_nothing_is_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("x.rs"), "// ANCHOR: full\nfn x() {}\n// ANCHOR_END: full\n// ANCHOR: hollow\n// ANCHOR_END: hollow\n// ANCHOR: open\n").expect("written");
        let text = "{{#include x.rs:full}}\n{{#include x.rs:none}}\n{{#include x.rs:hollow}}\n{{#include y.rs}}\n{{#include x.rs:1:2}}\n{{#include x.rs:open}}\n\\{{#include z.rs}}\n";
        let page = Page {
            path: folder.path().join("a.md"),
            ..page(text)
        };
        let faults = dead_includes(&page);
        assert_eq!(faults.len(), 5, "{faults:#?}");
        told(&faults, "a.md:2: include x.rs:none: no ANCHOR: none");
        told(&faults, "a.md:3: include x.rs:hollow: nothing is in it");
        told(&faults, "a.md:4: include y.rs: no such file");
        told(
            &faults,
            "a.md:5: include x.rs:1:2: a part is taken by anchor",
        );
        told(&faults, "a.md:6: include x.rs:open: no ANCHOR: open");
    }

    #[test]
    fn a_page_outside_the_summary_is_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [
            (
                "SUMMARY.md",
                "- [A](a.md)\n- [A](a.md)\n- [C](c.md)\n- [D]()\n",
            ),
            ("a.md", ""),
            ("b.md", ""),
        ] {
            fs::create_dir_all(folder.path().join("book/src")).expect("made");
            fs::write(folder.path().join("book/src").join(name), text).expect("written");
        }
        let faults = summary_faults(&pages(folder.path()));
        assert_eq!(faults.len(), 3, "{faults:#?}");
        told(&faults, "SUMMARY.md:2: a.md is listed twice");
        told(&faults, "SUMMARY.md:3: c.md is not there");
        told(&faults, "b.md is not in SUMMARY.md");
    }

    fn chapter(hints: [&str; 3]) -> String {
        let [one, two, three] = hints;
        format!(
            "# T {{#x}}\n## Step 1: One {{#step-1}}\n{{{{#include ../../labs/x/src/a.rs:a}}}}\n\
             > **Predict.** What?\n<details class=\"answer\"><summary>What happens</summary>\n</details>\n\
             cargo netlings check x/1\n\
             <details class=\"hint\"><summary>Hint 1: where</summary>\n\n{one}\n\n</details>\n\
             <details class=\"hint\"><summary>Hint 2: idea</summary>\n\n{two}\n\n</details>\n\
             <details class=\"hint\"><summary>Hint 3: shape</summary>\n\n{three}\n\n</details>\n\
             > **You can now** go.\n## In {{#classroom}}\n## Out {{#left-out}}\n"
        )
    }

    fn lab() -> Lab {
        Lab {
            title: "T".to_owned(),
            steps: vec![Step {
                title: "One".to_owned(),
            }],
        }
    }

    #[test]
    fn a_chapter_that_keeps_the_form_has_no_fault_and_each_departure_is_told() {
        let idea = format!("{} RFC 1 §2. Why?", "word ".repeat(60));
        let hints = ["Where does it start?", idea.as_str(), "```text\na\n```"];
        let good = chapter(hints);
        assert_eq!(
            chapter_faults(&page(&good), "x", &lab()),
            Vec::<String>::new()
        );
        for (from, to, words) in [
            ("Step 1: One", "Step 1: Two", "the steps of lab.toml"),
            ("{#step-1}", "{#step-2}", "the steps of lab.toml"),
            ("# T {#x}", "# T {#y}", "the first line"),
            ("{#classroom}", "{#class}", "\"classroom\""),
            ("{#left-out}", "", "no explicit id"),
            ("> **You can now** go.", "", "You can now"),
            ("> **Predict.**", "> Predict.", "a prediction"),
            ("class=\"answer\"", "", "its answer"),
            ("labs/x/", "solutions/x/", "a listing from the lab"),
            ("check x/1", "check x/2", "the check"),
            ("Hint 2: idea", "Hint 2: ideas", "the hints are"),
            ("Where does it start?", "It starts there.", "asks nothing"),
            ("Where does", "Where simply does", "says \"simply\""),
            ("Why?", "Why.", "does not end with a question"),
            ("RFC 1 §2. ", "", "cites no section"),
            ("RFC 1 §2. ", "RFC 1. ", "cites no section"),
            ("RFC 1 §2. ", "RFC 1 §2. See line 12. ", "names a line"),
            (
                "RFC 1 §2. ",
                "RFC 1 §2. Your\nmistake. ",
                "says \"your mistake\"",
            ),
            ("RFC 1 §2. ", "RFC 1 §2. You forgot it. ", "says \"forgot\""),
            ("RFC 1 §2. ", &"word ".repeat(130), "60 to 180"),
            ("a\n```", "b", "one listing"),
            ("a\n```", &format!("{}```", "a\n".repeat(16)), "one listing"),
        ] {
            assert!(good.contains(from), "{from:?} is in the good chapter");
            told(
                &chapter_faults(&page(&good.replacen(from, to, 1)), "x", &lab()),
                words,
            );
        }
        told(
            &chapter_faults(
                &page(&chapter([&"word? ".repeat(41), &idea, "```\na\n```"])),
                "x",
                &lab(),
            ),
            "41 words",
        );
        told(
            &title_faults("x", &lab(), &page("# U {#x}"), "- [T](x.md)"),
            "the title is \"U\"",
        );
        told(
            &title_faults("x", &lab(), &page("# T {#x}"), "- [U](x.md)"),
            "no line",
        );
    }

    #[test]
    fn a_glossary_out_of_order_is_told() {
        let faults = |text: &str| glossary_faults(&page(text));
        let good = "# G\n\nACK\n: A bit.\n\nAcknowledgement\n: What `x` tells\n  [y](#ack).\n\nByte\n: See ACK.\n";
        assert_eq!(faults(good), Vec::<String>::new());
        assert!(ids(good).contains("acknowledgement"));
        for (from, to, words) in [
            (
                "Byte",
                "Able",
                "a.md:10: Able stands behind Acknowledgement",
            ),
            ("Byte", "acknowledgement", "acknowledgement stands twice"),
            ("A bit.", "", "ACK is defined in 0 words"),
            (": A bit.", ": A bit.\n: Another.", "ACK has 2 definitions"),
            ("A bit.", &"bit ".repeat(61), "ACK is defined in 61 words"),
        ] {
            assert!(good.contains(from), "{from:?} is in the good glossary");
            told(&faults(&good.replacen(from, to, 1)), words);
        }
        told(&faults("# G\n"), "no term is defined");
    }

    #[test]
    fn a_hint_that_could_be_pasted_is_told() {
        let reference = "    let rest = octets.get(2..)?;\n    }\n";
        let body = ["let rest = octets.get(2..)?;", "}", "let more = 1;"];
        assert_eq!(pasted(&body, reference), ["let rest = octets.get(2..)?;"]);
    }

    #[test]
    fn a_figure_that_some_reader_could_not_see_is_told() {
        let good = "<svg class=\"figure\" viewBox=\"0 0 700 90\" role=\"img\" aria-labelledby=\"f-t f-d\" xmlns=\"x\">\n\
                    <title id=\"f-t\">T</title>\n<desc id=\"f-d\">D &amp; E.</desc>\n\
                    <line class=\"arrow\" marker-end=\"url(#f-head)\"/><g id=\"f-head\"></g>\n</svg>\n";
        assert_eq!(figure_faults("f", good), Vec::<String>::new());
        for (from, to, words) in [
            ("700", "800", "at most 760"),
            ("role=\"img\"", "", "lacks role"),
            ("f-t f-d", "f-t", "lacks aria-labelledby"),
            ("xmlns=\"x\">\n", "xmlns=\"x\">", "the first line"),
            ("<title", "\n<title", "a blank line"),
            (">T<", "><", "no <title"),
            (">D &amp; E.<", "><", "no <desc"),
            ("&amp;", "&", "a bare &"),
            ("\"arrow\"", "\"red\"", "\"red\" has no style"),
            ("<line ", "<line stroke=\"#f00\" ", "stroke="),
            ("id=\"f-head\"", "id=\"g-head\"", "not f-..."),
            ("(#f-head)", "(#f-tail)", "leads nowhere"),
            ("</g>", "", "closes"),
            ("</svg>", "", "never closed"),
            ("\"arrow\"", "\"arrow", "a quote is missing"),
        ] {
            assert!(good.contains(from), "{from:?} is in the good figure");
            told(&figure_faults("f", &good.replacen(from, to, 1)), words);
        }
    }
}
