//! A login at BankID Norway, as any OpenID client does it (other-systems.md sections A.1 to A.4): the configuration and the tokens
//! through the sidecar, the user's browser at BankID.

use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::LOCATION;
use http::{Method, StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::received::Received;
use crate::commands::demo::persons::Person;
use crate::commands::demo::web::Web;

/// The path of the issuer, that of BankID's test environment.
pub(in crate::commands::demo) const REALM: &str = "/auth/realms/current";
const CALLBACK: &str = "https://shop.example.se/callback";
const CLIENT: &str = "shop";
const SECRET: &str = "throw-away";

/// The user's browser, and the application behind it.
pub(super) struct Norway {
    browser: Web,
}

#[derive(Deserialize)]
struct Configuration {
    authorization_endpoint: String,
    token_endpoint: String,
}

impl Norway {
    /// A browser that trusts the roots in this file.
    pub(super) fn new(roots: &Path) -> anyhow::Result<Self> {
        Ok(Self { browser: Web::browser(roots)? })
    }

    /// Logs in with the provider that the application finds at `base`; `request` has the scope.
    pub(super) async fn log_in(
        &self,
        web: &Web,
        base: &str,
        request: &Value,
        person: &Person,
    ) -> anyhow::Result<Received> {
        let url = format!("{base}{REALM}/.well-known/openid-configuration");
        let found = web.send(Method::GET, &url, &[], None).await?;
        let Configuration { authorization_endpoint, token_endpoint } =
            serde_json::from_slice(found.body()).context("no configuration in the answer")?;
        let verifier = uuid::Uuid::new_v4().simple().to_string().repeat(2);
        let code = self.code(&authorization_endpoint, request, &verifier).await?;
        let form = form(&[
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("redirect_uri", CALLBACK),
            ("code", &code),
            ("code_verifier", &verifier),
        ]);
        let address = person.address.to_string();
        let headers = [("riskgate-client-ip", address.as_str())];
        let body = Some(("application/x-www-form-urlencoded", form));
        Received::of(&web.send_as(Method::POST, &token_endpoint, &headers, body).await?)
    }

    /// What the browser brings back to the application.
    async fn code(&self, endpoint: &str, request: &Value, verifier: &str) -> anyhow::Result<String> {
        let state = uuid::Uuid::new_v4().to_string();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let query = form(&[
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", request["scope"].as_str().unwrap_or("openid")),
            ("state", &state),
            ("nonce", verifier),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let sent = self.browser.send(Method::GET, &format!("{endpoint}?{query}"), &[], None).await?;
        ensure!(sent.status() == StatusCode::FOUND, "BankID sent the browser nowhere: {:?}", sent.body());
        let location: Uri = sent.headers().get(LOCATION).context("nowhere to go")?.to_str()?.parse()?;
        let brought: Vec<(String, String)> =
            form_urlencoded::parse(location.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let value =
            |name: &str| brought.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        ensure!(value("state").as_deref() == Some(&*state), "the browser came back with another state");
        value("code").context("the browser came back without a code")
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
