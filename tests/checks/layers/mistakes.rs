//! What the mistakes of `layers` are known by.

use super::{
    Request, Row, Setting, covered, octets_of, or_none, peeled_line, plain_sum, rows, span,
    transports,
};
use crate::check::{Evidence, Mistake, What};
use crate::trial::Run;

/// The subcommand of the program that ran last, what it was asked, and its
/// first line of output.
#[derive(Default)]
struct Seen {
    command: String,
    args: Vec<String>,
    asked: String,
    line: String,
}

impl Seen {
    fn of(evidence: &Evidence<'_>) -> Seen {
        let Some(Run { args, .. }) = evidence.last else {
            return Seen::default();
        };
        let output = evidence.last.map(Run::stdout_text).unwrap_or_default();
        let input = input_of(evidence);
        // A report is about one line; a recording about the one that differs.
        let same = evidence.failure.expected.iter();
        let same = same.take(evidence.failure.first_difference());
        let number = match input.lines().count() {
            1 => 0,
            _ => same.filter(|octet| **octet == b'\n').count(),
        };
        let nth = |text: &str| text.lines().nth(number).unwrap_or_default().to_owned();
        Seen {
            command: args.first().cloned().unwrap_or_default(),
            args: args.clone(),
            asked: nth(&input),
            line: nth(&output),
        }
    }

    /// What was asked of `where`, with the answer that should have come.
    fn place(evidence: &Evidence<'_>) -> Option<Place> {
        let seen = Seen::of(evidence);
        if seen.command != "where" || seen.line.is_empty() {
            return None;
        }
        let rows = rows();
        let fits = |row: &Row| {
            let mut names = row.also.iter().chain([&row.name]);
            names.any(|name| name.eq_ignore_ascii_case(&seen.asked))
        };
        let row = rows.iter().position(fits);
        Some(Place { seen, rows, row })
    }
}

/// A question to `where`.
struct Place {
    seen: Seen,
    rows: Vec<Row>,
    /// The row that the question names.
    row: Option<usize>,
}

impl Place {
    fn row(&self) -> Option<&Row> {
        self.rows.get(self.row?)
    }

    fn refused(&self) -> bool {
        self.seen.line.starts_with('!')
    }

    /// What stands in this column behind its word, if the line is a protocol's.
    fn column(&self, column: usize, word: &str) -> Option<&str> {
        self.seen.line.split("  ").nth(column)?.strip_prefix(word)
    }

    /// The transports that came, where they are not those that should have.
    fn wrong_transports(&self) -> Option<Vec<&str>> {
        let came = self.column(4, "transport ")?;
        let right = or_none(&transports(&self.rows, self.row()?));
        (came != right).then(|| came.split(", ").collect())
    }

    /// The numbers that came, where a number was asked about.
    fn numbers(&self) -> Vec<&str> {
        let columns = self.seen.line.split("  ").skip(1);
        columns.filter(|column| column.contains('/')).collect()
    }

    /// The numbers of the table that fit, with the names of their protocols.
    fn fitting(&self, fits: impl Fn(u32, &str) -> bool) -> Vec<String> {
        let numbers = self
            .rows
            .iter()
            .flat_map(|row| row.numbers.iter().map(move |number| (*number, row.name)));
        let fitting = numbers.filter(|(number, _)| {
            let (value, below) = super::number(number);
            fits(value, below)
        });
        fitting
            .map(|(number, name)| format!("{number} {name}"))
            .collect()
    }

