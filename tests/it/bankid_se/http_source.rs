//! The platform team's own service as a source: the example's server over TLS, asked before the order and at its result.

use anyhow::{Context, Result, ensure};
use harness::{Metrics, PATIENCE, Policy, RiskService, Sidecar, Simulator, eventually};
use serde_json::{Value, json};

use crate::stage::{AUTH, Stage, auth, body, error, order_ref};

const TOKEN: &str = "t0ken-of-the-service";
/// The user's address of every order here, and the device's where a script says so.
const USER: &str = "192.0.2.1";
const DEVICE: &str = "203.0.113.9";

/// Writes the token as the policies here name it.
pub(crate) fn write_token(simulator: &Simulator, token: &str) -> Result<()> {
    let folder = simulator.credentials().join("secrets/fraud");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join("token"), token)?)
}

fn source(name: &str, phase: &str, url: &str) -> Value {
    json!({ "name": name, "timeout": "10s", "http": {
        "url": url,
        "phase": phase,
        "bearerTokenRef": { "name": "fraud", "key": "token" },
        "clientCertificateRef": { "name": "bankid-rp" },
        "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
    } })
}

/// A policy that asks the service twice, and blocks a login at what it says; while it is down, as `when_unavailable` says.
fn asking(policy: Policy, url: &str, when_unavailable: &str) -> Policy {
    let sources = [source("velocity", "Screen", url), source("fraud", "Assess", url)];
    policy.with_spec(&json!({ "sources": sources })).with_flow(
        "login",
        &json!({
            "whenUnavailable": when_unavailable,
            "sources": [{ "name": "velocity", "blockAtScore": 90 }, { "name": "fraud", "blockWhen": ["listed-address"] }],
        }),
    )
}

/// A simulator, a service that wants the token and a client certificate, and a sidecar that asks it.
async fn start(when_unavailable: &str) -> Result<(RiskService, Stage)> {
    let simulator = Simulator::start().await?;
    write_token(&simulator, TOKEN)?;
    let pki = simulator.credentials();
    let clients = pki.join("server/client-ca.crt").display().to_string();
    let service = RiskService::start(pki, TOKEN, &["--client-roots", &clients]).await?;
    let debug = json!({ "log": { "level": "debug" } });
    let policy =
        asking(Policy::new(simulator.endpoint()), &service.url(), when_unavailable).with_spec(&debug);
    let sidecar = Sidecar::start(&policy, pki).await?;
    Ok((service, Stage { simulator, sidecar }))
}

/// How many signals there were of a source.
fn signals(metrics: &Metrics, source: &str, assessment: &str) -> f64 {
    metrics.sum("riskgate_signals_total", &[("source", source), ("assessment", assessment)])
}

/// What the last record says of a source.
fn signal<'a>(record: &'a Value, source: &str) -> Result<&'a Value> {
    let signals = record["signals"].as_array().context("signals")?;
    signals.iter().find(|signal| signal["source"] == source).with_context(|| format!("{source}: {record}"))
}

