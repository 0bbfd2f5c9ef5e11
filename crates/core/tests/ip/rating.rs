//! The scoring table, row by row (other-systems.md section B.5).

use std::net::IpAddr;

use riskgate_core::config::{AbuseScoring, IpAggregate, IpScoring};
use riskgate_core::ip::{AddressFacts, Country, Rating, Traits, rate};
use riskgate_core::{Level, Millis};

pub(crate) const DAY: Millis = 86_400_000;
pub(crate) const NOW: Millis = 400 * DAY;

pub(crate) fn of(country: &str) -> AddressFacts {
    AddressFacts { country: Country::of(country), ..AddressFacts::default() }
}

fn tor() -> AddressFacts {
    AddressFacts { traits: Traits { tor: true, ..Traits::default() }, ..of("SE") }
}

fn hosting() -> AddressFacts {
    AddressFacts { traits: Traits { hosting: true, ..Traits::default() }, ..of("SE") }
}

fn abused(confidence: u8) -> AddressFacts {
    AddressFacts { abuse: Some(confidence), ..of("SE") }
}

pub(crate) fn rated(facts: &[AddressFacts], scoring: &IpScoring) -> Rating {
    let address = |at: usize| IpAddr::from([198, 51, 100, u8::try_from(at).unwrap()]);
    let addresses: Vec<_> = facts.iter().enumerate().map(|(at, facts)| (address(at), *facts)).collect();
    rate(&addresses, scoring, &Country::nordic(), NOW)
}

fn score(facts: &[AddressFacts]) -> Option<(u8, Level)> {
    rated(facts, &IpScoring::default()).score
}

#[test]
fn each_row_of_the_table_has_its_points() {
    let recent = AddressFacts { last_reported: Some(NOW - DAY), ..of("SE") };
    let rows = [
        (of("SE"), 0, Level::Low),
        (of("IS"), 0, Level::Low),
        (of("FO"), 10, Level::Low),
        (of("DE"), 10, Level::Low),
        (recent, 15, Level::Low),
        (hosting(), 20, Level::Low),
        (tor(), 40, Level::Moderate),
        (abused(49), 0, Level::Low),
        (abused(50), 25, Level::Moderate),
        (abused(99), 49, Level::Moderate),
        (abused(100), 50, Level::Moderate),
    ];
    for (facts, points, level) in rows {
        assert_eq!(score(&[facts]), Some((points, level)), "{facts:?}");
    }
}

#[test]
fn rows_add_up_and_end_at_a_hundred() {
    let everything = AddressFacts {
        traits: Traits { tor: true, hosting: true, ..Traits::default() },
        last_reported: Some(NOW),
        ..of("DE")
    };
    assert_eq!(score(&[everything]), Some((85, Level::High)));
    assert_eq!(score(&[AddressFacts { abuse: Some(100), ..everything }]), Some((100, Level::High)));
}

#[test]
fn tor_in_a_data_centre_is_high_unless_tor_is_to_count_alone() {
    let exit = AddressFacts { traits: tor().traits.or(hosting().traits), ..of("SE") };
    assert_eq!(score(&[exit]), Some((60, Level::High)));
    let alone = IpScoring { tor_excludes_vpn: true, ..IpScoring::default() };
    assert_eq!(rated(&[exit], &alone).score, Some((40, Level::Moderate)));
}

#[test]
fn the_last_week_ends_after_seven_days_to_the_millisecond() {
    let at = |ago: Millis| AddressFacts { last_reported: Some(NOW - ago), ..of("SE") };
    assert_eq!(score(&[at(7 * DAY)]), Some((15, Level::Low)));
    assert_eq!(score(&[at(7 * DAY + 1)]), Some((0, Level::Low)));
    let ahead = AddressFacts { last_reported: Some(NOW + DAY), ..of("SE") };
    assert_eq!(score(&[ahead]), Some((15, Level::Low)), "a clock that is ahead");
}

#[test]
fn nothing_known_of_any_address_is_no_score_and_not_zero() {
    let networked = AddressFacts { asn: Some(64500), ..AddressFacts::default() };
    for facts in [&[][..], &[AddressFacts::default()], &[AddressFacts::non_public()], &[networked]] {
        assert_eq!(score(facts), None, "{facts:?}");
    }
    assert_eq!(score(&[AddressFacts::non_public(), of("SE")]), Some((0, Level::Low)));
    assert_eq!(score(&[AddressFacts::default(), tor()]), Some((40, Level::Moderate)));
}

