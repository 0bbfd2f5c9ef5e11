//! Every example policy runs: with the simulator in BankID's place, and what it names as throw-away files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::{Policy, RedisServer, RiskService, Sidecar, Simulator, root};
use serde_json::{Value, json};

use crate::stage::{AUTH, Stage, auth, order_ref};

fn examples(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            examples(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}

/// Puts the simulator in BankID's place, and in that of the sources, and free ports in place of fixed ones; everything else stays as it is written.
fn beside(policy: Policy, endpoint: &str, one_span: &str) -> Policy {
    let spec = &policy.resource()["spec"];
    let refs = spec["providers"][0]["bankIdSe"]["clientCertificateRefs"].as_array().map_or(1, Vec::len);
    let names = [json!({ "name": "bankid-rp" }), json!({ "name": "bankid-rp-next" })];
    let policy = sources_beside(policy, one_span);
    policy
        .with_spec(&json!({ "ports": { "admin": 0, "health": 0 }, "log": { "decisions": "Stdout" } }))
        .with_provider(&json!({
            "listen": { "port": 0 },
            "bankIdSe": {
                "environment": "Custom",
                "endpoint": endpoint,
                "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                "clientCertificateRefs": &names[..refs.min(2)],
            },
        }))
}

/// The same for the sources that are asked over the network.
fn sources_beside(policy: Policy, one_span: &str) -> Policy {
    let mut sources = policy.resource()["spec"]["sources"].clone();
    for source in sources.as_array_mut().into_iter().flatten() {
        if let Some(config) = source.get_mut("oneSpan") {
            config["endpoint"] = json!(one_span);
            config["trustBundleRef"] =
                json!({ "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" });
            config["credentialsRef"]["name"] = json!("bankid-rp");
        }
    }
    if sources.is_null() { policy } else { policy.with_spec(&json!({ "sources": sources })) }
}

#[tokio::test]
async fn every_example_runs() -> Result<()> {
    let mut files = Vec::new();
    examples(&root().join("examples"), &mut files)?;
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        for document in serde_yaml::Deserializer::from_str(&std::fs::read_to_string(&file)?) {
            let resource = <Value as serde::Deserialize>::deserialize(document)?;
            // The other providers' examples run beside their own tests, that of all of them in the demo's.
            let providers = resource["spec"]["providers"].as_array().map(Vec::as_slice);
            if !matches!(providers, Some([only]) if only.get("bankIdSe").is_some()) {
                continue;
            }
            run(&file, resource).await.with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

/// Writes a key of a Secret.
fn secret(simulator: &Simulator, name: &Value, key: &str, value: &[u8]) -> Result<()> {
    let name = name.as_str().context("a Secret has a name")?;
    let folder = simulator.credentials().join("secrets").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(key), value)?)
}

/// A server with TLS and a login, as the example's Secrets and ConfigMap have them; everything but its address stays.
async fn redis_of(simulator: &Simulator, redis: &Value) -> Result<RedisServer> {
    let pki = simulator.credentials();
    let file = |name: &str| pki.join(name).display().to_string();
    let (certificate, key, roots) =
        (file("server/tls.crt"), file("server/tls.key"), file("configmaps/bankid-roots/ca.crt"));
    let login = ["--user", "riskgate", "on", ">secret", "~riskgate:*", "+@all"];
    let tls = [
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &roots,
        "--tls-auth-clients",
        "no",
    ];
    let server = RedisServer::start(&[&tls[..], &login[..]].concat()).await?;
    secret(simulator, &redis["credentialsRef"]["name"], "username", b"riskgate")?;
    secret(simulator, &redis["credentialsRef"]["name"], "password", b"secret\n")?;
    for (name, byte) in redis["sealKeysRef"]["keys"].as_array().into_iter().flatten().zip(1..) {
        secret(simulator, &redis["sealKeysRef"]["name"], name.as_str().unwrap_or_default(), &[byte; 32])?;
    }
    let bundle = &redis["trustBundleRef"];
    let folder = pki.join("configmaps").join(bundle["name"].as_str().context("a bundle has a name")?);
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(roots, folder.join(bundle["key"].as_str().context("a bundle has a key")?))?;
    Ok(server)
}

/// The example's own service in the place of the platform team's; everything but its address stays.
async fn risk_service_of(simulator: &Simulator, resource: &mut Value) -> Result<Option<RiskService>> {
    let Some(sources) = resource.pointer_mut("/spec/sources").and_then(Value::as_array_mut) else {
        return Ok(None);
    };
    let mut asked: Vec<&mut Value> = sources.iter_mut().filter_map(|source| source.get_mut("http")).collect();
    let Some(http) = asked.first() else { return Ok(None) };
    let pki = simulator.credentials();
    let token = &http["bearerTokenRef"];
    secret(
        simulator,
        &token["name"],
        token["key"].as_str().context("a token has a key")?,
        b"of-the-example\n",
    )?;
    let bundle = &http["trustBundleRef"];
    let folder = pki.join("configmaps").join(bundle["name"].as_str().context("a bundle has a name")?);
    std::fs::create_dir_all(&folder)?;
    let roots = folder.join(bundle["key"].as_str().context("a bundle has a key")?);
    std::fs::copy(pki.join("configmaps/bankid-roots/ca.crt"), roots)?;
    let service = RiskService::start(pki, "of-the-example", &[]).await?;
    for http in &mut asked {
        http["url"] = json!(service.url());
    }
    Ok(Some(service))
}

/// Lists and databases, as the example's ConfigMaps and claims hold them.
fn addresses_of(simulator: &Simulator, sources: &Value) -> Result<()> {
    for source in sources.as_array().into_iter().flatten() {
        let ip = &source["ipIntelligence"];
        for list in ip["lists"].as_array().into_iter().flatten() {
            let name = list["configMap"].as_str().context("a list is in a ConfigMap")?;
            let folder = simulator.credentials().join("configmaps").join(name);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(list["key"].as_str().context("under a key")?), "198.51.100.0/24\n")?;
        }
        if let Some(claim) = ip["databases"]["persistentVolumeClaim"].as_str() {
            let folder = simulator.credentials().join("databases").join(claim);
            std::fs::create_dir_all(&folder)?;
            let database = "GeoLite2-Country-Test.mmdb";
            let fixtures = root().join("crates/sources/tests/fixtures/mmdb/good");
            std::fs::copy(fixtures.join(database), folder.join(database))?;
        }
    }
    Ok(())
}

