//! What a policy binds a pod to, and the hash of it.

use serde_json::{Value, json};

use super::*;

fn spec(change: impl FnOnce(&mut Value)) -> RiskPolicySpec {
    let mut spec = json!({
        "pseudonymKeyRef": { "name": "pseudonym", "key": "key" },
        "providers": [{
            "name": "bankid",
            "listen": { "port": 15381, "env": ["BANKID_API_URL"] },
            "bankIdSe": {
                "environment": "Custom",
                "endpoint": "https://bankid.example",
                "trustBundleRef": { "kind": "ConfigMap", "name": "roots", "key": "ca.crt" },
                "clientCertificateRefs": [{ "name": "rp" }],
            },
        }],
        "flows": [],
    });
    change(&mut spec);
    serde_json::from_value(spec).unwrap()
}

fn bindings(change: impl FnOnce(&mut Value)) -> Bindings {
    Bindings::of("shop", "retail", &spec(change)).unwrap()
}

#[test]
fn everything_that_a_policy_refers_to_is_bound() {
    let bound = serde_json::to_value(bindings(|_| {})).unwrap();
    assert_eq!(
        bound["secrets"],
        json!({
            "pseudonym": ["key"],
            "rp": ["keystore.p12", "password", "tls.crt", "tls.key"],
        })
    );
    assert_eq!(bound["configMaps"], json!({ "roots": ["ca.crt"] }));
    assert_eq!(
        bindings(|_| {}).taken(),
        [
            ("spec.ports.admin".to_owned(), 15300),
            ("spec.ports.health".to_owned(), 15320),
            ("spec.providers[0].listen.port".to_owned(), 15381),
        ]
    );
}

#[test]
fn a_shared_store_binds_its_keys_its_login_and_its_roots() {
    let shared = bindings(|spec| {
        spec["store"] = json!({ "redis": {
            "url": "rediss://redis.shop.svc",
            "credentialsRef": { "name": "login" },
            "trustBundleRef": { "kind": "ConfigMap", "name": "redis-roots", "key": "ca.crt" },
            "sealKeysRef": { "name": "seal", "keys": ["first", "second"] },
        } });
    });
    let bound = serde_json::to_value(&shared).unwrap();
    assert_eq!(bound["secrets"]["seal"], json!(["first", "second"]));
    assert_eq!(
        bound["secrets"]["login"],
        json!(["password", "sentinelPassword", "sentinelUsername", "username"])
    );
    assert_eq!(bound["configMaps"]["redis-roots"], json!(["ca.crt"]));
    assert_ne!(shared.hash(), bindings(|_| {}).hash());
}

#[test]
fn a_source_binds_its_token_its_certificate_and_its_roots() {
    let with = bindings(|spec| {
        spec["sources"] = json!([{ "name": "fraud", "http": {
            "url": "https://fraud.shop.svc/assess",
            "bearerTokenRef": { "name": "fraud", "key": "token" },
            "clientCertificateRef": { "name": "fraud-client" },
            "trustBundleRef": { "kind": "ConfigMap", "name": "mesh-roots", "key": "ca.crt" },
        } }]);
    });
    let bound = serde_json::to_value(&with).unwrap();
    assert_eq!(bound["secrets"]["fraud"], json!(["token"]));
    assert_eq!(bound["secrets"]["fraud-client"], json!(["keystore.p12", "password", "tls.crt", "tls.key"]));
    assert_eq!(bound["configMaps"]["mesh-roots"], json!(["ca.crt"]));
    assert_ne!(with.hash(), bindings(|_| {}).hash());
}

#[test]
fn an_egress_proxy_binds_its_login() {
    let proxy = |patch: Value| bindings(|spec| spec["egressProxy"] = patch);
    let open = proxy(json!({ "url": "http://proxy.corp:3128" }));
    assert_eq!(open.hash(), bindings(|_| {}).hash());
    let login = proxy(json!({ "url": "http://proxy.corp:3128", "credentialsRef": { "name": "proxy" } }));
    let bound = serde_json::to_value(&login).unwrap();
    assert_eq!(bound["secrets"]["proxy"], json!(["password", "username"]));
    assert_ne!(login.hash(), open.hash());
}

