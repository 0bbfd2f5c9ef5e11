//! Injection of the sidecar into pods (design.md section 7), as functions of their input: no client, no clock, no files.
//!
//! ```text
//! pod, namespace ─► decide ─► Wanted ─┐
//! policy ─► Bindings ─────────────────┼─► inject ─► Patch ─► (pod) ─► uninject ─► the pod as it was
//! InjectorOptions ────────────────────┘
//! ```
//!
//! Pods are raw JSON throughout. Whatever a later Kubernetes adds to them passes untouched.

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
