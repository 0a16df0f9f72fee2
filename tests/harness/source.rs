//! Functions in a Rust source, by their text: what `diff`, `hint`, `show` and
//! `update` name. Nothing is parsed that a learner has not finished: where
//! braces do not match, a function is not found.

/// A function, by where it stands in its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// From `pub` or `fn` to the brace, with single blanks.
    pub signature: String,
    /// From its signature to its last brace.
    pub text: &'a str,
    /// The same with what belongs to it above: comments and attributes.
    pub whole: &'a str,
    /// The line of its signature, from 1.
    pub line: usize,
    /// Whether it stands at the left margin, in no `impl`.
    pub is_free: bool,
    /// Of a stub: its step and its task.
    pub todo: Option<(u8, &'a str)>,
}

/// The functions of `source`, in order, without those inside another.
pub fn functions(source: &str) -> Vec<Function<'_>> {
    let bare = bare(source);
    let mut functions = Vec::new();
    let mut at = 0;
    while let Some(found) = bare.get(at..).and_then(|rest| rest.find("fn ")) {
        let start = at + found;
        at = start + 3;
        let before = bare.get(..start).and_then(|text| text.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        if let Some((function, end)) = function(source, &bare, start) {
            functions.push(function);
            at = end;
        }
    }
    functions
}

/// The function whose `fn` is at `start`, and where it ends.
fn function<'a>(source: &'a str, bare: &str, start: usize) -> Option<(Function<'a>, usize)> {
    let name = source.get(start + 3..)?.trim_start();
    let name = name
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    // A `;` ends a declaration in a trait, and stands in a type: `[u8; 4]`.
    let mut inside = 0_usize;
    let open = bare.get(start..)?.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' => inside += 1,
            ')' | ']' => inside = inside.checked_sub(1)?,
            _ => {}
        }
        (inside == 0 && matches!(c, '{' | ';')).then_some(start + at)
    })?;
    if bare.get(open..)?.starts_with(';') {
        return None;
    }
    let mut depth = 0_usize;
    let close = bare.get(open..)?.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        (depth == 0).then_some(open + at + 1)
    })?;
    let line_start = source.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let margin = source.get(line_start..start)?;
    let indent = margin.len() - margin.trim_start().len();
    let signature_start = line_start + indent;
    let mut whole_start = line_start;
    while let Some(above) = source.get(..whole_start)?.strip_suffix('\n') {
        let above_start = above.rfind('\n').map_or(0, |at| at + 1);
        let line = above.get(above_start..)?.trim_start();
        if !(line.starts_with("///") || line.starts_with("#[")) {
            break;
        }
        whole_start = above_start;
    }
    let words = source.get(signature_start..open)?.split_whitespace();
    let text = source.get(signature_start..close)?;
    let function = Function {
        name,
        signature: words.collect::<Vec<_>>().join(" "),
        text,
        whole: source.get(whole_start..close)?,
        line: source.get(..start)?.matches('\n').count() + 1,
        is_free: indent == 0,
        todo: todo(text),
    };
    Some((function, close))
}

/// The step and the task of `todo!("step 3: follow the pointer")`.
fn todo(text: &str) -> Option<(u8, &str)> {
    let (_, rest) = text.split_once("todo!(\"step ")?;
    let (step, rest) = rest.split_once(": ")?;
    let (task, _) = rest.split_once("\")")?;
    Some((step.parse().ok()?, task))
}

/// `source` with blanks in place of what is in comments, strings and
/// characters, octet for octet: what is left is code.
pub fn bare(source: &str) -> String {
    let octets = source.as_bytes();
    let mut bare = octets.to_vec();
    let starts = |at: usize, text: &str| {
        octets
            .get(at..)
            .is_some_and(|rest| rest.starts_with(text.as_bytes()))
    };
    let mut at = 0;
    while at < octets.len() {
        let end = if starts(at, "//") {
            source
                .get(at..)
                .and_then(|rest| rest.find('\n'))
                .map_or(octets.len(), |len| at + len)
        } else if starts(at, "/*") {
            end_of_comment(octets, at)
        } else if let Some(hashes) = raw_string(octets, at) {
            let close = format!("\"{}", "#".repeat(hashes));
            let from = at + 2 + hashes;
            let found = (from..octets.len()).find(|at| starts(*at, &close));
            found.map_or(octets.len(), |at| at + close.len())
        } else if starts(at, "\"") {
            end_of_quoted(octets, at, b'"')
        } else if starts(at, "'") && is_character(source, at) {
            end_of_quoted(octets, at, b'\'')
        } else {
            at += 1;
            continue;
        };
        for octet in bare.get_mut(at..end).into_iter().flatten() {
            if *octet != b'\n' {
                *octet = b' ';
            }
        }
        at = end;
    }
    // Only whole characters were replaced, and by ASCII.
    String::from_utf8(bare).unwrap_or_default()
}

fn end_of_comment(octets: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(pair) = octets.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    octets.len()
}

/// How many `#` the raw string has that begins here with its `r`.
fn raw_string(octets: &[u8], at: usize) -> Option<usize> {
    let word = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
    let before = at.checked_sub(1).and_then(|at| octets.get(at));
    // `br` and `cr` begin raw strings too.
    if octets.get(at) != Some(&b'r') || before.is_some_and(|b| word(b) && !b"bc".contains(b)) {
        return None;
    }
    let rest = octets.get(at + 1..)?;
    let hashes = rest.iter().take_while(|octet| **octet == b'#').count();
    (rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

fn end_of_quoted(octets: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(&octet) = octets.get(at) {
        match octet {
            b'\\' => at += 1,
            _ if octet == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    octets.len()
}

/// Whether a character begins at this quote, and not a lifetime.
fn is_character(source: &str, at: usize) -> bool {
    let mut chars = source.get(at + 1..).unwrap_or_default().chars();
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_what_is_above_them() {
        let source = "//! Yours.\nuse a;\n\n// ANCHOR: x\n/// Reads.\n#[inline]\npub fn read_line(\n    from: &mut impl Read,\n) -> Result<(), Error> {\n    let _ = \"}{\";\n    todo!(\"step 2: read, (all)\")\n}\n\nimpl A {\n    fn b<'a>(&'a self, four: [u8; 4]) -> [char; 4] {\n        fn inner() {}\n        '}' // }\n    }\n}\ntype F = fn(u8);\ntrait T {\n    fn c();\n}\n";
        let found = functions(source);
        let names: Vec<_> = found.iter().map(|f| (f.name, f.line, f.is_free)).collect();
        assert_eq!(names, [("read_line", 7, true), ("b", 15, false)]);
        let first = found.first().expect("there are two");
        assert_eq!(first.todo, Some((2, "read, (all)")));
        assert_eq!(
            first.signature,
            "pub fn read_line( from: &mut impl Read, ) -> Result<(), Error>"
        );
        assert!(first.whole.starts_with("/// Reads.") && first.whole.ends_with("\")\n}"));
    }

    #[test]
    fn what_is_no_code_opens_and_closes_nothing() {
        let source = "fn a() {\n    /* { /* { */ fn x() { */ r#\"} \" {\"#; br\"{\"; '\\''; '{'; \"\\\"{\"\n}\nfn b() {}\n";
        let found = functions(source);
        let names: Vec<_> = found.iter().map(|f| f.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(functions("fn broken( {").is_empty());
        assert!(functions("fn \u{e9}").is_empty());
    }
}
