//! A made-up protocol of exchanges: `POST /token` may be sent again, `POST /call` may not; `/page` carries no result.

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{Assessment, Level, Operation, Provider, Requirement, RequirementSet, Verdict};
use riskgate_wire::{
    Answer, Cancelled, Completed, Exchanged, Fault, Given, Malformed, Passing, Prepared, Protocol, Reading,
    Recognised, Repeatable, Road, Started, Takes, Tightened, Unreadable,
};

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The protocol.
pub(super) struct Made;

fn text(status: u16, body: &str) -> Answer {
    Answer { status, content_type: "text/plain", body: Bytes::copy_from_slice(body.as_bytes()) }
}

impl Protocol for Made {
    fn provider(&self) -> Provider {
        Provider::BankIdSe
    }

    fn takes(&self, _: Recognised) -> Takes {
        Takes { content_types: &[FORM, "application/x-www-form-urlencoded;charset=UTF-8"], bodiless: false }
    }

    fn request_headers(&self) -> &'static [&'static str] {
        &["authorization"]
    }

    fn recognise(&self, method: &str, path: &str, body: &[u8]) -> Recognised {
        match (path, method) {
            ("/token", "POST") if body.starts_with(b"service") => Recognised::Pass,
            ("/token" | "/call", "POST") => Recognised::Exchange(Operation::Auth),
            ("/sign", "POST") => Recognised::Exchange(Operation::Sign),
            ("/page", "GET") => Recognised::Pass,
            ("/token" | "/call", _) => Recognised::OtherMethod("POST"),
            ("/page", _) => Recognised::OtherMethod("GET"),
            _ => Recognised::UnknownPath,
        }
    }

    fn prepare(&self, _: Operation, body: &Bytes, given: &Given, _: Mode) -> Result<Prepared, Malformed> {
        if body.is_empty() {
            return Err(Malformed::Unreadable("no body".to_owned()));
        }
        Ok(Prepared {
            body: [body, &b"&attached=1"[..]].concat().into(),
            attached: vec!["attached".to_owned()],
            lint: Vec::new(),
            application_threshold: None,
            carried: RequirementSet::default(),
            subject: None,
            client_ip: None,
            user_agent: given.user_agent.clone(),
        })
    }

    fn tighten(&self, _: Operation, body: &Bytes, _: &[Requirement]) -> Result<Tightened, Malformed> {
        Ok(Tightened { body: body.clone(), attached: Vec::new(), carried: RequirementSet::default() })
    }

    fn reference(&self, _: &str, _: &[u8]) -> Result<String, Malformed> {
        Err(Malformed::Unreadable("no reference".to_owned()))
    }

    fn read_started(&self, status: u16, _: &[u8]) -> Result<Started, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn repeat_key(&self, request: &Repeatable<'_>) -> Option<String> {
        let by = request.authorization.map(String::from_utf8_lossy).unwrap_or_default();
        (request.path == "/token").then(|| format!("repeat:{by}:{}", String::from_utf8_lossy(request.body)))
    }

    fn read_exchanged(&self, _: Operation, status: u16, body: &[u8]) -> Result<Exchanged, Unreadable> {
        let indication = match (status, body) {
            (400, _) => return Ok(Exchanged::Refused),
            (200, b"low") => Assessment::Level(Level::Low),
            (200, b"high") => Assessment::Level(Level::High),
            _ => return Err(Unreadable::UnknownState),
        };
        let completed = Completed {
            indication: Some(indication),
            score: Some(7),
            indicators: vec!["seen".to_owned()],
            facts: riskgate_core::Facts::default(),
            subject: None,
            device_ip: None,
        };
        Ok(Exchanged::Complete { reference: "made-1".to_owned(), completed })
    }

    fn read_result(&self, _: &str, _: Road, status: u16, _: &[u8]) -> Result<Reading, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn read_cancelled(&self, status: u16, _: &[u8]) -> Result<Cancelled, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn pass(&self, passing: &Passing<'_>) -> Result<Bytes, Unreadable> {
        match std::str::from_utf8(passing.body) {
            Ok(page) if passing.status == 200 => Ok(page.replace("made.example", passing.host).into()),
            _ => Err(Unreadable::Status(passing.status)),
        }
    }

    fn read_probe(&self, status: u16, _: &[u8]) -> Result<(), Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn without_indication(&self, _: Option<Operation>) -> Assessment {
        Assessment::Unknown
    }

    fn refuse_start(&self, _: &str) -> Answer {
        text(403, "not started")
    }

    fn refuse_result(&self, _: &str, _: Road) -> Answer {
        text(403, "refused")
    }

    fn refuse_exchanged(&self, operation: Operation, verdict: Verdict, _: &[u8]) -> Answer {
        text(403, &format!("{operation} {verdict}"))
    }

    fn pending(&self, _: &str, _: Road) -> Answer {
        text(200, "pending")
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        text(500, &format!("{fault:?}: {details}"))
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        text(status.max(500), details)
    }
}
