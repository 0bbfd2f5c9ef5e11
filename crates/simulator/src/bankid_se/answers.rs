//! The API's answers, their members in the order of the wire (`bankid-se.md sections 3 and 4`).

use std::borrow::Cow;

use serde::Serialize;
use uuid::Uuid;

use super::completion::CompletionData;
use super::order::Tokens;

/// The answer to an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ordered<'a> {
    order_ref: Uuid,
    #[serde(flatten)]
    tokens: Option<TokenMembers<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenMembers<'a> {
    auto_start_token: &'a Uuid,
    qr_start_token: &'a Uuid,
    qr_start_secret: &'a Uuid,
}

impl<'a> Ordered<'a> {
    pub(super) fn new(order_ref: Uuid, tokens: Option<&'a Tokens>) -> Self {
        let tokens = tokens.map(|tokens| TokenMembers {
            auto_start_token: &tokens.auto_start,
            qr_start_token: &tokens.qr_start,
            qr_start_secret: &tokens.qr_secret,
        });
        Self { order_ref, tokens }
    }
}

/// The answer to a collect.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collect {
    pub(super) order_ref: Uuid,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint_code: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) completion_data: Option<Box<CompletionData>>,
}

/// The answer to a cancel: an object without members, since an empty body breaks clients (`bankid-se.md section 5`).
#[derive(Debug, Serialize)]
pub(super) struct Cancelled {}
