//! BankID's answer to a collect. Input: one byte that chooses the status, then the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_core::{Assessment, Level};
use riskgate_wire::bankid_se::COLLECT;
use riskgate_wire::{Protocol, Reading};
use riskgate_wire_fuzz::{REFERENCE, answer, bankid, leniently, tells_nothing};

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = answer(data) else { return };
    let reading = match bankid().read_result(REFERENCE, COLLECT, status, body) {
        Ok(reading) => reading,
        Err(error) => return tells_nothing(&error, body),
    };
    let seen = leniently(body);
    match reading {
        Reading::Pending | Reading::Failed => {
            assert!(status == 200 && seen["orderRef"] == REFERENCE && seen["completionData"].is_null());
        }
        Reading::Complete(completed) => {
            assert!(status == 200 && seen["orderRef"] == REFERENCE && seen["status"] == "complete");
            let data = seen["completionData"].as_object().expect("completionData is an object");
            let expected = data.get("risk").map(|risk| match risk.as_str() {
                Some("low") => Assessment::Level(Level::Low),
                Some("moderate") => Assessment::Level(Level::Moderate),
                Some("high") => Assessment::Level(Level::High),
                _ => Assessment::Unknown,
            });
            assert_eq!(completed.indication, expected);
        }
        Reading::NoSuchTransaction => {
            assert!(
                status == 400
                    && seen["errorCode"] == "invalidParameters"
                    && seen["details"] == "No such order"
            );
        }
        Reading::Refused => assert!((400..600).contains(&status) && seen["errorCode"].is_string()),
    }
});
