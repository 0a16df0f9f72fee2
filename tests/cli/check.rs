//! `netlings check`: build a lab, check it once, say what was seen.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use netlings::cargo::{self, Build};
use netlings::check::{Check, LabChecks, Need, Outcome};
use netlings::checks;
use netlings::course::{Lab, Tree, Trouble};
use netlings::date;
#[cfg(target_os = "linux")]
use netlings::jail::{Jail, Level};
use netlings::progress::{self, Progress};
use netlings::report::{self, Look, Pointers};
use netlings::runner::{self, Checked, Plan};
use netlings::trial::Program;
use netlings::wait::Cancel;

use crate::results::{self, Document, LabDocument, Last, Test};
use crate::{Place, Verdict, doctor};

/// Arguments of `check`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo netlings check hello          every step of the lab\n  \
    cargo netlings check hello/2        one step\n  \
    cargo netlings check hello --exec \"python3 my_hello.py\"\n  \
    cargo netlings check --tree solutions"
)]
pub struct Args {
    /// A lab or a step; without it, the lab you are in, or all of them.
    #[arg(value_name = "LAB[/STEP]")]
    selection: Option<String>,
    /// Which programs: yours, or the reference.
    #[arg(long, default_value = "labs")]
    tree: Tree,
    /// Check this command instead of a lab's program; arguments are appended.
    #[arg(long, value_name = "CMD", conflicts_with = "tree")]
    exec: Option<String>,
    /// The seed of everything random, in hex, as a report prints it.
    #[arg(long, value_name = "HEX", value_parser = seed)]
    seed: Option<u64>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Every failure's report, not the first alone, with every line of it.
    #[arg(long)]
    verbose: bool,
    /// Keep the program in the jail that `grade` keeps it in: L3, or L2 where
    /// namespaces are refused.
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "LEVEL", conflicts_with = "exec")]
    isolation: Option<Level>,
    /// The signs of ASCII alone, for a terminal that lacks others.
    #[arg(long)]
    ascii: bool,
}

/// Reads a seed: 1 to 16 hex digits.
pub fn seed(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16).map_err(|_| "1 to 16 hex digits, for example 7f3a".to_owned())
}

/// A seed that is short enough to type.
pub fn any_seed() -> u64 {
    u64::from(fastrand::u16(..))
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let seed = args.seed.unwrap_or_else(any_seed);
    let selections = match &args.selection {
        Some(text) => {
            let selection = place.course.select(text, &place.here)?;
            vec![(selection.lab, selection.step)]
        }
        None => match place.course.lab_around(&place.here) {
            Some(lab) => vec![(lab, None)],
            None => place
                .course
                .labs()
                .into_iter()
                .map(|lab| (lab, None))
                .collect(),
        },
    };
    if args.exec.is_some() && selections.len() > 1 {
        return Err(Trouble::Misuse(
            "which lab is it? Name it: check LAB --exec CMD".to_owned(),
        ));
    }
    if let Some(command) = &args.exec {
        words(command)?;
    }
    let mut documents = Vec::new();
    let mut all_pass = true;
    let mut trouble = false;
    let several = selections.len() > 1;
    for (checks, step) in selections {
        let lab = match place.course.lab(checks.lab) {
            Ok(lab) => lab,
            // One lab that is not whole keeps nobody from the others.
            Err(why) if several => {
                eprintln!("netlings: {why}");
                documents.push(LabDocument {
                    lab: checks.lab.to_owned(),
                    status: "error".to_owned(),
                    message: why.to_string(),
                    ..LabDocument::default()
                });
                trouble = true;
                continue;
            }
            Err(why) => return Err(why),
        };
        let subject = match &args.exec {
            Some(command) => Subject::Command(command.clone()),
            None => Subject::Tree(args.tree),
        };
        let own = matches!(subject, Subject::Tree(Tree::Labs));
        let hash = progress::fingerprint(&place.course.root, &lab, checks);
        let which = step.map_or(Which::All, |step| Which::Steps(vec![step]));
        let mut run = LabRun::new(place, checks, lab, subject, which, seed);
        run.look.verbose = args.verbose;
        run.look.ascii |= args.ascii;
        #[cfg(target_os = "linux")]
        {
            let jail = args.isolation.filter(|&level| level != Level::L1);
            run.jail = jail.map(Jail::new);
        }
        let result = if args.json {
            run.quietly()
        } else {
            run.aloud()
        };
        if own && let Some(trouble) = result.remember(place, &hash) {
            eprintln!("netlings: {trouble}");
        }
        all_pass &= result.all_pass();
        trouble |= result.trouble();
        let document = result.document();
        if !matches!(result.subject, Subject::Tree(Tree::Solutions)) {
            Last::keep(&place.course.root, &document, &hash);
        }
        documents.push(document);
    }
    if args.json {
        let document = Document {
            version: results::VERSION,
            seed: format!("{seed:x}"),
            labs: documents,
        };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    }
    match (trouble, all_pass) {
        (true, _) => Err(Trouble::Ours(
            "some checks could not be run; see above".to_owned(),
        )),
        (false, true) => Ok(Verdict::Pass),
        (false, false) => Ok(Verdict::Fail),
    }
}

