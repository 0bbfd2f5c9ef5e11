use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::bankid_se::operation::Operation;
use crate::bankid_se::request::OrderRequest;
use crate::bankid_se::script::Script;
use crate::bankid_se::scripts::{Installed, ScriptSource};
use crate::bankid_se::settings::{ParallelOrder, RequirementRisk, Settings};
use crate::clock::{Clock, ClockMode};

/// An order book with a clock.
struct Desk {
    clock: Clock,
    settings: Settings,
    book: OrderBook,
}

impl Desk {
    fn new() -> Self {
        Self {
            clock: Clock::new(ClockMode::Manual),
            settings: Settings::default(),
            book: OrderBook::default(),
        }
    }

    fn order(&mut self, operation: Operation, body: &Value, script: Value) -> Uuid {
        let request = OrderRequest::parse(operation, body.to_string().as_bytes(), &self.settings).unwrap();
        let script: Script = serde_json::from_value(script).unwrap();
        let now = self.clock.now();
        let facts = Facts::new(request, None, Installed::new(script), ScriptSource::Default, now);
        let order_ref = facts.order_ref;
        self.book.insert(Arc::new(facts), &self.settings, now);
        order_ref
    }

    fn auth(&mut self, script: Value) -> Uuid {
        self.order(Operation::Auth, &json!({"endUserIp": "192.0.2.1"}), script)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).unwrap();
    }

    /// The hint of a pending or failed answer, `complete`, or `gone`.
    fn collect(&mut self, order_ref: &Uuid) -> String {
        match self
            .book
            .collect(order_ref, None, &self.settings, self.clock.now())
            .map(|collected| collected.report)
        {
            None => "gone".to_owned(),
            Some(Report::Pending(hint)) => hint.into_owned(),
            Some(Report::Finished(Ending::Failed(hint))) => format!("failed {hint}"),
            Some(Report::Finished(Ending::Complete)) => "complete".to_owned(),
        }
    }
}

#[test]
fn hints_in_order_then_the_outcome_once() {
    let mut desk = Desk::new();
    let order = desk.auth(json!({"hints": [
        {"hint": "outstandingTransaction", "collects": 2}, {"hint": "never", "collects": 0}, {"hint": "userSign"},
    ]}));
    let said: Vec<String> = (0..5).map(|_| desk.collect(&order)).collect();
    assert_eq!(said, ["outstandingTransaction", "outstandingTransaction", "userSign", "complete", "gone"]);
}

#[test]
fn usual_hints_follow_the_operation() {
    let mut desk = Desk::new();
    let phone = desk.order(Operation::PhoneAuth, &json!({"callInitiator": "RP"}), json!({}));
    let said: Vec<String> = (0..4).map(|_| desk.collect(&phone)).collect();
    assert_eq!(said, ["outstandingTransaction", "userCallConfirm", "userSign", "complete"]);
    let body = json!({"endUserIp": "192.0.2.1", "requirement": {"mrtd": true}});
    let mrtd = desk.order(Operation::Auth, &body, json!({}));
    let said: Vec<String> = (0..5).map(|_| desk.collect(&mrtd)).collect();
    assert_eq!(said, ["outstandingTransaction", "started", "userMrtd", "userSign", "complete"]);
}

#[test]
fn an_app_that_is_never_started_fails_after_30_seconds() {
    let mut desk = Desk::new();
    let order = desk.auth(json!({"hints": [{"hint": "noClient", "collects": 100}]}));
    desk.pass(29);
    assert_eq!(desk.collect(&order), "noClient");
    desk.pass(1);
    assert_eq!(desk.collect(&order), "failed startFailed");
    assert_eq!(desk.collect(&order), "gone");
}

#[test]
fn an_order_for_a_person_waits_190_seconds() {
    let mut desk = Desk::new();
    let body = json!({"callInitiator": "user", "personalNumber": "200001012384"});
    let order = desk.order(Operation::PhoneAuth, &body, json!({"outcome": "pending", "hints": []}));
    desk.pass(189);
    assert_eq!(desk.collect(&order), "outstandingTransaction");
    desk.pass(1);
    assert_eq!(desk.collect(&order), "failed expiredTransaction");
}

#[test]
fn a_user_who_has_the_order_gets_180_seconds() {
    let mut desk = Desk::new();
    let order = desk.auth(
        json!({"hints": [{"hint": "outstandingTransaction"}, {"hint": "userSign"}], "outcome": "pending"}),
    );
    assert_eq!(desk.collect(&order), "outstandingTransaction");
    desk.pass(20);
    assert_eq!(desk.collect(&order), "userSign");
    desk.pass(179);
    assert_eq!(desk.collect(&order), "userSign");
    desk.pass(1);
    assert_eq!(desk.collect(&order), "failed expiredTransaction");
}

