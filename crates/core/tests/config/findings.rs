//! One change to a sound configuration, one finding, which names the field and what to write.

use riskgate_core::config::{
    BankIdSeConfig, DecisionLog, EgressProxy, HttpSourceConfig, ProviderKind, RedisCluster, RedisSentinel,
    RedisStore, SealKeysRef, SourceConfig, SourceKind,
};
use riskgate_core::{AtCollect, Operation, Phase, Requirement, SidecarConfig, Span, Threshold};

use crate::sound;

/// Checks that a change gives exactly one finding, about `path`, that says `said`.
pub(crate) fn finds(path: &str, said: &str, change: impl FnOnce(&mut SidecarConfig)) {
    let mut config = sound();
    change(&mut config);
    let findings = config.check();
    let [finding] = findings.as_slice() else { panic!("{path}: {findings:?}") };
    assert_eq!(finding.path, path, "{finding}");
    assert!(finding.message.contains(said), "{finding}");
    assert!(finding.message.contains("write "), "{finding}: what to write instead?");
    assert_eq!(finding.to_string(), format!("{path}: {}", finding.message));
}

#[test]
fn of_the_service() {
    finds("log.decisions", "\"decisions.log\" is not a place", |config| {
        config.log.decisions = DecisionLog::File("decisions.log".to_owned());
    });
    finds("ports.health", "port 15300 is taken by ports.admin", |config| {
        config.ports.health = config.ports.admin;
    });
    finds("providers[0].listen.port", "port 15320 is taken by ports.health", |config| {
        config.providers[0].listen.port = config.ports.health;
    });
    finds("providers[1].listen.port", "is taken by providers[0].listen.port", |config| {
        config.providers[1].listen = config.providers[0].listen;
    });
    for hops in [0, 17] {
        finds("riskParameters.clientIp.trustedHops", &hops.to_string(), |config| {
            config.risk_parameters.client_ip.trusted_hops = hops;
        });
    }
}

#[test]
fn ports_that_are_taken_when_free_never_clash() {
    let mut config = sound();
    (config.ports.admin, config.ports.health, config.providers[0].listen.port) = (0, 0, 0);
    assert_eq!(config.check(), []);
}

#[test]
fn of_the_store() {
    let redis = |change: fn(&mut RedisStore)| {
        let mut redis = RedisStore {
            url: Some("rediss://redis.shop.svc:6379".to_owned()),
            sentinel: None,
            cluster: None,
            credentials_ref: None,
            trust_bundle_ref: None,
            seal_keys_ref: SealKeysRef { name: "seal".to_owned(), keys: vec!["key".to_owned()] },
        };
        change(&mut redis);
        move |config: &mut SidecarConfig| {
            config.store.memory = None;
            config.store.redis = Some(redis.clone());
        }
    };
    let mut config = sound();
    redis(|_| {})(&mut config);
    assert_eq!(config.check(), []);
    finds("store", "memory or redis", |config| {
        let memory = config.store.memory;
        redis(|_| {})(config);
        config.store.memory = memory;
    });
    finds("store.redis", "one of url, sentinel, cluster", redis(|redis| redis.url = None));
    finds(
        "store.redis",
        "one of url, sentinel, cluster",
        redis(|redis| redis.cluster = Some(RedisCluster { urls: vec!["rediss://node-0:6379".to_owned()] })),
    );
    finds("store.redis.url", "no TLS", redis(|redis| redis.url = Some("redis://redis.shop.svc".to_owned())));
    finds(
        "store.redis.sentinel.urls",
        "no Sentinel",
        redis(|redis| {
            redis.url = None;
            redis.sentinel = Some(RedisSentinel { urls: Vec::new(), master_name: "main".to_owned() });
        }),
    );
    finds(
        "store.redis.cluster.urls[1]",
        "TLS to some",
        redis(|redis| {
            redis.url = None;
            let urls = ["rediss://node-0:6379", "redis://127.0.0.1:6379"];
            redis.cluster = Some(RedisCluster { urls: urls.map(str::to_owned).into() });
        }),
    );
    finds("store.redis.sealKeysRef.keys", "no key", redis(|redis| redis.seal_keys_ref.keys.clear()));
    finds(
        "store.redis.sealKeysRef.keys[1]",
        "twice",
        redis(|redis| redis.seal_keys_ref.keys.push("key".to_owned())),
    );
}

