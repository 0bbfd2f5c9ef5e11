//! By what the API server trusts the webhooks: a CA that all replicas share, or a certificate that somebody else keeps.
//!
//! ```text
//!              Secret (one CA, sometimes two)
//!   keeper  ◄──watch──┤├──watch──►  bundle (the leader's alone)
//!   signs the leaf    │   writes ◄── rotation: what comes next (pure)
//!   that this replica │             writes caBundle into the webhook configurations
//!   serves ─► Served  │
//! ```
//!
//! A CA is replaced in four steps, so that at no moment a replica serves what an API server does not trust: the next CA is made
//! and written into every `caBundle` beside the current one; after a while replicas sign with it; once no certificate of the
//! old one can be valid any more, that goes from the bundles. Each step is one replacement of the Secret, and refused where
//! another replica was first (operator-practice.md section 2.4).

mod authority;
pub mod bundle;
mod configuration;
pub mod existing;
pub mod keeper;
mod rotation;
mod served;
mod shared;
mod teller;
pub mod trusted;

use std::time::Duration;

pub use authority::{Authority, AuthorityError};
pub use served::Served;
pub use shared::{Authorities, Known, SharedCa};
pub use teller::Teller;

/// How long each thing holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// A CA. The next takes over when a third is left.
    pub authority: Duration,
    /// A replica's own certificate. It is made anew when a third is left.
    pub leaf: Duration,
    /// What every API server has to learn of another CA.
    pub overlap: Duration,
}

/// Lifetimes in which a CA would end before the next could take over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "--ca-lifetime {:?} is too short to be replaced in time: write at least three times --leaf-lifetime and --ca-overlap together, {:?}",
    .0.authority, .0.shortest()
)]
pub struct TermsError(Terms);

impl Terms {
    /// Lifetimes that leave time for each step.
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn checked(self) -> Result<Self, TermsError> {
        if self.authority < self.shortest() || self.leaf.is_zero() { Err(TermsError(self)) } else { Ok(self) }
    }

    fn shortest(self) -> Duration {
        self.leaf.saturating_add(self.overlap).saturating_mul(3)
    }

    /// How often the wall clock is looked at: a machine that slept must not serve what expired meanwhile.
    fn pace(self) -> Duration {
        let shortest = self.leaf.min(self.overlap) / 8;
        shortest.clamp(Duration::from_millis(50), Duration::from_secs(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_that_could_not_be_replaced_in_time_is_refused() {
        let seconds = Duration::from_secs;
        let terms = |authority, leaf, overlap| Terms {
            authority: seconds(authority),
            leaf: seconds(leaf),
            overlap: seconds(overlap),
        };
        assert!(terms(18, 4, 2).checked().is_ok());
        for refused in [terms(17, 4, 2), terms(1, 0, 0)] {
            let told = refused.checked().unwrap_err().to_string();
            assert!(told.contains("--ca-lifetime") && told.contains("write at least"), "{told}");
        }
    }
}
