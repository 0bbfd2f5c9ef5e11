//! Whatever an application sends, the answer is bounded and well formed, and the process unharmed.

use anyhow::{Context, Result, ensure};
use harness::PATIENCE;
use harness::raw::{self, Answer};
use serde_json::{Value, json};

use crate::stage::{AUTH, COLLECT, Stage, body};

const LIMIT: usize = 1 << 20;

fn head(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}\r\n")
}

fn whole(path: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = head(path, &format!("Content-Length: {}\r\n", body.len())).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn refused(answer: &Answer, status: u16, code: &str) -> Result<()> {
    let json: Value = serde_json::from_slice(&answer.body)?;
    ensure!(answer.status == status && json["errorCode"] == code, "{} {json}", answer.status);
    ensure!(answer.header("content-type") == Some("application/json"), "{:?}", answer.headers);
    ensure!(json["details"].as_str().is_some_and(|details| details.len() < 500), "{json}");
    Ok(())
}

async fn healthy(stage: &Stage) -> Result<()> {
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    ensure!(body(&stage.collect(&order).await?)?["status"] == "complete", "the sidecar is harmed");
    Ok(())
}

#[tokio::test]
async fn bodies_that_do_not_read_are_refused() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let address = stage.sidecar.address("bankid")?;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 14] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"endUserIp\"",
        b"{\"endUserIp\":\"192.0.2.1\"} {}",
        b"{\"endUserIp\":\"192.0.2.1\",\"endUserIp\":\"192.0.2.2\"}",
        b"{\"endUserIp\":\"192.0.2.1\",\"web\":{\"userAgent\":\"a\",\"userAgent\":\"b\"}}",
        b"{\"endUserIp\":\"192.0.2.1\",\"x\":[{\"a\":1,\"\\u0061\":2}]}",
        b"\xef\xbb\xbf{\"endUserIp\":\"192.0.2.1\"}",
        b"{\"endUserIp\":\"\xff\xfe\"}",
        b"{\"endUserIp\":\"192.0.2.1\",}",
        b"{'endUserIp':'192.0.2.1'}",
        deep.as_bytes(),
    ];
    for text in bodies {
        for path in [AUTH, COLLECT] {
            let answer = raw::exchange(address, &whole(path, text), PATIENCE).await?.context("an answer")?;
            refused(&answer, 400, "invalidParameters")
                .with_context(|| String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned())?;
        }
    }
    for body in [&b"{}"[..], b"{\"orderRef\":7}", b"{\"orderRef\":\"\"}", b"{\"orderRef\":null}"] {
        let answer = raw::exchange(address, &whole(COLLECT, body), PATIENCE).await?.context("an answer")?;
        refused(&answer, 400, "invalidParameters")?;
    }
    assert!(stage.simulator.control().requests(AUTH).await?.is_empty(), "nothing was sent");
    healthy(&stage).await
}

#[tokio::test]
async fn wrong_types_are_left_to_the_provider_or_refused_but_never_crash() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for value in [json!(1), json!("text"), json!([]), json!(true), json!({ "a": null })] {
        for member in ["endUserIp", "web", "app", "requirement", "returnRisk"] {
            let mut order = json!({ "endUserIp": "192.0.2.1" });
            order[member] = value.clone();
            let answer = stage.post(AUTH, &[], &order).await?;
            body(&answer)?;
            ensure!(matches!(answer.status().as_u16(), 200 | 400), "{member}: {}", answer.status());
        }
    }
    healthy(&stage).await
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let address = stage.sidecar.address("bankid")?;
    let empty = json!({ "endUserIp": "192.0.2.1", "userNonVisibleData": "" }).to_string().len();
    let order = |length: usize| {
        json!({ "endUserIp": "192.0.2.1", "userNonVisibleData": "A".repeat(length) }).to_string()
    };
    let fits = order(LIMIT - empty);
    assert_eq!(fits.len(), LIMIT);
    let answer =
        raw::exchange(address, &whole(AUTH, fits.as_bytes()), PATIENCE).await?.context("an answer")?;
    refused(&answer, 400, "invalidParameters")?; // by the simulator: longer than BankID takes
    assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), 1, "the limit itself is sent on");
    for chunked in [false, true] {
        let long = order(LIMIT - empty + 1);
        let bytes = if chunked {
            format!("{}{:x}\r\n{long}\r\n0\r\n\r\n", head(AUTH, "Transfer-Encoding: chunked\r\n"), long.len())
                .into_bytes()
        } else {
            whole(AUTH, long.as_bytes())
        };
        let answer = raw::exchange(address, &bytes, PATIENCE).await?.context("an answer")?;
        refused(&answer, 400, "invalidParameters")?;
    }
    assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), 1, "one byte more is not");
    healthy(&stage).await
}

