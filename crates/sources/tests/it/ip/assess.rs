//! What the source says of a transaction, by what it knows of its addresses.

use std::fs;

use riskgate_core::config::IpListKind;
use riskgate_core::{Operation, Phase};
use riskgate_sources::{Question, Source};
use tempfile::TempDir;

use super::databases::fixtures;
use super::support::{Made, gist, ip, screen, started_from};

#[tokio::test]
async fn without_any_set_up_it_knows_countries() {
    let source = Made::default().source();
    assert!(source.serves(Phase::Screen) && source.serves(Phase::Assess));
    for (address, expected) in [
        ("94.254.120.75", "Low 0 [country:SE]"),
        ("195.18.161.2", "Low 0 [country:NO]"),
        ("8.8.8.8", "Low 10 [isForeign country:US]"),
        ("10.1.2.3", "Unknown - [isNonPublic]"),
        ("2001:db8::1", "Unknown - [isNonPublic]"),
        ("3ffe::1", "Unknown - [isCountryUnknown]"),
    ] {
        assert_eq!(gist(&screen(&source, address).await), expected, "{address}");
    }
}

#[tokio::test]
async fn both_addresses_count_once_they_are_known() {
    let source = Made::default().list(IpListKind::Tor, "195.18.161.2").source();
    let both = Question { device_ip: Some(ip("195.18.161.2")), ..started_from("94.254.120.75") };
    assert_eq!(
        gist(&source.assess(Phase::Assess, &both).await.expect("a report")),
        "Moderate 40 [isTor isAnonymous addressesDiffer countriesDiffer country:NO country:SE]"
    );
    let same = Question { device_ip: Some(ip("::ffff:94.254.120.75")), ..started_from("94.254.120.75") };
    assert_eq!(gist(&source.assess(Phase::Assess, &same).await.expect("a report")), "Low 0 [country:SE]");
    let device = Question { client_ip: None, ..both };
    assert_eq!(
        gist(&source.assess(Phase::Assess, &device).await.expect("a report")),
        "Moderate 40 [isTor isAnonymous country:NO]"
    );
}

#[tokio::test]
async fn without_an_address_it_does_not_apply_to_a_telephone_call_and_is_unknown_else() {
    let source = Made::default().source();
    let asked = |operation| Question { operation: Some(operation), ..Question::default() };
    for (question, expected) in [
        (asked(Operation::PhoneAuth), "NotApplicable - []"),
        (asked(Operation::PhoneSign), "NotApplicable - []"),
        (asked(Operation::Auth), "Unknown - []"),
        (Question::default(), "Unknown - []"),
        (
            Question { device_ip: Some(ip("94.254.120.75")), ..asked(Operation::PhoneAuth) },
            "Low 0 [country:SE]",
        ),
    ] {
        assert_eq!(gist(&source.assess(Phase::Assess, &question).await.expect("a report")), expected);
    }
}

#[tokio::test]
async fn a_mounted_database_wins_over_the_registries() {
    let folder = TempDir::new().expect("a folder");
    for name in ["GeoLite2-Country-Test.mmdb", "GeoLite2-ASN-Test.mmdb", "GeoIP2-Anonymous-IP-Test.mmdb"] {
        fs::copy(fixtures("good").join(name), folder.path().join(name)).expect("copied");
    }
    let yaml = "{ databases: { persistentVolumeClaim: geoip } }";
    let made = Made { databases: Some(folder.path().to_owned()), ..Made::of(yaml) };
    let source = made.list(IpListKind::Hosting, "AS29518").source();
    assert_eq!(
        gist(&screen(&source, "89.160.20.112").await),
        "Low 20 [isHosting isLikelyVpn country:SE asn:29518]"
    );
    assert_eq!(
        gist(&screen(&source, "81.2.69.142").await),
        "High 70 [isTor isVpn isProxy isHosting isAnonymous isLikelyVpn isForeign country:GB]"
    );
    assert_eq!(
        gist(&screen(&source, "94.254.120.75").await),
        "Low 0 [country:SE]",
        "the registries know the rest"
    );
}

#[tokio::test]
async fn a_database_that_is_not_there_makes_the_whole_unavailable_unless_it_is_high_already() {
    let folder = TempDir::new().expect("a folder");
    let yaml = "{ databases: { persistentVolumeClaim: geoip } }";
    let made = || Made { databases: Some(folder.path().to_owned()), ..Made::of(yaml) };
    let source = made().source();
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Unavailable 0 [Failed country:SE]");
    assert_eq!(gist(&screen(&source, "10.0.0.1").await), "Unknown - [isNonPublic]", "no database has it");
    let listed = made().list(IpListKind::Tor, "8.8.8.8").list(IpListKind::Hosting, "8.8.0.0/16").source();
    assert_eq!(
        gist(&screen(&listed, "8.8.8.8").await),
        "High 70 [Failed isTor isHosting isAnonymous isLikelyVpn isForeign country:US]"
    );
}

#[tokio::test]
async fn the_policy_says_which_countries_are_home_and_what_counts() {
    let yaml = "{ homeCountries: [US], registryData: true, scoring: { foreign: 30, moderateFrom: 30 } }";
    let source = Made::of(yaml).source();
    assert_eq!(gist(&screen(&source, "8.8.8.8").await), "Low 0 [country:US]");
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Moderate 30 [isForeign country:SE]");
    let source = Made::of("{ registryData: false }").list(IpListKind::Tor, "8.8.8.8").source();
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Unknown - [isCountryUnknown]");
}
