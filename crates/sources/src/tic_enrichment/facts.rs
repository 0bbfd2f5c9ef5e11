//! Named facts in what an enrichment found, for `blockWhen`. They are all that leaves this module: nothing of the person does.

use riskgate_core::{Assessment, Level};
use riskgate_wire::tic_identity::ip_intelligence;
use serde_json::Value;

use super::ledger::Outcome;

/// Reads what was found. `types` is what was asked for.
pub(super) fn of(data: &[u8], types: &[String], partial: bool) -> Option<Outcome> {
    let read: Value = serde_json::from_slice(data).ok().filter(Value::is_object)?;
    let mut indicators = Vec::new();
    if partial {
        indicators.push("partial".to_owned());
    }
    person(&read, &mut indicators);
    roles(&read, &mut indicators);
    for (section, fact) in
        [("propertyOwnership", "noProperty"), ("propertyOwnerships", "noProperty"), ("income", "noIncome")]
    {
        if read.get(section).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            indicators.push(fact.to_owned());
        }
    }
    let rated = ip_intelligence(&read);
    let lacks = partial || types.iter().any(|kind| !has_section(&read, kind));
    let (assessment, score) = match rated {
        Some(said) => {
            indicators.extend(said.indicators);
            (said.assessment, said.score)
        }
        // Facts have no level.
        None => (Assessment::NotApplicable, None),
    };
    // Of what was asked for and did not come, no condition can hold: that is no word for the user.
    let assessment = match assessment {
        Assessment::NotApplicable | Assessment::Level(Level::Low) if lacks => Assessment::Unknown,
        assessment => assessment,
    };
    Some(Outcome::Found { assessment, score, indicators })
}

/// Whether what was found has what was asked for by `kind`. What `full` comes to is the tenant's own.
fn has_section(read: &Value, kind: &str) -> bool {
    let has = |name: &str| read.get(name).is_some_and(|section| section.is_object() || section.is_array());
    const SECTIONS: [(&str, &[&str]); 5] = [
        ("spar", &["spar"]),
        ("companyRoles", &["companyRoles"]),
        ("propertyOwnership", &["propertyOwnership", "propertyOwnerships"]),
        ("income", &["income"]),
        ("ipIntelligence", &["ipIntelligence"]),
    ];
    match SECTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)) {
        Some((_, names)) => names.iter().any(|name| has(name)),
        None => SECTIONS.iter().any(|(_, names)| names.iter().any(|name| has(name))),
    }
}

