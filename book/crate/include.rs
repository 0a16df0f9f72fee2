//! Includes that lead somewhere. mdBook publishes an empty listing where an
//! anchor is missing, and the bare braces where a file is; here both are told,
//! with the place.

use std::path::Path;

/// The page with a note in place of each include that leads nowhere, and what
/// is wrong with those, a sentence each. `folder` is where the page lies: its
/// includes count from there.
pub fn check(page: &str, folder: &Path, shown: &str) -> (String, Vec<String>) {
    let mut checked = String::with_capacity(page.len());
    let mut failures = Vec::new();
    for (index, line) in page.lines().enumerate() {
        let mut line = line.to_owned();
        for target in targets(&line.clone()) {
            if let Err(why) = look(target, folder) {
                failures.push(format!("{shown}:{}: include {target}: {why}", index + 1));
                line = line.replace(
                    &format!("{{{{#include {target}}}}}"),
                    &format!("(not here: {target}: {why})"),
                );
            }
        }
        checked.push_str(&line);
        checked.push('\n');
    }
    (checked, failures)
}

/// The targets of the includes in a line, such as `../a.rs:anchor`. One with
/// a backslash before it is text about an include.
fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, beyond)) = after.split_once("}}") else {
            break;
        };
        let mut words = inside.split_whitespace();
        if let (false, Some("#include" | "#rustdoc_include"), Some(target)) =
            (before.ends_with('\\'), words.next(), words.next())
        {
            targets.push(target);
        }
        rest = beyond;
    }
    targets
}

fn look(target: &str, folder: &Path) -> Result<(), String> {
    let (path, part) = target.split_once(':').unwrap_or((target, ""));
    let text = std::fs::read_to_string(folder.join(path)).map_err(|error| error.to_string())?;
    let is_anchor = part
        .chars()
        .next()
        .is_some_and(|first| !first.is_ascii_digit() && first != ':');
    let included = if is_anchor {
        anchored(&text, part)
            .ok_or_else(|| format!("the file has no anchor {part:?}, or no end to it"))?
    } else {
        text
    };
    if included.trim().is_empty() {
        Err("nothing is included".to_owned())
    } else {
        Ok(())
    }
}

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`.
fn anchored(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines();
    lines.find(|line| names(line, "ANCHOR:") == Some(name))?;
    let mut taken = String::new();
    for line in lines {
        if names(line, "ANCHOR_END:") == Some(name) {
            return Some(taken);
        }
        if names(line, "ANCHOR:").is_none() && names(line, "ANCHOR_END:").is_none() {
            taken.push_str(line);
            taken.push('\n');
        }
    }
    None
}

/// The name that follows `marker` in a line.
fn names<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    line.split_once(marker)?.1.split_whitespace().next()
}
