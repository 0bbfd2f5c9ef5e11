//! What is found about a person: made up, in the form of the real service (section B.3 and its guide's data models).

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::script::Script;

/// The sections of an enrichment, by type and by the member that holds them.
pub(super) const SECTIONS: [(&str, &str); 5] = [
    ("spar", "spar"),
    ("companyRoles", "companyRoles"),
    ("propertyOwnership", "propertyOwnerships"),
    ("income", "income"),
    ("ipIntelligence", "ipIntelligence"),
];

/// What an enrichment of `types` found.
pub(super) fn found(script: &Script, address: IpAddr, types: &[String], now: &str) -> Value {
    let user = &script.user;
    if script.enrichment.protected {
        // Nothing else of a protected person comes back.
        let flags = json!({ "skydd_Sekretessmarkering": true, "skydd_SkyddadFolkbokforing": true });
        return json!({ "enrichedAtUtc": now, "spar": flags });
    }
    let mut data = Map::new();
    data.insert("personalNumber".to_owned(), json!(user.personal_number));
    data.insert("name".to_owned(), json!(format!("{} {}", user.given_name, user.surname)));
    data.insert("enrichedAtUtc".to_owned(), json!(now));
    for (kind, member) in SECTIONS {
        if types.iter().any(|wanted| wanted == kind) {
            let usual = || section(kind, script, address).unwrap_or(Value::Null);
            let scripted = script.enrichment.data.get(member).cloned();
            data.insert(member.to_owned(), scripted.unwrap_or_else(usual));
        }
    }
    Value::Object(data)
}

fn section(kind: &str, script: &Script, address: IpAddr) -> Option<Value> {
    let user = &script.user;
    Some(match kind {
        "spar" => json!({
            "person_IdNummer": user.personal_number,
            "namn_Fornamn": user.given_name,
            "namn_Efternamn": user.surname,
            "folkbokforingsadress_SvenskAdress_Utdelningsadress1": "Storgatan 1",
            "folkbokforingsadress_SvenskAdress_PostNr": "11122",
            "folkbokforingsadress_SvenskAdress_Postort": "Stockholm",
            "personDetaljer_Fodelsedatum": "1990-01-01",
            "skydd_Sekretessmarkering": false,
            "skydd_SkyddadFolkbokforing": false,
        }),
        "companyRoles" => json!([{
            "companyId": 12345,
            "companyRegistrationNumber": "5566778899",
            "legalName": "Exempel AB",
            "legalEntityType": "AB",
            "positionTypes": ["VD", "LED"],
            "positionDescriptions": ["Verkställande direktör", "Styrelseledamot"],
            "positionStart": "2020-01-15",
            "positionEnd": null,
            "companyStatus": "Aktivt",
            "signatureDescription": "Styrelsen eller verkställande direktören",
        }]),
        "propertyOwnership" => json!([{
            "fastighetObjektIdentitet": "909a6a84-1111-90ec-e040-ed8f66444c3f",
            "registerbeteckning": "STOCKHOLM KUNGSHOLMEN 1:5",
            "andelTaljare": 1,
            "andelNamnare": 2,
            "ownershipStartDate": "2019-05-01",
        }]),
        "income" => json!([
            { "ar_DEKL": 2024, "ink_TJ": 650_000, "ink_TAX_FORV": 580_000, "sk_SLUT": 195_000 },
            { "ar_DEKL": 2023, "ink_TJ": 620_000, "ink_TAX_FORV": 555_000, "sk_SLUT": 182_000 },
        ]),
        _ => return intelligence(script, address, "overallRisk"),
    })
}

/// `ipIntelligence` of a session, with its risk under `risk_name`; none when the script has none.
pub(super) fn intelligence(script: &Script, address: IpAddr, risk_name: &str) -> Option<Value> {
    let level = match &script.ip_intelligence {
        Value::String(word) if word == "absent" => return None,
        Value::String(word) => word.as_str(),
        whole => return Some(whole.clone()),
    };
    // By the published table: a Tor node is 40, one in a data centre 20 more (section B.5).
    let (score, tor, hosting, indicators) = match level {
        "high" => (60, true, true, json!(["tor_exit_node", "vpn_proxy_hosting"])),
        "moderate" => (40, true, false, json!(["tor_exit_node"])),
        _ => (0, false, false, json!([])),
    };
    let side = |address: &str, tor: bool, hosting: bool| {
        json!({
            "ipAddress": address,
            "countryCode": "SE",
            "countryName": "Sweden",
            "isp": "Exempel Bredband AB",
            "usageType": if hosting { "Hosting" } else { "ISP" },
            "abuseConfidenceScore": 0,
            "isTor": tor,
            "isLikelyVpn": hosting,
        })
    };
    Some(json!({
        "initiatingIp": side(&address.to_string(), tor, hosting),
        "deviceIp": side("94.254.120.75", false, false),
        risk_name: { "level": level, "score": score, "indicators": indicators },
        "enrichedAtUtc": "2026-01-15T14:30:00Z",
    }))
}
