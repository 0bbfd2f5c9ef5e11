//! The signature of a webhook: checked in constant time and within its window, and made anew after a rewrite.

use hmac::{Hmac, KeyInit, Mac};
pub use riskgate_core::config::SignedContent;
use serde_json::Value;
use sha2::Sha256;

/// How old a webhook may be, in seconds, and how far its clock may be ahead of ours (section B.4).
const OLDEST: i64 = 300;
const AHEAD: i64 = 60;

/// What stands before the digits in one of the variants.
const PREFIX: &str = "sha256=";

/// Which headers carry a signature, and what it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureOptions {
    /// Headers that may carry the signature, in lower case. The first that is there counts.
    pub headers: Vec<String>,
    /// Headers that may carry the time of signing, in lower case.
    pub timestamp_headers: Vec<String>,
    /// What it covers.
    pub content: SignedContent,
}

impl Default for SignatureOptions {
    fn default() -> Self {
        let names =
            |what: &str| ["x-tic-", "x-ormeo-"].iter().map(|prefix| format!("{prefix}{what}")).collect();
        Self {
            headers: names("signature"),
            timestamp_headers: names("timestamp"),
            content: SignedContent::Auto,
        }
    }
}

/// A signature that was found good: how to make the next one alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The header that carries it, in lower case.
    pub header: String,
    content: SignedContent,
    timestamp: Option<String>,
    prefixed: bool,
}

/// Why a webhook is not taken. The texts repeat nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// No header carries a signature, or several values do.
    #[error("one signature header is missing")]
    NoSignature,
    /// Neither a header nor the body says when it was signed, so that it could be a replay of any age.
    #[error("nothing says when it was signed")]
    NoTimestamp,
    /// The time does not read.
    #[error("the timestamp does not read: seconds since 1970 or RFC 3339 are taken")]
    BadTimestamp,
    /// Signed too long ago, or in the future.
    #[error("it was signed {0} s ago: at most {OLDEST} s are taken, and at most {AHEAD} s ahead")]
    OutsideWindow(i64),
    /// Signed by somebody else, or changed.
    #[error("the signature does not fit")]
    BadSignature,
}

/// Checks the signature of `body` by `secret`, at `now` in seconds since 1970. `header` gives a header's one value, by its
/// name in lower case; none where it is not there, or there twice.
///
/// # Errors
///
/// [`Rejected`]; the body must then not be looked at.
pub fn verify<'a>(
    options: &SignatureOptions,
    secret: &[u8],
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: i64,
) -> Result<Signed, Rejected> {
    let (name, sent) = options
        .headers
        .iter()
        .find_map(|name| header(name).map(|value| (name, value)))
        .ok_or(Rejected::NoSignature)?;
    let (digits, prefixed) = match sent.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => (&sent[PREFIX.len()..], true),
        _ => (sent, false),
    };
    let sent = bytes_of(digits).ok_or(Rejected::BadSignature)?;
    let timestamp = options.timestamp_headers.iter().find_map(|name| header(name));
    let fits = |content| match mac(secret, content, timestamp, body) {
        // In constant time: how much of a guess was right must not be seen in how long its refusal takes.
        Some(mac) => mac.verify_slice(&sent).is_ok(),
        None => false,
    };
    let content = [SignedContent::TimestampBody, SignedContent::Body]
        .into_iter()
        .filter(|content| options.content == SignedContent::Auto || options.content == *content)
        .find(|content| fits(*content))
        .ok_or(Rejected::BadSignature)?;
    let signed_at = signed_at(content, timestamp, body)?;
    let age = now.saturating_sub(signed_at);
    if !(-AHEAD..=OLDEST).contains(&age) {
        return Err(Rejected::OutsideWindow(age));
    }
    Ok(Signed { header: name.clone(), content, timestamp: timestamp.map(str::to_owned), prefixed })
}

impl Signed {
    /// The signature of another body, in the form of this one. The time stays: the window is counted from it.
    #[must_use]
    pub fn sign(&self, secret: &[u8], body: &[u8]) -> String {
        let digits = mac(secret, self.content, self.timestamp.as_deref(), body)
            .map(|mac| hex(&mac.finalize().into_bytes()))
            .unwrap_or_default();
        if self.prefixed { format!("{PREFIX}{digits}") } else { digits }
    }
}

/// When it was signed. Where only the body is signed, a time in the body counts before the header's, which anybody can write.
fn signed_at(content: SignedContent, header: Option<&str>, body: &[u8]) -> Result<i64, Rejected> {
    let in_body = match content {
        SignedContent::Body => serde_json::from_slice::<Value>(body).ok().and_then(|event| {
            event.get("timestamp").map(|time| time.as_str().map_or_else(|| time.to_string(), str::to_owned))
        }),
        _ => None,
    };
    let text = in_body.as_deref().or(header).ok_or(Rejected::NoTimestamp)?;
    seconds(text).ok_or(Rejected::BadTimestamp)
}

fn seconds(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        // No webhook is of the year 5138: what is larger counts milliseconds.
        return Some(if number.abs() >= 100_000_000_000 { number / 1000 } else { number });
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

fn mac(secret: &[u8], content: SignedContent, timestamp: Option<&str>, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    if content == SignedContent::TimestampBody {
        mac.update(timestamp?.as_bytes());
        mac.update(b".");
    }
    mac.update(body);
    Some(mac)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}
