//! Nothing of a user in anything that is printed.

use anyhow::Result;
use harness::web;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn nothing_of_a_user_is_printed_whatever_happens() -> Result<()> {
    let debug = json!({ "log": { "level": "debug" } });
    let rule = json!({ "sources": [{ "name": "provider", "blockWhen": ["deviceModel = Nokia"] }] });
    let stage = Stage::start(|policy| policy.with_spec(&debug).with_flow("all", &rule)).await?;
    let secrets =
        ["mallory", "SE35500000", "203.0.113.77", "3fa9", "OTP-4711", "Nexus-77", "secret-command", "ACC-12"];
    let body = json!({
        "objectType": "AdaptiveLoginInput",
        "clientIP": "203.0.113.77",
        "sessionID": "3fa9",
        "accountRef": "ACC-12",
        "credentials": { "authenticator": { "OTP": "OTP-4711" } },
    });
    let fields = json!({ "userRef": "mallory", "debtorIBAN": "SE35500000", "deviceModel": "Nexus-77", "requestMessage": "secret-command" });
    for script in [
        json!({ "code": 0, "fields": fields }),
        json!({ "code": 1, "fields": fields }),
        json!({ "code": 3, "fields": fields }),
        json!({ "fault": { "fault": "garbage" } }),
        json!({ "fault": { "fault": "error", "status": 400, "message": "mallory" } }),
    ] {
        stage.next(&script).await?;
        drop(stage.post("/v1/users/mallory@bank/login", &[], &body).await?);
    }
    let request =
        http::Request::post("/v1/users/mallory@bank/login").header("content-type", "application/json");
    drop(stage.send(request.body("{\"accountRef\":\"ACC-12\",".into())?).await?);
    stage.sidecar.decisions_once(3).await?;
    let mut pages = stage.sidecar.printed();
    for url in [stage.sidecar.health_url(), stage.sidecar.admin_url()] {
        for path in ["/metrics", "/config", "/decisions/recent"] {
            pages.push(String::from_utf8_lossy(web::get(&url, path).await?.body()).into_owned());
        }
    }
    assert!(pages.len() > 8, "there is something to search");
    for page in pages {
        for secret in secrets {
            assert!(!page.contains(secret), "{secret} was printed: {page}");
        }
    }
    Ok(())
}
