//! The pending hints of an order (`bankid-se.md section 4`).

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Start;

/// One pending hint, and how long it is given. Any hint code may be written, also one that does not exist yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StepForm", into = "StepForm")]
pub struct Step {
    /// The hint code.
    pub hint: Cow<'static, str>,
    /// How long it is given.
    pub lasts: Lasts,
}

/// How long a hint is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lasts {
    /// For so many answers.
    Collects(u32),
    /// For so long, by the simulator's clock.
    Time(Duration),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepForm {
    hint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collects: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

impl TryFrom<StepForm> for Step {
    type Error = String;

    fn try_from(form: StepForm) -> Result<Self, String> {
        let lasts = match (form.collects, form.seconds) {
            (Some(_), Some(_)) => {
                return Err(format!("hint {}: write collects or seconds, not both", form.hint));
            }
            (collects, None) => Lasts::Collects(collects.unwrap_or(1)),
            (None, Some(seconds)) => {
                let time = Duration::try_from_secs_f64(seconds);
                Lasts::Time(time.map_err(|error| format!("hint {}: seconds: {error}", form.hint))?)
            }
        };
        Ok(Self { hint: form.hint.into(), lasts })
    }
}

impl From<Step> for StepForm {
    fn from(step: Step) -> Self {
        let (collects, seconds) = match step.lasts {
            Lasts::Collects(collects) => (Some(collects), None),
            Lasts::Time(time) => (None, Some(time.as_secs_f64())),
        };
        Self { hint: step.hint.into_owned(), collects, seconds }
    }
}

impl Step {
    /// Whether this hint says that no app has the order yet.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.hint.as_ref(), "outstandingTransaction" | "noClient")
    }
}

const fn step(hint: &'static str, collects: u32) -> Step {
    Step { hint: Cow::Borrowed(hint), lasts: Lasts::Collects(collects) }
}

static AUTOSTART: [Step; 3] = [step("outstandingTransaction", 1), step("started", 1), step("userSign", 1)];
static AUTOSTART_MRTD: [Step; 4] =
    [step("outstandingTransaction", 1), step("started", 1), step("userMrtd", 1), step("userSign", 1)];
static BY_HAND: [Step; 2] = [step("outstandingTransaction", 2), step("userSign", 1)];
static BY_HAND_MRTD: [Step; 3] =
    [step("outstandingTransaction", 2), step("userMrtd", 1), step("userSign", 1)];
static PHONE: [Step; 3] =
    [step("outstandingTransaction", 1), step("userCallConfirm", 1), step("userSign", 1)];

/// The usual hints of an order started in this way.
pub(crate) fn plan(start: Start, mrtd: bool) -> &'static [Step] {
    match (start, mrtd) {
        (Start::Autostart, false) => &AUTOSTART,
        (Start::Autostart, true) => &AUTOSTART_MRTD,
        (Start::Qr | Start::PersonalNumber, false) => &BY_HAND,
        (Start::Qr | Start::PersonalNumber, true) => &BY_HAND_MRTD,
        (Start::Phone, _) => &PHONE,
    }
}
