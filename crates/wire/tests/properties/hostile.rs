//! Bytes from anywhere: every parser answers, and answers with what is bounded.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use riskgate_wire::bankid_se::COLLECT;
use riskgate_wire::{Protocol, Reading, Started};

use crate::{bankid, json, request};

const REFERENCE: &str = "131daac9-16c6-4618-beb0-365768f37288";

/// Every parser, on the same bytes.
fn read_by_all(body: &[u8], status: u16) {
    let bankid = bankid();
    let shared = Bytes::copy_from_slice(body);
    for operation in bankid.provider().operations() {
        for mode in [riskgate_core::config::Mode::Enforce, riskgate_core::config::Mode::Monitor] {
            let _ = bankid.prepare(*operation, &shared, &Default::default(), mode);
        }
        let _ = bankid.tighten(*operation, &shared, &[riskgate_core::Requirement::PinCode]);
    }
    if let Ok(reference) = bankid.reference("/rp/v6.0/collect", body) {
        assert!((1..=256).contains(&reference.len()));
    }
    if let Ok(Started::Open(reference)) = bankid.read_started(status, body) {
        assert!(status == 200 && (1..=256).contains(&reference.len()));
    }
    let result = bankid.read_result(REFERENCE, COLLECT, status, body);
    assert!(
        status == 200 || !matches!(result, Ok(Reading::Complete(_) | Reading::Pending | Reading::Failed))
    );
    let _ = bankid.read_cancelled(status, body);
    let _ = bankid.read_probe(status, body);
}

proptest! {
    #[test]
    fn any_bytes(body in vec(any::<u8>(), 0..64), status in any::<u16>()) {
        read_by_all(&body, status);
    }

    #[test]
    fn any_text_of_json_tokens(body in json::matching("[\\[\\]{}:,\"0-9a-z\\\\ .+-]{0,40}"), status in any::<u16>()) {
        read_by_all(body.as_bytes(), status);
    }

    #[test]
    fn orders_with_one_byte_changed(order in request::order(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = order.to_vec();
        let at = at.index(body.len());
        body[at] = byte;
        read_by_all(&body, 200);
    }

    #[test]
    fn orders_cut_short_never_read(order in request::order(), at in any::<prop::sample::Index>()) {
        let text = std::str::from_utf8(&order).unwrap().trim_end();
        let cut = Bytes::copy_from_slice(&text.as_bytes()[..at.index(text.len())]);
        let read = bankid().prepare(riskgate_core::Operation::Auth, &cut, &Default::default(), Default::default());
        prop_assert!(read.is_err());
    }
}
