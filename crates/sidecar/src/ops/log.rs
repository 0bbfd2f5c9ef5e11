//! The sidecar's own log: to stderr, at a level that follows the configuration.

use riskgate_core::config::LogLevel;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

/// Changes the log's level.
#[derive(Clone)]
pub struct LogHandle {
    handle: Option<reload::Handle<LevelFilter, Registry>>,
}

impl LogHandle {
    /// Sets up the log of the process: JSON lines on stderr.
    ///
    /// Only our own words are logged. What the HTTP library logs through the `log` crate may quote requests, and a request
    /// holds personal numbers: it is not bridged.
    #[must_use]
    pub fn install() -> Self {
        let (filter, handle) = reload::Layer::new(LevelFilter::INFO);
        let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        let installed = tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok();
        Self { handle: installed.then_some(handle) }
    }

    /// A handle to nothing, for processes that have a log of their own.
    #[must_use]
    pub fn none() -> Self {
        Self { handle: None }
    }

    /// Follows a change of the configuration.
    pub fn follow(&self, level: LogLevel) {
        let filter = match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        if let Some(handle) = &self.handle {
            // It fails only when the subscriber is gone, and then nothing is logged any more.
            let _gone = handle.modify(|current| *current = filter);
        }
    }
}
