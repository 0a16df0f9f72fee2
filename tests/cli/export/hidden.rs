//! What `export --pack` keeps back: the checks that students are not to have,
//! and what stands in the tree for them alone.
//!
//! Everything happens in the copy, by the text of its sources. What is said of
//! a check elsewhere and cannot be taken out is found in the end, and the
//! export is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use netlings::check::{Check, LabChecks};
use netlings::checks::LABS;
use netlings::course::{Trouble, read};
use netlings::source::bare;

use crate::grade::pack::{Pack, Visibility};

/// Stands in a source from which checks were taken.
const ALLOW: &str = "// Some checks are with the teacher; what was for them alone may be left over.\n\
    #![allow(dead_code, unused_imports)]\n";

/// The checks that stay with the teacher.
pub struct Hidden {
    /// The pack that says so.
    pack: PathBuf,
    /// Its key, which nobody is to have.
    key: String,
    /// By lab, those that have any.
    labs: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The names among them that another lab's check has too, which is handed out.
    shared: BTreeSet<&'static str>,
}

impl Hidden {
    /// What the pack keeps back of `labs`.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] if the file is no pack, or leaves a step without a
    /// check.
    pub fn read(path: &Path, labs: &BTreeSet<&str>) -> Result<Hidden, Trouble> {
        let (pack, _) = Pack::load(path)?;
        let mut hidden = BTreeMap::new();
        let mut handed_out = BTreeSet::new();
        for lab in LABS.iter().filter(|lab| labs.contains(lab.lab)) {
            // Whoever has a check sees its outcome, due or not.
            let visible = |check: &&Check| pack.visibility(lab, check) == Visibility::Visible;
            let (out, back): (Vec<&Check>, Vec<&Check>) = lab.checks.iter().partition(visible);
            if let Some(step) = step_without_check(lab, &out) {
                return Err(Trouble::Misuse(format!(
                    "{}: step {step} of {} has no visible check; a step is handed out with one at least",
                    path.display(),
                    lab.lab
                )));
            }
            handed_out.extend(out.iter().map(|check| check.name));
            if !back.is_empty() {
                hidden.insert(lab.lab, back.iter().map(|check| check.name).collect());
            }
        }
        let names = hidden.values().flatten().copied();
        Ok(Hidden {
            pack: path.to_owned(),
            key: pack.key.clone(),
            shared: names.filter(|name| handed_out.contains(name)).collect(),
            labs: hidden,
        })
    }

    /// What is kept back, in a line.
    pub fn line(&self) -> String {
        let counts = self.labs.iter().map(|(lab, names)| match names.len() {
            1 => format!("1 check of {lab}"),
            count => format!("{count} checks of {lab}"),
        });
        let counts: Vec<String> = counts.collect();
        if counts.is_empty() {
            return "kept back: no check of these labs".to_owned();
        }
        format!("kept back: {}", counts.join(", "))
    }

    /// Takes the checks out of the tree at `to`.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] if something that stays names one of them, or the
    /// tree holds the pack's key.
    pub fn take_out(&self, to: &Path) -> Result<(), Trouble> {
        for (lab, names) in &self.labs {
            take_checks(to, lab, names)?;
        }
        let mut files = Vec::new();
        walk(to, &mut files).map_err(|error| ours(to, &error))?;
        files.sort();
        for path in &files {
            let shown = path.strip_prefix(to).unwrap_or(path);
            if shown.starts_with("tests") && path.extension().is_some_and(|end| end == "rs") {
                let names = self.names_in(shown).map(|(_, name)| name).collect();
                if let Some(text) = without_tests(&read(path)?, &names) {
                    write(path, &text)?;
                }
            }
            let octets = fs::read(path).map_err(|error| ours(path, &error))?;
            self.refuse_left(shown, &String::from_utf8_lossy(&octets))?;
        }
        Ok(())
    }

