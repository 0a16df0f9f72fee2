//! `netlings update`: a newer course, and the learner's work kept.
//!
//! Both versions and the work are merged in memory, as trees of git; then whose
//! a file is decides, not luck: a given file is the new version's, and in a
//! learner's file the learner's lines stay. Nothing is written before all of the
//! work is saved where nothing loses it, `refs/netlings/before/DATE`.

mod apply;
mod from;
mod git;
mod merge;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{print, println};
use netlings::course::Trouble;
use netlings::date;
use netlings::progress::Progress;
use serde::{Deserialize, Serialize};

use crate::{Place, Verdict};
use git::{Entries, Entry, Git, TreePath};

/// Arguments of `update`.
#[derive(clap::Args)]
#[command(
    after_help = "Your files stay; given files and new labs come in. Before anything is written, all of your work is\n\
    saved in git as refs/netlings/before/DATE, and --undo brings it back. If the update itself was\n\
    interrupted and netlings no longer builds: git restore --source refs/netlings/before/DATE .\n\n\
    Examples:\n  cargo netlings update --dry-run      what would change\n  \
    cargo netlings update                shows it, asks, does it\n  \
    cargo netlings update --undo         back to what was before the last update\n  \
    cargo netlings update --from ../netlings-1.2.0    without git: your work out of the old folder"
)]
pub struct Args {
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Put back what was there before the last update.
    #[arg(long, conflicts_with_all = ["dry_run", "from"])]
    undo: bool,
    /// Without git: this folder is the newer course, and that one holds your work.
    #[arg(long, value_name = "OLD_DIR")]
    from: Option<PathBuf>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints, and what the text says.
#[derive(Default, Serialize)]
struct Document {
    version: u32,
    /// Whether it was done.
    applied: bool,
    /// Where all of the work is kept; `null` if nothing was written.
    saved: Option<String>,
    from: Version,
    to: Version,
    #[serde(flatten)]
    changes: Changes,
}

/// A version of the course.
#[derive(Default, Serialize)]
struct Version {
    /// As its `Cargo.toml` says.
    version: String,
    /// `14 Sep 2026`; empty without git.
    day: String,
    /// Empty without git.
    commit: String,
}

impl Version {
    fn text(&self) -> String {
        if self.day.is_empty() {
            self.version.clone()
        } else {
            format!("{} ({})", self.version, self.day)
        }
    }
}

/// What an update changes.
#[derive(Default, Serialize)]
struct Changes {
    /// Labs that come in.
    new: Vec<NewLab>,
    /// Labs that the new version does not have.
    gone: Vec<String>,
    moved: Vec<Moved>,
    given: Given,
    yours: Vec<Yours>,
    /// How many of the learner's files hold work and stay as they are.
    untouched: usize,
    /// Passed steps whose checks or files changed.
    checks: Vec<Again>,
    /// Whatever else is to be known.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct NewLab {
    lab: String,
    steps: usize,
}

/// A learner's file that has another path now.
#[derive(Serialize)]
struct Moved {
    from: String,
    to: String,
    /// Whether there was work in it, which went along.
    with_work: bool,
}

#[derive(Default, Serialize)]
struct Given {
    /// How many of the course's own files are others now.
    replaced: usize,
    /// Those that the learner had changed; theirs is where all is saved.
    changed: Vec<String>,
}

/// A learner's file that both sides changed.
#[derive(Default, Serialize)]
struct Yours {
    path: String,
    /// `merged`, `kept` (both changed the same lines: yours stand) or
    /// `left_over` (no longer part of the course).
    state: &'static str,
    signatures: Vec<Signature>,
    /// Functions that are new and stand at the file's end now.
    added: Vec<String>,
    /// Functions that are new and could not be put in.
    missing: Vec<String>,
}

/// A stub that is to be called in another way.
#[derive(Serialize)]
struct Signature {
    name: String,
    before: String,
    after: String,
    step: Option<u8>,
}

#[derive(Serialize)]
struct Again {
    lab: String,
    steps: Vec<u8>,
}

/// Whose the files of a lab are, as its `lab.toml` says; what else a later
/// version says there is not asked.
#[derive(Deserialize)]
struct Table {
    yours: Vec<String>,
    #[serde(default)]
    steps: Vec<toml::Table>,
}

type Tables = BTreeMap<String, Table>;

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    if args.json && !args.yes && !args.dry_run {
        return Err(Trouble::Misuse(
            "with --json nothing is asked: add --dry-run or --yes".to_owned(),
        ));
    }
    if !(args.yes || args.dry_run || is_on_terminal()) {
        return Err(Trouble::Misuse(
            "update asks before it writes, and there is no terminal to ask on: add --dry-run to see what it would \
             do, or --yes. Nothing was changed"
                .to_owned(),
        ));
    }
    if let Some(old) = &args.from {
        return from::run(place, args, old);
    }
    let root = &place.course.root;
    let git = Git::open(root)?;
    if let Some(why) = git.busy()? {
        return Err(Trouble::Misuse(why));
    }
    if args.undo {
        return undo(root, &git, args);
    }
    let (remote, url) = git.remote()?;
    let upstream = git.fetch(&remote, &url, &[])?;
    let head = git.commit("HEAD")?;
    if git.is_ancestor(&upstream, &head)? {
        let version = version(&git, &upstream)?;
        if args.json {
            let document = Document {
                version: 1,
                from: self::version(&git, &upstream)?,
                to: version,
                ..Document::default()
            };
            print_json(&document)?;
        } else {
            println!(
                "You have the newest version that {url} has: {}. Nothing was changed.\n\nGo on: cargo run",
                version.text()
            );
        }
        return Ok(Verdict::Pass);
    }
    let mut notes = Vec::new();
    let (base, upstream) = common(&git, &remote, &url, &head, upstream, &mut notes)?;
    let plan = Plan::new(&git, &head, &base, &upstream)?;
    let mut changes = changes(place, &git, &plan)?;
    changes.notes.append(&mut notes);
    if git.branch().is_none() {
        let note = "HEAD is detached (no branch is checked out), and stays so";
        changes.notes.push(note.to_owned());
    }
    let mut document = Document {
        version: 1,
        from: version(&git, &base)?,
        to: version(&git, &upstream)?,
        changes,
        ..Document::default()
    };
    if args.dry_run {
        return tell(&document, args, "").map(|()| Verdict::Pass);
    }
    refuse_what_cannot_be_written(root, &plan)?;
    let saved = save(&git, &plan.work, &plan.index, &head, "before")?;
    document.saved = Some(saved.clone());
    if !args.yes {
        tell(&document, args, "")?;
        if !agreed() {
            git.forget(&saved);
            println!("Nothing was changed.");
            return Ok(Verdict::Pass);
        }
    }
    plan.carry_out(root, &git, "netlings update")?;
    document.applied = true;
    if own_remote(root, &git, &remote, &url)? {
        document.changes.notes.push(
            "the course's remote is called upstream now, and nothing can be pushed to it by accident"
                .to_owned(),
        );
    }
    if args.yes {
        tell(&document, args, "")?;
    }
    if !args.json {
        println!("\nDone. Go on: cargo run     Undo: cargo netlings update --undo");
    }
    Ok(Verdict::Pass)
}

