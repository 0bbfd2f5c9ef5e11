//! What OneSpan gets that the application did not send.

use anyhow::Result;
use serde_json::json;

use crate::stage::{LOGIN, Stage, TRANSACTION, login};

#[tokio::test]
async fn address_application_and_device_are_attached_and_nothing_of_ours_is_sent() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let device = "AB".repeat(32);
    let headers = [
        ("Riskgate-Client-Ip", "6.6.6.6, 81.2.69.142"),
        ("Riskgate-Device-Id", device.as_str()),
        ("Riskgate-Flow", "all"),
        ("Riskgate-Session-Id", "the application's own"),
        ("Cookie", "secret"),
    ];
    stage.post(LOGIN, &headers, &login()).await?;
    let mut expected = login();
    expected["clientIP"] = json!("81.2.69.142");
    expected["applicationRef"] = json!("se.example.bank");
    expected["relationshipRef"] = json!("alice");
    expected["cddc"] = json!({ "browserCDDC": { "fingerprintHash": device.to_lowercase() } });
    assert_eq!(stage.received(LOGIN).await?, [expected]);
    let request = &stage.simulator.control().requests(LOGIN).await?[0];
    let sent = request["headers"].to_string().to_lowercase();
    assert!(!sent.contains("riskgate") && !sent.contains("cookie"), "{sent}");
    let record = &stage.sidecar.decisions_once(1).await?[0];
    assert_eq!(
        record["attached"],
        json!(["clientIP", "applicationRef", "relationshipRef", "cddc.browserCDDC.fingerprintHash"])
    );
    Ok(())
}

#[tokio::test]
async fn one_session_of_the_application_is_one_to_onespan_which_never_learns_its_token() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let headers = [("Riskgate-Session-Id", "t0ken-of-a-session")];
    for path in [LOGIN, TRANSACTION] {
        stage.post(path, &headers, &json!({ "amount": 1 })).await?;
    }
    let (login, transaction) = (&stage.received(LOGIN).await?[0], &stage.received(TRANSACTION).await?[0]);
    let session = login["sessionID"].as_str().unwrap_or_default();
    assert!(session.len() == 64 && session.bytes().all(|byte| byte.is_ascii_hexdigit()), "{login}");
    assert_eq!(login["sessionID"], transaction["sessionID"]);
    let printed = stage.sidecar.printed().join("\n");
    assert!(!printed.contains("t0ken-of-a-session") && !printed.contains(session), "{printed}");
    Ok(())
}

#[tokio::test]
async fn an_ipv6_address_is_left_out_and_what_the_application_sent_stays() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    stage.post(LOGIN, &[("Riskgate-Client-Ip", "2001:db8::7")], &login()).await?;
    let mut own = login();
    own["clientIP"] = json!("10.1.2.3");
    own["applicationRef"] = json!("web");
    own["relationshipRef"] = json!("customer-7");
    stage.post(LOGIN, &[("Riskgate-Client-Ip", "81.2.69.142")], &own).await?;
    let received = stage.received(LOGIN).await?;
    assert!(received[0]["clientIP"].is_null());
    assert_eq!(received[1], own);
    let records = stage.sidecar.decisions_once(2).await?;
    assert_eq!(records[1]["lint"], json!(["PrivateEndUserIp"]));
    Ok(())
}