#[test]
fn of_time_limits() {
    type Field = fn(&mut SidecarConfig) -> &mut Span;
    let fields: [(&str, Field); 5] = [
        ("timeouts.connect", |config| &mut config.timeouts.connect),
        ("timeouts.answer", |config| &mut config.timeouts.answer),
        ("timeouts.clientHead", |config| &mut config.timeouts.client_head),
        ("timeouts.clientBody", |config| &mut config.timeouts.client_body),
        ("timeouts.idle", |config| &mut config.timeouts.idle),
    ];
    for (path, field) in fields {
        finds(path, "no time", |config| *field(config) = Span::from_millis(0));
        finds(path, "10m 1ms is longer", |config| *field(config) = Span::from_millis(600_001));
    }
}

/// The configuration of the first provider entry.
fn bankid(config: &mut SidecarConfig) -> &mut BankIdSeConfig {
    match &mut config.providers[0].kind {
        ProviderKind::BankIdSe(bankid) => bankid,
        other => panic!("the configuration has {other:?} first"),
    }
}

#[test]
fn of_provider_entries() {
    finds("providers", "no provider", |config| {
        config.providers.clear();
        config.flows.clear();
    });
    finds("providers[1].name", "\"bankid\" is the name of providers[0] already", |config| {
        config.providers[1].name = "bankid".to_owned();
    });
    finds("providers[0].bankIdSe.clientCertificateRefs", "no client certificate", |config| {
        bankid(config).client_certificate_refs.clear();
    });
    finds("providers[0].bankIdSe.clientCertificateRefs[1].name", "\"bankid-rp\" is the name of", |config| {
        bankid(config).client_certificate_refs[1].name = "bankid-rp".to_owned();
    });
}

