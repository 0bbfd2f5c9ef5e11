//! Logins of clients that we did not write, over two sidecars that are restarted, or killed, some fifty times meanwhile.
//! `make soak` has ten thousand of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::client::Answer;
use harness::{Client, ClientKind, Lines, PATIENCE, Policy, RedisServer, Sidecar, Simulator, eventually};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::stage::{policy, pseudonym, simulator};

/// How many logins there are, when nothing else is said: some minutes' work of unoptimised binaries.
const LOGINS: usize = 2_000;
/// Says how many logins there are.
const LOGINS_VARIABLE: &str = "RISKGATE_LOGINS";
/// How often a sidecar is restarted meanwhile, the two in turns.
const RESTARTS: usize = 50;
/// Applications of each kind of client.
const APPLICATIONS: usize = 2;
/// Every so many logins one whose risk is high.
const BLOCKED: usize = 5;

/// How a sidecar ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Terminated,
    Killed,
}

/// A pod whose sidecar comes back on the same port, with everything that any of them logged.
struct Pod {
    policy: Policy,
    base_url: String,
    sidecar: Mutex<Sidecar>,
    logs: Mutex<Vec<Lines>>,
}

impl Pod {
    async fn start(simulator: &Simulator, redis: &RedisServer) -> Result<Self> {
        // Kubernetes restarts a container with the port that its pod has.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let policy = policy(simulator, redis).with_provider(&json!({
            "listen": { "port": port },
            // Strict clients know no other (bankid-se.md section 0.5).
            "bankIdSe": { "refusal": { "hintCode": "cancelled" } },
        }));
        let mut sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
        let logs = Mutex::new(vec![sidecar.process().stdout().clone()]);
        Ok(Self { base_url: sidecar.base_url()?, policy, sidecar: Mutex::new(sidecar), logs })
    }

    async fn restart(&self, simulator: &Simulator, end: End) -> Result<()> {
        let mut sidecar = self.sidecar.lock().await;
        match end {
            End::Terminated => sidecar.stop(PATIENCE).await?,
            End::Killed => {
                sidecar.process().kill();
                sidecar.process().exited(PATIENCE).await?;
            }
        }
        *sidecar = eventually("the port to be free again", PATIENCE, || {
            Sidecar::start(&self.policy, simulator.credentials())
        })
        .await?;
        self.logs.lock().await.push(sidecar.process().stdout().clone());
        Ok(())
    }

    /// Every decision record that any of its sidecars wrote.
    async fn records(&self) -> Result<Vec<Value>> {
        let mut records = Vec::new();
        for log in self.logs.lock().await.iter() {
            for line in log.from(1) {
                records.push(serde_json::from_str(&line).with_context(|| line.clone())?);
            }
        }
        Ok(records)
    }
}

/// What became of a login, as its application saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Allowed,
    Blocked,
    /// The provider does not know the order (any more).
    Gone,
}

/// What there is when all is over.
struct Outcome {
    logins: Vec<Login>,
    /// Every record of every sidecar, by transaction.
    records: BTreeMap<String, Vec<Value>>,
    simulator: Simulator,
}

struct Login {
    order: String,
    risky: bool,
    seen: Seen,
}

/// An application with a client for each pod, which it takes in turns.
struct Application {
    clients: [Client; 2],
    turn: usize,
}

impl Application {
    fn start(kind: ClientKind, pods: &[Pod; 2]) -> Result<Self> {
        let [one, other] = pods;
        let clients = [Client::start(kind, &one.base_url)?, Client::start(kind, &other.base_url)?];
        Ok(Self { clients, turn: 0 })
    }

    /// One call at the pod whose turn it is; at the other where this one is away. Both are never away for long.
    async fn call(&mut self, operation: &str, args: &Value) -> Result<Answer> {
        let mut last = None;
        for _ in 0..400 {
            self.turn += 1;
            let answer = self.clients[self.turn % 2].call(operation, args).await?;
            match &answer {
                Answer::Returned(_) => return Ok(answer),
                // An answer of the API that no second try makes better.
                Answer::Failed(failure) if failure.error_code.as_deref() == Some("invalidParameters") => {
                    return Ok(answer);
                }
                // No connection, one that broke, or a 503: the sidecar ends or starts.
                Answer::Failed(_) | Answer::Crashed(_) => last = Some(answer),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("{operation}: {last:?}")
    }

    async fn login(&mut self, risky: bool, person: &str) -> Result<Login> {
        let mut args = json!({ "endUserIp": "192.0.2.1" });
        if risky {
            args["requirement"] = json!({ "personalNumber": person });
        }
        let made = self.call("auth", &args).await?.returned()?;
        let order = made["orderRef"].as_str().with_context(|| made.to_string())?.to_owned();
        let seen = match self.call("collect", &json!({ "orderRef": order })).await? {
            Answer::Returned(result) if result["status"] == "complete" => Seen::Allowed,
            Answer::Returned(result) if result["hintCode"] == "cancelled" => Seen::Blocked,
            Answer::Failed(_) => Seen::Gone,
            other => bail!("a login ended with {other:?}"),
        };
        Ok(Login { order, risky, seen })
    }
}

/// A personal number that no other login has: a date, a number and the check digit.
fn person(number: usize) -> String {
    let digits = format!(
        "{:02}{:02}{:02}{:03}",
        number / 12 % 90 + 10,
        number % 12 + 1,
        1 + number / 1080 % 28,
        100 + number / 30_240
    );
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 })
        .map(|product| product / 10 + product % 10)
        .sum();
    format!("19{digits}{}", (10 - sum % 10) % 10)
}

