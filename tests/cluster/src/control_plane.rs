//! Starting and stopping the three programs.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow, bail, ensure};
use harness::{Process, eventually, tethered};
use kube::config::Kubeconfig;
use kube::{Client, Config};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::assets::Assets;
use crate::identity::{Identity, client_config};
use crate::kubectl::Kubectl;
use crate::pki::Pki;
use crate::{Audited, Helm, Shell, audit};

/// How often a start is tried anew when another process took a port between its choice and its use.
const ATTEMPTS: usize = 5;
/// Some seconds on an idle machine.
const START: Duration = Duration::from_secs(120);

/// A running control plane. Dropping it ends its processes and removes what they stored.
pub struct ControlPlane {
    // In the order in which they end: an API server that loses its etcd lingers.
    controller_manager: Process,
    api_server: Mutex<Process>,
    etcd: Process,
    url: String,
    port: u16,
    storage: String,
    pki: Pki,
    kubectl: std::path::PathBuf,
    folder: TempDir,
}

impl ControlPlane {
    /// Starts one, and returns when the API server is ready.
    ///
    /// # Errors
    /// When a program is missing (the message says how to get it), or ends instead, with its last words.
    pub async fn start() -> Result<Self> {
        let assets = Assets::locate()?;
        for _ in 1..ATTEMPTS {
            match Self::try_start(&assets).await {
                Err(error) if format!("{error:#}").contains("address already in use") => {}
                outcome => return outcome,
            }
        }
        Self::try_start(&assets).await
    }

    async fn try_start(assets: &Assets) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("riskgate-control-plane-").tempdir()?;
        let pki = Pki::create(folder.path())?;
        let [client, peer, secure] = free_ports()?;
        let storage = format!("http://127.0.0.1:{client}");
        let url = format!("https://127.0.0.1:{secure}");

        let etcd = Process::start(
            "etcd",
            etcd(assets, folder.path(), &storage, &format!("http://127.0.0.1:{peer}"))?,
        )?;
        let api_server =
            Process::start("kube-apiserver", api_server(assets, folder.path(), &storage, secure, &pki)?)?;
        let admin = Identity::Admin.kubeconfig(&url, &pki, "default")?;
        ready(&admin, &[("etcd", &etcd), ("kube-apiserver", &api_server)]).await?;

        // Its certificate's name is what the API server's own roles are bound to.
        let manager = Identity::User("system:kube-controller-manager").kubeconfig(&url, &pki, "default")?;
        let kubeconfig = folder.path().join("controller-manager.yaml");
        fs::write(&kubeconfig, serde_yaml::to_string(&manager)?)?;
        let controller_manager =
            Process::start("kube-controller-manager", controller_manager(assets, &kubeconfig, &pki)?)?;
        let kubectl = assets.program("kubectl")?;
        let api_server = Mutex::new(api_server);
        Ok(Self { controller_manager, api_server, etcd, url, port: secure, storage, pki, kubectl, folder })
    }

    /// The kubeconfig of an identity, with `namespace` as its default.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn kubeconfig(&self, identity: Identity<'_>, namespace: &str) -> Result<Kubeconfig> {
        identity.kubeconfig(&self.url, &self.pki, namespace)
    }

    /// A client of the API server.
    ///
    /// # Errors
    /// As [`kubeconfig`](Self::kubeconfig).
    pub async fn client(&self, identity: Identity<'_>, namespace: &str) -> Result<Client> {
        let config: Config = client_config(self.kubeconfig(identity, namespace)?).await?;
        Ok(Client::try_from(config)?)
    }

    /// kubectl in the hands of an identity.
    ///
    /// # Errors
    /// As [`kubeconfig`](Self::kubeconfig).
    pub fn kubectl(&self, identity: Identity<'_>, namespace: &str) -> Result<Kubectl> {
        Kubectl::new(self.kubectl.clone(), &self.kubeconfig(identity, namespace)?)
    }

    /// helm in the hands of an identity.
    ///
    /// # Errors
    /// As [`kubeconfig`](Self::kubeconfig), and when helm is missing.
    pub fn helm(&self, identity: Identity<'_>, namespace: &str) -> Result<Helm> {
        Helm::new(Some(&self.kubeconfig(identity, namespace)?))
    }

    /// A shell in the hands of an identity. Releases that it installs have their webhooks at the address `webhooks`.
    ///
    /// # Errors
    /// As [`kubeconfig`](Self::kubeconfig), and when a program is missing.
    pub fn shell(&self, identity: Identity<'_>, webhooks: &str) -> Result<Shell> {
        Shell::open(&self.kubeconfig(identity, "default")?, webhooks)
    }

    /// Installs the CustomResourceDefinitions of `crds/`, and waits until they are served.
    ///
    /// # Errors
    /// When the API server refuses one, or warns of one.
    pub async fn install_crds(&self) -> Result<()> {
        let kubectl = self.kubectl(Identity::Admin, "default")?;
        let folder = harness::root().join("crds").display().to_string();
        let said = kubectl.run(&["apply", "--server-side", "--force-conflicts", "-f", &folder], "").await?;
        ensure!(said.success && !said.stderr.contains("Warning"), "{}", said.stderr);
        kubectl.say(&["wait", "--for=condition=Established", "--timeout=60s", "-f", &folder]).await?;
        Ok(())
    }

    /// What the API server was asked by ServiceAccounts, so far.
    ///
    /// # Errors
    /// When the audit log does not read.
    pub fn audited(&self) -> Result<Vec<Audited>> {
        audit::read(self.folder.path())
    }

    /// Where the programs keep what they store.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The numbers of its processes, for `/proc`.
    #[must_use]
    pub async fn processes(&self) -> [u32; 3] {
        [self.etcd.id(), self.api_server.lock().await.id(), self.controller_manager.id()]
    }

    /// Kills the API server and starts it again on the same port. What was stored is served again; watches were cut off.
    ///
    /// # Errors
    /// When it does not come back.
    pub async fn restart_api_server(&self) -> Result<()> {
        let command =
            api_server(&Assets::locate()?, self.folder.path(), &self.storage, self.port, &self.pki)?;
        let mut running = self.api_server.lock().await;
        // Asked to end, it would wait for its watches, a minute.
        running.kill();
        *running = Process::start("kube-apiserver", command)?;
        let admin = Identity::Admin.kubeconfig(&self.url, &self.pki, "default")?;
        ready(&admin, &[("etcd", &self.etcd), ("kube-apiserver", &*running)]).await
    }

    /// Writes what the programs said into `folder`, a file each.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn keep_logs(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let api_server = self.api_server.lock().await;
        let programs = [
            ("etcd", &self.etcd),
            ("kube-apiserver", &*api_server),
            ("kube-controller-manager", &self.controller_manager),
        ];
        for (name, process) in programs {
            process.keep_log(&folder.join(format!("{name}.log")))?;
        }
        Ok(())
    }
}

