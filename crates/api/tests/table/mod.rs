//! The table of cases of the CEL rules, as rules.yaml describes it. Also read by tests/cluster.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Table {
    policy: Value,
    /// Its cases.
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it is about.
    pub(crate) case: String,
    #[serde(default)]
    put: BTreeMap<String, Value>,
    /// Left out, the policy is accepted.
    pub(crate) refused: Option<Refused>,
}

#[derive(Deserialize)]
pub(crate) struct Refused {
    /// The field whose rule is broken.
    pub(crate) at: String,
    /// What the rule says.
    pub(crate) message: String,
}

impl Table {
    /// The table of this folder.
    pub(crate) fn read() -> Self {
        serde_yaml::from_str(include_str!("../rules.yaml")).unwrap()
    }

    /// The policy of a case.
    pub(crate) fn policy(&self, case: &Case) -> Value {
        let mut policy = self.policy.clone();
        for (pointer, value) in &case.put {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match policy.pointer_mut(parent).unwrap() {
                Value::Object(members) => drop(members.insert(key.to_owned(), value.clone())),
                Value::Array(items) if key == "-" => items.push(value.clone()),
                other => panic!("{}: nothing can be put into {other}", case.case),
            }
        }
        policy
    }
}
