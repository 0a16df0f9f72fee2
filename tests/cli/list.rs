//! `netlings list`: the course, and how far the learner is.

use anstream::println;
use anstyle::AnsiColor;
use netlings::course::Trouble;
use netlings::progress::{Progress, State};

use crate::check::{bold, paint};
use crate::outline::{Chapter, Outline};
use crate::{Place, Verdict};

/// Arguments of `list`.
#[derive(clap::Args)]
#[command(
    after_help = "Signs: ✔ passed · ◐ begun · ✘ tried · ○ to do · ! to check again, since your file or the course changed.\n\
    The watch (cargo run) has the same list under the key l, to search and to jump."
)]
pub struct Args {
    /// Only labs with steps that have not passed.
    #[arg(long)]
    todo: bool,
    /// Only this part of the course: its number, from 1.
    #[arg(long, value_name = "N")]
    part: Option<usize>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(place: &Place, args: &Args) -> Result<Verdict, Trouble> {
    let (progress, warning) = Progress::load(&place.course.root);
    if let Some(warning) = warning {
        eprintln!("netlings: {warning}");
    }
    let mut outline = Outline::new(place, &progress)?;
    // The summary's own heading is no part.
    outline.parts.retain(|part| !part.chapters.is_empty());
    if let Some(number) = args.part {
        let count = outline.parts.len();
        let part = number
            .checked_sub(1)
            .filter(|index| *index < count)
            .map(|index| outline.parts.swap_remove(index));
        outline.parts = vec![part.ok_or_else(|| {
            Trouble::Misuse(format!(
                "the course has no part {number}; its parts are 1 to {count}"
            ))
        })?];
    }
    if args.todo {
        for part in &mut outline.parts {
            part.chapters.retain(|chapter| {
                chapter.trouble.is_some() || chapter.done() < chapter.steps.len()
            });
        }
    }
    outline.parts.retain(|part| !part.chapters.is_empty());
    if args.json {
        let text = serde_json::to_string_pretty(&outline)
            .map_err(|error| Trouble::Ours(format!("the document cannot be written: {error}")))?;
        std::println!("{text}");
    } else {
        print(&outline, progress.here.as_deref());
    }
    Ok(Verdict::Pass)
}

/// The sign of a step, and what is said of it.
pub fn sign(state: State) -> (&'static str, Option<AnsiColor>, &'static str) {
    match state {
        State::Passed => ("✔", Some(AnsiColor::Green), ""),
        State::Again => ("!", Some(AnsiColor::Yellow), "to check again: it changed"),
        State::Failed => ("✘", Some(AnsiColor::Red), ""),
        State::Open => ("○", None, ""),
    }
}

fn painted((sign, colour): (&str, Option<AnsiColor>)) -> String {
    colour.map_or(sign.to_owned(), |colour| paint(sign, colour))
}

/// The sign of a lab.
pub fn lab_sign(chapter: &Chapter) -> (&'static str, Option<AnsiColor>) {
    let begun = |state: State| state != State::Open;
    match chapter.done() {
        done if done == chapter.steps.len() => ("✔", Some(AnsiColor::Green)),
        _ if chapter.steps.iter().any(|step| begun(step.state)) => ("◐", Some(AnsiColor::Yellow)),
        _ => ("○", None),
    }
}

/// Minutes as hours and minutes: `1:05`.
pub fn time(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

fn print(outline: &Outline, here: Option<&str>) {
    for part in &outline.parts {
        println!("\n{:<67}done   time  points", bold(&part.title));
        for chapter in &part.chapters {
            let Some(lab) = &chapter.lab else {
                let note = if chapter.to_come { "  (to come)" } else { "" };
                println!("     {}{note}", chapter.title);
                continue;
            };
            if let Some(why) = &chapter.trouble {
                println!("   {} {lab:<12} {why}", paint("!", AnsiColor::Red));
                continue;
            }
            let (points, all) = chapter.points();
            println!(
                "   {} {lab:<12} {:<44} {:>5}  {:>5}  {points}/{all}",
                painted(lab_sign(chapter)),
                chapter.title,
                format!("{}/{}", chapter.done(), chapter.steps.len()),
                time(chapter.minutes),
            );
            for (number, step) in (1..).zip(&chapter.steps) {
                let (sign, colour, mut note) = sign(step.state);
                if here == Some(format!("{lab}/{number}").as_str()) && note.is_empty() {
                    note = "you are here";
                }
                let note = if note.is_empty() {
                    String::new()
                } else {
                    format!("  ({note})")
                };
                let sign = painted((sign, colour));
                println!("        {sign} {number} {}{note}", step.title);
            }
        }
    }
    println!(
        "\nGo on: cargo run     One lab: cargo netlings check LAB     The book: cargo netlings book"
    );
}
