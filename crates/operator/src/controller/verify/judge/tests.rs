//! What is said of objects, good and bad, and what is never said.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::ByteString;
use rcgen::{CertificateParams, KeyPair};
use riskgate_inject::references::references;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::contents::Entries;
use super::*;

/// 2030-01-01.
const NOW: i64 = 1_893_456_000;
const KEYSTORE: &[u8] = include_bytes!("../../../../../sources/tests/fixtures/modern.p12");
const PASSWORD: &str = "qwerty123";

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// A client certificate with its key, that ends so many days from now.
fn pair(days: i64) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let at = |second| OffsetDateTime::from_unix_timestamp(second).unwrap();
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (at(NOW - 400 * 86_400), at(NOW + days * 86_400));
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn entries(of: &[(&str, &[u8])]) -> Entries {
    let bytes: BTreeMap<_, _> =
        of.iter().map(|(key, bytes)| ((*key).to_owned(), ByteString(bytes.to_vec()))).collect();
    Entries::of(Some(bytes), None)
}

/// The verdict on a policy of one reference, `spec` merged over a policy that has none.
fn verdict(spec: &Value, kind: Kind, name: &str, holds: Option<Entries>) -> Verdict {
    let mut whole = json!({ "providers": [], "flows": [] });
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let references = references(&serde_json::from_value(whole).unwrap());
    judge(&references, &Objects::from([((kind, name.to_owned()), holds)]), now())
}

