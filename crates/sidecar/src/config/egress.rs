//! How connections leave the pod: name resolution, and the egress proxy where the policy names one.

use riskgate_core::config::{EgressProxy, SecretRef, SidecarConfig};
use riskgate_sources::outbound::{Proxy, ProxyLogin, Resolver};

use super::credentials::{CredentialError, Credentials};
use super::snapshot::{SnapshotError, Surroundings};

/// How connections to providers and sources leave the pod. The shared store's do not go this way.
pub(super) struct Egress {
    /// Name resolution, shared by all clients.
    pub(super) resolver: Resolver,
    /// What they are made through.
    pub(super) proxy: Option<Proxy>,
}

impl Egress {
    /// The way out under a configuration.
    pub(super) fn of(config: &SidecarConfig, around: &Surroundings) -> Result<Self, SnapshotError> {
        let proxy = config.egress_proxy.as_ref().map(|proxy| read(proxy, &around.credentials)).transpose()?;
        Ok(Self { resolver: around.resolver.clone(), proxy })
    }
}

fn read(proxy: &EgressProxy, credentials: &Credentials) -> Result<Proxy, SnapshotError> {
    let EgressProxy { url, credentials_ref, no_proxy } = proxy;
    let login = credentials_ref.as_ref().map(|secret| login(secret, credentials)).transpose()?;
    Ok(Proxy::new(url, login.as_ref(), no_proxy)?)
}

fn login(secret: &SecretRef, credentials: &Credentials) -> Result<ProxyLogin, CredentialError> {
    const FIELD: &str = "egressProxy.credentialsRef";
    let text = |key: &str| {
        credentials.text(FIELD, &secret.name, key)?.filter(|text| !text.is_empty()).ok_or_else(|| {
            CredentialError::Unusable {
                path: credentials.folder().join("secrets").join(&secret.name),
                field: FIELD.to_owned(),
                reason: format!("holds no {key}; write the keys username and password"),
            }
        })
    };
    Ok(ProxyLogin { username: text("username")?, password: text("password")? })
}
