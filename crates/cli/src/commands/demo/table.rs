//! The demo's report for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use riskgate_core::signal::PROVIDER_SOURCE;
use riskgate_core::{DecisionRecord, Reason, ReasonCode, Verdict};

use super::report::{Report, Route, Row};

/// In place of what is not there.
const NOTHING: &str = "-";

/// What the rows of a report differ in, and so what the table tells.
#[derive(Clone, Copy)]
struct Layout {
    /// Several sidecars: which of them.
    several_sidecars: bool,
    /// Sources were asked: what each said, and which of them a reason is of.
    sources: bool,
    /// Several providers: which of them.
    several_providers: bool,
}

impl Layout {
    fn of(report: &Report) -> Self {
        let first = report.rows.first().map(|row| &row.provider);
        let has_source = |row: &Row| {
            let signals = row.decision.iter().flat_map(|decision| decision.signals.iter());
            signals.into_iter().any(|signal| signal.source != PROVIDER_SOURCE)
        };
        Self {
            several_sidecars: report.rows.iter().any(|row| row.route.is_some()),
            sources: report.rows.iter().any(has_source),
            several_providers: report.rows.iter().any(|row| Some(&row.provider) != first),
        }
    }
}

/// The table, and where to look next.
pub(super) fn of(report: &Report, all: bool) -> String {
    let layout = Layout::of(report);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header(layout))
        .set_constraints([ColumnConstraint::LowerBoundary(Width::Fixed(10))])
        .add_rows(report.rows.iter().map(|row| cells(row, layout)));
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    // A row is a line, so that the headings go between them.
    let mut lines = table.lines();
    let mut text = format!("Policy {}. {}\n", report.policy, about(layout, all));
    for part in &report.left_out {
        text.push_str(&format!("Not played: {part}.\n"));
    }
    text.push('\n');
    push_line(&mut text, &lines.next().unwrap_or_default());
    let mut before = None;
    for (row, line) in report.rows.iter().zip(lines) {
        let heading = heading(row, layout);
        if before.as_ref() != Some(&heading) {
            text.push('\n');
            push_line(&mut text, &heading);
        }
        before = Some(heading);
        push_line(&mut text, &line);
    }
    text.push('\n');
    text.push_str(if all { NEXT_OF_ALL } else { NEXT });
    text
}

fn about(layout: Layout, all: bool) -> &'static str {
    match (all, layout.several_providers || layout.sources) {
        (true, _) => "Simulated services; one transaction of each flow at each of their risks.",
        (false, true) => "Simulated services; one transaction of each kind at each of their risks.",
        (false, false) => {
            "A simulated BankID; one login, signature, payment and phone login at each of its risks."
        }
    }
}

const NEXT: &str = "\
The policy is examples/bankid-se/policy.yaml: change a threshold, and see the difference with `riskgate demo --policy FILE`.
README.md tells what an application sees when it is refused; `riskgate demo --keep` lets you try it by hand.
";

const NEXT_OF_ALL: &str = "\
The policy is examples/everything.yaml: change a threshold, and see the difference with `riskgate demo --policy FILE`. A
signal without a name is the provider's own indication. docs/ has a page for each service and source.
";

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// What rows have in common: flow, operation, and what was attached.
fn heading(row: &Row, layout: Layout) -> String {
    let flow = row.decision.as_ref().and_then(|decision| decision.flow.as_deref()).unwrap_or("no flow");
    let attached = row.decision.as_ref().map(|decision| decision.attached.join(", ")).unwrap_or_default();
    let attached = if attached.is_empty() { "nothing" } else { &attached };
    let operation = row.operation;
    if layout.several_providers {
        let kind = row.decision.as_ref().map(|decision| format!("{} ", decision.provider));
        let kind = kind.unwrap_or_default();
        return format!("{flow} ({kind}{operation}), attached: {attached}");
    }
    format!("{flow} ({operation}), attached: {attached}")
}

