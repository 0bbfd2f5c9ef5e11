//! The endpoints (`other-systems.md section C.2`).

use http::Method;

/// What is validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Login,
    Event,
    Transaction,
    /// A transaction that is assessed and nothing else: it starts no authentication.
    RiskOnly,
}

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    /// The user where the path names one: `userID@domain`, as it stands in the path.
    Validate(Kind, Option<&'a str>),
    Session(&'a str),
    LookUpEvent(&'a str),
    LookUpTransaction(&'a str),
}

impl<'a> Endpoint<'a> {
    pub(super) fn of_path(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
        let user = |segment: &'a str| segment.contains('@').then_some(Some(segment));
        match *segments.as_slice() {
            ["users", name, "login"] => Some(Self::Validate(Kind::Login, user(name)?)),
            ["users", name, "events", "validate"] => Some(Self::Validate(Kind::Event, user(name)?)),
            ["users", name, "transactions", "validate"] => {
                Some(Self::Validate(Kind::Transaction, user(name)?))
            }
            ["transactions"] => Some(Self::Validate(Kind::RiskOnly, None)),
            ["transactions", id] => Some(Self::LookUpTransaction(id)),
            ["events", id] => Some(Self::LookUpEvent(id)),
            ["sessions", id] => Some(Self::Session(id)),
            _ => None,
        }
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::Validate(..) => Method::POST,
            Self::Session(_) | Self::LookUpEvent(_) | Self::LookUpTransaction(_) => Method::GET,
        }
    }
}
