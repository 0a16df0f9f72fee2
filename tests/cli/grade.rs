//! `netlings grade`: from a folder of submissions to grades, on results that
//! hold against broken and hostile programs.
//!
//! A submission is copied in, built in a jail over the teacher's crate, and
//! each check runs it in a jail of its own. What comes out is one record a
//! submission, written when it is whole, and the formats made from it.

mod formats;
mod intake;
pub mod merge;
pub mod pack;
pub mod plan;
mod result;
mod results;
mod summary;
mod workshop;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anstream::println;
use netlings::cargo::{self, Build};
use netlings::check::{Check, LabChecks, Outcome};
use netlings::course::{Lab, Trouble};
use netlings::date;
use netlings::jail::{Jail, Jailer, Level};
use netlings::report::{self, Look, Pointers};
use netlings::runner::{self, Checked, Checker, Plan};
use netlings::trial::Program;
use netlings::wait::Cancel;

use crate::{Place, Verdict};
use merge::{Part, Shard};
use pack::Pack;
use result::{Built, Graded, Grader, SCHEMA, Status, Test, TestStatus};
use results::Results;
use workshop::Workshop;

/// Arguments of `grade`.
#[derive(clap::Args)]
#[command(
    after_help = "FOLDER has a folder for each submission, named after the student; in it the lab's files lie as in\n\
    the course (labs/NAME/src/...), as in the lab (src/...) or side by side. Nothing else is read.\n\n\
    Examples:\n  cargo netlings grade --new-pack pack.toml\n  \
    cargo netlings grade submissions --lab framing --pack pack.toml --out results\n  \
    cargo netlings grade submissions --lab framing --pack pack.toml --out results --resume"
)]
pub struct Args {
    /// The folder of submissions.
    #[arg(required_unless_present = "new_pack")]
    folder: Option<PathBuf>,
    /// The lab that was handed in.
    #[arg(long, required_unless_present = "new_pack")]
    lab: Option<String>,
    /// The teacher's pack.
    #[arg(long, required_unless_present = "new_pack")]
    pack: Option<PathBuf>,
    /// The folder for the results.
    #[arg(long, required_unless_present = "new_pack")]
    out: Option<PathBuf>,
    /// How many submissions at a time; one more than there are processors, if it is
    /// not said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Go on where an earlier run ended.
    #[arg(long)]
    resume: bool,
    /// One part of n: `2/8`. Each submission belongs to one of them.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// How much stands between a program and this machine.
    #[arg(long, value_name = "LEVEL", default_value = "L3")]
    isolation: Level,
    /// Write a new pack to this file, and no more.
    #[arg(long, value_name = "FILE", exclusive = true)]
    new_pack: Option<PathBuf>,
}

/// The exit status of a shard that would fail again in the same way.
const DO_NOT_RETRY: i32 = 42;

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let done = grade(place, args);
    if let (Some(_), Err(Trouble::Misuse(what))) = (args.shard, &done) {
        eprintln!("netlings: {what}");
        std::process::exit(DO_NOT_RETRY);
    }
    done
}

