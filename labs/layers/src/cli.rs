//! Given. Changes here are not graded and are replaced by updates.
//!
//! The command line: one subcommand a step, and what each prints.
//!
//! Items come as arguments, and the answer is laid out for people. Where there
//! is none they come from standard input, one a line, and each line gets
//! exactly one line of output: the answer, or `! ` and the reason why there is
//! none.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::error::Error;
use crate::headers::{
    ETHERNET_LEN, EthernetRepr, IPV4_LEN, Ipv4Repr, Mac, PROTOCOL_TCP, PROTOCOL_UDP, TYPE_IPV4,
    TcpRepr, UDP_LEN, UdpRepr,
};
use crate::overhead::{Overhead, Transport, account};
use crate::place::{self, Found};
use crate::protocols::{self, Layers, Protocol, TcpIp};
use crate::text::{escape, for_each_line, hex, parse_hex, parse_mac, parse_request};
use crate::{peel, wrap};

const EXAMPLES: &str = "\
Examples:
  layers where dns HTTP/3 443/udp 0x0806/ethernet
  layers wrap 192.0.2.10:40000 192.0.2.53:53 'hello\\n'
  layers peel 02 00 00 00 00 50 02 00 00 00 00 0a 08 00 45 00 ...
  layers overhead 5 1472 1473

Without items, a subcommand reads them from standard input, one a line:
  layers where < names.txt
  layers wrap < messages.txt | layers peel
Each line is answered by one line; \"! \" and a reason where there is no answer.
In a message, \\n, \\r, \\t, \\\\ and \\xHH are octets.

Exit status: 0 all answered, 1 something was refused, 2 misused.";

/// The subcommands, and what each takes.
fn command() -> Command {
    Command::new("layers")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Layers: find a protocol's place, wrap a message, peel a frame, count the cost")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("where")
                .about("Step 1: the layers of protocols, their transports and numbers")
                .arg(items_arg("QUESTIONS").help(
                    "Names (dns, HTTP/3), ports (53, 53/udp), protocol numbers (6/ip) or \
                     types of frames (0x0806/ethernet)",
                )),
        )
        .subcommand(
            Command::new("wrap")
                .about("Step 2: a message into UDP, IPv4 and Ethernet")
                .arg(
                    items_arg("FROM")
                        .value_names(["FROM", "TO", "MESSAGE"])
                        .help("Both ends, as in 192.0.2.10:40000, and the message"),
                )
                .arg(
                    Arg::new("ttl")
                        .long("ttl")
                        .value_name("COUNT")
                        .value_parser(value_parser!(u8))
                        .default_value("64")
                        .help("How many routers may forward the packet"),
                )
                .arg(
                    Arg::new("id")
                        .long("id")
                        .value_name("NUMBER")
                        .value_parser(value_parser!(u16))
                        .default_value("0")
                        .help("The identification of the packet"),
                )
                .arg(
                    Arg::new("from-mac")
                        .long("from-mac")
                        .value_name("MAC")
                        .value_parser(mac)
                        .default_value("02:00:00:00:00:0a")
                        .help("The MAC address that the frame comes from"),
                )
                .arg(
                    Arg::new("to-mac")
                        .long("to-mac")
                        .value_name("MAC")
                        .value_parser(mac)
                        .default_value("02:00:00:00:00:50")
                        .help("The MAC address that the frame is for"),
                ),
        )
        .subcommand(
            Command::new("peel")
                .about("Step 3: a frame back to its message")
                .arg(items_arg("HEX").help("One frame, in hexadecimal; blanks do not matter")),
        )
        .subcommand(
            Command::new("overhead")
                .about("Step 4: the octets that each layer adds to a message")
                .arg(items_arg("OCTETS").help("How many octets the message has"))
                .arg(
                    Arg::new("over")
                        .long("over")
                        .value_name("OVER")
                        .value_parser(["udp", "tcp"])
                        .default_value("udp")
                        .help("The transport of the message"),
                )
                .arg(
                    Arg::new("mtu")
                        .long("mtu")
                        .value_name("OCTETS")
                        .value_parser(value_parser!(u16).range(68..))
                        .default_value("1500")
                        .help("The most octets of a packet on this link"),
                ),
        )
}

