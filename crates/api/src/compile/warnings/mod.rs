//! What is legal in a policy, but unwise.

mod bankid_no;
mod bankid_se;
mod flow;
mod one_span;
mod tic_identity;

use std::collections::BTreeSet;

use riskgate_core::config::{Mode, ProviderConfig, ProviderKind, UncoveredOperations};
use riskgate_core::{Bytes, Flow, Operation, Phase, Provider, SidecarConfig, Start};

use super::Warning;
use crate::policy::RiskPolicySpec;

/// Less is room for few orders and the signatures that come of them.
const LITTLE_MEMORY: Bytes = Bytes(1 << 20);

/// Collects warnings.
#[derive(Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Warning { path: path.into(), message: message.into() });
    }
}

/// The warnings on a policy that has no problem.
pub(super) fn of(spec: &RiskPolicySpec, config: &SidecarConfig) -> Vec<Warning> {
    let mut warnings = Warnings::default();
    if spec.mode == Mode::Monitor {
        warnings.add(
            "spec.mode",
            "Monitor changes no outcome: what would be blocked passes; write Enforce once the decision records are as \
             expected",
        );
    }
    ports(spec, &mut warnings);
    if spec.store.max_bytes() < LITTLE_MEMORY {
        warnings.add(
            "spec.store.memory.maxBytes",
            format!("little room: once it is taken, new orders are refused; write at least {LITTLE_MEMORY}"),
        );
    }
    if config.providers.iter().any(|entry| entry.provider() == Provider::BankIdSe) {
        risk_parameters(spec, &mut warnings);
    }
    coverage(spec, config, &mut warnings);
    for (index, flow) in spec.flows.iter().enumerate() {
        let path = format!("spec.flows[{index}]");
        let provider = config.providers.iter().find(|entry| entry.name == flow.provider);
        let screens = screens(config, flow);
        match provider.map(|entry: &ProviderConfig| &entry.kind) {
            Some(ProviderKind::BankIdSe(_)) => bankid_se::warn(&path, flow, screens, &mut warnings),
            Some(ProviderKind::BankIdNo(bankid)) => {
                bankid_no::warn(&path, flow, (config, bankid, screens), &mut warnings);
            }
            Some(ProviderKind::TicIdentity(tic)) => {
                tic_identity::warn(&path, flow, (config, tic, screens), &mut warnings);
            }
            Some(ProviderKind::OneSpan(one_span)) => {
                one_span::warn(&path, flow, (one_span, screens), &mut warnings);
            }
            None => {}
        }
    }
    warnings.0
}

/// Whether the flow names a source that is asked before the order exists.
fn screens(config: &SidecarConfig, flow: &Flow) -> bool {
    let listed = config.sources.iter().filter(|source| flow.rule(&source.name).is_some());
    listed.into_iter().any(|source| source.kind.is_asked_in(Phase::Screen))
}

fn ports(spec: &RiskPolicySpec, warnings: &mut Warnings) {
    for path in super::free_ports(spec) {
        warnings.add(path, "0 takes a free port, which only works outside a cluster: admission refuses it");
    }
}

fn risk_parameters(spec: &RiskPolicySpec, warnings: &mut Warnings) {
    let parameters = &spec.risk_parameters;
    match parameters.start {
        None => warnings.add(
            "spec.riskParameters.start",
            "where the application says nothing itself, BankID gets neither web nor app and judges by less; write Web \
             or App",
        ),
        Some(Start::Web) if parameters.referring_domain.is_none() => warnings.add(
            "spec.riskParameters.referringDomain",
            "start Web without a domain: BankID judges better when it knows the domain that starts its app; write one, \
             such as shop.example.se",
        ),
        Some(Start::App) if parameters.app_identifier.is_none() => warnings.add(
            "spec.riskParameters.appIdentifier",
            "start App without an identifier: BankID judges better when it knows the package or bundle that starts its \
             app; write one, such as se.example.shop",
        ),
        Some(_) => {}
    }
}

/// Operations that fall through the flows.
fn coverage(spec: &RiskPolicySpec, config: &SidecarConfig, warnings: &mut Warnings) {
    for (index, entry) in spec.providers.iter().enumerate() {
        let covered = |by_header: bool| -> BTreeSet<Operation> {
            let flows = spec.flows.iter().filter(|flow| flow.provider == entry.name);
            flows
                .filter(|flow| by_header || !flow.selectable_by_header)
                .flat_map(|flow| flow.operations.clone())
                .collect()
        };
        let (by_default, at_all) = (covered(false), covered(true));
        for (index, flow) in spec.flows.iter().enumerate().filter(|(_, flow)| flow.provider == entry.name) {
            let only_by_header: Vec<Operation> =
                flow.operations.iter().copied().filter(|operation| !by_default.contains(operation)).collect();
            if !only_by_header.is_empty() {
                warnings.add(
                    format!("spec.flows[{index}].selectableByHeader"),
                    format!(
                        "{} without the header Riskgate-Flow falls under uncoveredOperations; write a flow for it \
                         without selectableByHeader",
                        names(&only_by_header)
                    ),
                );
            }
        }
        let of_kind = config.providers.iter().find(|it| it.name == entry.name);
        let open: Vec<Operation> = of_kind
            .map_or(&[][..], |it| it.provider().operations())
            .iter()
            .copied()
            .filter(|operation| !at_all.contains(operation))
            .collect();
        if spec.uncovered_operations == UncoveredOperations::Forward && !open.is_empty() {
            warnings.add(
                "spec.uncoveredOperations",
                format!(
                    "providers[{index}]: {} passes without a decision; write Refuse, or a flow for it",
                    names(&open)
                ),
            );
        }
    }
    let used: BTreeSet<&str> = spec.flows.iter().map(|flow| flow.provider.as_str()).collect();
    for (index, entry) in
        spec.providers.iter().enumerate().filter(|(_, entry)| !used.contains(entry.name.as_str()))
    {
        warnings.add(
            format!("spec.providers[{index}]"),
            format!("no flow names {}: everything asked of it falls under uncoveredOperations", entry.name),
        );
    }
}

fn names(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.name()).collect::<Vec<_>>().join(", ")
}