/// Where the two histories part, and the newest version; commits.
fn common(
    git: &Git,
    remote: &str,
    url: &str,
    head: &str,
    upstream: String,
    notes: &mut Vec<String>,
) -> Result<(String, String), Trouble> {
    if let Some(base) = git.merge_base(head, &upstream) {
        return Ok((base, upstream));
    }
    let mut upstream = upstream;
    if git.is_shallow() {
        // A clone without its history: fetch as much as is needed.
        upstream = git.fetch(remote, url, &["--unshallow"])?;
        if let Some(base) = git.merge_base(head, &upstream) {
            return Ok((base, upstream));
        }
    }
    // Another history with the same course in it: the version that this one
    // says it is, by its tag.
    let own = version(git, head)?.version;
    let tagged = [format!("v{own}"), own.clone()]
        .iter()
        .find_map(|tag| git.fetch_tag(remote, tag));
    match tagged {
        Some(base) => {
            notes.push(format!(
                "this history has nothing in common with {url}; it was compared with version {own} there"
            ));
            Ok((base, upstream))
        }
        None => Err(Trouble::Ours(format!(
            "the history here and that of {url} have nothing in common, and there is no version {own} with a tag. \
             Nothing was changed. Clone the newer course beside this one, and there run\n\n  \
             cargo netlings update --from THIS_FOLDER"
        ))),
    }
}