/// What a subcommand answers; without any, each line of standard input.
fn items_arg(value_name: &'static str) -> Arg {
    Arg::new("items").value_name(value_name).num_args(1..)
}

/// clap prints the source of an error too; what it says is enough.
fn mac(text: &str) -> Result<Mac, String> {
    parse_mac(text).map_err(|error| error.to_string())
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
        Some(("where", given)) => answer_all(&items(given), where_block, where_line),
        Some(("wrap", given)) => {
            let (ttl, id) = (value(given, "ttl"), value(given, "id"));
            let ethernet = EthernetRepr {
                to: value(given, "to-mac"),
                from: value(given, "from-mac"),
                ether_type: TYPE_IPV4,
            };
            let frame = |text: &str| wrap_all(text, ttl, id, &ethernet);
            answer_all(
                &joined(&items(given)),
                |text| Ok(wrap_block(&frame(text)?)),
                |text| Ok(wrap_line(&frame(text)?)),
            )
        }
        Some(("peel", given)) => answer_all(
            &joined(&items(given)),
            |text| Ok(peel_block(&peel_all(&parse_hex(text)?)?)),
            |text| Ok(peel_line(&peel_all(&parse_hex(text)?)?)),
        ),
        Some(("overhead", given)) => {
            let over = match value::<String>(given, "over").as_str() {
                "tcp" => Transport::Tcp,
                _ => Transport::Udp,
            };
            let mtu = value(given, "mtu");
            let account = |text: &str| overhead(text, over, mtu);
            answer_all(
                &items(given),
                |text| Ok(overhead_block(&account(text)?, over)),
                |text| Ok(overhead_line(&account(text)?, over)),
            )
        }
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

/// The value of an argument that is required, or has a default.
fn value<T: Clone + Send + Sync + 'static>(given: &ArgMatches, name: &str) -> T {
    let value = given.get_one(name).cloned();
    value.expect("clap requires it, or has a default")
}

/// The items to answer, none of them if they come from standard input.
fn items(given: &ArgMatches) -> Vec<String> {
    let items = given.get_many("items").unwrap_or_default();
    items.cloned().collect()
}

/// The words of one item; no item if there are none.
fn joined(words: &[String]) -> Vec<String> {
    match words {
        [] => Vec::new(),
        words => vec![words.join(" ")],
    }
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
        for_each_line(&mut io::stdin().lock(), |text| {
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
                eprintln!("error: {error}");
                all = false;
            }
        }
    }
    out.flush()?;
    Ok(all)
}

// ---------------------------------------------------------------- where

/// What `where` knows of a protocol.
struct Place {
    osi: Layers,
    five: Layers,
    tcpip: (TcpIp, TcpIp),
    transports: String,
    numbers: String,
}

impl Place {
    fn of(protocol: &Protocol) -> Place {
        let Layers { low, high } = protocol.layers;
        let numbers: Vec<String> = protocol.numbers.iter().map(ToString::to_string).collect();
        Place {
            osi: protocol.layers,
            five: Layers {
                low: place::five_layer(low),
                high: place::five_layer(high),
            },
            tcpip: (place::tcpip_layer(low), place::tcpip_layer(high)),
            transports: or_none(&place::transports(protocols::all(), protocol).join(", ")),
            numbers: or_none(&numbers.join(", ")),
        }
    }

    fn tcpip(&self) -> String {
        let (low, high) = self.tcpip;
        if low == high {
            low.to_string()
        } else {
            format!("{low} to {high}")
        }
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "none" } else { text }.to_owned()
}

fn where_line(question: &str) -> Result<String, Error> {
    Ok(match place::find(protocols::all(), question)? {
        Found::Named(protocol) => {
            let place = Place::of(protocol);
            format!(
                "{}  OSI {}  five {}  TCP/IP {}  transport {}  number {}  {}",
                protocol.name,
                place.osi,
                place.five,
                place.tcpip(),
                place.transports,
                place.numbers,
                protocol.by
            )
        }
        Found::Numbered(found) => {
            let found: Vec<String> = found
                .iter()
                .map(|(number, protocol)| format!("{number} {}", protocol.name))
                .collect();
            format!("{question}  {}", found.join("  "))
        }
    })
}

