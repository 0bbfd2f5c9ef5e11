//! What is known of an OpenID provider: its configuration and its keys, fetched when needed and kept.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use riskgate_core::{Clock, Millis};
use riskgate_wire::bankid_no::{Directory, Discovery, DiscoveryError, Known, configuration_path};
use riskgate_wire::jose::{KeySet, KeysError};
use tokio::sync::Mutex;

use crate::outbound::{Limits, Outbound, OutboundError};

/// How long what is known counts as fresh. After that it is fetched anew, and still used where that fails: a provider whose
/// configuration cannot be fetched for a while still has its keys.
const FRESH_FOR: Millis = 3_600_000;

/// How long nothing is fetched after it failed, or after keys were fetched for a token that named an unknown one: whoever sends
/// such tokens must not make us ask the provider for each.
const PAUSE: Millis = 10_000;

/// The longest document that is read, in bytes. BankID's configuration has less than 20 kB.
const MAX_DOCUMENT: usize = 256 * 1024;

/// Why a provider's configuration is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// A document could not be fetched.
    #[error("the provider's {document} cannot be fetched: {reason}")]
    Fetch {
        /// `configuration` or `keys`.
        document: &'static str,
        /// Why.
        reason: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// A provider's configuration and keys, kept.
pub struct Openid {
    issuer: String,
    outbound: Arc<dyn Outbound>,
    answer: Duration,
    clock: Arc<dyn Clock>,
    known: ArcSwapOption<Kept>,
    /// Held by whoever fetches.
    fetching: Mutex<Option<Failed>>,
}

struct Kept {
    known: Arc<Known>,
    since: Millis,
}

struct Failed {
    at: Millis,
    error: DirectoryError,
}

impl Openid {
    /// Nothing is fetched yet. `answer` is the time for each document, from a connection on.
    #[must_use]
    pub fn new(issuer: &str, outbound: Arc<dyn Outbound>, answer: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            outbound,
            answer,
            clock,
            known: ArcSwapOption::empty(),
            fetching: Mutex::new(None),
        }
    }

    /// What is known, fetched where it is not there or no longer fresh. Whoever finds somebody fetching goes on with what is
    /// known, and waits only where nothing is.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] when nothing was ever known and it cannot be fetched.
    pub async fn ready(&self) -> Result<Arc<Known>, DirectoryError> {
        let kept = self.known.load_full();
        let now = self.clock.now();
        let Some(kept) = kept else {
            let mut failed = self.fetching.lock().await;
            return match self.known.load_full() {
                Some(meanwhile) => Ok(meanwhile.known.clone()),
                None => self.fetch(&mut failed).await,
            };
        };
        if now.saturating_sub(kept.since) >= FRESH_FOR
            && let Ok(mut failed) = self.fetching.try_lock()
            && let Err(error) = self.fetch(&mut failed).await
        {
            tracing::warn!(issuer = self.issuer, %error, "what is known of a provider is no longer fresh, and still used");
            return Ok(kept.known.clone());
        }
        Ok(self.known.load_full().map_or_else(|| kept.known.clone(), |kept| kept.known.clone()))
    }

    /// What is known after `older` was not enough: a token names a key that is not in it. Fetched anew, at most once in ten
    /// seconds.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] when it cannot be fetched.
    pub async fn renewed(&self, older: &Arc<Known>) -> Result<Arc<Known>, DirectoryError> {
        let mut failed = self.fetching.lock().await;
        match self.known.load_full() {
            Some(kept) if !Arc::ptr_eq(&kept.known, older) => Ok(kept.known.clone()),
            Some(kept) if self.clock.now().saturating_sub(kept.since) < PAUSE => Ok(kept.known.clone()),
            _ => self.fetch(&mut failed).await,
        }
    }

    async fn fetch(&self, failed: &mut Option<Failed>) -> Result<Arc<Known>, DirectoryError> {
        let now = self.clock.now();
        if let Some(Failed { at, error }) = failed
            && now.saturating_sub(*at) < PAUSE
        {
            return Err(error.clone());
        }
        match self.fetch_both().await {
            Ok(known) => {
                let known = Arc::new(known);
                self.known.store(Some(Arc::new(Kept { known: known.clone(), since: now })));
                *failed = None;
                Ok(known)
            }
            Err(error) => {
                *failed = Some(Failed { at: self.clock.now(), error: error.clone() });
                Err(error)
            }
        }
    }

    async fn fetch_both(&self) -> Result<Known, DirectoryError> {
        let unusable = |_| DirectoryError::Discovery(DiscoveryError::Address("issuer"));
        let mut parts = self.issuer.parse::<Uri>().map_err(unusable)?.into_parts();
        parts.path_and_query = configuration_path(&self.issuer).parse().ok();
        let uri = Uri::from_parts(parts)
            .map_err(|_| DirectoryError::Discovery(DiscoveryError::Address("issuer")))?;
        let discovery = Discovery::read(&self.get("configuration", &uri).await?, &self.issuer)?;
        let keys = KeySet::read(&self.get("keys", discovery.keys()).await?)?;
        Ok(Known { discovery, keys })
    }

    async fn get(&self, document: &'static str, uri: &Uri) -> Result<Bytes, DirectoryError> {
        let fetch = |reason: String| DirectoryError::Fetch { document, reason };
        let request = Request::get(uri)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|error| fetch(error.to_string()))?;
        let limits = Limits { answer: self.answer, max_body: MAX_DOCUMENT };
        let answer = self
            .outbound
            .send(request, limits)
            .await
            .map_err(|error: OutboundError| fetch(error.to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            status => Err(fetch(format!("status {}", status.as_u16()))),
        }
    }
}

impl Directory for Openid {
    fn known(&self) -> Option<Arc<Known>> {
        self.known.load().as_ref().map(|kept| kept.known.clone())
    }

    fn now(&self) -> u64 {
        self.clock.now() / 1000
    }
}

impl std::fmt::Debug for Openid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Openid").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
