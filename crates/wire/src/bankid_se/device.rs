//! `web` and `app`: what BankID wants to know of the device (bankid-se.md section 2.2).

use std::borrow::Cow;

use riskgate_core::Start;
use riskgate_core::config::Mode;

use super::{domain, identifier, user_agent};
use crate::given::Given;
use crate::json::{Edits, Object, Value, quoted};

/// Which of the two objects.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    fields: &'static [Field],
}

/// One member.
#[derive(Debug)]
struct Field {
    name: &'static str,
    /// The form of a value that BankID takes; none when it cannot be made one.
    normal: fn(&str) -> Option<Cow<'_, str>>,
    /// What a header or the policy gives.
    given: fn(&Given) -> Option<&str>,
}

/// The device of a user who started in a browser.
static WEB: Kind = Kind {
    name: "web",
    fields: &[
        Field {
            name: "referringDomain",
            normal: domain::normal,
            given: |given| given.referring_domain.as_deref(),
        },
        Field { name: USER_AGENT, normal: user_agent::normal, given: |given| given.user_agent.as_deref() },
        DEVICE_IDENTIFIER,
    ],
};

/// The device of a user who started in an application.
static APP: Kind = Kind {
    name: "app",
    fields: &[
        Field { name: "appIdentifier", normal: filled, given: |given| given.app_identifier.as_deref() },
        Field { name: "deviceOS", normal: filled, given: |given| given.device_os.as_deref() },
        Field { name: "deviceModelName", normal: filled, given: |given| given.device_model.as_deref() },
        DEVICE_IDENTIFIER,
    ],
};

/// The one member that also sources look at.
pub(super) const USER_AGENT: &str = "userAgent";

const DEVICE_IDENTIFIER: Field = Field {
    name: "deviceIdentifier",
    normal: identifier::normal,
    given: |given| given.device_identifier.as_deref(),
};

/// BankID names no limits for the members of `app` (bankid-se.md section 2.2), and takes nothing that is empty.
fn filled(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// `web` or `app` as an application sent it, or did not.
pub(super) struct Device<'a> {
    kind: &'static Kind,
    sent: Value<'a>,
    object: Option<Object<'a>>,
}

/// The object to send.
pub(super) struct Completed {
    /// Its name in the request.
    pub(super) name: &'static str,
    /// Its new text; none when it leaves as it was sent.
    pub(super) text: Option<String>,
    /// The members that were attached, with the object's name.
    pub(super) attached: Vec<String>,
    /// The user's browser, as the object now carries it.
    pub(super) user_agent: Option<String>,
}

impl<'a> Device<'a> {
    /// The request's `web`.
    pub(super) fn web(request: &Object<'a>) -> Self {
        Self::of(&WEB, request)
    }

    /// The request's `app`.
    pub(super) fn app(request: &Object<'a>) -> Self {
        Self::of(&APP, request)
    }

    fn of(kind: &'static Kind, request: &Object<'a>) -> Self {
        let sent = request.get(kind.name);
        let object = sent.clone().object();
        Self { kind, sent, object }
    }

    /// Whether the application sent it, in whatever form.
    pub(super) fn is_sent(&self) -> bool {
        !self.sent.is_missing()
    }

    /// The text of the member `name`, as sent.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.object.as_ref()?.get(name).text()
    }

    /// The one of the two to complete: what the application sent, else what the user's start says. None when it sent both,
    /// which is for BankID to judge, or something that is no object, or when nobody knows how the user started.
    pub(super) fn to_complete(web: Self, app: Self, start: Option<Start>) -> Option<Self> {
        let chosen = match (web.is_sent(), app.is_sent()) {
            (true, true) => return None,
            (true, false) => web,
            (false, true) => app,
            (false, false) => match start? {
                Start::Web => web,
                Start::App => app,
            },
        };
        (chosen.object.is_some() || !chosen.is_sent()).then_some(chosen)
    }

    /// Fills the members that were not sent with what is given, and in [`Mode::Enforce`] repairs those that BankID would
    /// refuse. What cannot be repaired stays when the application sent it, and is left out when it was given.
    pub(super) fn complete(self, given: &Given, mode: Mode) -> Completed {
        let mut edits = Edits::default();
        let mut attached = Vec::new();
        let mut user_agent = None;
        for field in self.kind.fields {
            let carried = match self.object.as_ref().map_or(Value::Absent, |object| object.get(field.name)) {
                Value::Text(text) => match (field.normal)(&text) {
                    Some(normal) if mode == Mode::Enforce && normal != text => {
                        edits.set(field.name, quoted(&normal));
                        Some(normal.into_owned())
                    }
                    _ => Some(text.into_owned()),
                },
                Value::Absent | Value::Null => field.from(given).map(|value| {
                    edits.set(field.name, quoted(&value));
                    attached.push(format!("{}.{}", self.kind.name, field.name));
                    value.into_owned()
                }),
                _ => None,
            };
            if field.name == USER_AGENT {
                user_agent = carried;
            }
        }
        let text = (!edits.is_empty()).then(|| edits.apply(self.object.as_ref(), 512));
        Completed { name: self.kind.name, text, attached, user_agent }
    }
}

impl Field {
    /// What is given for this member, in the form that BankID takes.
    fn from<'g>(&self, given: &'g Given) -> Option<Cow<'g, str>> {
        let value = (self.given)(given).map(str::trim).filter(|value| !value.is_empty())?;
        if self.name == DEVICE_IDENTIFIER.name && given.hash_device_identifier {
            return Some(Cow::Owned(identifier::hashed(value)));
        }
        (self.normal)(value)
    }
}
