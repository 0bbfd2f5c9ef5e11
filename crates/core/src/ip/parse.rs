//! Lists of addresses as they are published (other-systems.md section E.3).
//!
//! One entry a line: an address, a prefix (`192.0.2.0/24`), or a network by number (`AS64500`); what follows after a blank, a
//! comma, `;` or `#` is a comment or another column. Read so are plain lists, netsets, Tor's bulk exit list and its
//! `exit-addresses`, and CSV files whose first column is the prefix.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::list::AddressList;

/// The lines that are told by number; the rest are counted.
const TOLD: usize = 5;

/// The words of Tor's `exit-addresses` that carry no address.
const TOR_RECORD: [&str; 3] = ["ExitNode", "Published", "LastStatus"];

/// A line that is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not UTF-8.
    #[error("is no text")]
    NotText,
    /// Neither address nor prefix nor network.
    #[error("is neither an address nor a prefix nor a network (write 192.0.2.1, 192.0.2.0/24 or AS64500)")]
    NotAnEntry,
    /// A prefix of length 0: nobody lists everybody.
    #[error("is every address there is")]
    Everything,
}

/// The lines of a list that are no entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadLines {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<BadLine>,
}

impl BadLines {
    fn add(&mut self, number: usize, fault: Fault) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(BadLine { number, fault });
        }
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, BadLine { number, fault }) in self.first.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}line {number} {fault}")?;
        }
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// An entry of a list.
enum Entry {
    Range(IpNet),
    Asn(u32),
}

/// Reads a list. What is no entry is left out and told.
#[must_use]
pub fn parse(text: &[u8]) -> (AddressList, BadLines) {
    let (mut v4, mut v6, mut asns) = (Vec::new(), Vec::new(), Vec::new());
    let mut bad = BadLines::default();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        match std::str::from_utf8(line).map_err(|_| Fault::NotText).and_then(entry) {
            Ok(None) => {}
            Ok(Some(Entry::Asn(asn))) => asns.push(asn),
            Ok(Some(Entry::Range(IpNet::V4(net)))) => {
                v4.push((net.network().to_bits(), net.broadcast().to_bits()));
            }
            Ok(Some(Entry::Range(IpNet::V6(net)))) => {
                v6.push((net.network().to_bits(), net.broadcast().to_bits()));
            }
            Err(fault) => bad.add(index + 1, fault),
        }
    }
    (AddressList::new(v4, v6, asns), bad)
}

/// The entry of a line; none where it is empty, a comment, or a part of Tor's records without an address.
fn entry(line: &str) -> Result<Option<Entry>, Fault> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
        return Ok(None);
    }
    let mut words = line.split([' ', '\t', ',', ';', '#']);
    let first = words.next().unwrap_or_default();
    let word = match first {
        known if TOR_RECORD.contains(&known) => return Ok(None),
        "ExitAddress" => words.next().unwrap_or_default(),
        other => other.trim_matches('"'),
    };
    if let Some((start, number)) = word.split_at_checked(2)
        && start.eq_ignore_ascii_case("AS")
    {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let asn = number.parse().ok().filter(|_| digits);
        return asn.map(|asn| Some(Entry::Asn(asn))).ok_or(Fault::NotAnEntry);
    }
    let net = net(word).ok_or(Fault::NotAnEntry)?;
    if net.prefix_len() == 0 { Err(Fault::Everything) } else { Ok(Some(Entry::Range(net))) }
}

/// An address or a prefix; what is IPv4 in IPv6 form as what it is.
fn net(word: &str) -> Option<IpNet> {
    let net = match word.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => word.parse().ok()?,
    };
    match (net.addr().to_canonical(), net) {
        (IpAddr::V4(address), IpNet::V6(mapped)) => {
            let length = mapped.prefix_len().checked_sub(96)?;
            IpNet::new(address.into(), length).ok()
        }
        _ => Some(net),
    }
}
