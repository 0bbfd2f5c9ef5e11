//! A provider that fails, lies or is away, and what is printed meanwhile.

use anyhow::Result;
use harness::client::Answer;
use harness::{PATIENCE, web};
use http::Request;
use serde_json::json;

use crate::stage::{Stage, light};

#[tokio::test]
async fn a_provider_that_fails_is_the_applications_own_failure() -> Result<()> {
    let mut stage = Stage::start(|spec| {
        spec["timeouts"] = json!({ "answer": "2s" });
        spec["sources"] = json!([]);
        for flow in spec["flows"].as_array_mut().unwrap() {
            flow["sources"] = json!([]);
        }
    })
    .await?;
    stage.login("ola").await?.returned()?;
    let base = format!("http://{}", stage.sidecar.address("norway")?);
    let cases = [
        (json!({ "status": 502, "contentType": "text/html", "body": "<html></html>" }), 502, "server_error"),
        (
            json!({ "status": 503, "body": "{\"error\":\"temporarily_unavailable\"}" }),
            503,
            "temporarily_unavailable",
        ),
        (json!({ "status": 200, "body": "{\"access_token\":\"x\"" }), 500, "server_error"),
        (
            json!({ "status": 200, "body": "{\"access_token\":\"x\",\"id_token\":\"e30.e30.e30\"}" }),
            500,
            "server_error",
        ),
        (json!({ "silent": true }), 500, "server_error"),
    ];
    for (wrong, status, error) in cases {
        stage.provider.misbehave(&json!([wrong, wrong])).await?;
        // The client reads no error body behind a 5xx; whoever does finds OAuth's own.
        let failure = stage.refused("ola").await?;
        assert_eq!((failure.status, failure.error_code), (Some(status), None), "{wrong}");
        let request = Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=authorization_code&code=c&client_id=shop".into())?;
        let answer = web::send(&base, request).await?;
        let said: serde_json::Value = web::json(&answer)?;
        assert_eq!((answer.status().as_u16(), &said["error"]), (status, &json!(error)), "{wrong}: {said}");
    }
    stage.login("ola").await?.returned()?;
    stage.provider.process().stop(PATIENCE).await.ok();
    let answer = stage.application.call("refresh", &json!({ "refreshToken": "r" })).await?;
    assert!(matches!(answer, Answer::Failed(_) | Answer::Crashed(_)), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn nothing_secret_is_printed() -> Result<()> {
    let stage = Stage::start(|spec| spec["log"] = json!({ "level": "debug" })).await?;
    let green = json!({ "BankID_fpf_classification": "Green", "BankID_User_IP": "203.0.113.77" });
    stage.data("t-green", &green).await?;
    stage.data("t-red", &light("Red")).await?;
    let from = json!({ "headers": { "riskgate-client-ip": "203.0.113.77" } });
    let login = stage.login_with("olanordmann,tid=t-green,altsub=9578-5999-4", from).await?.returned()?;
    stage.refused("olanordmann,tid=t-red").await?;
    stage.provider.misbehave(&json!([{ "status": 200, "body": "{\"access_token\":\"geheim\"}x" }])).await?;
    stage.refused("olanordmann,tid=t-red").await?;
    let text = |name: &str| login[name].as_str().unwrap().to_owned();
    let mut secrets = vec![text("access"), text("refresh"), text("idToken"), "bank-secret".into()];
    secrets.extend(
        ["shop-secret", "olanordmann", "9578-5999", "t-green", "t-red", "203.0.113.77", "geheim"]
            .map(Into::into),
    );
    for secret in stage.simulator.control().requests("/securityData/t-green").await? {
        let headers = secret["headers"].as_array().unwrap();
        let bearer = headers.iter().find(|header| header[0] == "authorization").expect("a bearer token");
        secrets.push(bearer[1].as_str().unwrap().trim_start_matches("Bearer ").to_owned());
    }
    for line in stage.sidecar.printed() {
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret} is printed: {line}");
        }
    }
    Ok(())
}
