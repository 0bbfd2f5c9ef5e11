//! Why a pod was or was not injected: one set of words for Events, conditions, metrics, logs and the answers that people
//! read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What an admission comes to. As a metric's label it is `result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The pod carries the sidecar.
    Injected,
    /// The pod is let in as it came.
    Skipped,
    /// The pod is not let in.
    Refused,
    /// Told beside an injection.
    Warned,
}

impl Outcome {
    /// The outcome as a metric's label.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Injected => "injected",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Warned => "warned",
        }
    }
}

/// A closed set of reasons, each with a name, what it comes to, and what it means: the injector's here, and the operator's.
#[macro_export]
macro_rules! reasons {
    (
        $(#[$about:meta])* enum Reason;
        $(#[$asked:meta])* fn $kind:ident() -> $type:ident;
        $($name:ident: $value:ident, $meaning:literal;)*
    ) => {
        $(#[$about])*
        pub enum Reason {
            $(#[doc = $meaning] $name,)*
        }

        impl Reason {
            /// Every reason, in the order of their table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The reason as Events, conditions and metrics name it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            $(#[$asked])*
            #[must_use]
            pub fn $kind(self) -> $type {
                match self { $(Self::$name => $type::$value,)* }
            }

            /// What it means, for people.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }

        impl ::std::fmt::Display for Reason {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

reasons! {
    /// Why a pod was or was not injected. The set is closed, so that it can be a metric's label.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    enum Reason;
    /// The outcome that it is a reason of.
    fn outcome() -> Outcome;

    Injected: Injected, "The pod carries the sidecar.";
    NotOptedIn: Skipped, "Neither the pod nor its namespace names a policy.";
    OptedOut: Skipped, "The pod opted out, and its namespace lets it.";
    MirrorPod: Skipped, "The pod mirrors a static pod of a node, which admission cannot change.";
    PolicyUnknown: Refused, "No policy of that name is in the pod's namespace.";
    PolicyUnusable: Refused, "The policy cannot be bound to a pod.";
    PolicyDeleted: Refused, "The policy is being deleted.";
    HostNetwork: Refused, "The pod shares the node's network, where other pods would reach the sidecar's listeners.";
    HostProcesses: Refused, "The pod sees the node's processes, and through them the sidecar's credentials.";
    SharedProcesses: Refused, "The pod's containers see each other's processes, and through them the sidecar's credentials.";
    WindowsPod: Refused, "The pod is for Windows nodes, and the sidecar runs on Linux.";
    PortClash: Refused, "A container of the pod uses a port of the sidecar's.";
    CredentialsMounted: Refused, "A container of the pod mounts a volume that is the sidecar's alone.";
    SwitchUnknown: Refused, "The annotation riskgate.dev/inject has a value that is not known.";
    OverrideInvalid: Refused, "An annotation that overrides a setting of the sidecar does not read, or contradicts another.";
    Malformed: Refused, "The pod is not written as Kubernetes has pods.";
    OptOutNotAllowed: Warned, "The pod opted out, its namespace does not let it, and it was injected.";
    EnvKept: Warned, "A container sets a variable itself that would point it at the sidecar; it stays as it is.";
    EnvFromReplaced: Warned, "A container takes variables from elsewhere, and those that point it at the sidecar win over them.";
    ContainerReplaced: Warned, "A container that the pod brought under the sidecar's name was replaced.";
    AnnotationUnknown: Warned, "An annotation of riskgate's is not known.";
    ProbesInMesh: Warned, "A mesh may keep the kubelet's probes from the sidecar.";
}

/// A reason with what it was here, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The reason.
    pub reason: Reason,
    /// For people: the field, what is wrong with it, and what to write instead.
    pub message: String,
}

impl Notice {
    /// A notice.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The longest text of a user's that a message repeats, in characters: as long as any name of Kubernetes' may be, with room.
const REPEATED: usize = 64;

/// What a user wrote, cut where it is too long to be repeated.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(REPEATED) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
    }
}

/// Why a pod is not let in: everything that stands against it, at once. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Refusal {
    first: Reason,
    notices: Vec<Notice>,
}

impl Refusal {
    /// A refusal with all its reasons, or nothing where there are none.
    #[must_use]
    pub fn of(notices: Vec<Notice>) -> Option<Self> {
        let first = notices.first()?.reason;
        Some(Self { first, notices })
    }

    /// This refusal and another in one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.notices.extend(other.notices);
        self
    }

    /// The reason that metrics and Events name.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.first
    }

    /// Every reason.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

impl From<Notice> for Refusal {
    fn from(notice: Notice) -> Self {
        Self { first: notice.reason, notices: vec![notice] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_written_as_it_is_named() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
            assert!(reason.meaning().ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let (fits, long) = ("å".repeat(64), "å".repeat(65));
        assert_eq!(cut(&fits), fits);
        assert_eq!(cut(&long), format!("{fits}..."));
    }

    #[test]
    fn a_refusal_tells_everything_and_is_counted_once() {
        let notices = vec![Notice::new(Reason::PortClash, "one"), Notice::new(Reason::HostNetwork, "two")];
        let refusal = Refusal::of(notices).unwrap();
        assert_eq!((refusal.reason(), refusal.to_string().as_str()), (Reason::PortClash, "one; two"));
        assert_eq!(Refusal::of(Vec::new()), None);
    }
}
