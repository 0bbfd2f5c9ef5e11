//! What is wrong with the risk parameters that an application sends. A wrong parameter gives a wrong indication, and no
//! provider says so.

use std::fmt;

/// One finding. The names are those in decision records and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lint {
    /// `endUserIp` or `clientIP` is not an address of the public Internet: probably a proxy's.
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
    /// `clientIP` is not an IPv4 address in dotted decimal, the only form that OneSpan documents.
    ClientIpNotDecimal,
    /// `sessionID` is not a hexadecimal text, the only form that OneSpan documents.
    SessionIdNotHexadecimal,
    /// The request is of a kind that OneSpan does not assess (`LoginInput`, `TransactionValidationInput`).
    NotAdaptive,
}

impl Lint {
    /// Every finding there is.
    pub const ALL: [Self; 11] = [
        Self::PrivateEndUserIp,
        Self::OverlongUserAgent,
        Self::ServerUserAgent,
        Self::UpperCaseDomain,
        Self::NonPunycodeDomain,
        Self::NotADomain,
        Self::OverlongDeviceIdentifier,
        Self::BothWebAndApp,
        Self::ClientIpNotDecimal,
        Self::SessionIdNotHexadecimal,
        Self::NotAdaptive,
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
            Self::ClientIpNotDecimal => "ClientIpNotDecimal",
            Self::SessionIdNotHexadecimal => "SessionIdNotHexadecimal",
            Self::NotAdaptive => "NotAdaptive",
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
