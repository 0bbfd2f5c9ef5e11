//! What the API server asks: whether a pod is let in, and with the sidecar; whether a policy is taken.
//!
//! ```text
//! server (TLS, limits) ─► http (one question, one answer) ─► pods ─────► inject (pure)
//!                                                       └──► policies ─► the compiler (pure)
//!                                       lookup: the watches, then the API server
//! ```
//!
//! Whatever cannot be read, found out or answered in time is refused, never let in: the webhooks fail closed as a whole.

mod http;
mod lookup;
mod pods;
mod policies;
mod review;
mod server;

use std::sync::Arc;

use kube::Client;
use riskgate_inject::InjectorOptions;
use tokio::sync::Semaphore;

use crate::events::{Events, Letterbox};
use crate::metrics::Metrics;
use crate::watches::Watches;
use lookup::Lookup;

pub use http::MAX_BODY;
pub use server::{ServeError, Server};

/// Questions that are answered at a time; others wait, within their time.
const AT_ONCE: usize = 64;

/// What answers are made from.
pub struct Admission {
    lookup: Lookup,
    metrics: Arc<Metrics>,
    sidecar: InjectorOptions,
    letterbox: Letterbox,
    at_once: Semaphore,
}

impl Admission {
    /// Answers, and who publishes Events of them for as long as there are answers.
    pub fn new(
        client: Client,
        watches: Watches,
        metrics: Arc<Metrics>,
        sidecar: InjectorOptions,
        instance: &str,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (letterbox, publishing) = Letterbox::new(Events::new(client.clone(), instance));
        let lookup = Lookup { client, watches };
        let at_once = Semaphore::new(AT_ONCE);
        (Self { lookup, metrics, sidecar, letterbox, at_once }, publishing)
    }
}
