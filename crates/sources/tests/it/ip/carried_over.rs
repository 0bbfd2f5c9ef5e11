//! What a new configuration takes over from the one before: what was learned at a price, and nothing that changed.

use std::fs;

use riskgate_core::Phase;
use riskgate_core::config::IpListKind;
use riskgate_sources::Source;
use riskgate_sources::ip_intelligence::{IpIntelligence, IpIntelligenceError, IpIntelligenceParts};
use tempfile::TempDir;

use super::databases::fixtures;
use super::support::{Made, Service, SetClock, gist, says, screen, started_from};

fn service() -> std::sync::Arc<Service> {
    Service::open([says("94.254.120.75", r#""abuseConfidenceScore":0"#)])
}

#[tokio::test]
async fn what_the_service_said_is_not_asked_again() {
    let (before, after) = (service(), service());
    let first = Made::default().service(&before).source();
    screen(&first, "94.254.120.75").await;
    let second = Made::of("{ homeCountries: [DE] }").service(&after).after(Some(&first));
    assert_eq!(gist(&screen(&second, "94.254.120.75").await), "Low 10 [isForeign country:SE]");
    assert_eq!((before.asked(), after.asked()), (1, 0));
}

#[tokio::test]
async fn another_service_is_asked_itself() {
    let (before, after) = (service(), service());
    let first = Made::default().service(&before).source();
    screen(&first, "94.254.120.75").await;
    let mut made = Made::default().service(&after);
    made.config.abuse_api.as_mut().expect("an API").url = "https://other.example".to_owned();
    let second = made.after(Some(&first));
    screen(&second, "94.254.120.75").await;
    assert_eq!((before.asked(), after.asked()), (1, 1));
}

#[tokio::test]
async fn databases_stay_in_memory_and_lists_follow_their_text() {
    let folder = TempDir::new().expect("a folder");
    fs::copy(fixtures("good").join("GeoLite2-Country-Test.mmdb"), folder.path().join("c.mmdb"))
        .expect("copied");
    let yaml = "{ databases: { persistentVolumeClaim: geoip } }";
    let made = || Made { databases: Some(folder.path().to_owned()), ..Made::of(yaml) };
    let first = made().list(IpListKind::Tor, "89.160.20.112").source();
    assert_eq!(gist(&screen(&first, "89.160.20.112").await), "Moderate 40 [isTor isAnonymous country:SE]");
    // What is in memory serves although its file is gone: nothing was read again.
    fs::remove_file(folder.path().join("c.mmdb")).expect("removed");
    let second = made().list(IpListKind::Tor, "89.160.20.113").after(Some(&first));
    assert_eq!(gist(&screen(&second, "89.160.20.112").await), "Low 0 [country:SE]");
    assert_eq!(gist(&screen(&second, "81.2.69.142").await), "Low 10 [isForeign country:GB]");
}

#[tokio::test]
async fn a_list_of_no_use_is_told_by_its_place() {
    let made = Made::default().list(IpListKind::Tor, "192.0.2.1").list(IpListKind::Vpn, "<!DOCTYPE html>");
    let parts = IpIntelligenceParts {
        name: "ip",
        timeout: super::support::TIMEOUT,
        lists: made.lists,
        databases: None,
        abuse_api: None,
        clock: SetClock::new(),
    };
    let Err(error) = IpIntelligence::new(&made.config, parts, None) else { panic!("it was taken") };
    assert!(matches!(error, IpIntelligenceError::List { index: 1, .. }));
    assert!(error.to_string().starts_with("lists[1] (lists/list-1): no line of it is an address"), "{error}");
}

#[tokio::test]
async fn a_list_with_bad_lines_serves_with_the_rest() {
    let source =
        Made::default().list(IpListKind::Tor, "94.254.120.75\nnot an address\n10.0.0.0/99\n").source();
    let [list] = source.lists() else { panic!("one list") };
    assert_eq!((list.entries(), list.bad.count), (1, 2));
    let report = source.assess(Phase::Screen, &started_from("94.254.120.75")).await.expect("a report");
    assert!(report.indicators.contains(&"isTor".to_owned()));
}
