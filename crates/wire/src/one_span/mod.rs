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
use riskgate_core::config::{LookUp as When, Mode, OneSpanConfig, OneSpanMatchedRules};
use riskgate_core::{Assessment, Operation, Provider, Requirement, RequirementSet, Verdict};

pub use code::{CHALLENGES, RiskCode};
pub use fields::{Carried, FIELDS, Field};
pub use said::{LookUp, NOT_LOOKED_UP, Said, Standing, looked_up, matched};

use self::paths::Called;
use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::protocol::{
    Cancelled, Completed, Exchanged, Inquired, Inquiry, Malformed, Prepared, Protocol, Reading, Recognised,
    Road, Started, Takes, Tightened, Unreadable,
};

/// The one road by which results are asked for: polls of a session.
const SESSION: Road = Road("session");

/// The protocol of OneSpan, with the challenge that one policy raises to, and what it looks up.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneSpan {
    challenge_code: Option<u32>,
    matched_rules: OneSpanMatchedRules,
}

impl From<&OneSpanConfig> for OneSpan {
    fn from(config: &OneSpanConfig) -> Self {
        Self { matched_rules: config.matched_rules, ..Self::new(config.challenge_code) }
    }
}

impl OneSpan {
    /// The protocol. `challenge_code` is the code that a challenge is asked for with, where OneSpan asked for none; without
    /// it the request is declined.
    #[must_use]
    pub fn new(challenge_code: Option<u32>) -> Self {
        let challenge_code = challenge_code.filter(|code| RiskCode::is_challenge(*code));
        Self { challenge_code, ..Self::default() }
    }

    /// Where what `said` is about is on file.
    fn inquiry(&self, said: &Said) -> Option<Inquiry> {
        let look_up = said.looked_up_by.as_ref()?;
        let OneSpanMatchedRules { look_up: when, timeout } = self.matched_rules;
        let asks = match when {
            When::Never => false,
            When::NotAccepted => said.code != RiskCode::Accept,
            When::Always => true,
        };
        Some(Inquiry {
            path: look_up.path(),
            reference: look_up.reference(),
            before_decision: asks.then_some(timeout.0),
            missing: NOT_LOOKED_UP,
        })
    }

    /// What a 2xx answer says; none where OneSpan refused, in its own words.
    fn said(status: u16, body: &[u8]) -> Result<Option<Said>, Unreadable> {
        match status {
            200..=299 => Said::read(body).map(Some),
            _ => said::refused(status, body).map(|()| None),
        }
    }

    /// The decline in place of `answer`, which OneSpan gave: its identifiers stay, so that the application can name the
    /// request to its support.
    fn decline(answer: &[u8]) -> Answer {
        answers::decline(&answers::identifiers(answer))
    }

    /// The challenge in place of `answer`, in OneSpan's own form; none where the policy names no code for it.
    fn challenge(&self, answer: &[u8]) -> Option<Answer> {
        self.challenge_code.map(|code| answers::challenge(&answers::identifiers(answer), code))
    }
}

impl From<&Said> for Completed {
    fn from(said: &Said) -> Self {
        Self {
            indication: Some(said.assessment()),
            score: None,
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

    fn takes(&self, recognised: Recognised) -> Takes {
        let bodiless = matches!(recognised, Recognised::Result(_) | Recognised::Inquiry);
        Takes { content_types: &[answers::CONTENT_TYPE, "application/json; charset=utf-8"], bodiless }
    }

    fn recognise(&self, method: &str, path: &str, _body: &[u8]) -> Recognised {
        match (paths::called(path), method) {
            (None, _) => Recognised::UnknownPath,
            (Some(Called::Validate(operation, _)), "POST") => Recognised::Exchange(operation),
            (Some(Called::Session(_)), "GET") => Recognised::Result(SESSION),
            (Some(Called::LookUp(_)), "GET") => Recognised::Inquiry,
            (Some(Called::Validate(..)), _) => Recognised::OtherMethod("POST"),
            (Some(Called::Session(_) | Called::LookUp(_)), _) => Recognised::OtherMethod("GET"),
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

    fn subject(&self, path: &str) -> Option<String> {
        match paths::called(path)? {
            Called::Validate(_, user) => user,
            Called::Session(_) | Called::LookUp(_) => None,
        }
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
            Some(Called::LookUp(look_up)) => Ok(look_up.reference()),
            _ => Err(Malformed::Member {
                member: "requestID",
                expected: "write the requestID of the session as the last part of the path",
            }),
        }
    }

    fn read_started(&self, status: u16, _body: &[u8]) -> Result<Started, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn read_exchanged(
        &self,
        _operation: Operation,
        status: u16,
        body: &[u8],
    ) -> Result<Exchanged, Unreadable> {
        Ok(match Self::said(status, body)? {
            None => Exchanged::Refused,
            // What OneSpan ended by itself has no result. A decline is its word on the risk, and recorded as such.
            Some(said) if said.standing == Standing::Ended && said.code != RiskCode::Decline => {
                Exchanged::Refused
            }
            Some(said) => Exchanged::Answered {
                completed: Completed::from(&said),
                inquiry: self.inquiry(&said),
                reference: said.looked_up_by.map(LookUp::into_id),
                session: said.reference.filter(|_| said.has_state),
            },
        })
    }

    fn read_inquired(&self, status: u16, body: &[u8]) -> Result<Option<Inquired>, Unreadable> {
        match status {
            200 => {
                let facts = looked_up(status, body)?;
                Ok(Some(Inquired { indicators: matched(&facts), facts }))
            }
            _ => said::refused(status, body).map(|()| None),
        }
    }

    fn read_result(
        &self,
        reference: &str,
        _road: Road,
        status: u16,
        body: &[u8],
    ) -> Result<Reading, Unreadable> {
        let Some(said) = Self::said(status, body)? else {
            return Ok(if status == 404 { Reading::NoSuchTransaction } else { Reading::Refused });
        };
        if said.reference.as_deref().is_some_and(|own| own != reference) {
            return Err(Unreadable::OtherTransaction);
        }
        if !said.has_state {
            return Err(Unreadable::UnknownState);
        }
        Ok(match said.standing {
            Standing::Open => Reading::Pending,
            Standing::Ended => Reading::Failed,
            // Most polls repeat no code: what the request was answered with was kept, and still holds.
            Standing::Accepted => {
                let indication = Some(said.assessment()).filter(|_| said.code != RiskCode::None);
                Reading::Complete(Completed { indication, ..Completed::from(&said) })
            }
        })
    }

    fn read_cancelled(&self, status: u16, _body: &[u8]) -> Result<Cancelled, Unreadable> {
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

    fn refuse_result(&self, reference: &str, _road: Road) -> Answer {
        answers::decline(&answers::identifier(reference))
    }

    /// A decline; a challenge in OneSpan's own form where the verdict is one and the policy names its code.
    fn refuse_exchanged(&self, _operation: Operation, verdict: Verdict, answer: &[u8]) -> Answer {
        let challenge = (verdict == Verdict::Challenge).then(|| self.challenge(answer)).flatten();
        challenge.unwrap_or_else(|| Self::decline(answer))
    }

    /// What was declined is on file as declined: an application that asks is told the same as before.
    fn refuse_inquired(&self, answer: &[u8]) -> Answer {
        answers::declined_on_file(answer)
    }

    fn pending(&self, reference: &str, _road: Road) -> Answer {
        answers::pending(reference)
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        answers::fault(fault, details)
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        answers::in_place_of(status, details)
    }
}
