//! A pod killed by SIGKILL at each step between the provider's answer and the application's: no answer that the store had taken
//! is lost, and no record of one. (Between the record and its note in the store there is no step that a test could stop at: the
//! same record would be written twice then, with the same id. That another pod writes the very line is tested with the store.)

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use harness::{PATIENCE, Policy, RedisServer, Sidecar, Simulator, eventually, web};
use riskgate_store::redis::{Limits, Login, Reach, RedisOptions, Servers};
use riskgate_store::{Held, Key, KeyRing, RedisStore, Transaction, TransactionStore};
use serde_json::{Value, json};

use crate::stage::{AUTH, COLLECT, policy, pseudonym, simulator};

/// A pod to be killed, whose decision log is a pipe that the test holds, and one that stays.
struct Crash {
    simulator: Simulator,
    redis: RedisServer,
    doomed: Sidecar,
    other: Sidecar,
    log: Log,
    order: String,
}

/// A decision log that can be held up: a named pipe, full until the test reads it.
struct Log {
    path: PathBuf,
    pipe: File,
    _folder: tempfile::TempDir,
}

impl Log {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("decisions");
        let made = std::process::Command::new("mkfifo").arg(&path).status()?;
        ensure!(made.success(), "mkfifo: {made}");
        // Open for both, so that neither end waits for the other.
        let pipe = OpenOptions::new().read(true).write(true).open(&path)?;
        Ok(Self { path, pipe, _folder: folder })
    }

    /// Fills the pipe: whoever writes to it waits.
    fn hold(&mut self) -> Result<()> {
        rustix::fs::fcntl_setfl(&self.pipe, rustix::fs::OFlags::NONBLOCK)?;
        let line = [[b' '; 4095].as_slice(), b"\n"].concat();
        while self.pipe.write(&line).is_ok() {}
        Ok(())
    }

    /// Every record in the pipe.
    fn drain(&mut self) -> Result<Vec<Value>> {
        rustix::fs::fcntl_setfl(&self.pipe, rustix::fs::OFlags::NONBLOCK)?;
        let mut text = Vec::new();
        let mut part = [0; 65536];
        while let Ok(read) = self.pipe.read(&mut part) {
            text.extend_from_slice(&part[..read]);
        }
        let text = String::from_utf8(text)?;
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
            .collect()
    }
}

impl Crash {
    async fn start() -> Result<Self> {
        let (simulator, redis) = (simulator().await?, RedisServer::start(&[]).await?);
        let log = Log::new()?;
        let shared = policy(&simulator, &redis);
        let doomed = logging(shared.clone(), &log.path);
        let doomed = Sidecar::start(&doomed, simulator.credentials()).await?;
        let other = Sidecar::start(&shared, simulator.credentials()).await?;
        simulator.control().script_next(&json!({ "risk": "low", "hints": [] })).await?;
        let made = post(&doomed, AUTH, &json!({ "endUserIp": "192.0.2.1" })).await?;
        let order = made["orderRef"].as_str().with_context(|| made.to_string())?.to_owned();
        Ok(Self { simulator, redis, doomed, other, log, order })
    }

    /// A collect at the doomed pod, whose answer nobody waits for.
    fn ask(&self) -> Result<tokio::task::JoinHandle<Result<Value>>> {
        let (base_url, order) = (self.doomed.base_url()?, self.order.clone());
        Ok(tokio::spawn(async move {
            let request = web::post(COLLECT, &[], &json!({ "orderRef": order }))?;
            web::json(&web::send(&base_url, request).await?)
        }))
    }

    async fn kill(&mut self) -> Result<()> {
        self.doomed.process().kill();
        self.doomed.process().exited(PATIENCE).await.map(drop)
    }

    /// What the pod that is left says.
    async fn collect(&self) -> Result<Value> {
        post(&self.other, COLLECT, &json!({ "orderRef": self.order })).await
    }

    /// What the store knows.
    async fn stored(&self) -> Result<Transaction> {
        self.store()?.get(self.key()).await?.context("the store does not know the order")
    }

    fn key(&self) -> Key<'_> {
        Key { provider: "bankid", reference: &self.order }
    }

    /// The store as a sidecar has it.
    fn store(&self) -> Result<RedisStore> {
        let limits = Limits::default();
        let servers = Servers::Single { url: self.redis.url() };
        let reach = Reach { servers, login: Login::default(), roots: None, limits };
        let keys = KeyRing::new(vec![vec![1; 32]])?;
        let options = RedisOptions { reach, prefix: "riskgate:shop:retail:".to_owned(), keys };
        Ok(RedisStore::start(options)?)
    }

    async fn taken(&self) -> Result<()> {
        eventually("the store to take the answer", PATIENCE, || async {
            ensure!(self.stored().await?.terminal.is_some(), "not yet");
            Ok(())
        })
        .await
    }

    fn is_ours(&self, record: &Value) -> bool {
        record["transaction"] == *pseudonym(&self.order)
    }
}

