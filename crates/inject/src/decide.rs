//! Whether a pod is to be injected, and under which policy (design.md section 7).
//!
//! | pod's annotation `riskgate.dev/policy` | namespace's label of that name | `riskgate.dev/inject: disabled` | then |
//! |---|---|---|---|
//! | none | none | any | skipped |
//! | `a` | any | no | `a` |
//! | none | `b` | no | `b` |
//! | any | any | yes, the namespace says `riskgate.dev/opt-out: allowed` | skipped |
//! | any | any | yes, and it does not | as if it were not there, with a warning |

use std::collections::BTreeMap;
use std::fmt;

use crate::names::{OPT_OUT, POLICY, SWITCH};
use crate::pod::Pod;
use crate::reason::{Notice, Reason, Refusal, cut};

/// How many names an answer lists.
const NAMES_TOLD: usize = 12;
/// The longest name of a policy, in bytes: it becomes a label.
const LONGEST_NAME: usize = 63;
/// How the API server marks a pod that the kubelet made after a file of its node.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// The namespace that a pod is created in. A pod does not always name it; the request does.
#[derive(Debug, Clone, Copy)]
pub struct Namespace<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
}

/// What is to become of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is let in as it is.
    Skip(Notice),
    /// It is to be injected, once its policy is found.
    Inject(Wanted),
}

/// What a pod asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The policy, by its name in the pod's namespace.
    pub policy: String,
    /// Who named it.
    pub by: By,
    /// What is to be told about how it was asked for.
    pub warnings: Vec<Notice>,
}

/// Who named a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The pod, by its annotation.
    Pod,
    /// The namespace, by its label.
    Namespace,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod => write!(f, "the pod's annotation {POLICY}"),
            Self::Namespace => write!(f, "the namespace's label {POLICY}"),
        }
    }
}

/// Decides what is to become of a pod. The policy is looked for by the caller, which may have to ask the API server for it;
/// where there is none, [`Wanted::unknown`] says so.
///
/// # Errors
///
/// [`Reason::SwitchUnknown`] where the pod opts in or out in words that are not known.
pub fn decide(pod: &Pod<'_>, namespace: &Namespace<'_>) -> Result<Decision, Refusal> {
    let named = pod.annotation(POLICY).map(|policy| (policy, By::Pod));
    let named = named.or_else(|| Some((namespace.labels.get(POLICY)?.as_str(), By::Namespace)));
    let Some((policy, by)) = named else {
        let message = format!(
            "neither the pod nor namespace {} names a policy; write the annotation {POLICY}: NAME on the pod",
            namespace.name
        );
        return Ok(Decision::Skip(Notice::new(Reason::NotOptedIn, message)));
    };
    if pod.annotation(MIRROR).is_some() {
        let message = "the pod mirrors a static pod, which runs whatever admission says; it was not injected";
        return Ok(Decision::Skip(Notice::new(Reason::MirrorPod, message)));
    }
    let mut warnings = Vec::new();
    match (pod.annotation(SWITCH), namespace.labels.get(OPT_OUT).map(String::as_str)) {
        (None | Some("enabled"), _) => {}
        (Some("disabled"), Some("allowed")) => {
            let message =
                format!("the pod has {SWITCH}: disabled, and namespace {} allows it", namespace.name);
            return Ok(Decision::Skip(Notice::new(Reason::OptedOut, message)));
        }
        (Some("disabled"), _) => {
            let message = format!(
                "metadata.annotations.{SWITCH}: namespace {} does not allow opting out, and the pod was injected; it would by its label {OPT_OUT}: allowed",
                namespace.name
            );
            warnings.push(Notice::new(Reason::OptOutNotAllowed, message));
        }
        (Some(other), _) => {
            let message = format!(
                "metadata.annotations.{SWITCH}: {:?} is not known; write disabled, or leave it out",
                cut(other)
            );
            return Err(Notice::new(Reason::SwitchUnknown, message).into());
        }
    }
    Ok(Decision::Inject(Wanted { policy: policy.to_owned(), by, warnings }))
}

