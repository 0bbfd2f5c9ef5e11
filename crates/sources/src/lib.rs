//! Enrichment sources behind one trait, their runner, and the outbound HTTP client that sources and providers share.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod http;
pub mod ip_intelligence;
pub mod one_span;
pub mod openid;
pub mod outbound;
pub mod runner;
pub mod security_data;
pub mod source;
pub mod tic_enrichment;

pub use one_span::OneSpanSource;
pub use runner::{BreakerLimits, Observer, Runner, SourceLimits};
pub use source::{Question, Report, Source, SourceFailure};
