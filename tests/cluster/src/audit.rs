//! What ServiceAccounts ask the API server, from its audit log: how often, and with which right.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

const POLICY: &str = "audit-policy.yaml";
const LOG: &str = "audit.log";

/// One answered request of a ServiceAccount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The account, such as `system:serviceaccount:riskgate:riskgate`.
    pub user: String,
    /// The verb of RBAC, such as `patch`.
    pub verb: String,
    /// The group of the resource; empty for the core.
    pub group: String,
    /// The resource, with its subresource after a slash, such as `riskpolicies/status`.
    pub resource: String,
    /// The namespace; empty where the request names none.
    pub namespace: String,
    /// The object; empty where the request names none.
    pub name: String,
    /// The status of the answer.
    pub code: u16,
}

/// The flags by which an API server writes the log into `folder`.
pub(crate) fn flags(folder: &Path) -> Result<[String; 3]> {
    let policy = serde_json::json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            // The control plane's own controllers.
            { "level": "None", "userGroups": ["system:serviceaccounts:kube-system"] },
            { "level": "Metadata", "userGroups": ["system:serviceaccounts"] },
            { "level": "None" },
        ],
    });
    let path = folder.join(POLICY);
    fs::write(&path, serde_json::to_vec(&policy)?).context("cannot write the audit policy")?;
    Ok([
        format!("--audit-policy-file={}", path.display()),
        format!("--audit-log-path={}", folder.join(LOG).display()),
        // Each line is there when the request is answered.
        "--audit-log-mode=blocking-strict".to_owned(),
    ])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    stage: String,
    verb: String,
    user: User,
    object_ref: Option<Object>,
    response_status: Option<Status>,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Object {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct Status {
    code: u16,
}

/// Every whole line of the log.
pub(crate) fn read(folder: &Path) -> Result<Vec<Audited>> {
    let text = fs::read_to_string(folder.join(LOG)).context("cannot read the audit log")?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut requests = Vec::new();
    for line in whole.lines() {
        let line: Line = serde_json::from_str(line).with_context(|| format!("not an audit line: {line}"))?;
        // A watch is told twice: when it begins to answer, and when it ends.
        if line.verb == "watch" && line.stage == "ResponseComplete" {
            continue;
        }
        let Some(object) = line.object_ref else { continue };
        let resource = match object.subresource.as_str() {
            "" => object.resource,
            subresource => format!("{}/{subresource}", object.resource),
        };
        requests.push(Audited {
            user: line.user.username,
            verb: line.verb,
            group: object.api_group,
            resource,
            namespace: object.namespace,
            name: object.name,
            code: line.response_status.map_or(0, |status| status.code),
        });
    }
    Ok(requests)
}
