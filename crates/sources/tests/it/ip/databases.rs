//! Databases that we did not make, sound ones and broken ones.

use std::fs;
use std::path::{Path, PathBuf};

use riskgate_core::ip::{AddressFacts, Country, Traits};
use riskgate_sources::ip_intelligence::{Database, FileError, Kind};

use super::support::ip;

pub(super) fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mmdb").join(folder)
}

fn good(name: &str) -> Result<Database, FileError> {
    Database::new(fs::read(fixtures("good").join(format!("{name}.mmdb"))).expect("a fixture"))
}

fn facts(database: &Database, address: &str) -> AddressFacts {
    database.look_up(ip(address)).expect("a record")
}

#[test]
fn a_database_of_countries_tells_countries() {
    for name in ["GeoLite2-Country-Test", "GeoIP2-City-Test"] {
        let database = good(name).expect("a database");
        assert_eq!(database.kind(), Kind::Country, "{name}");
        assert!(database.built() > 1_000_000_000, "{name}");
        for (address, country) in [
            ("89.160.20.112", "SE"),
            ("::ffff:89.160.20.112", "SE"),
            ("81.2.69.142", "GB"),
            ("2a02:d280::1", "CZ"),
        ] {
            let expected = AddressFacts { country: Country::of(country), ..AddressFacts::default() };
            assert_eq!(facts(&database, address), expected, "{name} {address}");
        }
        assert_eq!(facts(&database, "127.0.0.1"), AddressFacts::default());
    }
}

#[test]
fn a_database_of_networks_tells_numbers() {
    let database = good("GeoLite2-ASN-Test").expect("a database");
    assert_eq!(database.kind(), Kind::Network);
    assert_eq!(facts(&database, "89.160.20.112").asn, Some(29518));
    assert_eq!(facts(&database, "127.0.0.1"), AddressFacts::default());
}

#[test]
fn a_database_of_anonymisers_tells_each_kind() {
    let none = Traits::default();
    let database = good("GeoIP2-Anonymous-IP-Test").expect("a database");
    assert_eq!(database.kind(), Kind::Anonymous);
    for (address, traits) in [
        ("65.0.0.1", Traits { tor: true, ..none }),
        ("1.2.0.1", Traits { vpn: true, ..none }),
        ("1.124.213.1", Traits { tor: true, vpn: true, ..none }),
        ("71.160.223.1", Traits { hosting: true, ..none }),
        ("186.30.236.1", Traits { proxy: true, ..none }),
        ("81.2.69.142", Traits { tor: true, vpn: true, proxy: true, hosting: true, ..none }),
        ("abcd:1000::1", Traits { proxy: true, ..none }),
        ("89.160.20.112", none),
    ] {
        assert_eq!(facts(&database, address).traits, traits, "{address}");
    }
    let plus = good("GeoIP-Anonymous-Plus-Test").expect("a database");
    assert_eq!(plus.kind(), Kind::Anonymous);
    assert_eq!(facts(&plus, "1.2.0.1").traits, Traits { vpn: true, ..none });
}

#[test]
fn who_stands_in_a_database_of_residential_proxies_is_one() {
    let database = good("GeoIP-Residential-Proxy-Test").expect("a database");
    assert_eq!(database.kind(), Kind::ResidentialProxy);
    assert!(facts(&database, "6.0.42.17").traits.proxy);
    assert_eq!(facts(&database, "6.0.42.18"), AddressFacts::default());
}

#[test]
fn a_sound_database_of_another_kind_is_told_by_its_type() {
    for (name, kind) in
        [("GeoIP2-Connection-Type-Test", "GeoIP2-Connection-Type"), ("MaxMind-DB-test-ipv4-24", "Test")]
    {
        let error = good(name).expect_err(name);
        assert!(matches!(&error, FileError::OtherKind(told) if told == kind), "{error}");
    }
}

/// Files that made readers crash or run for ever. The one sound file among them is of no kind that we use.
#[test]
fn what_harmed_other_readers_is_refused() {
    let mut refused = Vec::new();
    for entry in fs::read_dir(fixtures("bad")).expect("fixtures") {
        let path = entry.expect("a fixture").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let error = Database::new(fs::read(&path).expect("a fixture")).expect_err(&name);
        refused.push((name, matches!(error, FileError::Damaged(_))));
    }
    assert_eq!(refused.len(), 27);
    refused.sort();
    let of_another_kind: Vec<&str> =
        refused.iter().filter(|(_, damaged)| !damaged).map(|(name, _)| name.as_str()).collect();
    assert_eq!(of_another_kind, [""; 0]);
}

/// A file that lost its end on the way, or was hit in the middle, is refused or says nothing that harms.
#[test]
fn a_cut_or_changed_file_never_harms() {
    let whole = fs::read(fixtures("good").join("GeoIP2-Anonymous-IP-Test.mmdb")).expect("a fixture");
    for length in (0..whole.len()).step_by(97) {
        assert!(Database::new(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
    let mut sound = 0;
    for at in (0..whole.len()).step_by(13) {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        if let Ok(database) = Database::new(changed) {
            sound += 1;
            for address in ["65.0.0.1", "1.2.0.1", "abcd:1000::1", "255.255.255.255"] {
                drop(database.look_up(ip(address)));
            }
        }
    }
    assert!(sound > 0, "a change in a text is none of the structure");
}
