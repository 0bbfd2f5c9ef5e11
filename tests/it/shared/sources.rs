//! An answer that waits for a source that takes its time, in whichever pod.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use harness::{PATIENCE, Policy, Sidecar, eventually, web};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::stage::Stage;

/// A service that is asked, and answers `Low` once it is told to.
struct Service {
    address: SocketAddr,
    asked: watch::Receiver<usize>,
    released: watch::Sender<bool>,
}

impl Service {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (count, asked) = watch::channel(0);
        let (released, release) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, count.clone(), release.clone()));
            }
        });
        Ok(Self { address, asked, released })
    }

    /// The policy, with the login asking this.
    fn asked_by(&self, policy: Policy, mode: &str) -> Policy {
        let source = json!({
            "name": "fraud", "timeout": "10s", "http": { "url": format!("http://{}/assess", self.address) },
        });
        policy
            .with_spec(&json!({ "mode": mode, "sources": [source] }))
            .with_flow("login", &json!({ "sources": [{ "name": "fraud" }] }))
    }

    /// Waits until it was asked this often.
    async fn asked(&mut self, times: usize) -> Result<()> {
        tokio::time::timeout(PATIENCE, self.asked.wait_for(|asked| *asked >= times)).await??;
        Ok(())
    }

    fn release(&self) {
        self.released.send_replace(true);
    }
}

async fn answer(mut connection: TcpStream, asked: watch::Sender<usize>, mut release: watch::Receiver<bool>) {
    let mut question = [0; 4096];
    if connection.read(&mut question).await.is_ok_and(|read| read > 0) {
        asked.send_modify(|asked| *asked += 1);
        let body = r#"{"assessment":"Low"}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever asked, or the test itself, may be gone.
        if release.wait_for(|release| *release).await.is_ok() {
            drop(connection.write_all(answer.as_bytes()).await);
        }
    }
}

async fn start(mode: &str) -> Result<(Stage, Service)> {
    let service = Service::start().await?;
    let stage = Stage::start(|policy| service.asked_by(policy, mode)).await?;
    Ok((stage, service))
}

async fn kill(pod: &mut Sidecar) -> Result<()> {
    pod.process().kill();
    pod.process().exited(PATIENCE).await.map(drop)
}

async fn complete(stage: &Stage, pod: usize, order: &str) -> Result<()> {
    eventually("the result", PATIENCE, || async {
        let said = stage.collected(pod, order).await?;
        ensure!(said == "complete", "{said}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_result_comes_on_a_later_poll_by_whichever_pod_it_reaches() -> Result<()> {
    let (stage, mut service) = start("Enforce").await?;
    let order = stage.order(0, "low").await?;
    assert_eq!(stage.collected(0, &order).await?, "pending", "the source takes its time");
    assert_eq!(stage.collected(1, &order).await?, "pending", "also for the other pod");
    service.asked(2).await?;
    service.release();
    complete(&stage, 1, &order).await?;
    complete(&stage, 0, &order).await?;
    assert_eq!(stage.deliveries(&order).await?, 1);
    eventually("the record", PATIENCE, || async {
        ensure!(!stage.records(&order)?.is_empty(), "none yet");
        Ok(())
    })
    .await?;
    let records = stage.records(&order)?;
    assert_eq!(records.len(), 1, "two pods judged, one decision: {records:?}");
    assert!(records[0]["signals"].to_string().contains("fraud"), "{}", records[0]);
    Ok(())
}

#[tokio::test]
async fn killed_while_a_source_is_asked_another_pod_asks_again() -> Result<()> {
    let (mut stage, mut service) = start("Enforce").await?;
    let order = stage.order(0, "low").await?;
    assert_eq!(stage.collected(0, &order).await?, "pending");
    service.asked(1).await?;
    kill(&mut stage.pods[0]).await?;
    service.release();
    complete(&stage, 1, &order).await?;
    assert_eq!(stage.deliveries(&order).await?, 1, "the provider gave it once");
    stage.pods[1].decisions_once(1).await?;
    assert_eq!(stage.records(&order)?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn in_monitor_the_answer_waits_for_no_source_and_a_pod_that_ends_writes_its_record() -> Result<()> {
    let (mut stage, mut service) = start("Monitor").await?;
    let order = stage.order(0, "high").await?;
    assert_eq!(stage.collected(0, &order).await?, "complete", "before the source has answered");
    service.asked(1).await?;
    assert!(stage.records(&order)?.is_empty(), "nothing is decided yet");
    let health = stage.pods[0].health_url();
    stage.pods[0].process().terminate()?;
    eventually("the pod to drain", PATIENCE, || async {
        ensure!(web::get(&health, "/readyz").await?.status().as_u16() == 503, "still ready");
        Ok(())
    })
    .await?;
    service.release();
    let status = stage.pods[0].process().exited(PATIENCE).await?;
    assert!(status.success(), "{status}");
    let record = stage.pods[0].decision("the record", |record| record["flow"] == "login").await?;
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Block"), &json!("Allow")), "{record}");
    assert_eq!(stage.collected(1, &order).await?, "complete");
    assert_eq!(stage.records(&order)?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn in_monitor_a_pod_that_is_killed_meanwhile_costs_the_record_and_not_the_answer() -> Result<()> {
    let (mut stage, mut service) = start("Monitor").await?;
    let order = stage.order(0, "high").await?;
    assert_eq!(stage.collected(0, &order).await?, "complete");
    service.asked(1).await?;
    kill(&mut stage.pods[0]).await?;
    service.release();
    assert_eq!(stage.collected(1, &order).await?, "complete");
    assert!(
        stage.records(&order)?.is_empty(),
        "docs/shared-store.md says so: nobody can know what it would say"
    );
    Ok(())
}
