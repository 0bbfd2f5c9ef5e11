//! What the data of a transaction are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What becomes of one transaction's order.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Script {
    /// Given first, one to each look, whatever is due.
    pub(crate) answers: Vec<Scripted>,
    /// How long the data take to collect, in seconds.
    pub(crate) collect_seconds: f64,
    /// How long they stay, in seconds after that.
    pub(crate) stay_seconds: f64,
    /// Over the sample of the documentation: members of `transaction_data`; null removes one.
    pub(crate) transaction_data: Map<String, Value>,
    /// The same for `derived_data`.
    pub(crate) derived_data: Map<String, Value>,
    /// What the login says that the transaction is of, where it is made here.
    pub(crate) login: LoginScript,
}

/// What a login says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct LoginScript {
    /// The `error` that the browser brings instead of a code, such as `access_denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) denied: Option<String>,
    /// Over the usual claims of the ID token; null removes one. `{"acr": "urn:bankid:bis;LOA=3"}` is a login at the lower level.
    pub(crate) claims: Map<String, Value>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            answers: Vec::new(),
            collect_seconds: 2.0,
            stay_seconds: 3600.0,
            transaction_data: Map::new(),
            derived_data: Map::new(),
            login: LoginScript::default(),
        }
    }
}

/// An answer that is given whatever is due.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scripted {
    /// Its status.
    pub(crate) status: u16,
    /// The header `Retry-After`, in seconds.
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    /// Its body as text; left out, an error body with the status's own reason.
    #[serde(default)]
    pub(crate) body: Option<String>,
}

impl Script {
    /// The data of the transaction `tid`, as the documentation's sample has them, changed as the script says.
    pub(crate) fn data(&self, tid: &str) -> Value {
        let mut transaction = json!({
            "BankID_browserName": "Chrome",
            "BankID_timeZone": "Europe/Oslo",
            "BankID_osName": "Linux",
            "BankID_osVersion": "Unknown",
            "BankID_userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.186 Safari/537.36",
            "BankID_language": "\"en-US\"",
        });
        let mut derived = json!({ "BankID_User_IP": "195.18.161.2", "BankID_Alarm_IDx": "No alarms" });
        for score in ["fpf", "env", "irs", "dms", "ips"] {
            derived[format!("BankID_{score}")] = json!("0");
            derived[format!("BankID_{score}_classification")] = json!("Unknown");
        }
        change(&mut transaction, &self.transaction_data);
        change(&mut derived, &self.derived_data);
        json!({ "tid": tid, "transaction_data": transaction, "derived_data": derived })
    }
}

fn change(data: &mut Value, changes: &Map<String, Value>) {
    let Some(members) = data.as_object_mut() else { return };
    for (name, value) in changes {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}
