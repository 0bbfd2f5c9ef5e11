//! The annotation `riskgate.dev/status`: what was injected, for people, for the operator that counts outdated pods, and for
//! undoing it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bindings::Bindings;
use crate::names::STATUS;
use crate::pod::{Container, Found, Pod};
use crate::quantity::Quantity;
use crate::reason::{Notice, Reason};

/// The schema of the annotation.
const SCHEMA: &str = "riskgate.dev/status/v1";

/// What was injected into a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The schema of this text.
    schema: String,
    /// The policy.
    pub policy: String,
    /// The hash of its bindings when the pod was made: [`Bindings::hash`].
    pub bindings: String,
    /// The version of riskgate that injected.
    pub version: String,
    /// The sidecar's ports.
    pub ports: InjectedPorts,
    /// The sidecar's resources as they were set: `requests` and `limits`, by resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, BTreeMap<String, Quantity>>,
    /// The variables that were set, by container.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, BTreeSet<String>>,
    /// What was told beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<InjectedWarning>,
    /// What was made on the way.
    #[serde(default, skip_serializing_if = "Undo::is_empty")]
    pub(crate) undo: Undo,
}

/// The ports of an injected sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InjectedPorts {
    /// Admin endpoints, on loopback.
    pub admin: u16,
    /// Health and metrics.
    pub health: u16,
    /// Listeners by provider entry, on loopback.
    pub providers: BTreeMap<String, u16>,
}

/// A warning of an injection. The reason is text: another version may have others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InjectedWarning {
    /// The reason's name.
    pub reason: String,
    /// For people.
    pub message: String,
}

/// What stood in the place of what injection made. Without it, a list that was empty and one that was not there would look
/// the same afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Undo {
    /// Nothing stood there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) absent: BTreeSet<String>,
    /// `null` stood there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) null: BTreeSet<String>,
    /// The value of the label that was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
}

impl Undo {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Remembers what stood at a place that is about to be made.
    pub(crate) fn remember<T: Copy>(&mut self, place: &str, found: Found<T>) {
        match found {
            Found::Absent => drop(self.absent.insert(place.to_owned())),
            Found::Null => drop(self.null.insert(place.to_owned())),
            Found::There(_) => {}
        }
    }

    /// Forgets what stood at a place that is as it was again.
    pub(crate) fn forget(&mut self, place: &str) {
        self.absent.remove(place);
        self.null.remove(place);
    }

    /// What to put back where nothing is left: nothing, `null`, or what is left.
    pub(crate) fn restore(&self, place: &str) -> Restore {
        match (self.absent.contains(place), self.null.contains(place)) {
            (true, _) => Restore::Absent,
            (_, true) => Restore::Null,
            _ => Restore::Empty,
        }
    }
}

/// What is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restore {
    Absent,
    Null,
    Empty,
}

/// The place of the pod's label among [`Undo`]'s.
pub(crate) const LABEL: &str = "label";

/// The place of a container's `env` among [`Undo`]'s.
pub(crate) fn env_place(container: &str) -> String {
    format!("env/{container}")
}

impl Status {
    /// The status of a pod: `None` where there is none that reads.
    #[must_use]
    pub fn of(pod: &Pod<'_>) -> Option<Self> {
        Self::parse(pod.annotation(STATUS)?)
    }

    /// Reads the annotation's text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|status: &Self| status.schema == SCHEMA)
    }

    /// Whether the pod must be made anew to follow its policy: it was injected under other bindings.
    #[must_use]
    pub fn is_outdated(&self, bindings: &Bindings) -> bool {
        self.bindings != bindings.hash()
    }

    pub(crate) fn new(
        bindings: &Bindings,
        resources: BTreeMap<String, BTreeMap<String, Quantity>>,
        env: BTreeMap<String, BTreeSet<String>>,
        warnings: &[Notice],
        undo: Undo,
    ) -> Self {
        let told = |notice: &Notice| InjectedWarning {
            reason: notice.reason.name().to_owned(),
            message: notice.message.clone(),
        };
        // What was replaced is not there any more when the pod is seen the next time.
        let lasting = |notice: &&Notice| notice.reason != Reason::ContainerReplaced;
        Self {
            schema: SCHEMA.to_owned(),
            policy: bindings.policy.clone(),
            bindings: bindings.hash(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ports: InjectedPorts {
                admin: bindings.ports.admin,
                health: bindings.ports.health,
                providers: bindings.listeners.iter().map(|it| (it.provider.clone(), it.port)).collect(),
            },
            resources,
            env,
            warnings: warnings.iter().filter(lasting).map(told).collect(),
            undo,
        }
    }

    /// The annotation's text.
    pub(crate) fn text(&self) -> String {
        // Serialising this type to memory cannot fail: no map has keys that are not text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether a variable of a container was set by that injection. The value must be one that it set: nobody's own
    /// settings are touched on the word of an annotation, which anybody can write.
    pub(crate) fn has_set(&self, container: &Container<'_>, variable: &Value) -> bool {
        let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
        let port =
            variable.get("value").and_then(Value::as_str).and_then(|it| it.strip_prefix("http://127.0.0.1:"));
        self.env.get(container.name).is_some_and(|names| names.contains(name))
            && port.is_some_and(|port| self.ports.providers.values().any(|own| own.to_string() == port))
    }
}
