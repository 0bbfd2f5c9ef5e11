//! From request to answer: the security data service (other-systems.md section A.6), and the login beside it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::jobs::{Due, Jobs};
use super::keys::Key;
use super::logins::Logins;
use super::openid;
use super::script::{Script, Scripted};
use crate::clock::Clock;
use crate::front::Provider;
use crate::http::{Answer, Exchange};
use crate::sync::lock;

/// Where the service is.
const PREFIX: &str = "/securityData/";

/// The stand-in.
#[derive(Debug)]
pub(crate) struct BankIdNo {
    pub(super) clock: Clock,
    /// Scheme, host and port, as applications reach it.
    pub(super) base: String,
    pub(super) key: Key,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) scripts: Scripts,
    pub(super) jobs: Jobs,
    pub(super) logins: Logins,
}

/// Which transaction gets which script.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Scripts {
    /// For those that nothing else is said about.
    pub(super) default: Script,
    /// By transaction.
    pub(super) transactions: BTreeMap<String, Script>,
    /// For the next ones, one each.
    pub(super) next: VecDeque<Script>,
}

/// How the service behaves where its users differ.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// How long a client must wait between two looks, in seconds.
    pub(super) poll_seconds: f64,
    /// Whether only transactions that a script names are known; others get 404.
    pub(super) only_scripted: bool,
    /// The access tokens that are taken; none: every one.
    pub(super) tokens: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { poll_seconds: 5.0, only_scripted: false, tokens: Vec::new() }
    }
}

impl Provider for BankIdNo {
    const NAME: &'static str = "bankid-no";

    async fn answer(&self, exchange: &Exchange) -> Answer {
        if openid::serves(exchange.path()) {
            return self.log_in(exchange);
        }
        let Some(tid) = transaction(exchange.path()) else {
            return error(StatusCode::NOT_FOUND, "not_found");
        };
        if exchange.parts.method != Method::GET {
            return error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
        }
        let authorization = exchange.parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        self.look(tid, authorization)
    }
}

impl BankIdNo {
    /// The stand-in that is reached at `base`. Fails where the system gives no randomness for its key.
    pub(crate) fn new(clock: Clock, base: String) -> Result<Self, ring::error::Unspecified> {
        Ok(Self { clock, base, key: Key::generate()?, state: Mutex::default() })
    }

    fn look(&self, tid: &str, authorization: Option<&[u8]>) -> Answer {
        let mut state = lock(&self.state);
        let State { settings, scripts, jobs, logins } = &mut *state;
        if !settings.takes(authorization) {
            return unauthorized();
        }
        let of_login = logins.script(tid).filter(|_| !scripts.transactions.contains_key(tid));
        let named = of_login.is_some() || scripts.transactions.contains_key(tid) || !scripts.next.is_empty();
        if settings.only_scripted && !named && jobs.seen(tid).is_none() {
            return error(StatusCode::NOT_FOUND, "unknown_tid");
        }
        let floor = Duration::try_from_secs_f64(settings.poll_seconds).unwrap_or_default();
        let (due, script) = jobs
            .look(tid, self.clock.now(), floor, || of_login.cloned().unwrap_or_else(|| scripts.choose(tid)));
        match due {
            Due::Began => Answer::empty(StatusCode::ACCEPTED),
            Due::Collecting => Answer::empty(StatusCode::NO_CONTENT),
            Due::Data => Answer::json(StatusCode::OK, script.data(tid).to_string()),
            Due::Gone => error(StatusCode::GONE, "no_longer_available"),
            Due::TooFast => too_fast(settings.poll_seconds),
            Due::Scripted(scripted) => of_script(scripted),
        }
    }
}

impl Scripts {
    /// The script of a login, whose transaction nobody knows yet.
    pub(super) fn for_login(&mut self) -> Script {
        self.next.pop_front().unwrap_or_else(|| self.default.clone())
    }

    fn choose(&mut self, tid: &str) -> Script {
        let named = self.transactions.get(tid).cloned();
        named.or_else(|| self.next.pop_front()).unwrap_or_else(|| self.default.clone())
    }
}

impl Settings {
    fn takes(&self, authorization: Option<&[u8]>) -> bool {
        let token = authorization
            .and_then(|value| value.strip_prefix(b"Bearer "))
            .and_then(|token| std::str::from_utf8(token).ok())
            .filter(|token| !token.is_empty());
        token.is_some_and(|token| self.tokens.is_empty() || self.tokens.iter().any(|known| known == token))
    }
}

/// The transaction that a path names.
pub(super) fn transaction(path: &str) -> Option<&str> {
    path.strip_prefix(PREFIX).filter(|tid| !tid.is_empty() && !tid.contains('/'))
}

fn unauthorized() -> Answer {
    let mut answer = error(StatusCode::UNAUTHORIZED, "invalid_token");
    answer.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\"")));
    answer
}

fn too_fast(seconds: f64) -> Answer {
    let mut answer = error(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
    answer
        .headers
        .extend(HeaderValue::from_str(&seconds.ceil().to_string()).map(|value| (RETRY_AFTER, value)));
    answer
}

fn of_script(Scripted { status, retry_after, body }: Scripted) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = match body {
        Some(body) => Answer::json(status, body),
        None if status.is_success() => Answer::empty(status),
        None => error(status, "scripted"),
    };
    answer.headers.extend(retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
    answer
}

fn error(status: StatusCode, code: &str) -> Answer {
    Answer::json(status, json!({ "error": code, "error_description": "as scripted or due" }).to_string())
}
