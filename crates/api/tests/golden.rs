//! What comes of a policy file: configuration, warnings and problems, compared with files that a person has read.
//!
//! Inputs are `golden/*.in.yaml` and every file in `examples/`; outputs are `golden/*.out.yaml`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use riskgate_api::file::{Remark, Report, parse};
use serde_json::json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A report as people read it in a diff.
fn written(report: &Report) -> String {
    let told = |remarks: &[Remark]| remarks.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut out = String::new();
    for (title, remarks) in
        [("problems", &report.problems), ("warnings", &report.warnings), ("skipped", &report.skipped)]
    {
        if !remarks.is_empty() {
            out += &serde_yaml::to_string(&json!({ title: told(remarks) })).unwrap();
        }
    }
    for policy in &report.policies {
        out += &format!("---\n# from line {}\n{}", policy.line, policy.config.to_yaml().unwrap());
    }
    out
}

/// Compares, or writes where `UPDATE_GOLDEN` is set; the difference, if there is one.
fn compare(out: &Path, actual: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(out, actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(out).unwrap_or_default();
    (expected != actual).then(|| format!("{}\n--- expected\n{expected}\n+++ actual\n{actual}", out.display()))
}

fn finish(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{}\nif the change is meant: UPDATE_GOLDEN=1 cargo test -p riskgate-api, and read the diff",
        differences.join("\n")
    );
}

#[test]
fn every_golden_input_gives_its_output() {
    let inputs: Vec<PathBuf> = yaml_files(&golden(""))
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".in.yaml"))
        .collect();
    assert!(inputs.len() >= 20, "the golden inputs are gone");
    let mut differences = Vec::new();
    for input in inputs {
        let name = input.file_name().unwrap().to_string_lossy().into_owned();
        let report = parse(&name, &fs::read_to_string(&input).unwrap());
        differences.extend(compare(&golden(&name.replace(".in.", ".out.")), &written(&report)));
    }
    finish(&differences);
}

#[test]
fn every_example_compiles_with_the_warnings_that_it_explains() {
    let examples = root().join("examples");
    let mut differences = Vec::new();
    for input in yaml_files(&examples) {
        let name = input.strip_prefix(&examples).unwrap().to_string_lossy().into_owned();
        let report = parse(&name, &fs::read_to_string(&input).unwrap());
        assert_eq!(report.problems, [], "{name}");
        assert!(!report.policies.is_empty(), "{name} holds no policy");
        for policy in &report.policies {
            assert_eq!(policy.config.check(), [], "{name}");
        }
        let out = format!("example.{}", name.replace('/', ".").replace(".yaml", ".out.yaml"));
        differences.extend(compare(&golden(&out), &written(&report)));
    }
    finish(&differences);
}

#[test]
fn every_golden_output_has_its_input() {
    let examples: Vec<String> = yaml_files(&root().join("examples"))
        .iter()
        .map(|path| path.strip_prefix(root().join("examples")).unwrap().to_string_lossy().replace('/', "."))
        .collect();
    for path in yaml_files(&golden("")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".out.yaml") else { continue };
        let of_example =
            stem.strip_prefix("example.").is_some_and(|it| examples.contains(&format!("{it}.yaml")));
        assert!(of_example || golden(&format!("{stem}.in.yaml")).exists(), "nothing gives {name}");
    }
}
