//! Pods as they come in and as they go out, for people to read.
//!
//! Inputs are `golden/*.in.yaml`, each with a `pod` and perhaps `namespaceLabels`; outputs are `golden/*.out.yaml`. After a
//! wanted change `UPDATE_GOLDEN=1 cargo test -p riskgate-inject` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{NAMESPACE, applied, bindings, options, told, uninjected};
use riskgate_inject::{Decision, Namespace, Pod, decide, inject};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// What becomes of a pod, as the webhook has it.
fn outcome(input: &Value) -> Value {
    let labels: BTreeMap<String, String> =
        serde_json::from_value(input.get("namespaceLabels").cloned().unwrap_or_else(|| json!({}))).unwrap();
    let raw = &input["pod"];
    let namespace = Namespace { name: NAMESPACE, labels: &labels };
    let refused = |refusal: riskgate_inject::Refusal| json!({ "refused": told(refusal.notices()) });
    let pod = match Pod::new(raw) {
        Ok(pod) => pod,
        Err(notice) => return refused(notice.into()),
    };
    let wanted = match decide(&pod, &namespace) {
        Ok(Decision::Skip(notice)) => return json!({ "skipped": told(&[notice]) }),
        Ok(Decision::Inject(wanted)) if wanted.policy == "retail" => wanted,
        Ok(Decision::Inject(wanted)) => return refused(wanted.unknown(NAMESPACE, &["retail"])),
        Err(refusal) => return refused(refusal),
    };
    let patch = match inject(&pod, &wanted, &bindings(), &options()) {
        Ok(patch) => patch,
        Err(refusal) => return refused(refusal),
    };
    let line = |operation: &json_patch::PatchOperation| {
        let written = serde_json::to_value(operation).unwrap();
        format!("{} {}", written["op"].as_str().unwrap(), operation.path())
    };
    let after = applied(raw, &patch.operations);
    assert_eq!(uninjected(&after), *raw, "what was injected can be undone");
    let mut out = json!({ "patch": patch.operations.iter().map(line).collect::<Vec<_>>(), "pod": after });
    if !patch.warnings.is_empty() {
        out["warnings"] = json!(told(&patch.warnings));
    }
    out
}

#[test]
fn every_pod_comes_out_as_a_person_has_read_it() {
    let mut differences = Vec::new();
    let mut inputs = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".in.yaml") else {
            let stem = name.strip_suffix(".out.yaml").unwrap_or_else(|| panic!("{name}: what is this?"));
            assert!(folder().join(format!("{stem}.in.yaml")).exists(), "nothing gives {name}");
            continue;
        };
        inputs += 1;
        let input: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let actual = serde_yaml::to_string(&outcome(&input)).unwrap();
        let out = folder().join(format!("{stem}.out.yaml"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&out, actual).unwrap();
        } else if fs::read_to_string(&out).unwrap_or_default() != actual {
            differences.push(format!("{}\n+++ actual\n{actual}", out.display()));
        }
    }
    assert!(inputs >= 10, "the golden inputs are gone");
    assert!(
        differences.is_empty(),
        "{}\nif the change is meant: UPDATE_GOLDEN=1 cargo test -p riskgate-inject, and read the diff",
        differences.join("\n")
    );
}
