//! What can be wrong with a source of addresses, and what it is where nothing is said.

use riskgate_core::config::{IpDatabases, IpIntelligenceConfig, IpListKind, SourceConfig, SourceKind};
use riskgate_core::ip::Country;
use riskgate_core::{Bytes, Phase, Provider, SidecarConfig, Span};

use crate::findings::finds;
use crate::sound;

/// Everything that one can name.
const EVERYTHING: &str = "
databases: { persistentVolumeClaim: geoip }
lists:
  - { configMap: addresses, key: tor.txt, kind: Tor }
  - { configMap: addresses, key: offices.txt, kind: Trusted }
abuseApi: { url: https://api.abuseipdb.com, apiKeyRef: { name: abuse, key: key } }
";

fn kind(yaml: &str) -> SourceKind {
    SourceKind::IpIntelligence(serde_yaml::from_str(yaml).unwrap())
}

/// Puts a source in place of the only one, and changes it.
fn with(config: &mut SidecarConfig, change: impl FnOnce(&mut IpIntelligenceConfig)) {
    let mut ip = serde_yaml::from_str(EVERYTHING).unwrap();
    change(&mut ip);
    config.sources[0].kind = SourceKind::IpIntelligence(Box::new(ip));
}

fn wrong(field: &str, says: &str, change: impl FnOnce(&mut IpIntelligenceConfig)) {
    let path = format!("sources[0].ipIntelligence.{field}");
    finds(&path, says, |config| with(config, change));
}

#[test]
fn of_where_facts_come_from() {
    let mut config = sound();
    with(&mut config, |_| {});
    assert_eq!(config.check(), []);
    wrong("homeCountries", "every country would be foreign", |ip| ip.home_countries.clear());
    wrong("registryData", "nothing is left to know addresses by", |ip| {
        *ip = IpIntelligenceConfig { registry_data: false, ..IpIntelligenceConfig::default() };
    });
    wrong("databases.maxBytes", "at least 1Mi", |ip| {
        ip.databases.as_mut().unwrap().max_bytes = Bytes(0);
    });
    wrong("lists[2]", "addresses/tor.txt stands here twice", |ip| {
        let mut twin = ip.lists[0].clone();
        twin.kind = IpListKind::Vpn;
        ip.lists.push(twin);
    });
}

#[test]
fn of_the_abuse_api() {
    for url in
        ["https://api.abuseipdb.com/", "http://api.abuseipdb.com", "api.abuseipdb.com", "https://u:p@abuse"]
    {
        wrong("abuseApi.url", "is no service; write https://HOST", |ip| {
            ip.abuse_api.as_mut().unwrap().url = url.to_owned();
        });
    }
    for days in [0, 366] {
        wrong("abuseApi.maxAgeInDays", "1 to 365", |ip| {
            ip.abuse_api.as_mut().unwrap().max_age_in_days = days;
        });
    }
    for millis in [59_999, 7 * 86_400_000 + 1] {
        wrong("abuseApi.cacheTtl", "1m to 168h", |ip| {
            ip.abuse_api.as_mut().unwrap().cache_ttl = Span::from_millis(millis);
        });
    }
    for entries in [0, 100_001] {
        wrong("abuseApi.cacheEntries", "1 to 100000", |ip| {
            ip.abuse_api.as_mut().unwrap().cache_entries = entries;
        });
    }
}

#[test]
fn of_the_scoring() {
    wrong("scoring.moderateFrom", "61 is above highFrom 60", |ip| ip.scoring.moderate_from = 61);
    wrong("scoring.moderateFrom", "1 to 100", |ip| ip.scoring.moderate_from = 0);
    wrong("scoring.highFrom", "1 to 100", |ip| ip.scoring.high_from = 101);
    wrong("scoring.tor", "0 to 100", |ip| ip.scoring.tor = 101);
    wrong("scoring.likelyVpn", "0 to 100", |ip| ip.scoring.likely_vpn = 200);
    wrong("scoring.recentlyReported", "0 to 100", |ip| ip.scoring.recently_reported = 255);
    wrong("scoring.foreign", "0 to 100", |ip| ip.scoring.foreign = 101);
    wrong("scoring.abuse.percent", "0 to 100", |ip| ip.scoring.abuse.percent = 101);
    wrong("scoring.abuse.points", "0 to 100", |ip| ip.scoring.abuse.points = Some(101));
    wrong("scoring.abuse.threshold", "1 to 100", |ip| ip.scoring.abuse.threshold = 0);
    wrong("scoring.abuse.listed", "1 to 100", |ip| ip.scoring.abuse.listed = 0);
    wrong("scoring.recentDays", "1 to 365", |ip| ip.scoring.recent_days = 0);
}

#[test]
fn an_indicator_that_is_never_given_is_told() {
    let names = ["isTor", "country:SE", "asn:64500", "countriesDiffer"].map(str::to_owned);
    let mut config = sound();
    with(&mut config, |_| {});
    let name = config.sources[0].name.clone();
    let rule = &mut config.flows[1].sources[0];
    (rule.name, rule.block_when) = (name.clone(), names.to_vec());
    assert_eq!(config.check(), []);
    finds("flows[1].sources[0].blockWhen[1]", "never says \"isTOR\"", |config| {
        with(config, |_| {});
        let rule = &mut config.flows[1].sources[0];
        (rule.name, rule.block_when) = (name, vec!["isTor".to_owned(), "isTOR".to_owned()]);
    });
}

#[test]
fn what_is_left_out_is_tics_table_and_nobody_is_asked() {
    let SourceKind::IpIntelligence(ip) = kind("{}") else { panic!("another kind") };
    assert_eq!(*ip, IpIntelligenceConfig::default());
    assert_eq!(ip.home_countries, Country::nordic());
    assert!(ip.abuse_api.is_none() && ip.databases.is_none() && ip.lists.is_empty() && ip.registry_data);
    let scoring = ip.scoring;
    let published = [scoring.tor, scoring.likely_vpn, scoring.recently_reported, scoring.foreign];
    assert_eq!((published, scoring.abuse.threshold, scoring.recent_days), ([40, 20, 15, 10], 50, 7));
    let SourceKind::IpIntelligence(ip) = kind(EVERYTHING) else { panic!("another kind") };
    assert_eq!(ip.databases.map(|IpDatabases { max_bytes, .. }| max_bytes), Some(Bytes(64 << 20)));
    let api = ip.abuse_api.unwrap();
    assert_eq!(
        (api.max_age_in_days, api.cache_ttl, api.cache_entries),
        (30, Span::from_millis(3_600_000), 10_000)
    );
}

#[test]
fn an_entry_reads_as_it_was_written() {
    let source =
        SourceConfig { name: "ip".to_owned(), timeout: Span::from_millis(50), kind: kind(EVERYTHING) };
    let written = serde_yaml::to_string(&source).unwrap();
    assert_eq!(serde_yaml::from_str::<SourceConfig>(&written).unwrap(), source, "{written}");
    assert!(serde_yaml::from_str::<IpIntelligenceConfig>("homeCountries: [se]").is_err());
    assert!(serde_yaml::from_str::<IpIntelligenceConfig>("homeCountry: SE").is_err());
}

#[test]
fn it_is_asked_in_both_phases_about_every_provider_and_gets_more_time_where_a_service_is_asked() {
    let (local, remote) = (kind("{}"), kind(EVERYTHING));
    assert!([Phase::Screen, Phase::Assess].into_iter().all(|phase| local.is_asked_in(phase)));
    assert!(local.serves(Provider::BankIdSe));
    assert_eq!(local.default_timeout(), Span::from_millis(50));
    assert_eq!(remote.default_timeout(), Span::from_millis(1000));
}
