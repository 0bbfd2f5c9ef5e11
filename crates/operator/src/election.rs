//! Which replica writes: the holder of a Lease, as client-go elects it.
//!
//! Every change of the Lease is a replacement of exactly the version that was read, so that of two replicas that want it one
//! is refused. (The published crates for it either do not fit this version of kube, or take an expired Lease without that
//! condition.) Whether another's Lease has expired is told by our own clock, from when it was last seen to change: the
//! clocks of two nodes need not agree.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The Lease, and how it is held.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The operator's namespace.
    pub namespace: String,
    /// The Lease.
    pub name: String,
    /// This replica, as the Lease names it.
    pub identity: String,
    /// How long others wait after the last renewal before they take it.
    pub duration: Duration,
}

impl Terms {
    /// How often it is asked for or renewed.
    fn interval(&self) -> Duration {
        self.duration / 6
    }

    /// When a holder that could not renew gives up: well before another takes over.
    fn deadline(&self) -> Duration {
        self.duration * 2 / 3
    }

    /// As long as wanted, but no longer than what is left of the deadline of a holder.
    fn within_deadline(&self, wanted: Duration, renewed: Option<Instant>) -> Duration {
        renewed.map_or(wanted, |at| wanted.min(self.deadline().saturating_sub(at.elapsed())))
    }
}

/// The Lease as it was last seen to change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Observed {
    version: Option<String>,
    at: Instant,
}

/// What a look at the Lease comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is ours, or free, or expired: write it.
    Take,
    /// Another holds it.
    Wait,
}

/// A replica's part in the election.
pub struct Candidate {
    api: Api<Lease>,
    terms: Terms,
    observed: Option<Observed>,
}

impl Candidate {
    /// Takes part for this replica.
    #[must_use]
    pub fn new(client: Client, terms: Terms) -> Self {
        Self { api: Api::namespaced(client, &terms.namespace), terms, observed: None }
    }

    /// Asks for the Lease and renews it until `stop`, and says whether it is held. Then it is vacated, so that another
    /// replica need not wait for it to expire: `stop` comes when this replica writes no more.
    pub async fn run(mut self, leads: watch::Sender<bool>, stop: CancellationToken) {
        // While it is held: when what renewed it was asked. Nothing here may wait past the deadline that counts from then.
        let mut renewed: Option<Instant> = None;
        loop {
            let asked = Instant::now();
            let patience = self.terms.within_deadline(self.terms.interval() * 2, renewed);
            match timeout(patience, self.ask()).await {
                Ok(Ok(held)) => {
                    renewed = held.then_some(asked);
                    set(&leads, held, &self.terms);
                }
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.terms.name, %error, "the Lease cannot be asked for");
                }
                Err(_) => {
                    tracing::warn!(lease = self.terms.name, "the API server does not answer for the Lease");
                }
            }
            self.give_up_late(&mut renewed, &leads);
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(self.terms.within_deadline(self.terms.interval(), renewed)) => {}
            }
            self.give_up_late(&mut renewed, &leads);
        }
        if leads.send_replace(false) {
            match timeout(self.terms.interval() * 2, self.vacate()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.terms.name, %error, "the Lease was not vacated; it expires");
                }
                Err(_) => {
                    tracing::warn!(lease = self.terms.name, "the Lease was not vacated in time; it expires");
                }
            }
        }
    }

    /// Leads no more once the deadline is over.
    fn give_up_late(&self, renewed: &mut Option<Instant>, leads: &watch::Sender<bool>) {
        if renewed.is_some_and(|at| at.elapsed() >= self.terms.deadline()) {
            *renewed = None;
            set(leads, false, &self.terms);
        }
    }

    /// Whether this replica holds the Lease now.
    async fn ask(&mut self) -> Result<bool, kube::Error> {
        let Some(lease) = self.api.get_opt(&self.terms.name).await? else {
            return settled(
                self.api.create(&PostParams::default(), &self.lease(None, Timestamp::now())).await,
            );
        };
        match step(&lease, &self.terms, &mut self.observed, Instant::now()) {
            Step::Wait => Ok(false),
            Step::Take => settled(self.replace(&self.lease(Some(&lease), Timestamp::now())).await),
        }
    }

    async fn vacate(&self) -> Result<(), kube::Error> {
        let mut lease = self.api.get(&self.terms.name).await?;
        if let Some(spec) = &mut lease.spec
            && spec.holder_identity.as_ref() == Some(&self.terms.identity)
        {
            spec.holder_identity = Some(String::new());
            spec.renew_time = Some(MicroTime(Timestamp::now()));
            settled(self.replace(&lease).await)?;
        }
        Ok(())
    }

    async fn replace(&self, lease: &Lease) -> Result<Lease, kube::Error> {
        self.api.replace(&self.terms.name, &PostParams::default(), lease).await
    }

    /// The Lease in our hands; made from what stands there, whose version it keeps.
    fn lease(&self, old: Option<&Lease>, now: Timestamp) -> Lease {
        let before = old.and_then(|lease| lease.spec.clone()).unwrap_or_default();
        let ours = before.holder_identity.as_ref() == Some(&self.terms.identity);
        let transitions = before.lease_transitions.unwrap_or(0);
        let own = || ObjectMeta { name: Some(self.terms.name.clone()), ..ObjectMeta::default() };
        Lease {
            metadata: old.map_or_else(own, |lease| lease.metadata.clone()),
            spec: Some(LeaseSpec {
                holder_identity: Some(self.terms.identity.clone()),
                lease_duration_seconds: i32::try_from(self.terms.duration.as_secs()).ok(),
                acquire_time: if ours { before.acquire_time } else { Some(MicroTime(now)) },
                renew_time: Some(MicroTime(now)),
                lease_transitions: Some(if ours || old.is_none() { transitions } else { transitions + 1 }),
                ..LeaseSpec::default()
            }),
        }
    }
}