fn own_remote(root: &Path, git: &Git, remote: &str, url: &str) -> Result<bool, Trouble> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let repository = package(&manifest, "repository").unwrap_or_default();
    git.own_remote(remote, url, &repository)
}

/// A field of the workspace's package.
fn package(manifest: &str, field: &str) -> Option<String> {
    let manifest: toml::Table = toml::from_str(manifest).ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    Some(package.get(field)?.as_str()?.to_owned())
}

fn version(git: &Git, commit: &str) -> Result<Version, Trouble> {
    let manifest = git.line(&["show", &format!("{commit}:Cargo.toml")]);
    let version = manifest.ok().and_then(|text| package(&text, "version"));
    Ok(Version {
        version: version.unwrap_or_else(|| "a version without a number".to_owned()),
        day: git.day(commit)?,
        commit: git.commit(commit)?,
    })
}

// ---------------------------------------------------------------- the plan

/// What the folder, the index and HEAD are to become.
struct Plan {
    head: String,
    /// The tree of all that is in the folder now, and its files.
    work: String,
    work_files: Entries,
    /// The tree of what is staged now.
    index: String,
    base_files: Entries,
    upstream_files: Entries,
    /// The learner's files by their new paths, with their old ones.
    renames: BTreeMap<TreePath, TreePath>,
    /// What the folder is to hold.
    files: Entries,
    settled: Settled,
    new_index: String,
    new_head: String,
}

/// How the learner's files were settled, by their new path.
type Settled = BTreeMap<TreePath, Yours>;

impl Plan {
    fn new(git: &Git, head: &str, base: &str, upstream: &str) -> Result<Plan, Trouble> {
        let work = git.everything()?;
        let index = git.staged()?;
        let head_tree = git.tree(head)?;
        let base_tree = git.tree(base)?;
        let merger = Merger {
            git,
            base: git.entries(base)?,
            upstream: git.entries(upstream)?,
            base_tree: base_tree.clone(),
            upstream_tree: git.tree(upstream)?,
        };
        let tables = (
            merger.tables(&merger.base)?,
            merger.tables(&merger.upstream)?,
        );
        let (files, settled) = merger.settle(&work, &tables)?;
        // What of it is committed and what is staged is settled in the same way.
        let forward = git.is_ancestor(head, upstream)? || head_tree == base_tree;
        let new_head = if forward {
            upstream.to_owned()
        } else {
            let (files, _) = merger.settle(&head_tree, &tables)?;
            let tree = git.make_tree(&files)?;
            let message = format!("netlings: update to {}", version(git, upstream)?.version);
            git.make_commit(&tree, &[head, upstream], &message, true)?
        };
        let new_index = if index == head_tree {
            git.tree(&new_head)?
        } else {
            git.make_tree(&merger.settle(&index, &tables)?.0)?
        };
        let mut renames = git.renames(base, upstream)?;
        renames.retain(|new, old| is_yours(&tables.1, new) && is_yours(&tables.0, old));
        Ok(Plan {
            head: head.to_owned(),
            work_files: git.entries(&work)?,
            work,
            index,
            base_files: merger.base,
            upstream_files: merger.upstream,
            renames,
            files,
            settled,
            new_index,
            new_head,
        })
    }

