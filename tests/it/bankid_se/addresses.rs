//! The source `ipIntelligence` through a whole sidecar: before the order, and when the result is there.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, Policy, Sidecar, Simulator, eventually, root};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::reload::refused;
use crate::stage::{AUTH, Stage, at_once, body, error, header, order_ref};

/// Two addresses of Swedish networks, and one of a Norwegian (other-systems.md section E.2).
const STOCKHOLM: &str = "94.254.120.75";
const ELSEWHERE: &str = "94.254.120.76";
const OSLO: &str = "195.18.161.2";

/// A policy whose logins count their addresses.
fn counting(policy: Policy, ip: &Value, rule: &Value) -> Policy {
    let mut rule = rule.clone();
    rule["name"] = json!("ip");
    policy
        .with_spec(&json!({ "sources": [{ "name": "ip", "timeout": "2s", "ipIntelligence": ip }] }))
        .with_flow("login", &json!({ "sources": [rule] }))
}

fn tor_list() -> Value {
    json!({ "lists": [{ "configMap": "addresses", "key": "tor.txt", "kind": "Tor" }] })
}

/// Writes a list as the kubelet would have it.
fn write_list(credentials: &Path, text: &str) -> Result<()> {
    let folder = credentials.join("configmaps/addresses");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("new"), text)?;
    Ok(std::fs::rename(folder.join("new"), folder.join("tor.txt"))?)
}

/// A simulator, and a sidecar that starts once `prepare` has laid down what its policy names.
async fn stage(prepare: impl FnOnce(&Path) -> Result<()>, ip: &Value, rule: &Value) -> Result<Stage> {
    let simulator = Simulator::start().await?;
    prepare(simulator.credentials())?;
    let policy = counting(Policy::new(simulator.endpoint()), ip, rule);
    let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
    Ok(Stage { simulator, sidecar })
}

fn from(address: &str) -> Value {
    json!({ "endUserIp": address })
}

