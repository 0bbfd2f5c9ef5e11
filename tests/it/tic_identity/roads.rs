//! The client through the sidecar, by every REST road: allowed, blocked, challenged, and failing upstream.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{PATIENCE, eventually, web};
use http::Method;
use serde_json::json;

use crate::stage::{API_KEY, PERSONAL_NUMBER, Stage, risk};

#[tokio::test]
async fn an_allowed_login_passes_by_every_road_and_is_decided_once() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.script(risk("low")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    let of = json!({ "sessionId": session });
    let polled = stage.returns("poll", of.clone()).await?;
    assert_eq!(polled["status"], "complete", "{polled}");
    assert_eq!(stage.returns("status", of.clone()).await?["status"], "complete");
    let collected = stage.returns("collect", of.clone()).await?;
    assert_eq!(collected["user"]["personalNumber"], PERSONAL_NUMBER, "each road has its own answer");
    assert!(collected["token"].is_string(), "{collected}");
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["provider"], "TicIdentity");
    assert_eq!(records[0]["verdict"], "Allow");
    assert_eq!(records[0]["signals"][0]["assessment"], "Low");
    Ok(())
}

#[tokio::test]
async fn a_blocked_login_fails_by_every_road_and_is_ended_at_the_provider() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.script(risk("high")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    let of = json!({ "sessionId": session });
    for road in ["poll", "status", "collect", "poll"] {
        let refused = stage.returns(road, of.clone()).await?;
        assert_eq!(refused["status"], "failed", "{road}: {refused}");
        assert!(refused.get("user").is_none() && refused.get("token").is_none(), "{road}: {refused}");
        assert!(!refused.to_string().contains(PERSONAL_NUMBER), "{road}: {refused}");
    }
    let enrich = json!({ "sessionId": session, "types": ["SPAR"] });
    assert_eq!(stage.fails("enrich", enrich).await?, (Some(400), "session_not_completed".to_owned()));
    eventually("the session's end at the provider", PATIENCE, || async {
        let seen = stage.at_the_provider(&session).await?;
        anyhow::ensure!(seen["status"] == "cancelled", "{seen}");
        Ok(())
    })
    .await?;
    let requests = stage.requests().await?;
    let polls = requests.get(&("POST".to_owned(), format!("/api/v1/auth/{session}/poll")));
    assert_eq!(polls, Some(&1), "what is refused is not asked for again: {requests:?}");
    assert!(!requests.keys().any(|(_, path)| path.starts_with("/api/v1/enrichment")), "{requests:?}");
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!((&records[0]["verdict"], &records[0]["enforced"]), (&json!("Block"), &json!("Block")));
    assert_eq!(records[0]["reasons"][0]["code"], "BlockAt");
    Ok(())
}

#[tokio::test]
async fn the_first_road_may_be_any() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    for road in ["poll", "status", "collect"] {
        stage.script(risk("moderate")).await?;
        let (session, _) = stage.session("sign", json!({ "userVisibleData": "Pay 100 SEK" })).await?;
        stage.finish(&session).await?;
        let refused = stage.returns(road, json!({ "sessionId": session })).await?;
        assert_eq!(refused["status"], "failed", "{road}: {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn an_enrichment_before_any_other_road_waits_for_the_decision() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    for (level, passes) in [("low", true), ("high", false)] {
        stage.script(risk(level)).await?;
        let (session, _) = stage.session("auth", json!({})).await?;
        let enrich = json!({ "sessionId": session, "types": ["SPAR"] });
        let early = stage.fails("enrich", enrich.clone()).await?;
        assert_eq!(early, (Some(400), "Session not completed".to_owned()), "the provider's own words");
        stage.finish(&session).await?;
        if passes {
            let enriched = stage.returns("enrich", enrich).await?;
            let url = enriched["secureUrl"].as_str().unwrap_or_default();
            let token = json!({ "token": url.rsplit('/').next() });
            assert_eq!(stage.returns("enrichmentData", token).await?["spar"]["namn_Fornamn"], "Anna");
        } else {
            let refused = stage.fails("enrich", enrich).await?;
            assert_eq!(refused, (Some(400), "session_not_completed".to_owned()));
            assert_eq!(stage.at_the_provider(&session).await?["enrichment"]["spent"], 0);
        }
    }
    Ok(())
}