    /// Writes the files, then the index, then HEAD: ended in between, it can be
    /// done again.
    fn carry_out(&self, root: &Path, git: &Git, why: &str) -> Result<(), Trouble> {
        if git.everything()? != self.work {
            return Err(Trouble::Misuse(
                "your files have changed meanwhile, so nothing was changed; update again"
                    .to_owned(),
            ));
        }
        apply::write(root, git, &self.work_files, &self.files)?;
        git.stage(&self.new_index)?;
        git.point("HEAD", &self.new_head, &self.head, why)
    }
}

fn refuse_what_cannot_be_written(root: &Path, plan: &Plan) -> Result<(), Trouble> {
    apply::refuse(root, &plan.work_files, &plan.files)
}

/// Merges trees that began as the same version of the course.
struct Merger<'a> {
    git: &'a Git,
    base: Entries,
    upstream: Entries,
    base_tree: String,
    upstream_tree: String,
}

impl Merger<'_> {
    /// The tables of all labs in a tree.
    fn tables(&self, files: &Entries) -> Result<Tables, Trouble> {
        let mut tables = Tables::new();
        for (path, entry) in files {
            let path = String::from_utf8_lossy(path);
            let lab = path
                .strip_prefix("labs/")
                .and_then(|path| path.strip_suffix("/lab.toml"));
            let Some(lab) = lab.filter(|lab| !lab.contains('/')) else {
                continue;
            };
            let text = self.git.blob(&entry.oid)?;
            let table = toml::from_slice(&text).map_err(|error| {
                Trouble::Ours(format!(
                    "{path} of the other version cannot be read: {error}"
                ))
            })?;
            tables.insert(lab.to_owned(), table);
        }
        Ok(tables)
    }

    /// The files that the tree `ours` becomes, and how the learner's were
    /// settled.
    fn settle(&self, ours: &str, tables: &(Tables, Tables)) -> Result<(Entries, Settled), Trouble> {
        let (old, new) = tables;
        let merged = self.git.merge(&self.base_tree, ours, &self.upstream_tree)?;
        let ours = self.git.entries(ours)?;
        let mut files = Entries::new();
        let mut settled = Settled::new();
        for (path, theirs) in &self.upstream {
            let entry = if is_yours(new, path) {
                match merged.conflicts.get(path) {
                    Some(stages) => self.learners(path, stages, theirs, &mut settled)?,
                    None => merged.entries.get(path).unwrap_or(theirs).clone(),
                }
            } else if is_notes(path) && !merged.conflicts.contains_key(path) {
                merged.entries.get(path).unwrap_or(theirs).clone()
            } else {
                theirs.clone()
            };
            files.insert(path.clone(), entry);
        }
        for (path, entry) in &merged.entries {
            if self.upstream.contains_key(path) {
                continue;
            }
            match self.base.get(path) {
                // The learner's own.
                None => drop(files.insert(path.clone(), entry.clone())),
                Some(base) if is_yours(old, path) && !self.is_same(entry, base)? => {
                    files.insert(path.clone(), entry.clone());
                    let state = "left_over";
                    settled.insert(
                        path.clone(),
                        Yours {
                            state,
                            ..Yours::default()
                        },
                    );
                }
                // The course's, and it has it no more.
                Some(_) => {}
            }
        }
        // A folder in labs without a manifest would stop cargo altogether.
        let without: BTreeSet<String> = files
            .keys()
            .filter_map(|path| lab_of(path))
            .filter(|lab| !files.contains_key(format!("labs/{lab}/Cargo.toml").as_bytes()))
            .collect();
        files.retain(|path, _| {
            lab_of(path)
                .is_none_or(|lab| !without.contains(&lab) || ours_alone(&ours, &self.base, &lab))
        });
        settled.retain(|path, _| files.contains_key(path));
        Ok((files, settled))
    }

    /// A file of the learner's that both sides changed.
    fn learners(
        &self,
        path: &TreePath,
        stages: &[Option<Entry>; 3],
        theirs: &Entry,
        settled: &mut Settled,
    ) -> Result<Entry, Trouble> {
        let [base, ours, _] = stages;
        let Some(ours) = ours else {
            return Ok(theirs.clone()); // the learner has removed it
        };
        let Some(base) = base else {
            // Both have made it: the learner's stays.
            let state = "kept";
            settled.insert(
                path.clone(),
                Yours {
                    state,
                    ..Yours::default()
                },
            );
            return Ok(ours.clone());
        };
        let blob = |entry: &Entry| self.git.blob(&entry.oid);
        let (mine, old, new) = (blob(ours)?, blob(base)?, blob(theirs)?);
        let text = merge::learners(&mine, &old, &new, |ours, base, theirs| {
            self.git.merge_file(ours, base, theirs)
        })?;
        if text.octets == new {
            return Ok(theirs.clone()); // nothing of the learner's was in it
        }
        settled.insert(
            path.clone(),
            Yours {
                state: "kept",
                added: text.added,
                missing: text.missing,
                ..Yours::default()
            },
        );
        Ok(Entry {
            mode: theirs.mode.clone(),
            oid: self.git.keep(&text.octets)?,
        })
    }

    fn is_same(&self, one: &Entry, other: &Entry) -> Result<bool, Trouble> {
        is_same(self.git, one, other)
    }
}