    /// The labs and names of which a file of the tree says nothing.
    fn names_in(&self, file: &Path) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = move |lab: &str| {
            let module = Path::new("tests/checks").join(lab);
            file.starts_with(&module) || file == module.with_extension("rs")
        };
        let labs = self.labs.iter();
        let names = labs.flat_map(|(lab, names)| names.iter().map(|name| (*lab, *name)));
        names.filter(move |(lab, name)| own(lab) || !self.shared.contains(name))
    }

    fn refuse_left(&self, shown: &Path, text: &str) -> Result<(), Trouble> {
        let (pack, shown_path) = (self.pack.display(), shown.display());
        for (lab, name) in self.names_in(shown) {
            if let Some(at) = words(text, name).next() {
                let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
                return Err(Trouble::Misuse(format!(
                    "{pack}: the check {name} of {lab} cannot be kept back: {shown_path}:{line} names it"
                )));
            }
        }
        if text.contains(&self.key) {
            return Err(Trouble::Misuse(format!(
                "{shown_path} has the key of {pack}, and would be handed out; keep it elsewhere"
            )));
        }
        Ok(())
    }
}

/// The first step of which no check is in `out`.
fn step_without_check(lab: &LabChecks, out: &[&Check]) -> Option<u8> {
    let mut steps = lab.checks.iter().map(|check| check.step);
    steps.find(|step| out.iter().all(|check| check.step != *step))
}

fn ours(path: &Path, error: &io::Error) -> Trouble {
    Trouble::Ours(format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(path, text).map_err(|error| ours(path, &error))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// A source file of a lab's checks, in the copy.
struct Source {
    path: PathBuf,
    text: String,
}

/// Takes checks out of their lab: the lines of its table, the functions, the
/// mistakes that only they can show, and then what nothing needs any more.
fn take_checks(to: &Path, lab: &str, names: &BTreeSet<&str>) -> Result<(), Trouble> {
    let tests = to.join("tests");
    let folder = tests.join("checks").join(lab);
    let main = folder.with_extension("rs");
    let mut paths = vec![main.clone()];
    if folder.is_dir() {
        walk(&folder, &mut paths).map_err(|error| ours(&folder, &error))?;
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut sources = Vec::new();
    for path in paths {
        let text = read(&path)?;
        sources.push(Source { path, text });
    }
    let before = needed(&sources);
    for source in &mut sources {
        if source.path == main {
            for name in names {
                source.text = without_line(&source.text, name).ok_or_else(|| {
                    Trouble::Ours(format!(
                        "tests/checks/{lab}.rs has no line `check!(STEP, POINTS, {name}, ...)` to take out"
                    ))
                })?;
            }
        }
        source.text = without_mistakes(&source.text, names);
    }
    let mut gone = Vec::new();
    loop {
        let now = needed(&sources);
        let count = gone.len();
        for (file, source) in sources.iter_mut().enumerate() {
            let mut items = items(&source.text);
            items.retain(|item| {
                let key = (file, item.name.clone());
                before.contains(&key) && !now.contains(&key)
            });
            // From below, so that those above stay where they are.
            for item in items.iter().rev() {
                gone.push(cut(&mut source.text, item.range.clone()));
            }
            for item in items.iter().filter(|item| item.is_recording) {
                source.text = without_recording(&source.text, &item.name);
            }
        }
        if gone.len() == count {
            break;
        }
    }
    for source in &sources {
        match source.path == main {
            true => write(&source.path, &with_allow(&source.text))?,
            false => write(&source.path, &source.text)?,
        }
    }
    for item in &gone {
        let recording = between(item, "    name: \"", "\"").filter(|_| item.contains("Recording"));
        if let Some(name) = recording {
            let path = tests.join("snapshots").join(format!("{lab}__{name}.snap"));
            fs::remove_file(&path).map_err(|error| ours(&path, &error))?;
        }
        let included = between(item, "include_bytes!(\"", "\")")
            .or_else(|| between(item, "include_str!(\"", "\")"));
        if let Some(file) = included.filter(|file| !file.contains("..")) {
            without_file(&tests, file)?;
        }
    }
    Ok(())
}

/// Removes a file beside the checks, unless a source still names it.
fn without_file(tests: &Path, file: &str) -> Result<(), Trouble> {
    let mut paths = Vec::new();
    walk(tests, &mut paths).map_err(|error| ours(tests, &error))?;
    for path in &paths {
        if path.extension().is_some_and(|end| end == "rs") && read(path)?.contains(file) {
            return Ok(());
        }
    }
    let path = tests.join("checks").join(file);
    fs::remove_file(&path).map_err(|error| ours(&path, &error))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// Where `name` stands in `text` as a word of its own.
fn words<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(at + name.len()..)?.chars().next();
        (!before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)).then_some(at)
    })
}

