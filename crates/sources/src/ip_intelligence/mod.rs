//! The source `ipIntelligence`: what is known of the addresses of a transaction, scored with TIC's published table (design.md
//! section 6).
//!
//! ```text
//! address ─► public? ─► databases (country, network, anonymisers) ─► lists ─► the abuse API, where the policy names one
//!                   └─► the registries' data, where no database knows the country
//! ```
//!
//! What cannot be heard (a damaged database, a service that is away) makes the whole `Unavailable`, unless what is certain is high
//! already: see [`riskgate_core::ip::Rating::assessment`].

mod abuse_api;
mod databases;
mod lists;
mod registry;

#[cfg(feature = "fuzzing")]
pub(crate) use abuse_api::fuzzed as abuse_answer;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use riskgate_core::config::{IpIntelligenceConfig, IpList};
use riskgate_core::ip::{self, AddressFacts};
use riskgate_core::{Assessment, Clock, Facts, Phase, cause};

use self::abuse_api::AbuseApi;
pub use self::abuse_api::{AbuseApiError, AbuseApiParts};
pub use self::databases::{Database, Databases, FileError, FileState, Kind, ScanError};
pub use self::lists::{NoEntry, ReadList};
use crate::source::{Question, Report, Source, SourceFailure};

/// What the source is made from, beside its configuration.
pub struct IpIntelligenceParts<'a> {
    /// The source's name in the policy.
    pub name: &'a str,
    /// The source's time for one answer; the abuse API gets nine tenths of it, so that what is known without it is still told.
    pub timeout: Duration,
    /// The texts of the lists, in the order of the configuration.
    pub lists: Vec<Vec<u8>>,
    /// The folder of databases, where the configuration names one.
    pub databases: Option<PathBuf>,
    /// How the abuse API is asked, where the configuration names one.
    pub abuse_api: Option<AbuseApiParts>,
    /// The time: by it reports are recent and answers old.
    pub clock: Arc<dyn Clock>,
}

/// Why the source cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum IpIntelligenceError {
    /// A list is of no use.
    #[error("lists[{index}] ({}/{}): {error}", .list.config_map, .list.key)]
    List {
        /// Its place in the configuration.
        index: usize,
        /// Where it is from.
        list: IpList,
        /// What is wrong with it.
        error: NoEntry,
    },
    /// The abuse API cannot be asked.
    #[error("abuseApi: {0}")]
    AbuseApi(#[from] AbuseApiError),
}

/// The source.
pub struct IpIntelligence {
    name: String,
    config: IpIntelligenceConfig,
    lists: Vec<ReadList>,
    databases: Option<Arc<Databases>>,
    abuse_api: Option<AbuseApi>,
    clock: Arc<dyn Clock>,
}

/// What was found of one address.
struct Found {
    address: IpAddr,
    facts: AddressFacts,
    /// Why not everything was heard: a [`cause`].
    missing: Option<&'static str>,
    age: Duration,
}

impl IpIntelligence {
    /// The source. What `previous` holds of the same is taken over: lists that did not change, databases, and what the abuse API
    /// said. Reads databases that are new, and must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`IpIntelligenceError`] for the first part that can never be of use.
    pub fn new(
        config: &IpIntelligenceConfig,
        parts: IpIntelligenceParts<'_>,
        previous: Option<&Self>,
    ) -> Result<Self, IpIntelligenceError> {
        let known = previous.map_or(&[][..], |source| &source.lists);
        let lists = config
            .lists
            .iter()
            .zip(&parts.lists)
            .enumerate()
            .map(|(index, (list, text))| {
                ReadList::read(list, text, known).map_err(|error| IpIntelligenceError::List {
                    index,
                    list: list.clone(),
                    error,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let within = parts.timeout * 9 / 10;
        let abuse_api = config
            .abuse_api
            .as_ref()
            .zip(parts.abuse_api)
            .map(|(api, with)| {
                let before = previous.and_then(|source| source.abuse_api.as_ref());
                AbuseApi::new(api, with, within, Arc::clone(&parts.clock), before)
            })
            .transpose()?;
        let max_bytes = config.databases.as_ref().map_or(0, |databases| databases.max_bytes.0);
        let databases = parts.databases.map(|folder| {
            let before = previous.and_then(|source| source.databases.as_ref());
            let same = before.filter(|before| before.folder() == folder && before.max_bytes() == max_bytes);
            same.map_or_else(|| Databases::open(folder, max_bytes), Arc::clone)
        });
        if databases.is_none()
            && let Some(list) = lists.iter().find(|list| list.names_networks())
        {
            let IpList { config_map, key, .. } = &list.of;
            tracing::warn!(
                config_map,
                key,
                "a list names networks, and without a database nobody knows an address's"
            );
        }
        Ok(Self {
            name: parts.name.to_owned(),
            config: config.clone(),
            lists,
            databases,
            abuse_api,
            clock: parts.clock,
        })
    }

    /// The lists, as they were read.
    #[must_use]
    pub fn lists(&self) -> &[ReadList] {
        &self.lists
    }

    /// The files of the databases; none where the policy names none.
    #[must_use]
    pub fn database_files(&self) -> Vec<FileState> {
        self.databases.as_ref().map_or_else(Vec::new, |databases| databases.files())
    }

    async fn find(&self, address: IpAddr) -> Found {
        if !ip::is_public(address) {
            return Found { address, facts: AddressFacts::non_public(), missing: None, age: Duration::ZERO };
        }
        let (facts, damaged) =
            self.databases.as_ref().map_or_else(Default::default, |databases| databases.look_up(address));
        let listed = self.config.scoring.abuse.listed;
        let facts = facts.or(lists::look_up(&self.lists, address, facts.asn, listed));
        let mut missing = damaged.then_some(cause::FAILED);
        // Whom the policy trusts is nobody's business.
        let (said, age) = match &self.abuse_api {
            Some(api) if !facts.trusted => api.ask(address).await.unwrap_or_else(|cause| {
                missing = Some(cause);
                Default::default()
            }),
            _ => Default::default(),
        };
        let mut facts = facts.or(said);
        if facts.country.is_none() && self.config.registry_data {
            facts.country = registry::country(address);
        }
        Found { address, facts, missing, age }
    }
}

#[async_trait]
impl Source for IpIntelligence {
    fn name(&self) -> &str {
        &self.name
    }

    fn serves(&self, _: Phase) -> bool {
        true
    }

    async fn assess(&self, _: Phase, question: &Question) -> Result<Report, SourceFailure> {
        let mut addresses: Vec<IpAddr> = [question.client_ip, question.device_ip]
            .into_iter()
            .flatten()
            .map(|address| address.to_canonical())
            .collect();
        addresses.dedup();
        // Who calls by telephone starts from no address.
        if addresses.is_empty() && question.operation.is_some_and(|operation| operation.is_phone()) {
            return Ok(Report::new(Assessment::NotApplicable));
        }
        let found = join_all(addresses.into_iter().map(|address| self.find(address))).await;
        let known: Vec<_> = found.iter().map(|found| (found.address, found.facts)).collect();
        let rating = ip::rate(&known, &self.config.scoring, &self.config.home_countries, self.clock.now());
        let missing = found.iter().find_map(|found| found.missing);
        Ok(Report {
            assessment: rating.assessment(missing.is_none()),
            score: rating.score.map(|(score, _)| score),
            indicators: missing.map(str::to_owned).into_iter().chain(rating.indicators).collect(),
            facts: Facts::default(),
            age: found.iter().map(|found| found.age).max().unwrap_or_default(),
        })
    }
}
