//! The snapshot: one configuration with everything that was made from it. A request uses one snapshot from start to end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use riskgate_core::config::{ProviderConfig, ProviderKind, SidecarConfig, Timeouts};
use riskgate_core::{Clock, Millis, Pseudonymizer};
use riskgate_sources::ip_intelligence::IpIntelligence;
use riskgate_sources::openid::Openid;
use riskgate_sources::outbound::{Client, ClientOptions, Identity, Outbound, ProxyError, Resolver, Roots};
use riskgate_sources::{Observer, Runner};
use riskgate_wire::Protocol;

use super::credentials::{CredentialError, Credentials};
use super::egress::Egress;
use super::shared_store::SharedStoreSettings;
use super::webhook::WebhookRoom;
use super::{enrichment, setup, webhook};
use crate::pipeline::StoreLedger;

/// How long a removed client certificate still serves the orders made with it: an order lives 10 minutes, its result 5
/// (bankid-se.md sections 1 and 7).
pub const RETIRED_FOR: Millis = 900_000;

/// One configuration with everything that was made from it.
pub struct Snapshot {
    /// The configuration.
    pub config: SidecarConfig,
    /// Its revision.
    pub revision: Arc<str>,
    /// The providers, in the order of the configuration.
    pub providers: Vec<Provider>,
    /// The enrichment sources.
    pub sources: Runner,
    /// Those among the sources that know addresses.
    pub addresses: Vec<Arc<IpIntelligence>>,
    /// Pseudonyms for decision records.
    pub pseudonyms: Pseudonymizer,
    /// How the shared store is reached, where there is one.
    pub shared_store: Option<SharedStoreSettings>,
}

/// A provider as this snapshot reaches it.
pub struct Provider {
    /// The entry's name.
    pub name: Arc<str>,
    /// Its protocol.
    pub protocol: Box<dyn Protocol>,
    /// Scheme, host and port.
    pub endpoint: Uri,
    /// What is known of it, where that has to be fetched.
    pub directory: Option<Arc<Openid>>,
    /// Current certificates in the order of the policy: the first creates orders.
    pub current: Vec<Certificate>,
    /// Certificates that the policy no longer names, or whose Secret changed, kept for the orders made with them.
    pub retired: Vec<Certificate>,
    /// How each certificate's Secret is called, beside `current`, for the metrics.
    pub certificate_names: Vec<String>,
    /// The header that every request of ours carries, with a credential in it.
    pub credential: Option<(HeaderName, HeaderValue)>,
    /// Where its webhooks come in, where they do.
    pub webhook: Option<WebhookRoom>,
    /// The hint code of a refused session, where the provider has one.
    pub hint_code: String,
}

/// A client certificate with the client that presents it; for a provider that asks for none, the client alone. Client and connections belong to this snapshot, so that no
/// connection outlives the trust it was made under.
pub struct Certificate {
    /// The certificate and its key; none for a provider that asks for none.
    pub identity: Option<Identity>,
    /// The client that presents it.
    pub client: Arc<dyn Outbound>,
    /// When it was retired; none for a current one.
    pub retired_at: Option<Millis>,
}

