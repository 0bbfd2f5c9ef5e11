//! Events: what changed, where people look for it. An Event that cannot be published is logged and stops nothing.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};

use crate::conditions::cut;
use crate::names::REPORTER;
use crate::reason::{Reason, Tone};

/// The longest note that the API server takes, in bytes.
const MAX_NOTE: usize = 1024;

/// Publishes Events.
pub(super) struct Events(Recorder);

impl Events {
    pub(super) fn new(client: Client, instance: &str) -> Self {
        let reporter = Reporter { controller: REPORTER.to_owned(), instance: Some(instance.to_owned()) };
        Self(Recorder::new(client, reporter))
    }

    /// Tells what was done, and why it came out so.
    pub(super) async fn publish(
        &self,
        action: &str,
        reason: Reason,
        message: &str,
        regarding: &ObjectReference,
    ) {
        let type_ = match reason.tone() {
            Tone::Good => EventType::Normal,
            Tone::Bad => EventType::Warning,
        };
        let event = Event {
            type_,
            reason: reason.name().to_owned(),
            note: Some(cut(message, MAX_NOTE)),
            action: action.to_owned(),
            secondary: None,
        };
        if let Err(error) = self.0.publish(&event, regarding).await {
            tracing::warn!(%error, reason = %reason, "an Event was not published");
        }
    }
}
