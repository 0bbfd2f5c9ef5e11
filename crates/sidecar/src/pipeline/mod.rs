//! The pipeline: `recognise → attach → screen → forward → assess → decide → enforce → record`, one module a stage.
//!
//! [`start`], [`result`] and [`cancel`] put the stages in order for the three kinds of request; data flows one way.

mod assess;
mod attach;
mod cancel;
mod decide;
mod enforce;
mod forward;
mod gateway;
mod join;
mod recognise;
mod record;
mod result;
mod screen;
mod shared;
mod start;

pub use gateway::{Gateway, Parts};
