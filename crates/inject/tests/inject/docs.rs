//! `docs/injection.md` has its tables from the code: `UPDATE_GOLDEN=1 cargo test -p riskgate-inject` writes them anew.

use std::fs;

use riskgate_inject::overrides::TABLE;
use riskgate_inject::{InjectorOptions, Outcome, Reason, Timing};

use crate::support::root;

/// What an override is where no annotation changes it.
fn default_of(name: &str, options: &InjectorOptions) -> String {
    let sizes = &options.resources;
    let timing = |of: Timing, rest: &str| match rest {
        "period-seconds" => of.period_seconds,
        "timeout-seconds" => of.timeout_seconds,
        "failure-threshold" => of.failure_threshold,
        other => panic!("{other}: write its default here"),
    };
    match name {
        "cpu-request" => sizes.cpu_request.to_string(),
        "cpu-limit" => sizes.cpu_limit.as_ref().map_or("none".to_owned(), ToString::to_string),
        "memory-request" => sizes.memory_request.to_string(),
        "memory-limit" => sizes.memory_limit.to_string(),
        probe => {
            let (of, rest) = probe.split_once('-').unwrap();
            let of = match of {
                "startup" => options.probes.startup,
                "readiness" => options.probes.readiness,
                "liveness" => options.probes.liveness,
                other => panic!("{other}: write its default here"),
            };
            timing(of, rest).to_string()
        }
    }
}

fn overrides() -> String {
    let options = InjectorOptions::new("");
    let mut table = "| annotation | what it sets | value | default |\n|---|---|---|---|\n".to_owned();
    for row in TABLE {
        let default = default_of(row.name, &options);
        table += &format!("| `{}` | {} | {} | {default} |\n", row.annotation(), row.meaning, row.takes());
    }
    table
}

fn reasons() -> String {
    let mut table = "| reason | outcome | means |\n|---|---|---|\n".to_owned();
    for reason in Reason::ALL {
        table += &format!("| `{reason}` | {} | {} |\n", reason.outcome().label(), reason.meaning());
    }
    table
}

/// The text with what stands between `<!-- NAME -->` and `<!-- end -->` made anew.
fn renewed(text: &str, name: &str, content: &str) -> String {
    let open = format!("<!-- {name} -->\n");
    let (head, rest) = text.split_once(&open).unwrap_or_else(|| panic!("{open} is gone"));
    let (_, tail) = rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{name} does not end"));
    format!("{head}{open}\n{content}\n<!-- end -->{tail}")
}

#[test]
fn the_page_for_application_teams_has_every_annotation_and_every_reason() {
    let path = root().join("docs/injection.md");
    let text = fs::read_to_string(&path).unwrap();
    let new = renewed(&renewed(&text, "overrides", &overrides()), "reasons", &reasons());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, new).unwrap();
        return;
    }
    assert_eq!(text, new, "write it anew: UPDATE_GOLDEN=1 cargo test -p riskgate-inject");
    let outcomes = [Outcome::Injected, Outcome::Skipped, Outcome::Refused, Outcome::Warned];
    assert!(outcomes.iter().all(|it| text.contains(&format!("| {} |", it.label()))));
}
