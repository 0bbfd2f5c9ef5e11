//! Provider entries: where the sidecar listens, and which kind of provider it stands in front of.

use serde::{Deserialize, Serialize};

use super::kind::{self, NotOneKind};
use super::{BankIdNoConfig, BankIdSeConfig, OneSpanConfig, TicIdentityConfig, WhenOrderUnknown};
use crate::operation::Provider;

/// One provider, with the port that the sidecar listens on for it. In YAML the kind is a member of the entry by its own name:
/// `bankIdSe: {…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Entry", into = "Entry")]
pub struct ProviderConfig {
    /// The entry's name: flows and the ready line refer to it.
    pub name: String,
    /// The port on loopback.
    pub listen: Listen,
    /// What it is.
    pub kind: ProviderKind,
}

/// A kind of provider, with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderKind {
    /// Swedish BankID.
    BankIdSe(BankIdSeConfig),
    /// TIC Identity.
    TicIdentity(TicIdentityConfig),
    /// BankID Norway.
    BankIdNo(BankIdNoConfig),
    /// OneSpan Intelligent Adaptive Authentication.
    OneSpan(OneSpanConfig),
}

/// Where the sidecar listens for a provider's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listen {
    /// The port on loopback; 0 takes a free one (outside a cluster).
    pub port: u16,
}

impl ProviderConfig {
    /// The kind of provider, without its configuration.
    #[must_use]
    pub fn provider(&self) -> Provider {
        match self.kind {
            ProviderKind::BankIdSe(_) => Provider::BankIdSe,
            ProviderKind::BankIdNo(_) => Provider::BankIdNo,
            ProviderKind::TicIdentity(_) => Provider::TicIdentity,
            ProviderKind::OneSpan(_) => Provider::OneSpan,
        }
    }

    /// Where it listens besides, by the field below the entry that says so.
    #[must_use]
    pub fn further_listener(&self) -> Option<(&'static str, Listen)> {
        match &self.kind {
            ProviderKind::BankIdSe(_) | ProviderKind::BankIdNo(_) | ProviderKind::OneSpan(_) => None,
            ProviderKind::TicIdentity(tic) => {
                tic.webhook.as_ref().map(|webhook| ("ticIdentity.webhook.listen", webhook.listen))
            }
        }
    }

    /// How a transaction is judged that the store does not know.
    #[must_use]
    pub fn when_order_unknown(&self) -> WhenOrderUnknown {
        match &self.kind {
            ProviderKind::BankIdSe(bankid) => bankid.when_order_unknown,
            ProviderKind::TicIdentity(tic) => tic.when_order_unknown,
            ProviderKind::BankIdNo(bankid) => bankid.when_order_unknown,
            ProviderKind::OneSpan(one_span) => one_span.when_order_unknown,
        }
    }
}

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    listen: Listen,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bank_id_se: Option<BankIdSeConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tic_identity: Option<TicIdentityConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bank_id_no: Option<BankIdNoConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_span: Option<OneSpanConfig>,
}

impl TryFrom<Entry> for ProviderConfig {
    type Error = NotOneKind;

    fn try_from(entry: Entry) -> Result<Self, NotOneKind> {
        let Entry { name, listen, bank_id_se, bank_id_no, tic_identity, one_span } = entry;
        let kinds = [
            bank_id_se.map(ProviderKind::BankIdSe),
            bank_id_no.map(ProviderKind::BankIdNo),
            tic_identity.map(ProviderKind::TicIdentity),
            one_span.map(ProviderKind::OneSpan),
        ];
        let kind = kind::one(kinds, "bankIdSe, bankIdNo, ticIdentity, oneSpan")?;
        Ok(Self { name, listen, kind })
    }
}

impl From<ProviderConfig> for Entry {
    fn from(provider: ProviderConfig) -> Self {
        let ProviderConfig { name, listen, kind } = provider;
        let mut entry =
            Self { name, listen, bank_id_se: None, bank_id_no: None, tic_identity: None, one_span: None };
        match kind {
            ProviderKind::BankIdSe(bankid) => entry.bank_id_se = Some(bankid),
            ProviderKind::BankIdNo(bankid) => entry.bank_id_no = Some(bankid),
            ProviderKind::TicIdentity(tic) => entry.tic_identity = Some(tic),
            ProviderKind::OneSpan(one_span) => entry.one_span = Some(one_span),
        }
        entry
    }
}
