//! Attach: risk parameters that the application gave by header, else the policy.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use riskgate_core::{DeviceIdentifierHash, RiskParameters, Start};
use riskgate_wire::Given;

const START: HeaderName = HeaderName::from_static("riskgate-start");
const CLIENT_IP: HeaderName = HeaderName::from_static("riskgate-client-ip");
const USER_AGENT: HeaderName = HeaderName::from_static("riskgate-user-agent");
const REFERRING_DOMAIN: HeaderName = HeaderName::from_static("riskgate-referring-domain");
const APP_ID: HeaderName = HeaderName::from_static("riskgate-app-id");
const DEVICE_OS: HeaderName = HeaderName::from_static("riskgate-device-os");
const DEVICE_MODEL: HeaderName = HeaderName::from_static("riskgate-device-model");
const SESSION_ID: HeaderName = HeaderName::from_static("riskgate-session-id");
const DEVICE_ID: HeaderName = HeaderName::from_static("riskgate-device-id");

/// A request header of ours that does not read; the text says what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadHeader(pub(super) &'static str);

/// What may be attached to a request. With `strict`, a header that does not read is an error; without, it counts as not sent.
pub(super) fn given(headers: &HeaderMap, policy: &RiskParameters, strict: bool) -> Result<Given, BadHeader> {
    Ok(Given {
        start: read(start(headers), strict)?.or(policy.start),
        client_ip: read(client_ip(headers, policy.client_ip.trusted_hops), strict)?,
        user_agent: text(headers, &USER_AGENT),
        referring_domain: text(headers, &REFERRING_DOMAIN).or_else(|| policy.referring_domain.clone()),
        app_identifier: text(headers, &APP_ID).or_else(|| policy.app_identifier.clone()),
        device_os: text(headers, &DEVICE_OS),
        device_model: text(headers, &DEVICE_MODEL),
        device_identifier: text(headers, &DEVICE_ID),
        session: text(headers, &SESSION_ID),
        user: None,
        hash_device_identifier: policy.device_identifier.hash == Some(DeviceIdentifierHash::Sha256),
    })
}

/// What a header says; with `strict`, that it does not read is an error, without, it says nothing.
fn read<T>(header: Result<Option<T>, BadHeader>, strict: bool) -> Result<Option<T>, BadHeader> {
    if strict { header } else { Ok(header.unwrap_or_default()) }
}

/// A header's text; browsers' user agents may hold any byte, so what is not UTF-8 is read as Latin-1.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    (!text.is_empty()).then_some(text)
}

fn start(headers: &HeaderMap) -> Result<Option<Start>, BadHeader> {
    match text(headers, &START).as_deref() {
        None => Ok(None),
        Some(value) if value.eq_ignore_ascii_case("web") => Ok(Some(Start::Web)),
        Some(value) if value.eq_ignore_ascii_case("app") => Ok(Some(Start::App)),
        Some(_) => Err(BadHeader("Riskgate-Start: write web or app")),
    }
}

/// The user's address: the header's address, or the entry of an X-Forwarded-For list that the outermost trusted proxy
/// appended. A list shorter than the trusted hops was not written by them, so nothing is taken from it.
fn client_ip(headers: &HeaderMap, trusted_hops: u8) -> Result<Option<IpAddr>, BadHeader> {
    const EXPECTED: &str =
        "Riskgate-Client-Ip: write an address, or the X-Forwarded-For list as the application received it";
    let mut entries = Vec::new();
    for value in headers.get_all(&CLIENT_IP) {
        let value = value.to_str().map_err(|_| BadHeader(EXPECTED))?;
        entries.extend(value.split(',').map(str::trim).filter(|entry| !entry.is_empty()));
    }
    let counted = match entries.as_slice() {
        [] => return Ok(None),
        [single] => single,
        list => *list.iter().rev().nth(usize::from(trusted_hops.max(1)) - 1).ok_or(BadHeader(EXPECTED))?,
    };
    address(counted).map(Some).ok_or(BadHeader(EXPECTED))
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.parse().ok();
    let with_port = || entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use riskgate_core::ClientIp;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn ip(list: &'static str, hops: u8) -> Result<Option<IpAddr>, BadHeader> {
        client_ip(&headers(&[("riskgate-client-ip", list)]), hops)
    }

    #[test]
    fn the_entry_of_the_trusted_proxy_counts() {
        let address = |text: &str| Ok(Some(text.parse().unwrap()));
        assert_eq!(ip("192.0.2.7", 1), address("192.0.2.7"));
        assert_eq!(
            ip("6.6.6.6, 192.0.2.7", 1),
            address("192.0.2.7"),
            "what the user forged stands further left"
        );
        assert_eq!(ip("6.6.6.6, 192.0.2.7, 10.0.0.1", 2), address("192.0.2.7"));
        assert_eq!(ip("[2001:db8::1]:4711", 1), address("2001:db8::1"));
        assert_eq!(ip("192.0.2.7:4711", 1), address("192.0.2.7"));
    }

    #[test]
    fn a_list_that_the_trusted_proxies_did_not_write_gives_nothing() {
        assert!(ip("6.6.6.6, 192.0.2.7", 3).is_err());
        assert!(ip("unknown", 1).is_err());
        assert_eq!(ip("", 1), Ok(None));
    }

    #[test]
    fn headers_win_over_the_policy() {
        let policy = RiskParameters {
            start: Some(Start::Web),
            referring_domain: Some("shop.example".into()),
            client_ip: ClientIp { trusted_hops: 1 },
            ..RiskParameters::default()
        };
        let sent = headers(&[("riskgate-start", "App"), ("riskgate-referring-domain", "other.example")]);
        let given = given(&sent, &policy, true).unwrap();
        assert_eq!(
            (given.start, given.referring_domain.as_deref()),
            (Some(Start::App), Some("other.example"))
        );
    }

    #[test]
    fn a_header_that_does_not_read_is_an_error_only_where_outcomes_may_change() {
        let sent = headers(&[("riskgate-start", "fax"), ("riskgate-client-ip", "nowhere")]);
        assert!(given(&sent, &RiskParameters::default(), true).is_err());
        let lenient = given(&sent, &RiskParameters::default(), false).unwrap();
        assert_eq!((lenient.start, lenient.client_ip), (None, None));
    }
}
