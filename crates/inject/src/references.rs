//! What a policy refers to by name: Secrets, ConfigMaps and claims of its namespace, with the field that names each and what
//! is to be in it. What a pod mounts is made from this list, and so is what the operator looks at where it may.

use riskgate_api::{BankIdNo, BankIdSe, ProviderEntry, RiskPolicySpec, SourceEntry};
use riskgate_core::config::{
    AbuseApi, ClientAuthentication, EgressProxy, HttpSourceConfig, IpDatabases, IpIntelligenceConfig, IpList,
    OneSpanConfig, OneSpanSourceConfig, RedisStore, SealKeysRef, SecretKeyRef, SecretRef, SecurityDataConfig,
    StoreConfig, TicEnrichmentConfig, TicIdentityConfig, TicWebhook, TrustKind, TrustRef,
};

/// The keys of a client certificate's Secret; one pair of them is there.
const CERTIFICATE_KEYS: [&str; 4] = ["tls.crt", "tls.key", "keystore.p12", "password"];

/// The keys of a shared store's login; those that its servers ask for are there.
const LOGIN_KEYS: [&str; 4] = ["username", "password", "sentinelUsername", "sentinelPassword"];

/// The keys of the login at an egress proxy.
const PROXY_KEYS: [&str; 2] = ["username", "password"];

/// A name in a policy, and what is to stand under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The field that names it, from `spec` on.
    pub field: String,
    /// What kind of object it is.
    pub kind: Kind,
    /// The object, in the policy's namespace.
    pub name: String,
    /// What is to be in it.
    pub holds: Holds,
}

/// The kinds of objects that a policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
    /// A PersistentVolumeClaim.
    Claim,
}

/// What an object that a policy names is to hold, by what the sidecar does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// A client certificate with its key: `tls.crt` and `tls.key`, or `keystore.p12` and `password`.
    ClientCertificate,
    /// The login at a shared store: `password` at least.
    StoreLogin,
    /// The login at an egress proxy: `username` and `password`.
    ProxyLogin,
    /// Keys of 32 raw bytes each, that values are sealed under.
    SealKeys(Vec<String>),
    /// Random bytes under this key.
    Bytes(String),
    /// One line of text under this key.
    Line(String),
    /// A bearer token, under this key.
    Token(String),
    /// What can stand in a header, under this key.
    Header(String),
    /// What a client proves to a token endpoint who it is with.
    Credential {
        /// The key.
        key: String,
        /// How it proves it.
        authentication: ClientAuthentication,
    },
    /// Certificates of those that are trusted, under this key.
    Roots(String),
    /// Addresses.
    Addresses(IpList),
    /// Files of databases.
    Databases,
}

impl Holds {
    /// The keys that are mounted of the object. Not all of them need be there.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::ClientCertificate => CERTIFICATE_KEYS.to_vec(),
            Self::StoreLogin => LOGIN_KEYS.to_vec(),
            Self::ProxyLogin => PROXY_KEYS.to_vec(),
            Self::SealKeys(keys) => keys.iter().map(String::as_str).collect(),
            Self::Bytes(key)
            | Self::Line(key)
            | Self::Token(key)
            | Self::Header(key)
            | Self::Credential { key, authentication: _ }
            | Self::Roots(key) => vec![key],
            Self::Addresses(list) => vec![&list.key],
            Self::Databases => Vec::new(),
        }
    }
}

/// Everything that a policy refers to, in the order of its fields.
// Every field is named throughout, so that a new one that refers to something cannot be forgotten here.
#[must_use]
pub fn references(spec: &RiskPolicySpec) -> Vec<Reference> {
    let RiskPolicySpec {
        mode: _,
        uncovered_operations: _,
        ports: _,
        pseudonym_key_ref,
        providers,
        risk_parameters: _,
        sources,
        flows: _,
        timeouts: _,
        log: _,
        egress_proxy,
        store,
    } = spec;
    let mut found = Found(Vec::new());
    if let Some(SecretKeyRef { name, key }) = pseudonym_key_ref {
        found.secret("spec.pseudonymKeyRef", name, Holds::Bytes(key.clone()));
    }
    if let Some(EgressProxy { url: _, credentials_ref: Some(SecretRef { name }), no_proxy: _ }) = egress_proxy
    {
        found.secret("spec.egressProxy.credentialsRef", name, Holds::ProxyLogin);
    }
    let StoreConfig { memory: _, redis, when_unavailable: _ } = store;
    if let Some(redis) = redis {
        found.redis(redis);
    }
    for (index, entry) in providers.iter().enumerate() {
        found.provider(&format!("spec.providers[{index}]"), entry);
    }
    for (index, entry) in sources.iter().enumerate() {
        found.source(&format!("spec.sources[{index}]"), entry);
    }
    found.0
}

struct Found(Vec<Reference>);

impl Found {
    fn add(&mut self, field: &str, kind: Kind, name: &str, holds: Holds) {
        self.0.push(Reference { field: field.to_owned(), kind, name: name.to_owned(), holds });
    }

    fn secret(&mut self, field: &str, name: &str, holds: Holds) {
        self.add(field, Kind::Secret, name, holds);
    }