#[test]
fn of_endpoints() {
    for endpoint in [
        "",
        "appapi2.bankid.com",
        "https://",
        "http://appapi2.bankid.com",
        "http://192.0.2.1:80",
        "http://localhost.example.se",
        "http://localhost:port",
        "HTTPS://appapi2.bankid.com",
        "https://appapi2.bankid.com/",
        "https://appapi2.bankid.com/rp/v6.0",
        "https://appapi2.bankid.com?x",
        "https://appapi2.bankid.com#x",
        "https://user@appapi2.bankid.com",
        "https://appapi2 .bankid.com",
        "https://appapi2.bankid.com:",
        "https://appapi2.bankid.com:0",
        "https://appapi2.bankid.com:99999",
        "https://appapi2.bankid.com:+443",
        "https://:443",
    ] {
        finds("providers[0].bankIdSe.endpoint", "is not an endpoint", |config| {
            bankid(config).endpoint = endpoint.to_owned();
        });
    }
    for endpoint in
        ["https://[2001:db8::1]:8443", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"]
    {
        let mut config = sound();
        bankid(&mut config).endpoint = endpoint.to_owned();
        assert_eq!(config.check(), [], "{endpoint}");
    }
}

#[test]
fn of_flows() {
    finds("flows[1].name", "\"login\" is the name of flows[0] already", |config| {
        config.flows[1].name = "login".to_owned();
    });
    finds("flows[1].provider", "no provider is named \"other\"; write one of: bankid, branch", |config| {
        config.flows[1].provider = "other".to_owned();
    });
    finds("flows[1].operations", "no operation", |config| config.flows[1].operations.clear());
    finds("flows[1].operations[2]", "Auth stands here twice", |config| {
        config.flows[1].operations.push(Operation::Auth);
    });
    finds("flows[0].challengeAt", "challengeAt High is above blockAt Moderate", |config| {
        (config.flows[0].challenge_at, config.flows[0].block_at) =
            (Some(Threshold::High), Some(Threshold::Moderate));
    });
    finds("flows[1].operations[0]", "Auth is covered by flow \"login\" already", |config| {
        config.flows[1].selectable_by_header = false;
    });
}

#[test]
fn flows_of_two_provider_entries_may_cover_the_same_operation() {
    let mut config = sound();
    config.flows[1].selectable_by_header = false;
    config.flows[1].provider = "branch".to_owned();
    assert_eq!(config.check(), []);
}

#[test]
fn of_sources() {
    finds("flows[1].sources[0].name", "no source is named \"ip\"; write one of: fraud, provider", |config| {
        config.flows[1].sources[0].name = "ip".to_owned();
    });
    finds("flows[1].sources[1].name", "\"provider\" is the name of flows[1].sources[0] already", |config| {
        let twin = config.flows[1].sources[0].clone();
        config.flows[1].sources.push(twin);
    });
    for score in [0, 101] {
        finds("flows[1].sources[0].challengeAtScore", "1 to 100", |config| {
            let rule = &mut config.flows[1].sources[0];
            (rule.challenge_at_score, rule.block_at_score) = (Some(score), None);
        });
        finds("flows[1].sources[0].blockAtScore", "1 to 100", |config| {
            let rule = &mut config.flows[1].sources[0];
            (rule.challenge_at_score, rule.block_at_score) = (None, Some(score));
        });
    }
    finds("flows[1].sources[0].challengeAtScore", "81 is above blockAtScore 80", |config| {
        config.flows[1].sources[0].challenge_at_score = Some(81);
    });
}

#[test]
fn of_source_entries() {
    fn http(config: &mut SidecarConfig) -> &mut HttpSourceConfig {
        match &mut config.sources[0].kind {
            SourceKind::Http(http) => http,
            other => panic!("the configuration has {other:?} first"),
        }
    }
    for own in ["provider", "store"] {
        finds("sources[0].name", "riskgate's own word", |config| config.sources[0].name = own.to_owned());
    }
    finds("sources[1].name", "\"fraud\" is the name of sources[0] already", |config| {
        let twin = config.sources[0].clone();
        config.sources.push(twin);
    });
    for millis in [0, 60_001] {
        finds("sources[0].timeout", "1ms to 1m", |config| {
            config.sources[0].timeout = Span::from_millis(millis);
        });
    }
    finds("sources[0].http.url", "https://HOST/PATH", |config| {
        http(config).url = "http://fraud.shop.svc/assess".to_owned();
    });
}

#[test]
fn a_flow_may_name_a_source_that_is_there() {
    let mut config = sound();
    config.flows[1].sources[0].name = "fraud".to_owned();
    assert_eq!(config.check(), []);
}

#[test]
fn a_source_is_asked_in_the_phase_that_the_policy_gives_it() {
    let SourceConfig { kind, .. } = &sound().sources[0];
    assert_eq!([Phase::Screen, Phase::Assess].map(|phase| kind.is_asked_in(phase)), [false, true]);
}

#[test]
fn of_the_egress_proxy() {
    let proxy = |url: &str, no_proxy: &[&str]| {
        Some(EgressProxy {
            url: url.to_owned(),
            credentials_ref: None,
            no_proxy: no_proxy.iter().map(|&host| host.to_owned()).collect(),
        })
    };
    for (url, said) in [
        ("http://rg:secret@proxy.corp:3128", "a URL holds no login"),
        ("https://proxy.corp:3128", "spoken to without TLS"),
        ("proxy.corp:3128", "is not where a proxy can be"),
        ("http://proxy.corp/path", "is not where a proxy can be"),
    ] {
        finds("egressProxy.url", said, |config| config.egress_proxy = proxy(url, &[]));
    }
    finds("egressProxy.noProxy[1]", "\"*.svc\" is no host", |config| {
        config.egress_proxy = proxy("http://proxy.corp:3128", &["localhost", "*.svc"]);
    });
}

#[test]
fn of_challenges() {
    finds("flows[0].challenge.atCollect", "AllowIfRequired needs something required", |config| {
        config.flows[0].challenge.at_order = None;
    });
    finds("flows[0].challenge.atOrder.require", "nothing is required", |config| {
        config.flows[0].challenge.at_collect = AtCollect::Block;
        config.flows[0].challenge.at_order.as_mut().unwrap().require.clear();
    });
    finds("flows[0].challenge.atOrder.require", "no Mrtd on phone operations", |config| {
        config.flows[0].challenge.at_order.as_mut().unwrap().require.push(Requirement::Mrtd);
    });
}

#[test]
fn every_finding_is_told_at_once() {
    let mut config = sound();
    config.ports.health = config.ports.admin;
    config.flows[0].challenge.at_order = None;
    config.flows[1].operations.clear();
    let text = SidecarConfig::from_yaml(&config.to_yaml().unwrap()).unwrap_err().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(
        lines[1].starts_with("ports.health: ") && lines[3].starts_with("flows[1].operations: "),
        "{text}"
    );
}
