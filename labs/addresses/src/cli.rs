//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step (two for step 4), and what each
//! prints.
//!
//! Items come as arguments. Where there is none they come from standard input,
//! one a line, and each line gets exactly one line of output: the answer, or
//! `! ` and the reason why there is none.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use crate::address::{Address, Prefix};
use crate::error::Error;
use crate::input::{for_each_line, parse_network, read_table};
use crate::table::Table;
use crate::{class, parse, plan, subnet, v6};

const EXAMPLES: &str = "\
Examples:
  addresses parse 192.0.2.1
  addresses class 10.1.2.3 198.41.0.4
  addresses net 192.168.1.77/26
  addresses net 10.0.0.1/255.255.252.0
  addresses split 192.168.1.0/24 100 20 50
  addresses aggregate 10.0.0.0/25 10.0.0.128/25
  addresses route --table routes.txt 192.0.2.77
  addresses v6 2001:DB8:0:0::1

Without items, a subcommand reads them from standard input, one a line:
  addresses class < addresses.txt
Each line is answered by one line; \"! \" and a reason where there is no answer.

Exit status: 0 all answered, 1 something was refused, 2 misused.";

const DOTTED: &str = "Addresses in dotted decimal, as in 192.0.2.1";

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("addresses")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Addresses: read them, name them, and count with them")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("parse")
                .about("Step 1: read IPv4 addresses and show their octets and bits")
                .arg(items_arg("ADDRESSES").help(DOTTED)),
        )
        .subcommand(
            Command::new("class")
                .about("Step 2: name the class and the special range of addresses")
                .arg(items_arg("ADDRESSES").help(DOTTED)),
        )
        .subcommand(
            Command::new("net")
                .about("Step 3: the network around an address, and its hosts")
                .arg(
                    items_arg("ADDRESS/PREFIX")
                        .help("As in 192.168.1.77/26 or 192.168.1.77/255.255.255.192"),
                ),
        )
        .subcommand(
            Command::new("split")
                .about("Step 4: split a network into blocks for so many hosts each")
                .long_about(
                    "Step 4: split a network into blocks for so many hosts each.\n\n\
                     On standard input, each line is NETWORK HOSTS...",
                )
                .arg(
                    items_arg("NETWORK")
                        .value_names(["NETWORK", "HOSTS"])
                        .help("The network, and then how many hosts each block must hold"),
                ),
        )
        .subcommand(
            Command::new("aggregate")
                .about("Step 4: the shortest list of networks with the same addresses")
                .long_about(
                    "Step 4: the shortest list of networks with the same addresses.\n\n\
                     On standard input, all lines are one list. One network refused is the \
                     whole list refused.",
                )
                .arg(items_arg("NETWORKS").help("Networks, as in 10.0.0.0/25")),
        )
        .subcommand(
            Command::new("route")
                .about("Step 5: the route of each address, which is the longest match")
                .arg(
                    Arg::new("table")
                        .long("table")
                        .value_name("FILE")
                        .required(true)
                        .help(
                            "A file of lines PREFIX NEXTHOP; NEXTHOP is an address or \"direct\"",
                        ),
                )
                .arg(items_arg("ADDRESSES").help(DOTTED)),
        )
        .subcommand(
            Command::new("v6")
                .about("Step 6: read IPv6 addresses and write their canonical and full form")
                .arg(items_arg("ADDRESSES").help("Addresses, as in 2001:db8::1")),
        )
}

/// What a subcommand answers; without any, each line of standard input.
fn items_arg(value_name: &'static str) -> Arg {
    Arg::new("items").value_name(value_name).num_args(1..)
}

