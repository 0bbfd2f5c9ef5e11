//! `completionData`, its members in the order of the wire (`bankid-se.md section 4`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ocsp;
use super::order::Facts;
use super::script::{Start, StepUp};
use super::signature::{Signer, Signing};

/// Who completes orders that name nobody (`bankid-se.md section 11`, the newer example).
const SOMEBODY: &str = "200001012384";
/// Where other devices are: an address for documentation.
const ELSEWHERE: &str = "198.51.100.7";
const ISSUE_DATE: &str = "2023-04-01Z";

/// What a complete answer carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompletionData {
    user: User,
    device: Device,
    bank_id_issue_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_up: Option<StepUp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ocsp_response: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    personal_number: String,
    name: String,
    given_name: String,
    surname: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uhi: Option<String>,
}

impl CompletionData {
    pub(crate) fn of(facts: &Facts, signer: &Signer, now: Timestamp) -> Self {
        let script = facts.script();
        let user = user(facts);
        let same_device = facts.start() == Start::Autostart;
        let address = facts.request.end_user_ip.filter(|_| same_device).map(|address| address.to_string());
        let device = Device {
            ip_address: script.device.ip_address.or(|| Some(address.unwrap_or_else(|| ELSEWHERE.to_owned()))),
            uhi: script.device.uhi.or(|| Some(uhi(&user.personal_number))),
        };
        let signing = Signing {
            request: &facts.request,
            display_name: facts
                .certificate
                .as_ref()
                .and_then(|certificate| certificate.display_name.as_deref()),
            uhi: device.uhi.as_deref().unwrap_or_default(),
        };
        let signature = script.signature.or(|| Some(signer.sign(&signing)));
        let ocsp_response = || Some(ocsp::response(signature.as_deref().unwrap_or_default(), now));
        let asked_for_risk = facts.request.return_risk || facts.request.risk_limit.is_some();
        Self {
            user,
            device,
            bank_id_issue_date: script.bank_id_issue_date.clone().unwrap_or_else(|| ISSUE_DATE.to_owned()),
            step_up: script.step_up.or_else(|| facts.request.mrtd.then_some(StepUp { mrtd: true })),
            ocsp_response: script.ocsp_response.or(ocsp_response),
            signature,
            risk: if asked_for_risk { facts.risk() } else { None },
        }
    }
}

fn user(facts: &Facts) -> User {
    let scripted = &facts.script().user;
    let or = |text: &Option<String>, usual: &str| text.clone().unwrap_or_else(|| usual.to_owned());
    let given_name = or(&scripted.given_name, "Alex");
    let surname = or(&scripted.surname, "Johnson");
    User {
        personal_number: or(
            &scripted.personal_number,
            facts.request.personal_number.as_deref().unwrap_or(SOMEBODY),
        ),
        name: or(&scripted.name, &format!("{given_name} {surname}")),
        given_name,
        surname,
    }
}

/// The base64 of 20 bytes, the same for each use of the same person's device.
fn uhi(personal_number: &str) -> String {
    let digest = Sha256::digest(personal_number);
    BASE64_STANDARD.encode(digest.get(..20).unwrap_or(&digest))
}
