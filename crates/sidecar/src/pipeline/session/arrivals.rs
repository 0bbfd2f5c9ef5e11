//! What a webhook brings to a decision that waits for it: the provider's own indication is in the webhook alone where a
//! session's answers do not carry it (other-systems.md section B.3).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use riskgate_wire::Completed;
use tokio::sync::watch;

use crate::pipeline::join::JoinKey;

/// The decisions that wait.
#[derive(Default)]
pub(in crate::pipeline) struct Arrivals {
    waiting: Mutex<HashMap<JoinKey, watch::Sender<Option<Completed>>>>,
}

impl Arrivals {
    /// Begins to wait, before anybody could bring something. There is one decision a session, so that there is one who waits.
    pub(super) fn expect(&self, key: JoinKey) -> watch::Receiver<Option<Completed>> {
        let (sender, receiver) = watch::channel(None);
        self.lock().insert(key, sender);
        receiver
    }

    /// Brings what a webhook says, to whoever waits.
    pub(super) fn arrived(&self, key: &JoinKey, completed: &Completed) {
        if let Some(waiting) = self.lock().get(key) {
            // Whoever waited may just have given up.
            let _given_up = waiting.send(Some(completed.clone()));
        }
    }

    /// Waits no longer.
    pub(super) fn forget(&self, key: &JoinKey) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JoinKey, watch::Sender<Option<Completed>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
