//! The source `ipIntelligence`, with databases and services that we did not make, or that do as a test tells them.

mod abuse_api;
mod assess;
mod carried_over;
mod databases;
mod folder;
mod support;
