//! OneSpan: golden pairs ([`pairs`]), and what holds for whatever anybody sends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod call;
mod decisions;
#[path = "../support/fault.rs"]
mod fault;
#[path = "../support/pairs.rs"]
mod pairs;
mod properties;

use std::fs;

use riskgate_wire::one_span::CHALLENGES;

use call::Call;
use pairs::Pairs;

const PAIRS: Pairs = Pairs { provider: "one_span", kinds: &["answer", "attach", "read"], test: "one_span" };

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
    let known = ["other-systems.md section C.", "design.md section "];
    PAIRS
        .say_what_they_show::<Call>(|reference| known.iter().any(|document| reference.starts_with(document)));
}

#[test]
fn the_cases_show_every_challenge_with_a_name() {
    let outputs: String = PAIRS
        .cases(".out.json")
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