/// Of a protected person nothing but the flags comes back, and they are all that is needed. Columns come in two spellings.
fn person(read: &Value, indicators: &mut Vec<String>) {
    let Some(spar) = read.get("spar").and_then(Value::as_object) else { return };
    let column = |wanted: &str| {
        spar.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let is_true = |wanted: &str| column(wanted) == Some(&Value::Bool(true));
    let has = |wanted: &str| column(wanted).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let facts = [
        (
            "protectedIdentity",
            is_true("skydd_Sekretessmarkering")
                || is_true("skydd_SkyddadFolkbokforing")
                || is_true("personDetaljer_Sekretessmarkering"),
        ),
        ("deceased", has("personDetaljer_Avlidendatum")),
        ("deregistered", has("personDetaljer_Avregistreringsdatum")),
    ];
    indicators.extend(facts.into_iter().filter(|(_, is)| *is).map(|(fact, _)| fact.to_owned()));
}

/// Roles in companies: whether there is one that lasts.
fn roles(read: &Value, indicators: &mut Vec<String>) {
    let Some(roles) = read.get("companyRoles").and_then(Value::as_array) else { return };
    let lasts = |role: &&Value| role.get("positionEnd").is_none_or(Value::is_null);
    let ongoing: Vec<&Value> = roles.iter().filter(lasts).collect();
    let active = |role: &&&Value| {
        let status = role.get("companyStatus").and_then(Value::as_str).unwrap_or_default();
        ["aktivt", "active"].iter().any(|word| status.eq_ignore_ascii_case(word))
    };
    let fact = match (roles.is_empty(), ongoing.is_empty()) {
        (true, _) => Some("noCompanyRoles"),
        (false, true) => Some("noLongerInOffice"),
        (false, false) if !ongoing.iter().any(|role| active(&role)) => Some("noActiveCompany"),
        (false, false) => None,
    };
    indicators.extend(fact.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(data: &Value, types: &[&str]) -> (Assessment, Vec<String>) {
        let types: Vec<String> = types.iter().map(|kind| (*kind).to_owned()).collect();
        match of(data.to_string().as_bytes(), &types, false).unwrap() {
            Outcome::Found { assessment, indicators, .. } => (assessment, indicators),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fact_has_its_name_and_none_is_of_the_person() {
        let cases = [
            (json!({ "spar": { "skydd_Sekretessmarkering": true } }), vec!["protectedIdentity"]),
            (json!({ "spar": { "skydd_SkyddadFolkbokforing": true } }), vec!["protectedIdentity"]),
            (json!({ "spar": { "persondetaljer_Avlidendatum": "2026-01-01" } }), vec!["deceased"]),
            (json!({ "spar": { "personDetaljer_Avlidendatum": "2026-01-01" } }), vec!["deceased"]),
            (
                json!({ "spar": { "persondetaljer_Avregistreringsdatum": "2026-01-01" } }),
                vec!["deregistered"],
            ),
            (json!({ "spar": { "namn_Fornamn": "Anna", "person_IdNummer": "199001011234" } }), vec![]),
            (json!({ "companyRoles": [] }), vec!["noCompanyRoles"]),
            (
                json!({ "companyRoles": [{ "positionEnd": "2024-05-01", "companyStatus": "Aktivt" }] }),
                vec!["noLongerInOffice"],
            ),
            (
                json!({ "companyRoles": [{ "positionEnd": null, "companyStatus": "Konkurs" }] }),
                vec!["noActiveCompany"],
            ),
            (json!({ "companyRoles": [{ "positionEnd": null, "companyStatus": "Aktivt" }] }), vec![]),
            (json!({ "propertyOwnerships": [], "income": [] }), vec!["noProperty", "noIncome"]),
        ];
        for (data, expected) in cases {
            let asked: Vec<&str> = data.as_object().unwrap().keys().map(String::as_str).collect();
            let (assessment, facts) = found(&data, &asked);
            assert_eq!(facts, expected, "{data}");
            assert_eq!(assessment, Assessment::NotApplicable, "facts have no level: {data}");
        }
    }

    #[test]
    fn the_addresses_have_a_level_and_their_absence_has_none() {
        let said = json!({ "ipIntelligence": { "overallRisk": { "level": "high", "score": 75 } } });
        assert_eq!(found(&said, &["ipIntelligence"]).0, Assessment::Level(Level::High));
        assert_eq!(found(&json!({}), &["ipIntelligence"]).0, Assessment::Unknown);
        assert_eq!(found(&json!({}), &["FULL"]).0, Assessment::Unknown);
    }

    #[test]
    fn what_was_asked_for_and_did_not_come_speaks_for_nobody() {
        let low = json!({ "overallRisk": { "level": "low", "score": 0 } });
        let high = json!({ "overallRisk": { "level": "high", "score": 75 } });
        let active = json!([{ "positionEnd": null, "companyStatus": "Aktivt" }]);
        for (data, asked, assessment) in [
            (json!({ "companyRoles": active }), &["companyRoles"][..], Assessment::NotApplicable),
            (json!({ "companyRoles": null }), &["companyRoles"], Assessment::Unknown),
            (json!({ "companyRoles": "none" }), &["companyRoles"], Assessment::Unknown),
            // Of a protected person only the flags come back.
            (json!({ "spar": { "skydd_Sekretessmarkering": true } }), &["spar"], Assessment::NotApplicable),
            (
                json!({ "spar": { "skydd_Sekretessmarkering": true } }),
                &["spar", "companyRoles"],
                Assessment::Unknown,
            ),
            (json!({ "ipIntelligence": low }), &["ipIntelligence", "spar"], Assessment::Unknown),
            (json!({ "ipIntelligence": high }), &["ipIntelligence", "spar"], Level::High.into()),
            (json!({ "ipIntelligence": low, "spar": {} }), &["IpIntelligence", "SPAR"], Level::Low.into()),
            (json!({ "spar": {} }), &["full"], Assessment::NotApplicable),
        ] {
            assert_eq!(found(&data, asked).0, assessment, "{data} of {asked:?}");
        }
        let read = |partial| of(br#"{"spar":{}}"#, &["spar".to_owned()], partial).unwrap();
        let Outcome::Found { assessment, indicators, .. } = read(true) else { panic!("it was found") };
        assert_eq!((assessment, indicators), (Assessment::Unknown, vec!["partial".to_owned()]));
    }
}
