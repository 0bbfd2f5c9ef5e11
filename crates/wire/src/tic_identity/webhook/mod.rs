//! Webhooks: notices that TIC sends to the application (other-systems.md section B.4). The sources disagree on every part of
//! them, so that each variant is taken, and what leaves has the form of what came.

mod event;
mod signature;

pub use event::{Event, Kind, read, refused};
pub use signature::{Rejected, SignatureOptions, Signed, SignedContent, verify};
