//! The simulator's control API (docs/simulator.md).

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::web;

/// What a test tells the simulator and asks it.
pub struct Control {
    base_url: String,
}

impl Control {
    pub(crate) fn new(base_url: String) -> Self {
        Self { base_url }
    }

    /// One call; the answer's JSON.
    ///
    /// # Errors
    /// When the API refuses the call.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map_or_else(Bytes::new, |value| Bytes::from(value.to_string()));
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let answer = web::send(&self.base_url, request.body(body)?).await?;
        web::success(&answer).with_context(|| format!("control API, {path}"))
    }

    /// What the next order without a scripted personal number does.
    ///
    /// # Errors
    /// When it is no script.
    pub async fn script_next(&self, script: &Value) -> Result<()> {
        self.post("/v1/bankid-se/scripts/next", script).await.map(drop)
    }

    /// What all orders for this personal number do.
    ///
    /// # Errors
    /// When it is no script.
    pub async fn script_person(&self, personal_number: &str, script: &Value) -> Result<()> {
        let path = format!("/v1/bankid-se/scripts/persons/{personal_number}");
        self.call(Method::PUT, &path, Some(script)).await.map(drop)
    }

    /// What orders do that nothing else is said about.
    ///
    /// # Errors
    /// When it is no script.
    pub async fn script_default(&self, script: &Value) -> Result<()> {
        self.call(Method::PUT, "/v1/bankid-se/scripts/default", Some(script)).await.map(drop)
    }

    /// The recorded requests of this path, such as `/rp/v6.0/auth`, as the simulator received them.
    ///
    /// # Errors
    /// When the API cannot be reached.
    pub async fn requests(&self, path: &str) -> Result<Vec<Value>> {
        self.recorded(&format!("/v1/requests?path={path}")).await
    }

    /// The same, once there are `count` of them.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn wait_for_requests(&self, path: &str, count: usize) -> Result<Vec<Value>> {
        self.recorded(&format!("/v1/requests/wait?path={path}&count={count}")).await
    }

    /// How often the answers to this order were delivered.
    ///
    /// # Errors
    /// When there is no such order.
    pub async fn deliveries(&self, order_ref: &str) -> Result<Value> {
        self.call(Method::GET, &format!("/v1/bankid-se/deliveries/{order_ref}"), None).await
    }

    /// Makes requests of this path wait, after they were recorded.
    ///
    /// # Errors
    /// When no provider serves the path.
    pub async fn hold(&self, path: &str) -> Result<()> {
        self.post("/v1/hold", &json!({ "path": path })).await.map(drop)
    }

    /// Lets the held requests of this path go on.
    ///
    /// # Errors
    /// When the API cannot be reached.
    pub async fn release(&self, path: &str) -> Result<()> {
        self.post("/v1/release", &json!({ "path": path })).await.map(drop)
    }

    /// Moves the clock of a simulator that was started with `--clock manual`.
    ///
    /// # Errors
    /// When it has another clock.
    pub async fn advance(&self, seconds: u32) -> Result<()> {
        self.post("/v1/clock/advance", &json!({ "seconds": seconds })).await.map(drop)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn recorded(&self, path: &str) -> Result<Vec<Value>> {
        let mut answer = self.call(Method::GET, path, None).await?;
        match answer["requests"].take() {
            Value::Array(requests) => Ok(requests),
            _ => anyhow::bail!("control API, {path}: no requests in {answer}"),
        }
    }
}