    /// The number that was asked about, as wide as it was written.
    fn value(&self) -> Option<u128> {
        let text = self.seen.asked.split('/').next()?;
        match text.strip_prefix("0x") {
            Some(digits) => u128::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn below(&self) -> Option<String> {
        let (_, below) = self.seen.asked.split_once('/')?;
        Some(below.to_ascii_lowercase())
    }
}

fn place(evidence: &Evidence<'_>, seen: impl Fn(&Place) -> bool) -> bool {
    Seen::place(evidence).is_some_and(|place| seen(&place))
}

fn is_port(below: &str) -> bool {
    matches!(below, "udp" | "tcp" | "sctp")
}

/// What was on the standard input of the program that ran last.
fn input_of(evidence: &Evidence<'_>) -> String {
    let events = evidence.events;
    let start = events
        .iter()
        .rposition(|event| matches!(event.what, What::Started(_)));
    let sent = events.iter().skip(start.unwrap_or(0));
    let sent = sent.filter_map(|event| match &event.what {
        What::Sent(octets) => Some(String::from_utf8_lossy(octets)),
        _ => None,
    });
    sent.collect()
}

/// A message that was wrapped wrongly.
struct Wrong {
    request: Request,
    right: Vec<u8>,
    came: Vec<u8>,
}

impl Wrong {
    fn of(evidence: &Evidence<'_>) -> Option<Wrong> {
        let seen = Seen::of(evidence);
        if seen.command != "wrap" {
            return None;
        }
        let (request, setting) = (request(&seen.asked)?, setting(&seen.args)?);
        let right = request.frame(&setting);
        let came = octets_of(&seen.line).filter(|came| !came.is_empty())?;
        (came != right).then_some(Wrong {
            request,
            right,
            came,
        })
    }

    /// The two octets from `at` on: as they should be, and as they came.
    fn pair(&self, at: usize) -> Option<([u8; 2], [u8; 2])> {
        let pair = |frame: &[u8]| frame.get(at..)?.first_chunk::<2>().copied();
        Some((pair(&self.right)?, pair(&self.came)?))
    }

    /// Whether the number from `at` on came wrong, and is this one.
    fn is(&self, at: usize, number: u16) -> bool {
        let wrong = |(right, came): ([u8; 2], [u8; 2])| right != came;
        self.pair(at)
            .is_some_and(|pair| wrong(pair) && pair.1 == number.to_be_bytes())
    }

    fn swapped(&self, at: usize) -> bool {
        self.pair(at)
            .is_some_and(|(right, came)| right != came && right == [came[1], came[0]])
    }

    /// Whether two pieces of the frame came in each other's place.
    fn exchanged(&self, one: usize, other: usize, len: usize) -> bool {
        let cut = |frame: &[u8], at: usize| frame.get(at..at + len).map(<[u8]>::to_vec);
        let (right, came) = (&self.right, &self.came);
        cut(right, one) == cut(came, other)
            && cut(right, other) == cut(came, one)
            && cut(right, one) != cut(right, other)
    }

    /// Whether a checksum came wrong and is that of these parts: the IPv4 one,
    /// for 24, or the UDP one, for 40, in which 0 may be sent as ffff.
    fn sums(&self, at: usize, parts: &[&[u8]]) -> bool {
        let sum = !folded(plain_sum(parts));
        self.is(at, sum) || (at == 40 && sum == 0 && self.is(at, 0xffff))
    }

    /// What the IPv4 checksum covers, 0 in its own place. What came is taken, so
    /// that another mistake in the header does not hide this one.
    fn header(&self) -> Vec<u8> {
        let mut header = self.came.get(14..34).unwrap_or_default().to_vec();
        header
            .iter_mut()
            .skip(10)
            .take(2)
            .for_each(|octet| *octet = 0);
        header
    }

    /// What the UDP checksum covers: pseudo-header, and header and message.
    fn covered(&self) -> (Vec<u8>, Vec<u8>) {
        covered(&self.came, self.request.message.len())
    }

    /// Both sums, before anything is carried, each with its place.
    fn plain_sums(&self) -> [(usize, u32); 2] {
        let (pseudo, datagram) = self.covered();
        [
            (24, plain_sum(&[&self.header()])),
            (40, plain_sum(&[&pseudo, &datagram])),
        ]
    }
}

fn wrong(evidence: &Evidence<'_>, seen: impl Fn(&Wrong) -> bool) -> bool {
    Wrong::of(evidence).is_some_and(|wrong| seen(&wrong))
}

/// A sum with its carries added.
fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// What a line of `wrap` asks for.
fn request(line: &str) -> Option<Request> {
    let mut words = line.splitn(3, ' ');
    let (from, to) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let mut message = Vec::new();
    let mut rest = words.next().unwrap_or_default();
    while let Some(octet) = rest.bytes().next() {
        let (len, octet) = match rest.strip_prefix("\\x") {
            Some(digits) => (4, u8::from_str_radix(digits.get(..2)?, 16).ok()?),
            None if octet == b'\\' => (2, b'\\'),
            None => (1, octet),
        };
        message.push(octet);
        rest = rest.get(len..)?;
    }
    Some(Request { from, to, message })
}

/// What the options of `wrap` say, or their defaults.
fn setting(args: &[String]) -> Option<Setting> {
    let value = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1)
    };
    let mac = |name: &str, default: [u8; 6]| match value(name) {
        Some(text) => {
            let octets = text
                .split(':')
                .map(|part| u8::from_str_radix(part, 16).ok());
            let octets: Option<Vec<u8>> = octets.collect();
            octets?.try_into().ok()
        }
        None => Some(default),
    };
    let plain = Setting::plain();
    Some(Setting {
        from: mac("--from-mac", plain.from)?,
        to: mac("--to-mac", plain.to)?,
        ttl: value("--ttl").map_or(Some(plain.ttl), |text| text.parse().ok())?,
        id: value("--id").map_or(Some(plain.id), |text| text.parse().ok())?,
    })
}

/// A frame that was peeled wrongly.
struct Peel {
    frame: Vec<u8>,
    /// The line that should have come, if there is one.
    right: Option<String>,
    came: String,
    panicked: bool,
}

impl Peel {
    fn of(evidence: &Evidence<'_>) -> Option<Peel> {
        let seen = Seen::of(evidence);
        if seen.command != "peel" {
            return None;
        }
        let frame = octets_of(&seen.asked)?;
        Some(Peel {
            right: peeled_line(&frame),
            frame,
            came: seen.line,
            panicked: evidence.said("panicked at"),
        })
    }

    /// Refused in these words, and it should not have been, or not so.
    fn refused(&self, words: &str) -> bool {
        self.right.is_some() && self.came.starts_with("! ") && self.came.contains(words)
    }

    /// Taken, and it should have been refused.
    fn taken(&self) -> bool {
        self.right.is_none() && !self.came.is_empty() && !self.came.starts_with('!')
    }

    /// The octets of each layer, as a line has them: `14+20+8+5+13`.
    fn lens(line: &str) -> Vec<usize> {
        let text = line
            .split("  ")
            .find_map(|text| text.strip_prefix("octets "));
        let lens = text.unwrap_or_default().split('+');
        lens.filter_map(|len| len.parse().ok()).collect()
    }

    fn right_lens(&self) -> Vec<usize> {
        Peel::lens(self.right.as_deref().unwrap_or_default())
    }

    /// Whether a layer's octets, counted from 0, should have been so many.
    fn right_len(&self, layer: usize) -> usize {
        self.right_lens().get(layer).copied().unwrap_or(0)
    }

    /// How many octets a layer had for the program.
    fn came_len(&self, layer: usize) -> Option<usize> {
        Peel::lens(&self.came).get(layer).copied()
    }

    fn at(&self, offset: usize) -> u8 {
        self.frame.get(offset).copied().unwrap_or(0)
    }

    fn number_at(&self, offset: usize) -> u16 {
        u16::from_be_bytes([self.at(offset), self.at(offset + 1)])
    }

    /// Whether the IPv4 header's checksum fits.
    fn ipv4_fits(&self) -> bool {
        let len = usize::from(self.at(14) & 15) * 4;
        let header = self.frame.get(14..14 + len);
        header.is_some_and(|header| folded(plain_sum(&[header])) == 0xffff)
    }

    /// The transport's protocol.
    fn protocol(&self) -> u8 {
        self.at(23)
    }

