//! The API itself: from a request to its answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use uuid::Uuid;

use super::answers::{Cancelled, Collect, Ordered};
use super::completion::CompletionData;
use super::deliveries::Deliveries;
use super::error::{ApiError, json};
use super::operation::{Endpoint, Operation};
use super::order::{Collected, Ending, Facts, OrderBook, Report};
use super::request::{OrderRequest, order_ref};
use super::script::{Fault, FaultKind, ScriptFile};
use super::scripts::ScriptBook;
use super::settings::{MethodNotAllowed, Settings};
use super::signature::Signer;
use super::spoil::spoil;
use crate::clock::{Clock, Moment};
use crate::front::Provider;
use crate::http::{Answer, BodyProblem, Exchange};
use crate::pki::PkiError;
use crate::sync::lock;

/// The stand-in of the Swedish BankID RP API.
#[derive(Debug)]
pub(crate) struct BankIdSe {
    pub(super) clock: Clock,
    pub(super) initial_settings: Settings,
    signer: Signer,
    pub(super) state: Mutex<State>,
}

/// Everything that requests change.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) scripts: ScriptBook,
    pub(super) orders: OrderBook,
    pub(super) deliveries: Deliveries,
}

/// An answer, and how late it comes.
struct Timed {
    answer: Answer,
    delay: u64,
}

impl Timed {
    fn new(answer: Answer, fault: Option<&Fault>, delay: u64) -> Self {
        let answer = match fault {
            Some(fault) => spoil(answer, &fault.kind),
            None => answer,
        };
        Self { answer, delay }
    }
}

impl From<ApiError> for Timed {
    fn from(error: ApiError) -> Self {
        Self { answer: error.into(), delay: 0 }
    }
}

impl Provider for BankIdSe {
    const NAME: &'static str = "bankid-se";

    async fn answer(&self, exchange: &Exchange) -> Answer {
        let Timed { answer, delay } = self.handle(exchange).unwrap_or_else(Timed::from);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        answer
    }
}

impl BankIdSe {
    /// A stand-in that keeps the deliveries of at most `kept_deliveries` orders.
    pub(crate) fn new(
        clock: Clock,
        settings: Settings,
        scripts: ScriptFile,
        kept_deliveries: usize,
    ) -> Result<Self, PkiError> {
        let state = State {
            settings,
            scripts: ScriptBook::new(scripts),
            orders: OrderBook::default(),
            deliveries: Deliveries::new(kept_deliveries),
        };
        Ok(Self { clock, initial_settings: settings, signer: Signer::new()?, state: Mutex::new(state) })
    }

    fn handle(&self, exchange: &Exchange) -> Result<Timed, ApiError> {
        let endpoint = Endpoint::of_path(exchange.path()).ok_or(ApiError::NOT_FOUND)?;
        if exchange.parts.method != Method::POST {
            return Ok(self.method_not_allowed());
        }
        check_content_type(exchange)?;
        let body = exchange.body.as_ref().map_err(|problem| match problem {
            BodyProblem::TooSlow => ApiError::REQUEST_TIMEOUT,
            BodyProblem::TooLarge | BodyProblem::Broken => ApiError::INVALID_REQUEST,
        })?;
        match endpoint {
            Endpoint::Order(operation) => self.order(operation, body, exchange),
            Endpoint::Collect => self.collect(body, exchange),
            Endpoint::Cancel => self.cancel(body, exchange),
        }
    }

    fn method_not_allowed(&self) -> Timed {
        match lock(&self.state).settings.method_not_allowed {
            MethodNotAllowed::Json => ApiError::METHOD_NOT_ALLOWED.into(),
            MethodNotAllowed::Empty => {
                Timed { answer: Answer::empty(StatusCode::METHOD_NOT_ALLOWED), delay: 0 }
            }
        }
    }

