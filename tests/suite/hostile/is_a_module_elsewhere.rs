//! Has its code in somebody else's submission.

#[path = "{OTHER}"]
mod other;

pub fn attack() {}
