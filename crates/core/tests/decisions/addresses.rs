//! What is known of a transaction's addresses, in the words of the tables.

use std::net::IpAddr;

use riskgate_core::config::IpScoring;
use riskgate_core::ip::{AddressFacts, Country, Traits, rate};
use riskgate_core::{Millis, Phase, Signal};
use serde::Deserialize;

const DAY: Millis = 86_400_000;
const NOW: Millis = 1000 * DAY;

/// The addresses of one transaction, and how they are scored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addresses {
    phase: Phase,
    #[serde(default)]
    scoring: IpScoring,
    of: Vec<Known>,
    /// Why not everything was heard that the policy names.
    missing: Option<String>,
}

/// What is known of one address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    ip: IpAddr,
    country: Option<Country>,
    asn: Option<u32>,
    #[serde(default)]
    is: Vec<Is>,
    abuse: Option<u8>,
    reported_days_ago: Option<Millis>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Is {
    NonPublic,
    Trusted,
    Tor,
    Vpn,
    Proxy,
    Hosting,
    Anonymous,
}

impl Addresses {
    /// The signal that the source named `ip` gives.
    pub(crate) fn signal(&self) -> Signal {
        let known: Vec<_> = self.of.iter().map(|known| (known.ip, known.facts())).collect();
        let rating = rate(&known, &self.scoring, &Country::nordic(), NOW);
        Signal {
            score: rating.score.map(|(score, _)| score),
            indicators: self.missing.iter().cloned().chain(rating.indicators.iter().cloned()).collect(),
            ..Signal::new("ip", self.phase, rating.assessment(self.missing.is_none()))
        }
    }
}

impl Known {
    fn facts(&self) -> AddressFacts {
        let is = |what: Is| self.is.contains(&what);
        AddressFacts {
            non_public: is(Is::NonPublic),
            trusted: is(Is::Trusted),
            country: self.country,
            asn: self.asn,
            traits: Traits {
                tor: is(Is::Tor),
                vpn: is(Is::Vpn),
                proxy: is(Is::Proxy),
                hosting: is(Is::Hosting),
                anonymous: is(Is::Anonymous),
            },
            abuse: self.abuse,
            last_reported: self.reported_days_ago.map(|days| NOW - days * DAY),
        }
    }
}
