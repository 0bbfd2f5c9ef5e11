//! Enforce: a verdict becomes an answer that the application already understands (design.md section 5).

use http::{HeaderName, HeaderValue};
use riskgate_core::config::Mode;
use riskgate_core::{Enforcement, Outcome, Verdict};
use riskgate_store::Final;

use super::gateway::Exchange;
use crate::message::Response;

const VERDICT: HeaderName = HeaderName::from_static("riskgate-verdict");
const REASONS: HeaderName = HeaderName::from_static("riskgate-reasons");
const CHALLENGE: HeaderName = HeaderName::from_static("riskgate-challenge");
const DECISION_ID: HeaderName = HeaderName::from_static("riskgate-decision-id");

/// The answer to a request for a result: the provider's as it came, or the refusal in its place.
pub(super) fn result(
    exchange: &Exchange,
    reference: &str,
    passed: Response,
    outcome: &Outcome,
    id: &str,
) -> (Response, Final) {
    if exchange.snapshot.config.mode == Mode::Monitor {
        return (passed, Final::Complete);
    }
    let (mut response, end) = match outcome.enforcement {
        Enforcement::Pass | Enforcement::PassChallenged => (passed, Final::Complete),
        Enforcement::Refuse => {
            (Response::own(exchange.provider().protocol.refuse_result(reference)), Final::Failed)
        }
    };
    add_headers(&mut response, outcome, id);
    (response, end)
}

/// The answer that refuses an order.
pub(super) fn refuse_start(exchange: &Exchange, outcome: &Outcome, id: &str) -> Response {
    let details = format!("refused by riskgate policy {}", exchange.snapshot.config.policy);
    let mut response = Response::own(exchange.provider().protocol.refuse_start(&details));
    add_headers(&mut response, outcome, id);
    response
}

/// The headers that stand on every decided answer in Enforce.
pub(super) fn add_headers(response: &mut Response, outcome: &Outcome, id: &str) {
    let verdict = match outcome.enforcement {
        Enforcement::PassChallenged => Verdict::Challenge,
        Enforcement::Pass | Enforcement::Refuse => outcome.enforced(),
    };
    response.add(VERDICT, HeaderValue::from_static(verdict.header_value()));
    let mut codes: Vec<String> = outcome.reasons.iter().map(|reason| reason.code.to_string()).collect();
    codes.dedup();
    add_text(response, REASONS, &codes.join(","));
    if outcome.verdict == Verdict::Challenge && outcome.enforcement != Enforcement::Pass {
        let mut asked: Vec<String> = outcome.required.iter().map(ToString::to_string).collect();
        if asked.is_empty() {
            asked.push("StepUp".to_owned());
        }
        add_text(response, CHALLENGE, &asked.join(","));
    }
    add_text(response, DECISION_ID, id);
}

fn add_text(response: &mut Response, name: HeaderName, text: &str) {
    // Names from our own enums and identifiers: always legal in a header.
    if let Ok(value) = HeaderValue::from_str(text) {
        response.add(name, value);
    }
}
