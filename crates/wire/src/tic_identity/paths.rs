//! The paths of the API (other-systems.md sections B.2 and B.3), and which of them can carry a result.

use riskgate_core::Operation;

use super::session;

/// What a request is to TIC Identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It starts a session.
    Start(Operation),
    /// It drives a session and asks how it stands.
    Poll,
    /// It asks how a session stands.
    Status,
    /// It asks for a session's result.
    Collect,
    /// It ends a session.
    Cancel,
    /// It asks for the QR code, or for more time: neither answer has anything of a user.
    Session,
    /// It spends a session's one enrichment.
    Enrich,
    /// It asks how an enrichment stands.
    EnrichmentStatus,
    /// It fetches what an enrichment found, which works once.
    EnrichmentData,
    /// It is about the tenant or about companies, and about no session.
    Tenant,
    /// It asks how to connect to the hub.
    Negotiate,
}

/// Why a request is none of the API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCall {
    /// There is no such path.
    UnknownPath,
    /// The path is known, and takes this method.
    OtherMethod(&'static str),
}

/// Which request this is. A path is known by its exact bytes, though the provider reads paths whatever their case: another
/// spelling is another path here, so that nothing reaches the provider which it might read differently than riskgate.
///
/// # Errors
///
/// [`NoCall`] when it is none.
pub fn call(method: &str, path: &str) -> Result<Call, NoCall> {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    if path == NEGOTIATE {
        let version = |query: &str| matches!(query, "negotiateVersion=0" | "negotiateVersion=1");
        return match (query.is_none_or(version), method) {
            (false, _) => Err(NoCall::UnknownPath),
            (true, "POST") => Ok(Call::Negotiate),
            (true, _) => Err(NoCall::OtherMethod("POST")),
        };
    }
    let (takes, called) = path.strip_prefix("/api/v1/").and_then(named).ok_or(NoCall::UnknownPath)?;
    let query_fits = match query {
        None => true,
        Some(query) => called == Call::Tenant && !query.is_empty() && query.bytes().all(is_in_query),
    };
    if !query_fits {
        return Err(NoCall::UnknownPath);
    }
    if method == takes { Ok(called) } else { Err(NoCall::OtherMethod(takes)) }
}

/// The session that the path of a request names.
#[must_use]
pub fn session_in(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/api/v1/auth/")?;
    session::id(rest.split('/').next()?)
}

/// Where the session `reference` is asked for its state without driving it.
pub(super) fn status_path(reference: &str) -> String {
    format!("/api/v1/auth/{reference}/status")
}

/// Where the session `reference` is ended.
pub(super) fn cancel_path(reference: &str) -> String {
    format!("/api/v1/auth/{reference}")
}

/// The hub's path.
pub const HUB: &str = "/hub";
/// Where a client of the hub asks how to connect.
const NEGOTIATE: &str = "/hub/negotiate";

fn named(path: &str) -> Option<(&'static str, Call)> {
    let segments: Vec<&str> = path.split('/').collect();
    Some(match segments.as_slice() {
        ["auth", "bankid", "start"] => ("POST", Call::Start(Operation::Auth)),
        ["auth", "bankid", "sign"] => ("POST", Call::Start(Operation::Sign)),
        ["auth", id] if session::is_id(id) => ("DELETE", Call::Cancel),
        ["auth", id, call] if session::is_id(id) => match *call {
            "poll" => ("POST", Call::Poll),
            "status" => ("GET", Call::Status),
            "collect" => ("GET", Call::Collect),
            "qr" => ("GET", Call::Session),
            "extend" => ("POST", Call::Session),
            _ => return None,
        },
        ["enrichment"] => ("POST", Call::Enrich),
        ["enrichment", "types"] => ("GET", Call::Tenant),
        ["enrichment", "data", token] if is_token(token) => ("GET", Call::EnrichmentData),
        ["enrichment", id, "status"] if is_token(id) => ("GET", Call::EnrichmentStatus),
        ["usage" | "messages"] => ("GET", Call::Tenant),
        ["data", rest @ ..] if !rest.is_empty() && rest.iter().all(|segment| is_token(segment)) => {
            ("GET", Call::Tenant)
        }
        _ => return None,
    })
}

