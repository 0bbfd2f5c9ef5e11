//! The loopback guard, and headers that outsiders might forge.

use anyhow::Result;
use bytes::Bytes;
use harness::web;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::stage::{AUTH, Stage, at_once, auth, body, error, header, order_ref};

/// Headers, and the status and code that they get.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);

fn request(method: &Method, path: &str, headers: &[(&str, &str)]) -> Result<Request<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.body(Bytes::from(auth().to_string()))?)
}

#[tokio::test]
async fn browsers_and_strangers_are_turned_away() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let base_url = stage.sidecar.base_url()?;
    let json_type = ("content-type", "application/json");
    let cases: [Case<'_>; 8] = [
        (&[json_type, ("origin", "https://evil.example")], 403, "unauthorized"),
        (&[json_type, ("sec-fetch-site", "cross-site")], 403, "unauthorized"),
        (&[json_type, ("host", "evil.example")], 403, "unauthorized"),
        (&[json_type, ("host", "127.0.0.1.evil.example")], 403, "unauthorized"),
        (&[("content-type", "application/json; charset=utf-8")], 415, "unsupportedMediaType"),
        (&[("content-type", "text/plain")], 415, "unsupportedMediaType"),
        (&[], 415, "unsupportedMediaType"),
        (&[json_type, ("host", "localhost:1")], 200, ""),
    ];
    for (headers, status, code) in cases {
        let answer = web::send(&base_url, request(&Method::POST, AUTH, headers)?).await?;
        if status == 200 {
            order_ref(&answer)?;
        } else {
            error(&answer, status, code)?;
        }
    }
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = web::send(&base_url, request(&method, AUTH, &[json_type])?).await?;
        error(&answer, 405, "methodNotAllowed")?;
    }
    for path in [
        "/",
        "/rp/v6.0/auth/",
        "/rp/v6.0/auth?x=1",
        "/rp/v6.0/../v6.0/auth",
        "/rp/v6.0/%61uth",
        "/rp/v5.1/auth",
        "//rp/v6.0/auth",
    ] {
        let answer = web::send(&base_url, request(&Method::POST, path, &[json_type])?).await?;
        error(&answer, 404, "notFound")?;
    }
    assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), 1, "only the one that may was sent");
    Ok(())
}

#[tokio::test]
async fn our_headers_go_no_further_and_come_from_nobody_else() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let headers = [
        ("Riskgate-Client-Ip", "6.6.6.6, 192.0.2.7"),
        ("Riskgate-User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
        ("Riskgate-Device-Id", "device-1"),
        ("Riskgate-Referring-Domain", "Login.Example.SE:443"),
        ("Cookie", "session=secret"),
        ("Authorization", "Bearer secret"),
    ];
    stage.simulator.control().script_next(&at_once(json!({ "risk": "low" }))).await?;
    order_ref(&stage.post(AUTH, &headers, &json!({})).await?)?;
    let seen = &stage.simulator.control().requests(AUTH).await?[0];
    let text = seen["headers"].to_string().to_ascii_lowercase();
    for name in ["riskgate", "cookie", "authorization", "secret"] {
        assert!(!text.contains(name), "{name} was passed on: {text}");
    }
    let sent: Value = serde_json::from_str(seen["body"].as_str().unwrap_or_default())?;
    assert_eq!(sent["endUserIp"], "192.0.2.7", "the entry that the trusted proxy appended");
    assert_eq!(
        sent["web"],
        json!({ "referringDomain": "login.example.se", "userAgent": headers[1].1, "deviceIdentifier": "device-1" })
    );
    Ok(())
}

#[tokio::test]
async fn own_endpoints_read_only() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    let answer = stage.collect(&order).await?;
    let admin = stage.sidecar.admin_url();
    let config = web::success(&web::get(&admin, "/config").await?)?;
    assert_eq!(config["config"]["policy"]["name"], "retail");
    let recent = web::success(&web::get(&admin, "/decisions/recent").await?)?;
    assert_eq!(recent[0]["id"].as_str(), header(&answer, "riskgate-decision-id"));
    assert_eq!(recent[0]["revision"], config["revision"]);
    let foreign = request(&Method::GET, "/config", &[("host", "evil.example")])?;
    assert_eq!(web::send(&admin, foreign).await?.status().as_u16(), 403);
    let write = request(&Method::POST, "/config", &[])?;
    assert_eq!(web::send(&admin, write).await?.status().as_u16(), 405);
    let health = stage.sidecar.health_url();
    for path in ["/livez", "/readyz", "/startupz"] {
        assert!(web::get(&health, path).await?.status().is_success(), "{path}");
    }
    assert_eq!(
        web::get(&health, "/config").await?.status().as_u16(),
        404,
        "nothing of the policy on the open port"
    );
    let series = stage.sidecar.metrics().await?.series().values().sum::<usize>();
    assert!(series < 300, "labels are bounded: {series} series");
    drop(body(&answer)?);
    Ok(())
}
