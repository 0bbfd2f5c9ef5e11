//! An exchange whose session may go on: judged when it is answered, and what it was judged on kept for the session's result.
//!
//! Nobody asks for the same answer again, so it is not kept; a session that was refused stays refused, because its result is
//! judged on the same signals.

use std::borrow::Cow;

use riskgate_core::config::Mode;
use riskgate_core::{Enforcement, Operation, Scope, Signal};
use riskgate_store::{Key, Order};
use riskgate_wire::{Completed, Inquiry, Shown};
use tokio::sync::watch;

use super::enforce::Asked;
use super::gateway::{Answered, Exchange};
use super::join::Progress;
use super::judge::metric;
use super::record::{Circumstances, new_id, record};
use super::{assess, decide, enforce, inquiry};
use crate::message::Response;
use crate::ops::metrics::Outcome;

/// What an exchange was answered with.
pub(super) struct Opening<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) operation: Operation,
    pub(super) order: &'a Order,
    /// The session's reference, by which its result is asked for.
    pub(super) session: Option<&'a str>,
    /// The provider's name for the transaction, where it has one besides.
    pub(super) reference: Option<&'a str>,
    /// Where the provider has it on file.
    pub(super) inquiry: Option<&'a Inquiry>,
    pub(super) completed: &'a Completed,
    /// What the answer shows besides.
    pub(super) shown: Shown,
    /// Those who wait for the answer.
    pub(super) progress: &'a watch::Sender<Progress>,
}

impl Opening<'_> {
    /// Assess, decide, enforce, record: under the snapshot that is current now.
    pub(super) async fn judge(&self, passed: Response) -> Answered {
        let exchange = self.exchange.now();
        let Some(scope) = decide::scope(&exchange, Some(self.order)) else {
            self.open(Vec::new()).await;
            return Answered::new(Outcome::Passed, passed);
        };
        let takes_time = assess::takes_time(&exchange, Some(self.order), &scope);
        let inquires = self.inquiry.is_some_and(|inquiry| inquiry.before_decision.is_some());
        if (takes_time || inquires) && exchange.snapshot.config.mode == Mode::Monitor {
            // Nothing may change, the time of an answer included: it passes before any source is asked.
            let passes = Answered::new(Outcome::Allowed, passed.clone());
            let _nobody = self.progress.send(Progress::Done(passes));
        }
        let completed = self.completed(&exchange).await;
        let unnamed = new_id();
        let reference = self.reference.or(self.session).unwrap_or(&unnamed);
        let signals = assess::signals(
            &exchange,
            reference,
            Some(self.order),
            (&completed, self.shown),
            &scope,
            takes_time,
        )
        .await;
        let outcome = decide::decide(&scope, Some(self.order), &signals);
        let id = new_id();
        let asked = Asked::Exchange { operation: self.operation, repeatable: false, shown: self.shown };
        let (response, _) = enforce::result(&exchange, asked, reference, passed, &outcome, &id);
        // Before the application has the answer, so that it cannot ask for a result that nothing is known of.
        self.open(signals.clone()).await;
        let refused = outcome.enforcement == Enforcement::Refuse;
        if let Some(inquiry) =
            self.inquiry.filter(|_| refused && exchange.snapshot.config.mode == Mode::Enforce)
        {
            inquiry::keep_refused(&exchange, inquiry, &response).await;
        }
        let about = Circumstances {
            operation: Some(self.operation),
            flow: if let Scope::Flow(flow) = &scope { Some(&flow.name) } else { None },
            reference: Some(reference),
            subject: self.order.subject.as_deref(),
            attached: &self.order.attached,
            lint: &self.order.lint,
            signals: &signals,
        };
        record(&exchange, &about, &outcome, &id);
        Answered::new(metric(&exchange, &outcome), response)
    }

    /// What the answer says, with what the provider has on file, where that is asked for before the decision.
    async fn completed(&self, exchange: &Exchange) -> Cow<'_, Completed> {
        let asked = self.inquiry.and_then(|inquiry| Some((inquiry, inquiry.before_decision?)));
        let Some((inquiry, within)) = asked else { return Cow::Borrowed(self.completed) };
        let mut completed = self.completed.clone();
        match inquiry::ask(exchange, &self.order.certificate, inquiry, within).await {
            Some(inquired) => {
                completed.indicators.extend(inquired.indicators);
                completed.facts.complete(inquired.facts);
            }
            None => completed.indicators.push(inquiry.missing.to_owned()),
        }
        Cow::Owned(completed)
    }

    /// Keeps what the session's result is judged on.
    async fn open(&self, signals: Vec<Signal>) {
        let Some(reference) = self.session else { return };
        let key = Key { provider: &self.exchange.provider().name, reference };
        let order = Order { signals: signals.into(), ..self.order.clone() };
        if let Err(error) = self.exchange.gateway.store.open(key, order).await {
            self.exchange.store_failed("open", &error);
        }
    }
}
