//! The made-up transaction on its way through the protocol and the evaluation, as the sidecar's pipeline takes it
//! (design.md section 4), without network and store.

use riskgate_core::config::{Mode, ProviderConfig, ProviderKind, SidecarConfig, UncoveredOperations};
use riskgate_core::evaluate::{decide, uncovered};
use riskgate_core::{
    Assessment, DECISION_SCHEMA, DecisionRecord, DeviceIdentifierHash, Enforcement, Evidence, Flow, Outcome,
    Phase, Provider, Pseudonymizer, RiskParameters, Scope, Signal, Verdict, When, signal::PROVIDER_SOURCE,
};
use riskgate_wire::bankid_se::{BankIdSe, COLLECT};
use riskgate_wire::{Answer, Fault, Given, Malformed, Prepared, Protocol, Reading, Unreadable};

use super::question::{Order, Question};

/// The order of the made-up transaction (bankid-se.md section 11).
const ORDER_REF: &str = "131daac9-16c6-4618-beb0-365768f37288";
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
    #[error("the order does not read: {0}")]
    Order(#[from] Malformed),
    #[error("the answer does not read: {0}")]
    Answer(#[from] Unreadable),
    #[error("the made-up answer is none of a completed order")]
    NotComplete,
    #[error("a transaction of {0} is not rehearsed; write --provider with an entry of kind bankIdSe")]
    OtherKind(Provider),
}

/// Runs the transaction.
pub(super) fn rehearse<'a>(
    config: &'a SidecarConfig,
    entry: &'a ProviderConfig,
    question: &Question,
) -> Result<Rehearsal<'a>, RehearsalError> {
    let protocol = match &entry.kind {
        ProviderKind::BankIdSe(bankid) => BankIdSe::new(bankid.refusal.clone()),
        ProviderKind::TicIdentity(_) | ProviderKind::BankIdNo(_) | ProviderKind::OneSpan(_) => {
            return Err(RehearsalError::OtherKind(entry.provider()));
        }
    };
    let stage = Stage { config, entry, protocol };
    let Some(order) = &question.order else {
        return stage.collect(question, config.scope_of_unknown(&entry.name), None);
    };
    match stage.flow(order)? {
        Some(flow) => {
            let prepared = stage.prepare(flow, order)?;
            stage.collect(question, Scope::Flow(flow), Some(&prepared))
        }
        None => Ok(stage.uncovered(order)),
    }
}

struct Stage<'a> {
    config: &'a SidecarConfig,
    entry: &'a ProviderConfig,
    protocol: BankIdSe,
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

    /// Attach and tighten.
    fn prepare(&self, flow: &Flow, order: &Order) -> Result<Prepared, RehearsalError> {
        let given = given(&self.config.risk_parameters);
        let mode = self.config.mode;
        let mut prepared = self.protocol.prepare(order.operation, &order.body(), &given, mode)?;
        // `Screen` waits for sources, and a rehearsal asks none.
        let always = flow.challenge.at_order.as_ref().is_some_and(|at_order| at_order.when == When::Always);
        if always && mode == Mode::Enforce {
            let tightened = self.protocol.tighten(order.operation, &prepared.body, flow.required())?;
            prepared.body = tightened.body;
            prepared.attached.extend(tightened.attached);
            prepared.carried = tightened.carried;
        }
        Ok(prepared)
    }

    /// Assess, decide, enforce.
    fn collect(
        &self,
        question: &Question,
        scope: Scope<'a>,
        prepared: Option<&Prepared>,
    ) -> Result<Rehearsal<'a>, RehearsalError> {
        let reading = self.protocol.read_result(ORDER_REF, COLLECT, 200, &question.answer(ORDER_REF))?;
        let Reading::Complete(completed) = reading else { return Err(RehearsalError::NotComplete) };
        let operation = question.order.as_ref().map(|order| order.operation);
        let assessment: Assessment =
            completed.indication.unwrap_or_else(|| self.protocol.without_indication(operation));
        let signals = vec![Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)];
        let evidence = Evidence {
            signals: &signals,
            application_threshold: prepared.and_then(|prepared| prepared.application_threshold),
            carried: prepared.map(|prepared| prepared.carried).unwrap_or_default(),
        };
        let outcome = decide(&scope, &evidence);
        let refuses = self.config.mode == Mode::Enforce && outcome.enforcement == Enforcement::Refuse;
        let received = if refuses {
            Received::Own(self.protocol.refuse_result(ORDER_REF, COLLECT))
        } else {
            Received::AsItCame
        };
        let mut record = self.record(question.order.as_ref(), &outcome);
        record.flow = if let Scope::Flow(flow) = &scope { Some(flow.name.clone().into()) } else { None };
        record.transaction = Some(Pseudonymizer::new(POD.as_bytes()).transaction(ORDER_REF));
        record.signals = signals.into();
        if let Some(prepared) = prepared {
            record.attached = prepared.attached.clone().into();
            record.lint = prepared.lint.iter().map(ToString::to_string).collect();
        }
        Ok(Rehearsal { scope, outcome, record, received })
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

/// What the policy gives to an order whose application sent no header.
fn given(policy: &RiskParameters) -> Given {
    Given {
        start: policy.start,
        referring_domain: policy.referring_domain.clone(),
        app_identifier: policy.app_identifier.clone(),
        hash_device_identifier: policy.device_identifier.hash == Some(DeviceIdentifierHash::Sha256),
        ..Given::default()
    }
}
