//! The providers' protocols: recognise, attach, read, refuse. Bytes in, bytes out.
//!
//! Each provider is one module that implements [`Protocol`]; the pipeline of the sidecar knows no other. Nothing here reads a
//! clock, opens a connection or decides: facts go out, and answers are written as the provider itself writes them.

pub mod answer;
pub mod bankid_no;
pub mod bankid_se;
mod form;
pub mod given;
pub mod jose;
mod json;
pub mod lint;
pub mod one_span;
pub mod protocol;
pub mod tic_identity;

pub use answer::{Answer, Fault};
pub use given::Given;
pub use lint::Lint;
pub use protocol::{
    Cancelled, Completed, Exchanged, Inquired, Inquiry, Malformed, Passing, Prepared, Protocol, Reading,
    Recognised, Repeatable, Road, Sessions, Shown, Started, Takes, Tightened, Unreadable,
};