fn certificate(holds: Option<Entries>) -> Verdict {
    let bankid = json!({ "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] });
    let provider = json!({ "name": "bankid", "listen": { "port": 15381 }, "bankIdSe": bankid });
    verdict(&json!({ "providers": [provider] }), Kind::Secret, "rp", holds)
}

fn said(verdict: &Verdict) -> (Reason, &str) {
    let [fault] = verdict.faults.as_slice() else { panic!("one fault: {verdict:?}") };
    (fault.reason, &fault.message)
}

#[test]
fn a_certificate_is_judged_as_the_sidecar_judges_it() {
    let ((cert, key), (other, _), (expired, its_key)) = (pair(365), pair(365), pair(-1));
    let field = "spec.providers[0].bankIdSe.clientCertificateRefs[0]: ";
    let pem = |cert: &str, key: &str| {
        certificate(Some(entries(&[("tls.crt", cert.as_bytes()), ("tls.key", key.as_bytes())])))
    };
    let good = pem(&cert, &key);
    assert_eq!((good.faults.len(), good.warnings.len()), (0, 0), "{good:?}");
    assert_eq!(good.ends, Some(now() + Duration::from_secs(365 * 86_400)));
    let keystore = |password: &str| {
        certificate(Some(entries(&[("keystore.p12", KEYSTORE), ("password", password.as_bytes())])))
    };
    // A password that `echo` ended.
    assert_eq!(keystore(&format!("{PASSWORD}\n")).faults, []);
    for (verdict, reason, told) in [
        (
            certificate(None),
            Reason::RefNotFound,
            "there is no Secret rp; make it, and put the client certificate there, as tls.crt and tls.key or as keystore.p12 and password",
        ),
        (
            certificate(Some(entries(&[]))),
            Reason::RefNotFound,
            "Secret rp has no tls.crt and no keystore.p12; put the client certificate there",
        ),
        (
            certificate(Some(entries(&[("tls.crt", cert.as_bytes())]))),
            Reason::RefNotFound,
            "Secret rp has no tls.key; put",
        ),
        (
            certificate(Some(entries(&[("keystore.p12", KEYSTORE)]))),
            Reason::RefNotFound,
            "Secret rp has no password; put",
        ),
        (
            pem("garbage", &key),
            Reason::RefInvalid,
            "Secret rp, tls.crt and tls.key: there is no certificate: put",
        ),
        (
            pem(&other, &key),
            Reason::RefInvalid,
            "Secret rp, tls.crt and tls.key: the private key does not belong to",
        ),
        (pem(&expired, &its_key), Reason::RefInvalid, "expired on Dec 31"),
        (
            keystore("wrong"),
            Reason::RefInvalid,
            "Secret rp, keystore.p12 and password: the password does not open",
        ),
    ] {
        let (is, message) = said(&verdict);
        assert_eq!(is, reason, "{message}");
        assert!(message.starts_with(field) && message.contains(told), "{told}: {message}");
        assert!(!message.contains("garbage") && !message.contains("wrong\n"), "{message}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_warned_of() {
    for (days, warned) in [(31, false), (30, true), (1, true)] {
        let (cert, key) = pair(days);
        let holds = entries(&[("tls.crt", cert.as_bytes()), ("tls.key", key.as_bytes())]);
        let verdict = certificate(Some(holds));
        assert_eq!(
            (verdict.faults.len(), verdict.warnings.len()),
            (0, usize::from(warned)),
            "{days}: {verdict:?}"
        );
    }
    let (cert, key) = pair(1);
    let verdict = certificate(Some(entries(&[("tls.crt", cert.as_bytes()), ("tls.key", key.as_bytes())])));
    assert_eq!(
        verdict.warnings,
        [
            "spec.providers[0].bankIdSe.clientCertificateRefs[0]: the certificate in Secret rp ends on 2030-01-02; order the next one"
        ]
    );
}

#[test]
fn every_other_kind_says_what_to_put_there() {
    let source = |kind: &str, of: Value| json!({ "sources": [{ "name": "s", kind: of }] });
    let redis = |more: Value| {
        let mut redis = json!({ "url": "rediss://redis.shop.svc", "sealKeysRef": { "name": "seal", "keys": ["new", "old"] } });
        redis.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "store": { "redis": redis } })
    };
    let http = |of: Value| {
        let mut http = json!({ "url": "https://fraud.shop.svc" });
        http.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        source("http", http)
    };
    let bearer = http(json!({ "bearerTokenRef": { "name": "it", "key": "token" } }));
    let roots = http(json!({ "trustBundleRef": { "kind": "ConfigMap", "name": "it", "key": "ca.crt" } }));
    let proxy = json!({ "egressProxy": { "url": "http://proxy.corp", "credentialsRef": { "name": "it" } } });
    let tic = source(
        "ticEnrichment",
        json!({ "endpoint": "https://tic.example", "types": ["ipIntelligence"], "apiKeyRef": { "name": "it", "key": "key" } }),
    );
    let data = |authentication: &str| {
        source(
            "securityData",
            json!({ "clientId": "x", "authentication": authentication, "credentialRef": { "name": "it", "key": "key" } }),
        )
    };
    let pseudonym = json!({ "pseudonymKeyRef": { "name": "it", "key": "key" } });
    let (cert, key) = pair(365);
    let (secret, map) = (Kind::Secret, Kind::ConfigMap);
    for (spec, kind, holds, told) in [
        (&pseudonym, secret, vec![("key", &b"random"[..])], ""),
        (&pseudonym, secret, vec![("key", b"")], "key: it is empty; put 32 random bytes under key"),
        (&pseudonym, secret, vec![("other", b"x")], "Secret it has no key; put 32 random bytes under key"),
        (&bearer, secret, vec![("token", b"abc\n")], ""),
        (&bearer, secret, vec![("token", b"two words")], "token: the token cannot be sent in a header"),
        (&bearer, secret, vec![("token", b"\xff")], "token: it is no text; write it in UTF-8"),
        (&tic, secret, vec![("key", b"a\nb")], "key: it has characters that no header can carry"),
        (&roots, map, vec![("ca.crt", cert.as_bytes())], ""),
        (&roots, map, vec![("ca.crt", key.as_bytes())], "ca.crt: the trust bundle holds no certificate"),
        (&proxy, secret, vec![("username", b"u"), ("password", b"p\n")], ""),
        (
            &proxy,
            secret,
            vec![("username", b"u")],
            "Secret it has no password; put username and password there",
        ),
        (
            &proxy,
            secret,
            vec![("username", b"u:v"), ("password", b"p")],
            "the username of its login has a colon",
        ),
        (&data("ClientSecretBasic"), secret, vec![("key", b"secret")], ""),
        (&data("PrivateKeyJwt"), secret, vec![("key", key.as_bytes())], ""),
        (&data("PrivateKeyJwt"), secret, vec![("key", b"secret")], "key: "),
        (&data("PrivateKeyJwt"), secret, vec![], "put the client's private key under key, in PEM"),
    ] {
        let verdict = verdict(spec, kind, "it", Some(entries(&holds)));
        let about = |fault: &&Fault| fault.message.contains(" it");
        match verdict.faults.iter().find(about) {
            None => assert_eq!(told, "", "{spec}"),
            Some(fault) => {
                assert!(!told.is_empty() && fault.message.contains(told), "{told}: {}", fault.message);
            }
        }
    }
    let [new, old] = [[1_u8; 32], [2; 32]];
    for (holds, told) in [
        (vec![("new", &new[..]), ("old", &old[..])], ""),
        (vec![("new", &new)], "Secret seal has no old; put 32 random bytes under each of new, old"),
        (
            vec![("new", &new), ("old", b"short")],
            "Secret seal, new, old: key 1 has 5 bytes; write 32 random bytes",
        ),
        (vec![("new", &new), ("old", &new)], "key 1 is the same as an earlier one"),
    ] {
        let verdict = verdict(&redis(json!({})), secret, "seal", Some(entries(&holds)));
        match verdict.faults.first() {
            None => assert_eq!(told, ""),
            Some(fault) => {
                assert!(!told.is_empty() && fault.message.contains(told), "{told}: {}", fault.message);
            }
        }
    }
    let login = redis(json!({ "credentialsRef": { "name": "login" } }));
    let objects = |password: Option<&[u8]>| {
        let held: Vec<_> = password.map(|password| ("password", password)).into_iter().collect();
        Objects::from([
            ((secret, "login".to_owned()), Some(entries(&held))),
            ((secret, "seal".to_owned()), Some(entries(&[("new", &new), ("old", &old)]))),
        ])
    };
    let mut whole = json!({ "providers": [], "flows": [] });
    whole.as_object_mut().unwrap().extend(login.as_object().unwrap().clone());
    let references = references(&serde_json::from_value(whole).unwrap());
    assert_eq!(judge(&references, &objects(Some(b"p")), now()).faults, []);
    let bare = judge(&references, &objects(None), now());
    assert_eq!(
        said(&bare).1,
        "spec.store.redis.credentialsRef: Secret login has no password; put password there and, where the server has users, username"
    );
}

#[test]
fn what_cannot_be_seen_is_not_judged() {
    let ip = json!({ "sources": [{ "name": "ip", "ipIntelligence": {
        "databases": { "persistentVolumeClaim": "geoip" },
        "lists": [{ "configMap": "lists", "key": "tor.txt", "kind": "Tor" }],
    } }] });
    assert_eq!(verdict(&ip, Kind::ConfigMap, "lists", Some(entries(&[("tor.txt", b"")]))).faults, []);
    let without = verdict(&ip, Kind::ConfigMap, "lists", Some(entries(&[])));
    assert_eq!(
        said(&without),
        (
            Reason::RefNotFound,
            "spec.sources[0].ipIntelligence.lists[0]: ConfigMap lists has no tor.txt; put the addresses under tor.txt, one a line"
        )
    );
}
