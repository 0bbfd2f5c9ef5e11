//! The certificate that this replica shows, whatever it comes from. It changes between two handshakes, and connections go on.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::authority::Leaf;

/// The certificate that is shown.
#[derive(Default)]
pub struct Served {
    leaf: ArcSwapOption<Leaf>,
}

impl Served {
    /// Shows another from now on.
    pub fn show(&self, leaf: Leaf) {
        self.leaf.store(Some(Arc::new(leaf)));
    }

    /// What is shown; nothing at first.
    #[must_use]
    pub fn leaf(&self) -> Option<Arc<Leaf>> {
        self.leaf.load_full()
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.leaf.load().as_ref().map(|leaf| Arc::clone(&leaf.certified))
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}
