//! The egress proxy: where it is, who we are to it, and which hosts are reached without it.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// A login at a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyLogin {
    /// The user's name; it holds no colon (RFC 7617, section 2).
    pub username: String,
    /// The password.
    pub password: String,
}

/// An HTTP proxy that opens tunnels (CONNECT).
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    authority: Authority,
    authorization: Option<HeaderValue>,
    direct: Vec<Direct>,
}

/// What cannot be a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Its URL is none.
    #[error("{0:?} is not where a proxy can be: write http://HOST:PORT")]
    Url(String),
    /// The user's name would end at the colon.
    #[error("the username of its login has a colon, which a proxy takes for the end of it")]
    Username,
    /// A login of more than one line, or of control characters.
    #[error("its login has control characters: write username and password as one line each")]
    Login,
}

/// A host that is reached without the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Direct {
    /// This one.
    Host(String),
    /// Every one whose name ends so; it begins with a dot.
    Below(String),
}

impl Proxy {
    /// The proxy at `url`, `http://HOST:PORT`. Hosts of `direct` are reached without it: `fraud.shop.svc` is that host,
    /// `.svc` every host below it.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] when it could never be used.
    pub fn new(url: &str, login: Option<&ProxyLogin>, direct: &[String]) -> Result<Self, ProxyError> {
        let wrong = || ProxyError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|it| !it.as_str().contains('@') && !it.host().is_empty());
        let is_bare = uri.scheme() == Some(&Scheme::HTTP)
            && uri.path_and_query().is_none_or(|path| path.as_str() == "/");
        Ok(Self {
            authority: authority.filter(|_| is_bare).ok_or_else(wrong)?.clone(),
            authorization: login.map(basic).transpose()?,
            direct: direct.iter().map(|text| Direct::parse(text)).collect(),
        })
    }

    /// Whether connections to `uri` are made through the proxy. Plain HTTP is not: it is spoken on loopback alone, and the
    /// proxy's loopback is another machine's.
    pub(super) fn carries(&self, uri: &Uri) -> bool {
        uri.scheme() == Some(&Scheme::HTTPS)
            && uri.host().is_some_and(|host| self.direct.iter().all(|direct| !direct.covers(bare(host))))
    }

    /// Its URI, for the connector.
    pub(super) fn uri(&self) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        // A scheme, an authority and a path are a URI.
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// Its host and port.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What is sent as `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// The header value of a login, marked so that no `{:?}` shows it.
fn basic(login: &ProxyLogin) -> Result<HeaderValue, ProxyError> {
    let ProxyLogin { username, password } = login;
    if username.contains(':') {
        return Err(ProxyError::Username);
    }
    if username.chars().chain(password.chars()).any(char::is_control) {
        return Err(ProxyError::Login);
    }
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).map_err(|_| ProxyError::Login)?;
    value.set_sensitive(true);
    Ok(value)
}

impl Direct {
    fn parse(text: &str) -> Self {
        let text = bare(text).to_ascii_lowercase();
        if text.starts_with('.') { Self::Below(text) } else { Self::Host(text) }
    }

    fn covers(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        match self {
            Self::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            Self::Host(name) => {
                let address = |text: &str| text.parse::<IpAddr>().ok();
                host == *name || address(&host).is_some_and(|it| Some(it) == address(name))
            }
        }
    }
}

/// A host without the brackets that an IPv6 address has in a URI.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

// The login stays out of logs.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy {{ {} }}", self.authority)
    }
}

impl fmt::Debug for ProxyLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyLogin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(direct: &[&str]) -> Proxy {
        let direct: Vec<String> = direct.iter().map(|&text| text.to_owned()).collect();
        Proxy::new("http://proxy.corp:3128", None, &direct).unwrap()
    }

    #[test]
    fn a_url_is_a_host_and_perhaps_a_port() {
        for url in
            ["http://proxy.corp:3128", "http://proxy.corp", "http://[::1]:3128", "http://192.0.2.1:8080/"]
        {
            assert!(Proxy::new(url, None, &[]).is_ok(), "{url}");
        }
        for url in
            ["proxy.corp:3128", "https://proxy.corp", "http://a:b@proxy.corp", "http://proxy.corp/x", ""]
        {
            assert_eq!(Proxy::new(url, None, &[]), Err(ProxyError::Url(url.to_owned())));
        }
    }

    #[test]
    fn hosts_are_left_out_by_name_and_by_what_they_end_with() {
        let proxy = proxy(&["Localhost", ".svc", "::1", "10.0.0.7"]);
        for direct in [
            "https://localhost:1",
            "https://fraud.shop.svc/assess",
            "https://FRAUD.shop.SVC.",
            "https://[::1]:1",
            "https://[0:0:0:0:0:0:0:1]:1",
            "https://10.0.0.7",
            "http://elsewhere.example",
        ] {
            assert!(!proxy.carries(&direct.parse().unwrap()), "{direct}");
        }
        for carried in [
            "https://appapi2.bankid.com",
            "https://svc",
            "https://shop.svc.example",
            "https://sub.localhost",
            "https://10.0.0.70",
            "https://[::2]:1",
        ] {
            assert!(proxy.carries(&carried.parse().unwrap()), "{carried}");
        }
    }

    #[test]
    fn a_login_that_would_read_as_another_is_refused() {
        let with = |username: &str, password: &str| {
            let login = ProxyLogin { username: username.to_owned(), password: password.to_owned() };
            Proxy::new("http://proxy.corp", Some(&login), &[])
        };
        assert_eq!(with("rg:x", "secret"), Err(ProxyError::Username));
        assert_eq!(with("rg", "sec\r\nret"), Err(ProxyError::Login));
        // RFC 7617, section 2.
        let proxy = with("Aladdin", "open sesame").unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{proxy:?}"), "Proxy { proxy.corp }");
        assert!(with("rg", "p:a:ß").is_ok());
    }
}
