//! Through an egress proxy that others wrote.

use anyhow::Result;
use harness::{PATIENCE, Policy, RedisServer, Sidecar, Simulator, TinyProxy, eventually};
use serde_json::{Value, json};

use crate::stage::{AUTH, Stage, at_once, auth, body, error, order_ref};

const USERNAME: &str = "riskgate";
pub(crate) const PASSWORD: &str = "pr0xy-secret";

/// The Secret with the login at the proxy.
fn write_login(simulator: &Simulator, password: &str) -> Result<()> {
    let folder = simulator.credentials().join("secrets/proxy-login");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("username"), USERNAME)?;
    // With the line feed of `echo`.
    Ok(std::fs::write(folder.join("password"), format!("{password}\n"))?)
}

/// The policy's part; everything goes through the proxy, what is on this machine as well.
pub(crate) fn through(proxy: &TinyProxy) -> Value {
    json!({ "egressProxy": {
        "url": proxy.url(),
        "credentialsRef": { "name": "proxy-login" },
        "noProxy": [],
    } })
}

/// A simulator, a proxy that is logged in at with `password`, and a sidecar before both, under the policy that `adapt` makes.
pub(crate) async fn start(
    password: &str,
    adapt: impl AsyncFnOnce(&Simulator, Policy) -> Result<Policy>,
) -> Result<(TinyProxy, Stage)> {
    let simulator = Simulator::start().await?;
    let proxy = TinyProxy::start(USERNAME, PASSWORD).await?;
    write_login(&simulator, password)?;
    let policy = Policy::new(simulator.endpoint()).with_spec(&through(&proxy));
    let policy = adapt(&simulator, policy).await?;
    let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
    Ok((proxy, Stage { simulator, sidecar }))
}

/// A login that the simulator ends as `risk` says; the status that the application sees.
pub(crate) async fn login(stage: &Stage, risk: &str) -> Result<Value> {
    let order = stage.scripted(json!({ "risk": risk })).await?;
    Ok(body(&stage.collect(&order).await?)?["status"].clone())
}

/// Host and port of the simulator.
fn provider(stage: &Stage) -> &str {
    stage.simulator.endpoint().trim_start_matches("https://")
}

/// Waits for a line of the sidecar's log.
async fn told(stage: &Stage, text: &str) -> Result<()> {
    eventually(&format!("{text:?} in the log"), PATIENCE, || async {
        let printed = stage.sidecar.printed();
        anyhow::ensure!(printed.iter().any(|line| line.contains(text)), "{printed:?}");
        Ok(())
    })
    .await
}

/// Neither the login nor its form in the header is printed.
fn keeps_its_login(stage: &Stage) {
    // Basic authentication's form of the name and its colon.
    for secret in [PASSWORD, "wrong-secret", "cmlza2dhdGU6"] {
        assert!(stage.sidecar.printed().iter().all(|line| !line.contains(secret)), "{secret} was printed");
    }
}

#[tokio::test]
async fn a_login_is_allowed_and_blocked_through_the_proxy() -> Result<()> {
    let debug = json!({ "log": { "level": "debug" } });
    let (proxy, stage) = start(PASSWORD, async |_, policy| Ok(policy.with_spec(&debug))).await?;
    assert_eq!(login(&stage, "low").await?, "complete");
    assert_eq!(login(&stage, "high").await?, "failed");
    let asked = proxy.asked();
    assert!(!asked.is_empty() && asked.iter().all(|target| target == provider(&stage)), "{asked:?}");
    let certificates = stage.simulator.control().requests(AUTH).await?;
    assert!(certificates.iter().all(|request| request["clientCertificate"].is_string()), "{certificates:?}");
    keeps_its_login(&stage);
    Ok(())
}

#[tokio::test]
async fn a_wrong_login_is_told_and_the_right_one_followed_without_a_restart() -> Result<()> {
    let (_proxy, stage) = start("wrong-secret", async |_, policy| Ok(policy)).await?;
    error(&stage.post(AUTH, &[], &auth()).await?, 503, "maintenance")?;
    told(&stage, "refused the login of egressProxy.credentialsRef (status 401)").await?;
    assert!(stage.simulator.control().requests(AUTH).await?.is_empty(), "nothing was sent");
    write_login(&stage.simulator, PASSWORD)?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    assert_eq!(login(&stage, "low").await?, "complete");
    keeps_its_login(&stage);
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_is_down_is_a_provider_that_cannot_be_reached() -> Result<()> {
    let (mut proxy, stage) = start(PASSWORD, async |_, policy| Ok(policy)).await?;
    proxy.process().kill();
    error(&stage.post(AUTH, &[], &auth()).await?, 503, "maintenance")?;
    told(&stage, "cannot be reached: connection refused").await?;
    assert!(
        stage.simulator.control().requests(AUTH).await?.is_empty(),
        "and it is not reached past the proxy"
    );
    Ok(())
}

#[tokio::test]
async fn a_login_that_is_not_there_stops_the_start() -> Result<()> {
    let simulator = Simulator::start().await?;
    let proxy = TinyProxy::start(USERNAME, PASSWORD).await?;
    let policy = Policy::new(simulator.endpoint()).with_spec(&through(&proxy));
    let (mut process, _folder) = Sidecar::spawn(&policy, simulator.credentials())?;
    assert_eq!(process.exited(PATIENCE).await?.code(), Some(78));
    let told = process.stderr().all().join("\n");
    assert!(told.contains("proxy-login") && told.contains("egressProxy.credentialsRef"), "{told}");
    Ok(())
}

#[tokio::test]
async fn the_shared_store_is_reached_without_the_proxy() -> Result<()> {
    let redis = RedisServer::start(&[]).await?;
    let (proxy, stage) = start(PASSWORD, async |simulator, policy| {
        let seal = simulator.credentials().join("secrets/seal");
        std::fs::create_dir_all(&seal)?;
        std::fs::write(seal.join("key"), [7; 32])?;
        let store =
            json!({ "redis": { "url": redis.url(), "sealKeysRef": { "name": "seal", "keys": ["key"] } } });
        Ok(policy.with_spec(&json!({ "store": store })))
    })
    .await?;
    stage.simulator.control().script_next(&at_once(json!({ "risk": "low" }))).await?;
    let order = order_ref(&stage.post(AUTH, &[], &auth()).await?)?;
    let names: Vec<String> = redis.command(&["KEYS", "riskgate:*"]).await?;
    assert_eq!(names.len(), 1, "the order is in the store: {names:?}");
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete");
    let asked = proxy.asked();
    assert!(asked.iter().all(|target| target == provider(&stage)), "{asked:?}");
    Ok(())
}
