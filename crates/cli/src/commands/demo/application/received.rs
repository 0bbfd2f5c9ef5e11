//! What the demo's application received in the end.

use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the application received in the end: the answer to its request where that was refused or was the result, else the last
/// answer to its requests for the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands::demo) struct Received {
    pub(in crate::commands::demo) http_status: u16,
    #[serde(flatten)]
    pub(in crate::commands::demo) answer: Answer,
    /// The event of the webhook, where one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) webhook: Option<String>,
    /// The headers that riskgate adds, by lower-case name.
    pub(in crate::commands::demo) headers: BTreeMap<String, String>,
}

/// The members of an answer that tell how it went, of whichever provider. Nothing of the user is among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::commands::demo) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) hint_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) details: Option<String>,
    /// OAuth's word, or TIC's object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) error: Option<Value>,
    /// OAuth's tokens are there.
    #[serde(rename = "token_type", skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) token_type: Option<String>,
    /// OneSpan's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) risk_response_code: Option<Value>,
    /// OneSpan's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::commands::demo) session_status: Option<String>,
}

impl Received {
    pub(super) fn of(answer: &Response<Bytes>) -> anyhow::Result<Self> {
        Ok(Self {
            http_status: answer.status().as_u16(),
            answer: serde_json::from_slice(answer.body()).context("the answer is no JSON")?,
            webhook: None,
            headers: of_riskgate(answer.headers()),
        })
    }

    /// A header that riskgate added.
    pub(in crate::commands::demo) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether the application lets the user in on it.
    pub(in crate::commands::demo) fn lets_in(&self) -> bool {
        let Answer { status, token_type, risk_response_code, session_status, .. } = &self.answer;
        let accepted = risk_response_code.as_ref().and_then(Value::as_i64) == Some(0)
            || session_status.as_deref() == Some("accepted");
        status.as_deref() == Some("complete") || token_type.is_some() || accepted
    }
}

fn of_riskgate(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("riskgate-"))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// As short as it can be told: `complete`, `failed transactionRiskBlocked`, `400 access_denied`, `code 3 pending`.
impl std::fmt::Display for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Answer { status, hint_code, error_code, details: _, error, token_type, .. } = &self.answer;
        let Answer { risk_response_code, session_status, .. } = &self.answer;
        let error = error.as_ref().and_then(|error| error.get("code").unwrap_or(error).as_str());
        let code = risk_response_code.as_ref().map(|code| format!("code {code}"));
        let mut words: Vec<&str> = Vec::new();
        match (status, token_type, &code, session_status) {
            (Some(status), ..) => words.push(status),
            (None, Some(_), ..) => words.push("tokens"),
            (None, None, None, None) => {}
            (None, None, code, state) => words.extend(code.as_deref().into_iter().chain(state.as_deref())),
        }
        let number = self.http_status.to_string();
        if words.is_empty() {
            words.push(&number);
        }
        words.extend([hint_code, error_code].into_iter().flatten().map(String::as_str).chain(error));
        f.write_str(&words.join(" "))?;
        if let Some(event) = &self.webhook {
            write!(f, ", webhook {event}")?;
        }
        if self.header("riskgate-verdict") == Some("challenge") {
            write!(f, ", Riskgate-Challenge: {}", self.header("riskgate-challenge").unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn received(http_status: u16, answer: Value, headers: &[(&str, &str)]) -> Received {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = serde_json::from_value(answer).unwrap();
        Received { http_status, answer, webhook: None, headers }
    }

    #[test]
    fn what_was_received_is_told_in_a_few_words() {
        let complete = json!({ "status": "complete", "completionData": { "user": {} } });
        let challenged = [("riskgate-verdict", "challenge"), ("riskgate-challenge", "StepUp")];
        for (told, received) in [
            ("complete", received(200, complete.clone(), &[("riskgate-verdict", "allow")])),
            (
                "failed transactionRiskBlocked",
                received(200, json!({ "status": "failed", "hintCode": "transactionRiskBlocked" }), &[]),
            ),
            (
                "400 invalidParameters",
                received(400, json!({ "errorCode": "invalidParameters", "details": "no flow" }), &[]),
            ),
            ("complete, Riskgate-Challenge: StepUp", received(200, complete, &challenged)),
            ("tokens", received(200, json!({ "token_type": "Bearer", "id_token": "x" }), &[])),
            ("400 access_denied", received(400, json!({ "error": "access_denied" }), &[])),
            ("400 not_found", received(400, json!({ "error": { "code": "not_found" } }), &[])),
            (
                "code 3 pending",
                received(200, json!({ "riskResponseCode": 3, "sessionStatus": "pending" }), &[]),
            ),
            ("accepted", received(200, json!({ "sessionStatus": "accepted" }), &[])),
        ] {
            assert_eq!(received.to_string(), told);
            assert_eq!(
                received.lets_in(),
                told.contains("complete") || matches!(told, "tokens" | "accepted")
            );
        }
        let mut told = received(200, json!({ "status": "failed", "hintCode": "cancelled" }), &[]);
        told.webhook = Some("auth.failed".to_owned());
        assert_eq!(told.to_string(), "failed cancelled, webhook auth.failed");
    }
}
