//! The shared store down, wiped, or full of what nobody can read: never a hang, never a wrong Allow, and it heals.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, Sidecar, eventually, web};
use serde_json::{Value, json};

use crate::stage::{AUTH, CANCEL, Stage, policy, secret};

fn codes(record: &Value) -> Vec<&str> {
    let reasons = record["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
    reasons.iter().filter_map(|reason| reason["code"].as_str()).collect()
}

/// Waits until an order made at one pod is known to the other again.
async fn healed(stage: &Stage) -> Result<()> {
    eventually("the store to be shared again", PATIENCE, || async {
        let order = stage.order(0, "moderate").await?;
        let status = stage.collected(1, &order).await?;
        ensure!(status == "complete", "judged as unknown: {status}");
        Ok(())
    })
    .await
}

fn told(sidecar: &Sidecar, what: &str) -> usize {
    sidecar.printed().iter().filter(|line| line.contains(what)).count()
}

#[tokio::test]
async fn degraded_each_pod_knows_its_own_and_the_record_says_so() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let before = [stage.order(0, "low").await?, stage.order(0, "moderate").await?];
    let others = stage.order(0, "moderate").await?;
    stage.redis.kill().await?;

    // What a pod made itself it knows while the store is away, and nothing else: that is judged under every flow, where
    // `transfer` blocks from Moderate.
    let began = Instant::now();
    assert_eq!(stage.collected(0, &before[0]).await?, "complete");
    assert_eq!(stage.collected(0, &before[1]).await?, "complete");
    assert_eq!(stage.collected(1, &others).await?, "failed");
    assert!(began.elapsed() < Duration::from_secs(4), "no hang: {:?}", began.elapsed());
    // What is made meanwhile is known to the pod that made it.
    let meanwhile = stage.order(0, "moderate").await?;
    assert_eq!(stage.collected(0, &meanwhile).await?, "complete");
    assert_eq!(stage.collected(0, &meanwhile).await?, "complete", "and replayed by it");
    let records = stage.pods[0].decisions_once(3).await?;
    for record in &records {
        assert!(codes(record).contains(&"StoreDegraded"), "{record}");
        assert!(!codes(record).contains(&"ContextLost"), "{record}");
    }
    let lost = &stage.pods[1].decisions_once(1).await?[0];
    assert!(codes(lost).contains(&"StoreDegraded") && codes(lost).contains(&"ContextLost"), "{lost}");

    stage.redis.restart().await?;
    healed(&stage).await?;
    let healthy = |record: &Value| record["flow"] == "login" && !codes(record).contains(&"StoreDegraded");
    stage.pods[1].decision("a record as before the outage", healthy).await?;
    let errors = stage.pods[0].metrics().await?.sum("riskgate_store_errors_total", &[]);
    // A busy machine may have had a short outage more; each is told once, however many operations it failed.
    let outages = told(&stage.pods[0], "does not work");
    assert!(outages >= 1 && (outages as f64) < errors, "{outages} told, {errors} counted");
    assert_eq!(told(&stage.pods[0], "works again"), outages, "and once that it is over");
    Ok(())
}

#[tokio::test]
async fn refusing_nothing_is_sent_until_the_store_is_back() -> Result<()> {
    let refuse = json!({ "store": { "whenUnavailable": "Refuse" } });
    let mut stage = Stage::start(|policy| policy.with_spec(&refuse)).await?;
    let order = stage.order(0, "moderate").await?;
    let sent = stage.simulator.control().requests(crate::stage::COLLECT).await?.len();
    stage.redis.kill().await?;
    for (path, body) in [
        (crate::stage::COLLECT, json!({ "orderRef": order })),
        (CANCEL, json!({ "orderRef": order })),
        (AUTH, json!({ "endUserIp": "192.0.2.1" })),
    ] {
        // An order may still pass in the half second after the store last took a change.
        eventually(&format!("{path} to be refused"), PATIENCE, || async {
            let answer = stage.post(0, path, &body).await?;
            let json: Value = web::json(&answer)?;
            ensure!(
                answer.status() == 503 && json["errorCode"] == "maintenance",
                "{} {json}",
                answer.status()
            );
            Ok(())
        })
        .await?;
    }
    assert_eq!(stage.simulator.control().requests(crate::stage::COLLECT).await?.len(), sent);
    assert_eq!(stage.simulator.control().requests(CANCEL).await?.len(), 0);
    stage.redis.restart().await?;
    healed(&stage).await
}

