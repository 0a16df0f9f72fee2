//! Given. Changes here are not graded and are replaced by updates.
//!
//! Ports: who listens there, seen from outside and from inside.
//!
//! | file | whose | what is in it |
//! |---|---|---|
//! | `port.rs` | yours, step 1 | a port number, its class, and how one gets it |
//! | `target.rs` | yours, step 2 | HOST:PORTS, with brackets, ranges and lists |
//! | `probe.rs` | yours, steps 2 and 3 | connect with a timeout, and what the outcome says |
//! | `pool.rs` | yours, step 4 | many attempts at once, and never more than so many |
//! | `banner.rs` | yours, step 5 | the first line of a service, within one deadline |
//! | `socket.rs` | yours, step 6 | a line of `/proc/net/tcp` |
//! | `owner.rs` | yours, step 6 | which process holds which socket |
//! | `class.rs` | given | the classes of ports |
//! | `state.rs` | given | the states of a port and of a connection |
//! | `net.rs` | given | names to addresses, and the attempts of a scan |
//! | `table.rs` | given | the sockets of a machine, from files |
//! | `text.rs` | given | octets that a terminal can show |
//! | `cli.rs` | given | one or two subcommands a step |
//! | `error.rs` | given | what can go wrong |
//!
//! From outside, a port is asked by connecting to it: RFC 9293 §3.10.7 says
//! what a TCP answers to a SYN. From inside, Linux tells by its files under
//! `/proc` (`proc_pid_net(5)`). The numbers are RFC 6335's.

pub mod banner;
pub mod class;
pub mod cli;
pub mod error;
pub mod net;
pub mod owner;
pub mod pool;
pub mod port;
pub mod probe;
pub mod socket;
pub mod state;
pub mod table;
pub mod target;
pub mod text;
