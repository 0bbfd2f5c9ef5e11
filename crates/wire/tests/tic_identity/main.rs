//! TIC Identity's protocol: golden pairs ([`pairs`]), and what holds whatever comes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
#[path = "../support/fault.rs"]
mod fault;
mod hostile;
#[path = "../support/outcome.rs"]
mod outcome;
#[path = "../support/pairs.rs"]
mod pairs;
mod signatures;

use call::Call;
use pairs::Pairs;

const PAIRS: Pairs = Pairs {
    provider: "tic_identity",
    kinds: &["attach", "hub", "recognise", "refuse", "webhook"],
    test: "tic_identity",
};

#[test]
fn every_input_gives_its_output() {
    PAIRS.give(call::of);
}

#[test]
fn every_output_has_its_input() {
    PAIRS.are_whole();
}

#[test]
fn every_case_says_what_it_shows_and_which_section_says_so() {
    let cases = PAIRS.cases(".in.json");
    assert!(cases.len() >= 60, "only {} pairs", cases.len());
    let known = ["other-systems.md section B", "design.md section "];
    PAIRS
        .say_what_they_show::<Call>(|reference| known.iter().any(|document| reference.starts_with(document)));
}
