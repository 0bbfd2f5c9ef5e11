//! Sources that do as they are told, under tokio's paused time.

mod ask;
mod circuit;
mod property;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use riskgate_core::{Assessment, Level, Millis, SourceRule, Verdict};
use tokio::time::sleep;

use super::*;

/// What a fake source does when it is asked.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Answers after so many milliseconds.
    Answer(u64, Report),
    /// Fails after so many milliseconds.
    Fail(u64, SourceFailure),
    /// Never answers.
    Hang,
    /// Panics after so many milliseconds; at once, before its future exists, for 0.
    Panic(u64),
}

/// A source that does one act after another, and the last for ever.
pub(super) struct Fake {
    name: String,
    phases: Vec<Phase>,
    acts: Mutex<VecDeque<Act>>,
    pub(super) asked: AtomicUsize,
    pub(super) abandoned: AtomicUsize,
}

impl Fake {
    pub(super) fn new(name: &str, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Self::serving(name, &[Phase::Screen, Phase::Assess], acts)
    }

    pub(super) fn serving(name: &str, phases: &[Phase], acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            phases: phases.to_vec(),
            acts: Mutex::new(acts.into_iter().collect()),
            asked: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
        })
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn next(&self) -> Act {
        let mut acts = self.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts.front().unwrap().clone() }
    }
}

/// Counts itself when it is dropped before its time.
struct Underway<'a>(&'a Fake, bool);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl Source for Fake {
    fn name(&self) -> &str {
        &self.name
    }

    fn serves(&self, phase: Phase) -> bool {
        self.phases.contains(&phase)
    }

    async fn assess(&self, _: Phase, _: &Question) -> Result<Report, SourceFailure> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut underway = Underway(self, false);
        let result = match self.next() {
            Act::Answer(after, report) => {
                sleep(Duration::from_millis(after)).await;
                Ok(report)
            }
            Act::Fail(after, failure) => {
                sleep(Duration::from_millis(after)).await;
                Err(failure)
            }
            Act::Hang => std::future::pending().await,
            Act::Panic(after) => {
                sleep(Duration::from_millis(after)).await;
                underway.1 = true;
                panic!("a source that panics")
            }
        };
        underway.1 = true;
        result
    }
}

/// The paused time as a clock.
pub(super) struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Millis {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

/// Signals and latencies in the order in which they came.
#[derive(Default)]
pub(super) struct Heard(pub(super) Mutex<Vec<(Signal, Duration)>>);

impl Observer for Heard {
    fn observe(&self, signal: &Signal, latency: Duration) {
        self.0.lock().unwrap().push((signal.clone(), latency));
    }
}

pub(super) const LIMITS: SourceLimits = SourceLimits {
    timeout: Duration::from_millis(300),
    concurrency: 8,
    breaker: BreakerLimits { failures: 3, pause: Duration::from_secs(10) },
};

pub(super) fn runner(sources: &[Arc<Fake>], limits: SourceLimits) -> Runner {
    heard_runner(sources, limits, Arc::new(()))
}

pub(super) fn heard_runner(
    sources: &[Arc<Fake>],
    limits: SourceLimits,
    observer: Arc<dyn Observer>,
) -> Runner {
    let sources = sources.iter().map(|fake| (Arc::clone(fake) as Arc<dyn Source>, limits));
    Runner::new(sources, Arc::new(PausedClock(Instant::now())), observer)
}

/// A flow that lists these sources.
pub(super) fn flow(sources: &[&str]) -> Flow {
    let rule = |name: &&str| SourceRule {
        name: (*name).to_owned(),
        ..serde_json::from_value(serde_json::json!({ "name": "x" })).unwrap()
    };
    Flow { sources: sources.iter().map(rule).collect(), ..bare_flow() }
}

fn bare_flow() -> Flow {
    serde_json::from_value(serde_json::json!({
        "name": "login",
        "provider": "bankid",
        "operations": ["Auth"],
        "whenUnknown": Verdict::Allow,
        "whenUnavailable": Verdict::Block,
    }))
    .unwrap()
}

pub(super) fn low() -> Report {
    Report::new(Level::Low)
}

pub(super) fn broken() -> SourceFailure {
    SourceFailure::Failed("broken".to_owned())
}

/// What the signals come down to: source, assessment, indicators and latency.
pub(super) fn gist(signals: &[Signal]) -> Vec<String> {
    signals
        .iter()
        .map(|signal| {
            let indicators = signal.indicators.join(",");
            format!("{} {}[{indicators}] {}ms", signal.source, signal.assessment, signal.latency_ms)
        })
        .collect()
}