#[tokio::test]
async fn concurrent_roads_are_decided_once() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.script(risk("high")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    stage.finish(&session).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let paths = ["status", "collect"].map(|road| format!("/api/v1/auth/{session}/{road}"));
    let all = (0..100).map(|at| harness::web::get(&base, &paths[at % 2]));
    for answer in futures_util::future::join_all(all).await {
        let answer: serde_json::Value = harness::web::json(&answer?)?;
        assert_eq!(answer["status"], "failed", "{answer}");
    }
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_key_is_the_sidecars_and_the_address_the_users() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let (session, _) = stage.session("auth", json!({ "endUserIp": "85.24.100.50" })).await?;
    stage.returns("qr", json!({ "sessionId": session })).await?;
    assert_eq!(stage.returns("extend", json!({ "sessionId": session })).await?["extended"], true);
    let again = stage.returns("extend", json!({ "sessionId": session })).await?;
    assert_eq!((&again["extended"], &again["error"]), (&json!(false), &json!("already_extended")));
    assert_eq!(stage.returns("cancel", json!({ "sessionId": session })).await?["cancelled"], true);
    let all = stage.simulator.control().call(Method::GET, "/v1/requests", None).await?.to_string();
    assert!(all.contains(API_KEY) && !all.contains("the-applications-own-key"), "{all}");
    let printed = stage.sidecar.printed().join("\n");
    assert!(!printed.contains(API_KEY), "{printed}");
    Ok(())
}

