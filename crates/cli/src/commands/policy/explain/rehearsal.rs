//! The made-up transaction on its way through the protocol and the evaluation, as the sidecar's pipeline takes it
//! (design.md section 4), without network and store.

use bytes::Bytes;
use riskgate_core::config::{Mode, ProviderConfig, SidecarConfig, UncoveredOperations};
use riskgate_core::evaluate::{decide, screen, uncovered};
use riskgate_core::{
    DECISION_SCHEMA, DecisionRecord, DeviceIdentifierHash, Enforcement, Evidence, Flow, Operation, Outcome,
    Phase, Provider, Pseudonymizer, RiskParameters, Scope, Signal, Verdict, When, signal::PROVIDER_SOURCE,
};
use riskgate_wire::{
    Answer, Completed, Fault, Given as Parameters, Malformed, Prepared, Protocol, Unreadable,
};

use super::made_up::{self, Given, REFERENCE};
use super::question::{Order, Question};

/// The pod in the made-up record.
const POD: &str = "riskgate-policy-explain";

/// How the transaction ended.
pub(super) struct Rehearsal<'a> {
    /// What it was judged under.
    pub(super) scope: Scope<'a>,
    /// What the policy says.
    pub(super) outcome: Outcome,
    /// The record that the sidecar would write.
    pub(super) record: DecisionRecord<'static>,
    /// What the application gets.
    pub(super) received: Received,
}

/// What the application gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// The provider's answer, byte for byte.
    AsItCame,
    /// An answer of riskgate's, in the provider's form.
    Own(Answer),
}

/// Why the transaction cannot take place.
#[derive(Debug, thiserror::Error)]
pub(super) enum RehearsalError {
    #[error(
        "no flow {name:?} covers {operation}, and the sidecar refuses such a request; write --flow with one of: {known}"
    )]
    NoSuchFlow { name: String, operation: String, known: String },
    #[error(
        "the flow {flow} asks {source_name}; write what it says: --signal {source_name}=Low, Moderate, High, Unknown, Unavailable or NotApplicable"
    )]
    Silent { flow: String, source_name: String },
    #[error("the order does not read: {0}")]
    Order(#[from] Malformed),
    #[error("the answer does not read: {0}")]
    Answer(#[from] Unreadable),
    #[error("the made-up answer is none of a completed order")]
    NotComplete,
}

/// Runs the transaction.
pub(super) fn rehearse<'a>(
    config: &'a SidecarConfig,
    entry: &'a ProviderConfig,
    question: &'a Question,
) -> Result<Rehearsal<'a>, RehearsalError> {
    let stage = Stage { config, entry, question, protocol: made_up::protocol(entry) };
    let Some(order) = &question.order else {
        let scope = config.scope_of_unknown(&entry.name);
        let lost = config.lost_with_order(&scope);
        return stage.result(scope, None, lost);
    };
    let Some(flow) = stage.flow(order)? else { return Ok(stage.uncovered(order)) };
    let mut prepared = stage.prepare(order)?;
    let asked = stage.asked_under(flow, order);
    let screened = stage.signals(asked, Phase::Screen)?;
    let outcome = screen(asked, &screened);
    if outcome.verdict == Verdict::Block && config.mode == Mode::Enforce {
        return Ok(stage.refused(asked, order, &prepared, screened, outcome));
    }
    stage.tighten(flow, order, &outcome, &mut prepared)?;
    stage.result(Scope::Flow(flow), Some(&prepared), screened)
}

struct Stage<'a> {
    config: &'a SidecarConfig,
    entry: &'a ProviderConfig,
    question: &'a Question,
    protocol: Box<dyn Protocol>,
}

