//! When documents are fetched, and when not.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use http::Response;

use super::*;

pub(crate) const ISSUER: &str = "https://id.example/realms/x";
const KEYS: &[u8] = include_bytes!("../../../wire/tests/jose/keys/jwks.json");

/// A clock that is set by hand.
#[derive(Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

/// A provider that can be switched off.
struct Provider {
    up: std::sync::atomic::AtomicBool,
    asked: StdMutex<Vec<String>>,
    document: Bytes,
}

#[async_trait]
impl Outbound for Provider {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, OutboundError> {
        tokio::task::yield_now().await;
        self.asked.lock().unwrap().push(request.uri().to_string());
        if !self.up.load(Ordering::Relaxed) {
            return Err(OutboundError::NotSent("connection refused".to_owned()));
        }
        Ok(match request.uri().path() {
            "/realms/x/.well-known/openid-configuration" => Response::new(self.document.clone()),
            "/keys" => Response::new(Bytes::from_static(KEYS)),
            _ => Response::builder().status(404).body(Bytes::new()).unwrap(),
        })
    }
}

fn document(keys: &str) -> Bytes {
    serde_json::json!({ "issuer": ISSUER, "token_endpoint": "https://id.example/token", "jwks_uri": keys })
        .to_string()
        .into()
}

fn stage(document: Bytes) -> (Arc<Provider>, Arc<Hands>, Arc<Openid>) {
    let provider = Arc::new(Provider { up: true.into(), asked: StdMutex::default(), document });
    let clock = Arc::new(Hands::default());
    let openid = Openid::new(ISSUER, provider.clone(), Duration::from_secs(1), clock.clone());
    (provider, clock, Arc::new(openid))
}

impl Provider {
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[tokio::test]
async fn what_is_known_is_fetched_once_and_kept_for_an_hour() {
    let (provider, clock, openid) = stage(document("https://id.example/keys"));
    assert!(openid.known().is_none());
    let all = futures_util::future::join_all((0..100).map(|_| openid.ready())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(provider.asked(), 2, "one configuration and its keys, however many ask");
    assert!(openid.known().is_some());
    clock.0.store(FRESH_FOR - 1, Ordering::Relaxed);
    openid.ready().await.unwrap();
    assert_eq!(provider.asked(), 2);
    clock.0.store(FRESH_FOR, Ordering::Relaxed);
    openid.ready().await.unwrap();
    assert_eq!(provider.asked(), 4);
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_after_a_pause_only() {
    let (provider, clock, openid) = stage(document("https://id.example/keys"));
    provider.up.store(false, Ordering::Relaxed);
    let error = openid.ready().await.unwrap_err().to_string();
    assert_eq!(error, "the provider's configuration cannot be fetched: nothing was sent: connection refused");
    assert!(openid.ready().await.is_err());
    assert_eq!(provider.asked(), 1);
    clock.0.store(PAUSE, Ordering::Relaxed);
    provider.up.store(true, Ordering::Relaxed);
    assert!(openid.ready().await.is_ok());
}

#[tokio::test]
async fn what_is_no_longer_fresh_still_serves_where_nothing_newer_comes() {
    let (provider, clock, openid) = stage(document("https://id.example/keys"));
    let first = openid.ready().await.unwrap();
    provider.up.store(false, Ordering::Relaxed);
    clock.0.store(5 * FRESH_FOR, Ordering::Relaxed);
    assert!(Arc::ptr_eq(&openid.ready().await.unwrap(), &first));
    assert!(Arc::ptr_eq(&openid.ready().await.unwrap(), &first));
    assert_eq!(provider.asked(), 3, "within the pause it is not asked again");
}

#[tokio::test]
async fn unknown_keys_make_us_ask_at_most_once_in_a_pause() {
    let (provider, clock, openid) = stage(document("https://id.example/keys"));
    let first = openid.ready().await.unwrap();
    assert!(Arc::ptr_eq(&openid.renewed(&first).await.unwrap(), &first));
    assert_eq!(provider.asked(), 2, "they were fetched just now");
    clock.0.store(PAUSE, Ordering::Relaxed);
    let all = futures_util::future::join_all((0..50).map(|_| openid.renewed(&first))).await;
    assert!(all.iter().all(|known| !Arc::ptr_eq(known.as_ref().unwrap(), &first)));
    assert_eq!(provider.asked(), 4, "fifty tokens with unknown keys, one fetch");
}

#[tokio::test]
async fn documents_that_cannot_be_used_say_why() {
    let cases = [
        (document("https://id.example/none"), "the provider's keys cannot be fetched: status 404"),
        (Bytes::from_static(b"<html>"), "the provider's configuration does not read: "),
        (Bytes::from_static(br#"{"issuer":"https://other"}"#), "is of another issuer than the policy's"),
    ];
    for (document, expected) in cases {
        let (_, _, openid) = stage(document);
        let error = openid.ready().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