/// Whether two files differ in their line ends at most.
fn is_same(git: &Git, one: &Entry, other: &Entry) -> Result<bool, Trouble> {
    let text = |entry: &Entry| git.blob(&entry.oid).map(|octets| merge::with_lf(&octets));
    Ok(one.oid == other.oid || text(one)? == text(other)?)
}

/// Whether the folder of this lab is the learner's own altogether: the course
/// never had it, so it stays as it is.
fn ours_alone(ours: &Entries, base: &Entries, lab: &str) -> bool {
    let in_lab = |path: &TreePath| lab_of(path).as_deref() == Some(lab);
    ours.keys().any(in_lab) && !base.keys().any(in_lab)
}

/// `hello` of `labs/hello/src/main.rs`.
fn lab_of(path: &[u8]) -> Option<String> {
    let path = String::from_utf8_lossy(path);
    let (lab, _) = path.strip_prefix("labs/")?.split_once('/')?;
    Some(lab.to_owned())
}

fn is_yours(tables: &Tables, path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path);
    let inside = path
        .strip_prefix("labs/")
        .and_then(|path| path.split_once('/'));
    inside.is_some_and(|(lab, file)| {
        let table = tables.get(lab);
        table.is_some_and(|table| table.yours.iter().any(|yours| yours == file))
    })
}

/// Whether this is a chapter, in which a reader may have made notes.
fn is_notes(path: &[u8]) -> bool {
    path.starts_with(b"book/src/") && path.ends_with(b".md")
}

// ---------------------------------------------------------------- what it changes

