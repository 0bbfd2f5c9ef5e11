//! A folder of databases while its files come, change, break and go.

use std::fs;
use std::path::Path;
use std::time::Duration;

use riskgate_core::ip::Country;
use riskgate_sources::ip_intelligence::Databases;
use tempfile::TempDir;

use super::databases::fixtures;
use super::support::ip;

const EVERY: Duration = Duration::from_millis(5);
const ROOM: u64 = 1 << 20;

/// Puts a fixture into the folder as users must: beside first, then in its place.
fn put(folder: &Path, name: &str, fixture: &str) {
    let beside = folder.join(".new");
    fs::copy(fixtures(fixture), &beside).expect("copied");
    fs::rename(beside, folder.join(name)).expect("renamed");
}

fn country(databases: &Databases) -> Option<String> {
    databases.look_up(ip("89.160.20.112")).0.country.map(|country| country.to_string())
}

fn is_missing(databases: &Databases) -> bool {
    databases.look_up(ip("89.160.20.112")).1
}

#[tokio::test]
async fn what_is_there_at_the_start_is_there_at_once() {
    let folder = TempDir::new().expect("a folder");
    put(folder.path(), "country.mmdb", "good/GeoLite2-Country-Test.mmdb");
    put(folder.path(), "asn.mmdb", "good/GeoLite2-ASN-Test.mmdb");
    put(folder.path(), "anonymous.mmdb", "good/GeoIP2-Anonymous-IP-Test.mmdb");
    fs::write(folder.path().join("README.txt"), "no database").expect("written");
    fs::write(folder.path().join(".hidden.mmdb"), "not yet").expect("written");
    let databases = Databases::open(folder.path().to_owned(), ROOM);
    let (facts, missing) = databases.look_up(ip("89.160.20.112"));
    assert_eq!((facts.country, facts.asn, missing), (Country::of("SE"), Some(29518), false));
    let (facts, _) = databases.look_up(ip("81.2.69.142"));
    assert!(facts.traits.tor && facts.country == Country::of("GB"));
    assert_eq!(databases.files().len(), 3);
}

#[tokio::test]
async fn files_that_come_change_break_and_go_are_followed() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path();
    let databases = Databases::open(path.to_owned(), ROOM);
    assert!(is_missing(&databases) && databases.files().is_empty(), "an empty folder tells nothing");
    let look = || {
        databases.refresh();
        (country(&databases).is_some(), is_missing(&databases))
    };

    put(path, "db.mmdb", "good/GeoLite2-ASN-Test.mmdb");
    assert_eq!(look(), (false, false), "a new file, of networks alone");
    put(path, "db.mmdb", "good/GeoLite2-Country-Test.mmdb");
    assert_eq!(look(), (true, false), "another version");

    put(path, "db.mmdb", "bad/cyclic-data-structure.mmdb");
    assert_eq!(look(), (true, false), "a broken version: the last good one stays");
    assert!(databases.files().iter().all(|file| file.in_use.is_some() && !file.is_current));
    put(path, "other.mmdb", "bad/unexpected-bytes.mmdb");
    assert_eq!(look(), (true, true), "a file that never was good: what is known is known");

    fs::remove_file(path.join("other.mmdb")).expect("removed");
    assert_eq!(look(), (true, false), "without it");
    fs::remove_file(path.join("db.mmdb")).expect("removed");
    assert_eq!(look(), (false, true), "an empty folder");
    put(path, "db.mmdb", "good/GeoIP2-City-Test.mmdb");
    assert_eq!(look(), (true, false), "a file again");
}

#[tokio::test]
async fn nobody_has_to_ask_for_a_look() {
    let folder = TempDir::new().expect("a folder");
    let databases = Databases::open_every(folder.path().to_owned(), ROOM, EVERY);
    put(folder.path(), "db.mmdb", "good/GeoLite2-Country-Test.mmdb");
    let found = async {
        while country(&databases).is_none() {
            tokio::time::sleep(EVERY).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("the file is found");
}

#[tokio::test]
async fn a_folder_that_cannot_be_reached_keeps_what_it_told() {
    let folder = TempDir::new().expect("a folder");
    let (here, away) = (folder.path().join("here"), folder.path().join("away"));
    let databases = Databases::open(here.clone(), ROOM);
    assert!(is_missing(&databases), "there is no folder");
    fs::create_dir(&here).expect("a folder");
    put(&here, "db.mmdb", "good/GeoLite2-Country-Test.mmdb");
    databases.refresh();
    assert_eq!(country(&databases).as_deref(), Some("SE"));
    fs::rename(&here, &away).expect("renamed");
    databases.refresh();
    assert_eq!(country(&databases).as_deref(), Some("SE"));
    assert!(!is_missing(&databases));
    put(&away, "asn.mmdb", "good/GeoLite2-ASN-Test.mmdb");
    fs::rename(&away, &here).expect("renamed");
    databases.refresh();
    assert_eq!(databases.files().len(), 2, "it is back");
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_read() {
    let folder = TempDir::new().expect("a folder");
    put(folder.path(), "db.mmdb", "good/GeoLite2-Country-Test.mmdb");
    let databases = Databases::open(folder.path().to_owned(), 1000);
    assert!(is_missing(&databases));
    assert!(databases.files().iter().all(|file| file.in_use.is_none()));
}
