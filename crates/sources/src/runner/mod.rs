//! Asks the sources of a flow, all at once, each within its own limits.
//!
//! Whatever a source does, there is one signal of it, no later than its time allows: that it failed, was too slow, too busy or
//! left alone is said with a [`cause`], and `whenUnavailable` of the policy decides what that means.

pub(crate) mod breaker;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use riskgate_core::{Clock, Facts, Flow, Phase, Signal, cause};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

pub use self::breaker::BreakerLimits;
use self::breaker::{Breaker, Change, Pass};
use crate::source::{Question, Report, Source, SourceFailure};

/// What one source may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// How long one answer may take.
    pub timeout: Duration,
    /// Questions at once; one more is not asked but `Overloaded`.
    pub concurrency: usize,
    /// When it is left alone.
    pub breaker: BreakerLimits,
}

/// Hears of every signal, for the metrics.
pub trait Observer: Send + Sync {
    /// A source was asked, or could not be: what it said, and how long that took.
    fn observe(&self, signal: &Signal, latency: Duration);
}

/// Nobody hears of anything.
impl Observer for () {
    fn observe(&self, _: &Signal, _: Duration) {}
}

/// The sources of a policy. What is remembered of each (how many questions are on their way, how often it failed) belongs to
/// this value and starts afresh with the next.
pub struct Runner {
    sources: Vec<Guarded>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

struct Guarded {
    source: Arc<dyn Source>,
    timeout: Duration,
    permits: Semaphore,
    breaker: Breaker,
}

impl Runner {
    /// A runner over these sources, whose names differ. The pauses of the circuit breakers run on `clock`.
    #[must_use]
    pub fn new(
        sources: impl IntoIterator<Item = (Arc<dyn Source>, SourceLimits)>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let guarded = |(source, limits): (Arc<dyn Source>, SourceLimits)| Guarded {
            source,
            timeout: limits.timeout,
            permits: Semaphore::new(limits.concurrency),
            breaker: Breaker::new(limits.breaker),
        };
        Self { sources: sources.into_iter().map(guarded).collect(), clock, observer }
    }

    /// Asks every source that `flow` lists and that serves `phase`, all at once, and gives their signals in the flow's order.
    ///
    /// The answer takes as long as the slowest of them, and never longer than the longest timeout among them. A source that
    /// the flow lists and the runner does not have gives no signal, which evaluation takes for `Unavailable`. Dropping the
    /// future drops every question.
    pub async fn ask(&self, flow: &Flow, phase: Phase, question: &Question) -> Vec<Signal> {
        let asked = self.asked(flow, phase).map(|guarded| self.ask_one(guarded, flow, phase, question));
        join_all(asked).await
    }

    /// Whether [`Runner::ask`] would ask anybody.
    #[must_use]
    pub fn asks(&self, flow: &Flow, phase: Phase) -> bool {
        self.asked(flow, phase).next().is_some()
    }

    fn asked<'a>(&'a self, flow: &'a Flow, phase: Phase) -> impl Iterator<Item = &'a Guarded> {
        flow.sources
            .iter()
            .filter_map(|rule| self.sources.iter().find(|guarded| guarded.source.name() == rule.name))
            .filter(move |guarded| guarded.source.serves(phase))
    }

    async fn ask_one(&self, guarded: &Guarded, flow: &Flow, phase: Phase, question: &Question) -> Signal {
        let started = Instant::now();
        let said = match guarded.admit(&*self.clock) {
            Ok((pass, _permit)) => guarded.assess(phase, question, pass, &*self.clock).await,
            Err(cause) => Err(vec![cause.to_owned()]),
        };
        let latency = started.elapsed();
        let signal = signal(flow, guarded.source.name(), phase, said, latency);
        self.observer.observe(&signal, latency);
        signal
    }
}

impl Guarded {
    /// The right to ask; else the cause why not.
    fn admit(&self, clock: &dyn Clock) -> Result<(Pass<'_>, tokio::sync::SemaphorePermit<'_>), &'static str> {
        let permit = self.permits.try_acquire().map_err(|_| cause::OVERLOADED)?;
        let pass = self.breaker.pass(clock.now()).ok_or(cause::CIRCUIT_OPEN)?;
        Ok((pass, permit))
    }

    /// Asks, and tells the breaker what came of it.
    async fn assess(
        &self,
        phase: Phase,
        question: &Question,
        pass: Pass<'_>,
        clock: &dyn Clock,
    ) -> Result<Report, Vec<String>> {
        // A panic ends the source's future and nothing else: what the source keeps is the source's to keep usable.
        let asking = AssertUnwindSafe(self.source.assess(phase, question)).catch_unwind();
        let answer = match timeout(self.timeout, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => Err(SourceFailure::Failed("it panicked".to_owned())),
            Err(_elapsed) => Err(SourceFailure::TimedOut),
        };
        let source = self.source.name();
        let (change, result) = match answer {
            Ok(report) => (pass.succeeded(), Ok(report)),
            Err(failure) => {
                tracing::debug!(source, %failure, "a source gave no answer");
                let works = matches!(failure, SourceFailure::Refused { always: false, .. });
                let change = if works { pass.succeeded() } else { pass.failed(clock.now()) };
                (change, Err(causes_of(failure)))
            }
        };
        match change {
            Change::None => {}
            Change::Opened => tracing::warn!(source, "a source keeps failing and is left alone for a while"),
            Change::Closed => tracing::info!(source, "a source is back"),
        }
        result
    }
}

fn causes_of(failure: SourceFailure) -> Vec<String> {
    let cause = match failure {
        SourceFailure::Failed(_) => cause::FAILED,
        SourceFailure::Overloaded(_) => cause::OVERLOADED,
        SourceFailure::TimedOut => cause::TIMED_OUT,
        SourceFailure::Refused { causes, .. } => return causes,
    };
    vec![cause.to_owned()]
}

/// The signal. Of the facts only the flow's conditions that hold stay, as indicators.
fn signal(
    flow: &Flow,
    source: &str,
    phase: Phase,
    said: Result<Report, Vec<String>>,
    latency: Duration,
) -> Signal {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let signal = match said {
        Ok(report) => Signal {
            score: report.score.map(|score| score.min(100)),
            indicators: with_conditions(flow, source, report.indicators, &report.facts),
            age_ms: millis(report.age),
            ..Signal::new(source, phase, report.assessment)
        },
        Err(causes) => Signal {
            indicators: causes,
            ..Signal::new(source, phase, riskgate_core::Assessment::Unavailable)
        },
    };
    Signal { latency_ms: millis(latency), ..signal }
}

fn with_conditions(flow: &Flow, source: &str, mut indicators: Vec<String>, facts: &Facts) -> Vec<String> {
    let conditions = flow.rule(source).map(|rule| rule.block_when.as_slice()).unwrap_or_default();
    for held in facts.held(conditions.iter().map(String::as_str)) {
        if !indicators.contains(&held) {
            indicators.push(held);
        }
    }
    indicators
}
