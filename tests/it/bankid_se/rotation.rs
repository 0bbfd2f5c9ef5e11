//! Rotation of the relying party's certificate: new orders use the new one, open orders are collected with theirs.

use anyhow::{Context, Result};
use harness::Policy;
use serde_json::json;

use crate::stage::{AUTH, COLLECT, Stage, auth, body};

async fn certificates(stage: &Stage, path: &str) -> Result<Vec<String>> {
    let requests = stage.simulator.control().requests(path).await?;
    requests
        .iter()
        .map(|request| Ok(request["clientCertificate"].as_str().context("a certificate")?.to_owned()))
        .collect()
}

#[tokio::test]
async fn open_orders_are_collected_with_the_certificate_that_made_them() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let before = stage.scripted(json!({ "risk": "low" })).await?;
    let next = json!({ "bankIdSe": { "clientCertificateRefs": [{ "name": "bankid-rp-next" }] } });
    stage.sidecar.change_policy(&Policy::new(stage.simulator.endpoint()).with_provider(&next))?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    let after = stage.scripted(json!({ "risk": "low" })).await?;
    for order in [&before, &after] {
        assert_eq!(body(&stage.collect(order).await?)?["status"], "complete");
    }
    let (made, collected) = (certificates(&stage, AUTH).await?, certificates(&stage, COLLECT).await?);
    assert_ne!(made[0], made[1], "the new order used the new certificate");
    assert_eq!(made, collected, "each was collected with its own, at the first try");
    Ok(())
}

#[tokio::test]
async fn the_contents_of_a_mounted_secret_are_followed() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    drop(stage.order(AUTH, &auth()).await?);
    let secrets = stage.simulator.credentials().join("secrets");
    for file in ["tls.crt", "tls.key"] {
        std::fs::copy(secrets.join("bankid-rp-next").join(file), secrets.join("bankid-rp").join(file))?;
    }
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    drop(stage.order(AUTH, &auth()).await?);
    let made = certificates(&stage, AUTH).await?;
    assert_ne!(made[0], made[1], "{made:?}");
    Ok(())
}

#[tokio::test]
async fn a_pkcs12_keystore_serves_like_a_pem_pair() -> Result<()> {
    for name in ["bankid-rp-p12", "bankid-rp-p12-legacy"] {
        let refs = json!({ "bankIdSe": { "clientCertificateRefs": [{ "name": name }] } });
        let stage = Stage::start(|policy| policy.with_provider(&refs)).await?;
        let order = stage.scripted(json!({ "risk": "low" })).await?;
        assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete", "{name}");
    }
    Ok(())
}
