//! Enrichments: once a session, within half an hour, each with a URL that works once (section B.3).

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::ApiError;
use super::person;
use super::request::{members, text};
use super::session::{Session, Sessions, Status};
use super::settings::Settings;
use crate::clock::{Clock, Moment};

/// One enrichment.
#[derive(Debug)]
pub(super) struct Enrichment {
    pub(super) id: Uuid,
    pub(super) session: Uuid,
    requested: Vec<String>,
    completed: Vec<String>,
    /// The one-time part of its URL; other than its id.
    pub(super) token: Uuid,
    expires: Moment,
    processing: u32,
    data: Option<Value>,
}

/// The enrichments, and how often each thing was asked for.
#[derive(Debug, Default)]
pub(super) struct Enrichments {
    all: HashMap<Uuid, Enrichment>,
    /// By session: requests that spent it, and requests that were refused.
    pub(super) spent: HashMap<Uuid, u32>,
    pub(super) refused: HashMap<Uuid, u32>,
    /// By session: how often its data was given out.
    pub(super) delivered: HashMap<Uuid, u32>,
}

/// What a request for an enrichment asks for.
pub(super) struct Wanted {
    pub(super) session: Option<Uuid>,
    types: Vec<String>,
}

impl Wanted {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let members = members(body)?;
        let session = text(&members, "sessionId").and_then(|id| id.parse().ok());
        let types = members.get("types").and_then(Value::as_array).cloned().unwrap_or_default();
        let types = types.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
        Ok(Self { session, types })
    }

    /// The types that are asked for and that the tenant has, as the service spells them.
    fn known(&self, settings: &Settings) -> Vec<String> {
        let all = self.types.iter().any(|wanted| wanted == "full");
        let wanted = |kind: &&String| all || self.types.contains(&kind.to_ascii_lowercase());
        settings.types.iter().filter(wanted).cloned().collect()
    }
}

impl Enrichments {
    /// Spends a session's enrichment.
    pub(super) fn start(
        &mut self,
        wanted: &Wanted,
        sessions: &mut Sessions,
        settings: &Settings,
        clock: &Clock,
    ) -> Result<&Enrichment, ApiError> {
        let now = clock.now();
        let session = wanted.session.and_then(|id| sessions.get(&id, now));
        let checked = check(wanted, session, settings, now);
        if let (Err(_), Some(id)) = (&checked, wanted.session) {
            *self.refused.entry(id).or_default() += 1;
        }
        let (session, types) = checked?;
        session.enriched = true;
        *self.spent.entry(session.id).or_default() += 1;
        let script = &session.script.enrichment;
        let came = |kind: &&String| !script.missing.iter().any(|missing| missing.eq_ignore_ascii_case(kind));
        let completed: Vec<String> = types.iter().filter(came).cloned().collect();
        let at = clock.calendar(now).to_string();
        let id = Uuid::new_v4();
        let enrichment = Enrichment {
            id,
            session: session.id,
            data: Some(person::found(&session.script, session.request.end_user_ip, &completed, &at)),
            requested: types,
            completed,
            token: Uuid::new_v4(),
            expires: now.plus(Duration::from_secs(settings.secure_url_seconds)),
            processing: script.processing,
        };
        Ok(self.all.entry(id).or_insert(enrichment))
    }

    /// How an enrichment stands; one that is processed comes a step nearer to its end.
    pub(super) fn status(&mut self, id: &Uuid, clock: &Clock) -> Option<Value> {
        let enrichment = self.all.get_mut(id)?;
        enrichment.processing = enrichment.processing.saturating_sub(1);
        Some(enrichment.state(clock))
    }

    /// What was found: once.
    pub(super) fn take(&mut self, token: &Uuid, now: Moment) -> Result<Value, ApiError> {
        let enrichment = self.all.values_mut().find(|enrichment| enrichment.token == *token);
        let enrichment =
            enrichment.filter(|enrichment| now < enrichment.expires).ok_or_else(ApiError::gone)?;
        let data = enrichment.data.take().ok_or_else(ApiError::gone)?;
        *self.delivered.entry(enrichment.session).or_default() += 1;
        Ok(data)
    }

    /// What the control API shows of a session.
    pub(super) fn counts(&self, session: &Uuid) -> Value {
        let count = |of: &HashMap<Uuid, u32>| of.get(session).copied().unwrap_or_default();
        json!({
            "spent": count(&self.spent),
            "refused": count(&self.refused),
            "delivered": count(&self.delivered),
        })
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Enrichment {
    /// The answer to the request, and to one for its status.
    pub(super) fn state(&self, clock: &Clock) -> Value {
        let mut state = json!({
            "enrichmentId": self.id,
            "sessionId": self.session,
            "status": "processing",
            "requestedTypes": self.requested,
            "completedTypes": [],
        });
        if self.processing == 0
            && let Some(members) = state.as_object_mut()
        {
            let whole = self.completed.len() == self.requested.len();
            members
                .insert("status".to_owned(), json!(if whole { "completed" } else { "partiallyCompleted" }));
            members.insert("completedTypes".to_owned(), json!(self.completed));
            members.insert("secureUrl".to_owned(), json!(format!("/api/v1/enrichment/data/{}", self.token)));
            members
                .insert("secureUrlExpiresAtUtc".to_owned(), json!(clock.calendar(self.expires).to_string()));
        }
        state
    }
}

fn check<'a>(
    wanted: &Wanted,
    session: Option<&'a mut Session>,
    settings: &Settings,
    now: Moment,
) -> Result<(&'a mut Session, Vec<String>), ApiError> {
    if settings.types.is_empty() {
        return Err(ApiError::enrichment("Enrichment not enabled for tenant"));
    }
    let types = wanted.known(settings);
    if types.is_empty() {
        return Err(ApiError::enrichment("No valid enrichment types requested"));
    }
    let session = session.ok_or_else(|| ApiError::enrichment("Session not found"))?;
    let Status::Complete(at) = session.status else {
        return Err(ApiError::enrichment("Session not completed"));
    };
    if now.since(at) > Duration::from_secs(settings.enrich_within_seconds) {
        return Err(ApiError::enrichment("Session too old for enrichment"));
    }
    if session.script.user.personal_number.is_empty() {
        return Err(ApiError::enrichment("No personal number in session"));
    }
    if session.enriched {
        return Err(ApiError::enrichment("Session has already been enriched"));
    }
    Ok((session, types))
}
