//! The eight endpoints, and what differs between the six that create orders (`bankid-se.md section 2`).

use serde::Serialize;

/// What a request of a known path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Order(Operation),
    Collect,
    Cancel,
}

impl Endpoint {
    /// The endpoint of an exact path.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("/rp/v6.0/")? {
            "auth" => Self::Order(Operation::Auth),
            "sign" => Self::Order(Operation::Sign),
            "payment" => Self::Order(Operation::Payment),
            "other/payment" => Self::Order(Operation::OtherPayment),
            "phone/auth" => Self::Order(Operation::PhoneAuth),
            "phone/sign" => Self::Order(Operation::PhoneSign),
            "collect" => Self::Collect,
            "cancel" => Self::Cancel,
            _ => return None,
        })
    }
}

/// What an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Operation {
    /// `/auth`
    Auth,
    /// `/sign`
    Sign,
    /// `/payment`
    Payment,
    /// `/other/payment`
    OtherPayment,
    /// `/phone/auth`
    PhoneAuth,
    /// `/phone/sign`
    PhoneSign,
}

impl Operation {
    pub(crate) fn is_phone(self) -> bool {
        matches!(self, Self::PhoneAuth | Self::PhoneSign)
    }

    pub(crate) fn is_payment(self) -> bool {
        matches!(self, Self::Payment | Self::OtherPayment)
    }

    /// Whether the user signs something rather than proving who they are.
    pub(crate) fn is_signature(self) -> bool {
        matches!(self, Self::Sign | Self::PhoneSign) || self.is_payment()
    }

    /// Whether the app is started with a token (or a QR code of one), so that the answer carries four tokens.
    pub(crate) fn is_started_by_token(self) -> bool {
        matches!(self, Self::Auth | Self::Sign | Self::Payment)
    }

    /// The most characters of base64 in `userVisibleData` (`bankid-se.md section 2.1`).
    pub(crate) fn visible_limit(self) -> usize {
        match self {
            Self::Auth | Self::PhoneAuth => 1_500,
            Self::Sign | Self::PhoneSign => 40_000,
            Self::Payment | Self::OtherPayment => 1_000,
        }
    }

    /// The most characters of base64 in `userNonVisibleData`.
    pub(crate) fn non_visible_limit(self) -> usize {
        match self {
            Self::Auth | Self::PhoneAuth => 1_500,
            Self::Sign | Self::PhoneSign => 200_000,
            Self::Payment | Self::OtherPayment => 1_000,
        }
    }

    pub(crate) fn visible_data_is_required(self) -> bool {
        matches!(self, Self::Sign | Self::PhoneSign)
    }
}
