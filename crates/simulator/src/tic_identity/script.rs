//! What a session does, written in JSON. Everything left out is as in the default script, which completes after two pending
//! polls, with addresses of low risk.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bankid_se::script::{ErrorStatus, Outcome};

/// What one session does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    /// The hints of pending polls, one each; then the outcome.
    pub hints: Vec<String>,
    /// How it ends: `complete`, `pending`, or the hint code of a failure.
    pub outcome: Outcome,
    /// Who completes it.
    pub user: User,
    /// What TIC says of the addresses: `low`, `moderate`, `high`, `absent`, or the whole object.
    pub ip_intelligence: Value,
    /// Whether that stands in the answers to polls, status requests and collects, too, and not only in the webhook.
    pub ip_intelligence_in_answers: bool,
    /// Whether a webhook is sent.
    pub webhook: bool,
    /// What its enrichment does.
    pub enrichment: EnrichmentScript,
    /// What goes wrong. The first fault that applies to an answer is taken.
    pub faults: Vec<Fault>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            hints: vec!["outstandingTransaction".to_owned(), "userSign".to_owned()],
            outcome: Outcome::default(),
            user: User::default(),
            ip_intelligence: Value::String("low".to_owned()),
            ip_intelligence_in_answers: false,
            webhook: true,
            enrichment: EnrichmentScript::default(),
            faults: Vec::new(),
        }
    }
}

/// Who completes a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct User {
    /// By default the request's, and this one without.
    pub personal_number: String,
    /// The given name.
    pub given_name: String,
    /// The surname.
    pub surname: String,
}

impl Default for User {
    fn default() -> Self {
        Self {
            personal_number: "199001011234".to_owned(),
            given_name: "Anna".to_owned(),
            surname: "Andersson".to_owned(),
        }
    }
}

/// What an enrichment does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EnrichmentScript {
    /// How many status requests say `processing` before it is done; 0 is done at once.
    pub processing: u32,
    /// Types that are asked for and do not come.
    pub missing: Vec<String>,
    /// Whether the person's identity is protected: then only the flags come.
    pub protected: bool,
    /// Replaces sections of what is found, such as `spar`.
    pub data: Map<String, Value>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// With which answers.
    pub at: FaultPoint,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// Which answers a fault belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named after the calls")]
pub enum FaultPoint {
    Start,
    Poll,
    Status,
    Collect,
    Cancel,
    Enrichment,
    EnrichmentData,
}

/// What goes wrong with an answer. An error strikes before the request has its effect, the others after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum FaultKind {
    /// The connection closes without an answer.
    Drop {},
    /// The body is no JSON.
    Garbage {},
    /// A front end's HTML page with status 403.
    Html403 {},
    /// Members are added to the answer, or replaced.
    Members {
        /// What is merged into the answer.
        members: Map<String, Value>,
    },
    /// An error of the API.
    Error {
        /// The HTTP status, 400 to 599.
        status: ErrorStatus,
        /// The `error.code`.
        code: String,
    },
}
