//! What most tests need: a simulator, a sidecar before it, and an application that speaks plain HTTP.

use anyhow::{Context, Result, ensure};
use harness::web::{self, Answer, Connection};
use harness::{Policy, Sidecar, Simulator};
use serde_json::{Value, json};

/// The order path and the result path of the API.
pub(crate) const AUTH: &str = "/rp/v6.0/auth";
pub(crate) const SIGN: &str = "/rp/v6.0/sign";
pub(crate) const COLLECT: &str = "/rp/v6.0/collect";
pub(crate) const CANCEL: &str = "/rp/v6.0/cancel";

/// A simulator with a sidecar before it.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) sidecar: Sidecar,
}

impl Stage {
    /// Starts both, under the policy that `adapt` makes of the harness's own.
    pub(crate) async fn start(adapt: impl FnOnce(Policy) -> Policy) -> Result<Self> {
        Self::start_with(&[], adapt).await
    }

    /// The same, with arguments for the simulator.
    pub(crate) async fn start_with(arguments: &[&str], adapt: impl FnOnce(Policy) -> Policy) -> Result<Self> {
        let simulator = Simulator::start_with(arguments).await?;
        let policy = adapt(Policy::new(simulator.endpoint()));
        let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
        Ok(Self { simulator, sidecar })
    }

    /// A POST to the sidecar over a connection of its own.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Answer> {
        web::send(&self.sidecar.base_url()?, web::post(path, headers, body)?).await
    }

    /// An order; its reference.
    pub(crate) async fn order(&self, path: &str, body: &Value) -> Result<String> {
        let answer = self.post(path, &[], body).await?;
        order_ref(&answer)
    }

    /// An auth order that completes at its first collect with this script; its reference.
    pub(crate) async fn scripted(&self, script: Value) -> Result<String> {
        self.simulator.control().script_next(&at_once(script)).await?;
        self.order(AUTH, &auth()).await
    }

    /// A collect.
    pub(crate) async fn collect(&self, order_ref: &str) -> Result<Answer> {
        self.post(COLLECT, &[], &json!({ "orderRef": order_ref })).await
    }

    /// How often the provider gave this order's terminal answer away.
    pub(crate) async fn deliveries(&self, order_ref: &str) -> Result<u64> {
        let delivery = self.simulator.control().deliveries(order_ref).await?;
        delivery["terminal"].as_u64().with_context(|| format!("deliveries of {order_ref}: {delivery}"))
    }

    /// A connection that stays open.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(&self.sidecar.base_url()?).await
    }
}

/// The body of a login.
pub(crate) fn auth() -> Value {
    json!({ "endUserIp": "192.0.2.1" })
}

/// A script whose order is over at its first collect.
pub(crate) fn at_once(mut script: Value) -> Value {
    script["hints"] = json!([]);
    script
}

/// The reference that an order's answer gives.
pub(crate) fn order_ref(answer: &Answer) -> Result<String> {
    let body = web::success(answer)?;
    Ok(body["orderRef"].as_str().with_context(|| format!("no orderRef: {body}"))?.to_owned())
}

/// An answer's body, which must be JSON of exactly the type that the API has.
pub(crate) fn body(answer: &Answer) -> Result<Value> {
    let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
    ensure!(content_type == Some("application/json"), "content type {content_type:?}");
    web::json(answer)
}

/// A header's text.
pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Asserts an error of the API's own shape; gives its details.
pub(crate) fn error(answer: &Answer, status: u16, code: &str) -> Result<String> {
    let json = body(answer)?;
    ensure!(answer.status().as_u16() == status && json["errorCode"] == code, "{} {json}", answer.status());
    Ok(json["details"].as_str().context("an error has details")?.to_owned())
}
