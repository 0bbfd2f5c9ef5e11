//! The enrichment as a source: spent once, whoever asks and whatever dies, and handed to the application once.

use anyhow::{Context, Result, ensure};
use futures_util::future::join_all;
use harness::{PATIENCE, Policy, RedisServer, Sidecar, eventually, web};
use http::Method;
use serde_json::{Value, json};

use crate::stage::{PERSONAL_NUMBER, Stage, policy, text};

/// A policy that asks for `types`, and blocks on what is found.
fn enriched(policy: &mut Value, types: &Value, consume: bool) {
    let endpoint = policy["spec"]["providers"][0]["ticIdentity"]["endpoint"].clone();
    policy["spec"]["sources"] = json!([{
        "name": "enrichment",
        "ticEnrichment": {
            "endpoint": endpoint,
            "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
            "types": types,
            "apiKeyRef": { "name": "tic", "key": "apiKey" },
            "consume": consume,
        },
    }]);
    policy["spec"]["flows"][0]["sources"] = json!([{
        "name": "enrichment",
        "blockWhen": ["protectedIdentity", "deceased", "noLongerInOffice"],
        "whenUnavailable": "Block",
    }]);
}

async fn completed(stage: &Stage, script: Value) -> Result<String> {
    stage.script(script).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    stage.finish(&session).await?;
    Ok(session)
}

async fn counts(stage: &Stage, session: &str) -> Result<Value> {
    Ok(stage.at_the_provider(session).await?["enrichment"].clone())
}

#[tokio::test]
async fn a_hundred_callers_spend_once_and_the_application_gets_what_was_found_once() -> Result<()> {
    let stage = Stage::start(|policy| enriched(policy, &json!(["spar", "ipIntelligence"]), true)).await?;
    let session = completed(&stage, json!({})).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let paths = ["status", "collect"].map(|road| format!("/api/v1/auth/{session}/{road}"));
    for answer in join_all((0..100).map(|at| web::get(&base, &paths[at % 2]))).await {
        let answer: Value = web::json(&answer?)?;
        assert_eq!(answer["status"], "complete", "{answer}");
    }
    assert_eq!(counts(&stage, &session).await?, json!({ "spent": 1, "refused": 0, "delivered": 1 }));
    let records = stage.sidecar.decisions_once(1).await?;
    let signal = &records[0]["signals"][1];
    assert_eq!((&signal["source"], &signal["assessment"]), (&json!("enrichment"), &json!("Low")), "{signal}");

    let wanted = json!({ "sessionId": session, "types": ["SPAR"] });
    let handed = stage.returns("enrich", wanted.clone()).await?;
    assert_eq!(handed["status"], "Completed", "{handed}");
    let again = stage.fails("enrich", wanted).await?;
    assert_eq!(again, (Some(400), "Session has already been enriched".to_owned()));
    let url = text(&handed, "secureUrl")?;
    let token = json!({ "token": url.rsplit('/').next() });
    let data = stage.returns("enrichmentData", token.clone()).await?;
    assert_eq!(data["personalNumber"], PERSONAL_NUMBER);
    assert!(data.get("income").is_none(), "only what the policy names is asked for: {data}");
    let gone = stage.fails("enrichmentData", token).await?;
    assert_eq!(gone, (Some(410), "Token expired or invalid".to_owned()));
    assert_eq!(counts(&stage, &session).await?, json!({ "spent": 1, "refused": 0, "delivered": 1 }));
    let printed = stage.sidecar.printed().join("\n");
    assert!(!printed.contains(PERSONAL_NUMBER) && !printed.contains("Storgatan"), "{printed}");
    Ok(())
}

#[tokio::test]
async fn named_facts_block_and_nothing_of_the_person_is_recorded() -> Result<()> {
    let stage = Stage::start(|policy| enriched(policy, &json!(["spar", "companyRoles"]), true)).await?;
    let ended =
        json!([{ "positionEnd": "2024-05-01", "companyStatus": "Aktivt", "legalName": "Exempel AB" }]);
    let cases = [
        (json!({ "protected": true }), Some("protectedIdentity")),
        (json!({ "data": { "spar": { "persondetaljer_Avlidendatum": "2026-01-01" } } }), Some("deceased")),
        (json!({ "data": { "companyRoles": ended } }), Some("noLongerInOffice")),
        (json!({}), None),
    ];
    for (index, (enrichment, fact)) in cases.into_iter().enumerate() {
        let session = completed(&stage, json!({ "enrichment": enrichment })).await?;
        let collected = stage.returns("collect", json!({ "sessionId": session })).await?;
        let expected = if fact.is_some() { "failed" } else { "complete" };
        assert_eq!(collected["status"], expected, "{fact:?}: {collected}");
        let record = stage.sidecar.decisions_once(index + 1).await?[index].clone();
        if let Some(fact) = fact {
            assert_eq!(
                (&record["reasons"][0]["code"], &record["reasons"][0]["observed"]),
                (&json!("BlockWhen"), &json!(fact))
            );
            let enrich = json!({ "sessionId": session, "types": ["SPAR"] });
            let refused = stage.fails("enrich", enrich).await?;
            assert_eq!(refused, (Some(400), "session_not_completed".to_owned()), "nor what was found");
        }
        assert!(!record.to_string().contains("Exempel"), "{record}");
    }
    Ok(())
}