fn changes(place: &Place, git: &Git, plan: &Plan) -> Result<Changes, Trouble> {
    let merger = Merger {
        git,
        base: plan.base_files.clone(),
        upstream: plan.upstream_files.clone(),
        base_tree: String::new(),
        upstream_tree: String::new(),
    };
    let old = merger.tables(&plan.base_files)?;
    let new = merger.tables(&plan.upstream_files)?;
    let mut changes = Changes::default();
    for (lab, table) in &new {
        if !old.contains_key(lab) {
            let (lab, steps) = (lab.clone(), table.steps.len());
            changes.new.push(NewLab { lab, steps });
        }
    }
    changes.gone = old
        .keys()
        .filter(|lab| !new.contains_key(*lab))
        .cloned()
        .collect();
    for lab in &changes.gone {
        if place.course.root.join("labs").join(lab).exists() {
            changes.notes.push(format!(
                "what you have in labs/{lab} goes to .netlings/kept, and is in the saved ref"
            ));
        }
    }
    for (path, file) in &plan.work_files {
        let Some(base) = plan.base_files.get(path) else {
            continue;
        };
        let is_given = !is_yours(&old, path) && !is_yours(&new, path);
        if is_given && plan.files.get(path) != Some(file) {
            changes.given.replaced += 1;
            let kept = plan
                .files
                .get(path)
                .is_some_and(|new| is_notes(path) && !same_oid(new, plan.upstream_files.get(path)));
            if !kept && !is_same(git, file, base)? {
                changes.given.changed.push(shown(path));
            }
        }
    }
    for path in plan.files.keys().filter(|path| is_yours(&new, path)) {
        let old_path = plan.renames.get(path).unwrap_or(path);
        let (Some(mine), Some(base), Some(theirs)) = (
            plan.work_files.get(old_path),
            plan.base_files.get(old_path),
            plan.upstream_files.get(path),
        ) else {
            continue;
        };
        let worked = !is_same(git, mine, base)?;
        if old_path != path {
            changes.moved.push(Moved {
                from: shown(old_path),
                to: shown(path),
                with_work: worked,
            });
        }
        if !worked || is_same(git, base, theirs)? {
            changes.untouched += usize::from(worked && old_path == path);
            continue;
        }
        let mut yours = Yours {
            path: shown(path),
            state: "merged",
            signatures: merge::signatures(&git.blob(&base.oid)?, &git.blob(&theirs.oid)?),
            ..Yours::default()
        };
        if let Some(settled) = plan.settled.get(path) {
            yours.state = settled.state;
            yours.added.clone_from(&settled.added);
            yours.missing.clone_from(&settled.missing);
        }
        changes.yours.push(yours);
    }
    let elsewhere = plan.settled.iter().filter(|(path, yours)| {
        yours.state == "left_over"
            || !plan.base_files.contains_key(*path) && !plan.renames.contains_key(*path)
    });
    changes.yours.extend(elsewhere.map(|(path, yours)| Yours {
        path: shown(path),
        state: yours.state,
        ..Yours::default()
    }));
    changes.checks = to_check_again(place, plan);
    Ok(changes)
}

fn same_oid(one: &Entry, other: Option<&Entry>) -> bool {
    other.is_some_and(|other| other.oid == one.oid)
}

/// The steps that have passed, of labs whose checks or given files are others
/// now.
fn to_check_again(place: &Place, plan: &Plan) -> Vec<Again> {
    let (progress, _) = Progress::load(&place.course.root);
    let differs = |path: &TreePath| plan.base_files.get(path) != plan.upstream_files.get(path);
    let paths: BTreeSet<&TreePath> = plan
        .base_files
        .keys()
        .chain(plan.upstream_files.keys())
        .collect();
    let changed: Vec<String> = paths
        .into_iter()
        .filter(|path| differs(path))
        .map(|path| shown(path))
        .collect();
    let again = progress
        .labs
        .keys()
        .map(|lab| (lab, progress.passed(lab)))
        .filter(|(_, passed)| !passed.is_empty());
    let again = again.filter(|(lab, _)| {
        let mine = |path: &String| {
            ["labs", "tests/checks"].iter().any(|folder| {
                let rest = path.strip_prefix(&format!("{folder}/{lab}"));
                rest.is_some_and(|rest| rest.starts_with(['/', '.']))
            })
        };
        changed.iter().any(mine)
    });
    again
        .map(|(lab, steps)| Again {
            lab: lab.clone(),
            steps,
        })
        .collect()
}

/// A path of a tree, to be read.
fn shown(path: &[u8]) -> String {
    netlings::report::harmless(&String::from_utf8_lossy(path))
}

// ---------------------------------------------------------------- saving, and back

/// Keeps trees as a commit under `refs/netlings/KIND/DATE`, and gives its name.
fn save(git: &Git, work: &str, index: &str, head: &str, kind: &str) -> Result<String, Trouble> {
    let branch = git.branch().unwrap_or_else(|| "none".to_owned());
    let message = format!("netlings: work before the update\n\nbranch: {branch}");
    let staged = if index == git.tree(head)? {
        None
    } else {
        Some(git.make_commit(index, &[head], "netlings: what was staged", false)?)
    };
    let parents: Vec<&str> = [head].into_iter().chain(staged.as_deref()).collect();
    let commit = git.make_commit(work, &parents, &message, false)?;
    let date = date::now();
    let date = date.get(..10).unwrap_or(&date).to_owned();
    let taken = git.references(&format!("refs/netlings/{kind}"))?;
    let mut name = format!("refs/netlings/{kind}/{date}");
    for number in 2.. {
        if !taken.contains(&name) {
            break;
        }
        name = format!("refs/netlings/{kind}/{date}-{number}");
    }
    git.point(&name, &commit, "", &message)?;
    Ok(name)
}

