//! The two webhook configurations: what they trust, and how they are made to.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::Stream;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use kube::api::{Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watch_object};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::timeout;

use super::teller::Teller;
use crate::names::CERTIFICATES_MANAGER;
use crate::reason::Reason;

/// The longest that the API server is waited for.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("{0}")]
    Kube(#[from] kube::Error),
    #[error("the API server did not answer within {LIMIT:?}")]
    Slow,
}

/// A kind of webhook configuration.
pub(super) trait Configuration:
    Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static
{
    /// Its webhooks, by name, with what they trust.
    fn webhooks(&self) -> Vec<(&str, Option<&ByteString>)>;
}

impl Configuration for MutatingWebhookConfiguration {
    fn webhooks(&self) -> Vec<(&str, Option<&ByteString>)> {
        let webhooks = self.webhooks.iter().flatten();
        webhooks.map(|it| (it.name.as_str(), it.client_config.ca_bundle.as_ref())).collect()
    }
}

impl Configuration for ValidatingWebhookConfiguration {
    fn webhooks(&self) -> Vec<(&str, Option<&ByteString>)> {
        let webhooks = self.webhooks.iter().flatten();
        webhooks.map(|it| (it.name.as_str(), it.client_config.ca_bundle.as_ref())).collect()
    }
}

/// One configuration, as it was seen last.
pub(super) struct Watched<K> {
    api: Api<K>,
    /// Nothing seen yet, or that there is none, or what there is.
    seen: Option<Option<K>>,
}

impl<K: Configuration> Watched<K> {
    pub(super) fn new(client: &Client) -> Self {
        Self { api: Api::all(client.clone()), seen: None }
    }

    pub(super) fn events(&self, name: &str) -> impl Stream<Item = watcher::Result<Option<K>>> + use<K> {
        watch_object(self.api.clone(), name).default_backoff()
    }

    pub(super) fn take(&mut self, event: watcher::Result<Option<K>>, teller: &Teller) {
        match event {
            Ok(seen) => self.seen = Some(seen),
            Err(error) => teller.failed(&format!("the {} cannot be watched", K::kind(&())), &error),
        }
    }

    /// Whether every webhook that there is trusts this certificate, PEM, among others.
    pub(super) fn knows(&self, certificate: &str) -> bool {
        let Some(seen) = &self.seen else { return false };
        // One that is not installed is asked by nobody.
        let Some(configuration) = seen else { return true };
        let holds = |bundle: &ByteString| String::from_utf8_lossy(&bundle.0).contains(certificate.trim());
        configuration.webhooks().iter().all(|(_, trusted)| trusted.is_some_and(holds))
    }

    /// Whether what there is trusts this bundle, after it was made to.
    pub(super) async fn trusts(&mut self, name: &str, bundle: &str, teller: &Teller) -> Result<bool, WriteError> {
        let Some(seen) = &self.seen else { return Ok(false) };
        // One that is not installed is asked by nobody.
        let Some(configuration) = seen else { return Ok(true) };
        let is_same = |it: &ByteString| it.0 == bundle.as_bytes();
        let webhooks = configuration.webhooks();
        if webhooks.iter().all(|(_, trusted)| trusted.is_some_and(is_same)) {
            return Ok(true);
        }
        let bundle = ByteString(bundle.as_bytes().to_vec());
        let webhooks: Vec<_> = webhooks
            .iter()
            .map(|(name, _)| json!({ "name": name, "clientConfig": { "caBundle": bundle } }))
            .collect();
        let patch = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            // One that was deleted meanwhile must not be made anew.
            "metadata": { "uid": configuration.meta().uid },
            "webhooks": webhooks,
        });
        let params = PatchParams::apply(CERTIFICATES_MANAGER).force();
        let patched = timeout(LIMIT, self.api.patch(name, &params, &Patch::Apply(&patch))).await;
        let patched = patched.map_err(|_| WriteError::Slow)??;
        teller.tell(Reason::BundleWritten, &format!("{} {name} trusts them.", K::kind(&())));
        self.seen = Some(Some(patched));
        Ok(true)
    }
}