#[tokio::test]
async fn the_applications_one_shot_is_its_own_unless_the_policy_says_otherwise() -> Result<()> {
    let stage = Stage::start(|policy| enriched(policy, &json!(["spar"]), false)).await?;
    let session = completed(&stage, json!({})).await?;
    assert_eq!(stage.returns("collect", json!({ "sessionId": session })).await?["status"], "complete");
    assert_eq!(counts(&stage, &session).await?["spent"], 0);
    stage.returns("enrich", json!({ "sessionId": session, "types": ["full"] })).await?;
    assert_eq!(counts(&stage, &session).await?["spent"], 1);
    Ok(())
}

#[tokio::test]
async fn what_was_spent_and_lost_is_unavailable_and_never_spent_again() -> Result<()> {
    let stage = Stage::start(|policy| enriched(policy, &json!(["spar"]), true)).await?;
    let faults = json!([{ "at": "enrichment", "fault": "garbage" }]);
    let session = completed(&stage, json!({ "faults": faults })).await?;
    for road in ["collect", "status"] {
        assert_eq!(stage.returns(road, json!({ "sessionId": session })).await?["status"], "failed");
    }
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!(records[0]["signals"][1]["indicators"], json!(["SpendUnresolved"]));
    assert_eq!(counts(&stage, &session).await?["spent"], 1);
    Ok(())
}

#[tokio::test]
async fn an_enrichment_that_takes_its_time_is_waited_for() -> Result<()> {
    let stage = Stage::start(|policy| enriched(policy, &json!(["spar", "income"]), true)).await?;
    let enrichment = json!({ "processing": 2, "missing": ["income"] });
    let session = completed(&stage, json!({ "enrichment": enrichment })).await?;
    eventually("the result", PATIENCE, || async {
        let status = stage.returns("status", json!({ "sessionId": session })).await?;
        ensure!(status["status"] == "complete", "{status}");
        Ok(())
    })
    .await?;
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!(records[0]["signals"][1]["indicators"], json!(["partial"]));
    Ok(())
}

#[tokio::test]
async fn a_sidecar_killed_while_it_spends_leaves_an_intent_that_nobody_repeats() -> Result<()> {
    let redis = RedisServer::start(&[]).await?;
    let shared = |policy: &mut Value| {
        enriched(policy, &json!(["spar"]), true);
        policy["spec"]["store"] = json!({
            "redis": { "url": redis.url(), "sealKeysRef": { "name": "tic", "keys": ["seal"] } },
        });
    };
    let mut stage = Stage::start(shared).await?;
    let mut same = policy(&stage.simulator)?;
    shared(&mut same);
    let other = Sidecar::start(&Policy::from(same), stage.simulator.credentials()).await?;
    let session = completed(&stage, json!({})).await?;
    let path = format!("/api/v1/auth/{session}/collect");
    control(&stage, "/v1/hold", json!({ "path": "/api/v1/enrichment" })).await?;
    let doomed = format!("http://{}", stage.sidecar.address("tic")?);
    let asked = tokio::spawn({
        let path = path.clone();
        async move { web::get(&doomed, &path).await }
    });
    eventually("the request for the enrichment", PATIENCE, || async {
        let held = stage.simulator.control().call(Method::GET, "/v1/held", None).await?;
        ensure!(held["/api/v1/enrichment"]["waiting"] == 1, "{held}");
        Ok(())
    })
    .await?;
    stage.sidecar.process().kill();
    // Its application hears nothing, or that sources still run.
    drop(asked.await?);
    control(&stage, "/v1/release", json!({})).await?;
    let answer: Value = eventually("a decision", PATIENCE, || async {
        let answer: Value = web::json(&web::get(&format!("http://{}", other.address("tic")?), &path).await?)?;
        ensure!(answer["status"] != "pending", "{answer}");
        Ok(answer)
    })
    .await?;
    assert_eq!(answer["status"], "failed", "whenUnavailable: Block; {answer}");
    let records = other.decisions_once(1).await?;
    assert_eq!(records[0]["signals"][1]["indicators"], json!(["SpendUnresolved"]));
    let spent = counts(&stage, &session).await?;
    assert!(spent["spent"].as_u64().context("a count")? <= 1 && spent["refused"] == 0, "{spent}");
    let everything = redis.everything().await?;
    assert!(!everything.contains(PERSONAL_NUMBER) && !everything.contains(&session), "sealed and hashed");
    Ok(())
}

async fn control(stage: &Stage, call: &str, body: Value) -> Result<()> {
    stage.simulator.control().call(Method::POST, call, Some(&body)).await.map(drop)
}
