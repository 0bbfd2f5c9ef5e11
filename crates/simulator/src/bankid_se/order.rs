//! One order: what it was made from, and how far it has come.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::lifetimes::Lifetimes;
use super::operation::Operation;
use super::qr;
use super::request::OrderRequest;
use super::script::{FaultPoint, Lasts, Outcome, Script, Start, Step, plan};
use super::scripts::{Installed, ScriptSource};
use crate::client::ClientCertificate;
use crate::clock::Moment;

/// What the app is started with; random, and known to nobody else.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) auto_start: Uuid,
    pub(crate) qr_start: Uuid,
    pub(crate) qr_secret: Uuid,
}

impl Tokens {
    fn random() -> Self {
        Self { auto_start: Uuid::new_v4(), qr_start: Uuid::new_v4(), qr_secret: Uuid::new_v4() }
    }
}

/// What never changes about an order.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) order_ref: Uuid,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) request: OrderRequest,
    /// The RP certificate that created it, without which nobody may collect or cancel it.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    pub(crate) installed: Arc<Installed>,
    pub(crate) source: ScriptSource,
    pub(crate) created: Moment,
}

impl Facts {
    pub(crate) fn new(
        request: OrderRequest,
        certificate: Option<Arc<ClientCertificate>>,
        installed: Arc<Installed>,
        source: ScriptSource,
        created: Moment,
    ) -> Self {
        let tokens = request.operation.is_started_by_token().then(Tokens::random);
        Self { order_ref: Uuid::new_v4(), tokens, request, certificate, installed, source, created }
    }

    pub(crate) fn script(&self) -> &Script {
        &self.installed.script
    }

    /// How the user starts the app: as the script says, else as the operation suggests.
    pub(crate) fn start(&self) -> Start {
        self.script().start.unwrap_or(match self.request.operation {
            Operation::Auth | Operation::Sign | Operation::Payment => Start::Autostart,
            Operation::OtherPayment => Start::PersonalNumber,
            Operation::PhoneAuth | Operation::PhoneSign => Start::Phone,
        })
    }

    fn steps(&self) -> &[Step] {
        match &self.script().hints {
            Some(steps) => steps,
            None => plan(self.start(), self.request.mrtd),
        }
    }

    /// BankID's indication, whether or not anybody asked for it. It is about the use of BankID on the device of the
    /// service, so it is not usual for another device or a call (`bankid-se.md section 4`).
    pub(crate) fn risk(&self) -> Option<String> {
        if self.request.operation.is_phone() {
            return None;
        }
        let usual = || (self.start() != Start::Qr).then(|| "low".to_owned());
        self.script().risk.or(usual)
    }

    /// The content of the QR code at `now`.
    pub(crate) fn qr_data(&self, now: Moment) -> Option<String> {
        let tokens = self.tokens.as_ref()?;
        let seconds = now.since(self.created).as_secs();
        Some(qr::data(&tokens.qr_start.to_string(), &tokens.qr_secret.to_string(), seconds))
    }
}

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

/// How many answers of each kind an order has had, for the counting of faults.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pending: u32,
    terminal: u32,
    collect: u32,
    cancel: u32,
}

impl Counts {
    fn of(&mut self, point: FaultPoint) -> Option<&mut u32> {
        match point {
            FaultPoint::Pending => Some(&mut self.pending),
            FaultPoint::Terminal => Some(&mut self.terminal),
            FaultPoint::Collect => Some(&mut self.collect),
            FaultPoint::Cancel => Some(&mut self.cancel),
            FaultPoint::Order => None,
        }
    }

    /// How many answers of this kind there were before, and one more now.
    pub(crate) fn next(&mut self, point: FaultPoint) -> u32 {
        self.of(point).map_or(0, |count| std::mem::replace(count, count.saturating_add(1)))
    }
}
