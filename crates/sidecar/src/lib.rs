//! The sidecar: a pingora HTTP server between an application and its identity provider.
//!
//! ```text
//! server      accept, read one request, write one answer            (pingora)
//!   └─ pipeline   recognise → attach → screen → forward → assess → decide → enforce → record
//!        ├─ wire      the provider's protocol
//!        ├─ sources   the outbound client, enrichment sources
//!        ├─ store     open transactions, terminal answers
//!        └─ config    the snapshot that one request uses
//! ops         health, metrics, admin, decision log, reload, drain
//! ```

pub mod config;
pub mod message;
pub mod ops;
pub mod pipeline;
pub mod run;
pub mod server;

pub use config::made_with::MadeWith;
pub use config::source::{ConfigFile, ConfigSource};
pub use run::{EXIT_CONFIG, Options, StartError, Started, start};
