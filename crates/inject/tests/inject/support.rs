//! What the tests of this crate share: a policy, and injection as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use riskgate_api::RiskPolicySpec;
use riskgate_inject::{
    Bindings, By, InjectorOptions, Notice, Patch, Pod, Refusal, Status, Wanted, inject, uninject,
};
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "shop";
pub(crate) const URL: &str = "http://127.0.0.1:15381";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A policy that refers to everything that one can refer to.
pub(crate) fn spec() -> RiskPolicySpec {
    serde_json::from_value(json!({
        "pseudonymKeyRef": { "name": "riskgate-pseudonym", "key": "key" },
        "providers": [
            {
                "name": "bankid",
                "listen": { "port": 15381, "env": ["BANKID_API_URL", "BANKID_URL"] },
                "bankIdSe": {
                    "environment": "Custom",
                    "endpoint": "https://bankid.shop.svc:15390",
                    "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                    "clientCertificateRefs": [{ "name": "bankid-rp" }, { "name": "bankid-rp-old" }],
                },
            },
            {
                "name": "staff",
                "listen": { "port": 15382, "env": ["STAFF_BANKID_URL"] },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "bankid-rp" }] },
            },
        ],
        "flows": [{
            "name": "login",
            "provider": "bankid",
            "operations": ["Auth"],
            "whenUnknown": "Block",
            "whenUnavailable": "Block",
        }],
    }))
    .unwrap()
}

pub(crate) fn bindings() -> Bindings {
    Bindings::of(NAMESPACE, "retail", &spec()).unwrap()
}

pub(crate) fn options() -> InjectorOptions {
    InjectorOptions::new("riskgate-sidecar:test")
}

pub(crate) fn wanted() -> Wanted {
    Wanted { policy: "retail".to_owned(), by: By::Namespace, warnings: Vec::new() }
}

/// Plans an injection.
pub(crate) fn plan(pod: &Value) -> Result<Patch, Refusal> {
    inject(&Pod::new(pod).unwrap(), &wanted(), &bindings(), &options())
}

/// The pod with a patch applied.
pub(crate) fn applied(pod: &Value, patch: &json_patch::Patch) -> Value {
    let mut pod = pod.clone();
    json_patch::patch(&mut pod, patch).unwrap();
    pod
}

/// The pod as it is injected.
pub(crate) fn injected(pod: &Value) -> Value {
    applied(pod, &plan(pod).unwrap().operations)
}

/// The pod without what injection gave it.
pub(crate) fn uninjected(pod: &Value) -> Value {
    applied(pod, &uninject(&Pod::new(pod).unwrap()))
}

pub(crate) fn told(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(|notice| format!("{}: {notice}", notice.reason)).collect()
}

pub(crate) fn status(pod: &Value) -> Status {
    Status::of(&Pod::new(pod).unwrap()).unwrap()
}

/// The container of that name in one of the pod's lists.
pub(crate) fn container<'a>(pod: &'a Value, name: &str) -> &'a Value {
    let lists = ["initContainers", "containers"].into_iter().filter_map(|list| pod["spec"][list].as_array());
    lists.flatten().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} is not in {pod:#}"))
}

/// The variables of a container that have a plain value.
pub(crate) fn env(container: &Value) -> BTreeMap<String, String> {
    let env = container["env"].as_array().into_iter().flatten();
    env.filter_map(|it| Some((it["name"].as_str()?.to_owned(), it["value"].as_str()?.to_owned()))).collect()
}
