//! How long orders and their answers live.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The lifetimes of orders (`bankid-se.md section 7`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lifetimes {
    /// How long an order started by token waits for the app: then `startFailed`.
    #[serde(with = "seconds")]
    pub start: Duration,
    /// How long an order for a personal number or a call waits for the app: then `expiredTransaction`.
    #[serde(with = "seconds")]
    pub pick_up: Duration,
    /// How long the user has once the app has the order: then `expiredTransaction`.
    #[serde(with = "seconds")]
    pub decide: Duration,
    /// How long a complete answer can be collected.
    #[serde(with = "seconds")]
    pub complete: Duration,
    /// How long a failed answer can be collected.
    #[serde(with = "seconds")]
    pub failed: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            pick_up: Duration::from_secs(190),
            decide: Duration::from_secs(180),
            complete: Duration::from_secs(180),
            failed: Duration::from_secs(300),
        }
    }
}

/// Durations as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