fn grade(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    if let Some(path) = &args.new_pack {
        Pack::create(path)?;
        println!("{}: a new pack, with a new key", path.display());
        return Ok(Verdict::Pass);
    }
    let (Some(folder), Some(lab), Some(pack), Some(out)) =
        (&args.folder, &args.lab, &args.pack, &args.out)
    else {
        return Err(Trouble::Misuse(
            "FOLDER, --lab, --pack and --out".to_owned(),
        ));
    };
    if args.isolation == Level::L1 {
        return Err(Trouble::Misuse(
            "L1 is no jail: a grade needs L3, or L2 where namespaces are refused".to_owned(),
        ));
    }
    let no_process = |error| Trouble::Ours(format!("no process: {error}"));
    let jailer = Jailer::new().map_err(no_process)?;
    let checker = Arc::new(Checker::new().map_err(no_process)?);
    let selection = place.course.select(lab, &place.here)?;
    let checks = selection.lab;
    let lab = place.course.lab(checks.lab)?;
    let (pack, pack_sha256) = Pack::load(pack)?;
    let listed = list(folder)?;
    for said in &listed.odd {
        eprintln!("netlings: {said}");
    }
    let class = listed.submissions;
    if class.is_empty() {
        return Err(Trouble::Misuse(format!(
            "{} has no submissions: a folder for each is expected",
            folder.display()
        )));
    }
    let mut submissions = class.clone();
    if let Some(shard) = args.shard {
        submissions.retain(|submission| shard.has(submission));
    }
    let results = Results::open(out, args.resume || args.shard.is_some())?;
    let workroom = Workroom::new()?;
    eprintln!("building {} with its stubs ...", lab.name);
    let workshop = Workshop::open(place, &lab, args.isolation, &workroom.path, jailer)?;
    let grader = Grader {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pack_sha256,
        rustc: workshop.rustc.clone(),
        sandbox: format!("{:?}", args.isolation),
    };
    let shortfall = match cargo::build(&place.course.root, &["netlings-shortfall"], false) {
        Build::Built(paths) => paths.into_iter().next(),
        _ => None,
    };
    if shortfall.is_none() {
        eprintln!("netlings: without the library to preload, some checks count for nobody");
    }
    let in_turn = args.isolation != Level::L3 && !rustix::process::geteuid().is_root();
    let grading = Grading {
        place,
        checks,
        lab: &lab,
        pack: &pack,
        folder,
        workroom: &workroom.path,
        workshop,
        checker,
        grader,
        level: args.isolation,
        in_turn,
        shortfall,
        results: &results,
    };
    let jobs = match args.jobs {
        _ if in_turn => 1,
        Some(jobs) => usize::from(jobs),
        // One more than there are processors: each waits for its programs at times.
        None => 1 + thread::available_parallelism().map_or(2, usize::from),
    };
    let all = grading.all(&submissions, jobs)?;
    match args.shard {
        Some(shard) => Part::new(shard, &class, &grading.grader, &all).write(out)?,
        None => results.write_all(&all)?,
    }
    summarise(&all);
    let trouble = all.iter().filter(|graded| graded.status == Status::Error);
    match trouble.count() {
        0 => Ok(Verdict::Pass),
        count => Err(Trouble::Ours(format!(
            "{count} of {} could not be graded; --resume tries them again",
            all.len()
        ))),
    }
}

/// What a folder of submissions holds.
struct Listed {
    submissions: Vec<String>,
    /// What is no submission, in words.
    odd: Vec<String>,
}

/// Every folder in `folder` is a submission; what is not is reported.
fn list(folder: &Path) -> Result<Listed, Trouble> {
    let entries = fs::read_dir(folder)
        .map_err(|error| Trouble::Misuse(format!("{}: {error}", folder.display())))?;
    let mut submissions: Vec<String> = Vec::new();
    let mut odd = Vec::new();
    for entry in entries.flatten() {
        let name: OsString = entry.file_name();
        let shown = name.to_string_lossy().escape_debug().to_string();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        match name.into_string() {
            Ok(name) if is_folder => submissions.push(name),
            Ok(_) => odd.push(format!("\"{shown}\" is no folder and no submission")),
            Err(_) => odd.push(format!("\"{shown}\": a name that is not UTF-8; not graded")),
        }
    }
    submissions.sort();
    // A results folder on another system could not tell them apart.
    let mut by_fold: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for submission in &submissions {
        let same = by_fold.entry(submission.to_lowercase()).or_default();
        same.push(submission);
    }
    let doubled = by_fold.values().filter(|same| same.len() > 1);
    odd.extend(
        doubled.map(|same| format!("{same:?}: one name, in upper and lower case; both are graded")),
    );
    Ok(Listed { submissions, odd })
}

