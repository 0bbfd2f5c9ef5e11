//! The hub through the sidecar: the client's WebSocket, allowed and blocked, and what is no client of ours.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use harness::{TinyProxy, web};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;

use crate::stage::{PERSONAL_NUMBER, Stage, risk};

async fn subscribed(stage: &Stage, level: &str) -> Result<String> {
    stage.script(risk(level)).await?;
    let (session, token) = stage.session("auth", json!({})).await?;
    stage.returns("hubConnect", json!({})).await?;
    let args = json!({ "sessionId": session, "subscriptionToken": token });
    assert_eq!(stage.returns("hubSubscribe", args).await?["status"], "pending");
    Ok(session)
}

#[tokio::test]
async fn an_allowed_session_completes_on_the_hub() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let session = subscribed(&stage, "low").await?;
    assert!(stage.returns("hubQrCode", json!({})).await?["qrData"].as_str().unwrap().starts_with("bankid."));
    stage.finish(&session).await?;
    let event = stage.returns("hubEvent", json!({})).await?;
    assert_eq!(event["event"], "completed");
    assert_eq!(event["said"][0]["user"]["personalNumber"], PERSONAL_NUMBER);
    assert_eq!(stage.returns("collect", json!({ "sessionId": session })).await?["status"], "complete");
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1, "decided by whichever road came first");
    stage.returns("hubDisconnect", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn a_blocked_session_fails_on_the_hub_and_on_every_other_road() -> Result<()> {
    let stage = Stage::start(|policy| {
        // The hub's event has no addresses, so that the verdict comes from what is unknown.
        policy["spec"]["flows"][0]["whenUnknown"] = json!("Block");
    })
    .await?;
    let session = subscribed(&stage, "high").await?;
    stage.finish(&session).await?;
    let event = stage.returns("hubEvent", json!({})).await?;
    assert_eq!(event["event"], "failed", "{event}");
    assert_eq!(event["said"][0]["hintCode"], "cancelled");
    assert!(!event.to_string().contains(PERSONAL_NUMBER));
    for road in ["poll", "collect"] {
        assert_eq!(stage.returns(road, json!({ "sessionId": session })).await?["status"], "failed", "{road}");
    }
    // The session is ended at the provider, and its subscriber hears of it.
    assert_eq!(stage.returns("hubEvent", json!({})).await?["event"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_blocked_before_stays_blocked_on_the_hub() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let session = subscribed(&stage, "high").await?;
    assert_eq!(stage.returns("poll", json!({ "sessionId": session })).await?["status"], "failed");
    let event = stage.returns("hubEvent", json!({})).await?;
    assert_eq!(event["event"], "failed", "the provider said OnCompleted: {event}");
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_unknown_subscription_is_the_clients_own_exception() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let (session, _) = stage.session("auth", json!({})).await?;
    stage.returns("hubConnect", json!({})).await?;
    let args = json!({ "sessionId": session, "subscriptionToken": session });
    let failure = stage.client.call("hubSubscribe", &args).await?.failed()?;
    assert_eq!(failure.class, "TicHubError");
    Ok(())
}

fn request(stage: &Stage, path: &str) -> Result<Request> {
    Ok(format!("ws://{}{path}", stage.sidecar.address("tic")?).into_client_request()?)
}

#[tokio::test]
async fn browsers_and_strangers_get_no_hub() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    for (path, header, status) in [
        ("/hub", Some(("origin", "https://evil.example")), 403),
        ("/hub", Some(("host", "evil.example")), 403),
        ("/hub?access_token=x", None, 404),
        ("/hub?id=a/b", None, 404),
    ] {
        let mut request = request(&stage, path)?;
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value.parse()?);
        }
        let refused = tokio_tungstenite::connect_async(request).await.err().context("it was let in")?;
        assert!(refused.to_string().contains(&status.to_string()), "{path} {header:?}: {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn another_protocol_than_json_is_refused_in_the_hubs_own_words() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let (mut socket, answer) = tokio_tungstenite::connect_async(request(&stage, "/hub")?).await?;
    assert!(answer.headers().get("sec-websocket-extensions").is_none());
    socket.send(Message::text("{\"protocol\":\"messagepack\",\"version\":1}\u{1e}")).await?;
    let said = socket.next().await.context("it says something")??;
    let said: Value = serde_json::from_str(said.to_text()?.trim_end_matches('\u{1e}'))?;
    assert!(said["error"].as_str().unwrap().contains("JSON protocol"), "{said}");
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(_))))));
    Ok(())
}

#[tokio::test]
async fn a_request_that_begins_like_the_hubs_is_answered() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    for path in ["/", "/hubs", "/h"] {
        assert_eq!(harness::web::get(&base, path).await?.status(), 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_negotiates_is_offered_the_one_way_through_the_sidecar() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let base = format!("http://{}", stage.sidecar.address("tic")?);
    let negotiate = |path: &'static str, content_type: Option<&'static str>| {
        let mut request = http::Request::post(path);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        request.body(bytes::Bytes::new())
    };
    for content_type in [None, Some("text/plain;charset=UTF-8")] {
        let path = "/hub/negotiate?negotiateVersion=1";
        let answer = web::send(&base, negotiate(path, content_type)?).await?;
        let said: Value = web::json(&answer)?;
        assert_eq!(
            said["availableTransports"],
            json!([{ "transport": "WebSockets", "transferFormats": ["Text"] }]),
            "{said}"
        );
        let token = said["connectionToken"].as_str().context("a connectionToken")?;
        let path = format!("/hub?id={token}");
        let (mut socket, _) = tokio_tungstenite::connect_async(request(&stage, &path)?).await?;
        socket.send(Message::text("{\"protocol\":\"json\",\"version\":1}\u{1e}")).await?;
        assert_eq!(socket.next().await.context("a handshake")??.to_text()?, "{}\u{1e}");
    }
    for (path, content_type, status) in
        [("/hub/negotiate?negotiateVersion=9", None, 404), ("/hub/negotiate", Some("text/html"), 415)]
    {
        let answer = web::send(&base, negotiate(path, content_type)?).await?;
        assert_eq!(answer.status(), status, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_hub_is_reached_through_an_egress_proxy() -> Result<()> {
    let proxy = TinyProxy::start("riskgate", "pr0xy-secret").await?;
    let stage = Stage::start_with_secrets(
        &[("proxy-login", "username", "riskgate"), ("proxy-login", "password", "pr0xy-secret")],
        |policy| {
            policy["spec"]["egressProxy"] =
                json!({ "url": proxy.url(), "credentialsRef": { "name": "proxy-login" }, "noProxy": [] });
        },
    )
    .await?;
    let session = subscribed(&stage, "low").await?;
    stage.finish(&session).await?;
    assert_eq!(stage.returns("hubEvent", json!({})).await?["event"], "completed");
    let endpoint = stage.simulator.tic_identity()?;
    let provider = endpoint.trim_start_matches("https://");
    let asked = proxy.asked();
    assert!(asked.len() >= 2, "requests and the WebSocket: {asked:?}");
    assert!(asked.iter().all(|target| target == provider), "{asked:?}");
    assert!(!stage.sidecar.printed().join("\n").contains("pr0xy-secret"));
    Ok(())
}
