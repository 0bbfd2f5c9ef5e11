//! Whatever risk a flow lets pass, its author is warned of it: of High, and of not knowing. Every flow there can be.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use riskgate_api::RiskPolicy;
use riskgate_api::compile::compile;
use riskgate_core::evaluate::decide;
use riskgate_core::{
    Assessment, Evidence, Flow, Level, PROVIDER_SOURCE, Phase, RequirementSet, Scope, Signal, Verdict,
};
use serde_json::{Value, json};

/// A policy with one flow of a login, completed by `rules`; fields that are null are left out.
fn policy(rules: &Value) -> RiskPolicy {
    let bankid =
        json!({ "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } });
    policy_of(&bankid, &json!(["Auth"]), &json!([]), rules)
}

/// The same for any provider, with sources.
fn policy_of(provider: &Value, operations: &Value, sources: &Value, rules: &Value) -> RiskPolicy {
    let mut flow = json!({ "name": "login", "provider": "bankid", "operations": operations });
    let given = rules.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null());
    flow.as_object_mut().unwrap().extend(given);
    let mut entry = json!({ "name": "bankid", "listen": { "port": 15381 } });
    entry.as_object_mut().unwrap().extend(provider.as_object().unwrap().clone());
    let spec = json!({
        "providers": [entry],
        "sources": sources,
        "riskParameters": { "start": "Web", "referringDomain": "shop.example.se" },
        "flows": [flow],
    });
    RiskPolicy::new("retail", serde_json::from_value(spec).unwrap())
}

/// Whether a login passes with nothing asked of its user that was not asked of everybody.
fn passes(flow: &Flow, assessment: Assessment) -> bool {
    let signals = [Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)];
    let evidence =
        Evidence { signals: &signals, application_threshold: None, carried: RequirementSet::default() };
    decide(&Scope::Flow(flow), &evidence).enforced() == Verdict::Allow
}

#[test]
fn what_passes_is_warned_of() {
    const VERDICTS: [&str; 3] = ["Allow", "Challenge", "Block"];
    let levels = [Value::Null, json!("Moderate"), json!("High")];
    let order = json!({ "when": "Always", "require": ["PinCode"] });
    let challenges = [
        Value::Null,
        json!({ "atOrder": order, "atCollect": "AllowIfRequired" }),
        json!({ "atCollect": "PassWithHeader" }),
    ];
    let (mut silent, mut warned) = (0, 0);
    for block in &levels {
        for challenge_at in &levels {
            for unknown in VERDICTS {
                for unavailable in VERDICTS {
                    for challenge in &challenges {
                        let policy = policy(&json!({
                            "blockAt": block,
                            "challengeAt": challenge_at,
                            "whenUnknown": unknown,
                            "whenUnavailable": unavailable,
                            "challenge": challenge,
                        }));
                        let Ok((config, warnings)) = compile(&policy) else {
                            assert_eq!(
                                (block.as_str(), challenge_at.as_str()),
                                (Some("Moderate"), Some("High"))
                            );
                            continue;
                        };
                        let flow = &config.flows[0];
                        let about: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
                        let holes =
                            [Assessment::Level(Level::High), Assessment::Unknown, Assessment::Unavailable]
                                .map(|assessment| passes(flow, assessment));
                        if holes.contains(&true) {
                            warned += 1;
                            assert!(!about.is_empty(), "{holes:?} pass without a word: {flow:?}");
                        } else if about.is_empty() {
                            silent += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(
        warned > 100 && silent > 10,
        "{warned} warned of, {silent} in order: the flows are not what they were"
    );
}

/// A provider whose signals a flow is judged on.
struct Others {
    provider: Value,
    operation: &'static str,
    sources: Value,
    listed: Value,
    /// The source whose word counts.
    speaks: &'static str,
    /// What its own indication is beside that.
    own: Assessment,
}

#[test]
fn what_passes_is_warned_of_whoever_the_provider_is() {
    const VERDICTS: [&str; 3] = ["Allow", "Challenge", "Block"];
    let data = json!([{ "name": "data", "securityData": {
        "clientId": "bank", "authentication": "ClientSecretBasic", "credentialRef": { "name": "bank", "key": "secret" },
    } }]);
    let others = [
        Others {
            provider: json!({ "bankIdNo": { "environment": "Test" } }),
            operation: "Login",
            sources: data,
            listed: json!([{ "name": "data", "whenNotApplicable": "Block" }]),
            speaks: "data",
            own: Assessment::NotApplicable,
        },
        Others {
            provider: json!({ "ticIdentity": {} }),
            operation: "Auth",
            sources: json!([]),
            listed: json!([]),
            speaks: PROVIDER_SOURCE,
            own: Assessment::Unknown,
        },
    ];
    for other in others {
        let (mut silent, mut warned) = (0, 0);
        for (block, unknown, unavailable) in [Value::Null, json!("Moderate"), json!("High")]
            .iter()
            .flat_map(|block| VERDICTS.map(|unknown| (block, unknown)))
            .flat_map(|(block, unknown)| VERDICTS.map(|unavailable| (block, unknown, unavailable)))
        {
            let rules = json!({
                "blockAt": block, "whenUnknown": unknown, "whenUnavailable": unavailable, "sources": other.listed,
            });
            let policy = policy_of(&other.provider, &json!([other.operation]), &other.sources, &rules);
            let (config, warnings) = compile(&policy).unwrap();
            let flow = &config.flows[0];
            let passes = |assessment| {
                let mut signals = vec![Signal::new(other.speaks, Phase::Assess, assessment)];
                if other.speaks != PROVIDER_SOURCE {
                    signals.push(Signal::new(PROVIDER_SOURCE, Phase::Assess, other.own));
                }
                let evidence = Evidence {
                    signals: &signals,
                    application_threshold: None,
                    carried: RequirementSet::default(),
                };
                decide(&Scope::Flow(flow), &evidence).enforced() == Verdict::Allow
            };
            let holes =
                [Assessment::Level(Level::High), Assessment::Unknown, Assessment::Unavailable].map(passes);
            if holes.contains(&true) {
                warned += 1;
                assert!(!warnings.is_empty(), "{holes:?} pass without a word: {flow:?}");
            } else if warnings.is_empty() {
                silent += 1;
            }
        }
        assert!(warned >= 15 && silent >= 1, "{warned} warned of, {silent} in order: {}", other.provider);
    }
}

#[test]
fn nobody_is_warned_in_the_terms_of_another_provider() {
    for (provider, operation, words) in [
        (
            json!({ "bankIdNo": { "environment": "Test" } }),
            "Login",
            &["QR", "phone", "webhook", "OneSpan"][..],
        ),
        (json!({ "ticIdentity": {} }), "Auth", &["QR", "phone", "OneSpan", "AllowIfRequired or"]),
        (
            json!({ "oneSpan": { "endpoint": "https://bank.sdb.tid.onespan.cloud" } }),
            "Login",
            &["QR", "phone", "webhook", "AllowIfRequired or"],
        ),
    ] {
        for when in ["Allow", "Challenge", "Block"] {
            let rules = json!({
                "challengeAt": "Moderate", "blockAt": "High",
                "whenUnknown": when, "whenUnavailable": when, "whenNotApplicable": when,
            });
            let policy = policy_of(&provider, &json!([operation]), &json!([]), &rules);
            let (_, warnings) = compile(&policy).unwrap();
            let said = warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert!(!said.is_empty(), "{provider} {when}");
            for word in words {
                assert!(!said.contains(word), "{provider} {when}: {said}");
            }
        }
    }
}
