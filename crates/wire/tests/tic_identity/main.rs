//! TIC Identity's protocol: golden pairs (every `golden/tic_identity/*/NAME.in.json` gives exactly its `NAME.out.json`), and what
//! holds whatever comes.
//!
//! An input names the section of the reference that says so, one call, and its arguments. After a wanted change
//! `UPDATE_GOLDEN=1 cargo test -p riskgate-wire --test tic_identity` writes the outputs anew; the difference is then to be read
//! like any other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
mod hostile;
mod signatures;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use call::Call;

const KINDS: [&str; 5] = ["attach", "recognise", "refuse", "webhook", "hub"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reference: String,
    what: String,
    call: Call,
}

/// The files of all kinds whose names end so, without that end, in order.
fn cases(end: &str) -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/tic_identity");
    KINDS
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
        let actual = format!("{}\n", serde_json::to_string_pretty(&call::of(&read(&case).call)).unwrap());
        if update {
            fs::write(&path, actual).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != actual {
            wrong.push(format!("{}:\n{actual}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} other than written\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_output_has_its_input_and_every_input_says_what_it_shows() {
    let orphans: Vec<_> = cases(".out.json").difference(&cases(".in.json")).cloned().collect();
    assert!(orphans.is_empty(), "outputs without input: {orphans:?}");
    let cases = cases(".in.json");
    assert!(cases.len() >= 60, "only {} pairs", cases.len());
    for case in cases {
        let Case { reference, what, .. } = read(&case);
        let section = ["other-systems.md section B", "design.md section "];
        assert!(section.iter().any(|document| reference.starts_with(document)), "{}", case.display());
        assert!(what.contains(' ') && what.ends_with('.'), "{}: {what:?} is no sentence", case.display());
    }
}
