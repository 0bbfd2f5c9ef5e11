//! BankID's answer to an order. Input: one byte that chooses the status, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::{Protocol, Started};
use riskgate_wire_fuzz::{answer, bankid, leniently, tells_nothing};

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = answer(data) else { return };
    match bankid().read_started(status, body) {
        Ok(Started::Open(reference)) => {
            assert!(status == 200 && (1..=256).contains(&reference.len()));
            assert_eq!(leniently(body)["orderRef"], reference.as_str());
        }
        Ok(Started::Refused) => {
            assert!((400..600).contains(&status) && leniently(body)["errorCode"].is_string());
        }
        Err(error) => tells_nothing(&error, body),
    }
});
