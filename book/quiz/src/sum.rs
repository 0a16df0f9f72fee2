//! What stands in braces in a question that varies: `{length}`, `{size + 8}`,
//! `{address & mask(length):ip}`. Numbers are whole; what leaves 64 bits is an
//! error, and so is a division by zero.
//!
//! ```text
//! sum     name, number, 'text', sum OPERATOR sum, (sum), mask(sum), len(sum)
//!         operators from the loosest: |   ^   &   << >>   + -   * / %
//! form    {sum}            12, or the text
//!         {sum:ip}         192.0.2.1
//!         {sum:octetsN}    N octets, the most significant first: 00 0c
//!         {text:octets}    its octets
//!         {sum:hexN}       at least N digits: 000c
//!         {sum:bitsN}      at least N bits: 1100
//!         {sum:thousands}  65,507
//! ```

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::seed::Random;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// Text, such as a word to send.
    Text(String),
}

/// What the names stand for.
pub type Names = BTreeMap<String, Value>;

/// Draws what `definitions` define, in their order:
///
/// ```text
/// n = 10..20         a number from 10 to 20, both included
/// n = [2, 3, 5]      one of these
/// n = 2 * m + 1      a sum of what stands before
/// ```
///
/// # Errors
/// A sentence that names the definition.
pub fn define(definitions: &[String], random: &mut Random) -> Result<Names, String> {
    let mut names = Names::new();
    for definition in definitions {
        let told = |why: String| format!("{definition:?}: {why}");
        let (name, text) = definition
            .split_once('=')
            .ok_or_else(|| told("`name = sum` is asked for".to_owned()))?;
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(told(format!("{name:?} is no name")));
        }
        let value = one(text.trim(), &names, random).map_err(told)?;
        if names.insert(name.to_owned(), value).is_some() {
            return Err(told(format!("{name} is defined twice")));
        }
    }
    Ok(names)
}

fn one(text: &str, names: &Names, random: &mut Random) -> Result<Value, String> {
    if let Some(list) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let items: Vec<&str> = list.split(',').collect();
        let item = items.get(random.below(items.len() as u64) as usize);
        return evaluate(item.unwrap_or(&""), names);
    }
    match text.split_once("..") {
        None => evaluate(text, names),
        Some((from, to)) => {
            let (from, to) = (number(from, names)?, number(to, names)?);
            let count = to.checked_sub(from).and_then(|many| many.checked_add(1));
            match count.and_then(|count| u64::try_from(count).ok()) {
                Some(count) if count > 0 => Ok(Value::Number(from + random.below(count) as i64)),
                _ => Err(format!("from {from} to {to} is no range")),
            }
        }
    }
}

fn number(text: &str, names: &Names) -> Result<i64, String> {
    match evaluate(text, names)? {
        Value::Number(number) => Ok(number),
        Value::Text(text) => Err(format!("{text:?} is no number")),
    }
}

/// `text` with what its braces stand for.
///
/// # Errors
/// A sentence that names what stands in the braces.
pub fn fill(text: &str, names: &Names) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, beyond) = after
            .split_once('}')
            .ok_or_else(|| format!("a brace is not closed: {{{after}"))?;
        let (sum, form) = inside.split_once(':').unwrap_or((inside, ""));
        let value = evaluate(sum, names).map_err(|why| format!("{{{inside}}}: {why}"))?;
        filled.push_str(before);
        filled.push_str(&written(&value, form).map_err(|why| format!("{{{inside}}}: {why}"))?);
        rest = beyond;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn written(value: &Value, form: &str) -> Result<String, String> {
    let digits = form
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(form.len());
    let (form, count) = form.split_at(digits);
    let count: usize = match count {
        "" => 0,
        text => text.parse().map_err(|_| format!("{text:?} is no count"))?,
    };
    let octets = |octets: &[u8]| {
        let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        octets.join(" ")
    };
    match (value, form) {
        (Value::Text(text), "") => Ok(text.clone()),
        (Value::Text(text), "octets") => Ok(octets(text.as_bytes())),
        (Value::Number(number), "") => Ok(number.to_string()),
        (Value::Number(number), "ip") => match u32::try_from(*number) {
            Ok(bits) => Ok(Ipv4Addr::from(bits).to_string()),
            Err(_) => Err(format!("{number} is no address")),
        },
        (Value::Number(number), "octets") => {
            let all = number.to_be_bytes();
            let (above, kept) = all.split_at(all.len().saturating_sub(count));
            if kept.is_empty() || above.iter().any(|octet| *octet != 0) {
                return Err(format!("{number} does not fit {count} octets"));
            }
            Ok(octets(kept))
        }
        (Value::Number(number), "hex") => Ok(format!("{number:0count$x}")),
        (Value::Number(number), "bits") => Ok(format!("{number:0count$b}")),
        (Value::Number(number), "thousands") => {
            let digits = number.to_string();
            let mut grouped = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(3) && !grouped.ends_with('-')
                {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            Ok(grouped)
        }
        (_, form) => Err(format!("there is no form {form:?} for this")),
    }
}

/// The value of a sum.
///
/// # Errors
/// What is wrong with it.
pub fn evaluate(text: &str, names: &Names) -> Result<Value, String> {
    let mut reader = Reader { rest: text, names };
    let value = reader.sum(0)?;
    match reader.rest.trim() {
        "" => Ok(value),
        rest => Err(format!("{rest:?} is left over")),
    }
}

/// The operators, from the loosest to the tightest.
const OPERATORS: [&[&str]; 6] = [
    &["|"],
    &["^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Reader<'a> {
    rest: &'a str,
    names: &'a Names,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A sum of operators that bind at least as tight as those of `level`.
    fn sum(&mut self, level: usize) -> Result<Value, String> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.atom();
        };
        let mut left = self.sum(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.sum(level + 1)?;
            left = apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Value, String> {
        if self.take("(") {
            let value = self.sum(0)?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err("`)` is missing".to_owned())
            };
        }
        if self.take("'") {
            let (text, rest) = self
                .rest
                .split_once('\'')
                .ok_or_else(|| "a quote is not closed".to_owned())?;
            self.rest = rest;
            return Ok(Value::Text(text.to_owned()));
        }
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            return Err("a number or a name is missing".to_owned());
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let number = match word.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16),
                None => word.parse(),
            };
            return number
                .map(Value::Number)
                .map_err(|_| format!("{word:?} is no number"));
        }
        if self.take("(") {
            let value = self.sum(0)?;
            if !self.take(")") {
                return Err("`)` is missing".to_owned());
            }
            return match (word, value) {
                // RFC 4632 §3.1: as many ones from the left as the prefix is long.
                ("mask", Value::Number(length @ 0..=32)) => {
                    Ok(Value::Number((0xffff_ffff << (32 - length)) & 0xffff_ffff))
                }
                ("len", Value::Text(text)) => Ok(Value::Number(text.len() as i64)),
                (word, value) => Err(format!("{word} of {value:?} is nothing")),
            };
        }
        let value = self.names.get(word).cloned();
        value.ok_or_else(|| format!("nothing is called {word:?}"))
    }
}

