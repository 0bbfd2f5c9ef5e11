//! Policy files: YAML of one or several documents, read with every problem at its line.

mod report;

use kube::Resource;
use serde::Deserialize;

pub use report::{PolicyInFile, Remark, Report};

use crate::compile::compile;
use crate::policy::RiskPolicy;

/// Reads every RiskPolicy in a file. Documents of other kinds are skipped, with a note. It never fails: what is wrong
/// stands in the report, all at once.
///
/// `file_name` is only repeated in the report.
#[must_use]
pub fn parse(file_name: &str, text: &str) -> Report {
    let mut report = Report::default();
    let remark = |path: String, message: String| Remark {
        file: file_name.to_owned(),
        line: 1,
        column: 1,
        path,
        message,
    };
    for document in serde_yaml::Deserializer::from_str(text) {
        let value = match serde_yaml::Value::deserialize(document) {
            Ok(value) => value,
            Err(error) => {
                report.problems.push(remark(String::new(), error.to_string()));
                break;
            }
        };
        if value.get("kind").and_then(serde_yaml::Value::as_str) != Some(&RiskPolicy::kind(&())) {
            report.skipped.push(remark(String::new(), "not a RiskPolicy; skipped".to_owned()));
            continue;
        }
        let policy: RiskPolicy = match serde_yaml::from_value(value) {
            Ok(policy) => policy,
            Err(error) => {
                report.problems.push(remark(String::new(), error.to_string()));
                continue;
            }
        };
        match compile(&policy) {
            Ok((config, warnings)) => {
                report.warnings.extend(warnings.into_iter().map(|it| remark(it.path, it.message)));
                report.policies.push(PolicyInFile { line: 1, policy, config });
            }
            Err(problems) => {
                report.problems.extend(problems.into_iter().map(|it| remark(it.path, it.message)))
            }
        }
    }
    report
}
