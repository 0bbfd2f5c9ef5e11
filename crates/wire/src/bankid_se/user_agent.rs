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
pub(crate) fn is_of_a_server(text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_app_browsers_are_cut_at_256_characters() {
        let instagram = format!("Mozilla/5.0 (iPhone) Instagram {}", "x".repeat(269));
        assert_eq!(instagram.len(), 300);
        assert_eq!(normal(&instagram).as_deref(), Some(&instagram[..256]));
        assert!(is_overlong(&instagram) && !is_overlong(&instagram[..256]));
    }

    #[test]
    fn the_limit_counts_utf16_units_and_splits_no_character() {
        let two_units = "\u{1f600}";
        assert_eq!(cut(&two_units.repeat(128)), two_units.repeat(128));
        assert_eq!(cut(&two_units.repeat(129)), two_units.repeat(128));
        assert_eq!(cut(&format!("x{}", two_units.repeat(128))), format!("x{}", two_units.repeat(127)));
        let one_unit = "å"; // of two bytes
        assert_eq!(cut(&one_unit.repeat(256)), one_unit.repeat(256));
        assert_eq!(cut(&one_unit.repeat(257)), one_unit.repeat(256));
    }

    #[test]
    fn libraries_are_known_by_their_first_product() {
        for text in [
            "python-requests/2.32.3",
            "python-httpx/0.28.1",
            "Python-urllib/3.11",
            "Python/3.11 aiohttp/3.9.5",
            "axios/1.7.2",
            "node",
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
            "undici",
            "got (https://github.com/sindresorhus/got)",
            "Java/17.0.11",
            "Java-http-client/21",
            "Apache-HttpClient/5.2.1 (Java/21.0.2)",
            "okhttp/4.12.0",
            "Go-http-client/2.0",
            "curl/8.5.0",
            "Wget/1.21.4",
            "PostmanRuntime/7.39.0",
            ".NET/8.0",
            "RestSharp/111.2.0.0",
            "ReactorNetty/1.1.13",
            "GuzzleHttp/7",
            "PHP/8.3",
            "Ruby",
            "Faraday v2.9.0",
            " CURL/8",
        ] {
            assert!(is_of_a_server(text), "{text}");
        }
        for text in [
            "",
            "Mozilla/5.0 (compatible; Java/17)",
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            "Opera/9.80",
            "Javelin/1.0",
            "Gotham/2",
            "Nodestar/1",
            "å",
        ] {
            assert!(!is_of_a_server(text), "{text}");
        }
    }
}
