//! Step 5: what the policy's status says, and its write where that is news.

use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::core::PartialObjectMeta;
use kube::{Api, Resource};
use riskgate_api::compile::Warning;
use riskgate_api::{RiskPolicy, RiskPolicyStatus};
use riskgate_core::config::StoreConfig;
use serde_json::json;

use super::Context;
use super::apply::ApplyError;
use super::build::{Applied, Resources};
use super::context::WrittenStatus;
use super::verify::Looked;
use crate::conditions::{Finding, Kind, conditions, sum};
use crate::names::STATUS_MANAGER;
use crate::pods::Report;
use crate::reason::Reason;
use crate::watches::{GuardedPolicy, PolicyKey};

/// How far a pass came.
pub(super) enum Progress {
    /// The policy does not read.
    Unreadable(String),
    /// The policy has contradictions.
    Refused(String),
    /// The ConfigMap was not written.
    NotApplied(ApplyError, Vec<Warning>),
    /// The ConfigMap holds the configuration.
    Done(Resources<Applied>, Vec<Warning>),
}

/// What a status tells.
pub(super) struct Told {
    pub(super) progress: Progress,
    pub(super) pods: riskgate_api::Pods,
    pub(super) reports: Vec<Report>,
    pub(super) looked: Looked,
    pub(super) store: Option<StoreConfig>,
}

/// The findings of a pass, the sum among them. Pure.
pub(super) fn findings(told: &Told) -> Vec<Finding> {
    let finding = |kind, reason, message| Finding { kind, reason, message };
    let (accepted, programmed) = match &told.progress {
        Progress::Unreadable(error) => (
            finding(Kind::Accepted, Reason::Unreadable, format!("the policy does not read: {error}")),
            Finding::plain(Kind::Programmed, Reason::NotAccepted),
        ),
        Progress::Refused(problems) => (
            finding(Kind::Accepted, Reason::Invalid, problems.clone()),
            Finding::plain(Kind::Programmed, Reason::NotAccepted),
        ),
        Progress::NotApplied(error, warnings) => {
            (accepted(warnings), finding(Kind::Programmed, error.reason(), error.to_string()))
        }
        Progress::Done(_, warnings) => {
            (accepted(warnings), Finding::plain(Kind::Programmed, Reason::Programmed))
        }
    };
    let mut findings = vec![accepted, resolved(&told.looked, &told.reports), programmed];
    let mut sum = sum(&findings);
    if sum.reason == Reason::Ready && told.pods.outdated > 0 {
        let riskgate_api::Pods { injected, outdated, .. } = told.pods;
        sum.message.push_str(&format!(
            " {outdated} of {injected} pods were made before it named other Secrets, ConfigMaps or ports: kubectl rollout \
             restart brings them up to date"
        ));
    }
    findings.push(sum);
    findings.extend(told.store.as_ref().map(|store| shared(store, told.pods.injected)));
    findings
}

fn accepted(warnings: &[Warning]) -> Finding {
    let mut finding = Finding::plain(Kind::Accepted, Reason::Accepted);
    for warning in warnings {
        finding.message.push_str(&format!("\nwarning: {warning}"));
    }
    finding
}

fn resolved(looked: &Looked, reports: &[Report]) -> Finding {
    let finding = |reason, message| Finding { kind: Kind::ResolvedRefs, reason, message };
    if let Looked::At(verdict) = looked
        && let Some(first) = verdict.faults.first()
    {
        let all: Vec<&str> = verdict.faults.iter().map(|fault| fault.message.as_str()).collect();
        return finding(first.reason, all.join("\n"));
    }
    // What a sidecar says holds also where all seems well: it may not have it mounted yet, or knows better.
    let Some(first) = reports.first() else {
        return match looked {
            Looked::Unasked => Finding::plain(Kind::ResolvedRefs, Reason::NotVerified),
            Looked::Forbidden(message) => finding(Reason::NotVerified, message.clone()),
            Looked::At(verdict) => {
                let mut all = Finding::plain(Kind::ResolvedRefs, Reason::Resolved);
                for warning in &verdict.warnings {
                    all.message.push_str(&format!("\nwarning: {warning}"));
                }
                all
            }
        };
    };
    let others = match reports.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let message = format!("the sidecar of pod {}{others} ended: {}", first.pod, first.message);
    finding(Reason::SidecarRefused, message)
}

