//! The explanation for people.

use riskgate_core::config::{Mode, ProviderConfig, SidecarConfig};
use riskgate_core::{Enforcement, Flow, Phase, Scope, Signal, Verdict, signal::PROVIDER_SOURCE};

use super::question::{Order, Question};
use super::rehearsal::{Received, Rehearsal};
use super::sentence;

/// Lines of a label and what it stands for.
#[derive(Default)]
struct Lines(String);

impl Lines {
    const LABEL: usize = 13;

    fn add(&mut self, label: &str, text: &str) {
        self.0.push_str(&format!("{label:<width$}{text}\n", width = Self::LABEL));
    }
}

/// What would happen, and why.
pub(super) fn of(
    config: &SidecarConfig,
    entry: &ProviderConfig,
    question: &Question,
    rehearsal: &Rehearsal<'_>,
) -> String {
    let Rehearsal { scope, outcome: _, record, received } = rehearsal;
    let mut lines = Lines::default();
    lines.add("policy", &format!("{}, {}", config.policy, config.mode));
    lines.add("asked", &asked(entry, question));
    if let Some(why) = question.silence().filter(|_| question.risk.is_some()) {
        lines.add("", &format!("{why}, so that --risk makes no difference"));
    }
    lines.add("flow", &judged_under(scope, question.order.as_ref()));
    if let Scope::Flow(flow) = scope {
        lines.add("", &rules(flow));
        for name in unasked(question, flow) {
            lines.add("", &format!("it does not ask {name}, so that what {name} says makes no difference"));
        }
    }
    if !record.attached.is_empty() {
        lines.add("attached", &record.attached.join(", "));
    }
    for finding in &*record.lint {
        lines.add("lint", finding);
    }
    let mut label = "signals";
    for signal in record.signals.iter().filter(|_| record.signals.iter().any(is_of_source)) {
        lines.add(label, &told(signal));
        label = "";
    }
    lines.add("verdict", &verdict(config, rehearsal));
    let mut label = "because";
    for reason in &*record.reasons {
        lines.add(label, &format!("{}: {}", reason.code, sentence::of(reason)));
        label = "";
    }
    match received {
        Received::AsItCame => lines.add("application", "the provider's answer, byte for byte"),
        Received::Own(answer) => {
            lines.add("application", &format!("HTTP {}, {}", answer.status, answer.content_type));
            lines.add("", &String::from_utf8_lossy(&answer.body));
        }
    }
    for header in headers(config, rehearsal) {
        lines.add("", &header);
    }
    lines.0
}

/// The sources that something is said of, and that the flow does not ask.
fn unasked<'a>(question: &'a Question, flow: &Flow) -> Vec<&'a str> {
    let mut names: Vec<&str> = question
        .sayings
        .sources()
        .filter(|name| *name != PROVIDER_SOURCE && flow.rule(name).is_none())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn is_of_source(signal: &Signal) -> bool {
    signal.source != PROVIDER_SOURCE
}

/// What one source said: `ip, before the order: Moderate, score 40, isTor`.
fn told(signal: &Signal) -> String {
    let when = if signal.phase == Phase::Screen { ", before the order" } else { "" };
    let mut text = format!("{}{when}: {}", signal.source, signal.assessment);
    if let Some(score) = signal.score {
        text.push_str(&format!(", score {score}"));
    }
    for indicator in &signal.indicators {
        text.push_str(&format!(", {indicator}"));
    }
    text
}

fn asked(entry: &ProviderConfig, question: &Question) -> String {
    let risk = question.risk.as_ref().map(|risk| format!("risk {risk}"));
    let Some(order) = &question.order else {
        let what = format!("the result of an order that the sidecar does not know, {}", entry.name);
        return [what].into_iter().chain(risk).collect::<Vec<_>>().join(", ");
    };
    let mut parts = vec![order.operation.to_string(), entry.name.clone()];
    parts.extend(risk);
    if let Some(flow) = &order.flow {
        parts.push(format!("Riskgate-Flow: {flow}"));
    }
    if let Some(limit) = order.requirement_risk {
        parts.push(format!("requirement.risk: {}", limit.word()));
    }
    if !order.carried.is_empty() {
        parts.push(format!("the order carries {}", names(&order.carried, ", ")));
    }
    parts.join(", ")
}

