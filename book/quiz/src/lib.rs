//! The questions of the book: read from `book/src/quiz/NAME.toml`, drawn by a
//! seed, and judged. The book and the terminal ask the same ones.
//!
//! | module | what it is for |
//! |---|---|
//! | [`form`] | a file of questions, and what is wrong with one |
//! | [`draw`] | a question with its numbers and its order, by a seed |
//! | [`judge`] | an answer, and what it was wrong about |
//! | [`seed`] | random numbers that are the same everywhere |
//! | [`sum`] | what stands in braces: names, sums and their forms |
//!
//! Nothing in here knows a page or a terminal.

pub mod draw;
pub mod form;
pub mod judge;
pub mod seed;
pub mod sum;

pub use draw::{Ask, Choice, Drawn};
pub use form::{Field, Fields, Kind, Mistake, Question, Quiz};
pub use judge::{Given, Hint, Verdict};

/// The seed of the book: what its pages show, and what the terminal asks
/// without another.
pub const BOOK: &str = "the book";