fn apply(operator: &str, left: Value, right: Value) -> Result<Value, String> {
    let (Value::Number(a), Value::Number(b)) = (&left, &right) else {
        return Err(format!("{left:?} {operator} {right:?} is nothing"));
    };
    let (a, b) = (*a, *b);
    let places = u32::try_from(b).ok().filter(|places| *places < 63);
    let value = match operator {
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "&" => Some(a & b),
        "<<" => places.and_then(|places| a.checked_mul(1_i64.checked_shl(places)?)),
        ">>" => places.and_then(|places| a.checked_shr(places)),
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    value
        .map(Value::Number)
        .ok_or_else(|| format!("{a} {operator} {b} is nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(definitions: &[&str], text: &str) -> Result<String, String> {
        let definitions: Vec<String> = definitions.iter().map(|d| (*d).to_owned()).collect();
        let names = define(&definitions, &mut Random::new("seed", "question"))?;
        fill(text, &names)
    }

    #[test]
    fn sums_bind_as_they_do_in_rust_and_every_form_is_written() {
        let definitions = ["a = 0xac1005c8", "l = 20", "w = 'Ada'", "n = 65507"];
        for (text, expected) in [
            ("no braces", "no braces"),
            ("{2 + 3 * 4 - 10 / 5}", "12"),
            ("{(2 + 3) * 4 % 7}", "6"),
            ("{1 | 6 & 3 ^ 1}", "3"),
            ("{1 << 4 + 1} {64 >> 2}", "32 16"),
            ("{a & mask(l):ip}/{l}", "172.16.0.0/20"),
            ("{a | mask(l) ^ 0xffffffff:ip}", "172.16.15.255"),
            ("{mask(0)} {mask(32):hex8}", "0 ffffffff"),
            (
                "{w} is {w:octets}, {len(w)} octets",
                "Ada is 41 64 61, 3 octets",
            ),
            ("{len(w):octets4}", "00 00 00 03"),
            (
                "{n:thousands} {n * 1000:thousands} {999:thousands}",
                "65,507 65,507,000 999",
            ),
            ("{5:bits8} {255:hex4}", "00000101 00ff"),
        ] {
            assert_eq!(
                filled(&definitions, text).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, words) in [
            ("{", "not closed"),
            ("{}", "a number or a name is missing"),
            ("{x}", "nothing is called \"x\""),
            ("{1 +}", "missing"),
            ("{1 2}", "\"2\" is left over"),
            ("{(1}", "`)` is missing"),
            ("{1 / 0}", "1 / 0 is nothing"),
            ("{9223372036854775807 + 1}", "is nothing"),
            ("{1 << 64}", "is nothing"),
            ("{1 << 63}", "is nothing"),
            ("{'a' + 1}", "is nothing"),
            ("{mask(33)}", "is nothing"),
            ("{0x1_0}", "no number"),
            ("{300:octets1}", "does not fit 1 octets"),
            ("{1:octets}", "does not fit 0 octets"),
            ("{1 - 2:ip}", "-1 is no address"),
            ("{1:roman}", "no form"),
        ] {
            let told = filled(&[], text).expect_err(text);
            assert!(told.contains(words), "{text}: {told}");
        }
        for (definition, words) in [
            ("n", "is asked for"),
            ("a b = 1", "is no name"),
            ("n = 3..2", "is no range"),
            ("n = 'a'..2", "is no number"),
            ("n = []", "missing"),
        ] {
            let told = filled(&[definition], "").expect_err(definition);
            assert!(told.contains(words), "{definition}: {told}");
        }
        let twice = filled(&["n = 1", "n = 2"], "").expect_err("twice");
        assert!(twice.contains("defined twice"), "{twice}");
    }

    #[test]
    fn both_ends_of_a_range_and_every_item_of_a_list_come() {
        let mut seen = std::collections::BTreeSet::new();
        for word in 0..100 {
            let random = &mut Random::new(&word.to_string(), "q");
            let definitions = ["n = 3..5", "w = ['a', 'b']"].map(str::to_owned);
            let names = define(&definitions, random).expect("they are right");
            seen.insert(fill("{n}{w}", &names).expect("it is right"));
        }
        assert_eq!(
            seen.into_iter().collect::<Vec<_>>(),
            ["3a", "3b", "4a", "4b", "5a", "5b"]
        );
    }
}
