//! One transaction's data: ordered, looked for, and what every answer means (other-systems.md section A.6).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use riskgate_wire::bankid_no::{Endpoint, Known};
use tokio::time::{Instant, sleep};

use super::facts::Facts;
use super::refusal::{cause, of_service};
use super::token::Asking;
use super::{Provider, SHORTEST_POLL, SecurityData};
use crate::outbound::Limits;
use crate::source::SourceFailure;

/// How often the service may be in trouble (429, 5xx, no answer) before the order is given up.
const TROUBLES: u32 = 3;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// The order of one transaction's data.
pub(super) struct Order<'a> {
    pub(super) source: &'a SecurityData,
    pub(super) provider: &'a Provider,
    pub(super) known: &'a Known,
    pub(super) base: &'a str,
    pub(super) reference: &'a str,
}

/// What an answer means.
enum Meaning {
    /// The data are there.
    Data(Bytes),
    /// They are being collected.
    Collecting,
    /// The service is in trouble; it may be asked again, after this long at the earliest.
    Trouble(SourceFailure, Option<Duration>),
    /// The access token is not taken.
    Unauthorized(Bytes),
    /// There will be no data.
    Never(SourceFailure),
}

impl Order<'_> {
    /// Orders the data and looks for them until they are there or the budget is over.
    pub(super) async fn run(&self) -> Result<Facts, SourceFailure> {
        let settings = &self.source.settings;
        let deadline = Instant::now() + settings.budget;
        let poll = settings.poll.max(SHORTEST_POLL);
        let mut troubles = 0;
        let mut renewed = false;
        loop {
            let token = self.provider.token.header(&self.asking()?).await?;
            let mut wait = poll;
            let so_far = match self.look(&token).await? {
                Meaning::Data(body) => {
                    return Facts::read(&body, self.reference)
                        .map_err(|error| SourceFailure::Failed(error.to_string()));
                }
                Meaning::Never(failure) => return Err(failure),
                Meaning::Unauthorized(body) if renewed => {
                    return Err(of_service(cause::UNAUTHORIZED, true, &body));
                }
                Meaning::Unauthorized(_) => {
                    // Once, and at once: a token may have been withdrawn, and nothing was looked at.
                    self.provider.token.forget(&token).await;
                    renewed = true;
                    continue;
                }
                Meaning::Collecting => SourceFailure::TimedOut,
                Meaning::Trouble(failure, asked) => {
                    troubles += 1;
                    if troubles >= TROUBLES {
                        return Err(failure);
                    }
                    wait = wait.max(asked.unwrap_or_default());
                    failure
                }
            };
            // Nobody is kept waiting for a look that would come too late.
            if Instant::now() + wait >= deadline {
                return Err(so_far);
            }
            sleep(wait).await;
        }
    }

    fn asking(&self) -> Result<Asking<'_>, SourceFailure> {
        Ok(Asking {
            outbound: &*self.provider.outbound,
            endpoint: self.token_endpoint()?,
            issuer: self.known.discovery.issuer(),
            client: &self.source.settings.client_id,
            credential: &self.source.settings.credential,
            scope: &self.source.settings.scope,
        })
    }

    fn token_endpoint(&self) -> Result<Uri, SourceFailure> {
        let unusable = || SourceFailure::Failed("there is no token endpoint".to_owned());
        match &self.source.settings.token_endpoint {
            Some(own) => own.parse().map_err(|_| unusable()),
            None => self.known.discovery.endpoint(Endpoint::Token).cloned().ok_or_else(unusable),
        }
    }

    async fn look(&self, token: &HeaderValue) -> Result<Meaning, SourceFailure> {
        let unusable =
            |error: http::Error| SourceFailure::Failed(format!("the base address is none: {error}"));
        let uri = format!("{}/securityData/{}", self.base.trim_end_matches('/'), segment(self.reference));
        let request = Request::get(uri)
            .header(header::AUTHORIZATION, token)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(unusable)?;
        let limits = Limits { answer: self.source.settings.budget, max_body: MAX_ANSWER };
        Ok(match self.provider.outbound.send(request, limits).await {
            Ok(answer) => meaning(answer),
            Err(error) => Meaning::Trouble(error.into(), None),
        })
    }
}

/// The table of other-systems.md section A.6.
fn meaning(answer: Response<Bytes>) -> Meaning {
    let status = answer.status().as_u16();
    let wait = retry_after(&answer);
    let body = answer.into_body();
    let never = |cause, always| Meaning::Never(of_service(cause, always, &body));
    match status {
        200 => Meaning::Data(body),
        202 | 204 => Meaning::Collecting,
        400 => never(cause::OTHER_CLIENT, false),
        401 => Meaning::Unauthorized(body),
        403 => never(cause::INSUFFICIENT_SCOPE, true),
        404 => never(cause::UNKNOWN_TRANSACTION, false),
        410 => never(cause::DATA_GONE, false),
        429 => Meaning::Trouble(of_service(riskgate_core::cause::OVERLOADED, true, &body), wait),
        _ => Meaning::Trouble(of_service(riskgate_core::cause::FAILED, true, &body), wait),
    }
}

/// How long the service asks to be left alone, where it says so in seconds.
fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A reference as one segment of a path: whatever stands in it, it stays one.
fn segment(reference: &str) -> String {
    reference.bytes().fold(String::with_capacity(reference.len()), |mut text, byte| {
        // A dot could make the segment `.` or `..`.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}