#[tokio::test]
async fn what_the_service_lists_is_blocked_before_the_order_and_at_its_result() -> Result<()> {
    let (service, stage) = start("Block").await?;
    service.list(&[])?;
    let script = json!({ "risk": "low", "device": { "ipAddress": DEVICE } });
    let order = stage.scripted(script.clone()).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete");

    service.list(&[DEVICE])?;
    let order = stage.scripted(script).await?;
    let answer = body(&stage.collect(&order).await?)?;
    assert_eq!(
        (&answer["status"], &answer["hintCode"]),
        (&json!("failed"), &json!("transactionRiskBlocked"))
    );

    service.list(&[USER])?;
    let before = stage.simulator.control().requests(AUTH).await?.len();
    error(&stage.post(AUTH, &[], &auth()).await?, 400, "transactionRiskBlocked")?;
    assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), before, "no order was made");

    let records = stage.sidecar.decisions_once(3).await?;
    let collected = signal(&records[1], "fraud")?;
    assert_eq!((&collected["phase"], &collected["assessment"]), (&json!("Assess"), &json!("High")));
    assert_eq!((&collected["score"], &collected["indicators"]), (&json!(95), &json!(["listed-address"])));
    assert_eq!(signal(&records[1], "velocity")?["assessment"], "Low", "the screening's signal stays");
    assert_eq!(signal(&records[2], "velocity")?["phase"], "Screen");

    let metrics = stage.sidecar.metrics().await?;
    for (source, assessment, count) in
        [("velocity", "Low", 2.0), ("velocity", "High", 1.0), ("fraud", "Low", 1.0), ("fraud", "High", 1.0)]
    {
        assert!(
            (signals(&metrics, source, assessment) - count).abs() < 0.5,
            "{source} {assessment}: {metrics:?}"
        );
    }
    let asked = metrics.sum("riskgate_source_seconds_count", &[("source", "velocity")]);
    assert!((asked - 3.0).abs() < 0.5, "{asked}");
    for secret in [TOKEN, USER, DEVICE] {
        assert!(stage.sidecar.printed().iter().all(|line| !line.contains(secret)), "{secret} was printed");
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_down_is_what_the_policy_says_and_left_alone_after_a_while() -> Result<()> {
    for (when_unavailable, passes) in [("Allow", true), ("Block", false)] {
        let (mut service, stage) = start(when_unavailable).await?;
        service.process().kill();
        for _ in 0..8 {
            let answer = stage.post(AUTH, &[], &auth()).await?;
            if passes {
                order_ref(&answer)?;
            } else {
                error(&answer, 400, "transactionRiskBlocked")?;
            }
        }
        assert_eq!(stage.simulator.control().requests(AUTH).await?.is_empty(), !passes);
        // Five failures open the circuit: of eight questions three are not asked, and each is a signal all the same.
        let metrics = stage.sidecar.metrics().await?;
        let unavailable = signals(&metrics, "velocity", "Unavailable");
        assert!((unavailable - 8.0).abs() < 0.5, "{unavailable}");
        let told = "a source keeps failing and is left alone for a while";
        let times = stage.sidecar.printed().iter().filter(|line| line.contains(told)).count();
        assert_eq!(times, 1, "told once");
        if !passes {
            let records = stage.sidecar.decisions_once(8).await?;
            let cause = |record: &Value| signal(record, "velocity").map(|it| it["indicators"].clone());
            let causes = records.iter().map(cause).collect::<Result<Vec<_>>>()?;
            assert_eq!(causes[4], json!(["Failed"]), "{causes:?}");
            assert_eq!(causes[5..], [json!(["CircuitOpen"]), json!(["CircuitOpen"]), json!(["CircuitOpen"])]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_the_service_does_not_know_is_no_answer_and_a_new_one_is_followed() -> Result<()> {
    let (service, stage) = start("Block").await?;
    service.list(&[])?;
    write_token(&stage.simulator, "another")?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    error(&stage.post(AUTH, &[], &auth()).await?, 400, "transactionRiskBlocked")?;
    eventually("the status in the log", PATIENCE, || async {
        let printed = stage.sidecar.printed();
        ensure!(printed.iter().any(|line| line.contains("it answered with status 401")), "{printed:?}");
        Ok(())
    })
    .await?;
    write_token(&stage.simulator, TOKEN)?;
    crate::reload::taken(&stage.sidecar, 2.0).await?;
    drop(stage.order(AUTH, &auth()).await?);
    Ok(())
}

#[tokio::test]
async fn sources_go_through_the_egress_proxy_like_the_provider() -> Result<()> {
    let mut running = None;
    let (proxy, stage) = crate::egress::start(crate::egress::PASSWORD, async |simulator, policy| {
        write_token(simulator, TOKEN)?;
        let service = RiskService::start(simulator.credentials(), TOKEN, &[]).await?;
        service.list(&[USER])?;
        let policy = asking(policy, &service.url(), "Block");
        running = Some(service);
        Ok(policy)
    })
    .await?;
    let service = running.context("a service")?;
    error(&stage.post(AUTH, &[], &auth()).await?, 400, "transactionRiskBlocked")?;
    assert_eq!(proxy.asked(), [format!("localhost:{}", service.port())]);
    service.list(&[])?;
    assert_eq!(crate::egress::login(&stage, "low").await?, "complete");
    Ok(())
}
