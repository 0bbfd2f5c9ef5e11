//! Risk parameters that the application did not put in the body: from its request headers, else from the policy.

use std::net::IpAddr;

use riskgate_core::Start;

/// What may be attached to a request, where the request itself does not say it (design.md section 4). Each member is what a
/// header gave, else what the policy gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// How the user started.
    pub start: Option<Start>,
    /// The user's address.
    pub client_ip: Option<IpAddr>,
    /// The user's browser.
    pub user_agent: Option<String>,
    /// The domain that starts the BankID app.
    pub referring_domain: Option<String>,
    /// The application's package or bundle name.
    pub app_identifier: Option<String>,
    /// The device's operating system.
    pub device_os: Option<String>,
    /// The device's model.
    pub device_model: Option<String>,
    /// The browser's or device's identifier.
    pub device_identifier: Option<String>,
    /// The application's own session of the user. Never passed on as it is.
    pub session: Option<String>,
    /// The user that the path of the request names.
    pub user: Option<String>,
    /// Whether the device identifier is always hashed, or only where it is too long.
    pub hash_device_identifier: bool,
}
