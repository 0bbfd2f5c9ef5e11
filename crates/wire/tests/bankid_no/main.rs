//! Golden pairs of BankID Norway: every `golden/bankid_no/*/NAME.in.json` gives exactly its `NAME.out.json`.
//!
//! After a wanted change `UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test bankid_no` writes the outputs anew; the difference
//! is then to be read like any other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
mod properties;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use call::Call;

const ADVICE: &str = "if the change is wanted: UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test bankid_no";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reference: String,
    what: String,
    call: Call,
}

/// The files of every kind whose names end so, without that end, in order.
fn cases(end: &str) -> BTreeSet<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/bankid_no");
    fs::read_dir(root)
        .unwrap()
        .flat_map(|kind| fs::read_dir(kind.unwrap().path()).unwrap())
        .filter_map(|entry| entry.unwrap().path().to_str()?.strip_suffix(end).map(PathBuf::from))
        .collect()
}

fn read(case: &Path) -> Case {
    let path = case.with_extension("in.json");
    let case = serde_json::from_str(&fs::read_to_string(&path).unwrap());
    case.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_input_gives_its_output() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for case in cases(".in.json") {
        let path = case.with_extension("out.json");
        let actual = format!("{}\n", serde_json::to_string_pretty(&read(&case).call.outcome()).unwrap());
        if update {
            fs::write(&path, actual).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} other than written; {ADVICE}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_output_has_its_input() {
    let orphans: Vec<_> = cases(".out.json").difference(&cases(".in.json")).cloned().collect();
    assert!(orphans.is_empty(), "outputs without input: {orphans:?}");
}

#[test]
fn every_case_says_what_it_shows_and_which_section_says_so() {
    let all = cases(".in.json");
    assert!(all.len() >= 40, "only {} pairs", all.len());
    for case in all {
        let Case { reference, what, .. } = read(&case);
        let known = ["other-systems.md section A", "design.md section ", "RFC "];
        assert!(
            known.iter().any(|document| reference.starts_with(document)),
            "{}: {reference:?}",
            case.display()
        );
        assert!(what.contains(' ') && what.ends_with('.'), "{}: {what:?} is no sentence", case.display());
    }
}
