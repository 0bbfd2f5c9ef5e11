//! What is written reads, and version 1 means what it meant.

use proptest::collection::vec;
use proptest::prelude::*;
use riskgate_core::Operation;

use super::*;
use crate::conformance::samples::{held, order, settled};
use crate::transaction::Final;

proptest! {
    #[test]
    fn everything_reads_as_it_was_written(variant: u8) {
        prop_assert_eq!(decode_order(encode_order(order(variant)).unwrap()).unwrap(), order(variant));
        prop_assert_eq!(decode_held(encode_held(&held(variant)).unwrap()).unwrap(), held(variant));
        prop_assert_eq!(decode_settled(encode_settled(&settled(variant)).unwrap()).unwrap(), settled(variant));
    }

    #[test]
    fn anything_else_is_an_error_and_never_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        // Read as each of the three: any outcome is fine that is one.
        let _ = (decode_order(bytes.clone()), decode_held(bytes.clone()), decode_settled(bytes));
    }

    #[test]
    fn another_version_is_told(version in 2..=u8::MAX) {
        let mut bytes = encode_order(order(255)).unwrap();
        bytes[0] = version;
        prop_assert_eq!(decode_order(bytes), Err(CodecError::Version(version)));
    }
}

/// A change here changes what sidecars of two versions read from each other during a roll-out: raise [`VERSION`] with it.
#[test]
fn version_1_is_this() {
    let order = Order {
        operation: Operation::Sign,
        flow: Some("transfer".into()),
        attached: ["returnRisk".to_owned()].into(),
        ..order(0b1101_1110)
    };
    let bytes = encode_order(order).unwrap();
    assert_eq!(hex(&bytes), include_str!("order.v1.hex").trim(), "{}", hex(&bytes));
    let settled = Settled { outcome: Final::Failed, ..settled(3) };
    let bytes = encode_settled(&settled).unwrap();
    assert_eq!(hex(&bytes), include_str!("settled.v1.hex").trim(), "{}", hex(&bytes));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
