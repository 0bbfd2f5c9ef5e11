//! Between the contract with the service, which is `core`'s, and what sources are asked and say.

use std::time::Duration;

use bytes::Bytes;
use riskgate_core::contract::{
    AssessmentAnswer, AssessmentQuestion, AssessmentWord, CONTRACT, NotOfTheContract,
};
use riskgate_core::{Assessment, Level, Phase};

use crate::source::{Question, Report};

/// The question as it is sent.
pub(super) fn question(phase: Phase, question: &Question, send_subject: bool) -> Bytes {
    let asked = AssessmentQuestion {
        schema: CONTRACT,
        phase,
        provider: &question.provider,
        operation: question.operation,
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
    let said = AssessmentAnswer::read(body)?;
    let assessment = match said.assessment {
        AssessmentWord::Low => Level::Low.into(),
        AssessmentWord::Moderate => Level::Moderate.into(),
        AssessmentWord::High => Level::High.into(),
        AssessmentWord::Unknown => Assessment::Unknown,
        AssessmentWord::NotApplicable => Assessment::NotApplicable,
    };
    Ok(Report {
        score: said.score,
        indicators: said.indicators,
        age: Duration::from_secs(said.age_seconds.into()),
        ..Report::new(assessment)
    })
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
            renewed: false,
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
}