    fn is_udp(&self) -> bool {
        self.protocol() == 17
    }
}

fn peel(evidence: &Evidence<'_>, seen: impl Fn(&Peel) -> bool) -> bool {
    Peel::of(evidence).is_some_and(|peel| seen(&peel))
}

/// A message that was accounted for wrongly.
struct Account {
    len: u64,
    tcp: bool,
    mtu: u64,
    came: String,
}

impl Account {
    fn of(evidence: &Evidence<'_>) -> Option<Account> {
        let seen = Seen::of(evidence);
        if seen.command != "overhead" {
            return None;
        }
        let value = |name: &str| {
            let place = seen.args.iter().position(|arg| arg == name)?;
            seen.args.get(place + 1).cloned()
        };
        Some(Account {
            len: seen.asked.parse().ok()?,
            tcp: value("--over").as_deref() == Some("tcp"),
            mtu: value("--mtu").map_or(Some(1500), |text| text.parse().ok())?,
            came: seen.line,
        })
    }

    /// A row of the account that came.
    fn row(&self, name: &str) -> Option<u64> {
        let rest = |column: &str| {
            let (word, number) = column.split_once(' ')?;
            (word == name).then(|| number.parse().ok())?
        };
        self.came.split("  ").find_map(rest)
    }

    /// The packets that there should be.
    fn packets(&self) -> Vec<u64> {
        super::packets(self.len, self.tcp, self.mtu)
    }

    /// The padding that there should be, packet by packet.
    fn padding(&self) -> Vec<u64> {
        let short = |len: &u64| 46_u64.saturating_sub(20 + len);
        self.packets().iter().map(short).collect()
    }

    /// The padding with which each frame would have 64 octets without its check
    /// sequence.
    fn padding_to_64(&self) -> u64 {
        let short = |len: &u64| 50_u64.saturating_sub(20 + len);
        self.packets().iter().map(short).sum()
    }

    fn frames(&self) -> u64 {
        self.packets().len() as u64
    }

    /// Whether a row came wrong, and is this number.
    fn is(&self, name: &str, right: u64, number: u64) -> bool {
        self.row(name) == Some(number) && number != right
    }

    /// Whether the number of frames came wrong, and is this one.
    fn frames_are(&self, number: u64) -> bool {
        self.is("frames", self.frames(), number)
    }
}

fn account(evidence: &Evidence<'_>, seen: impl Fn(&Account) -> bool) -> bool {
    Account::of(evidence).is_some_and(|account| !account.came.is_empty() && seen(&account))
}