#[tokio::test]
async fn a_stalled_server_costs_a_bounded_time() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let order = stage.order(0, "low").await?;
    stage.redis.process().pause()?;
    let began = Instant::now();
    assert_eq!(stage.collected(0, &order).await?, "complete", "low is allowed under every flow");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    stage.redis.process().resume()?;
    healed(&stage).await
}

#[tokio::test]
async fn a_wiped_store_has_lost_its_context_and_says_so() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.order(0, "moderate").await?;
    stage.redis.command::<()>(&["FLUSHALL"]).await?;
    assert_eq!(stage.collected(1, &order).await?, "failed", "the pod that did not make it");
    let record = &stage.pods[1].decisions_once(1).await?[0];
    assert!(codes(record).contains(&"ContextLost"), "{record}");
    assert!(!codes(record).contains(&"StoreDegraded"), "the store was asked: {record}");
    Ok(())
}

#[tokio::test]
async fn what_no_key_opens_is_lost_context_and_counted() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.order(0, "moderate").await?;
    secret(&stage.simulator, "stranger", "key", &[9; 32])?;
    let other_keys = json!({ "store": { "redis": { "sealKeysRef": { "name": "stranger" } } } });
    let stranger = policy(&stage.simulator, &stage.redis).with_spec(&other_keys);
    let stranger = Sidecar::start(&stranger, stage.simulator.credentials()).await?;
    let body = json!({ "orderRef": order });
    let answer = web::send(&stranger.base_url()?, web::post(crate::stage::COLLECT, &[], &body)?).await?;
    assert_eq!(
        web::json::<Value>(&answer)?["status"],
        "failed",
        "moderate is blocked where nothing is known"
    );
    let record = &stranger.decisions_once(1).await?[0];
    assert!(codes(record).contains(&"ContextLost"), "{record}");
    let counted = stranger.metrics().await?.sum("riskgate_store_errors_total", &[("operation", "get")]);
    assert!(counted > 0.0);
    Ok(())
}

#[tokio::test]
async fn seal_keys_and_password_rotate_while_logins_run() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let user = ["ACL", "SETUSER", "riskgate", "on", ">first", "~riskgate:*", "+@all"];
    stage.redis.command::<()>(&user).await?;
    secret(&stage.simulator, "login", "username", b"riskgate")?;
    secret(&stage.simulator, "login", "password", b"first\n")?;
    secret(&stage.simulator, "seal", "next", &[2; 32])?;
    let with = |keys: Value| {
        let redis = json!({ "credentialsRef": { "name": "login" }, "sealKeysRef": { "keys": keys } });
        policy(&stage.simulator, &stage.redis).with_spec(&json!({ "store": { "redis": redis } }))
    };
    let mut taken = 0.0;
    for keys in [json!(["key", "next"]), json!(["next", "key"]), json!(["next"])] {
        let order = stage.order(0, "moderate").await?;
        taken += 1.0;
        for pod in &stage.pods {
            pod.change_policy(&with(keys.clone()))?;
        }
        for pod in &stage.pods {
            eventually("the change", PATIENCE, || async {
                let reloads =
                    pod.metrics().await?.sum("riskgate_config_reloads_total", &[("result", "taken")]);
                ensure!(reloads >= taken, "{reloads}");
                Ok(())
            })
            .await?;
        }
        if keys != json!(["next"]) {
            assert_eq!(stage.collected(1, &order).await?, "complete", "{keys}");
        }
    }
    stage.redis.command::<()>(&["ACL", "SETUSER", "riskgate", ">second"]).await?;
    secret(&stage.simulator, "login", "password", b"second\n")?;
    eventually("both pods to log in anew", PATIENCE, || async {
        for pod in &stage.pods {
            let reloads = pod.metrics().await?.sum("riskgate_config_reloads_total", &[("result", "taken")]);
            ensure!(reloads > taken, "{reloads}");
        }
        Ok(())
    })
    .await?;
    stage.redis.command::<()>(&["ACL", "SETUSER", "riskgate", "<first"]).await?;
    stage.redis.command::<u64>(&["CLIENT", "KILL", "USER", "riskgate"]).await?;
    healed(&stage).await?;
    let clients: String = stage.redis.command(&["CLIENT", "LIST"]).await?;
    let of_pods = clients.lines().filter(|line| line.contains("user=riskgate")).count();
    assert!(of_pods >= 2, "both are logged in with the new password:\n{clients}");
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_with_its_field() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    secret(&stage.simulator, "seal", "short", b"0123456789abcdef")?;
    let redis = json!({ "store": { "redis": { "sealKeysRef": { "keys": ["short"] } } } });
    let policy = policy(&stage.simulator, &stage.redis).with_spec(&redis);
    let (mut process, _folder) = Sidecar::spawn(&policy, stage.simulator.credentials())?;
    let status = process.exited(PATIENCE).await?;
    assert_eq!(status.code(), Some(78));
    let said = process.stderr().all().join("\n");
    let line = said.lines().find(|line| line.contains("sealKeysRef")).context(said.clone())?;
    assert!(line.contains("16 bytes") && line.contains("write 32 random bytes"), "{line}");
    Ok(())
}

