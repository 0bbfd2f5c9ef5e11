//! Swedish BankID: golden pairs ([`pairs`]). Bodies are texts, since single bytes matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
#[path = "../support/fault.rs"]
mod fault;
#[path = "../support/outcome.rs"]
mod outcome;
#[path = "../support/pairs.rs"]
mod pairs;
mod shown;

use std::fs;

use riskgate_wire::Lint;

use call::Call;
use pairs::Pairs;

const PAIRS: Pairs = Pairs { provider: "bankid_se", kinds: &["attach", "lint", "refuse"], test: "golden" };

#[test]
fn every_input_gives_its_output() {
    PAIRS.give(shown::of);
}

#[test]
fn every_output_has_its_input() {
    PAIRS.are_whole();
}

#[test]
fn every_case_says_what_it_shows_and_which_section_says_so() {
    PAIRS.say_what_they_show::<Call>(|reference| {
        ["bankid-se.md section ", "design.md section "]
            .iter()
            .find_map(|document| reference.strip_prefix(document))
            .is_some_and(|section| section.starts_with(|c: char| c.is_ascii_digit()))
    });
}

#[test]
fn the_cases_show_every_lint_fault_and_operation() {
    let outputs: String = PAIRS
        .cases(".out.json")
        .iter()
        .map(|case| fs::read_to_string(case.with_extension("out.json")).unwrap())
        .collect();
    // The others are found by another provider's protocol, and shown in its own pairs.
    let others = [Lint::ClientIpNotDecimal, Lint::SessionIdNotHexadecimal, Lint::NotAdaptive];
    for lint in Lint::ALL.into_iter().filter(|lint| !others.contains(lint)) {
        assert!(outputs.contains(&format!("\"{lint}\"")), "no case finds {lint}");
    }
    let cases = PAIRS.cases(".in.json");
    assert!(cases.len() >= 75, "only {} pairs", cases.len());
    let inputs: String =
        cases.iter().map(|case| fs::read_to_string(case.with_extension("in.json")).unwrap()).collect();
    let operations = riskgate_core::Provider::BankIdSe.operations().iter().map(|operation| operation.name());
    for name in operations.chain(fault::FAULTS.map(|(name, _)| name)) {
        assert!(inputs.contains(&format!("\"{name}\"")), "no case for {name}");
    }
}
