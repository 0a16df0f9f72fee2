//! Merging a learner's file: their lines win, and no conflict mark is ever left
//! in it.

use netlings::course::Trouble;
use netlings::source::{Function, functions};

use super::Signature;

/// What a learner's file becomes.
pub struct Text {
    pub octets: Vec<u8>,
    /// Functions of the new version that were put at the end.
    pub added: Vec<String>,
    /// Functions of the new version that could not be put in.
    pub missing: Vec<String>,
}

/// The learner's file with what the course changed in its stub. `merge` merges
/// three texts, ours winning, and gives `None` where they are no texts.
pub fn learners(
    ours: &[u8],
    base: &[u8],
    theirs: &[u8],
    merge: impl FnOnce(&[u8], &[u8], &[u8]) -> Result<Option<Vec<u8>>, Trouble>,
) -> Result<Text, Trouble> {
    let plain = |octets: Vec<u8>| Text {
        octets,
        added: Vec::new(),
        missing: Vec::new(),
    };
    let (mine, old, new) = (with_lf(ours), with_lf(base), with_lf(theirs));
    if mine == old {
        return Ok(plain(theirs.to_vec()));
    }
    if new == old || mine == new {
        return Ok(plain(ours.to_vec()));
    }
    let Some(merged) = merge(&mine, &old, &new)? else {
        return Ok(plain(ours.to_vec()));
    };
    let mut text = put_in(merged, &old, &new);
    if has_crlf(ours) {
        text.octets = with_crlf(&text.octets);
    }
    Ok(text)
}

/// Puts in the functions that are new in `theirs` and that a conflict has kept
/// out: the given files call them.
fn put_in(merged: Vec<u8>, base: &[u8], theirs: &[u8]) -> Text {
    let mut text = Text {
        octets: merged,
        added: Vec::new(),
        missing: Vec::new(),
    };
    let (Ok(merged), Ok(base), Ok(theirs)) = (
        str::from_utf8(&text.octets).map(str::to_owned),
        str::from_utf8(base),
        str::from_utf8(theirs),
    ) else {
        return text;
    };
    let names = |source: &str| -> Vec<String> {
        let functions = functions(source);
        functions
            .iter()
            .map(|function| function.name.to_owned())
            .collect()
    };
    let (here, before) = (names(&merged), names(base));
    let is_lost = |function: &Function<'_>| {
        let is_in = |names: &[String]| names.iter().any(|name| name == function.name);
        !is_in(&here) && !is_in(&before)
    };
    for function in functions(theirs).into_iter().filter(is_lost) {
        if function.is_free {
            if !text.octets.ends_with(b"\n") {
                text.octets.push(b'\n');
            }
            text.octets.push(b'\n');
            text.octets.extend_from_slice(function.whole.as_bytes());
            text.octets.push(b'\n');
            text.added.push(function.name.to_owned());
        } else {
            text.missing.push(function.name.to_owned());
        }
    }
    text
}

/// The functions that are to be called in another way.
pub fn signatures(base: &[u8], theirs: &[u8]) -> Vec<Signature> {
    let (base, theirs) = (
        String::from_utf8_lossy(base),
        String::from_utf8_lossy(theirs),
    );
    let old = functions(&base);
    let changed = functions(&theirs).into_iter().filter_map(|new| {
        let old = old.iter().find(|old| old.name == new.name)?;
        (old.signature != new.signature).then(|| Signature {
            name: new.name.to_owned(),
            before: old.signature.clone(),
            after: new.signature.clone(),
            step: new.todo.or(old.todo).map(|(step, _)| step),
        })
    });
    changed.collect()
}

/// As [`learners`] wants it, without git.
pub fn without_git(ours: &[u8], base: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    // Longer than any line that a source has by accident.
    const MARK_LEN: usize = 77;
    let merged = diffy::MergeOptions::new()
        .set_conflict_style(diffy::ConflictStyle::Merge)
        .set_conflict_marker_length(MARK_LEN)
        .merge_bytes(base, ours, theirs);
    match merged {
        Ok(merged) => Some(merged),
        Err(marked) => Some(ours_of(&marked, MARK_LEN)),
    }
}

/// A text with conflicts marked, of which only our side is kept.
fn ours_of(marked: &[u8], mark_len: usize) -> Vec<u8> {
    let is_mark = |line: &[u8], sign: u8| {
        line.len() >= mark_len && line.iter().take(mark_len).all(|octet| *octet == sign)
    };
    let mut kept = Vec::new();
    let mut is_theirs = false;
    for line in marked.split_inclusive(|octet| *octet == b'\n') {
        if is_mark(line, b'<') || is_mark(line, b'>') {
            is_theirs = false;
        } else if is_mark(line, b'=') {
            is_theirs = true;
        } else if !is_theirs {
            kept.extend_from_slice(line);
        }
    }
    kept
}

/// `octets` with LF for CRLF.
pub fn with_lf(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets.iter().peekable();
    while let Some(octet) = rest.next() {
        if *octet != b'\r' || rest.peek() != Some(&&b'\n') {
            plain.push(*octet);
        }
    }
    plain
}

fn has_crlf(octets: &[u8]) -> bool {
    octets.windows(2).any(|pair| pair == b"\r\n")
}

fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets.len() * 2);
    for octet in octets {
        if *octet == b'\n' {
            text.push(b'\r');
        }
        text.push(*octet);
    }
    text
}
