//! Providers that give a result as often as it is asked, by several roads ([`riskgate_wire::Sessions`]): decided once a
//! session, by whichever road its result comes first, and enforced on every one.
//!
//! ```text
//! decision   the one decision on a session        arrivals   what a webhook brings to a decision that waits for it
//! road       poll, status, collect, and what comes after them
//! webhook    notices that the provider sends      gate       what a connection of the hub may pass on
//! ledger     what was spent of a session's one enrichment, and is handed to the application
//! ```

mod arrivals;
mod decision;
mod gate;
mod ledger;
mod road;
mod webhook;

pub(super) use arrivals::Arrivals;
pub use gate::{Gate, HubRefused};
pub use ledger::StoreLedger;
pub(super) use road::{after, pass, result};
pub use webhook::Notice;
