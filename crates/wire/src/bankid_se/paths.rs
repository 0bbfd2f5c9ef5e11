//! The paths of the API (bankid-se.md section 2).

use riskgate_core::Operation;

use crate::protocol::{Recognised, Road};

/// The one road to a result.
pub const COLLECT: Road = Road("collect");

/// Which request this is. A path is known by its exact bytes: a query, a trailing slash or an escape makes it another, so
/// that nothing reaches BankID which BankID might read differently than riskgate.
pub(super) fn recognise(method: &str, path: &str) -> Recognised {
    let Some(called) = path.strip_prefix("/rp/v6.0").and_then(call) else {
        return Recognised::UnknownPath;
    };
    match method {
        "POST" => called,
        "GET" => Recognised::Probe,
        _ => Recognised::OtherMethod("POST"),
    }
}

fn call(path: &str) -> Option<Recognised> {
    Some(match path {
        "/auth" => Recognised::Start(Operation::Auth),
        "/sign" => Recognised::Start(Operation::Sign),
        "/payment" => Recognised::Start(Operation::Payment),
        "/other/payment" => Recognised::Start(Operation::OtherPayment),
        "/phone/auth" => Recognised::Start(Operation::PhoneAuth),
        "/phone/sign" => Recognised::Start(Operation::PhoneSign),
        "/collect" => Recognised::Result(COLLECT),
        "/cancel" => Recognised::Cancel,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, Recognised); 8] = [
        ("/rp/v6.0/auth", Recognised::Start(Operation::Auth)),
        ("/rp/v6.0/sign", Recognised::Start(Operation::Sign)),
        ("/rp/v6.0/payment", Recognised::Start(Operation::Payment)),
        ("/rp/v6.0/other/payment", Recognised::Start(Operation::OtherPayment)),
        ("/rp/v6.0/phone/auth", Recognised::Start(Operation::PhoneAuth)),
        ("/rp/v6.0/phone/sign", Recognised::Start(Operation::PhoneSign)),
        ("/rp/v6.0/collect", Recognised::Result(COLLECT)),
        ("/rp/v6.0/cancel", Recognised::Cancel),
    ];

    #[test]
    fn the_eight_paths_are_known_by_method() {
        for (path, expected) in KNOWN {
            assert_eq!(recognise("POST", path), expected, "{path}");
            assert_eq!(recognise("GET", path), Recognised::Probe, "{path}");
            for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "post", "Get", ""] {
                assert_eq!(recognise(method, path), Recognised::OtherMethod("POST"), "{method} {path}");
            }
        }
    }

    #[test]
    fn any_other_spelling_of_a_path_is_another_path() {
        for (path, _) in KNOWN {
            for other in [
                format!("{path}/"),
                format!("{path}?"),
                format!("{path}?a=b"),
                format!("{path}#"),
                format!("{path};x"),
                format!("{path}%20"),
                format!("/{path}"),
                format!("https://appapi2.bankid.com{path}"),
                path.to_uppercase(),
                path.replace("/rp/", "/rp//"),
                path.replace("/rp/", "/rp/./"),
                path.replace("/rp/", "/x/../rp/"),
                path.replace("/v6.0/", "/v6.1/"),
                path.replacen('c', "%63", 1).replacen('p', "%70", 1),
                path.trim_start_matches('/').to_owned(),
            ] {
                assert_eq!(recognise("POST", &other), Recognised::UnknownPath, "{other}");
                assert_eq!(recognise("GET", &other), Recognised::UnknownPath, "{other}");
            }
        }
        for other in
            ["", "/", "*", "/rp/v6.0", "/rp/v6.0/", "/rp/v6.0/other-payment", "/rp/v5.1/auth", "/rp/v6.0auth"]
        {
            assert_eq!(recognise("POST", other), Recognised::UnknownPath, "{other}");
        }
    }
}
