//! No personal number, name, token, signature, full address or key in anything that is printed.

use anyhow::Result;
use harness::web;
use serde_json::json;

use crate::stage::{AUTH, COLLECT, SIGN, Stage, at_once, auth, error, header};

#[tokio::test]
async fn nothing_secret_is_printed_whatever_happens() -> Result<()> {
    let debug = json!({ "log": { "level": "debug" } });
    let stage = Stage::start(|policy| policy.with_spec(&debug)).await?;
    let number = "200001012384";
    let mut secrets =
        vec![number.to_owned(), "Alex".into(), "Johnson".into(), "203.0.113.77".into(), "PRIVATE KEY".into()];
    let order = json!({ "endUserIp": "203.0.113.77", "requirement": { "personalNumber": number },
                        "userVisibleData": "SGVtbGlndA==" });
    secrets.push("SGVtbGlndA".into());
    let user_agent = "Mozilla/5.0 (Secret Device 4711)";
    for risk in ["low", "high"] {
        stage.simulator.control().script_person(number, &at_once(json!({ "risk": risk }))).await?;
        for path in [AUTH, SIGN] {
            let ordered = stage.post(path, &[("Riskgate-User-Agent", user_agent)], &order).await?;
            let tokens = web::success(&ordered)?;
            for name in ["orderRef", "autoStartToken", "qrStartToken", "qrStartSecret"] {
                secrets.push(tokens[name].as_str().unwrap_or_default().to_owned());
            }
            let answer = stage.collect(tokens["orderRef"].as_str().unwrap_or_default()).await?;
            let text = String::from_utf8_lossy(answer.body()).into_owned();
            if header(&answer, "riskgate-verdict") == Some("block") {
                for secret in &secrets[..4] {
                    assert!(!text.contains(secret.as_str()), "the withheld answer tells {secret}: {text}");
                }
            } else {
                let complete: serde_json::Value = serde_json::from_str(&text)?;
                for name in ["signature", "ocspResponse"] {
                    let value = complete["completionData"][name].as_str().unwrap_or_default();
                    secrets.push(value[..value.len().min(40)].to_owned());
                }
            }
        }
    }
    secrets.push("Secret Device".into());
    // And everything that goes wrong: malformed, refused, garbage.
    let malformed =
        format!("{{\"endUserIp\":\"203.0.113.77\",\"requirement\":{{\"personalNumber\":\"{number}\",");
    let request =
        http::Request::post(AUTH).header("content-type", "application/json").body(malformed.into())?;
    error(&web::send(&stage.sidecar.base_url()?, request).await?, 400, "invalidParameters")?;
    for fault in ["garbage", "truncate", "reset", "html403"] {
        stage
            .simulator
            .control()
            .script_person(number, &json!({ "hints": [], "faults": [{ "at": "terminal", "fault": fault }] }))
            .await?;
        let reference = crate::stage::order_ref(&stage.post(AUTH, &[], &order).await?)?;
        drop(stage.collect(&reference).await?);
        secrets.push(reference);
    }
    let broken = format!("POST {COLLECT} HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Header {number}: x\r\n\r\n");
    drop(
        harness::raw::exchange(stage.sidecar.address("bankid")?, broken.as_bytes(), harness::PATIENCE)
            .await?,
    );

    let printed = stage.sidecar.printed();
    assert!(printed.len() > 5, "there is something to search");
    for line in &printed {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            assert!(!line.contains(secret.as_str()), "{secret} was printed: {line}");
        }
    }
    let metrics = web::get(&stage.sidecar.health_url(), "/metrics").await?;
    let config = web::get(&stage.sidecar.admin_url(), "/config").await?;
    for page in [metrics, config] {
        let text = String::from_utf8_lossy(page.body()).into_owned();
        assert!(
            secrets.iter().filter(|secret| !secret.is_empty()).all(|secret| !text.contains(secret.as_str()))
        );
    }
    Ok(())
}

#[tokio::test]
async fn one_user_has_one_pseudonym() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    stage.simulator.control().script_default(&at_once(json!({ "risk": "low" }))).await?;
    for _ in 0..2 {
        let order = stage.order(AUTH, &auth()).await?;
        stage.collect(&order).await?;
    }
    let records = stage.sidecar.decisions_once(2).await?;
    assert_eq!(records[0]["subject"], records[1]["subject"]);
    assert_ne!(records[0]["transaction"], records[1]["transaction"]);
    assert!(records[0]["subject"].as_str().is_some_and(|subject| subject.starts_with("hmac:")));
    Ok(())
}
