//! Every status of the table (other-systems.md section A.6), and when the service is looked at.

use serde_json::json;

use super::stage::{LOW, Says, Service, Stage, TID, green, question};
use crate::security_data::cause;
use crate::source::{Source, SourceFailure};
use riskgate_core::{Assessment, Phase};

#[tokio::test(start_paused = true)]
async fn the_first_look_orders_and_further_ones_come_every_five_seconds() {
    let service = Service::new([Says::Status(202), Says::Status(204), green()]);
    let report = Stage::new(&service).ask().await.unwrap();
    assert_eq!((report.assessment, report.score), (LOW, Some(12)));
    assert_eq!(service.looks(), [0, 5, 10]);
    let addresses = service.received("/securityData/", |one| one.uri.clone());
    assert!(addresses.iter().all(|uri| *uri == format!("https://data.example/securityData/{TID}")));
}

#[tokio::test(start_paused = true)]
async fn data_that_are_there_take_one_look() {
    let service = Service::new([green()]);
    assert_eq!(Stage::new(&service).ask().await.unwrap().assessment, LOW);
    assert_eq!(service.looks(), [0]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_come_within_the_budget_is_not_waited_for_longer() {
    let service = Service::new([Says::Status(202)]);
    let began = tokio::time::Instant::now();
    assert_eq!(Stage::new(&service).ask().await, Err(SourceFailure::TimedOut));
    assert_eq!(service.looks(), [0, 5, 10]);
    assert_eq!(began.elapsed().as_secs(), 10, "a look at 15 s would be too late, so nobody waits for it");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_order_and_is_named() {
    for (status, expected, always) in [
        (400, cause::OTHER_CLIENT, false),
        (403, cause::INSUFFICIENT_SCOPE, true),
        (404, cause::UNKNOWN_TRANSACTION, false),
        (410, cause::DATA_GONE, false),
    ] {
        for (body, reason) in [(json!({ "error": "some_code" }), Some("error:some_code")), (json!([1]), None)]
        {
            let service = Service::new([Says::Status(202), Says::Json(status, body)]);
            let (causes, concerns_all) = Stage::new(&service).refusal().await;
            let words: Vec<&str> = [expected].into_iter().chain(reason).collect();
            assert_eq!((causes, concerns_all), (words.iter().map(ToString::to_string).collect(), always));
            assert_eq!(service.looks(), [0, 5], "{status} is final");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_is_asked_for_once_more() {
    let service = Service::new([Says::Status(401), Says::Status(202), green()]);
    assert_eq!(Stage::new(&service).ask().await.unwrap().assessment, LOW);
    assert_eq!(service.received("/token", |_| ()).len(), 2);
    assert_eq!(service.looks(), [0, 0, 5], "the order is made again at once: nothing was looked at");
    let used = service.received("/securityData/", |one| one.authorization.clone().unwrap());
    assert!(used[0] != used[1] && used[1] == used[2]);

    let service = Service::new([Says::Status(401), Says::Status(202), Says::Status(401)]);
    let (causes, always) = Stage::new(&service).refusal().await;
    assert_eq!((causes, always), (vec![cause::UNAUTHORIZED.to_owned()], true));
    assert_eq!(service.looks(), [0, 0, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_is_left_alone_as_long_as_it_asks() {
    let service = Service::new([Says::With(429, "retry-after", "7"), green()]);
    assert!(Stage::new(&service).ask().await.is_ok());
    assert_eq!(service.looks(), [0, 7]);

    let service = Service::new([Says::With(429, "retry-after", "1"), green()]);
    assert!(Stage::new(&service).ask().await.is_ok());
    assert_eq!(service.looks(), [0, 5], "never sooner than the service's own pace");

    let service = Service::new([Says::With(429, "retry-after", "60")]);
    let (causes, always) = Stage::new(&service).refusal().await;
    assert_eq!((causes, always), (vec![riskgate_core::cause::OVERLOADED.to_owned()], true));
    assert_eq!(service.looks(), [0], "nobody waits for what comes too late");

    let service = Service::new([Says::With(429, "retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), green()]);
    assert!(Stage::new(&service).ask().await.is_ok());
    assert_eq!(service.looks(), [0, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_service_in_trouble_is_asked_three_times_at_most() {
    for trouble in [Says::Status(500), Says::Status(503), Says::Status(302), Says::Nothing] {
        let service = Service::new(std::iter::repeat_n(trouble.clone(), 9));
        assert!(Stage::new(&service).ask().await.is_err());
        assert_eq!(service.looks(), [0, 5, 10]);
        let service = Service::new([trouble.clone(), trouble, green()]);
        assert_eq!(Stage::new(&service).ask().await.unwrap().assessment, LOW);
    }
    let service = Service::new(std::iter::repeat_n(Says::Json(500, json!({ "code": "E1" })), 3));
    let (causes, _) = Stage::new(&service).refusal().await;
    assert_eq!(causes, [riskgate_core::cause::FAILED, "error:E1"]);
}

#[tokio::test(start_paused = true)]
async fn data_that_do_not_read_are_no_data() {
    for body in [json!([]), json!({ "tid": "another" }), json!({ "derived_data": 7 })] {
        let service = Service::new([Says::Json(200, body)]);
        assert!(matches!(Stage::new(&service).ask().await, Err(SourceFailure::Failed(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_what_the_service_cannot_know() {
    let service = Service::new([]);
    let stage = Stage::new(&service);
    let substantial = super::super::Question { assurance: Some(3), ..question() };
    let report = stage.source.assess(Phase::Assess, &substantial).await.unwrap();
    assert_eq!(report.assessment, Assessment::NotApplicable);

    let unnamed = super::super::Question { reference: None, ..question() };
    let elsewhere = super::super::Question { provider: "bankid".to_owned(), ..question() };
    for (question, expected) in
        [(unnamed, cause::NO_TRANSACTION_REFERENCE), (elsewhere, cause::UNSUPPORTED_BY_ISSUER)]
    {
        let refused = SourceFailure::Refused { causes: vec![expected.to_owned()], always: false };
        assert_eq!(stage.source.assess(Phase::Assess, &question).await, Err(refused));
    }
    assert!(service.received("", |_| ()).is_empty(), "nothing was sent");

    let without = Service::announcing("", []);
    let (causes, always) = Stage::new(&without).refusal().await;
    assert_eq!((causes, always), (vec![cause::UNSUPPORTED_BY_ISSUER.to_owned()], false));
    assert!(without.looks().is_empty());
    assert!(!stage.source.serves(Phase::Screen) && stage.source.serves(Phase::Assess));
}

#[tokio::test(start_paused = true)]
async fn a_reference_stays_one_segment_of_the_path() {
    let service = Service::new([Says::Status(404)]);
    let stage = Stage::new(&service);
    let question = super::super::Question { reference: Some("../a b?c#d%\u{e5}".to_owned()), ..question() };
    assert!(stage.source.assess(Phase::Assess, &question).await.is_err());
    let asked = service.received("/securityData/", |one| one.uri.clone());
    assert_eq!(asked, ["https://data.example/securityData/%2E%2E%2Fa%20b%3Fc%23d%25%C3%A5"]);
}

#[tokio::test(start_paused = true)]
async fn of_a_login_that_goes_on_gone_data_say_nothing_and_nothing_failed() {
    let ask = |says: Says, renewed| async move {
        let service = Service::new([says]);
        let stage = Stage::new(&service);
        let question = crate::source::Question { renewed, ..question() };
        stage.source.assess(Phase::Assess, &question).await
    };
    let gone = || Says::Json(410, json!({}));
    let report = ask(gone(), true).await.unwrap();
    assert_eq!(
        (report.assessment, report.indicators),
        (Assessment::NotApplicable, vec![cause::DATA_GONE.to_owned()])
    );
    // A login that was made now has its data; and every other refusal is one, whoever asks.
    assert!(ask(gone(), false).await.is_err());
    for status in [400, 403, 404] {
        assert!(ask(Says::Json(status, json!({})), true).await.is_err(), "{status}");
    }
}
