//! What is wrong with the risk parameters that an application sends. A wrong parameter gives a wrong indication, and no
//! provider says so.

use std::fmt;

/// One finding. The names are those in decision records and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lint {
    /// `endUserIp` is not an address of the public Internet: probably a proxy's.
    PrivateEndUserIp,
    /// `web.userAgent` is longer than the provider takes.
    OverlongUserAgent,
    /// `web.userAgent` is that of an HTTP library: the backend's own, not the user's.
    ServerUserAgent,
    /// `web.referringDomain` has upper-case letters.
    UpperCaseDomain,
    /// `web.referringDomain` has letters that only punycode can carry.
    NonPunycodeDomain,
    /// `web.referringDomain` is not a bare domain: it has a scheme, port, path or trailing dot.
    NotADomain,
    /// A device identifier is longer than the provider takes.
    OverlongDeviceIdentifier,
    /// Both `web` and `app`; the provider takes one of them.
    BothWebAndApp,
}

impl Lint {
    /// Every finding there is.
    pub const ALL: [Self; 8] = [
        Self::PrivateEndUserIp,
        Self::OverlongUserAgent,
        Self::ServerUserAgent,
        Self::UpperCaseDomain,
        Self::NonPunycodeDomain,
        Self::NotADomain,
        Self::OverlongDeviceIdentifier,
        Self::BothWebAndApp,
    ];

    /// The name in decision records and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrivateEndUserIp => "PrivateEndUserIp",
            Self::OverlongUserAgent => "OverlongUserAgent",
            Self::ServerUserAgent => "ServerUserAgent",
            Self::UpperCaseDomain => "UpperCaseDomain",
            Self::NonPunycodeDomain => "NonPunycodeDomain",
            Self::NotADomain => "NotADomain",
            Self::OverlongDeviceIdentifier => "OverlongDeviceIdentifier",
            Self::BothWebAndApp => "BothWebAndApp",
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
