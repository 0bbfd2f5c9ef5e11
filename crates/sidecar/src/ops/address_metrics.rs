//! What the sources of addresses hold, as gauges: they are read when somebody looks.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use riskgate_core::config::IpList;
use riskgate_sources::Source;
use riskgate_sources::ip_intelligence::IpIntelligence;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListLabels {
    source: String,
    list: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FileLabels {
    source: String,
    file: String,
}

/// Gauges of lists and databases.
#[derive(Default)]
pub(super) struct AddressMetrics {
    entries: Family<ListLabels, Gauge>,
    bad_lines: Family<ListLabels, Gauge>,
    built: Family<FileLabels, Gauge>,
    current: Family<FileLabels, Gauge>,
}

impl AddressMetrics {
    pub(super) fn register(&self, to: &mut Registry) {
        to.register(
            "address_list_entries",
            "Ranges and networks of a list of addresses",
            self.entries.clone(),
        );
        to.register("address_list_bad_lines", "Lines of a list that do not read", self.bad_lines.clone());
        let about = "When the version of a database that is in use was built, in seconds since the epoch";
        to.register("database_built_timestamp_seconds", about, self.built.clone());
        let about = "Whether a database file can be used as it is now";
        to.register("database_current", about, self.current.clone());
    }

    /// Brings the gauges up to date.
    pub(super) fn update<'a>(&self, sources: impl Iterator<Item = &'a IpIntelligence>) {
        self.entries.clear();
        self.bad_lines.clear();
        self.built.clear();
        self.current.clear();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for source in sources {
            for list in source.lists() {
                let IpList { config_map, key, .. } = &list.of;
                let labels =
                    ListLabels { source: source.name().to_owned(), list: format!("{config_map}/{key}") };
                self.entries.get_or_create(&labels).set(count(list.entries()));
                self.bad_lines.get_or_create(&labels).set(count(list.bad.count));
            }
            for file in source.database_files() {
                let labels = FileLabels { source: source.name().to_owned(), file: file.name };
                self.current.get_or_create(&labels).set(i64::from(file.is_current));
                if let Some((_, built)) = file.in_use {
                    self.built.get_or_create(&labels).set(i64::try_from(built).unwrap_or(i64::MAX));
                }
            }
        }
    }
}
