//! What the demo's application wants: one errand for each kind of flow.

use riskgate_core::Operation;
use serde_json::{Value, json};

use super::persons::Person;

/// An errand of a user with the application.
pub(super) struct Errand {
    /// For people.
    pub(super) name: &'static str,
    pub(super) operation: Operation,
    /// The path of the request (bankid-se.md section 2).
    pub(super) path: &'static str,
    body: fn(&Person) -> Value,
}

impl Errand {
    /// The request's body: what an application sends that knows nothing of risk.
    pub(super) fn body(&self, person: &Person) -> Value {
        (self.body)(person)
    }
}

/// The errands.
pub(super) const ERRANDS: [Errand; 4] = [
    Errand { name: "login", operation: Operation::Auth, path: "/rp/v6.0/auth", body: login },
    Errand { name: "signature", operation: Operation::Sign, path: "/rp/v6.0/sign", body: signature },
    Errand { name: "payment", operation: Operation::Payment, path: "/rp/v6.0/payment", body: payment },
    Errand {
        name: "phone login",
        operation: Operation::PhoneAuth,
        path: "/rp/v6.0/phone/auth",
        body: phone_login,
    },
];

/// The user's address, one for documentation (RFC 5737): the sidecar's lint says so in the decision records.
const END_USER_IP: &str = "203.0.113.17";

fn login(person: &Person) -> Value {
    json!({ "endUserIp": END_USER_IP, "requirement": { "personalNumber": person.personal_number } })
}

fn signature(person: &Person) -> Value {
    json!({
        "endUserIp": END_USER_IP,
        "requirement": { "personalNumber": person.personal_number },
        "userVisibleData": "SSBhZ3JlZS4=", // base64 of "I agree."
    })
}

fn payment(person: &Person) -> Value {
    json!({
        "endUserIp": END_USER_IP,
        "requirement": { "personalNumber": person.personal_number },
        "userVisibleTransaction": {
            "transactionType": "card",
            "recipient": { "name": "The Shop" },
            "money": { "amount": "100,00", "currency": "SEK" },
        },
    })
}

fn phone_login(person: &Person) -> Value {
    json!({ "personalNumber": person.personal_number, "callInitiator": "RP" })
}
