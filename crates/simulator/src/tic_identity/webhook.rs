//! Webhooks: what they say, how they are signed, and sending them (section B.4).

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpStream;

use super::person;
use super::session::{Session, Status};
use super::settings::WebhookVariant;

/// How long one delivery may take.
const DELIVERY_TIME: Duration = Duration::from_secs(15);

/// A webhook, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) event: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What became of a webhook.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivery {
    pub(super) event: String,
    pub(super) url: String,
    /// The receiver's status; none where it gave no answer.
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
}

/// How a webhook is signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signing<'a> {
    pub(super) variant: WebhookVariant,
    pub(super) secret: &'a str,
    /// Seconds since 1970.
    pub(super) at: i64,
    /// The same, as bodies say it.
    pub(super) time: &'a str,
}

/// The webhook that tells of the end of `session`; none where the variant has none for it.
pub(super) fn of(session: &Session, url: String, signing: Signing<'_>) -> Option<Webhook> {
    let documented = signing.variant == WebhookVariant::Tic;
    let event = match (&session.status, documented) {
        (Status::Complete(_), true) => "session.completed",
        (Status::Complete(_), false) if session.signs => "sign.completed",
        (Status::Complete(_), false) => "auth.completed",
        (Status::Failed(_) | Status::Cancelled, true) => "session.failed",
        _ => return None,
    };
    let data = data(session, signing.variant);
    let body = match signing.variant {
        WebhookVariant::Flat => {
            let mut flat = json!({ "event": event });
            if let (Some(flat), Value::Object(data)) = (flat.as_object_mut(), data) {
                flat.extend(data);
            }
            flat
        }
        _ => json!({ "event": event, "timestamp": signing.time, "data": data }),
    };
    let body = body.to_string();
    Some(Webhook { url, event: event.to_owned(), headers: headers(session, event, &body, signing), body })
}

fn data(session: &Session, variant: WebhookVariant) -> Value {
    let mut data = json!({ "sessionId": session.id, "status": session.word(), "provider": "bankid" });
    let Some(members) = data.as_object_mut() else { return data };
    if let Some(state) = &session.request.state {
        members.insert("state".to_owned(), json!(state));
    }
    match &session.status {
        Status::Complete(_) => {
            members.insert("user".to_owned(), session.user());
            if session.signs {
                members.insert("signature".to_owned(), session.signature());
            }
            let risk_name = if variant == WebhookVariant::Ormeo { "overallRisk" } else { "risk" };
            let said = person::intelligence(&session.script, session.request.end_user_ip, risk_name);
            if let Some(said) = said {
                members.insert("ipIntelligence".to_owned(), said);
            }
        }
        _ => drop(members.insert("hintCode".to_owned(), json!(session.hint()))),
    }
    data
}

fn headers(session: &Session, event: &str, body: &str, signing: Signing<'_>) -> Vec<(&'static str, String)> {
    let at = signing.at.to_string();
    let over_body = mac(signing.secret, &[body]);
    match signing.variant {
        WebhookVariant::Ormeo => vec![
            ("X-Ormeo-Signature", format!("sha256={}", mac(signing.secret, &[&at, ".", body]))),
            ("X-Ormeo-Timestamp", at),
            ("X-Ormeo-Session-Id", session.id.to_string()),
        ],
        WebhookVariant::OrmeoBody => vec![
            ("X-Ormeo-Signature", over_body),
            ("X-Ormeo-Timestamp", at),
            ("X-Ormeo-Event", event.to_owned()),
        ],
        WebhookVariant::Tic | WebhookVariant::Flat => {
            vec![("X-TIC-Signature", over_body), ("X-TIC-Timestamp", at), ("X-TIC-Event", event.to_owned())]
        }
    }
}

fn mac(secret: &str, parts: &[&str]) -> String {
    // HMAC takes keys of any length, so the error cannot occur; an empty signature would be refused by every reader.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends a webhook, over plain HTTP: in front of a receiver with TLS stands whatever ends it there.
pub(super) async fn deliver(webhook: Webhook) -> Delivery {
    let Webhook { url, event, .. } = webhook.clone();
    let sent = tokio::time::timeout(DELIVERY_TIME, send(webhook)).await;
    let sent = sent.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    Delivery { event, url, status: sent.as_ref().ok().copied(), error: sent.err() }
}

async fn send(webhook: Webhook) -> Result<u16, String> {
    let uri: Uri = webhook.url.parse().map_err(|_| "not a URL".to_owned())?;
    let (Some("http"), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err("only http:// is spoken".to_owned());
    };
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let port = uri.port_u16().unwrap_or(80);
    let socket = TcpStream::connect((host, port)).await.map_err(|error| text(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(socket)).await.map_err(|error| text(&error))?;
    let connection = tokio::spawn(connection);
    let mut request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header("Host", format!("{host}:{port}"))
        .header("Content-Type", "application/json");
    for (name, value) in &webhook.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(webhook.body))).map_err(|error| text(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| text(&error))?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await.map_err(|error| text(&error))?;
    connection.abort();
    Ok(status)
}
