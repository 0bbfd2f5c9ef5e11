//! The calls of the pipeline, for BankID Norway.

use std::sync::Arc;

use bytes::Bytes;
use riskgate_core::config::{BankIdNoConfig, Mode, OAuthError};
use riskgate_core::{Assessment, Operation, Provider, Requirement, RequirementSet, Verdict, hex};
use sha2::{Digest, Sha256};

use super::answers;
use super::directory::{Directory, Known};
use super::discovery::{Discovery, Endpoint};
use super::level::Level;
use super::login::Login;
use super::paths::{self, Called, FORM};
use super::token_answer::{TokenAnswer, Tokens};
use super::token_request::{Grant, TokenRequest};
use crate::answer::{Answer, Fault};
use crate::given::Given;
use crate::jose::{Claims, Expected, Unverified, verify};
use crate::protocol::{
    Cancelled, Completed, Exchanged, Malformed, Passing, Prepared, Protocol, Reading, Recognised, Repeatable,
    Road, Shown, Started, Takes, Tightened, Unreadable,
};

/// What requests may be of: a form, in the spellings that clients have for it.
const FORMS: Takes = Takes {
    content_types: &[
        FORM,
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=UTF-8",
    ],
    // A POST to the user info endpoint carries its token in a header.
    bodiless: true,
};

/// What one policy says of the provider.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The error of a refused login.
    pub refusal: OAuthError,
    /// Where the transaction's reference may stand.
    pub reference_claims: Vec<String>,
    /// Whether pushed authorization requests ask for the high level.
    pub require_high: bool,
}

impl From<&BankIdNoConfig> for Rules {
    fn from(config: &BankIdNoConfig) -> Self {
        Self {
            refusal: config.refusal.error,
            reference_claims: config.reference_claims.clone(),
            require_high: config.require_high,
        }
    }
}

/// The protocol of BankID Norway, as one policy configures it.
pub struct BankIdNo {
    rules: Rules,
    directory: Arc<dyn Directory>,
}

impl BankIdNo {
    /// The protocol under `rules`. What is known of the provider comes from `directory`, which knows it before a request is
    /// recognised.
    #[must_use]
    pub fn new(rules: Rules, directory: Arc<dyn Directory>) -> Self {
        Self { rules, directory }
    }

    fn called(&self, method: &str, path: &str) -> Called {
        let known = self.directory.known();
        known.map_or(Called::UnknownPath, |known| paths::recognise(&known.discovery, method, path))
    }

    /// What a token says, once it is verified.
    fn believed(&self, known: &Known, token: &str, client: Option<&str>) -> Result<Claims, Unverified> {
        let expected = Expected {
            issuer: known.discovery.issuer(),
            client,
            announced: known.discovery.algorithms(),
            now: self.directory.now(),
        };
        verify(token, &known.keys, &expected)
    }

    fn read_tokens(
        &self,
        request: &Repeatable<'_>,
        tokens: &Tokens,
    ) -> Result<(Exchanged, Shown), Unreadable> {
        let form = |what: &str| Unreadable::Form(what.to_owned());
        let known = self.directory.known().ok_or_else(|| form("the provider's keys are not known"))?;
        let asked = token_request(request).map_err(|error| Unreadable::Form(error.to_string()))?;
        let id = match &tokens.id {
            Some(token) => {
                let client = asked.client.as_deref();
                let client =
                    client.ok_or_else(|| form("the request names no client that a token could be for"))?;
                Some(
                    self.believed(&known, token, Some(client))
                        .map_err(|error| unbelieved("ID token", error))?,
                )
            }
            None => None,
        };
        let mut login = Login::read(tokens, id.as_ref(), None, &self.rules.reference_claims);
        if login.reference.is_none() {
            // An access token is for others, and need not be one that can be read: what cannot be verified says nothing.
            let access = self.believed(&known, &tokens.access, None).ok();
            login = Login::read(tokens, id.as_ref(), access.as_ref(), &self.rules.reference_claims);
        }
        let shown = Shown {
            operation: Some(if login.signed { Operation::Sign } else { Operation::Login }),
            assurance: login.level.map(Level::number),
            renewed: asked.grant == Grant::RefreshToken,
            unreferenced: login.reference.is_none(),
        };
        let completed = Completed {
            indicators: login.level.map(|level| format!("LoA{}", level.number())).into_iter().collect(),
            subject: login.subject,
            ..Completed::default()
        };
        let reference = login.reference.unwrap_or_else(|| hashed(&[tokens.access.as_bytes()]));
        Ok((Exchanged::Complete { reference, completed }, shown))
    }
}

