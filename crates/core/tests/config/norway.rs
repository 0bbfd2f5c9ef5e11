//! BankID Norway and its security data.

use riskgate_core::SidecarConfig;
use riskgate_core::config::{ProviderKind, SecurityDataConfig, SourceKind};

const CONFIG: &str = "
schema: 1
policy: { namespace: bank, name: retail }
store: { memory: { maxBytes: 16Mi } }
providers:
- name: norway
  listen: { port: 15382 }
  bankIdNo: { issuer: 'https://auth.bankid.no/auth/realms/prod', referenceClaims: [tid] }
sources:
- name: security-data
  timeout: 13s
  securityData:
    clientId: bank
    authentication: PrivateKeyJwt
    credentialRef: { name: bank, key: key.pem }
    claims: [{ claim: BankID_env, atLeast: 60, indicator: RiskyEnvironment, level: Moderate }]
flows:
- { name: login, provider: norway, operations: [Login, Sign], sources: [{ name: security-data }], whenUnknown: Allow, whenUnavailable: Block }
";

fn config() -> SidecarConfig {
    SidecarConfig::from_yaml(CONFIG).unwrap()
}

fn data(config: &mut SidecarConfig) -> &mut SecurityDataConfig {
    match &mut config.sources[0].kind {
        SourceKind::SecurityData(data) => data,
        other => panic!("{other:?}"),
    }
}

/// The one finding after a change.
fn finding(change: impl FnOnce(&mut SidecarConfig)) -> (String, String) {
    let mut config = config();
    change(&mut config);
    let mut found = config.check();
    assert_eq!(found.len(), 1, "{found:?}");
    let found = found.remove(0);
    (found.path, found.message)
}

#[test]
fn a_whole_configuration_reads_and_is_written_as_it_was() {
    let config = config();
    assert!(config.check().is_empty(), "{:?}", config.check());
    let again = SidecarConfig::from_yaml(&config.to_yaml().unwrap()).unwrap();
    assert_eq!((&again, again.revision()), (&config, config.revision()));
    let SourceKind::SecurityData(data) = &config.sources[0].kind else { panic!("{config:?}") };
    assert_eq!((data.budget.to_string(), data.poll.to_string()), ("12s".to_owned(), "5s".to_owned()));
    assert_eq!(data.scope, "fraud-data-rs/securityData");
}

#[test]
fn contradictions_are_found() {
    let issuer = |issuer: &'static str| {
        move |config: &mut SidecarConfig| {
            let ProviderKind::BankIdNo(bankid) = &mut config.providers[0].kind else { panic!() };
            issuer.clone_into(&mut bankid.issuer);
        }
    };
    for wrong in ["auth.bankid.no", "http://auth.bankid.no/x", "https://auth.bankid.no/x?y"] {
        let (path, message) = finding(issuer(wrong));
        assert_eq!(path, "providers[0].bankIdNo.issuer");
        assert!(message.contains("write it as its tokens name it"), "{message}");
    }
    let cases: [(&str, &str, fn(&mut SecurityDataConfig)); 5] = [
        ("poll", "faster than BankID ever allowed", |data| data.poll = riskgate_core::Span::from_millis(999)),
        ("budget", "before the first look", |data| data.budget = riskgate_core::Span::from_millis(4_999)),
        ("budget", "ends the source before its budget", |data| {
            data.budget = riskgate_core::Span::from_millis(13_001);
        }),
        ("baseUrl", "is not an address", |data| data.base_url = Some("fraud.example".to_owned())),
        ("claims[0]", "tested in one way", |data| data.claims[0].one_of = vec!["x".to_owned()]),
    ];
    for (field, text, change) in cases {
        let (path, message) = finding(|config| change(data(config)));
        assert_eq!(path, format!("sources[0].securityData.{field}"));
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn what_the_provider_does_not_have_is_found() {
    let (path, message) = finding(|config| {
        config.flows[0].challenge.at_order = Some(riskgate_core::AtOrder {
            when: riskgate_core::When::Always,
            require: vec![riskgate_core::Requirement::PinCode],
        });
    });
    assert_eq!(path, "flows[0].challenge.atOrder");
    assert!(message.contains("requireHigh"), "{message}");
    let (path, message) = finding(|config| config.flows[0].operations = vec![riskgate_core::Operation::Auth]);
    assert!(path.starts_with("flows[0].operations"), "{path}");
    assert!(message.contains("Login"), "{message}");
}
