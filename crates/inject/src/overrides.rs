//! What a pod's annotations may change of its sidecar: sizes and the timing of probes. Image, arguments, mounts and security
//! context are not among them, and never will be (design.md section 7).
//!
//! [`TABLE`] is the one place: the parser, the page for application teams and its test are made from it.

use crate::names::{NUDGE, POLICY, PREFIX, STATUS, SWITCH};
use crate::pod::Pod;
use crate::quantity::Quantity;
use crate::reason::{Notice, Reason, Refusal, cut};

/// How many unknown annotations are told one by one.
const UNKNOWN_TOLD: usize = 12;
/// The longest name that is compared with those that are known, in bytes: no known one comes near it.
const LONGEST_COMPARED: usize = 40;

/// One annotation that overrides a setting.
#[derive(Debug)]
pub struct Override {
    /// The annotation, without [`PREFIX`].
    pub name: &'static str,
    /// What it overrides, for people.
    pub meaning: &'static str,
    slot: Slot,
}

/// Where the value of an annotation goes, and what it may be.
#[derive(Debug)]
enum Slot {
    Cpu(fn(&mut Overrides) -> &mut Option<Quantity>),
    Memory(fn(&mut Overrides) -> &mut Option<Quantity>),
    Seconds(fn(&mut Overrides) -> &mut Option<u32>),
    Times(fn(&mut Overrides) -> &mut Option<u32>),
}

/// What a pod overrides.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) cpu_request: Option<Quantity>,
    pub(crate) cpu_limit: Option<Quantity>,
    pub(crate) memory_request: Option<Quantity>,
    pub(crate) memory_limit: Option<Quantity>,
    pub(crate) startup: TimingOverride,
    pub(crate) readiness: TimingOverride,
    pub(crate) liveness: TimingOverride,
}

/// What a pod overrides of a probe.
#[derive(Debug, Default)]
pub(crate) struct TimingOverride {
    pub(crate) period_seconds: Option<u32>,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) failure_threshold: Option<u32>,
}

const fn row(name: &'static str, meaning: &'static str, slot: Slot) -> Override {
    Override { name, meaning, slot }
}

/// Every annotation that overrides a setting.
pub const TABLE: &[Override] = &[
    row("cpu-request", "The CPU that the sidecar is sure of.", Slot::Cpu(|to| &mut to.cpu_request)),
    row("cpu-limit", "The CPU that it gets at most.", Slot::Cpu(|to| &mut to.cpu_limit)),
    row("memory-request", "The memory that it is sure of.", Slot::Memory(|to| &mut to.memory_request)),
    row("memory-limit", "The memory at which it is ended.", Slot::Memory(|to| &mut to.memory_limit)),
    row(
        "startup-period-seconds",
        "How often it is asked whether it has started.",
        Slot::Seconds(|to| &mut to.startup.period_seconds),
    ),
    row(
        "startup-timeout-seconds",
        "How long that answer may take.",
        Slot::Seconds(|to| &mut to.startup.timeout_seconds),
    ),
    row(
        "startup-failure-threshold",
        "After how many failures it is started anew.",
        Slot::Times(|to| &mut to.startup.failure_threshold),
    ),
    row(
        "readiness-period-seconds",
        "How often it is asked whether it is ready.",
        Slot::Seconds(|to| &mut to.readiness.period_seconds),
    ),
    row(
        "readiness-timeout-seconds",
        "How long that answer may take.",
        Slot::Seconds(|to| &mut to.readiness.timeout_seconds),
    ),
    row(
        "readiness-failure-threshold",
        "After how many failures the pod gets no traffic.",
        Slot::Times(|to| &mut to.readiness.failure_threshold),
    ),
    row(
        "liveness-period-seconds",
        "How often it is asked whether it lives.",
        Slot::Seconds(|to| &mut to.liveness.period_seconds),
    ),
    row(
        "liveness-timeout-seconds",
        "How long that answer may take.",
        Slot::Seconds(|to| &mut to.liveness.timeout_seconds),
    ),
    row(
        "liveness-failure-threshold",
        "After how many failures it is started anew.",
        Slot::Times(|to| &mut to.liveness.failure_threshold),
    ),
];

