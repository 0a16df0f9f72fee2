//! Yours: step 5.
//!
//! A routing table, and the one question that it answers. How it keeps its
//! routes is nobody's business but its own.

use std::collections::BTreeMap;

use crate::address::{Address, Prefix, Route};

/// A routing table. Its fields are yours to choose.
pub struct Table {
    // The routes, kept so that a lookup finds them.
    // All addresses, cut into pieces wherever the answer changes.
    /// Where each piece starts: the first at 0, each later one where the one
    /// before it ends.
    starts: Vec<u64>,
    /// The answer for all addresses of the piece.
    answers: Vec<Option<Route>>,
}

impl Table {
    // ANCHOR: new
    /// A table of these routes, in the order of the file. No network comes
    /// twice, and the bits after each prefix are zero. There may be none.
    pub fn new(routes: Vec<Route>) -> Table {
        let mut painted = BTreeMap::from([(0, None)]);
        let mut routes = routes;
        // Large networks first, so that small ones are painted over them.
        routes.sort_by_key(|route| route.network.len);
        for route in routes {
            let (start, end) = ends(route.network);
            // So far there is one colour from start to end, and it goes on behind.
            let under = painted.range(..=start).next_back();
            let under = under.and_then(|(_, &answer)| answer);
            painted.entry(end).or_insert(under);
            painted.insert(start, Some(route));
        }
        let (starts, answers) = painted.into_iter().unzip();
        Table { starts, answers }
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
        let address = u64::from(address.to_bits());
        let behind = self.starts.partition_point(|&start| start <= address);
        self.answers.get(behind.checked_sub(1)?)?.as_ref()
    }
    // ANCHOR_END: lookup
}

/// The network's first address, and the one behind its last, as numbers: that
/// of a /0 is 2^32.
fn ends(network: Prefix) -> (u64, u64) {
    let start = u64::from(network.address.to_bits());
    (start, start + (1 << (32 - network.len)))
}
