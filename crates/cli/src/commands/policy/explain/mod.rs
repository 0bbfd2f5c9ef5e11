//! `riskgate policy explain`: what would happen with a transaction, and why.

mod question;
mod rehearsal;
mod sentence;
mod text;

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use riskgate_core::config::{Mode, ProviderConfig, SidecarConfig};
use riskgate_core::{Operation, Provider, Verdict};

use self::question::{Check, Limit, Order, Question, Risk};
use self::rehearsal::rehearse;
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::{Choice, load};

/// Tell what would happen with a transaction under a policy, and why
///
/// The transaction runs through the sidecar's own code for protocol and evaluation, with a made-up order and answer in
/// place of the application's and the provider's. With --output json it prints the decision record that the sidecar
/// would write; order and pod in it are made up.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the application gets the provider's answer
  1   the transaction is refused
  2   the command line is wrong, or names what the policy does not have
  78  the policy cannot be used")]
pub(crate) struct ExplainArgs {
    /// The policy, a YAML file; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// What the application asks for
    #[arg(long, value_parser = operation(), ignore_case = true, required_unless_present = "order_unknown")]
    operation: Option<Operation>,
    /// The provider's indication: low, moderate, high, absent, or any text that it might send one day
    #[arg(long, value_name = "RISK")]
    risk: Risk,
    /// The flow that the application names in the header Riskgate-Flow
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// The provider entry, where the policy has several
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The risk that the application itself accepts at most (requirement.risk)
    #[arg(long, value_enum, value_name = "LIMIT")]
    requirement_risk: Option<Limit>,
    /// What the application's order requires already
    #[arg(long, value_enum, ignore_case = true, value_delimiter = ',', value_name = "CHECKS")]
    carried: Vec<Check>,
    /// An order that the sidecar does not know, after a restart for instance
    #[arg(long, conflicts_with_all = ["operation", "flow", "requirement_risk", "carried"])]
    order_unknown: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What the policy does not have.
#[derive(Debug, thiserror::Error)]
enum NotThere {
    #[error("the policy has no provider {name:?}; write --provider with one of: {names}")]
    Provider { name: String, names: String },
    #[error("the policy has several providers; write --provider with one of: {names}")]
    WhichProvider { names: String },
}

fn operation() -> impl TypedValueParser<Value = Operation> {
    let all = Provider::BankIdSe.operations();
    let parser = PossibleValuesParser::new(all.iter().map(|operation| operation.name()));
    parser.try_map(|name| {
        let found = all.iter().find(|operation| operation.name().eq_ignore_ascii_case(&name));
        found.copied().ok_or("not an operation")
    })
}

pub(super) fn run(args: ExplainArgs) -> Result<Exit, Failure> {
    let ExplainArgs {
        file,
        choice,
        operation,
        risk,
        flow,
        provider,
        requirement_risk,
        carried,
        order_unknown: _, // else clap requires an operation
        output,
    } = args;
    let chosen = load(&file, &choice).map_err(Failure::configuration)?;
    let config = &chosen.entry.config;
    let entry = pick(config, provider.as_deref()).map_err(Failure::usage)?;
    let order = operation.map(|operation| Order { operation, flow, requirement_risk, carried });
    let question = Question { risk, order };
    let rehearsal = rehearse(config, entry, &question).map_err(Failure::usage)?;
    match output.output {
        Form::Text => print(&text::of(config, entry, &question, &rehearsal))?,
        Form::Json => print_json(&rehearsal.record)?,
    }
    let refused = config.mode == Mode::Enforce && rehearsal.record.enforced == Verdict::Block;
    Ok(if refused { Exit::No } else { Exit::Fine })
}

fn pick<'a>(config: &'a SidecarConfig, name: Option<&str>) -> Result<&'a ProviderConfig, NotThere> {
    let names = || config.providers.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, config.providers.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => Err(NotThere::WhichProvider { names: names() }),
        (Some(name), all) => all
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| NotThere::Provider { name: name.to_owned(), names: names() }),
    }
}
