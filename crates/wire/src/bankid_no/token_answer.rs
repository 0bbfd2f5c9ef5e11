//! Answers of the token endpoint (other-systems.md section A.4).

use std::borrow::Cow;

use crate::json::{Object, Value};
use crate::protocol::Unreadable;

/// What the provider answered to a request for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAnswer {
    /// Tokens.
    Tokens(Tokens),
    /// None, in OAuth's own words.
    Refused,
}

/// The tokens of an answer, as far as anybody here asks for them.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Who the user is, and how that was made sure; absent where none was asked for.
    pub id: Option<String>,
    /// What the application may call the provider's services with.
    pub access: String,
    /// What was granted, where the answer says so.
    pub scope: Option<String>,
}

impl TokenAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is not the provider's.
    pub fn read(status: u16, body: &[u8]) -> Result<Self, Unreadable> {
        match status {
            200 => Tokens::read(body).map(Self::Tokens),
            400..=599 => {
                let error = Object::read(body)?.get("error").text();
                error.map(|_| Self::Refused).ok_or_else(|| form("an error without its member error"))
            }
            _ => Err(Unreadable::Status(status)),
        }
    }
}

impl Tokens {
    fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let answer = Object::read(body)?;
        let text = |name| match answer.get(name) {
            Value::Text(text) => Ok(Some(Cow::into_owned(text))),
            Value::Absent | Value::Null => Ok(None),
            _ => Err(form("a token or scope that is no string")),
        };
        let access = text("access_token")?.ok_or_else(|| form("no access_token"))?;
        Ok(Self { id: text("id_token")?, access, scope: text("scope")? })
    }
}

/// Tokens are never shown.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn form(what: &str) -> Unreadable {
    Unreadable::Form(what.to_owned())
}
