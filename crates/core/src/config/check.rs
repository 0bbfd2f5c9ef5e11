//! Contradictions that the shape of a configuration does not exclude. The RiskPolicy compiler reports them in the words
//! of the policy: the field paths are the same below `spec`.

use std::collections::HashMap;
use std::fmt;

use super::{DecisionLog, ProviderConfig, SidecarConfig, check_provider, check_source, egress};
use crate::facts::Condition;
use crate::flow::{AtCollect, Flow};
use crate::operation::{Operation, Provider};
use crate::quantity::Span;
use crate::requirement::Requirement;

/// One contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The field, such as `flows[1].blockAt`.
    pub path: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The contradictions that were found.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { path: path.into(), message: message.into() });
    }
}

impl SidecarConfig {
    /// Every contradiction in the configuration; none for one that can be used.
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        self.check_ports(&mut findings);
        self.check_timeouts(&mut findings);
        if let Some(proxy) = &self.egress_proxy {
            egress::check(&mut findings, proxy);
        }
        findings.0.extend(super::check_store::check(&self.store));
        if let DecisionLog::File(path) = &self.log.decisions
            && !path.starts_with('/')
        {
            findings
                .add("log.decisions", format!("{path:?} is not a place; write Stdout or an absolute path"));
        }
        let hops = self.risk_parameters.client_ip.trusted_hops;
        if !(1..=16).contains(&hops) {
            findings.add(
                "riskParameters.clientIp.trustedHops",
                format!("{hops} is no entry of a list; write 1 for the one proxy in front of the application, at most 16"),
            );
        }
        if self.providers.is_empty() {
            findings.add("providers", "no provider; write at least one, for example bankIdSe");
        }
        check_unique(&mut findings, "providers", self.providers.iter().map(|entry| entry.name.as_str()));
        check_unique(&mut findings, "flows", self.flows.iter().map(|flow| flow.name.as_str()));
        for (index, entry) in self.providers.iter().enumerate() {
            check_provider::check(&mut findings, index, entry);
        }
        check_source::check(&mut findings, &self.sources);
        for (index, flow) in self.flows.iter().enumerate() {
            self.check_flow(&mut findings, index, flow);
        }
        self.check_default_flows(&mut findings);
        findings.0
    }

    fn check_ports(&self, findings: &mut Findings) {
        let own =
            [("ports.admin".to_owned(), self.ports.admin), ("ports.health".to_owned(), self.ports.health)];
        let listeners = self.providers.iter().enumerate().flat_map(|(index, entry)| {
            let further = entry.further_listener();
            let further =
                further.map(|(field, listen)| (format!("providers[{index}].{field}.port"), listen.port));
            [(format!("providers[{index}].listen.port"), entry.listen.port)].into_iter().chain(further)
        });
        let mut seen: HashMap<u16, String> = HashMap::new();
        for (path, port) in own.into_iter().chain(listeners).filter(|(_, port)| *port != 0) {
            match seen.get(&port) {
                Some(first) => {
                    findings.add(path, format!("port {port} is taken by {first}; write another port"));
                }
                None => drop(seen.insert(port, path)),
            }
        }
    }

    fn check_timeouts(&self, findings: &mut Findings) {
        let limits = &self.timeouts;
        let all = [
            ("connect", limits.connect),
            ("answer", limits.answer),
            ("clientHead", limits.client_head),
            ("clientBody", limits.client_body),
            ("idle", limits.idle),
        ];
        for (name, span) in all {
            let path = format!("timeouts.{name}");
            if span < Span::from_millis(1) {
                findings.add(path, "nothing can be done in no time; write at least 1ms, for example 3s");
            } else if span > Span::from_millis(600_000) {
                findings.add(path, format!("{span} is longer than an order lives; write at most 10m"));
            }
        }
    }

    fn check_flow(&self, findings: &mut Findings, index: usize, flow: &Flow) {
        let path = format!("flows[{index}]");
        match self.providers.iter().find(|entry| entry.name == flow.provider) {
            None => {
                let known: Vec<&str> = self.providers.iter().map(|entry| entry.name.as_str()).collect();
                let message =
                    format!("no provider is named {:?}; write one of: {}", flow.provider, known.join(", "));
                findings.add(format!("{path}.provider"), message);
            }
            Some(entry) => check_operations(findings, &path, flow, entry),
        }
        if let (Some(challenge), Some(block)) = (flow.challenge_at, flow.block_at)
            && challenge > block
        {
            let message =
                format!("challengeAt {challenge} is above blockAt {block}; write a level not above it");
            findings.add(format!("{path}.challengeAt"), message);
        }
        check_unique(
            findings,
            &format!("{path}.sources"),
            flow.sources.iter().map(|rule| rule.name.as_str()),
        );
        check_source::check_use(findings, self, &path, flow);
        check_scores(findings, &path, flow);
        check_conditions(findings, &path, flow);
        check_challenge(findings, &path, flow);
        let provider = self.providers.iter().find(|entry| entry.name == flow.provider);
        if flow.challenge.at_order.is_some()
            && provider.is_some_and(|entry| entry.provider() == Provider::BankIdNo)
        {
            findings.add(
                format!("{path}.challenge.atOrder"),
                "BankID Norway has no order to tighten; leave it out, and write requireHigh: true in bankIdNo to have every pushed login at the high level",
            );
        }
    }

    fn check_default_flows(&self, findings: &mut Findings) {
        let mut seen: HashMap<(&str, Operation), &str> = HashMap::new();
        for (index, flow) in self.flows.iter().enumerate().filter(|(_, flow)| !flow.selectable_by_header) {
            for (at, operation) in flow.operations.iter().enumerate() {
                match seen.get(&(flow.provider.as_str(), *operation)) {
                    Some(first) if *first != flow.name => findings.add(
                        format!("flows[{index}].operations[{at}]"),
                        format!(
                            "{operation} is covered by flow {first:?} already; write selectableByHeader: true in one of them"
                        ),
                    ),
                    _ => drop(seen.insert((flow.provider.as_str(), *operation), &flow.name)),
                }
            }
        }
    }
}

