//! The head of a proxy's answer to CONNECT. Input: the bytes, as they may come in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_sources::fuzzing::connect_status;

fuzz_target!(|bytes: &[u8]| {
    // However it is cut, nothing is a success before its head is whole, and nothing follows one.
    let mut refused = false;
    for end in 0..=bytes.len().min(4096) {
        let head = &bytes[..end];
        match connect_status(head) {
            None => refused = true,
            Some(Some(status)) if (200..=299).contains(&status) => {
                assert!(!refused, "what was garbage became a success");
                assert!(head.ends_with(b"\n"), "a success ends with its head");
                assert!(head.starts_with(b"HTTP/1.") || head.starts_with(b"\r") || head.starts_with(b"\n"));
            }
            Some(_) => {}
        }
    }
    if bytes.len() > 16 << 10 {
        assert_ne!(connect_status(bytes), Some(None), "an endless head is not waited for");
    }
});
