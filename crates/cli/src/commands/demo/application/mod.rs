//! The demo's application: an ordinary client of the BankID API, over plain HTTP to the sidecar. It knows nothing of
//! riskgate but the address, and tells what it received.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errand::Errand;
use super::persons::Person;
use super::report::Route;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often the application asks for a result at most; the simulated persons are quick.
const COLLECTS: usize = 20;

/// The application.
pub(super) struct Application {
    client: Client<HttpConnector, Full<Bytes>>,
    /// The addresses of BankID as its pods have them.
    bases: Vec<String>,
    turn: usize,
}

/// What the application received in the end: the answer to its order where that was refused, else the last answer to its
/// collects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Received {
    pub(super) http_status: u16,
    #[serde(flatten)]
    pub(super) answer: Answer,
    /// The headers that riskgate adds, by lower-case name.
    pub(super) headers: BTreeMap<String, String>,
}

/// The members of an answer that tell how it went. Nothing of the user is among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) details: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ordered {
    order_ref: String,
}

impl Application {
    /// An application whose pods are told `bases` as the address of BankID: orders are made by each in turn, and collected by the
    /// next.
    pub(super) fn new(bases: Vec<String>) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), bases, turn: 0 }
    }

    /// Orders, and collects until there is a result.
    pub(super) async fn run(
        &mut self,
        errand: &Errand,
        person: &Person,
    ) -> anyhow::Result<(Received, Option<Route>)> {
        let (several, ordered) = (self.bases.len() > 1, self.turn);
        self.turn = (self.turn + 1) % self.bases.len();
        let (received, body) = self.post(ordered, errand.path, &errand.body(person)).await?;
        let route = |collected: Option<usize>| {
            several.then_some(Route { ordered: ordered + 1, collected: collected.map(|pod| pod + 1) })
        };
        if received.http_status != 200 {
            return Ok((received, route(None)));
        }
        let Ordered { order_ref } = serde_json::from_slice(&body).context("no orderRef in the answer")?;
        for _ in 0..COLLECTS {
            // The pod whose turn is next: the one that made the order never hears of it again.
            let (received, _) =
                self.post(self.turn, "/rp/v6.0/collect", &json!({ "orderRef": order_ref })).await?;
            if received.answer.status.as_deref() != Some("pending") {
                return Ok((received, route(Some(self.turn))));
            }
        }
        bail!("still pending after {COLLECTS} collects")
    }

    async fn post(&self, pod: usize, path: &str, body: &Value) -> anyhow::Result<(Received, Bytes)> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.bases[pod]))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))?;
        let exchange = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            anyhow::Ok((head, body.collect().await?.to_bytes()))
        };
        let (head, body) = tokio::time::timeout(PATIENCE, exchange).await.context("no answer")??;
        let answer = serde_json::from_slice(&body).context("the answer is no JSON")?;
        let received =
            Received { http_status: head.status.as_u16(), answer, headers: of_riskgate(&head.headers) };
        Ok((received, body))
    }
}

fn of_riskgate(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("riskgate-"))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

impl Received {
    /// A header that riskgate added.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// As short as it can be told: `complete`, `failed transactionRiskBlocked`, `400 transactionRiskBlocked`.
impl std::fmt::Display for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Answer { status, hint_code, error_code, details: _ } = &self.answer;
        match status {
            Some(status) => f.write_str(status)?,
            None => write!(f, "{}", self.http_status)?,
        }
        for word in [hint_code, error_code].into_iter().flatten() {
            write!(f, " {word}")?;
        }
        if self.header("riskgate-verdict") == Some("challenge") {
            write!(f, ", Riskgate-Challenge: {}", self.header("riskgate-challenge").unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(http_status: u16, answer: Value, headers: &[(&str, &str)]) -> String {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Received { http_status, answer: serde_json::from_value(answer).unwrap(), headers }.to_string()
    }

    #[test]
    fn what_was_received_is_told_in_a_few_words() {
        let complete = json!({ "status": "complete", "completionData": { "user": {} } });
        let failed = json!({ "status": "failed", "hintCode": "transactionRiskBlocked" });
        let refused = json!({ "errorCode": "invalidParameters", "details": "no flow" });
        assert_eq!(received(200, complete.clone(), &[("riskgate-verdict", "allow")]), "complete");
        assert_eq!(received(200, failed, &[]), "failed transactionRiskBlocked");
        assert_eq!(received(400, refused, &[]), "400 invalidParameters");
        let challenged = [("riskgate-verdict", "challenge"), ("riskgate-challenge", "StepUp")];
        assert_eq!(received(200, complete, &challenged), "complete, Riskgate-Challenge: StepUp");
    }
}
