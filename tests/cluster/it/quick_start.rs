//! The README's quick start, command by command as it stands there: what a person would have around it (a node, BankID, the
//! application) is put in its place.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cluster::{
    Command, ControlPlane, Identity, Kubelet, Operator, Outside, Release, Scene, Service, Shell, Suite,
    commands, tell_ready,
};
use harness::{Client, ClientKind, PATIENCE, Simulator, eventually, root};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use serde::Deserialize;
use serde_json::{Value, json};

const SECTION: &str = "## Quick start";
/// What the text before the first command asks for, beside files.
const REGISTRY: [(&str, &str); 1] = [("REGISTRY", "registry.example")];
const POLL: Duration = Duration::from_millis(20);

pub(crate) fn add(suite: Suite) -> Suite {
    suite.with("quick_start::is_what_the_readme_says", is_what_the_readme_says)
}

/// What the commands do to the cluster, which a test must go along with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The operator's pods are made.
    Installed,
    /// Pods of the application carry the sidecar.
    OptedIn,
    /// The policy blocks from a lower risk on.
    Stricter,
    /// Nothing that a test stands in for.
    Other,
}

impl Step {
    fn of(command: &Command) -> Self {
        let says = |part: &str| command.text.contains(part);
        match () {
            () if says("helm install") => Self::Installed,
            () if says("riskgate.dev/policy") => Self::OptedIn,
            () if says("blockAt: Moderate") => Self::Stricter,
            () => Self::Other,
        }
    }
}

async fn is_what_the_readme_says(_: Scene) -> Result<()> {
    let commands = commands(&fs::read_to_string(root().join("README.md"))?, SECTION)?;
    let steps: Vec<Step> = commands.iter().map(Step::of).filter(|step| *step != Step::Other).collect();
    ensure!(steps == [Step::Installed, Step::OptedIn, Step::Stricter], "{steps:?} of {commands:?}");
    let promised: Vec<&String> = commands.iter().flat_map(|command| &command.promised).collect();
    ensure!(promised.len() > 5, "the quick start promises next to nothing: {promised:?}");

    let control_plane = Arc::new(ControlPlane::start().await?);
    let service = Service::open().await?;
    let shell = control_plane.shell(Identity::Admin, &service.url())?;
    let simulator = Simulator::start().await?;
    keystore(&simulator, &shell)?;
    let mut reader = Reader { control_plane, service, simulator, shell, operators: Vec::new(), shop: None };
    for command in &commands {
        let said = reader.shell.run(&command.text, &REGISTRY).await?;
        let printed = said.content(&command.text)?;
        command.kept_its_promise(&printed)?;
        let step = Step::of(command);
        reader.goes_along(step).await.with_context(|| format!("after {}", command.text))?;
    }
    Ok(())
}

/// The certificate that the reader has, in the files that the text names.
fn keystore(simulator: &Simulator, shell: &Shell) -> Result<()> {
    for file in ["keystore.p12", "password"] {
        fs::copy(simulator.credentials().join("secrets/bankid-rp-p12").join(file), shell.file(file))?;
    }
    Ok(())
}

/// Whoever follows the quick start, with what is around it.
struct Reader {
    control_plane: Arc<ControlPlane>,
    service: Service,
    simulator: Simulator,
    shell: Shell,
    /// They end with the reader.
    operators: Vec<Operator>,
    shop: Option<Shop>,
}

/// The application's pod with its sidecar, and the BankID client in it.
struct Shop {
    scene: Scene,
    kubelet: Kubelet,
    client: Client,
}

#[derive(Deserialize)]
struct Ready {
    providers: std::collections::BTreeMap<String, String>,
}