/// Runs the program. Exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the answers has seen enough, as `head` does.
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `Ok(false)` means that something was refused, and that this was said.
fn run(matches: &ArgMatches) -> Result<bool, Error> {
    match matches.subcommand() {
        Some(("parse", given)) => answer_all(&items(given), parse_line, parse_line),
        Some(("class", given)) => answer_all(&items(given), class_line, class_line),
        Some(("net", given)) => answer_all(&items(given), net_block, net_line),
        Some(("split", given)) => {
            let mut request = items(given);
            if !request.is_empty() {
                request = vec![request.join(" ")];
            }
            answer_all(&request, split_block, split_line)
        }
        Some(("aggregate", given)) => aggregate(&items(given)),
        Some(("route", given)) => {
            let file = given.get_one::<String>("table").expect("clap requires it");
            let table = Table::new(read_table(file)?);
            answer_all(
                &items(given),
                |text| route_line(&table, text),
                |text| route_line(&table, text),
            )
        }
        Some(("v6", given)) => answer_all(&items(given), v6_line, v6_line),
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The items to answer, none of them if they come from standard input.
fn items(given: &ArgMatches) -> Vec<String> {
    let items = given.get_many("items").unwrap_or_default();
    items.cloned().collect()
}

/// Answers each of `items` by `block`; without items, each line of standard
/// input by `line`. Blocks of more than one line have an empty line between.
fn answer_all(
    items: &[String],
    block: impl Fn(&str) -> Result<String, Error>,
    line: impl Fn(&str) -> Result<String, Error>,
) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    let mut all = true;
    if items.is_empty() {
        for_each_line(&mut io::stdin().lock(), |_, text| {
            match text.and_then(&line) {
                Ok(answer) => writeln!(out, "{answer}")?,
                Err(error) => {
                    writeln!(out, "! {error}")?;
                    all = false;
                }
            }
            Ok(())
        })?;
    }
    let mut first = true;
    for item in items {
        match block(item) {
            Ok(answer) => {
                if answer.contains('\n') && !first {
                    writeln!(out)?;
                }
                writeln!(out, "{answer}")?;
                first = false;
            }
            Err(error) => {
                eprintln!("error: {item:?}: {error}");
                all = false;
            }
        }
    }
    out.flush()?;
    Ok(all)
}

fn parse_line(text: &str) -> Result<String, Error> {
    let address = parse::parse(text)?;
    let [a, b, c, d] = address.octets();
    Ok(format!(
        "{address}  {a:02x} {b:02x} {c:02x} {d:02x}  {}",
        bits(address, 0)
    ))
}

fn class_line(text: &str) -> Result<String, Error> {
    let address = parse::parse(text)?;
    let class = class::class_of(address);
    Ok(match class::range_of(address) {
        Some(range) => {
            format!(
                "{address}  class {class}  {}  {}  {}",
                range.name, range.prefix, range.rfc
            )
        }
        None => format!("{address}  class {class}  public"),
    })
}

/// What `net` knows of a prefix.
struct Net {
    prefix: Prefix,
    network: Address,
    broadcast: String,
    hosts: subnet::Hosts,
    mask: Address,
    wildcard: Address,
}

impl Net {
    fn of(text: &str) -> Result<Net, Error> {
        let prefix = subnet::parse_prefix(text)?;
        let mask = subnet::mask(prefix.len);
        let broadcast = subnet::broadcast(prefix);
        Ok(Net {
            prefix,
            network: subnet::network(prefix),
            broadcast: broadcast.map_or_else(|| "none".to_owned(), |address| address.to_string()),
            hosts: subnet::hosts(prefix),
            mask,
            wildcard: Address::from_bits(!mask.to_bits()),
        })
    }
}

fn net_line(text: &str) -> Result<String, Error> {
    let Net {
        prefix,
        network,
        broadcast,
        hosts,
        mask,
        wildcard,
    } = Net::of(text)?;
    let subnet::Hosts { first, last, count } = hosts;
    Ok(format!(
        "{prefix}  network {network}  broadcast {broadcast}  first {first}  last {last}  \
         hosts {count}  mask {mask}  wildcard {wildcard}"
    ))
}

fn net_block(text: &str) -> Result<String, Error> {
    let Net {
        prefix,
        network,
        broadcast,
        hosts,
        mask,
        wildcard,
    } = Net::of(text)?;
    let subnet::Hosts { first, last, count } = hosts;
    let len = prefix.len;
    Ok([
        format!("address    {prefix:<18}  {}", bits(prefix.address, len)),
        format!("mask       {mask:<18}  {}", bits(mask, len)),
        format!("wildcard   {wildcard:<18}  {}", bits(wildcard, len)),
        format!(
            "network    {:<18}  {}",
            Prefix {
                address: network,
                len
            },
            bits(network, len)
        ),
        format!("broadcast  {broadcast}"),
        format!("first      {first}"),
        format!("last       {last}"),
        format!("hosts      {count}"),
    ]
    .join("\n"))
}

/// The bits of an address, a dot after each eight and a space after the prefix.
fn bits(address: Address, prefix_len: u8) -> String {
    let mut text = String::new();
    for index in 0..32 {
        if index > 0 && index % 8 == 0 {
            text.push('.');
        }
        if index > 0 && index == u32::from(prefix_len) {
            text.push(' ');
        }
        let bit = address.to_bits() >> (31 - index) & 1;
        text.push(if bit == 1 { '1' } else { '0' });
    }
    text
}

/// What `split` was asked, and what it answers.
fn split(text: &str) -> Result<(Prefix, Vec<u64>, plan::Plan), Error> {
    let mut words = text.split_whitespace();
    let network = parse_network(words.next().unwrap_or_default())?;
    let wanted = words.map(host_count).collect::<Result<Vec<u64>, Error>>()?;
    if wanted.is_empty() {
        return Err(Error::NothingWanted);
    }
    let plan = plan::split(network, &wanted)?;
    Ok((network, wanted, plan))
}

fn host_count(text: &str) -> Result<u64, Error> {
    match text.parse() {
        Ok(count) if count > 0 && text.bytes().all(|octet| octet.is_ascii_digit()) => Ok(count),
        _ => Err(Error::HostCount(text.to_owned())),
    }
}

fn split_line(text: &str) -> Result<String, Error> {
    let (network, wanted, plan) = split(text)?;
    let mut line = network.to_string();
    for (count, block) in wanted.iter().zip(&plan.blocks) {
        line += &format!("  {count} {block}");
    }
    line += "  free";
    if plan.free.is_empty() {
        line += " none";
    }
    for block in &plan.free {
        line += &format!(" {block}");
    }
    Ok(line)
}

fn split_block(text: &str) -> Result<String, Error> {
    let (_, wanted, plan) = split(text)?;
    let mut lines = Vec::new();
    for (count, &block) in wanted.iter().zip(&plan.blocks) {
        let subnet::Hosts {
            first,
            last,
            count: room,
        } = subnet::hosts(block);
        lines.push(format!(
            "{count:<10}  {block:<18}  {first} to {last}, room for {room}"
        ));
    }
    for block in &plan.free {
        lines.push(format!("free        {block}"));
    }
    if plan.free.is_empty() {
        lines.push("free        none".to_owned());
    }
    Ok(lines.join("\n"))
}

fn aggregate(items: &[String]) -> Result<bool, Error> {
    let mut networks = Vec::new();
    let mut all = true;
    let mut add = |name: String, network: Result<Prefix, Error>| match network {
        Ok(network) => networks.push(network),
        Err(error) => {
            eprintln!("error: {name}: {error}");
            all = false;
        }
    };
    if items.is_empty() {
        for_each_line(&mut io::stdin().lock(), |number, text| {
            add(format!("line {number}"), text.and_then(parse_network));
            Ok(())
        })?;
    }
    for item in items {
        add(format!("{item:?}"), parse_network(item));
    }
    // A list made of what is left would be the answer to another question.
    if !all {
        return Ok(false);
    }
    let mut out = io::stdout().lock();
    for network in plan::aggregate(&networks) {
        writeln!(out, "{network}")?;
    }
    out.flush()?;
    Ok(true)
}

fn route_line(table: &Table, text: &str) -> Result<String, Error> {
    let address = parse::parse(text)?;
    Ok(match table.lookup(address) {
        Some(route) => format!("{address}  {}  {}", route.network, route.next_hop),
        None => format!("{address}  no route"),
    })
}

fn v6_line(text: &str) -> Result<String, Error> {
    let address = v6::parse_v6(text)?;
    Ok(format!("{}  {}", v6::print_v6(address), address.full()))
}
