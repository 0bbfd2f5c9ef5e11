//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use tracing::level_filters::LevelFilter;

use crate::log::Format;

/// The shortest Lease that leaves time to renew it.
const SHORTEST_LEASE: Duration = Duration::from_secs(3);

/// Reconciles RiskPolicy resources into the configuration that bound pods mount.
///
/// When its admin port listens it prints one JSON line on standard output; its log goes to standard error. The first SIGTERM
/// drains it and vacates the Lease, the second ends it at once. Exit codes: 0 drained, 1 failed or cut short.
#[derive(Debug, Parser)]
#[command(name = "riskgate-operator", version)]
pub struct Options {
    /// The namespace that it runs in, where its Lease is.
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: String,
    /// This replica's name, as Lease and Events tell it.
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub identity: String,
    /// Where health and metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "[::]:8080")]
    pub admin_address: SocketAddr,
    /// The Lease whose holder writes.
    #[arg(long, value_name = "NAME", default_value = "riskgate-operator")]
    pub lease: String,
    /// How long the other replicas wait after the holder's last sign, such as 15s.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = lease_duration)]
    pub lease_duration: Duration,
    /// How log lines look.
    #[arg(long, value_enum, default_value = "json")]
    pub log_format: Format,
    /// How much is logged: error, warn, info, debug.
    #[arg(long, default_value = "info")]
    pub log_level: LevelFilter,
}

fn lease_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration < SHORTEST_LEASE || duration.subsec_nanos() > 0 {
        return Err(format!("write whole seconds, {SHORTEST_LEASE:?} at least"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_lease_can_be_renewed_in_time() {
        assert_eq!(lease_duration("3s"), Ok(Duration::from_secs(3)));
        for text in ["1s", "3500ms", "soon"] {
            assert!(lease_duration(text).is_err(), "{text}");
        }
    }
}
