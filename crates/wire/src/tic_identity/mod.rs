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
use riskgate_core::config::{Mode, TicIdentityConfig};
use riskgate_core::{Assessment, Operation, Provider, Requirement, RequirementSet};

use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::protocol::{
    Cancelled, Malformed, Passing, Prepared, Protocol, Reading, Recognised, Road, Sessions, Started, Takes,
    Tightened, Unreadable,
};

/// The roads to a result.
pub const POLL: Road = Road("poll");
/// See [`POLL`].
pub const STATUS: Road = Road("status");
/// See [`POLL`].
pub const COLLECT: Road = Road("collect");

/// What requests may have. The server's own framework writes the charset, too.
const JSON: [&str; 2] = ["application/json", "application/json; charset=utf-8"];

/// What a negotiation may have: SignalR's own client says the first of its empty body.
const NEGOTIATION: [&str; 3] = ["text/plain;charset=UTF-8", JSON[0], JSON[1]];

pub use intelligence::{IpIntelligence, of as ip_intelligence};
pub use paths::{Call, HUB, NoCall, call, session_in};

/// The protocol of TIC Identity, with the words that one policy refuses in.
#[derive(Debug, Clone)]
pub struct TicIdentity {
    hint_code: String,
    webhook_url: Option<String>,
}

impl From<&TicIdentityConfig> for TicIdentity {
    fn from(config: &TicIdentityConfig) -> Self {
        let webhook_url = config.webhook.as_ref().and_then(|webhook| webhook.url.clone());
        Self::new(config.refusal.hint_code.clone(), webhook_url)
    }
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

    fn takes(&self, recognised: Recognised) -> Takes {
        Takes {
            content_types: if recognised == Recognised::Connect { &NEGOTIATION } else { &JSON },
            bodiless: matches!(recognised, Recognised::Result(_) | Recognised::Pass | Recognised::Connect),
        }
    }

    fn request_headers(&self) -> &'static [&'static str] {
        &["x-api-key"]
    }

    fn recognise(&self, method: &str, path: &str, _body: &[u8]) -> Recognised {
        match call(method, path) {
            Ok(Call::Start(operation)) => Recognised::Start(operation),
            Ok(Call::Poll) => Recognised::Result(POLL),
            Ok(Call::Status) => Recognised::Result(STATUS),
            Ok(Call::Collect) => Recognised::Result(COLLECT),
            Ok(Call::Cancel) => Recognised::Cancel,
            Ok(Call::Enrich) => Recognised::After,
            // Where an enrichment's data is told nobody learns but by a request, or a webhook, that was decided on.
            Ok(Call::Negotiate) => Recognised::Connect,
            Ok(Call::Session | Call::Tenant | Call::EnrichmentStatus | Call::EnrichmentData) => {
                Recognised::Pass
            }
            Err(NoCall::UnknownPath) => Recognised::UnknownPath,
            Err(NoCall::OtherMethod(taken)) => Recognised::OtherMethod(taken),
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

    fn read_result(
        &self,
        reference: &str,
        _road: Road,
        status: u16,
        body: &[u8],
    ) -> Result<Reading, Unreadable> {
        read::result(reference, status, body)
    }

    fn pass(&self, passing: &Passing<'_>) -> Result<Bytes, Unreadable> {
        if call("POST", passing.path) == Ok(Call::Negotiate) {
            return hub::negotiated(passing.status, passing.body);
        }
        if session_in(passing.path).is_some() {
            read::without_result(passing.status, passing.body)?;
        }
        Ok(passing.body.clone())
    }

    fn sessions(&self) -> Option<&dyn Sessions> {
        Some(self)
    }

    fn read_cancelled(&self, status: u16, body: &[u8]) -> Result<Cancelled, Unreadable> {
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

    fn refuse_result(&self, reference: &str, _road: Road) -> Answer {
        answers::state(reference, "failed", &self.hint_code)
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

impl Sessions for TicIdentity {
    fn status_path(&self, reference: &str) -> String {
        paths::status_path(reference)
    }

    fn status_road(&self) -> Road {
        STATUS
    }

    fn cancel_path(&self, reference: &str) -> String {
        paths::cancel_path(reference)
    }

    fn refuse_after(&self) -> Answer {
        answers::not_completed()
    }
}