impl<'a> Stage<'a> {
    /// The flow that the header names, else the default one.
    fn flow(&self, order: &Order) -> Result<Option<&'a Flow>, RehearsalError> {
        let (config, provider) = (self.config, &self.entry.name);
        let default = config.default_flow(provider, order.operation);
        let Some(name) = &order.flow else { return Ok(default) };
        match config.flow(name).filter(|flow| flow.covers(provider, order.operation)) {
            Some(flow) => Ok(Some(flow)),
            None if config.mode == Mode::Monitor => Ok(default),
            None => {
                let covering = config.flows.iter().filter(|flow| flow.covers(provider, order.operation));
                Err(RehearsalError::NoSuchFlow {
                    name: name.clone(),
                    operation: order.operation.to_string(),
                    known: covering.map(|flow| flow.name.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    }

    /// The flow that a request is screened under: a signature at BankID Norway is known for one by its tokens alone, and was
    /// screened as a login.
    fn asked_under(&self, flow: &'a Flow, order: &Order) -> &'a Flow {
        let unseen = self.question.provider == Provider::BankIdNo && order.flow.is_none();
        let login = || self.config.default_flow(&self.entry.name, Operation::Login);
        unseen.then(login).flatten().unwrap_or(flow)
    }

    /// Attach.
    fn prepare(&self, order: &Order) -> Result<Prepared, RehearsalError> {
        let body = made_up::request(self.question.provider, order);
        let user = self.protocol.subject(made_up::LOGIN);
        let given = Parameters { user, ..parameters(&self.config.risk_parameters) };
        Ok(self.protocol.prepare(order.operation, &body, &given, self.config.mode)?)
    }

    /// What a challenge adds to the order.
    fn tighten(
        &self,
        flow: &Flow,
        order: &Order,
        screened: &Outcome,
        prepared: &mut Prepared,
    ) -> Result<(), RehearsalError> {
        let tightens = match flow.challenge.at_order.as_ref().map(|at_order| at_order.when) {
            Some(When::Always) => true,
            Some(When::Screen) => screened.verdict == Verdict::Challenge,
            None => false,
        };
        if tightens && self.config.mode == Mode::Enforce {
            let tightened = self.protocol.tighten(order.operation, &prepared.body, flow.required())?;
            prepared.body = tightened.body;
            prepared.attached.extend(tightened.attached);
            prepared.carried = tightened.carried;
        }
        Ok(())
    }

    /// What the sources of a flow say in `phase`.
    fn signals(&self, flow: &Flow, phase: Phase) -> Result<Vec<Signal>, RehearsalError> {
        let asked = flow.sources.iter().filter(|rule| {
            let source = self.config.source(&rule.name);
            source.is_some_and(|source| source.kind.is_asked_in(phase))
        });
        asked
            .map(|rule| {
                self.question.sayings.signal(&rule.name, phase).ok_or_else(|| RehearsalError::Silent {
                    flow: flow.name.clone(),
                    source_name: rule.name.clone(),
                })
            })
            .collect()
    }

    /// Assess, decide, enforce.
    fn result(
        &self,
        scope: Scope<'a>,
        prepared: Option<&Prepared>,
        mut signals: Vec<Signal>,
    ) -> Result<Rehearsal<'a>, RehearsalError> {
        let (answer, completed) = made_up::result(&*self.protocol, self.question)?;
        signals.push(self.indication(completed.ok_or(RehearsalError::NotComplete)?));
        for flow in scope.flows() {
            for signal in self.signals(flow, Phase::Assess)? {
                let is_said = |known: &Signal| known.source == signal.source && known.phase == Phase::Assess;
                if !signals.iter().any(is_said) {
                    signals.push(signal);
                }
            }
        }
        let evidence = Evidence {
            signals: &signals,
            application_threshold: prepared.and_then(|prepared| prepared.application_threshold),
            carried: prepared.map(|prepared| prepared.carried).unwrap_or_default(),
        };
        let outcome = decide(&scope, &evidence);
        let refuses = self.config.mode == Mode::Enforce && outcome.enforcement == Enforcement::Refuse;
        let received =
            if refuses { Received::Own(self.refusal(&outcome, &answer)) } else { Received::AsItCame };
        let mut record = self.record(self.question.order.as_ref(), &outcome);
        record.flow = if let Scope::Flow(flow) = &scope { Some(flow.name.clone().into()) } else { None };
        record.transaction = Some(Pseudonymizer::new(POD.as_bytes()).transaction(REFERENCE));
        record.signals = signals.into();
        prepared.into_iter().for_each(|prepared| tell_prepared(&mut record, prepared));
        Ok(Rehearsal { scope, outcome, record, received })
    }

    /// The provider's own signal.
    fn indication(&self, completed: Completed) -> Signal {
        let operation = self.question.order.as_ref().map(|order| order.operation);
        let said = self.question.sayings.of_provider().or(completed.indication);
        let assessment = said.unwrap_or_else(|| self.protocol.without_indication(operation));
        let mut signal = Signal {
            score: completed.score,
            indicators: completed.indicators,
            ..Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)
        };
        self.question.sayings.complete(&mut signal);
        signal
    }

    fn refusal(&self, outcome: &Outcome, answer: &Bytes) -> Answer {
        let operation = self.question.order.as_ref().map(|order| order.operation);
        match (made_up::given(self.question), operation) {
            (Given::AtOnce, Some(operation)) => {
                self.protocol.refuse_exchanged(operation, outcome.verdict, answer)
            }
            (Given::AtOnce, None) => self.protocol.refuse_start("no transaction"),
            (Given::By(road), _) => self.protocol.refuse_result(REFERENCE, road),
        }
    }

    /// A request that is refused before the provider hears of it.
    fn refused(
        &self,
        flow: &'a Flow,
        order: &Order,
        prepared: &Prepared,
        signals: Vec<Signal>,
        outcome: Outcome,
    ) -> Rehearsal<'a> {
        let details = format!("refused by riskgate policy {}", self.config.policy);
        let received = Received::Own(self.protocol.refuse_start(&details));
        let mut record = self.record(Some(order), &outcome);
        record.flow = Some(flow.name.clone().into());
        record.signals = signals.into();
        tell_prepared(&mut record, prepared);
        Rehearsal { scope: Scope::Flow(flow), outcome, record, received }
    }

    /// An order that no flow covers is recorded as it is made; when it is forwarded, its result passes.
    fn uncovered(&self, order: &Order) -> Rehearsal<'a> {
        let rule = self.config.uncovered_operations;
        let outcome = uncovered(rule.verdict());
        let refuses = rule == UncoveredOperations::Refuse && self.config.mode == Mode::Enforce;
        let received = if refuses {
            let details =
                format!("no flow covers {} (riskgate policy {})", order.operation, self.config.policy);
            Received::Own(self.protocol.fault(Fault::InvalidParameters, &details))
        } else {
            Received::AsItCame
        };
        let record = self.record(Some(order), &outcome);
        Rehearsal { scope: Scope::Uncovered(rule.verdict()), outcome, record, received }
    }

    fn record(&self, order: Option<&Order>, outcome: &Outcome) -> DecisionRecord<'static> {
        let config = self.config;
        let enforced = if config.mode == Mode::Monitor { Verdict::Allow } else { outcome.enforced() };
        DecisionRecord {
            schema: DECISION_SCHEMA.into(),
            id: uuid::Uuid::now_v7().to_string().into(),
            time: jiff::Timestamp::now().to_string().into(),
            namespace: config.policy.namespace.clone().into(),
            pod: POD.into(),
            policy: config.policy.name.clone().into(),
            revision: config.revision().into(),
            mode: config.mode,
            provider: self.entry.provider(),
            operation: order.map(|order| order.operation),
            flow: None,
            transaction: None,
            subject: None,
            attached: Vec::new().into(),
            lint: Vec::new().into(),
            signals: Vec::new().into(),
            verdict: outcome.verdict,
            enforced,
            reasons: outcome.reasons.clone().into(),
        }
    }
}

fn tell_prepared(record: &mut DecisionRecord<'static>, prepared: &Prepared) {
    record.attached = prepared.attached.clone().into();
    record.lint = prepared.lint.iter().map(ToString::to_string).collect();
}

/// What the policy gives to an order whose application sent no header.
fn parameters(policy: &RiskParameters) -> Parameters {
    Parameters {
        start: policy.start,
        referring_domain: policy.referring_domain.clone(),
        app_identifier: policy.app_identifier.clone(),
        hash_device_identifier: policy.device_identifier.hash == Some(DeviceIdentifierHash::Sha256),
        ..Parameters::default()
    }
}
