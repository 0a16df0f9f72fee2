//! Yours: step 5.
//!
//! A routing table, and the one question that it answers. How it keeps its
//! routes is nobody's business but its own.

use crate::address::{Address, Route};

/// A routing table. Its fields are yours to choose.
pub struct Table {
    // The routes, kept so that a lookup finds them.
}

impl Table {
    // ANCHOR: new
    /// A table of these routes, in the order of the file. No network comes
    /// twice, and the bits after each prefix are zero. There may be none.
    pub fn new(routes: Vec<Route>) -> Table {
        let _ = routes;
        todo!("step 5: keep the routes for lookup")
    }
    // ANCHOR_END: new

    // ANCHOR: lookup
    /// The route for an address: of all routes whose network the address lies
    /// in, the one with the longest prefix, wherever it stands in the table.
    /// `None` if there is no such route.
    ///
    /// ```text
    /// 0.0.0.0/0         192.0.2.1
    /// 198.51.100.0/24   192.0.2.2
    /// 198.51.100.64/26  192.0.2.3
    ///
    /// 198.51.100.65     →  198.51.100.64/26
    /// 198.51.100.128    →  198.51.100.0/24
    /// 203.0.113.9       →  0.0.0.0/0
    /// ```
    ///
    /// # Specification
    /// RFC 1812 §5.2.4.3, rule 2: longest match; RFC 4632 §5.1.
    pub fn lookup(&self, address: Address) -> Option<&Route> {
        let _ = address;
        todo!("step 5: find the longest prefix that matches")
    }
    // ANCHOR_END: lookup
}
