//! Spoiling an answer as a scripted fault wants it.

use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use uuid::Uuid;

use super::error::{ApiError, json};
use super::script::{FaultKind, Members};
use crate::front::html_403;
use crate::http::{Answer, Delivery};

/// The longest body that is made.
const HUGE: usize = 64 << 20;

/// `answer` as it arrives, if it does.
pub(super) fn spoil(mut answer: Answer, kind: &FaultKind) -> Answer {
    match kind {
        FaultKind::Drop {} => answer.delivery = Delivery::Dropped,
        FaultKind::Reset {} => answer.delivery = Delivery::Reset,
        FaultKind::Truncate {} => answer.delivery = Delivery::Truncated,
        FaultKind::Garbage {} => answer.body = "\u{0}{\"orderRef\":<<<".into(),
        FaultKind::Html403 {} => return html_403(),
        FaultKind::WrongOrderRef {} => merge_text(&mut answer, "orderRef", Uuid::new_v4().to_string()),
        FaultKind::UnknownStatus {} => merge_text(&mut answer, "status", "undecided".to_owned()),
        FaultKind::Charset {} => {
            let value = HeaderValue::from_static("application/json; charset=utf-8");
            answer.headers.retain(|(name, _)| name != CONTENT_TYPE);
            answer.headers.push((CONTENT_TYPE, value));
        }
        FaultKind::HugeBody { bytes } => {
            let mut body = answer.body.to_vec();
            body.resize((*bytes).clamp(body.len(), HUGE.max(body.len())), b' ');
            answer.body = body.into();
        }
        FaultKind::Members { members } => merge(&mut answer, members),
        FaultKind::Error { status, error_code, details } => {
            let (error_code, details) = (error_code.clone().into(), details.clone().into());
            return ApiError { status: status.code(), error_code, details }.into();
        }
    }
    answer
}

fn merge_text(answer: &mut Answer, name: &str, text: String) {
    merge(answer, &Members::from_iter([(name.to_owned(), Value::String(text))]));
}

fn merge(answer: &mut Answer, members: &Members) {
    let Ok(mut body) = serde_json::from_slice::<Members>(&answer.body) else { return };
    merge_members(&mut body, members);
    answer.body = json(answer.status, &body).body;
}

fn merge_members(into: &mut Members, members: &Members) {
    for (name, value) in members {
        match (into.get_mut(name), value) {
            (Some(Value::Object(into)), Value::Object(members)) => merge_members(into, members),
            _ => {
                into.insert(name.clone(), value.clone());
            }
        }
    }
}
