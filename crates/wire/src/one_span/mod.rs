//! OneSpan Intelligent Adaptive Authentication, API v1 (other-systems.md section C).
//!
//! One request is assessed and answered at once, with a code and a state; where the user still has to act, the session is
//! polled by its request id.

mod answers;
mod code;
mod device;
mod facts;
mod fields;
mod lints;
mod paths;
mod prepare;
mod said;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{Assessment, Operation, Provider, Requirement, RequirementSet};

pub use code::{CHALLENGES, RiskCode};
pub use fields::{Carried, FIELDS, Field};
pub use said::{LookUp, Said, Standing, looked_up};

use self::paths::Called;
use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::protocol::{
    Completed, Malformed, Prepared, Protocol, Reading, Recognised, Started, Tightened, Unreadable,
};

/// The protocol of OneSpan, with the challenge that one policy raises to.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneSpan {
    challenge_code: Option<u32>,
}

/// OneSpan's answer to a request that it assesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanged {
    /// It has a result, or asks the user for more.
    Said(Box<Said>),
    /// OneSpan refused the request, in its own words.
    Refused,
}

impl OneSpan {
    /// The protocol. `challenge_code` is the code that a challenge is asked for with, where OneSpan asked for none; without
    /// it the request is declined.
    #[must_use]
    pub fn new(challenge_code: Option<u32>) -> Self {
        Self { challenge_code: challenge_code.filter(|code| RiskCode::is_challenge(*code)) }
    }

    /// The user that a path names: `userID@domain`.
    #[must_use]
    pub fn user(path: &str) -> Option<String> {
        match paths::called(path)? {
            Called::Validate(_, user) => user,
            Called::Session(_) => None,
        }
    }

    /// Reads OneSpan's answer to a request that it assesses.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not OneSpan's.
    pub fn read_exchange(&self, status: u16, body: &[u8]) -> Result<Exchanged, Unreadable> {
        match status {
            200..=299 => Ok(Exchanged::Said(Box::new(Said::read(body)?))),
            _ => said::refused(status, body).map(|()| Exchanged::Refused),
        }
    }

    /// The decline in place of `answer`, which OneSpan gave: its identifiers stay, so that the application can name the
    /// request to its support.
    #[must_use]
    pub fn decline(&self, answer: &[u8]) -> Answer {
        answers::decline(&answers::identifiers(answer))
    }

    /// The challenge in place of `answer`, in OneSpan's own form; none where the policy names no code for it.
    #[must_use]
    pub fn challenge(&self, answer: &[u8]) -> Option<Answer> {
        self.challenge_code.map(|code| answers::challenge(&answers::identifiers(answer), code))
    }
}

impl From<&Said> for Completed {
    fn from(said: &Said) -> Self {
        Self {
            indication: Some(said.assessment()),
            indicators: said.indicators(),
            facts: said.facts.clone(),
            subject: None,
            device_ip: None,
        }
    }
}

impl Protocol for OneSpan {
    fn provider(&self) -> Provider {
        Provider::OneSpan
    }

    fn content_type(&self) -> &'static str {
        answers::CONTENT_TYPE
    }

    fn recognise(&self, method: &str, path: &str) -> Recognised {
        match (paths::called(path), method) {
            (None, _) => Recognised::UnknownPath,
            (Some(Called::Validate(operation, _)), "POST") => Recognised::Start(operation),
            (Some(Called::Session(_)), "GET") => Recognised::Result,
            (Some(_), _) => Recognised::OtherMethod,
        }
    }

    fn prepare(
        &self,
        _operation: Operation,
        body: &Bytes,
        given: &Given,
        mode: Mode,
    ) -> Result<Prepared, Malformed> {
        prepare::prepare(body, given, mode)
    }

    /// OneSpan's requests carry no requirement: its codes ask for a challenge afterwards.
    fn tighten(
        &self,
        _operation: Operation,
        body: &Bytes,
        _require: &[Requirement],
    ) -> Result<Tightened, Malformed> {
        Ok(Tightened { body: body.clone(), attached: Vec::new(), carried: RequirementSet::default() })
    }

    fn reference(&self, path: &str, _body: &[u8]) -> Result<String, Malformed> {
        match paths::called(path) {
            Some(Called::Session(reference)) => Ok(reference),
            _ => Err(Malformed::Member {
                member: "requestID",
                expected: "write the requestID of the session as the last part of the path",
            }),
        }
    }

    fn read_started(&self, status: u16, body: &[u8]) -> Result<Started, Unreadable> {
        match self.read_exchange(status, body)? {
            Exchanged::Said(said) => {
                let none = || Unreadable::Form("no usable requestID".to_owned());
                said.reference.map(Started::Open).ok_or_else(none)
            }
            Exchanged::Refused => Ok(Started::Refused),
        }
    }

    fn read_result(&self, reference: &str, status: u16, body: &[u8]) -> Result<Reading, Unreadable> {
        match self.read_exchange(status, body)? {
            Exchanged::Refused if status == 404 => Ok(Reading::NoSuchTransaction),
            Exchanged::Refused => Ok(Reading::Refused),
            Exchanged::Said(said) if said.reference.as_deref().is_some_and(|own| own != reference) => {
                Err(Unreadable::OtherTransaction)
            }
            Exchanged::Said(said) if !said.has_state => Err(Unreadable::UnknownState),
            Exchanged::Said(said) => Ok(match said.standing {
                Standing::Open => Reading::Pending,
                Standing::Ended => Reading::Failed,
                Standing::Accepted => Reading::Complete(Completed::from(&*said)),
            }),
        }
    }

    fn read_cancelled(&self, status: u16, _body: &[u8]) -> Result<bool, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn read_probe(&self, status: u16, _body: &[u8]) -> Result<(), Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn without_indication(&self, _operation: Option<Operation>) -> Assessment {
        Assessment::Unknown
    }

    fn refuse_start(&self, _details: &str) -> Answer {
        answers::decline("")
    }

    fn refuse_result(&self, reference: &str) -> Answer {
        answers::decline(&answers::identifier(reference))
    }

    fn pending(&self, reference: &str) -> Answer {
        answers::pending(reference)
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        answers::fault(fault, details)
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        answers::in_place_of(status, details)
    }
}