fn logging(policy: Policy, path: &Path) -> Policy {
    policy.with_spec(&json!({ "log": { "decisions": path } }))
}

async fn post(sidecar: &Sidecar, path: &str, body: &Value) -> Result<Value> {
    web::json(&web::send(&sidecar.base_url()?, web::post(path, &[], body)?).await?)
}

#[tokio::test]
async fn before_the_store_has_it_the_answer_is_lost_and_not_believed() -> Result<()> {
    let mut crash = Crash::start().await?;
    crash.simulator.control().hold(COLLECT).await?;
    let asking = crash.ask()?;
    crash.simulator.control().wait_for_requests(COLLECT, 1).await?;
    // The provider answers, and the store takes nothing any more.
    crash.redis.process().pause()?;
    crash.simulator.control().release(COLLECT).await?;
    eventually("the provider to have given its answer", PATIENCE, || async {
        let delivery = crash.simulator.control().deliveries(&crash.order).await?;
        ensure!(delivery["terminal"] == 1, "{delivery}");
        Ok(())
    })
    .await?;
    crash.kill().await?;
    crash.redis.process().resume()?;
    assert!(asking.await?.is_err(), "the application got nothing");

    let said = crash.collect().await?;
    assert_eq!(said["details"], "No such order", "{said}");
    assert!(crash.other.decisions()?.is_empty(), "nothing was decided");
    Ok(())
}

#[tokio::test]
async fn once_the_store_has_it_another_pod_delivers_and_records_it() -> Result<()> {
    let mut crash = Crash::start().await?;
    crash.log.hold()?;
    let asking = crash.ask()?;
    crash.taken().await?;
    crash.kill().await?;
    assert!(asking.await?.is_err(), "the application got nothing");
    assert_eq!(crash.log.drain()?.len(), 0, "no record was written");

    let said = crash.collect().await?;
    assert_eq!(said["status"], "complete", "{said}");
    assert_eq!(crash.collect().await?, said, "and again");
    let records = crash.other.decisions_once(1).await?;
    assert_eq!(records.len(), 1);
    assert!(crash.is_ours(&records[0]), "{}", records[0]);
    assert_eq!(records[0]["verdict"], "Allow");
    Ok(())
}

#[tokio::test]
async fn once_the_record_is_written_it_is_not_written_again() -> Result<()> {
    let mut crash = Crash::start().await?;
    let answer = crash.ask()?.await??;
    assert_eq!(answer["status"], "complete");
    eventually("the store to know of the record", PATIENCE, || async {
        ensure!(!crash.stored().await?.unrecorded, "not yet");
        Ok(())
    })
    .await?;
    crash.kill().await?;
    assert_eq!(crash.collect().await?, answer, "what the application may not have read is given again");
    let written = crash.log.drain()?;
    assert_eq!(written.iter().filter(|record| crash.is_ours(record)).count(), 1);
    assert!(crash.other.decisions()?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_answer_that_a_killed_sidecar_had_not_judged_is_judged_once_by_those_that_are_left() -> Result<()>
{
    for (risk, status, verdict) in [("moderate", "complete", "Allow"), ("high", "failed", "Block")] {
        let mut crash = Crash::start().await?;
        // What a sidecar does before it asks sources that take time; here it ends.
        let body = json!({ "orderRef": crash.order, "status": "complete", "completionData": {
            "user": { "personalNumber": "199001012385", "name": "K", "givenName": "K", "surname": "S" },
            "device": { "ipAddress": "192.0.2.1" }, "risk": risk,
        } });
        let held = Held { status: 200, headers: Vec::new(), body: body.to_string().into() };
        crash.store()?.hold(crash.key(), held).await?;

        let asking = crash.ask()?;
        let (one, other) = (crash.collect().await?, asking.await??);
        assert_eq!((&one["status"], &one), (&json!(status), &other), "{risk}");
        let records = eventually("the record", PATIENCE, || {
            let records =
                crash.log.drain().and_then(|records| Ok([records, crash.other.decisions()?].concat()));
            async { records.and_then(|records| if records.is_empty() { bail!("none") } else { Ok(records) }) }
        });
        let records = records.await?;
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!((&records[0]["verdict"], &records[0]["flow"]), (&json!(verdict), &json!("login")));
        let delivery = crash.simulator.control().deliveries(&crash.order).await?;
        assert_eq!(delivery["terminal"], 0, "the provider was not asked again: {delivery}");
    }
    Ok(())
}
