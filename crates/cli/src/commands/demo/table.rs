//! The demo's report for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use riskgate_core::signal::PROVIDER_SOURCE;
use riskgate_core::{DecisionRecord, Reason, ReasonCode, Verdict};

use super::report::{Report, Route, Row};

/// In place of what is not there.
const NOTHING: &str = "-";

/// The table, and where to look next.
pub(super) fn of(report: &Report) -> String {
    let several = report.rows.iter().any(|row| row.route.is_some());
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header(several))
        .set_constraints([ColumnConstraint::LowerBoundary(Width::Fixed(10))])
        .add_rows(report.rows.iter().map(|row| cells(row, several)));
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    // A row is a line, so that the headings go between them.
    let mut lines = table.lines();
    let mut text = format!(
        "Policy {}. A simulated BankID; one login, signature, payment and phone login at each of its risks.\n\n",
        report.policy
    );
    push_line(&mut text, &lines.next().unwrap_or_default());
    let mut before = None;
    for (row, line) in report.rows.iter().zip(lines) {
        let heading = heading(row);
        if before.as_ref() != Some(&heading) {
            text.push('\n');
            push_line(&mut text, &heading);
        }
        before = Some(heading);
        push_line(&mut text, &line);
    }
    text.push('\n');
    text.push_str(NEXT);
    text
}

const NEXT: &str = "\
The policy is examples/bankid-se/policy.yaml: change a threshold, and see the difference with `riskgate demo --policy FILE`.
README.md tells what an application sees when it is refused; `riskgate demo --keep` lets you try it by hand.
";

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// What rows have in common: flow, operation, and what was attached.
fn heading(row: &Row) -> String {
    let flow = row.decision.as_ref().and_then(|decision| decision.flow.as_deref()).unwrap_or("no flow");
    let attached = row.decision.as_ref().map(|decision| decision.attached.join(", ")).unwrap_or_default();
    let attached = if attached.is_empty() { "nothing" } else { &attached };
    format!("{flow} ({}), attached: {attached}", row.operation)
}

fn header(several: bool) -> Vec<&'static str> {
    let mut header = vec!["RISK", "INDICATION", "VERDICT", "REASONS", "APPLICATION RECEIVED"];
    if several {
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

fn cells(row: &Row, several: bool) -> Vec<String> {
    let of = |tell: fn(&DecisionRecord<'_>) -> String| {
        let text = row.decision.as_ref().map(tell).unwrap_or_default();
        if text.is_empty() { NOTHING.to_owned() } else { text }
    };
    let mut cells =
        vec![format!("  {}", row.risk), of(indication), of(verdict), of(reasons), row.received.to_string()];
    if several {
        cells.insert(1, route(row));
    }
    cells
}

fn indication(decision: &DecisionRecord<'_>) -> String {
    let signal = decision.signals.iter().find(|signal| signal.source == PROVIDER_SOURCE);
    signal.map(|signal| signal.assessment.to_string()).unwrap_or_default()
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

/// The code, and what the policy's rule says: `BlockAt: High`.
fn reason(reason: &Reason) -> String {
    match (reason.code, reason.rule.split_once(": ")) {
        (ReasonCode::BelowThresholds | ReasonCode::ChallengeMet, _) | (_, None) => reason.code.to_string(),
        (code, Some((_, value))) => format!("{code}: {value}"),
    }
}
