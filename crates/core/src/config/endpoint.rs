//! What may stand where an address of another system is written.

use std::net::SocketAddr;

/// Scheme, host and perhaps a port. Without TLS only to loopback: anywhere else it would be a system that nobody vouches for.
pub(super) fn is_endpoint(text: &str) -> bool {
    match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => is_authority(rest),
        (_, Some(rest)) => is_authority(rest) && is_loopback(rest),
        _ => false,
    }
}

/// An endpoint with a path below it, which may be empty. No query: what is asked travels in the body.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text.find("://").map_or(0, |at| at + "://".len());
    let end = text[scheme..].find('/').map_or(text.len(), |at| scheme + at);
    let (endpoint, path) = text.split_at(end);
    let legal = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte);
    is_endpoint(endpoint) && path.bytes().all(legal)
}

fn is_authority(text: &str) -> bool {
    let port = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse().is_ok_and(|port: u16| port > 0)
    };
    let named = !text.is_empty() && !text.contains(['/', '?', '#', '@', ' ']);
    // The last part of a bare IPv6 address is no port.
    named
        && text
            .rsplit_once(':')
            .is_none_or(|(host, last)| last.ends_with(']') || !host.is_empty() && port(last))
}

fn is_loopback(authority: &str) -> bool {
    authority.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
        || authority == "localhost"
        || authority.strip_prefix("localhost:").is_some_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_endpoint_and_a_path() {
        for url in [
            "https://fraud.shop.svc/assess",
            "https://fraud.shop.svc:8443/v1/assess",
            "https://fraud.shop.svc",
            "http://127.0.0.1:8080/assess",
        ] {
            assert!(is_url(url), "{url}");
        }
        for other in [
            "fraud.shop.svc/assess",
            "http://fraud.shop.svc/assess",
            "https:///assess",
            "https://user@fraud.shop.svc/assess",
            "https://fraud.shop.svc/assess?for=us",
            "https://fraud.shop.svc/a ssess",
            "https://fraud.shop.svc/as#sess",
            "ftp://fraud.shop.svc/assess",
        ] {
            assert!(!is_url(other), "{other}");
        }
    }
}
