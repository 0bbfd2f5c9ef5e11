//! The made-up request of the application, and the made-up answer of the provider: nothing but what matters to the judgement.

use std::sync::Arc;

use bytes::Bytes;
use riskgate_core::config::{ProviderConfig, ProviderKind};
use riskgate_core::{Operation, Provider};
use riskgate_wire::bankid_no::{BankIdNo, Directory, Known};
use riskgate_wire::bankid_se::{self, BankIdSe};
use riskgate_wire::one_span::OneSpan;
use riskgate_wire::tic_identity::{self, TicIdentity};
use riskgate_wire::{Completed, Exchanged, Protocol, Reading, Repeatable, Road, Unreadable};
use serde_json::{Map, Value, json};

use super::question::{Order, Question, Risk};

/// The reference of the made-up transaction (bankid-se.md section 11).
pub(super) const REFERENCE: &str = "131daac9-16c6-4618-beb0-365768f37288";
/// A made-up user's login at OneSpan, whose paths name the user (other-systems.md section C.2). No other provider's do.
pub(super) const LOGIN: &str = "/v1/users/user@bank/login";
/// The polls of OneSpan's sessions.
const SESSION: Road = Road("session");

/// How a provider gives its result.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given {
    /// To a request for it, by this road.
    By(Road),
    /// To the request that started the transaction.
    AtOnce,
}

/// Nothing is known of the provider that is made up.
struct Nowhere;

impl Directory for Nowhere {
    fn known(&self) -> Option<Arc<Known>> {
        None
    }

    fn now(&self) -> u64 {
        0
    }
}

/// The protocol of a provider entry, as the sidecar has it.
pub(super) fn protocol(entry: &ProviderConfig) -> Box<dyn Protocol> {
    match &entry.kind {
        ProviderKind::BankIdSe(bankid) => Box::new(BankIdSe::new(bankid.refusal.clone())),
        ProviderKind::TicIdentity(tic) => Box::new(TicIdentity::from(tic)),
        ProviderKind::BankIdNo(bankid) => Box::new(BankIdNo::new(bankid.into(), Arc::new(Nowhere))),
        ProviderKind::OneSpan(one_span) => Box::new(OneSpan::from(one_span)),
    }
}

/// How the result of a transaction comes. Of one that the sidecar does not know only a result can be asked for.
pub(super) fn given(question: &Question) -> Given {
    match (question.provider, &question.order) {
        (Provider::BankIdSe, _) => Given::By(bankid_se::COLLECT),
        (Provider::TicIdentity, _) => Given::By(tic_identity::POLL),
        (Provider::OneSpan, None) => Given::By(SESSION),
        (Provider::OneSpan, Some(_)) | (Provider::BankIdNo, _) => Given::AtOnce,
    }
}

/// The body of the request.
pub(super) fn request(provider: Provider, order: &Order) -> Bytes {
    let body = match provider {
        Provider::BankIdSe => bankid_se_order(order),
        Provider::TicIdentity => json!({}),
        Provider::BankIdNo => return Bytes::from_static(b"grant_type=authorization_code&code=made-up"),
        Provider::OneSpan => match order.operation {
            Operation::Transaction => json!({ "objectType": "AdaptiveTransactionValidationInput" }),
            Operation::Event => json!({ "eventType": "LoginAttempt" }),
            _ => json!({ "objectType": "AdaptiveLoginInput" }),
        },
    };
    body.to_string().into()
}

fn bankid_se_order(order: &Order) -> Value {
    let mut requirement = Map::new();
    for required in &order.carried {
        requirement.insert(required.member().to_owned(), Value::Bool(true));
    }
    if let Some(limit) = order.requirement_risk {
        requirement.insert("risk".to_owned(), Value::from(limit.word()));
    }
    if requirement.is_empty() { json!({}) } else { json!({ "requirement": requirement }) }
}

/// What the provider answers, and how the sidecar reads it; none where that is no completed transaction.
pub(super) fn result(
    protocol: &dyn Protocol,
    question: &Question,
) -> Result<(Bytes, Option<Completed>), Unreadable> {
    let answer: Bytes = match (question.provider, question.told()) {
        // Tokens are signed by the provider, and say the level of assurance alone: what every login of a bank has.
        (Provider::BankIdNo, _) => {
            let high = Completed { indicators: vec!["LoA4".to_owned()], ..Completed::default() };
            return Ok((Bytes::new(), Some(high)));
        }
        (Provider::OneSpan, risk) => one_span(risk, question.order.is_none()),
        (Provider::BankIdSe, risk) => {
            let data = if let Risk::Value(risk) = risk { json!({ "risk": risk }) } else { json!({}) };
            json!({ "orderRef": REFERENCE, "status": "complete", "completionData": data })
        }
        (Provider::TicIdentity, Risk::Absent) => json!({ "sessionId": REFERENCE, "status": "complete" }),
        (Provider::TicIdentity, Risk::Value(risk)) => {
            let said = json!({ "overallRisk": { "level": risk } });
            json!({ "sessionId": REFERENCE, "status": "complete", "ipIntelligence": said })
        }
    }
    .to_string()
    .into();
    let completed = match given(question) {
        Given::By(road) => match protocol.read_result(REFERENCE, road, 200, &answer)? {
            Reading::Complete(completed) => Some(completed),
            _ => None,
        },
        Given::AtOnce => {
            let operation = question.order.as_ref().map_or(Operation::Login, |order| order.operation);
            let sent = Repeatable { path: LOGIN, authorization: None, body: &[] };
            match protocol.read_answer(&sent, operation, 200, &answer)?.0 {
                Exchanged::Complete { completed, .. } | Exchanged::Answered { completed, .. } => {
                    Some(completed)
                }
                Exchanged::Refused => None,
            }
        }
    };
    Ok((answer, completed))
}

/// OneSpan speaks in codes (other-systems.md section C.5): 0 accepts, 1 declines, from 2 on they name a challenge. A result that is
/// polled for is one of a user who met it.
fn one_span(risk: &Risk, polled: bool) -> Value {
    let code = match risk {
        Risk::Absent => None,
        Risk::Value(word) => Some(match word.as_str() {
            "low" => json!(0),
            "moderate" => json!(3), // ChallengeSMS
            "high" => json!(1),
            other => other.parse::<i64>().map_or_else(|_| json!(other), |code| json!(code)),
        }),
    };
    let status = match code.as_ref().and_then(Value::as_i64) {
        _ if polled => "accepted",
        Some(0) => "accepted",
        Some(1) => "refused",
        _ => "pending",
    };
    let mut answer = json!({ "requestID": REFERENCE, "sessionStatus": status });
    if let Some(code) = code {
        answer["riskResponseCode"] = code;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::question::{Check, Limit};
    use super::*;

    #[test]
    fn an_order_requires_only_what_was_asked_for() {
        let body = |requirement_risk, carried| {
            let order = Order { operation: Operation::Sign, flow: None, requirement_risk, carried };
            request(Provider::BankIdSe, &order)
        };
        assert_eq!(body(None, Vec::new()), "{}");
        assert_eq!(
            body(Some(Limit::Low), vec![Check::Mrtd]),
            r#"{"requirement":{"mrtd":true,"risk":"low"}}"#
        );
    }
}
