//! The configuration of TIC Identity as provider.

use serde::{Deserialize, Serialize};

use super::{Listen, SecretKeyRef, TrustRef, WhenOrderUnknown};
use crate::quantity::Span;

/// Where TIC Identity is, for every tenant, in test and production (other-systems.md section B.1).
const ENDPOINT: &str = "https://id.tic.io";

/// TIC Identity: how it is reached, refused, and how its webhooks come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicIdentityConfig {
    /// Scheme, host and port; left out, `https://id.tic.io`. A stand-in such as riskgate-simulator needs it, and
    /// `trustBundleRef`.
    #[serde(default = "endpoint")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 262), regex(pattern = crate::patterns::URL))
    )]
    pub endpoint: String,
    /// The roots that its certificate must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// The Secret with the tenant's API key: then the application needs none, and cannot go past riskgate. Left out, the
    /// application's own `X-Api-Key` passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_ref: Option<SecretKeyRef>,
    /// How a refusal is written.
    #[serde(default)]
    pub refusal: TicRefusal,
    /// How webhooks come in; left out, they do not pass riskgate, and TIC's own risk is unknown where an answer does not
    /// carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<TicWebhook>,
    /// How a session is judged that the store does not know: under every flow of the provider, the strictest verdict
    /// holding (`Strictest`), or blocked (`Block`).
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

/// How a refusal of TIC Identity is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicRefusal {
    /// The `hintCode` of a refused session. TIC's own are `cancelled` and `userCancel`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), regex(pattern = crate::patterns::WORD)))]
    pub hint_code: String,
}

impl Default for TicRefusal {
    fn default() -> Self {
        Self { hint_code: "cancelled".to_owned() }
    }
}

/// How webhooks come in: riskgate listens in the application's place, and passes on what may pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicWebhook {
    /// Where riskgate listens, on every address: the Service's targetPort points there.
    #[cfg_attr(feature = "schema", schemars(schema_with = "listen_schema"))]
    pub listen: Listen,
    /// Where the application takes webhooks, on loopback: `http://127.0.0.1:8080/hooks`.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 1024), regex(pattern = crate::patterns::URL))
    )]
    pub forward_to: String,
    /// The Secret with the secret that webhooks are signed with.
    pub secret_ref: SecretKeyRef,
    /// The webhook's public URL, attached to a start that names none; left out, none is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 1024), regex(pattern = crate::patterns::URL))
    )]
    pub url: Option<String>,
    /// How long a result whose answer has no `ipIntelligence` waits for the webhook that brings it. After that TIC's own
    /// indication is `Unavailable`.
    #[serde(default = "wait")]
    pub wait: Span,
    /// Which headers carry the signature, and what it covers; left out, every known form.
    #[serde(default)]
    pub signature: TicSignature,
}

/// Which headers carry a webhook's signature, and what it covers. The sources disagree (other-systems.md section B.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicSignature {
    /// Headers that may carry it. The first that is there counts.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 8), inner(length(min = 1, max = 64))))]
    pub headers: Vec<String>,
    /// Headers that may carry the time of signing.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 8), inner(length(min = 1, max = 64))))]
    pub timestamp_headers: Vec<String>,
    /// What it covers: `Body`, `TimestampBody`, or whichever fits (`Auto`).
    pub signed_content: SignedContent,
}

/// What a webhook's signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SignedContent {
    /// Whichever of the two the signature fits.
    #[default]
    Auto,
    /// The body alone.
    Body,
    /// The timestamp's header, a dot, and the body.
    TimestampBody,
}

impl Default for TicSignature {
    fn default() -> Self {
        let names =
            |what: &str| ["X-TIC-", "X-Ormeo-"].iter().map(|prefix| format!("{prefix}{what}")).collect();
        Self {
            headers: names("Signature"),
            timestamp_headers: names("Timestamp"),
            signed_content: SignedContent::default(),
        }
    }
}

pub(super) fn endpoint() -> String {
    ENDPOINT.to_owned()
}

fn wait() -> Span {
    Span::from_millis(3_000)
}

#[cfg(feature = "schema")]
fn listen_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "required": ["port"],
        "properties": {
            "port": {
                "type": "integer", "format": "uint16", "minimum": 0, "maximum": 65535,
                "description": "The port, on every address. In a cluster not 0, which takes a free one.",
            },
        },
    })
}
