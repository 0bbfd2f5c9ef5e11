//! The contract with a service of the platform team's own (the source `http`): what it is asked, and what it may say. The JSON
//! Schemas in docs/schemas are made from these types.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;
use crate::signal::Phase;

/// The name and version of the contract.
pub const CONTRACT: &str = "riskgate.dev/assessment/v1";
/// The most indicators that an answer may have.
const MOST_INDICATORS: usize = 32;
/// The longest indicator, in characters.
const LONGEST_INDICATOR: usize = 64;

/// What riskgate asks. What it does not know of a transaction is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AssessmentQuestion<'a> {
    /// Name and version of the contract: `riskgate.dev/assessment/v1`. Another version has another name.
    pub schema: &'static str,
    /// Whether the transaction is about to start (`Screen`), or has its result (`Assess`).
    pub phase: Phase,
    /// The entry of the policy that the application talks to.
    pub provider: &'a str,
    /// What the application asked the provider for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Operation"))]
    pub operation: Option<Operation>,
    /// The provider's reference; there is none before the order exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub transaction: Option<&'a str>,
    /// The user's address, as the application reported it: IPv4 in dotted decimal, or IPv6.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "IpAddr"))]
    pub client_ip: Option<IpAddr>,
    /// The address of the device that the user identified with, as the provider saw it; with a QR code another than `clientIp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "IpAddr"))]
    pub device_ip: Option<IpAddr>,
    /// The user's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub user_agent: Option<&'a str>,
    /// The user's national identity number; only where the policy says `sendSubject: true`, and it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub subject: Option<&'a str>,
}

/// What the service may say, with status 200. Members beside these are passed over. 204 without a body is `Unknown`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AssessmentAnswer {
    /// What it makes of the transaction.
    pub assessment: AssessmentWord,
    /// A score for `challengeAtScore` and `blockAtScore`, where it has one.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(max = 100)))]
    pub score: Option<u8>,
    /// Facts behind it, for `blockWhen` and the decision record: words, never a sentence or anything that identifies a user.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 32), inner(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9._:-]+$")))
    )]
    pub indicators: Vec<String>,
    /// How old the fact is: 0 when it was found out now.
    #[serde(default)]
    pub age_seconds: u32,
}

/// What a service can make of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AssessmentWord {
    /// Little risk.
    Low,
    /// Some risk.
    Moderate,
    /// Much risk.
    High,
    /// It cannot tell: never taken for `Low`. The policy's `whenUnknown` decides.
    Unknown,
    /// It has nothing to say about such transactions. The policy's `whenNotApplicable` decides.
    NotApplicable,
}

/// An answer that is not of the contract. The texts repeat nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOfTheContract {
    /// Not an object of the contract's form.
    #[error(
        "its answer does not read: an object with assessment: Low, Moderate, High, Unknown or NotApplicable"
    )]
    Form,
    /// A score beyond the scale.
    #[error("the score of its answer is above 100")]
    Score,
    /// Indicators that are no words.
    #[error(
        "its answer has indicators that cannot stand in a record: at most 32, each of 1 to 64 letters, digits and . _ : -"
    )]
    Indicators,
}

impl AssessmentAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`NotOfTheContract`] for whatever the JSON Schema does not allow.
    pub fn read(body: &[u8]) -> Result<Self, NotOfTheContract> {
        let said: Self = serde_json::from_slice(body).map_err(|_| NotOfTheContract::Form)?;
        if said.score.is_some_and(|score| score > 100) {
            return Err(NotOfTheContract::Score);
        }
        let too_many = said.indicators.len() > MOST_INDICATORS;
        if too_many || !said.indicators.iter().all(|text| is_indicator(text)) {
            return Err(NotOfTheContract::Indicators);
        }
        Ok(said)
    }
}

/// A word, not a sentence: indicators stand in decision records, where nothing of a user belongs.
fn is_indicator(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=LONGEST_INDICATOR).contains(&text.len()) && text.bytes().all(legal)
}

/// The JSON Schemas of the contract: the question's and the answer's.
#[cfg(feature = "schema")]
#[must_use]
pub fn schemas() -> [schemars::Schema; 2] {
    use schemars::generate::SchemaSettings;

    let mut question = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<AssessmentQuestion<'_>>();
    if let Some(schema) =
        question.pointer_mut("/properties/schema").and_then(serde_json::Value::as_object_mut)
    {
        schema.insert("const".to_owned(), CONTRACT.into());
    }
    let answer = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<AssessmentAnswer>();
    [question, answer]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_of_the_contract_is_refused() {
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
            assert_eq!(AssessmentAnswer::read(text.as_bytes()).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn what_just_fits_is_read() {
        let indicators = vec!["a-Z0.9_:".repeat(8); MOST_INDICATORS];
        let text = json!({ "assessment": "NotApplicable", "score": 100, "indicators": indicators, "ageSeconds": 60, "other": {} });
        let said = AssessmentAnswer::read(text.to_string().as_bytes()).unwrap();
        assert_eq!(
            (said.assessment, said.score, said.age_seconds),
            (AssessmentWord::NotApplicable, Some(100), 60)
        );
        assert_eq!(said.indicators, indicators);
    }

    #[cfg(feature = "schema")]
    #[test]
    fn the_schemas_have_the_bounds_that_are_checked() {
        let [question, answer] = schemas().map(schemars::Schema::to_value);
        assert_eq!(question["properties"]["schema"]["const"], CONTRACT);
        assert_eq!(question["required"], json!(["schema", "phase", "provider"]));
        assert_eq!(answer["required"], json!(["assessment"]));
        let indicators = &answer["properties"]["indicators"];
        assert_eq!(indicators["maxItems"], MOST_INDICATORS);
        assert_eq!(indicators["items"]["maxLength"], LONGEST_INDICATOR);
        assert_eq!(answer["properties"]["score"]["maximum"], 100);
    }
}
