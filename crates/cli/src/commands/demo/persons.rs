//! Who acts in the demo: one simulated person for each risk, from an address of that risk.

use std::net::{IpAddr, Ipv4Addr};

/// A simulated person.
pub(super) struct Person {
    /// The risk that every simulated service and source tells of the person; `absent` when it tells none.
    pub(super) risk: &'static str,
    /// The personal number, in the form of the documentation's example (bankid-se.md section 11).
    pub(super) personal_number: &'static str,
    /// The address: those of MaxMind's test data, which belong to the countries named, and one for documentation (RFC 5737),
    /// of which nobody knows anything; the sidecar's lint says so in the decision records.
    pub(super) address: IpAddr,
}

const fn address(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

/// One person for each risk, those of `riskgate-simulator --help`.
pub(super) const PERSONS: [Person; 4] = [
    // Sweden.
    Person { risk: "low", personal_number: "200001012384", address: address(89, 160, 20, 112) },
    // The United Kingdom, and on the demo's list of a VPN provider's addresses.
    Person { risk: "moderate", personal_number: "200001022383", address: address(81, 2, 69, 142) },
    // Australia, on that list, and on the demo's list of Tor exits.
    Person { risk: "high", personal_number: "200001032382", address: address(1, 128, 0, 11) },
    Person { risk: "absent", personal_number: "200001042381", address: address(203, 0, 113, 17) },
];

/// The address of the person of this risk.
pub(super) fn address_of(risk: &str) -> Option<IpAddr> {
    PERSONS.iter().find(|person| person.risk == risk).map(|person| person.address)
}