fn judged_under(scope: &Scope<'_>, order: Option<&Order>) -> String {
    let operation = order.map_or_else(String::new, |order| order.operation.to_string());
    match scope {
        Scope::Flow(flow) if flow.selectable_by_header => format!("{}, named by the application", flow.name),
        Scope::Flow(flow) => format!("{}, the default for {operation}", flow.name),
        Scope::Strictest { flows, .. } => {
            let names: Vec<&str> = flows.iter().map(|flow| flow.name.as_str()).collect();
            format!("every flow of the provider ({}), the strictest holds", names.join(", "))
        }
        Scope::UnknownBlocked => "none: unknown orders are blocked".to_owned(),
        Scope::Uncovered(_) => format!("none covers {operation}").trim_end().to_owned(),
    }
}

fn rules(flow: &Flow) -> String {
    let thresholds = [("challengeAt", flow.challenge_at), ("blockAt", flow.block_at)];
    let mut rules: Vec<String> = thresholds
        .into_iter()
        .filter_map(|(name, threshold)| Some(format!("{name} {}", threshold?)))
        .collect();
    rules.push(format!("whenUnknown {}", flow.when_unknown));
    rules.push(format!("whenUnavailable {}", flow.when_unavailable));
    rules.push(format!("whenNotApplicable {}", flow.when_not_applicable));
    rules.join(", ")
}

fn verdict(config: &SidecarConfig, rehearsal: &Rehearsal<'_>) -> String {
    let verdict = rehearsal.outcome.verdict;
    match (config.mode, verdict, rehearsal.outcome.enforcement) {
        (_, Verdict::Allow, _) | (Mode::Enforce, Verdict::Block, _) => verdict.to_string(),
        (Mode::Monitor, ..) => format!("{verdict}, not enforced: the policy only monitors"),
        (_, _, Enforcement::Pass) => format!("{verdict}, met: the result passes"),
        (_, _, Enforcement::PassChallenged) => format!("{verdict}, left to the application"),
        (_, _, Enforcement::Refuse) => format!("{verdict}, not met: the result is refused"),
    }
}

/// The headers on the answer (design.md section 4), without the decision's id. Nothing is decided of the results of
/// forwarded uncovered orders, and nothing is told in Monitor.
fn headers(config: &SidecarConfig, rehearsal: &Rehearsal<'_>) -> Vec<String> {
    let forwarded =
        matches!(rehearsal.scope, Scope::Uncovered(_)) && rehearsal.received == Received::AsItCame;
    if config.mode == Mode::Monitor || forwarded {
        return Vec::new();
    }
    let outcome = &rehearsal.outcome;
    let challenged = outcome.enforcement == Enforcement::PassChallenged;
    let seen = if challenged { Verdict::Challenge } else { outcome.enforced() };
    let mut codes: Vec<String> = outcome.reasons.iter().map(|reason| reason.code.to_string()).collect();
    codes.dedup();
    let mut headers = vec![
        format!("Riskgate-Verdict: {}", seen.header_value()),
        format!("Riskgate-Reasons: {}", codes.join(",")),
    ];
    if outcome.verdict == Verdict::Challenge && outcome.enforcement != Enforcement::Pass {
        let asked = names(&outcome.required, ",");
        let asked = if asked.is_empty() { "StepUp" } else { &asked };
        headers.push(format!("Riskgate-Challenge: {asked}"));
    }
    headers
}

fn names(requirements: &[impl ToString], separator: &str) -> String {
    requirements.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}
