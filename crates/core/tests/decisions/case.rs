//! The tables' own form.

use riskgate_core::config::{Mode, ProviderKind, UncoveredOperations, WhenOrderUnknown};
use riskgate_core::evaluate::{decide, screen};
use riskgate_core::{
    Assessment, DECISION_SCHEMA, DecisionRecord, Evidence, Outcome, Phase, Provider, RequirementSet, Scope,
    SidecarConfig, Signal, Threshold,
};
use serde::Deserialize;

use crate::addresses::Addresses;

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) what: String,
    #[serde(with = "serde_yaml::with::singleton_map")]
    under: Under,
    #[serde(default)]
    signals: Vec<Said>,
    /// What the addresses come to, as one more signal.
    addresses: Option<Addresses>,
    #[serde(default)]
    application_threshold: Option<Threshold>,
    #[serde(default)]
    carried: RequirementSet,
    /// Verdict, enforcement and what is asked for.
    pub(crate) then: String,
    /// The reasons, one a line: code, source, rule, observation.
    pub(crate) because: Vec<String>,
}

/// What a case is decided under.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Under {
    /// A flow, when its transaction is complete.
    Flow(String),
    /// A flow, before the order exists.
    Screen(String),
    /// Every flow of a provider entry.
    Unknown(String),
    /// The same, where the policy blocks unknown orders.
    UnknownBlocked(String),
    /// No flow.
    Uncovered(UncoveredOperations),
}

/// A signal in short.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    source: String,
    #[serde(default = "assess")]
    phase: Phase,
    says: Assessment,
    score: Option<u8>,
    #[serde(default)]
    indicators: Vec<String>,
}

fn assess() -> Phase {
    Phase::Assess
}

impl Case {
    fn signals(&self) -> Vec<Signal> {
        let signal = |said: &Said| Signal {
            score: said.score,
            indicators: said.indicators.clone(),
            ..Signal::new(said.source.as_str(), said.phase, said.says)
        };
        let rated = self.addresses.as_ref().map(Addresses::signal);
        self.signals.iter().map(signal).chain(rated).collect()
    }

    /// The configuration with what the case says of it.
    pub(crate) fn config(&self, config: &SidecarConfig) -> SidecarConfig {
        let mut config = config.clone();
        match self.under {
            Under::UnknownBlocked(_) => match &mut config.providers[0].kind {
                ProviderKind::BankIdSe(bankid) => bankid.when_order_unknown = WhenOrderUnknown::Block,
                other => panic!("the configuration of the cases has {other:?} first"),
            },
            Under::Uncovered(operations) => config.uncovered_operations = operations,
            _ => {}
        }
        config
    }

    pub(crate) fn decide(&self, config: &SidecarConfig) -> Outcome {
        let signals = self.signals();
        let evidence = Evidence {
            signals: &signals,
            application_threshold: self.application_threshold,
            carried: self.carried,
        };
        let flow = |name: &str| config.flow(name).unwrap_or_else(|| panic!("{}: no flow {name}", self.what));
        match &self.under {
            Under::Flow(name) => decide(&Scope::Flow(flow(name)), &evidence),
            Under::Screen(name) => screen(flow(name), &signals),
            Under::Unknown(provider) | Under::UnknownBlocked(provider) => {
                decide(&config.scope_of_unknown(provider), &evidence)
            }
            Under::Uncovered(operations) => decide(&Scope::Uncovered(operations.verdict()), &evidence),
        }
    }

    /// The kind of provider whose transaction this is.
    fn provider(&self, config: &SidecarConfig) -> Provider {
        let entry = match &self.under {
            Under::Flow(name) | Under::Screen(name) => config.flow(name).map(|flow| flow.provider.as_str()),
            Under::Unknown(name) | Under::UnknownBlocked(name) => Some(name.as_str()),
            Under::Uncovered(_) => None,
        };
        let entry = config.providers.iter().find(|known| entry.is_none_or(|name| known.name == name));
        entry.unwrap_or_else(|| panic!("{}: no such provider", self.what)).provider()
    }

    /// The record of `outcome`, as the sidecar writes it.
    pub(crate) fn record(&self, config: &SidecarConfig, outcome: &Outcome) -> DecisionRecord<'static> {
        let flow = match &self.under {
            Under::Flow(name) | Under::Screen(name) => Some(name.clone().into()),
            _ => None,
        };
        let transaction = !matches!(self.under, Under::Screen(_) | Under::Uncovered(_));
        DecisionRecord {
            schema: DECISION_SCHEMA.into(),
            id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
            time: "2026-01-01T00:00:00Z".into(),
            namespace: "shop".into(),
            pod: "shop-0".into(),
            policy: "retail".into(),
            revision: "sha256:0".into(),
            mode: Mode::Enforce,
            provider: self.provider(config),
            operation: None,
            flow,
            transaction: transaction.then(|| "hmac:0".to_owned()),
            subject: None,
            attached: Vec::new().into(),
            lint: Vec::new().into(),
            signals: self.signals().into(),
            verdict: outcome.verdict,
            enforced: outcome.enforced(),
            reasons: outcome.reasons.clone().into(),
        }
    }
}
