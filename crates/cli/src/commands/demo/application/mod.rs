//! The demo's application: an ordinary client of each provider, over plain HTTP to the sidecar. It knows nothing of riskgate
//! but the addresses, and tells what it received.

mod norway;
mod received;
mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, Response};
use riskgate_core::Provider;
use serde_json::{Value, json};

use self::norway::Norway;
pub(super) use self::norway::REALM;
pub(super) use self::received::Received;
pub(super) use self::webhooks::Webhooks;
use super::errand::Errand;
use super::persons::Person;
use super::report::Route;
use super::web::Web;

/// How often the application asks for a result at most; the simulated persons are quick.
const ASKS: usize = 20;
/// The key of the simulated TIC's one tenant, where the application holds its own.
const TIC_KEY: (&str, &str) = ("x-api-key", "tic-simulator-key");

/// The application.
pub(super) struct Application {
    web: Web,
    norway: Norway,
    webhooks: Webhooks,
    /// The addresses of each provider entry, as the application's pods have them.
    bases: BTreeMap<String, Vec<String>>,
    /// The entries whose webhooks pass the sidecar.
    told: Vec<String>,
    turn: usize,
}

impl Application {
    /// An application whose pods are told `bases` as the addresses of the providers, and to which the webhooks of the entries
    /// `told` come: transactions are started by each pod in turn, and asked for by the next. Its users' browsers trust `roots`.
    pub(super) fn new(
        bases: BTreeMap<String, Vec<String>>,
        (webhooks, told): (Webhooks, Vec<String>),
        roots: &Path,
    ) -> anyhow::Result<Self> {
        let norway = Norway::new(roots)?;
        Ok(Self { web: Web::plain()?, norway, webhooks, bases, told, turn: 0 })
    }

    /// Does an errand with the provider of this entry, until there is a result.
    pub(super) async fn run(
        &mut self,
        entry: &str,
        errand: &Errand,
        person: &Person,
    ) -> anyhow::Result<(Received, Option<Route>)> {
        let bases = self.bases.get(entry).context("the sidecar has no listener for the provider")?.clone();
        let started = self.turn % bases.len();
        self.turn = (started + 1) % bases.len();
        let request = errand.request(person);
        let several = bases.len() > 1;
        let route = |asked: Option<usize>| {
            several.then_some(Route { ordered: started + 1, collected: asked.map(|pod| pod + 1) })
        };
        if errand.provider == Provider::BankIdNo {
            let received = self.norway.log_in(&self.web, &bases[started], &request, person).await?;
            return Ok((received, route(None)));
        }
        let answer = self.post(&bases[started], errand.path, &request).await?;
        let Some(member) = reference_member(errand.provider).filter(|_| answer.status().is_success()) else {
            return Ok((Received::of(&answer)?, route(None)));
        };
        let body: Value = serde_json::from_slice(answer.body()).context("the answer is no JSON")?;
        let reference = body[member].as_str().with_context(|| format!("no {member} in the answer"))?;
        for _ in 0..ASKS {
            // The pod whose turn is next: the one that started the transaction never hears of it again.
            let (path, body) = ask(errand.provider, reference);
            let mut received = Received::of(&self.post(&bases[self.turn], &path, &body).await?)?;
            if received.answer.status.as_deref() != Some("pending") {
                if self.told.iter().any(|told| told == entry) {
                    received.webhook = Some(self.webhooks.about(reference).await?);
                }
                return Ok((received, route(Some(self.turn))));
            }
        }
        bail!("still pending after {ASKS} requests")
    }

    async fn post(&self, base: &str, path: &str, body: &Value) -> anyhow::Result<Response<Bytes>> {
        let headers: &[_] = if path.starts_with("/api/") { &[TIC_KEY] } else { &[] };
        self.web.send(Method::POST, &format!("{base}{path}"), headers, Some(body)).await
    }
}

/// Where the answer to a request names the transaction that is then asked for; none where the answer is the result.
fn reference_member(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::BankIdSe => Some("orderRef"),
        Provider::TicIdentity => Some("sessionId"),
        Provider::BankIdNo | Provider::OneSpan => None,
    }
}

/// The request for a result.
fn ask(provider: Provider, reference: &str) -> (String, Value) {
    match provider {
        Provider::TicIdentity => (format!("/api/v1/auth/{reference}/poll"), json!({})),
        _ => ("/rp/v6.0/collect".to_owned(), json!({ "orderRef": reference })),
    }
}
