//! OneSpan: golden pairs, and what holds for whatever anybody sends.
//!
//! Every `golden/one_span/*/NAME.in.json` gives exactly its `NAME.out.json`. After a wanted change
//! `UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test one_span` writes the outputs anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
mod properties;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use riskgate_wire::one_span::CHALLENGES;
use serde::Deserialize;

use call::Call;

const ADVICE: &str = "if the change is wanted: UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test one_span";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reference: String,
    what: String,
    call: Call,
}

/// The files whose names end so, without that end, in order.
fn cases(end: &str) -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/one_span");
    ["attach", "read", "answer"]
        .iter()
        .flat_map(|kind| fs::read_dir(folder.join(kind)).unwrap())
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
    for case in cases(".in.json") {
        let Case { reference, what, .. } = read(&case);
        let named = ["other-systems.md section C.", "design.md section "]
            .iter()
            .any(|document| reference.starts_with(document));
        assert!(named, "{}: {reference:?} names no section", case.display());
        assert!(what.contains(' ') && what.ends_with('.'), "{}: {what:?} is no sentence", case.display());
    }
}

#[test]
fn the_cases_show_every_challenge_with_a_name() {
    let outputs: String = cases(".out.json")
        .iter()
        .map(|case| fs::read_to_string(case.with_extension("out.json")).unwrap())
        .collect();
    for (_, name) in CHALLENGES {
        assert!(outputs.contains(&format!("\"{name}\"")), "no case reads {name}");
    }
    for lint in ["PrivateEndUserIp", "ClientIpNotDecimal", "SessionIdNotHexadecimal", "NotAdaptive"] {
        assert!(outputs.contains(&format!("\"{lint}\"")), "no case finds {lint}");
    }
}
