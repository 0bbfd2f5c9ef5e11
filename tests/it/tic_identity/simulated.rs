//! The client against the simulator itself, without a sidecar between: what it does when all is well is what the other tests
//! compare with.

use anyhow::{Context, Result};
use harness::{Client, Simulator};
use http::Method;
use serde_json::{Value, json};

const KEY: &str = "tic-simulator-key";

struct Bench {
    simulator: Simulator,
    client: Client,
}

impl Bench {
    async fn start(arguments: &[&str]) -> Result<Self> {
        let arguments = [&["--tic-identity", "127.0.0.1:0"], arguments].concat();
        let simulator = Simulator::start_plain_with(&arguments).await?;
        let client = Client::tic_identity(simulator.tic_identity()?)?;
        let bench = Self { simulator, client };
        bench.returns("useKey", json!({ "apiKey": KEY })).await?;
        Ok(bench)
    }

    async fn returns(&self, operation: &str, args: Value) -> Result<Value> {
        self.client.call(operation, &args).await?.returned()
    }

    async fn fails(&self, operation: &str, args: Value) -> Result<(Option<u16>, String)> {
        let failure = self.client.call(operation, &args).await?.failed()?;
        Ok((failure.status, failure.error_code.unwrap_or_default()))
    }

    async fn finish(&self, session: &str) -> Result<()> {
        let path = format!("/v1/tic-identity/sessions/{session}/finish");
        let outcome = json!({ "outcome": "complete" });
        self.simulator.control().call(Method::POST, &path, Some(&outcome)).await.map(drop)
    }

    async fn advance(&self, seconds: u64) -> Result<()> {
        let by = json!({ "seconds": seconds });
        self.simulator.control().call(Method::POST, "/v1/clock/advance", Some(&by)).await.map(drop)
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().with_context(|| format!("no {name}: {value}"))?.to_owned())
}

#[tokio::test]
async fn a_login_completes_by_polls_and_is_collected() -> Result<()> {
    let bench = Bench::start(&[]).await?;
    let session = text(&bench.returns("auth", json!({})).await?, "sessionId")?;
    let of = json!({ "sessionId": session });
    assert_eq!(bench.returns("poll", of.clone()).await?["hintCode"], "outstandingTransaction");
    assert_eq!(bench.returns("poll", of.clone()).await?["hintCode"], "userSign");
    assert_eq!(bench.returns("status", of.clone()).await?["status"], "pending", "a status drives nothing");
    assert_eq!(bench.returns("poll", of.clone()).await?["status"], "complete");
    let collected = bench.returns("collect", of).await?;
    assert_eq!(collected["user"]["personalNumber"], "199001011234", "{collected}");
    assert!(collected["token"].is_string() && collected.get("signature").is_none(), "{collected}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_key_or_session_is_the_clients_own_exception() -> Result<()> {
    let bench = Bench::start(&[]).await?;
    let nobody = json!({ "sessionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890" });
    assert_eq!(bench.fails("poll", nobody).await?, (Some(404), "session_not_found".to_owned()));
    bench.returns("useKey", json!({ "apiKey": "another" })).await?;
    assert_eq!(bench.fails("auth", json!({})).await?, (Some(401), "invalid_api_key".to_owned()));
    Ok(())
}

#[tokio::test]
async fn the_hub_tells_of_completion() -> Result<()> {
    let bench = Bench::start(&[]).await?;
    let started = bench.returns("auth", json!({})).await?;
    let session = text(&started, "sessionId")?;
    bench.returns("hubConnect", json!({})).await?;
    let token = text(&started, "subscriptionToken")?;
    let subscribed =
        bench.returns("hubSubscribe", json!({ "sessionId": session, "subscriptionToken": token }));
    assert_eq!(subscribed.await?["status"], "pending");
    assert_eq!(bench.returns("hubStatus", json!({})).await?["status"], "pending");
    bench.finish(&session).await?;
    let event = bench.returns("hubEvent", json!({})).await?;
    assert_eq!(event["event"], "completed");
    assert_eq!(event["said"][0]["user"]["givenName"], "Anna", "{event}");
    bench.returns("hubDisconnect", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn an_enrichment_and_its_url_work_once_and_in_time() -> Result<()> {
    let bench = Bench::start(&["--clock", "manual"]).await?;
    let session = text(&bench.returns("auth", json!({})).await?, "sessionId")?;
    let wanted = json!({ "sessionId": session, "types": ["SPAR", "Income"] });
    assert_eq!(bench.fails("enrich", wanted.clone()).await?, (Some(400), "Session not completed".to_owned()));
    bench.finish(&session).await?;
    let enriched = bench.returns("enrich", wanted.clone()).await?;
    assert_eq!(enriched["completedTypes"], json!(["spar", "income"]), "{enriched}");
    let again = bench.fails("enrich", wanted).await?;
    assert_eq!(again, (Some(400), "Session has already been enriched".to_owned()));
    let url = text(&enriched, "secureUrl")?;
    let token = json!({ "token": url.rsplit('/').next().unwrap() });
    let data = bench.returns("enrichmentData", token.clone()).await?;
    assert_eq!(data["spar"]["namn_Fornamn"], "Anna", "{data}");
    assert!(data.get("companyRoles").is_none(), "what was not asked for does not come: {data}");
    let gone = (Some(410), "Token expired or invalid".to_owned());
    assert_eq!(bench.fails("enrichmentData", token).await?, gone);

    let late = text(&bench.returns("auth", json!({})).await?, "sessionId")?;
    bench.finish(&late).await?;
    bench.advance(1_801).await?;
    let late = bench.fails("enrich", json!({ "sessionId": late, "types": ["full"] })).await?;
    assert_eq!(late, (Some(400), "Session too old for enrichment".to_owned()));
    Ok(())
}
