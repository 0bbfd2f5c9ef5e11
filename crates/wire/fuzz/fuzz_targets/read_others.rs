//! BankID's answers to a cancel and to a probe. Input: one byte that chooses the status, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::{Cancelled, Protocol};
use riskgate_wire_fuzz::{answer, bankid, leniently, tells_nothing};

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = answer(data) else { return };
    let refused = |body| (400..600).contains(&status) && leniently(body)["errorCode"].is_string();
    match bankid().read_cancelled(status, body) {
        Ok(Cancelled::Ended) => assert!(status == 200 && leniently(body).is_object()),
        Ok(Cancelled::NoSuchTransaction) => assert!(status == 400 && refused(body)),
        Ok(Cancelled::Refused) => assert!(refused(body)),
        Err(error) => tells_nothing(&error, body),
    }
    match bankid().read_probe(status, body) {
        Ok(()) => assert!((status == 405 && body.is_empty()) || refused(body)),
        Err(error) => tells_nothing(&error, body),
    }
});