async fn run(file: &Path, mut resource: Value) -> Result<()> {
    let simulator = Simulator::start().await?;
    let service = risk_service_of(&simulator, &mut resource).await?;
    let redis = resource["spec"]["store"]["redis"].clone();
    let server = if redis.is_null() { None } else { Some(redis_of(&simulator, &redis).await?) };
    if let Some(server) = &server {
        resource["spec"]["store"]["redis"]["url"] = json!(format!("rediss://localhost:{}", server.port()));
    }
    if let Some(key) = resource["spec"].get("pseudonymKeyRef") {
        secret(&simulator, &key["name"], key["key"].as_str().unwrap_or_default(), &[7; 32])?;
    }
    addresses_of(&simulator, &resource["spec"]["sources"])?;
    let covers_auth = resource["spec"]["flows"].to_string().contains("\"Auth\"");
    let policy = beside(Policy::from(resource), simulator.endpoint(), simulator.one_span());
    let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
    let stage = Stage { simulator, sidecar };
    let answer = stage.post(AUTH, &[], &auth()).await?;
    assert!(covers_auth, "{}: every example has a login", file.display());
    let order = order_ref(&answer)?;
    if service.is_some() {
        let low = [("assessment", "Low")];
        let signals = stage.sidecar.metrics().await?.sum("riskgate_signals_total", &low);
        assert!(
            signals > 0.5,
            "{}: the service does not serve: {:?}",
            file.display(),
            stage.sidecar.printed()
        );
    }
    if server.is_some() {
        let policy = policy.with_spec(&json!({ "pseudonymKeyRef": null }));
        let other = Sidecar::start(&policy, stage.simulator.credentials()).await?;
        let other = Stage { simulator: stage.simulator, sidecar: other };
        other.collect(&order).await?;
        let errors = other.sidecar.metrics().await?.sum("riskgate_store_errors_total", &[]);
        assert!(errors < 0.5, "{}: the store does not serve: {:?}", file.display(), other.sidecar.printed());
    }
    Ok(())
}
