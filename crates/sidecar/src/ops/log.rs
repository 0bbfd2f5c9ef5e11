//! The sidecar's own log: to stderr, at a level that follows the configuration.

use riskgate_core::config::LogLevel;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, fmt, reload};

/// Our own crates: everything else tells only of what looks wrong.
const OURS: &str = "riskgate";

/// Changes the log's level.
#[derive(Clone)]
pub struct LogHandle {
    handle: Option<reload::Handle<Targets, Registry>>,
}

impl LogHandle {
    /// Sets up the log of the process: JSON lines on stderr.
    ///
    /// What pingora logs through the `log` crate may quote requests, and a request holds personal numbers: it is not bridged,
    /// which is why the subscriber is set without `try_init`.
    #[must_use]
    pub fn install() -> Self {
        let (filter, handle) = reload::Layer::new(filter(LogLevel::Info));
        let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        let subscriber = tracing_subscriber::registry().with(filter).with(lines);
        let installed = tracing::subscriber::set_global_default(subscriber).is_ok();
        Self { handle: installed.then_some(handle) }
    }

    /// A handle to nothing, for processes that have a log of their own.
    #[must_use]
    pub fn none() -> Self {
        Self { handle: None }
    }

    /// Follows a change of the configuration.
    pub fn follow(&self, level: LogLevel) {
        if let Some(handle) = &self.handle {
            // It fails only when the subscriber is gone, and then nothing is logged any more.
            let _gone = handle.modify(|current| *current = filter(level));
        }
    }
}

fn filter(level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target(OURS, ours)
}
