//! What was spent of sessions' enrichments, in the transaction store: sealed there where it is shared, and kept as long as
//! anything can be asked about it. Each entry is written once and never replaced, so that of two who write, one learns that it
//! was the other.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_sources::tic_enrichment::{Intent, Ledger, LedgerError, Spent};
use riskgate_store::{Final, Key, Settled, StoreError, Terminal, TransactionStore};
use serde_json::Value;

/// The ledger over a store that is made after those who use it.
#[derive(Default)]
pub struct StoreLedger {
    store: OnceLock<Arc<dyn TransactionStore>>,
}

/// What the application gets of an enrichment that was spent for it.
pub(super) enum Handed {
    /// This, once.
    Now(String),
    /// It had it before.
    Gone,
}

impl StoreLedger {
    /// Gives it its store.
    pub fn keep_in(&self, store: Arc<dyn TransactionStore>) {
        // Set once, at the start.
        let _earlier = self.store.set(store);
    }

    fn store(&self) -> Result<&dyn TransactionStore, LedgerError> {
        self.store.get().map(|store| &**store).ok_or_else(|| LedgerError("there is no store yet".to_owned()))
    }

    /// Writes an entry, unless it is there: true when it was not.
    async fn write(&self, provider: &str, reference: &str, body: Bytes) -> Result<bool, LedgerError> {
        let settled = Settled { status: 200, headers: Vec::new(), body, outcome: Final::Decided };
        let key = Key { provider, reference };
        self.store()?
            .settle(key, settled, None)
            .await
            .map(|earlier| earlier.is_none())
            .map_err(|error| failed(&error))
    }

    /// An entry, and whether other sidecars know it, too.
    async fn read(&self, provider: &str, reference: &str) -> Result<Option<(Bytes, bool)>, LedgerError> {
        let known = self.store()?.get(Key { provider, reference }).await.map_err(|error| failed(&error))?;
        Ok(known.and_then(|known| match known.terminal {
            Some(Terminal::Settled(settled)) => Some((settled.body, !known.degraded)),
            _ => None,
        }))
    }

    /// The answer to the application's own request for an enrichment that was spent for it; none where none was.
    pub(super) async fn answer(&self, provider: &str, session: &str) -> Result<Option<Handed>, LedgerError> {
        let Some(Spent { state: Some(state), data: Some(data), .. }) = self.spent(provider, session).await?
        else {
            return Ok(None);
        };
        // A token of our own: the service's was used up.
        let token = uuid::Uuid::new_v4().simple().to_string();
        if !self.write(provider, &answered(session), Bytes::from(token.clone())).await? {
            return Ok(Some(Handed::Gone));
        }
        self.write(provider, &data_of(&token), Bytes::from(data)).await?;
        let mut answer: Value =
            serde_json::from_str(&state).map_err(|error| LedgerError(error.to_string()))?;
        answer["secureUrl"] = format!("/api/v1/enrichment/data/{token}").into();
        Ok(Some(Handed::Now(answer.to_string())))
    }

    /// What the application fetches at a URL of ours; none where the URL is none of ours.
    pub(super) async fn data(&self, provider: &str, token: &str) -> Result<Option<Handed>, LedgerError> {
        let Some((data, _)) = self.read(provider, &data_of(token)).await? else { return Ok(None) };
        let first = self.write(provider, &taken(token), Bytes::from_static(b"taken")).await?;
        let data = String::from_utf8(data.to_vec()).map_err(|error| LedgerError(error.to_string()))?;
        Ok(Some(if first { Handed::Now(data) } else { Handed::Gone }))
    }
}

#[async_trait]
impl Ledger for StoreLedger {
    async fn intend(&self, provider: &str, session: &str) -> Result<Intent, LedgerError> {
        let reference = intent(session);
        if !self.write(provider, &reference, Bytes::from_static(b"intended")).await? {
            return Ok(Intent::Earlier);
        }
        // Written where only this sidecar sees it, it would keep no other from spending.
        match self.read(provider, &reference).await? {
            Some((_, true)) => Ok(Intent::Yours),
            _ => Err(LedgerError("the shared store cannot be reached".to_owned())),
        }
    }

    async fn note(&self, provider: &str, session: &str, spent: &Spent) -> Result<(), LedgerError> {
        let line = serde_json::to_vec(spent).map_err(|error| LedgerError(error.to_string()))?;
        self.write(provider, &outcome(session), line.into()).await.map(drop)
    }

    async fn spent(&self, provider: &str, session: &str) -> Result<Option<Spent>, LedgerError> {
        match self.read(provider, &outcome(session)).await? {
            Some((line, _)) => {
                serde_json::from_slice(&line).map(Some).map_err(|error| LedgerError(error.to_string()))
            }
            None => Ok(None),
        }
    }
}

// No session's id and no token has a colon, so that these are the references of no transaction.
fn intent(session: &str) -> String {
    format!("enrichment-intent:{session}")
}

fn outcome(session: &str) -> String {
    format!("enrichment-outcome:{session}")
}

fn answered(session: &str) -> String {
    format!("enrichment-answered:{session}")
}

fn data_of(token: &str) -> String {
    format!("enrichment-data:{token}")
}

fn taken(token: &str) -> String {
    format!("enrichment-taken:{token}")
}

fn failed(error: &StoreError) -> LedgerError {
    LedgerError(error.to_string())
}
