//! Very large classes: a part of one, graded by itself, and the parts put
//! together again. `merge` takes nothing on trust: every submission is there
//! once, as its part wrote it, and all parts were graded in the same way.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anstream::println;
use netlings::course::Trouble;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::pack::hex;
use super::result::{Graded, Grader, Status};
use super::results::{Results, whole};
use crate::Verdict;

/// Arguments of `merge`.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cargo netlings merge shard-results --out results")]
pub struct Args {
    /// The folders that `grade --shard` wrote to.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// The folder for the results of all.
    #[arg(long)]
    out: PathBuf,
}

/// One part of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let read = || {
            let (index, count) = text.split_once('/')?;
            Some((index.parse().ok()?, count.parse().ok()?))
        };
        match read() {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err("I/N with I from 1 to N, for example 2/8".to_owned()),
        }
    }
}

impl Shard {
    /// Whether a submission belongs to it.
    pub fn has(self, submission: &str) -> bool {
        let digest = Sha256::digest(submission);
        let hash = digest
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first));
        hash % self.count == self.index - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// What is said of a part: its manifest, which is written last.
#[derive(Debug, Deserialize, Serialize)]
pub struct Part {
    schema: String,
    shard: Shard,
    lab: String,
    grader: Grader,
    /// How many submissions the class has, and the digest of their names.
    class_count: usize,
    class_sha256: String,
    /// The submissions of this part, each with the digest of its record.
    submissions: BTreeMap<String, String>,
    /// The records, one a line; in a file of their own.
    #[serde(skip)]
    lines: String,
}

const SCHEMA: &str = "netlings/shard/v1";

impl Part {
    /// The part of `class` that these records are.
    pub fn new(shard: Shard, class: &[String], grader: &Grader, all: &[Graded]) -> Part {
        let mut lines = String::new();
        let mut submissions = BTreeMap::new();
        for graded in all {
            let line = serde_json::to_string(graded).unwrap_or_default();
            submissions.insert(graded.submission.clone(), hex(&Sha256::digest(&line)));
            lines += &line;
            lines.push('\n');
        }
        Part {
            schema: SCHEMA.to_owned(),
            shard,
            lab: all
                .first()
                .map(|graded| graded.lab.clone())
                .unwrap_or_default(),
            grader: grader.clone(),
            class_count: class.len(),
            class_sha256: digest_of(class.iter().map(String::as_str)),
            submissions,
            lines,
        }
    }

    /// Writes the records, and then the manifest that vouches for them.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, folder: &Path) -> Result<(), Trouble> {
        let name = format!("shard-{}-of-{}", self.shard.index, self.shard.count);
        let manifest = serde_json::to_vec_pretty(self).unwrap_or_default();
        whole(&folder.join(format!("{name}.jsonl")), self.lines.as_bytes())
            .and_then(|()| whole(&folder.join(format!("{name}.json")), &manifest))
            .map_err(|error| Trouble::Ours(format!("{}: {error}", folder.display())))
    }

    /// Reads a part back, with its records.
    fn read(manifest: &Path) -> Result<(Part, Vec<Graded>), String> {
        let said = |error: &dyn fmt::Display| format!("{}: {error}", manifest.display());
        let text = fs::read(manifest).map_err(|error| said(&error))?;
        let part: Part = serde_json::from_slice(&text).map_err(|error| said(&error))?;
        if part.schema != SCHEMA {
            return Err(said(&format!("a {:?}, not a {SCHEMA:?}", part.schema)));
        }
        let lines = manifest.with_extension("jsonl");
        let lines =
            fs::read_to_string(&lines).map_err(|error| format!("{}: {error}", lines.display()))?;
        let mut all = Vec::new();
        for line in lines.lines() {
            let graded: Graded = serde_json::from_str(line).map_err(|error| said(&error))?;
            if part.submissions.get(&graded.submission) != Some(&hex(&Sha256::digest(line))) {
                return Err(said(&format!(
                    "the record of {:?} is not the one that was written",
                    graded.submission
                )));
            }
            all.push(graded);
        }
        if all.len() != part.submissions.len() {
            return Err(said(&format!(
                "{} records for {} submissions",
                all.len(),
                part.submissions.len()
            )));
        }
        Ok((part, all))
    }

    /// What must be equal in all parts of a class.
    fn common(&self) -> (u64, &str, &Grader, usize, &str) {
        (
            self.shard.count,
            &self.lab,
            &self.grader,
            self.class_count,
            &self.class_sha256,
        )
    }
}

