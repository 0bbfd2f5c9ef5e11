//! Events: what changed, where people look for it. An Event that cannot be published is logged and stops nothing.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::conditions::cut;
use crate::names::REPORTER;
use crate::reason::Tone;

/// The longest note that the API server takes, in bytes.
const MAX_NOTE: usize = 1024;
/// Events that wait to be published.
const WAITING: usize = 256;
/// Ten a second at most: whoever can call the webhook must not fill the cluster's store through it.
const PACE: Duration = Duration::from_millis(100);

/// Publishes Events.
pub(crate) struct Events(Recorder);

/// What is told of an object.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// What was done.
    pub(crate) action: &'static str,
    /// Why it came out so: the name of a reason.
    pub(crate) reason: &'static str,
    /// Whether somebody must act.
    pub(crate) tone: Tone,
    /// For people.
    pub(crate) message: String,
    /// The object.
    pub(crate) regarding: ObjectReference,
}

impl Events {
    pub(crate) fn new(client: Client, instance: &str) -> Self {
        let reporter = Reporter { controller: REPORTER.to_owned(), instance: Some(instance.to_owned()) };
        Self(Recorder::new(client, reporter))
    }

    /// Tells what was done, and why it came out so.
    pub(crate) async fn publish(&self, note: &Note) {
        let type_ = match note.tone {
            Tone::Good => EventType::Normal,
            Tone::Bad => EventType::Warning,
        };
        let event = Event {
            type_,
            reason: note.reason.to_owned(),
            note: Some(cut(&note.message, MAX_NOTE)),
            action: note.action.to_owned(),
            secondary: None,
        };
        if let Err(error) = self.0.publish(&event, &note.regarding).await {
            tracing::warn!(%error, reason = note.reason, "an Event was not published");
        }
    }
}

/// Where Events are left by those who cannot wait for them.
#[derive(Clone)]
pub(crate) struct Letterbox(mpsc::Sender<Note>);

impl Letterbox {
    /// A letterbox, and who empties it for as long as there is one.
    pub(crate) fn new(events: Events) -> (Self, impl Future<Output = ()> + Send) {
        let (letterbox, mut waiting) = mpsc::channel::<Note>(WAITING);
        let empty = async move {
            while let Some(note) = waiting.recv().await {
                events.publish(&note).await;
                sleep(PACE).await;
            }
        };
        (Self(letterbox), empty)
    }

    /// Leaves an Event; where too many wait it is only logged, as all are.
    pub(crate) fn leave(&self, note: Note) {
        if let Err(error) = self.0.try_send(note) {
            tracing::debug!(%error, "an Event was not published: too many wait");
        }
    }
}