#[tokio::test]
async fn a_challenge_passes_with_its_header() -> Result<()> {
    let stage = Stage::start(|policy| {
        policy["spec"]["flows"][0]["challengeAt"] = json!("Moderate");
        policy["spec"]["flows"][0]["challenge"] = json!({ "atCollect": "PassWithHeader" });
    })
    .await?;
    stage.script(risk("moderate")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    stage.finish(&session).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    for road in ["status", "collect"] {
        let answer = harness::web::get(&base, &format!("/api/v1/auth/{session}/{road}")).await?;
        assert_eq!(answer.headers()["riskgate-verdict"], "challenge", "{road}");
        assert_eq!(answer.headers()["riskgate-challenge"], "StepUp", "{road}");
        assert!(std::str::from_utf8(answer.body())?.contains(PERSONAL_NUMBER));
    }
    Ok(())
}

#[tokio::test]
async fn monitor_changes_nothing_and_says_what_enforce_would_have_done() -> Result<()> {
    let stage = Stage::start(|policy| policy["spec"]["mode"] = json!("Monitor")).await?;
    stage.script(risk("high")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    let polled = stage.returns("poll", json!({ "sessionId": session })).await?;
    assert_eq!(polled["status"], "complete");
    let collected = stage.returns("collect", json!({ "sessionId": session })).await?;
    assert_eq!(collected["user"]["personalNumber"], PERSONAL_NUMBER);
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!((&records[0]["verdict"], &records[0]["enforced"]), (&json!("Block"), &json!("Allow")));
    assert_eq!(stage.at_the_provider(&session).await?["status"], "complete", "nothing is ended");
    Ok(())
}

#[tokio::test]
async fn what_the_provider_does_wrong_is_the_clients_own_exception_and_never_a_result() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let cases = [
        (json!({ "fault": "garbage" }), Some(500)),
        (json!({ "fault": "html403" }), Some(403)),
        (json!({ "fault": "error", "status": 429, "code": "limit_exceeded" }), Some(429)),
        (json!({ "fault": "drop" }), Some(500)),
        (json!({ "fault": "members", "members": { "status": "pending" } }), Some(500)),
        (
            json!({ "fault": "members", "members": { "sessionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890" } }),
            Some(500),
        ),
        (json!({ "fault": "members", "members": { "status": "verified" } }), Some(500)),
    ];
    for (mut fault, expected) in cases {
        fault["at"] = json!("poll");
        let mut script = risk("low");
        script["faults"] = json!([fault]);
        stage.script(script).await?;
        let (session, _) = stage.session("auth", json!({})).await?;
        let (status, _) = stage.fails("poll", json!({ "sessionId": session })).await?;
        assert_eq!(status, expected, "{fault}");
    }
    Ok(())
}

#[tokio::test]
async fn no_personal_number_token_or_signature_is_printed() -> Result<()> {
    let mut stage = Stage::start(|policy| policy["spec"]["log"] = json!({ "level": "debug" })).await?;
    for level in ["low", "high"] {
        stage.script(risk(level)).await?;
        let start = json!({ "userVisibleData": "Pay 100 SEK", "personalNumber": PERSONAL_NUMBER });
        let (session, _) = stage.session("sign", start).await?;
        stage.returns("poll", json!({ "sessionId": session })).await?;
        stage.returns("collect", json!({ "sessionId": session })).await?;
    }
    stage.sidecar.decisions_once(2).await?;
    stage.sidecar.stop(Duration::from_secs(20)).await?;
    let printed = stage.sidecar.printed().join("\n");
    for secret in [PERSONAL_NUMBER, API_KEY, "token-of-", "signature-of-", "85.24.100.50", "94.254.120.75"] {
        assert!(!printed.contains(secret), "{secret} is printed");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_completes_while_its_enrichment_is_asked_for_is_decided_first() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.script(risk("high")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    let control = stage.simulator.control();
    control.call(Method::POST, "/v1/hold", Some(&json!({ "path": "/api/v1/enrichment" }))).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let enrich = web::post("/api/v1/enrichment", &[], &json!({ "sessionId": session, "types": ["spar"] }))?;
    let asked = tokio::spawn(async move { web::send(&base, enrich).await });
    eventually("the request for the enrichment", PATIENCE, || async {
        let held = control.call(Method::GET, "/v1/held", None).await?;
        ensure!(held["/api/v1/enrichment"]["waiting"] == 1, "{held}");
        Ok(())
    })
    .await?;
    stage.finish(&session).await?;
    control.call(Method::POST, "/v1/release", Some(&json!({}))).await?;
    let answer = asked.await??;
    assert_eq!(answer.status(), 400, "the provider gave it: {answer:?}");
    assert_eq!(answer.headers()["riskgate-verdict"], "block");
    assert!(!String::from_utf8_lossy(answer.body()).contains("secureUrl"));
    assert_eq!(stage.at_the_provider(&session).await?["enrichment"]["spent"], 1, "or nothing was shown");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_slow_gives_no_result_and_is_asked_anew() -> Result<()> {
    let stage = Stage::start(|policy| policy["spec"]["timeouts"] = json!({ "answer": "300ms" })).await?;
    stage.script(risk("high")).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    stage.finish(&session).await?;
    let path = format!("/api/v1/auth/{session}/poll");
    let control = stage.simulator.control();
    control.call(Method::POST, "/v1/hold", Some(&json!({ "path": path }))).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let poll = || Ok::<_, anyhow::Error>(http::Request::post(&*path).body(bytes::Bytes::new())?);
    let answer = web::send(&base, poll()?).await?;
    assert_eq!(answer.status(), 500, "{answer:?}");
    assert!(!String::from_utf8_lossy(answer.body()).contains(PERSONAL_NUMBER));
    control.call(Method::POST, "/v1/release", Some(&json!({}))).await?;
    let said: serde_json::Value = web::json(&web::send(&base, poll()?).await?)?;
    assert_eq!((&said["status"], &said["hintCode"]), (&json!("failed"), &json!("cancelled")), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be_on_every_road() -> Result<()> {
    let stage = Stage::start(|policy| {
        policy["spec"]["providers"][0]["ticIdentity"]["endpoint"] = json!("https://localhost:1");
    })
    .await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let session = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
    let start = web::post("/api/v1/auth/bankid/start", &[], &json!({ "endUserIp": "198.51.100.1" }))?;
    let enrich = web::post("/api/v1/enrichment", &[], &json!({ "sessionId": session, "types": ["spar"] }))?;
    let get =
        |call: &str| http::Request::get(format!("/api/v1/auth/{session}/{call}")).body(bytes::Bytes::new());
    let negotiate = http::Request::post("/hub/negotiate").body(bytes::Bytes::new())?;
    for request in [start, enrich, get("status")?, get("collect")?, get("qr")?, negotiate] {
        let path = request.uri().clone();
        let answer = web::send(&base, request).await?;
        assert_eq!(answer.status(), 503, "{path}: {answer:?}");
        assert!(
            web::json::<serde_json::Value>(&answer)?["error"].is_object(),
            "{path}: the provider's own form"
        );
    }
    Ok(())
}
