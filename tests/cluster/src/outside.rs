//! What is outside of a cluster, where a test has none of it: the pod's own network and the provider. Everything else of a pod
//! stays as it was injected.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use harness::Simulator;
use riskgate_core::SidecarConfig;
use riskgate_core::config::{ProviderKind, Trust, TrustKind, TrustRef};

const CONFIG: &str = "config.v1.yaml";
const ROOTS: &str = "roots-of-the-test";
/// The arguments that set ports.
const PORTS: [&str; 3] = ["--admin-port=", "--health-port=", "--listen="];

/// The simulator in Swedish BankID's place.
pub struct Outside {
    endpoint: String,
    roots: Vec<u8>,
}

impl Outside {
    /// With this simulator.
    ///
    /// # Errors
    /// When its roots cannot be read.
    pub fn of(simulator: &Simulator) -> Result<Self> {
        let roots = fs::read(simulator.credentials().join("configmaps/bankid-roots/ca.crt"))?;
        Ok(Self { endpoint: simulator.endpoint().to_owned(), roots })
    }

    /// An argument with a free port in place of the pod's: a pod has a network of its own.
    pub(crate) fn port(argument: &str) -> String {
        match argument.rsplit_once('=') {
            Some((flag, _)) if PORTS.iter().any(|port| argument.starts_with(port)) => format!("{flag}=0"),
            _ => argument.to_owned(),
        }
    }

    /// Puts the provider's address and roots into the configuration among a pod's files.
    pub(crate) fn put(&self, files: &Path) -> Result<()> {
        let path = files.join(CONFIG);
        let mut config = SidecarConfig::from_yaml(&fs::read_to_string(&path)?)?;
        let mut changed = 0;
        for provider in &mut config.providers {
            if let ProviderKind::BankIdSe(bankid) = &mut provider.kind {
                let bundle =
                    TrustRef { kind: TrustKind::ConfigMap, name: ROOTS.to_owned(), key: "ca.crt".to_owned() };
                bankid.endpoint.clone_from(&self.endpoint);
                bankid.trust = Trust::Bundle(bundle);
                changed += 1;
            }
        }
        ensure!(changed > 0, "no provider is Swedish BankID");
        fs::write(&path, config.to_yaml()?)?;
        let roots = files.join("configmaps").join(ROOTS);
        fs::create_dir_all(&roots)?;
        Ok(fs::write(roots.join("ca.crt"), &self.roots)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ports_are_others() {
        for (argument, other) in [
            ("--admin-port=15300", "--admin-port=0"),
            ("--listen=bankid=15381", "--listen=bankid=0"),
            ("--credentials", "--credentials"),
            ("--config=/etc/x=1", "--config=/etc/x=1"),
        ] {
            assert_eq!(Outside::port(argument), other);
        }
    }
}
