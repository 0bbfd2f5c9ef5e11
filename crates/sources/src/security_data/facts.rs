//! The claims of an answer (other-systems.md section A.7).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The most claims that are kept. BankID publishes a selection only; the whole has some dozens.
const MOST: usize = 512;

/// Why an answer is of no use. Repeats nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FactsError {
    #[error("the security data do not read")]
    Form,
    #[error("the security data are of another transaction")]
    OtherTransaction,
}

/// What the service says of one transaction. Claims that are not published are kept as well: rules may name them.
#[derive(Default)]
pub(super) struct Facts {
    claims: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Answer {
    tid: Option<String>,
    #[serde(default)]
    transaction_data: BTreeMap<String, Value>,
    #[serde(default)]
    derived_data: BTreeMap<String, Value>,
}

impl Facts {
    /// Reads an answer about the transaction `reference`. Where both halves have a claim of one name, what BankID derived
    /// counts.
    pub(super) fn read(body: &[u8], reference: &str) -> Result<Self, FactsError> {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| FactsError::Form)?;
        if answer.tid.is_some_and(|tid| tid != reference) {
            return Err(FactsError::OtherTransaction);
        }
        let all = answer.transaction_data.into_iter().chain(answer.derived_data);
        let claims = all.filter_map(|(name, value)| Some((name, plain(&value)?))).take(MOST).collect();
        Ok(Self { claims })
    }

    /// The text of a claim.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.claims.get(name).map(String::as_str)
    }

    /// The traffic light of a score; `Unknown` where BankID has none.
    pub(super) fn light(&self, score: &str) -> Light {
        self.get(&format!("{score}_{CLASSIFICATION}")).map_or(Light::Unknown, Light::of)
    }

    /// A score from 0 to 1. One that BankID classifies as `Unknown` is none: `"0"` then means that nothing was assessed, and
    /// never that nothing is wrong. One that has no classification stands for itself.
    pub(super) fn score(&self, name: &str) -> Option<f64> {
        let classified = self.get(&format!("{name}_{CLASSIFICATION}"));
        if classified.is_some_and(|light| Light::of(light) == Light::Unknown) {
            return None;
        }
        self.get(name)?.parse().ok().filter(|score| (0.0..=1.0).contains(score))
    }

    /// Every score that BankID classifies, with its light.
    pub(super) fn lights(&self) -> impl Iterator<Item = (&str, Light)> {
        self.claims.iter().filter_map(|(name, light)| {
            let score = name.strip_suffix(CLASSIFICATION)?.strip_suffix('_')?;
            Some((score, Light::of(light)))
        })
    }
}

const CLASSIFICATION: &str = "classification";

/// BankID's classification of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Light {
    /// Not classified, or not in a word that is known.
    Unknown,
    Green,
    Yellow,
    Red,
}

impl Light {
    fn of(text: &str) -> Self {
        match text {
            "Green" => Self::Green,
            "Yellow" => Self::Yellow,
            "Red" => Self::Red,
            _ => Self::Unknown,
        }
    }
}

/// A scalar as text. BankID writes all of them as strings, some with quotation marks inside.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
            Some(bare.to_owned())
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
