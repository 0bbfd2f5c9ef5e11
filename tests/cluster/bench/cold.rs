//! From the start of a process to every policy ready, and what the process takes meanwhile.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::{Identity, Operator};
use kube::api::ListParams;
use kube::{Api, Client};
use riskgate_api::RiskPolicy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::stage::Stage;

/// The longest that is waited for.
const LIMIT: Duration = Duration::from_secs(180);
/// How often it is looked whether all are ready. The last is seen so much later at most.
const PACE: Duration = Duration::from_millis(200);
/// What `kubectl get riskpolicies` asks for: its columns alone. The whole list would be work for those that are measured.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const POLICIES: &str = "/apis/riskgate.dev/v1alpha1/riskpolicies?includeObject=None&resourceVersion=0";
/// The kernel counts in hundredths of a second (USER_HZ).
const TICKS: f64 = 100.0;

/// What a cold start was.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cold {
    /// From the start of the process until every policy is told ready.
    seconds: f64,
    /// CPU time of the operator meanwhile.
    cpu_seconds: f64,
    /// MiB of resident memory, at most, from the start on.
    peak_mib: f64,
    /// MiB of resident memory once all are ready.
    after_mib: f64,
    /// Requests to the API server, a policy.
    requests: f64,
}

pub(crate) async fn measure(stage: &Stage, policies: usize, pods: usize) -> Result<(Operator, Cold)> {
    let pod = stage.release.pods().await?.into_iter().next().context("no pod of the operator")?;
    let operator = stage.release.run(&pod).await?;
    stage.service.set(&[operator.webhook]);
    let pid = operator.process.id();
    let admin = stage.control_plane.client(Identity::Admin, "default").await?;
    let end = Instant::now() + LIMIT;
    // Passes first, which cost nothing to read: some policies take two.
    while passes(&operator).await? < policies as f64 || ready(&admin).await? < policies {
        ensure!(operator.process.running(), "the operator ended:\n{}", operator.process.stderr().tail());
        ensure!(Instant::now() < end, "after {LIMIT:?}, {} of {policies} are ready", ready(&admin).await?);
        sleep(PACE).await;
    }
    let (seconds, cpu_seconds) = times(pid)?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let (peak_mib, after_mib) = (mib(&status, "VmHWM:")?, mib(&status, "VmRSS:")?);
    all_ready(stage, policies, pods).await?;
    let user = format!("system:serviceaccount:{}:", stage.release.namespace);
    let asked = stage.control_plane.audited()?.iter().filter(|it| it.user.starts_with(&user)).count();
    let requests = asked as f64 / policies as f64;
    Ok((operator, Cold { seconds, cpu_seconds, peak_mib, after_mib, requests }))
}

async fn passes(operator: &Operator) -> Result<f64> {
    Ok(operator.metrics().await?.sum("riskgate_operator_reconciles_total", &[("result", "Ready")]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    column_definitions: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

#[derive(Deserialize)]
struct Row {
    cells: Vec<Value>,
}

/// How many policies are told ready.
async fn ready(admin: &Client) -> Result<usize> {
    let request = http::Request::get(POLICIES).header("Accept", TABLE).body(Vec::new())?;
    let table: Table = admin.request(request).await?;
    let at = table.column_definitions.iter().position(|column| column.name == "Ready");
    let at = at.context("no column Ready")?;
    Ok(table.rows.iter().filter(|row| row.cells.get(at).is_some_and(|cell| cell == "True")).count())
}

/// What the API server itself has: every policy ready, every pod counted.
async fn all_ready(stage: &Stage, policies: usize, pods: usize) -> Result<()> {
    let (mut ready, mut counted) = (0, 0);
    for team in &stage.teams {
        let api: Api<RiskPolicy> = team.api();
        for policy in api.list(&ListParams::default()).await? {
            let status = policy.status.context("no status")?;
            let is_ready = |it: &k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition| {
                it.type_ == "Ready" && it.status == "True"
            };
            ready += usize::from(status.conditions.iter().any(is_ready));
            counted += status.pods.map_or(0, |pods| pods.current);
        }
    }
    ensure!(ready == policies, "{ready} of {policies} policies are ready");
    ensure!(counted as usize == pods, "{counted} of {pods} pods are counted");
    Ok(())
}

/// Seconds since the process was started, and those that it worked.
fn times(pid: u32) -> Result<(f64, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in parentheses and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')').context("no name")?.1.split_whitespace().collect();
    let field =
        |number: usize| Ok::<f64, anyhow::Error>(fields.get(number).context("too few fields")?.parse()?);
    let uptime = fs::read_to_string("/proc/uptime")?;
    let uptime: f64 = uptime.split_whitespace().next().context("no uptime")?.parse()?;
    Ok((uptime - field(19)? / TICKS, (field(11)? + field(12)?) / TICKS))
}

fn mib(status: &str, name: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
