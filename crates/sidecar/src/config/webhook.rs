//! Where a provider's webhooks come in, and where they go.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use riskgate_core::config::{TicIdentityConfig, TicSignature, TicWebhook};
use riskgate_sources::outbound::{Outbound, Roots};
use riskgate_wire::tic_identity::webhook::SignatureOptions;

use super::snapshot::{SnapshotError, Surroundings, outbound};

/// What webhooks are checked with and passed on to.
pub struct WebhookRoom {
    /// What they are signed with. Never logged.
    pub secret: Vec<u8>,
    /// Which headers carry the signature.
    pub signature: SignatureOptions,
    /// Where the application takes them.
    pub forward_to: Uri,
    /// The client that reaches it: on loopback, without TLS.
    pub client: Arc<dyn Outbound>,
    /// How long a result waits for the webhook that brings its indication.
    pub wait: Duration,
    /// The hint code of a refused session.
    pub hint_code: String,
}

/// The room of the entry at `index`, where it has one.
pub(super) fn build(
    index: usize,
    tic: &TicIdentityConfig,
    connect: Duration,
    around: &Surroundings,
) -> Result<Option<WebhookRoom>, SnapshotError> {
    let Some(webhook) = &tic.webhook else { return Ok(None) };
    let TicWebhook { listen: _, forward_to, secret_ref, url: _, wait, signature } = webhook;
    let field = format!("providers[{index}].ticIdentity.webhook.secretRef");
    let secret = around.credentials.line(&field, secret_ref)?.into_bytes();
    let unusable = |reason: String| SnapshotError::Client { index, reason };
    let forward_to = forward_to.parse().map_err(|_| unusable(format!("{forward_to:?} is not a URL")))?;
    let client = outbound(&Roots::web(), None, connect, &around.resolver).map_err(unusable)?;
    let TicSignature { headers, timestamp_headers, signed_content } = signature;
    let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let signature = SignatureOptions {
        headers: lower(headers),
        timestamp_headers: lower(timestamp_headers),
        content: *signed_content,
    };
    let (wait, hint_code) = (wait.0, tic.refusal.hint_code.clone());
    Ok(Some(WebhookRoom { secret, signature, forward_to, client, wait, hint_code }))
}
