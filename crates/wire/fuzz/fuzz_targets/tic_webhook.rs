//! A webhook of TIC, and the same without a result.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::tic_identity::webhook::{self, Kind};
use riskgate_wire_fuzz::tells_nothing;

fuzz_target!(|body: &[u8]| {
    match webhook::read(body) {
        Ok(event) => {
            let refused = webhook::refused(body, "cancelled").expect("an event has a refusal");
            let again = webhook::read(&refused).expect("a refusal is an event");
            assert_eq!(again.kind, Kind::Notice);
            assert!(event.kind == Kind::Notice || event.session == again.session);
        }
        Err(error) => tells_nothing(&error, body),
    }
});
