//! A connect scan of all ports of the loopback, against `nmap -sT`.
//!
//! Both are programs that are started for each round, so that what they need
//! before their first SYN counts for both. Ours is this one, started once more.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use solution_ports::net::{How, scan};
use solution_ports::state::PortState;

use crate::compare;

/// How many ports are scanned: all that can be connected to.
const PORTS: usize = 65_535;

/// How many of them are open, besides those of the machine.
const LISTENERS: usize = 20;

/// How many attempts the reference has under way: its own default.
const PARALLEL: usize = 100;

/// Compares the two.
pub fn run() -> Result<(), String> {
    let listeners = (0..LISTENERS).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let listeners: Vec<TcpListener> = listeners
        .collect::<Result<_, _>>()
        .map_err(|error| format!("listeners: {error}"))?;
    let open: BTreeSet<u16> = listeners
        .iter()
        .filter_map(|listener| listener.local_addr().ok())
        .map(|address| address.port())
        .collect();
    let (ours, theirs) = (of_ours()?, of_nmap()?);
    for (name, found) in [("the reference", &ours), ("nmap", &theirs)] {
        if let Some(missed) = open.difference(found).next() {
            return Err(format!("{name} did not find port {missed}, which is open"));
        }
        println!("ports, open by {name}: {}", found.len());
    }
    let failed = |error: Result<BTreeSet<u16>, String>| {
        if let Err(error) = error {
            eprintln!("error: {error}");
        }
    };
    compare(
        "ports, all of 127.0.0.1",
        "ports",
        PORTS,
        || failed(of_ours()),
        || failed(of_nmap()),
    );
    Ok(())
}

/// The ports that are open, a line each: what [`of_ours`] reads.
pub fn scan_all() -> Result<(), String> {
    let addresses: Vec<SocketAddr> = (1..=u16::MAX)
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .collect();
    let how = How {
        timeout: Duration::from_secs(1),
        parallel: PARALLEL,
        banner: None,
    };
    let results = scan(&addresses, how).found;
    for (address, found) in addresses.iter().zip(results) {
        let found = found.map_err(|error| format!("{address}: {error}"))?;
        if found.state == PortState::Open {
            println!("{}", address.port());
        }
    }
    Ok(())
}

fn of_ours() -> Result<BTreeSet<u16>, String> {
    let itself = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(itself);
    let text = output(command.arg("ports-scan"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}

fn of_nmap() -> Result<BTreeSet<u16>, String> {
    let mut command = Command::new("nmap");
    command.args(["-sT", "-Pn", "-n", "-p", "1-65535", "--open", "-oG", "-"]);
    let text = output(command.arg("127.0.0.1"))?;
    // Host: 127.0.0.1 ()  Ports: 631/open/tcp//ipp///, 5432/open/tcp//postgresql///
    let ports = text
        .lines()
        .filter_map(|line| line.split_once("Ports: "))
        .flat_map(|(_, ports)| ports.split(", "));
    let open = ports.filter_map(|port| port.split_once("/open/")?.0.trim().parse().ok());
    Ok(open.collect())
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{name}: {}: {}", output.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
