use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;

fn der(pki: &Pki, relative: &str) -> Vec<u8> {
    CertificateDer::from_pem_file(pki.file(relative)).unwrap().to_vec()
}

#[test]
fn an_rp_certificate_looks_like_a_banks() {
    let directory = tempfile::tempdir().unwrap();
    let pki = ensure(directory.path(), &[]).unwrap();
    let bytes = der(&pki, "secrets/bankid-rp/tls.crt");
    let (_, certificate) = X509Certificate::from_der(&bytes).unwrap();
    let attributes: Vec<String> = certificate
        .subject()
        .iter_attributes()
        .map(|attribute| attribute.attr_type().to_id_string())
        .collect();
    assert_eq!(attributes, ["2.5.4.6", "2.5.4.10", "2.5.4.5", "2.5.4.41", "2.5.4.3"]);
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert_eq!(usage.flags, 1, "digitalSignature only");
    assert!(certificate.extended_key_usage().unwrap().is_none());
}

#[test]
fn both_keystores_open_and_hold_the_same_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let pki = ensure(directory.path(), &[]).unwrap();
    for name in ["bankid-rp-p12", "bankid-rp-p12-legacy"] {
        let bytes = std::fs::read(pki.file(&format!("secrets/{name}/keystore.p12"))).unwrap();
        let password = std::fs::read_to_string(pki.file(&format!("secrets/{name}/password"))).unwrap();
        let store = KeyStore::from_pkcs12(&bytes, &password, Pkcs12ImportPolicy::Strict).unwrap();
        let (_, chain) = store.private_key_chain().unwrap();
        assert_eq!(chain.certs()[0].as_der(), der(&pki, "secrets/bankid-rp/tls.crt"), "{name}");
    }
}

#[test]
fn an_existing_pki_is_kept_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let names = ["simulator.staging.svc".to_owned(), "10.1.2.3".to_owned()];
    let pki = ensure(directory.path(), &names).unwrap();
    let first = der(&pki, "server/tls.crt");
    assert_eq!(ensure(directory.path(), &names).unwrap(), pki);
    assert_eq!(der(&pki, "server/tls.crt"), first);

    let wanted = ["elsewhere.example".to_owned()];
    assert!(
        matches!(ensure(directory.path(), &wanted), Err(PkiError::NameMissing { name, .. }) if name == wanted[0])
    );

    std::fs::copy(pki.file("faults/expired/tls.crt"), pki.file("server/tls.crt")).unwrap();
    assert!(matches!(ensure(directory.path(), &[]), Err(PkiError::Expired { .. })));
    std::fs::write(pki.file("server/tls.crt"), "no certificate").unwrap();
    assert!(matches!(ensure(directory.path(), &[]), Err(PkiError::NotACertificate { .. })));
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let pki = ensure(directory.path(), &[]).unwrap();
    for secret in ["server/tls.key", "secrets/bankid-rp/tls.key", "secrets/bankid-rp-p12/keystore.p12"] {
        let mode = std::fs::metadata(pki.file(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}
