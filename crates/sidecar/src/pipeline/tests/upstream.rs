//! A provider that answers what it is told, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_sources::outbound::{Limits, Outbound, OutboundError};
use tokio::sync::Semaphore;

/// The provider. It answers when it is let.
pub(super) struct Upstream {
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
    gate: Semaphore,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
            asked: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

impl Upstream {
    /// What it answers next, after what it was told before.
    pub(super) fn answers(&self, status: u16, body: &'static str) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    /// Answers nothing from now on.
    pub(super) fn hold(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Answers one that it holds.
    pub(super) fn release(&self) {
        self.gate.add_permits(1);
    }

    /// What it was asked until now.
    pub(super) fn asked(&self) -> Vec<http::Request<Bytes>> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Outbound for Upstream {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _: Limits,
    ) -> Result<http::Response<Bytes>, OutboundError> {
        self.asked.lock().unwrap().push(request);
        self.gate.acquire().await.unwrap().forget();
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, body) = answer.ok_or_else(|| OutboundError::Lost("no answer".to_owned()))?;
        let answer = http::Response::builder().status(status).header("x-provider", "yes");
        Ok(answer.body(Bytes::from_static(body.as_bytes())).unwrap())
    }
}
