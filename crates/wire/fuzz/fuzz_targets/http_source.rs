//! What the platform team's own service answers. Input: the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_core::contract::AssessmentAnswer;
use riskgate_wire_fuzz::{leniently, tells_nothing};

fuzz_target!(|body: &[u8]| {
    match AssessmentAnswer::read(body) {
        Ok(said) => {
            let sent = leniently(body);
            assert_eq!(
                sent["assessment"],
                format!("{:?}", said.assessment),
                "a word is never read as another"
            );
            assert!(said.score.is_none_or(|score| score <= 100 && sent["score"] == score));
            assert!(said.indicators.len() <= 32);
            for indicator in &said.indicators {
                assert!((1..=64).contains(&indicator.len()) && !indicator.contains(char::is_whitespace));
            }
        }
        Err(error) => tells_nothing(&error, body),
    }
});
