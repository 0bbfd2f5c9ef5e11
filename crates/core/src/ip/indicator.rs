//! The indicators of `ipIntelligence`: what stands in signals, and what a policy's `blockWhen` may name.
//!
//! An indicator that is true of either address stands once. Two kinds carry a value: `country:SE` and `asn:64500`, for every
//! address whose country or network is known.

use super::country::Country;

/// A Tor exit.
pub const TOR: &str = "isTor";
/// A VPN provider's.
pub const VPN: &str = "isVpn";
/// A public or residential proxy.
pub const PROXY: &str = "isProxy";
/// A data centre's or hosting provider's.
pub const HOSTING: &str = "isHosting";
/// Of an anonymising network of any kind, Tor included.
pub const ANONYMOUS: &str = "isAnonymous";
/// VPN, proxy or hosting in one, under TIC's own name (other-systems.md section B.5).
pub const LIKELY_VPN: &str = "isLikelyVpn";
/// Abused, as sure as `scoring.abuse.threshold` asks.
pub const ABUSIVE: &str = "isAbusive";
/// Reported for abuse within `scoring.recentDays`.
pub const RECENTLY_REPORTED: &str = "isRecentlyReported";
/// In a country that is none of `homeCountries`.
pub const FOREIGN: &str = "isForeign";
/// On a list of kind `Trusted`.
pub const TRUSTED: &str = "isTrusted";
/// Private, shared, loopback, documentation or otherwise reserved.
pub const NON_PUBLIC: &str = "isNonPublic";
/// Public, and of no known country.
pub const COUNTRY_UNKNOWN: &str = "isCountryUnknown";
/// The address that started and the device's are two. Normal where a QR code was scanned: it scores nothing.
pub const ADDRESSES_DIFFER: &str = "addressesDiffer";
/// They are of two known countries. It scores nothing either.
pub const COUNTRIES_DIFFER: &str = "countriesDiffer";

/// Every indicator without a value.
pub const ALL: [&str; 14] = [
    TOR,
    VPN,
    PROXY,
    HOSTING,
    ANONYMOUS,
    LIKELY_VPN,
    ABUSIVE,
    RECENTLY_REPORTED,
    FOREIGN,
    TRUSTED,
    NON_PUBLIC,
    COUNTRY_UNKNOWN,
    ADDRESSES_DIFFER,
    COUNTRIES_DIFFER,
];

const COUNTRY: &str = "country:";
const ASN: &str = "asn:";

/// The indicator of a country.
#[must_use]
pub fn of_country(country: Country) -> String {
    format!("{COUNTRY}{country}")
}

/// The indicator of a network.
#[must_use]
pub fn of_asn(asn: u32) -> String {
    format!("{ASN}{asn}")
}

/// Whether the source can ever give `indicator`: one that it cannot would never block.
#[must_use]
pub fn is_known(indicator: &str) -> bool {
    let country = |code: &str| Country::try_from(code.to_owned()).is_ok();
    let asn = |number: &str| number.parse().is_ok_and(|asn: u32| asn.to_string() == number);
    ALL.contains(&indicator)
        || indicator.strip_prefix(COUNTRY).is_some_and(country)
        || indicator.strip_prefix(ASN).is_some_and(asn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_source_can_never_say_is_not_known() {
        for known in ["isTor", "country:SE", "asn:64500", "countriesDiffer"] {
            assert!(is_known(known), "{known}");
        }
        for unknown in
            ["isTOR", "tor", "country:se", "country:EU", "country:", "asn:AS64500", "asn:007", "asn:+1", ""]
        {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
