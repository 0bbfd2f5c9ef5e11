//! Whether a PKI found on disk still serves.

use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::PkiError;

/// Checks that the certificate in `path` is valid now and for every name of `names`.
pub(super) fn server_certificate(path: &Path, names: &[String]) -> Result<(), PkiError> {
    let not_a_certificate = || PkiError::NotACertificate { path: path.to_path_buf() };
    let der = CertificateDer::from_pem_file(path).map_err(|_| not_a_certificate())?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| not_a_certificate())?;
    if !certificate.validity().is_valid() {
        return Err(PkiError::Expired { path: path.to_path_buf() });
    }
    match names.iter().find(|name| !covers(&certificate, name)) {
        Some(name) => Err(PkiError::NameMissing { path: path.to_path_buf(), name: name.clone() }),
        None => Ok(()),
    }
}

fn covers(certificate: &X509Certificate<'_>, name: &str) -> bool {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return false };
    let address = name.parse::<IpAddr>().ok().map(octets);
    alternatives.value.general_names.iter().any(|alternative| match alternative {
        GeneralName::DNSName(dns) => dns.eq_ignore_ascii_case(name),
        GeneralName::IPAddress(bytes) => address.as_deref() == Some(bytes),
        _ => false,
    })
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}
