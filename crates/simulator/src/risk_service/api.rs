//! From question to answer.

use std::sync::Mutex;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::script::Scripts;
use crate::front::Provider;
use crate::http::{Answer, Exchange};
use crate::sync::lock;

/// The `schema` that every question names.
const SCHEMA: &str = "riskgate.dev/assessment/v1";
/// The token that is not taken, so that a refusal can be tried.
const REFUSED_TOKEN: &[u8] = b"Bearer refused";

/// The stand-in.
#[derive(Debug, Default)]
pub(crate) struct RiskService {
    pub(super) scripts: Mutex<Scripts>,
}

impl Provider for RiskService {
    const NAME: &'static str = "risk-service";

    async fn answer(&self, exchange: &Exchange) -> Answer {
        let question = match question(exchange) {
            Ok(question) => question,
            Err((status, problem)) => return refusal(status, problem),
        };
        let script = lock(&self.scripts).choose(&question).clone();
        if script.delay > 0 {
            tokio::time::sleep(Duration::from_millis(script.delay)).await;
        }
        match (script.status(), script.answer()) {
            (StatusCode::OK, Some(answer)) => Answer::json(StatusCode::OK, answer.to_string()),
            (StatusCode::OK, None) => Answer::json(StatusCode::OK, "{}"),
            (StatusCode::NO_CONTENT, _) => Answer::empty(StatusCode::NO_CONTENT),
            (status, _) => refusal(status, "as scripted"),
        }
    }
}

/// The question of a request, checked as the contract has it.
fn question(exchange: &Exchange) -> Result<Value, (StatusCode, &'static str)> {
    if exchange.parts.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "a question is a POST"));
    }
    let header = |name| exchange.parts.headers.get(name).map(|value| value.as_bytes());
    if header(AUTHORIZATION) == Some(REFUSED_TOKEN) {
        return Err((StatusCode::UNAUTHORIZED, "the token is not taken"));
    }
    if header(CONTENT_TYPE) != Some(b"application/json") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "a question is application/json"));
    }
    let body = exchange.body.as_deref().map_err(|_| (StatusCode::BAD_REQUEST, "no body"))?;
    let question: Value = serde_json::from_slice(body).map_err(|_| (StatusCode::BAD_REQUEST, "no JSON"))?;
    let named = ["phase", "provider"].iter().all(|name| question[name].is_string());
    if question["schema"] != SCHEMA || !named {
        return Err((StatusCode::BAD_REQUEST, "no question of riskgate.dev/assessment/v1"));
    }
    Ok(question)
}

fn refusal(status: StatusCode, problem: &str) -> Answer {
    Answer::json(status, json!({ "error": problem }).to_string())
}
