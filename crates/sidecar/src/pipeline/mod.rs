//! The pipeline: `recognise → attach → screen → forward → assess → decide → enforce → record`, one module a stage.
//!
//! [`start`], [`exchange`], [`result`], [`cancel`], [`inquiry`] and [`pass`] put the stages in order for the kinds of request; data flows one way.

mod assess;
mod attach;
mod cancel;
mod decide;
mod draft;
mod enforce;
mod exchange;
mod forward;
mod gateway;
mod inquiry;
mod join;
mod judge;
mod opening;
mod pass;
mod recognise;
mod record;
mod result;
mod screen;
mod session;
mod shared;
mod start;
#[cfg(test)]
mod tests;

pub use gateway::{Gateway, Parts};
pub use session::{Gate, HubRefused, Notice, StoreLedger};
