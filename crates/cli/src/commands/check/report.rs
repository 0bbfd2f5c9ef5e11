//! What checks come to, for people and for programs.

use serde::Serialize;

use crate::exit::Exit;
use crate::output::{Form, print, print_json};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Grade {
    Passed,
    Warned,
    Failed,
}

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// Its name, and what it was made of.
    pub(super) check: String,
    pub(super) result: Grade,
    /// What was seen.
    pub(super) seen: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

impl Check {
    pub(super) fn passed(check: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), result: Grade::Passed, seen: seen.into(), hint: None }
    }

    pub(super) fn warned(check: impl Into<String>, seen: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check: check.into(), result: Grade::Warned, seen: seen.into(), hint: Some(hint.into()) }
    }

    pub(super) fn failed(check: impl Into<String>, seen: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check: check.into(), result: Grade::Failed, seen: seen.into(), hint: Some(hint.into()) }
    }
}

/// The answer for programs.
#[derive(Serialize)]
struct Answer<'a> {
    /// Whether nothing failed.
    usable: bool,
    checks: &'a [Check],
}

/// Prints checks, and tells how the command ends. `good` and `bad` sum them up.
pub(super) fn report(
    checks: &[Check],
    form: Form,
    strict: bool,
    good: &str,
    bad: &str,
) -> std::io::Result<Exit> {
    let worst = checks.iter().map(|check| check.result).max().unwrap_or(Grade::Failed);
    match form {
        Form::Text => print(&text(checks, good, bad))?,
        Form::Json => print_json(&Answer { usable: worst < Grade::Failed, checks })?,
    }
    let allowed = if strict { Grade::Passed } else { Grade::Warned };
    Ok(if worst > allowed { Exit::No } else { Exit::Fine })
}

/// One line a check, and below it what to do.
fn text(checks: &[Check], good: &str, bad: &str) -> String {
    let mut text = String::new();
    for Check { check, result, seen, hint } in checks {
        let word = match result {
            Grade::Passed => "passed",
            Grade::Warned => "warned",
            Grade::Failed => "failed",
        };
        text.push_str(&format!("{word}  {check}: {seen}\n"));
        if let Some(hint) = hint {
            text.push_str(&format!("        {hint}\n"));
        }
    }
    let count = |grade| checks.iter().filter(|check| check.result == grade).count();
    let (failed, warned) = (count(Grade::Failed), count(Grade::Warned));
    let verdict = if failed == 0 { good } else { bad };
    text.push_str(&format!("{verdict}: {failed} failed, {warned} unwise, {} checks\n", checks.len()));
    text
}
