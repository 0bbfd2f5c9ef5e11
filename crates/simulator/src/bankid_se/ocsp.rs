//! `completionData.ocspResponse`: the base64 of an OCSP response (RFC 6960) that says `good`.
//!
//! Real: the structure, the times, and the nonce, which binds it to the signature (`bankid-se.md section 4`). Not real:
//! the signature below it, and the certificate that it names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::time::SystemTime;
use uuid::Uuid;
use yasna::models::{GeneralizedTime, ObjectIdentifier};
use yasna::{DERWriter, Tag};

const BASIC_RESPONSE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 1];
const NONCE: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 2];
const SHA1: &[u64] = &[1, 3, 14, 3, 2, 26];
const SHA256_WITH_RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 11];
/// OCSPResponseStatus `successful`.
const SUCCESSFUL: i64 = 0;

/// The response for a signature, given as the base64 text that the answer carries.
pub(super) fn response(signature: &str, now: Timestamp) -> String {
    let basic = yasna::construct_der(|writer| basic_response(writer, &nonce(signature), now));
    BASE64_STANDARD.encode(yasna::construct_der(|writer| {
        writer.write_sequence(|response| {
            response.next().write_enum(SUCCESSFUL);
            response.next().write_tagged(Tag::context(0), |writer| {
                writer.write_sequence(|bytes| {
                    bytes.next().write_oid(&oid(BASIC_RESPONSE));
                    bytes.next().write_bytes(&basic);
                });
            });
        });
    }))
}

/// SHA-1 of the signature's base64, and 12 random bytes.
fn nonce(signature: &str) -> Vec<u8> {
    let random = Sha256::digest(Uuid::new_v4());
    Sha1::digest(signature).iter().chain(random.iter().take(12)).copied().collect()
}

fn oid(components: &[u64]) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(components)
}

fn basic_response(writer: DERWriter<'_>, nonce: &[u8], now: Timestamp) {
    let time = GeneralizedTime::from_datetime(SystemTime::from(now).into());
    writer.write_sequence(|response| {
        response.next().write_sequence(|data| {
            // The responder, by the hash of its key.
            data.next()
                .write_tagged(Tag::context(2), |writer| writer.write_bytes(&Sha1::digest("responder")));
            data.next().write_generalized_time(&time);
            data.next().write_sequence(|responses| {
                responses.next().write_sequence(|single| {
                    single.next().write_sequence(|certificate| {
                        algorithm(certificate.next(), SHA1);
                        certificate.next().write_bytes(&Sha1::digest("issuer name"));
                        certificate.next().write_bytes(&Sha1::digest("issuer key"));
                        certificate.next().write_u32(1);
                    });
                    // The status `good`.
                    single.next().write_tagged_implicit(Tag::context(0), |writer| writer.write_null());
                    single.next().write_generalized_time(&time);
                });
            });
            data.next().write_tagged(Tag::context(1), |writer| {
                writer.write_sequence(|extensions| {
                    extensions.next().write_sequence(|extension| {
                        extension.next().write_oid(&oid(NONCE));
                        extension.next().write_bytes(&yasna::construct_der(|value| value.write_bytes(nonce)));
                    });
                });
            });
        });
        algorithm(response.next(), SHA256_WITH_RSA);
        let not_a_signature = [0_u8; 256];
        response.next().write_bitvec_bytes(&not_a_signature, not_a_signature.len() * 8);
    });
}

fn algorithm(writer: DERWriter<'_>, components: &[u64]) {
    writer.write_sequence(|algorithm| {
        algorithm.next().write_oid(&oid(components));
        algorithm.next().write_null();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nonce_binds_the_response_to_the_signature() {
        let der = BASE64_STANDARD.decode(response("c2lnbmF0dXJl", Timestamp::now())).unwrap();
        let hash = Sha1::digest("c2lnbmF0dXJl");
        let at = der.windows(hash.len()).position(|window| window == hash.as_slice()).unwrap();
        assert_eq!(
            der[at - 4..at],
            [0x04, 34, 0x04, 32],
            "an OCTET STRING of 32 bytes in the extension's value"
        );
        let status = yasna::parse_der(&der, |reader| {
            reader.read_sequence(|response| {
                let status = response.next().read_enum()?;
                response.next().read_tagged(Tag::context(0), |bytes| bytes.read_der())?;
                Ok(status)
            })
        });
        assert_eq!(status, Ok(SUCCESSFUL));
    }
}
