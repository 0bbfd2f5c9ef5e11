//! How a configuration is read and written.

use proptest::prelude::*;
use riskgate_core::config::{ConfigError, Mode};
use riskgate_core::{Bytes, SidecarConfig, Span};

use crate::sound;

#[test]
fn what_is_written_reads_the_same() {
    let config = sound();
    let written = config.to_yaml().unwrap();
    assert!(!written.contains('!'), "no YAML tags, which other readers do not know:\n{written}");
    let again = SidecarConfig::from_yaml(&written).unwrap();
    assert_eq!((&again, again.revision()), (&config, config.revision()));
}

#[test]
fn the_revision_is_of_the_meaning() {
    let config = sound();
    let commented = format!("# a comment\n{}", include_str!("sound.yaml").replace(": { ", ":   {    "));
    assert_ne!(commented, include_str!("sound.yaml"));
    assert_eq!(SidecarConfig::from_yaml(&commented).unwrap().revision(), config.revision());
    let other = SidecarConfig { mode: Mode::Enforce, ..config.clone() };
    assert_ne!(other.revision(), config.revision());
}

#[test]
fn an_entry_is_hashed_as_it_was_in_earlier_versions() {
    let config = sound();
    assert_eq!(
        serde_json::to_string(&config.providers[1]).unwrap(),
        r#"{"name":"branch","listen":{"port":0},"bankIdSe":{"endpoint":"https://localhost:8443","trust":{"bundle":{"kind":"ConfigMap","name":"roots","key":"ca.crt"}},"clientCertificateRefs":[{"name":"branch-rp"}],"refusal":{"hintCode":"transactionRiskBlocked","errorCode":"transactionRiskBlocked"},"whenOrderUnknown":"Strictest"}}"#
    );
    let without = SidecarConfig { sources: Vec::new(), ..config };
    assert!(!serde_json::to_string(&without).unwrap().contains(r#""sources":[],"#));
}

#[test]
fn an_entry_is_of_one_kind() {
    let text = include_str!("sound.yaml");
    let branch = text.find("    bankIdSe:\n      endpoint: https://localhost").unwrap();
    let without = format!("{}{}", &text[..branch], &text[text.find("riskParameters:").unwrap()..]);
    let error = SidecarConfig::from_yaml(&without).unwrap_err().to_string();
    assert!(error.contains("0 kinds in one entry; write exactly one of: bankIdSe"), "{error}");
}

#[test]
fn what_is_left_out_is_the_default() {
    let mut config = sound();
    config.mode = Mode::default();
    config.ports = Default::default();
    config.timeouts = Default::default();
    let written = config.to_yaml().unwrap();
    let mut left_out: serde_yaml::Mapping = serde_yaml::from_str(&written).unwrap();
    for name in ["mode", "ports", "timeouts"] {
        assert!(left_out.remove(name).is_some(), "{name}");
    }
    let short = serde_yaml::to_string(&left_out).unwrap();
    assert_eq!(SidecarConfig::from_yaml(&short).unwrap(), config);
}

#[test]
fn another_schema_is_told_before_anything_else() {
    let mut config = sound();
    config.schema = 2;
    config.providers.clear();
    let error = SidecarConfig::from_yaml(&config.to_yaml().unwrap()).unwrap_err();
    assert!(matches!(error, ConfigError::Schema(2)), "{error}");
}

#[test]
fn unknown_and_misspelt_fields_are_refused_with_their_place() {
    let text = include_str!("sound.yaml");
    for (from, to) in [
        ("mode: Monitor", "mode: monitor"),
        ("whenUnknown: Allow", "whenUnknwon: Allow"),
        ("trustedHops: 2", "trustedHops: -1"),
        ("connect: 3s", "connect: 3"),
        ("blockAt: High", "blockAt: Low"),
        ("schema: 1", "schema: 1\nextra: 1"),
        ("name: bankid\n", "name: bankid\n    secret: x\n"),
        ("name: fraud\n", "name: fraud\n    soap: {}\n"),
        ("    whenUnavailable: Allow\n", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let error = SidecarConfig::from_yaml(&changed).unwrap_err();
        assert!(matches!(error, ConfigError::Shape(_)), "{to}: {error}");
        assert!(error.to_string().contains("line "), "{to}: {error}");
    }
}

proptest! {
    #[test]
    fn quantities_read_back(millis in any::<u64>(), bytes in any::<u64>()) {
        let span = Span::from_millis(millis);
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        prop_assert_eq!(Bytes(bytes).to_string().parse::<Bytes>(), Ok(Bytes(bytes)));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~\n]{0,200}") {
        let _ = SidecarConfig::from_yaml(&text);
    }
}
