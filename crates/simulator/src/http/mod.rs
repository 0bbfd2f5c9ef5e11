//! The HTTP/1.1 server that every API of the simulator is served by.

mod answer;
mod body;
mod exchange;
mod server;
mod tasks;
mod wire;

pub(crate) use answer::{Answer, Delivery};
pub(crate) use exchange::{BodyProblem, Exchange};
pub(crate) use server::{Acceptance, Server, Service};
pub(crate) use tasks::Tasks;
pub(crate) use wire::Wire;
