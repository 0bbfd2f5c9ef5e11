//! The leader's part: what the API server trusts, and the next step of the CA. Of the webhook configurations it writes
//! `caBundle` and nothing else, by server-side apply, so that whoever installed them keeps the rest.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Terms;
use super::authority::{Authority, AuthorityError};
use super::configuration::{LIMIT, Watched, WriteError};
use super::rotation::{Step, step};
use super::shared::{Authorities, Known, SharedCa};
use super::teller::Teller;
use crate::reason::Reason;

/// What was not taken is tried again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// What the leader keeps up to date.
#[derive(Clone)]
pub struct Bundle {
    /// For the configurations.
    pub client: Client,
    /// The name of both.
    pub configuration: String,
    /// The operator's namespace.
    pub secrets: Api<Secret>,
    /// The Secret with the CA.
    pub secret: String,
    /// How long each thing holds.
    pub terms: Terms,
    /// The CA, as the watch shows it.
    pub shared: watch::Receiver<SharedCa>,
    /// Where it is told what becomes of it.
    pub teller: Teller,
}

/// What the Secret is to hold next, and why.
struct Next {
    reason: Reason,
    authorities: Authorities,
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
enum BundleError {
    #[error(transparent)]
    Make(#[from] AuthorityError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Bundle {
    /// Keeps it, until `stop`. Dropped, it writes no more.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut mutating = Watched::<MutatingWebhookConfiguration>::new(&self.client);
        let mut validating = Watched::<ValidatingWebhookConfiguration>::new(&self.client);
        let mut of_mutating = std::pin::pin!(mutating.events(&self.configuration));
        let mut of_validating = std::pin::pin!(validating.events(&self.configuration));
        // What is trusted everywhere, and since when.
        let mut trusted: Option<(String, Instant)> = None;
        // The version of the Secret that was replaced; until the watch shows the next, nothing is to be done.
        let mut replaced: Option<ObjectMeta> = None;
        self.shared.mark_changed();
        let mut failed = false;
        loop {
            let pause = if failed { AGAIN } else { self.terms.pace() };
            failed = false;
            tokio::select! {
                () = stop.cancelled() => return,
                Some(event) = of_mutating.next() => mutating.take(event, &self.teller),
                Some(event) = of_validating.next() => validating.take(event, &self.teller),
                Ok(()) = self.shared.changed() => {}
                () = sleep(pause) => {}
            }
            let shared = self.shared.borrow_and_update().clone();
            let (metadata, next) = match shared {
                SharedCa::Unknown => continue,
                SharedCa::Broken { metadata, last } => (*metadata, self.anew(last)),
                SharedCa::Known(known) => {
                    let Known { authorities, metadata } = *known;
                    let bundle = authorities.bundle();
                    let everywhere = async {
                        let (one, other) = (
                            mutating.trusts(&self.configuration, &bundle, &self.teller).await?,
                            validating.trusts(&self.configuration, &bundle, &self.teller).await?,
                        );
                        Ok::<_, BundleError>(one && other)
                    };
                    match everywhere.await {
                        Ok(true) if trusted.as_ref().is_some_and(|(same, _)| *same == bundle) => {}
                        Ok(true) => trusted = Some((bundle, Instant::now())),
                        Ok(false) => trusted = None,
                        Err(error) => {
                            (trusted, failed) = (None, true);
                            self.teller
                                .failed("the CA cannot be written into a webhook configuration", &error);
                        }
                    }
                    let since = trusted.as_ref().map(|(_, since)| since.elapsed());
                    (metadata, self.next(&authorities, since))
                }
            };
            let done = |replaced: &ObjectMeta| replaced.resource_version == metadata.resource_version;
            if replaced.as_ref().is_some_and(done) {
                continue;
            }
            match next {
                Ok(None) => {}
                Ok(Some(Next { reason, authorities })) => match self.replace(&metadata, &authorities).await {
                    Ok(first) => {
                        replaced = Some(metadata);
                        if first {
                            self.teller.tell(reason, &authorities.ends());
                        }
                    }
                    Err(error) => {
                        failed = true;
                        self.teller.failed("the CA cannot be stored", &error);
                    }
                },
                Err(error) => tracing::error!(%error, "no CA can be made"),
            }
        }
    }

    /// The CAs after the next step; nothing where there is none to take.
    fn next(&self, now: &Authorities, trusted: Option<Duration>) -> Result<Option<Next>, AuthorityError> {
        let time = Timestamp::now();
        let step = step(now, trusted, time, self.terms);
        let (reason, authorities) = match (step, now.next.clone()) {
            (Step::Rest, _) => return Ok(None),
            (Step::Introduce, _) => {
                let successor = Some(Arc::new(Authority::generate(time, self.terms.authority)?));
                (Reason::AuthorityIntroduced, Authorities { next: successor, ..now.clone() })
            }
            (Step::Switch, Some(successor)) => {
                let old = Some(now.current.certificate().to_owned());
                let switched = Authorities { current: successor, next: None, old, since: time };
                (Reason::AuthoritySwitched, switched)
            }
            (Step::Retire, _) => (Reason::AuthorityRetired, Authorities { old: None, ..now.clone() }),
            (Step::Switch | Step::Replace, _) => {
                (Reason::AuthorityReplaced, Authorities::first(time, self.terms.authority)?)
            }
        };
        Ok(Some(Next { reason, authorities }))
    }

    /// In place of a Secret that does not read.
    fn anew(&self, last: Option<Authorities>) -> Result<Option<Next>, AuthorityError> {
        let (reason, authorities) = match last {
            Some(last) => (Reason::AuthorityRestored, last),
            None => {
                let first = Authorities::first(Timestamp::now(), self.terms.authority)?;
                (Reason::AuthorityReplaced, first)
            }
        };
        Ok(Some(Next { reason, authorities }))
    }

    /// Replaces exactly the version that was seen; whether this replica was the one. That another was first is no error: the watch
    /// shows what it wrote.
    async fn replace(&self, metadata: &ObjectMeta, authorities: &Authorities) -> Result<bool, BundleError> {
        let secret = authorities.secret(metadata);
        let params = PostParams::default();
        let replaced = timeout(LIMIT, self.secrets.replace(&self.secret, &params, &secret));
        match replaced.await.map_err(|_| WriteError::Slow)? {
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_not_found() => Ok(false),
            other => Ok(other.map(|_| true).map_err(WriteError::from)?),
        }
    }
}
