//! `web.userAgent` (bankid-se.md section 2.2).

use std::borrow::Cow;

/// How long a user agent may be, in UTF-16 units. In-app browsers send about 300, and BankID refuses them with a 400.
const LONGEST: usize = 256;

/// How HTTP libraries begin their own user agent. A backend that passes on its own instead of its user's is found by it.
const LIBRARIES: [&str; 34] = [
    ".net",
    "ahc",
    "aiohttp",
    "apache-httpclient",
    "axios",
    "curl",
    "dart",
    "faraday",
    "go-http-client",
    "go-resty",
    "got",
    "guzzlehttp",
    "httpie",
    "hyper",
    "insomnia",
    "jakarta",
    "java",
    "jersey",
    "ktor",
    "libcurl",
    "libwww-perl",
    "node",
    "node.js",
    "nodejs",
    "okhttp",
    "php",
    "postmanruntime",
    "python",
    "reactornetty",
    "reqwest",
    "restsharp",
    "ruby",
    "undici",
    "wget",
];

/// The user agent as BankID takes it: cut at a character where it is too long. None when it is empty.
pub(super) fn normal(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then(|| Cow::Borrowed(cut(text)))
}

/// Whether a user agent is longer than BankID takes.
pub(super) fn is_overlong(text: &str) -> bool {
    cut(text).len() < text.len()
}

/// Whether a user agent is that of an HTTP library: a backend's, not a user's.
pub(super) fn is_of_a_server(text: &str) -> bool {
    let product = text.trim_start();
    LIBRARIES.iter().any(|library| {
        product.split_at_checked(library.len()).is_some_and(|(head, rest)| {
            head.eq_ignore_ascii_case(library) && !rest.starts_with(char::is_alphanumeric)
        })
    })
}

fn cut(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text; // never more UTF-16 units than bytes
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST
    });
    end.map_or(text, |(at, _)| &text[..at])
}
