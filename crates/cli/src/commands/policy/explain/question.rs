//! What is asked: a transaction, made up from the command line.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use riskgate_core::{Operation, Provider};

use super::said::Sayings;

/// A transaction to be judged.
#[derive(Debug)]
pub(super) struct Question {
    /// The kind of provider that it is a transaction of.
    pub(super) provider: Provider,
    /// What the provider says; none where it gives no indication of its own, or [`Sayings`] have it.
    pub(super) risk: Option<Risk>,
    /// What the sources say.
    pub(super) sayings: Sayings,
    /// The order; none for one that the sidecar does not know.
    pub(super) order: Option<Order>,
}

/// An order as the application makes it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) operation: Operation,
    /// The header `Riskgate-Flow`.
    pub(super) flow: Option<String>,
    /// Swedish BankID's `requirement.risk`.
    pub(super) requirement_risk: Option<Limit>,
    /// Swedish BankID's further requirements.
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

    /// The providers' own words are taken in any case of letters; other text stands for itself.
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
    pub(super) fn member(self) -> &'static str {
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

impl Question {
    /// Why the provider gives no indication, whatever is asked; none where it gives one.
    pub(super) fn silence(&self) -> Option<&'static str> {
        let phone = self.order.as_ref().is_some_and(|order| order.operation.is_phone());
        match self.provider {
            // bankid-se.md section 4.
            Provider::BankIdSe if phone => Some("BankID gives no risk for phone operations"),
            // other-systems.md section A.2.
            Provider::BankIdNo => {
                Some("BankID Norway gives no risk with its tokens, but by a source of its own")
            }
            _ => None,
        }
    }

    /// What the provider's answer says of the risk.
    pub(super) fn told(&self) -> &Risk {
        self.risk.as_ref().filter(|_| self.silence().is_none()).unwrap_or(&Risk::Absent)
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
}
