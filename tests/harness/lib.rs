//! The harness of netlings: it builds a lab, drives the program from outside
//! as a peer would, and says what it saw.
//!
//! | module | what it is for |
//! |---|---|
//! | [`course`] | the course as it lies in the tree: parts, chapters, labs, steps, files |
//! | [`chapter`] | what netlings takes from a chapter: hints, and what a step teaches |
//! | [`check`] | what a check is, what it can come to, and the named mistakes |
//! | [`mistakes`] | the named mistakes that people make in any lab |
//! | [`trial`] | one check's dealings with one program: start it, feed it, read it |
//! | [`batch`] | many questions in one run, a line each |
//! | [`stream`] | TCP peers that cut, drip, close and reset on purpose |
//! | [`datagram`] | UDP peers that lose, double, hold back, cut and forge on purpose |
//! | [`crowd`] | many TCP clients at once |
//! | [`drain`] | when has the program read what was sent? |
//! | [`source`] | the functions of a Rust source, by their text |
//! | [`patience`] | how long a program is waited for that says nothing |
//! | [`standstill`] | what a program does that is still there at the deadline |
//! | `sock_diag` | what Linux knows of the sockets of this network |
//! | [`attempts`] | which attempts to connect are under way? |
//! | [`tree`] | processes, and that none is left |
//! | `fork_server` | a process that forks children for one that has threads: Linux |
//! | `jail` | a program that nobody trusts, kept from the machine: Linux |
//! | [`wait`] | the one place that polls |
//! | [`runner`] | runs checks, each in a process of its own, several at once |
//! | [`cargo`] | builds a lab and tells the kinds of trouble apart |
//! | [`labs_only`] | the workspace that labs are built in |
//! | [`recording`] | what the reference printed, kept by insta |
//! | [`ladder`] | a conversation as a diagram, in text and as SVG |
//! | [`by_hand`] | a conversation with `printf` and `nc` |
//! | [`capture`] | a conversation as a file for Wireshark |
//! | [`report`] | outcomes as text |
//! | [`date`] | the time of day as people write it |
//! | [`progress`] | how far the learner is, in one small file |
//!
//! Nothing in here knows a lab; what a lab is held to stands in [`checks`].

// A check fails once and is over: the size of what it then says is no cost.
#![allow(clippy::result_large_err)]

pub mod attempts;
pub mod batch;
pub mod by_hand;
pub mod capture;
pub mod cargo;
pub mod chapter;
pub mod check;
pub mod course;
pub mod crowd;
pub mod datagram;
pub mod date;
pub mod drain;
#[cfg(target_os = "linux")]
pub mod fork_server;
#[cfg(target_os = "linux")]
pub mod jail;
pub mod labs_only;
pub mod ladder;
pub mod mistakes;
pub mod patience;
pub mod progress;
pub mod recording;
pub mod report;
pub mod runner;
#[cfg(target_os = "linux")]
pub mod sock_diag;
pub mod source;
pub mod standstill;
pub mod stream;
pub mod tree;
pub mod trial;
pub mod wait;

#[path = "../checks/mod.rs"]
pub mod checks;