/// What is checked.
pub enum Subject {
    /// A lab's program in one of the trees.
    Tree(Tree),
    /// Any command, as it was given.
    Command(String),
}

/// Splits a command at blanks; quotes keep blanks, a backslash keeps a quote.
pub fn words(command: &str) -> Result<Vec<OsString>, Trouble> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) if !cfg!(windows) => {
                word.get_or_insert_default().extend(letters.next())
            }
            (letter, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ' | '\t', None) => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err(Trouble::Misuse(format!(
            "--exec {command:?}: a quote is not closed"
        )));
    }
    words.extend(word);
    let Some(program) = words.first() else {
        return Err(Trouble::Misuse("--exec needs a command".to_owned()));
    };
    // Elsewhere a program may have an ending that its name leaves out.
    if cfg!(unix) && doctor::in_path(program).is_none() {
        let place = if program.contains('/') {
            "is not there"
        } else {
            "is not in the PATH"
        };
        return Err(Trouble::Misuse(format!(
            "--exec {command:?}: the program {program} {place}"
        )));
    }
    Ok(words.into_iter().map(OsString::from).collect())
}

/// One lab, about to be checked.
pub struct LabRun<'a> {
    place: &'a Place,
    checks: &'static LabChecks,
    lab: Lab,
    subject: Subject,
    which: Which,
    /// This check alone, of those.
    pub only: Option<&'static str>,
    #[cfg(target_os = "linux")]
    jail: Option<Jail>,
    seed: u64,
    look: Look,
}

/// Which steps are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// These.
    Steps(Vec<u8>),
    /// From the first to the first that does not pass.
    UntilOpen,
}

/// What a run has to say while it runs.
pub enum Heard<'a> {
    /// The program is built.
    Built,
    /// A check is done.
    Checked(&'static Check, &'a Checked),
}

/// What checking a lab came to.
pub struct LabResult {
    lab: Lab,
    /// Why nothing could be run: does not compile, and the like.
    pub unbuilt: Option<Unbuilt>,
    /// What each check came to.
    pub results: Vec<(&'static Check, Checked)>,
    seed: u64,
    subject: Subject,
    look: Look,
}

/// Why there is no program.
#[derive(Clone)]
pub enum Unbuilt {
    /// The learner's to mend: the code, the manifest, the command.
    Yours(String),
    /// Not the learner's.
    Ours(String),
}

impl<'a> LabRun<'a> {
    /// A run of these steps of the lab.
    pub fn new(
        place: &'a Place,
        checks: &'static LabChecks,
        lab: Lab,
        subject: Subject,
        which: Which,
        seed: u64,
    ) -> Self {
        LabRun {
            place,
            checks,
            lab,
            subject,
            which,
            only: None,
            #[cfg(target_os = "linux")]
            jail: None,
            seed,
            look: Look::of_stdout(),
        }
    }

    /// Builds and checks without a word.
    pub fn quietly(self) -> LabResult {
        self.run(None, |_| {})
    }

