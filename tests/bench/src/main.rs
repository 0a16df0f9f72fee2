//! The benches: a reference and a peer do the same work in one run, and what is
//! printed ends in their ratio.
//!
//! ```text
//! cargo run --release -p netlings-bench -- addresses
//! ```
//!
//! A module is named after its lab. The work of both sides is done before any
//! clock starts, their answers are compared, and the rounds alternate, so that
//! a busy moment of the machine meets both.

mod addresses;
mod chat;
mod layers;
mod ports;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The course's benches: the reference against a peer, in one run")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Longest-prefix match, against the crate `prefix-trie`.
    Addresses,
    /// Frames wrapped and peeled, against the crate `etherparse`.
    Layers,
    /// A connect scan of all ports of the loopback, against `nmap -sT`.
    Ports,
    /// The reference's side of `ports`.
    #[command(hide = true)]
    PortsScan,
    /// Chat servers under one load: the reference's two, a Python one, and any other.
    Chat(chat::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().bench {
        Bench::Addresses => addresses::run(),
        Bench::Layers => layers::run(),
        Bench::Ports => ports::run(),
        Bench::PortsScan => ports::scan_all(),
        Bench::Chat(args) => chat::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// How many rounds each side has.
const ROUNDS: usize = 9;

/// Runs `ours` and `peer` in turn and prints the medians, as so many `unit` a
/// second, and their ratio. Each does `count` pieces of work a round.
fn compare(what: &str, unit: &str, count: usize, mut ours: impl FnMut(), mut peer: impl FnMut()) {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let [first, second] = &mut took;
        first.push(timed(&mut ours));
        second.push(timed(&mut peer));
    }
    let [ours, peer] = took.map(|took| count as f64 / median(took).as_secs_f64());
    println!(
        "{what}: reference {ours:.0} {unit}/s, peer {peer:.0} {unit}/s, ratio {:.2}",
        ours / peer
    );
}

fn timed(work: &mut impl FnMut()) -> Duration {
    let since = Instant::now();
    work();
    since.elapsed()
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}
