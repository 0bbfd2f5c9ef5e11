//! The provider's other calls, as the application finds them in the configuration that comes through the sidecar.

use anyhow::Result;
use harness::web;
use http::Request;
use serde_json::json;

use crate::stage::{Stage, light};

#[tokio::test]
async fn the_configuration_leads_through_the_sidecar() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let base = format!("http://{}", stage.sidecar.address("norway")?);
    let found = stage.application.call("configuration", &json!({})).await?.returned()?;
    let issuer = stage.provider.issuer();
    assert_eq!(found["issuer"], issuer, "what tokens are compared with stays");
    for name in ["authorization_endpoint", "jwks_uri", "end_session_endpoint"] {
        assert!(found[name].as_str().unwrap().starts_with(issuer), "{name} is the browser's or public");
    }
    for name in [
        "token_endpoint",
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "pushed_authorization_request_endpoint",
    ] {
        assert!(found[name].as_str().unwrap().starts_with(&base), "{name}: {}", found[name]);
    }
    Ok(())
}

#[tokio::test]
async fn calls_that_carry_no_login_pass() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-1", &light("Green")).await?;
    let login = stage.login("ola,tid=t-1").await?.returned()?;
    let access = json!({ "accessToken": login["access"], "subject": "ola" });
    assert_eq!(stage.application.call("userinfo", &access).await?.returned()?["sub"], "ola");
    assert_eq!(stage.application.call("introspect", &access).await?.returned()?["active"], true);

    assert_eq!(stage.application.call("revoke", &access).await?.returned()?, json!({}));
    assert_eq!(stage.application.call("introspect", &access).await?.returned()?["active"], false);

    let base = format!("http://{}", stage.sidecar.address("norway")?);
    let own = Request::post("/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials&client_id=bank-post&client_secret=bank-secret".into())?;
    let answer = web::send(&base, own).await?;
    assert_eq!(web::success(&answer)?["token_type"], "Bearer", "a client's own token carries no login");
    assert_eq!(stage.sidecar.decisions()?.len(), 1, "only the login was decided");
    Ok(())
}

#[tokio::test]
async fn what_the_provider_does_not_have_is_refused_in_its_own_words() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let base = format!("http://{}", stage.sidecar.address("norway")?);
    let form = "application/x-www-form-urlencoded";
    let cases = [
        ("POST", "/token/", form, "grant_type=authorization_code", 404, "invalid_request"),
        ("DELETE", "/token", form, "", 405, "invalid_request"),
        ("POST", "/token", "application/json", "{}", 415, "invalid_request"),
        ("POST", "/token", form, "code=c", 400, "invalid_request"),
        ("POST", "/token", form, "grant_type=client_credentials&grant%5Ftype=x", 400, "invalid_request"),
        // The provider's own refusal passes.
        ("POST", "/token", form, "grant_type=authorization_code&code=c&client_id=x", 401, "invalid_client"),
    ];
    for (method, path, content_type, body, status, error) in cases {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(body.into())?;
        let answer = web::send(&base, request).await?;
        let said: serde_json::Value = web::json(&answer)?;
        assert_eq!(
            (answer.status().as_u16(), &said["error"]),
            (status, &json!(error)),
            "{path} {body}: {said}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_same_request_gets_the_same_tokens() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-1", &light("Green")).await?;
    let login = stage.login_with("ola,tid=t-1", json!({ "repeat": true })).await?.returned()?;
    assert_eq!(login["again"]["status"], 200);
    assert_eq!(login["again"]["body"]["access_token"], login["access"]);
    let codes =
        stage.provider.token_requests().await?.iter().filter(|one| one["user"] == "application").count();
    assert_eq!(codes, 1, "a code is exchanged once");
    assert_eq!(stage.sidecar.decisions()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn pushed_logins_can_be_made_to_ask_for_the_high_level() -> Result<()> {
    for require in [false, true] {
        let high = json!({ "requireHigh": require });
        let stage = Stage::start(|spec| {
            for (name, value) in high.as_object().unwrap() {
                spec["providers"][0]["bankIdNo"][name] = value.clone();
            }
        })
        .await?;
        stage.data("t-1", &light("Green")).await?;
        let args = json!({ "par": true, "acrValues": "urn:bankid:bis" });
        stage.login_with("ola,tid=t-1", args).await?.returned()?;
        let asked = stage.provider.asked_levels().await?;
        assert_eq!(asked, [if require { "urn:bankid:bid" } else { "urn:bankid:bis" }]);
    }
    Ok(())
}
