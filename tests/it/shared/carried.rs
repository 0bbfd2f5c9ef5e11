//! An answer that one pod gave while the server was away belongs to all of them once it is back.

use anyhow::{Result, ensure};
use harness::{PATIENCE, eventually, web};
use serde_json::json;

use crate::stage::Stage;

/// An outage, in which the first pod took and gave the result of this order.
async fn outage(stage: &mut Stage) -> Result<String> {
    let order = stage.order(0, "low").await?;
    stage.redis.kill().await?;
    assert_eq!(stage.collected(0, &order).await?, "complete");
    Ok(order)
}

/// That the second pod gives it, too, without the first being asked.
async fn is_given_by_the_other(stage: &Stage, order: &str) -> Result<()> {
    eventually("the other pod to give the answer", PATIENCE, || async {
        let said = stage.collected(1, order).await?;
        ensure!(said == "complete", "{said}");
        Ok(())
    })
    .await?;
    assert_eq!(stage.deliveries(order).await?, 1, "the provider gave it once");
    assert_eq!(stage.records(order)?.len(), 1, "and it was decided once");
    Ok(())
}

#[tokio::test]
async fn the_server_gets_it_when_it_is_back() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let order = outage(&mut stage).await?;
    stage.redis.restart().await?;
    is_given_by_the_other(&stage, &order).await
}

#[tokio::test]
async fn a_pod_that_ends_waits_for_the_server_to_take_it() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let order = outage(&mut stage).await?;
    let health = stage.pods[0].health_url();
    stage.pods[0].process().terminate()?;
    eventually("the pod to drain", PATIENCE, || async {
        ensure!(web::get(&health, "/readyz").await?.status().as_u16() == 503, "still ready");
        Ok(())
    })
    .await?;
    stage.redis.restart().await?;
    let status = stage.pods[0].process().exited(PATIENCE).await?;
    assert!(status.success(), "{status}: everything was finished");
    is_given_by_the_other(&stage, &order).await
}

#[tokio::test]
async fn a_pod_waits_no_longer_than_its_grace_and_says_so() -> Result<()> {
    let mut stage =
        Stage::start(|policy| policy.with_spec(&json!({ "timeouts": { "drain": "1s" } }))).await?;
    outage(&mut stage).await?;
    stage.pods[0].process().terminate()?;
    let status = stage.pods[0].process().exited(PATIENCE).await?;
    assert_eq!(status.code(), Some(1), "{status}");
    let told = stage.pods[0].printed();
    assert!(told.iter().any(|line| line.contains("ended before everything was finished")), "{told:?}");
    Ok(())
}
