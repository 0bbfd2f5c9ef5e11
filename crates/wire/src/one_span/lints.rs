//! What is wrong with the risk parameters that an application sent.

use std::net::{IpAddr, Ipv4Addr};

use riskgate_core::ip;

use super::prepare::is_assessed;
use crate::json::{Object, Value};
use crate::lint::Lint;

/// Every finding, each once, in the order of [`Lint`].
pub(super) fn of(request: &Object<'_>, client_ip: Option<&str>) -> Vec<Lint> {
    let address: Option<IpAddr> = client_ip.and_then(|text| text.parse().ok());
    let is_hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let session = match request.get("sessionID") {
        Value::Absent | Value::Null => true,
        Value::Text(text) => is_hexadecimal(&text),
        _ => false,
    };
    [
        (Lint::PrivateEndUserIp, address.is_some_and(|address| !ip::is_public(address))),
        (Lint::ClientIpNotDecimal, client_ip.is_some_and(|text| text.parse::<Ipv4Addr>().is_err())),
        (Lint::SessionIdNotHexadecimal, !session),
        (Lint::NotAdaptive, !is_assessed(request)),
    ]
    .into_iter()
    .filter_map(|(lint, found)| found.then_some(lint))
    .collect()
}
