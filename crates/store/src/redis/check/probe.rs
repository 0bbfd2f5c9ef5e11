//! A transaction of the check's own through everything that the sidecar does with one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use riskgate_core::{Operation, RequirementSet};

use super::Finding;
use crate::random;
use crate::redis::{RedisOptions, RedisStore};
use crate::store::{Key, StoreError, TransactionStore};
use crate::transaction::{Final, Order, Settled, Terminal};

pub(super) const RIGHTS: &str = "give the user the rights that docs/shared-store.md lists: `+ping +set +hmget +hget +hset +hdel +hexists +del \
                      +pexpire +time +evalsha +eval`, in a cluster also `+cluster`, with Sentinels `+role`, on keys `~riskgate:*`";
/// A poll waits for one read: more than this is felt, and near to what an operation may take at all.
const SLOW: Duration = Duration::from_millis(25);
const READS: u32 = 20;

/// Writes, reads, settles and forgets a transaction that no provider has.
pub(super) async fn check(options: RedisOptions) -> Vec<Finding> {
    let store = match RedisStore::start(options) {
        Ok(store) => store,
        Err(error) => return vec![Finding::failed("store", error.to_string(), super::NO_SERVER)],
    };
    let reference = format!("check {:x}", u128::from_ne_bytes(random::token()));
    let key = Key { provider: "riskgate-check", reference: &reference };
    let mut findings = vec![graded("admit", store.admit().await, "takes changes")];
    let written = write(&store, key).await;
    let readable = written.is_ok();
    findings.push(graded("write", written, "an order and an answer, sealed, each in one operation"));
    if readable {
        findings.push(graded("read", read(&store, key).await, "what was written"));
        findings.extend(latency(&store, key).await.ok());
    }
    findings.push(graded("forget", store.forget(key).await, "nothing is left of the check"));
    findings
}

fn graded(check: &str, result: Result<(), StoreError>, well: &str) -> Finding {
    match result {
        Ok(()) => Finding::passed(check, well),
        Err(error) => {
            let seen = error.to_string();
            let said = seen.to_lowercase();
            let hint = if said.contains("noperm")
                || said.contains("permission")
                || said.contains("can't run this command")
            {
                RIGHTS
            } else if said.contains("oom") {
                "the server is full: raise maxmemory"
            } else if said.contains("readonly") || said.contains("read only") {
                "this is a replica: write the URL of the primary, or use sentinel"
            } else {
                super::NO_SERVER
            };
            Finding::failed(check, seen, hint)
        }
    }
}

fn order() -> Order {
    Order {
        operation: Operation::Auth,
        flow: None,
        application_threshold: None,
        carried: RequirementSet::default(),
        certificate: Arc::default(),
        attached: Arc::default(),
        lint: Arc::default(),
        signals: Arc::default(),
        subject: None,
        client_ip: None,
        user_agent: None,
    }
}

fn settled() -> Settled {
    Settled { status: 200, headers: Vec::new(), body: Bytes::from_static(b"check"), outcome: Final::Complete }
}

async fn write(store: &RedisStore, key: Key<'_>) -> Result<(), StoreError> {
    store.open(key, order()).await?;
    store.mark_unresolved(key).await?;
    store.settle(key, settled(), Some(Bytes::from_static(b"check"))).await?;
    store.claim_record(key).await?;
    store.recorded(key).await
}

async fn read(store: &RedisStore, key: Key<'_>) -> Result<(), StoreError> {
    let known = store.get(key).await?.unwrap_or_default();
    if known.order == Some(order())
        && known.terminal == Some(Terminal::Settled(settled()))
        && !known.unrecorded
    {
        Ok(())
    } else {
        Err(StoreError::Unavailable("something else was read than was written just before".to_owned()))
    }
}

async fn latency(store: &RedisStore, key: Key<'_>) -> Result<Finding, StoreError> {
    let began = Instant::now();
    for _ in 0..READS {
        store.get(key).await?;
    }
    let took = began.elapsed() / READS;
    let seen = format!("a read takes {:.1} ms", took.as_secs_f64() * 1000.0);
    Ok(if took > SLOW {
        Finding::warned(
            "latency",
            seen,
            "keep servers and pods in one zone: every poll of a user waits for one read",
        )
    } else {
        Finding::passed("latency", seen)
    })
}
