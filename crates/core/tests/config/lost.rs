//! What is lost with an order that nobody knows any more.

use riskgate_core::{Phase, SidecarConfig, Signal, cause};

/// Two flows of `branch`, whose orders may be lost, and three sources that they name.
const FLOWS: &str = "
  - { name: a, provider: branch, operations: [Auth], whenUnknown: Allow, whenUnavailable: Block, sources: [{ name: late }, { name: ip }] }
  - { name: b, provider: branch, operations: [Sign], whenUnknown: Allow, whenUnavailable: Block, sources: [{ name: ip }, { name: early }] }
";
const SOURCES: &str = "
  - { name: unnamed, timeout: 1s, http: { url: https://unnamed.shop.svc, phase: Screen } }
  - { name: late, timeout: 1s, http: { url: https://late.shop.svc, phase: Assess } }
  - { name: early, timeout: 1s, http: { url: https://early.shop.svc, phase: Screen } }
  - { name: ip, timeout: 1s, ipIntelligence: {} }
";

fn with_sources() -> SidecarConfig {
    let mut config = super::sound();
    config.flows.extend(serde_yaml::from_str::<Vec<_>>(FLOWS).unwrap());
    config.sources = serde_yaml::from_str(SOURCES).unwrap();
    config
}

#[test]
fn what_was_asked_before_the_order_is_lost_once_and_what_is_asked_after_it_is_not() {
    let config = with_sources();
    let lost = |name| Signal::unavailable(name, Phase::Screen, cause::CONTEXT_LOST);
    assert_eq!(config.lost_with_order(&config.scope_of_unknown("branch")), [lost("early"), lost("ip")]);
}

#[test]
fn nothing_is_lost_where_unknown_orders_are_blocked_or_are_nobodys() {
    let config = with_sources();
    assert_eq!(config.lost_with_order(&config.scope_of_unknown("bankid")), []);
    assert_eq!(config.lost_with_order(&config.scope_of_unknown("elsewhere")), []);
}
