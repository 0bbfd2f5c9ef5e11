//! Our own access token: kept while it is good, and asked for once however many need it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, Uri};
use riskgate_core::Clock;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::ClientCredential;
use super::refusal;
use crate::outbound::{Limits, Outbound};
use crate::source::SourceFailure;

/// How long the token endpoint has for its answer.
const ANSWER: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// How much of its life a token is used for, in percent: what is left covers the way there and clocks that differ.
const USED_FOR: u32 = 80;

/// How long a token is kept whose answer does not say: what BankID's last.
const UNSAID: u64 = 300;

/// One client's token at one provider.
pub(super) struct TokenKeeper {
    clock: Arc<dyn Clock>,
    /// Grows with each attempt, so that those who waited for one share what it came to.
    attempts: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    token: Option<Token>,
    failure: Option<SourceFailure>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    until: Instant,
}

/// What a token is asked for with.
pub(super) struct Asking<'a> {
    pub(super) outbound: &'a dyn Outbound,
    pub(super) endpoint: Uri,
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) credential: &'a ClientCredential,
    pub(super) scope: &'a str,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<u64>,
}

impl TokenKeeper {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, attempts: AtomicU64::new(0), kept: Mutex::default() }
    }

    /// The value of the header `Authorization`. Whoever asks while another asks waits for that one's answer, also where it is
    /// none.
    pub(super) async fn header(&self, asking: &Asking<'_>) -> Result<HeaderValue, SourceFailure> {
        let attempts = self.attempts.load(Ordering::Acquire);
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.token.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(token.header.clone());
        }
        if self.attempts.load(Ordering::Acquire) != attempts
            && let Some(failure) = &kept.failure
        {
            return Err(failure.clone());
        }
        let asked = self.ask(asking).await;
        self.attempts.fetch_add(1, Ordering::AcqRel);
        match asked {
            Ok(token) => {
                *kept = Kept { token: Some(token.clone()), failure: None };
                Ok(token.header)
            }
            Err(failure) => {
                *kept = Kept { token: None, failure: Some(failure.clone()) };
                Err(failure)
            }
        }
    }

    /// Forgets the token, if it is still this one: the service does not take it.
    pub(super) async fn forget(&self, refused: &HeaderValue) {
        let mut kept = self.kept.lock().await;
        if kept.token.as_ref().is_some_and(|token| token.header == *refused) {
            kept.token = None;
        }
    }

    async fn ask(&self, asking: &Asking<'_>) -> Result<Token, SourceFailure> {
        let Asking { outbound, ref endpoint, issuer, client, credential, scope } = *asking;
        let now = self.clock.now() / 1000;
        let request = credential
            .request(endpoint, issuer, client, scope, now)
            .map_err(|error| SourceFailure::Failed(error.to_string()))?;
        let asked_at = Instant::now();
        let answer = outbound.send(request, Limits { answer: ANSWER, max_body: MAX_ANSWER }).await?;
        read(&answer, asked_at)
    }
}

fn read(answer: &Response<Bytes>, asked_at: Instant) -> Result<Token, SourceFailure> {
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(refusal::of_token_endpoint(status, answer.body()));
    }
    let unusable = |what: &str| SourceFailure::Failed(format!("the token endpoint's answer {what}"));
    let granted: Granted =
        serde_json::from_slice(answer.body()).map_err(|_| unusable("does not read as a token"))?;
    // `bearer` before version 3 of the API (other-systems.md section A.2).
    if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("Bearer")) {
        return Err(unusable("is no bearer token"));
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
        .map_err(|_| unusable("is no token that a header can carry"))?;
    header.set_sensitive(true);
    let lasts = Duration::from_secs(granted.expires_in.unwrap_or(UNSAID).min(86_400));
    Ok(Token { header, until: asked_at + lasts * USED_FOR / 100 })
}
