//! `userVisibleTransaction` and `riskFlags` (`bankid-se.md section 2.4`).

use serde_json::Value;

use super::is_one_of;
use super::members::Members;
use crate::bankid_se::error::ApiError;

const TRANSACTION: &str = "Invalid userVisibleTransaction";
const TYPE: &str = "transactionType is not a valid transaction type";
const RECIPIENT: &str = "Recipient name is invalid";
const MONEY: &str = "money has invalid amount or currency";
const WARNING: &str = "Invalid riskWarning";
const FLAGS: &str = "Invalid riskFlags";

const RISK_FLAGS: &[&str] = &[
    "newCard",
    "newCustomer",
    "newRecipient",
    "highRiskRecipient",
    "largeAmount",
    "foreignCurrency",
    "cryptoCurrencyPurchase",
    "moneyTransfer",
    "overseasTransaction",
    "recurringPayment",
    "suspiciousPaymentPattern",
    "other",
];

/// Checks what only the two payment endpoints take.
pub(super) fn check(members: &mut Members) -> Result<(), ApiError> {
    let mut transaction =
        members.object("userVisibleTransaction", TRANSACTION)?.ok_or(ApiError::invalid(TRANSACTION))?;
    let kind = transaction.text("transactionType", TYPE)?;
    recipient(&mut transaction)?;
    let money = transaction.object("money", MONEY)?;
    match (kind.as_deref(), money) {
        (Some("card"), Some(money)) => check_money(money)?,
        // A non-payment authentication is about no money.
        (Some("npa"), None) => {}
        (Some("card" | "npa"), _) => return Err(ApiError::invalid(MONEY)),
        _ => return Err(ApiError::invalid(TYPE)),
    }
    transaction.text("riskWarning", WARNING)?;
    match members.take("riskFlags") {
        None => Ok(()),
        Some(Value::Array(flags)) if flags.iter().all(|flag| is_one_of(flag, RISK_FLAGS)) => Ok(()),
        Some(_) => Err(ApiError::invalid(FLAGS)),
    }
}

fn recipient(transaction: &mut Members) -> Result<(), ApiError> {
    let name = match transaction.object("recipient", RECIPIENT)? {
        Some(mut recipient) => recipient.text("name", RECIPIENT)?,
        None => None,
    };
    match name {
        Some(name) if (1..=40).contains(&name.encode_utf16().count()) => Ok(()),
        _ => Err(ApiError::invalid(RECIPIENT)),
    }
}

fn check_money(mut money: Members) -> Result<(), ApiError> {
    let amount = money.text("amount", MONEY)?.unwrap_or_default();
    let currency = money.text("currency", MONEY)?.unwrap_or_default();
    if is_amount(&amount) && is_currency(&currency) { Ok(()) } else { Err(ApiError::invalid(MONEY)) }
}

/// Digits with at most one decimal comma: `1000,00`, `100`, `0`.
fn is_amount(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 48
        && match text.split_once(',') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(text),
        }
}

/// The shape of an ISO 4217 code; the list itself is not checked.
fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