    /// What the field `trustBundleRef` below `field` names.
    fn trust(&mut self, field: &str, bundle: Option<&TrustRef>) {
        let Some(TrustRef { kind, name, key }) = bundle else { return };
        let kind = match kind {
            TrustKind::Secret => Kind::Secret,
            TrustKind::ConfigMap => Kind::ConfigMap,
        };
        self.add(&format!("{field}.trustBundleRef"), kind, name, Holds::Roots(key.clone()));
    }

    fn redis(&mut self, redis: &RedisStore) {
        let RedisStore {
            url: _,
            sentinel: _,
            cluster: _,
            credentials_ref,
            trust_bundle_ref,
            seal_keys_ref: SealKeysRef { name, keys },
        } = redis;
        let field = "spec.store.redis";
        if let Some(SecretRef { name }) = credentials_ref {
            self.secret(&format!("{field}.credentialsRef"), name, Holds::StoreLogin);
        }
        self.trust(field, trust_bundle_ref.as_ref());
        self.secret(&format!("{field}.sealKeysRef"), name, Holds::SealKeys(keys.clone()));
    }

    fn provider(&mut self, field: &str, entry: &ProviderEntry) {
        let ProviderEntry { name: _, listen: _, bank_id_se, bank_id_no, tic_identity, one_span } = entry;
        if let Some(BankIdSe {
            environment: _,
            endpoint: _,
            trust_bundle_ref,
            client_certificate_refs,
            refusal: _,
            when_order_unknown: _,
        }) = bank_id_se
        {
            let field = format!("{field}.bankIdSe");
            self.trust(&field, trust_bundle_ref.as_ref());
            self.certificates(&field, client_certificate_refs);
        }
        if let Some(BankIdNo {
            environment: _,
            issuer: _,
            trust_bundle_ref,
            reference_claims: _,
            require_high: _,
            refusal: _,
            when_order_unknown: _,
        }) = bank_id_no
        {
            self.trust(&format!("{field}.bankIdNo"), trust_bundle_ref.as_ref());
        }
        if let Some(tic) = tic_identity {
            self.tic_identity(&format!("{field}.ticIdentity"), tic);
        }
        if let Some(OneSpanConfig {
            endpoint: _,
            trust_bundle_ref,
            client_certificate_refs,
            challenge_code: _,
            matched_rules: _,
            when_order_unknown: _,
        }) = one_span
        {
            let field = format!("{field}.oneSpan");
            self.trust(&field, trust_bundle_ref.as_ref());
            self.certificates(&field, client_certificate_refs);
        }
    }

    fn certificates(&mut self, field: &str, secrets: &[SecretRef]) {
        for (index, SecretRef { name }) in secrets.iter().enumerate() {
            let field = format!("{field}.clientCertificateRefs[{index}]");
            self.secret(&field, name, Holds::ClientCertificate);
        }
    }

    fn tic_identity(&mut self, field: &str, tic: &TicIdentityConfig) {
        let TicIdentityConfig {
            endpoint: _,
            trust_bundle_ref,
            api_key_ref,
            refusal: _,
            webhook,
            when_order_unknown: _,
        } = tic;
        self.trust(field, trust_bundle_ref.as_ref());
        if let Some(SecretKeyRef { name, key }) = api_key_ref {
            self.secret(&format!("{field}.apiKeyRef"), name, Holds::Header(key.clone()));
        }
        if let Some(TicWebhook { listen: _, forward_to: _, secret_ref, url: _, wait: _, signature: _ }) =
            webhook
        {
            let SecretKeyRef { name, key } = secret_ref;
            self.secret(&format!("{field}.webhook.secretRef"), name, Holds::Line(key.clone()));
        }
    }

    fn source(&mut self, field: &str, entry: &SourceEntry) {
        let SourceEntry {
            name: _,
            timeout: _,
            http,
            ip_intelligence,
            security_data,
            tic_enrichment,
            one_span,
        } = entry;
        if let Some(http) = http {
            self.http(&format!("{field}.http"), http);
        }
        if let Some(ip) = ip_intelligence {
            self.ip_intelligence(&format!("{field}.ipIntelligence"), ip);
        }
        if let Some(data) = security_data {
            self.security_data(&format!("{field}.securityData"), data);
        }
        if let Some(tic) = tic_enrichment {
            let TicEnrichmentConfig { endpoint: _, trust_bundle_ref, types: _, api_key_ref, consume: _ } =
                tic;
            let field = format!("{field}.ticEnrichment");
            self.trust(&field, trust_bundle_ref.as_ref());
            let SecretKeyRef { name, key } = api_key_ref;
            self.secret(&format!("{field}.apiKeyRef"), name, Holds::Header(key.clone()));
        }
        if let Some(one_span) = one_span {
            let OneSpanSourceConfig {
                endpoint: _,
                trust_bundle_ref,
                credentials_ref,
                user: _,
                amount: _,
                transaction_type: _,
            } = one_span;
            let field = format!("{field}.oneSpan");
            self.trust(&field, trust_bundle_ref.as_ref());
            if let Some(SecretRef { name }) = credentials_ref {
                self.secret(&format!("{field}.credentialsRef"), name, Holds::ClientCertificate);
            }
        }
    }

