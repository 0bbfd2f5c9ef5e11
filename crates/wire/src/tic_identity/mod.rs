//! TIC Identity, a broker of Swedish BankID with enrichment (other-systems.md section B).
//!
//! A result reaches the application by many roads: poll, status, collect, webhooks, the hub's frames, and what is enriched
//! after them. Each is read here, and each has its own form of a refusal.

mod answers;
pub mod hub;
mod intelligence;
mod paths;
mod prepare;
mod read;
mod session;
mod strict;
pub mod webhook;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{Assessment, Operation, Provider, Requirement, RequirementSet};

use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::protocol::{Malformed, Prepared, Protocol, Reading, Recognised, Started, Tightened, Unreadable};

pub use intelligence::IpIntelligence;
pub use paths::{HUB, NoRoad, Road, cancel_path, road, session_in, status_path};

/// The protocol of TIC Identity, with the words that one policy refuses in.
#[derive(Debug, Clone)]
pub struct TicIdentity {
    hint_code: String,
    webhook_url: Option<String>,
}

impl TicIdentity {
    /// The protocol, refusing with `hint_code`. A start without a `webhookUrl` gets `webhook_url`.
    #[must_use]
    pub fn new(hint_code: String, webhook_url: Option<String>) -> Self {
        Self { hint_code, webhook_url }
    }

    /// The hint code of a refusal.
    #[must_use]
    pub fn hint_code(&self) -> &str {
        &self.hint_code
    }
}

impl Protocol for TicIdentity {
    fn provider(&self) -> Provider {
        Provider::TicIdentity
    }

    fn content_type(&self) -> &'static str {
        answers::CONTENT_TYPE
    }

    fn recognise(&self, method: &str, path: &str) -> Recognised {
        match road(method, path) {
            Ok(Road::Start(operation)) => Recognised::Start(operation),
            Ok(Road::Poll | Road::Status | Road::Collect) => Recognised::Result,
            Ok(Road::Cancel) => Recognised::Cancel,
            Ok(
                Road::Session | Road::Tenant | Road::Enrich | Road::EnrichmentStatus | Road::EnrichmentData,
            )
            | Err(NoRoad::UnknownPath) => Recognised::UnknownPath,
            Err(NoRoad::OtherMethod) => Recognised::OtherMethod,
        }
    }

    fn prepare(
        &self,
        _operation: Operation,
        body: &Bytes,
        given: &Given,
        mode: Mode,
    ) -> Result<Prepared, Malformed> {
        prepare::prepare(body, given, mode, self.webhook_url.as_deref())
    }

    /// TIC has no requirements that a start could carry (section B.2).
    fn tighten(
        &self,
        _operation: Operation,
        body: &Bytes,
        _require: &[Requirement],
    ) -> Result<Tightened, Malformed> {
        Ok(Tightened { body: body.clone(), attached: Vec::new(), carried: RequirementSet::default() })
    }

    fn reference(&self, path: &str, body: &[u8]) -> Result<String, Malformed> {
        session_in(path).map_or_else(|| prepare::enriched_session(body), Ok)
    }

    fn read_started(&self, status: u16, body: &[u8]) -> Result<Started, Unreadable> {
        read::started(status, body)
    }

    fn read_result(&self, reference: &str, status: u16, body: &[u8]) -> Result<Reading, Unreadable> {
        read::result(reference, status, body)
    }

    fn read_cancelled(&self, status: u16, body: &[u8]) -> Result<bool, Unreadable> {
        read::cancelled(status, body)
    }

    fn read_probe(&self, status: u16, body: &[u8]) -> Result<(), Unreadable> {
        read::without_result(status, body)
    }

    fn without_indication(&self, _operation: Option<Operation>) -> Assessment {
        Assessment::Unknown
    }

    fn refuse_start(&self, details: &str) -> Answer {
        answers::error(400, "invalid_request", details)
    }

    fn refuse_result(&self, reference: &str) -> Answer {
        answers::state(reference, "failed", &self.hint_code)
    }

    fn pending(&self, reference: &str) -> Answer {
        answers::state(reference, "pending", "userSign")
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        answers::fault(fault, details)
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        answers::in_place_of(status, details)
    }
}
