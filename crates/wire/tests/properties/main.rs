//! What holds for every request, whatever an application sends and whatever it is completed with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod hostile;
mod json;
mod prepare;
mod request;
mod tighten;

use riskgate_core::config::Refusal;
use riskgate_wire::bankid_se::BankIdSe;

fn bankid() -> BankIdSe {
    BankIdSe::new(Refusal::default())
}
