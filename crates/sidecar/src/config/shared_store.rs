//! How a policy's shared store is reached, with the credentials that it names.

use riskgate_core::config::{Mode, RedisStore, SidecarConfig, WhenStoreUnavailable};
use riskgate_store::KeyRing;
use riskgate_store::redis::{Limits, Login, Reach, RedisOptions, Servers};

use super::credentials::{CredentialError, Credentials};
use super::snapshot::SnapshotError;

/// Where the shared store is, who we are there, and the keys that values are sealed under.
#[derive(Debug, Clone)]
pub struct SharedStoreSettings {
    /// How it is reached.
    pub reach: Reach,
    /// What every key name starts with: the policy's own.
    pub prefix: String,
    /// The keys.
    pub keys: KeyRing,
    /// What happens while it cannot be asked.
    pub when_unavailable: WhenStoreUnavailable,
}

impl SharedStoreSettings {
    /// The settings of a configuration; none where it has no shared store.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] for the first credential that cannot be used.
    pub fn read(config: &SidecarConfig, credentials: &Credentials) -> Result<Option<Self>, SnapshotError> {
        let Some(redis) = &config.store.redis else { return Ok(None) };
        let reach = Reach {
            servers: servers(redis),
            login: login(redis, credentials)?,
            roots: match &redis.trust_bundle_ref {
                Some(bundle) => Some(credentials.bundle("store.redis", bundle)?.1),
                None => None,
            },
            limits: Limits::default(),
        };
        reach.check().map_err(|error| SnapshotError::Store { reason: error.to_string() })?;
        Ok(Some(Self {
            reach,
            prefix: format!("riskgate:{}:{}:", config.policy.namespace, config.policy.name),
            keys: keys(redis, credentials)?,
            when_unavailable: when_unavailable(config.mode, config.store.when_unavailable),
        }))
    }

    /// What a store is started with.
    #[must_use]
    pub fn options(&self) -> RedisOptions {
        RedisOptions { reach: self.reach.clone(), prefix: self.prefix.clone(), keys: self.keys.clone() }
    }
}

/// Monitor changes no outcome: there, nothing is refused for want of a store.
fn when_unavailable(mode: Mode, policy: WhenStoreUnavailable) -> WhenStoreUnavailable {
    match mode {
        Mode::Enforce => policy,
        Mode::Monitor => WhenStoreUnavailable::Degrade,
    }
}

/// One way is there: the configuration's check requires it.
fn servers(redis: &RedisStore) -> Servers {
    if let Some(sentinel) = &redis.sentinel {
        Servers::Sentinel { urls: sentinel.urls.clone(), master_name: sentinel.master_name.clone() }
    } else if let Some(cluster) = &redis.cluster {
        Servers::Cluster { urls: cluster.urls.clone() }
    } else {
        Servers::Single { url: redis.url.clone().unwrap_or_default() }
    }
}

fn login(redis: &RedisStore, credentials: &Credentials) -> Result<Login, CredentialError> {
    const FIELD: &str = "store.redis.credentialsRef";
    let Some(secret) = &redis.credentials_ref else { return Ok(Login::default()) };
    let text = |key: &str| credentials.text(FIELD, &secret.name, key);
    let Some(password) = text("password")? else {
        return Err(CredentialError::Unusable {
            path: credentials.folder().join("secrets").join(&secret.name),
            field: FIELD.to_owned(),
            reason: "holds no password; write the keys password and, where the server has users, username"
                .to_owned(),
        });
    };
    Ok(Login {
        username: text("username")?,
        password: Some(password.into()),
        sentinel_username: text("sentinelUsername")?,
        sentinel_password: text("sentinelPassword")?.map(Into::into),
    })
}

fn keys(redis: &RedisStore, credentials: &Credentials) -> Result<KeyRing, CredentialError> {
    const FIELD: &str = "store.redis.sealKeysRef";
    let secret = &redis.seal_keys_ref;
    let keys = secret
        .keys
        .iter()
        .enumerate()
        .map(|(at, key)| credentials.bytes(&format!("{FIELD}.keys[{at}]"), &secret.name, key))
        .collect::<Result<Vec<_>, _>>()?;
    KeyRing::new(keys).map_err(|error| CredentialError::Unusable {
        path: credentials.folder().join("secrets").join(&secret.name),
        field: FIELD.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use riskgate_core::config::{SealKeysRef, SecretRef};

    use super::*;

    fn redis() -> RedisStore {
        RedisStore {
            url: Some("redis://127.0.0.1:6379".to_owned()),
            sentinel: None,
            cluster: None,
            credentials_ref: Some(SecretRef { name: "login".to_owned() }),
            trust_bundle_ref: None,
            seal_keys_ref: SealKeysRef {
                name: "seal".to_owned(),
                keys: vec!["new".to_owned(), "old".to_owned()],
            },
        }
    }

    fn folder() -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().unwrap();
        for secret in ["login", "seal"] {
            std::fs::create_dir_all(folder.path().join("secrets").join(secret)).unwrap();
        }
        let credentials = Credentials::new(folder.path().to_owned());
        (folder, credentials)
    }

    fn write(folder: &tempfile::TempDir, path: &str, bytes: &[u8]) {
        std::fs::write(folder.path().join("secrets").join(path), bytes).unwrap();
    }

    #[test]
    fn monitor_refuses_nothing_for_want_of_a_store() {
        for (mode, policy, expected) in [
            (Mode::Enforce, WhenStoreUnavailable::Refuse, WhenStoreUnavailable::Refuse),
            (Mode::Enforce, WhenStoreUnavailable::Degrade, WhenStoreUnavailable::Degrade),
            (Mode::Monitor, WhenStoreUnavailable::Refuse, WhenStoreUnavailable::Degrade),
        ] {
            assert_eq!(when_unavailable(mode, policy), expected);
        }
    }

    #[test]
    fn a_login_is_read_as_secrets_are_made() {
        let (folder, credentials) = folder();
        let missing = login(&redis(), &credentials).unwrap_err().to_string();
        assert!(missing.contains("password") && missing.contains("store.redis.credentialsRef"), "{missing}");
        write(&folder, "login/password", b"secret\n");
        write(&folder, "login/username", b"riskgate");
        let login = login(&redis(), &credentials).unwrap();
        assert_eq!(login.password.unwrap().as_str(), "secret");
        assert_eq!(login.username.as_deref(), Some("riskgate"));
    }

    #[test]
    fn a_key_is_32_bytes_as_they_are() {
        let (folder, credentials) = folder();
        write(&folder, "seal/new", &[1; 32]);
        let missing = keys(&redis(), &credentials).unwrap_err().to_string();
        assert!(missing.contains("store.redis.sealKeysRef.keys[1]"), "{missing}");
        write(&folder, "seal/old", &[b'0'; 64]);
        let hexadecimal = keys(&redis(), &credentials).unwrap_err().to_string();
        assert!(hexadecimal.contains("key 1 has 64 bytes"), "{hexadecimal}");
        // A line feed may be part of a key: nothing is trimmed.
        write(&folder, "seal/old", &[b'\n'; 32]);
        assert!(keys(&redis(), &credentials).is_ok());
    }
}
