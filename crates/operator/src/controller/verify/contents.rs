//! Whether what an object holds is what a policy wants of it, by the very code with which the sidecar reads it. Nothing of the
//! contents gets into what is said.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use riskgate_core::config::ClientAuthentication;
use riskgate_inject::references::Holds;
use riskgate_sources::http::bearer;
use riskgate_sources::outbound::{Identity, Proxy, ProxyLogin, Roots};
use riskgate_sources::security_data::ClientCredential;
use riskgate_store::KeyRing;
use zeroize::Zeroizing;

/// What an object holds, by key. It never shows what.
pub(super) struct Entries(BTreeMap<String, Zeroizing<Vec<u8>>>);

/// Why it is not what is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Keys are not there.
    Missing(Vec<String>),
    /// What stands under a key cannot be used.
    Unusable {
        /// The key.
        key: String,
        /// Why, and what to put there.
        why: String,
    },
}

impl Entries {
    /// Those of a Secret or a ConfigMap.
    pub(super) fn of(
        bytes: Option<BTreeMap<String, ByteString>>,
        texts: Option<BTreeMap<String, String>>,
    ) -> Self {
        let bytes = bytes.into_iter().flatten().map(|(key, bytes)| (key, bytes.0));
        let texts = texts.into_iter().flatten().map(|(key, text)| (key, text.into_bytes()));
        Self(bytes.chain(texts).map(|(key, content)| (key, Zeroizing::new(content))).collect())
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn get(&self, key: &str) -> Result<&[u8], Flaw> {
        let found = self.0.get(key).map(|bytes| bytes.as_slice());
        found.ok_or_else(|| Flaw::Missing(vec![key.to_owned()]))
    }

    /// Something, and be it one byte.
    fn some(&self, key: &str, wanted: &Holds) -> Result<&[u8], Flaw> {
        let bytes = self.get(key)?;
        if bytes.is_empty() { Err(empty(key, wanted)) } else { Ok(bytes) }
    }

    /// A line of text. Secrets are often made with `echo`, which ends it with a line feed that it does not have.
    fn line(&self, key: &str, wanted: &Holds) -> Result<&str, Flaw> {
        let bytes = self.some(key, wanted)?;
        let text =
            std::str::from_utf8(bytes).map_err(|_| unusable(key, "it is no text; write it in UTF-8"))?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() { Err(empty(key, wanted)) } else { Ok(line) }
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Checks it; when what it holds ends, where it does.
pub(super) fn check(holds: &Holds, entries: &Entries, now: Timestamp) -> Result<Option<Timestamp>, Flaw> {
    match holds {
        Holds::ClientCertificate => return client_certificate(entries, now).map(Some),
        Holds::StoreLogin => {
            entries.line("password", holds)?;
            for key in
                ["username", "sentinelUsername", "sentinelPassword"].iter().filter(|key| entries.has(key))
            {
                entries.line(key, holds)?;
            }
        }
        Holds::ProxyLogin => {
            let [username, password] = ["username", "password"].map(|key| entries.line(key, holds));
            let login = ProxyLogin { username: username?.to_owned(), password: password?.to_owned() };
            // Where the proxy is was checked when the policy was compiled.
            Proxy::new("http://proxy.invalid", Some(&login), &[])
                .map_err(|error| unusable("username and password", error.to_string()))?;
        }
        Holds::SealKeys(keys) => seal_keys(keys, entries)?,
        Holds::Bytes(key) => drop(entries.some(key, holds)?),
        Holds::Line(key) => drop(entries.line(key, holds)?),
        Holds::Token(key) => {
            let token = entries.line(key, holds)?;
            bearer(token).map_err(|error| unusable(key, error.to_string()))?;
        }
        Holds::Header(key) => {
            let why = "it has characters that no header can carry; write the bare key";
            http::HeaderValue::from_str(entries.line(key, holds)?).map_err(|_| unusable(key, why))?;
        }
        Holds::Credential { key, authentication } => {
            let content = entries.some(key, holds)?;
            ClientCredential::read(*authentication, content, None)
                .map_err(|error| unusable(key, error.to_string()))?;
        }
        Holds::Roots(key) => {
            Roots::from_pem(entries.get(key)?).map_err(|error| unusable(key, error.to_string()))?;
        }
        // A line that does not read is left out, and told by the sidecar.
        Holds::Addresses(list) => drop(entries.get(&list.key)?),
        Holds::Databases => {}
    }
    Ok(None)
}

/// As the sidecar does: the pair in PEM where there is one, else the keystore.
fn client_certificate(entries: &Entries, now: Timestamp) -> Result<Timestamp, Flaw> {
    let second = now.as_second();
    let (keys, identity) = if entries.has("tls.crt") {
        let (certificate, key) = (entries.get("tls.crt")?, entries.get("tls.key")?);
        ("tls.crt and tls.key", Identity::from_pem(certificate, key, second))
    } else if entries.has("keystore.p12") {
        let keystore = entries.get("keystore.p12")?;
        let password = Zeroizing::new(String::from_utf8_lossy(entries.get("password")?).into_owned());
        let password = password.trim_end_matches(['\r', '\n']);
        ("keystore.p12 and password", Identity::from_pkcs12(keystore, password, second))
    } else {
        return Err(Flaw::Missing(vec!["tls.crt".to_owned(), "keystore.p12".to_owned()]));
    };
    let identity = identity.map_err(|error| unusable(keys, error.to_string()))?;
    Ok(Timestamp::from_second(identity.not_after()).unwrap_or(Timestamp::MAX))
}

fn seal_keys(keys: &[String], entries: &Entries) -> Result<(), Flaw> {
    let missing: Vec<String> = keys.iter().filter(|key| !entries.has(key)).cloned().collect();
    if !missing.is_empty() {
        return Err(Flaw::Missing(missing));
    }
    let ring = keys.iter().map(|key| Ok(entries.get(key)?.to_vec())).collect::<Result<Vec<_>, Flaw>>()?;
    // The ring wipes them.
    KeyRing::new(ring).map(drop).map_err(|error| unusable(&keys.join(", "), error.to_string()))
}

/// What is to be put there.
pub(super) fn wanted(holds: &Holds) -> String {
    match holds {
        Holds::ClientCertificate => {
            "put the client certificate there, as tls.crt and tls.key or as keystore.p12 and password"
                .to_owned()
        }
        Holds::StoreLogin => "put password there and, where the server has users, username".to_owned(),
        Holds::ProxyLogin => "put username and password there".to_owned(),
        Holds::SealKeys(keys) => format!("put 32 random bytes under each of {}", keys.join(", ")),
        Holds::Bytes(key) => format!("put 32 random bytes under {key}"),
        Holds::Line(key) => format!("put the secret under {key}, as one line"),
        Holds::Token(key) => format!("put the token under {key}, as one line"),
        Holds::Header(key) => format!("put the API key under {key}, as one line"),
        Holds::Credential { key, authentication: ClientAuthentication::PrivateKeyJwt } => {
            format!("put the client's private key under {key}, in PEM")
        }
        Holds::Credential { key, authentication: _ } => format!("put the client's secret under {key}"),
        Holds::Roots(key) => {
            format!("put the certificates to be trusted under {key}, as -----BEGIN CERTIFICATE----- blocks")
        }
        Holds::Addresses(list) => format!("put the addresses under {}, one a line", list.key),
        Holds::Databases => "put the databases there".to_owned(),
    }
}

fn empty(key: &str, holds: &Holds) -> Flaw {
    unusable(key, format!("it is empty; {}", wanted(holds)))
}

fn unusable(key: &str, why: impl Into<String>) -> Flaw {
    Flaw::Unusable { key: key.to_owned(), why: why.into() }
}