#[tokio::test]
async fn refusing_a_full_server_takes_answers_and_no_orders() -> Result<()> {
    let refuse = json!({ "store": { "whenUnavailable": "Refuse" } });
    let stage = Stage::start(|policy| policy.with_spec(&refuse)).await?;
    let order = stage.order(0, "moderate").await?;
    stage.redis.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await?;
    let refused = || async {
        let answer = stage.post(0, AUTH, &json!({ "endUserIp": "192.0.2.1" })).await?;
        let said: Value = web::json(&answer)?;
        ensure!(answer.status() == 503 && said["errorCode"] == "maintenance", "{} {said}", answer.status());
        anyhow::Ok(())
    };
    // An order may still pass in the half second after the store last took one.
    eventually("orders to be refused", PATIENCE, refused).await?;
    let sent = stage.simulator.control().requests(AUTH).await?.len();
    refused().await?;
    assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), sent, "nothing was sent");

    let first = stage.collect(1, &order).await?;
    assert_eq!(web::success(&first)?["status"], "complete");
    assert_eq!(stage.collect(0, &order).await?.body(), first.body(), "the full server took it");
    let record = &stage.pods[1].decisions_once(1).await?[0];
    assert_eq!(
        (&record["flow"], codes(record).contains(&"StoreDegraded")),
        (&json!("login"), false),
        "{record}"
    );
    stage.redis.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await?;
    healed(&stage).await
}

#[tokio::test]
async fn the_threshold_that_an_application_set_itself_holds_in_an_outage() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    stage.simulator.control().script_next(&json!({ "risk": "moderate", "hints": [] })).await?;
    let low = json!({ "endUserIp": "192.0.2.1", "requirement": { "risk": "low" } });
    let made: Value = web::success(&stage.post(0, AUTH, &low).await?)?;
    let order = made["orderRef"].as_str().context(made.to_string())?;
    stage.redis.kill().await?;
    assert_eq!(stage.collected(0, order).await?, "failed", "the flow alone would allow Moderate");
    let record = &stage.pods[0].decisions_once(1).await?[0];
    assert_eq!((&record["flow"], &record["verdict"]), (&json!("login"), &json!("Block")), "{record}");
    assert!(
        codes(record).contains(&"StoreDegraded") && codes(record).contains(&"RequirementRisk"),
        "{record}"
    );
    Ok(())
}

#[tokio::test]
async fn an_answer_that_another_pod_settled_unreadably_is_an_error_and_nothing_is_made_up() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.order(0, "low").await?;
    assert_eq!(stage.collected(0, &order).await?, "complete");
    secret(&stage.simulator, "stranger", "key", &[9; 32])?;
    let other_keys = json!({ "store": { "redis": { "sealKeysRef": { "name": "stranger" } } } });
    let stranger = policy(&stage.simulator, &stage.redis).with_spec(&other_keys);
    let stranger = Sidecar::start(&stranger, stage.simulator.credentials()).await?;
    let request = web::post(crate::stage::COLLECT, &[], &json!({ "orderRef": order }))?;
    let answer = web::send(&stranger.base_url()?, request).await?;
    let said: Value = web::json(&answer)?;
    assert_eq!((answer.status().as_u16(), &said["errorCode"]), (500, &json!("internalError")), "{said}");
    assert!(stranger.decisions()?.is_empty(), "it decides nothing about what was decided");
    assert_eq!(stage.collected(1, &order).await?, "complete", "who has the key gives it still");
    Ok(())
}