fn header(layout: Layout) -> Vec<&'static str> {
    let signals = if layout.sources { "SIGNALS" } else { "INDICATION" };
    let mut header = vec!["RISK", signals, "VERDICT", "REASONS", "APPLICATION RECEIVED"];
    if layout.several_sidecars {
        header.insert(1, "PODS");
    }
    header
}

/// `1 > 2`: ordered at the first sidecar, collected at the second.
fn route(row: &Row) -> String {
    match row.route {
        Some(Route { ordered, collected: Some(collected) }) => format!("{ordered} > {collected}"),
        Some(Route { ordered, collected: None }) => ordered.to_string(),
        None => NOTHING.to_owned(),
    }
}

fn cells(row: &Row, layout: Layout) -> Vec<String> {
    let of = |tell: &dyn Fn(&DecisionRecord<'_>) -> String| {
        let text = row.decision.as_ref().map(tell).unwrap_or_default();
        if text.is_empty() { NOTHING.to_owned() } else { text }
    };
    let mut cells = vec![
        format!("  {}", row.risk),
        of(&|decision| if layout.sources { signals(decision) } else { indication(decision) }),
        of(&verdict),
        of(&|decision| if layout.sources { reasons_by_source(decision) } else { reasons(decision) }),
        row.received.to_string(),
    ];
    if layout.several_sidecars {
        cells.insert(1, route(row));
    }
    cells
}

fn indication(decision: &DecisionRecord<'_>) -> String {
    let signal = decision.signals.iter().find(|signal| signal.source == PROVIDER_SOURCE);
    signal.map(|signal| signal.assessment.to_string()).unwrap_or_default()
}

/// What each source said, the provider first; one that was asked twice and said the same is told once. A request that was
/// refused before the provider heard of it has no indication.
fn signals(decision: &DecisionRecord<'_>) -> String {
    let mut told = vec![match indication(decision) {
        none if none.is_empty() => NOTHING.to_owned(),
        indication => indication,
    }];
    for signal in decision.signals.iter().filter(|signal| signal.source != PROVIDER_SOURCE) {
        let said = format!("{} {}", signal.source, signal.assessment);
        if !told.contains(&said) {
            told.push(said);
        }
    }
    told.join(", ")
}

/// The verdict, and what the application saw of it where that differs.
fn verdict(decision: &DecisionRecord<'_>) -> String {
    match (decision.verdict, decision.enforced) {
        (verdict, enforced) if verdict == enforced => verdict.to_string(),
        (Verdict::Challenge, Verdict::Block) => "Challenge, refused".to_owned(),
        (verdict, _) => format!("{verdict}, passed"),
    }
}

pub(super) fn reasons(decision: &DecisionRecord<'_>) -> String {
    decision.reasons.iter().map(reason).collect::<Vec<_>>().join(", ")
}

/// The same with the sources that gave one, where it was not the provider alone: `BlockAt: High (ip, fraud)`.
fn reasons_by_source(decision: &DecisionRecord<'_>) -> String {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for given in &*decision.reasons {
        let text = reason(given);
        let source = given.source.as_deref();
        match told.iter_mut().find(|(known, _)| *known == text) {
            Some((_, sources)) => sources.extend(source.filter(|name| !sources.contains(name))),
            None => told.push((text, source.into_iter().collect())),
        }
    }
    let tell = |(text, sources): (String, Vec<&str>)| match sources.as_slice() {
        [] | [PROVIDER_SOURCE] => text,
        named => format!("{text} ({})", named.join(", ")),
    };
    told.into_iter().map(tell).collect::<Vec<_>>().join(", ")
}

/// The code, and what the policy's rule says: `BlockAt: High`.
fn reason(reason: &Reason) -> String {
    match (reason.code, reason.rule.split_once(": ")) {
        (ReasonCode::BelowThresholds | ReasonCode::ChallengeMet, _) | (_, None) => reason.code.to_string(),
        (code, Some((_, value))) => format!("{code}: {value}"),
    }
}
