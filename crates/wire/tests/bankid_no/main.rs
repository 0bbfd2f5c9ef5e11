//! BankID Norway: golden pairs ([`pairs`]), and what holds for whatever anybody sends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
#[path = "../support/fault.rs"]
mod fault;
#[path = "../support/pairs.rs"]
mod pairs;
mod properties;

use call::Call;
use pairs::Pairs;

const PAIRS: Pairs = Pairs {
    provider: "bankid_no",
    kinds: &["answers", "discovery", "login", "pushed", "recognise", "token_answer", "token_request"],
    test: "bankid_no",
};

#[test]
fn every_input_gives_its_output() {
    PAIRS.give(Call::outcome);
}

#[test]
fn every_output_has_its_input() {
    PAIRS.are_whole();
}

#[test]
fn every_case_says_what_it_shows_and_which_section_says_so() {
    let all = PAIRS.cases(".in.json");
    assert!(all.len() >= 40, "only {} pairs", all.len());
    let known = ["other-systems.md section A", "design.md section ", "RFC "];
    PAIRS
        .say_what_they_show::<Call>(|reference| known.iter().any(|document| reference.starts_with(document)));
}
