//! This replica's certificate, signed by the CA that all replicas share; and the CA itself, where there is none yet.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::watch_object;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Terms;
use super::authority::AuthorityError;
use super::served::Served;
use super::shared::{Authorities, Known, SharedCa};
use super::teller::Teller;
use crate::metrics::Expiring;
use crate::reason::Reason;

/// A CA that cannot be stored is tried to be stored again after so long.
const AGAIN: Duration = Duration::from_secs(1);
/// The longest that the API server is waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// Keeps this replica's certificate.
pub struct Keeper {
    /// The operator's namespace.
    pub secrets: Api<Secret>,
    /// The Secret with the CA.
    pub name: String,
    /// How long each thing holds.
    pub terms: Terms,
    /// The names and addresses by which the API server calls.
    pub hosts: Vec<String>,
    /// Where the certificate is shown.
    pub served: Arc<Served>,
    /// Where the CA is told to whoever leads.
    pub shared: watch::Sender<SharedCa>,
    /// Where it is told what becomes of them.
    pub teller: Teller,
}

/// Under what the certificate that is shown was signed, and when it is due.
struct Signed {
    by: String,
    due: Timestamp,
}

/// Why there is no CA.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error(transparent)]
    Make(#[from] AuthorityError),
    #[error("the API server did not take it: {0}")]
    Store(#[from] kube::Error),
    #[error("the API server did not answer within {LIMIT:?}")]
    Slow,
}

impl Keeper {
    /// Keeps it for as long as the process lives.
    pub async fn run(self) {
        let events = watch_object(self.secrets.clone(), &self.name).default_backoff();
        let mut events = std::pin::pin!(events);
        let mut last: Option<Authorities> = None;
        let mut signed: Option<Signed> = None;
        let mut missing = false;
        loop {
            let wait = if missing { AGAIN } else { self.terms.pace() };
            let event = tokio::select! {
                event = events.next() => Some(event),
                () = sleep(wait) => None,
            };
            match event {
                Some(Some(Ok(Some(secret)))) => {
                    missing = false;
                    self.found(secret, &mut last);
                }
                Some(Some(Ok(None))) => missing = true,
                Some(Some(Err(error))) => {
                    self.teller.failed("the CA's Secret cannot be watched", &error);
                }
                Some(None) => return,
                None => {}
            }
            // A Secret that was deleted comes back as it was: what it signed is trusted.
            if missing && let Err(error) = self.create(last.clone()).await {
                self.teller.failed("the CA cannot be stored", &error);
            }
            if let Some(authorities) = &last {
                self.sign(authorities, &mut signed);
            }
        }
    }

    fn found(&self, secret: Secret, last: &mut Option<Authorities>) {
        match Authorities::read(&secret) {
            Ok(authorities) => {
                self.teller.expires(Expiring::Authority, authorities.current.not_after());
                *last = Some(authorities.clone());
                let known = Known { authorities, metadata: secret.metadata };
                self.shared.send_replace(SharedCa::Known(Box::new(known)));
            }
            Err(error) => {
                self.teller.tell(Reason::AuthorityBroken, &error.to_string());
                let metadata = Box::new(secret.metadata);
                self.shared.send_replace(SharedCa::Broken { metadata, last: last.clone() });
            }
        }
    }

    /// Makes the Secret; the watch shows it, or that of the replica that was first.
    async fn create(&self, last: Option<Authorities>) -> Result<(), CreateError> {
        let (reason, authorities) = match last {
            Some(last) => (Reason::AuthorityRestored, last),
            None => {
                let first = Authorities::first(Timestamp::now(), self.terms.authority)?;
                (Reason::AuthorityMade, first)
            }
        };
        let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
        let secret = authorities.secret(&metadata);
        let made = timeout(LIMIT, self.secrets.create(&PostParams::default(), &secret)).await;
        match made.map_err(|_| CreateError::Slow)? {
            Ok(_) => self.teller.tell(reason, &authorities.ends()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Signs a certificate where another CA signs now, or two thirds of its time are over.
    fn sign(&self, authorities: &Authorities, signed: &mut Option<Signed>) {
        let (now, by) = (Timestamp::now(), authorities.current.certificate());
        if signed.as_ref().is_some_and(|signed| signed.by == by && now < signed.due) {
            return;
        }
        match authorities.current.issue(&self.hosts, now, self.terms.leaf) {
            Ok(leaf) => {
                let valid = leaf.not_after.duration_since(now).unsigned_abs();
                let due = now.checked_add(valid * 2 / 3).unwrap_or(leaf.not_after);
                tracing::info!(not_after = %leaf.not_after, hosts = ?self.hosts, "a certificate is signed");
                self.teller.expires(Expiring::Leaf, leaf.not_after);
                self.served.show(leaf);
                *signed = Some(Signed { by: by.to_owned(), due });
            }
            Err(error) => tracing::error!(%error, "no certificate can be signed"),
        }
    }
}
