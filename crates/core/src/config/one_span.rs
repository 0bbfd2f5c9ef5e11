//! The configuration of OneSpan as provider.

use serde::{Deserialize, Serialize};

use super::{SecretRef, TrustRef, WhenOrderUnknown};
use crate::quantity::Span;

/// How OneSpan's Intelligent Adaptive Authentication is reached, and how a challenge is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneSpanConfig {
    /// Scheme, host and port of the tenant: `https://TENANT.prod.eu1.tid.onespan.cloud`. The path prefix `/v1` is part of the
    /// protocol.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 9, max = 262),
            regex(
                pattern = r"^https://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
            )
        )
    )]
    pub endpoint: String,
    /// The roots that its certificate must lead to; left out, those of the public web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// Secrets with the tenant's client certificates: `tls.crt` and `tls.key`, or `keystore.p12` and `password`. The first is
    /// shown; the others serve sessions made with them, during a rotation. Every environment but the sandbox wants one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 4),
            extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
        )
    )]
    pub client_certificate_refs: Vec<SecretRef>,
    /// The `riskResponseCode` that a challenge is asked for with where OneSpan asked for none, 2 or above, as the application
    /// knows it: 3 for a code by text message, 5 for a device with two factors. Left out, such a request is declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 99)))]
    pub challenge_code: Option<u32>,
    /// Whether the names of the rules that matched are looked up for the decision record; OneSpan's answers do not carry them.
    #[serde(default)]
    pub matched_rules: OneSpanMatchedRules,
    /// How the result of a session is judged that the store does not know: under every flow of the provider, the strictest
    /// verdict holding (`Strictest`), or blocked (`Block`).
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

/// The look-up of the rules that matched (other-systems.md section C.4): one call more, before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneSpanMatchedRules {
    /// About which requests OneSpan is asked again.
    pub look_up: LookUp,
    /// How long the look-up may take; after that the decision is made without it, and its record says so
    /// (`MatchedRulesUnavailable`).
    pub timeout: Span,
}

impl Default for OneSpanMatchedRules {
    fn default() -> Self {
        Self { look_up: LookUp::default(), timeout: Span::from_millis(1_000) }
    }
}

/// About which requests OneSpan is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum LookUp {
    /// None.
    Never,
    /// Those that it did not accept: a rule matched there.
    #[default]
    NotAccepted,
    /// All: a condition of `blockWhen` on what only the look-up says needs this.
    Always,
}