    fn order(&self, operation: Operation, body: &[u8], exchange: &Exchange) -> Result<Timed, ApiError> {
        let settings = lock(&self.state).settings;
        let request = OrderRequest::parse(operation, body, &settings)?;
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let State { settings, scripts, orders, deliveries } = &mut *state;
        if let Some(number) = &request.personal_number
            && orders.meets_parallel_order(number, settings, now)
        {
            return Err(ApiError::ALREADY_IN_PROGRESS);
        }
        let (installed, source) = scripts.choose(request.personal_number.as_deref());
        let fault = installed.next_order_fault().cloned();
        let facts =
            Arc::new(Facts::new(request, exchange.client.certificate.clone(), installed, source, now));
        if fault.as_ref().is_none_or(Fault::takes_effect) {
            deliveries.open(facts.order_ref);
            orders.insert(facts.clone(), settings, now);
        }
        drop(state);
        let answer = json(StatusCode::OK, &Ordered::new(facts.order_ref, facts.tokens.as_ref()));
        Ok(Timed::new(answer, fault.as_ref(), facts.script().delays.order))
    }

    fn collect(&self, body: &[u8], exchange: &Exchange) -> Result<Timed, ApiError> {
        let order_ref = self.order_ref(body)?;
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let State { settings, orders, deliveries, .. } = &mut *state;
        let Some(collected) = orders.collect(&order_ref, exchange.client.fingerprint(), settings, now) else {
            if let Some(delivery) = deliveries.of(&order_ref) {
                delivery.refused += 1;
            }
            return Err(ApiError::NO_SUCH_ORDER);
        };
        note(deliveries, &collected);
        drop(state);
        Ok(self.report(&collected, now))
    }

    fn report(&self, collected: &Collected, now: Moment) -> Timed {
        let Collected { facts, report, fault } = collected;
        let mut collect =
            Collect { order_ref: facts.order_ref, status: "pending", hint_code: None, completion_data: None };
        let delays = facts.script().delays;
        let mut delay = delays.terminal;
        match report {
            Report::Pending(hint) => {
                collect.hint_code = Some(hint.clone());
                delay = delays.pending;
            }
            Report::Finished(Ending::Failed(hint)) => {
                collect.status = "failed";
                collect.hint_code = Some(hint.clone());
            }
            Report::Finished(Ending::Complete) => {
                collect.status = "complete";
                let data = CompletionData::of(facts, &self.signer, self.clock.calendar(now));
                collect.completion_data = Some(Box::new(data));
            }
        }
        Timed::new(json(StatusCode::OK, &collect), fault.as_ref(), delay)
    }

    fn cancel(&self, body: &[u8], exchange: &Exchange) -> Result<Timed, ApiError> {
        let order_ref = self.order_ref(body)?;
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let State { settings, orders, .. } = &mut *state;
        let cancelled = orders
            .cancel(&order_ref, exchange.client.fingerprint(), settings, now)
            .ok_or(ApiError::NO_SUCH_ORDER)?;
        drop(state);
        let answer = json(StatusCode::OK, &Cancelled {});
        Ok(Timed::new(answer, cancelled.fault.as_ref(), cancelled.facts.script().delays.cancel))
    }

    fn order_ref(&self, body: &[u8]) -> Result<Uuid, ApiError> {
        let unknown = lock(&self.state).settings.unknown_members;
        order_ref(body, unknown)
    }
}

/// Writes down what a collect was told.
fn note(deliveries: &mut Deliveries, collected: &Collected) {
    let Some(delivery) = deliveries.of(&collected.facts.order_ref) else { return };
    if let Report::Finished(ending) = &collected.report {
        delivery.ending = Some(match ending {
            Ending::Complete => "complete".to_owned(),
            Ending::Failed(hint) => hint.to_string(),
        });
    }
    let intact = match &collected.fault {
        None => true,
        // More members than expected are no harm, at least not by the API's own rules.
        Some(fault) => matches!(fault.kind, FaultKind::Members { .. }),
    };
    let count = match collected.report {
        _ if !intact => &mut delivery.spoiled,
        Report::Pending(_) => &mut delivery.pending,
        Report::Finished(_) => &mut delivery.terminal,
    };
    *count += 1;
}

/// `application/json` and nothing after it (`bankid-se.md section 0.4`).
fn check_content_type(exchange: &Exchange) -> Result<(), ApiError> {
    let mut values = exchange.parts.headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if value.as_bytes().eq_ignore_ascii_case(b"application/json") => Ok(()),
        _ => Err(ApiError::UNSUPPORTED_MEDIA_TYPE),
    }
}