fn where_block(question: &str) -> Result<String, Error> {
    let Found::Named(protocol) = place::find(protocols::all(), question)? else {
        return where_line(question);
    };
    let place = Place::of(protocol);
    Ok([
        format!("{:<12}{}", protocol.name, protocol.what),
        format!("OSI         {}", place.osi),
        format!("five        {}", place.five),
        format!("TCP/IP      {}", place.tcpip()),
        format!("over        {}", or_none(&protocol.over.join(", "))),
        format!("transport   {}", place.transports),
        format!("number      {}", place.numbers),
        format!("by          {}", protocol.by),
    ]
    .join("\n"))
}

// ---------------------------------------------------------------- wrap

/// A frame, and how long the message in it is.
struct Wrapped {
    frame: Vec<u8>,
    message_len: usize,
}

impl Wrapped {
    /// The frame in parts, each with its name; those without octets left out.
    fn parts(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let parts = [
            ("ethernet", ETHERNET_LEN),
            ("ipv4", IPV4_LEN),
            ("udp", UDP_LEN),
            ("message", self.message_len),
            ("padding", usize::MAX),
        ];
        let mut rest = self.frame.as_slice();
        parts
            .into_iter()
            .map(move |(name, len)| {
                let (part, after) = rest.split_at(len.min(rest.len()));
                rest = after;
                (name, part)
            })
            .filter(|(_, part)| !part.is_empty())
    }
}

fn wrap_all(text: &str, ttl: u8, id: u16, ethernet: &EthernetRepr) -> Result<Wrapped, Error> {
    let (from, to, message) = parse_request(text)?;
    let ip = Ipv4Repr {
        from: from.address,
        to: to.address,
        protocol: PROTOCOL_UDP,
        ttl,
        id,
    };
    let udp = UdpRepr {
        from: from.port,
        to: to.port,
    };
    let datagram = wrap::wrap_udp(&message, &udp, &ip)?;
    let packet = wrap::wrap_ipv4(&datagram, &ip)?;
    Ok(Wrapped {
        frame: wrap::wrap_ethernet(&packet, ethernet)?,
        message_len: message.len(),
    })
}

fn wrap_line(wrapped: &Wrapped) -> String {
    let parts: Vec<String> = wrapped.parts().map(|(_, part)| hex(part, "")).collect();
    parts.join("  ")
}

fn wrap_block(wrapped: &Wrapped) -> String {
    let mut lines = Vec::new();
    for (name, part) in wrapped.parts() {
        for (index, row) in part.chunks(20).enumerate() {
            let name = if index == 0 { name } else { "" };
            lines.push(format!("{name:<10}{}", hex(row, " ")));
        }
    }
    lines.join("\n")
}

// ---------------------------------------------------------------- peel

/// What was found in a frame.
struct Peeled {
    ethernet: EthernetRepr,
    ip: Ipv4Repr,
    transport: &'static str,
    from: u16,
    to: u16,
    /// The octets of each: Ethernet header, IPv4 header, transport's header,
    /// message, and what is behind the packet.
    lens: [usize; 5],
    message: Vec<u8>,
}

fn peel_all(frame: &[u8]) -> Result<Peeled, Error> {
    let (ethernet, packet) = peel::peel_ethernet(frame)?;
    let (ip, payload) = peel::peel_ipv4(packet)?;
    let (transport, from, to, message) = match ip.protocol {
        PROTOCOL_UDP => {
            let (UdpRepr { from, to }, message) = peel::peel_udp(payload, &ip)?;
            ("UDP", from, to, message)
        }
        PROTOCOL_TCP => {
            let (TcpRepr { from, to }, message) = peel::peel_tcp(payload, &ip)?;
            ("TCP", from, to, message)
        }
        protocol => return Err(Error::NotTransport(protocol)),
    };
    let header_len = place_in(payload, packet);
    let lens = [
        place_in(packet, frame),
        header_len,
        place_in(message, payload),
        message.len(),
        packet.len().saturating_sub(header_len + payload.len()),
    ];
    Ok(Peeled {
        ethernet,
        ip,
        transport,
        from,
        to,
        lens,
        message: message.to_vec(),
    })
}