fn check_operations(findings: &mut Findings, path: &str, flow: &Flow, entry: &ProviderConfig) {
    let known = entry.provider().operations();
    if flow.operations.is_empty() {
        findings.add(format!("{path}.operations"), format!("no operation; write some of: {}", names(known)));
    }
    for (at, operation) in flow.operations.iter().enumerate() {
        let here = format!("{path}.operations[{at}]");
        if !known.contains(operation) {
            let message =
                format!("{} has no operation {operation}; write one of: {}", entry.provider(), names(known));
            findings.add(here, message);
        } else if flow.operations[..at].contains(operation) {
            findings.add(here, format!("{operation} stands here twice; write it once"));
        }
    }
}

fn check_scores(findings: &mut Findings, path: &str, flow: &Flow) {
    for (at, rule) in flow.sources.iter().enumerate() {
        let scores = [("blockAtScore", rule.block_at_score), ("challengeAtScore", rule.challenge_at_score)];
        for (name, score) in scores {
            if score.is_some_and(|score| !(1..=100).contains(&score)) {
                findings.add(format!("{path}.sources[{at}].{name}"), "write a score from 1 to 100");
            }
        }
        if let (Some(challenge), Some(block)) = (rule.challenge_at_score, rule.block_at_score)
            && challenge > block
        {
            let message = format!("{challenge} is above blockAtScore {block}; write a score not above it");
            findings.add(format!("{path}.sources[{at}].challengeAtScore"), message);
        }
    }
}

fn check_conditions(findings: &mut Findings, path: &str, flow: &Flow) {
    for (at, rule) in flow.sources.iter().enumerate() {
        for (index, text) in rule.block_when.iter().enumerate() {
            if let Err(error) = Condition::parse(text) {
                findings.add(format!("{path}.sources[{at}].blockWhen[{index}]"), error.to_string());
            }
        }
    }
}

fn check_challenge(findings: &mut Findings, path: &str, flow: &Flow) {
    let required = flow.required();
    if flow.challenge.at_collect == AtCollect::AllowIfRequired && required.is_empty() {
        findings.add(
            format!("{path}.challenge.atCollect"),
            "AllowIfRequired needs something required; write atOrder: { when: Always, require: [PinCode] }",
        );
    } else if flow.challenge.at_order.is_some() && required.is_empty() {
        findings.add(
            format!("{path}.challenge.atOrder.require"),
            "nothing is required; write PinCode, Mrtd or both",
        );
    }
    if required.contains(&Requirement::Mrtd) && flow.operations.iter().any(|operation| operation.is_phone()) {
        findings.add(
            format!("{path}.challenge.atOrder.require"),
            "BankID takes no Mrtd on phone operations; write a flow of their own for them",
        );
    }
}

/// A finding for each name that stands there a second time.
pub(super) fn check_unique<'a>(findings: &mut Findings, path: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, name) in names.enumerate() {
        match seen.get(name) {
            Some(first) => findings.add(
                format!("{path}[{index}].name"),
                format!("{name:?} is the name of {path}[{first}] already; write another name"),
            ),
            None => drop(seen.insert(name, index)),
        }
    }
}

fn names(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.name()).collect::<Vec<_>>().join(", ")
}
