//! A service with the interface of AbuseIPDB. It is asked once about an address, however many want to know, and what it says is
//! used until it is too old.

mod answer;
mod cache;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::{HeaderName, HeaderValue, Request, Uri, header};
use riskgate_core::config;
use riskgate_core::ip::AddressFacts;
use riskgate_core::{Clock, Millis, cause};

use self::answer::AnswerError;
use self::cache::Cache;
use crate::outbound::{Limits, Outbound};
use crate::runner::BreakerLimits;
use crate::runner::breaker::{Breaker, Change};

/// The longest answer: reports are not asked for, so that it is short.
const MAX_BODY: usize = 64 * 1024;

/// The header that carries the API key.
const KEY: HeaderName = HeaderName::from_static("key");

/// What is known of an address and how old that is, or why nothing is: a [`cause`].
type Said = Result<(AddressFacts, Duration), &'static str>;

type Flight = Shared<BoxFuture<'static, Said>>;

/// Why a service cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbuseApiError {
    /// Not a URL.
    #[error("{0:?} is no service; write https://HOST or https://HOST:PORT")]
    Url(String),
    /// The key cannot stand in a header.
    #[error("the API key is empty, or has characters that no key has; write the key alone")]
    Key,
}

/// What a service is asked with.
pub struct AbuseApiParts {
    /// The API key.
    pub key: String,
    /// The client, with the roots that the policy names.
    pub client: Arc<dyn Outbound>,
}

/// The service.
pub(super) struct AbuseApi {
    caller: Arc<Caller>,
    flights: Mutex<HashMap<IpAddr, WeakShared<BoxFuture<'static, Said>>>>,
}

struct Caller {
    config: config::AbuseApi,
    key: HeaderValue,
    client: Arc<dyn Outbound>,
    /// How long one question may take.
    within: Duration,
    clock: Arc<dyn Clock>,
    breaker: Breaker,
    /// Until then the service asked to be left alone.
    resting: AtomicU64,
    cache: Arc<Cache>,
}

impl AbuseApi {
    /// The service of `config`. It takes over from `previous` what is known already.
    pub(super) fn new(
        config: &config::AbuseApi,
        parts: AbuseApiParts,
        within: Duration,
        clock: Arc<dyn Clock>,
        previous: Option<&Self>,
    ) -> Result<Self, AbuseApiError> {
        uri(config, [127, 0, 0, 1].into()).ok_or_else(|| AbuseApiError::Url(config.url.clone()))?;
        let mut key = HeaderValue::from_str(parts.key.trim()).map_err(|_| AbuseApiError::Key)?;
        if key.is_empty() {
            return Err(AbuseApiError::Key);
        }
        key.set_sensitive(true);
        let limit = usize::try_from(config.cache_entries).unwrap_or(usize::MAX);
        let fresh = Arc::new(Cache::new(config.cache_ttl.0, limit));
        let known = previous.map(|api| &api.caller).filter(|caller| {
            let of = |api: &config::AbuseApi| (api.url.clone(), api.max_age_in_days);
            of(&caller.config) == of(config) && caller.cache.is_like(&fresh)
        });
        let caller = Caller {
            config: config.clone(),
            key,
            client: parts.client,
            within,
            clock,
            breaker: Breaker::new(BreakerLimits::default()),
            resting: AtomicU64::new(known.map_or(0, |caller| caller.resting.load(Ordering::Relaxed))),
            cache: known.map_or(fresh, |caller| Arc::clone(&caller.cache)),
        };
        Ok(Self { caller: Arc::new(caller), flights: Mutex::default() })
    }

    /// What the service says of a public address. Whoever asks while it is being asked waits for the same answer; when nobody
    /// waits any more, the question is dropped.
    pub(super) async fn ask(&self, address: IpAddr) -> Said {
        let address = address.to_canonical();
        if let Some(known) = self.caller.cache.get(address, self.caller.clock.now()) {
            return Ok(known);
        }
        self.flight(address).await
    }

    fn flight(&self, address: IpAddr) -> Flight {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&address).and_then(WeakShared::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.upgrade().is_some());
        let caller = Arc::clone(&self.caller);
        let flight = async move { caller.call(address).await }.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(address, weak);
        }
        flight
    }
}

impl Caller {
    async fn call(&self, address: IpAddr) -> Said {
        let now = self.clock.now();
        // Somebody's question may have ended between the look into the cache and this one's beginning.
        if let Some(known) = self.cache.get(address, now) {
            return Ok(known);
        }
        if now < self.resting.load(Ordering::Relaxed) {
            return Err(cause::OVERLOADED);
        }
        let pass = self.breaker.pass(now).ok_or(cause::CIRCUIT_OPEN)?;
        let answered = tokio::time::timeout(self.within, self.send(address)).await;
        let now = self.clock.now();
        let (change, said) = match answered {
            Ok(Ok(facts)) => {
                self.cache.put(address, facts, now);
                (pass.succeeded(), Ok((facts, Duration::ZERO)))
            }
            Ok(Err(Failure::Answer(AnswerError::Busy(rest)))) => {
                let rest = Millis::try_from(rest.as_millis()).unwrap_or(Millis::MAX);
                self.resting.store(now.saturating_add(rest), Ordering::Relaxed);
                tracing::warn!(seconds = rest / 1000, "the abuse API's quota is used up: it is left alone");
                (pass.succeeded(), Err(cause::OVERLOADED))
            }
            Ok(Err(failure)) => {
                tracing::debug!(%failure, "the abuse API gave no answer");
                (pass.failed(now), Err(cause::FAILED))
            }
            Err(_elapsed) => (pass.failed(now), Err(cause::TIMED_OUT)),
        };
        match change {
            Change::None => {}
            Change::Opened => tracing::warn!("the abuse API keeps failing and is left alone for a while"),
            Change::Closed => tracing::info!("the abuse API is back"),
        }
        said
    }

    async fn send(&self, address: IpAddr) -> Result<AddressFacts, Failure> {
        let uri = uri(&self.config, address).ok_or(Failure::Request)?;
        let request = Request::get(uri)
            .header(KEY, self.key.clone())
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|_| Failure::Request)?;
        let limits = Limits { answer: self.within, max_body: MAX_BODY };
        let answer = self.client.send(request, limits).await?;
        Ok(answer::read(address, &answer)?)
    }
}

/// Why one question has no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Outbound(#[from] crate::outbound::OutboundError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("no request can be made of it")]
    Request,
}

fn uri(config: &config::AbuseApi, address: IpAddr) -> Option<Uri> {
    let base = config.url.trim_end_matches('/');
    let days = config.max_age_in_days;
    format!("{base}/api/v2/check?ipAddress={address}&maxAgeInDays={days}").parse().ok()
}

/// What an answer says, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzzed(asked: IpAddr, status: http::StatusCode, body: &[u8]) -> Result<AddressFacts, String> {
    let mut answer = http::Response::new(body);
    *answer.status_mut() = status;
    answer::read(asked, &answer).map_err(|error| error.to_string())
}
