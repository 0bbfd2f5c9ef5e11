//! Follows changes of the configuration and the credentials while the sidecar runs.

use std::sync::Arc;

use super::log::LogHandle;
use super::store::Store;
use crate::config::reload::Loader;
use crate::config::watch::Changes;
use crate::pipeline::Gateway;

/// Reloads on every change, for ever. What is invalid is refused, counted and told once; the last good snapshot stays.
pub async fn follow(
    gateway: Arc<Gateway>,
    store: Store,
    loader: Loader,
    mut changes: Changes,
    log: LogHandle,
) {
    loop {
        if changes.next().await {
            reload(&gateway, &store, &loader, &log);
        }
        let current = gateway.snapshot();
        if current.has_expired_keys(loader.around().clock.now())
            && let Ok(renewed) = loader.renew(&current)
        {
            tracing::info!("keys that have served their time left memory");
            gateway.take(renewed);
        }
    }
}

fn reload(gateway: &Gateway, store: &Store, loader: &Loader, log: &LogHandle) {
    let before = gateway.snapshot();
    let snapshot = match loader.load(Some(&before)) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            gateway.metrics().reload_refused();
            tracing::error!(%error, revision = &*before.revision, "a change was refused, the last good configuration stays");
            return;
        }
    };
    if let Err(error) = gateway.decisions().follow(&snapshot.config.log.decisions) {
        gateway.metrics().reload_refused();
        tracing::error!(%error, "log.decisions cannot be opened, the last good configuration stays");
        return;
    }
    if let Err(error) = store.follow(&snapshot) {
        gateway.metrics().reload_refused();
        tracing::error!(%error, "store.redis cannot be reached like this, the last good configuration stays");
        return;
    }
    log.follow(snapshot.config.log.level);
    tracing::info!(revision = &*snapshot.revision, "the configuration was taken");
    gateway.take(snapshot);
}
