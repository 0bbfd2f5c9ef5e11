//! OneSpan Intelligent Adaptive Authentication, API v1 (`other-systems.md section C`).
//!
//! ```text
//! path      the endpoints                      request   what they take, checked
//! script    what a request does                scripts   which request gets which script
//! ledger    sessions that are polled, and the events and transactions that are looked up
//! api       from request to answer             control   the part of the control API that is about all this
//! ```

mod api;
mod control;
mod ledger;
mod path;
mod request;
mod script;
mod scripts;

pub(crate) use self::api::OneSpan;
pub use self::script::{Fault, Script, Session};
