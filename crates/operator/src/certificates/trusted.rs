//! When a replica can be asked at all: once API servers trust the CA that its certificate is of. Until the leader has written that, right
//! after an installation, they would refuse every pod and policy for it.

use futures_util::StreamExt;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use kube::Client;
use tokio::sync::watch;

use super::configuration::Watched;
use super::shared::SharedCa;
use super::teller::Teller;

/// Waits until the CA is in every webhook configuration of this name. Later it is trusted by the order of its rotation's steps;
/// whoever takes it away then takes it from all replicas, of which none is better than the other.
pub async fn trusted(client: Client, configuration: String, mut shared: watch::Receiver<SharedCa>, teller: Teller) {
    let mut mutating = Watched::<MutatingWebhookConfiguration>::new(&client);
    let mut validating = Watched::<ValidatingWebhookConfiguration>::new(&client);
    let mut of_mutating = std::pin::pin!(mutating.events(&configuration));
    let mut of_validating = std::pin::pin!(validating.events(&configuration));
    loop {
        tokio::select! {
            Some(event) = of_mutating.next() => mutating.take(event, &teller),
            Some(event) = of_validating.next() => validating.take(event, &teller),
            Ok(()) = shared.changed() => {}
            // The process ends.
            else => return,
        }
        let SharedCa::Known(known) = &*shared.borrow_and_update() else { continue };
        let certificate = known.authorities.current.certificate();
        if mutating.knows(certificate) && validating.knows(certificate) {
            tracing::info!("API servers trust the webhooks");
            return;
        }
    }
}