impl Override {
    /// The whole name of the annotation.
    #[must_use]
    pub fn annotation(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// What may be written, for people.
    #[must_use]
    pub fn takes(&self) -> &'static str {
        match self.slot {
            Slot::Cpu(_) => "an amount of CPU from 1m to 8, such as 250m",
            Slot::Memory(_) => "an amount of memory from 16Mi to 4Gi, such as 64Mi",
            Slot::Seconds(_) => "a whole number of seconds from 1 to 300",
            Slot::Times(_) => "a whole number from 1 to 1000",
        }
    }

    fn read(&self, text: &str, into: &mut Overrides) -> Option<()> {
        let quantity = |least: Quantity, most: Quantity| {
            text.parse::<Quantity>().ok().filter(|it| *it >= least && *it <= most)
        };
        // Only digits: Rust would read a sign, which nobody means.
        let number = |most: u32| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u32>().ok()).flatten().filter(|it| (1..=most).contains(it))
        };
        match self.slot {
            Slot::Cpu(slot) => *slot(into) = Some(quantity(Quantity::milli(1), Quantity::milli(8000))?),
            Slot::Memory(slot) => *slot(into) = Some(quantity(Quantity::mebi(16), Quantity::mebi(4096))?),
            Slot::Seconds(slot) => *slot(into) = Some(number(300)?),
            Slot::Times(slot) => *slot(into) = Some(number(1000)?),
        }
        Some(())
    }
}

/// What the pod overrides, with warnings of annotations that nobody knows.
///
/// # Errors
///
/// Every annotation that does not read: a size that is not the one that was meant is worse than no new pod.
pub(crate) fn read(pod: &Pod<'_>) -> Result<(Overrides, Vec<Notice>), Refusal> {
    let (mut overrides, mut unknowns, mut errors) = (Overrides::default(), Vec::new(), Vec::new());
    for (annotation, value) in pod.texts("annotations").there().into_iter().flatten() {
        let Some(name) = annotation.strip_prefix(PREFIX) else { continue };
        let text = value.as_str().unwrap_or_default();
        match TABLE.iter().find(|row| row.name == name) {
            Some(row) if row.read(text, &mut overrides).is_none() => {
                let message = format!(
                    "metadata.annotations.{annotation}: {:?} does not fit; write {}",
                    cut(text),
                    row.takes()
                );
                errors.push(Notice::new(Reason::OverrideInvalid, message));
            }
            Some(_) => {}
            None if [POLICY, SWITCH, STATUS, NUDGE].contains(&annotation.as_str()) => {}
            None => unknowns.push(name),
        }
    }
    let mut warnings: Vec<Notice> = unknowns.iter().take(UNKNOWN_TOLD).map(|name| unknown(name)).collect();
    if unknowns.len() > UNKNOWN_TOLD {
        let more = unknowns.len() - UNKNOWN_TOLD;
        let message = format!("metadata.annotations: and {more} more under {PREFIX} that are not known");
        warnings.push(Notice::new(Reason::AnnotationUnknown, message));
    }
    Refusal::of(errors).map_or(Ok((overrides, warnings)), Err)
}

