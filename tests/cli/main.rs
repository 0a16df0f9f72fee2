//! `netlings`: the course on the command line.

mod book;
mod check;
mod diff;
mod doctor;
mod export;
mod files;
#[cfg(target_os = "linux")]
mod grade;
mod hint;
mod list;
mod live;
mod new;
mod one_check;
mod outline;
mod pristine;
mod quiz;
mod replay;
mod reset;
mod results;
mod show;
mod standing;
mod update;
mod watch;

use std::env;
use std::io::Write;
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use netlings::course::{Course, Trouble};

/// An interactive networking course: read a chapter, write the code, and see
/// how your program holds up on a real socket.
///
/// Without a command it goes on where you left off.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  cargo run                        go on where you left off\n  \
                  cargo netlings check hello/2     one step, once\n  \
                  cargo netlings hint              stuck? one tier more each time\n  \
                  cargo netlings book hello        the chapter\n\n\
                  Exit status: 0 all pass, 1 some do not, 2 misuse, 3 trouble that is not yours.\n\
                  LAB is a name from `list`, STEP a number: `hello`, `hello/2`."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check the step where you are, and again at each save.
    Watch(watch::Args),
    /// Show the course: parts, labs, steps, and how far you are.
    List(list::Args),
    /// Build a lab and check it once.
    Check(check::Args),
    /// Show a hint for a step, one tier more each time.
    Hint(hint::Args),
    /// Show a step: task, files, specifications, and its last report.
    Show(show::Args),
    /// Compare yours with the reference, once yours passes.
    Diff(diff::Args),
    /// Run the check again that failed last.
    Replay(replay::Args),
    /// Bring a lab or a step back to its stub; what was there is kept.
    Reset(reset::Args),
    /// Bring a newer version of the course in; your work is kept.
    Update(update::Args),
    /// Serve the book on this machine, live, and open it in a browser.
    Book(book::Args),
    /// Ask the questions of a chapter, or write and grade sheets of them.
    Quiz(quiz::Args),
    /// Show what works on this machine, and how to get what does not.
    Doctor(doctor::Args),
    /// Write a repository for students: the course without its solutions.
    Export(export::Args),
    /// Grade a folder of submissions.
    #[cfg(target_os = "linux")]
    Grade(grade::Args),
    /// Put the shards of a class together.
    #[cfg(target_os = "linux")]
    Merge(grade::merge::Args),
    /// Print how an engine that exists grades a class in shards.
    #[cfg(target_os = "linux")]
    Plan(grade::plan::Args),
    /// Begin a lab: its rooms, from a template that passes.
    New(new::Args),
    /// Print a completion script for your shell.
    #[command(
        after_help = "For bash: cargo netlings completions bash > ~/.local/share/bash-completion/completions/netlings"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// The checker behind the book's pages: how `book` calls itself.
    #[command(hide = true)]
    Live,
}

/// Where we are: the course, and the folder that the command was given in.
struct Place {
    course: Course,
    here: PathBuf,
}

impl Place {
    fn find() -> Result<Place, Trouble> {
        let here = env::current_dir().map_err(|error| {
            Trouble::Ours(format!("the current folder cannot be found: {error}"))
        })?;
        let course = Course::find(&here)?;
        pristine::capture(&course);
        Ok(Place { course, here })
    }
}

/// What a command has to say at its end.
enum Verdict {
    Pass,
    Fail,
}

/// Whoever reads our output may leave before its end (`list | head`), and a
/// disk may be full: both end us, and neither is a panic with a backtrace.
fn end_where_nothing_can_be_printed() {
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // The standard library's words for what `println!` cannot do.
        let text = panic.payload_as_str().unwrap_or_default();
        let Some(why) = text.strip_prefix("failed printing to stdout: ") else {
            return otherwise(panic);
        };
        if !why.contains("Broken pipe") {
            let _ = writeln!(std::io::stderr(), "netlings: nothing can be printed: {why}");
        }
        std::process::exit(3);
    }));
}

fn main() -> ExitCode {
    end_where_nothing_can_be_printed();
    let verdict = match one_check::asked() {
        Some(args) => one_check::run(args),
        None => run(Cli::parse().command),
    };
    match verdict {
        Ok(Verdict::Pass) => ExitCode::SUCCESS,
        Ok(Verdict::Fail) => ExitCode::from(1),
        Err(trouble) => {
            anstream::eprintln!("netlings: {trouble}");
            ExitCode::from(match trouble {
                Trouble::Misuse(_) => 2,
                Trouble::Ours(_) => 3,
            })
        }
    }
}

fn run(command: Option<Command>) -> Result<Verdict, Trouble> {
    match command {
        None => watch::run(Place::find()?, &watch::Args::default()),
        Some(Command::Watch(args)) => watch::run(Place::find()?, &args),
        Some(Command::List(args)) => list::run(&Place::find()?, &args),
        Some(Command::Check(args)) => check::run(&Place::find()?, &args),
        Some(Command::Hint(args)) => hint::run(&Place::find()?, &args),
        Some(Command::Show(args)) => show::run(&Place::find()?, &args),
        Some(Command::Diff(args)) => diff::run(&Place::find()?, &args),
        Some(Command::Replay(args)) => replay::run(&Place::find()?, &args),
        Some(Command::Reset(args)) => reset::run(&Place::find()?, &args),
        Some(Command::Update(args)) => update::run(&Place::find()?, &args),
        Some(Command::Book(args)) => book::run(&Place::find()?, &args),
        Some(Command::Quiz(args)) => quiz::run(&Place::find()?, &args),
        Some(Command::Live) => live::run(Place::find()?),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Export(args)) => export::run(&Place::find()?, &args),
        #[cfg(target_os = "linux")]
        Some(Command::Grade(args)) => grade::run(&Place::find()?, &args),
        #[cfg(target_os = "linux")]
        Some(Command::Merge(args)) => grade::merge::run(&args),
        #[cfg(target_os = "linux")]
        Some(Command::Plan(args)) => grade::plan::run(&Place::find()?, &args),
        Some(Command::New(args)) => new::run(&Place::find()?, &args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "netlings", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
            Ok(Verdict::Pass)
        }
    }
}
