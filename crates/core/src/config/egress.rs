//! The proxy that connections to providers and sources are made through, where a network lets nothing else out.

use serde::{Deserialize, Serialize};

use super::SecretRef;
use super::check::Findings;
use super::endpoint::is_proxy;

/// An HTTP proxy that opens tunnels (CONNECT). TLS to a provider or source goes through it from end to end: the proxy sees
/// names and ports, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EgressProxy {
    /// Where it is: `http://proxy.corp:3128`.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 8, max = 270), regex(pattern = r"^https?://[^/?#\s]+$"))
    )]
    pub url: String,
    /// A Secret with `username` and `password`, for a proxy that asks for a login. A change is followed without a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_ref: Option<SecretRef>,
    /// Hosts that are reached without it: `fraud.shop.svc` is that host, `.svc` every host below it. Left out, this machine's own:
    /// `[localhost, 127.0.0.1, "::1"]`. The names of all other hosts are looked up by the proxy alone.
    #[serde(default = "this_machine")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 64),
            inner(
                length(min = 1, max = 253),
                regex(pattern = r"^\.?[A-Za-z0-9:]([-A-Za-z0-9.:]*[A-Za-z0-9])?$")
            )
        )
    )]
    pub no_proxy: Vec<String>,
}

fn this_machine() -> Vec<String> {
    ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec()
}

/// Every contradiction in the proxy.
pub(super) fn check(findings: &mut Findings, proxy: &EgressProxy) {
    const WRITE: &str = "write http://HOST:PORT";
    let EgressProxy { url, credentials_ref: _, no_proxy } = proxy;
    let wrong = if url.contains('@') {
        Some(format!("a URL holds no login; {WRITE}, and the login in the Secret that credentialsRef names"))
    } else if url.starts_with("https://") {
        Some(format!("the proxy itself is spoken to without TLS, and TLS goes through it; {WRITE}"))
    } else if is_proxy(url) {
        None
    } else {
        Some(format!("{url:?} is not where a proxy can be; {WRITE}"))
    };
    if let Some(message) = wrong {
        findings.add("egressProxy.url", message);
    }
    for (at, host) in no_proxy.iter().enumerate().filter(|(_, host)| !is_host(host)) {
        let message = format!(
            "{host:?} is no host; write a name such as fraud.shop.svc, .svc for all below it, or an address"
        );
        findings.add(format!("egressProxy.noProxy[{at}]"), message);
    }
}

/// A name, what names end with, or an address without brackets.
fn is_host(text: &str) -> bool {
    let name = text.strip_prefix('.').unwrap_or(text);
    let is_name = !name.is_empty()
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    is_name || text.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_a_suffix_or_an_address() {
        for host in
            ["localhost", "fraud.shop.svc", ".svc", ".cluster.local", "10.0.0.7", "::1", "2001:db8::7"]
        {
            assert!(is_host(host), "{host}");
        }
        for other in
            ["", ".", "*.svc", "10.0.0.0/8", "[::1]", "fraud.shop.svc:443", "a..b", "-a", "https://a"]
        {
            assert!(!is_host(other), "{other}");
        }
    }
}
