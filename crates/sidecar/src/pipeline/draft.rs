//! A transaction that an application asks for, until it is sent: recognised, attached, screened.

use bytes::Bytes;
use riskgate_core::config::{Mode, UncoveredOperations};
use riskgate_core::{Flow, Operation, Outcome as Decision, RequirementSet, Signal, Verdict, evaluate};
use riskgate_sources::Question;
use riskgate_store::Order;
use riskgate_wire::{Fault, Prepared};

use super::gateway::{Answered, Exchange};
use super::record::{Circumstances, new_id, record};
use super::{attach, enforce, recognise, screen};
use crate::message::Request;
use crate::ops::metrics::Outcome;

/// A transaction on its way: what is sent, and what will be remembered of it.
pub(super) struct Draft<'a> {
    pub(super) operation: Operation,
    flow: Option<&'a Flow>,
    pub(super) prepared: Prepared,
    signals: Vec<Signal>,
}

/// Takes a request through recognise, attach and screen. The answer instead, where it is not to be sent.
pub(super) async fn draft<'a>(
    exchange: &'a Exchange,
    operation: Operation,
    request: &Request<'_>,
) -> Result<Draft<'a>, Answered> {
    let config = &exchange.snapshot.config;
    let others = exchange.provider().protocol.may_turn_out(operation);
    match recognise::flow(config, &exchange.provider().name, (operation, others), request.headers) {
        Ok(Some(flow)) => covered(exchange, operation, flow, request).await,
        Ok(None) => uncovered(exchange, operation, request),
        Err(recognise::NoSuchFlow(text)) => Err(rejected(exchange, &text)),
    }
}

async fn covered<'a>(
    exchange: &Exchange,
    operation: Operation,
    flow: &'a Flow,
    request: &Request<'_>,
) -> Result<Draft<'a>, Answered> {
    let config = &exchange.snapshot.config;
    let prepared = match prepare(exchange, operation, request) {
        Ok(prepared) => prepared,
        // What cannot be read cannot be judged: it passes only where nothing may change.
        Err(_) if config.mode == Mode::Monitor => as_it_came(&request.body),
        Err(text) => return Err(rejected(exchange, &text)),
    };
    let mut draft = Draft { operation, flow: Some(flow), prepared, signals: Vec::new() };
    for finding in &draft.prepared.lint {
        exchange.gateway.metrics().lint(&exchange.provider().name, *finding);
    }
    let (signals, screened) = screen::screen(exchange, flow, || draft.question(exchange)).await;
    draft.signals = signals;
    if screened.verdict == Verdict::Block && config.mode == Mode::Enforce {
        return Err(refused(exchange, &draft, &screened));
    }
    if screen::tightens(config.mode, flow, &screened) {
        match exchange.provider().protocol.tighten(operation, &draft.prepared.body, flow.required()) {
            Ok(tightened) => screen::take_over(&mut draft.prepared, tightened),
            Err(error) => return Err(rejected(exchange, &error.to_string())),
        }
    }
    Ok(draft)
}

fn prepare(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Result<Prepared, String> {
    let config = &exchange.snapshot.config;
    let mut given = attach::given(request.headers, &config.risk_parameters, config.mode == Mode::Enforce)
        .map_err(|attach::BadHeader(text)| text.to_owned())?;
    let user = exchange.provider().protocol.subject(request.path);
    given.user.clone_from(&user);
    let mut prepared = exchange
        .provider()
        .protocol
        .prepare(operation, &request.body, &given, config.mode)
        .map_err(|error| error.to_string())?;
    // Sources are asked about what is known, also where the provider's request has no place for it.
    prepared.client_ip = prepared.client_ip.or(given.client_ip);
    prepared.user_agent = prepared.user_agent.or(given.user_agent);
    prepared.subject = prepared.subject.or(user);
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
fn uncovered<'a>(
    exchange: &Exchange,
    operation: Operation,
    request: &Request<'_>,
) -> Result<Draft<'a>, Answered> {
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
        return Err(Answered::new(Outcome::Uncovered, response));
    }
    Ok(Draft { operation, flow: None, prepared: as_it_came(&request.body), signals: Vec::new() })
}

impl Draft<'_> {
    fn question(&self, exchange: &Exchange) -> Question {
        Question {
            provider: exchange.provider().name.to_string(),
            reference: None,
            operation: Some(self.operation),
            client_ip: self.prepared.client_ip,
            device_ip: None,
            user_agent: self.prepared.user_agent.clone(),
            assurance: None,
            renewed: false,
            subject: self.prepared.subject.clone(),
            request: Some(self.prepared.body.clone()),
        }
    }

    /// What is to be known when the result comes. `certificate` is the fingerprint of the one that it was sent with.
    pub(super) fn into_order(self, certificate: &str) -> Order {
        Order {
            operation: self.operation,
            flow: self.flow.map(|flow| flow.name.as_str().into()),
            application_threshold: self.prepared.application_threshold,
            carried: self.prepared.carried,
            certificate: certificate.into(),
            attached: self.prepared.attached.into(),
            lint: self.prepared.lint.iter().map(ToString::to_string).collect(),
            signals: self.signals.into(),
            subject: self.prepared.subject.map(Into::into),
            client_ip: self.prepared.client_ip,
            user_agent: self.prepared.user_agent.map(Into::into),
        }
    }
}