#[tokio::test]
async fn a_tor_exit_is_turned_away_before_there_is_an_order() -> Result<()> {
    let rule = json!({ "blockWhen": ["isTor"] });
    let stage = stage(|folder| write_list(folder, &format!("{STOCKHOLM}\n")), &tor_list(), &rule).await?;
    let answer = stage.post(AUTH, &[], &from(STOCKHOLM)).await?;
    error(&answer, 400, "transactionRiskBlocked")?;
    assert_eq!(header(&answer, "riskgate-verdict"), Some("block"));
    assert!(stage.simulator.control().requests(AUTH).await?.is_empty(), "nothing was sent");
    let record = stage.sidecar.decisions_once(1).await?.remove(0);
    let signal = &record["signals"][0];
    assert_eq!(
        [&signal["source"], &signal["phase"], &signal["assessment"], &signal["score"]],
        [&json!("ip"), &json!("Screen"), &json!("Moderate"), &json!(40)]
    );
    assert_eq!(signal["indicators"], json!(["isTor", "isAnonymous", "country:SE"]));
    assert_eq!(record["reasons"][0]["rule"], "blockWhen: isTor");
    order_ref(&stage.post(AUTH, &[], &from(ELSEWHERE)).await?)?;
    let header = [("Riskgate-Client-Ip", STOCKHOLM)];
    let by_header = stage.post(AUTH, &header, &json!({})).await?;
    error(&by_header, 400, "transactionRiskBlocked")?;
    for line in stage.sidecar.printed() {
        assert!(!line.contains("94.254.120"), "an address is printed: {line}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_follows_its_file_and_one_of_no_use_is_refused() -> Result<()> {
    let rule = json!({ "blockWhen": ["isTor"] });
    let first = "# exits\n192.0.2.1\nnot an address\n";
    let stage = stage(|folder| write_list(folder, first), &tor_list(), &rule).await?;
    let labels = [("source", "ip"), ("list", "addresses/tor.txt")];
    let metrics = stage.sidecar.metrics().await?;
    assert_eq!(metrics.sum("riskgate_address_list_entries", &labels), 1.0);
    assert_eq!(metrics.sum("riskgate_address_list_bad_lines", &labels), 1.0);
    let told = |what: &str| stage.sidecar.printed().iter().any(|line| line.contains(what));
    assert!(told("line 3 is neither an address"), "{:?}", stage.sidecar.printed());
    order_ref(&stage.post(AUTH, &[], &from(STOCKHOLM)).await?)?;

    write_list(stage.simulator.credentials(), "94.254.120.0/24\n")?;
    eventually("the list is followed", PATIENCE, || async {
        let answer = stage.post(AUTH, &[], &from(STOCKHOLM)).await?;
        ensure!(answer.status() == 400, "{}", answer.status());
        Ok(())
    })
    .await?;
    write_list(stage.simulator.credentials(), "<html>Service unavailable</html>\n")?;
    refused(&stage.sidecar, 1.0).await?;
    error(&stage.post(AUTH, &[], &from(STOCKHOLM)).await?, 400, "transactionRiskBlocked")?;
    assert!(told("lists[0] (addresses/tor.txt): no line of it is an address"));
    Ok(())
}

#[tokio::test]
async fn the_devices_address_counts_when_the_result_is_there() -> Result<()> {
    let rule = json!({ "blockWhen": ["countriesDiffer"] });
    let stage = stage(|_| Ok(()), &json!({}), &rule).await?;
    for (device, verdict, status) in [(ELSEWHERE, "allow", "complete"), (OSLO, "block", "failed")] {
        let script = at_once(json!({ "risk": "low", "device": { "ipAddress": device } }));
        stage.simulator.control().script_next(&script).await?;
        let order = order_ref(&stage.post(AUTH, &[], &from(STOCKHOLM)).await?)?;
        let answer = stage.collect(&order).await?;
        assert_eq!(header(&answer, "riskgate-verdict"), Some(verdict), "{device}");
        assert_eq!(body(&answer)?["status"], status);
    }
    let records = stage.sidecar.decisions_once(2).await?;
    let assessed = |record: &Value| {
        let signals = record["signals"].as_array().cloned().unwrap_or_default();
        signals.into_iter().find(|it| it["source"] == "ip" && it["phase"] == "Assess").unwrap_or_default()
    };
    assert_eq!(assessed(&records[0])["indicators"], json!(["addressesDiffer", "country:SE"]));
    assert_eq!(assessed(&records[1])["score"], 0, "a difference never scores");
    Ok(())
}

#[tokio::test]
async fn mounted_databases_are_read_and_without_them_the_policy_decides() -> Result<()> {
    let fixtures = root().join("crates/sources/tests/fixtures/mmdb/good");
    let mount = |folder: &Path| {
        let databases = folder.join("databases/geoip");
        std::fs::create_dir_all(&databases)?;
        for name in ["GeoLite2-Country-Test.mmdb", "GeoIP2-Anonymous-IP-Test.mmdb"] {
            std::fs::copy(fixtures.join(name), databases.join(name))?;
        }
        Ok(())
    };
    let ip = json!({ "databases": { "persistentVolumeClaim": "geoip" } });
    let with = stage(mount, &ip, &json!({ "whenUnavailable": "Block" })).await?;
    error(&with.post(AUTH, &[], &from("81.2.69.142")).await?, 400, "transactionRiskBlocked")?;
    let record = with.sidecar.decisions_once(1).await?.remove(0);
    assert_eq!(
        [&record["signals"][0]["assessment"], &record["signals"][0]["score"]],
        [&json!("High"), &json!(70)]
    );
    order_ref(&with.post(AUTH, &[], &from("89.160.20.112")).await?)?;
    let files = with.sidecar.metrics().await?.sum("riskgate_database_current", &[("source", "ip")]);
    assert_eq!(files, 2.0);

    let without = stage(|_| Ok(()), &ip, &json!({ "whenUnavailable": "Block" })).await?;
    error(&without.post(AUTH, &[], &from("89.160.20.112")).await?, 400, "transactionRiskBlocked")?;
    let record = without.sidecar.decisions_once(1).await?.remove(0);
    assert_eq!(record["reasons"][0]["code"], "WhenUnavailable");
    Ok(())
}

/// A service that answers every question about an address with 90 % abuse; it ends with the test.
async fn abuse_api(seen: Arc<Mutex<Vec<String>>>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await? > 0 {}
            let head = String::from_utf8_lossy(&head).into_owned();
            let address = head.split("ipAddress=").nth(1).and_then(|rest| rest.split('&').next());
            let data = json!({ "data": { "ipAddress": address, "abuseConfidenceScore": 90 } }).to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{data}",
                data.len()
            );
            stream.write_all(answer.as_bytes()).await?;
            seen.lock().unwrap().push(head);
        }
        anyhow::Ok(())
    });
    Ok(url)
}

#[tokio::test]
async fn a_service_is_asked_once_with_its_key_and_only_about_public_addresses() -> Result<()> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let url = abuse_api(seen.clone()).await?;
    let key = |folder: &Path| {
        let folder = folder.join("secrets/abuse");
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join("key"), "a-secret-api-key\n")?)
    };
    let ip = json!({ "abuseApi": { "url": url, "apiKeyRef": { "name": "abuse", "key": "key" } } });
    let stage = stage(key, &ip, &json!({ "blockAtScore": 45 })).await?;
    for _ in 0..3 {
        error(&stage.post(AUTH, &[], &from(STOCKHOLM)).await?, 400, "transactionRiskBlocked")?;
    }
    order_ref(&stage.post(AUTH, &[], &from("10.0.0.1")).await?)?;
    let seen = seen.lock().unwrap().clone();
    let [question] = seen.as_slice() else { anyhow::bail!("{seen:?}") };
    let line = question.lines().next().context("a request")?;
    assert_eq!(line, format!("GET /api/v2/check?ipAddress={STOCKHOLM}&maxAgeInDays=30 HTTP/1.1"));
    assert!(question.contains("key: a-secret-api-key\r\n"), "{question}");
    for line in stage.sidecar.printed() {
        assert!(!line.contains("a-secret-api-key") && !line.contains(STOCKHOLM), "printed: {line}");
    }
    Ok(())
}
