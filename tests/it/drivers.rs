//! The drivers of the independent clients against the simulator itself, without a sidecar between: what the clients do
//! when all is well is what the other tests compare with, and a failure is told from a crash.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::client::{Answer, Failure};
use harness::{Client, ClientKind, Simulator};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

const POLL: Duration = Duration::from_millis(20);

fn order_for(personal_number: &str) -> Value {
    json!({ "endUserIp": "192.0.2.1", "requirement": { "personalNumber": personal_number } })
}

async fn order_ref(client: &Client, operation: &str, args: &Value) -> Result<String> {
    let order = client.call(operation, args).await?.returned()?;
    Ok(order["orderRef"].as_str().context("an order has an orderRef")?.to_owned())
}

/// The class and the code by which each client reports an error that it knows.
fn reported(failure: &Failure) -> (&str, Option<&str>) {
    (&failure.class, failure.error_code.as_deref())
}

#[tokio::test]
async fn a_login_completes() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, simulator.endpoint())?;
        let result = client.login(order_for("200001012384"), POLL).await?.returned()?;
        assert_eq!(result["status"], "complete", "{kind:?}: {result}");
        let user = &result["completionData"]["user"];
        let number = user.get("personalNumber").or_else(|| user.get("personal_number"));
        assert_eq!(number, Some(&json!("200001012384")), "{kind:?}: {result}");
    }
    Ok(())
}

#[tokio::test]
async fn a_signature_fails_as_the_user_decides() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        simulator.control().script_next(&json!({ "hints": [], "outcome": "userCancel" })).await?;
        let client = Client::start(kind, simulator.endpoint())?;
        let sign = json!({ "endUserIp": "192.0.2.1", "userVisibleData": "Transfer 100 SEK" });
        let order = order_ref(&client, "sign", &sign).await?;
        let result = client.collect(&order).await?.returned()?;
        assert_eq!(
            (&result["status"], &result["hintCode"]),
            (&json!("failed"), &json!("userCancel")),
            "{kind:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_login_ends_in_an_answer() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, simulator.endpoint())?;
        let result = client.login(order_for("200001142389"), POLL).await?.returned()?;
        assert_eq!(
            (&result["status"], &result["hintCode"]),
            (&json!("failed"), &json!("cancelled")),
            "{kind:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_cancelled_order_is_gone() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, simulator.endpoint())?;
        let order = order_ref(&client, "auth", &order_for("200001012384")).await?;
        client.cancel(&order).await?.returned()?;
        let failure = client.collect(&order).await?.failed()?;
        let expected = match kind {
            ClientKind::BankidSdk => ("InvalidParameters", Some("invalidParameters")),
            ClientKind::Pybankid => ("InvalidParametersError", Some("invalidParameters")),
            ClientKind::BankidNpm => ("BankIdError", Some("invalidParameters")),
            ClientKind::OpenidClient => continue, // no client of Swedish BankID
        };
        assert_eq!(reported(&failure), expected);
    }
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_provider_is_the_clients_own_exception() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, simulator.endpoint())?;
        let failure = client.call("auth", &order_for("200001212380")).await?.failed()?;
        let expected = match kind {
            ClientKind::BankidSdk => ("ServiceUnavailable", Some("maintenance")),
            ClientKind::Pybankid => ("MaintenanceError", Some("maintenance")),
            ClientKind::BankidNpm => ("BankIdError", Some("maintenance")),
            ClientKind::OpenidClient => continue, // no client of Swedish BankID
        };
        assert_eq!(reported(&failure), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_of_the_client_is_told_from_its_failures() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    for kind in ClientKind::ALL {
        simulator
            .control()
            .script_next(&json!({ "faults": [{ "at": "collect", "fault": "html403" }] }))
            .await?;
        let client = Client::start(kind, simulator.endpoint())?;
        let order = order_ref(&client, "auth", &json!({ "endUserIp": "192.0.2.1" })).await?;
        match (kind, client.collect(&order).await?) {
            (ClientKind::BankidSdk, Answer::Failed(failure)) => assert_eq!(failure.class, "UnknownError"),
            (ClientKind::BankidNpm, Answer::Failed(failure)) => {
                assert_eq!(reported(&failure), ("BankIdError", None));
            }
            // An HTML page is more than this client foresees (bankid-se.md section 1).
            (ClientKind::Pybankid, Answer::Crashed(crash)) => assert_eq!(crash.class, "JSONDecodeError"),
            (_, answer) => panic!("{kind:?}: {answer:?}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn nobody_listening_is_a_failure_and_no_crash() -> Result<()> {
    // Bound and never listening: the port is taken, and connections are refused.
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = format!("http://{}", socket.local_addr()?);
    for kind in ClientKind::ALL {
        let client = Client::start(kind, &address)?;
        let failure = client.call("auth", &json!({ "endUserIp": "192.0.2.1" })).await?.failed()?;
        let expected = match kind {
            ClientKind::BankidSdk => "BankIDHTTPError",
            ClientKind::Pybankid => "ConnectError",
            ClientKind::BankidNpm => "RequestError",
            ClientKind::OpenidClient => continue, // no client of Swedish BankID
        };
        assert_eq!(reported(&failure), (expected, None));
    }
    Ok(())
}

#[tokio::test]
async fn pybankid_authenticates_and_signs_by_phone() -> Result<()> {
    let simulator = Simulator::start_plain().await?;
    let client = Client::start(ClientKind::Pybankid, simulator.endpoint())?;
    for operation in ["phoneAuth", "phoneSign"] {
        let mut args = json!({ "personalNumber": "200001112382", "callInitiator": "RP" });
        if operation == "phoneSign" {
            args["userVisibleData"] = json!("Change of address");
        }
        let order = order_ref(&client, operation, &args).await?;
        let result = client.collect(&order).await?.returned()?;
        assert_eq!(result["status"], "pending", "{operation}: {result}");
        // A second order for the same person is refused while the first is open.
        client.cancel(&order).await?.returned()?;
    }
    let received = simulator.control().requests("/rp/v6.0/phone/sign").await?;
    assert_eq!(received.len(), 1);
    Ok(())
}
