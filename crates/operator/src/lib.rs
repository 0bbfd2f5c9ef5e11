//! The operator: from a RiskPolicy to the configuration that bound pods mount, and back to the policy's status; and what the
//! API server asks it about pods and policies.
//!
//! ```text
//!   watches ──► controller (the leader's alone): one pass a policy
//!  policies       dereference ──► validate ──► build ──► apply ──► status
//!  pods           client          pure         pure      client    pure, then client
//!  ConfigMaps   janitor: ConfigMaps of deleted policies, once no bound pod is left
//!  namespaces
//!     └───────► admission (every replica): pods are injected, policies judged
//!  Secret ────► certificates: a CA for all replicas, a certificate for each; the leader tells the API server
//! ```
//!
//! Every replica watches and serves; the holder of the Lease writes. It reads no Secret but its own CA's and writes no pod: what it
//! may is in `rbac.yaml`, each rule with its reason.

pub mod admission;
pub mod certificates;
pub mod conditions;
pub mod controller;
pub mod election;
mod events;
mod leading;
pub mod log;
pub mod metrics;
pub mod names;
pub mod options;
pub mod pods;
mod prune;
pub mod reason;
pub mod run;
pub mod server;
pub mod shutdown;
mod validate;
pub mod watches;

pub use options::Options;