/// A folder for the time of the run, which nobody else can look into.
struct Workroom {
    path: PathBuf,
    /// Held by a run that is under way.
    _lock: fs::File,
}

/// What the names of all workrooms begin with.
const WORKROOM: &str = "netlings-grade-";

impl Workroom {
    fn new() -> Result<Workroom, Trouble> {
        use std::os::unix::fs::DirBuilderExt;
        let temp = std::env::temp_dir();
        Workroom::clear(&temp);
        let path = temp.join(format!("{WORKROOM}{:016x}", fastrand::u64(..)));
        // A user to whom root gives a place within has to get there.
        let mode = if rustix::process::geteuid().is_root() {
            0o711
        } else {
            0o700
        };
        fs::DirBuilder::new()
            .mode(mode)
            .create(&path)
            .and_then(|()| Workroom::lock(&path))
            .map(|_lock| Workroom {
                path: path.clone(),
                _lock,
            })
            .map_err(|error| Trouble::Ours(format!("{}: {error}", path.display())))
    }

    /// Takes the lock of a workroom, if nobody has it.
    fn lock(path: &Path) -> io::Result<fs::File> {
        let lock = fs::File::create(path.join("lock"))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        Ok(lock)
    }

    /// Removes the workrooms of ours that a killed run has left.
    fn clear(temp: &Path) {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        for entry in fs::read_dir(temp).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_string_lossy().starts_with(WORKROOM)
                && entry
                    .metadata()
                    .is_ok_and(|about| about.is_dir() && about.uid() == own);
            if is_ours && Workroom::lock(&entry.path()).is_ok() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Workroom {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// All that one submission's grading needs.
struct Grading<'a> {
    place: &'a Place,
    checks: &'static LabChecks,
    lab: &'a Lab,
    pack: &'a Pack,
    folder: &'a Path,
    workroom: &'a Path,
    workshop: Workshop,
    checker: Arc<Checker>,
    grader: Grader,
    level: Level,
    /// Without namespaces, an ordinary user's limits count for all that this
    /// user runs: two programs at a time could harm each other.
    in_turn: bool,
    shortfall: Option<PathBuf>,
    results: &'a Results,
}

impl Grading<'_> {
    /// Grades all, `jobs` at a time, and gives the records in the order of the
    /// names.
    fn all(&self, submissions: &[String], jobs: usize) -> Result<Vec<Graded>, Trouble> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Graded>> = Mutex::default();
        let failed: Mutex<Option<Trouble>> = Mutex::default();
        thread::scope(|scope| {
            for _ in 0..jobs.min(submissions.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(submission) = submissions.get(index) else {
                            break;
                        };
                        match self.one(submission, index) {
                            Ok(graded) => {
                                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                                done.push(graded);
                                if let Some(last) = done.last() {
                                    progress(last, done.len(), submissions.len());
                                }
                            }
                            Err(error) => {
                                let what = format!("{}: {error}", self.results.folder.display());
                                let mut failed =
                                    failed.lock().unwrap_or_else(PoisonError::into_inner);
                                *failed = Some(Trouble::Ours(what));
                                next.store(submissions.len(), Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        if let Some(trouble) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(trouble);
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by(|a, b| a.submission.cmp(&b.submission));
        Ok(done)
    }

    /// Grades one submission and writes its results.
    fn one(&self, submission: &str, index: usize) -> io::Result<Graded> {
        let slot = self.workroom.join(format!("submission-{index}"));
        let files = slot.join("files");
        fs::create_dir_all(&files)?;
        let graded = self.grade(submission, &slot, &files);
        let _ = fs::remove_dir_all(&slot);
        let (graded, known) = graded?;
        if !known {
            self.results.write(&graded)?;
        }
        Ok(graded)
    }

    fn grade(&self, submission: &str, slot: &Path, files: &Path) -> io::Result<(Graded, bool)> {
        let taken = intake::take(&self.folder.join(submission), self.lab, files)?;
        if let Some(known) = self.results.known(submission, &taken.sha256, &self.grader) {
            return Ok((known, true));
        }
        if taken.missing.is_empty() {
            self.results.keep_source(submission, files)?;
        }
        let seed = self.pack.seed(self.checks.lab, submission, &taken.sha256);
        let mut graded = Graded {
            schema: SCHEMA.to_owned(),
            lab: self.checks.lab.to_owned(),
            submission: submission.to_owned(),
            sha256: taken.sha256,
            graded_at: date::now(),
            due: self.pack.due(self.checks),
            seed: format!("{seed:x}"),
            grader: self.grader.clone(),
            status: Status::Graded,
            reason: String::new(),
            score: 0,
            max_score: 0,
            build: Built::default(),
            tests: Vec::new(),
        };
        if !taken.missing.is_empty() {
            graded.build.output = format!("files present: no\n{}", taken.missing.join("\n"));
            graded.tests = self.none_run("the lab's files are not all there");
        } else {
            match self.workshop.build(files, slot) {
                workshop::Outcome::Program(program, built) => {
                    graded.build = built;
                    graded.tests = self.check(&program, seed);
                }
                workshop::Outcome::Broken(built) => {
                    graded.build = built;
                    graded.tests = self.none_run("it does not build");
                }
                workshop::Outcome::Trouble(what) => {
                    graded.status = Status::Error;
                    graded.reason = what;
                    graded.tests = self.none_run("it could not be built here");
                }
            }
        }
        if let Some(error) = graded
            .tests
            .iter()
            .find(|test| test.status == TestStatus::Error)
        {
            graded.status = Status::Error;
            graded.reason = format!("{}: {}", error.id, error.message);
        }
        graded.score = graded.tests.iter().map(|test| test.score).sum();
        graded.max_score = graded.tests.iter().map(|test| test.max_score).sum();
        Ok((graded, false))
    }

    /// Runs every check, and those that waited in vain, or that had trouble of
    /// ours, up to twice more. A program most of whose checks wait does so by
    /// itself, and not for a busy machine.
    fn check(&self, program: &Path, seed: u64) -> Vec<Test> {
        let plan = Plan {
            netlings: std::env::current_exe().unwrap_or_else(|_| "netlings".into()),
            program: Program {
                command: vec![program.into()],
                shortfall: self.shortfall.clone(),
                jail: Some(Jail::new(self.level)),
            },
            seed,
            root: self.place.course.root.clone(),
            at_once: self.in_turn.then_some(1),
            // Submissions are checked side by side, and reports are read elsewhere.
            keeps_captures: false,
            cancel: Cancel::default(),
            checker: Some(self.checker.clone()),
        };
        let all: Vec<_> = self.checks.checks.iter().collect();
        let mut checked = runner::run(&plan, self.checks, &all, |_, _| {});
        let mut attempts = vec![1; checked.len()];
        let in_vain = |checked: &Checked| match &checked.outcome {
            Outcome::Fail(report) => report.waited,
            Outcome::Error { .. } => true,
            _ => false,
        };
        for _ in 0..2 {
            if checked.iter().filter(|checked| in_vain(checked)).count() * 4 > checked.len() {
                break;
            }
            let waited: Vec<usize> = (0..)
                .zip(&checked)
                .filter_map(|(index, checked)| in_vain(checked).then_some(index))
                .collect();
            let these: Vec<_> = waited
                .iter()
                .filter_map(|&index| all.get(index).copied())
                .collect();
            let again = runner::run(&plan, self.checks, &these, |_, _| {});
            for (index, again) in waited.into_iter().zip(again) {
                if let (Some(checked), Some(attempts)) =
                    (checked.get_mut(index), attempts.get_mut(index))
                {
                    *checked = again;
                    *attempts += 1;
                }
            }
        }
        let tests = all.iter().zip(checked).zip(attempts);
        tests
            .map(|((check, checked), attempts)| self.test(check, &checked, seed, attempts))
            .collect()
    }

    fn test(&self, check: &Check, checked: &Checked, seed: u64, attempts: u32) -> Test {
        // What cannot be run on this machine counts for nobody.
        let max_score = match checked.outcome {
            Outcome::Skip { .. } => 0,
            _ => self.pack.points(self.checks, check),
        };
        let (status, cause, message) = match &checked.outcome {
            Outcome::Pass => (TestStatus::Passed, String::new(), String::new()),
            Outcome::Fail(report) => {
                let pointers = Pointers {
                    page: format!("book/src/{}.md#{}", self.checks.lab, check.section),
                    again: format!(
                        "cargo netlings check {}/{} --seed {seed:x}",
                        self.checks.lab, check.step
                    ),
                    program: format!("lab-{}", self.checks.lab),
                };
                let cause = match &report.mistake {
                    Some(mistake) => mistake.clone(),
                    None if report.waited => "timeout".to_owned(),
                    None => String::new(),
                };
                let text = report::block(report, &pointers, Look::PLAIN);
                (TestStatus::Failed, cause, text)
            }
            Outcome::Todo { step, task } => {
                let said = format!("the stub of step {step} was reached: {task}");
                (TestStatus::Failed, "todo".to_owned(), said)
            }
            Outcome::Skip { reason } => (TestStatus::Skipped, String::new(), reason.clone()),
            Outcome::Error { reason } => (TestStatus::Error, String::new(), reason.clone()),
        };
        Test {
            id: check.name.to_owned(),
            name: check.sentence(),
            step: check.step,
            score: if status == TestStatus::Passed {
                max_score
            } else {
                0
            },
            status,
            max_score,
            visibility: self.pack.visibility(self.checks, check),
            ms: u64::try_from(checked.took.as_millis()).unwrap_or(u64::MAX),
            attempts,
            cause,
            message,
        }
    }

    /// Every check, as not run.
    fn none_run(&self, why: &str) -> Vec<Test> {
        let checks = self.checks.checks.iter().map(|check| Test {
            id: check.name.to_owned(),
            name: check.sentence(),
            step: check.step,
            status: TestStatus::Skipped,
            score: 0,
            max_score: self.pack.points(self.checks, check),
            visibility: self.pack.visibility(self.checks, check),
            ms: 0,
            attempts: 0,
            cause: String::new(),
            message: why.to_owned(),
        });
        checks.collect()
    }
}

/// One line a submission; on a terminal it takes the place of the last.
fn progress(graded: &Graded, done: usize, count: usize) {
    let name = formats::plain(&graded.submission).replace(['\n', '\t'], " ");
    let line = format!(
        "[{done}/{count}] {name}: {}",
        match graded.status {
            Status::Graded => format!("{} of {}", graded.score, graded.max_score),
            Status::Error => format!("not graded: {}", graded.reason),
        }
    );
    let mut err = io::stderr().lock();
    let _ = if io::stderr().is_terminal() {
        let line: String = line.chars().take(Look::of_stdout().width).collect();
        let end = if done == count { "\n" } else { "" };
        write!(err, "\r\x1b[K{line}{end}")
    } else {
        writeln!(err, "{line}")
    };
}

fn summarise(all: &[Graded]) {
    let graded = all.iter().filter(|graded| graded.status == Status::Graded);
    let mut scores: Vec<u32> = graded.map(|graded| graded.score).collect();
    scores.sort_unstable();
    let median = scores.get(scores.len() / 2).copied().unwrap_or_default();
    let most = all
        .iter()
        .map(|graded| graded.max_score)
        .max()
        .unwrap_or_default();
    println!(
        "{} graded, median {median} of {most} points, {} not built",
        scores.len(),
        all.iter().filter(|graded| !graded.build.ok).count()
    );
}
