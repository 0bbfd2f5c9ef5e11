//! `web` and `app`, the facts about the user's device (`bankid-se.md section 2.2`).

use std::ops::RangeInclusive;

use super::members::Members;
use crate::bankid_se::error::ApiError;
use crate::bankid_se::settings::UnknownMembers;

struct Member {
    name: &'static str,
    /// In UTF-16 units.
    length: RangeInclusive<usize>,
    details: &'static str,
    allowed: fn(char) -> bool,
}

fn any(_: char) -> bool {
    true
}

fn of_domains(character: char) -> bool {
    matches!(character, '0'..='9' | 'a'..='z' | '.' | '-')
}

const WEB: &[Member] = &[
    Member {
        name: "referringDomain",
        length: 3..=253,
        details: "Invalid web.referringDomain",
        allowed: of_domains,
    },
    Member { name: "userAgent", length: 1..=256, details: "Invalid web.userAgent", allowed: any },
    Member {
        name: "deviceIdentifier",
        length: 1..=64,
        details: "Invalid web.deviceIdentifier",
        allowed: any,
    },
];

/// The limits of the first three are not known; these are generous.
const APP: &[Member] = &[
    Member { name: "appIdentifier", length: 1..=1_024, details: "Invalid app.appIdentifier", allowed: any },
    Member { name: "deviceOS", length: 1..=1_024, details: "Invalid app.deviceOS", allowed: any },
    Member {
        name: "deviceModelName",
        length: 1..=1_024,
        details: "Invalid app.deviceModelName",
        allowed: any,
    },
    Member {
        name: "deviceIdentifier",
        length: 1..=64,
        details: "Invalid app.deviceIdentifier",
        allowed: any,
    },
];

/// Checks both objects: at most one of them, and that not empty.
pub(super) fn check(members: &mut Members, unknown: UnknownMembers) -> Result<(), ApiError> {
    let web = members.object("web", "Invalid web")?;
    let app = members.object("app", "Invalid app")?;
    if web.is_some() && app.is_some() {
        return Err(ApiError::invalid("app and web are mutually exclusive"));
    }
    if let Some(web) = web {
        check_object(web, WEB, unknown, "Invalid web")?;
    }
    if let Some(app) = app {
        check_object(app, APP, unknown, "Invalid app")?;
    }
    Ok(())
}

fn check_object(
    mut object: Members,
    known: &[Member],
    unknown: UnknownMembers,
    details: &'static str,
) -> Result<(), ApiError> {
    let mut given = 0;
    for member in known {
        let Some(text) = object.text(member.name, member.details)? else { continue };
        given += 1;
        if !member.length.contains(&text.encode_utf16().count()) || !text.chars().all(member.allowed) {
            return Err(ApiError::invalid(member.details));
        }
    }
    if given == 0 {
        return Err(ApiError::invalid(details));
    }
    object.finish(unknown, details)
}
