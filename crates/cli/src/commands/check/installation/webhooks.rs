//! Whether API servers are told to call the webhooks, and by which CAs they trust them.

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::unasked;
use crate::cluster::Cluster;
use crate::commands::check::report::Check;

/// The webhooks that ship, by whatever name their configurations have.
const NAMES: [&str; 3] =
    ["pod.inject.riskgate.dev", "namespace.inject.riskgate.dev", "policy.validate.riskgate.dev"];
/// A CA that ends so soon should have a successor by now.
const SOON: i64 = 14;
/// Who puts it right.
const KEEPER: &str = "the operator's leader writes it, look at its log; with webhook.certificates.mode: existingSecret, whoever keeps the \
                      Secret must write caBundle, such as cert-manager by webhook.annotations";

/// A webhook as the API server has it.
struct Webhook {
    configuration: String,
    name: String,
    bundle: Vec<u8>,
}

pub(super) async fn check(cluster: &Cluster, checks: &mut Vec<Check>) {
    let found = match find(cluster).await {
        Ok(found) => found,
        Err(error) => return checks.push(unasked("webhooks", &error)),
    };
    let missing: Vec<&str> =
        NAMES.into_iter().filter(|name| found.iter().all(|webhook| webhook.name != *name)).collect();
    if !missing.is_empty() {
        let seen = format!("no API server calls {}", missing.join(", "));
        return checks.push(Check::failed(
            "webhooks",
            seen,
            "run helm upgrade with the chart of this version",
        ));
    }
    let mut configurations: Vec<&str> = found.iter().map(|webhook| webhook.configuration.as_str()).collect();
    configurations.dedup();
    checks.push(Check::passed(
        "webhooks",
        format!("API servers call them by {}", configurations.join(" and ")),
    ));
    checks.push(certificates(&found, Timestamp::now()));
}

async fn find(cluster: &Cluster) -> kube::Result<Vec<Webhook>> {
    let all = ListParams::default();
    let mutating: Api<MutatingWebhookConfiguration> = Api::all(cluster.client.clone());
    let validating: Api<ValidatingWebhookConfiguration> = Api::all(cluster.client.clone());
    let webhook = |kind: &str, of: &str, name: String, bundle: Option<ByteString>| Webhook {
        configuration: format!("{kind} {of}"),
        name,
        bundle: bundle.map(|bytes| bytes.0).unwrap_or_default(),
    };
    let mut found = Vec::new();
    for configuration in mutating.list(&all).await? {
        let of = configuration.name_any();
        let webhooks = configuration.webhooks.unwrap_or_default().into_iter();
        found.extend(webhooks.map(|it| webhook("mutating", &of, it.name, it.client_config.ca_bundle)));
    }
    for configuration in validating.list(&all).await? {
        let of = configuration.name_any();
        let webhooks = configuration.webhooks.unwrap_or_default().into_iter();
        found.extend(webhooks.map(|it| webhook("validating", &of, it.name, it.client_config.ca_bundle)));
    }
    found.retain(|webhook| NAMES.contains(&webhook.name.as_str()));
    Ok(found)
}

fn certificates(webhooks: &[Webhook], now: Timestamp) -> Check {
    let mut last = i64::MAX;
    for webhook in webhooks {
        let name = &webhook.name;
        let ends = match ends(&webhook.bundle) {
            Ok(ends) => ends,
            Err(what) => return Check::failed("certificates", format!("{name}: {what}"), KEEPER),
        };
        // The one that holds longest is the one that signs next.
        last = last.min(ends.into_iter().max().unwrap_or(i64::MIN));
    }
    let days = (last - now.as_second()).div_euclid(24 * 60 * 60);
    if last <= now.as_second() {
        return Check::failed("certificates", "every CA that API servers trust has expired", KEEPER);
    }
    let seen = format!("API servers trust a CA for {days} more days");
    if days < SOON {
        Check::warned("certificates", seen, KEEPER)
    } else {
        Check::passed("certificates", seen)
    }
}

/// When each CA of a bundle ends, in seconds since 1970.
fn ends(bundle: &[u8]) -> Result<Vec<i64>, String> {
    if bundle.is_empty() {
        return Err("it has no caBundle".to_owned());
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
    let certificates = certificates.map_err(|_| "its caBundle is not PEM".to_owned())?;
    let end = |der: &CertificateDer<'_>| {
        let parsed =
            X509Certificate::from_der(der).map_err(|_| "its caBundle holds no certificate".to_owned())?;
        Ok(parsed.1.validity().not_after.timestamp())
    };
    certificates.iter().map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::check::report::Grade;

    /// BankID's root for test: a certificate that ends in 2034.
    const CERTIFICATE: &[u8] = include_bytes!("../../../../../sources/roots/bankid-test.pem");

    fn of(bundle: &[u8], now: &str) -> Check {
        let webhook = |name: &str| Webhook {
            configuration: String::new(),
            name: name.to_owned(),
            bundle: bundle.to_vec(),
        };
        certificates(&NAMES.map(webhook), now.parse().unwrap())
    }

    #[test]
    fn a_ca_is_told_before_it_ends() {
        let end = ends(CERTIFICATE).unwrap()[0];
        let at = |days: i64| Timestamp::from_second(end - days * 86_400).unwrap().to_string();
        for (days, grade) in
            [(30, Grade::Passed), (13, Grade::Warned), (0, Grade::Failed), (-1, Grade::Failed)]
        {
            assert_eq!(of(CERTIFICATE, &at(days)).result, grade, "{days}");
        }
        assert!(of(b"", &at(30)).seen.contains("no caBundle"));
        assert!(of(b"-----BEGIN CERTIFICATE-----\n", &at(30)).seen.contains("not PEM"));
    }
}
