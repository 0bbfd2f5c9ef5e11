//! What a policy must say in the demo, whatever it says elsewhere: the simulated services in place of the real ones, free ports,
//! and what it refers to as throw-away files.

use std::path::Path;

use riskgate_api::{Environment, NorwegianEnvironment, RiskPolicy};
use riskgate_core::Span;
use riskgate_core::config::{
    ClientAuthentication, DecisionLog, IpIntelligenceConfig, IpList, IpListKind, Ports, RedisStore,
    SecretKeyRef, SecretRef, TrustKind, TrustRef,
};

use super::application::REALM;
use super::persons::address_of;
use super::simulated::Simulated;

/// The Secret, and the ConfigMap, that are the demo's own.
const OWN: &str = "riskgate-demo";
/// The client certificate of the simulator's PKI, whose key signs assertions, too.
const CERTIFICATE: &str = "bankid-rp";
/// What the simulator takes as TIC's API key, and signs its webhooks with (docs/simulator.md).
const SECRETS: [(&str, &str); 4] = [
    ("apiKey", "tic-simulator-key"),
    ("webhookSecret", "tic-simulator-webhook-secret"),
    ("token", "throw-away"),
    ("clientSecret", "throw-away"),
];
/// The risks of the persons whose addresses are on a list. An office that is trusted is nobody's in the demo.
const LISTS: [(IpListKind, &str, &[&str]); 6] = [
    (IpListKind::Tor, "tor.txt", &["high"]),
    (IpListKind::Vpn, "vpn.txt", &["moderate", "high"]),
    (IpListKind::Proxy, "proxy.txt", &["moderate", "high"]),
    (IpListKind::Hosting, "hosting.txt", &["moderate", "high"]),
    (IpListKind::Abuse, "abuse.txt", &["high"]),
    (IpListKind::Trusted, "trusted.txt", &[]),
];
/// A network for documentation (RFC 5737), so that no list is empty.
const NOBODYS: &str = "198.51.100.0/24";
/// How often the simulated security data are looked at; it is quicker than the real one.
const POLL: Span = Span::from_millis(1_000);

/// What a policy must say in the demo.
#[derive(Clone)]
pub(super) struct Setting {
    bankid_se: String,
    bankid_no: String,
    tic_identity: String,
    one_span: String,
    risk_service: String,
    /// Where the application takes webhooks.
    webhooks: String,
    decisions: String,
    redis: Option<RedisStore>,
}

/// Writes what policies of the demo refer to, beside the simulator's certificates.
pub(super) fn write_files(credentials: &Path) -> std::io::Result<()> {
    let secrets = credentials.join("secrets").join(OWN);
    std::fs::create_dir_all(&secrets)?;
    for (key, value) in SECRETS {
        std::fs::write(secrets.join(key), value)?;
    }
    let lists = credentials.join("configmaps").join(OWN);
    std::fs::create_dir_all(&lists)?;
    for (_, key, risks) in LISTS {
        let mut lines = vec![NOBODYS.to_owned()];
        lines.extend(risks.iter().filter_map(|risk| address_of(risk)).map(|address| address.to_string()));
        std::fs::write(lists.join(key), lines.join("\n"))?;
    }
    Ok(())
}

/// The parts of a policy that the demo plays nothing for, and leaves out.
pub(super) fn left_out(policy: &RiskPolicy) -> Vec<String> {
    let mut fields = Vec::new();
    if policy.spec.egress_proxy.is_some() {
        fields.push("egressProxy".to_owned());
    }
    for source in &policy.spec.sources {
        let Some(ip) = &source.ip_intelligence else { continue };
        let parts = [("databases", ip.databases.is_some()), ("abuseApi", ip.abuse_api.is_some())];
        let there = parts.into_iter().filter(|(_, there)| *there);
        fields.extend(there.map(|(part, _)| format!("{part} of the source {}", source.name)));
    }
    fields
}

impl Setting {
    pub(super) fn new(
        simulated: &Simulated,
        webhooks: String,
        decisions: String,
        redis: Option<RedisStore>,
    ) -> anyhow::Result<Self> {
        let running = simulated.running();
        Ok(Self {
            bankid_se: running.bankid_se(),
            bankid_no: simulated.bankid_no()?,
            tic_identity: running.tic_identity().unwrap_or_default(),
            one_span: running.one_span(),
            risk_service: running.risk_service().unwrap_or_default(),
            webhooks,
            decisions,
            redis,
        })
    }

