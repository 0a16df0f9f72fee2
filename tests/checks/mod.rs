//! What the labs are held to: a file a lab, named as the lab is.

use crate::check::LabChecks;

mod addresses;
mod chat;
mod framing;
mod hello;
mod layers;
mod ports;
mod talk;

/// Every lab that has checks. The order of the course stands in the book's
/// `SUMMARY.md`, not here.
pub const LABS: &[LabChecks] = &[
    addresses::LAB,
    chat::LAB,
    framing::LAB,
    hello::LAB,
    layers::LAB,
    ports::LAB,
    talk::LAB,
];

/// The checks of the lab with this name.
pub fn find(lab: &str) -> Option<&'static LabChecks> {
    LABS.iter().find(|checks| checks.lab == lab)
}
