//! What a start may carry (section B.2). As the real server does, names are read whatever their case.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::error::ApiError;

/// A start as it was asked for, checked.
#[derive(Clone, Debug)]
pub(super) struct StartRequest {
    pub(super) end_user_ip: IpAddr,
    pub(super) personal_number: Option<String>,
    pub(super) webhook_url: Option<String>,
    pub(super) state: Option<String>,
    pub(super) user_visible_data: Option<String>,
}

impl StartRequest {
    pub(super) fn parse(body: &[u8], signs: bool) -> Result<Self, ApiError> {
        let members = members(body)?;
        let text = |name: &str| text(&members, name);
        let end_user_ip = text("endUserIp")
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| ApiError::bad("invalid_request", "endUserIp is required"))?;
        let webhook_url = text("webhookUrl");
        let is_absolute = |url: &str| url.parse::<http::Uri>().is_ok_and(|url| url.host().is_some());
        if !webhook_url.as_deref().is_none_or(is_absolute) {
            return Err(ApiError::bad("invalid_webhook_url", "webhookUrl is not an absolute URL"));
        }
        let user_visible_data = text("userVisibleData").filter(|data| !data.is_empty());
        if signs && user_visible_data.is_none() {
            return Err(ApiError::bad("missing_visible_data", "userVisibleData is required"));
        }
        Ok(Self {
            end_user_ip,
            personal_number: text("personalNumber"),
            webhook_url,
            state: text("state"),
            user_visible_data,
        })
    }
}

/// The members of a body. Of two that differ only in case the last counts.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let read: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| ApiError::bad("invalid_request", "the body is not a JSON object"))?;
    Ok(read.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

/// A member's text.
pub(super) fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(&name.to_ascii_lowercase())?.as_str().map(str::to_owned)
}