#[test]
fn a_source_of_addresses_binds_its_lists_its_databases_and_its_key() {
    let bound = bindings(|spec| {
        spec["sources"] = json!([{ "name": "ip", "ipIntelligence": {
            "databases": { "persistentVolumeClaim": "geoip" },
            "lists": [
                { "configMap": "addresses", "key": "tor.txt", "kind": "Tor" },
                { "configMap": "addresses", "key": "offices.txt", "kind": "Trusted" },
                { "configMap": "roots", "key": "vpn.txt", "kind": "Vpn" },
            ],
            "abuseApi": {
                "url": "https://abuse.example",
                "apiKeyRef": { "name": "abuse", "key": "key" },
                "trustBundleRef": { "kind": "Secret", "name": "abuse", "key": "ca.crt" },
            },
        } }]);
    });
    let written = serde_json::to_value(&bound).unwrap();
    assert_eq!(written["databases"], json!(["geoip"]));
    assert_eq!(
        written["configMaps"],
        json!({ "addresses": ["offices.txt", "tor.txt"], "roots": ["ca.crt", "vpn.txt"] })
    );
    assert_eq!(written["secrets"]["abuse"], json!(["ca.crt", "key"]));
    assert_ne!(bound.hash(), bindings(|_| {}).hash());
    let none = serde_json::to_value(bindings(|_| {})).unwrap();
    assert_eq!(none.get("databases"), None, "pods without databases keep their hash");
}

#[test]
fn one_secret_under_two_references_is_one_secret() {
    let both = bindings(|spec| {
        spec["pseudonymKeyRef"]["name"] = json!("rp");
        spec["providers"][0]["bankIdSe"]["trustBundleRef"] =
            json!({ "kind": "Secret", "name": "rp", "key": "ca.crt" });
    });
    let keys: Vec<&str> = both.secrets["rp"].iter().map(String::as_str).collect();
    assert_eq!(keys, ["ca.crt", "key", "keystore.p12", "password", "tls.crt", "tls.key"]);
    assert!(both.config_maps.is_empty());
}

#[test]
fn the_hash_changes_with_what_a_pod_is_made_of_and_with_nothing_else() {
    let hash = bindings(|_| {}).hash();
    let same: [fn(&mut Value); 3] = [
        |spec| spec["mode"] = json!("Monitor"),
        |spec| spec["timeouts"] = json!({ "drain": "5s" }),
        |spec| spec["providers"][0]["bankIdSe"]["endpoint"] = json!("https://other.example"),
    ];
    let other: [fn(&mut Value); 6] = [
        |spec| spec["ports"] = json!({ "health": 15321 }),
        |spec| spec["pseudonymKeyRef"]["key"] = json!("other"),
        |spec| spec["providers"][0]["listen"]["port"] = json!(15382),
        |spec| spec["providers"][0]["listen"]["env"] = json!([]),
        |spec| spec["providers"][0]["bankIdSe"]["trustBundleRef"]["name"] = json!("other"),
        |spec| spec["providers"][0]["bankIdSe"]["clientCertificateRefs"][0]["name"] = json!("other"),
    ];
    assert!(same.into_iter().all(|change| bindings(change).hash() == hash));
    assert!(other.into_iter().all(|change| bindings(change).hash() != hash));
}

#[test]
fn a_port_that_is_not_known_cannot_be_bound() {
    let spec = spec(|spec| {
        spec["ports"] = json!({ "admin": 0 });
        spec["providers"][0]["listen"]["port"] = json!(0);
    });
    let notice = Bindings::of("shop", "retail", &spec).unwrap_err();
    assert_eq!(notice.reason, Reason::PolicyUnusable);
    assert_eq!(
        notice.message,
        "policy shop/retail takes a free port in spec.ports.admin, spec.providers[0].listen.port; in a cluster a port must be known: write a number above 0"
    );
}