/// Why no snapshot could be made.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A credential is missing or cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A client could not be built.
    #[error("providers[{index}]: {reason}")]
    Client {
        /// The provider's index in the policy.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// A source could not be made.
    #[error("sources[{index}]: {reason}")]
    Source {
        /// The source's index in the policy.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// The egress proxy could never be used like this.
    #[error("egressProxy: {0}")]
    Proxy(#[from] ProxyError),
    /// The shared store could never be reached like this.
    #[error("store.redis: {reason}")]
    Store {
        /// What is wrong.
        reason: String,
    },
}

/// What a snapshot is made from, besides the configuration.
pub struct Surroundings {
    /// Where credentials are.
    pub credentials: Credentials,
    /// Where folders of databases are, each under its claim's name.
    pub databases: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Hears of every signal.
    pub observer: Arc<dyn Observer>,
    /// Name resolution, shared by all clients.
    pub resolver: Resolver,
    /// Where is written down what was spent.
    pub ledger: Arc<StoreLedger>,
    /// The key of pseudonyms where the policy names none.
    pub process_key: [u8; 32],
}

impl Snapshot {
    /// Makes a snapshot, wholly validated: every credential read, every key matched to its certificate, every client built.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] for the first thing that cannot be used.
    pub fn build(
        config: SidecarConfig,
        around: &Surroundings,
        previous: Option<&Self>,
    ) -> Result<Self, SnapshotError> {
        let key = match &config.pseudonym_key_ref {
            Some(reference) => around.credentials.secret("pseudonymKeyRef", reference)?,
            None => around.process_key.to_vec(),
        };
        let egress = Egress::of(&config, around)?;
        let providers = config
            .providers
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let before = previous.and_then(|snapshot| snapshot.provider(&entry.name));
                Provider::build(index, entry, config.timeouts, around, &egress, before)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let revision = config.revision().into();
        let before = previous.map_or(&[][..], |snapshot| &snapshot.addresses);
        let enrichment::Enrichment { all, addresses } =
            enrichment::build(&config, &providers, around, &egress, before)?;
        let sources = Runner::new(all, around.clock.clone(), around.observer.clone());
        let shared_store = SharedStoreSettings::read(&config, &around.credentials)?;
        let pseudonyms = Pseudonymizer::new(&key);
        Ok(Self { config, revision, providers, sources, addresses, pseudonyms, shared_store })
    }

    /// The provider entry of that name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| &*provider.name == name)
    }

    /// Whether a retired certificate has served its time and its key should leave memory.
    #[must_use]
    pub fn has_expired_keys(&self, now: Millis) -> bool {
        self.providers
            .iter()
            .flat_map(|provider| &provider.retired)
            .any(|certificate| certificate.is_over(now))
    }
}

impl Provider {
    fn build(
        index: usize,
        entry: &ProviderConfig,
        timeouts: Timeouts,
        around: &Surroundings,
        egress: &Egress,
        before: Option<&Self>,
    ) -> Result<Self, SnapshotError> {
        let setup = setup::of(index, entry, timeouts, around, egress)?;
        let (webhook, hint_code) = match &entry.kind {
            ProviderKind::TicIdentity(tic) => (
                webhook::build(index, tic, timeouts.connect.0, around, egress)?,
                tic.refusal.hint_code.clone(),
            ),
            ProviderKind::BankIdSe(bankid) => (None, bankid.refusal.hint_code.clone()),
            ProviderKind::BankIdNo(_) | ProviderKind::OneSpan(_) => (None, String::new()),
        };
        let endpoint: Uri = setup.endpoint.parse().map_err(|_| SnapshotError::Client {
            index,
            reason: format!("{:?} is not an endpoint", setup.endpoint),
        })?;
        let certify = |identity: Option<Identity>, retired_at| {
            let client = outbound(&setup.roots, identity.as_ref(), timeouts.connect.0, egress)
                .map_err(|reason| SnapshotError::Client { index, reason })?;
            Ok::<_, SnapshotError>(Certificate { identity, client, retired_at })
        };
        let identities = match setup.identities {
            Some(identities) => identities.into_iter().map(Some).collect(),
            None => vec![None],
        };
        let current: Vec<Certificate> =
            identities.into_iter().map(|identity| certify(identity, None)).collect::<Result<_, _>>()?;
        let now = around.clock.now();
        let retired = before
            .into_iter()
            .flat_map(Self::certificates)
            .filter(|old| {
                old.identity.is_some()
                    && !old.is_over(now)
                    && current.iter().all(|new| new.fingerprint() != old.fingerprint())
            })
            .map(|old| certify(old.identity.clone(), Some(old.retired_at.unwrap_or(now))))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: entry.name.as_str().into(),
            protocol: setup.protocol,
            endpoint,
            directory: setup.directory,
            current,
            retired,
            certificate_names: setup.certificate_names,
            credential: setup.credential,
            webhook,
            hint_code,
        })
    }

    /// How long a result waits for the webhook that brings its indication.
    #[must_use]
    pub fn webhook_wait(&self) -> Duration {
        self.webhook.as_ref().map_or(Duration::ZERO, |webhook| webhook.wait)
    }

    /// Every certificate, current ones first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.current.iter().chain(&self.retired)
    }

    /// The certificate with that fingerprint.
    #[must_use]
    pub fn certificate(&self, fingerprint: &str) -> Option<&Certificate> {
        self.certificates().find(|certificate| certificate.fingerprint() == fingerprint)
    }
}

impl Certificate {
    /// The certificate's SHA-256 fingerprint, in hexadecimal; empty where there is none.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        self.identity.as_ref().map_or("", Identity::fingerprint)
    }

    fn is_over(&self, now: Millis) -> bool {
        self.retired_at.is_some_and(|at| now >= at + RETIRED_FOR)
    }
}

/// A client under `roots`, which shows `identity` to a server that asks for one.
pub(super) fn outbound(
    roots: &Roots,
    identity: Option<&Identity>,
    connect: Duration,
    egress: &Egress,
) -> Result<Arc<dyn Outbound>, String> {
    let Egress { resolver, proxy } = egress;
    let options =
        ClientOptions { roots, identity, connect, resolver: resolver.clone(), proxy: proxy.as_ref() };
    Ok(Arc::new(Client::new(options).map_err(|error| error.to_string())?))
}
