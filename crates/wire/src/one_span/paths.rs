//! The paths of the API that applications get results from (other-systems.md section C.2).

use riskgate_core::Operation;

use super::said::LookUp;

/// The longest user segment and session reference that are taken, in bytes.
const LONGEST: usize = 256;

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// A request that OneSpan assesses and answers; the user where the path names one.
    Validate(Operation, Option<String>),
    /// The state of the session with this request id.
    Session(String),
    /// What is on file of a request that was answered.
    LookUp(LookUp),
}

/// What `path` asks for. A path is known by its exact bytes; of the user, escapes are read as OneSpan reads them, and those
/// that could make another path of it are refused. `/v1/transactions`, which answers with a code and starts nothing, is a
/// transaction like the other.
pub(super) fn called(path: &str) -> Option<Called> {
    let rest = path.strip_prefix("/v1/")?;
    if rest == "transactions" {
        return Some(Called::Validate(Operation::Transaction, None));
    }
    if let Some(reference) = rest.strip_prefix("sessions/") {
        return is_reference(reference).then(|| Called::Session(reference.to_owned()));
    }
    for (path, look_up) in
        [("events/", LookUp::Event as fn(String) -> LookUp), ("transactions/", LookUp::Transaction)]
    {
        if let Some(id) = rest.strip_prefix(path) {
            return is_reference(id).then(|| Called::LookUp(look_up(id.to_owned())));
        }
    }
    let (user, call) = rest.strip_prefix("users/")?.split_once('/')?;
    let operation = match call {
        "login" => Operation::Login,
        "events/validate" => Operation::Event,
        "transactions/validate" => Operation::Transaction,
        _ => return None,
    };
    user_of(user).map(|user| Called::Validate(operation, Some(user)))
}

/// Whether `text` can be a request id: letters, digits and what needs no escape in a path, but no dots alone.
pub(super) fn is_reference(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(is_unreserved)
        && text.bytes().any(|byte| byte != b'.')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The `userID@domain` that a segment names.
fn user_of(segment: &str) -> Option<String> {
    if segment.len() > LONGEST {
        return None;
    }
    let mut bytes = segment.bytes();
    let mut user = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        user.push(match byte {
            b'%' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let byte = digit(bytes.next()?)? << 4 | digit(bytes.next()?)?;
                // An escaped separator, escape or control character means another path to some readers.
                (!matches!(byte, b'/' | b'\\' | b'%' | b'?' | b'#' | b';' | 0..=0x1f | 0x7f))
                    .then_some(byte)?
            }
            b'@' | b'+' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b',' | b'=' | b':' => byte,
            _ => is_unreserved(byte).then_some(byte)?,
        });
    }
    let user = String::from_utf8(user).ok()?;
    let (id, domain) = user.rsplit_once('@')?;
    (!id.is_empty() && !domain.is_empty()).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_are_known() {
        let user = || Some("alice@bank".to_owned());
        for (path, called_for) in [
            ("/v1/users/alice@bank/login", Called::Validate(Operation::Login, user())),
            ("/v1/users/alice%40bank/login", Called::Validate(Operation::Login, user())),
            ("/v1/users/alice@bank/events/validate", Called::Validate(Operation::Event, user())),
            (
                "/v1/users/%61lice@bank/transactions/validate",
                Called::Validate(Operation::Transaction, user()),
            ),
            ("/v1/transactions", Called::Validate(Operation::Transaction, None)),
            ("/v1/sessions/3f2b-9", Called::Session("3f2b-9".to_owned())),
            ("/v1/events/3f2b-9", Called::LookUp(LookUp::Event("3f2b-9".to_owned()))),
            ("/v1/transactions/17", Called::LookUp(LookUp::Transaction("17".to_owned()))),
        ] {
            assert_eq!(called(path), Some(called_for), "{path}");
        }
        let Some(Called::Validate(_, Some(user))) = called("/v1/users/%C3%A5sa+1@x@bank/login") else {
            panic!("a user in UTF-8");
        };
        assert_eq!(user, "åsa+1@x@bank");
    }

    #[test]
    fn any_other_spelling_is_another_path() {
        for path in [
            "/v1/users/alice@bank/login/",
            "/v1/users/alice@bank/login?x=1",
            "/v1/users/alice@bank/Login",
            "/v1/users/alice@bank//login",
            "/v1/users/alice@bank/login/v2",
            "/v1/users/alice@bank/adaptiveLogin",
            "/v2/users/alice@bank/login",
            "//v1/users/alice@bank/login",
            "/v1/users/alice/login",
            "/v1/users/@bank/login",
            "/v1/users/alice@/login",
            "/v1/users//login",
            "/v1/users/a%2fb@bank/login",
            "/v1/users/a%5Cb@bank/login",
            "/v1/users/a%252fb@bank/login",
            "/v1/users/a%00b@bank/login",
            "/v1/users/a%3bb@bank/login",
            "/v1/users/a;b@bank/login",
            "/v1/users/a%4@bank/login",
            "/v1/users/a%zz@bank/login",
            "/v1/users/a%ff@bank/login",
            "/v1/users/../x@bank/login",
            "/v1/users/a b@bank/login",
            "/v1/transactions/",
            "/v1/transactions/17/",
            "/v1/transactions/..",
            "/v1/events/a/b",
            "/v1/events/17?x=1",
            "/v1/events",
            "/v1/sessions/",
            "/v1/sessions/..",
            "/v1/sessions/a/b",
            "/v1/sessions/a%2e",
            "/v1/sessions/a?b",
            "/v1/sessions",
            "",
        ] {
            assert_eq!(called(path), None, "{path}");
        }
        assert_eq!(called(&format!("/v1/users/{}@bank/login", "a".repeat(LONGEST))), None);
        assert_eq!(called(&format!("/v1/sessions/{}", "a".repeat(LONGEST + 1))), None);
    }
}