impl Wanted {
    /// That the policy is being deleted.
    #[must_use]
    pub fn deleted(&self, namespace: &str) -> Refusal {
        let Self { policy, by, .. } = self;
        let message = format!(
            "policy {namespace}/{policy}, which {by} names, is being deleted and binds no new pod; name another one, or none"
        );
        Notice::new(Reason::PolicyDeleted, message).into()
    }

    /// That the policy does not exist, with the names of those that do.
    #[must_use]
    pub fn unknown(&self, namespace: &str, existing: &[&str]) -> Refusal {
        let Self { policy, by, .. } = self;
        let mut sorted = existing.to_vec();
        sorted.sort_unstable();
        let comparable = |name: &str| name.len() <= LONGEST_NAME && policy.len() <= LONGEST_NAME;
        let distances = sorted
            .iter()
            .filter(|name| comparable(name))
            .map(|name| (strsim::damerau_levenshtein(name, policy), name));
        let meant = distances.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 2);
        let meant = meant.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"));
        let names = match sorted.len() {
            0 => "; it has none: apply a RiskPolicy first".to_owned(),
            1..=NAMES_TOLD => format!("; it has {}", sorted.join(", ")),
            more => format!("; it has {} and {} more", sorted[..NAMES_TOLD].join(", "), more - NAMES_TOLD),
        };
        let message = format!(
            "namespace {namespace} has no RiskPolicy {:?}, which {by} names{meant}{names}",
            cut(policy)
        );
        Notice::new(Reason::PolicyUnknown, message).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn decided(annotations: &Value, labels: &[(&str, &str)]) -> Result<Decision, Refusal> {
        let pod = json!({ "metadata": { "annotations": annotations }, "spec": {} });
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        decide(&Pod::new(&pod).unwrap(), &Namespace { name: "shop", labels: &labels })
    }

    fn wanted(annotations: &Value, labels: &[(&str, &str)]) -> Wanted {
        match decided(annotations, labels) {
            Ok(Decision::Inject(wanted)) => wanted,
            other => panic!("{other:?}"),
        }
    }