/// That a write won, or that another's came first.
fn settled(written: Result<Lease, kube::Error>) -> Result<bool, kube::Error> {
    match written {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}

fn step(lease: &Lease, terms: &Terms, observed: &mut Option<Observed>, now: Instant) -> Step {
    let version = lease.metadata.resource_version.clone();
    let since = match observed {
        Some(seen) if seen.version == version => seen.at,
        _ => {
            *observed = Some(Observed { version, at: now });
            now
        }
    };
    let spec = lease.spec.as_ref();
    let holder = spec.and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
    if holder.is_empty() || holder == terms.identity {
        return Step::Take;
    }
    let granted =
        spec.and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
    let granted = granted.map_or(terms.duration, Duration::from_secs);
    if now.duration_since(since) >= granted { Step::Take } else { Step::Wait }
}

fn set(leads: &watch::Sender<bool>, now: bool, terms: &Terms) {
    leads.send_if_modified(|leads| {
        let changed = *leads != now;
        if changed {
            let what = if now { "this replica leads" } else { "this replica does not lead any more" };
            tracing::info!(lease = terms.name, identity = terms.identity, "{what}");
        }
        *leads = now;
        changed
    });
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{pending, ready};
    use std::task::{self, Poll};

    use futures_util::future::BoxFuture;
    use http::{Method, Request, Response};
    use kube::client::Body;
    use serde_json::json;
    use tower_service::Service;

    use super::*;

    fn terms() -> Terms {
        Terms {
            namespace: "riskgate".to_owned(),
            name: "operator".to_owned(),
            identity: "one".to_owned(),
            duration: Duration::from_secs(15),
        }
    }

    fn lease(holder: &str, version: &str) -> Lease {
        let spec = LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(10),
            ..LeaseSpec::default()
        };
        let metadata = ObjectMeta { resource_version: Some(version.to_owned()), ..ObjectMeta::default() };
        Lease { metadata, spec: Some(spec) }
    }

    #[test]
    fn what_is_ours_or_free_is_taken() {
        for holder in ["one", ""] {
            assert_eq!(step(&lease(holder, "1"), &terms(), &mut None, Instant::now()), Step::Take);
        }
        assert_eq!(step(&Lease::default(), &terms(), &mut None, Instant::now()), Step::Take);
    }

    #[test]
    fn anothers_is_taken_once_it_has_not_changed_for_as_long_as_it_was_granted() {
        let (start, mut observed) = (Instant::now(), None);
        let mut at = |version: &str, seconds: u64| {
            step(&lease("two", version), &terms(), &mut observed, start + Duration::from_secs(seconds))
        };
        assert_eq!(at("1", 0), Step::Wait);
        assert_eq!(at("1", 9), Step::Wait);
        // Renewed: the wait begins anew.
        assert_eq!(at("2", 10), Step::Wait);
        assert_eq!(at("2", 19), Step::Wait);
        assert_eq!(at("2", 20), Step::Take);
    }

    #[test]
    fn a_holder_gives_up_before_another_takes_over() {
        let terms = terms();
        assert!(terms.deadline() + terms.interval() < terms.duration);
    }

    /// An API server that grants the Lease once and then never answers again.
    #[derive(Clone, Default)]
    struct Silent {
        granted: bool,
    }

    impl Service<Request<Body>> for Silent {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            if self.granted {
                return Box::pin(pending());
            }
            let (code, body) = if request.method() == Method::GET {
                let missing = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                    "message": "no such Lease", "reason": "NotFound", "code": 404 });
                (404, missing)
            } else {
                self.granted = true;
                (201, json!({ "metadata": { "name": "operator", "resourceVersion": "1" } }))
            };
            let answer = Response::builder().status(code).body(Body::from(body.to_string().into_bytes()));
            Box::pin(ready(Ok(answer.unwrap())))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_holder_whose_api_server_falls_silent_leads_no_longer_than_its_deadline() {
        let terms = terms();
        let (leads, mut leading) = watch::channel(false);
        let stop = CancellationToken::new();
        let start = Instant::now();
        let candidate = Candidate::new(Client::new(Silent::default(), "riskgate"), terms.clone());
        let election = tokio::spawn(candidate.run(leads, stop.clone()));
        leading.wait_for(|leads| *leads).await.unwrap();
        leading.wait_for(|leads| !*leads).await.unwrap();
        let led = start.elapsed();
        // The clock of tests has a resolution of a millisecond.
        assert!(led <= terms.deadline() + Duration::from_millis(5), "{led:?}");
        assert!(led >= terms.deadline(), "{led:?}");
        stop.cancel();
        election.await.unwrap();
    }
}
