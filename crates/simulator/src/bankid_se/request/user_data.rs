//! What the user is shown, and what is signed beside it (`bankid-se.md section 2.1`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::members::Members;
use crate::bankid_se::error::ApiError;
use crate::bankid_se::operation::Operation;

const VISIBLE: &str = "Invalid userVisibleData";
const NON_VISIBLE: &str = "Invalid userNonVisibleData";
const FORMAT: &str = "Invalid userVisibleDataFormat";
const MARKDOWN: &str = "simpleMarkdownV1";

/// The user data as it was sent: base64.
#[derive(Debug)]
pub(crate) struct UserData {
    pub(crate) visible: Option<String>,
    pub(crate) non_visible: Option<String>,
    /// Whether the visible data is `simpleMarkdownV1`.
    pub(crate) markdown: bool,
}

impl UserData {
    pub(super) fn take(operation: Operation, members: &mut Members) -> Result<Self, ApiError> {
        let visible = members.text("userVisibleData", VISIBLE)?;
        let non_visible = members.text("userNonVisibleData", NON_VISIBLE)?;
        let markdown = match members.text("userVisibleDataFormat", FORMAT)?.as_deref() {
            None | Some("plaintext") => false,
            Some(MARKDOWN) => true,
            Some(_) => return Err(ApiError::invalid(FORMAT)),
        };
        match &visible {
            Some(base64) => {
                let bytes = decode(base64, operation.visible_limit(), VISIBLE)?;
                let text = String::from_utf8(bytes).map_err(|_| ApiError::invalid(VISIBLE))?;
                if markdown {
                    check_markdown(&text)?;
                }
            }
            None if operation.visible_data_is_required() => return Err(ApiError::invalid(VISIBLE)),
            None if operation.is_payment() && non_visible.is_some() => {
                return Err(ApiError::invalid("userNonVisible data requires userVisibleData"));
            }
            None => {}
        }
        if let Some(base64) = &non_visible {
            decode(base64, operation.non_visible_limit(), NON_VISIBLE)?;
        }
        Ok(Self { visible, non_visible, markdown })
    }

    pub(super) fn size(&self) -> usize {
        [&self.visible, &self.non_visible].into_iter().flatten().map(String::len).sum()
    }
}

/// The limits count characters of base64.
fn decode(base64: &str, limit: usize, details: &'static str) -> Result<Vec<u8>, ApiError> {
    if base64.is_empty() || base64.len() > limit {
        return Err(ApiError::invalid(details));
    }
    BASE64_STANDARD.decode(base64).map_err(|_| ApiError::invalid(details))
}

/// The one rule whose refusal has been seen: unordered lists are written with `+` and a space.
fn check_markdown(text: &str) -> Result<(), ApiError> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in lines.split('\n').enumerate() {
        let begins_list = line.starts_with("- ") || line.starts_with("* ");
        let lacks_space = line.strip_prefix('+').is_some_and(|rest| !rest.starts_with(' '));
        if begins_list || lacks_space {
            return Err(ApiError::invalid(format!(
                "At ({}, 1): Initial token for unordered list items must be '+' and it must be followed by space.",
                index + 1
            )));
        }
    }
    Ok(())
}