impl Reader {
    async fn goes_along(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Installed => self.runs_the_operator().await,
            Step::OptedIn => self.runs_the_pod().await,
            Step::Stricter => self.sees_the_change().await,
            Step::Other => Ok(()),
        }
    }

    /// A node's work for the release: its pods run, and are told ready.
    async fn runs_the_operator(&mut self) -> Result<()> {
        let release = Release::of(&self.control_plane, "riskgate-system").await?;
        for pod in release.pods().await? {
            self.operators.push(release.run(&pod).await?);
        }
        self.service.set(&self.operators.iter().map(|operator| operator.webhook).collect::<Vec<_>>());
        release.told_ready().await
    }

    /// A node's work for the application: its sidecar runs, and lets through and blocks what the policy says.
    async fn runs_the_pod(&mut self) -> Result<()> {
        let client = self.control_plane.client(Identity::Admin, "shop").await?;
        let control_plane = Arc::clone(&self.control_plane);
        let scene = Scene { control_plane, namespace: "shop".to_owned(), client };
        let pods: Api<Pod> = scene.api();
        let bound = ListParams::default().labels("riskgate.dev/policy=retail");
        let pod = eventually("the pod with a sidecar", PATIENCE, || async {
            pods.list(&bound).await?.items.pop().context("no pod")
        })
        .await?;
        let mut kubelet = Kubelet::run_in(&scene, &pod, Outside::of(&self.simulator)?).await?;
        let ready: Ready = kubelet.process.ready(PATIENCE).await?;
        tell_ready(&pods, &pod.name_any()).await?;

        // What the application is told is where the sidecar was told to listen; here that is a free port.
        let told = serde_json::to_value(&pod)?;
        let url = told["spec"]["containers"][0]["env"]
            .as_array()
            .and_then(|env| env.iter().find(|variable| variable["name"] == "BANKID_API_URL"))
            .context("no BANKID_API_URL")?;
        ensure!(url["value"] == "http://127.0.0.1:15381", "{url}");
        let arguments = told["spec"]["initContainers"][0]["args"].to_string();
        ensure!(arguments.contains("--listen=bankid=15381"), "{arguments}");
        let address = ready.providers.get("bankid").context("no listener")?;
        let client = Client::start(ClientKind::BankidSdk, &format!("http://{address}"))?;
        let shop = self.shop.insert(Shop { scene, kubelet, client });
        for (risk, outcome) in [("low", "complete"), ("moderate", "complete"), ("high", "failed")] {
            shop.logs_in(&self.simulator, risk, outcome).await?;
        }
        Ok(())
    }

    /// The kubelet brings the volume up to date, and the sidecar follows.
    async fn sees_the_change(&mut self) -> Result<()> {
        let Some(shop) = &mut self.shop else { bail!("nobody opted in") };
        let simulator = &self.simulator;
        eventually("the stricter policy", PATIENCE, || async {
            let config = shop.configuration().await?;
            ensure!(config.contains("blockAt: moderate") || config.contains("blockAt: Moderate"), "{config}");
            Ok(())
        })
        .await?;
        shop.kubelet.sync(&shop.scene).await?;
        eventually("a moderate risk to be blocked", PATIENCE, || {
            shop.logs_in(simulator, "moderate", "failed")
        })
        .await?;
        shop.logs_in(simulator, "low", "complete").await?;
        ensure!(shop.kubelet.process.running(), "{}", shop.kubelet.process.stderr().tail());
        Ok(())
    }
}

impl Shop {
    /// A login whose risk BankID sees so, and what the application is answered.
    async fn logs_in(&self, simulator: &Simulator, risk: &str, outcome: &str) -> Result<()> {
        simulator.control().script_next(&json!({ "hints": [], "risk": risk })).await?;
        let result: Value = self.client.login(json!({ "endUserIp": "192.0.2.1" }), POLL).await?.returned()?;
        ensure!(result["status"] == outcome, "a login of risk {risk}: {result}");
        Ok(())
    }

    async fn configuration(&self) -> Result<String> {
        let map = self.scene.kubectl()?;
        map.say(&["get", "configmap", "riskgate-retail", "--output", "jsonpath={.data}"]).await
    }
}
