//! The loopback guard: who may use a listener that makes the relying party's key usable (design.md section 7, threat model).

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use riskgate_wire::{Fault, Takes};

use crate::message::Request;

/// Why a request is turned away before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turned {
    /// What it is to the provider's protocol.
    pub fault: Fault,
    /// What the application is told.
    pub details: &'static str,
}

/// Turns away what only a browser, or a request forged through one, would send.
///
/// # Errors
///
/// [`Turned`] with 403 for a browser's headers or a foreign `Host`.
pub fn caller(uri: &Uri, headers: &HeaderMap) -> Result<(), Turned> {
    let browser = headers.iter().any(|(name, value)| {
        *name == header::ORIGIN || name.as_str().starts_with("sec-fetch-") && !is_nodes(name, value)
    });
    if browser {
        let details = "riskgate serves the application's backend, not browsers: send no Origin and no Sec-Fetch headers";
        return Err(Turned { fault: Fault::Unauthorized, details });
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = hosts.next().and_then(|host| host.to_str().ok());
    let one = hosts.next().is_none();
    let target = uri.authority().map(http::uri::Authority::as_str);
    if !one || !named.is_some_and(is_loopback) || !target.is_none_or(is_loopback) {
        let details = "riskgate serves loopback only: use http://127.0.0.1:PORT or http://localhost:PORT as base address";
        return Err(Turned { fault: Fault::Unauthorized, details });
    }
    Ok(())
}

/// Turns away a body that is not of one of the protocol's content types to the letter: a browser can send `text/plain` without
/// asking, but never `application/json`. Gives the type as the protocol spells it; none for a request that has no body.
///
/// # Errors
///
/// What the application is told, with 415.
pub fn content_type(request: &Request<'_>, takes: Takes) -> Result<Option<&'static str>, String> {
    if matches!(*request.method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(None);
    }
    let mut sent = request.headers.get_all(header::CONTENT_TYPE).iter();
    let (first, further) = (sent.next(), sent.next());
    if first.is_none() && takes.bodiless && request.body.is_empty() {
        return Ok(None);
    }
    let exact = |value: &HeaderValue| {
        takes.content_types.iter().find(|taken| value.as_bytes().eq_ignore_ascii_case(taken.as_bytes()))
    };
    match (first.and_then(exact), further) {
        (Some(taken), None) => Ok(Some(taken)),
        _ => Err(format!("send Content-Type: {}, without charset", takes.content_types.join(" or "))),
    }
}

/// Whether a header is the one that Node's own `fetch` puts on every request of a backend. A browser sends `Sec-Fetch-Site` and
/// `Sec-Fetch-Dest` beside it, always.
fn is_nodes(name: &HeaderName, value: &HeaderValue) -> bool {
    name == "sec-fetch-mode" && value == "cors"
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if port.is_empty() || port.starts_with(':') => address,
            _ => return false,
        },
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn loopback_hosts_may_call() {
        for host in
            ["127.0.0.1", "127.0.0.1:15381", "localhost:15381", "LOCALHOST", "[::1]:15381", "127.0.0.2"]
        {
            assert_eq!(
                caller(&Uri::from_static("/rp/v6.0/auth"), &headers(&[("host", host)])),
                Ok(()),
                "{host}"
            );
        }
    }

    #[test]
    fn others_may_not() {
        let refused: [&[(&str, &str)]; 10] = [
            &[],
            &[("host", "evil.example")],
            &[("host", "127.0.0.1.evil.example")],
            &[("host", "localhost.evil.example:15381")],
            &[("host", "[::1]evil")],
            &[("host", "10.0.0.1")],
            &[("host", "127.0.0.1"), ("host", "localhost")],
            &[("host", "127.0.0.1"), ("origin", "null")],
            &[("host", "127.0.0.1"), ("sec-fetch-mode", "navigate")],
            &[("host", "127.0.0.1"), ("sec-fetch-mode", "cors"), ("sec-fetch-site", "cross-site")],
        ];
        for pairs in refused {
            let turned = caller(&Uri::from_static("/"), &headers(pairs)).unwrap_err();
            assert_eq!(turned.fault, Fault::Unauthorized, "{pairs:?}");
        }
    }

    #[test]
    fn nodes_own_fetch_may_call() {
        let headers = headers(&[("host", "127.0.0.1:15382"), ("sec-fetch-mode", "cors")]);
        assert_eq!(caller(&Uri::from_static("/token"), &headers), Ok(()));
    }

    #[test]
    fn an_absolute_target_must_be_loopback_too() {
        let target = Uri::from_static("http://evil.example/rp/v6.0/auth");
        assert!(caller(&target, &headers(&[("host", "127.0.0.1")])).is_err());
    }

    const JSON: Takes = Takes { content_types: &["application/json"], bodiless: false };
    const FORM: Takes = Takes {
        content_types: &[
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded;charset=UTF-8",
        ],
        bodiless: false,
    };

    fn checked(
        method: &Method,
        pairs: &[(&'static str, &'static str)],
        body: &'static str,
        takes: Takes,
    ) -> Result<Option<&'static str>, String> {
        let headers = headers(pairs);
        let request = Request { method, path: "/", headers: &headers, content_type: None, body: body.into() };
        content_type(&request, takes)
    }

    #[test]
    fn only_the_exact_content_type_passes() {
        let check = |pairs: &[(&'static str, &'static str)]| checked(&Method::POST, pairs, "{}", JSON);
        assert_eq!(check(&[("content-type", "Application/JSON")]), Ok(Some("application/json")));
        for pairs in [
            &[("content-type", "application/json; charset=utf-8")][..],
            &[("content-type", "text/plain")],
            &[],
            &[("content-type", "application/json"), ("content-type", "application/json")],
        ] {
            assert_eq!(
                check(pairs),
                Err("send Content-Type: application/json, without charset".to_owned()),
                "{pairs:?}"
            );
        }
        assert_eq!(checked(&Method::GET, &[], "", JSON), Ok(None));
    }

    #[test]
    fn a_protocol_may_take_several_content_types_and_requests_without_a_body() {
        for taken in FORM.content_types {
            assert_eq!(
                checked(&Method::POST, &[("content-type", taken)], "a=b", FORM),
                Ok(Some(*taken)),
                "{taken}"
            );
        }
        assert!(checked(&Method::POST, &[("content-type", "application/json")], "{}", FORM).is_err());
        assert!(checked(&Method::POST, &[], "", FORM).is_err());
        let bodiless = Takes { bodiless: true, ..JSON };
        assert_eq!(checked(&Method::POST, &[], "", bodiless), Ok(None));
        assert!(checked(&Method::POST, &[], "{}", bodiless).is_err(), "a body has a type");
        assert!(checked(&Method::POST, &[("content-type", "text/plain")], "", bodiless).is_err());
    }
}
