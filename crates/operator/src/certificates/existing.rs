//! A certificate that somebody else keeps in a Secret, such as cert-manager: followed, and never written.

use std::sync::Arc;

use futures_util::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::watch_object;

use super::authority::{AuthorityError, Leaf};
use super::served::Served;
use super::teller::Teller;
use crate::metrics::Expiring;
use crate::reason::Reason;

/// What is to be done where nothing can be taken.
const WRITE: &str = "Write tls.crt and tls.key, as in a Secret of type kubernetes.io/tls";

/// Shows what the Secret holds, for as long as the process lives. While it is missing or does not read, what was shown last
/// is shown.
pub async fn follow(secrets: Api<Secret>, name: String, served: Arc<Served>, teller: Teller) {
    let events = watch_object(secrets, &name).default_backoff();
    let mut events = std::pin::pin!(events);
    // A watch that begins anew shows again what it showed before: only news is told.
    let mut told: Option<(Reason, String)> = None;
    let mut tell = |reason: Reason, more: String| {
        let news = Some((reason, more));
        if told != news
            && let Some((reason, more)) = &news
        {
            teller.tell(*reason, more);
        }
        told = news;
    };
    while let Some(event) = events.next().await {
        match event {
            Ok(Some(secret)) => match read(&secret) {
                Ok(leaf) => {
                    let more = format!("Serial number {}, until {}.", leaf.serial, leaf.not_after);
                    tell(Reason::CertificateTaken, more);
                    teller.expires(Expiring::Leaf, leaf.not_after);
                    served.show(leaf);
                }
                Err(error) => tell(Reason::CertificateInvalid, format!("{error}. {WRITE}.")),
            },
            Ok(None) => tell(
                Reason::CertificateMissing,
                format!("{WRITE}, under the name {name}; or run with --certificates self."),
            ),
            Err(error) => teller.failed("the certificate's Secret cannot be watched", &error),
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