fn how_many() -> Result<usize> {
    match std::env::var(LOGINS_VARIABLE) {
        Ok(number) => number.parse().with_context(|| format!("{LOGINS_VARIABLE}={number}: write a number")),
        Err(_) => Ok(LOGINS),
    }
}

async fn logins(end: End) -> Result<Outcome> {
    let (count, simulator) = (how_many()?, simulator().await?);
    let between = count / (RESTARTS + 1);
    simulator.control().script_default(&json!({ "risk": "low", "hints": [] })).await?;
    let redis = RedisServer::start(&[]).await?;
    let pods = Arc::new([Pod::start(&simulator, &redis).await?, Pod::start(&simulator, &redis).await?]);
    let (started, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let control = Arc::new(simulator);
    let mut running = tokio::task::JoinSet::new();
    for kind in ClientKind::ALL.into_iter().cycle().take(ClientKind::ALL.len() * APPLICATIONS) {
        let mut application = Application::start(kind, &pods)?;
        let (started, done, control) = (started.clone(), done.clone(), control.clone());
        running.spawn(async move {
            let mut logins = Vec::new();
            loop {
                let number = started.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(logins);
                }
                let (risky, person) = (number % BLOCKED == 0, person(number));
                if risky {
                    control.control().script_person(&person, &json!({ "risk": "high", "hints": [] })).await?;
                }
                let login = application.login(risky, &person).await;
                logins.push(login.with_context(|| format!("{kind:?}, login {number}"))?);
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut all = Vec::new();
    let mut restarts = 0;
    let disturb = async {
        loop {
            let next = (restarts + 1) * between;
            eventually(&format!("{next} logins"), Duration::from_secs(120), || async {
                ensure!(done.load(Ordering::Relaxed) >= next, "{}", done.load(Ordering::Relaxed));
                Ok(())
            })
            .await?;
            pods[restarts % 2].restart(&control, end).await?;
            restarts += 1;
            if restarts == RESTARTS {
                return anyhow::Ok(());
            }
        }
    };
    let collect = async {
        while let Some(logins) = running.join_next().await {
            all.extend(logins??);
        }
        anyhow::Ok(())
    };
    let (disturbed, collected) = futures_util::future::join(disturb, collect).await;
    collected?;
    disturbed?;
    for pod in pods.iter() {
        pod.sidecar.lock().await.stop(PATIENCE).await?;
    }
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for pod in pods.iter() {
        for record in pod.records().await? {
            let transaction = record["transaction"].as_str().unwrap_or_default().to_owned();
            records.entry(transaction).or_default().push(record);
        }
    }
    let simulator = Arc::into_inner(control).context("the applications hold the simulator")?;
    Ok(Outcome { logins: all, records, simulator })
}

/// That a login was decided once, and as its application saw it.
fn decided_once(login: &Login, records: &[Value]) -> Result<()> {
    let ids: BTreeSet<&str> = records.iter().filter_map(|record| record["id"].as_str()).collect();
    ensure!(ids.len() == 1, "{}: {} decisions: {records:?}", login.order, ids.len());
    let (verdict, seen) = if login.risky { ("Block", Seen::Blocked) } else { ("Allow", Seen::Allowed) };
    ensure!(records[0]["verdict"] == verdict, "{}: {}", login.order, records[0]);
    ensure!(login.seen == seen, "{}: the application saw {:?}: {}", login.order, login.seen, records[0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sidecars_that_are_restarted_lose_and_double_nothing() -> Result<()> {
    let Outcome { logins, records, .. } = logins(End::Terminated).await?;
    assert_eq!(logins.len(), how_many()?);
    for login in &logins {
        let records = records.get(&pseudonym(&login.order)).map(Vec::as_slice).unwrap_or_default();
        decided_once(login, records)?;
        ensure!(records.len() == 1, "{}: recorded {} times", login.order, records.len());
    }
    let known: BTreeSet<String> = logins.iter().map(|login| pseudonym(&login.order)).collect();
    assert!(records.keys().all(|transaction| known.contains(transaction)), "a record of nobody's login");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sidecars_that_are_killed_lose_only_what_the_store_had_not_taken() -> Result<()> {
    let Outcome { logins, records, simulator } = logins(End::Killed).await?;
    assert_eq!(logins.len(), how_many()?);
    let (mut lost, mut doubled) = (0, 0);
    for login in &logins {
        let records = records.get(&pseudonym(&login.order)).map(Vec::as_slice).unwrap_or_default();
        if login.seen == Seen::Gone {
            // The provider had given its answer, and nobody decided on it: the store had not taken it.
            let delivery = simulator.control().deliveries(&login.order).await?;
            ensure!(delivery["terminal"] == 1, "{}: gone, and never given: {delivery}", login.order);
            ensure!(records.is_empty(), "{}: lost although it was decided: {records:?}", login.order);
            lost += 1;
        } else {
            decided_once(login, records)?;
            doubled += records.len() - 1;
        }
    }
    println!(
        "{RESTARTS} kills: {lost} answers lost before the store had them, {doubled} records written twice"
    );
    let at_once = ClientKind::ALL.len() * APPLICATIONS;
    assert!(lost <= RESTARTS * at_once, "{lost} lost in {RESTARTS} kills of {at_once} logins at once");
    assert!(doubled <= RESTARTS, "{doubled} records twice in {RESTARTS} kills");
    Ok(())
}
