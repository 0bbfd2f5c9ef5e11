//! What the tests that cross crates are made of: real processes, real clients, real sockets.
//!
//! ```text
//! Client (PyPI, npm) ──► Sidecar (process) ──► Simulator (process, mutual TLS)
//!        │                  │ decisions, stderr, /metrics      │ control API
//!        └──── answer ──────┴───────────── test ───────────────┘
//! ```
//!
//! Every process is started on free ports, says where it listens in one ready line, and is gone when its handle is
//! dropped, when the test panics and when the test runner is killed. A test waits for a condition with a deadline, never
//! for a length of time.

mod binaries;
pub mod client;
mod control;
mod latencies;
mod lines;
mod metrics;
mod openid;
mod policy;
mod process;
pub mod raw;
mod redis;
mod risk_service;
mod sentinel;
mod sidecar;
mod simulator;
mod spawn;
mod tinyproxy;
mod wait;
pub mod web;

pub use binaries::{binary, root};
pub use client::{Client, ClientKind};
pub use control::Control;
pub use latencies::Latencies;
pub use lines::Lines;
pub use metrics::Metrics;
pub use openid::OpenidProvider;
pub use policy::Policy;
pub use process::Process;
pub use redis::{RedisCluster, RedisServer};
pub use risk_service::RiskService;
pub use sentinel::SentinelGroup;
pub use sidecar::Sidecar;
pub use simulator::Simulator;
pub use spawn::tethered;
pub use tinyproxy::TinyProxy;
pub use wait::{PATIENCE, eventually};
