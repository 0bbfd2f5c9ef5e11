//! The one enrichment of a session: what the service says, when it is asked, and that it is spent once (other-systems.md
//! section B.3).

mod stage;

use std::time::Duration;

use futures_util::future::join_all;
use riskgate_core::{Assessment, cause};
use serde_json::json;
use tokio::time::{advance, timeout};

use self::stage::{Says, Service, ask, data, source, state};
use super::Outcome;
use crate::source::SourceFailure;

const SPENDS: &str = "POST https://id.example/api/v1/enrichment";

fn refused(cause: &str) -> SourceFailure {
    SourceFailure::Refused { causes: vec![cause.to_owned()], always: false }
}

fn failed() -> SourceFailure {
    SourceFailure::Failed("nothing was spent".to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_named_and_nobody_asks_again() {
    let text = |text: &str| Says::Json(400, json!({ "error": text }));
    let lost = || refused(cause::SPEND_UNRESOLVED);
    let cases = [
        (text("Enrichment not enabled for tenant"), failed()),
        (text("No valid enrichment types requested"), failed()),
        (text("Session not found"), failed()),
        (text("Session not completed"), failed()),
        (text("Session too old for enrichment"), failed()),
        (text("No personal number in session"), failed()),
        (text("Session has already been enriched"), refused(cause::ALREADY_ENRICHED)),
        (
            Says::Json(409, json!({ "error": { "code": "already_enriched" } })),
            refused(cause::ALREADY_ENRICHED),
        ),
        (Says::Json(401, json!({ "error": "invalid_api_key" })), failed()),
        (Says::Json(403, json!({ "error": "enrichment_not_enabled" })), failed()),
        (Says::Json(429, json!({ "error": "limit_exceeded" })), failed()),
        // What a server's fault did is not known, nor what an answer meant that does not read.
        (Says::Text(500, ""), lost()),
        (Says::Text(503, "<html>"), lost()),
        (Says::Text(200, "<html>"), lost()),
        (Says::Text(200, "{}"), lost()),
        (state("Failed"), lost()),
        (Says::Away, failed()),
        (Says::Silent, lost()),
    ];
    for (index, (says, expected)) in cases.into_iter().enumerate() {
        let service = Service::new([says]);
        let source = source(&service, true);
        for _ in 0..2 {
            assert_eq!(ask(&source).await, Err(expected.clone()), "case {index}");
        }
        assert_eq!(service.asked(), [SPENDS], "case {index}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_data_are_fetched_once_whatever_comes_of_it() {
    for (says, found) in [
        (data(), true),
        (Says::Text(410, r#"{"error":"Token expired or invalid"}"#), false),
        (Says::Text(200, "garbage"), false),
        (Says::Silent, false),
        (Says::Away, false),
    ] {
        let service = Service::new([state("Completed"), says]);
        let source = source(&service, true);
        for _ in 0..2 {
            let said = ask(&source).await;
            if found {
                assert_eq!(said.unwrap().indicators, ["noCompanyRoles"]);
            } else {
                assert_eq!(said, Err(refused(cause::SPEND_UNRESOLVED)));
            }
        }
        let fetches = "GET https://id.example/api/v1/enrichment/data/t-1";
        assert_eq!(service.asked(), [SPENDS, fetches]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_url_that_leads_elsewhere_is_fetched_from_the_service() {
    let mut elsewhere =
        json!({ "enrichmentId": "e-1", "status": "completed", "requestedTypes": [], "completedTypes": [] });
    elsewhere["secureUrl"] = json!("https://evil.example/steal/t-9");
    let service = Service::new([Says::Json(200, elsewhere.clone()), data()]);
    assert!(ask(&source(&service, true)).await.is_ok());
    assert_eq!(service.asked()[1], "GET https://id.example/api/v1/enrichment/data/t-9");
    elsewhere["secureUrl"] = json!("/api/v1/enrichment/data/..");
    let service = Service::new([Says::Json(200, elsewhere)]);
    assert_eq!(ask(&source(&service, true)).await, Err(refused(cause::SPEND_UNRESOLVED)));
    assert_eq!(service.asked(), [SPENDS]);
}

#[tokio::test(start_paused = true)]
async fn an_enrichment_in_the_making_is_looked_at_every_half_second() {
    let looks =
        [state("Pending"), state("Processing"), Says::Text(500, ""), Says::Away, state("Completed"), data()];
    let service = Service::new(looks);
    assert_eq!(ask(&source(&service, true)).await.unwrap().indicators, ["noCompanyRoles"]);
    let times = service.times("GET https://id.example/api/v1/enrichment/e-1/status");
    let between: Vec<u128> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(between, [501; 3], "a look that fails spends nothing, and is repeated");
}

#[tokio::test(start_paused = true)]
async fn what_is_never_done_is_given_up() {
    let service = Service::new(std::iter::repeat_n(state("Processing"), 100));
    assert_eq!(ask(&source(&service, true)).await, Err(refused(cause::SPEND_UNRESOLVED)));
    assert_eq!(service.asked().len(), 21, "the request, and twenty looks");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_who_ask_spend_once_and_hear_the_same() {
    let service = Service::new([state("Completed"), data()]);
    let source = source(&service, true);
    let heard = join_all((0..100).map(|_| ask(&source))).await;
    assert!(
        heard.iter().all(|said| said.as_ref().is_ok_and(|report| report.indicators == ["noCompanyRoles"]))
    );
    assert_eq!(service.times(SPENDS).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_no_time_left_leaves_the_outcome_to_the_others() {
    let service = Service::new([state("Pending"), state("Completed"), data()]);
    let source = source(&service, true);
    assert!(timeout(Duration::from_millis(100), ask(&source)).await.is_err(), "the question is dropped");
    advance(Duration::from_millis(600)).await;
    assert_eq!(ask(&source).await.unwrap().indicators, ["noCompanyRoles"]);
    assert_eq!(service.times(SPENDS).len(), 1);
    let noted = service.noted().unwrap();
    assert!(noted.data.is_some() && matches!(noted.outcome, Outcome::Found { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_spends_is_waited_for_one_second_and_never_spent_again() {
    let service = Service::new([state("Completed"), data()]);
    service.intended_elsewhere();
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&source(&service, true)).await, Err(refused(cause::SPEND_UNRESOLVED)));
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    assert!(service.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_applications_own_shot_is_not_looked_at() {
    let service = Service::new([state("Completed"), data()]);
    let report = ask(&source(&service, false)).await.unwrap();
    assert_eq!((report.assessment, report.indicators), (Assessment::Unknown, vec!["NotConsumed".to_owned()]));
    assert!(service.asked().is_empty() && service.noted().is_none());
}