    fn http(&mut self, field: &str, http: &HttpSourceConfig) {
        let HttpSourceConfig {
            url: _,
            phase: _,
            send_subject: _,
            bearer_token_ref,
            client_certificate_ref,
            trust_bundle_ref,
        } = http;
        if let Some(SecretKeyRef { name, key }) = bearer_token_ref {
            self.secret(&format!("{field}.bearerTokenRef"), name, Holds::Token(key.clone()));
        }
        if let Some(SecretRef { name }) = client_certificate_ref {
            self.secret(&format!("{field}.clientCertificateRef"), name, Holds::ClientCertificate);
        }
        self.trust(field, trust_bundle_ref.as_ref());
    }

    fn security_data(&mut self, field: &str, data: &SecurityDataConfig) {
        let SecurityDataConfig {
            client_id: _,
            authentication,
            credential_ref: SecretKeyRef { name, key },
            key_id: _,
            scope: _,
            budget: _,
            poll: _,
            base_url: _,
            token_endpoint: _,
            claims: _,
        } = data;
        let holds = Holds::Credential { key: key.clone(), authentication: *authentication };
        self.secret(&format!("{field}.credentialRef"), name, holds);
    }

    fn ip_intelligence(&mut self, field: &str, ip: &IpIntelligenceConfig) {
        let IpIntelligenceConfig {
            home_countries: _,
            registry_data: _,
            databases,
            lists,
            abuse_api,
            scoring: _,
        } = ip;
        if let Some(IpDatabases { persistent_volume_claim, max_bytes: _ }) = databases {
            let field = format!("{field}.databases.persistentVolumeClaim");
            self.add(&field, Kind::Claim, persistent_volume_claim, Holds::Databases);
        }
        for (index, list) in lists.iter().enumerate() {
            let field = format!("{field}.lists[{index}]");
            self.add(&field, Kind::ConfigMap, &list.config_map, Holds::Addresses(list.clone()));
        }
        if let Some(AbuseApi {
            url: _,
            api_key_ref: SecretKeyRef { name, key },
            trust_bundle_ref,
            max_age_in_days: _,
            cache_ttl: _,
            cache_entries: _,
        }) = abuse_api
        {
            let field = format!("{field}.abuseApi");
            self.secret(&format!("{field}.apiKeyRef"), name, Holds::Header(key.clone()));
            self.trust(&field, trust_bundle_ref.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_reference_says_which_field_names_it_and_what_is_to_be_in_it() {
        let spec = serde_json::from_value(json!({
            "pseudonymKeyRef": { "name": "pseudonym", "key": "key" },
            "egressProxy": { "url": "http://proxy.corp:3128", "credentialsRef": { "name": "proxy" } },
            "store": { "redis": {
                "url": "rediss://redis.shop.svc",
                "credentialsRef": { "name": "login" },
                "sealKeysRef": { "name": "seal", "keys": ["new", "old"] },
            } },
            "providers": [{ "name": "bankid", "listen": { "port": 15381 }, "bankIdSe": {
                "environment": "Custom",
                "endpoint": "https://bankid.example",
                "trustBundleRef": { "kind": "ConfigMap", "name": "roots", "key": "ca.crt" },
                "clientCertificateRefs": [{ "name": "rp" }, { "name": "rp-old" }],
            } }],
            "sources": [{ "name": "ip", "ipIntelligence": {
                "databases": { "persistentVolumeClaim": "geoip" },
                "lists": [{ "configMap": "addresses", "key": "tor.txt", "kind": "Tor" }],
                "abuseApi": { "url": "https://abuse.example", "apiKeyRef": { "name": "abuse", "key": "key" } },
            } }],
            "flows": [],
        }));
        let found = references(&spec.unwrap());
        let told: Vec<_> = found
            .iter()
            .map(|it| format!("{}: {:?} {} {}", it.field, it.kind, it.name, it.holds.keys().join(" ")))
            .collect();
        assert_eq!(
            told,
            [
                "spec.pseudonymKeyRef: Secret pseudonym key",
                "spec.egressProxy.credentialsRef: Secret proxy username password",
                "spec.store.redis.credentialsRef: Secret login username password sentinelUsername sentinelPassword",
                "spec.store.redis.sealKeysRef: Secret seal new old",
                "spec.providers[0].bankIdSe.trustBundleRef: ConfigMap roots ca.crt",
                "spec.providers[0].bankIdSe.clientCertificateRefs[0]: Secret rp tls.crt tls.key keystore.p12 password",
                "spec.providers[0].bankIdSe.clientCertificateRefs[1]: Secret rp-old tls.crt tls.key keystore.p12 password",
                "spec.sources[0].ipIntelligence.databases.persistentVolumeClaim: Claim geoip ",
                "spec.sources[0].ipIntelligence.lists[0]: ConfigMap addresses tor.txt",
                "spec.sources[0].ipIntelligence.abuseApi.apiKeyRef: Secret abuse key",
            ]
        );
    }
}