    /// Builds and checks without a word, until `cancel` says otherwise; then
    /// the result means nothing.
    pub fn watched(self, cancel: &Cancel, each: impl FnMut(Heard<'_>)) -> LabResult {
        self.run(Some(cancel), each)
    }

    /// Builds and checks, and prints each result as it is known and the first
    /// failure's report.
    pub fn aloud(self) -> LabResult {
        let steps = self.lab.steps.clone();
        let name = self.lab.name.clone();
        let look = self.look;
        println!("{}: {}", bold(&name), self.lab.title);
        let mut heading = 0;
        let mut told = String::new();
        let result = self.run(None, |heard| {
            let Heard::Checked(check, checked) = heard else {
                return;
            };
            if check.step != heading {
                heading = check.step;
                let title = steps
                    .get(usize::from(heading).wrapping_sub(1))
                    .map_or("", |step| step.title.as_str());
                println!("\n step {heading}: {title}");
            }
            print_result(check, checked, look, &mut told);
        });
        result.print_end();
        result
    }

    fn run(self, cancel: Option<&Cancel>, mut each: impl FnMut(Heard<'_>)) -> LabResult {
        let root = &self.place.course.root;
        let mut result = LabResult {
            lab: self.lab,
            subject: self.subject,
            unbuilt: None,
            results: Vec::new(),
            seed: self.seed,
            look: self.look,
        };
        let last = u8::try_from(result.lab.steps.len()).unwrap_or(u8::MAX);
        // Steps that are run together; a group that does not pass is the last.
        let groups: Vec<Vec<u8>> = match self.which {
            Which::All => vec![(1..=last).collect()],
            Which::Steps(steps) => vec![steps],
            Which::UntilOpen => (1..=last).map(|step| vec![step]).collect(),
        };
        let of = |group: &[u8]| -> Vec<&'static Check> {
            self.checks
                .checks
                .iter()
                .filter(|check| group.contains(&check.step))
                .filter(|check| self.only.is_none_or(|only| only == check.name))
                .collect()
        };
        let short = of(&groups.concat())
            .iter()
            .any(|check| check.needs.contains(&Need::Shortfall));
        let program = match program(root, &result.lab, &result.subject, short, cancel) {
            #[cfg(target_os = "linux")]
            Ok(program) => Program {
                jail: self.jail.clone(),
                ..program
            },
            #[cfg(not(target_os = "linux"))]
            Ok(program) => program,
            Err(unbuilt) => {
                result.unbuilt = Some(unbuilt);
                return result;
            }
        };
        each(Heard::Built);
        let netlings = match std::env::current_exe() {
            Ok(netlings) => netlings,
            Err(error) => {
                result.unbuilt = Some(Unbuilt::Ours(format!(
                    "netlings cannot find itself: {error}"
                )));
                return result;
            }
        };
        let plan = Plan {
            netlings,
            program,
            seed: self.seed,
            root: root.clone(),
            at_once: None,
            keeps_captures: true,
            cancel: cancel.cloned().unwrap_or_default(),
            #[cfg(target_os = "linux")]
            checker: None,
        };
        for group in groups {
            let checks = of(&group);
            let outcomes = runner::run(&plan, self.checks, &checks, |check, checked| {
                each(Heard::Checked(check, checked));
            });
            result.results.extend(checks.into_iter().zip(outcomes));
            if !result.all_pass() {
                break;
            }
        }
        result
    }
}

/// The package of the library that makes system calls fall short.
const SHORTFALL: &str = "netlings-shortfall";

/// Builds what is to be checked, and the library that makes system calls fall
/// short if `short` and this system can preload it.
fn program(
    root: &Path,
    lab: &Lab,
    subject: &Subject,
    short: bool,
    cancel: Option<&Cancel>,
) -> Result<Program, Unbuilt> {
    let library = (short && cfg!(target_os = "linux")).then_some(SHORTFALL);
    let (command, package) = match subject {
        Subject::Command(command) => (
            words(command).map_err(|why| Unbuilt::Yours(why.to_string()))?,
            None,
        ),
        Subject::Tree(tree) => {
            let folder = tree.folder();
            if !root.join(folder).join(&lab.name).is_dir() {
                return Err(Unbuilt::Ours(format!(
                    "{folder}/{} is not there: nothing to build",
                    lab.name
                )));
            }
            (Vec::new(), Some(tree.package(&lab.name)))
        }
    };
    let own: Vec<&str> = package.as_deref().into_iter().collect();
    let packages: Vec<&str> = own.iter().copied().chain(library).collect();
    let built = match build(root, lab, &packages, cancel) {
        // The library is ours; without it the checks that need it are skipped.
        Err(Unbuilt::Yours(said) | Unbuilt::Ours(said)) if said.contains(SHORTFALL) => {
            build(root, lab, &own, cancel)?
        }
        built => built?,
    };
    let mut built = built.into_iter();
    let command = match package {
        Some(_) => built
            .next()
            .map(PathBuf::into_os_string)
            .into_iter()
            .collect(),
        None => command,
    };
    Ok(Program {
        command,
        shortfall: built.next(),
        #[cfg(target_os = "linux")]
        jail: None,
    })
}

fn build(
    root: &Path,
    lab: &Lab,
    packages: &[&str],
    cancel: Option<&Cancel>,
) -> Result<Vec<PathBuf>, Unbuilt> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let built = match cancel {
        None => cargo::build(root, packages, colour),
        Some(cancel) => cargo::build_unless(cancel, root, packages)
            .ok_or_else(|| Unbuilt::Ours("the build was cancelled".to_owned()))?,
    };
    match built {
        Build::Built(paths) => Ok(paths),
        Build::Broken(said) => Err(Unbuilt::Yours(format!(
            "{} does not compile:\n\n{}",
            lab.name,
            said.trim_end()
        ))),
        Build::Manifest(said) => {
            // It may be another lab's; and `cargo netlings` is a build itself.
            let mut labs = checks::LABS.iter().map(|lab| lab.lab);
            let broken = labs.find(|lab| said.contains(&format!("labs/{lab}/Cargo.toml")));
            let netlings = std::env::current_exe().unwrap_or_else(|_| "netlings".into());
            Err(Unbuilt::Yours(format!(
                "A Cargo.toml cannot be read, and cargo builds nothing until it can, netlings neither. \
                 This brings back the one of {0}:\n\n  {1} reset {0}\n\n{2}",
                broken.unwrap_or(&lab.name),
                netlings.strip_prefix(root).unwrap_or(&netlings).display(),
                said.trim_end()
            )))
        }
        Build::Trouble(why) => Err(Unbuilt::Ours(why)),
    }
}

fn print_result(check: &Check, checked: &Checked, look: Look, told: &mut String) {
    let colour = match checked.outcome {
        Outcome::Pass => AnsiColor::Green,
        Outcome::Fail(_) => AnsiColor::Red,
        Outcome::Todo { .. } => AnsiColor::Yellow,
        Outcome::Skip { .. } | Outcome::Error { .. } => AnsiColor::Cyan,
    };
    let mark = paint(&look.show(report::sign(&checked.outcome)), colour);
    let word = checked.outcome.word();
    let note = match &checked.outcome {
        Outcome::Pass | Outcome::Fail(_) => String::new(),
        Outcome::Todo { step, task } => format!("to do in step {step}: {task}"),
        Outcome::Skip { reason } | Outcome::Error { reason } => report::harmless(reason),
    };
    println!("  {mark} {word:<5} {}", check.sentence());
    // A stub stops many checks; its task is told once.
    if !note.is_empty() && note != *told {
        println!("          {note}");
        *told = note;
    }
}

/// Where the report of `check` points to.
pub fn pointers(name: &str, check: &Check, subject: &Subject, seed: u64) -> Pointers {
    let option = match subject {
        Subject::Tree(Tree::Labs) => String::new(),
        Subject::Tree(Tree::Solutions) => " --tree solutions".to_owned(),
        Subject::Command(command) => format!(" --exec {command:?}"),
    };
    Pointers {
        page: format!("book/src/{name}.md#{}", check.section),
        again: format!(
            "cargo netlings check {name}/{} --seed {seed:x}{option}",
            check.step
        ),
        program: match subject {
            Subject::Tree(tree) => format!("cargo run -q -p {} --", tree.package(name)),
            Subject::Command(command) => command.clone(),
        },
    }
}

/// Whether an outcome keeps nobody from the next step.
pub fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Pass | Outcome::Skip { .. })
}

