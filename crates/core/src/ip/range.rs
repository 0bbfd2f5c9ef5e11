//! Addresses that no user of the public Internet has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` can be a user's on the public Internet: none of the private, local, shared, documentation or otherwise
/// reserved ranges (RFC 6890 and the registries after it). An IPv4 address in IPv6 form counts as what it is.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || (a == 100 && b & 0b1100_0000 == 64) // carrier-grade NAT, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments, RFC 6890
        || (a == 198 && b & 0b1111_1110 == 18) // benchmarks, RFC 2544
        || a >= 240;
    !reserved
}

/// Global unicast is 2000::/3 (RFC 4291 section 2.4): loopback, unique local, link local and multicast lie outside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    let reserved = (a == 0x2001 && b == 0x0db8) // documentation, RFC 3849
        || (a == 0x3fff && b & 0xf000 == 0) // documentation, RFC 9637
        || (a == 0x2001 && b == 2 && c == 0); // benchmarks, RFC 5180
    a & 0xe000 == 0x2000 && !reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_no_user_are_known() {
        for text in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "198.19.255.255",
            "0.0.0.0",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "100::1",
            "64:ff9b:1::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "2001:2::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:100.64.0.1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn neighbours_of_reserved_ranges_are_public() {
        for text in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "223.255.255.255",
            "2001:2:1::1",
            "2001:db7::1",
            "2001:db9::1",
            "3fff:1000::1",
            "2a00::1",
            "::ffff:81.2.69.142",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