/// Whether a segment is a plain word: no dot segment, no escape, nothing that two readers split differently.
pub(super) fn is_token(segment: &str) -> bool {
    (1..=256).contains(&segment.len())
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_in_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

    fn known() -> Vec<(&'static str, String, Call)> {
        let of = |call: &str| format!("/api/v1/auth/{ID}{call}");
        vec![
            ("POST", "/api/v1/auth/bankid/start".to_owned(), Call::Start(Operation::Auth)),
            ("POST", "/api/v1/auth/bankid/sign".to_owned(), Call::Start(Operation::Sign)),
            ("POST", of("/poll"), Call::Poll),
            ("GET", of("/status"), Call::Status),
            ("GET", of("/collect"), Call::Collect),
            ("GET", of("/qr"), Call::Session),
            ("POST", of("/extend"), Call::Session),
            ("DELETE", of(""), Call::Cancel),
            ("POST", "/api/v1/enrichment".to_owned(), Call::Enrich),
            ("GET", format!("/api/v1/enrichment/{ID}/status"), Call::EnrichmentStatus),
            ("GET", format!("/api/v1/enrichment/data/{ID}"), Call::EnrichmentData),
            ("GET", "/api/v1/enrichment/types".to_owned(), Call::Tenant),
            ("POST", "/hub/negotiate".to_owned(), Call::Negotiate),
            ("POST", "/hub/negotiate?negotiateVersion=1".to_owned(), Call::Negotiate),
            ("GET", "/api/v1/usage?year=2026&month=3".to_owned(), Call::Tenant),
            ("GET", "/api/v1/messages?language=sv".to_owned(), Call::Tenant),
            ("GET", "/api/v1/data/company/SE/5566778899".to_owned(), Call::Tenant),
        ]
    }

    #[test]
    fn every_call_is_known_by_its_one_method() {
        for (method, path, expected) in known() {
            assert_eq!(call(method, &path), Ok(expected), "{method} {path}");
            for other in ["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "post", ""] {
                if other != method {
                    assert_eq!(call(other, &path), Err(NoCall::OtherMethod(method)), "{other} {path}");
                }
            }
        }
    }

    #[test]
    fn any_other_spelling_is_another_path() {
        for (method, path, _) in known() {
            for other in [
                format!("{path}/"),
                format!("/{path}"),
                format!("{path}%20"),
                path.replace("/api/", "/API/"),
                path.replace("/v1/", "/v2/"),
                path.replace("/api/", "/x/../api/"),
                path.replace("/v1/", "/v1/./"),
                format!("https://id.tic.io{path}"),
            ] {
                if other != path {
                    assert_eq!(call(method, &other), Err(NoCall::UnknownPath), "{method} {other}");
                }
            }
            if !path.contains('?') && !path.contains("/data/company") && !path.ends_with("types") {
                assert_eq!(call(method, &format!("{path}?a=b")), Err(NoCall::UnknownPath), "{path}");
            }
        }
        for path in ["/hub/negotiate?negotiateVersion=2", "/hub/negotiate?x", "/hub/negotiate/"] {
            assert_eq!(call("POST", path), Err(NoCall::UnknownPath), "{path}");
        }
        for path in
            ["", "/", "/hub", "/api/v1/auth/freja/start", "/api/v1/auth/x/poll", "/api/v1/data/../auth"]
        {
            assert_eq!(call("GET", path), Err(NoCall::UnknownPath), "{path}");
        }
    }

    #[test]
    fn a_session_is_one_however_its_letters_are_written() {
        let upper = format!("/api/v1/auth/{}/poll", ID.to_uppercase());
        assert_eq!(call("POST", &upper), Ok(Call::Poll));
        assert_eq!(session_in(&upper).as_deref(), Some(ID));
        assert_eq!(session_in("/api/v1/auth/bankid/start"), None);
    }
}
