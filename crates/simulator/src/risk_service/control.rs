//! The part of the control API below `/v1/risk-service/`.

use http::Method;
use serde_json::Value;

use super::api::RiskService;
use super::script::{Script, Scripts};
use crate::control::{Call, ControlError, ProviderControl, to_json};
use crate::front::Provider;
use crate::sync::lock;

const ROUTES: &[(&str, &str)] = &[
    ("GET /v1/risk-service/scripts", "default and addresses, as they are now; PUT replaces them all"),
    ("PUT /v1/risk-service/scripts/default", "SCRIPT: for transactions that nothing else is said about"),
    ("PUT /v1/risk-service/scripts/addresses/ADDRESS", "SCRIPT: for this address of a user or device"),
];

impl ProviderControl for RiskService {
    fn name(&self) -> &'static str {
        <Self as Provider>::NAME
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        ROUTES
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let scripts = &mut *lock(&self.scripts);
        match (call.method, call.segments) {
            (&Method::GET, ["scripts"]) => {}
            (&Method::PUT, ["scripts"]) => *scripts = call.body()?,
            (&Method::PUT, ["scripts", "default"]) => scripts.default = call.body()?,
            (&Method::PUT, ["scripts", "addresses", address]) => {
                let parsed = address
                    .parse()
                    .map_err(|_| ControlError::Invalid(format!("{address}: not an address")))?;
                scripts.addresses.insert(parsed, call.body::<Script>()?);
            }
            _ => return Err(ControlError::NotFound),
        }
        to_json(scripts)
    }

    /// Whatever the policy's `url` names.
    fn serves(&self, path: &str) -> bool {
        path == "/assess"
    }

    fn reset(&self) {
        *lock(&self.scripts) = Scripts::default();
    }
}