#[test]
fn an_unknown_country_is_told_and_scores_nothing() {
    let rating = rated(&[AddressFacts { country: None, ..abused(0) }], &IpScoring::default());
    assert_eq!(rating.score, Some((0, Level::Low)));
    assert_eq!(rating.indicators, ["isCountryUnknown"]);
}

#[test]
fn two_addresses_count_together_as_the_policy_says() {
    let pair = [AddressFacts { abuse: Some(60), ..of("DE") }, AddressFacts { abuse: Some(80), ..of("DE") }];
    let with = |aggregate| rated(&pair, &IpScoring { aggregate, ..IpScoring::default() }).score;
    assert_eq!(with(IpAggregate::OncePerIndicator), Some((50, Level::Moderate)));
    assert_eq!(with(IpAggregate::Max), Some((50, Level::Moderate)));
    assert_eq!(with(IpAggregate::Sum), Some((90, Level::High)));
    let apart = [of("DE"), hosting()];
    assert_eq!(score(&apart), Some((30, Level::Moderate)), "once each, whichever address");
    let max = IpScoring { aggregate: IpAggregate::Max, ..IpScoring::default() };
    assert_eq!(rated(&apart, &max).score, Some((20, Level::Low)));
}

#[test]
fn a_difference_is_told_and_never_scores() {
    let rating = rated(&[of("SE"), of("NO")], &IpScoring::default());
    assert_eq!(rating.score, Some((0, Level::Low)));
    assert_eq!(rating.indicators, ["addressesDiffer", "countriesDiffer", "country:NO", "country:SE"]);
}

#[test]
fn one_address_in_two_forms_is_one() {
    let addresses =
        [("198.51.100.1".parse().unwrap(), tor()), ("::ffff:198.51.100.1".parse().unwrap(), tor())];
    let scoring = IpScoring { aggregate: IpAggregate::Sum, ..IpScoring::default() };
    let rating = rate(&addresses, &scoring, &Country::nordic(), NOW);
    assert_eq!(rating.score, Some((40, Level::Moderate)));
    assert!(!rating.indicators.contains(&"addressesDiffer".to_owned()));
}

#[test]
fn what_is_said_of_a_trusted_address_counts_nothing() {
    let office = AddressFacts { trusted: true, abuse: Some(100), asn: Some(64500), ..tor() };
    let rating = rated(&[office], &IpScoring::default());
    assert_eq!(rating.score, Some((0, Level::Low)));
    assert_eq!(rating.indicators, ["isTrusted", "country:SE", "asn:64500"]);
    assert_eq!(rated(&[office, tor()], &IpScoring::default()).score, Some((40, Level::Moderate)));
}

#[test]
fn every_open_number_follows_the_policy() {
    let scoring = IpScoring {
        abuse: AbuseScoring { threshold: 20, points: Some(7), ..AbuseScoring::default() },
        tor: 1,
        likely_vpn: 2,
        recently_reported: 3,
        foreign: 4,
        recent_days: 1,
        moderate_from: 16,
        high_from: 17,
        ..IpScoring::default()
    };
    let facts = AddressFacts {
        traits: Traits { tor: true, vpn: true, ..Traits::default() },
        abuse: Some(20),
        last_reported: Some(NOW - DAY),
        ..of("DE")
    };
    assert_eq!(rated(&[facts], &scoring).score, Some((17, Level::High)));
    let older = AddressFacts { last_reported: Some(NOW - DAY - 1), ..facts };
    assert_eq!(rated(&[older], &scoring).score, Some((14, Level::Low)));
    let scaled = IpScoring { abuse: AbuseScoring { percent: 100, ..AbuseScoring::default() }, ..scoring };
    assert_eq!(rated(&[abused(63)], &scaled).score, Some((63, Level::High)));
}

#[test]
fn an_anonymiser_is_named_as_what_it_is() {
    let named = |traits: Traits| {
        rated(&[AddressFacts { traits, ..AddressFacts::default() }], &IpScoring::default())
            .indicators
            .join(" ")
    };
    let none = Traits::default();
    let table = [
        (Traits { tor: true, ..none }, "isTor isAnonymous isCountryUnknown"),
        (Traits { vpn: true, ..none }, "isVpn isAnonymous isLikelyVpn isCountryUnknown"),
        (Traits { proxy: true, ..none }, "isProxy isAnonymous isLikelyVpn isCountryUnknown"),
        (Traits { hosting: true, ..none }, "isHosting isLikelyVpn isCountryUnknown"),
        (Traits { anonymous: true, ..none }, "isAnonymous isLikelyVpn isCountryUnknown"),
    ];
    for (traits, expected) in table {
        assert_eq!(named(traits), expected);
    }
}
