//! Messages of the hub: split into records, each gated.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::tic_identity::hub::{Gated, Records, gate, handshake, refused, subscribed};

fuzz_target!(|message: &str| {
    let Ok(records) = Records::default().push(message) else { return };
    for record in records {
        let _ = handshake(&record);
        if let Some(session) = subscribed(&record) {
            assert_eq!(session.len(), 36);
        }
        if matches!(gate(&record), Gated::Result { .. })
            && let Some(instead) = refused(&record, "cancelled")
        {
            assert_eq!(gate(&instead), Gated::Passes);
        }
    }
});
