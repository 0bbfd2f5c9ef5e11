//! An order as the control API shows it.

use serde::Serialize;
use uuid::Uuid;

use crate::bankid_se::operation::Operation;
use crate::bankid_se::order::{Ending, Facts, Order, Progress};
use crate::bankid_se::script::Start;
use crate::bankid_se::scripts::ScriptSource;
use crate::clock::{Clock, Moment};

/// An order as the control API shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderView<'a> {
    order_ref: Uuid,
    operation: Operation,
    personal_number: Option<&'a str>,
    start: Start,
    status: &'static str,
    /// Of the latest pending answer to come, or of the failure.
    hint_code: Option<&'a str>,
    return_risk: bool,
    created: String,
    client_certificate: Option<String>,
    script_source: ScriptSource,
    auto_start_token: Option<Uuid>,
    qr_start_token: Option<Uuid>,
    qr_start_secret: Option<Uuid>,
    qr_data: Option<String>,
}

impl<'a> OrderView<'a> {
    pub(super) fn of(order: &'a Order, clock: &Clock, now: Moment) -> Self {
        let facts: &Facts = &order.facts;
        let tokens = facts.tokens.as_ref();
        let (status, hint_code) = match &order.progress {
            Progress::Pending { .. } => ("pending", order.progress.hint(facts)),
            Progress::Finished { ending: Ending::Complete, .. } => ("complete", None),
            Progress::Finished { ending: Ending::Failed(hint), .. } => ("failed", Some(hint.as_ref())),
        };
        Self {
            order_ref: facts.order_ref,
            operation: facts.request.operation,
            personal_number: facts.request.personal_number.as_deref(),
            start: facts.start(),
            status,
            hint_code,
            return_risk: facts.request.return_risk,
            created: clock.calendar(facts.created).to_string(),
            client_certificate: facts
                .certificate
                .as_ref()
                .map(|certificate| certificate.fingerprint.to_string()),
            script_source: facts.source,
            auto_start_token: tokens.map(|tokens| tokens.auto_start),
            qr_start_token: tokens.map(|tokens| tokens.qr_start),
            qr_start_secret: tokens.map(|tokens| tokens.qr_secret),
            qr_data: facts.qr_data(now),
        }
    }
}