fn token_request(request: &Repeatable<'_>) -> Result<TokenRequest, Malformed> {
    let authorization = request.authorization.and_then(|value| std::str::from_utf8(value).ok());
    TokenRequest::read(request.body, authorization)
}

fn unbelieved(what: &str, error: Unverified) -> Unreadable {
    match error {
        Unverified::UnknownKey => Unreadable::UnknownKey,
        other => Unreadable::Form(format!("the {what} is not believed: {other}")),
    }
}

/// A name for what cannot be told by anything shorter; each part with its length, so that no two lists have one name.
fn hashed(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex::prefixed("sha256:", &hash.finalize())
}

impl Protocol for BankIdNo {
    fn provider(&self) -> Provider {
        Provider::BankIdNo
    }

    fn takes(&self, _recognised: Recognised) -> Takes {
        FORMS
    }

    fn request_headers(&self) -> &'static [&'static str] {
        // The client's own credentials, the user's access token, and the proof that a token is bound to a key.
        &["authorization", "dpop"]
    }

    fn recognise(&self, method: &str, path: &str, body: &[u8]) -> Recognised {
        match self.called(method, path) {
            Called::Endpoint(Endpoint::Token) => {
                let grant = TokenRequest::read(body, None).map(|request| request.grant);
                match grant {
                    Ok(Grant::ClientCredentials) => Recognised::Pass,
                    // What cannot be read is refused when it is prepared.
                    _ => Recognised::Exchange(Operation::Login),
                }
            }
            Called::Configuration | Called::Authorization | Called::Endpoint(_) => Recognised::Pass,
            Called::OtherMethod => Recognised::OtherMethod("POST, or GET where there is nothing to send,"),
            Called::UnknownPath => Recognised::UnknownPath,
        }
    }

    fn may_turn_out(&self, operation: Operation) -> &'static [Operation] {
        // A code is exchanged for tokens in one way; that the user signed something stands in the answer.
        if operation == Operation::Login { &[Operation::Sign] } else { &[] }
    }

    fn address(&self, path: &str) -> Option<String> {
        let known = self.directory.known()?;
        let (plain, query) = path.split_once('?').map_or((path, None), |(plain, query)| (plain, Some(query)));
        let discovery = &known.discovery;
        let endpoint = discovery.endpoint_at(plain).and_then(|endpoint| discovery.endpoint(endpoint));
        let authorization = || discovery.authorization().filter(|uri| uri.path() == plain);
        let uri = endpoint.or_else(authorization)?;
        Some(query.map_or_else(|| uri.to_string(), |query| format!("{uri}?{query}")))
    }

    fn prepare(
        &self,
        _operation: Operation,
        body: &Bytes,
        _given: &Given,
        _mode: Mode,
    ) -> Result<Prepared, Malformed> {
        TokenRequest::read(body, None)?;
        Ok(Prepared {
            body: body.clone(),
            attached: Vec::new(),
            lint: Vec::new(),
            application_threshold: None,
            carried: RequirementSet::default(),
            subject: None,
            client_ip: None,
            user_agent: None,
        })
    }

    fn tighten(
        &self,
        _operation: Operation,
        body: &Bytes,
        _require: &[Requirement],
    ) -> Result<Tightened, Malformed> {
        // When tokens are asked for, the user has logged in already.
        Ok(Tightened { body: body.clone(), attached: Vec::new(), carried: RequirementSet::default() })
    }

    fn reference(&self, _path: &str, _body: &[u8]) -> Result<String, Malformed> {
        Err(Malformed::Unreadable("nothing asks for a result by its reference".to_owned()))
    }

    fn read_started(&self, status: u16, _body: &[u8]) -> Result<Started, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn repeat_key(&self, request: &Repeatable<'_>) -> Option<String> {
        let authorization = request.authorization.unwrap_or_default();
        Some(hashed(&[request.path.as_bytes(), authorization, request.body]))
    }

    fn read_answer(
        &self,
        request: &Repeatable<'_>,
        _operation: Operation,
        status: u16,
        body: &[u8],
    ) -> Result<(Exchanged, Shown), Unreadable> {
        match TokenAnswer::read(status, body)? {
            TokenAnswer::Tokens(tokens) => self.read_tokens(request, &tokens),
            TokenAnswer::Refused => Ok((Exchanged::Refused, Shown::default())),
        }
    }

    fn read_result(
        &self,
        _reference: &str,
        _road: Road,
        status: u16,
        _body: &[u8],
    ) -> Result<Reading, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn read_cancelled(&self, status: u16, _body: &[u8]) -> Result<Cancelled, Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn pass(&self, passing: &Passing<'_>) -> Result<Bytes, Unreadable> {
        let known = || self.directory.known().ok_or(Unreadable::Status(passing.status));
        let discovery = known()?;
        let discovery = &discovery.discovery;
        let path = passing.path;
        if path == paths::configuration_path(discovery.issuer()) && passing.status == 200 {
            let unusable = |error: super::DiscoveryError| Unreadable::Form(error.to_string());
            let fresh = Discovery::read(passing.body, discovery.issuer()).map_err(unusable)?;
            return fresh.rewritten(&format!("http://{}", passing.host)).map_err(unusable);
        }
        if discovery.endpoint_at(path) == Some(Endpoint::Token)
            && let TokenAnswer::Tokens(Tokens { id: Some(_), .. }) =
                TokenAnswer::read(passing.status, passing.body)?
        {
            // A user's login would pass unjudged.
            return Err(Unreadable::Form("an ID token for a client that asked for itself".to_owned()));
        }
        Ok(passing.body.clone())
    }

    fn passed_on(&self, path: &str, body: &Bytes) -> Result<Bytes, Malformed> {
        match self.called("POST", path) {
            Called::Endpoint(Endpoint::PushedAuthorization) if self.rules.require_high => {
                super::pushed::tighten(body)
            }
            _ => Ok(body.clone()),
        }
    }

    fn read_probe(&self, status: u16, _body: &[u8]) -> Result<(), Unreadable> {
        Err(Unreadable::Status(status))
    }

    fn without_indication(&self, _operation: Option<Operation>) -> Assessment {
        // Its own indication is a source of its own, for banks only (other-systems.md section A.2).
        Assessment::NotApplicable
    }

    fn refuse_start(&self, details: &str) -> Answer {
        answers::block(self.rules.refusal.word(), details)
    }

    fn refuse_result(&self, _reference: &str, _road: Road) -> Answer {
        answers::block(self.rules.refusal.word(), "the result is withheld")
    }

    fn refuse_exchanged(&self, _operation: Operation, verdict: Verdict, _answer: &[u8]) -> Answer {
        match verdict {
            Verdict::Challenge => {
                answers::challenge("a stronger login is needed (riskgate); start another with acr_values")
            }
            Verdict::Allow | Verdict::Block => answers::block(
                self.rules.refusal.word(),
                "the login is refused because of its risk (riskgate)",
            ),
        }
    }

    fn pending(&self, _reference: &str, _road: Road) -> Answer {
        answers::fault(Fault::Maintenance, "still running, ask again")
    }

    fn fault(&self, fault: Fault, details: &str) -> Answer {
        answers::fault(fault, details)
    }

    fn in_place_of(&self, status: u16, details: &str) -> Answer {
        answers::in_place_of(status, details)
    }
}

impl std::fmt::Debug for BankIdNo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankIdNo").field("rules", &self.rules).finish_non_exhaustive()
    }
}
