//! Client certificates in every form, and everything that is none.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use riskgate_sources::outbound::{Identity, IdentityError, Outbound};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::support::pki::{Authority, Issued, now, params};
use crate::support::server::Server;
use crate::support::{ROOMY, client, post};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/", $name)).as_slice()
    };
}

const PASSWORD: &str = "qwerty123";

/// What OpenSSL says of `client.pem` and `ec.pem`.
const CLIENT: &str = "ef1e790f0e29a847c300e3544702814aa4076d97a8315736e415df8e40ae5e01";
const EC: &str = "b7bf43422b7f4f2ce1d58b6b1e377cf2d997b8305f4fc5dc3fbbcf5f3eef3e88";
const CLIENT_ENDS: i64 = 4_948_916_248;

/// 2030-01-01.
const NOW: i64 = 1_893_456_000;

fn pem(certificate: &[u8], key: &[u8]) -> Result<Identity, IdentityError> {
    Identity::from_pem(certificate, key, NOW)
}

fn pkcs12(keystore: &[u8], password: &str) -> Result<Identity, IdentityError> {
    Identity::from_pkcs12(keystore, password, NOW)
}

#[test]
fn every_form_gives_the_same_certificate() {
    let leaf = fixture!("client.pem");
    for (form, identity) in [
        ("PKCS#8", pem(leaf, fixture!("client.pkcs8.key"))),
        ("PKCS#1", pem(leaf, fixture!("client.pkcs1.key"))),
        ("modern PKCS#12", pkcs12(fixture!("modern.p12"), PASSWORD)),
        ("legacy PKCS#12", pkcs12(fixture!("legacy.p12"), PASSWORD)),
        ("3DES PKCS#12", pkcs12(fixture!("3des.p12"), PASSWORD)),
    ] {
        let identity = identity.expect(form);
        assert_eq!(identity.fingerprint(), CLIENT, "{form}");
        assert_eq!(identity.not_after(), CLIENT_ENDS, "{form}");
        assert_eq!(identity.subject(), "C=SE, O=Example AB, serialNumber=5560000000, CN=client", "{form}");
    }
    assert_eq!(pem(fixture!("ec.pem"), fixture!("ec.sec1.key")).expect("SEC1").fingerprint(), EC);
    assert_eq!(pkcs12(fixture!("no-mac-empty-password.p12"), "").expect("no MAC").fingerprint(), EC);
}

/// Whatever order the certificates come in, the server gets the leaf and what issued it, and can build the chain.
#[tokio::test]
async fn the_chain_is_sent_in_its_order_and_without_the_root() {
    let parts = [fixture!("root.pem"), fixture!("client.pem"), fixture!("issuer.pem")];
    let [root, leaf, issuer] = parts.map(|pem| CertificateDer::from_pem_slice(pem).expect("a certificate"));
    let authority = Authority::new();
    for identity in [
        pem(&parts.concat(), fixture!("client.pkcs8.key")),
        pkcs12(fixture!("modern.p12"), PASSWORD),
        pkcs12(fixture!("legacy.p12"), PASSWORD),
    ] {
        let identity = identity.expect("a client certificate");
        let server =
            Server::with(&authority.server(&["localhost"]), Some(root.clone()), rustls::ALL_VERSIONS).await;
        let client = client(&authority.roots(), Some(&identity));
        let serve = async {
            let mut connection = server.accept().await;
            connection.request().await.expect("a request");
            connection.answer("").await;
            connection.stream.get_ref().1.peer_certificates().expect("a chain").to_vec()
        };
        let (answer, shown) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
        answer.expect("an answer");
        assert_eq!(shown, [leaf.clone(), issuer.clone()]);
    }
}

#[test]
fn what_is_missing_or_too_much_is_said() {
    let (leaf, key) = (fixture!("client.pem"), fixture!("client.pkcs8.key"));
    let text = |result: Result<Identity, IdentityError>| result.expect_err("no identity").to_string();
    assert_eq!(pem(b"", key).expect_err("empty"), IdentityError::NoCertificate);
    assert_eq!(pem(key, key).expect_err("a key"), IdentityError::NoCertificate);
    assert_eq!(pem(leaf, b"").expect_err("empty"), IdentityError::NoKey);
    assert_eq!(pem(leaf, leaf).expect_err("a certificate"), IdentityError::NoKey);
    let keys = [key, fixture!("ec.sec1.key")].concat();
    assert_eq!(pem(leaf, &keys).expect_err("two keys"), IdentityError::SeveralKeys { count: 2 });
    assert!(text(pem(fixture!("ec.pem"), key)).contains("does not belong to the certificate of C=SE"));
    assert_eq!(pkcs12(fixture!("no-key.p12"), PASSWORD).expect_err("no key"), IdentityError::NoKey);
}