fn shared(store: &StoreConfig, injected: u32) -> Finding {
    let StoreConfig { memory: _, redis, when_unavailable: _ } = store;
    if redis.is_some() {
        return Finding::plain(Kind::StoreShared, Reason::SharedStore);
    }
    if injected < 2 {
        return Finding::plain(Kind::StoreShared, Reason::OnePod);
    }
    let message = format!(
        "{injected} pods are bound, each with a store of its own in memory: an order that another pod started is judged \
         without what was known of it; run one replica, or write spec.store.redis"
    );
    Finding { kind: Kind::StoreShared, reason: Reason::MemoryStores, message }
}

/// The status that says what was found, for the generation that was looked at. Pure.
pub(super) fn compute(
    told: &Told,
    findings: &[Finding],
    generation: Option<i64>,
    old: &RiskPolicyStatus,
    now: Timestamp,
) -> RiskPolicyStatus {
    let (config_hash, flows) = match &told.progress {
        Progress::Done(applied, _) => (Some(applied.revision.clone()), u32::try_from(applied.flows).ok()),
        // What pods run under is still what was applied last.
        _ => (old.config_hash.clone(), old.flows),
    };
    RiskPolicyStatus {
        observed_generation: generation,
        config_hash,
        flows,
        pods: Some(told.pods.clone()),
        conditions: conditions(findings, generation, &old.conditions, now),
    }
}

/// The status that the policy has, as far as is known: what was written, until the watch has shown it. Pure.
pub(super) fn known(policy: &GuardedPolicy, written: Option<WrittenStatus>) -> RiskPolicyStatus {
    let shown = match &policy.0 {
        Ok(policy) => policy.status.clone(),
        // Its status does not read either; what was written is what stands there.
        Err(_) => return written.map(|written| written.status).unwrap_or_default(),
    };
    let pending = written.filter(|written| written.before == policy.meta().resource_version);
    pending.map(|written| written.status).or(shown).unwrap_or_default()
}

