//! The independent clients, each behind its driver in `tests/clients` (the protocol is described in `driver.py`).

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::binaries::root;
use crate::lines::Lines;
use crate::spawn::{spawn, tethered};

/// A client that we did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// PyPI `bankid-sdk`.
    BankidSdk,
    /// PyPI `pybankid`; the one with phone operations.
    Pybankid,
    /// npm `bankid`; the one that passes members on that it does not know.
    BankidNpm,
    /// npm `openid-client`, an application of an OpenID provider.
    OpenidClient,
}

impl ClientKind {
    /// All of Swedish BankID.
    pub const ALL: [Self; 3] = [Self::BankidSdk, Self::Pybankid, Self::BankidNpm];

    fn driver(self) -> &'static str {
        match self {
            Self::BankidSdk => "bankid_sdk_driver.py",
            Self::Pybankid => "pybankid_driver.py",
            Self::BankidNpm => "bankid_npm_driver.mjs",
            Self::OpenidClient => "openid_client_driver.mjs",
        }
    }
}

/// What a client made of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It returned this to its application.
    Returned(Value),
    /// It took its own failure path.
    Failed(Failure),
    /// It broke: something came that it does not handle.
    Crashed(Crash),
}

/// An exception of the client's own kinds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The name of its class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The status, where the client keeps it.
    pub status: Option<u16>,
    /// The provider's error code, where the client keeps it.
    pub error_code: Option<String>,
    /// The headers of riskgate, where the driver looks at them.
    pub riskgate: Option<Value>,
}

/// An exception that the client did not mean to raise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Crash {
    /// The name of its class.
    pub class: String,
    /// Its message.
    pub message: String,
}

impl Answer {
    /// What the client returned.
    ///
    /// # Errors
    /// When it failed or crashed.
    pub fn returned(self) -> Result<Value> {
        match self {
            Self::Returned(value) => Ok(value),
            other => bail!("the client did not return: {other:?}"),
        }
    }

    /// The client's own failure.
    ///
    /// # Errors
    /// When it returned or crashed.
    pub fn failed(self) -> Result<Failure> {
        match self {
            Self::Failed(failure) => Ok(failure),
            other => bail!("the client did not fail: {other:?}"),
        }
    }
}

/// A line of a driver.
#[derive(Deserialize)]
struct Reply {
    result: Option<Value>,
    error: Option<Failure>,
    crash: Option<Crash>,
    usage: Option<String>,
}

/// A running client. It does one call at a time, as it would in a single-threaded application.
pub struct Client {
    /// The driver's file.
    driver: &'static str,
    child: Child,
    calls: Mutex<Calls>,
    stdout: Lines,
    stderr: Lines,
}

struct Calls {
    stdin: ChildStdin,
    answered: usize,
}

/// No call takes longer: the slowest client gives up on an answer after 10 s, and a login polls.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    /// Starts a client that takes `base_url` (`http://127.0.0.1:PORT`) for BankID.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn start(kind: ClientKind, base_url: &str) -> Result<Self> {
        Self::drive(kind.driver(), base_url)
    }

    /// Starts PyPI `tic-identity-python` against `base_url`, its REST client and its hub.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn tic_identity(base_url: &str) -> Result<Self> {
        Self::drive("tic_identity_driver.py", base_url)
    }

    fn drive(driver: &'static str, base_url: &str) -> Result<Self> {
        let python = root().join(".tools/venv/bin/python");
        let (interpreter, installed) = if driver.ends_with(".mjs") {
            let package = if driver.starts_with("openid") { "openid-client" } else { "bankid" };
            ("node".into(), root().join("tests/clients/node_modules").join(package))
        } else {
            (python.clone(), python)
        };
        ensure!(Path::exists(&installed), "what {driver} drives is not installed; run `make clients`");
        let mut command = tethered(interpreter);
        command.arg(root().join("tests/clients").join(driver)).args(["--base-url", base_url]);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command)?;
        let stdin = child.stdin.take().context("stdin is a pipe")?;
        let stdout = Lines::collect(child.stdout.take().context("stdout is a pipe")?);
        let stderr = Lines::collect(child.stderr.take().context("stderr is a pipe")?);
        Ok(Self { driver, child, calls: Mutex::new(Calls { stdin, answered: 0 }), stdout, stderr })
    }

    /// Calls an operation of the client with the wire's names: `auth`, `sign`, `collect`, `cancel`, `login`, and with
    /// pybankid `phoneAuth` and `phoneSign`.
    ///
    /// # Errors
    /// When the driver refuses the command or ends.
    pub async fn call(&self, operation: &str, args: &Value) -> Result<Answer> {
        let mut calls = self.calls.lock().await;
        let line = json!({ "do": operation, "args": args }).to_string();
        writeln!(calls.stdin, "{line}")
            .with_context(|| format!("{} ended:\n{}", self.driver, self.stderr.tail()))?;
        let reply = self.stdout.nth(calls.answered, PATIENCE).await;
        let reply = reply
            .with_context(|| format!("{}, {operation}; stderr:\n{}", self.driver, self.stderr.tail()))?;
        calls.answered += 1;
        match serde_json::from_str(&reply).with_context(|| format!("{} printed {reply}", self.driver))? {
            Reply { result: Some(result), .. } => Ok(Answer::Returned(result)),
            Reply { error: Some(failure), .. } => Ok(Answer::Failed(failure)),
            Reply { crash: Some(crash), .. } => Ok(Answer::Crashed(crash)),
            Reply { usage, .. } => {
                bail!("{} refused the command: {}", self.driver, usage.unwrap_or_default())
            }
        }
    }

    /// An auth, then collects every `poll` until the order is over. The answer is the last collect's.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn login(&self, mut args: Value, poll: Duration) -> Result<Answer> {
        args["pollMs"] = json!(u64::try_from(poll.as_millis())?);
        self.call("login", &args).await
    }

    /// A collect of one order.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn collect(&self, order_ref: &str) -> Result<Answer> {
        self.call("collect", &json!({ "orderRef": order_ref })).await
    }

    /// A cancel of one order.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn cancel(&self, order_ref: &str) -> Result<Answer> {
        self.call("cancel", &json!({ "orderRef": order_ref })).await
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Both fail only when it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
