//! Changes of configuration and credentials while clients run: no request fails, each decision names one revision.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use harness::web::{self, Connection};
use harness::{PATIENCE, Policy, Sidecar, eventually};
use serde_json::json;

use crate::stage::{AUTH, COLLECT, Stage, at_once, auth, body, order_ref};

/// Waits until `count` changes were taken, since the start.
pub(crate) async fn taken(sidecar: &Sidecar, count: f64) -> Result<()> {
    reloads(sidecar, "taken", count).await
}

/// Waits until `count` changes were refused, since the start.
pub(crate) async fn refused(sidecar: &Sidecar, count: f64) -> Result<()> {
    reloads(sidecar, "refused", count).await
}

async fn reloads(sidecar: &Sidecar, result: &str, count: f64) -> Result<()> {
    eventually(&format!("{count} changes {result}"), PATIENCE, || async {
        let now = seen(sidecar, result).await?;
        ensure!(now >= count, "{now} {result}");
        Ok(())
    })
    .await
}

async fn seen(sidecar: &Sidecar, result: &str) -> Result<f64> {
    Ok(sidecar.metrics().await?.sum("riskgate_config_reloads_total", &[("result", result)]))
}

/// Orders and collects over one connection until told to stop; how many of them.
async fn keep_going(base_url: String, stop: Arc<AtomicBool>) -> Result<u64> {
    let mut connection = Connection::open(&base_url).await?;
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        let order = order_ref(&connection.send(web::post(AUTH, &[], &auth())?).await?)?;
        let answer = connection.send(web::post(COLLECT, &[], &json!({ "orderRef": order }))?).await?;
        let status = body(&answer)?["status"].clone();
        ensure!(status == "complete" || status == "failed", "{status}");
        rounds += 1;
    }
    Ok(rounds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_changes_under_load_fail_no_request() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    stage.simulator.control().script_default(&at_once(json!({ "risk": "high" }))).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..4 {
        clients.spawn(keep_going(stage.sidecar.base_url()?, stop.clone()));
    }
    let base = Policy::new(stage.simulator.endpoint());
    let lax = base.clone().with_flow("login", &json!({ "blockAt": null }));
    let contradictory =
        base.clone().with_flow("login", &json!({ "blockAt": "Moderate", "challengeAt": "High" }));
    let without_key = base
        .clone()
        .with_provider(&json!({ "bankIdSe": { "clientCertificateRefs": [{ "name": "nosuch" }] } }));
    let secrets = stage.simulator.credentials().join("secrets");
    for round in 0..50_u32 {
        // Good, bad, good, and a certificate: four changes a round.
        for (policy, good) in [(&lax, true), (&contradictory, false), (&base, true), (&without_key, false)] {
            let (result, other) = if good { ("taken", "refused") } else { ("refused", "taken") };
            let (before, untouched) =
                (seen(&stage.sidecar, result).await?, seen(&stage.sidecar, other).await?);
            stage.sidecar.change_policy(policy)?;
            eventually(&format!("change in round {round} {result}"), PATIENCE, || async {
                ensure!(seen(&stage.sidecar, result).await? > before, "not yet");
                Ok(())
            })
            .await?;
            if !good {
                ensure!(seen(&stage.sidecar, other).await? <= untouched, "a bad change was taken");
            }
        }
        if round % 10 == 0 {
            swap(&secrets.join("bankid-rp"), &secrets.join("bankid-rp-next"))?;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut rounds = 0;
    while let Some(client) = clients.join_next().await {
        rounds += client?.context("a request failed during the changes")?;
    }
    assert!(rounds > 100, "the clients really ran: {rounds}");
    one_revision_each(&stage).await
}

/// Exchanges two folders' key pairs, key last, so that for a moment they do not match: that moment must be refused.
fn swap(one: &std::path::Path, other: &std::path::Path) -> Result<()> {
    for file in ["tls.crt", "tls.key"] {
        let (first, second) = (std::fs::read(one.join(file))?, std::fs::read(other.join(file))?);
        std::fs::write(one.join(file), second)?;
        std::fs::write(other.join(file), first)?;
    }
    Ok(())
}

async fn one_revision_each(stage: &Stage) -> Result<()> {
    let mut by_verdict = std::collections::BTreeMap::<String, BTreeSet<String>>::new();
    let records = stage.sidecar.decisions_once(100).await?;
    assert!(records.len() > 100, "decisions were recorded: {}", records.len());
    for record in &records {
        let text = |name: &str| {
            record[name].as_str().map(str::to_owned).with_context(|| format!("{name} in {record}"))
        };
        by_verdict.entry(text("verdict")?).or_default().insert(text("revision")?);
    }
    let (allow, block) = (&by_verdict["Allow"], &by_verdict["Block"]);
    assert_eq!((allow.len(), block.len()), (1, 1), "a revision decides one way: {by_verdict:?}");
    assert!(allow.is_disjoint(block), "{by_verdict:?}");
    Ok(())
}

#[tokio::test]
async fn what_a_running_sidecar_cannot_change_is_refused() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let base = Policy::new(stage.simulator.endpoint());
    stage
        .sidecar
        .change_policy(&base.with_provider(&json!({ "name": "other" })).with_spec(&json!({ "flows": [] })))?;
    refused(&stage.sidecar, 1.0).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete");
    Ok(())
}

#[tokio::test]
async fn an_invalid_first_configuration_says_why_and_ends_with_78() -> Result<()> {
    let simulator = harness::Simulator::start().await?;
    let policy = Policy::new(simulator.endpoint());
    let missing = policy
        .clone()
        .with_provider(&json!({ "bankIdSe": { "clientCertificateRefs": [{ "name": "nosuch" }] } }));
    let contradictory = policy.with_flow("login", &json!({ "blockAt": "Moderate", "challengeAt": "High" }));
    for (policy, names) in [(missing, "nosuch"), (contradictory, "challengeAt")] {
        let (mut process, _folder) = Sidecar::spawn(&policy, simulator.credentials())?;
        let status = process.exited(PATIENCE).await?;
        assert_eq!(status.code(), Some(78));
        let said = process.stderr().all().join("\n");
        assert!(said.contains(names), "the reason names {names}: {said}");
    }
    Ok(())
}
