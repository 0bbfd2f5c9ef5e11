//! Why the operator did what it did: one set of words for conditions, Events, metrics and logs.

/// Whether somebody must act: it decides the status of a condition and the type of an Event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is as it should be.
    Good,
    /// Somebody must act.
    Bad,
}

riskgate_inject::reasons! {
    /// Why the operator did what it did. The set is closed, so that it can be a metric's label.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Reason;
    /// Whether somebody must act.
    fn tone() -> Tone;

    Accepted: Good, "The policy has no contradiction.";
    Invalid: Bad, "The policy contradicts itself, or cannot be bound to a pod.";
    Unreadable: Bad, "The policy does not read: it was written for another version of riskgate.";
    NotVerified: Good, "The operator may not look at Secrets, and no sidecar has reported a missing or broken one.";
    SidecarRefused: Bad, "A sidecar ended: a Secret or ConfigMap that the policy names is missing or broken.";
    Programmed: Good, "The configuration of this generation is in the ConfigMap that bound pods mount.";
    NotAccepted: Bad, "Nothing was written: the policy was not accepted.";
    NameTaken: Bad, "A ConfigMap that is not riskgate's has the name.";
    ApplyFailed: Bad, "The API server did not take the ConfigMap.";
    Ready: Good, "Bound pods run under the policy as it stands.";
    OnePod: Good, "At most one pod is bound, and needs to share its store with nobody.";
    SharedStore: Good, "Bound pods share their transactions in the server that spec.store.redis names.";
    MemoryStores: Bad, "Several pods are bound, each with a store of its own in memory.";
    Kept: Good, "The policy is deleted; its configuration stays while pods are bound to it.";
    Removed: Good, "The policy is deleted and no pod is bound to it: its configuration was removed.";
    Failed: Bad, "The API server did not answer, or refused; it is tried again.";
}
