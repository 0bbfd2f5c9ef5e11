//! The contract with the service: what it is asked, and what it may say. The JSON Schemas in docs/schemas say the same.

use std::time::Duration;

use bytes::Bytes;
use riskgate_core::{Assessment, Level, Phase};
use serde::{Deserialize, Serialize};

use crate::source::{Question, Report};

/// The name and version of the contract.
const SCHEMA: &str = "riskgate.dev/assessment/v1";
/// The most indicators that an answer may have.
const MOST_INDICATORS: usize = 32;
/// The longest indicator, in characters.
const LONGEST_INDICATOR: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    schema: &'static str,
    phase: Phase,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_ip: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    assessment: Word,
    #[serde(default)]
    score: Option<u8>,
    #[serde(default)]
    indicators: Vec<String>,
    #[serde(default)]
    age_seconds: u32,
}

#[derive(Deserialize)]
enum Word {
    Low,
    Moderate,
    High,
    Unknown,
    NotApplicable,
}

/// An answer that is not of the contract. The texts repeat nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOfTheContract {
    #[error(
        "its answer does not read: an object with assessment: Low, Moderate, High, Unknown or NotApplicable"
    )]
    Form,
    #[error("the score of its answer is above 100")]
    Score,
    #[error(
        "its answer has indicators that cannot stand in a record: at most 32, each of 1 to 64 letters, digits and . _ : -"
    )]
    Indicators,
}

/// The question as it is sent.
pub(super) fn question(phase: Phase, question: &Question, send_subject: bool) -> Bytes {
    let asked = Asked {
        schema: SCHEMA,
        phase,
        provider: &question.provider,
        operation: question.operation.map(riskgate_core::Operation::name),
        transaction: question.reference.as_deref(),
        client_ip: question.client_ip,
        device_ip: question.device_ip,
        user_agent: question.user_agent.as_deref(),
        subject: question.subject.as_deref().filter(|_| send_subject),
    };
    // Serialising this type to memory cannot fail: no map has keys that are not text.
    serde_json::to_vec(&asked).unwrap_or_default().into()
}

/// What the service said. Members that the contract does not have are passed over: a service may serve others, too.
pub(super) fn report(body: &[u8]) -> Result<Report, NotOfTheContract> {
    let said: Said = serde_json::from_slice(body).map_err(|_| NotOfTheContract::Form)?;
    if said.score.is_some_and(|score| score > 100) {
        return Err(NotOfTheContract::Score);
    }
    if said.indicators.len() > MOST_INDICATORS || !said.indicators.iter().all(|text| is_indicator(text)) {
        return Err(NotOfTheContract::Indicators);
    }
    let assessment = match said.assessment {
        Word::Low => Level::Low.into(),
        Word::Moderate => Level::Moderate.into(),
        Word::High => Level::High.into(),
        Word::Unknown => Assessment::Unknown,
        Word::NotApplicable => Assessment::NotApplicable,
    };
    Ok(Report {
        score: said.score,
        indicators: said.indicators,
        age: Duration::from_secs(said.age_seconds.into()),
        ..Report::new(assessment)
    })
}

/// A word, not a sentence: indicators stand in decision records, where nothing of a user belongs.
fn is_indicator(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=LONGEST_INDICATOR).contains(&text.len()) && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use riskgate_core::Operation;
    use serde_json::{Value, json};

    use super::*;

    fn asked() -> Question {
        Question {
            provider: "bankid".to_owned(),
            reference: Some("131daac9".to_owned()),
            operation: Some(Operation::Sign),
            client_ip: Some([192, 0, 2, 77].into()),
            device_ip: None,
            user_agent: Some("Mozilla/5.0".to_owned()),
            subject: Some("199001012385".to_owned()),
            assurance: None,
            request: None,
        }
    }

    #[test]
    fn what_is_not_known_is_not_said_and_the_subject_only_where_the_policy_says_so() {
        let sent: Value = serde_json::from_slice(&question(Phase::Assess, &asked(), false)).unwrap();
        let mut expected = json!({
            "schema": "riskgate.dev/assessment/v1",
            "phase": "Assess",
            "provider": "bankid",
            "operation": "Sign",
            "transaction": "131daac9",
            "clientIp": "192.0.2.77",
            "userAgent": "Mozilla/5.0",
        });
        assert_eq!(sent, expected);
        let sent: Value = serde_json::from_slice(&question(Phase::Assess, &asked(), true)).unwrap();
        expected["subject"] = json!("199001012385");
        assert_eq!(sent, expected);
    }

    #[test]
    fn what_the_service_says_is_reported() {
        let read = |text: &str| report(text.as_bytes());
        assert_eq!(
            read(
                r#"{"assessment":"High","score":87,"indicators":["mule-account"],"ageSeconds":60,"model":"m7"}"#
            ),
            Ok(Report {
                score: Some(87),
                indicators: vec!["mule-account".to_owned()],
                age: Duration::from_secs(60),
                ..Report::new(Level::High)
            })
        );
        for (word, assessment) in [
            ("Low", Level::Low.into()),
            ("Moderate", Level::Moderate.into()),
            ("Unknown", Assessment::Unknown),
            ("NotApplicable", Assessment::NotApplicable),
        ] {
            assert_eq!(read(&format!(r#"{{"assessment":"{word}"}}"#)), Ok(Report::new(assessment)), "{word}");
        }
    }

    #[test]
    fn what_is_not_of_the_contract_is_no_report() {
        let long = format!(r#"{{"assessment":"Low","indicators":["{}"]}}"#, "x".repeat(65));
        let many = json!({ "assessment": "Low", "indicators": vec!["x"; 33] }).to_string();
        for (text, error) in [
            ("", NotOfTheContract::Form),
            ("[]", NotOfTheContract::Form),
            ("{}", NotOfTheContract::Form),
            (r#"{"assessment":"low"}"#, NotOfTheContract::Form),
            (r#"{"assessment":"Unavailable"}"#, NotOfTheContract::Form),
            (r#"{"assessment":"Low","score":-1}"#, NotOfTheContract::Form),
            (r#"{"assessment":"Low","score":101}"#, NotOfTheContract::Score),
            (r#"{"assessment":"Low","indicators":["Sven Svensson"]}"#, NotOfTheContract::Indicators),
            (r#"{"assessment":"Low","indicators":[""]}"#, NotOfTheContract::Indicators),
            (&long, NotOfTheContract::Indicators),
            (&many, NotOfTheContract::Indicators),
        ] {
            assert_eq!(report(text.as_bytes()), Err(error), "{text}");
        }
    }
}