/// Puts back what was there before the last update; what is there now is saved.
fn undo(root: &Path, git: &Git, args: &Args) -> Result<Verdict, Trouble> {
    let saved = git.references("refs/netlings/before")?;
    let Some(saved) = saved.first() else {
        return Err(Trouble::Misuse(
            "no update was made here, so there is nothing to undo".to_owned(),
        ));
    };
    let branch = git.branch().unwrap_or_else(|| "none".to_owned());
    let message = git.line(&["show", "--no-patch", "--format=%B", saved])?;
    let was_on = message
        .lines()
        .find_map(|line| line.strip_prefix("branch: "));
    if let Some(was_on) = was_on.filter(|was_on| *was_on != branch) {
        return Err(Trouble::Misuse(format!(
            "the update was made on {was_on}, and here is {branch}; switch back to it first. Nothing was changed"
        )));
    }
    let head = git.commit("HEAD")?;
    let old_head = git.commit(&format!("{saved}^1"))?;
    let old_index = git
        .tree(&format!("{saved}^2"))
        .or_else(|_| git.tree(&old_head))?;
    let (work, index) = (git.everything()?, git.staged()?);
    let old_work = git.tree(saved)?;
    if work == old_work && head == old_head {
        println!(
            "Everything is as it was before the update ({saved}). Nothing was changed.\n\nGo on: cargo run"
        );
        return Ok(Verdict::Pass);
    }
    let plan = Plan {
        work_files: git.entries(&work)?,
        files: git.entries(&old_work)?,
        new_index: old_index,
        new_head: old_head,
        base_files: Entries::new(),
        upstream_files: Entries::new(),
        renames: BTreeMap::new(),
        settled: Settled::new(),
        head,
        work,
        index,
    };
    refuse_what_cannot_be_written(root, &plan)?;
    let count = apply::differing(&plan.work_files, &plan.files).count();
    if !args.json {
        println!("Back to {saved}: {count} files, what you have written since among them.");
    }
    if !args.yes && !agreed() {
        println!("Nothing was changed.");
        return Ok(Verdict::Pass);
    }
    let undone = save(git, &plan.work, &plan.index, &plan.head, "undone")?;
    plan.carry_out(root, git, "netlings update --undo")?;
    if args.json {
        let document = Document {
            version: 1,
            applied: true,
            saved: Some(undone),
            from: version(git, &plan.head)?,
            to: version(git, &plan.new_head)?,
            ..Document::default()
        };
        print_json(&document)?;
    } else {
        println!("Done. What was there is saved: {undone}\n\nGo on: cargo run");
    }
    Ok(Verdict::Pass)
}

// ---------------------------------------------------------------- telling, asking

fn print_json(document: &Document) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
    std::println!("{text}");
    Ok(())
}

/// Says what the update changes; `from` is the folder of the work, if it is
/// another.
fn tell(document: &Document, args: &Args, from: &str) -> Result<(), Trouble> {
    if args.json {
        return print_json(document);
    }
    match (&document.saved, from) {
        (Some(saved), "") => {
            println!("  your work is saved: {saved}   (undo: cargo netlings update --undo)");
        }
        (Some(saved), _) => println!("  what was here is kept in {saved}"),
        _ => {}
    }
    let (mut old, mut new) = (document.from.text(), document.to.text());
    if old == new {
        // Between two versions of one day, the commits tell.
        for (text, version) in [(&mut old, &document.from), (&mut new, &document.to)] {
            if let Some(commit) = version.commit.get(..8) {
                *text = format!("{text}, {commit}");
            }
        }
    }
    println!("  from {old} to {new}\n");
    for (name, lines) in rows(&document.changes, from) {
        for (index, line) in lines.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            println!("  {name:<10} {line}");
        }
    }
    if !document.applied && args.dry_run {
        println!(
            "\nNothing was changed. To do it: cargo netlings update{}",
            if from.is_empty() {
                String::new()
            } else {
                format!(" --from {from}")
            }
        );
    }
    Ok(())
}

