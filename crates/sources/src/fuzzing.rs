//! The parsers of this crate, as the fuzz targets in its folder `fuzz` call them. No other build has this module.

use std::net::IpAddr;

use riskgate_core::ip::AddressFacts;

/// The status of a proxy's answer to CONNECT of which `head` came so far: none inside while the head is not whole, none at all
/// where it is no answer of a proxy.
#[must_use]
pub fn connect_status(head: &[u8]) -> Option<Option<u16>> {
    crate::outbound::connect_status(head)
}

/// What an AbuseIPDB-shaped answer says of `asked`.
///
/// # Errors
///
/// Why it says nothing, as it is logged.
pub fn abuse_answer(asked: IpAddr, status: http::StatusCode, body: &[u8]) -> Result<AddressFacts, String> {
    crate::ip_intelligence::abuse_answer(asked, status, body)
}
