//! What the service answers (other-systems.md section E.4).

use std::net::IpAddr;
use std::time::Duration;

use http::{Response, StatusCode, header};
use jiff::Timestamp;
use riskgate_core::Millis;
use riskgate_core::ip::{AddressFacts, Country, Traits};
use serde::Deserialize;

/// How long the service is left alone that asks for it without saying for how long.
const REST: Duration = Duration::from_secs(60);

/// The longest that the service is left alone: its quotas are a day's.
const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why an answer tells nothing. The texts hold nothing of a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    /// It wants to be asked less often.
    #[error("its quota is used up for {}", humantime::format_duration(*.0))]
    Busy(Duration),
    /// It does not take the key.
    #[error("it refuses the API key with status {0}")]
    Key(u16),
    /// Another status than those it is known for.
    #[error("it answered with status {0}")]
    Status(u16),
    /// Not the service's JSON.
    #[error("its answer does not read: {0}")]
    Garbage(String),
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    ip_address: IpAddr,
    is_public: Option<bool>,
    is_whitelisted: Option<bool>,
    abuse_confidence_score: u8,
    country_code: Option<String>,
    usage_type: Option<String>,
    #[serde(default)]
    is_tor: Option<bool>,
    last_reported_at: Option<Timestamp>,
}

/// What the answer says of `asked`.
pub(super) fn read(asked: IpAddr, answer: &Response<impl AsRef<[u8]>>) -> Result<AddressFacts, AnswerError> {
    match answer.status() {
        StatusCode::OK => facts(asked, answer.body().as_ref()),
        // It knows no such address, and will not know it the next time.
        StatusCode::UNPROCESSABLE_ENTITY => Ok(AddressFacts::default()),
        StatusCode::TOO_MANY_REQUESTS => Err(AnswerError::Busy(rest(answer))),
        status @ (StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED | StatusCode::FORBIDDEN) => {
            Err(AnswerError::Key(status.as_u16()))
        }
        status => Err(AnswerError::Status(status.as_u16())),
    }
}

fn rest(answer: &Response<impl AsRef<[u8]>>) -> Duration {
    let seconds =
        answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(REST, Duration::from_secs).min(LONGEST_REST)
}

fn facts(asked: IpAddr, body: &[u8]) -> Result<AddressFacts, AnswerError> {
    // serde names what it met, which may be of a user: only the place is told.
    let Answer { data } = serde_json::from_slice(body)
        .map_err(|error| AnswerError::Garbage(format!("line {} column {}", error.line(), error.column())))?;
    if data.ip_address.to_canonical() != asked {
        return Err(AnswerError::Garbage("it is about another address".to_owned()));
    }
    if data.abuse_confidence_score > 100 {
        return Err(AnswerError::Garbage("a confidence above 100".to_owned()));
    }
    if data.is_public == Some(false) {
        // It was asked because our own table says otherwise: then nothing is known, and what others say of it stands.
        return Ok(AddressFacts::default());
    }
    // Whom the service lists as harmless was not abused, whatever was reported.
    let is_harmless = data.is_whitelisted == Some(true);
    let reported = data.last_reported_at.and_then(|at| Millis::try_from(at.as_millisecond()).ok());
    Ok(AddressFacts {
        country: data.country_code.as_deref().and_then(Country::of),
        traits: Traits {
            tor: data.is_tor == Some(true),
            hosting: data.usage_type.as_deref().is_some_and(is_hosting),
            ..Traits::default()
        },
        abuse: Some(if is_harmless { 0 } else { data.abuse_confidence_score }),
        last_reported: reported.filter(|_| !is_harmless),
        ..AddressFacts::default()
    })
}