/// Where `part`, a piece of `whole`, begins in it.
fn place_in(part: &[u8], whole: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

fn peel_line(peeled: &Peeled) -> String {
    let Peeled { ethernet, ip, .. } = peeled;
    format!(
        "{} to {}  {}:{} to {}:{}  {}  ttl {}  id {}  octets {}  {}",
        ethernet.from,
        ethernet.to,
        ip.from,
        peeled.from,
        ip.to,
        peeled.to,
        peeled.transport,
        ip.ttl,
        ip.id,
        peeled.lens.map(|len| len.to_string()).join("+"),
        escape(&peeled.message)
    )
}

fn peel_block(peeled: &Peeled) -> String {
    let Peeled { ethernet, ip, .. } = peeled;
    let [frame, packet, header, message, behind] = peeled.lens;
    let mut lines = vec![
        format!("ethernet  {frame:>5}  {} to {}", ethernet.from, ethernet.to),
        format!(
            "ipv4      {packet:>5}  {} to {}, ttl {}, id {}",
            ip.from, ip.to, ip.ttl, ip.id
        ),
        format!(
            "{:<10}{header:>5}  port {} to {}",
            peeled.transport.to_lowercase(),
            peeled.from,
            peeled.to
        ),
    ];
    // A line of the message a line.
    let mut rest = peeled.message.as_slice();
    let mut name = format!("message   {message:>5}");
    loop {
        let end = rest.iter().position(|octet| *octet == b'\n');
        let (row, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        lines.push(format!("{name:<15}  {}", escape(row)));
        rest = after;
        name.clear();
        if rest.is_empty() {
            break;
        }
    }
    if behind > 0 {
        lines.push(format!("padding   {behind:>5}"));
    }
    lines.join("\n")
}

// ---------------------------------------------------------------- overhead

fn overhead(text: &str, over: Transport, mtu: u16) -> Result<Overhead, Error> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    // A tebibyte; what is counted with it stays far below 64 bits.
    let len = text.parse().ok().filter(|len| digits && *len <= 1 << 40);
    let len = len.ok_or_else(|| Error::BadLength(text.to_owned()))?;
    account(len, over, mtu)
}

/// The rows of an account, each with its name.
fn rows(overhead: &Overhead, over: Transport) -> [(&'static str, u64); 7] {
    let transport = match over {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    [
        ("message", overhead.message),
        (transport, overhead.transport),
        ("ipv4", overhead.ipv4),
        ("ethernet", overhead.ethernet),
        ("padding", overhead.padding),
        ("check", overhead.check),
        ("line", overhead.line),
    ]
}

/// All octets of an account, and how many of a thousand are the message.
fn total(overhead: &Overhead, over: Transport) -> (u64, u64) {
    let total: u64 = rows(overhead, over).iter().map(|(_, len)| len).sum();
    (total, overhead.message * 1000 / total.max(1))
}

fn overhead_line(overhead: &Overhead, over: Transport) -> String {
    let rows = rows(overhead, over).map(|(name, len)| format!("{name} {len}"));
    let (total, share) = total(overhead, over);
    format!(
        "frames {}  {}  total {total}  share {}.{} %",
        overhead.frames,
        rows.join("  "),
        share / 10,
        share % 10
    )
}

fn overhead_block(overhead: &Overhead, over: Transport) -> String {
    let (total, share) = total(overhead, over);
    let mut lines = vec![format!("frames    {:>9}", overhead.frames)];
    lines.extend(rows(overhead, over).map(|(name, len)| format!("{name:<10}{len:>9}")));
    lines.push(format!(
        "total     {total:>9}  of which the message is {}.{} %",
        share / 10,
        share % 10
    ));
    lines.join("\n")
}
