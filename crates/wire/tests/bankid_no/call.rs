//! One call, as a golden input writes it, and what it gives.

use bytes::Bytes;
use riskgate_wire::bankid_no::{Discovery, Login, TokenAnswer, TokenRequest, Tokens};
use riskgate_wire::jose::Claims;
use riskgate_wire::{Answer, bankid_no};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::FAULTS;

/// A call with its arguments; documents and bodies are texts where single bytes matter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Call {
    Discovery {
        issuer: String,
        document: Value,
        base: String,
    },
    #[serde(rename_all = "camelCase")]
    DiscoveryText {
        issuer: String,
        text: String,
    },
    Recognise {
        issuer: String,
        document: Value,
        requests: Vec<(String, String)>,
    },
    TokenRequest {
        body: String,
        authorization: Option<String>,
    },
    TokenAnswer {
        status: u16,
        body: String,
    },
    Login {
        scope: Option<String>,
        id: Option<Map<String, Value>>,
        access: Option<Map<String, Value>>,
        places: Vec<String>,
    },
    Tighten {
        body: String,
    },
    Block {
        error: String,
        description: String,
    },
    Challenge {
        description: String,
    },
    Fault {
        fault: String,
        description: String,
    },
    InPlaceOf {
        status: u16,
        description: String,
    },
}

impl Call {
    /// Makes the call.
    pub(crate) fn outcome(&self) -> Value {
        match self {
            Self::Discovery { issuer, document, base } => discovery(issuer, &document.to_string(), |read| {
                let rewritten = read.rewritten(base).unwrap();
                json!({
                    "rewritten": serde_json::from_slice::<Value>(&rewritten).unwrap(),
                    "keys": read.keys().to_string(),
                    "algorithms": read.algorithms().iter().map(|one| format!("{one:?}")).collect::<Vec<_>>(),
                    "securityData": read.security_data(),
                })
            }),
            Self::DiscoveryText { issuer, text } => discovery(issuer, text, |_| json!("read")),
            Self::Recognise { issuer, document, requests } => {
                discovery(issuer, &document.to_string(), |read| {
                    let called = requests.iter().map(|(method, path)| {
                        let called = bankid_no::recognise(&read, method, path);
                        (format!("{method} {path}"), json!(format!("{called:?}")))
                    });
                    Value::Object(called.collect())
                })
            }
            Self::TokenRequest { body, authorization } => {
                match TokenRequest::read(body.as_bytes(), authorization.as_deref()) {
                    Ok(read) => json!({ "grant": format!("{:?}", read.grant), "client": read.client }),
                    Err(error) => json!({ "error": error.to_string() }),
                }
            }
            Self::TokenAnswer { status, body } => match TokenAnswer::read(*status, body.as_bytes()) {
                Ok(TokenAnswer::Tokens(tokens)) => {
                    json!({ "id": tokens.id, "access": tokens.access, "scope": tokens.scope })
                }
                Ok(TokenAnswer::Refused) => json!("refused"),
                Err(error) => json!({ "error": error.to_string() }),
            },
            Self::Login { scope, id, access, places } => {
                let tokens = Tokens { id: None, access: String::new(), scope: scope.clone() };
                let [id, access] = [id, access].map(|claims| claims.clone().map(Claims::from));
                let login = Login::read(&tokens, id.as_ref(), access.as_ref(), places);
                json!({
                    "reference": login.reference,
                    "subject": login.subject,
                    "level": login.level.map(bankid_no::Level::number),
                    "signed": login.signed,
                })
            }
            Self::Tighten { body } => {
                let body = Bytes::from(body.clone());
                match bankid_no::tighten(&body) {
                    Ok(tightened) if tightened == body => json!({ "asSent": true }),
                    Ok(tightened) => json!({ "body": std::str::from_utf8(&tightened).unwrap() }),
                    Err(error) => json!({ "error": error.to_string() }),
                }
            }
            Self::Block { error, description } => answer(&bankid_no::block(error, description)),
            Self::Challenge { description } => answer(&bankid_no::challenge(description)),
            Self::Fault { fault, description } => {
                let (_, named) = FAULTS.into_iter().find(|(name, _)| name == fault).unwrap();
                answer(&bankid_no::fault(named, description))
            }
            Self::InPlaceOf { status, description } => answer(&bankid_no::in_place_of(*status, description)),
        }
    }
}

fn discovery(issuer: &str, text: &str, show: impl FnOnce(Discovery) -> Value) -> Value {
    match Discovery::read(&Bytes::from(text.to_owned()), issuer) {
        Ok(read) => show(read),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn answer(answer: &Answer) -> Value {
    json!({
        "status": answer.status,
        "contentType": answer.content_type,
        "body": serde_json::from_slice::<Value>(&answer.body).unwrap(),
    })
}
