//! `riskgate demo --keep`: everything stays, to be played with by hand.

use riskgate_core::DecisionRecord;

use super::report::Addresses;
use super::stage::Stage;
use super::table;
use crate::output::{Form, print, print_json};

/// Tells where everything is, and then each decision as it is made. It ends with the process.
pub(super) async fn follow(stage: &mut Stage, form: Form) -> anyhow::Result<()> {
    if form == Form::Text {
        print(&invitation(&Addresses::of(stage)))?;
    }
    loop {
        let record = stage.decisions().next().await?;
        match form {
            Form::Text => print(&line(&record))?,
            Form::Json => print_json(&record)?,
        }
    }
}

fn invitation(addresses: &Addresses) -> String {
    let Addresses { provider, admin, health, further_providers, control, policy_file } = addresses;
    let further: String = further_providers.iter().map(|url| format!("  {url}")).collect();
    format!(
        "
Everything is left running until Ctrl-C, and each further decision is told here.

  BankID for an application   {provider}{further}
  policy, followed            {policy_file}
  sidecar                     {admin}/config  {admin}/decisions/recent  {health}/metrics
  simulated BankID            {control}

A login at high risk by hand; repeat the collect, with the orderRef of the first answer, until it is no longer pending:

  curl {control}/v1/bankid-se/scripts/next -d '{{\"risk\":\"high\"}}'
  curl {provider}/rp/v6.0/auth -H 'Content-Type: application/json' -d '{{\"endUserIp\":\"203.0.113.17\"}}'
  curl {provider}/rp/v6.0/collect -H 'Content-Type: application/json' -d '{{\"orderRef\":\"ORDERREF\"}}'

"
    )
}

fn line(record: &DecisionRecord<'_>) -> String {
    let operation = record.operation.map_or_else(|| "unknown order".to_owned(), |known| known.to_string());
    let flow = record.flow.as_deref().unwrap_or("no flow");
    format!(
        "{} {operation}, {flow}: {}, the application sees {}: {}\n",
        record.time,
        record.verdict,
        record.enforced,
        table::reasons(record)
    )
}
