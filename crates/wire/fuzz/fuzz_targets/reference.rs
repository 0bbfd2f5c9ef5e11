//! The order that a collect or cancel names. Input: the request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::Protocol;
use riskgate_wire_fuzz::{bankid, leniently, tells_nothing};

fuzz_target!(|body: &[u8]| {
    match bankid().reference("/rp/v6.0/collect", body) {
        Ok(reference) => {
            assert!((1..=256).contains(&reference.len()));
            assert_eq!(leniently(body)["orderRef"], reference.as_str());
        }
        Err(error) => tells_nothing(&error, body),
    }
});
