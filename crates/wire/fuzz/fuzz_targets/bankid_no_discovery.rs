//! BankID Norway's configuration. Input: the document.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use riskgate_wire::bankid_no::{Discovery, recognise};
use riskgate_wire_fuzz::{leniently, tells_nothing};

const ISSUER: &str = "https://auth.current.bankid.no/auth/realms/current";
const BASE: &str = "http://127.0.0.1:15382";

fuzz_target!(|data: &[u8]| {
    let document = Bytes::copy_from_slice(data);
    let discovery = match Discovery::read(&document, ISSUER) {
        Ok(discovery) => discovery,
        Err(error) => return tells_nothing(&error, data),
    };
    let (before, after) = (leniently(data), leniently(&discovery.rewritten(BASE).expect("it was read")));
    assert_eq!(after["issuer"], ISSUER);
    let token = after["token_endpoint"].as_str().expect("a token endpoint");
    assert!(token.starts_with(BASE), "{token}");
    assert!(after.get("signed_metadata").is_none() && after.get("mtls_endpoint_aliases").is_none());
    assert_eq!(before["jwks_uri"], after["jwks_uri"]);
    // What the application calls is what is recognised.
    let path = token.strip_prefix(BASE).expect("the base");
    let called = format!("{:?}", recognise(&discovery, "POST", path));
    assert!(called.contains("Token"), "{path}: {called}");
});
