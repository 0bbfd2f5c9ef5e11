//! `/validate`: whether a policy is taken as it is written. The same compiler as everywhere.

use riskgate_api::RiskPolicy;
use riskgate_api::compile::{Problem, Warning};
use riskgate_api::file;
use serde_json::{Value, json};

use super::Admission;
use super::http::Answered;
use super::review::{Answer, Request};
use crate::reason::Reason;
use crate::validate::{told, validate};
use crate::watches::PolicyKey;

/// The longest policy that is read once more to say where it does not read, in bytes.
const READ_AGAIN: usize = 256 * 1024;

impl Admission {
    /// Answers for one policy.
    pub(super) fn policy(request: &Request) -> Answered {
        let is_written = ["CREATE", "UPDATE"].contains(&request.operation.as_str());
        if !request.is_about("riskgate.dev", "riskpolicies") || !is_written {
            return Answered::misdirected("the creation and change of RiskPolicies");
        }
        let (reason, problems) = match judge(request) {
            Ok(warnings) => {
                let warnings = warnings.iter().map(|warning| format!("riskgate: {warning}"));
                let answer = Answer::allow().with_warnings(warnings);
                return Answered::of(answer, "accepted", Reason::Accepted.name());
            }
            Err(refused) => refused,
        };
        let key = format!("{}/{}", request.namespace, request.name);
        tracing::info!(policy = key, %reason, "the policy is refused: {}", told(&problems));
        let causes: Vec<Value> = problems
            .iter()
            .map(|Problem { path, message }| {
                json!({ "reason": "FieldValueInvalid", "field": path, "message": message })
            })
            .collect();
        let details =
            json!({ "name": request.name, "group": "riskgate.dev", "kind": "RiskPolicy", "causes": causes });
        let answer = Answer::refuse_for(422, &told(&problems), details);
        Answered::of(answer, "refused", reason.name())
    }
}

fn judge(request: &Request) -> Result<Vec<Warning>, (Reason, Vec<Problem>)> {
    let policy: RiskPolicy = serde_json::from_value(request.object.clone())
        .map_err(|error| (Reason::Unreadable, unreadable(&request.object, &error)))?;
    let name = policy.metadata.name.clone().unwrap_or_else(|| request.name.clone());
    let key = PolicyKey { namespace: request.namespace.clone(), name };
    match validate(&key, &policy) {
        Ok(validated) => Ok(validated.warnings),
        Err(problems) => Err((Reason::Invalid, problems)),
    }
}

/// Where it does not read. An older schema in the cluster lets in what this version does not know.
fn unreadable(object: &Value, error: &serde_json::Error) -> Vec<Problem> {
    let text = object.to_string();
    let remarks = if text.len() <= READ_AGAIN { file::parse("", &text).problems } else { Vec::new() };
    let mut problems: Vec<Problem> =
        remarks.into_iter().map(|remark| Problem { path: remark.path, message: remark.message }).collect();
    if problems.is_empty() {
        problems.push(Problem { path: "spec".to_owned(), message: format!("it does not read: {error}") });
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(spec: &Value) -> Request {
        let mut whole = json!({
            "providers": [{ "name": "bankid", "listen": { "port": 15381 },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } }],
            "flows": [{ "name": "login", "provider": "bankid", "operations": ["Auth"], "blockAt": "High",
                "whenUnknown": "Block", "whenUnavailable": "Block" }],
        });
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let object = json!({ "apiVersion": "riskgate.dev/v1alpha1", "kind": "RiskPolicy",
            "metadata": { "name": "retail", "namespace": "shop" }, "spec": whole });
        serde_json::from_value(json!({
            "uid": "u", "operation": "CREATE", "namespace": "shop", "name": "retail", "object": object,
            "resource": { "group": "riskgate.dev", "version": "v1alpha1", "resource": "riskpolicies" },
        }))
        .unwrap()
    }

    fn response(request: &Request) -> Value {
        let written = Admission::policy(request).answer.write("u").unwrap();
        serde_json::from_slice::<Value>(&written).unwrap()["response"].clone()
    }

    #[test]
    fn a_good_policy_is_taken_with_what_is_unwise() {
        let answer = response(&request(&json!({ "mode": "Monitor" })));
        assert_eq!(answer["allowed"], true);
        let warnings = answer["warnings"].as_array().unwrap();
        assert!(
            warnings.iter().any(|it| it.as_str().unwrap().starts_with("riskgate: spec.mode: ")),
            "{answer}"
        );
        assert_eq!(Admission::policy(&request(&json!({}))).reason, "Accepted");
    }

    #[test]
    fn a_bad_one_is_told_each_field_and_what_to_write() {
        for (spec, reason, field, message) in [
            (json!({ "ports": { "admin": 0 } }), "Invalid", "spec.ports.admin", "write a number above 0"),
            (json!({ "ports": { "admin": 15381 } }), "Invalid", "spec.providers[0].listen.port", "write"),
            (json!({ "mode": "Dream" }), "Unreadable", "spec.mode", "Enforce"),
        ] {
            let request = request(&spec);
            assert_eq!(Admission::policy(&request).reason, reason);
            let status = response(&request)["status"].clone();
            assert_eq!((&status["code"], &status["reason"]), (&json!(422), &json!("Invalid")));
            let cause = &status["details"]["causes"][0];
            assert_eq!(cause["field"], field, "{status}");
            assert!(cause["message"].as_str().unwrap().contains(message), "{status}");
            assert!(status["message"].as_str().unwrap().contains(field), "{status}");
        }
    }

    #[test]
    fn what_it_was_not_to_be_asked_is_refused() {
        let mut other = request(&json!({}));
        other.resource.resource = "pods".to_owned();
        assert_eq!(response(&other)["allowed"], false);
        let mut deletion = request(&json!({}));
        deletion.operation = "DELETE".to_owned();
        assert_eq!(response(&deletion)["status"]["code"], 400);
    }
}
