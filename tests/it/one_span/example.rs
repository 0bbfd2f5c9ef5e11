//! The example policy runs, with the simulator in OneSpan's place.

use anyhow::Result;
use harness::{Policy, Sidecar, Simulator, root};
use serde_json::{Value, json};

use crate::stage::{LOGIN, Stage, login, said};

#[tokio::test]
async fn the_example_of_the_provider_runs_in_both_modes() -> Result<()> {
    let text = std::fs::read_to_string(root().join("examples/one-span/policy.yaml"))?;
    let resource: Value = serde_yaml::from_str(&text)?;
    for mode in ["Monitor", "Enforce"] {
        let simulator = Simulator::start().await?;
        let policy = Policy::from(resource.clone())
            .with_spec(&json!({ "mode": mode, "ports": { "admin": 0, "health": 0 } }))
            .with_provider(&json!({ "listen": { "port": 0 }, "oneSpan": {
                "endpoint": simulator.one_span(),
                "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                "clientCertificateRefs": [{ "name": "bankid-rp" }],
            } }));
        let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
        let stage = Stage { simulator, sidecar };
        assert_eq!(said(&stage.post(LOGIN, &[], &login()).await?)?["riskResponseCode"], 0);
        let no_code = said(&stage.login(&json!({ "code": "absent" })).await?)?;
        let expected = if mode == "Enforce" { json!(5) } else { Value::Null };
        assert_eq!(no_code["riskResponseCode"], expected, "{mode}");
        assert_eq!(stage.sidecar.decisions_once(2).await?.len(), 2);
    }
    Ok(())
}
