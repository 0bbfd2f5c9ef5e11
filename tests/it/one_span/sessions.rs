//! Polls of the session that a request left: they say what OneSpan says, and never more than was decided.

use anyhow::{Context, Result};
use harness::Sidecar;
use http::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, header, is_decline, policy, said};

fn session(said: &Value) -> Result<String> {
    Ok(said["requestID"].as_str().context("a requestID")?.to_owned())
}

#[tokio::test]
async fn a_challenge_that_was_met_is_accepted() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_flow("all", &json!({ "challengeAt": "Moderate" }))).await?;
    let id = session(&said(&stage.login(&json!({ "code": 7, "session": { "pending": 2 } })).await?)?)?;
    for _ in 0..2 {
        let pending = stage.poll(&id).await?;
        assert_eq!(said(&pending)?, json!({ "requestID": id, "sessionStatus": "pending" }));
        assert_eq!(header(&pending, "riskgate-verdict"), None);
    }
    let accepted = stage.poll(&id).await?;
    assert_eq!(said(&accepted)?["sessionStatus"], "accepted");
    assert_eq!(header(&accepted, "riskgate-verdict"), Some("allow"));
    let records = stage.sidecar.decisions_once(2).await?;
    assert_eq!((&records[0]["verdict"], &records[1]["verdict"]), (&json!("Challenge"), &json!("Allow")));
    assert_eq!(records[1]["signals"][0]["indicators"], json!(["ChallengePush2FA", "ProviderChallengeMet"]));
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_declined_stays_declined() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_flow("all", &json!({ "blockAt": "Moderate" }))).await?;
    let declined = said(&stage.login(&json!({ "code": 0, "status": "pending", "fields": {} })).await?)?;
    let id = session(&declined)?;
    assert_eq!(declined["riskResponseCode"], 0);
    stage.next(&json!({ "code": 1, "status": "pending", "session": { "pending": 0 } })).await?;
    let refused = said(&stage.post(crate::stage::LOGIN, &[], &crate::stage::login()).await?)?;
    assert!(is_decline(&refused));
    for _ in 0..2 {
        let polled = stage.poll(&session(&refused)?).await?;
        assert!(is_decline(&said(&polled)?), "{polled:?}");
    }
    stage.poll(&id).await?;
    let accepted = said(&stage.poll(&id).await?)?;
    assert_eq!(accepted["sessionStatus"], "accepted", "another session is its own");
    Ok(())
}

#[tokio::test]
async fn what_onespan_ended_by_itself_passes_in_its_words() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for status in ["refused", "timeout", "failed", "failure", "unknown"] {
        let script = json!({ "code": 0, "status": "pending", "session": { "pending": 0, "status": status } });
        let id = session(&said(&stage.login(&script).await?)?)?;
        assert_eq!(said(&stage.poll(&id).await?)?["sessionStatus"], status);
        let answer = stage.login(&json!({ "status": status })).await?;
        assert_eq!(said(&answer)?["sessionStatus"], status);
    }
    Ok(())
}

#[tokio::test]
async fn a_session_of_which_nothing_is_known_is_judged_under_every_flow() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let id = session(&said(&stage.login(&json!({ "code": 7, "session": { "pending": 0 } })).await?)?)?;
    let other = Sidecar::start(&policy(&stage.simulator), stage.simulator.credentials()).await?;
    let other = Stage { simulator: stage.simulator, sidecar: other };
    let answer = other.poll(&id).await?;
    assert!(is_decline(&said(&answer)?), "whenUnknown: Block, and no code is known: {answer:?}");
    let gone = other.poll("00000000-0000-4000-8000-000000000000").await?;
    assert_eq!(gone.status(), 404, "OneSpan's own words");
    Ok(())
}

#[tokio::test]
async fn a_second_request_for_the_same_session_is_what_its_result_is_judged_on() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let first =
        said(&stage.login(&json!({ "code": 0, "status": "pending", "session": { "pending": 0 } })).await?)?;
    // The simulator gives every session an id of its own, so that the second answer names the first one's as a field.
    let fields = json!({ "requestID": session(&first)?, "sessionStatus": "pending" });
    let second = said(&stage.login(&json!({ "code": 1, "status": "absent", "fields": fields })).await?)?;
    assert!(is_decline(&second) && second["requestID"] == first["requestID"], "{second}");
    let polled = said(&stage.poll(&session(&first)?).await?)?;
    assert!(is_decline(&polled), "{polled}");
    Ok(())
}

#[tokio::test]
async fn only_the_known_calls_are_served() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let get = |path: &'static str| http::Request::get(path).body(bytes::Bytes::new());
    for (request, status) in [
        (get("/v1/events/7f")?, 404),
        (get("/v1/transactions/7f")?, 404),
        (get("/v1/users/alice@bank/login")?, 405),
        (get("/v1/users/a%2fb@bank/login")?, 404),
        (
            http::Request::builder()
                .method(Method::DELETE)
                .uri("/v1/sessions/7f")
                .body(bytes::Bytes::new())?,
            405,
        ),
    ] {
        let answer = stage.send(request).await?;
        assert_eq!(answer.status(), status, "{answer:?}");
        assert!(harness::web::json::<Value>(&answer)?["message"].is_string());
    }
    assert!(stage.simulator.control().requests("/v1/users/alice@bank/login").await?.is_empty());
    Ok(())
}
