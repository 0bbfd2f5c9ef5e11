//! The tests of one binary, and the control plane that they share, with the CRDs of this tree.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;

use crate::{ControlPlane, Operator, OperatorAccount, Scene, Service, Webhooks};

/// Tests spend their time waiting for the API server.
const THREADS: usize = 6;

/// The tests of one binary.
pub struct Suite {
    trials: Vec<Trial>,
    shared: Arc<Shared>,
}

struct Shared {
    /// One for all tests: a client's connections belong to the runtime that opened them.
    runtime: Runtime,
    /// Started by the first test that runs, or why that failed: the others need not try.
    control_plane: OnceCell<Result<Arc<ControlPlane>, String>>,
    /// Started by the first test that wants it.
    operator: OnceCell<Result<Arc<SharedOperator>, String>>,
}

/// The operator that tests share. It sees every namespace, so there can be one of it. Its webhooks are called for namespaces that
/// want them.
pub struct SharedOperator {
    /// What it runs as.
    pub account: OperatorAccount,
    /// The one replica.
    pub replica: Operator,
    /// By which the API server reaches it.
    pub service: Service,
}

impl Shared {
    async fn control_plane(&self) -> Result<Arc<ControlPlane>> {
        let start = || async {
            let started = async {
                let control_plane = ControlPlane::start().await?;
                control_plane.install_crds().await?;
                Ok::<_, anyhow::Error>(Arc::new(control_plane))
            };
            started.await.map_err(|error| format!("{error:#}"))
        };
        self.control_plane.get_or_init(start).await.clone().map_err(|error| anyhow!(error))
    }

    async fn operator(&self) -> Result<Arc<SharedOperator>> {
        let control_plane = self.control_plane().await?;
        let start = || async {
            let started = async {
                let account = OperatorAccount::create(&control_plane, "riskgate-system").await?;
                let replica = account.start("riskgate-operator-0").await?;
                let service = Service::open().await?;
                service.set(&[replica.webhook]);
                Webhooks::install(&control_plane, &service.url(), false).await?;
                Ok::<_, anyhow::Error>(Arc::new(SharedOperator { account, replica, service }))
            };
            started.await.map_err(|error| format!("{error:#}"))
        };
        self.operator.get_or_init(start).await.clone().map_err(|error| anyhow!(error))
    }
}

impl Suite {
    /// An empty suite.
    ///
    /// # Errors
    /// When no runtime can be made.
    pub fn new() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self {
            trials: Vec::new(),
            shared: Arc::new(Shared { runtime, control_plane: OnceCell::new(), operator: OnceCell::new() }),
        })
    }

    /// Adds a test; it gets a namespace of its own.
    #[must_use]
    pub fn with<F, Outcome>(mut self, name: &str, test: F) -> Self
    where
        F: FnOnce(Scene) -> Outcome + Send + 'static,
        Outcome: Future<Output = Result<()>>,
    {
        let shared = Arc::clone(&self.shared);
        self.trials.push(Trial::test(name, move || {
            let run = async { test(Scene::set(shared.control_plane().await?).await?).await };
            shared.runtime.block_on(run).map_err(|error| Failed::from(format!("{error:#}")))
        }));
        self
    }

    /// Adds a test of the operator: it runs, shared by these tests.
    #[must_use]
    pub fn with_operator<F, Outcome>(mut self, name: &str, test: F) -> Self
    where
        F: FnOnce(Scene, Arc<SharedOperator>) -> Outcome + Send + 'static,
        Outcome: Future<Output = Result<()>>,
    {
        let shared = Arc::clone(&self.shared);
        self.trials.push(Trial::test(name, move || {
            let run = async {
                let operator = shared.operator().await?;
                test(Scene::set(shared.control_plane().await?).await?, operator).await
            };
            shared.runtime.block_on(run).map_err(|error| Failed::from(format!("{error:#}")))
        }));
        self
    }

    /// Runs what the command line selects, and ends the control plane. When a test fails, what the control plane said is
    /// kept, and told where.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        arguments.test_threads.get_or_insert(THREADS);
        let conclusion = libtest_mimic::run(&arguments, self.trials);
        if conclusion.has_failed()
            && let Some(Ok(control_plane)) = self.shared.control_plane.get()
        {
            let folder = logs();
            let operator = self.shared.operator.get().and_then(|operator| operator.as_ref().ok());
            let kept =
                self.shared.runtime.block_on(control_plane.keep_logs(&folder)).and_then(
                    |()| match operator {
                        Some(operator) => operator.replica.process.keep_log(&folder.join("operator.log")),
                        None => Ok(()),
                    },
                );
            match kept {
                Ok(()) => eprintln!("what the control plane said is in {}", folder.display()),
                Err(error) => eprintln!("cannot keep what the control plane said: {error:#}"),
            }
        }
        conclusion.exit_code()
    }
}

fn logs() -> PathBuf {
    let folder =
        std::env::var_os("TEST_LOGS").map_or_else(|| harness::root().join("target/test-logs"), PathBuf::from);
    folder.join("control-plane")
}
