//! What becomes of orders: who may have them, for how long, and how often.

use serde_json::json;

use crate::bench::{Bench, RP, invalid};

const NEXT: Option<&str> = Some("secrets/bankid-rp-next");

#[tokio::test]
async fn an_order_belongs_to_the_certificate_that_made_it() {
    let bench = Bench::start().await;
    let order = bench.auth().await;
    for path in ["/rp/v6.0/collect", "/rp/v6.0/cancel"] {
        let answer = bench.post_as(NEXT, path, &json!({"orderRef": order})).await.unwrap();
        assert_eq!(answer.error(), invalid("No such order"), "{path}");
    }
    assert_eq!(bench.collect(&order).await.ok()["status"], "pending");
    let delivery = bench.control_get(&format!("/v1/bankid-se/deliveries/{order}")).await;
    assert_eq!(delivery, json!({"pending": 1, "terminal": 0, "spoiled": 0, "refused": 1, "ending": null}));
    assert_eq!(bench.post("/rp/v6.0/cancel", &json!({"orderRef": order})).await.ok(), json!({}));
}

#[tokio::test]
async fn a_terminal_answer_is_delivered_once() {
    let bench = Bench::start().await;
    for outcome in ["complete", "userCancel"] {
        bench.next(json!({"outcome": outcome, "hints": []})).await;
        let order = bench.auth().await;
        assert_ne!(bench.collect(&order).await.ok()["status"], "pending");
        for _ in 0..2 {
            assert_eq!(bench.collect(&order).await.error(), invalid("No such order"));
        }
        let delivery = bench.control_get(&format!("/v1/bankid-se/deliveries/{order}")).await;
        assert_eq!(
            delivery,
            json!({"pending": 0, "terminal": 1, "spoiled": 0, "refused": 2, "ending": outcome})
        );
    }
}

#[tokio::test]
async fn lifetimes_follow_the_clock() {
    let bench = Bench::start().await;
    let order = bench.auth().await;
    bench.advance(30).await;
    let failed = bench.collect(&order).await.ok();
    assert_eq!(failed, json!({"orderRef": order, "status": "failed", "hintCode": "startFailed"}));

    bench.next(json!({"outcome": "complete", "hints": []})).await;
    let order = bench.auth().await;
    bench.advance(180).await;
    assert_eq!(bench.collect(&order).await.error(), invalid("No such order"), "kept for three minutes");
}

#[tokio::test]
async fn one_order_at_a_time_for_a_person() {
    let bench = Bench::start().await;
    let body = json!({"endUserIp": "192.0.2.1", "requirement": {"personalNumber": "200003121145"}});
    let order = bench.order("/rp/v6.0/auth", &body).await;
    let in_progress = (400, "alreadyInProgress".to_owned(), "Order already in progress for pno".to_owned());
    assert_eq!(bench.post("/rp/v6.0/auth", &body).await.error(), in_progress);
    let phone = json!({"personalNumber": "200003121145", "callInitiator": "RP"});
    assert_eq!(bench.post_as(NEXT, "/rp/v6.0/phone/auth", &phone).await.unwrap().error(), in_progress);
    assert_eq!(bench.collect(&order).await.ok()["status"], "pending", "the first lives on");
    bench.post("/rp/v6.0/cancel", &json!({"orderRef": order})).await.ok();
    bench.order("/rp/v6.0/auth", &body).await;
    // Orders for nobody in particular never collide.
    bench.auth().await;
    bench.auth().await;
}

#[tokio::test]
async fn cancelling_needs_a_pending_order() {
    let bench = Bench::start().await;
    bench.next(json!({"outcome": "complete", "hints": []})).await;
    let finished = bench.auth().await;
    for order in [&finished, "131daac9-16c6-4618-beb0-365768f37288", "nonsense"] {
        let answer = bench.post("/rp/v6.0/cancel", &json!({"orderRef": order})).await;
        assert_eq!(answer.error(), invalid("No such order"), "{order}");
    }
    assert_eq!(bench.collect(&finished).await.ok()["status"], "complete");
}

#[tokio::test]
async fn every_built_in_number_does_what_it_says() {
    let bench = Bench::start().await;
    for builtin in riskgate_simulator::bankid_se::script::builtins() {
        let body = json!({
            "endUserIp": "192.0.2.1", "returnRisk": true,
            "requirement": {"personalNumber": builtin.personal_number},
        });
        let Ok(order) = bench.post_as(RP, "/rp/v6.0/auth", &body).await else { panic!("{}", builtin.about) };
        if order.status != 200 {
            assert_eq!(order.error().1, "maintenance", "{}", builtin.about);
            continue;
        }
        let order = order.ok()["orderRef"].as_str().unwrap().to_owned();
        let mut told = String::new();
        for _ in 0..4 {
            if builtin.personal_number == "200001192384" || builtin.personal_number == "200001202381" {
                bench.advance(60).await;
            }
            match bench.try_collect(&order).await {
                Err(_) => told.push_str(" lost"),
                Ok(answer) => match serde_json::from_slice::<serde_json::Value>(&answer.body) {
                    Err(_) if answer.status == 403 => told.push_str(" 403"),
                    Err(_) => told.push_str(" garbage"),
                    Ok(body) => {
                        let data = &body["completionData"];
                        for member in [&body["hintCode"], &body["errorCode"], &body["status"], &data["risk"]]
                        {
                            told.push_str(&format!(" {}", member.as_str().unwrap_or("-")));
                        }
                        for member in [&data["device"]["ipAddress"], &data["stepUp"]["mrtd"]] {
                            told.push_str(&format!(" {member}"));
                        }
                    }
                },
            }
        }
        let told = told.as_str();
        let expected = match builtin.personal_number {
            "200001012384" => "complete low \"192.0.2.1\" null",
            "200001022383" => "complete moderate \"192.0.2.1\" null",
            "200001032382" => "complete high \"192.0.2.1\" null",
            "200001042381" => "complete - \"192.0.2.1\" null",
            "200001052380" => "complete severe \"192.0.2.1\" null",
            "200001062389" => "complete low \"203.0.113.9\" null",
            "200001072388" => "complete low \"192.0.2.1\" true",
            "200001192384" => "expiredTransaction - failed",
            "200001202381" => "complete low \"192.0.2.1\" null",
            "200001222389" => "- internalError -",
            "200001232388" => "pending - null null lost",
            "200001242387" => "403 403 403 403",
            "200001252386" => "pending - null null garbage",
            _ => builtin.about.split_whitespace().nth(1).unwrap(),
        };
        assert!(told.contains(expected), "{}: {told}", builtin.about);
    }
}