impl LabResult {
    /// Whether every check passed, or could not be run on this machine.
    pub fn all_pass(&self) -> bool {
        let good = |(_, checked): &(_, Checked)| is_good(&checked.outcome);
        self.unbuilt.is_none() && self.results.iter().all(good)
    }

    /// Whether something kept us from a verdict that is not the learner's.
    pub fn trouble(&self) -> bool {
        let error = |(_, checked): &(_, Checked)| matches!(checked.outcome, Outcome::Error { .. });
        matches!(self.unbuilt, Some(Unbuilt::Ours(_))) || self.results.iter().any(error)
    }

    /// The first step, from 1, of which some check did not pass.
    pub fn first_open_step(&self) -> Option<u8> {
        let open = |(_, checked): &&(_, Checked)| !is_good(&checked.outcome);
        self.results
            .iter()
            .filter(open)
            .map(|(check, _)| check.step)
            .min()
    }

    /// The steps all of whose checks passed.
    pub fn passed_steps(&self) -> Vec<u8> {
        let numbers = 1..=u8::try_from(self.lab.steps.len()).unwrap_or(u8::MAX);
        let passed = |step: &u8| {
            let mut checks = self
                .results
                .iter()
                .filter(|(check, _)| check.step == *step)
                .peekable();
            checks.peek().is_some() && checks.all(|(_, checked)| is_good(&checked.outcome))
        };
        numbers.filter(passed).collect()
    }

