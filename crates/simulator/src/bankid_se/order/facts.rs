//! What never changes about an order.

use std::sync::Arc;

use uuid::Uuid;

use crate::bankid_se::operation::Operation;
use crate::bankid_se::qr;
use crate::bankid_se::request::OrderRequest;
use crate::bankid_se::script::{Script, Start, Step, plan};
use crate::bankid_se::scripts::{Installed, ScriptSource};
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

    /// The pending hints: as the script says, else as the start suggests.
    pub(super) fn steps(&self) -> &[Step] {
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
