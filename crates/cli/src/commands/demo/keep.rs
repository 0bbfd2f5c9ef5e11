//! `riskgate demo --keep`: everything stays, to be played with by hand.

use riskgate_core::{DecisionRecord, Provider};

use super::report::Addresses;
use super::stage::Stage;
use super::table;
use crate::output::{Form, print, print_json};

/// Tells where everything is, and then each decision as it is made. It ends with the process.
pub(super) async fn follow(stage: &mut Stage, form: Form) -> anyhow::Result<()> {
    if form == Form::Text {
        let swedish =
            stage.config().providers.first().is_some_and(|entry| entry.provider() == Provider::BankIdSe);
        print(&invitation(&Addresses::of(stage), swedish))?;
    }
    loop {
        let record = stage.decisions().next().await?;
        match form {
            Form::Text => print(&line(&record))?,
            Form::Json => print_json(&record)?,
        }
    }
}

fn invitation(addresses: &Addresses, swedish: bool) -> String {
    let Addresses { provider, admin, health, further_providers, other_providers, control, policy_file } =
        addresses;
    let further: String = further_providers.iter().map(|url| format!("  {url}")).collect();
    let others: String =
        other_providers.iter().map(|(name, url)| format!("  {:<28}{url}\n", format!("  {name}"))).collect();
    let mut text = format!(
        "
Everything is left running until Ctrl-C, and each further decision is told here.

  provider for an application {provider}{further}
{others}  policy, followed            {policy_file}
  sidecar                     {admin}/config  {admin}/decisions/recent  {health}/metrics
  simulated services          {control}

"
    );
    if swedish {
        text.push_str(&by_hand(provider, control));
    }
    text
}

fn by_hand(provider: &str, control: &str) -> String {
    format!(
        "\
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