    /// Prints the first failure's report, or why nothing could be run, and the
    /// count.
    fn print_end(&self) {
        if let Some(Unbuilt::Yours(why) | Unbuilt::Ours(why)) = &self.unbuilt {
            println!("\n{why}");
            return;
        }
        let reports = if self.look.verbose { usize::MAX } else { 1 };
        for (check, report) in self.failures().take(reports) {
            println!(
                "\n {} {}\n",
                paint(&self.look.show("✘"), AnsiColor::Red),
                bold(&check.sentence())
            );
            print!(
                "{}",
                report::block(report, &self.pointers(check), self.look)
            );
        }
        println!("\n {}", self.look.show(&self.summary()));
    }

    fn failures(&self) -> impl Iterator<Item = (&'static Check, &netlings::check::Report)> {
        self.results
            .iter()
            .filter_map(|(check, checked)| match &checked.outcome {
                Outcome::Fail(report) => Some((*check, &**report)),
                _ => None,
            })
    }

    fn pointers(&self, check: &Check) -> Pointers {
        pointers(&self.lab.name, check, &self.subject, self.seed)
    }

    fn summary(&self) -> String {
        let count = |word: &str| {
            self.results
                .iter()
                .filter(|(_, checked)| checked.outcome.word() == word)
                .count()
        };
        let points = |all: bool| -> u32 {
            let counted =
                |(_, checked): &&(&Check, Checked)| all || checked.outcome == Outcome::Pass;
            self.results
                .iter()
                .filter(counted)
                .map(|(check, _)| check.points)
                .sum()
        };
        let words = ["pass", "fail", "todo", "skip", "error"];
        let counts: Vec<String> = words
            .into_iter()
            .filter(|word| count(word) > 0)
            .map(|word| format!("{} {word}", count(word)))
            .collect();
        if counts.is_empty() {
            return "no check was run".to_owned();
        }
        format!(
            "{} · {} of {} points · seed {:x}",
            counts.join(", "),
            points(false),
            points(true),
            self.seed
        )
    }

    /// Notes how the learner's own program did, whose files had the
    /// fingerprint `hash`; gives a sentence if that cannot be kept.
    pub fn remember(&self, place: &Place, hash: &str) -> Option<String> {
        let passed = self.passed_steps();
        let (_, trouble) = Progress::update(&place.course.root, |progress| {
            for (number, _) in (1..).zip(&self.lab.steps) {
                let mut outcomes = self
                    .results
                    .iter()
                    .filter(|(check, _)| check.step == number)
                    .map(|(_, checked)| &checked.outcome);
                let first = outcomes.find(|outcome| !is_good(outcome));
                let verdict = match first {
                    None if !passed.contains(&number) => continue,
                    // Not a verdict on the program.
                    Some(Outcome::Error { .. }) => continue,
                    None => Some("pass"),
                    Some(Outcome::Todo { .. }) => None,
                    Some(_) => Some("fail"),
                };
                progress.note(&self.lab.name, number, hash, verdict);
            }
        });
        trouble
    }

    /// What the documents say of it.
    pub fn document(&self) -> LabDocument {
        let at = date::now();
        let tests = self.results.iter().map(|(check, checked)| {
            Test::new(check, checked, self.seed, &at, &self.pointers(check))
        });
        let (status, message) = match &self.unbuilt {
            Some(Unbuilt::Yours(why)) => ("unbuilt", why.clone()),
            Some(Unbuilt::Ours(why)) => ("error", why.clone()),
            None if self.trouble() => ("error", String::new()),
            None if self.all_pass() => ("pass", String::new()),
            None => ("fail", String::new()),
        };
        LabDocument {
            lab: self.lab.name.clone(),
            status: status.to_owned(),
            message,
            exec: match &self.subject {
                Subject::Tree(_) => None,
                Subject::Command(command) => Some(command.clone()),
            },
            tests: tests.collect(),
        }
    }
}

/// `text` in this colour, where colours are shown.
pub fn paint(text: &str, colour: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}

/// `text` in bold, where styles are shown.
pub fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}
