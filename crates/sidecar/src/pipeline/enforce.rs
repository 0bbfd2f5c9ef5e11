//! Enforce: a verdict becomes an answer that the application already understands (design.md section 5).

use http::{HeaderName, HeaderValue, header};
use riskgate_core::config::Mode;
use riskgate_core::{Enforcement, Operation, Outcome, Verdict};
use riskgate_store::Final;
use riskgate_wire::{Road, Shown};

use super::gateway::Exchange;
use crate::message::Response;

const VERDICT: HeaderName = HeaderName::from_static("riskgate-verdict");
const REASONS: HeaderName = HeaderName::from_static("riskgate-reasons");
const CHALLENGE: HeaderName = HeaderName::from_static("riskgate-challenge");
const DECISION_ID: HeaderName = HeaderName::from_static("riskgate-decision-id");

/// How a result was asked for: what it becomes depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// By a request for the result.
    Result(Road),
    /// By one of several roads: what is kept is the decision, and each road's answer is asked for anew.
    Session(Road),
    /// By the request that started the transaction.
    Exchange {
        /// What was asked for.
        operation: Operation,
        /// Whether the same request, sent again, gets the same answer.
        repeatable: bool,
        /// What its answer shows beside its result.
        shown: Shown,
    },
}

impl Asked {
    /// How a transaction ended whose result passes.
    pub(super) fn end(self) -> Final {
        self.kept_as(Final::Complete)
    }

    /// What the answer shows beside its result.
    pub(super) fn shown(self) -> Shown {
        match self {
            Self::Exchange { shown, .. } => shown,
            Self::Result(_) | Self::Session(_) => Shown::default(),
        }
    }

    /// Whether the application can be told to ask again.
    pub(super) fn can_be_asked_again(self) -> bool {
        matches!(self, Self::Result(_) | Self::Session(_))
    }

    /// Whether the provider gives the result only once, so that it is kept before it is judged.
    pub(super) fn is_given_once(self) -> bool {
        !matches!(self, Self::Session(_))
    }

    fn kept_as(self, end: Final) -> Final {
        match self {
            Self::Exchange { repeatable: true, .. } => Final::Exchanged,
            Self::Session(_) => Final::Decided,
            Self::Exchange { repeatable: false, .. } | Self::Result(_) => end,
        }
    }
}

/// The answer with a result: the provider's as it came, or the refusal in its place.
pub(super) fn result(
    exchange: &Exchange,
    asked: Asked,
    reference: &str,
    passed: Response,
    outcome: &Outcome,
    id: &str,
) -> (Response, Final) {
    if exchange.snapshot.config.mode == Mode::Monitor {
        return (passed, asked.end());
    }
    let (mut response, end) = match outcome.enforcement {
        Enforcement::Pass | Enforcement::PassChallenged => (passed, asked.end()),
        Enforcement::Refuse => {
            let protocol = &exchange.provider().protocol;
            let refusal = match asked {
                Asked::Result(road) | Asked::Session(road) => protocol.refuse_result(reference, road),
                Asked::Exchange { operation, .. } => {
                    protocol.refuse_exchanged(operation, outcome.verdict, &passed.body)
                }
            };
            let mut refusal = Response::own(refusal);
            if let Asked::Exchange { .. } = asked {
                // What stands for an answer with tokens is kept by nobody either (RFC 6749 section 5.1).
                refusal.add(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
            (refusal, asked.kept_as(Final::Failed))
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
