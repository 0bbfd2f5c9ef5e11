//! Conditions as Gateway API and kstatus have them: made of findings, with the times of those that did not change.

use std::fmt;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::reason::{Reason, Tone};

/// The longest message: enough for every problem of a policy that people fix one after the other.
const MAX_MESSAGE: usize = 4096;

/// What a condition is about (design.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The policy can be used.
    Accepted,
    /// What it refers to is there and usable, as far as is known.
    ResolvedRefs,
    /// The configuration of this generation is applied.
    Programmed,
    /// All three.
    Ready,
    /// Bound pods know each other's transactions, or need not.
    StoreShared,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "Accepted",
            Self::ResolvedRefs => "ResolvedRefs",
            Self::Programmed => "Programmed",
            Self::Ready => "Ready",
            Self::StoreShared => "StoreShared",
        })
    }
}

/// What was found of one condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The condition.
    pub kind: Kind,
    /// Why it is as it is; its tone is the condition's status.
    pub reason: Reason,
    /// For people: what is wrong and what to do. Never a secret.
    pub message: String,
}

impl Finding {
    /// A finding that says no more than its reason means.
    #[must_use]
    pub fn plain(kind: Kind, reason: Reason) -> Self {
        Self { kind, reason, message: reason.meaning().to_owned() }
    }
}

/// The sum of findings: ready, or why not, in the words of the first that is bad.
#[must_use]
pub fn sum(findings: &[Finding]) -> Finding {
    match findings.iter().find(|finding| finding.reason.tone() == Tone::Bad) {
        Some(bad) => Finding { kind: Kind::Ready, ..bad.clone() },
        None => Finding::plain(Kind::Ready, Reason::Ready),
    }
}

/// The conditions of findings about a generation. A condition whose status did not change keeps its time.
#[must_use]
pub fn conditions(
    findings: &[Finding],
    generation: Option<i64>,
    old: &[Condition],
    now: Timestamp,
) -> Vec<Condition> {
    let condition = |finding: &Finding| {
        let kind = finding.kind.to_string();
        let status = match finding.reason.tone() {
            Tone::Good => "True",
            Tone::Bad => "False",
        };
        let before = old.iter().find(|condition| condition.type_ == kind && condition.status == status);
        Condition {
            last_transition_time: before.map_or(Time(now), |before| before.last_transition_time.clone()),
            type_: kind,
            status: status.to_owned(),
            reason: finding.reason.name().to_owned(),
            message: cut(&finding.message, MAX_MESSAGE),
            observed_generation: generation,
        }
    };
    findings.iter().map(condition).collect()
}

/// The findings that are worth an Event: those whose reason differs from what the conditions say. Of a policy that has no
/// conditions yet, what is bad, and that it is programmed: that all else is good says nothing new.
pub fn changed<'a>(findings: &'a [Finding], old: &'a [Condition]) -> impl Iterator<Item = &'a Finding> {
    findings.iter().filter(|finding| {
        let kind = finding.kind.to_string();
        match old.iter().find(|condition| condition.type_ == kind) {
            Some(before) => before.reason != finding.reason.name(),
            None => finding.reason.tone() == Tone::Bad || finding.kind == Kind::Programmed,
        }
    })
}

/// At most so many bytes of a text, whole characters.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most.saturating_sub(MARK.len()));
    format!("{}{MARK}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_a_changed_status_has_a_new_time() {
        let good = [Finding::plain(Kind::Accepted, Reason::Accepted)];
        let bad = [Finding::plain(Kind::Accepted, Reason::Invalid)];
        let worse = [Finding::plain(Kind::Accepted, Reason::Unreadable)];
        let first = conditions(&good, Some(1), &[], at(1));
        assert_eq!((first[0].status.as_str(), first[0].last_transition_time.0), ("True", at(1)));
        let same = conditions(&good, Some(1), &first, at(2));
        assert_eq!(same, first);
        let fallen = conditions(&bad, Some(2), &same, at(3));
        assert_eq!((fallen[0].status.as_str(), fallen[0].last_transition_time.0), ("False", at(3)));
        let still = conditions(&worse, Some(3), &fallen, at(4));
        assert_eq!((still[0].reason.as_str(), still[0].last_transition_time.0), ("Unreadable", at(3)));
        assert_eq!(still[0].observed_generation, Some(3));
    }

    #[test]
    fn what_is_not_ready_says_why() {
        let good = Finding::plain(Kind::Accepted, Reason::Accepted);
        let bad = Finding {
            kind: Kind::ResolvedRefs,
            reason: Reason::SidecarRefused,
            message: "no key".to_owned(),
        };
        assert_eq!(sum(std::slice::from_ref(&good)).reason, Reason::Ready);
        let told = sum(&[good, bad]);
        assert_eq!(
            (told.kind, told.reason, told.message.as_str()),
            (Kind::Ready, Reason::SidecarRefused, "no key")
        );
    }

    #[test]
    fn an_event_is_worth_a_changed_reason_only() {
        let findings = [Finding::plain(Kind::Accepted, Reason::Accepted)];
        let old = conditions(&findings, Some(1), &[], at(1));
        assert_eq!(changed(&findings, &old).count(), 0);
        assert_eq!(changed(&findings, &[]).count(), 0);
        assert_eq!(changed(&[Finding::plain(Kind::Accepted, Reason::Invalid)], &[]).count(), 1);
        assert_eq!(changed(&[Finding::plain(Kind::Programmed, Reason::Programmed)], &[]).count(), 1);
        assert_eq!(changed(&[Finding::plain(Kind::Accepted, Reason::Invalid)], &old).count(), 1);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(cut("kort", 4), "kort");
        assert_eq!(cut("åååå", 7), "åå…");
        assert!(cut(&"å".repeat(5000), MAX_MESSAGE).len() <= MAX_MESSAGE);
    }
}
