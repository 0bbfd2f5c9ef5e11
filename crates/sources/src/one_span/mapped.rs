//! What of a request OneSpan is told: user, amount, currency and address, each where the policy says it stands.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use riskgate_core::config::OneSpanSourceConfig;
use riskgate_core::{DeviceIdentifierHash, hex};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::source::Question;

/// The longest reference of a user, in bytes, and the most digits of an amount.
const LONGEST_USER: usize = 128;
const MOST_DIGITS: usize = 18;

/// One question as OneSpan takes it.
pub(super) struct Mapped {
    user: String,
    /// A decimal number in JSON's form.
    amount: String,
    currency: String,
    transaction_type: String,
    client_ip: Option<Ipv4Addr>,
}

impl Mapped {
    /// `None` where the request does not say who it is of, or what about.
    pub(super) fn of(config: &OneSpanSourceConfig, question: &Question) -> Option<Self> {
        let request: Value = serde_json::from_slice(question.request.as_ref()?).ok()?;
        let user = text(request.pointer(&config.user.pointer)?)
            .filter(|user| (1..=LONGEST_USER).contains(&user.len()))?;
        let user = match config.user.hash {
            Some(DeviceIdentifierHash::Sha256) => hex::prefixed("", &Sha256::digest(&user)),
            None => user,
        };
        let currency = match (&config.amount.currency, &config.amount.currency_pointer) {
            (Some(currency), _) => currency.clone(),
            (None, pointer) => text(request.pointer(pointer.as_deref()?)?)?,
        };
        let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        let client_ip = match question.client_ip.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Some(address),
            _ => None,
        };
        Some(Self {
            user,
            amount: amount(&text(request.pointer(&config.amount.pointer)?)?)?,
            currency: is_currency.then_some(currency)?,
            transaction_type: config.transaction_type.clone(),
            client_ip,
        })
    }

    /// The body of the risk-only call.
    pub(super) fn body(&self) -> Bytes {
        let mut body = json!({
            "accountRef": self.user,
            "relationshipRef": self.user,
            "currency": self.currency,
            "transactionType": self.transaction_type,
        });
        if let Some(address) = self.client_ip {
            body["clientIP"] = address.to_string().into();
        }
        // As digits, so that no amount is rounded on its way.
        let body = body.to_string();
        format!("{{\"amount\":{},{}", self.amount, body.trim_start_matches('{')).into()
    }
}

/// A text, or a number as one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Digits with at most one decimal comma or point, as JSON writes a number.
fn amount(text: &str) -> Option<String> {
    let point = text.replace(',', ".");
    let (whole, fraction) = point.split_once('.').unwrap_or((&point, "0"));
    let digits = |part: &str| {
        (1..=MOST_DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if point.contains('.') { format!("{whole}.{fraction}") } else { whole.to_owned() })
}

#[cfg(test)]
mod tests {
    use riskgate_core::config::{MappedAmount, MappedUser};

    use super::*;

    fn config() -> OneSpanSourceConfig {
        OneSpanSourceConfig {
            endpoint: "https://localhost:1".to_owned(),
            trust_bundle_ref: None,
            credentials_ref: None,
            user: MappedUser { pointer: "/requirement/personalNumber".to_owned(), hash: None },
            amount: MappedAmount {
                pointer: "/userVisibleTransaction/money/amount".to_owned(),
                currency_pointer: Some("/userVisibleTransaction/money/currency".to_owned()),
                currency: None,
            },
            transaction_type: "Payment".to_owned(),
        }
    }

    fn question(amount: &Value, currency: &str) -> Question {
        let request = json!({
            "requirement": { "personalNumber": "200001012384" },
            "userVisibleTransaction": { "money": { "amount": amount, "currency": currency } },
        });
        Question {
            client_ip: Some("::ffff:192.0.2.1".parse().unwrap()),
            request: Some(request.to_string().into()),
            ..Question::default()
        }
    }

    #[test]
    fn a_payment_becomes_the_risk_only_call() {
        let body = Mapped::of(&config(), &question(&json!("1000,00"), "SEK")).unwrap().body();
        assert!(body.starts_with(b"{\"amount\":1000.00,"), "{body:?}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            json!({ "accountRef": "200001012384", "relationshipRef": "200001012384", "amount": 1000.0, "currency": "SEK",
                "transactionType": "Payment", "clientIP": "192.0.2.1" })
        );
    }

    #[test]
    fn the_user_can_be_hashed_and_the_currency_fixed() {
        let mut config = config();
        config.user.hash = Some(DeviceIdentifierHash::Sha256);
        config.amount.currency = Some("EUR".to_owned());
        let body = Mapped::of(&config, &question(&json!(12), "sek")).unwrap().body();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let hash = body["accountRef"].as_str().unwrap();
        assert!(hash.len() == 64 && hash == body["relationshipRef"]);
        assert_eq!((&body["amount"], &body["currency"]), (&json!(12), &json!("EUR")));
    }

    #[test]
    fn amounts_become_numbers_digit_by_digit() {
        for (sent, number) in [
            (json!("0"), "0"),
            (json!("007"), "7"),
            (json!("0,5"), "0.5"),
            (json!("123456789012345678.01"), "123456789012345678.01"),
            (json!(12.5), "12.5"),
        ] {
            assert_eq!(amount(&text(&sent).unwrap()).as_deref(), Some(number), "{sent}");
        }
        for sent in
            ["", ",", "1,", ",5", "1,2,3", "1.000,00", "-1", "1e3", " 1", "1 000", "x", "9999999999999999999"]
        {
            assert_eq!(amount(sent), None, "{sent}");
        }
    }

    #[test]
    fn nothing_is_made_up() {
        let none = |question: &Question| Mapped::of(&config(), question).is_none();
        assert!(none(&Question::default()));
        assert!(none(&question(&json!("x"), "SEK")));
        assert!(none(&question(&json!("1"), "kronor")));
        assert!(none(&question(&Value::Null, "SEK")));
        assert!(none(&Question { request: Some("[]".into()), ..Question::default() }));
        let v6 = Question { client_ip: Some("2001:db8::1".parse().unwrap()), ..question(&json!(1), "SEK") };
        let body = Mapped::of(&config(), &v6).unwrap().body();
        assert!(!String::from_utf8_lossy(&body).contains("clientIP"));
    }
}
