//! How addresses are scored: TIC's published table, and a default for every number that it leaves open.

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::level::Level;

/// The scoring table. TIC publishes the points of Tor, VPN, recent reports and foreign countries; what is marked *open* it
/// does not say, and the default is riskgate's own (other-systems.md section B.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IpScoring {
    /// Points for an address that was reported for abuse.
    pub abuse: AbuseScoring,
    /// Points for a Tor exit.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub tor: u8,
    /// Points for a VPN, proxy or hosting provider.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub likely_vpn: u8,
    /// Points for an address that was reported within `recentDays`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub recently_reported: u8,
    /// Points for a known country that is none of `homeCountries`. An unknown one scores nothing.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub foreign: u8,
    /// How many days back a report is recent, that day included. TIC says "the last week".
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 365)))]
    pub recent_days: u16,
    /// Whether a Tor exit scores as Tor alone. Open: by default a Tor exit in a data centre scores as both.
    pub tor_excludes_vpn: bool,
    /// How the address that started and the device's count together. Open.
    pub aggregate: IpAggregate,
    /// The lowest score of level `Moderate`. Open: at 25, one weak sign alone stays low, and Tor, abuse or two weak signs do not.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub moderate_from: u8,
    /// The lowest score of level `High`. Open: at 60, Tor in a data centre is high.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub high_from: u8,
}

/// How an address scores that was reported for abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AbuseScoring {
    /// How sure the abuse must be to count, 1 to 100. TIC says 50.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub threshold: u8,
    /// Points in per cent of how sure it is, rounded down. Open: 50 makes 25 to 50 points.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub percent: u8,
    /// Points whatever it is, instead of `percent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub points: Option<u8>,
    /// How sure the abuse is of an address on a list of kind `Abuse`, which does not say it itself.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub listed: u8,
}

/// How several addresses count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum IpAggregate {
    /// Each row of the table once, if it is true of any address; of abuse the larger.
    #[default]
    OncePerIndicator,
    /// Each address by itself; the larger score holds.
    Max,
    /// Each address by itself; the scores are added.
    Sum,
}

impl Default for IpScoring {
    fn default() -> Self {
        Self {
            abuse: AbuseScoring::default(),
            tor: 40,
            likely_vpn: 20,
            recently_reported: 15,
            foreign: 10,
            recent_days: 7,
            tor_excludes_vpn: false,
            aggregate: IpAggregate::default(),
            moderate_from: 25,
            high_from: 60,
        }
    }
}

impl Default for AbuseScoring {
    fn default() -> Self {
        Self { threshold: 50, percent: 50, points: None, listed: 50 }
    }
}

impl AbuseScoring {
    /// The points of abuse that is sure to `confidence` per cent.
    #[must_use]
    pub fn of(&self, confidence: u8) -> u32 {
        let scaled = u32::from(confidence) * u32::from(self.percent) / 100;
        self.points.map_or(scaled, u32::from)
    }
}

impl IpScoring {
    /// The level of a score.
    #[must_use]
    pub fn level(&self, score: u8) -> Level {
        match score {
            score if score >= self.high_from => Level::High,
            score if score >= self.moderate_from => Level::Moderate,
            _ => Level::Low,
        }
    }

    /// Contradictions, with paths below `path`.
    pub(super) fn check(&self, path: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |field: &str, message: String| {
            findings.push(Finding { path: format!("{path}.{field}"), message });
        };
        let rows = [
            ("tor", self.tor),
            ("likelyVpn", self.likely_vpn),
            ("recentlyReported", self.recently_reported),
            ("foreign", self.foreign),
            ("abuse.percent", self.abuse.percent),
            ("abuse.points", self.abuse.points.unwrap_or_default()),
        ];
        for (field, points) in rows.into_iter().filter(|(_, points)| *points > 100) {
            add(field, format!("{points} is above the whole range of scores; write 0 to 100"));
        }
        let limits = [
            ("abuse.threshold", self.abuse.threshold),
            ("abuse.listed", self.abuse.listed),
            ("moderateFrom", self.moderate_from),
            ("highFrom", self.high_from),
        ];
        for (field, limit) in limits.into_iter().filter(|(_, limit)| !(1..=100).contains(limit)) {
            add(field, format!("{limit} tells nothing apart; write 1 to 100"));
        }
        if self.moderate_from > self.high_from {
            let (moderate, high) = (self.moderate_from, self.high_from);
            add("moderateFrom", format!("{moderate} is above highFrom {high}; write a score not above it"));
        }
        if !(1..=365).contains(&self.recent_days) {
            add("recentDays", format!("{} days are not recent; write 1 to 365", self.recent_days));
        }
        findings
    }
}
