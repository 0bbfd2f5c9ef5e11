//! The server towards the application: pingora's HTTP/1.1 session driven from our own accept loop.
//!
//! Own loop, because it gives port 0, an exact drain and one send an answer (proxy-practice.md section 4b).

pub mod accept;
pub mod body;
pub mod exchange;
pub mod guard;
mod hub;
pub mod stream;
pub mod webhook;
