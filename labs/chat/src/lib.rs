//! Given. Changes here are not graded and are replaced by updates.
//!
//! Many clients: a chat for a room full of people, served by threads and then
//! by tasks.
//!
//! | file | whose | what is in it |
//! |---|---|---|
//! | `room.rs` | yours, step 1 | names, lines, who gets what |
//! | `threads.rs` | yours, steps 2 and 4 | a server with two threads a client |
//! | `tasks.rs` | yours, steps 3, 4 and 6 | a server with two tasks a client, on tokio |
//! | `policy.rs` | yours, steps 4, 5 and 6 | who is cut off, and when; the end of all |
//! | `seats.rs` | given | the table of connections: what waits for whom, and for how long |
//! | `words.rs` | given | every line that the server says of its own |
//! | `thread_hub.rs` | given | one room for many threads: a lock, and who sleeps until when |
//! | `task_hub.rs` | given | the same for tasks |
//! | `net.rs` | given | listening, and the signals that end a server |
//! | `client.rs`, `terminal.rs` | given | the client |
//! | `script.rs` | given | a room without sockets, from a script, with a clock of its own |
//! | `cli.rs` | given | one subcommand for each of the steps 1, 2 and 3 |
//! | `error.rs` | given | what can go wrong |
//!
//! The protocol is ours, and `nc` can speak it. Both sides send lines: UTF-8
//! without control characters, an LF (octet `0x0a`) at the end, or CR and LF,
//! at most [`LINE_LEN_MAX`] octets with their end. The client's first line is
//! its name, and every other line is said to all the others:
//!
//! ```text
//! server   * hello; your first line is your name␊
//! ada      ada␊
//! server   * welcome, ada; others here: 1␊
//! ada      hi␊
//! server   (to bob)  * ada joined␊
//! server   (to bob)  ada: hi␊
//! ```
//!
//! What the server says of its own begins with `* `, a refusal with `! `, and
//! the question whether somebody is still there with `? `. No name can begin
//! so. An empty line is a sign of life, and nobody gets it.

pub mod cli;
pub mod client;
pub mod error;
pub mod net;
pub mod policy;
pub mod room;
pub mod script;
pub mod seats;
pub mod task_hub;
pub mod tasks;
pub mod terminal;
pub mod thread_hub;
pub mod threads;
pub mod words;

/// The longest line that a client may send, in octets, LF included.
pub const LINE_LEN_MAX: usize = 1024;

/// The longest name, in octets.
pub const NAME_LEN_MAX: usize = 16;

/// How much is taken from a socket at once, in octets.
pub const READ_LEN_MAX: usize = 4096;