#[test]
fn terminal_answers_wait_180_and_300_seconds() {
    for (outcome, kept, said) in [("complete", 180, "complete"), ("userCancel", 300, "failed userCancel")] {
        let mut desk = Desk::new();
        let script = json!({"hints": [{"hint": "userSign", "seconds": 10}], "outcome": outcome});
        let (early, late) = (desk.auth(script.clone()), desk.auth(script));
        desk.pass(10 + kept - 1);
        assert_eq!(desk.collect(&early), said);
        desk.pass(1);
        assert_eq!(desk.collect(&late), "gone");
    }
}

#[test]
fn a_step_may_last_for_a_time() {
    let mut desk = Desk::new();
    let order =
        desk.auth(json!({"hints": [{"hint": "started", "seconds": 5}, {"hint": "userSign", "seconds": 5}]}));
    let mut said = Vec::new();
    for _ in 0..5 {
        said.push(desk.collect(&order));
        desk.pass(3);
    }
    assert_eq!(said, ["started", "started", "userSign", "userSign", "complete"]);
}

#[test]
fn a_cancelled_or_finished_order_cannot_be_cancelled() {
    let mut desk = Desk::new();
    let (cancelled, finished) = (desk.auth(json!({})), desk.auth(json!({"hints": []})));
    let now = desk.clock.now();
    assert!(desk.book.cancel(&cancelled, None, &desk.settings, now).is_some());
    assert!(desk.book.cancel(&cancelled, None, &desk.settings, now).is_none());
    assert!(desk.book.cancel(&finished, None, &desk.settings, now).is_none());
    assert_eq!(desk.collect(&cancelled), "gone");
    assert_eq!(desk.collect(&finished), "complete");
}

#[test]
fn a_second_order_for_a_person_meets_the_first_while_that_is_pending() {
    let mut desk = Desk::new();
    let body = json!({"endUserIp": "192.0.2.1", "requirement": {"personalNumber": "200001012384"}});
    let first = desk.order(Operation::Auth, &body, json!({}));
    let now = desk.clock.now();
    let meets = |desk: &mut Desk| desk.book.meets_parallel_order("200001012384", &desk.settings, now);
    assert!(meets(&mut desk));
    assert!(meets(&mut desk), "keep: the first lives on");
    desk.settings.parallel_order = ParallelOrder::CancelFirst;
    assert!(meets(&mut desk));
    assert!(!meets(&mut desk), "the first is cancelled by now");
    assert_eq!(desk.collect(&first), "failed cancelled");
    assert!(!desk.book.meets_parallel_order("200001022383", &desk.settings, now));
}

#[test]
fn legacy_requirements_block_by_risk() {
    for (limit, risk, said) in [
        ("low", "low", "complete"),
        ("low", "absent", "complete"),
        ("low", "moderate", "failed transactionRiskBlocked"),
        ("moderate", "moderate", "complete"),
        ("moderate", "high", "failed transactionRiskBlocked"),
    ] {
        let mut desk = Desk::new();
        desk.settings.requirement_risk = RequirementRisk::Legacy;
        let body = json!({"endUserIp": "192.0.2.1", "requirement": {"risk": limit}});
        let order = desk.order(Operation::Auth, &body, json!({"hints": [], "risk": risk}));
        assert_eq!(desk.collect(&order), said, "{limit} {risk}");
    }
}

#[test]
fn the_book_is_bounded_in_orders_and_bytes() {
    let mut desk = Desk::new();
    desk.settings.max_orders = 3;
    let orders: Vec<Uuid> = (0..5).map(|_| desk.auth(json!({}))).collect();
    assert_eq!(desk.book.orders.len(), 3);
    assert_eq!(desk.book.evicted(), 2);
    assert_eq!(desk.collect(&orders[1]), "gone");
    assert_eq!(desk.collect(&orders[2]), "outstandingTransaction");

    desk.settings.max_order_bytes = 1_000;
    let body = json!({"endUserIp": "192.0.2.1", "userVisibleData": "QUJD".repeat(200)});
    for _ in 0..3 {
        desk.order(Operation::Auth, &body, json!({}));
    }
    assert_eq!(desk.book.bytes, 800);
}

#[test]
fn what_is_gone_costs_nothing() {
    let mut desk = Desk::new();
    let pinned = desk.auth(json!({"hints": [{"hint": "userSign", "collects": 1_000_000}]}));
    for _ in 0..5_000 {
        let order = desk.auth(json!({"hints": []}));
        assert_eq!(desk.collect(&order), "complete");
    }
    assert!(desk.book.by_age.len() <= 1_100, "{}", desk.book.by_age.len());
    assert_eq!(desk.collect(&pinned), "userSign");
    desk.pass(1_000);
    desk.auth(json!({}));
    assert_eq!((desk.book.orders.len(), desk.book.by_person.len()), (1, 0));
}
