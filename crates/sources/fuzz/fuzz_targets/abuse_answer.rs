//! An AbuseIPDB-shaped service's answer. Input: the status by the first byte, the body behind it.
#![no_main]

use std::net::IpAddr;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use riskgate_core::ip::AddressFacts;
use riskgate_sources::fuzzing::abuse_answer;

const STATUSES: [u16; 8] = [200, 401, 402, 403, 422, 429, 500, 302];

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let status = STATUSES[usize::from(first.wrapping_sub(b'0')) % STATUSES.len()];
    let asked = IpAddr::from([198, 51, 100, 1]);
    let read = abuse_answer(asked, StatusCode::from_u16(status).expect("a status"), body);
    match (status, read) {
        (200, Ok(facts)) => {
            // What nobody asks for is passed over, also where it is a text or a number that this reader would not take.
            if let Ok(said) = serde_json::from_slice::<serde_json::Value>(body) {
                let about = said["data"]["ipAddress"].as_str().and_then(|text| text.parse::<IpAddr>().ok());
                assert_eq!(about.map(|about| about.to_canonical()), Some(asked), "it is about this address");
            }
            assert!(facts.abuse.is_none_or(|abuse| abuse <= 100));
        }
        // The service knows no such address: then nothing is known of it.
        (422, read) => assert_eq!(read, Ok(AddressFacts::default())),
        (_, read) => {
            let error = read.expect_err("no other status tells anything");
            let digits = body.split(|byte| !byte.is_ascii_digit()).filter(|digits| digits.len() >= 10);
            for number in digits.filter_map(|digits| std::str::from_utf8(digits).ok()) {
                assert!(!error.contains(number), "the error repeats {number}: {error}");
            }
        }
    }
});
