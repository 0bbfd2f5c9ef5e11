//! Holding requests back until they are released, so that tests wait for events instead of sleeping.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;
use tokio::sync::Notify;

use crate::sync::lock;

/// Requests of held paths wait here, after they were recorded and before they have any effect.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    paths: Mutex<BTreeMap<String, Held>>,
    changed: Notify,
}

/// One held path.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Held {
    /// How many requests wait.
    waiting: usize,
    /// Grows with each release, so that those who waited before it go, and those who come later wait.
    #[serde(skip)]
    generation: u64,
    #[serde(skip)]
    open: bool,
}

impl Gate {
    pub(crate) fn hold(&self, path: &str) {
        lock(&self.paths).entry(path.to_owned()).or_default().open = false;
    }

    /// Lets all that wait at `path` go, and holds no longer.
    pub(crate) fn release(&self, path: &str) {
        if let Some(held) = lock(&self.paths).get_mut(path) {
            held.open = true;
            held.generation += 1;
        }
        self.changed.notify_waiters();
    }

    pub(crate) fn release_all(&self) {
        for held in lock(&self.paths).values_mut() {
            held.open = true;
            held.generation += 1;
        }
        self.changed.notify_waiters();
    }

    /// The held paths.
    pub(crate) fn state(&self) -> BTreeMap<String, Held> {
        let paths = lock(&self.paths);
        paths.iter().filter(|(_, held)| !held.open).map(|(path, held)| (path.clone(), *held)).collect()
    }

    /// Returns when requests of `path` may go on.
    pub(crate) async fn pass(&self, path: &str) {
        let Some(generation) = self.enter(path) else { return };
        let _waiting = Waiting { gate: self, path };
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if lock(&self.paths).get(path).is_none_or(|held| held.generation != generation) {
                return;
            }
            changed.await;
        }
    }

    /// The generation to wait for the end of; None when the path is not held.
    fn enter(&self, path: &str) -> Option<u64> {
        let mut paths = lock(&self.paths);
        let held = paths.get_mut(path).filter(|held| !held.open)?;
        held.waiting += 1;
        Some(held.generation)
    }
}

/// Counts a request as waiting, also when its client goes away meanwhile.
struct Waiting<'a> {
    gate: &'a Gate,
    path: &'a str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(held) = lock(&self.gate.paths).get_mut(self.path) {
            held.waiting -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_release_frees_those_who_wait_and_only_them() {
        let gate = Arc::new(Gate::default());
        gate.hold("/collect");
        gate.pass("/auth").await;
        let first = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass("/collect").await }
        });
        while gate.state()["/collect"].waiting == 0 {
            tokio::task::yield_now().await;
        }
        gate.release("/collect");
        gate.hold("/collect");
        first.await.unwrap();
        assert_eq!(gate.state()["/collect"].waiting, 0);
        let second = gate.pass("/collect");
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), second).await.is_err());
        assert_eq!(gate.state()["/collect"].waiting, 0, "a client that left no longer waits");
    }
}
