//! Screen: sources that need only the request, before the order exists; and what a challenge adds to the order.

use riskgate_core::config::Mode;
use riskgate_core::evaluate;
use riskgate_core::{Flow, Outcome, Phase, Signal, Verdict, When};
use riskgate_sources::Question;
use riskgate_wire::{Prepared, Tightened};

use super::gateway::Exchange;

/// Asks the screen-phase sources of `flow`, where it has any, and judges what they say.
pub(super) async fn screen(
    exchange: &Exchange,
    flow: &Flow,
    question: impl FnOnce() -> Question,
) -> (Vec<Signal>, Outcome) {
    let sources = &exchange.snapshot.sources;
    let signals = if sources.asks(flow, Phase::Screen) {
        sources.ask(flow, Phase::Screen, &question()).await
    } else {
        Vec::new()
    };
    let outcome = evaluate::screen(flow, &signals);
    (signals, outcome)
}

/// Whether the order of `flow` is to be tightened, after its screening.
pub(super) fn tightens(mode: Mode, flow: &Flow, screened: &Outcome) -> bool {
    let when = flow.challenge.at_order.as_ref().map(|at_order| at_order.when);
    mode == Mode::Enforce
        && match when {
            Some(When::Always) => true,
            Some(When::Screen) => screened.verdict == Verdict::Challenge,
            None => false,
        }
}

/// A tightened order, taken over into what was prepared.
pub(super) fn take_over(prepared: &mut Prepared, tightened: Tightened) {
    prepared.body = tightened.body;
    prepared.attached.extend(tightened.attached);
    prepared.carried = tightened.carried;
}
