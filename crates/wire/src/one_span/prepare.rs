//! Completes a request with the risk parameters that it lacks (other-systems.md sections C.3 and C.7).

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{RequirementSet, hex};
use sha2::{Digest, Sha256};

use super::{device, lints};
use crate::given::Given;
use crate::json::{Edits, Object, quoted};
use crate::protocol::{Malformed, Prepared};

pub(super) const CLIENT_IP: &str = "clientIP";
const APPLICATION_REF: &str = "applicationRef";
const SESSION_ID: &str = "sessionID";
const RELATIONSHIP_REF: &str = "relationshipRef";

/// How much longer a completed request usually is than the application's.
const GROWTH: usize = 256;

/// The kinds of request that OneSpan does not assess.
const NOT_ASSESSED: [&str; 2] = ["LoginInput", "TransactionValidationInput"];

/// Whether OneSpan assesses a request. One without an `objectType` is of a kind that has only one form.
pub(super) fn is_assessed(request: &Object<'_>) -> bool {
    request.get("objectType").text().is_none_or(|kind| !NOT_ASSESSED.contains(&kind.as_ref()))
}

pub(super) fn prepare(body: &Bytes, given: &Given, mode: Mode) -> Result<Prepared, Malformed> {
    let request = Object::read(body)?;
    let sent = request.get(CLIENT_IP).text();
    let mut prepared = Prepared {
        body: body.clone(),
        attached: Vec::new(),
        lint: lints::of(&request, sent.as_deref()),
        application_threshold: None,
        carried: RequirementSet::default(),
        subject: None,
        client_ip: sent.as_deref().and_then(|address| address.parse().ok()),
        user_agent: None,
    };
    // OneSpan assesses without them, too, and what the application then does follows the code: in Monitor they would change
    // an outcome. A request that is not assessed takes none.
    if mode == Mode::Monitor || !is_assessed(&request) {
        return Ok(prepared);
    }
    let mut edits = Edits::default();
    match (sent.as_deref(), request.raw(CLIENT_IP)) {
        (None, None) => {
            if let Some(address) = given.client_ip.and_then(dotted) {
                edits.set(CLIENT_IP, quoted(&address.to_string()));
                prepared.attached.push(CLIENT_IP.to_owned());
                prepared.client_ip = Some(address.into());
            }
        }
        (Some(sent), _) => {
            if let Some(address) = repaired(sent) {
                edits.set(CLIENT_IP, quoted(&address.to_string()));
                prepared.client_ip = Some(address.into());
            }
        }
        (None, Some(_)) => {}
    }
    let user = given.user.as_deref().map(|user| user.rsplit_once('@').map_or(user, |(id, _domain)| id));
    let further = [
        (APPLICATION_REF, given.app_identifier.clone()),
        // A hexadecimal string, the same for all that one session does; the session's own token is nobody else's.
        (SESSION_ID, given.session.as_ref().map(|session| hex::prefixed("", &Sha256::digest(session)))),
        // One customer across accounts: the user, where the application says nothing else (section C.3).
        (RELATIONSHIP_REF, user.map(str::to_owned)),
    ];
    for (name, value) in further {
        if let Some(value) = value.filter(|text| !text.is_empty())
            && request.get(name).is_missing()
        {
            edits.set(name, quoted(&value));
            prepared.attached.push(name.to_owned());
        }
    }
    device::attach(&request, given, &mut edits, &mut prepared.attached);
    if !edits.is_empty() {
        prepared.body = edits.apply(Some(&request), body.len() + GROWTH).into();
    }
    Ok(prepared)
}

/// The dotted decimal form, the only one that OneSpan documents: an IPv6 address has none, and is left out.
fn dotted(address: IpAddr) -> Option<Ipv4Addr> {
    match address.to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// The address that was sent in IPv6 clothes.
fn repaired(sent: &str) -> Option<Ipv4Addr> {
    match sent.parse().ok()? {
        IpAddr::V4(_) => None,
        mapped => dotted(mapped),
    }
}
