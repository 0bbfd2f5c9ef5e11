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
    Resolved: Good, "Every Secret and ConfigMap that the policy names is there, and holds what it is to hold.";
    RefNotFound: Bad, "A Secret or ConfigMap that the policy names is not there, or has not the key.";
    RefInvalid: Bad, "What a Secret or ConfigMap that the policy names holds cannot be used.";
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
    AuthorityMade: Good, "There was no CA for the webhooks; one was made.";
    AuthorityIntroduced: Good, "The CA ends before long: the next one was made, and is trusted beside it.";
    AuthoritySwitched: Good, "The next CA signs now; the one before is trusted as long as something that it signed is valid.";
    AuthorityRetired: Good, "Nothing that the CA before signed is valid any more; it is trusted no longer.";
    AuthorityReplaced: Bad, "No CA was left that could be used; one was made, and API servers have to learn it.";
    AuthorityBroken: Bad, "The CA's Secret does not read; the leader writes it again.";
    AuthorityRestored: Good, "The CA's Secret was lost or did not read; it is again as it was.";
    BundleWritten: Good, "The CAs to be trusted were written into a webhook configuration.";
    CertificateTaken: Good, "The certificate that somebody else keeps is shown to API servers.";
    CertificateMissing: Bad, "The Secret with the certificate that somebody else keeps is not there; what was shown last is shown.";
    CertificateInvalid: Bad, "The certificate that somebody else keeps cannot be used; what was shown last is shown.";
    Failed: Bad, "The API server did not answer, or refused; it is tried again.";
}