/// An item at the left margin of a source, with what stands right above it:
/// comments and attributes.
struct Item {
    name: String,
    range: Range<usize>,
    is_recording: bool,
}

/// The functions, constants and types of a source.
fn items(text: &str) -> Vec<Item> {
    let bare = bare(text);
    let mut items = Vec::new();
    let mut at = 0;
    for line in bare.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let mut rest = line;
        for public in ["pub ", "pub(super) ", "pub(crate) "] {
            rest = rest.strip_prefix(public).unwrap_or(rest);
        }
        let Some((kind, rest)) = rest.split_once(' ') else {
            continue;
        };
        let braced = matches!(kind, "fn" | "struct" | "enum");
        if !braced && !matches!(kind, "const" | "static" | "type") {
            continue;
        }
        let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let name = name.take(1).collect::<String>();
        if let Some(end) = end_of_item(&bare, start, braced) {
            items.push(Item {
                range: start_with_comments(text, start)..end,
                is_recording: rest.contains(": Recording ="),
                name,
            });
        }
    }
    items
}

/// Behind the `;` or the last brace of the item that starts at `start`.
fn end_of_item(bare: &str, start: usize, braced: bool) -> Option<usize> {
    let mut depth = 0_usize;
    bare.get(start..)?.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        let ends = c == ';' || braced && c == '}';
        (depth == 0 && ends).then_some(start + at + 1)
    })
}

fn start_with_comments(text: &str, start: usize) -> usize {
    let above = text.get(..start).unwrap_or_default().split_inclusive('\n');
    let above = above.rev().take_while(|line| {
        line.starts_with("///")
            || line.starts_with("#[")
            || line.starts_with("//") && !line.starts_with("//!")
    });
    start - above.map(str::len).sum::<usize>()
}

/// The items of `sources` that something needs beside themselves: by file, and
/// name. A recording is not needed by the list of recordings.
fn needed(sources: &[Source]) -> BTreeSet<(usize, String)> {
    let bare: Vec<String> = sources.iter().map(|source| bare(&source.text)).collect();
    let mut needed = BTreeSet::new();
    for (file, source) in sources.iter().enumerate() {
        let items = items(&source.text);
        let lab = items.iter().find(|item| item.name == "LAB");
        for item in &items {
            let list = lab.filter(|_| item.is_recording);
            let said = bare.iter().enumerate().any(|(other, bare)| {
                let inside = |range: &Range<usize>, at| other == file && range.contains(&at);
                words(bare, &item.name).any(|at| {
                    !inside(&item.range, at) && !list.is_some_and(|lab| inside(&lab.range, at))
                })
            });
            if said {
                needed.insert((file, item.name.clone()));
            }
        }
    }
    needed
}

/// Cuts a piece out of `text` and gives it, with as many blank lines left as
/// there were on one side of it.
fn cut(text: &mut String, range: Range<usize>) -> String {
    let piece = text.get(range.clone()).unwrap_or_default().to_owned();
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let (head, tail) = (
        before.trim_end_matches('\n'),
        after.trim_start_matches('\n'),
    );
    let lines = (before.len() - head.len()).max(after.len() - tail.len());
    let lines = if tail.is_empty() { 1 } else { lines };
    *text = format!("{head}{}{tail}", "\n".repeat(lines));
    piece
}

