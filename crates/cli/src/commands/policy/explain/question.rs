//! What is asked: a transaction, made up from the command line.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use clap::ValueEnum;
use riskgate_core::Operation;
use serde_json::{Map, Value, json};

/// A transaction to be judged.
#[derive(Debug)]
pub(super) struct Question {
    /// What the provider says.
    pub(super) risk: Risk,
    /// The order; none for one that the sidecar does not know.
    pub(super) order: Option<Order>,
}

/// An order as the application makes it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) operation: Operation,
    /// The header `Riskgate-Flow`.
    pub(super) flow: Option<String>,
    pub(super) requirement_risk: Option<Limit>,
    pub(super) carried: Vec<Check>,
}

/// What stands in the provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Risk {
    Absent,
    Value(String),
}

/// `requirement.risk`: the most that the application accepts (bankid-se.md section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Limit {
    Low,
    Moderate,
}

/// What an order can require of the user (bankid-se.md section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Check {
    #[value(name = "PinCode")]
    PinCode,
    #[value(name = "Mrtd")]
    Mrtd,
}

impl FromStr for Risk {
    type Err = Infallible;

    /// The provider's own words are taken in any case of letters; other text stands for itself.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let word = text.to_ascii_lowercase();
        Ok(match word.as_str() {
            "absent" => Self::Absent,
            "low" | "moderate" | "high" => Self::Value(word),
            _ => Self::Value(text.to_owned()),
        })
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Value(value) => f.write_str(value),
        }
    }
}

impl Limit {
    /// The word on the wire.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
        }
    }
}

impl Check {
    /// The member of `requirement` on the wire.
    fn member(self) -> &'static str {
        match self {
            Self::PinCode => "pinCode",
            Self::Mrtd => "mrtd",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PinCode => "PinCode",
            Self::Mrtd => "Mrtd",
        })
    }
}

impl Order {
    /// The body of the request: nothing but what matters to the judgement.
    pub(super) fn body(&self) -> Bytes {
        let mut requirement = Map::new();
        for required in &self.carried {
            requirement.insert(required.member().to_owned(), Value::Bool(true));
        }
        if let Some(limit) = self.requirement_risk {
            requirement.insert("risk".to_owned(), Value::from(limit.word()));
        }
        let body = if requirement.is_empty() { json!({}) } else { json!({ "requirement": requirement }) };
        body.to_string().into()
    }
}

impl Question {
    /// What BankID's answer says of the risk. It says nothing of phone orders (bankid-se.md section 4), whatever is asked.
    pub(super) fn told(&self) -> &Risk {
        let phone = self.order.as_ref().is_some_and(|order| order.operation.is_phone());
        if phone { &Risk::Absent } else { &self.risk }
    }

    /// The answer of the provider to the collect of order `reference`.
    pub(super) fn answer(&self, reference: &str) -> Bytes {
        let data = match self.told() {
            Risk::Absent => json!({}),
            Risk::Value(risk) => json!({ "risk": risk }),
        };
        json!({ "orderRef": reference, "status": "complete", "completionData": data }).to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_words_are_taken_in_any_case_and_others_as_they_are() {
        assert_eq!("HIGH".parse(), Ok(Risk::Value("high".to_owned())));
        assert_eq!("Absent".parse(), Ok(Risk::Absent));
        assert_eq!("Severe".parse(), Ok(Risk::Value("Severe".to_owned())));
    }

    #[test]
    fn an_order_requires_only_what_was_asked_for() {
        let order = |requirement_risk, carried| Order {
            operation: Operation::Sign,
            flow: None,
            requirement_risk,
            carried,
        };
        assert_eq!(order(None, Vec::new()).body(), "{}");
        assert_eq!(
            order(Some(Limit::Low), vec![Check::Mrtd]).body(),
            r#"{"requirement":{"mrtd":true,"risk":"low"}}"#
        );
    }
}
