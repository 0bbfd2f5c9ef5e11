//! BankID Norway: its environments resolved to an issuer.

use riskgate_core::config::BankIdNoConfig;

use super::NOWHERE;
use crate::compile::Problem;
use crate::provider::BankIdNo;

/// The configuration of one entry of this kind.
pub(super) fn resolve(path: &str, bankid: &BankIdNo, problems: &mut Vec<Problem>) -> BankIdNoConfig {
    let mut problem = |field: &str, message: String| {
        problems.push(Problem { path: format!("{path}.{field}"), message });
    };
    let own = bankid.environment.issuer();
    if let Some(own) = own {
        let advice = "leave this out, or write environment: Custom";
        if bankid.issuer.is_some() {
            problem("issuer", format!("this environment's issuer is {own}; {advice}"));
        }
        if bankid.trust_bundle_ref.is_some() {
            problem("trustBundleRef", format!("{own} is trusted by the public web's roots; {advice}"));
        }
    } else if bankid.issuer.is_none() {
        problem("issuer", "environment Custom needs it; write https://HOST/PATH".to_owned());
    }
    let issuer = own.map(str::to_owned).or_else(|| bankid.issuer.clone());
    BankIdNoConfig {
        issuer: issuer.unwrap_or_else(|| NOWHERE.to_owned()),
        trust_bundle_ref: bankid.trust_bundle_ref.clone(),
        reference_claims: bankid.reference_claims.clone(),
        require_high: bankid.require_high,
        refusal: bankid.refusal,
        when_order_unknown: bankid.when_order_unknown,
    }
}
