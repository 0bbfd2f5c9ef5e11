//! What a policy binds a pod to: the Secrets and ConfigMaps that its sidecar mounts, and the ports that it takes. All else
//! in a policy reaches running pods through the ConfigMap.

use std::collections::{BTreeMap, BTreeSet};

use riskgate_api::compile::free_ports;
use riskgate_api::{BankIdNo, BankIdSe, ProviderEntry, RiskPolicySpec, SourceEntry};
use riskgate_core::config::{
    AbuseApi, EgressProxy, HttpSourceConfig, IpDatabases, IpIntelligenceConfig, IpList, OneSpanConfig,
    OneSpanSourceConfig, Ports, RedisStore, SealKeysRef, SecretKeyRef, SecretRef, SecurityDataConfig,
    StoreConfig, TicEnrichmentConfig, TicIdentityConfig, TicWebhook, TrustKind, TrustRef,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::reason::{Notice, Reason};

/// The keys of a client certificate's Secret; one pair of them is there.
const CERTIFICATE_KEYS: [&str; 4] = ["tls.crt", "tls.key", "keystore.p12", "password"];

/// The keys of a shared store's login; those that its servers ask for are there.
const LOGIN_KEYS: [&str; 4] = ["username", "password", "sentinelUsername", "sentinelPassword"];

/// The keys of the login at an egress proxy.
const PROXY_KEYS: [&str; 2] = ["username", "password"];

/// What a policy binds a pod to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bindings {
    /// The policy's namespace.
    pub namespace: String,
    /// The policy.
    pub policy: String,
    /// Ports of the sidecar's own endpoints.
    pub ports: Ports,
    /// Where it listens for the application, in the order of the policy.
    pub listeners: Vec<Listener>,
    /// Where it listens for webhooks: the field of the policy, and the port.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<(String, u16)>,
    /// The Secrets, with the keys that are mounted of each.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The ConfigMaps, with the keys that are mounted of each; the configuration's own is not among them.
    pub config_maps: BTreeMap<String, BTreeSet<String>>,
    /// The claims with databases.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub databases: BTreeSet<String>,
}

/// A listener for one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// The provider's entry in the policy.
    pub provider: String,
    /// The port on loopback.
    pub port: u16,
    /// The variables that point an application at it.
    pub env: Vec<String>,
}

impl Listener {
    /// What the variables are set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Bindings {
    /// The bindings of a policy.
    ///
    /// # Errors
    ///
    /// [`Reason::PolicyUnusable`] where a port is 0: a pod needs ports that are known before it starts.
    pub fn of(namespace: &str, policy: &str, spec: &RiskPolicySpec) -> Result<Self, Notice> {
        let free = free_ports(spec);
        if !free.is_empty() {
            let fields = free.join(", ");
            let message = format!(
                "policy {namespace}/{policy} takes a free port in {fields}; in a cluster a port must be known: write a number above 0"
            );
            return Err(Notice::new(Reason::PolicyUnusable, message));
        }
        let mut bindings = Self {
            namespace: namespace.to_owned(),
            policy: policy.to_owned(),
            ports: spec.ports,
            listeners: Vec::new(),
            webhooks: Vec::new(),
            secrets: BTreeMap::new(),
            config_maps: BTreeMap::new(),
            databases: BTreeSet::new(),
        };
        bindings.add(spec);
        Ok(bindings)
    }

