//! Given. Changes here are not graded and are replaced by updates.
//!
//! The classes of port numbers, and the range from which a system chooses.

use std::fmt;

/// What a port number is set aside for (RFC 6335 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Port 0: no service can have it.
    Reserved,
    /// 1 to 1023, the well-known ports: IANA assigns them.
    System,
    /// 1024 to 49151, the registered ports: IANA assigns them too.
    User,
    /// 49152 to 65535, the private ports: nobody assigns them.
    Dynamic,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Class::Reserved => "reserved",
            Class::System => "system",
            Class::User => "user",
            Class::Dynamic => "dynamic",
        })
    }
}

/// How a program comes to have a port on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The program asks for this number.
    OnRequest,
    /// The system may also give it to a program that asked for none.
    Automatic,
    /// Nobody has it.
    Never,
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Selection::OnRequest => "on request",
            Selection::Automatic => "automatic",
            Selection::Never => "never",
        })
    }
}

/// The ports from which a system chooses, both ends included. Linux keeps its
/// own in `net.ipv4.ip_local_port_range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalRange {
    /// The first one.
    pub first: u16,
    /// The last one.
    pub last: u16,
}

impl LocalRange {
    /// What Linux has unless somebody changed it.
    pub const LINUX: LocalRange = LocalRange {
        first: 32768,
        last: 60999,
    };
}
