//! Messages of the hub: split into records, each gated; and the answer of its negotiation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::tic_identity::hub::{Gated, Records, gate, handshake, negotiated, refused, subscribed};
use serde_json::Value;

fuzz_target!(|message: &str| {
    if let Ok(offered) = negotiated(200, &message.as_bytes().to_vec().into()) {
        let offered: Value = serde_json::from_slice(&offered).unwrap_or(Value::Null);
        assert!(offered["url"].is_null(), "nobody is sent past riskgate");
        let ways = offered["availableTransports"].as_array().map_or(0, Vec::len);
        assert!(ways <= 1 || !offered["error"].is_null());
    }
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
