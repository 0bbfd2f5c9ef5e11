//! What holds for every request and every answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use riskgate_wire::bankid_no::{Called, Discovery, Grant, TokenAnswer, TokenRequest, recognise, tighten};
use serde_json::{Value, json};

const ISSUER: &str = "https://auth.current.bankid.no/auth/realms/current";

fn document() -> Value {
    let realm = format!("{ISSUER}/protocol/openid-connect");
    json!({
        "issuer": ISSUER,
        "token_endpoint": format!("{realm}/token"),
        "authorization_endpoint": format!("{ISSUER}/precheck/auth"),
        "userinfo_endpoint": "https://userinfo.current.bankid.no/userinfo",
        "jwks_uri": format!("{realm}/certs"),
    })
}

fn read(document: &Value) -> Discovery {
    Discovery::read(&Bytes::from(document.to_string()), ISSUER).unwrap()
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[a-z_]{1,12}", "\\PC{0,12}"), 0..8).prop_map(|mut all| {
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        all.retain(|(name, _)| name != "request");
        all
    })
}

fn written(parameters: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in vec(any::<u8>(), 0..96), status in any::<u16>()) {
        let bytes = Bytes::from(body);
        let _ = TokenRequest::read(&bytes, None);
        let _ = tighten(&bytes);
        let _ = Discovery::read(&bytes, ISSUER);
        if let Ok(TokenAnswer::Tokens(_)) = TokenAnswer::read(status, &bytes) {
            prop_assert_eq!(status, 200);
        }
    }

    #[test]
    fn tightening_changes_the_level_and_nothing_else(parameters in parameters()) {
        let body = Bytes::from(written(&parameters));
        let tightened = tighten(&body).unwrap();
        let after: Vec<(String, String)> = form_urlencoded::parse(&tightened).into_owned().collect();
        let level = after.iter().find(|(name, _)| name == "acr_values").map(|(_, value)| value.as_str());
        prop_assert_eq!(level, Some("urn:bankid:bid"));
        let others = |all: &[(String, String)]| -> Vec<(String, String)> {
            all.iter().filter(|(name, _)| name != "acr_values").cloned().collect()
        };
        prop_assert_eq!(others(&after), others(&parameters));
        prop_assert_eq!(tighten(&tightened).unwrap(), tightened, "tightening again changes nothing");
    }

    #[test]
    fn the_client_is_the_one_that_was_written(client in "\\PC{1,20}", secret in "\\PC{0,20}") {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(&client), encode(&secret))));
        let by_header = TokenRequest::read(b"grant_type=authorization_code", Some(&header)).unwrap();
        let body = written(&[("grant_type".into(), "authorization_code".into()), ("client_id".into(), client.clone())]);
        let by_form = TokenRequest::read(body.as_bytes(), None).unwrap();
        let expected = TokenRequest { grant: Grant::AuthorizationCode, client: Some(client) };
        prop_assert_eq!(&by_header, &expected);
        prop_assert_eq!(&by_form, &expected);
    }

    #[test]
    fn only_the_exact_path_is_an_endpoint(
        prefix in "(|/|/x|//)",
        suffix in "[/?#;%.a]{1,3}",
        method in "(GET|POST|PUT|get|)",
    ) {
        let discovery = read(&document());
        let token = "/auth/realms/current/protocol/openid-connect/token";
        prop_assert_eq!(recognise(&discovery, &method, &format!("{prefix}{token}{suffix}")), Called::UnknownPath);
    }

    #[test]
    fn members_that_nobody_names_stay(extra in "[a-z]{3,10}", text in "\\PC{0,20}", number in any::<i64>()) {
        let mut document = document();
        prop_assume!(document.get(&extra).is_none());
        document[&extra] = json!({ "text": text, "number": number });
        let rewritten: Value =
            serde_json::from_slice(&read(&document).rewritten("http://127.0.0.1:15382").unwrap()).unwrap();
        for (name, value) in document.as_object().unwrap() {
            let moved = matches!(name.as_str(), "token_endpoint" | "userinfo_endpoint");
            let expected = value.as_str().filter(|_| moved).map_or_else(
                || value.clone(),
                |text| {
                    let (_, path) = text.strip_prefix("https://").unwrap().split_once('/').unwrap();
                    json!(format!("http://127.0.0.1:15382/{path}"))
                },
            );
            prop_assert_eq!(&rewritten[name], &expected, "{}", name);
        }
    }
}
