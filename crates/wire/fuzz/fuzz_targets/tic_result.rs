//! TIC's answers to start, poll, status, collect and cancel. Input: one byte that chooses the status, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::tic_identity::POLL;
use riskgate_wire::{Protocol, Reading, Started};
use riskgate_wire_fuzz::{SESSION, answer, leniently, tells_nothing, tic};

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = answer(data) else { return };
    let tic = tic();
    match tic.read_result(SESSION, POLL, status, body) {
        Ok(Reading::Pending | Reading::Failed) => {
            let seen = leniently(body);
            assert!(status == 200 && seen["user"].is_null() && seen["signature"].is_null());
        }
        Ok(Reading::Complete(_)) => {
            let seen = leniently(body);
            assert!(seen["sessionId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(SESSION)));
        }
        Ok(Reading::NoSuchTransaction | Reading::Refused) => assert!((400..600).contains(&status)),
        Err(error) => tells_nothing(&error, body),
    }
    if let Ok(Started::Open(session)) = tic.read_started(status, body) {
        assert!(session.len() == 36 && session == session.to_ascii_lowercase());
    }
    if let Err(error) = tic.read_cancelled(status, body) {
        tells_nothing(&error, body);
    }
});