/// Writes the status, unless the policy has it already; whether it was written.
///
/// # Errors
/// When the API server does not take it.
pub(super) async fn write(
    key: &PolicyKey,
    policy: &GuardedPolicy,
    old: &RiskPolicyStatus,
    new: &RiskPolicyStatus,
    context: &Context,
) -> Result<bool, kube::Error> {
    if new == old {
        return Ok(false);
    }
    // Of the answer only the metadata is read: the policy need not read.
    let api: Api<PartialObjectMeta<RiskPolicy>> = Api::namespaced(context.client.clone(), &key.namespace);
    let patch = json!({
        "apiVersion": RiskPolicy::api_version(&()),
        "kind": RiskPolicy::kind(&()),
        // A status must never make a policy that was deleted meanwhile anew.
        "metadata": { "uid": policy.meta().uid },
        "status": new,
    });
    let params = PatchParams::apply(STATUS_MANAGER).force();
    api.patch_status(&key.name, &params, &Patch::Apply(&patch)).await?;
    let before = policy.meta().resource_version.clone();
    context.wrote_status(key, WrittenStatus { status: new.clone(), before });
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::super::verify::{Fault, Verdict};
    use super::*;
    use crate::conditions::changed;

    fn told(progress: Progress, injected: u32) -> Told {
        let pods = riskgate_api::Pods { injected, ..Default::default() };
        Told {
            progress,
            pods,
            reports: Vec::new(),
            looked: Looked::Unasked,
            store: Some(StoreConfig::default()),
        }
    }

    fn reasons(told: &Told) -> Vec<&'static str> {
        findings(told).iter().map(|finding| finding.reason.name()).collect()
    }

    #[test]
    fn each_way_a_pass_can_end_is_told() {
        let refused = told(Progress::Refused("spec.flows[0]: x".to_owned()), 1);
        assert_eq!(reasons(&refused), ["Invalid", "NotVerified", "NotAccepted", "Invalid", "OnePod"]);
        let unreadable = told(Progress::Unreadable("spec: x".to_owned()), 2);
        assert_eq!(
            reasons(&unreadable),
            ["Unreadable", "NotVerified", "NotAccepted", "Unreadable", "MemoryStores"]
        );
        let taken = told(Progress::NotApplied(ApplyError::NameTaken("riskgate-a".to_owned()), Vec::new()), 1);
        assert_eq!(reasons(&taken), ["Accepted", "NotVerified", "NameTaken", "NameTaken", "OnePod"]);
    }

    #[test]
    fn a_policy_is_ready_though_pods_must_be_made_anew() {
        let applied = Resources { revision: "sha256:1".to_owned(), flows: 1, state: Applied::for_tests() };
        let mut told = told(Progress::Done(applied, Vec::new()), 3);
        let ready = |told: &Told| findings(told).into_iter().find(|it| it.kind == Kind::Ready).unwrap();
        assert!(!ready(&told).message.contains("rollout"));
        told.pods.outdated = 2;
        let ready = ready(&told);
        assert_eq!(ready.reason, Reason::Ready);
        assert!(ready.message.contains("2 of 3 pods") && ready.message.contains("rollout restart"));
    }

    #[test]
    fn pods_on_one_store_may_be_many() {
        let redis = json!({ "redis": {
            "url": "rediss://redis.shop.svc",
            "sealKeysRef": { "name": "seal", "keys": ["key"] },
        } });
        let mut told = told(Progress::Refused("spec.flows[0]: x".to_owned()), 5);
        told.store = Some(serde_json::from_value(redis).unwrap());
        assert!(reasons(&told).contains(&"SharedStore"));
    }

    #[test]
    fn what_was_written_holds_until_the_watch_shows_it() {
        let policy = |version: &str, shown: u32| -> GuardedPolicy {
            let spec = serde_json::from_value(json!({ "providers": [], "flows": [] })).unwrap();
            let mut policy = RiskPolicy::new("retail", spec);
            policy.meta_mut().resource_version = Some(version.to_owned());
            policy.status = Some(RiskPolicyStatus { flows: Some(shown), ..RiskPolicyStatus::default() });
            kube::core::DeserializeGuard(Ok(policy))
        };
        let written = |flows: u32| {
            let status = RiskPolicyStatus { flows: Some(flows), ..RiskPolicyStatus::default() };
            Some(WrittenStatus { status, before: Some("1".to_owned()) })
        };
        assert_eq!(known(&policy("1", 0), None).flows, Some(0));
        assert_eq!(known(&policy("1", 0), written(7)).flows, Some(7));
        assert_eq!(known(&policy("2", 8), written(7)).flows, Some(8));
        let error = "unknown mode".to_owned();
        let unreadable = kube::core::error_boundary::InvalidObject { error, metadata: Default::default() };
        assert_eq!(known(&kube::core::DeserializeGuard(Err(unreadable)), written(7)).flows, Some(7));
    }

    #[test]
    fn a_report_of_a_sidecar_is_lifted() {
        let mut told = told(Progress::Refused(String::new()), 0);
        let report = |pod: &str| Report { pod: pod.to_owned(), message: "secrets/rp: missing".to_owned() };
        told.reports = vec![report("a"), report("b"), report("c")];
        let resolved = findings(&told).remove(1);
        assert_eq!(resolved.reason, Reason::SidecarRefused);
        assert_eq!(resolved.message, "the sidecar of pod a (and 2 more) ended: secrets/rp: missing");
    }

    #[test]
    fn what_was_seen_of_references_comes_before_what_sidecars_say() {
        let mut told = told(Progress::Refused(String::new()), 0);
        let resolved = |told: &Told| {
            let found = findings(told).remove(1);
            (found.reason, found.message)
        };
        told.looked = Looked::Forbidden("may not".to_owned());
        assert_eq!(resolved(&told), (Reason::NotVerified, "may not".to_owned()));
        let fault = |message: &str| Fault { reason: Reason::RefNotFound, message: message.to_owned() };
        let warnings = vec!["it ends soon".to_owned()];
        told.looked = Looked::At(Verdict { faults: Vec::new(), warnings, ends: None });
        let (reason, message) = resolved(&told);
        assert_eq!(reason, Reason::Resolved);
        assert!(message.ends_with("\nwarning: it ends soon"), "{message}");
        told.reports = vec![Report { pod: "a".to_owned(), message: "no key".to_owned() }];
        assert_eq!(resolved(&told).0, Reason::SidecarRefused);
        let faults = vec![fault("spec.a: x"), fault("spec.b: y")];
        told.looked = Looked::At(Verdict { faults, warnings: Vec::new(), ends: None });
        assert_eq!(resolved(&told), (Reason::RefNotFound, "spec.a: x\nspec.b: y".to_owned()));
    }

    #[test]
    fn a_refused_policy_keeps_what_its_pods_run_under() {
        let old = RiskPolicyStatus {
            config_hash: Some("sha256:a".to_owned()),
            flows: Some(2),
            ..RiskPolicyStatus::default()
        };
        let told = told(Progress::Refused("x".to_owned()), 0);
        let findings = findings(&told);
        let now = Timestamp::from_second(1).unwrap();
        let new = compute(&told, &findings, Some(2), &old, now);
        assert_eq!(
            (new.config_hash.as_deref(), new.flows, new.observed_generation),
            (Some("sha256:a"), Some(2), Some(2))
        );
        // The same again is no news, whenever it is.
        assert_eq!(compute(&told, &findings, Some(2), &new, Timestamp::from_second(9).unwrap()), new);
        assert_eq!(changed(&findings, &new.conditions).count(), 0);
    }
}
