//! The hub: SignalR's JSON protocol over a WebSocket (other-systems.md section B.1). Every frame that can carry a result waits
//! for the decision, and every other passes as it came.

mod frame;
mod gate;
mod negotiation;

pub use frame::{FrameError, HandshakeError, Records, SEPARATOR, handshake, handshake_error, subscribed};
pub use gate::{Gated, gate, refused};
pub use negotiation::negotiated;
