//! Signatures of webhooks: every variant that is known, and every way in which one is wrong.

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use riskgate_wire::tic_identity::webhook::{Rejected, SignatureOptions, SignedContent, verify};
use sha2::Sha256;

const SECRET: &[u8] = b"whsec_a_secret_of_a_tenant";
const NOW: i64 = 1_770_000_000;

fn mac(parts: &[&[u8]], secret: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The three signed variants (section B.4), each as headers.
fn variants(body: &[u8], at: i64, secret: &[u8]) -> [Vec<(&'static str, String)>; 3] {
    let time = at.to_string();
    [
        vec![("x-tic-signature", mac(&[body], secret)), ("x-tic-timestamp", time.clone())],
        vec![
            ("x-ormeo-signature", format!("sha256={}", mac(&[time.as_bytes(), b".", body], secret))),
            ("x-ormeo-timestamp", time.clone()),
        ],
        vec![("x-ormeo-signature", mac(&[body], secret)), ("x-ormeo-timestamp", time)],
    ]
}

fn check(headers: &[(&'static str, String)], body: &[u8], now: i64) -> Result<String, Rejected> {
    let header =
        |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let signed = verify(&SignatureOptions::default(), SECRET, header, body, now)?;
    Ok(signed.sign(SECRET, b"rewritten"))
}

proptest! {
    #[test]
    fn every_variant_is_taken_within_its_window_and_signed_alike(
        body in "\\PC{0,64}", age in -90_i64..400
    ) {
        let body = body.as_bytes();
        for headers in variants(body, NOW - age, SECRET) {
            match check(&headers, body, NOW) {
                Ok(again) => {
                    prop_assert!((-60..=300).contains(&age));
                    let expected = variants(b"rewritten", NOW - age, SECRET);
                    prop_assert!(expected.iter().any(|known| known[0].0 == headers[0].0 && known[0].1 == again));
                    prop_assert_eq!(again.starts_with("sha256="), headers[0].1.starts_with("sha256="));
                }
                Err(error) => {
                    prop_assert_eq!(error, Rejected::OutsideWindow(age));
                    prop_assert!(!(-60..=300).contains(&age));
                }
            }
        }
    }

    #[test]
    fn a_changed_byte_is_found(body in "[ -~]{1,64}", at in any::<prop::sample::Index>(), bit in 0_u8..7) {
        let mut changed = body.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        for headers in variants(body.as_bytes(), NOW, SECRET) {
            prop_assert_eq!(check(&headers, &changed, NOW), Err(Rejected::BadSignature));
        }
    }
}

#[test]
fn another_secret_signs_nothing() {
    for headers in variants(b"{}", NOW, b"another") {
        assert_eq!(check(&headers, b"{}", NOW), Err(Rejected::BadSignature));
    }
}

#[test]
fn a_timestamp_that_was_changed_signs_nothing_where_it_is_signed() {
    let [_, mut prefixed, _] = variants(b"{}", NOW, SECRET);
    prefixed[1].1 = (NOW + 1).to_string();
    assert_eq!(check(&prefixed, b"{}", NOW), Err(Rejected::BadSignature));
}

#[test]
fn a_time_in_a_signed_body_counts_before_the_headers() {
    let old = br#"{"event":"session.completed","timestamp":"2026-02-02T02:30:00Z"}"#;
    let [tic, _, _] = variants(old, NOW, SECRET);
    assert!(matches!(check(&tic, old, NOW), Err(Rejected::OutsideWindow(age)) if age > 300));
}

#[test]
fn what_is_missing_is_refused() {
    assert_eq!(check(&[], b"{}", NOW), Err(Rejected::NoSignature));
    let unsigned_time = [("x-tic-signature", mac(&[b"{}"], SECRET))];
    assert_eq!(check(&unsigned_time, b"{}", NOW), Err(Rejected::NoTimestamp));
    let no_time = [("x-tic-signature", mac(&[b"{}"], SECRET)), ("x-tic-timestamp", "yesterday".to_owned())];
    assert_eq!(check(&no_time, b"{}", NOW), Err(Rejected::BadTimestamp));
    for sent in ["", "sha256=", "zz", &"g".repeat(64), &"å".repeat(32), &mac(&[b"{}"], SECRET)[..62]] {
        let headers = [("x-tic-signature", sent.to_owned()), ("x-tic-timestamp", NOW.to_string())];
        assert_eq!(check(&headers, b"{}", NOW), Err(Rejected::BadSignature), "{sent}");
    }
}

#[test]
fn times_are_taken_in_seconds_milliseconds_and_as_rfc_3339() {
    for time in [NOW.to_string(), format!("{NOW}123"), "2026-02-02T02:40:00Z".to_owned()] {
        let headers = [("x-tic-signature", mac(&[b"{}"], SECRET)), ("x-tic-timestamp", time.clone())];
        assert!(check(&headers, b"{}", NOW).is_ok(), "{time}");
    }
}

#[test]
fn a_policy_that_names_one_form_takes_no_other() {
    let [body_only, prefixed, _] = variants(b"{}", NOW, SECRET);
    for (content, taken, refused) in
        [(SignedContent::Body, &body_only, &prefixed), (SignedContent::TimestampBody, &prefixed, &body_only)]
    {
        let options = SignatureOptions { content, ..SignatureOptions::default() };
        let check = |headers: &[(&'static str, String)]| {
            let header = |name: &str| {
                headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
            };
            verify(&options, SECRET, header, b"{}", NOW).map(drop)
        };
        assert_eq!(check(taken), Ok(()));
        assert_eq!(check(refused), Err(Rejected::BadSignature));
    }
}
