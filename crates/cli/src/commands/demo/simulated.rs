//! The simulated services: started with the persons' scripts, and told before each errand what to say of who comes next.

use std::path::Path;

use anyhow::Context;
use http::Method;
use riskgate_simulator::bankid_se::ScriptFile;
use riskgate_simulator::bankid_se::script::{Lasts, Script, Step};
use riskgate_simulator::{Running, Transport, pki, start};
use serde_json::{Value, json};

use super::persons::{PERSONS, Person};
use super::web::Web;

/// How long BankID Norway's security data wants to be left alone between two looks, and how long it takes to collect them: the
/// simulated one is quicker than the real one, which asks for 5 s and takes up to 10.
const POLL_SECONDS: f64 = 0.5;

/// The simulator with all its services.
pub(super) struct Simulated {
    running: Running,
    web: Web,
    /// Whether TIC's answers carry its own risk: where no webhook brings it.
    tic_tells_in_answers: bool,
}

impl Simulated {
    /// Starts it, with throw-away certificates in `credentials`.
    pub(super) async fn start(credentials: &Path) -> anyhow::Result<Self> {
        let folder = credentials.to_owned();
        tokio::task::spawn_blocking(move || pki::ensure(&folder, &[])).await??;
        let mut options = riskgate_simulator::Options::new(Transport::tls(credentials));
        options.scripts = scripts();
        let free = options.listen;
        options.tic_identity = Some(free);
        options.bankid_no = Some(free);
        options.risk_service = Some(free);
        let simulated =
            Self { running: start(options).await?, web: Web::plain()?, tic_tells_in_answers: true };
        simulated.say("/v1/bankid-no/settings", Method::PUT, &json!({ "pollSeconds": POLL_SECONDS })).await?;
        Ok(simulated)
    }

    /// Tells TIC where the application, or the sidecar in its place, takes webhooks.
    pub(super) async fn send_webhooks_to(&mut self, url: &str) -> anyhow::Result<()> {
        self.tic_tells_in_answers = false;
        self.say("/v1/tic-identity/settings", Method::PATCH, &json!({ "webhookUrl": url })).await
    }

    /// From now on every service says the person's risk.
    pub(super) async fn expect(&self, person: &Person) -> anyhow::Result<()> {
        let tic = json!({
            "hints": ["userSign"],
            "ipIntelligence": person.risk,
            "ipIntelligenceInAnswers": self.tic_tells_in_answers,
        });
        let scripts = [
            ("/v1/tic-identity/script", tic),
            ("/v1/bankid-no/scripts/default", security_data(person.risk)),
            ("/v1/one-span/scripts/default", one_span(person.risk)),
            ("/v1/risk-service/scripts/default", risk_service(person.risk)),
        ];
        for (path, script) in scripts {
            self.say(path, Method::PUT, &script).await?;
        }
        Ok(())
    }

    async fn say(&self, path: &str, method: Method, what: &Value) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.running.control());
        let answer = self.web.send(method, &url, &[], Some(what)).await?;
        anyhow::ensure!(answer.status().is_success(), "{path}: {:?}", answer.body());
        Ok(())
    }

    /// Where its services are.
    pub(super) fn running(&self) -> &Running {
        &self.running
    }

    /// Where BankID Norway is.
    pub(super) fn bankid_no(&self) -> anyhow::Result<String> {
        self.running.bankid_no().context("BankID Norway is served")
    }

    /// Ends everything in order.
    pub(super) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Swedish BankID goes by the person: each order is pending once, and then complete.
fn scripts() -> ScriptFile {
    let script = |person: &Person| Script {
        hints: Some(vec![Step { hint: "userSign".into(), lasts: Lasts::Collects(1) }]),
        risk: person.risk.into(),
        ..Script::default()
    };
    let persons = PERSONS.iter().map(|person| (person.personal_number.to_owned(), script(person))).collect();
    ScriptFile { persons, ..ScriptFile::default() }
}

/// A traffic light, and a score between 0 and 1 beside it (other-systems.md section A.7).
fn security_data(risk: &str) -> Value {
    let (light, score) = match risk {
        "low" => ("Green", "0.05"),
        "moderate" => ("Yellow", "0.5"),
        "high" => ("Red", "0.9"),
        _ => ("Unknown", "0"),
    };
    let derived = json!({ "BankID_fpf_classification": light, "BankID_fpf": score, "BankID_User_IP": null });
    json!({ "collectSeconds": POLL_SECONDS, "derivedData": derived })
}

/// A code: accepted, challenged by text message, declined, or none (other-systems.md section C.5).
fn one_span(risk: &str) -> Value {
    match risk {
        "low" => json!({ "code": 0 }),
        "moderate" => json!({ "code": 3, "matchedRules": { "New device": true } }),
        "high" => json!({ "code": 1, "matchedRules": { "Velocity": true } }),
        _ => json!({ "code": "absent" }),
    }
}

/// The contract of docs/http-source.md.
fn risk_service(risk: &str) -> Value {
    match risk {
        "low" => json!({ "assessment": "Low", "score": 5 }),
        "moderate" => json!({ "assessment": "Moderate", "score": 60, "indicators": ["many-logins"] }),
        "high" => json!({ "assessment": "High", "score": 95, "indicators": ["listed-address"] }),
        _ => json!({}),
    }
}
