//! Swedish BankID, relying party API v6.0 (bankid-se.md).

mod answers;
mod device;
mod domain;
mod identifier;
mod lints;
mod paths;
mod prepare;
mod read;
mod reference;
mod requirement;
mod tighten;
mod user_agent;

use bytes::Bytes;
use riskgate_core::config::{Mode, Refusal};
use riskgate_core::{Assessment, Operation, Provider, Requirement};

pub(crate) use self::user_agent::is_of_a_server;
use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::protocol::{
    Cancelled, Malformed, Prepared, Protocol, Reading, Recognised, Road, Started, Takes, Tightened,
    Unreadable,
};

pub use paths::COLLECT;

/// The protocol of Swedish BankID, with the words that one policy refuses in.
#[derive(Debug, Clone)]
pub struct BankIdSe {
    refusal: Refusal,
}

impl BankIdSe {
    /// The protocol, refusing in the words of `refusal`.
    #[must_use]
    pub fn new(refusal: Refusal) -> Self {
        Self { refusal }
    }
}

impl Protocol for BankIdSe {
    fn provider(&self) -> Provider {
        Provider::BankIdSe
    }

    fn takes(&self, _recognised: Recognised) -> Takes {
        Takes { content_types: &[answers::CONTENT_TYPE], bodiless: false }
    }

    fn recognise(&self, method: &str, path: &str, _body: &[u8]) -> Recognised {
        paths::recognise(method, path)
    }

    fn prepare(
        &self,
        operation: Operation,
        body: &Bytes,
        given: &Given,
        mode: Mode,
    ) -> Result<Prepared, Malformed> {
        prepare::prepare(operation, body, given, mode)
    }

    fn tighten(
        &self,
        operation: Operation,
        body: &Bytes,
        require: &[Requirement],
    ) -> Result<Tightened, Malformed> {
        tighten::tighten(operation, body, require)
    }

    fn reference(&self, _path: &str, body: &[u8]) -> Result<String, Malformed> {
        reference::of_request(body)
    }

    fn read_started(&self, status: u16, body: &[u8]) -> Result<Started, Unreadable> {
        read::started(status, body)
    }

    fn read_result(
        &self,
        reference: &str,
        _road: Road,
        status: u16,
        body: &[u8],
    ) -> Result<Reading, Unreadable> {
        read::result(reference, status, body)
    }

    fn read_cancelled(&self, status: u16, body: &[u8]) -> Result<Cancelled, Unreadable> {
        read::cancelled(status, body)
    }

    fn read_probe(&self, status: u16, body: &[u8]) -> Result<(), Unreadable> {
        read::probe(status, body)
    }

    fn without_indication(&self, operation: Option<Operation>) -> Assessment {
        match operation {
            Some(operation) if operation.is_phone() => Assessment::NotApplicable,
            _ => Assessment::Unknown,
        }
    }

    fn refuse_start(&self, details: &str) -> Answer {
        answers::error(400, &self.refusal.error_code, details)
    }

    fn refuse_result(&self, reference: &str, _road: Road) -> Answer {
        answers::state(reference, "failed", &self.refusal.hint_code)
    }

    fn pending(&self, reference: &str, _road: Road) -> Answer {
        answers::state(reference, "pending", "userSign")
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        answers::fault(fault, details)
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        answers::in_place_of(status, details)
    }
}
