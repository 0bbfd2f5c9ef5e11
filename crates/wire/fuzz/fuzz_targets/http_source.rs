//! What the platform team's own service answers. Input: the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_core::contract::AssessmentAnswer;
use riskgate_wire_fuzz::tells_nothing;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    match AssessmentAnswer::read(body) {
        Ok(said) => {
            assert!(said.score.is_none_or(|score| score <= 100));
            // What nobody asks for is passed over, also where it is a text or a number that this reader would not take.
            if let Ok(sent) = serde_json::from_slice::<Value>(body) {
                let word = format!("{:?}", said.assessment);
                assert_eq!(sent["assessment"], word, "a word is never read as another");
                assert!(said.score.is_none_or(|score| sent["score"] == score));
            }
            assert!(said.indicators.len() <= 32);
            for indicator in &said.indicators {
                assert!((1..=64).contains(&indicator.len()) && !indicator.contains(char::is_whitespace));
            }
        }
        Err(error) => tells_nothing(&error, body),
    }
});
