//! A request that starts a transaction, through the stages.

use bytes::Bytes;
use riskgate_core::config::{Mode, UncoveredOperations};
use riskgate_core::{Flow, Operation, Outcome as Decision, RequirementSet, Signal, Verdict, evaluate};
use riskgate_sources::Question;
use riskgate_store::{Key, Order, StoreError};
use riskgate_wire::{Fault, Prepared, Started};

use super::gateway::{Answered, Exchange};
use super::record::{Circumstances, new_id, record};
use super::{attach, enforce, forward, recognise, screen, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// An order on its way: what is sent, and what will be remembered of it.
struct Draft<'a> {
    operation: Operation,
    flow: Option<&'a Flow>,
    prepared: Prepared,
    signals: Vec<Signal>,
}

/// Runs a request that starts a transaction.
pub(super) async fn run(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Answered {
    let config = &exchange.snapshot.config;
    let flow = match recognise::flow(config, &exchange.provider().name, operation, request.headers) {
        Ok(flow) => flow,
        Err(recognise::NoSuchFlow(text)) => return rejected(exchange, &text),
    };
    match flow {
        Some(flow) => covered(exchange, operation, flow, request).await,
        None => uncovered(exchange, operation, request).await,
    }
}

async fn covered(exchange: &Exchange, operation: Operation, flow: &Flow, request: &Request<'_>) -> Answered {
    let config = &exchange.snapshot.config;
    let prepared = match prepare(exchange, operation, request) {
        Ok(prepared) => prepared,
        // What cannot be read cannot be judged: it passes only where nothing may change.
        Err(_) if config.mode == Mode::Monitor => as_it_came(&request.body),
        Err(text) => return rejected(exchange, &text),
    };
    let mut draft = Draft { operation, flow: Some(flow), prepared, signals: Vec::new() };
    for finding in &draft.prepared.lint {
        exchange.gateway.metrics().lint(&exchange.provider().name, *finding);
    }
    let (signals, screened) = screen::screen(exchange, flow, || question(exchange, &draft)).await;
    draft.signals = signals;
    if screened.verdict == Verdict::Block && config.mode == Mode::Enforce {
        return refused(exchange, &draft, &screened);
    }
    if screen::tightens(config.mode, flow, &screened) {
        match exchange.provider().protocol.tighten(operation, &draft.prepared.body, flow.required()) {
            Ok(tightened) => screen::take_over(&mut draft.prepared, tightened),
            Err(error) => return rejected(exchange, &error.to_string()),
        }
    }
    send(exchange, request, draft).await
}

fn prepare(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Result<Prepared, String> {
    let config = &exchange.snapshot.config;
    let given = attach::given(request.headers, &config.risk_parameters, config.mode == Mode::Enforce)
        .map_err(|attach::BadHeader(text)| text.to_owned())?;
    let mut prepared = exchange
        .provider()
        .protocol
        .prepare(operation, &request.body, &given, config.mode)
        .map_err(|error| error.to_string())?;
    // Sources are asked about what is known, also where the provider's request has no place for it.
    prepared.client_ip = prepared.client_ip.or(given.client_ip);
    prepared.user_agent = prepared.user_agent.or(given.user_agent);
    Ok(prepared)
}

/// A request that passes as it came.
fn as_it_came(body: &Bytes) -> Prepared {
    Prepared {
        body: body.clone(),
        attached: Vec::new(),
        lint: Vec::new(),
        application_threshold: None,
        carried: RequirementSet::default(),
        subject: None,
        client_ip: None,
        user_agent: None,
    }
}

fn question(exchange: &Exchange, draft: &Draft<'_>) -> Question {
    Question {
        provider: exchange.provider().name.to_string(),
        reference: None,
        operation: Some(draft.operation),
        client_ip: draft.prepared.client_ip,
        device_ip: None,
        user_agent: draft.prepared.user_agent.clone(),
        subject: draft.prepared.subject.clone(),
        request: Some(draft.prepared.body.clone()),
    }
}

fn rejected(exchange: &Exchange, text: &str) -> Answered {
    Answered::new(Outcome::Rejected, exchange.fault(Fault::InvalidParameters, text))
}

fn refused(exchange: &Exchange, draft: &Draft<'_>, outcome: &Decision) -> Answered {
    let id = new_id();
    let lint: Vec<String> = draft.prepared.lint.iter().map(ToString::to_string).collect();
    let about = Circumstances {
        operation: Some(draft.operation),
        flow: draft.flow.map(|flow| flow.name.as_str()),
        subject: draft.prepared.subject.as_deref(),
        attached: &draft.prepared.attached,
        lint: &lint,
        signals: &draft.signals,
        ..Circumstances::default()
    };
    record(exchange, &about, outcome, &id);
    Answered::new(Outcome::Blocked, enforce::refuse_start(exchange, outcome, &id))
}

/// An operation that no flow covers: refused, or forwarded as it came; recorded either way.
async fn uncovered(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Answered {
    let config = &exchange.snapshot.config;
    let outcome = evaluate::uncovered(config.uncovered_operations.verdict());
    let id = new_id();
    record(
        exchange,
        &Circumstances { operation: Some(operation), ..Circumstances::default() },
        &outcome,
        &id,
    );
    if config.uncovered_operations == UncoveredOperations::Refuse && config.mode == Mode::Enforce {
        let mut response = exchange.fault(Fault::InvalidParameters, &format!("no flow covers {operation}"));
        enforce::add_headers(&mut response, &outcome, &id);
        return Answered::new(Outcome::Uncovered, response);
    }
    let draft = Draft { operation, flow: None, prepared: as_it_came(&request.body), signals: Vec::new() };
    send(exchange, request, draft).await
}

/// Sends the order, and keeps what is to be known when its result comes.
async fn send(exchange: &Exchange, request: &Request<'_>, draft: Draft<'_>) -> Answered {
    if let Err(error) = exchange.gateway.store.admit().await {
        return no_room(exchange, &error);
    }
    let provider = exchange.provider();
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange); // the configuration's check requires one
    };
    let (call, body) = (Call::Start(draft.operation), draft.prepared.body.clone());
    let answer = match forward::forward_once(exchange, certificate, call, request, body).await {
        Ok(answer) => answer,
        Err(none) => return none.answer(exchange),
    };
    let status = answer.status().as_u16();
    match provider.protocol.read_started(status, answer.body()) {
        Ok(Started::Open(reference)) => {
            let order = order(draft, certificate.fingerprint());
            let key = Key { provider: &provider.name, reference: &reference };
            if let Err(error) = exchange.gateway.store.open(key, order).await {
                exchange.store_failed("open", &error);
            }
            Answered::new(Outcome::Passed, Response::passed(answer))
        }
        Ok(Started::Refused) => Answered::new(Outcome::Passed, Response::passed(answer)),
        Err(why) => forward::unreadable(exchange, answer, &why),
    }
}

fn no_room(exchange: &Exchange, error: &StoreError) -> Answered {
    exchange.store_failed("admit", error);
    if matches!(error, StoreError::Unavailable(_)) {
        return shared::no_store(exchange);
    }
    Answered::new(
        Outcome::Unreachable,
        exchange.fault(Fault::Maintenance, "no room for another order, nothing was sent"),
    )
}

fn order(draft: Draft<'_>, certificate: &str) -> Order {
    Order {
        operation: draft.operation,
        flow: draft.flow.map(|flow| flow.name.as_str().into()),
        application_threshold: draft.prepared.application_threshold,
        carried: draft.prepared.carried,
        certificate: certificate.into(),
        attached: draft.prepared.attached.into(),
        lint: draft.prepared.lint.iter().map(ToString::to_string).collect(),
        signals: draft.signals.into(),
        subject: draft.prepared.subject.map(Into::into),
        client_ip: draft.prepared.client_ip,
        user_agent: draft.prepared.user_agent.map(Into::into),
    }
}

/// A GET on a known path: clients use the provider's 405 as a health probe of certificate and network.
pub(super) async fn probe(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange);
    };
    match forward::forward_once(exchange, certificate, Call::Probe, request, Bytes::new()).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            match provider.protocol.read_probe(status, answer.body()) {
                Ok(()) => Answered::new(Outcome::Passed, Response::passed(answer)),
                Err(why) => forward::unreadable(exchange, answer, &why),
            }
        }
        Err(none) => none.answer(exchange),
    }
}
