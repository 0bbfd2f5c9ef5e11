//! The configuration of the platform team's own service as a source.

use serde::{Deserialize, Serialize};

use super::{SecretKeyRef, SecretRef, TrustRef};
use crate::signal::Phase;

/// A service of the platform team's own, asked over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HttpSourceConfig {
    /// Where questions are sent: `https://fraud.shop.svc/assess`. Without TLS, `http://`, only on loopback.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 1024), regex(pattern = crate::patterns::URL))
    )]
    pub url: String,
    /// When it is asked: before the order exists (`Screen`), or when the provider's result is there (`Assess`).
    #[serde(default = "assess")]
    pub phase: Phase,
    /// Whether the user's national identity number is sent, where it is known. Left out, it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_subject: bool,
    /// The Secret with the token that is sent as `Authorization: Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer_token_ref: Option<SecretKeyRef>,
    /// The Secret with the client certificate that is shown to the service: `tls.crt` and `tls.key`, or `keystore.p12` and
    /// `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate_ref: Option<SecretRef>,
    /// The roots that its certificate must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
}

fn assess() -> Phase {
    Phase::Assess
}
