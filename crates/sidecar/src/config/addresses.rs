//! The source `ipIntelligence` of a configuration, with the lists, databases and credentials that it names.

use std::sync::Arc;

use riskgate_core::config::{AbuseApi, IpIntelligenceConfig, SourceConfig};
use riskgate_sources::Source;
use riskgate_sources::ip_intelligence::{AbuseApiParts, IpIntelligence, IpIntelligenceParts};
use riskgate_sources::outbound::Roots;

use super::snapshot::{SnapshotError, Surroundings, outbound};

/// Makes one. It takes over what its namesake in `before` holds.
pub(super) fn build(
    index: usize,
    entry: &SourceConfig,
    ip: &IpIntelligenceConfig,
    around: &Surroundings,
    before: &[Arc<IpIntelligence>],
) -> Result<IpIntelligence, SnapshotError> {
    let field = format!("sources[{index}].ipIntelligence");
    let lists = ip.lists.iter().enumerate().map(|(at, list)| {
        around.credentials.config_map(&format!("{field}.lists[{at}]"), &list.config_map, &list.key)
    });
    let abuse_api = match &ip.abuse_api {
        Some(api) => Some(abuse_api(index, entry, api, around)?),
        None => None,
    };
    let parts = IpIntelligenceParts {
        name: &entry.name,
        timeout: entry.timeout.0,
        lists: lists.collect::<Result<_, _>>()?,
        databases: ip
            .databases
            .as_ref()
            .map(|databases| around.databases.join(&databases.persistent_volume_claim)),
        abuse_api,
        clock: Arc::clone(&around.clock),
    };
    let previous = before.iter().find(|source| source.name() == entry.name);
    IpIntelligence::new(ip, parts, previous.map(Arc::as_ref))
        .map_err(|error| SnapshotError::Source { index, reason: format!("ipIntelligence.{error}") })
}

fn abuse_api(
    index: usize,
    entry: &SourceConfig,
    api: &AbuseApi,
    around: &Surroundings,
) -> Result<AbuseApiParts, SnapshotError> {
    let (field, credentials) = (format!("sources[{index}].ipIntelligence.abuseApi"), &around.credentials);
    let roots = match &api.trust_bundle_ref {
        Some(reference) => credentials.bundle(&field, reference)?.0,
        None => Roots::web(),
    };
    let key = credentials.line(&format!("{field}.apiKeyRef"), &api.api_key_ref)?;
    let client = outbound(&roots, None, entry.timeout.0, &around.resolver)
        .map_err(|reason| SnapshotError::Source { index, reason })?;
    Ok(AbuseApiParts { key, client })
}