/// Waits until the API server is ready, and not a moment longer than its programs run.
async fn ready(admin: &Kubeconfig, programs: &[(&str, &Process)]) -> Result<()> {
    let client = Client::try_from(client_config(admin.clone()).await?)?;
    let probe = || async {
        for (name, process) in programs {
            if !process.running() {
                return Ok(Err(anyhow!("{name} ended:\n{}", process.stderr().tail())));
            }
        }
        let request = http::Request::get("/readyz").body(Vec::new())?;
        client.request_text(request).await?;
        Ok(Ok(()))
    };
    match eventually("the API server", START, probe).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let tails =
                programs.iter().map(|(name, process)| format!("{name}:\n{}", process.stderr().tail()));
            bail!("{error:#}\n{}", tails.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// Ports that are free now. The programs take only numbers, so another process can be faster; then the start is repeated.
fn free_ports() -> Result<[u16; 3]> {
    // Held until all are chosen, so that they differ.
    let listeners = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        let listener = listener.as_ref().map_err(|error| anyhow!("no free port: {error}"))?;
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn etcd(assets: &Assets, folder: &Path, clients: &str, peers: &str) -> Result<Command> {
    let mut command = tethered(assets.program("etcd")?);
    command
        .arg("--name=test")
        .arg(format!("--data-dir={}", folder.join("etcd").display()))
        .arg(format!("--listen-client-urls={clients}"))
        .arg(format!("--advertise-client-urls={clients}"))
        .arg(format!("--listen-peer-urls={peers}"))
        .arg(format!("--initial-advertise-peer-urls={peers}"))
        .arg(format!("--initial-cluster=test={peers}"))
        // Nothing needs to survive the machine.
        .arg("--unsafe-no-fsync");
    Ok(command)
}

fn api_server(assets: &Assets, folder: &Path, storage: &str, port: u16, pki: &Pki) -> Result<Command> {
    let mut command = tethered(assets.program("kube-apiserver")?);
    let file = |name: &str| pki.file(name).display().to_string();
    command
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .arg(format!("--secure-port={port}"))
        .arg(format!("--etcd-servers={storage}"))
        .args([
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
        ])
        .arg(format!("--cert-dir={}", folder.display()))
        .arg(format!("--client-ca-file={}", file("ca.crt")))
        .arg(format!("--tls-cert-file={}", file("apiserver.crt")))
        .arg(format!("--tls-private-key-file={}", file("apiserver.key")))
        .arg(format!("--service-account-issuer=https://127.0.0.1:{port}/"))
        .arg(format!("--service-account-key-file={}", file("accounts.pub")))
        .arg(format!("--service-account-signing-key-file={}", file("accounts.key")))
        .args(audit::flags(folder)?);
    Ok(command)
}

fn controller_manager(assets: &Assets, kubeconfig: &Path, pki: &Pki) -> Result<Command> {
    let mut command = tethered(assets.program("kube-controller-manager")?);
    command
        .arg(format!("--kubeconfig={}", kubeconfig.display()))
        // Without their own accounts the controllers may do nothing.
        .arg("--use-service-account-credentials=true")
        .arg(format!("--service-account-private-key-file={}", pki.file("accounts.key").display()))
        .arg(format!("--root-ca-file={}", pki.file("ca.crt").display()))
        // It serves nothing that tests ask for, and there is one of it.
        .args(["--secure-port=0", "--leader-elect=false"]);
    Ok(command)
}

impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControlPlane").field("url", &self.url).finish_non_exhaustive()
    }
}
