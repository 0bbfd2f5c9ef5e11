//! How the stand-in behaves where sources differ, and what a tenant has configured.

use serde::{Deserialize, Serialize};

/// A tenant's configuration. All can be changed while running, through the control API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// The value of `X-Api-Key` that is taken.
    pub api_key: String,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// The form of webhooks.
    pub webhook_variant: WebhookVariant,
    /// Where webhooks go that a start names no URL for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// The enrichment types that the tenant has; none switches enrichment off.
    pub types: Vec<String>,
    /// How long a session waits for its user, in seconds.
    pub session_seconds: u64,
    /// How long after completion a session may be enriched, in seconds (section B.3).
    pub enrich_within_seconds: u64,
    /// How long the URL of an enrichment is good, in seconds. The text says 30 minutes, the sample 15 (section B.3).
    pub secure_url_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: "tic-simulator-key".to_owned(),
            webhook_secret: "tic-simulator-webhook-secret".to_owned(),
            webhook_variant: WebhookVariant::default(),
            webhook_url: None,
            types: ["spar", "companyRoles", "propertyOwnership", "income", "ipIntelligence"]
                .map(str::to_owned)
                .to_vec(),
            session_seconds: 300,
            enrich_within_seconds: 1_800,
            secure_url_seconds: 900,
        }
    }
}

/// The form of a webhook; the sources have these (section B.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WebhookVariant {
    /// Of the client library: `X-Ormeo-Signature: sha256=…` over timestamp and body, members in `data`, `overallRisk`.
    #[default]
    Ormeo,
    /// Of the documentation: `X-TIC-Signature` over the body, `session.completed`, members in `data`.
    Tic,
    /// Of other integrations: `X-Ormeo-Signature` over the body, members in `data`.
    OrmeoBody,
    /// Of the enrichment guide: members at the root, `risk`. Signed as `Tic`.
    Flat,
}
