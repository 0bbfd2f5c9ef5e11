//! One MaxMind DB file: what kind it is, and what it says of an address.

use std::fmt;
use std::net::IpAddr;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader};
use riskgate_core::ip::{AddressFacts, Country, Traits};
use serde::Deserialize;

/// What a database tells. It is found in the file's own metadata, never in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The country of an address.
    Country,
    /// The network of an address.
    Network,
    /// Whether an address hides who uses it.
    Anonymous,
    /// Residential proxies: who stands in it is one.
    ResidentialProxy,
}

impl Kind {
    /// The kind of a database of that type, such as `GeoLite2-Country` or `DBIP-ASN-Lite`.
    fn of(database_type: &str) -> Option<Self> {
        let name = database_type.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        // A database of countries that was made from networks carries both words.
        match () {
            () if says(&["residential-proxy"]) => Some(Self::ResidentialProxy),
            () if says(&["anonymous"]) => Some(Self::Anonymous),
            () if says(&["country", "city", "enterprise", "location"]) => Some(Self::Country),
            () if says(&["asn", "isp"]) => Some(Self::Network),
            () => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "countries",
            Self::Network => "networks",
            Self::Anonymous => "anonymisers",
            Self::ResidentialProxy => "residential proxies",
        })
    }
}

/// Why a file cannot be used as a database.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not a MaxMind DB file, or damaged.
    #[error("it is no sound MaxMind DB file: {0}")]
    Damaged(#[from] MaxMindDbError),
    /// Sound, and of no use here.
    #[error(
        "it is of type {0:?}; of use are databases of countries, networks (ASN), anonymous addresses and residential proxies"
    )]
    OtherKind(String),
}

/// A database in memory, wholly verified.
#[derive(Debug)]
pub struct Database {
    kind: Kind,
    /// When it was built, in seconds since the epoch.
    built: u64,
    reader: Reader<Vec<u8>>,
}

#[derive(Deserialize)]
struct AsnRecord {
    autonomous_system_number: Option<u32>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct AnonymousRecord {
    is_anonymous: bool,
    is_anonymous_vpn: bool,
    is_hosting_provider: bool,
    is_public_proxy: bool,
    is_residential_proxy: bool,
    is_tor_exit_node: bool,
}

impl Database {
    /// The database in `bytes`. Every record is verified, so that a damaged file is found before it is used: that takes a
    /// moment for a large one.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, FileError> {
        let reader = Reader::from_source(bytes)?;
        reader.verify()?;
        let metadata = reader.metadata();
        let kind = Kind::of(&metadata.database_type)
            .ok_or_else(|| FileError::OtherKind(metadata.database_type.clone()))?;
        Ok(Self { kind, built: metadata.build_epoch, reader })
    }

    /// What it tells.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When it was built, in seconds since the epoch, as it says itself.
    #[must_use]
    pub fn built(&self) -> u64 {
        self.built
    }

    /// What it says of an address; nothing where the address is not in it.
    ///
    /// # Errors
    ///
    /// [`FileError::Damaged`] when the record is of another shape than the file's type says.
    pub fn look_up(&self, address: IpAddr) -> Result<AddressFacts, FileError> {
        let address = address.to_canonical();
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(AddressFacts::default());
        }
        let found = self.reader.lookup(address)?;
        if !found.has_data() {
            return Ok(AddressFacts::default());
        }
        let facts = AddressFacts::default();
        Ok(match self.kind {
            Kind::Country => AddressFacts { country: country(&found)?.and_then(Country::of), ..facts },
            Kind::Network => {
                let record = found.decode::<AsnRecord>()?;
                AddressFacts { asn: record.and_then(|record| record.autonomous_system_number), ..facts }
            }
            Kind::Anonymous => AddressFacts { traits: traits(&found.decode()?.unwrap_or_default()), ..facts },
            Kind::ResidentialProxy => {
                AddressFacts { traits: Traits { proxy: true, ..Traits::default() }, ..facts }
            }
        })
    }
}

/// The country of a record, in the forms that databases have: `country_code`, `country.iso_code`, a plain `country`, and where
/// the address has none of its own, the country that it is registered in.
fn country<'a>(found: &LookupResult<'a, Vec<u8>>) -> Result<Option<&'a str>, MaxMindDbError> {
    let key = PathElement::Key;
    if let Some(code) = found.decode_path(&[key("country_code")])? {
        return Ok(Some(code));
    }
    let nested = found.decode_path(&[key("country"), key("iso_code")]);
    let of_its_own = nested.or_else(|_| found.decode_path(&[key("country")]))?;
    match of_its_own {
        Some(code) => Ok(Some(code)),
        None => found.decode_path(&[key("registered_country"), key("iso_code")]),
    }
}

fn traits(record: &AnonymousRecord) -> Traits {
    let told = record.is_tor_exit_node
        || record.is_anonymous_vpn
        || record.is_public_proxy
        || record.is_residential_proxy
        || record.is_hosting_provider;
    Traits {
        tor: record.is_tor_exit_node,
        vpn: record.is_anonymous_vpn,
        proxy: record.is_public_proxy || record.is_residential_proxy,
        hosting: record.is_hosting_provider,
        anonymous: record.is_anonymous && !told,
    }
}
