//! The enrichment sources of a configuration, made ready to be asked.

use std::sync::Arc;

use riskgate_core::config::{HttpSourceConfig, OneSpanSourceConfig, SidecarConfig, SourceConfig, SourceKind};
use riskgate_sources::http::{HttpOptions, HttpSource};
use riskgate_sources::outbound::Roots;
use riskgate_sources::{BreakerLimits, OneSpanSource, Source, SourceLimits};

use super::snapshot::{SnapshotError, Surroundings, outbound};

/// Questions at once to one source: far more than a sidecar has logins in the second that a question may take.
const CONCURRENCY: usize = 64;

/// A source, and what it may take.
type Limited = (Arc<dyn Source>, SourceLimits);

/// Every source.
pub(super) fn build(config: &SidecarConfig, around: &Surroundings) -> Result<Vec<Limited>, SnapshotError> {
    let each = config.sources.iter().enumerate();
    each.map(|(index, entry)| {
        let source: Arc<dyn Source> = match &entry.kind {
            SourceKind::Http(http) => Arc::new(self::http(index, entry, http, around)?),
            SourceKind::OneSpan(config) => Arc::new(one_span(index, entry, config, around)?),
        };
        let limits = SourceLimits {
            timeout: entry.timeout.0,
            concurrency: CONCURRENCY,
            breaker: BreakerLimits::default(),
        };
        Ok((source, limits))
    })
    .collect()
}

fn http(
    index: usize,
    entry: &SourceConfig,
    http: &HttpSourceConfig,
    around: &Surroundings,
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
    let client = outbound(&roots, identity.as_ref(), timeout, &around.resolver).map_err(unusable)?;
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

fn one_span(
    index: usize,
    entry: &SourceConfig,
    config: &OneSpanSourceConfig,
    around: &Surroundings,
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
    let client = outbound(&roots, identity.as_ref(), timeout, &around.resolver)
        .map_err(|reason| SnapshotError::Source { index, reason })?;
    Ok(OneSpanSource::new(entry.name.clone(), config.clone(), timeout, client))
}
