//! The ports that a pod was made with. A policy that names others later takes effect in new pods; one that was made before, its
//! probes and its application ask at the old ones, also after its sidecar was started anew.

use std::collections::BTreeMap;

use riskgate_core::SidecarConfig;
use riskgate_core::config::ProviderConfig;

/// Ports that hold whatever the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeWith {
    /// The admin port.
    pub admin: Option<u16>,
    /// The port of health and metrics.
    pub health: Option<u16>,
    /// The listeners, by provider entry.
    pub listen: BTreeMap<String, u16>,
}

impl MadeWith {
    /// The admin port of a sidecar with this configuration.
    #[must_use]
    pub fn admin(&self, config: &SidecarConfig) -> u16 {
        self.admin.unwrap_or(config.ports.admin)
    }

    /// Its port of health and metrics.
    #[must_use]
    pub fn health(&self, config: &SidecarConfig) -> u16 {
        self.health.unwrap_or(config.ports.health)
    }

    /// Where it listens for a provider.
    #[must_use]
    pub fn listen(&self, entry: &ProviderConfig) -> u16 {
        self.listen.get(&entry.name).copied().unwrap_or(entry.listen.port)
    }
}

/// Reads `NAME=PORT`.
///
/// # Errors
/// What to write instead.
pub fn listener(text: &str) -> Result<(String, u16), String> {
    let (name, port) = text.rsplit_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=PORT")?;
    let port = port.parse().map_err(|_| format!("{port:?} is no port; write NAME=PORT"))?;
    Ok((name.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_a_name_and_a_port() {
        assert_eq!(listener("bankid=15381"), Ok(("bankid".to_owned(), 15381)));
        for text in ["bankid", "=15381", "bankid=", "bankid=65536", "bankid=http"] {
            assert!(listener(text).unwrap_err().contains("write NAME=PORT"), "{text}");
        }
    }
}
