//! The CA as all replicas share it: what the Secret holds.
//!
//! | key | holds |
//! |---|---|
//! | `ca.crt`, `ca.key` | the CA that signs |
//! | `next.crt`, `next.key` | the CA that is trusted already, and signs soon |
//! | `old.crt` | the CA that signed before; some certificate of it may still be shown |
//!
//! The annotation `riskgate.dev/signs-since` says when the current one took over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::core::ObjectMeta;

use super::authority::{Authority, AuthorityError};

const SINCE: &str = "riskgate.dev/signs-since";
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "riskgate-operator");

/// The CAs of one moment.
#[derive(Clone)]
pub struct Authorities {
    /// Signs.
    pub current: Arc<Authority>,
    /// Is trusted already, and signs soon.
    pub next: Option<Arc<Authority>>,
    /// The certificate of the one that signed before, PEM.
    pub old: Option<String>,
    /// Since when the current one signs.
    pub since: Timestamp,
}

/// What is known of the Secret.
#[derive(Clone, Default)]
pub enum SharedCa {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It is there and does not read.
    Broken {
        /// Its metadata, by which exactly this version is replaced.
        metadata: Box<ObjectMeta>,
        /// What it held before, as far as this replica saw it.
        last: Option<Authorities>,
    },
    /// It is there.
    Known(Box<Known>),
}

/// A Secret that reads.
#[derive(Clone)]
pub struct Known {
    /// What it holds.
    pub authorities: Authorities,
    /// Its metadata, by which exactly this version is replaced.
    pub metadata: ObjectMeta,
}

impl Authorities {
    /// The first CA, or one in place of what is lost.
    ///
    /// # Errors
    /// As [`Authority::generate`].
    pub fn first(now: Timestamp, lifetime: Duration) -> Result<Self, AuthorityError> {
        let current = Arc::new(Authority::generate(now, lifetime)?);
        Ok(Self { current, next: None, old: None, since: now })
    }

    /// When the one that signs ends, for people.
    pub(super) fn ends(&self) -> String {
        format!("The CA that signs ends at {}.", self.current.not_after())
    }

    /// Every certificate that is to be trusted, PEM, the one that signs first.
    #[must_use]
    pub fn bundle(&self) -> String {
        let next = self.next.as_ref().map(|next| next.certificate());
        let all = std::iter::once(self.current.certificate()).chain(next).chain(self.old.as_deref());
        all.map(|pem| format!("{}\n", pem.trim())).collect()
    }

    /// What a Secret holds.
    ///
    /// # Errors
    /// When what signs does not read. Without `next.*` or `old.crt` there is none.
    pub fn read(secret: &Secret) -> Result<Self, AuthorityError> {
        let data = |key: &str| {
            let data = secret.data.as_ref().and_then(|data| data.get(key));
            data.map(|bytes| bytes.0.as_slice())
        };
        let current =
            Authority::parse(data("ca.crt").unwrap_or_default(), data("ca.key").unwrap_or_default())?;
        let next = match (data("next.crt"), data("next.key")) {
            (Some(certificate), Some(key)) => Some(Arc::new(Authority::parse(certificate, key)?)),
            _ => None,
        };
        let old = data("old.crt").map(|pem| String::from_utf8_lossy(pem).into_owned());
        let since = secret.annotations().get(SINCE).and_then(|text| text.parse().ok());
        // Unknown is taken for now: what is trusted stays so for longer, not for shorter.
        Ok(Self { current: Arc::new(current), next, old, since: since.unwrap_or_else(Timestamp::now) })
    }

    /// The Secret that holds this, in place of one with this metadata.
    #[must_use]
    pub fn secret(&self, metadata: &ObjectMeta) -> Secret {
        let mut data = BTreeMap::new();
        let mut put = |key: &str, text: &str| {
            data.insert(key.to_owned(), ByteString(text.as_bytes().to_vec()));
        };
        put("ca.crt", self.current.certificate());
        put("ca.key", &self.current.key());
        if let Some(next) = &self.next {
            put("next.crt", next.certificate());
            put("next.key", &next.key());
        }
        if let Some(old) = &self.old {
            put("old.crt", old);
        }
        let mut metadata = ObjectMeta { managed_fields: None, ..metadata.clone() };
        let (label, value) = MANAGED_BY;
        metadata.labels.get_or_insert_default().insert(label.to_owned(), value.to_owned());
        metadata.annotations.get_or_insert_default().insert(SINCE.to_owned(), self.since.to_string());
        Secret { metadata, data: Some(data), ..Secret::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_secret_holds_what_was_written() {
        let now = Timestamp::now();
        let mut authorities = Authorities::first(now, HOUR).unwrap();
        let metadata = ObjectMeta {
            name: Some("ca".to_owned()),
            resource_version: Some("7".to_owned()),
            ..ObjectMeta::default()
        };
        let bare = authorities.secret(&metadata);
        assert_eq!(bare.data.as_ref().unwrap().len(), 2);
        assert_eq!(Authorities::read(&bare).unwrap().bundle(), authorities.current.certificate());

        authorities.next = Some(Arc::new(Authority::generate(now, HOUR).unwrap()));
        authorities.old = Some(Authority::generate(now, HOUR).unwrap().certificate().to_owned());
        let secret = authorities.secret(&metadata);
        assert_eq!(secret.metadata.resource_version.as_deref(), Some("7"));
        let read = Authorities::read(&secret).unwrap();
        assert_eq!((read.bundle(), read.since), (authorities.bundle(), now));
        assert_eq!(read.bundle().matches("BEGIN CERTIFICATE").count(), 3);
        assert!(read.bundle().starts_with(read.current.certificate().trim()));
    }

    #[test]
    fn a_secret_without_a_ca_does_not_read() {
        assert!(Authorities::read(&Secret::default()).is_err());
        let mut secret = Authorities::first(Timestamp::now(), HOUR).unwrap().secret(&ObjectMeta::default());
        secret.data.as_mut().unwrap().insert("next.crt".to_owned(), ByteString(b"x".to_vec()));
        secret.data.as_mut().unwrap().insert("next.key".to_owned(), ByteString(b"x".to_vec()));
        assert!(Authorities::read(&secret).is_err());
    }
}