#[tokio::test]
async fn framing_that_two_servers_could_read_differently_is_refused() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let address = stage.sidecar.address("bankid")?;
    let both = head(AUTH, "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n";
    let answer = raw::exchange(address, both.as_bytes(), PATIENCE).await?.context("an answer")?;
    refused(&answer, 400, "invalidParameters")?;
    let lines = [
        head(AUTH, "Content-Length: 4\r\nContent-Length: 5\r\n") + "{}{}",
        head(AUTH, "Content-Length: -1\r\n"),
        head(AUTH, "Transfer-Encoding: gzip\r\n"),
        "NOT HTTP AT ALL\r\n\r\n".to_owned(),
        "POST /rp/v6.0/auth HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Header: x\r\n\r\n".to_owned(),
    ];
    for bytes in lines {
        if let Some(answer) = raw::exchange(address, bytes.as_bytes(), PATIENCE).await? {
            assert_eq!(answer.status, 400, "{bytes}");
            assert!(answer.body.len() < 1000, "{bytes}");
        }
    }
    let mut many = String::new();
    for index in 0..10_000 {
        many.push_str(&format!("X-{index}: 1\r\n"));
    }
    if let Some(answer) = raw::exchange(address, head(AUTH, &many).as_bytes(), PATIENCE).await? {
        assert_eq!(answer.status, 400);
    }
    assert!(stage.simulator.control().requests(AUTH).await?.is_empty(), "nothing was sent");
    healthy(&stage).await
}

#[tokio::test]
async fn slow_senders_are_told_and_let_go() -> Result<()> {
    let limits = json!({ "timeouts": { "clientHead": "300ms", "clientBody": "300ms", "idle": "300ms" } });
    let stage = Stage::start(|policy| policy.with_spec(&limits)).await?;
    let address = stage.sidecar.address("bankid")?;
    let mut idle = raw::Connection::open(address).await?;
    idle.closed(PATIENCE).await?;
    for begun in [
        head(AUTH, "Content-Length: 100\r\n") + "{\"endUserIp\"",
        "POST /rp/v6.0/auth HTTP/1.1\r\nHos".to_owned(),
    ] {
        let mut slow = raw::Connection::open(address).await?;
        slow.write(begun.as_bytes()).await?;
        let answer = slow.read(PATIENCE).await?.context("an answer")?;
        refused(&answer, 408, "requestTimeout")?;
    }
    healthy(&stage).await
}

#[tokio::test]
async fn a_client_that_expects_to_be_asked_is_asked() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let mut client = raw::Connection::open(stage.sidecar.address("bankid")?).await?;
    let order = json!({ "endUserIp": "192.0.2.1" }).to_string();
    let expecting = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", order.len());
    client.write(head(AUTH, &expecting).as_bytes()).await?;
    assert_eq!(client.read(PATIENCE).await?.context("an answer")?.status, 100);
    client.write(order.as_bytes()).await?;
    assert_eq!(client.read(PATIENCE).await?.context("an answer")?.status, 200);
    let seen = stage.simulator.control().requests(AUTH).await?;
    assert!(!seen[0]["headers"].to_string().to_ascii_lowercase().contains("expect"), "it is not passed on");
    Ok(())
}
