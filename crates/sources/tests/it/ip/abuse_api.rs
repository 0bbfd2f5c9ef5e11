//! A service with the interface of AbuseIPDB that does as it is told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use riskgate_core::config::IpListKind;
use riskgate_sources::outbound::OutboundError;

use super::support::{Made, Service, SetClock, gist, says, screen, status};

const HOUR: Duration = Duration::from_secs(3600);

fn harmless() -> Result<http::Response<bytes::Bytes>, OutboundError> {
    says("94.254.120.75", r#""abuseConfidenceScore":0,"countryCode":"SE""#)
}

#[tokio::test]
async fn it_is_asked_as_documented_and_what_it_says_is_scored() {
    let members = r#""abuseConfidenceScore":87,"countryCode":"DE","usageType":"Data Center/Web Hosting/Transit",
        "isTor":true,"lastReportedAt":"2026-11-20T18:15:02+00:00""#;
    let service = Service::open([says("94.254.120.75", members)]);
    let source = Made::default().service(&service).source();
    let report = screen(&source, "94.254.120.75").await;
    assert_eq!(
        gist(&report),
        "High 100 [isTor isHosting isAnonymous isLikelyVpn isAbusive isRecentlyReported isForeign country:DE]"
    );
    let seen = service.seen.lock().expect("a lock");
    assert_eq!(seen[0].method(), "GET");
    assert_eq!(seen[0].uri(), "https://abuse.example/api/v2/check?ipAddress=94.254.120.75&maxAgeInDays=30");
    assert_eq!(seen[0].headers()["accept"], "application/json");
    assert_eq!(seen[0].headers()["key"], "secret-key", "without the line feed of `echo`");
    assert!(!format!("{:?}", seen[0]).contains("secret-key"), "it is not shown");
}

#[tokio::test]
async fn an_answer_is_used_again_until_it_is_too_old() {
    let (service, clock) = (Service::open([harmless()]), SetClock::new());
    let source = Made::default().service(&service).clock(&clock).source();
    assert_eq!(screen(&source, "94.254.120.75").await.age, Duration::ZERO);
    clock.pass(HOUR - Duration::from_millis(1));
    let again = screen(&source, "::ffff:94.254.120.75").await;
    assert_eq!((again.age, service.asked()), (HOUR - Duration::from_millis(1), 1));
    clock.pass(Duration::from_millis(1));
    assert_eq!((screen(&source, "94.254.120.75").await.age, service.asked()), (Duration::ZERO, 2));
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_are_one_question() {
    let service = Service::closed([harmless()]);
    let source = Made::default().service(&service).source();
    let asking = join_all((0..100).map(|_| screen(&source, "94.254.120.75")));
    let opening = async {
        tokio::task::yield_now().await;
        service.gate.add_permits(100);
    };
    let (reports, ()) = tokio::join!(asking, opening);
    assert!(reports.iter().all(|report| gist(report) == "Low 0 [country:SE]"), "{}", gist(&reports[0]));
    assert_eq!(service.asked(), 1);
}

#[tokio::test]
async fn who_goes_leaves_the_question_to_those_who_stay_and_the_last_takes_it_along() {
    let service = Service::closed([harmless()]);
    let source = Arc::new(Made::default().service(&service).source());
    let ask = || {
        let source = Arc::clone(&source);
        tokio::spawn(async move { screen(&source, "94.254.120.75").await })
    };
    let (first, second) = (ask(), ask());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.is_err());
    service.gate.add_permits(1);
    assert_eq!(gist(&second.await.expect("a report")), "Low 0 [country:SE]");
    assert_eq!((service.asked(), service.abandoned.load(Ordering::Relaxed)), (1, 0));

    let source = Made::default().service(&service).source();
    drop(tokio::time::timeout(Duration::from_millis(1), screen(&source, "94.254.120.75")).await);
    assert_eq!(service.abandoned.load(Ordering::Relaxed), 1, "nothing is left behind");
}

#[tokio::test]
async fn addresses_of_nobody_and_trusted_ones_are_not_sent() {
    let service = Service::open([harmless()]);
    let source = Made::default().list(IpListKind::Trusted, "94.254.120.0/24").service(&service).source();
    for address in
        ["10.0.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1", "fd00::1", "192.0.2.1", "2001:db8::1"]
    {
        assert_eq!(gist(&screen(&source, address).await), "Unknown - [isNonPublic]", "{address}");
    }
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Low 0 [isTrusted country:SE]");
    assert_eq!(service.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_it_is_slow_what_else_is_known_is_still_told_within_the_sources_time() {
    let service = Service::closed([harmless()]);
    let source = Made::default().list(IpListKind::Tor, "94.254.120.75").service(&service).source();
    let began = tokio::time::Instant::now();
    assert_eq!(
        gist(&screen(&source, "94.254.120.75").await),
        "Unavailable 40 [TimedOut isTor isAnonymous country:SE]"
    );
    assert_eq!(began.elapsed(), super::support::TIMEOUT * 9 / 10);
    assert_eq!(service.abandoned.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn each_failure_is_unavailable_and_never_low() {
    let lost = || Err(OutboundError::Lost("the connection closed".to_owned()));
    let answers = [lost(), status(500, "oops"), status(401, "{}"), status(200, "<html>"), harmless()];
    let service = Service::open(answers);
    let source = Made::default().service(&service).source();
    for _ in 0..4 {
        assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Unavailable 0 [Failed country:SE]");
    }
    assert_eq!(
        gist(&screen(&source, "94.254.120.75").await),
        "Low 0 [country:SE]",
        "no failure is remembered"
    );
}

#[tokio::test]
async fn a_service_that_keeps_failing_is_left_alone_and_the_rest_of_the_source_is_not() {
    let (service, clock) = (Service::open([status(500, "")]), SetClock::new());
    let source =
        Made::default().list(IpListKind::Tor, "94.254.120.75").service(&service).clock(&clock).source();
    for _ in 0..5 {
        screen(&source, "94.254.120.75").await;
    }
    let report = screen(&source, "94.254.120.75").await;
    assert_eq!(gist(&report), "Unavailable 40 [CircuitOpen isTor isAnonymous country:SE]");
    assert_eq!(service.asked(), 5);
    clock.pass(Duration::from_secs(10));
    screen(&source, "94.254.120.75").await;
    assert_eq!(service.asked(), 6, "one is let through to see");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_waited_for() {
    let mut busy = status(429, "{}").expect("an answer");
    busy.headers_mut().insert("retry-after", http::HeaderValue::from_static("120"));
    let (service, clock) = (Service::open([Ok(busy), harmless()]), SetClock::new());
    let source = Made::default().service(&service).clock(&clock).source();
    let overloaded = "Unavailable 0 [Overloaded country:SE]";
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), overloaded);
    clock.pass(Duration::from_millis(119_999));
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), overloaded);
    assert_eq!(service.asked(), 1);
    clock.pass(Duration::from_millis(1));
    assert_eq!(gist(&screen(&source, "94.254.120.75").await), "Low 0 [country:SE]");
}
