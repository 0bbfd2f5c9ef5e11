//! Enrichment sources behind one trait, their runner, and the outbound HTTP client that sources and providers share.

pub mod outbound;
