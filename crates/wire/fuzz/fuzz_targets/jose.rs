//! Tokens, and sets of keys. Input: either.
#![no_main]

use libfuzzer_sys::fuzz_target;
use riskgate_wire::jose::{ACCEPTED, Expected, KeySet, verify};

const KEYS: &[u8] = include_bytes!("../../tests/jose/keys/jwks.json");

fuzz_target!(|data: &[u8]| {
    let _ = KeySet::read(data);
    let Ok(token) = std::str::from_utf8(data) else { return };
    let keys = KeySet::read(KEYS).expect("the keys of the tests");
    let expected =
        Expected { issuer: "https://id.example", client: Some("shop"), announced: &ACCEPTED, now: 0 };
    // Nobody here has the private keys.
    assert!(verify(token, &keys, &expected).is_err());
});