fn digest_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for name in names {
        digest.update(name);
        digest.update([0]);
    }
    hex(&digest.finalize())
}

/// Runs the command.
///
/// # Errors
/// [`Trouble::Ours`] with what is to be run again: nothing is written then.
pub fn run(args: &Args) -> Result<Verdict, Trouble> {
    let mut manifests = Vec::new();
    for folder in &args.folders {
        let entries = fs::read_dir(folder)
            .map_err(|error| Trouble::Misuse(format!("{}: {error}", folder.display())))?;
        let paths = entries.flatten().map(|entry| entry.path());
        manifests.extend(paths.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("shard-") && name.ends_with(".json")
        }));
    }
    manifests.sort();
    let mut parts = Vec::new();
    for manifest in &manifests {
        parts.push(Part::read(manifest).map_err(Trouble::Ours)?);
    }
    let all = put_together(parts).map_err(Trouble::Ours)?;
    let results = Results::open(&args.out, false)?;
    for graded in &all {
        let written = results.write(graded);
        written.map_err(|error| Trouble::Ours(format!("{}: {error}", args.out.display())))?;
    }
    results.write_all(&all)?;
    println!("{} submissions from {} shards", all.len(), manifests.len());
    Ok(Verdict::Pass)
}

/// The records of all parts, each submission once; or what is wrong with them.
fn put_together(parts: Vec<(Part, Vec<Graded>)>) -> Result<Vec<Graded>, String> {
    // A part of few may be empty, and then knows no lab.
    let Some(count) = parts.first().map(|(part, _)| part.shard.count) else {
        return Err("there are no shards here".to_owned());
    };
    let named: Vec<&Part> = parts
        .iter()
        .map(|(part, _)| part)
        .filter(|part| !part.lab.is_empty())
        .collect();
    if let [first, rest @ ..] = named.as_slice()
        && let Some(other) = rest.iter().find(|part| part.common() != first.common())
    {
        return Err(format!(
            "shards {} and {} do not belong together: {:?} and {:?}",
            first.shard,
            other.shard,
            first.common(),
            other.common()
        ));
    }
    let is_there = |index: u64| parts.iter().any(|(part, _)| part.shard.index == index);
    let missing: Vec<String> = (1..=count)
        .filter(|&index| !is_there(index))
        .map(|index| format!("--shard {index}/{count}"))
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "shards are missing; run again: {}",
            missing.join(", ")
        ));
    }
    let mut all: BTreeMap<String, Graded> = BTreeMap::new();
    let mut ungraded = Vec::new();
    for (part, records) in &parts {
        for graded in records {
            if !part.shard.has(&graded.submission) {
                return Err(format!(
                    "{:?} does not belong to shard {}",
                    graded.submission, part.shard
                ));
            }
            if graded.status == Status::Error {
                ungraded.push(format!(
                    "--shard {}: {:?}: {}",
                    part.shard, graded.submission, graded.reason
                ));
            }
            if all
                .insert(graded.submission.clone(), graded.clone())
                .is_some()
            {
                return Err(format!("{:?} is there twice", graded.submission));
            }
        }
    }
    if !ungraded.is_empty() {
        return Err(format!(
            "not all could be graded; run again:\n{}",
            ungraded.join("\n")
        ));
    }
    let digest = digest_of(all.keys().map(String::as_str));
    match named.first() {
        Some(first) if first.class_sha256 != digest || first.class_count != all.len() => {
            Err(format!(
                "the class has {} submissions, and the shards have {}: they saw different folders",
                first.class_count,
                all.len()
            ))
        }
        Some(_) => Ok(all.into_values().collect()),
        None => Err("the shards have no submissions".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::Built;
    use super::*;

    const COUNT: u64 = 64;

    fn grader(sandbox: &str) -> Grader {
        Grader {
            version: "0".to_owned(),
            pack_sha256: "aa".to_owned(),
            rustc: "rustc".to_owned(),
            sandbox: sandbox.to_owned(),
        }
    }

    fn graded(submission: &str, grader: &Grader) -> Graded {
        Graded {
            schema: "netlings/result/v1".to_owned(),
            lab: "hello".to_owned(),
            submission: submission.to_owned(),
            sha256: String::new(),
            graded_at: String::new(),
            due: None,
            seed: String::new(),
            grader: grader.clone(),
            status: Status::Graded,
            reason: String::new(),
            score: 1,
            max_score: 2,
            build: Built::default(),
            tests: Vec::new(),
        }
    }

    fn write(folder: &Path, class: &[String], index: u64, count: u64, grader: &Grader) {
        let shard = Shard { index, count };
        let own = class.iter().filter(|name| shard.has(name));
        let all: Vec<Graded> = own.map(|name| graded(name, grader)).collect();
        let part = Part::new(shard, class, grader, &all);
        part.write(folder).expect("a file");
    }

    fn merged(folder: &Path) -> Result<Vec<Graded>, String> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().extension().is_some_and(|end| end == "json") {
                parts.push(Part::read(&entry.path())?);
            }
        }
        put_together(parts)
    }

    fn refusal(folder: &Path) -> String {
        merged(folder).expect_err("it is refused")
    }

    #[test]
    fn of_10000_in_64_shards_none_is_lost_and_none_doubled() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let mut class: Vec<String> = (0..10_000).map(|number| format!("s{number}")).collect();
        class.sort();
        let ours = grader("L3");
        for index in 1..=COUNT {
            write(folder, &class, index, COUNT, &ours);
        }
        let names = |all: Vec<Graded>| -> Vec<String> {
            all.into_iter().map(|graded| graded.submission).collect()
        };
        assert_eq!(merged(folder).map(names), Ok(class.clone()));

        // Killed before its manifest was there, and before its last record was.
        let path = |name: &str| folder.join(name);
        fs::remove_file(path("shard-7-of-64.json")).expect("it is there");
        assert!(refusal(folder).contains("run again: --shard 7/64"));
        write(folder, &class, 7, COUNT, &ours);
        let lines = fs::read_to_string(path("shard-7-of-64.jsonl")).expect("it is there");
        let (cut, _) = lines.trim_end().rsplit_once('\n').expect("several");
        fs::write(path("shard-7-of-64.jsonl"), cut).expect("it is ours");
        assert!(refusal(folder).contains("records for"));
        fs::write(
            path("shard-7-of-64.jsonl"),
            lines.replacen("\"score\":1", "\"score\":2", 1),
        )
        .expect("it is ours");
        assert!(refusal(folder).contains("is not the one that was written"));

        write(folder, &class, 7, COUNT, &grader("L2"));
        assert!(refusal(folder).contains("do not belong together"));
        let (_, fewer) = class.split_last().expect("many");
        write(folder, fewer, 7, COUNT, &ours);
        assert!(refusal(folder).contains("do not belong together"));
        write(folder, &class, 7, COUNT, &ours);
        write(folder, &class, 1, 2, &ours);
        assert!(refusal(folder).contains("do not belong together"));
        fs::remove_file(path("shard-1-of-2.json")).expect("it is there");
        assert_eq!(merged(folder).map(names), Ok(class));
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["0/8", "9/8", "1/0", "1", "a/b", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
