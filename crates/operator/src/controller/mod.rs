//! The controller, as the leader runs it: one pass a policy, one a ConfigMap whose policy may be gone.

mod apply;
mod backoff;
mod build;
mod context;
mod dereference;
mod janitor;
mod nudge;
mod reconcile;
mod status;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, future, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::PartialObjectMeta;
use kube::runtime::controller::{Config, Controller, Error};
use kube::runtime::reflector::ObjectRef;
use riskgate_inject::names;
use tokio_util::sync::CancellationToken;

pub use context::{Context, Widened};

use crate::watches::{GuardedPolicy, PolicyKey, Watches};

/// Changes that come together, such as the pods of a Deployment, are one pass.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// The longest that a pass may take: the client itself waits as long as a watch may be silent.
const LIMIT: Duration = Duration::from_secs(60);
/// Passes at once: most of a pass is waiting for the API server.
const CONCURRENCY: u16 = 16;

/// Reconciles until `stop`; passes that have begun are finished. Dropped, it cancels them where they wait (kube runs each as a
/// task that ends with its handle).
pub async fn run(context: Arc<Context>, stop: CancellationToken) {
    future::join(policies(Arc::clone(&context), stop.clone()), config_maps(context, stop)).await;
}

async fn policies(context: Arc<Context>, stop: CancellationToken) {
    let Watches { policies, .. } = context.watches.clone();
    let keys = context
        .watches
        .changes()
        .map(|key| ObjectRef::<GuardedPolicy>::new(&key.name).within(&key.namespace));
    Controller::for_stream(stream::pending(), policies)
        .with_config(config())
        .reconcile_on(keys)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(
            reconcile::pass,
            |policy, error, context| reconcile::failed(&policy, error, &context),
            Arc::clone(&context),
        )
        .for_each(|outcome| {
            if let Err(Error::ObjectNotFound(policy)) = outcome {
                context.forget(&PolicyKey {
                    namespace: policy.namespace.unwrap_or_default(),
                    name: policy.name,
                });
            }
            future::ready(())
        })
        .await;
}

async fn config_maps(context: Arc<Context>, stop: CancellationToken) {
    let Watches { config_maps, .. } = context.watches.clone();
    let keys = context.watches.changes().map(|key| {
        ObjectRef::<PartialObjectMeta<ConfigMap>>::new(&names::config_map(&key.name)).within(&key.namespace)
    });
    Controller::for_stream(stream::pending(), config_maps)
        .with_config(config())
        .reconcile_on(keys)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(janitor::pass, |map, error, context| janitor::failed(&map, error, &context), context)
        .for_each(|_| future::ready(()))
        .await;
}

/// What the API server said, for people; the error's own text repeats it with every field of its answer.
fn said(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        other => other.to_string(),
    }
}

fn config() -> Config {
    Config::default().debounce(DEBOUNCE).concurrency(CONCURRENCY)
}