#[test]
fn an_encrypted_key_is_refused_with_what_to_do() {
    for key in [fixture!("client.encrypted-pkcs8.key"), fixture!("client.encrypted-pkcs1.key")] {
        let error = pem(fixture!("client.pem"), key).expect_err("encrypted");
        assert_eq!(error, IdentityError::EncryptedKey);
        assert!(error.to_string().contains("openssl pkey"), "{error}");
    }
}

#[test]
fn a_wrong_password_is_told_from_a_broken_keystore() {
    for keystore in [fixture!("modern.p12"), fixture!("legacy.p12"), fixture!("3des.p12")] {
        for password in ["", "qwerty12", "qwerty1234", "l\u{f6}senord"] {
            assert_eq!(
                pkcs12(keystore, password).expect_err("another password"),
                IdentityError::WrongPassword
            );
        }
        let error = pkcs12(&keystore[..keystore.len() - 1], PASSWORD).expect_err("cut short");
        assert!(matches!(error, IdentityError::BadKeystore(_)), "{error:?}");
    }
    let error = pkcs12(fixture!("no-mac-empty-password.p12"), "wrong").expect_err("another password");
    assert_eq!(error, IdentityError::WrongPassword);
    let error = pkcs12(fixture!("modern.p12"), "\u{1F511}").expect_err("an emoji");
    assert!(error.to_string().contains("cannot express"), "{error}");
    assert!(matches!(pkcs12(b"", ""), Err(IdentityError::BadKeystore(_))));
    assert!(matches!(pkcs12(fixture!("client.pem"), ""), Err(IdentityError::BadKeystore(_))));
}

#[test]
fn a_certificate_that_is_no_clients_is_refused() {
    let authority = Authority::new();
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = params("client", &[]);
        change(&mut params);
        load(&authority.issue(&params), now())
    };
    with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
        .expect("clientAuth");
    with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]).expect("any usage");
    with(|params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]).expect("digitalSignature");
    for (refused, reason) in [
        (with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]), "clientAuth"),
        (with(|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]), "digitalSignature"),
        (with(|params| params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained)), "authority"),
    ] {
        let error = refused.expect_err(reason);
        assert!(matches!(error, IdentityError::NotForClients { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_certificate_is_used_from_its_first_second_to_its_last() {
    let authority = Authority::new();
    let mut params = params("client", &[]);
    let (from, to) = (NOW, NOW + 1000);
    let time = |seconds: i64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
    (params.not_before, params.not_after) = (time(from).into(), time(to).into());
    let issued = authority.issue(&params);
    load(&issued, from).expect("the first second");
    load(&issued, to).expect("the last second");
    assert!(matches!(load(&issued, from - 1), Err(IdentityError::NotValidYet { .. })));
    let expired = load(&issued, to + 1).expect_err("after the last second");
    assert!(matches!(expired, IdentityError::Expired { .. }), "{expired:?}");
    assert!(expired.to_string().contains("CN=client expired on Jan  1 00:16:40 2030"), "{expired}");
}

#[test]
fn the_debug_form_shows_no_key() {
    let identity = pem(fixture!("client.pem"), fixture!("client.pkcs8.key")).expect("a client certificate");
    assert_eq!(
        format!("{identity:?}"),
        format!(
            "Identity {{ subject: \"C=SE, O=Example AB, serialNumber=5560000000, CN=client\", \
             fingerprint: \"{CLIENT}\", not_after: {CLIENT_ENDS}, .. }}"
        )
    );
}

fn load(issued: &Issued, now: i64) -> Result<Identity, IdentityError> {
    Identity::from_pem(issued.certificate.pem().as_bytes(), issued.key.serialize_pem().as_bytes(), now)
}

fn damaged(whole: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let damage = (0..whole.len(), any::<u8>(), 0..4_usize);
    proptest::collection::vec(damage, 1..4).prop_map(move |damages| {
        let mut bytes = whole.to_vec();
        for (at, with, kind) in damages {
            let at = at % bytes.len().max(1);
            match kind {
                0 => bytes[at] = with,
                1 => bytes.insert(at, with),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damaged files are refused or read; nothing panics, and no text quotes a key.
    #[test]
    fn damage_is_survived(
        certificate in damaged(fixture!("client.pem")),
        key in damaged(fixture!("client.pkcs8.key")),
        keystore in damaged(fixture!("no-mac-empty-password.p12")),
        legacy in damaged(fixture!("legacy.p12")),
    ) {
        let good = (fixture!("client.pem"), fixture!("client.pkcs8.key"));
        let secret = &std::str::from_utf8(good.1).expect("text").lines().nth(5).expect("a line")[..16];
        for result in [pem(&certificate, good.1), pem(good.0, &key), pkcs12(&keystore, ""), pkcs12(&legacy, PASSWORD)] {
            if let Err(error) = result {
                prop_assert!(!format!("{error} {error:?}").contains(secret), "{error}");
            }
        }
    }
}
