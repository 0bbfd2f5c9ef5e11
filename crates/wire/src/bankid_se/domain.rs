//! `web.referringDomain` (bankid-se.md section 2.2).

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// How long a domain may be, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=253;

/// The domain as BankID takes it: lower case, punycode, without port and trailing dot. None when it cannot be made so.
pub(super) fn normal(text: &str) -> Option<Cow<'_, str>> {
    if is_normal(text) {
        return Some(Cow::Borrowed(text));
    }
    let bare = without_port(text);
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    let ascii =
        Uts46::new().to_ascii(bare.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify);
    ascii.ok().filter(|domain| is_normal(domain)).map(|domain| Cow::Owned(domain.into_owned()))
}

/// Whether a domain has upper-case letters.
pub(super) fn has_upper_case(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// Whether a domain has letters that only punycode can carry.
pub(super) fn needs_punycode(text: &str) -> bool {
    !text.is_ascii()
}

/// Whether this is something else than a bare domain: it has a scheme, port, path, trailing dot or wrong length. Case and
/// letters beyond ASCII are no part of that.
pub(super) fn is_no_domain(text: &str) -> bool {
    let taken = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    !text.chars().all(taken) || !labels_fit(text) || !LENGTH.contains(&text.chars().count())
}

fn is_normal(text: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    LENGTH.contains(&text.len()) && text.bytes().all(taken) && labels_fit(text)
}

fn labels_fit(text: &str) -> bool {
    text.split('.').all(|label| (1..=63).contains(&label.chars().count()))
}

fn without_port(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_become_what_bankid_takes() {
        for (sent, expected) in [
            ("example.com", "example.com"),
            ("localhost", "localhost"),
            ("WWW.Example.COM", "www.example.com"),
            ("example.com:8443", "example.com"),
            ("example.com.", "example.com"),
            ("Example.com.:443", "example.com"),
            ("räksmörgås.se", "xn--rksmrgs-5wao1o.se"),
            ("RÄKSMÖRGÅS.se:443", "xn--rksmrgs-5wao1o.se"),
            ("xn--rksmrgs-5wao1o.se", "xn--rksmrgs-5wao1o.se"),
            ("r3---sn-a.example.com", "r3---sn-a.example.com"),
        ] {
            assert_eq!(normal(sent).as_deref(), Some(expected), "{sent}");
            assert_eq!(normal(expected).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_domain_is_not_made_one() {
        let long = format!("{}.se", "a".repeat(64));
        for sent in [
            "",
            ".",
            "se",
            "https://example.com",
            "example.com/login",
            "a b.se",
            "a_b.se",
            "a..se",
            "[::1]:443",
            &long,
        ] {
            assert_eq!(normal(sent), None, "{sent}");
            assert!(is_no_domain(sent), "{sent}");
        }
    }

    #[test]
    fn case_and_letters_do_not_make_it_another_thing_than_a_domain() {
        for sent in ["Example.com", "räksmörgås.se", "example.com"] {
            assert!(!is_no_domain(sent), "{sent}");
        }
        for sent in ["example.com:443", "example.com.", "//example.com"] {
            assert!(is_no_domain(sent), "{sent}");
        }
    }
}