/// Of the service's usage types, those that are no user's access: "Data Center/Web Hosting/Transit" and "Content Delivery
/// Network". TIC shortens the first to "Hosting".
fn is_hosting(usage: &str) -> bool {
    let usage = usage.to_ascii_lowercase();
    ["data center", "hosting", "content delivery"].iter().any(|word| usage.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> IpAddr {
        "198.51.100.1".parse().unwrap()
    }

    fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
        Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
    }

    fn data(members: &str) -> String {
        format!(r#"{{"data":{{"ipAddress":"198.51.100.1","abuseConfidenceScore":0{members}}}}}"#)
    }

    fn said(members: &str) -> AddressFacts {
        read(asked(), &answer(200, &data(members))).unwrap()
    }

    #[test]
    fn a_whole_answer_is_read() {
        let body = r#"{"data":{"ipAddress":"198.51.100.1","isPublic":true,"ipVersion":4,"isWhitelisted":false,
            "abuseConfidenceScore":87,"countryCode":"DE","usageType":"Data Center/Web Hosting/Transit","isp":"Example",
            "domain":"example.com","hostnames":[],"isTor":true,"totalReports":12,"numDistinctUsers":3,
            "lastReportedAt":"2026-11-20T18:15:02+01:00"}}"#;
        let facts = read(asked(), &answer(200, body)).unwrap();
        assert_eq!((facts.country, facts.abuse), (Country::of("DE"), Some(87)));
        assert!(facts.traits.tor && facts.traits.hosting);
        assert_eq!(facts.last_reported, Some(1_795_194_902_000));
    }

    #[test]
    fn what_the_answer_leaves_out_is_not_known_and_no_abuse_is() {
        let facts = said("");
        assert_eq!(facts, AddressFacts { abuse: Some(0), ..AddressFacts::default() });
        assert_eq!(
            said(r#","isWhitelisted":null,"countryCode":null,"lastReportedAt":null,"usageType":null"#),
            facts
        );
    }

    #[test]
    fn usage_types_that_are_no_users_access_are_hosting() {
        for (usage, hosting) in [
            ("Data Center/Web Hosting/Transit", true),
            ("Hosting", true),
            ("Content Delivery Network", true),
            ("Fixed Line ISP", false),
            ("Mobile ISP", false),
            ("University/College/School", false),
        ] {
            assert_eq!(said(&format!(r#","usageType":"{usage}""#)).traits.hosting, hosting, "{usage}");
        }
    }

    #[test]
    fn who_is_listed_as_harmless_was_not_abused() {
        let body = r#"{"data":{"ipAddress":"198.51.100.1","abuseConfidenceScore":90,"isWhitelisted":true,
            "lastReportedAt":"2026-11-20T18:15:02+00:00"}}"#;
        let facts = read(asked(), &answer(200, body)).unwrap();
        assert_eq!((facts.abuse, facts.last_reported), (Some(0), None));
    }

    #[test]
    fn answers_of_no_use_are_told_without_their_content() {
        for (body, says) in [
            ("<html>", "does not read: line 1 column 1"),
            ("{}", "does not read"),
            (r#"{"data":{"ipAddress":"198.51.100.1"}}"#, "does not read"),
            (r#"{"data":{"ipAddress":"203.0.113.77","abuseConfidenceScore":0}}"#, "another address"),
            (r#"{"data":{"ipAddress":"198.51.100.1","abuseConfidenceScore":101}}"#, "above 100"),
            (r#"{"data":{"ipAddress":"198.51.100.1","abuseConfidenceScore":-1}}"#, "does not read"),
            (r#"{"data":{"ipAddress":"198.51.100.1","abuseConfidenceScore":300}}"#, "does not read"),
        ] {
            let error = read(asked(), &answer(200, body)).unwrap_err().to_string();
            assert!(
                error.contains(says) && !error.contains("203.0.113") && !error.contains("198.51"),
                "{error}"
            );
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        for (status, expected) in [
            (401, AnswerError::Key(401)),
            (402, AnswerError::Key(402)),
            (403, AnswerError::Key(403)),
            (404, AnswerError::Status(404)),
            (429, AnswerError::Busy(REST)),
            (500, AnswerError::Status(500)),
            (302, AnswerError::Status(302)),
        ] {
            assert_eq!(read(asked(), &answer(status, "")).unwrap_err(), expected);
        }
        assert_eq!(read(asked(), &answer(422, "{}")).unwrap(), AddressFacts::default());
    }

    #[test]
    fn the_service_says_how_long_it_rests() {
        for (header, seconds) in [("29000", 29_000), ("0", 0), ("999999999", 86_400), ("soon", 60)] {
            let mut answer = answer(429, "");
            answer.headers_mut().insert(header::RETRY_AFTER, header.parse().unwrap());
            assert_eq!(read(asked(), &answer).unwrap_err(), AnswerError::Busy(Duration::from_secs(seconds)));
        }
    }
}