fn unknown(name: &str) -> Notice {
    let names = TABLE.iter().map(|row| row.name).chain(["policy", "inject"]);
    let distances = names
        .filter(|_| name.len() <= LONGEST_COMPARED)
        .map(|known| (strsim::damerau_levenshtein(known, name), known));
    let near = distances.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 3);
    let near = near.map_or_else(
        || format!("docs/injection.md lists the {} that there are", TABLE.len() + 2),
        |(_, known)| format!("did you mean {PREFIX}{known}?"),
    );
    let message =
        format!("metadata.annotations.{PREFIX}{}: not known, and without effect; {near}", cut(name));
    Notice::new(Reason::AnnotationUnknown, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(annotations: &Value) -> Result<(Overrides, Vec<Notice>), Refusal> {
        read(&Pod::new(&json!({ "metadata": { "annotations": annotations }, "spec": {} })).unwrap())
    }

    /// A value that fits a row, and one that does not.
    fn samples(row: &Override) -> (&'static str, &'static [&'static str]) {
        match row.slot {
            Slot::Cpu(_) => ("0.25", &["0", "9", "", "many", "-1"]),
            Slot::Memory(_) => ("64Mi", &["15Mi", "5Gi", "64", "64MB"]),
            Slot::Seconds(_) => ("7", &["0", "301", "7s", "+7", "", "1.5"]),
            Slot::Times(_) => ("9", &["0", "1001", "-9"]),
        }
    }

    #[test]
    fn every_row_sets_a_setting_of_its_own() {
        let mut seen = Vec::new();
        for row in TABLE {
            let (fits, _) = samples(row);
            let (overrides, warnings) = of(&json!({ row.annotation(): fits })).unwrap();
            assert_eq!(warnings, []);
            seen.push(format!("{overrides:?}"));
        }
        seen.push(format!("{:?}", Overrides::default()));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), TABLE.len() + 1, "two rows set one setting, or a row sets none");
    }

    #[test]
    fn what_does_not_fit_is_refused_all_at_once() {
        for row in TABLE {
            for value in samples(row).1 {
                let refusal = of(&json!({ row.annotation(): value })).unwrap_err();
                assert_eq!(refusal.reason(), Reason::OverrideInvalid);
                assert_eq!(
                    refusal.to_string(),
                    format!(
                        "metadata.annotations.{}: {value:?} does not fit; write {}",
                        row.annotation(),
                        row.takes()
                    )
                );
            }
        }
        let both = json!({ "riskgate.dev/cpu-limit": "x", "riskgate.dev/memory-limit": "y" });
        assert_eq!(of(&both).unwrap_err().notices().len(), 2);
    }

    #[test]
    fn unknown_annotations_are_told_and_others_are_nobodys_business() {
        let (_, warnings) = of(&json!({
            "riskgate.dev/policy": "a",
            "riskgate.dev/inject": "disabled",
            "riskgate.dev/status": "{}",
            "riskgate.dev/nudge": "1",
            "example.com/cpu-limit": "x",
            "riskgate.dev/cpu-limits": "1",
            "riskgate.dev/image": "mine",
        }))
        .unwrap();
        assert!(warnings.iter().all(|notice| notice.reason == Reason::AnnotationUnknown));
        let told: Vec<&str> = warnings.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "metadata.annotations.riskgate.dev/cpu-limits: not known, and without effect; did you mean riskgate.dev/cpu-limit?",
                "metadata.annotations.riskgate.dev/image: not known, and without effect; docs/injection.md lists the 15 that there are",
            ]
        );
    }

    #[test]
    fn many_and_long_annotations_are_told_in_few_words() {
        let many: serde_json::Map<String, Value> =
            (0..40).map(|number| (format!("riskgate.dev/x{number:02}"), json!("1"))).collect();
        let (_, warnings) = of(&many.into()).unwrap();
        assert_eq!(warnings.len(), 13);
        assert_eq!(
            warnings[12].message,
            "metadata.annotations: and 28 more under riskgate.dev/ that are not known"
        );

        // As long as all annotations of an object may be together; compared with each known name it would take minutes.
        let long = "x".repeat(256 * 1024);
        let (_, warnings) = of(&json!({ format!("riskgate.dev/{long}"): "1" })).unwrap();
        assert!(warnings[0].message.len() < 256, "{} bytes", warnings[0].message.len());
        let refusal = of(&json!({ "riskgate.dev/cpu-limit": long })).unwrap_err();
        assert!(refusal.to_string().len() < 256, "{} bytes", refusal.to_string().len());
    }

    #[test]
    fn nothing_but_sizes_and_timing_is_in_the_table() {
        let words = ["cpu-", "memory-", "startup-", "readiness-", "liveness-"];
        assert!(TABLE.iter().all(|row| words.iter().any(|word| row.name.starts_with(word))));
    }
}