/// How many names are told before the rest is counted.
const NAMES_MAX: usize = 8;

fn rows(changes: &Changes, from: &str) -> Vec<(&'static str, Vec<String>)> {
    let mut rows: Vec<(&'static str, Vec<String>)> = Vec::new();
    let s = |count: usize| if count == 1 { "" } else { "s" };
    for new in &changes.new {
        let steps = format!("lab {} ({} step{})", new.lab, new.steps, s(new.steps));
        rows.push(("new", vec![steps]));
    }
    for gone in &changes.gone {
        rows.push(("gone", vec![format!("lab {gone}")]));
    }
    for moved in &changes.moved {
        let note = if moved.with_work {
            "   your code went along"
        } else {
            ""
        };
        rows.push((
            "moved",
            vec![format!("{} → {}{note}", moved.from, moved.to)],
        ));
    }
    let given = &changes.given;
    if given.replaced > 0 {
        let mut lines = vec![format!(
            "{} file{} replaced",
            given.replaced,
            s(given.replaced)
        )];
        let count = given.changed.len();
        if count > 0 {
            let which = if count == 1 { "one" } else { "some" };
            let whose = "yours is in the saved ref";
            lines.push(format!("{which} you had changed ({whose}):"));
            lines.extend(
                given
                    .changed
                    .iter()
                    .take(NAMES_MAX)
                    .map(|path| format!("    {path}")),
            );
            if count > NAMES_MAX {
                lines.push(format!("    and {} more", count - NAMES_MAX));
            }
        }
        rows.push(("given", lines));
    }
    for yours in &changes.yours {
        let mut lines = vec![match yours.state {
            "merged" => format!("{}: your lines, with what is new in the stub", yours.path),
            "kept" => format!(
                "{}: kept; where both changed the same lines, yours stand",
                yours.path
            ),
            "taken" => format!("{}: taken along", yours.path),
            _ => format!("{}: kept, though the course has it no more", yours.path),
        }];
        for signature in &yours.signatures {
            lines.push("Its stub changed from".to_owned());
            lines.push(format!("    {}", signature.before));
            lines.push(format!("to  {}", signature.after));
            if let Some(step) = signature.step {
                lines.push(format!("! step {step} to do again"));
            }
        }
        for added in &yours.added {
            lines.push(format!("{added}() is new and stands at its end"));
        }
        for missing in &yours.missing {
            lines.push(format!("{missing}() is new and not in it yet; `cargo netlings show` names the file with the stub"));
        }
        rows.push(("yours", lines));
    }
    if changes.untouched > 0 {
        let stay = format!(
            "{} file{} with your work, as before",
            changes.untouched,
            s(changes.untouched)
        );
        rows.push(("yours", vec![stay]));
    }
    for again in &changes.checks {
        let steps: Vec<String> = again.steps.iter().map(u8::to_string).collect();
        rows.push((
            "checks",
            vec![format!(
                "{} changed: step{} {} to check again",
                again.lab,
                s(steps.len()),
                steps.join(", ")
            )],
        ));
    }
    rows.extend(
        changes
            .notes
            .iter()
            .map(|note| ("note", vec![note.clone()])),
    );
    if rows.is_empty() {
        let what = if from.is_empty() {
            "nothing of yours is touched"
        } else {
            "nothing of yours is in there"
        };
        rows.push(("", vec![what.to_owned()]));
    }
    rows
}

fn is_on_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks on the terminal.
fn agreed() -> bool {
    print!("\n  apply? [y/N] ");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