/// The table without the line of a check.
fn without_line(text: &str, name: &str) -> Option<String> {
    let bare = bare(text);
    bare.match_indices("check!(").find_map(|(start, found)| {
        let open = start + found.len() - 1;
        let mut depth = 0_usize;
        let len = bare.get(open..)?.char_indices().find_map(|(at, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            (depth == 0).then_some(at + 1)
        })?;
        let said = bare.get(open + 1..open + len)?.split(',').nth(2)?.trim();
        let before = text.get(..start).filter(|_| said == name)?;
        let after = text.get(open + len..)?;
        let after = after.strip_prefix(',').unwrap_or(after);
        Some(before.trim_end().to_owned() + after)
    })
}

/// The list of recordings in `LAB` without one of them.
fn without_recording(text: &str, name: &str) -> String {
    let items = items(text);
    let lab = items.iter().find(|item| item.name == "LAB");
    let found = lab.and_then(|lab| words(text, name).find(|at| lab.range.contains(at)));
    let parts = found.and_then(|at| Some((text.get(..at)?, text.get(at + name.len()..)?)));
    let Some((before, after)) = parts else {
        return text.to_owned();
    };
    let after = after.strip_prefix(',').unwrap_or(after).trim_start();
    if !after.starts_with(']') {
        return format!("{before}{after}");
    }
    let head = before.trim_end();
    if before.ends_with("\n        ") && !head.ends_with('[') {
        return format!("{head}\n    {after}");
    }
    format!("{}{after}", head.strip_suffix(',').unwrap_or(head))
}

/// A table of mistakes without those that need one of these checks; where a
/// mistake is seen in others too, a word stands in place of the name.
fn without_mistakes(text: &str, names: &BTreeSet<&str>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let (start, end) = ("\n    Mistake {\n", "\n    },");
    while let Some(at) = rest.find(start) {
        let (before, from) = rest.split_at(at);
        let len = from.find(end).map_or(from.len(), |at| at + end.len());
        let (entry, after) = from.split_at(len);
        kept.push_str(before);
        if !needs_one_of(entry, names) {
            kept.push_str(entry);
        }
        rest = after;
    }
    kept.push_str(rest);
    for (number, name) in (1..).zip(names) {
        kept = kept.replace(&format!("\"{name}\""), &format!("\"hidden {number}\""));
    }
    kept
}

/// Whether the mistake is seen in one of these checks and nowhere else: its
/// recogniser begins with the check's name and has no `||`.
fn needs_one_of(mistake: &str, names: &BTreeSet<&str>) -> bool {
    let Some((_, seen)) = mistake.split_once("seen: |evidence|") else {
        return false;
    };
    let body = seen.trim_start();
    let body = body.strip_prefix('{').unwrap_or(body).trim_start();
    let check = body.strip_prefix("evidence.check == \"");
    let check = check.and_then(|rest| rest.split_once('"'));
    check.is_some_and(|(check, _)| names.contains(check)) && !body.contains("||")
}

/// `text`, a source of the tests, without the tests of a check and without the
/// lines of a table for it; `None` if there are none.
fn without_tests(text: &str, names: &BTreeSet<&str>) -> Option<String> {
    let said = |text: &str| names.iter().any(|name| words(text, name).next().is_some());
    if !said(text) {
        return None;
    }
    let is_row = |line: &str| line.trim_start().starts_with("(\"") && line.ends_with("),\n");
    let lines = text.split_inclusive('\n');
    let mut kept: String = lines.filter(|line| !(is_row(line) && said(line))).collect();
    let is_test = |text: &str| text.lines().any(|line| line == "#[test]");
    while let Some(item) = items(&kept).into_iter().find(|item| {
        let whole = kept.get(item.range.clone()).unwrap_or_default();
        is_test(whole) && said(whole)
    }) {
        cut(&mut kept, item.range);
    }
    (kept != text).then(|| with_allow(&kept))
}

