//! Contradictions in where open transactions are kept.

use std::net::SocketAddr;

use super::{Finding, RedisStore, StoreConfig};

/// Every contradiction, with paths below `store`.
pub(super) fn check(store: &StoreConfig) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |path: &str, message: String| {
        findings.push(Finding { path: format!("store{path}"), message });
    };
    let Some(redis) = &store.redis else { return findings };
    if store.memory.is_some() {
        add("", "one store is used; write memory or redis, not both".to_owned());
    }
    let kinds = [redis.url.is_some(), redis.sentinel.is_some(), redis.cluster.is_some()];
    if kinds.into_iter().filter(|is_there| *is_there).count() != 1 {
        let message = "servers are reached in one way; write one of url, sentinel, cluster, such as url: rediss://HOST:6379";
        add(".redis", message.to_owned());
    }
    for (path, url) in redis.urls() {
        if let Some(message) = wrong(url) {
            add(&format!(".redis.{path}"), message);
        }
    }
    check_lists(redis, &mut add);
    findings
}

fn check_lists(redis: &RedisStore, add: &mut impl FnMut(&str, String)) {
    if redis.sentinel.as_ref().is_some_and(|sentinel| sentinel.urls.is_empty()) {
        add(".redis.sentinel.urls", "no Sentinel; write at least one, rediss://HOST:26379".to_owned());
    }
    if redis.cluster.as_ref().is_some_and(|cluster| cluster.urls.is_empty()) {
        add(".redis.cluster.urls", "no node; write at least one, rediss://HOST:6379".to_owned());
    }
    let urls: Vec<(String, &str)> = redis.urls().collect();
    let tls = |url: &str| url.starts_with("rediss://");
    if let Some((first, rest)) = urls.split_first()
        && let Some((path, _)) = rest.iter().find(|(_, url)| tls(url) != tls(first.1))
    {
        add(
            &format!(".redis.{path}"),
            "TLS to some servers and not to others; write rediss:// in all".to_owned(),
        );
    }
    let keys = &redis.seal_keys_ref.keys;
    if keys.is_empty() {
        add(".redis.sealKeysRef.keys", "no key; write the name of one that holds 32 random bytes".to_owned());
    }
    for (at, key) in keys.iter().enumerate().filter(|(at, key)| keys[..*at].contains(key)) {
        add(&format!(".redis.sealKeysRef.keys[{at}]"), format!("{key:?} stands here twice; write it once"));
    }
}

/// What is wrong with a server's URL. Without TLS only to loopback: a login, and who asks for which order when, would be readable
/// on the way, and answers could be kept from us.
fn wrong(url: &str) -> Option<String> {
    const WRITE: &str = "write rediss://HOST or rediss://HOST:PORT";
    let (tls, rest) = match (url.strip_prefix("rediss://"), url.strip_prefix("redis://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Some(format!("{url:?} is no URL of a server; {WRITE}")),
    };
    if rest.contains('@') {
        return Some(format!(
            "a URL holds no login; {WRITE}, and the login in the Secret that credentialsRef names"
        ));
    }
    if !is_authority(rest) {
        return Some(format!("{url:?} is no URL of a server; {WRITE}"));
    }
    if !tls && !is_loopback(rest) {
        return Some(format!("{url:?} has no TLS, which is for servers on loopback only; {WRITE}"));
    }
    None
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The last part of a bare IPv6 address is no port.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_reads = !host.is_empty() && named
        || address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    host_reads && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_loopback(authority: &str) -> bool {
    let with_port = authority.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    with_port || host == "localhost" || authority == "127.0.0.1" || authority == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_port_and_tls_unless_it_is_loopback() {
        for url in [
            "rediss://redis.shop.svc",
            "rediss://redis.shop.svc:6380",
            "rediss://[2001:db8::1]:6380",
            "rediss://192.0.2.1",
            "redis://127.0.0.1:6379",
            "redis://[::1]:6379",
            "redis://localhost",
            "redis://localhost:6379",
        ] {
            assert_eq!(wrong(url), None);
        }
        for (url, says) in [
            ("redis://redis.shop.svc:6379", "no TLS"),
            ("redis://192.0.2.1:6379", "no TLS"),
            ("redis://localhost.example.se:6379", "no TLS"),
            ("rediss://user:secret@redis.shop.svc", "credentialsRef"),
            ("https://redis.shop.svc", "no URL"),
            ("rediss://", "no URL"),
            ("rediss://redis.shop.svc/1", "no URL"),
            ("rediss://redis.shop.svc#insecure", "no URL"),
            ("rediss://redis.shop.svc:0", "no URL"),
            ("rediss://[::g]", "no URL"),
        ] {
            let message = wrong(url).unwrap_or_default();
            assert!(message.contains(says), "{url}: {message:?}");
        }
    }
}
