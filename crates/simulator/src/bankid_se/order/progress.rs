//! How far an order has come, by collects and by time (`bankid-se.md sections 4 and 7`).

use std::borrow::Cow;
use std::time::Duration;

use super::facts::Facts;
use crate::bankid_se::lifetimes::Lifetimes;
use crate::bankid_se::script::{FaultPoint, Lasts, Outcome, Start, Step};
use crate::clock::Moment;

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    Failed(Cow<'static, str>),
}

/// How far an order has come.
#[derive(Clone, Debug)]
pub(crate) enum Progress {
    Pending {
        step: usize,
        /// How often the step's hint was given.
        given: u32,
        since: Moment,
        /// When an app took the order.
        picked_up: Option<Moment>,
    },
    Finished {
        ending: Ending,
        at: Moment,
    },
}

/// What a collect says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Pending(Cow<'static, str>),
    Finished(Ending),
}

impl Report {
    pub(crate) fn point(&self) -> FaultPoint {
        match self {
            Self::Pending(_) => FaultPoint::Pending,
            Self::Finished(_) => FaultPoint::Terminal,
        }
    }
}

impl Progress {
    pub(crate) fn of_new(facts: &Facts) -> Self {
        let mut progress = Self::Pending { step: 0, given: 0, since: facts.created, picked_up: None };
        progress.enter(facts, 0, facts.created);
        progress
    }

    /// What has happened by itself until `now`.
    pub(crate) fn settle(&mut self, facts: &Facts, lifetimes: &Lifetimes, now: Moment) {
        while let Self::Pending { step, since, picked_up, .. } = *self {
            let (deadline, hint) = match picked_up {
                Some(at) => (at.plus(lifetimes.decide), "expiredTransaction"),
                None if matches!(facts.start(), Start::Autostart | Start::Qr) => {
                    (facts.created.plus(lifetimes.start), "startFailed")
                }
                None => (facts.created.plus(lifetimes.pick_up), "expiredTransaction"),
            };
            let step_ends = match facts.steps().get(step) {
                Some(Step { lasts: Lasts::Time(time), .. }) => Some(since.plus(*time)),
                _ => None,
            };
            match step_ends {
                Some(end) if end <= now && end < deadline => self.enter(facts, step + 1, end),
                _ if deadline <= now => {
                    *self = Self::Finished { ending: Ending::Failed(hint.into()), at: deadline };
                }
                _ => return,
            }
        }
    }

    /// What a collect at `now` says; counts it.
    pub(crate) fn report(&mut self, facts: &Facts, now: Moment) -> Report {
        loop {
            match self {
                Self::Finished { ending, .. } => return Report::Finished(ending.clone()),
                Self::Pending { step, given, .. } => {
                    let steps = facts.steps();
                    let current = steps.get(*step);
                    if let Some(Step { lasts: Lasts::Collects(times), .. }) = current
                        && *given >= *times
                    {
                        let next = *step + 1;
                        self.enter(facts, next, now);
                        continue;
                    }
                    *given = given.saturating_add(1);
                    let hint = current.or(steps.last()).map(|step| step.hint.clone());
                    return Report::Pending(hint.unwrap_or(Cow::Borrowed("outstandingTransaction")));
                }
            }
        }
    }

    /// Begins a step, or ends the order after the last one.
    fn enter(&mut self, facts: &Facts, next: usize, at: Moment) {
        let Self::Pending { step, given, since, picked_up } = self else { return };
        match (facts.steps().get(next), &facts.script().outcome) {
            (Some(entered), _) => {
                if !entered.is_waiting() {
                    picked_up.get_or_insert(at);
                }
                (*step, *given, *since) = (next, 0, at);
            }
            (None, Outcome::Pending) => (*step, *given, *since) = (next, 0, at),
            (None, outcome) => self.finish(facts, outcome, at),
        }
    }

    /// Ends the order now. `Pending` ends nothing.
    pub(crate) fn finish(&mut self, facts: &Facts, outcome: &Outcome, at: Moment) {
        let ending = match outcome {
            Outcome::Pending => return,
            Outcome::Failed(hint) => Ending::Failed(Cow::Owned(hint.clone())),
            Outcome::Complete => {
                let passes =
                    facts.request.risk_limit.is_none_or(|limit| limit.lets_pass(facts.risk().as_deref()));
                if passes {
                    Ending::Complete
                } else {
                    Ending::Failed(Cow::Borrowed("transactionRiskBlocked"))
                }
            }
        };
        *self = Self::Finished { ending, at };
    }

    /// The hint of the current step.
    pub(crate) fn hint<'a>(&self, facts: &'a Facts) -> Option<&'a str> {
        let Self::Pending { step, .. } = self else { return None };
        let steps = facts.steps();
        steps.get(*step).or(steps.last()).map(|step| step.hint.as_ref())
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(self, Self::Pending { .. })
    }

    /// Whether the order is forgotten by `now`, having waited too long to be collected.
    pub(crate) fn is_gone(&self, lifetimes: &Lifetimes, now: Moment) -> bool {
        match self {
            Self::Pending { .. } => false,
            Self::Finished { ending, at } => {
                let kept: Duration = match ending {
                    Ending::Complete => lifetimes.complete,
                    Ending::Failed(_) => lifetimes.failed,
                };
                now.since(*at) >= kept
            }
        }
    }
}
