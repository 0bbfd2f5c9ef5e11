//! The registries' own data, carried in the binary: in which country an address was registered.

use std::net::IpAddr;

use riskgate_core::ip::Country;

/// The country that an address was registered in; none for what no registry gave out. It is not always where the address is used
/// (other-systems.md section E.1).
pub(super) fn country(address: IpAddr) -> Option<Country> {
    iptocc::country_code(address.to_canonical()).and_then(Country::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_the_country_that_they_were_registered_in() {
        // 94.254.120.75 and 195.18.161.2: two addresses that every set of other-systems.md section E.2 agrees on.
        for (address, expected) in [
            ("94.254.120.75", Some("SE")),
            ("195.18.161.2", Some("NO")),
            ("::ffff:94.254.120.75", Some("SE")),
            ("2001:6b0::1", Some("SE")),
            ("240.0.0.1", None),
            ("4000::1", None),
        ] {
            let found = country(address.parse().unwrap()).map(|country| country.to_string());
            assert_eq!(found.as_deref(), expected, "{address}");
        }
    }
}