    fn skipped(annotations: &Value, labels: &[(&str, &str)]) -> Notice {
        match decided(annotations, labels) {
            Ok(Decision::Skip(notice)) => notice,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_pods_word_wins_over_its_namespaces() {
        let named = json!({ POLICY: "a" });
        for (annotations, labels, policy, by) in [
            (&named, &[][..], "a", By::Pod),
            (&named, &[(POLICY, "b")][..], "a", By::Pod),
            (&json!(null), &[(POLICY, "b")][..], "b", By::Namespace),
            (&json!({ SWITCH: "enabled" }), &[(POLICY, "b")][..], "b", By::Namespace),
        ] {
            let wanted = wanted(annotations, labels);
            assert_eq!((wanted.policy.as_str(), wanted.by, wanted.warnings.len()), (policy, by, 0));
        }
    }

    #[test]
    fn who_did_not_opt_in_is_left_alone() {
        for annotations in [json!(null), json!({ SWITCH: "disabled" }), json!({ SWITCH: "nonsense" })] {
            let notice = skipped(&annotations, &[(OPT_OUT, "allowed")]);
            assert_eq!(notice.reason, Reason::NotOptedIn);
            assert_eq!(
                notice.message,
                "neither the pod nor namespace shop names a policy; write the annotation riskgate.dev/policy: NAME on the pod"
            );
        }
    }

    #[test]
    fn opting_out_takes_the_namespaces_consent() {
        for annotations in [json!({ SWITCH: "disabled" }), json!({ SWITCH: "disabled", POLICY: "a" })] {
            let notice = skipped(&annotations, &[(POLICY, "b"), (OPT_OUT, "allowed")]);
            assert_eq!(notice.reason, Reason::OptedOut);
            assert_eq!(
                notice.message,
                "the pod has riskgate.dev/inject: disabled, and namespace shop allows it"
            );
        }
        for labels in [&[(POLICY, "b")][..], &[(POLICY, "b"), (OPT_OUT, "true")]] {
            let wanted = wanted(&json!({ SWITCH: "disabled" }), labels);
            assert_eq!((wanted.policy.as_str(), wanted.warnings[0].reason), ("b", Reason::OptOutNotAllowed));
            assert_eq!(
                wanted.warnings[0].message,
                "metadata.annotations.riskgate.dev/inject: namespace shop does not allow opting out, and the pod was injected; it would by its label riskgate.dev/opt-out: allowed"
            );
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_no_consent() {
        let refusal = decided(&json!({ SWITCH: "false", POLICY: "a" }), &[(OPT_OUT, "allowed")]).unwrap_err();
        assert_eq!(refusal.reason(), Reason::SwitchUnknown);
        assert_eq!(
            refusal.to_string(),
            "metadata.annotations.riskgate.dev/inject: \"false\" is not known; write disabled, or leave it out"
        );
    }

    #[test]
    fn mirrors_of_static_pods_are_left_alone() {
        let notice = skipped(&json!({ MIRROR: "hash" }), &[(POLICY, "b")]);
        assert_eq!(notice.reason, Reason::MirrorPod);
        assert_eq!(
            notice.message,
            "the pod mirrors a static pod, which runs whatever admission says; it was not injected"
        );
    }

    #[test]
    fn an_unknown_policy_is_refused_with_those_that_exist() {
        let pod = wanted(&json!({ POLICY: "retial" }), &[]);
        let namespace = wanted(&json!(null), &[(POLICY, "other")]);
        let many: Vec<String> = (0..14).map(|number| format!("policy-{number:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (wanted, existing, told) in [
            (
                &pod,
                &["staff", "retail"][..],
                "namespace shop has no RiskPolicy \"retial\", which the pod's annotation riskgate.dev/policy names; did you mean retail?; it has retail, staff",
            ),
            (
                &namespace,
                &[],
                "namespace shop has no RiskPolicy \"other\", which the namespace's label riskgate.dev/policy names; it has none: apply a RiskPolicy first",
            ),
            (
                &pod,
                &many,
                "namespace shop has no RiskPolicy \"retial\", which the pod's annotation riskgate.dev/policy names; it has policy-00, policy-01, policy-02, policy-03, policy-04, policy-05, policy-06, policy-07, policy-08, policy-09, policy-10, policy-11 and 2 more",
            ),
        ] {
            let refusal = wanted.unknown("shop", existing);
            assert_eq!((refusal.reason(), refusal.to_string().as_str()), (Reason::PolicyUnknown, told));
        }
    }

    #[test]
    fn a_policy_that_goes_takes_no_new_pod() {
        let refusal = wanted(&json!({ POLICY: "retail" }), &[]).deleted("shop");
        assert_eq!(refusal.reason(), Reason::PolicyDeleted);
        assert_eq!(
            refusal.to_string(),
            "policy shop/retail, which the pod's annotation riskgate.dev/policy names, is being deleted and binds no new pod; name another one, or none"
        );
    }

    #[test]
    fn long_words_are_not_repeated_in_full() {
        // As long as all annotations of an object may be together; compared with a name of that length it would take minutes.
        let long = "x".repeat(256 * 1024);
        let unknown = wanted(&json!({ POLICY: long }), &[]).unknown("shop", &["retail"]);
        assert_eq!(
            unknown.to_string(),
            format!(
                "namespace shop has no RiskPolicy \"{}...\", which the pod's annotation riskgate.dev/policy names; it has retail",
                "x".repeat(64)
            )
        );
        let near = wanted(&json!({ POLICY: "x".repeat(64) }), &[]).unknown("shop", &[&"x".repeat(65)]);
        assert!(!near.to_string().contains("did you mean"), "{near}");
        let switch = decided(&json!({ SWITCH: long, POLICY: "a" }), &[]).unwrap_err();
        assert!(switch.to_string().len() < 256, "{} bytes", switch.to_string().len());
    }
}
