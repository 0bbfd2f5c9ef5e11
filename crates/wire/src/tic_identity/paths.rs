//! The paths of the API (other-systems.md sections B.2 and B.3), and which of them can carry a result.

use riskgate_core::Operation;

use super::session;

/// What a request is to TIC Identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
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
}

/// Why a request is none of the API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoad {
    /// There is no such path.
    UnknownPath,
    /// The path is known, and takes another method.
    OtherMethod,
}

/// Which request this is. A path is known by its exact bytes, though the provider reads paths whatever their case: another
/// spelling is another path here, so that nothing reaches the provider which it might read differently than riskgate.
///
/// # Errors
///
/// [`NoRoad`] when it is none.
pub fn road(method: &str, path: &str) -> Result<Road, NoRoad> {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let (takes, road) = path.strip_prefix("/api/v1/").and_then(named).ok_or(NoRoad::UnknownPath)?;
    let query_fits = match query {
        None => true,
        Some(query) => road == Road::Tenant && !query.is_empty() && query.bytes().all(is_in_query),
    };
    if !query_fits {
        return Err(NoRoad::UnknownPath);
    }
    if method == takes { Ok(road) } else { Err(NoRoad::OtherMethod) }
}

/// The session that the path of a request names.
#[must_use]
pub fn session_in(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/api/v1/auth/")?;
    session::id(rest.split('/').next()?)
}

/// Where the session `reference` is asked for its state without driving it.
#[must_use]
pub fn status_path(reference: &str) -> String {
    format!("/api/v1/auth/{reference}/status")
}

/// Where the session `reference` is ended.
#[must_use]
pub fn cancel_path(reference: &str) -> String {
    format!("/api/v1/auth/{reference}")
}

/// The hub's path.
pub const HUB: &str = "/hub";

fn named(path: &str) -> Option<(&'static str, Road)> {
    let segments: Vec<&str> = path.split('/').collect();
    Some(match segments.as_slice() {
        ["auth", "bankid", "start"] => ("POST", Road::Start(Operation::Auth)),
        ["auth", "bankid", "sign"] => ("POST", Road::Start(Operation::Sign)),
        ["auth", id] if session::is_id(id) => ("DELETE", Road::Cancel),
        ["auth", id, call] if session::is_id(id) => match *call {
            "poll" => ("POST", Road::Poll),
            "status" => ("GET", Road::Status),
            "collect" => ("GET", Road::Collect),
            "qr" => ("GET", Road::Session),
            "extend" => ("POST", Road::Session),
            _ => return None,
        },
        ["enrichment"] => ("POST", Road::Enrich),
        ["enrichment", "types"] => ("GET", Road::Tenant),
        ["enrichment", "data", token] if is_token(token) => ("GET", Road::EnrichmentData),
        ["enrichment", id, "status"] if is_token(id) => ("GET", Road::EnrichmentStatus),
        ["usage" | "messages"] => ("GET", Road::Tenant),
        ["data", rest @ ..] if !rest.is_empty() && rest.iter().all(|segment| is_token(segment)) => {
            ("GET", Road::Tenant)
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

    fn known() -> Vec<(&'static str, String, Road)> {
        let of = |call: &str| format!("/api/v1/auth/{ID}{call}");
        vec![
            ("POST", "/api/v1/auth/bankid/start".to_owned(), Road::Start(Operation::Auth)),
            ("POST", "/api/v1/auth/bankid/sign".to_owned(), Road::Start(Operation::Sign)),
            ("POST", of("/poll"), Road::Poll),
            ("GET", of("/status"), Road::Status),
            ("GET", of("/collect"), Road::Collect),
            ("GET", of("/qr"), Road::Session),
            ("POST", of("/extend"), Road::Session),
            ("DELETE", of(""), Road::Cancel),
            ("POST", "/api/v1/enrichment".to_owned(), Road::Enrich),
            ("GET", format!("/api/v1/enrichment/{ID}/status"), Road::EnrichmentStatus),
            ("GET", format!("/api/v1/enrichment/data/{ID}"), Road::EnrichmentData),
            ("GET", "/api/v1/enrichment/types".to_owned(), Road::Tenant),
            ("GET", "/api/v1/usage?year=2026&month=3".to_owned(), Road::Tenant),
            ("GET", "/api/v1/messages?language=sv".to_owned(), Road::Tenant),
            ("GET", "/api/v1/data/company/SE/5566778899".to_owned(), Road::Tenant),
        ]
    }

    #[test]
    fn every_call_is_known_by_its_one_method() {
        for (method, path, expected) in known() {
            assert_eq!(road(method, &path), Ok(expected), "{method} {path}");
            for other in ["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "post", ""] {
                if other != method {
                    assert_eq!(road(other, &path), Err(NoRoad::OtherMethod), "{other} {path}");
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
                assert_eq!(road(method, &other), Err(NoRoad::UnknownPath), "{method} {other}");
            }
            if !path.contains('?') && !path.contains("/data/company") && !path.ends_with("types") {
                assert_eq!(road(method, &format!("{path}?a=b")), Err(NoRoad::UnknownPath), "{path}");
            }
        }
        for path in
            ["", "/", "/hub", "/api/v1/auth/freja/start", "/api/v1/auth/x/poll", "/api/v1/data/../auth"]
        {
            assert_eq!(road("GET", path), Err(NoRoad::UnknownPath), "{path}");
        }
    }

    #[test]
    fn a_session_is_one_however_its_letters_are_written() {
        let upper = format!("/api/v1/auth/{}/poll", ID.to_uppercase());
        assert_eq!(road("POST", &upper), Ok(Road::Poll));
        assert_eq!(session_in(&upper).as_deref(), Some(ID));
        assert_eq!(session_in("/api/v1/auth/bankid/start"), None);
    }
}
