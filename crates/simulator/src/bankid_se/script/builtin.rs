//! Personal numbers with scripts of their own, so that staging needs no script at all.

use std::time::Duration;

use super::{
    ErrorStatus, Fault, FaultKind, FaultPoint, Lasts, Outcome, Script, ScriptedDevice, Step, StepUp,
};

/// A personal number that decides what its orders do. All have the form of the documentation's example
/// (`bankid-se.md section 11`) and a right check digit, so that applications accept them.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// Twelve digits.
    pub personal_number: &'static str,
    /// What its orders do, in a few words.
    pub about: &'static str,
    /// The same, as a script.
    pub script: Script,
}

/// All of them, by number.
#[must_use]
pub fn builtins() -> Vec<Builtin> {
    let low = Script::default;
    vec![
        Builtin { personal_number: "200001012384", about: "completes, risk low", script: risk("low") },
        Builtin {
            personal_number: "200001022383",
            about: "completes, risk moderate",
            script: risk("moderate"),
        },
        Builtin { personal_number: "200001032382", about: "completes, risk high", script: risk("high") },
        Builtin { personal_number: "200001042381", about: "completes, risk absent", script: risk("absent") },
        Builtin {
            personal_number: "200001052380",
            about: "completes, risk \"severe\" (undefined)",
            script: risk("severe"),
        },
        Builtin {
            personal_number: "200001062389",
            about: "completes, risk low, from 203.0.113.9 instead of the endUserIp",
            script: Script {
                device: ScriptedDevice { ip_address: "203.0.113.9".into(), ..ScriptedDevice::default() },
                ..low()
            },
        },
        Builtin {
            personal_number: "200001072388",
            about: "completes, risk low, an ID document was read (stepUp)",
            script: Script { step_up: Some(StepUp { mrtd: true }), ..low() },
        },
        failed("200001112382", "fails: userCancel", "userCancel"),
        failed("200001122381", "fails: startFailed", "startFailed"),
        failed("200001132380", "fails: certificateErr", "certificateErr"),
        failed("200001142389", "fails: cancelled", "cancelled"),
        failed("200001152388", "fails: userDeclinedCall", "userDeclinedCall"),
        failed("200001162387", "fails: notSupportedByUserApp", "notSupportedByUserApp"),
        failed("200001172386", "fails: transactionRiskBlocked", "transactionRiskBlocked"),
        failed("200001182385", "fails: futureFailure (a hint code that does not exist)", "futureFailure"),
        Builtin {
            personal_number: "200001192384",
            about: "stays pending until it fails: expiredTransaction",
            script: Script { hints: Some(vec![lasting("userSign", 1)]), outcome: Outcome::Pending, ..low() },
        },
        Builtin {
            personal_number: "200001202381",
            about: "completes after 20 seconds, however often it is collected, risk low",
            script: Script {
                hints: Some(vec![lasting("outstandingTransaction", 5), lasting("userSign", 15)]),
                ..low()
            },
        },
        faulty(
            "200001212380",
            "503 maintenance instead of an order",
            FaultPoint::Order,
            None,
            error(ErrorStatus::SERVICE_UNAVAILABLE, "maintenance"),
        ),
        faulty(
            "200001222389",
            "500 internalError to the first collect, then completes, risk low",
            FaultPoint::Collect,
            Some(1),
            error(ErrorStatus::INTERNAL_SERVER_ERROR, "internalError"),
        ),
        faulty(
            "200001232388",
            "completes, but the answer is lost: the connection closes",
            FaultPoint::Terminal,
            None,
            FaultKind::Drop {},
        ),
        faulty(
            "200001242387",
            "an HTML page with status 403 to collects",
            FaultPoint::Collect,
            None,
            FaultKind::Html403 {},
        ),
        faulty(
            "200001252386",
            "garbage instead of the terminal answer",
            FaultPoint::Terminal,
            None,
            FaultKind::Garbage {},
        ),
    ]
}

fn risk(value: &str) -> Script {
    Script { risk: value.into(), ..Script::default() }
}

fn lasting(hint: &'static str, seconds: u64) -> Step {
    Step { hint: hint.into(), lasts: Lasts::Time(Duration::from_secs(seconds)) }
}

fn failed(personal_number: &'static str, about: &'static str, hint: &str) -> Builtin {
    let script = Script { outcome: Outcome::Failed(hint.to_owned()), ..Script::default() };
    Builtin { personal_number, about, script }
}

fn error(status: ErrorStatus, code: &str) -> FaultKind {
    FaultKind::Error { status, error_code: code.to_owned(), details: "Scripted".to_owned() }
}

fn faulty(
    personal_number: &'static str,
    about: &'static str,
    at: FaultPoint,
    times: Option<u32>,
    kind: FaultKind,
) -> Builtin {
    let faults = vec![Fault { at, skip: 0, times, when: None, kind }];
    Builtin { personal_number, about, script: Script { faults, ..Script::default() } }
}
