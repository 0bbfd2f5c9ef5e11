//! Requests for tokens, pushed requests and the answers to both. Input: the body.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use riskgate_wire::bankid_no::{Grant, HIGH, TokenAnswer, TokenRequest, tighten};
use riskgate_wire_fuzz::{answer, tells_nothing};

fuzz_target!(|data: &[u8]| {
    if let Some((status, body)) = answer(data) {
        match TokenAnswer::read(status, body) {
            Ok(TokenAnswer::Tokens(_)) => assert_eq!(status, 200),
            Ok(TokenAnswer::Refused) => assert!((400..600).contains(&status)),
            Err(error) => tells_nothing(&error, body),
        }
    }
    match TokenRequest::read(data, None) {
        Ok(request) => {
            // What the strict reader takes for a client's own token, every other reader takes for that, too.
            let grants: Vec<_> =
                form_urlencoded::parse(data).filter(|(name, _)| name == "grant_type").collect();
            assert_eq!(grants.len(), 1);
            let own = grants[0].1 == "client_credentials";
            assert_eq!(own, request.grant == Grant::ClientCredentials);
        }
        Err(error) => tells_nothing(&error, data),
    }
    if let Ok(tightened) = tighten(&Bytes::copy_from_slice(data)) {
        let levels: Vec<_> =
            form_urlencoded::parse(&tightened).filter(|(name, _)| name == "acr_values").collect();
        assert!(levels.len() == 1 && levels[0].1.trim() == HIGH, "{levels:?}");
    }
});
