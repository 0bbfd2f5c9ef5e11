//! The login: an OpenID provider as BankID Norway's is described (other-systems.md sections A.1 to A.4). Whoever comes with a
//! browser has logged in already.

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::api::{BankIdNo, State};
use super::client;
use super::logins::{Asked, Login};
use crate::http::{Answer, Exchange};
use crate::sync::lock;

/// The realm of the test environment.
const REALM: &str = "/auth/realms/current";
/// The scope of the security data service's tokens (section A.5).
const SECURITY_DATA: &str = "fraud-data-rs/securityData";
/// How long tokens are good, in seconds (section A.5).
const LIFETIME: i64 = 300;
/// The stable name of the one person who logs in, as the documentation has it (section A.3).
const PERSON: &str = "9578-5999-4-1765512";

/// An error of the token endpoint: status, `error` and `error_description`.
type Refused = (StatusCode, &'static str, String);

/// Whether a path is the login's.
pub(super) fn serves(path: &str) -> bool {
    path.starts_with(REALM)
}

impl BankIdNo {
    fn issuer(&self) -> String {
        format!("{}{REALM}", self.base)
    }

    /// The answer to a request below the realm.
    pub(super) fn log_in(&self, exchange: &Exchange) -> Answer {
        let path = exchange.path().strip_prefix(REALM).unwrap_or_default();
        match (&exchange.parts.method, path) {
            (&Method::GET, "/.well-known/openid-configuration") => {
                Answer::json(StatusCode::OK, self.configuration().to_string())
            }
            (&Method::GET, "/protocol/openid-connect/certs") => {
                Answer::json(StatusCode::OK, self.key.published().to_string())
            }
            (&Method::GET, "/precheck/auth") => self.authorize(exchange),
            (&Method::POST, "/protocol/openid-connect/token") => {
                let mut answer = match self.tokens(exchange) {
                    Ok(tokens) => Answer::json(StatusCode::OK, tokens.to_string()),
                    Err((status, error, description)) => refusal(status, error, &description),
                };
                answer.headers.push((CACHE_CONTROL, HeaderValue::from_static("no-store")));
                answer
            }
            _ => refusal(StatusCode::NOT_FOUND, "not_found", "no such endpoint, or not with this method"),
        }
    }

    fn configuration(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/precheck/auth"),
            "token_endpoint": format!("{issuer}/protocol/openid-connect/token"),
            "jwks_uri": format!("{issuer}/protocol/openid-connect/certs"),
            "fraud-data-baseurl": self.base,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": ["urn:bankid:bid", "urn:bankid:bis"],
            "require_pushed_authorization_requests": false,
            "release": "riskgate-simulator",
        })
    }

    /// The browser comes back with a code at once, or with the error of the script.
    fn authorize(&self, exchange: &Exchange) -> Answer {
        let query = exchange.parts.uri.query().unwrap_or_default();
        let parameters: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let asked = match Asked::read(&parameters) {
            Ok(asked) => asked,
            Err(problem) => return refusal(StatusCode::BAD_REQUEST, "invalid_request", &problem),
        };
        let (address, state) = (asked.redirect_uri.clone(), asked.state.clone());
        let mut held = lock(&self.state);
        let script = held.scripts.for_login();
        let (name, value) = match &script.login.denied {
            Some(error) => ("error", error.clone()),
            None => ("code", held.logins.open(asked, script)),
        };
        drop(held);
        let brought = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, &value)
            .append_pair("state", &state)
            .append_pair("iss", &self.issuer())
            .finish();
        let separator = if address.contains('?') { '&' } else { '?' };
        match HeaderValue::from_str(&format!("{address}{separator}{brought}")) {
            Ok(location) => {
                let mut answer = Answer::empty(StatusCode::FOUND);
                answer.headers.push((LOCATION, location));
                answer
            }
            Err(_) => refusal(StatusCode::BAD_REQUEST, "invalid_request", "redirect_uri is no address"),
        }
    }

    fn tokens(&self, exchange: &Exchange) -> Result<Value, Refused> {
        let bad = |error, text: &str| (StatusCode::BAD_REQUEST, error, text.to_owned());
        let body = exchange.body.as_deref().map_err(|_| bad("invalid_request", "no body"))?;
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let value = |name: &str| {
            form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let issuer = self.issuer();
        let endpoint = format!("{issuer}/protocol/openid-connect/token");
        let now = self.clock.calendar(self.clock.now()).as_second();
        let header = exchange.parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let client = client::authenticated(header, &form, &[&issuer, &endpoint], now).ok_or_else(|| {
            (StatusCode::UNAUTHORIZED, "invalid_client", "the client does not authenticate".to_owned())
        })?;
        let granted = |scope: &str| {
            json!({
                "access_token": Uuid::new_v4(), "token_type": "Bearer", "expires_in": LIFETIME, "scope": scope,
            })
        };
        match value("grant_type") {
            "client_credentials" if value("scope") == SECURITY_DATA => Ok(granted(SECURITY_DATA)),
            "client_credentials" => {
                Err(bad("invalid_scope", "the client has fraud-data-rs/securityData alone"))
            }
            "authorization_code" => {
                let State { logins, .. } = &mut *lock(&self.state);
                let (code, address) = (value("code"), value("redirect_uri"));
                let login = logins
                    .redeem(code, &client, address, value("code_verifier"))
                    .ok_or_else(|| bad("invalid_grant", "the code is not good, or not for this client"))?;
                let mut tokens = granted(&login.asked.scope);
                let id = self.key.token(&claims(&issuer, &login, now)).map_err(|_| {
                    (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "no token can be signed".to_owned())
                })?;
                tokens["id_token"] = json!(id);
                Ok(tokens)
            }
            _ => Err(bad("unsupported_grant_type", "authorization_code and client_credentials are taken")),
        }
    }
}

/// The claims of an ID token (section A.3), changed as the script says: null removes one.
fn claims(issuer: &str, login: &Login, now: i64) -> Value {
    let mut claims = Map::new();
    let usual = json!({
        "iss": issuer,
        "aud": login.asked.client,
        "azp": login.asked.client,
        "sub": Uuid::new_v4(),
        "bankid_altsub": PERSON,
        "acr": "urn:bankid:bid;LOA=4",
        "amr": ["bid", "bid-mfa", "bid-app"],
        "nonce": login.asked.nonce,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": Uuid::new_v4(),
        "sid": Uuid::new_v4(),
        "tid": login.tid,
    });
    for (name, value) in usual.as_object().into_iter().flatten().chain(&login.script.login.claims) {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    Value::Object(claims)
}

fn refusal(status: StatusCode, error: &str, description: &str) -> Answer {
    Answer::json(status, json!({ "error": error, "error_description": description }).to_string())
}
