//! The enrichment sources of a configuration, made ready to be asked.

use std::sync::Arc;

use riskgate_core::config::{
    HttpSourceConfig, OneSpanSourceConfig, SecurityDataConfig, SidecarConfig, SourceConfig, SourceKind,
    TicEnrichmentConfig,
};
use riskgate_core::{Clock, WallClock};
use riskgate_sources::http::{HttpOptions, HttpSource};
use riskgate_sources::ip_intelligence::IpIntelligence;
use riskgate_sources::outbound::Roots;
use riskgate_sources::security_data::{ClientCredential, SecurityData, Settings};
use riskgate_sources::tic_enrichment::{TicEnrichment, TicEnrichmentOptions};
use riskgate_sources::{BreakerLimits, OneSpanSource, Source, SourceLimits};

use super::addresses;
use super::egress::Egress;
use super::snapshot::{Provider, SnapshotError, Surroundings, outbound};

/// Questions at once to one source: far more than a sidecar has logins in the second that a question may take.
const CONCURRENCY: usize = 64;

/// A source, and what it may take.
type Limited = (Arc<dyn Source>, SourceLimits);

/// The sources of a configuration.
#[derive(Default)]
pub(super) struct Enrichment {
    /// Every source.
    pub(super) all: Vec<Limited>,
    /// Those of them that know addresses: what they hold is told in metrics, and taken over by the next.
    pub(super) addresses: Vec<Arc<IpIntelligence>>,
}

/// Makes every source. What those of addresses in `before` hold is taken over.
pub(super) fn build(
    config: &SidecarConfig,
    providers: &[Provider],
    around: &Surroundings,
    egress: &Egress,
    before: &[Arc<IpIntelligence>],
) -> Result<Enrichment, SnapshotError> {
    let mut made = Enrichment::default();
    for (index, entry) in config.sources.iter().enumerate() {
        let source: Arc<dyn Source> = match &entry.kind {
            SourceKind::Http(http) => Arc::new(self::http(index, entry, http, around, egress)?),
            SourceKind::TicEnrichment(tic) => {
                Arc::new(tic_enrichment(index, entry, tic, config, around, egress)?)
            }
            SourceKind::IpIntelligence(ip) => {
                let source = Arc::new(addresses::build(index, entry, ip, around, egress, before)?);
                made.addresses.push(Arc::clone(&source));
                source
            }
            SourceKind::SecurityData(data) => Arc::new(security_data(index, entry, data, providers, around)?),
            SourceKind::OneSpan(config) => Arc::new(one_span(index, entry, config, around, egress)?),
        };
        let limits = SourceLimits {
            timeout: entry.timeout.0,
            concurrency: CONCURRENCY,
            breaker: BreakerLimits::default(),
        };
        made.all.push((source, limits));
    }
    Ok(made)
}

fn http(
    index: usize,
    entry: &SourceConfig,
    http: &HttpSourceConfig,
    around: &Surroundings,
    egress: &Egress,
) -> Result<HttpSource, SnapshotError> {
    let (field, credentials) = (format!("sources[{index}].http"), &around.credentials);
    let unusable = |reason: String| SnapshotError::Source { index, reason };
    let roots = match &http.trust_bundle_ref {
        Some(reference) => credentials.bundle(&field, reference)?.0,
        None => Roots::web(),
    };
    let identity = match &http.client_certificate_ref {
        Some(secret) => Some(credentials.identity(&format!("{field}.clientCertificateRef"), &secret.name)?),
        None => None,
    };
    let bearer_token = match &http.bearer_token_ref {
        Some(reference) => Some(credentials.line(&format!("{field}.bearerTokenRef"), reference)?),
        None => None,
    };
    let timeout = entry.timeout.0;
    let client = outbound(&roots, identity.as_ref(), timeout, egress).map_err(unusable)?;
    HttpSource::new(HttpOptions {
        name: entry.name.clone(),
        url: http.url.parse().map_err(|_| unusable(format!("{:?} is not a URL", http.url)))?,
        phase: http.phase,
        timeout,
        send_subject: http.send_subject,
        bearer_token,
        outbound: client,
    })
    .map_err(|error| unusable(format!("bearerTokenRef: {error}")))
}

fn tic_enrichment(
    index: usize,
    entry: &SourceConfig,
    tic: &TicEnrichmentConfig,
    config: &SidecarConfig,
    around: &Surroundings,
    egress: &Egress,
) -> Result<TicEnrichment, SnapshotError> {
    let (field, credentials) = (format!("sources[{index}].ticEnrichment"), &around.credentials);
    let unusable = |reason: String| SnapshotError::Source { index, reason };
    let roots = match &tic.trust_bundle_ref {
        Some(reference) => credentials.bundle(&field, reference)?.0,
        None => Roots::web(),
    };
    let mut api_key = credentials.header(&format!("{field}.apiKeyRef"), &tic.api_key_ref)?;
    api_key.set_sensitive(true);
    let connect = config.timeouts.connect.0;
    Ok(TicEnrichment::new(TicEnrichmentOptions {
        name: entry.name.clone(),
        endpoint: tic
            .endpoint
            .parse()
            .map_err(|_| unusable(format!("{:?} is not an endpoint", tic.endpoint)))?,
        api_key,
        types: tic.types.iter().map(|kind| kind.name().to_owned()).collect(),
        consume: tic.consume,
        answer: config.timeouts.answer.0,
        outbound: outbound(&roots, None, connect, egress).map_err(unusable)?,
        ledger: around.ledger.clone(),
    }))
}

fn security_data(
    index: usize,
    entry: &SourceConfig,
    data: &SecurityDataConfig,
    providers: &[Provider],
    around: &Surroundings,
) -> Result<SecurityData, SnapshotError> {
    let field = format!("sources[{index}].securityData.credentialRef");
    let secret = around.credentials.secret(&field, &data.credential_ref)?;
    let credential = ClientCredential::read(data.authentication, &secret, data.key_id.as_deref())
        .map_err(|error| SnapshotError::Source { index, reason: format!("credentialRef: {error}") })?;
    let settings = Settings {
        name: entry.name.clone(),
        client_id: data.client_id.clone(),
        credential,
        scope: data.scope.clone(),
        budget: data.budget.0,
        poll: data.poll.0,
        base_url: data.base_url.clone(),
        token_endpoint: data.token_endpoint.clone(),
        rules: data.claims.clone(),
    };
    let known = providers.iter().filter_map(|provider| {
        let directory = provider.directory.clone()?;
        Some((provider.name.to_string(), directory, provider.current.first()?.client.clone()))
    });
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    Ok(SecurityData::new(settings, known, &clock))
}

fn one_span(
    index: usize,
    entry: &SourceConfig,
    config: &OneSpanSourceConfig,
    around: &Surroundings,
    egress: &Egress,
) -> Result<OneSpanSource, SnapshotError> {
    let (field, credentials) = (format!("sources[{index}].oneSpan"), &around.credentials);
    let roots = match &config.trust_bundle_ref {
        Some(reference) => credentials.bundle(&field, reference)?.0,
        None => Roots::web(),
    };
    let identity = match &config.credentials_ref {
        Some(secret) => Some(credentials.identity(&format!("{field}.credentialsRef"), &secret.name)?),
        None => None,
    };
    let timeout = entry.timeout.0;
    let client = outbound(&roots, identity.as_ref(), timeout, egress)
        .map_err(|reason| SnapshotError::Source { index, reason })?;
    Ok(OneSpanSource::new(entry.name.clone(), config.clone(), timeout, client))
}
