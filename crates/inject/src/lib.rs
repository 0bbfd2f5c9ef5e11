//! Injection of the sidecar into pods (design.md section 7), as functions of their input: no client, no clock, no files.
//!
//! ```text
//! pod, namespace ─► decide ─► Wanted ─┐
//! policy ─► Bindings ─────────────────┼─► inject ─► Patch ─► (pod) ─► uninject ─► the pod as it was
//! InjectorOptions ────────────────────┘
//! ```
//!
//! Pods are raw JSON throughout. Whatever a later Kubernetes adds to them passes untouched. A webhook has little to add:
//!
//! ```
//! use riskgate_inject::{Bindings, Decision, InjectorOptions, Namespace, Pod, Refusal, decide, inject};
//! # use riskgate_api::RiskPolicySpec;
//! # fn admit(
//! #     raw: &serde_json::Value,
//! #     namespace: Namespace<'_>,
//! #     policy: impl Fn(&str) -> Option<RiskPolicySpec>,
//! #     names: &[&str],
//! # ) -> Result<Option<json_patch::Patch>, Refusal> {
//! let pod = Pod::new(raw)?;
//! let wanted = match decide(&pod, &namespace)? {
//!     Decision::Skip(_reason) => return Ok(None),
//!     Decision::Inject(wanted) => wanted,
//! };
//! // From the cache, and where it is not there, from the API server.
//! let Some(spec) = policy(&wanted.policy) else {
//!     return Err(wanted.unknown(namespace.name, names));
//! };
//! let bindings = Bindings::of(namespace.name, &wanted.policy, &spec)?;
//! let patch = inject(&pod, &wanted, &bindings, &InjectorOptions::new("riskgate-sidecar"))?;
//! // Its warnings go into the answer, too, and its reasons into Events and metrics.
//! Ok(Some(patch.operations))
//! # }
//! # let labels = Default::default();
//! # let pod = serde_json::json!({ "spec": { "containers": [] } });
//! # let admitted = admit(&pod, Namespace { name: "shop", labels: &labels }, |_| None, &[]);
//! # assert!(admitted.is_ok_and(|patch| patch.is_none()));
//! ```

mod bindings;
mod checks;
mod container;
mod decide;
mod env;
mod mesh;
pub mod names;
mod operations;
mod options;
pub mod overrides;
mod patch;
mod pod;
mod quantity;
mod reason;
pub mod references;
mod resources;
mod status;
mod uninject;
mod volume;
pub mod workload;

pub use bindings::{Bindings, Listener};
pub use decide::{By, Decision, Namespace, Wanted, decide};
pub use options::{InjectorOptions, Probes, PullPolicy, Resources, Timing};
pub use patch::{Patch, inject};
pub use pod::Pod;
pub use quantity::{Quantity, QuantityError};
pub use reason::{Notice, Outcome, Reason, Refusal};
pub use status::{InjectedPorts, InjectedWarning, Status};
pub use uninject::uninject;
