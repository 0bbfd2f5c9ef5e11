//! `completionData.signature`: the base64 of an XML signature document (`bankid-se.md section 4`).
//!
//! Real: the document's structure, the user data, the RP's display name, and both digests, which match the canonical
//! form of what they refer to. Not real: `SignatureValue` is 256 bytes that no key made, the certificates are those of
//! a simulated person, without a name or personal number, and their keys are elliptic although the algorithm says RSA.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::request::OrderRequest;
use crate::pki::{self, PkiError};

const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const BANKID: &str = "http://www.bankid.com/signature/v1.0.0/types";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// What is signed.
pub(super) struct Signing<'a> {
    pub(super) request: &'a OrderRequest,
    pub(super) display_name: Option<&'a str>,
    pub(super) uhi: &'a str,
}

/// Makes signature documents.
#[derive(Debug)]
pub(crate) struct Signer {
    /// In canonical form, so that the digest of its text is the one that belongs into the signature.
    key_info: String,
    key_info_digest: String,
}

impl Signer {
    pub(crate) fn new() -> Result<Self, PkiError> {
        let certificates: String = pki::simulated_person()?
            .iter()
            .map(|der| format!("<X509Certificate>{}</X509Certificate>", BASE64_STANDARD.encode(der)))
            .collect();
        let key_info = format!(
            "<KeyInfo xmlns=\"{XMLDSIG}\" Id=\"bidKeyInfo\"><X509Data>{certificates}</X509Data></KeyInfo>"
        );
        let key_info_digest = digest(&key_info);
        Ok(Self { key_info, key_info_digest })
    }

    /// The document, as base64.
    pub(super) fn sign(&self, signing: &Signing<'_>) -> String {
        let signed_data = signed_data(signing);
        let signed_info = format!(
            "<SignedInfo xmlns=\"{XMLDSIG}\"><CanonicalizationMethod Algorithm=\"{C14N}\"></CanonicalizationMethod>\
             <SignatureMethod Algorithm=\"{RSA_SHA256}\"></SignatureMethod>{}{}</SignedInfo>",
            reference(&format!(" Type=\"{BANKID}\""), "#bidSignedData", &digest(&signed_data)),
            reference("", "#bidKeyInfo", &self.key_info_digest),
        );
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><Signature xmlns=\"{XMLDSIG}\">{signed_info}\
             <SignatureValue>{}</SignatureValue>{}<Object>{signed_data}</Object></Signature>",
            value(&signed_info),
            self.key_info,
        );
        BASE64_STANDARD.encode(document)
    }
}

fn digest(canonical: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(canonical))
}

fn reference(kind: &str, uri: &str, digest: &str) -> String {
    format!(
        "<Reference{kind} URI=\"{uri}\"><Transforms><Transform Algorithm=\"{C14N}\"></Transform></Transforms>\
         <DigestMethod Algorithm=\"{SHA256}\"></DigestMethod><DigestValue>{digest}</DigestValue></Reference>"
    )
}

/// As long as an RSA-2048 signature, and different for different content.
fn value(signed_info: &str) -> String {
    let seed = Sha256::digest(signed_info);
    let blocks = (0..8_u8).map(|block| Sha256::new().chain_update([block]).chain_update(seed).finalize());
    BASE64_STANDARD.encode(blocks.flatten().collect::<Vec<u8>>())
}

/// `bankIdSignedData` in canonical form: base64 throughout, hence nothing to escape.
fn signed_data(signing: &Signing<'_>) -> String {
    let UserDataElements { visible, non_visible } = UserDataElements::of(signing.request);
    let purpose = if signing.request.operation.is_signature() { "Signing" } else { "Identification" };
    let nonce = BASE64_STANDARD.encode(uuid::Uuid::new_v4());
    format!(
        "<bankIdSignedData xmlns=\"{BANKID}\" Id=\"bidSignedData\">{visible}{non_visible}<srvInfo><name>{}</name>\
         <nonce>{nonce}</nonce><displayName>{}</displayName></srvInfo><clientInfo><funcId>{purpose}</funcId>\
         <version>{}</version><env><ai><type>{}</type><deviceInfo>{}</deviceInfo><uhi>{}</uhi><fsib>0</fsib>\
         <utb>cs1</utb><requirement><condition><type>CertificatePolicies</type><value>1.2.3.4.25</value></condition>\
         </requirement><uauth>pw</uauth></ai></env></clientInfo></bankIdSignedData>",
        BASE64_STANDARD.encode(format!("name={}", signing.display_name.unwrap_or("nobody"))),
        BASE64_STANDARD.encode(signing.display_name.unwrap_or("nobody")),
        BASE64_STANDARD.encode("riskgate-simulator"),
        BASE64_STANDARD.encode("SIMULATOR"),
        BASE64_STANDARD.encode("1.0"),
        BASE64_STANDARD.encode(signing.uhi),
    )
}

struct UserDataElements {
    visible: String,
    non_visible: String,
}

impl UserDataElements {
    /// The texts are checked base64, as they were sent.
    fn of(request: &OrderRequest) -> Self {
        let format = if request.user_data.markdown { " format=\"simpleMarkdownV1\"" } else { "" };
        let visible = request.user_data.visible.as_ref().map(|text| {
            format!("<usrVisibleData charset=\"UTF-8\"{format} visible=\"wysiwys\">{text}</usrVisibleData>")
        });
        let non_visible = request.user_data.non_visible.as_ref();
        let non_visible = non_visible.map(|text| format!("<usrNonVisibleData>{text}</usrNonVisibleData>"));
        Self { visible: visible.unwrap_or_default(), non_visible: non_visible.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests;
