//! TIC Identity (`other-systems.md section B`).
//!
//! ```text
//! script, settings   what a session does, and how the service behaves where sources differ
//! request            what a start may carry        session    sessions and their progress
//! enrichment         once a session, once a URL    person     what is found
//! webhook            the variants, signed          hub        SignalR over a WebSocket
//! api                from request to answer        control    the part of the control API that is about all this
//! ```

mod api;
mod control;
mod enrichment;
mod error;
mod hub;
mod person;
mod request;
mod script;
mod session;
mod settings;
mod webhook;

pub(crate) use self::api::TicIdentity;
pub use self::script::{EnrichmentScript, Fault, FaultKind, FaultPoint, Script, User};
pub use self::settings::{Settings, WebhookVariant};
