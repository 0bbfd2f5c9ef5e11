//! What one pod learned, the other knows.

use anyhow::{Result, ensure};
use harness::{PATIENCE, eventually, web};
use serde_json::{Value, json};

use crate::stage::{CANCEL, COLLECT, Stage};

#[tokio::test]
async fn an_order_of_one_pod_is_judged_by_the_other_as_its_own() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    // `login` lets these pass; an unknown order would be blocked under `transfer`.
    for risk in ["low", "moderate", "absent"] {
        let order = stage.order(0, risk).await?;
        assert_eq!(stage.collected(1, &order).await?, "complete", "{risk}");
        let record = &stage.pods[1].decisions_once(1).await?[0];
        assert_eq!((&record["flow"], &record["operation"]), (&json!("login"), &json!("Auth")), "{record}");
        assert!(record["attached"].to_string().contains("returnRisk"), "{record}");
    }
    let blocked = stage.order(0, "high").await?;
    assert_eq!(stage.collected(1, &blocked).await?, "failed");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_one_pod_took_is_replayed_by_the_other_with_its_decision() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for risk in ["low", "high"] {
        let order = stage.order(0, risk).await?;
        let first = stage.collect(1, &order).await?;
        let again = stage.collect(0, &order).await?;
        assert_eq!(first.body(), again.body());
        for name in ["riskgate-verdict", "riskgate-reasons", "riskgate-decision-id", "content-type"] {
            assert_eq!(first.headers().get(name), again.headers().get(name), "{name}");
        }
        assert_eq!(stage.deliveries(&order).await?, 1, "the provider was asked once");
        stage.pods[1]
            .decision("its record", |record| {
                Some(record["transaction"].as_str().unwrap_or_default())
                    == Some(&crate::stage::pseudonym(&order))
            })
            .await?;
        assert_eq!(stage.records(&order)?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_poll_that_crosses_another_pods_gets_its_answer() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.order(0, "low").await?;
    // Both pods have asked the store, and find nothing; then the provider answers both, one with the result, one that there is
    // no such order.
    stage.simulator.control().hold(COLLECT).await?;
    let both = async {
        let answers =
            futures_util::future::join(stage.collected(0, &order), stage.collected(1, &order)).await;
        anyhow::Ok((answers.0?, answers.1?))
    };
    let release = async {
        stage.simulator.control().wait_for_requests(COLLECT, 2).await?;
        stage.simulator.control().release(COLLECT).await
    };
    let (answers, released) = futures_util::future::join(both, release).await;
    released?;
    assert_eq!(answers?, ("complete".to_owned(), "complete".to_owned()));
    assert_eq!(stage.deliveries(&order).await?, 1);
    eventually("the record", PATIENCE, || async {
        ensure!(!stage.records(&order)?.is_empty(), "none yet");
        Ok(())
    })
    .await?;
    assert_eq!(stage.records(&order)?.len(), 1, "one transaction, one record");
    Ok(())
}

#[tokio::test]
async fn an_order_that_one_pod_cancelled_is_gone_for_both() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.pending(0).await?;
    let cancelled = stage.post(1, CANCEL, &json!({ "orderRef": order })).await?;
    assert_eq!(web::success(&cancelled)?, json!({}));
    let began = std::time::Instant::now();
    assert_eq!(stage.collected(0, &order).await?, "No such order");
    assert!(began.elapsed() < std::time::Duration::from_millis(900), "nobody waits for what was cancelled");
    Ok(())
}

#[tokio::test]
async fn a_lost_result_is_recorded_once_by_all_pods_together() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let lost = json!({ "hints": [], "faults": [{ "at": "terminal", "fault": "drop" }] });
    let order = stage.scripted(0, &lost).await?;
    assert!(stage.collected(0, &order).await?.contains("did not arrive"));
    for pod in [1, 0, 1] {
        assert_eq!(stage.collected(pod, &order).await?, "No such order");
    }
    let record = stage.pods[1].decisions_once(1).await?.remove(0);
    assert_eq!(record["reasons"][0]["code"], "Unresolved", "{record}");
    assert_eq!(stage.records(&order)?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn in_monitor_every_transaction_is_recorded_once_and_nothing_changes() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_spec(&json!({ "mode": "Monitor" }))).await?;
    let order = stage.order(0, "high").await?;
    let first = stage.collect(1, &order).await?;
    let body: Value = web::success(&first)?;
    assert_eq!(body["status"], "complete");
    assert!(first.headers().get("riskgate-verdict").is_none());
    assert_eq!(stage.collect(0, &order).await?.body(), first.body());
    let record = stage.pods[1].decisions_once(1).await?.remove(0);
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Block"), &json!("Allow")), "{record}");
    assert_eq!(stage.records(&order)?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_poll_while_nothing_happened_costs_the_store_one_command() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.pending(0).await?;
    let reads = || stage.redis.calls("hmget");
    let changes = || stage.redis.calls("evalsha");
    let (read, changed) = (reads().await?, changes().await?);
    for poll in 0..10 {
        assert_eq!(stage.collected(poll % 2, &order).await?, "pending");
    }
    assert_eq!(reads().await? - read, 10, "one read a poll");
    assert_eq!(changes().await? - changed, 0, "and no change");
    Ok(())
}
