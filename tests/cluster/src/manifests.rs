//! Manifests that tests start from.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use riskgate_api::RiskPolicy;
use riskgate_inject::{Bindings, Decision, InjectorOptions, Namespace, Pod, decide, inject};
use serde_json::{Value, json};

use crate::SIDECAR_IMAGE;

/// A policy that can be used, with `spec` put over it.
#[must_use]
pub fn policy(name: &str, spec: &Value) -> Value {
    let mut whole = json!({
        "providers": [{
            "name": "bankid",
            "listen": { "port": 15381 },
            "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] },
        }],
        "flows": [{
            "name": "login",
            "provider": "bankid",
            "operations": ["Auth"],
            "blockAt": "High",
            "whenUnknown": "Block",
            "whenUnavailable": "Block",
        }],
    });
    if let (Some(whole), Some(spec)) = (whole.as_object_mut(), spec.as_object()) {
        whole.extend(spec.clone());
    }
    json!({
        "apiVersion": "riskgate.dev/v1alpha1",
        "kind": "RiskPolicy",
        "metadata": { "name": name },
        "spec": whole,
    })
}

/// A client certificate and its key, PEM, that are valid until the end of a year.
///
/// # Errors
/// When the system has no randomness.
pub fn client_certificate(until: i32) -> Result<(String, String)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(until, 12, 31));
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// The Secret with a certificate and a key.
#[must_use]
pub fn certificate_secret(name: &str, (certificate, key): &(String, String)) -> Value {
    let data = json!({ "tls.crt": certificate, "tls.key": key });
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data })
}

/// A pod as injection makes it for a policy.
///
/// # Errors
/// When the policy cannot be bound to a pod, or the pod is refused.
pub fn bound_pod(name: &str, policy: &RiskPolicy) -> Result<Value> {
    let policy_name = policy.metadata.name.as_deref().context("a policy has a name")?;
    let namespace = policy.metadata.namespace.as_deref().context("a policy has a namespace")?;
    let mut pod = json!({
        "metadata": { "name": name, "annotations": { "riskgate.dev/policy": policy_name } },
        "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
    });
    let read = Pod::new(&pod).map_err(|notice| anyhow::anyhow!(notice.message))?;
    let labels = BTreeMap::new();
    let wanted = match decide(&read, &Namespace { name: namespace, labels: &labels }) {
        Ok(Decision::Inject(wanted)) => wanted,
        other => bail!("not injected: {other:?}"),
    };
    let bindings = Bindings::of(namespace, policy_name, &policy.spec)
        .map_err(|notice| anyhow::anyhow!(notice.message))?;
    let options = InjectorOptions::new(SIDECAR_IMAGE);
    let patch =
        inject(&read, &wanted, &bindings, &options).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    json_patch::patch(&mut pod, &patch.operations)?;
    Ok(pod)
}
