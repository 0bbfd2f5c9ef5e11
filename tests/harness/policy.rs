//! The RiskPolicy that a test starts from, and its changes.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A RiskPolicy (design.md section 3) for one BankIdSe provider named `bankid`, with every port 0.
#[derive(Debug, Clone)]
pub struct Policy {
    resource: Value,
}

impl Policy {
    /// A login that is challenged at High with everything unknown allowed, and a transfer that is blocked at High with
    /// everything unknown blocked. `endpoint` is the simulator's; its roots come from the ConfigMap `bankid-roots`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        Self {
            resource: json!({
                "apiVersion": "riskgate.dev/v1alpha1",
                "kind": "RiskPolicy",
                "metadata": { "name": "retail", "namespace": "shop" },
                "spec": {
                    "ports": { "admin": 0, "health": 0 },
                    "providers": [{
                        "name": "bankid",
                        "listen": { "port": 0, "env": ["BANKID_API_URL"] },
                        "bankIdSe": {
                            "environment": "Custom",
                            "endpoint": endpoint,
                            "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                            "clientCertificateRefs": [{ "name": "bankid-rp" }],
                        },
                    }],
                    "riskParameters": { "start": "Web", "referringDomain": "shop.example.se" },
                    "flows": [
                        {
                            "name": "login",
                            "provider": "bankid",
                            "operations": ["Auth", "PhoneAuth"],
                            "blockAt": "High",
                            "whenUnknown": "Allow",
                            "whenUnavailable": "Allow",
                        },
                        {
                            "name": "transfer",
                            "provider": "bankid",
                            "operations": ["Sign", "Payment", "OtherPayment", "PhoneSign"],
                            "blockAt": "Moderate",
                            "whenUnknown": "Block",
                            "whenUnavailable": "Block",
                        },
                    ],
                },
            }),
        }
    }

    /// Merges a change into the spec as a JSON merge patch does (RFC 7396): members are replaced, null removes one.
    #[must_use]
    pub fn with_spec(mut self, patch: &Value) -> Self {
        merge(&mut self.resource["spec"], patch);
        self
    }

    /// Merges a change into the one provider.
    #[must_use]
    pub fn with_provider(mut self, patch: &Value) -> Self {
        merge(&mut self.resource["spec"]["providers"][0], patch);
        self
    }

    /// Merges a change into the flow of this name; a new name adds a flow.
    #[must_use]
    pub fn with_flow(mut self, name: &str, patch: &Value) -> Self {
        if let Some(flows) = self.resource["spec"]["flows"].as_array_mut() {
            if !flows.iter().any(|flow| flow["name"] == name) {
                flows.push(json!({ "name": name, "provider": "bankid" }));
            }
            for flow in flows.iter_mut().filter(|flow| flow["name"] == name) {
                merge(flow, patch);
            }
        }
        self
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &Value {
        &self.resource
    }

    /// Writes the policy in one step, so that whoever watches the file never reads half of it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        // JSON is YAML, and quotes every text: the country NO would be written as it is, which kubectl reads as false.
        let text = serde_json::to_string_pretty(&self.resource)?;
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, text).with_context(|| format!("cannot write {}", fresh.display()))?;
        std::fs::rename(&fresh, path).with_context(|| format!("cannot write {}", path.display()))
    }
}

impl From<Value> for Policy {
    /// A policy that a file holds.
    fn from(resource: Value) -> Self {
        Self { resource }
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Value::Object(object) = target {
        for (name, change) in members {
            if change.is_null() {
                object.remove(name);
            } else {
                merge(object.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_merged_member_by_member() {
        let policy = Policy::new("https://localhost:1")
            .with_spec(
                &json!({ "mode": "Monitor", "riskParameters": { "start": "App", "referringDomain": null } }),
            )
            .with_flow("login", &json!({ "blockAt": "Moderate" }))
            .with_flow("kiosk", &json!({ "operations": ["Auth"] }));
        let spec = &policy.resource()["spec"];
        assert_eq!(spec["mode"], "Monitor");
        assert_eq!(spec["riskParameters"], json!({ "start": "App" }));
        assert_eq!(spec["flows"][0]["blockAt"], "Moderate");
        assert_eq!(spec["flows"][0]["operations"], json!(["Auth", "PhoneAuth"]));
        assert_eq!(
            spec["flows"][2],
            json!({ "name": "kiosk", "provider": "bankid", "operations": ["Auth"] })
        );
    }
}
