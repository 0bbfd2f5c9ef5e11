//! Golden pairs: every `golden/bankid_se/*/NAME.in.json` gives exactly its `NAME.out.json`.
//!
//! An input names the section of the reference that says so, one call of the protocol, and its arguments; bodies are texts,
//! since single bytes matter. After a wanted change `UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test golden` writes the
//! outputs anew; the difference is then to be read like any other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
mod outcome;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use riskgate_wire::Lint;
use serde::Deserialize;

use call::Call;

const ADVICE: &str = "if the change is wanted: UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test golden";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reference: String,
    what: String,
    call: Call,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/bankid_se")
}

/// The files of the three kinds whose names end so, without that end, in order.
fn cases(end: &str) -> BTreeSet<PathBuf> {
    ["attach", "lint", "refuse"]
        .iter()
        .flat_map(|kind| fs::read_dir(folder().join(kind)).unwrap())
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
        let actual = format!("{}\n", serde_json::to_string_pretty(&outcome::of(&read(&case).call)).unwrap());
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
    for case in cases(".in.json") {
        let Case { reference, what, .. } = read(&case);
        let section = ["bankid-se.md section ", "design.md section "]
            .iter()
            .find_map(|document| reference.strip_prefix(document))
            .unwrap_or_else(|| panic!("{}: {reference:?} names no section", case.display()));
        assert!(section.starts_with(|c: char| c.is_ascii_digit()), "{}: {reference:?}", case.display());
        assert!(what.contains(' ') && what.ends_with('.'), "{}: {what:?} is no sentence", case.display());
    }
}

#[test]
fn the_cases_show_every_lint_fault_and_operation() {
    let outputs: String = cases(".out.json")
        .iter()
        .map(|case| fs::read_to_string(case.with_extension("out.json")).unwrap())
        .collect();
    // The others are found by another provider's protocol, and shown in its own pairs.
    let others = [Lint::ClientIpNotDecimal, Lint::SessionIdNotHexadecimal, Lint::NotAdaptive];
    for lint in Lint::ALL.into_iter().filter(|lint| !others.contains(lint)) {
        assert!(outputs.contains(&format!("\"{lint}\"")), "no case finds {lint}");
    }
    let cases = cases(".in.json");
    assert!(cases.len() >= 75, "only {} pairs", cases.len());
    let inputs: String =
        cases.iter().map(|case| fs::read_to_string(case.with_extension("in.json")).unwrap()).collect();
    let operations = riskgate_core::Provider::BankIdSe.operations().iter().map(|operation| operation.name());
    for name in operations.chain(call::FAULTS.map(|(name, _)| name)) {
        assert!(inputs.contains(&format!("\"{name}\"")), "no case for {name}");
    }
}
