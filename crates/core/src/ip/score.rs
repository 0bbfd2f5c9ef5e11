//! TIC's published scoring table, with every number that it leaves open taken from the policy (other-systems.md section B.5).

use std::net::IpAddr;

use super::country::Country;
use super::facts::AddressFacts;
use super::indicator;
use crate::clock::Millis;
use crate::config::{IpAggregate, IpScoring};
use crate::level::{Assessment, Level};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// How risky the addresses of one transaction are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 0 to 100, with its level; none when nothing is known of any address.
    pub score: Option<(u8, Level)>,
    /// What is true of any of the addresses, each once.
    pub indicators: Vec<String>,
}

impl Rating {
    /// What the source says. `complete` is whether everything that the policy names was heard.
    ///
    /// What was not heard could only have added to the score, so that `High` stands without it. Anything lower is not told from
    /// what might have been said: it is `Unavailable`, with the score and the indicators that are certain.
    #[must_use]
    pub fn assessment(&self, complete: bool) -> Assessment {
        match self.score {
            Some((_, Level::High)) => Level::High.into(),
            Some((_, level)) if complete => level.into(),
            None if complete => Assessment::Unknown,
            _ => Assessment::Unavailable,
        }
    }
}

/// The points of one address, by row of the table.
#[derive(Debug, Clone, Copy, Default)]
struct Points {
    abuse: u32,
    tor: u32,
    likely_vpn: u32,
    recently_reported: u32,
    foreign: u32,
}

impl Points {
    fn of(facts: &AddressFacts, scoring: &IpScoring, home: &[Country], now: Millis) -> Self {
        if facts.trusted || facts.non_public {
            return Self::default();
        }
        let when = |said: bool, points: u8| if said { u32::from(points) } else { 0 };
        let likely_vpn = facts.traits.likely_vpn() && !(scoring.tor_excludes_vpn && facts.traits.tor);
        Self {
            abuse: abuse(facts, scoring).map_or(0, |confidence| scoring.abuse.of(confidence)),
            tor: when(facts.traits.tor, scoring.tor),
            likely_vpn: when(likely_vpn, scoring.likely_vpn),
            recently_reported: when(is_recent(facts, scoring, now), scoring.recently_reported),
            foreign: when(is_foreign(facts, home), scoring.foreign),
        }
    }

    fn sum(self) -> u32 {
        self.abuse + self.tor + self.likely_vpn + self.recently_reported + self.foreign
    }

    fn larger(self, other: Self) -> Self {
        Self {
            abuse: self.abuse.max(other.abuse),
            tor: self.tor.max(other.tor),
            likely_vpn: self.likely_vpn.max(other.likely_vpn),
            recently_reported: self.recently_reported.max(other.recently_reported),
            foreign: self.foreign.max(other.foreign),
        }
    }
}

/// Rates the addresses of one transaction: where it started and, once known, the device that was identified with. One that
/// stands twice counts once, and that two differ never scores.
#[must_use]
pub fn rate(
    addresses: &[(IpAddr, AddressFacts)],
    scoring: &IpScoring,
    home: &[Country],
    now: Millis,
) -> Rating {
    let addresses = distinct(addresses);
    let known = addresses.iter().any(|(_, facts)| facts.is_known());
    let points = addresses.iter().map(|(_, facts)| Points::of(facts, scoring, home, now));
    let total = match scoring.aggregate {
        IpAggregate::OncePerIndicator => points.fold(Points::default(), Points::larger).sum(),
        IpAggregate::Max => points.map(Points::sum).max().unwrap_or_default(),
        IpAggregate::Sum => points.map(Points::sum).sum(),
    };
    let score = u8::try_from(total.min(100)).unwrap_or(100);
    Rating {
        score: known.then(|| (score, scoring.level(score))),
        indicators: indicators(&addresses, scoring, home, now),
    }
}

fn distinct(addresses: &[(IpAddr, AddressFacts)]) -> Vec<(IpAddr, AddressFacts)> {
    let mut distinct: Vec<(IpAddr, AddressFacts)> = Vec::with_capacity(addresses.len());
    for (address, facts) in addresses {
        let address = address.to_canonical();
        if distinct.iter().all(|(known, _)| *known != address) {
            distinct.push((address, *facts));
        }
    }
    distinct
}

fn indicators(
    addresses: &[(IpAddr, AddressFacts)],
    scoring: &IpScoring,
    home: &[Country],
    now: Millis,
) -> Vec<String> {
    let any = |says: &dyn Fn(&AddressFacts) -> bool| addresses.iter().any(|(_, facts)| says(facts));
    let held = |says: &dyn Fn(&AddressFacts) -> bool| any(&|facts| !facts.trusted && says(facts));
    let countries: Vec<Country> = sorted(addresses.iter().filter_map(|(_, facts)| facts.country));
    let said = [
        (indicator::TOR, held(&|facts| facts.traits.tor)),
        (indicator::VPN, held(&|facts| facts.traits.vpn)),
        (indicator::PROXY, held(&|facts| facts.traits.proxy)),
        (indicator::HOSTING, held(&|facts| facts.traits.hosting)),
        (
            indicator::ANONYMOUS,
            held(&|facts| {
                facts.traits.anonymous || facts.traits.tor || facts.traits.vpn || facts.traits.proxy
            }),
        ),
        (indicator::LIKELY_VPN, held(&|facts| facts.traits.likely_vpn())),
        (indicator::ABUSIVE, held(&|facts| abuse(facts, scoring).is_some())),
        (indicator::RECENTLY_REPORTED, held(&|facts| is_recent(facts, scoring, now))),
        (indicator::FOREIGN, held(&|facts| is_foreign(facts, home))),
        (indicator::TRUSTED, any(&|facts| facts.trusted)),
        (indicator::NON_PUBLIC, any(&|facts| facts.non_public)),
        (indicator::COUNTRY_UNKNOWN, any(&|facts| !facts.non_public && facts.country.is_none())),
        (indicator::ADDRESSES_DIFFER, addresses.len() > 1),
        (indicator::COUNTRIES_DIFFER, countries.len() > 1),
    ];
    let asns = sorted(addresses.iter().filter_map(|(_, facts)| facts.asn));
    said.iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| (*name).to_owned())
        .chain(countries.into_iter().map(indicator::of_country))
        .chain(asns.into_iter().map(indicator::of_asn))
        .collect()
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// How sure the abuse is, where it is sure enough to count.
fn abuse(facts: &AddressFacts, scoring: &IpScoring) -> Option<u8> {
    facts.abuse.filter(|confidence| *confidence >= scoring.abuse.threshold)
}

/// Within the last days, the limit included. A report from the future comes from a clock that is ahead, and is recent.
fn is_recent(facts: &AddressFacts, scoring: &IpScoring, now: Millis) -> bool {
    let within = Millis::from(scoring.recent_days) * DAY;
    facts.last_reported.is_some_and(|at| now.saturating_sub(at) <= within)
}

fn is_foreign(facts: &AddressFacts, home: &[Country]) -> bool {
    facts.country.is_some_and(|country| !home.contains(&country))
}
