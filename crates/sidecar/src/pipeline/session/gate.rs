//! What a connection of the hub may pass on: records in order, each that carries a result waiting for the decision on its
//! session.

use std::sync::Arc;

use riskgate_core::config::Mode;
use riskgate_wire::Completed;
use riskgate_wire::tic_identity::hub::{self, FrameError, Gated, HandshakeError, Records, SEPARATOR};

use super::decision::{self, Decision};
use super::road::in_the_background;
use crate::pipeline::gateway::{Exchange, Gateway};
use crate::pipeline::join::Patience;

/// The gate of one connection.
pub struct Gate {
    gateway: Arc<Gateway>,
    provider: usize,
    from_application: Records,
    from_provider: Records,
    shaken: bool,
    /// The session that the application subscribed to.
    session: Option<String>,
}

/// Why a connection ends. The texts repeat nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum HubRefused {
    /// A record is too long.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The application speaks another protocol.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The provider sent what cannot be read.
    #[error("the provider sent a record that does not read")]
    Unreadable,
    /// The provider sent a result of no session, or of one that could not be decided on.
    #[error("the provider sent a result that could not be decided on")]
    Undecided,
}

impl Gate {
    /// The gate of a connection to the provider entry at index `provider`.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, provider: usize) -> Self {
        let (from_application, from_provider) = (Records::default(), Records::default());
        Self { gateway, provider, from_application, from_provider, shaken: false, session: None }
    }

    /// What goes to the provider of a message of the application.
    ///
    /// # Errors
    ///
    /// [`HubRefused`]: the connection is to end.
    pub fn outbound(&mut self, message: &str) -> Result<String, HubRefused> {
        let mut passed = String::with_capacity(message.len());
        for record in self.from_application.push(message)? {
            if self.shaken {
                self.session = hub::subscribed(&record).or(self.session.take());
            } else {
                hub::handshake(&record)?;
                self.shaken = true;
            }
            passed.push_str(&record);
            passed.push(SEPARATOR);
        }
        Ok(passed)
    }

    /// What goes to the application of a message of the provider.
    ///
    /// # Errors
    ///
    /// [`HubRefused`]: the connection is to end.
    pub async fn inbound(&mut self, message: &str) -> Result<String, HubRefused> {
        let mut passed = String::with_capacity(message.len());
        for record in self.from_provider.push(message)? {
            let record = self.gated(record).await?;
            passed.push_str(&record);
            passed.push(SEPARATOR);
        }
        Ok(passed)
    }

    async fn gated(&self, record: String) -> Result<String, HubRefused> {
        let exchange = self.gateway.exchange(self.provider);
        let monitor = exchange.snapshot.config.mode == Mode::Monitor;
        let (session, completed) = match hub::gate(&record) {
            Gated::Passes => return Ok(record),
            Gated::Unreadable if monitor => return Ok(record),
            Gated::Unreadable => return Err(HubRefused::Unreadable),
            Gated::Result { session, completed } => (session.or_else(|| self.session.clone()), completed),
        };
        if monitor {
            if let Some(session) = session {
                in_the_background(&exchange, &session, completed);
            }
            return Ok(record);
        }
        let session = session.ok_or(HubRefused::Undecided)?;
        match decided(&exchange, &session, completed).await {
            Decision::Allowed(_) => Ok(record),
            Decision::Refused(_) => refused(&exchange, &record),
            Decision::Later | Decision::Failed(_) => Err(HubRefused::Undecided),
        }
    }
}

/// The decision on a session that a record says is complete. The record has no addresses; the session's state may have them.
async fn decided(exchange: &Exchange, session: &str, completed: Completed) -> Decision {
    if completed.indication.is_none()
        && let Some(decision) = decision::decide_unseen(exchange, session, Patience::Endless).await
    {
        return decision;
    }
    decision::decide(exchange, session, completed, Patience::Endless).await
}

fn refused(exchange: &Exchange, record: &str) -> Result<String, HubRefused> {
    let hint = &exchange.provider().hint_code;
    hub::refused(record, hint).ok_or(HubRefused::Unreadable)
}
