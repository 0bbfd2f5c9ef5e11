//! A real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager on loopback, as envtest runs
//! them (test-components.md section 1). There is no node: pods are objects, and stay pending.
//!
//! ```text
//! Suite ──► ControlPlane (once a test binary) ──► etcd ◄── kube-apiserver ◄── kube-controller-manager
//!   │             │ kubeconfigs, audit log
//!   └── Scene (once a test): a namespace, a client, kubectl
//! ```
//!
//! The control plane stops with its handle: after the last test, when the start fails, and when the runner is killed.

mod assets;
mod audit;
mod commands;
mod control_plane;
mod faults;
mod helm;
mod identity;
mod kubectl;
pub mod manifests;
mod node;
mod operator;
mod outside;
mod pki;
mod release;
mod scene;
mod service;
mod shell;
mod suite;
mod tls;
mod tool;
mod webhooks;

pub use audit::Audited;
pub use commands::{Command, commands};
pub use control_plane::ControlPlane;
pub use faults::{Asked, Fault, FaultyWay};
pub use helm::{Helm, Rendered};
pub use identity::Identity;
pub use kubectl::Kubectl;
pub use node::{Kubelet, tell_ready};
pub use operator::{Operator, OperatorAccount, SIDECAR_IMAGE};
pub use outside::Outside;
pub use release::Release;
pub use scene::Scene;
pub use service::Service;
pub use shell::Shell;
pub use suite::{SharedOperator, Suite};
pub use tls::{Tls, certificates};
pub use tool::Said;
pub use webhooks::Webhooks;
