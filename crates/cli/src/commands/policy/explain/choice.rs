//! The question that a command line asks of a policy, and what in it the policy does not have.

use riskgate_core::config::{ProviderConfig, SidecarConfig};
use riskgate_core::{Operation, Provider, signal::PROVIDER_SOURCE};

use super::question::Question;

/// What the policy does not have, or the provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotThere {
    #[error("the policy has no provider {name:?}; write --provider with one of: {names}")]
    Provider { name: String, names: String },
    #[error("several providers of the policy could be meant; write --provider with one of: {names}")]
    WhichProvider { names: String },
    #[error("{provider} has no operation {operation}; write --operation with one of: {operations}")]
    Operation { provider: String, operation: Operation, operations: String },
    #[error(
        "no provider of the policy has the operation {operation}; write --operation with one of: {operations}"
    )]
    NoOperation { operation: Operation, operations: String },
    #[error("the policy has no source {name:?}; {advice}")]
    Source { name: String, advice: String },
    #[error("what does {provider} say? Write --risk low, moderate, high or absent")]
    Risk { provider: String },
    #[error("--risk and --signal provider=… both say what the provider indicates; write one")]
    TwoRisks,
    #[error(
        "{option} is of Swedish BankID's orders; leave it out, or write --provider with an entry of kind bankIdSe"
    )]
    NotSwedish { option: &'static str },
    #[error(
        "{provider} gives its result to the request itself, so that no order of it can be unknown; write --operation instead"
    )]
    NoOrders { provider: String },
}

/// The provider entry that is meant: the one that is named; else the only one that has the operation.
pub(super) fn provider<'a>(
    config: &'a SidecarConfig,
    name: Option<&str>,
    operation: Option<Operation>,
) -> Result<&'a ProviderConfig, NotThere> {
    let has = |entry: &&ProviderConfig| {
        operation.is_none_or(|operation| entry.provider().operations().contains(&operation))
    };
    if let Some(name) = name {
        let found = config.providers.iter().find(|entry| entry.name == name);
        let entry = found
            .ok_or_else(|| NotThere::Provider { name: name.to_owned(), names: names(&config.providers) })?;
        return match operation.filter(|_| !has(&entry)) {
            None => Ok(entry),
            Some(operation) => Err(NotThere::Operation {
                provider: entry.name.clone(),
                operation,
                operations: operations(std::slice::from_ref(entry)),
            }),
        };
    }
    let able: Vec<&ProviderConfig> = config.providers.iter().filter(has).collect();
    match (able.as_slice(), operation) {
        ([only], _) => Ok(only),
        ([], Some(operation)) => {
            Err(NotThere::NoOperation { operation, operations: operations(&config.providers) })
        }
        (several, _) => Err(NotThere::WhichProvider { names: names(several.iter().copied()) }),
    }
}

/// Checks that the policy has what a question names, and that the provider has it.
pub(super) fn check(
    config: &SidecarConfig,
    entry: &ProviderConfig,
    asked: &Question,
) -> Result<(), NotThere> {
    for name in asked.sayings.sources().filter(|name| *name != PROVIDER_SOURCE) {
        if config.source(name).is_none() {
            let known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
            let advice = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("write one of: {}, or provider", known.join(", "))
            };
            return Err(NotThere::Source { name: name.to_owned(), advice });
        }
    }
    let provider = || entry.name.clone();
    match (&asked.risk, asked.sayings.of_provider()) {
        (Some(_), Some(_)) => return Err(NotThere::TwoRisks),
        (None, None) if asked.silence().is_none() => return Err(NotThere::Risk { provider: provider() }),
        _ => {}
    }
    let swedish = entry.provider() == Provider::BankIdSe;
    match &asked.order {
        Some(order) if !swedish && order.requirement_risk.is_some() => {
            Err(NotThere::NotSwedish { option: "--requirement-risk" })
        }
        Some(order) if !swedish && !order.carried.is_empty() => {
            Err(NotThere::NotSwedish { option: "--carried" })
        }
        None if entry.provider() == Provider::BankIdNo => Err(NotThere::NoOrders { provider: provider() }),
        _ => Ok(()),
    }
}

fn names<'a>(entries: impl IntoIterator<Item = &'a ProviderConfig>) -> String {
    entries.into_iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn operations(entries: &[ProviderConfig]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for operation in entries.iter().flat_map(|entry| entry.provider().operations()) {
        if !all.contains(&operation.name()) {
            all.push(operation.name());
        }
    }
    all.join(", ")
}
