//! What the service says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is said of one transaction. Everything left out is as in the default script: nothing is known, which is a 204.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Script {
    /// `Low`, `Moderate`, `High`, `Unknown`, `NotApplicable`, or a word that does not exist.
    pub(super) assessment: Option<String>,
    /// 0 to 100.
    pub(super) score: Option<u8>,
    /// Words for `blockWhen` and the decision record.
    pub(super) indicators: Vec<String>,
    /// How old the fact is.
    pub(super) age_seconds: Option<u64>,
    /// A status instead of an answer, such as 503.
    pub(super) status: Option<u16>,
    /// How late the answer is, in milliseconds of the machine's clock.
    pub(super) delay: u64,
}

/// Which transaction gets which script.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Scripts {
    /// For those that nothing else is said about.
    pub(super) default: Script,
    /// By the user's address, else the device's.
    pub(super) addresses: BTreeMap<IpAddr, Script>,
}

impl Scripts {
    /// The script of a question.
    pub(super) fn choose(&self, question: &Value) -> &Script {
        ["clientIp", "deviceIp"]
            .into_iter()
            .filter_map(|name| question.get(name)?.as_str()?.parse().ok())
            .find_map(|address: IpAddr| self.addresses.get(&address))
            .unwrap_or(&self.default)
    }
}

impl Script {
    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        let usual = if self.assessment.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
        self.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(usual)
    }

    /// The answer with status 200; none where nothing is known.
    pub(super) fn answer(&self) -> Option<Value> {
        let mut answer = json!({ "assessment": self.assessment.as_ref()? });
        if let Some(score) = self.score {
            answer["score"] = json!(score);
        }
        if !self.indicators.is_empty() {
            answer["indicators"] = json!(self.indicators);
        }
        if let Some(age) = self.age_seconds {
            answer["ageSeconds"] = json!(age);
        }
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_address_wins() {
        let high = Script { assessment: Some("High".to_owned()), ..Script::default() };
        let addresses = [("192.0.2.7".parse().unwrap(), high.clone())].into();
        let scripts = Scripts { default: Script::default(), addresses };
        assert_eq!(scripts.choose(&json!({ "clientIp": "192.0.2.7" })), &high);
        assert_eq!(scripts.choose(&json!({ "clientIp": "192.0.2.8", "deviceIp": "192.0.2.7" })), &high);
        assert_eq!(scripts.choose(&json!({ "operation": "Auth" })), &Script::default());
        assert_eq!((Script::default().status(), Script::default().answer()), (StatusCode::NO_CONTENT, None));
    }
}