    /// Points every provider and source at the simulated services with the throw-away files, and takes free ports.
    pub(super) fn fit(&self, policy: &mut RiskPolicy) {
        let spec = &mut policy.spec;
        spec.ports = Ports { admin: 0, health: 0 };
        spec.log.decisions = DecisionLog::File(self.decisions.clone());
        spec.pseudonym_key_ref = None;
        spec.egress_proxy = None;
        spec.store.redis = self.redis.clone();
        if self.redis.is_some() {
            spec.store.memory = None;
        }
        self.fit_providers(policy);
        self.fit_sources(policy);
    }

    fn fit_providers(&self, policy: &mut RiskPolicy) {
        for entry in &mut policy.spec.providers {
            entry.listen.port = 0;
            if let Some(bankid) = &mut entry.bank_id_se {
                bankid.environment = Environment::Custom;
                bankid.endpoint = Some(self.bankid_se.clone());
                bankid.trust_bundle_ref = roots();
                bankid.client_certificate_refs = vec![certificate()];
            }
            if let Some(bankid) = &mut entry.bank_id_no {
                bankid.environment = NorwegianEnvironment::Custom;
                bankid.issuer = Some(format!("{}{REALM}", self.bankid_no));
                bankid.trust_bundle_ref = roots();
            }
            if let Some(tic) = &mut entry.tic_identity {
                tic.endpoint = self.tic_identity.clone();
                tic.trust_bundle_ref = roots();
                tic.api_key_ref = tic.api_key_ref.as_ref().map(|_| own("apiKey"));
                if let Some(webhook) = &mut tic.webhook {
                    webhook.listen.port = 0;
                    webhook.forward_to = self.webhooks.clone();
                    webhook.secret_ref = own("webhookSecret");
                    // The simulated tenant has it, and speaks no TLS there.
                    webhook.url = None;
                }
            }
            if let Some(one_span) = &mut entry.one_span {
                one_span.endpoint = self.one_span.clone();
                one_span.trust_bundle_ref = roots();
                one_span.client_certificate_refs = vec![certificate()];
            }
        }
    }

    fn fit_sources(&self, policy: &mut RiskPolicy) {
        for source in &mut policy.spec.sources {
            if let Some(http) = &mut source.http {
                http.url = self.risk_service.clone();
                http.trust_bundle_ref = roots();
                http.bearer_token_ref = http.bearer_token_ref.as_ref().map(|_| own("token"));
                http.client_certificate_ref = http.client_certificate_ref.as_ref().map(|_| certificate());
            }
            if let Some(tic) = &mut source.tic_enrichment {
                tic.endpoint = self.tic_identity.clone();
                tic.trust_bundle_ref = roots();
                tic.api_key_ref = own("apiKey");
            }
            if let Some(data) = &mut source.security_data {
                data.base_url = None;
                data.token_endpoint = None;
                data.poll = POLL;
                data.credential_ref = match data.authentication {
                    ClientAuthentication::PrivateKeyJwt => key_of(CERTIFICATE, "tls.key"),
                    ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost => {
                        own("clientSecret")
                    }
                };
            }
            if let Some(one_span) = &mut source.one_span {
                one_span.endpoint = self.one_span.clone();
                one_span.trust_bundle_ref = roots();
                one_span.credentials_ref = Some(certificate());
            }
            if let Some(ip) = &mut source.ip_intelligence {
                fit_addresses(ip);
            }
        }
    }
}

/// One list of each kind that the policy has, with the persons' addresses.
fn fit_addresses(ip: &mut IpIntelligenceConfig) {
    ip.databases = None;
    ip.abuse_api = None;
    let named = std::mem::take(&mut ip.lists);
    let there = LISTS.into_iter().filter(|(kind, ..)| named.iter().any(|list| list.kind == *kind));
    ip.lists = there
        .map(|(kind, key, _)| IpList { config_map: OWN.to_owned(), key: key.to_owned(), kind })
        .collect();
}

fn own(key: &str) -> SecretKeyRef {
    key_of(OWN, key)
}

fn key_of(name: &str, key: &str) -> SecretKeyRef {
    SecretKeyRef { name: name.to_owned(), key: key.to_owned() }
}

fn certificate() -> SecretRef {
    SecretRef { name: CERTIFICATE.to_owned() }
}

/// The roots of the simulator's certificate.
#[allow(clippy::unnecessary_wraps, reason = "every place for it is optional")]
fn roots() -> Option<TrustRef> {
    Some(TrustRef { kind: TrustKind::ConfigMap, name: "bankid-roots".to_owned(), key: "ca.crt".to_owned() })
}
