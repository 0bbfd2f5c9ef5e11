//! `riskgate policy explain`: what would happen with a transaction, and why.

mod choice;
mod made_up;
mod question;
mod rehearsal;
mod said;
mod sentence;
mod text;

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use riskgate_core::config::Mode;
use riskgate_core::{Operation, Verdict};

use self::question::{Check, Limit, Order, Question, Risk};
use self::rehearsal::rehearse;
use self::said::SourceArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::{Choice, load};

/// Tell what would happen with a transaction under a policy, and why
///
/// The transaction runs through the sidecar's own code for protocol and evaluation, with a made-up order and answer in
/// place of the application's and the provider's, and with what you say in place of the sources. With --output json it
/// prints the decision record that the sidecar would write; order and pod in it are made up.
#[derive(Debug, Args)]
#[command(after_help = "\
What a source says holds whenever it is asked. SOURCE@Screen=… is said before the order alone, SOURCE@Assess=… with its
result. The name provider is the provider's own indication.

  riskgate policy explain policy.yaml --operation Sign --risk low --signal ip=Moderate --indicator ip=isTor

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
    /// The provider's indication: low, moderate, high, absent, or any text that it might send one day; OneSpan's also as its code
    #[arg(long, value_name = "RISK")]
    risk: Option<Risk>,
    #[command(flatten)]
    sources: SourceArgs,
    /// The flow that the application names in the header Riskgate-Flow
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// The provider entry, where several of the policy have the operation
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The risk that the application itself accepts at most (Swedish BankID's requirement.risk)
    #[arg(long, value_enum, value_name = "LIMIT")]
    requirement_risk: Option<Limit>,
    /// What the application's order requires already (Swedish BankID)
    #[arg(long, value_enum, ignore_case = true, value_delimiter = ',', value_name = "CHECKS")]
    carried: Vec<Check>,
    /// An order that the sidecar does not know, after a restart for instance
    #[arg(long, conflicts_with_all = ["operation", "flow", "requirement_risk", "carried"])]
    order_unknown: bool,
    #[command(flatten)]
    output: OutputArgs,
}

fn operation() -> impl TypedValueParser<Value = Operation> {
    let parser = PossibleValuesParser::new(Operation::ALL.iter().map(|operation| operation.name()));
    parser.try_map(|name| {
        let found = Operation::ALL.into_iter().find(|operation| operation.name().eq_ignore_ascii_case(&name));
        found.ok_or("not an operation")
    })
}

pub(super) fn run(args: ExplainArgs) -> Result<Exit, Failure> {
    let ExplainArgs {
        file,
        choice,
        operation,
        risk,
        sources,
        flow,
        provider,
        requirement_risk,
        carried,
        order_unknown: _, // else clap requires an operation
        output,
    } = args;
    let chosen = load(&file, &choice).map_err(Failure::configuration)?;
    let config = &chosen.entry.config;
    let entry = choice::provider(config, provider.as_deref(), operation).map_err(Failure::usage)?;
    let order = operation.map(|operation| Order { operation, flow, requirement_risk, carried });
    let sayings = sources.sayings().map_err(Failure::usage)?;
    let question = Question { provider: entry.provider(), risk, sayings, order };
    choice::check(config, entry, &question).map_err(Failure::usage)?;
    let rehearsal = rehearse(config, entry, &question).map_err(Failure::usage)?;
    match output.output {
        Form::Text => print(&text::of(config, entry, &question, &rehearsal))?,
        Form::Json => print_json(&rehearsal.record)?,
    }
    let refused = config.mode == Mode::Enforce && rehearsal.record.enforced == Verdict::Block;
    Ok(if refused { Exit::No } else { Exit::Fine })
}