pub const MISTAKES: &[Mistake] = &[
    // Step 1.
    Mistake {
        name: "upper and lower case told apart",
        why: "the program compared the name octet by octet, so that `dns` and `DNS` were two names. Case carries no \
              meaning in these names",
        rfc: "RFC 6335 §5.1",
        seen: |evidence| {
            place(evidence, |place| {
                let exact = |row: &Row| {
                    row.name == place.seen.asked || row.also.contains(&&*place.seen.asked)
                };
                place.refused() && place.row().is_some_and(|row| !exact(row))
            })
        },
    },
    Mistake {
        name: "other names not looked at",
        why: "the text is another name of the protocol, in the table's second column, and the program looked in the \
              first only",
        rfc: "",
        seen: |evidence| {
            place(evidence, |place| {
                let also = |row: &Row| row.also.contains(&&*place.seen.asked);
                place.refused() && place.row().is_some_and(also)
            })
        },
    },
    Mistake {
        name: "a piece of a name taken for the name",
        why: "the program found a protocol whose name begins with the text, or holds it. `htt` is no protocol, and \
              with a search of that kind `HTTP` is found for `HTTPS`, or the other way round",
        rfc: "",
        seen: |evidence| {
            place(evidence, |place| {
                let asked = place.seen.asked.to_ascii_lowercase();
                let came = place.column(0, "").unwrap_or_default();
                let row = place.rows.iter().find(|row| row.name == came);
                let near = |name: &&str| {
                    let name = name.to_ascii_lowercase();
                    name.contains(asked.trim()) || asked.contains(&name)
                };
                let other = place.row().is_none_or(|row| row.name != came);
                other && row.is_some_and(|row| row.also.iter().chain([&row.name]).any(near))
            })
        },
    },
    Mistake {
        name: "layers 5 and 6 left at the transport",
        why: "the program counted session and presentation to the transport. In the TCP/IP model all that is above \
              the transport is the application's",
        rfc: "RFC 1122 §1.1.3",
        seen: |evidence| {
            place(evidence, |place| {
                let upper = place
                    .row()
                    .is_some_and(|row| matches!(row.layers, (5 | 6, _)));
                upper
                    && place
                        .column(3, "TCP/IP ")
                        .is_some_and(|came| came.contains("transport"))
            })
        },
    },
    Mistake {
        name: "the seven layers counted as five",
        why: "the program left the number of an upper layer as OSI counts it. The textbooks' five have no session and \
              no presentation, so the application is the fifth",
        rfc: "RFC 1122 §1.1.3",
        seen: |evidence| {
            place(evidence, |place| {
                let upper = |row: &Row| {
                    row.layers.1 > 5 && place.column(2, "five ") == Some(&*span(row.layers))
                };
                place.row().is_some_and(upper)
            })
        },
    },
    Mistake {
        name: "the link's two layers told apart",
        why: "the TCP/IP model has one layer below the internet layer, the link, and the physical layer is part of it",
        rfc: "RFC 1122 §1.1.3",
        seen: |evidence| {
            place(evidence, |place| {
                let low = place.row().is_some_and(|row| row.layers.1 <= 2);
                low && place
                    .column(3, "TCP/IP ")
                    .is_some_and(|came| came.contains("internet"))
            })
        },
    },
    Mistake {
        name: "the carrier named, not the transport",
        why: "the program named what carries the protocol, without a look at the carrier's layer. TLS carries HTTPS \
              and is no transport: TCP below it is; IPv4 carries ICMP, and there is no transport between them",
        rfc: "RFC 1122 §1.1.3",
        seen: |evidence| {
            place(evidence, |place| {
                place.wrong_transports().is_some_and(|came| {
                    place
                        .row()
                        .is_some_and(|row| came.len() == row.over.len() && came == row.over)
                })
            })
        },
    },
    Mistake {
        name: "a transport named twice",
        why: "two ways down led to the same transport, and the program named it for each. It is one transport",
        rfc: "",
        seen: |evidence| {
            place(evidence, |place| {
                place.wrong_transports().is_some_and(|mut came| {
                    let count = came.len();
                    came.sort_unstable();
                    came.dedup();
                    came.len() < count
                })
            })
        },
    },
    Mistake {
        name: "the transport below the transport",
        why: "the way down went on behind the first protocol of layer 4. HTTP/3 travels over QUIC, which is its \
              transport; that QUIC itself stands on UDP is QUIC's affair",
        rfc: "RFC 9114",
        seen: |evidence| {
            place(evidence, |place| {
                let right = place
                    .row()
                    .map(|row| transports(&place.rows, row))
                    .unwrap_or_default();
                place.wrong_transports().is_some_and(|came| {
                    right.contains(&"QUIC") && came.contains(&"UDP") && !came.contains(&"QUIC")
                })
            })
        },
    },
    Mistake {
        name: "only the first carrier followed",
        why: "the protocol has several carriers, and the program followed the first of them down",
        rfc: "",
        seen: |evidence| {
            place(evidence, |place| {
                let right = place
                    .row()
                    .map(|row| transports(&place.rows, row))
                    .unwrap_or_default();
                place.wrong_transports().is_some_and(|came| {
                    right.len() > 1 && came.len() == 1 && came.first() == right.first()
                })
            })
        },
    },
    Mistake {
        name: "a number cut to 16 bits",
        why: "the number does not fit 16 bits, and the program kept the lowest 16 of them: 65589 became 53. What no \
              field can hold is no port",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            place(evidence, |place| {
                let value = place.value().filter(|value| *value > 0xffff);
                let cut = value.map(|value| (value & 0xffff) as u32);
                let numbers = place.numbers();
                let all = |cut: u32| {
                    numbers
                        .iter()
                        .all(|came| super::number(came.split(' ').next().unwrap_or("")).0 == cut)
                };
                !numbers.is_empty() && cut.is_some_and(all)
            })
        },
    },
    Mistake {
        name: "a sign taken for part of a number",
        why: "the program gave the text to a reader of integers, which takes a sign in front. A port is written with \
              digits only",
        rfc: "",
        seen: |evidence| {
            place(evidence, |place| {
                place.seen.asked.contains(['+', '-'])
                    && place.row.is_none()
                    && !place.numbers().is_empty()
            })
        },
    },
    Mistake {
        name: "only the first protocol of a number",
        why: "several protocols have the number, and the program stopped at the first. 443 over TCP is HTTPS and \
              HTTP/2, and 443 over UDP is HTTP/3",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            place(evidence, |place| {
                let (value, below) = (place.value(), place.below());
                let right = place.fitting(|number, own| {
                    value == Some(u128::from(number))
                        && below.as_deref().map_or(is_port(own), |below| below == own)
                });
                let numbers = place.numbers();
                right.len() > 1
                    && !numbers.is_empty()
                    && numbers.len() < right.len()
                    && right.starts_with(
                        &numbers
                            .iter()
                            .map(|&text| text.to_owned())
                            .collect::<Vec<_>>(),
                    )
            })
        },
    },
    Mistake {
        name: "a protocol number taken for a port",
        why: "a number alone is a port, and the program found one of another header: the protocol of IP, or the type \
              of a frame. 6 is TCP in an IPv4 header and nobody's port",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            place(evidence, |place| {
                let strange = |came: &&str| came.contains("/ip ") || came.contains("/ethernet ");
                place.below().is_none() && place.numbers().iter().any(strange)
            })
        },
    },
    Mistake {
        name: "what stands behind the slash not looked at",
        why: "the program found numbers of other headers than the one that was named. A port of UDP is another than \
              the same port of TCP",
        rfc: "RFC 6335 §6",
        seen: |evidence| {
            place(evidence, |place| {
                let below = place.below();
                let other = |came: &&str| {
                    let number = came.split(' ').next().unwrap_or_default();
                    below
                        .as_deref()
                        .is_some_and(|below| super::number(number).1 != below)
                };
                place.numbers().iter().any(other)
            })
        },
    },
    // Step 2.
    Mistake {
        name: "a number in host byte order",
        why: "the two octets of a number stand the other way round, as this machine keeps them in memory. On the wire \
              the most significant octet comes first, whatever the machine does",
        rfc: "RFC 791 Appendix B",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let places = [12, 16, 18, 34, 36, 38, 24, 40];
                let (mut pseudo, datagram) = wrong.covered();
                let len = (datagram.len() as u16).to_le_bytes();
                pseudo.truncate(10);
                pseudo.extend(len);
                places.into_iter().any(|at| wrong.swapped(at))
                    || wrong.sums(40, &[&pseudo, &datagram])
            }) || peel(evidence, |peel| {
                // What a length or a port is when it is read so.
                let swapped = |at: usize| peel.number_at(at).swap_bytes();
                let said = |text: String| peel.right.is_some() && peel.came.contains(&text);
                let header = 14 + usize::from(peel.at(14) & 15) * 4;
                said(format!("is {}, and ", swapped(16)))
                    || said(format!("is {}, below ", swapped(16)))
                    || (peel.is_udp() && said(format!("is {}, and ", swapped(header + 4))))
                    || said(format!("is 0x{:04x}, and ", swapped(12)))
                    || (swapped(header) != peel.number_at(header)
                        && said(format!(":{} to ", swapped(header))))
            })
        },
    },
    Mistake {
        name: "the length without the header",
        why: "the length counts what is behind the header. It counts the header too: 8 octets in UDP, 20 in IPv4",
        rfc: "RFC 768; RFC 791 §3.1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let len = wrong.request.message.len() as u16;
                wrong.is(38, len) || wrong.is(16, len + 8) || wrong.is(16, len)
            })
        },
    },
    Mistake {
        name: "padding counted in the total length",
        why: "the total length counts the zeros that fill up a short frame. They are the frame's, and the packet ends \
              before them",
        rfc: "RFC 894",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.right.len() == 60 && wrong.is(16, 46)
            })
        },
    },
    Mistake {
        name: "source and destination exchanged",
        why: "source and destination stand in each other's place. An Ethernet header has the destination first; IPv4 \
              and UDP have the source first",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.exchanged(0, 6, 6) || wrong.exchanged(26, 30, 4) || wrong.exchanged(34, 36, 2)
            })
        },
    },
    Mistake {
        name: "time to live and protocol exchanged",
        why: "time to live and protocol stand in each other's place: the time to live is octet 8 of the header, the \
              protocol octet 9",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            wrong(evidence, |wrong| wrong.exchanged(22, 23, 1))
                || peel(evidence, |peel| {
                    peel.refused(&format!("(octet 9 of the IPv4 header) is {},", peel.at(22)))
                })
        },
    },
    Mistake {
        name: "the header length counted in octets",
        why: "the first octet of the IPv4 header holds the version in its upper half and in its lower half the length \
              of the header in words of 32 bits: 20 octets are 5 words, and the octet is 45",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong
                    .came
                    .get(14)
                    .is_some_and(|first| matches!(first, 0x54 | 0x44 | 0x50))
            }) || peel(evidence, |peel| {
                peel.refused("of the IPv4 header) is 5 octets")
                    || peel.refused("of the TCP header) is 5 octets")
            })
        },
    },
    Mistake {
        name: "a frame without its type",
        why: "between the addresses and the packet stand two octets that say what the packet is; IPv4 is 0800",
        rfc: "RFC 894",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.came.get(12..14) == Some(&[0, 0]) || wrong.came.get(12) == Some(&0x45)
            })
        },
    },
    Mistake {
        name: "a checksum of 0 not sent as ffff",
        why: "the checksum came out 0, and a 0 in the field tells the receiver that there is none. The same sum has a \
              second form, ffff, and that one is sent",
        rfc: "RFC 768",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.pair(40) == Some(([0xff, 0xff], [0, 0]))
            })
        },
    },
    Mistake {
        name: "no checksum in the UDP header",
        why: "the UDP checksum is 0, which says that the sender computed none. Over IPv4 a sender may do that; this \
              one is to compute it. A checksum over octets that hold their checksum already also gives 0",
        rfc: "RFC 768; RFC 1122 §4.1.3.4",
        seen: |evidence| wrong(evidence, |wrong| wrong.is(40, 0)),
    },
    Mistake {
        name: "the checksum field not 0 while it is computed",
        why: "the IPv4 checksum is 0: it was never put in, or computed over a header that held one already, and a \
              header with its right checksum sums up to 0. While it is computed, its own field is 0",
        rfc: "RFC 791 §3.1",
        seen: |evidence| wrong(evidence, |wrong| wrong.is(24, 0)),
    },
    Mistake {
        name: "the complement not taken",
        why: "the checksum is the sum itself. It is the complement of the sum, each bit turned, so that sum and \
              checksum together give ffff",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong
                    .plain_sums()
                    .into_iter()
                    .any(|(at, sum)| wrong.is(at, folded(sum)))
            })
        },
    },
    Mistake {
        name: "a carry dropped",
        why: "the sum was cut to 16 bits, and what was carried out of them is lost. It is added to the lower end",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let dropped = |(at, sum): (usize, u32)| sum > 0xffff && wrong.is(at, !(sum as u16));
                wrong.plain_sums().into_iter().any(dropped)
            })
        },
    },
    Mistake {
        name: "the carry added once only",
        why: "adding what was carried out of the 16 bits carried once more, and that 1 is lost. The carry is added \
              until there is none",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let once = |(at, sum): (usize, u32)| {
                    let sum = (sum & 0xffff) + (sum >> 16);
                    sum > 0xffff && wrong.is(at, !(sum as u16))
                };
                wrong.plain_sums().into_iter().any(once)
            })
        },
    },
    Mistake {
        name: "the pseudo-header left out",
        why: "the checksum covers the datagram alone. It covers a pseudo-header too, addresses, protocol and length, \
              so that a datagram which went to a wrong host is found out",
        rfc: "RFC 768",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (_, datagram) = wrong.covered();
                wrong.sums(40, &[&datagram])
            })
        },
    },
    Mistake {
        name: "a pseudo-header with another length",
        why: "the length in the pseudo-header is that of the datagram, header and message: the number that stands in \
              the UDP header too. The program took another: the message's, or the IPv4 packet's",
        rfc: "RFC 768",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (pseudo, datagram) = wrong.covered();
                let len = wrong.request.message.len() as u16;
                [0, len, len + 28].into_iter().any(|len| {
                    let mut pseudo = pseudo.clone();
                    pseudo.truncate(10);
                    pseudo.extend(len.to_be_bytes());
                    wrong.sums(40, &[&pseudo, &datagram])
                })
            })
        },
    },
    Mistake {
        name: "a pseudo-header without the protocol",
        why: "behind the addresses of the pseudo-header stand a zero and the protocol, 17 for UDP; the program left \
              the protocol out, or put it where the zero belongs",
        rfc: "RFC 768",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (pseudo, datagram) = wrong.covered();
                [[0, 0], [17, 0]].into_iter().any(|pair| {
                    let mut pseudo = pseudo.clone();
                    for (octet, value) in pseudo.iter_mut().skip(8).zip(pair) {
                        *octet = value;
                    }
                    wrong.sums(40, &[&pseudo, &datagram])
                })
            })
        },
    },
    Mistake {
        name: "the message left out of the UDP checksum",
        why: "the checksum covers pseudo-header and header, as that of IPv4 covers a header. That of UDP covers the \
              message too",
        rfc: "RFC 768",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (pseudo, datagram) = wrong.covered();
                let header = datagram.get(..8).unwrap_or_default();
                // Where only the last octet counts, another mistake has the same sum.
                let (_, before) = wrong.request.message.split_last().unwrap_or((&0, &[]));
                // All ones are another form of nothing.
                !matches!(folded(plain_sum(&[before])), 0 | 0xffff)
                    && wrong.sums(40, &[&pseudo, header])
            })
        },
    },
    Mistake {
        name: "the IPv4 checksum over the whole packet",
        why: "the checksum covers header and payload. That of IPv4 covers the header alone: what is behind it has a \
              checksum of its own, and routers that change the header need not read the rest",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let end = 42 + wrong.request.message.len();
                let payload = wrong.came.get(34..end).unwrap_or_default();
                wrong.sums(24, &[&wrong.header(), payload])
            })
        },
    },
    Mistake {
        name: "the last odd octet left out",
        why: "the message has an odd number of octets, and the last one is missing from the sum. It is paired with a \
              zero behind it",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (pseudo, mut datagram) = wrong.covered();
                let odd = datagram.len() % 2 == 1 && wrong.request.message.len() > 1;
                odd && datagram.pop().is_some() && wrong.sums(40, &[&pseudo, &datagram])
            })
        },
    },
    Mistake {
        name: "the last odd octet on the wrong side",
        why: "the message has an odd number of octets, and the last one was added as a number of its own, as if a zero \
              stood before it. The zero stands behind it",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                let (pseudo, mut datagram) = wrong.covered();
                let odd = datagram.len() % 2 == 1;
                let last = datagram.pop().unwrap_or(0);
                odd && wrong.sums(40, &[&pseudo, &datagram, &[0, last]])
            })
        },
    },
    Mistake {
        name: "a short frame not filled up",
        why: "the frame has fewer than 60 octets. On the line it would be taken for a fragment of a collision, so the \
              sender fills it up with zeros",
        rfc: "RFC 894",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.came.len() < 60 && wrong.right.starts_with(&wrong.came)
            })
        },
    },
    Mistake {
        name: "filled up to 64 octets",
        why: "the frame has 64 octets without its check sequence. The least of 64 includes that sequence of 4, which \
              is not here, so it is filled up to 60",
        rfc: "RFC 894",
        seen: |evidence| {
            wrong(evidence, |wrong| {
                wrong.came.len() == 64 && wrong.right.len() == 60
            })
        },
    },
    Mistake {
        name: "a message too long for its layer taken",
        why: "the message does not fit, and the program made a frame of it. An Ethernet frame carries 1500 octets, and \
              16 bits count to 65,535: what is larger is refused, or cut on purpose",
        rfc: "RFC 894",
        seen: |evidence| {
            let what = &evidence.failure.what;
            let words = evidence.failure.words.as_ref();
            what.starts_with("a message of ")
                && words.is_some_and(|(expected, came)| {
                    expected.starts_with("! ") && !came.starts_with("! ") && came != "no line"
                })
        },
    },
    Mistake {
        name: "a length that 16 bits cannot hold",
        why: "the length was cut to 16 bits, and the layer took a message that it cannot count. Header and payload \
              together are at most 65,535 octets, and a layer refuses what is more before the next one sees it",
        rfc: "RFC 791 §3.1; RFC 768",
        seen: |evidence| {
            let what = &evidence.failure.what;
            let words = evidence.failure.words.as_ref();
            what.starts_with("a message of ")
                && words.is_some_and(|(expected, came)| {
                    let by =
                        |text: &str| text.starts_with("! ") && text.contains(" octets do not fit ");
                    by(expected) && by(came) && !expected.contains("Ethernet")
                })
        },
    },
    // Step 3.
    Mistake {
        name: "padding counted as payload",
        why: "behind the packet the frame has padding, and the program took it for part of the packet. The packet ends \
              where its total length says, and the frame does not say",
        rfc: "RFC 894; RFC 791 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                let padded = peel.right_len(4) > 0;
                let tcp_too = peel.protocol() == 6 && peel.refused("TCP checksum");
                padded && (peel.came_len(4) == Some(0) || tcp_too)
            })
        },
    },
    Mistake {
        name: "a padded frame refused",
        why: "the frame is longer than its packet, and the program refused it. A packet of fewer than 46 octets is \
              always followed by padding on Ethernet",
        rfc: "RFC 894",
        seen: |evidence| {
            peel(evidence, |peel| {
                peel.right_len(4) > 0 && peel.refused("the total length")
            })
        },
    },
    Mistake {
        name: "an IPv4 header of 20 octets, whatever it says",
        why: "the header says that it is longer than 20 octets, by options behind the addresses, and the program took \
              20. The lower half of its first octet is the length, in words of 32 bits",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                let wrongly = [
                    "UDP",
                    "TCP",
                    "(octets 4 and 5 of the UDP header)",
                    "IPv4 checksum",
                ];
                peel.right_len(1) > 20
                    && (peel.came_len(1) == Some(20)
                        || wrongly.iter().any(|words| peel.refused(words)))
            })
        },
    },
    Mistake {
        name: "a TCP header of 20 octets, whatever it says",
        why: "the header says that it is longer than 20 octets, by options at its end, and the program took those for \
              the beginning of the message. The upper half of octet 12 is the length, in words of 32 bits",
        rfc: "RFC 9293 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                let tcp = peel.protocol() == 6 && peel.right_len(1) == 20;
                tcp && peel.right_len(2) > 20 && peel.came_len(2) == Some(20)
            })
        },
    },
    Mistake {
        name: "the length of a UDP message not looked at",
        why: "the message was taken up to the end of the packet. It ends where the length in the UDP header says",
        rfc: "RFC 768",
        seen: |evidence| {
            peel(evidence, |peel| {
                let len = peel.right_len(3);
                // Padding is another matter.
                let surplus = peel
                    .number_at(16)
                    .saturating_sub(peel.right_len(1) as u16 + 8);
                peel.is_udp()
                    && peel.right.is_some()
                    && peel.right_len(4) == 0
                    && usize::from(surplus) > len
                    && (peel.came_len(3) > Some(len) || peel.refused("UDP checksum"))
            })
        },
    },
    Mistake {
        name: "a datagram without a checksum refused",
        why: "the checksum field is 0, which says that the sender computed none, and the program took it for a wrong \
              one",
        rfc: "RFC 768",
        seen: |evidence| {
            peel(evidence, |peel| {
                peel.is_udp() && peel.number_at(40) == 0 && peel.refused("UDP checksum")
            })
        },
    },
    Mistake {
        name: "DF taken for a fragment",
        why: "the packet must not be cut (flag DF, 40 in octet 6), and the program took the flag for the sign of a \
              fragment. A fragment has MF, the 20, or an offset in the 13 bits behind the flags",
        rfc: "RFC 791 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                peel.number_at(20) == 0x4000 && peel.refused("fragment")
            })
        },
    },
    Mistake {
        name: "a fragment taken for a whole packet",
        why: "the packet is one of several that make the message: more follow, or its offset is not 0. What is in it \
              is a piece, and its first octets are a UDP header in the first piece only",
        rfc: "RFC 791 §3.2",
        seen: |evidence| {
            peel(evidence, |peel| {
                peel.number_at(20) & 0x3fff != 0 && peel.ipv4_fits() && peel.taken()
            })
        },
    },
    Mistake {
        name: "the IPv4 checksum not verified",
        why: "a bit of the IPv4 header had turned, and the program believed the header. A packet whose header does not \
              sum up to 0 is dropped",
        rfc: "RFC 1122 §3.2.1.2",
        seen: |evidence| peel(evidence, |peel| !peel.ipv4_fits() && peel.taken()),
    },
    Mistake {
        name: "the transport's checksum not verified",
        why: "a bit of the datagram or segment had turned, and the program believed it. The checksum over \
              pseudo-header, header and message tells",
        rfc: "RFC 1122 §4.1.3.4; RFC 9293 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                evidence.check == "a_bit_that_turned_on_the_way_is_found_out"
                    && peel.ipv4_fits()
                    && peel.taken()
            })
        },
    },
    Mistake {
        name: "a type that is not IPv4 taken for it",
        why: "the type of the frame says that it carries something else than IPv4, and the program did not look",
        rfc: "RFC 894",
        seen: |evidence| {
            peel(evidence, |peel| {
                let other = peel.frame.len() >= 14 && peel.number_at(12) != 0x0800;
                other && (peel.taken() || peel.came.contains("the IPv4 header"))
            })
        },
    },
    Mistake {
        name: "the version not looked at",
        why: "the upper half of the packet's first octet is not 4, and the program read on as if it were IPv4",
        rfc: "RFC 1122 §3.2.1.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                peel.number_at(12) == 0x0800 && peel.at(14) >> 4 != 4 && peel.taken()
            })
        },
    },
    Mistake {
        name: "a length believed",
        why: "the program cut its octets where a length in the frame says, without asking whether so many are there, \
              and panicked. Lengths come from the network: each is compared with what is there before it is used",
        rfc: "RFC 1122 §1.2.2",
        seen: |evidence| {
            peel(evidence, |peel| peel.panicked)
                && [
                    "out of range",
                    "out of bounds",
                    "overflow",
                    "slice index",
                    "mid > len",
                ]
                .into_iter()
                .any(|words| evidence.said(words))
        },
    },
    Mistake {
        name: "a length below the header's taken",
        why: "a length says that there are fewer octets than the header that holds it has, and the program took the \
              frame. Such a length cannot be",
        rfc: "RFC 791 §3.1; RFC 768",
        seen: |evidence| {
            peel(evidence, |peel| {
                let words = peel.at(14) & 15;
                let total = peel.number_at(16) < u16::from(words) * 4;
                let udp = peel.is_udp() && peel.number_at(38) < 8;
                let tcp = peel.protocol() == 6 && peel.at(46) >> 4 < 5;
                (words < 5 || total || udp || tcp) && peel.ipv4_fits() && peel.taken()
            })
        },
    },
    Mistake {
        name: "the wrong half of an octet",
        why: "two numbers share an octet, and the program took the other half. In IPv4 the version is the upper half \
              and the header length the lower; in TCP the header length is the upper half of octet 12",
        rfc: "RFC 791 §3.1; RFC 9293 §3.1",
        seen: |evidence| {
            peel(evidence, |peel| {
                let tcp = peel.at(34 + 12) & 15;
                let said = format!("of the TCP header) is {} octets", tcp * 4);
                peel.refused("(octet 0 of the IPv4 header) is 5, not 4")
                    || peel.refused("(octet 0 of the IPv4 header) is 16 octets")
                    || (peel.right_len(1) == 20 && peel.refused(&said))
            })
        },
    },
    Mistake {
        name: "a right checksum refused",
        why: "the header's checksum is right. Over all of the header, its checksum included, the checksum is 0; who \
              would rather compare computes it with 0 in its own place, since over itself it is never itself",
        rfc: "RFC 1071 §1",
        seen: |evidence| {
            evidence.check == "a_frame_is_peeled_to_its_message"
                && peel(evidence, |peel| peel.refused("the IPv4 checksum"))
        },
    },
    // Step 4.
    Mistake {
        name: "the message cut, and not the datagram",
        why: "each fragment got a UDP header. IPv4 cuts the datagram, whose header is part of what is cut: only the \
              first fragment has it, and no other says which port it is for",
        rfc: "RFC 791 §3.2",
        seen: |evidence| {
            account(evidence, |account| {
                let frames = account.row("frames").unwrap_or(0);
                !account.tcp && frames > 1 && account.row("udp") == Some(frames * 8)
            })
        },
    },
    Mistake {
        name: "fragments that are no multiple of 8 octets",
        why: "each fragment was filled to the last octet. The offset of a fragment counts units of 8 octets, so only \
              the last can have another length",
        rfc: "RFC 791 §3.2",
        seen: |evidence| {
            account(evidence, |account| {
                let room = account.mtu - 20;
                let filled = (8 + account.len).div_ceil(room);
                let rest = (8 + account.len) - (filled.max(1) - 1) * room;
                let padding: u64 = account.padding().iter().sum();
                !account.tcp
                    && account.frames() > 1
                    && !room.is_multiple_of(8)
                    && (account.frames_are(filled)
                        || account.is("padding", padding, 26_u64.saturating_sub(rest))
                            && account.row("frames") == Some(filled)
                            && !account.is("padding", padding, account.padding_to_64()))
            })
        },
    },
    Mistake {
        name: "the last fragment cut to a multiple of 8 octets",
        why: "the last fragment, or the only one, can be as long as fits a packet. No fragment comes behind it, so its \
              end need not be where an offset can point",
        rfc: "RFC 791 §3.2",
        seen: |evidence| {
            account(evidence, |account| {
                let unit = (account.mtu - 20) / 8 * 8;
                !account.tcp && account.frames_are((8 + account.len).div_ceil(unit))
            })
        },
    },
    Mistake {
        name: "a frame too many where the message just fits",
        why: "the message fills its last packet to the end, and the program counted an empty one behind it",
        rfc: "",
        seen: |evidence| {
            account(evidence, |account| {
                let room = account.mtu - 40;
                account.tcp
                    && account.len > 0
                    && account.len.is_multiple_of(room)
                    && account.frames_are(account.len / room + 1)
            })
        },
    },
    Mistake {
        name: "a segment for nothing",
        why: "the message is empty, and the program counted a segment for it. TCP carries a stream: where there are no \
              octets, there is nothing to send",
        rfc: "RFC 9293 §3.8",
        seen: |evidence| {
            account(evidence, |account| {
                account.tcp && account.len == 0 && account.frames_are(1)
            })
        },
    },
    Mistake {
        name: "no datagram for nothing",
        why: "the message is empty, and the program counted no datagram. A UDP datagram without data is sent and \
              received like any other",
        rfc: "RFC 768",
        seen: |evidence| {
            account(evidence, |account| {
                !account.tcp && account.len == 0 && account.frames_are(0)
            })
        },
    },
    Mistake {
        name: "one TCP header for all segments",
        why: "the program counted a single TCP header. Each segment has its own, and so has each packet and each frame",
        rfc: "RFC 9293 §3.1",
        seen: |evidence| {
            account(evidence, |account| {
                account.tcp && account.is("tcp", account.frames() * 20, 20)
            })
        },
    },
    Mistake {
        name: "the Ethernet header taken from the MTU",
        why: "the program left less room in a packet than there is. The MTU is the length of a whole packet, header and \
              payload; Ethernet's own 14 octets come on top of it",
        rfc: "RFC 894",
        seen: |evidence| {
            account(evidence, |account| {
                let packets = super::packets(
                    account.len,
                    account.tcp,
                    account.mtu.saturating_sub(14).max(41),
                );
                account.mtu > 60 && account.frames_are(packets.len() as u64)
            })
        },
    },
    Mistake {
        name: "the padding left out",
        why: "the packet has fewer than 46 octets, and the zeros that fill up its frame were not counted",
        rfc: "RFC 894",
        seen: |evidence| {
            account(evidence, |account| {
                let padding: u64 = account.padding().iter().sum();
                // Of several packets, a wrong cut can come to the same.
                (account.frames(), account.row("frames")) == (1, Some(1))
                    && account.is("padding", padding, 0)
            })
        },
    },
    Mistake {
        name: "padded to 64 octets without the check sequence",
        why: "the padding is four octets more than it takes. A frame has at least 64 octets with its check sequence, \
              which is counted by itself",
        rfc: "RFC 894",
        seen: |evidence| {
            account(evidence, |account| {
                let right = account.padding().iter().sum();
                // Of several packets, another mistake can come to the same.
                account.frames() == 1 && account.is("padding", right, account.padding_to_64())
            })
        },
    },
    Mistake {
        name: "padding for every frame",
        why: "the padding was counted once a frame. Only the last packet of a message can be too short",
        rfc: "RFC 894",
        seen: |evidence| {
            account(evidence, |account| {
                let last = account.padding().last().copied().unwrap_or(0);
                account.frames() > 1 && account.is("padding", last, last * account.frames())
            })
        },
    },
    Mistake {
        name: "preamble and gap counted once",
        why: "the line needs a preamble before each frame and a gap behind each, and they were counted once for all",
        rfc: "",
        seen: |evidence| {
            account(evidence, |account| {
                account.is("line", account.frames() * 20, 20)
            })
        },
    },
    Mistake {
        name: "a datagram of more than 65,507 octets",
        why: "the message does not fit a datagram, and the program cut it into fragments. All fragments together are \
              one packet, and its length has 16 bits: 65,535 without headers of 20 and of 8",
        rfc: "RFC 791 §3.1; RFC 768",
        seen: |evidence| {
            account(evidence, |account| {
                !account.tcp && account.len > 65_507 && account.row("frames").is_some()
            })
        },
    },
    Mistake {
        name: "a TCP stream cut off at 65,507 octets",
        why: "the limit of one UDP datagram was applied to TCP, which sends a message of any length in as many \
              segments as it takes",
        rfc: "RFC 9293 §3.8",
        seen: |evidence| {
            account(evidence, |account| {
                account.tcp && account.came.starts_with("! ")
            })
        },
    },
];
