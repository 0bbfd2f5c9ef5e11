//! One call of the protocol, as a golden input writes it.

use std::net::IpAddr;

use riskgate_core::config::{Mode, Refusal};
use riskgate_core::{Operation, Requirement, Start};
use riskgate_wire::Given;
use serde::Deserialize;

/// A call with its arguments; `refusal` is that of the policy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Call {
    #[serde(rename_all = "camelCase")]
    Prepare {
        operation: Operation,
        #[serde(default)]
        mode: Mode,
        #[serde(default)]
        given: GivenText,
        body: String,
    },
    Tighten {
        operation: Operation,
        require: Vec<Requirement>,
        body: String,
    },
    Reference {
        body: String,
    },
    ReadStarted {
        status: u16,
        body: String,
    },
    ReadResult {
        reference: String,
        status: u16,
        body: String,
    },
    ReadCancelled {
        status: u16,
        body: String,
    },
    ReadProbe {
        status: u16,
        body: String,
    },
    RefuseStart {
        #[serde(default)]
        refusal: Refusal,
        details: String,
    },
    RefuseResult {
        #[serde(default)]
        refusal: Refusal,
        reference: String,
    },
    Pending {
        reference: String,
    },
    Fault {
        fault: String,
        details: String,
    },
    InPlaceOf {
        status: u16,
        details: String,
    },
}

/// [`Given`] as text.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct GivenText {
    start: Option<Start>,
    client_ip: Option<IpAddr>,
    user_agent: Option<String>,
    referring_domain: Option<String>,
    app_identifier: Option<String>,
    device_os: Option<String>,
    device_model: Option<String>,
    device_identifier: Option<String>,
    hash_device_identifier: bool,
}

impl GivenText {
    pub(crate) fn given(&self) -> Given {
        Given {
            start: self.start,
            client_ip: self.client_ip,
            user_agent: self.user_agent.clone(),
            referring_domain: self.referring_domain.clone(),
            app_identifier: self.app_identifier.clone(),
            device_os: self.device_os.clone(),
            device_model: self.device_model.clone(),
            device_identifier: self.device_identifier.clone(),
            hash_device_identifier: self.hash_device_identifier,
            ..Given::default()
        }
    }
}
