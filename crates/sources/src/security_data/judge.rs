//! What the claims mean (other-systems.md section A.7).

use std::net::IpAddr;

use riskgate_core::config::ClaimRule;
use riskgate_core::{Assessment, Level};

use super::facts::{Facts, Light};
use crate::source::Report;

/// BankID's composite score of the whole transaction, the Foul Play Factor.
const COMPOSITE: &str = "BankID_fpf";
const ALARMS: &str = "BankID_Alarm_IDx";
const USER_IP: &str = "BankID_User_IP";

/// The indicator of a login that came to BankID from another address than to the application: somebody may stand in between.
const IP_DIFFERS: &str = "ClientIpDiffers";

/// What the data say: BankID's composite classification, else the worst of the single ones; raised by alarms and by the policy's
/// rules, which nothing lowers.
pub(super) fn judge(facts: &Facts, client_ip: Option<IpAddr>, rules: &[ClaimRule]) -> Report {
    let mut indicators = Vec::new();
    let mut level = of_light(overall(facts));
    for (score, light) in facts.lights().filter(|(_, light)| *light > Light::Green) {
        indicators.push(format!("{}{light:?}", short(score)));
    }
    let alarms = alarms(facts);
    if !alarms.is_empty() {
        level = level.max(Some(Level::Moderate));
        indicators.push("Alarm".to_owned());
        indicators.extend(alarms.iter().map(|alarm| format!("Alarm{alarm}")));
    }
    let provider_ip = facts.get(USER_IP).and_then(|text| text.parse().ok());
    if client_ip.zip(provider_ip).is_some_and(|(ours, theirs)| differ(ours, theirs)) {
        indicators.push(IP_DIFFERS.to_owned());
    }
    for rule in rules.iter().filter(|rule| is_met(rule, facts)) {
        indicators.push(rule.indicator.clone());
        level = level.max(rule.level.map(riskgate_core::Threshold::level));
    }
    indicators.sort_unstable();
    indicators.dedup();
    Report {
        score: score(facts),
        indicators,
        ..Report::new(level.map_or(Assessment::Unknown, Assessment::Level))
    }
}

fn overall(facts: &Facts) -> Light {
    match facts.light(COMPOSITE) {
        Light::Unknown => facts.lights().map(|(_, light)| light).max().unwrap_or(Light::Unknown),
        known => known,
    }
}

fn of_light(light: Light) -> Option<Level> {
    match light {
        Light::Unknown => None,
        Light::Green => Some(Level::Low),
        Light::Yellow => Some(Level::Moderate),
        Light::Red => Some(Level::High),
    }
}

/// The composite score, else the worst of the single ones, in hundredths. Only scores that BankID classifies count.
fn score(facts: &Facts) -> Option<u8> {
    let of = |name: &str| (facts.light(name) != Light::Unknown).then(|| facts.score(name)).flatten();
    let worst = || facts.lights().filter_map(|(name, _)| of(name)).reduce(f64::max);
    of(COMPOSITE).or_else(worst).map(hundredths)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a score is from 0 to 1, so that this is from 0 to 100"
)]
fn hundredths(score: f64) -> u8 {
    (score * 100.0).round() as u8
}

/// The alarms, such as `ID2`. BankID does not say what separates them.
fn alarms(facts: &Facts) -> Vec<&str> {
    let text = facts.get(ALARMS).unwrap_or_default().trim();
    if text.is_empty() || text.eq_ignore_ascii_case("No alarms") {
        return Vec::new();
    }
    let named = |alarm: &&str| {
        (1..=16).contains(&alarm.len()) && alarm.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let alarms: Vec<&str> =
        text.split(|c: char| matches!(c, ',' | ';') || c.is_whitespace()).filter(named).collect();
    // An alarm in words that are not known is one all the same.
    if alarms.is_empty() { vec!["Other"] } else { alarms }
}

/// Whether two addresses of one kind are of different users: an IPv6 network gives one user a /64. An IPv4 and an IPv6 address
/// may well be one user's, so that nothing is said of them.
fn differ(ours: IpAddr, theirs: IpAddr) -> bool {
    match (ours.to_canonical(), theirs.to_canonical()) {
        (IpAddr::V4(ours), IpAddr::V4(theirs)) => ours != theirs,
        (IpAddr::V6(ours), IpAddr::V6(theirs)) => ours.segments()[..4] != theirs.segments()[..4],
        _ => false,
    }
}

fn is_met(rule: &ClaimRule, facts: &Facts) -> bool {
    if let Some(at_least) = rule.at_least {
        return facts.score(&rule.claim).is_some_and(|score| hundredths(score) >= at_least);
    }
    let Some(value) = facts.get(&rule.claim) else { return false };
    let listed = |list: &[String]| list.iter().any(|listed| listed == value);
    if rule.one_of.is_empty() {
        !rule.none_of.is_empty() && !listed(&rule.none_of)
    } else {
        listed(&rule.one_of)
    }
}

/// A claim's name without what all of them begin with.
fn short(claim: &str) -> &str {
    claim.strip_prefix("BankID_").unwrap_or(claim)
}
