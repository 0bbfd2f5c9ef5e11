//! What the control API does for all providers: clock, recorded requests, holding, reset.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, parameter};
use super::{Control, ControlError, to_json};
use crate::http::Exchange;
use crate::recorder::Filter;

/// How long a wait lasts at most when the call does not say.
const PATIENCE: Duration = Duration::from_secs(10);

const ROUTES: &[(&str, &str)] = &[
    ("GET /v1/clock", "the simulator's time"),
    ("POST /v1/clock/advance", "{\"seconds\": 30}: moves a manual clock"),
    ("GET /v1/requests", "recorded requests; ?path= &method= &after= &answered= narrow it down"),
    ("DELETE /v1/requests", "forgets them"),
    ("GET /v1/requests/wait", "the same, once &count= of them are there; gives up after &timeoutMs="),
    ("POST /v1/hold", "{\"path\": \"/rp/v6.0/collect\"}: requests of that path wait"),
    ("POST /v1/release", "{\"path\": …}, or {} for all: they go on"),
    ("GET /v1/held", "held paths, and how many requests wait at each"),
    ("POST /v1/reset", "forgets orders, recordings and changed scripts and settings; releases all"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    path: Option<String>,
}

/// The query of `/v1/requests` and `/v1/requests/wait`.
struct Wanted {
    filter: Filter,
    count: usize,
    patience: Duration,
}

impl Wanted {
    fn parse(call: &Call<'_>) -> Result<Self, ControlError> {
        let mut wanted = Self { filter: Filter::default(), count: 1, patience: PATIENCE };
        for (name, value) in call.query() {
            match name.as_str() {
                "path" => wanted.filter.path = Some(value),
                "method" => wanted.filter.method = Some(value),
                "after" => wanted.filter.after = Some(parameter("after", &value)?),
                "answered" => wanted.filter.answered = Some(parameter("answered", &value)?),
                "count" => wanted.count = parameter("count", &value)?,
                "timeoutMs" => wanted.patience = Duration::from_millis(parameter("timeoutMs", &value)?),
                _ => {
                    return Err(ControlError::Invalid(format!(
                        "{name}: not a parameter; there are path, method, after, answered, count and timeoutMs"
                    )));
                }
            }
        }
        Ok(wanted)
    }
}

impl Control {
    pub(super) async fn call(&self, exchange: &Exchange) -> Result<Value, ControlError> {
        let segments: Vec<&str> = exchange.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let call = Call { method: &exchange.parts.method, segments: &segments, exchange };
        match segments.as_slice() {
            [] => Ok(self.index()),
            ["v1", "requests", ..] => self.requests(&call).await,
            ["v1", provider, rest @ ..] => {
                let found = self.providers.iter().find(|candidate| candidate.name() == *provider);
                match found {
                    Some(found) => found.call(&Call { segments: rest, ..call }),
                    None => self.shared(&call),
                }
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn index(&self) -> Value {
        let provided = self.providers.iter().flat_map(|provider| provider.routes());
        let routes: Map<String, Value> =
            ROUTES.iter().chain(provided).map(|(route, about)| ((*route).to_owned(), json!(about))).collect();
        json!({ "about": "control API of riskgate-simulator", "routes": routes })
    }

    async fn requests(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let recorder = &self.rooms.recorder;
        let records = match (call.method, call.segments) {
            (&Method::DELETE, ["v1", "requests"]) => {
                recorder.clear();
                Vec::new()
            }
            (&Method::GET, ["v1", "requests"]) => recorder.matching(&Wanted::parse(call)?.filter),
            (&Method::GET, ["v1", "requests", "wait"]) => {
                let wanted = Wanted::parse(call)?;
                recorder.wait(&wanted.filter, wanted.count, wanted.patience).await?
            }
            _ => return Err(ControlError::NotFound),
        };
        Ok(json!({ "requests": to_json(&records)?, "forgotten": recorder.forgotten() }))
    }

    fn shared(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let gate = &self.rooms.gate;
        match (call.method, call.segments) {
            (&Method::GET, ["v1", "clock"]) => Ok(self.time()),
            (&Method::POST, ["v1", "clock", "advance"]) => {
                let Advance { seconds } = call.body()?;
                let by = Duration::try_from_secs_f64(seconds)
                    .map_err(|error| ControlError::Invalid(format!("seconds: {error}")))?;
                self.rooms.clock.advance(by)?;
                Ok(self.time())
            }
            (&Method::GET, ["v1", "held"]) => to_json(&gate.state()),
            (&Method::POST, ["v1", "hold"]) => {
                let Hold { path } = call.body()?;
                if !self.providers.iter().any(|provider| provider.serves(&path)) {
                    return Err(ControlError::Invalid(format!("path: no provider serves {path}")));
                }
                gate.hold(&path);
                to_json(&gate.state())
            }
            (&Method::POST, ["v1", "release"]) => {
                match call.body()? {
                    Release { path: Some(path) } => gate.release(&path),
                    Release { path: None } => gate.release_all(),
                }
                to_json(&gate.state())
            }
            (&Method::POST, ["v1", "reset"]) => {
                self.providers.iter().for_each(|provider| provider.reset());
                self.rooms.recorder.clear();
                gate.release_all();
                Ok(json!({}))
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn time(&self) -> Value {
        let clock = &self.rooms.clock;
        let now = clock.now();
        json!({
            "mode": clock.mode().word(),
            "now": clock.calendar(now).to_string(),
            "elapsedSeconds": now.elapsed().as_secs_f64(),
        })
    }
}
