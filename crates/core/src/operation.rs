//! Providers and the operations that an application asks them for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An authentication service that the sidecar stands in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Provider {
    /// Swedish BankID, relying party API v6.0.
    BankIdSe,
    /// TIC Identity, a broker of Swedish BankID.
    TicIdentity,
    /// BankID Norway, an OpenID Connect provider.
    BankIdNo,
    /// OneSpan Intelligent Adaptive Authentication.
    OneSpan,
}

impl Provider {
    /// The operations of this provider that a flow may cover (design.md section 3).
    #[must_use]
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Self::BankIdSe => &[
                Operation::Auth,
                Operation::Sign,
                Operation::Payment,
                Operation::OtherPayment,
                Operation::PhoneAuth,
                Operation::PhoneSign,
            ],
            Self::TicIdentity => &[Operation::Auth, Operation::Sign],
            Self::BankIdNo => &[Operation::Login, Operation::Sign],
            Self::OneSpan => &[Operation::Login, Operation::Event, Operation::Transaction],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BankIdSe => "BankIdSe",
            Self::TicIdentity => "TicIdentity",
            Self::BankIdNo => "BankIdNo",
            Self::OneSpan => "OneSpan",
        })
    }
}

/// What an application asks a provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Operation {
    /// A login.
    Auth,
    /// A signature.
    Sign,
    /// A payment, approved on the user's own device.
    Payment,
    /// A payment started by another party (`/other/payment` of Swedish BankID).
    OtherPayment,
    /// A login during a phone call.
    PhoneAuth,
    /// A signature during a phone call.
    PhoneSign,
    /// A login at a provider that calls it so.
    Login,
    /// A non-monetary event that OneSpan validates.
    Event,
    /// A transaction that OneSpan validates.
    Transaction,
}

impl Operation {
    /// Every operation, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Auth,
        Self::Sign,
        Self::Payment,
        Self::OtherPayment,
        Self::PhoneAuth,
        Self::PhoneSign,
        Self::Login,
        Self::Event,
        Self::Transaction,
    ];

    /// The name in policies, records and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "Auth",
            Self::Sign => "Sign",
            Self::Payment => "Payment",
            Self::OtherPayment => "OtherPayment",
            Self::PhoneAuth => "PhoneAuth",
            Self::PhoneSign => "PhoneSign",
            Self::Login => "Login",
            Self::Event => "Event",
            Self::Transaction => "Transaction",
        }
    }

    /// Whether this is a phone operation. BankID gives no risk indication for those (bankid-se.md section 4).
    #[must_use]
    pub fn is_phone(self) -> bool {
        matches!(self, Self::PhoneAuth | Self::PhoneSign)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
