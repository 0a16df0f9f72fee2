//! Longest-prefix match, against the crate `prefix-trie` and against a scan of
//! all routes.

use std::hint::black_box;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use prefix_trie::PrefixMap;
use solution_addresses::address::{Address, NextHop, Prefix, Route};
use solution_addresses::table::Table;

use crate::compare;

/// How many addresses are looked up in a round.
const LOOKUPS: usize = 20_000;

/// Compares them with tables of several sizes.
pub fn run() -> Result<(), String> {
    for count in [10, 100, 1000, 10_000, 100_000] {
        with_routes(count)?;
    }
    Ok(())
}

fn with_routes(count: usize) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(4632);
    let mut peer = PrefixMap::new();
    while peer.len() < count {
        let network = Ipv4Net::new(Ipv4Addr::from_bits(random.u32(..)), random.u8(8..=32))
            .map_err(|error| error.to_string())?
            .trunc();
        peer.insert(network, peer.len());
    }
    let routes = peer.keys().map(|network| Route {
        network: Prefix {
            address: Address::from_bits(network.addr().to_bits()),
            len: network.prefix_len(),
        },
        next_hop: NextHop::Direct,
    });
    let routes: Vec<Route> = routes.collect();
    let ours = Table::new(routes.clone());
    // Half of the addresses lie in one of the networks.
    let networks: Vec<Ipv4Net> = peer.keys().collect();
    let addresses: Vec<u32> = (0..LOOKUPS)
        .map(|_| {
            let bits = random.u32(..);
            match random.choice(&networks) {
                Some(network) if random.bool() => {
                    network.addr().to_bits() | (bits & network.hostmask().to_bits())
                }
                _ => bits,
            }
        })
        .collect();
    let scan = |bits: u32| {
        routes
            .iter()
            .filter(|route| network_of(bits, route.network.len) == route.network.address.to_bits())
            .max_by_key(|route| route.network.len)
    };
    for &bits in &addresses {
        let scanned = scan(bits).map(|route| route.network.to_string());
        let ours = ours
            .lookup(Address::from_bits(bits))
            .map(|route| route.network.to_string());
        let theirs = peer
            .get_lpm(&Ipv4Net::from(Ipv4Addr::from_bits(bits)))
            .map(|(network, _)| network.to_string());
        if ours != theirs || scanned != theirs {
            let address = Ipv4Addr::from_bits(bits);
            return Err(format!(
                "{address}: ours {ours:?}, prefix-trie {theirs:?}, a scan {scanned:?}"
            ));
        }
    }
    let look_up = || {
        for &bits in &addresses {
            black_box(ours.lookup(Address::from_bits(black_box(bits))));
        }
    };
    compare(
        &format!("addresses, {count} routes, prefix-trie"),
        "lookups",
        LOOKUPS,
        look_up,
        || {
            for &bits in &addresses {
                let address = Ipv4Net::from(Ipv4Addr::from_bits(black_box(bits)));
                black_box(peer.get_lpm(&address));
            }
        },
    );
    // A scan of many routes takes long; fewer addresses say as much.
    let some = addresses.len().min(20_000_000 / count);
    compare(
        &format!("addresses, {count} routes, a scan"),
        "lookups",
        some,
        || {
            for &bits in addresses.iter().take(some) {
                black_box(ours.lookup(Address::from_bits(black_box(bits))));
            }
        },
        || {
            for &bits in addresses.iter().take(some) {
                black_box(scan(black_box(bits)));
            }
        },
    );
    compare(
        &format!("addresses, {count} routes, built, prefix-trie"),
        "routes",
        count,
        || drop(black_box(Table::new(black_box(routes.clone())))),
        || {
            let trie: PrefixMap<_, _> = networks.iter().copied().zip(0..).collect();
            drop(black_box::<PrefixMap<Ipv4Net, usize>>(trie));
        },
    );
    Ok(())
}

/// The address with all bits after the prefix set to zero.
fn network_of(bits: u32, len: u8) -> u32 {
    bits & u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)
}