    // Every field is named, so that a new one that refers to something cannot be forgotten here.
    fn add(&mut self, spec: &RiskPolicySpec) {
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
        if let Some(SecretKeyRef { name, key }) = pseudonym_key_ref {
            self.secret(name, [key.as_str()]);
        }
        if let Some(EgressProxy { url: _, credentials_ref: Some(SecretRef { name }), no_proxy: _ }) =
            egress_proxy
        {
            self.secret(name, PROXY_KEYS);
        }
        let StoreConfig { memory: _, redis, when_unavailable: _ } = store;
        if let Some(redis) = redis {
            self.add_redis(redis);
        }
        for (index, entry) in providers.iter().enumerate() {
            let ProviderEntry { name, listen, bank_id_se, bank_id_no, tic_identity, one_span } = entry;
            self.listeners.push(Listener {
                provider: name.clone(),
                port: listen.port,
                env: listen.env.clone(),
            });
            if let Some(bankid) = bank_id_se {
                self.add_bank_id_se(bankid);
            }
            if let Some(bankid) = bank_id_no {
                self.add_bank_id_no(bankid);
            }
            if let Some(tic) = tic_identity {
                self.add_tic_identity(index, tic);
            }
            if let Some(one_span) = one_span {
                self.add_one_span(one_span);
            }
        }
        for entry in sources {
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
                self.add_http(http);
            }
            if let Some(ip) = ip_intelligence {
                self.add_ip_intelligence(ip);
            }
            if let Some(data) = security_data {
                self.add_security_data(data);
            }
            if let Some(tic) = tic_enrichment {
                self.add_tic_enrichment(tic);
            }
            if let Some(one_span) = one_span {
                self.add_one_span_source(one_span);
            }
        }
    }

    fn add_ip_intelligence(&mut self, ip: &IpIntelligenceConfig) {
        let IpIntelligenceConfig {
            home_countries: _,
            registry_data: _,
            databases,
            lists,
            abuse_api,
            scoring: _,
        } = ip;
        if let Some(IpDatabases { persistent_volume_claim, max_bytes: _ }) = databases {
            self.databases.insert(persistent_volume_claim.clone());
        }
        for IpList { config_map, key, kind: _ } in lists {
            self.config_maps.entry(config_map.clone()).or_default().insert(key.clone());
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
            self.secret(name, [key.as_str()]);
            self.trust(trust_bundle_ref.as_ref());
        }
    }

    fn add_http(&mut self, http: &HttpSourceConfig) {
        let HttpSourceConfig {
            url: _,
            phase: _,
            send_subject: _,
            bearer_token_ref,
            client_certificate_ref,
            trust_bundle_ref,
        } = http;
        if let Some(SecretKeyRef { name, key }) = bearer_token_ref {
            self.secret(name, [key.as_str()]);
        }
        if let Some(SecretRef { name }) = client_certificate_ref {
            self.secret(name, CERTIFICATE_KEYS);
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_security_data(&mut self, data: &SecurityDataConfig) {
        let SecurityDataConfig {
            client_id: _,
            authentication: _,
            credential_ref: SecretKeyRef { name, key },
            key_id: _,
            scope: _,
            budget: _,
            poll: _,
            base_url: _,
            token_endpoint: _,
            claims: _,
        } = data;
        self.secret(name, [key.as_str()]);
    }

    fn add_bank_id_no(&mut self, bankid: &BankIdNo) {
        let BankIdNo {
            environment: _,
            issuer: _,
            trust_bundle_ref,
            reference_claims: _,
            require_high: _,
            refusal: _,
            when_order_unknown: _,
        } = bankid;
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_one_span(&mut self, one_span: &OneSpanConfig) {
        let OneSpanConfig {
            endpoint: _,
            trust_bundle_ref,
            client_certificate_refs,
            challenge_code: _,
            matched_rules: _,
            when_order_unknown: _,
        } = one_span;
        for SecretRef { name } in client_certificate_refs {
            self.secret(name, CERTIFICATE_KEYS);
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_one_span_source(&mut self, one_span: &OneSpanSourceConfig) {
        let OneSpanSourceConfig {
            endpoint: _,
            trust_bundle_ref,
            credentials_ref,
            user: _,
            amount: _,
            transaction_type: _,
        } = one_span;
        if let Some(SecretRef { name }) = credentials_ref {
            self.secret(name, CERTIFICATE_KEYS);
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_bank_id_se(&mut self, bankid: &BankIdSe) {
        let BankIdSe {
            environment: _,
            endpoint: _,
            trust_bundle_ref,
            client_certificate_refs,
            refusal: _,
            when_order_unknown: _,
        } = bankid;
        for SecretRef { name } in client_certificate_refs {
            self.secret(name, CERTIFICATE_KEYS);
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_tic_enrichment(&mut self, tic: &TicEnrichmentConfig) {
        let TicEnrichmentConfig { endpoint: _, trust_bundle_ref, types: _, api_key_ref, consume: _ } = tic;
        self.secret(&api_key_ref.name, [api_key_ref.key.as_str()]);
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_tic_identity(&mut self, index: usize, tic: &TicIdentityConfig) {
        let TicIdentityConfig {
            endpoint: _,
            trust_bundle_ref,
            api_key_ref,
            refusal: _,
            webhook,
            when_order_unknown: _,
        } = tic;
        if let Some(SecretKeyRef { name, key }) = api_key_ref {
            self.secret(name, [key.as_str()]);
        }
        if let Some(webhook) = webhook {
            let TicWebhook { listen, forward_to: _, secret_ref, url: _, wait: _, signature: _ } = webhook;
            self.secret(&secret_ref.name, [secret_ref.key.as_str()]);
            let field = format!("spec.providers[{index}].ticIdentity.webhook.listen.port");
            self.webhooks.push((field, listen.port));
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn add_redis(&mut self, redis: &RedisStore) {
        let RedisStore {
            url: _,
            sentinel: _,
            cluster: _,
            credentials_ref,
            trust_bundle_ref,
            seal_keys_ref: SealKeysRef { name, keys },
        } = redis;
        self.secret(name, keys.iter().map(String::as_str));
        if let Some(SecretRef { name }) = credentials_ref {
            self.secret(name, LOGIN_KEYS);
        }
        self.trust(trust_bundle_ref.as_ref());
    }

    fn trust(&mut self, bundle: Option<&TrustRef>) {
        let Some(TrustRef { kind, name, key }) = bundle else { return };
        match kind {
            TrustKind::Secret => self.secret(name, [key.as_str()]),
            TrustKind::ConfigMap => {
                self.config_maps.entry(name.clone()).or_default().insert(key.clone());
            }
        }
    }

    fn secret<'a>(&mut self, name: &str, keys: impl IntoIterator<Item = &'a str>) {
        self.secrets.entry(name.to_owned()).or_default().extend(keys.into_iter().map(str::to_owned));
    }

    /// The ports that the sidecar takes in the pod, by the field of the policy that names them.
    #[must_use]
    pub fn taken(&self) -> Vec<(String, u16)> {
        let own = [
            ("spec.ports.admin".to_owned(), self.ports.admin),
            ("spec.ports.health".to_owned(), self.ports.health),
        ];
        let listeners = self.listeners.iter().enumerate();
        let listeners =
            listeners.map(|(index, it)| (format!("spec.providers[{index}].listen.port"), it.port));
        own.into_iter().chain(listeners).chain(self.webhooks.iter().cloned()).collect()
    }

    /// A hash over all of it. A pod whose [`Status`](crate::Status) has another one is outdated.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut sorted = self.clone();
        sorted.listeners.sort_by_key(|it| it.port);
        // Serialising this type to memory cannot fail: no map has keys that are not text.
        let canonical = serde_json::to_vec(&sorted).unwrap_or_default();
        let hex: String = Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }
}

#[cfg(test)]
mod tests;
