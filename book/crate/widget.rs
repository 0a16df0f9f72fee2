//! The things to touch. A line `{{#widget NAME}}` becomes an element with the
//! widget's still inside, for paper and for pages without script; the script
//! comes with the pages that have one, and with no others.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Where the widgets lie, beside `src`, and in the finished book.
pub const FOLDER: &str = "widgets";

/// The page with its widgets, and what is wrong with those lines, a sentence
/// each. `widgets` is their folder, `name` the page's path without `.md`.
pub fn place(page: &str, widgets: &Path, name: &Path, shown: &str) -> (String, Vec<String>) {
    let mut placed = String::with_capacity(page.len());
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    let to_root = "../".repeat(name.components().count().saturating_sub(1));
    let page_id = name.to_string_lossy().replace(['/', '\\'], "-");
    let mut fence: Option<&str> = None;
    for (index, line) in page.lines().enumerate() {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        fence = match (fence, mark) {
            (None, mark) => mark,
            (Some(open), Some(close)) if open == close => None,
            (open, _) => open,
        };
        let Some(widget) = line
            .strip_prefix("{{#widget ")
            .and_then(|rest| rest.strip_suffix("}}"))
            .map(str::trim)
            .filter(|_| fence.is_none())
        else {
            placed.push_str(line);
            placed.push('\n');
            continue;
        };
        match still(widgets, widget, &format!("{page_id}-{widget}")) {
            Ok(_) if seen.contains(widget) => failures.push(format!(
                "{shown}:{}: the widget {widget} is on this page twice",
                index + 1
            )),
            Ok(still) => {
                if seen.is_empty() {
                    placed.push_str(&format!(
                        "<link rel=\"stylesheet\" href=\"{to_root}{FOLDER}/widgets.css\">\n\n"
                    ));
                }
                placed.push_str(&format!(
                    "<net-{widget} data-widget=\"{widget}\">\n{still}</net-{widget}>\n\n"
                ));
                seen.insert(widget);
            }
            Err(why) => failures.push(format!("{shown}:{}: widget {widget}: {why}", index + 1)),
        }
    }
    for widget in seen {
        placed.push_str(&format!(
            "\n<script type=\"module\" src=\"{to_root}{FOLDER}/{widget}.js\"></script>\n"
        ));
    }
    (placed, failures)
}

/// What stands in the page until the script runs, and where none does. In it
/// `ID` begins every id, so that no two pages have the same one in print.
fn still(widgets: &Path, widget: &str, id: &str) -> Result<String, String> {
    if !widgets.join(format!("{widget}.js")).is_file() {
        return Err(format!("there is no {FOLDER}/{widget}.js"));
    }
    let path = widgets.join("stills").join(format!("{widget}.html"));
    let still = fs::read_to_string(&path).map_err(|error| format!("its still: {error}"))?;
    if still.lines().any(|line| line.trim().is_empty()) {
        return Err("its still has a blank line, and Markdown would cut it there".to_owned());
    }
    Ok(still.replace("ID-", &format!("{id}-")))
}

/// Copies scripts and styles into the finished book. Scripts leave their
/// comments and indentation at home, which are a fifth of them; that is all
/// that happens to them on the way.
///
/// # Errors
/// What reading and writing say, with the path.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() && !path.ends_with("stills") {
            copy(&path, &target)?;
        } else if path.extension().is_some_and(|kind| kind == "js") {
            fs::write(&target, bare(&fs::read_to_string(&path)?))?;
        } else if path.extension().is_some_and(|kind| kind == "css") {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// A script without the lines that are comments, and without indentation. A
/// comment stands in lines of its own; `/**` begins one and `*/` ends it.
pub fn bare(script: &str) -> String {
    let mut bare = String::with_capacity(script.len());
    let mut inside = false;
    for line in script.lines().map(str::trim) {
        let begins = line.starts_with("/**");
        let comment = inside || begins || line.starts_with("//");
        inside = (inside || begins) && !line.ends_with("*/");
        if !comment && !line.is_empty() {
            bare.push_str(line);
            bare.push('\n');
        }
    }
    bare
}
