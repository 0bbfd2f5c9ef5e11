//! Decision records: kept with the settled answer until they were written, and written by one.

use anyhow::{Context, Result};
use harness::{PATIENCE, RedisServer, eventually};
use riskgate_store::{Claim, TransactionStore};

use crate::stage::{KEY, settled, shared, single};

const LINE: &str = r#"{"schema":"riskgate.dev/decision/v1","id":"1"}"#;

#[tokio::test]
async fn a_written_record_is_nobodys_work() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let (one, other) = (shared(single(&server)).await?, shared(single(&server)).await?);
    one.settle(KEY, settled("one"), Some(LINE.into())).await?;
    assert!(other.get(KEY).await?.context("known")?.unrecorded);
    assert_eq!(other.claim_record(KEY).await?, Claim::InHand, "whoever settled it has it in hand");
    one.recorded(KEY).await?;
    assert!(!other.get(KEY).await?.context("known")?.unrecorded);
    assert_eq!(other.claim_record(KEY).await?, Claim::Written);
    let fields: Vec<String> =
        server.command(&["HKEYS", &server.command::<Vec<String>>(&["KEYS", "*bankid*"]).await?[0]]).await?;
    assert!(!fields.contains(&"r".to_owned()), "a written record takes no room: {fields:?}");
    Ok(())
}

#[tokio::test]
async fn the_record_of_a_killed_sidecar_is_taken_over_by_one() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let killed = shared(single(&server)).await?;
    killed.settle(KEY, settled("one"), Some(LINE.into())).await?;
    drop(killed);
    let (one, other) = (shared(single(&server)).await?, shared(single(&server)).await?);
    let claimed = eventually("the lease to end", PATIENCE, || async {
        match one.claim_record(KEY).await? {
            Claim::Yours(line) => Ok(line),
            other => anyhow::bail!("{other:?}"),
        }
    });
    assert_eq!(claimed.await?, LINE);
    assert_eq!(other.claim_record(KEY).await?, Claim::InHand, "one has it, the other waits");
    one.recorded(KEY).await?;
    assert_eq!(other.claim_record(KEY).await?, Claim::Written);
    Ok(())
}

#[tokio::test]
async fn an_answer_without_a_record_owes_none() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.settle(KEY, settled("one"), None).await?;
    assert!(!store.get(KEY).await?.context("known")?.unrecorded);
    assert_eq!(store.claim_record(KEY).await?, Claim::Written);
    Ok(())
}
