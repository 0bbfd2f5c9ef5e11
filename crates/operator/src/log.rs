//! The operator's log: to stderr, JSON or text. It holds names of objects and what was wrong with them, never a secret.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Our own crate: everything else tells only of what looks wrong.
const OURS: &str = "riskgate";

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Sets up the log of the process. A second time it does nothing.
pub fn install(format: Format, level: LevelFilter) {
    let filter = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target(OURS, level);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        Format::Json => Box::new(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)),
        Format::Text => Box::new(fmt::layer().with_writer(std::io::stderr)),
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
    // Fails only where a log is set up already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
