//! What each kind of provider needs: its protocol, where it is, what its certificate must lead to, and what we show it.

use riskgate_core::config::{BankIdSeConfig, OneSpanConfig, ProviderConfig, ProviderKind};
use riskgate_sources::outbound::{Identity, Roots};
use riskgate_wire::Protocol;
use riskgate_wire::bankid_se::BankIdSe;
use riskgate_wire::one_span::OneSpan;

use super::credentials::{CredentialError, Credentials};

/// A provider, before any client of it is made.
pub(super) struct Setup {
    /// Its protocol, as the policy configures it.
    pub(super) protocol: Box<dyn Protocol>,
    /// Scheme, host and port.
    pub(super) endpoint: String,
    /// What its certificate must lead to.
    pub(super) roots: Roots,
    /// The client certificates, at least one; none for a provider that asks for none.
    pub(super) identities: Option<Vec<Identity>>,
    /// How each certificate's Secret is called.
    pub(super) certificate_names: Vec<String>,
}

/// What the entry at `index` needs.
pub(super) fn of(
    index: usize,
    entry: &ProviderConfig,
    credentials: &Credentials,
) -> Result<Setup, CredentialError> {
    match &entry.kind {
        ProviderKind::BankIdSe(bankid) => {
            bank_id_se(&format!("providers[{index}].bankIdSe"), bankid, credentials)
        }
        ProviderKind::OneSpan(config) => {
            one_span(&format!("providers[{index}].oneSpan"), config, credentials)
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
        roots: credentials.roots(field, &bankid.trust)?,
        identities: Some(credentials.identities(&format!("{field}.clientCertificateRefs"), secrets)?),
        certificate_names: secrets.iter().map(|secret| secret.name.clone()).collect(),
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
        protocol: Box::new(OneSpan::new(config.challenge_code)),
        endpoint: config.endpoint.clone(),
        roots: match &config.trust_bundle_ref {
            Some(reference) => credentials.bundle(field, reference)?.0,
            None => Roots::web(),
        },
        identities: (!secrets.is_empty()).then(identities).transpose()?,
        certificate_names: secrets.iter().map(|secret| secret.name.clone()).collect(),
    })
}