/// A source that may have more in it than is used: [`ALLOW`] behind its comment.
fn with_allow(text: &str) -> String {
    let head = text.lines().take_while(|line| line.starts_with("//!"));
    let head = head.map(|line| line.len() + 1).sum::<usize>();
    let (head, rest) = text.split_at_checked(head).unwrap_or(("", text));
    match head.is_empty() {
        true => format!("{ALLOW}\n{rest}"),
        false => format!("{head}\n{ALLOW}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lab in one file, with what a lab may have.
    const LAB: &str = r#"//! What `two` is held to.

use crate::trial::Trial;

pub const LAB: LabChecks = LabChecks { lab: "two", checks: CHECKS, mistakes: MISTAKES, recordings: &[ONE, TWO] };

const CHECKS: &[Check] = &[
    check!(1, 2, it_is_one, "step-1", "RFC 1 §1"),
    check!(
        1,
        1,
        it_is_two,
        "step-1",
        "RFC 1 §2"
    ),
];

const ONE: Recording = Recording {
    name: "one",
};
/// For `it_is_two` alone.
const TWO: Recording = Recording {
    name: "two",
    input: include_bytes!("two/input.txt"),
};

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "three",
        seen: |evidence| evidence.check == "it_is_two" && only_two(evidence),
    },
    Mistake {
        name: "four",
        seen: |evidence| {
            evidence.check == "it_is_two" || evidence.check == "it_is_one"
        },
    },
];

fn only_two(_: &Evidence<'_>) -> bool {
    true
}

/// Braces in text are none: `}`.
fn both(trial: &mut Trial) -> [u8; 2] {
    trial.word("}; it_is_two {")
}

#[inline]
fn for_two(trial: &mut Trial) -> Verdict {
    both(trial);
    for_two(trial)
}

/// One.
fn it_is_one(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&ONE, both(trial))
}

/// Two.
fn it_is_two(trial: &mut Trial) -> Verdict {
    trial.expect_recorded(&TWO, for_two(trial))
}
"#;

    #[test]
    fn what_is_for_a_check_alone_goes_with_it() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let to = folder.path();
        let there = |file: &str| to.join("tests").join(file).is_file();
        for (file, text) in [
            ("checks/two.rs", LAB),
            ("checks/two/input.txt", "2"),
            ("snapshots/two__one.snap", "1"),
            ("snapshots/two__two.snap", "2"),
        ] {
            let path = to.join("tests").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("can be made");
            fs::write(path, text).expect("it can be written");
        }
        take_checks(to, "two", &BTreeSet::from(["it_is_two"])).expect("it can be taken out");
        let left = fs::read_to_string(to.join("tests/checks/two.rs")).expect("it is there");
        for gone in [
            "check!(\n",
            "TWO",
            "\"three\"",
            "only_two",
            "for_two",
            "/// Two.",
            "#[inline]",
        ] {
            assert!(!left.contains(gone), "{gone}: {left}");
        }
        for kept in [
            "recordings: &[ONE] }",
            "    check!(1, 2, it_is_one, \"step-1\", \"RFC 1 §1\"),\n];\n",
            "evidence.check == \"hidden 1\" || evidence.check == \"it_is_one\"",
            "/// Braces in text are none: `}`.\nfn both(",
            "two` is held to.\n\n// Some checks",
        ] {
            assert!(left.contains(kept), "{kept}: {left}");
        }
        assert!(there("snapshots/two__one.snap") && !there("snapshots/two__two.snap"));
        assert!(!there("checks/two/input.txt"));
        // It stands in a text, which nothing takes out: here an export is refused.
        assert_eq!(words(&left, "it_is_two").count(), 1);
        let trouble = take_checks(to, "two", &BTreeSet::from(["it_is_three"]));
        assert!(trouble.is_err_and(|trouble| trouble.to_string().contains("no line `check!(")));
    }
}
