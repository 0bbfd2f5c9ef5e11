//! Orders after they were tightened.

use proptest::prelude::*;
use proptest::sample::subsequence;
use riskgate_core::Requirement;
use riskgate_wire::{Malformed, Protocol};

use crate::json::members;
use crate::{bankid, request};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn tightening_only_ever_adds(
        operation in request::operation(),
        order in request::order(),
        require in subsequence(vec![Requirement::PinCode, Requirement::Mrtd], 0..=2),
    ) {
        let tightened = match bankid().tighten(operation, &order, &require) {
            Ok(tightened) => tightened,
            Err(error) => {
                let is_object = members(&order)["requirement"].get().starts_with(['{', 'n']);
                let refused = matches!(error, Malformed::Member { member: "requirement", .. });
                prop_assert!(refused && !is_object);
                return Ok(());
            }
        };
        let phone_mrtd = |wanted: &Requirement| operation.is_phone() && *wanted == Requirement::Mrtd;
        for wanted in require.iter().filter(|wanted| !phone_mrtd(wanted)) {
            prop_assert!(tightened.carried.has(*wanted));
        }
        let (before, after) = (members(&order), members(&tightened.body));
        for (name, value) in before.iter().filter(|(name, _)| *name != "requirement") {
            prop_assert_eq!(value.get(), after[name].get());
        }
        let again = bankid().tighten(operation, &tightened.body, &require).unwrap();
        prop_assert_eq!(again.body.as_ptr(), tightened.body.as_ptr(), "the same bytes, not a copy");
        prop_assert_eq!(again.carried, tightened.carried);
        prop_assert!(again.attached.is_empty());
    }
}
