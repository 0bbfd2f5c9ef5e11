//! What is wrong with the risk parameters that an application sent (design.md section 4).

use std::net::IpAddr;

use riskgate_core::ip;

use super::device::{Device, USER_AGENT};
use super::{domain, identifier, user_agent};
use crate::lint::Lint;

/// Every finding, each once, in the order of [`Lint`].
pub(super) fn of(client_ip: Option<IpAddr>, web: &Device<'_>, app: &Device<'_>) -> Vec<Lint> {
    let agent = web.text(USER_AGENT);
    let agent_is = |test: fn(&str) -> bool| agent.as_deref().is_some_and(test);
    let referring = web.text("referringDomain");
    let referring_is = |test: fn(&str) -> bool| referring.as_deref().is_some_and(test);
    let overlong = |device: &Device<'_>| {
        device.text("deviceIdentifier").is_some_and(|identifier| identifier::is_overlong(&identifier))
    };
    [
        // BankID takes such an address without a word, and its indication is then worth little (bankid-se.md section 2.1).
        (Lint::PrivateEndUserIp, client_ip.is_some_and(|address| !ip::is_public(address))),
        (Lint::OverlongUserAgent, agent_is(user_agent::is_overlong)),
        (Lint::ServerUserAgent, agent_is(user_agent::is_of_a_server)),
        (Lint::UpperCaseDomain, referring_is(domain::has_upper_case)),
        (Lint::NonPunycodeDomain, referring_is(domain::needs_punycode)),
        (Lint::NotADomain, referring_is(domain::is_no_domain)),
        (Lint::OverlongDeviceIdentifier, overlong(web) || overlong(app)),
        (Lint::BothWebAndApp, web.is_sent() && app.is_sent()),
    ]
    .into_iter()
    .filter_map(|(lint, found)| found.then_some(lint))
    .collect()
}
