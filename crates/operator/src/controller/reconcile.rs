//! One pass of one policy: dereference, validate, build, apply, status.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use riskgate_core::config::ConfigError;
use tokio::time::timeout;

use super::apply::apply;
use super::build::build;
use super::dereference::{Dereferenced, dereference};
use super::nudge::nudge;
use super::status::{self, Progress, Told};
use super::{Context, LIMIT, said};
use crate::conditions::{Kind, changed};
use crate::events::Note;
use crate::metrics::Outcome;
use crate::pods;
use crate::reason::Reason;
use crate::validate::{told as listed, validate};
use crate::watches::{GuardedPolicy, PolicyKey};

/// However well the watches work, everything is looked at again after so long.
const RESYNC: Duration = Duration::from_secs(600);

/// Why a pass did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum PassError {
    /// Step 1.
    #[error("cannot read what stands in the cluster: {}", said(.0))]
    Dereference(#[source] kube::Error),
    /// Step 3.
    #[error("cannot write the configuration: {0}")]
    Build(#[from] ConfigError),
    /// Step 4. The status tells it, too.
    #[error("{message}")]
    Apply {
        /// The reason that the status gives.
        reason: Reason,
        /// What it says.
        message: String,
    },
    /// Any of them.
    #[error("the API server did not answer within {LIMIT:?}")]
    Slow,
    /// Step 5.
    #[error("cannot write the status: {}", said(.0))]
    Status(#[source] kube::Error),
}

impl PassError {
    fn reason(&self) -> Reason {
        match self {
            Self::Apply { reason, .. } => *reason,
            Self::Dereference(_) | Self::Build(_) | Self::Status(_) | Self::Slow => Reason::Failed,
        }
    }
}

/// One pass of one policy.
pub(super) async fn pass(policy: Arc<GuardedPolicy>, context: Arc<Context>) -> Result<Action, PassError> {
    timeout(LIMIT, whole(&policy, &context)).await.unwrap_or(Err(PassError::Slow))
}

async fn whole(policy: &GuardedPolicy, context: &Context) -> Result<Action, PassError> {
    let key = key(policy);
    context.no_longer_kept(&key);
    let seen = dereference(&key, policy, context).await.map_err(PassError::Dereference)?;
    let (told, again) = steps(&key, policy, seen, context).await?;

    let findings = status::findings(&told);
    let old = status::known(policy, context.written(&key).status);
    let generation = policy.meta().generation;
    let new = status::compute(&told, &findings, generation, &old, Timestamp::now());
    if status::write(&key, policy, &old, &new, context).await.map_err(PassError::Status)? {
        let regarding = policy.object_ref(&());
        for finding in changed(&findings, &old.conditions).filter(|finding| finding.kind != Kind::Ready) {
            tracing::info!(policy = %key, condition = %finding.kind, reason = %finding.reason, "{}", finding.message);
            let note = Note {
                action: "Reconcile",
                reason: finding.reason.name(),
                tone: finding.reason.tone(),
                message: finding.message.clone(),
                regarding: regarding.clone(),
            };
            context.events.publish(&note).await;
        }
    }
    if let Some(error) = again {
        return Err(error);
    }
    let ready = findings
        .iter()
        .find(|finding| finding.kind == Kind::Ready)
        .map_or(Reason::Failed, |ready| ready.reason);
    let outcome = if ready == Reason::Ready { Outcome::Ready } else { Outcome::NotReady };
    context.metrics.reconciled(outcome, ready);
    context.backoff.reset(&key);
    let spread = spread(policy);
    let again = match context.verified.due(&key) {
        // Never before it is due: what was seen still held, and the pass would be for nothing.
        Some(due) => due.min(RESYNC).mul_f64(1.0 + spread),
        None => RESYNC.mul_f64(0.9 + spread),
    };
    Ok(Action::requeue(again))
}

/// Steps 2 to 4: what the status is to tell, and why to try again.
async fn steps(
    key: &PolicyKey,
    policy: &GuardedPolicy,
    seen: Dereferenced,
    context: &Context,
) -> Result<(Told, Option<PassError>), PassError> {
    let reports = pods::reports(&seen.pods);
    let looked = seen.looked;
    let told = |progress, bindings: Option<&str>, store| {
        let pods = pods::count(&seen.pods, bindings);
        Told { progress, pods, reports, looked, store }
    };
    let policy = match &policy.0 {
        Ok(policy) => policy,
        Err(unreadable) => {
            return Ok((told(Progress::Unreadable(unreadable.error.clone()), None, None), None));
        }
    };
    let validated = match validate(key, policy) {
        Ok(validated) => validated,
        Err(problems) => {
            let problems = listed(&problems);
            return Ok((told(Progress::Refused(problems), None, Some(policy.spec.store.clone())), None));
        }
    };
    let prepared = build(key, &validated)?;
    let applied = apply(key, prepared, &seen.config_map, context).await;
    // Also where the name is taken: nothing tells when the other ConfigMap goes.
    let again = applied
        .as_ref()
        .err()
        .map(|error| PassError::Apply { reason: error.reason(), message: error.to_string() });
    if let Ok(applied) = &applied
        && applied.state.changed
        && context.widened.nudges
    {
        nudge(key, &seen.pods, &applied.revision, context).await;
    }
    let progress = match applied {
        Ok(applied) => Progress::Done(applied, validated.warnings),
        Err(error) => Progress::NotApplied(error, validated.warnings),
    };
    let bindings = validated.bindings.hash();
    Ok((told(progress, Some(&bindings), Some(policy.spec.store.clone())), again))
}

/// What to do after a pass that failed.
pub(super) fn failed(policy: &GuardedPolicy, error: &PassError, context: &Context) -> Action {
    let key = key(policy);
    let wait = context.backoff.next(&key);
    tracing::warn!(policy = %key, %error, wait = ?wait, "the pass failed, and is tried again");
    context.metrics.reconciled(Outcome::Failed, error.reason());
    Action::requeue(wait)
}

fn key(policy: &GuardedPolicy) -> PolicyKey {
    PolicyKey { namespace: policy.namespace().unwrap_or_default(), name: policy.name_any() }
}

/// Between 0 and 0.2, the same for the same policy: thousands of policies are not looked at again in one moment.
fn spread(policy: &GuardedPolicy) -> f64 {
    let sum = policy
        .uid()
        .unwrap_or_default()
        .bytes()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    f64::from(sum % 1000) / 5000.0
}
