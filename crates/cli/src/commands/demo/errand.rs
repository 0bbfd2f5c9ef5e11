//! What the demo's application wants: one errand for each kind of flow.

use riskgate_core::{Operation, Provider};
use serde_json::{Value, json};

use super::persons::Person;

/// An errand of a user with the application.
pub(super) struct Errand {
    /// For people.
    pub(super) name: &'static str,
    pub(super) provider: Provider,
    pub(super) operation: Operation,
    /// The path of the request. BankID Norway's are in its configuration.
    pub(super) path: &'static str,
    request: fn(&Person) -> Value,
}

impl Errand {
    /// What an application sends that knows nothing of risk: the request's body; at BankID Norway, what it adds to the
    /// authorization request.
    pub(super) fn request(&self, person: &Person) -> Value {
        (self.request)(person)
    }

    /// The errands at a kind of provider.
    pub(super) fn at(provider: Provider) -> impl Iterator<Item = &'static Self> {
        ERRANDS.iter().filter(move |errand| errand.provider == provider)
    }
}

const fn errand(
    name: &'static str,
    provider: Provider,
    operation: Operation,
    path: &'static str,
    request: fn(&Person) -> Value,
) -> Errand {
    Errand { name, provider, operation, path, request }
}

/// The errands (bankid-se.md section 2, other-systems.md sections A.2, B.2 and C.2).
const ERRANDS: [Errand; 10] = [
    errand("login", Provider::BankIdSe, Operation::Auth, "/rp/v6.0/auth", login),
    errand("signature", Provider::BankIdSe, Operation::Sign, "/rp/v6.0/sign", signature),
    errand("payment", Provider::BankIdSe, Operation::Payment, "/rp/v6.0/payment", payment),
    errand("phone login", Provider::BankIdSe, Operation::PhoneAuth, "/rp/v6.0/phone/auth", phone_login),
    errand("login in Norway", Provider::BankIdNo, Operation::Login, "", |_| json!({ "scope": "openid" })),
    errand(
        "signature in Norway",
        Provider::BankIdNo,
        Operation::Sign,
        "",
        |_| json!({ "scope": "openid sign" }),
    ),
    errand(
        "login by TIC",
        Provider::TicIdentity,
        Operation::Auth,
        "/api/v1/auth/bankid/start",
        |person| json!({ "endUserIp": person.address }),
    ),
    errand(
        "signature by TIC",
        Provider::TicIdentity,
        Operation::Sign,
        "/api/v1/auth/bankid/sign",
        |person| json!({ "endUserIp": person.address, "userVisibleData": "I sign for the company." }),
    ),
    errand(
        "login at OneSpan",
        Provider::OneSpan,
        Operation::Login,
        "/v1/users/user@shop/login",
        |person| json!({ "objectType": "AdaptiveLoginInput", "sessionID": "3f2a", "clientIP": person.address }),
    ),
    errand(
        "transfer at OneSpan",
        Provider::OneSpan,
        Operation::Transaction,
        "/v1/users/user@shop/transactions/validate",
        |person| {
            json!({
                "objectType": "AdaptiveTransactionValidationInput",
                "sessionID": "3f2a",
                "clientIP": person.address,
                "accountRef": "user",
                "amount": 100,
                "currency": "SEK",
                "transactionType": "Transfer",
            })
        },
    ),
];

fn login(person: &Person) -> Value {
    json!({ "endUserIp": person.address, "requirement": { "personalNumber": person.personal_number } })
}

fn signature(person: &Person) -> Value {
    json!({
        "endUserIp": person.address,
        "requirement": { "personalNumber": person.personal_number },
        "userVisibleData": "SSBhZ3JlZS4=", // base64 of "I agree."
    })
}

fn payment(person: &Person) -> Value {
    json!({
        "endUserIp": person.address,
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
