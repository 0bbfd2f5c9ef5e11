//! Provider entries: environments resolved to endpoint and trust.

mod bankid_no;
mod bankid_se;

use std::collections::HashMap;

use riskgate_core::config::{self, ProviderConfig, ProviderKind};

use super::Problem;
use crate::provider::ProviderEntry;

/// Where an entry points that cannot be resolved, so that the rest of the policy is checked all the same. It never gets
/// into a configuration: the entry is a problem already.
const NOWHERE: &str = "https://unresolved.invalid";

/// The configuration of one entry.
pub(super) fn resolve(path: &str, entry: &ProviderEntry, problems: &mut Vec<Problem>) -> ProviderConfig {
    let ProviderEntry { name, listen, bank_id_se, bank_id_no, tic_identity, one_span } = entry;
    let swedish = bank_id_se
        .as_ref()
        .map(|bankid| bankid_se::resolve(&format!("{path}.bankIdSe"), bankid, problems))
        .map(ProviderKind::BankIdSe);
    let norwegian = bank_id_no
        .as_ref()
        .map(|bankid| bankid_no::resolve(&format!("{path}.bankIdNo"), bankid, problems))
        .map(ProviderKind::BankIdNo);
    let tic = tic_identity.clone().map(ProviderKind::TicIdentity);
    let one_span = one_span.clone().map(ProviderKind::OneSpan);
    let mut kinds = [swedish, norwegian, tic, one_span].into_iter().flatten();
    let kind = match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind,
        _ => {
            let message = "one kind of provider is needed in each entry; write one of bankIdSe: { environment: Test, clientCertificateRefs: [{ name: SECRET }] }, bankIdNo: { environment: Test }, ticIdentity: {}, oneSpan: { endpoint: https://HOST }";
            problems.push(Problem { path: path.to_owned(), message: message.to_owned() });
            ProviderKind::BankIdSe(bankid_se::unresolved())
        }
    };
    ProviderConfig { name: name.clone(), listen: config::Listen { port: listen.port }, kind }
}

/// One variable cannot point at two providers.
pub(super) fn check_env(providers: &[ProviderEntry], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, String> = HashMap::new();
    for (index, entry) in providers.iter().enumerate() {
        for (at, variable) in entry.listen.env.iter().enumerate() {
            let path = format!("spec.providers[{index}].listen.env[{at}]");
            match seen.get(variable.as_str()) {
                Some(first) => problems.push(Problem {
                    message: format!("{variable} is set by {first} already; write another variable"),
                    path,
                }),
                None => drop(seen.insert(variable, path)),
            }
        }
    }
}
