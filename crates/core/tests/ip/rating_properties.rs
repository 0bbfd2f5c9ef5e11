//! What holds of every rating.

use proptest::prelude::*;
use riskgate_core::Level;
use riskgate_core::config::{AbuseScoring, IpAggregate, IpScoring};
use riskgate_core::ip::{AddressFacts, Country, Traits, indicator};

use crate::rating::{DAY, NOW, rated};

fn facts() -> impl Strategy<Value = AddressFacts> {
    let traits = any::<[bool; 5]>().prop_map(|[tor, vpn, proxy, hosting, anonymous]| Traits {
        tor,
        vpn,
        proxy,
        hosting,
        anonymous,
    });
    let country = prop::option::of(prop::sample::select(vec!["SE", "NO", "DE", "RU"]));
    let reported = prop::option::of((0..20u64).prop_map(|days| NOW - days * DAY));
    (traits, country, prop::option::of(0..=100u8), reported, prop::option::of(64_496..64_500u32), 0..8u8)
        .prop_map(|(traits, country, abuse, last_reported, asn, kind)| match kind {
            0 => AddressFacts::non_public(),
            kind => AddressFacts {
                non_public: false,
                trusted: kind == 1,
                country: country.and_then(Country::of),
                asn,
                traits,
                abuse,
                last_reported,
            },
        })
}

fn scoring() -> impl Strategy<Value = IpScoring> {
    let aggregate =
        prop::sample::select(vec![IpAggregate::OncePerIndicator, IpAggregate::Max, IpAggregate::Sum]);
    (any::<[u8; 4]>(), 1..=100u8, 1..=100u8, aggregate, any::<bool>(), 1..=100u8).prop_map(
        |(points, one, other, aggregate, tor_excludes_vpn, threshold)| {
            let [tor, likely_vpn, recently_reported, foreign] = points.map(|points| points % 101);
            IpScoring {
                abuse: AbuseScoring { threshold, ..AbuseScoring::default() },
                tor,
                likely_vpn,
                recently_reported,
                foreign,
                recent_days: 7,
                tor_excludes_vpn,
                aggregate,
                moderate_from: one.min(other),
                high_from: one.max(other),
            }
        },
    )
}

fn points(rating: &riskgate_core::ip::Rating) -> u8 {
    rating.score.map_or(0, |(score, _)| score)
}

proptest! {
    #[test]
    fn a_score_is_a_score_and_its_level_follows_the_limits(
        addresses in prop::collection::vec(facts(), 0..3), scoring in scoring(),
    ) {
        let rating = rated(&addresses, &scoring);
        prop_assert_eq!(rating.score.is_some(), addresses.iter().any(AddressFacts::is_known));
        if let Some((score, level)) = rating.score {
            prop_assert!(score <= 100);
            prop_assert_eq!(level == Level::High, score >= scoring.high_from);
            prop_assert_eq!(level == Level::Low, score < scoring.moderate_from);
        }
    }

    #[test]
    fn the_order_of_addresses_says_nothing(one in facts(), other in facts(), scoring in scoring()) {
        prop_assert_eq!(rated(&[one, other], &scoring), rated(&[other, one], &scoring));
    }

    /// What a part that failed would have said can only have raised the score: on this rests what the source says without it.
    #[test]
    fn more_facts_never_lower_a_score(known in facts(), more in facts(), scoring in scoring()) {
        prop_assume!(!more.trusted && !more.non_public && !scoring.tor_excludes_vpn);
        let both = known.or(AddressFacts { country: None, ..more });
        prop_assert!(points(&rated(&[both], &scoring)) >= points(&rated(&[known], &scoring)));
    }

    #[test]
    fn another_address_never_lowers_a_score(one in facts(), other in facts(), scoring in scoring()) {
        prop_assert!(points(&rated(&[one, other], &scoring)) >= points(&rated(&[one], &scoring)));
    }

    #[test]
    fn every_indicator_is_one_that_a_policy_can_name_and_stands_once(
        addresses in prop::collection::vec(facts(), 0..3), scoring in scoring(),
    ) {
        let rating = rated(&addresses, &scoring);
        for (at, said) in rating.indicators.iter().enumerate() {
            prop_assert!(indicator::is_known(said), "{}", said);
            prop_assert!(!rating.indicators[..at].contains(said), "{} twice", said);
        }
    }
}
