//! A certificate that somebody else keeps in a Secret, such as cert-manager: followed, and never written.

use std::sync::Arc;

use futures_util::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::watch_object;

use super::authority::{AuthorityError, Leaf};
use super::served::Served;
use crate::metrics::{Expiring, Metrics};

/// Shows what the Secret holds, for as long as the process lives. While it is missing or does not read, what was shown last
/// is shown.
pub async fn follow(secrets: Api<Secret>, name: String, served: Arc<Served>, metrics: Arc<Metrics>) {
    let events = watch_object(secrets, &name).default_backoff();
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(Some(secret)) => match read(&secret) {
                Ok(leaf) => {
                    tracing::info!(secret = name, not_after = %leaf.not_after, "the certificate is taken");
                    metrics.expires(Expiring::Leaf, leaf.not_after);
                    served.show(leaf);
                }
                Err(error) => tracing::error!(
                    secret = name, %error,
                    "the certificate is not taken; write tls.crt and tls.key, as in a Secret of type kubernetes.io/tls"
                ),
            },
            Ok(None) => tracing::error!(
                secret = name,
                "there is no such Secret; make one with tls.crt and tls.key, or run with --certificates self"
            ),
            Err(error) => {
                tracing::warn!(secret = name, %error, "the certificate's Secret cannot be watched");
            }
        }
    }
}

fn read(secret: &Secret) -> Result<Leaf, AuthorityError> {
    let data = |key: &str| {
        let data = secret.data.as_ref().and_then(|data| data.get(key));
        data.map(|bytes| bytes.0.as_slice()).unwrap_or_default()
    };
    Leaf::parse(data("tls.crt"), data("tls.key"), "tls.crt", "tls.key")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use k8s_openapi::ByteString;

    use super::super::authority::Authority;
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let now = Timestamp::now();
        let pair = Authority::generate(now, Duration::from_secs(60)).unwrap();
        let secret = |entries: &[(&str, &str)]| {
            let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
            let data = entries.iter().map(|(key, text)| ((*key).to_owned(), bytes(text))).collect();
            Secret { data: Some(data), ..Secret::default() }
        };
        let (certificate, key) = (pair.certificate(), pair.key());
        let whole = secret(&[("tls.crt", certificate), ("tls.key", &key)]);
        assert_eq!(read(&whole).unwrap().not_after, pair.not_after());
        for (secret, told) in [
            (Secret::default(), "tls.crt is not a certificate in PEM"),
            (secret(&[("tls.crt", certificate)]), "tls.key is not a private key in PEM"),
        ] {
            assert_eq!(read(&secret).unwrap_err().to_string(), told);
        }
    }
}
