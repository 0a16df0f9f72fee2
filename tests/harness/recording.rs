//! What the reference printed, kept by insta under `tests/snapshots/`.
//!
//! Here the files are only read. The suite writes them, from the solutions and
//! from nothing else; a learner's program never gets near insta.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// A run as it stands in a snapshot: standard output, then the exit status
/// unless it is 0.
pub fn text(stdout: &[u8], code: Option<i32>) -> String {
    let output = String::from_utf8_lossy(stdout);
    match code {
        Some(0) => output.trim_end().to_owned(),
        Some(code) => format!("{output}[exit status {code}]"),
        None => format!("{output}[no exit status]"),
    }
}

/// The snapshots of `lab` in `folder`, by the part of their name after `LAB__`.
///
/// # Errors
/// What the file system says.
pub fn load(folder: &Path, lab: &str) -> io::Result<BTreeMap<String, String>> {
    let mut recordings = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        // Git keeps no empty folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(recordings),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let name = name
            .strip_suffix(".snap")
            .and_then(|name| name.strip_prefix(lab));
        let Some(name) = name.and_then(|name| name.strip_prefix("__")) else {
            continue;
        };
        let name = name.to_owned();
        recordings.insert(name, content(&fs::read_to_string(&path)?));
    }
    Ok(recordings)
}

/// A snapshot file's content: what follows its head, which stands between two
/// lines of `---`.
fn content(file: &str) -> String {
    let body = file
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"));
    body.map_or(file, |(_, body)| body).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_snapshot_is_cut_off() {
        assert_eq!(
            content("---\nsource: a\nexpression: b\n---\none\n---\ntwo\n"),
            "one\n---\ntwo"
        );
        assert_eq!(content("no head\n"), "no head");
    }

    #[test]
    fn an_exit_status_stands_in_the_text_unless_it_is_0() {
        assert_eq!(text(b"a\n", Some(0)), "a");
        assert_eq!(text(b"a\n", Some(1)), "a\n[exit status 1]");
    }
}
