//! AdmissionReview, version v1: the question, and the answer. The object in question stays raw JSON, so that fields which this
//! version does not know are neither lost nor judged.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

const VERSION: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// Why a text is no question.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReviewError {
    #[error("the body is not an AdmissionReview: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the body is a {0}; this webhook answers AdmissionReview of {VERSION}")]
    Kind(String),
    #[error("the AdmissionReview has no request")]
    Empty,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    request: Option<Request>,
}

/// What the API server asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    /// What the answer must repeat.
    pub(super) uid: String,
    /// The kind of resource.
    pub(super) resource: Resource,
    /// Such as `status`.
    #[serde(default)]
    pub(super) sub_resource: String,
    /// The namespace; the object need not say it.
    #[serde(default)]
    pub(super) namespace: String,
    /// The object's name; empty where it is yet to be made up.
    #[serde(default)]
    pub(super) name: String,
    /// CREATE, UPDATE, DELETE, CONNECT.
    pub(super) operation: String,
    /// The object as it is to become.
    #[serde(default)]
    pub(super) object: Value,
    /// Whether nothing is to come of it.
    #[serde(default)]
    pub(super) dry_run: Option<bool>,
}

/// A kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Resource {
    #[serde(default)]
    pub(super) group: String,
    pub(super) resource: String,
}

/// What the API server is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    refusal: Option<Value>,
    patch: Option<json_patch::Patch>,
    warnings: Vec<String>,
    audit: BTreeMap<&'static str, String>,
}

impl Request {
    /// Reads a question.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub(super) fn read(body: &[u8]) -> Result<Self, ReviewError> {
        let Review { api_version, kind, request } = serde_json::from_slice(body)?;
        if (api_version.as_str(), kind.as_str()) != (VERSION, KIND) {
            let what: String = format!("{kind} of {api_version}").chars().take(128).collect();
            return Err(ReviewError::Kind(what));
        }
        request.ok_or(ReviewError::Empty)
    }

    /// Whether it is about resources of this kind themselves.
    pub(super) fn is_about(&self, group: &str, resource: &str) -> bool {
        self.resource.group == group && self.resource.resource == resource && self.sub_resource.is_empty()
    }

    /// Whether nothing is to come of it, not even an Event.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run.unwrap_or_default()
    }
}

impl Answer {
    /// The object is let in as it is.
    pub(super) fn allow() -> Self {
        Self::default()
    }

    /// It is not let in. `code` is the status that the API server answers with.
    pub(super) fn refuse(code: u16, message: &str) -> Self {
        Self::refuse_for(code, message, Value::Null)
    }

    /// It is not let in, for causes that have fields.
    pub(super) fn refuse_for(code: u16, message: &str, details: Value) -> Self {
        let reason = match code {
            400 => "BadRequest",
            422 => "Invalid",
            503 => "ServiceUnavailable",
            _ => "Forbidden",
        };
        let mut status = json!({ "status": "Failure", "code": code, "reason": reason, "message": message });
        if !details.is_null() {
            status["details"] = details;
        }
        Self { refusal: Some(status), ..Self::default() }
    }

    /// What is changed in the object.
    pub(super) fn with_patch(mut self, patch: json_patch::Patch) -> Self {
        self.patch = Some(patch).filter(|patch| !patch.0.is_empty());
        self
    }

    /// What is told to whoever asked for the object, a line each.
    pub(super) fn with_warnings(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        // The API server drops a warning with control characters.
        let line = |text: String| text.replace(char::is_control, " ");
        self.warnings.extend(warnings.into_iter().map(line));
        self
    }

    /// What the API server's audit log notes.
    pub(super) fn with_audit(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.audit.insert(name, text.into());
        self
    }

    /// The answer to the question with this uid.
    ///
    /// # Errors
    /// None that can occur: a patch is made of JSON.
    pub(super) fn write(&self, uid: &str) -> Result<Vec<u8>, serde_json::Error> {
        let mut response = json!({ "uid": uid, "allowed": self.refusal.is_none() });
        if let Some(status) = &self.refusal {
            response["status"] = status.clone();
        }
        if let Some(patch) = &self.patch {
            response["patchType"] = json!("JSONPatch");
            response["patch"] = json!(STANDARD.encode(serde_json::to_vec(patch)?));
        }
        if !self.warnings.is_empty() {
            response["warnings"] = json!(self.warnings);
        }
        if !self.audit.is_empty() {
            response["auditAnnotations"] = json!(self.audit);
        }
        serde_json::to_vec(&json!({ "apiVersion": VERSION, "kind": KIND, "response": response }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(request: &Value) -> Vec<u8> {
        json!({ "apiVersion": VERSION, "kind": KIND, "request": request }).to_string().into_bytes()
    }

    fn written(answer: &Answer) -> Value {
        serde_json::from_slice(&answer.write("u").unwrap()).unwrap()
    }

    #[test]
    fn a_question_is_read_and_the_object_stays_as_it_came() {
        let object = json!({ "spec": { "of a later version": [1, { "x": null }] } });
        let request = json!({ "uid": "u", "resource": { "group": "", "version": "v1", "resource": "pods" },
            "operation": "CREATE", "namespace": "shop", "object": object, "userInfo": {}, "dryRun": true });
        let read = Request::read(&review(&request)).unwrap();
        assert!(read.is_about("", "pods") && read.is_dry_run());
        assert_eq!((read.namespace.as_str(), read.object), ("shop", object));
    }

    #[test]
    fn what_is_no_question_is_told() {
        for (body, told) in [
            ("", "the body is not an AdmissionReview: EOF"),
            ("[1]", "the body is not an AdmissionReview: invalid"),
            ("{}", "the body is a  of ; this webhook answers"),
            (r#"{"apiVersion":"v1","kind":"Pod"}"#, "the body is a Pod of v1"),
            (
                r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#,
                "the AdmissionReview has no",
            ),
            (
                r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":5}}"#,
                "the body is not an AdmissionReview: invalid type",
            ),
        ] {
            let error = Request::read(body.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(told), "{body}: {error}");
        }
    }

    #[test]
    fn an_answer_says_what_becomes_of_the_object() {
        let patch = serde_json::from_value(json!([{ "op": "remove", "path": "/spec" }])).unwrap();
        let answer = Answer::allow()
            .with_patch(patch)
            .with_warnings(["one\ntwo".to_owned()])
            .with_audit("reason", "Injected");
        let response = &written(&answer)["response"];
        assert_eq!((&response["uid"], &response["allowed"]), (&json!("u"), &json!(true)));
        let patch = STANDARD.decode(response["patch"].as_str().unwrap()).unwrap();
        assert_eq!(patch, br#"[{"op":"remove","path":"/spec"}]"#);
        assert_eq!(response["patchType"], "JSONPatch");
        assert_eq!(response["warnings"], json!(["one two"]));
        assert_eq!(response["auditAnnotations"], json!({ "reason": "Injected" }));

        let plain = written(&Answer::allow().with_patch(json_patch::Patch::default()));
        assert_eq!(plain["response"], json!({ "uid": "u", "allowed": true }));
        let refused = written(&Answer::refuse(503, "later"));
        assert_eq!(refused["response"]["allowed"], false);
        assert_eq!(refused["response"]["status"]["reason"], "ServiceUnavailable");
    }
}
