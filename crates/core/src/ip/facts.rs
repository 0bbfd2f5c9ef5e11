//! What is known of one address.

use super::country::Country;
use crate::clock::Millis;

/// Ways in which an address hides who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// It is an exit of the Tor network.
    pub tor: bool,
    /// It belongs to a VPN provider.
    pub vpn: bool,
    /// It is a public or residential proxy.
    pub proxy: bool,
    /// It belongs to a data centre or hosting provider.
    pub hosting: bool,
    /// It belongs to an anonymising network of another kind than Tor.
    pub anonymous: bool,
}

/// What is known of one address. What nobody said is absent, and never counts for or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressFacts {
    /// The address is of no user of the public Internet: nothing else is known of it.
    pub non_public: bool,
    /// The policy lists it as trusted: what else is said of it scores nothing.
    pub trusted: bool,
    /// Its country.
    pub country: Option<Country>,
    /// The number of the autonomous system that announces it.
    pub asn: Option<u32>,
    /// Ways in which it hides who uses it.
    pub traits: Traits,
    /// How sure it is that it was abused, 0 to 100.
    pub abuse: Option<u8>,
    /// When it was last reported for abuse.
    pub last_reported: Option<Millis>,
}

impl Traits {
    /// What either says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            tor: self.tor || other.tor,
            vpn: self.vpn || other.vpn,
            proxy: self.proxy || other.proxy,
            hosting: self.hosting || other.hosting,
            anonymous: self.anonymous || other.anonymous,
        }
    }

    /// "VPN/Proxy/Hosting" of TIC's table.
    #[must_use]
    pub fn likely_vpn(self) -> bool {
        self.vpn || self.proxy || self.hosting || self.anonymous
    }
}

impl AddressFacts {
    /// Nothing but that the address is not public.
    #[must_use]
    pub fn non_public() -> Self {
        Self { non_public: true, ..Self::default() }
    }

    /// Whether anything is known that the table could score, be it that there is nothing to score. The network alone says
    /// nothing of risk.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.trusted || self.country.is_some() || self.abuse.is_some() || self.traits != Traits::default()
    }

    /// Both together, for one address that several were asked about. Of countries, what `self` says holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            non_public: self.non_public || other.non_public,
            trusted: self.trusted || other.trusted,
            country: self.country.or(other.country),
            asn: self.asn.or(other.asn),
            traits: self.traits.or(other.traits),
            abuse: self.abuse.max(other.abuse),
            last_reported: self.last_reported.max(other.last_reported),
        }
    }
}
