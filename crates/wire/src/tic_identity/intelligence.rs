//! `ipIntelligence`: what TIC says of the two addresses of a session (other-systems.md section B.5).

use std::net::IpAddr;

use riskgate_core::{Assessment, Level};
use serde_json::Value;

/// How many indicators are kept, and how long one may be, in bytes.
const MOST: usize = 16;
const LONGEST: usize = 64;

/// What TIC says of a session's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpIntelligence {
    /// TIC's own level. Anything but `low`, `moderate` and `high` is `Unknown`.
    pub assessment: Assessment,
    /// TIC's own score, 0 to 100.
    pub score: Option<u8>,
    /// TIC's own indicators, as it spells them, and the facts `isTor` and `isLikelyVpn` where one address has them.
    pub indicators: Vec<String>,
    /// Where the BankID app ran.
    pub device_ip: Option<IpAddr>,
}

/// Reads the member `ipIntelligence` of `holder`; none where there is none. Both names of the risk are taken: `risk` and
/// `overallRisk` (section B.4).
#[must_use]
pub fn of(holder: &Value) -> Option<IpIntelligence> {
    let said = holder.get("ipIntelligence").filter(|said| !said.is_null())?;
    let risk = ["risk", "overallRisk"].iter().find_map(|name| said.get(name).filter(|risk| risk.is_object()));
    let device_ip = said.pointer("/deviceIp/ipAddress").and_then(Value::as_str);
    Some(IpIntelligence {
        assessment: risk.map_or(Assessment::Unknown, level),
        score: risk.and_then(|risk| risk.get("score")).and_then(score),
        indicators: indicators(said, risk),
        device_ip: device_ip.and_then(|address| address.parse().ok()),
    })
}

fn level(risk: &Value) -> Assessment {
    let word = risk.get("level").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "low" => Level::Low.into(),
        "moderate" => Level::Moderate.into(),
        "high" => Level::High.into(),
        _ => Assessment::Unknown,
    }
}

fn score(value: &Value) -> Option<u8> {
    let score = value.as_f64().filter(|score| (0.0..=100.0).contains(score))?;
    // Within 0 to 100; rounded up, so that a score just below a threshold is not just below it by rounding.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 0 to 100")]
    Some(score.ceil() as u8)
}

fn indicators(said: &Value, risk: Option<&Value>) -> Vec<String> {
    let own = risk.and_then(|risk| risk.get("indicators")).and_then(Value::as_array);
    let mut all: Vec<String> = own
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|text| is_recordable(text))
        .take(MOST)
        .map(str::to_owned)
        .collect();
    for fact in ["isTor", "isLikelyVpn"] {
        let has = |side: &str| said.get(side).and_then(|side| side.get(fact)) == Some(&Value::Bool(true));
        if (has("initiatingIp") || has("deviceIp")) && !all.iter().any(|known| known == fact) {
            all.push(fact.to_owned());
        }
    }
    all
}

/// Whether an indicator may stand in a decision record: short, and without an address in it.
fn is_recordable(text: &str) -> bool {
    let names_an_address = |word: &str| {
        word.trim_matches(|edge: char| !edge.is_ascii_hexdigit() && edge != ':').parse::<IpAddr>().is_ok()
    };
    (1..=LONGEST).contains(&text.len())
        && !text.chars().any(char::is_control)
        && !text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '=' | '/'))
            .any(names_an_address)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_names_of_the_risk_are_read() {
        for name in ["risk", "overallRisk"] {
            let holder = json!({ "ipIntelligence": { name: { "level": "High", "score": 60.2, "indicators": ["tor_exit"] } } });
            let read = of(&holder).unwrap();
            assert_eq!(read.assessment, Assessment::Level(Level::High));
            assert_eq!((read.score, read.indicators), (Some(61), vec!["tor_exit".to_owned()]));
        }
    }

    #[test]
    fn what_does_not_say_a_level_is_unknown_and_never_low() {
        for said in [
            json!({}),
            json!({ "risk": null }),
            json!({ "risk": {} }),
            json!({ "risk": { "level": "none" } }),
            json!({ "risk": { "level": 0 } }),
            json!({ "risk": { "score": 0 } }),
        ] {
            let read = of(&json!({ "ipIntelligence": said })).unwrap();
            assert_eq!(read.assessment, Assessment::Unknown);
        }
        assert_eq!(of(&json!({ "ipIntelligence": null })), None);
        assert_eq!(of(&json!({})), None);
    }

    #[test]
    fn no_address_reaches_a_record_by_an_indicator() {
        let said = json!({ "ipIntelligence": {
            "initiatingIp": { "ipAddress": "85.24.100.50", "isTor": true },
            "deviceIp": { "ipAddress": "2001:db8::7", "isLikelyVpn": true },
            "risk": { "level": "low", "score": 101, "indicators": [
                "Reported (85.24.100.50)", "from 2001:db8::7", "high_abuse", 7, "", "x".repeat(65) ] },
        } });
        let read = of(&said).unwrap();
        assert_eq!(read.indicators, ["high_abuse", "isTor", "isLikelyVpn"]);
        assert_eq!((read.score, read.device_ip), (None, Some("2001:db8::7".parse().unwrap())));
    }
}
