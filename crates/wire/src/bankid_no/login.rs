//! What verified tokens say of a login or a signature (other-systems.md sections A.2 and A.3).

use super::level::Level;
use super::token_answer::Tokens;
use crate::jose::Claims;

/// The scope of a signature.
const SIGN: &str = "sign";

/// Claims that only a signature's ID token has.
const SIGN_CLAIMS: [&str; 2] = ["sign_result", "sign_id"];

/// The longest reference that is taken, in bytes. BankID's are UUIDs of 36.
const LONGEST: usize = 256;

/// What is known of the user and how they identified.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Login {
    /// What the security data service knows the transaction by; none where no token has the claim that the policy names.
    pub reference: Option<String>,
    /// The user: the stable `bankid_altsub`, else `sub`. Never logged.
    pub subject: Option<String>,
    /// The level of assurance; none where it is not known.
    pub level: Option<Level>,
    /// Whether the user signed something, rather than logged in.
    pub signed: bool,
}

impl Login {
    /// Reads the verified claims of an ID token and of the access token beside it. `places` name the claim that holds the
    /// reference: names or JSON pointers, tried in order, on the ID token first.
    #[must_use]
    pub fn read(tokens: &Tokens, id: Option<&Claims>, access: Option<&Claims>, places: &[String]) -> Self {
        let text = |name| id.and_then(|claims| claims.text(name));
        let granted = tokens.scope.as_deref().unwrap_or_default();
        Self {
            reference: reference(&[id, access], places),
            subject: text("bankid_altsub").or_else(|| text("sub")).map(str::to_owned),
            level: text("acr").and_then(Level::of),
            signed: granted.split(' ').any(|scope| scope == SIGN)
                || id.is_some_and(|claims| SIGN_CLAIMS.iter().any(|name| claims.has(name))),
        }
    }
}

fn reference(tokens: &[Option<&Claims>], places: &[String]) -> Option<String> {
    let found = tokens
        .iter()
        .flatten()
        .flat_map(|claims| places.iter().filter_map(|place| claims.text_at(place)))
        .find(|text| (1..=LONGEST).contains(&text.len()));
    found.map(str::to_owned)
}

/// The level only: the rest is a user's own.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("level", &self.level)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}
