//! Completes a session's start with what TIC can assess (other-systems.md section B.2): the user's address and browser, and
//! where its webhook goes.

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use riskgate_core::RequirementSet;
use riskgate_core::config::Mode;
use riskgate_core::ip::is_public;

use super::strict::member;
use crate::bankid_se::is_of_a_server;
use crate::given::Given;
use crate::json::{Edits, Object, quoted};
use crate::lint::Lint;
use crate::protocol::{Malformed, Prepared};

const END_USER_IP: &str = "endUserIp";
const USER_AGENT: &str = "userAgent";
const WEBHOOK_URL: &str = "webhookUrl";

/// How much longer a completed request usually is than the application's.
const GROWTH: usize = 256;

/// Completes a request that starts a session. What the application sent is never overwritten.
pub(super) fn prepare(
    body: &Bytes,
    given: &Given,
    mode: Mode,
    webhook_url: Option<&str>,
) -> Result<Prepared, Malformed> {
    let request = Object::read(body)?;
    let text = |name| Ok::<_, Malformed>(member(&request, name)?.text().map(Cow::into_owned));
    let mut prepared = Prepared {
        body: body.clone(),
        attached: Vec::new(),
        lint: Vec::new(),
        application_threshold: None,
        carried: RequirementSet::default(),
        subject: text("personalNumber")?,
        client_ip: text(END_USER_IP)?.and_then(|address| address.parse().ok()),
        user_agent: text(USER_AGENT)?,
    };
    prepared.lint = lints(&prepared);
    let mut edits = Edits::default();
    let mut attach = |name: &'static str, value: String| {
        edits.set(name, quoted(&value));
        prepared.attached.push(name.to_owned());
    };
    let address: Option<IpAddr> = given.client_ip.map(|address| address.to_canonical());
    if let Some(address) = address
        && mode == Mode::Enforce
        && member(&request, END_USER_IP)?.is_missing()
    {
        attach(END_USER_IP, address.to_string());
        prepared.client_ip = Some(address);
    }
    if let Some(agent) = &given.user_agent
        && member(&request, USER_AGENT)?.is_missing()
    {
        attach(USER_AGENT, agent.clone());
        prepared.user_agent = Some(agent.clone());
    }
    if let Some(url) = webhook_url
        && member(&request, WEBHOOK_URL)?.is_missing()
    {
        attach(WEBHOOK_URL, url.to_owned());
    }
    if !edits.is_empty() {
        prepared.body = edits.apply(Some(&request), body.len() + GROWTH).into();
    }
    Ok(prepared)
}

fn lints(prepared: &Prepared) -> Vec<Lint> {
    [
        (Lint::PrivateEndUserIp, prepared.client_ip.is_some_and(|address| !is_public(address))),
        (Lint::ServerUserAgent, prepared.user_agent.as_deref().is_some_and(is_of_a_server)),
    ]
    .into_iter()
    .filter_map(|(lint, found)| found.then_some(lint))
    .collect()
}

/// The session that a request for its enrichment is about.
pub(super) fn enriched_session(body: &[u8]) -> Result<String, Malformed> {
    let request = Object::read(body)?;
    let said = member(&request, "sessionId")?.text();
    said.and_then(|said| super::session::id(&said)).ok_or(Malformed::Member {
        member: "sessionId",
        expected: "write the session's id, a GUID of 36 characters",
    })
}
