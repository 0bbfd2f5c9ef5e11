//! What each kind of provider needs: its protocol, where it is, what its certificate must lead to, and what we show it.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use riskgate_core::WallClock;
use riskgate_core::config::{
    BankIdNoConfig, BankIdSeConfig, OneSpanConfig, ProviderConfig, ProviderKind, TicIdentityConfig, Timeouts,
};
use riskgate_sources::openid::Openid;
use riskgate_sources::outbound::{Identity, Roots};
use riskgate_wire::Protocol;
use riskgate_wire::bankid_no::BankIdNo;
use riskgate_wire::bankid_se::BankIdSe;
use riskgate_wire::one_span::OneSpan;
use riskgate_wire::tic_identity::TicIdentity;

use super::credentials::{CredentialError, Credentials};
use super::egress::Egress;
use super::snapshot::{SnapshotError, Surroundings, outbound};

/// A provider, before any client of it is made.
pub(super) struct Setup {
    /// Its protocol, as the policy configures it.
    pub(super) protocol: Box<dyn Protocol>,
    /// Scheme, host and port.
    pub(super) endpoint: String,
    /// What is known of it, where that has to be fetched.
    pub(super) directory: Option<Arc<Openid>>,
    /// What its certificate must lead to.
    pub(super) roots: Roots,
    /// The client certificates, at least one; none for a provider that asks for none.
    pub(super) identities: Option<Vec<Identity>>,
    /// How each certificate's Secret is called.
    pub(super) certificate_names: Vec<String>,
    /// The header that every request of ours carries, with a credential in it: it replaces the application's own.
    pub(super) credential: Option<(HeaderName, HeaderValue)>,
}

/// What the entry at `index` needs.
pub(super) fn of(
    index: usize,
    entry: &ProviderConfig,
    timeouts: Timeouts,
    around: &Surroundings,
    egress: &Egress,
) -> Result<Setup, SnapshotError> {
    match &entry.kind {
        ProviderKind::BankIdSe(bankid) => {
            Ok(bank_id_se(&format!("providers[{index}].bankIdSe"), bankid, &around.credentials)?)
        }
        ProviderKind::TicIdentity(tic) => {
            Ok(tic_identity(&format!("providers[{index}].ticIdentity"), tic, &around.credentials)?)
        }
        ProviderKind::BankIdNo(bankid) => bank_id_no(index, bankid, timeouts, around, egress),
        ProviderKind::OneSpan(config) => {
            Ok(one_span(&format!("providers[{index}].oneSpan"), config, &around.credentials)?)
        }
    }
}

fn bank_id_se(
    field: &str,
    bankid: &BankIdSeConfig,
    credentials: &Credentials,
) -> Result<Setup, CredentialError> {
    let secrets = &bankid.client_certificate_refs;
    Ok(Setup {
        protocol: Box::new(BankIdSe::new(bankid.refusal.clone())),
        endpoint: bankid.endpoint.clone(),
        directory: None,
        roots: credentials.roots(field, &bankid.trust)?,
        identities: Some(credentials.identities(&format!("{field}.clientCertificateRefs"), secrets)?),
        certificate_names: secrets.iter().map(|secret| secret.name.clone()).collect(),
        credential: None,
    })
}

fn one_span(
    field: &str,
    config: &OneSpanConfig,
    credentials: &Credentials,
) -> Result<Setup, CredentialError> {
    let secrets = &config.client_certificate_refs;
    let identities = || credentials.identities(&format!("{field}.clientCertificateRefs"), secrets);
    Ok(Setup {
        protocol: Box::new(OneSpan::from(config)),
        endpoint: config.endpoint.clone(),
        directory: None,
        roots: match &config.trust_bundle_ref {
            Some(reference) => credentials.bundle(field, reference)?.0,
            None => Roots::web(),
        },
        identities: (!secrets.is_empty()).then(identities).transpose()?,
        certificate_names: secrets.iter().map(|secret| secret.name.clone()).collect(),
        credential: None,
    })
}

fn tic_identity(
    field: &str,
    tic: &TicIdentityConfig,
    credentials: &Credentials,
) -> Result<Setup, CredentialError> {
    let credential = match &tic.api_key_ref {
        Some(reference) => {
            let field = format!("{field}.apiKeyRef");
            let mut value = credentials.header(&field, reference)?;
            value.set_sensitive(true);
            Some((HeaderName::from_static("x-api-key"), value))
        }
        None => None,
    };
    Ok(Setup {
        protocol: Box::new(TicIdentity::from(tic)),
        endpoint: tic.endpoint.clone(),
        directory: None,
        roots: match &tic.trust_bundle_ref {
            Some(reference) => credentials.bundle(field, reference)?.0,
            None => Roots::web(),
        },
        identities: None,
        certificate_names: Vec::new(),
        credential,
    })
}

fn bank_id_no(
    index: usize,
    bankid: &BankIdNoConfig,
    timeouts: Timeouts,
    around: &Surroundings,
    egress: &Egress,
) -> Result<Setup, SnapshotError> {
    let roots = match &bankid.trust_bundle_ref {
        Some(reference) => around.credentials.bundle(&format!("providers[{index}].bankIdNo"), reference)?.0,
        None => Roots::web(),
    };
    let client = outbound(&roots, None, timeouts.connect.0, egress)
        .map_err(|reason| SnapshotError::Client { index, reason })?;
    // Tokens say when they end in the time that everybody has.
    let directory = Arc::new(Openid::new(&bankid.issuer, client, timeouts.answer.0, Arc::new(WallClock)));
    Ok(Setup {
        protocol: Box::new(BankIdNo::new(bankid.into(), directory.clone())),
        endpoint: origin(&bankid.issuer).to_owned(),
        directory: Some(directory),
        roots,
        identities: None,
        certificate_names: Vec::new(),
        credential: None,
    })
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> &str {
    let authority = address.find("://").map_or(0, |at| at + "://".len());
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    &address[..end]
}
