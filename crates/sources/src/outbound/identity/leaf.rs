//! The certificate that is the key's own, and whether a client may show it.

use std::sync::Arc;

use rustls::sign::SigningKey;
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

use super::IdentityError;

/// What is known of the certificate itself.
pub(super) struct Leaf {
    pub(super) subject: String,
    pub(super) fingerprint: String,
    pub(super) not_after: i64,
    not_before: i64,
    /// Why no client may show it, where none may.
    unfit: Option<&'static str>,
}

/// Finds the certificate of `key` among `certificates` and puts it first, followed by those that issued it, as a TLS client
/// must send them. A self-signed root is not sent: the server has it, or does not trust it.
pub(super) fn chain(
    certificates: &[CertificateDer<'static>],
    key: &Arc<dyn SigningKey>,
) -> Result<(Vec<CertificateDer<'static>>, Leaf), IdentityError> {
    let parsed = certificates
        .iter()
        .enumerate()
        .map(|(index, der)| parse(index, der))
        .collect::<Result<Vec<_>, _>>()?;
    let first = parsed.first().ok_or(IdentityError::NoCertificate)?;
    let public =
        key.public_key().ok_or_else(|| IdentityError::BadKey("its public half is not known".to_owned()))?;
    let own = parsed
        .iter()
        .position(|certificate| certificate.tbs_certificate.subject_pki.raw == public.as_ref())
        .ok_or_else(|| IdentityError::KeyMismatch { subject: first.subject().to_string() })?;

    let mut order = vec![own];
    let mut last = &parsed[own];
    while let Some(issuer) = parsed.iter().position(|other| {
        other.subject().as_raw() == last.issuer().as_raw()
            && other.subject().as_raw() != other.issuer().as_raw()
    }) && !order.contains(&issuer)
    {
        order.push(issuer);
        last = &parsed[issuer];
    }
    let leaf = Leaf::of(&parsed[own], &certificates[own]);
    let chain = order.into_iter().map(|index| certificates[index].clone()).collect();
    Ok((chain, leaf))
}

fn parse(index: usize, der: &[u8]) -> Result<X509Certificate<'_>, IdentityError> {
    let bad = |reason: String| IdentityError::BadCertificate { number: index + 1, reason };
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(bad("there is more after its end".to_owned())),
        Err(error) => Err(bad(error.to_string())),
    }
}

impl Leaf {
    fn of(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        let validity = certificate.validity();
        Self {
            subject: certificate.subject().to_string(),
            fingerprint: hex(&Sha256::digest(der)),
            not_after: validity.not_after.timestamp(),
            not_before: validity.not_before.timestamp(),
            unfit: unfit(certificate),
        }
    }

    /// Whether a client may show it at `now`, in seconds since the Unix epoch.
    pub(super) fn check(&self, now: i64) -> Result<(), IdentityError> {
        let subject = || self.subject.clone();
        if let Some(reason) = self.unfit {
            Err(IdentityError::NotForClients { subject: subject(), reason })
        } else if now > self.not_after {
            Err(IdentityError::Expired { subject: subject(), not_after: date(self.not_after) })
        } else if now < self.not_before {
            Err(IdentityError::NotValidYet { subject: subject(), not_before: date(self.not_before) })
        } else {
            Ok(())
        }
    }
}

/// BankID's RP certificates carry `digitalSignature` and no extended usage (bankid-se.md section 1), so only what contradicts
/// a client is refused, not what fails to say so.
fn unfit(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    let usages = certificate.extended_key_usage().ok().flatten();
    let key_usage = certificate.key_usage().ok().flatten();
    if certificate.is_ca() {
        Some("it is a certificate authority's")
    } else if usages.is_some_and(|usages| !usages.value.client_auth && !usages.value.any) {
        Some("its extended key usage lacks clientAuth")
    } else if key_usage.is_some_and(|usage| !usage.value.digital_signature()) {
        Some("its key usage lacks digitalSignature")
    } else {
        None
    }
}

fn date(seconds: i64) -> String {
    ASN1Time::from_timestamp(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
