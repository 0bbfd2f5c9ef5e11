//! Plain scalars, as `kubectl` and the API server's other clients read them.
//!
//! They read YAML 1.1: `no`, `off` and `y` are booleans, `010` is eight. A policy file must mean here what it means there,
//! and a country code must not turn into `false` without a word.

use serde_json::{Number, Value};

/// The value of a scalar that stands without quotes.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return true.into();
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return false.into();
        }
        _ => {}
    }
    let numeric = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.'));
    numeric
        .then(|| integer(text).or_else(|| float(text)))
        .flatten()
        .map_or_else(|| text.into(), Value::Number)
}

fn integer(text: &str) -> Option<Number> {
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefixes = [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)];
    let (digits, radix) = prefixes
        .iter()
        .find_map(|&(prefix, radix)| digits.strip_prefix(prefix).map(|rest| (rest, radix)))
        .or_else(|| digits.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| (rest, 8)))
        .unwrap_or((digits, 10));
    // A second sign would be read by `from_str_radix`, and is no number in YAML.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative { 0_i64.checked_sub_unsigned(magnitude).map(Number::from) } else { Some(magnitude.into()) }
}

fn float(text: &str) -> Option<Number> {
    let shape = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    (digits && text.bytes().all(shape)).then(|| text.parse().ok()).flatten().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_mean_what_they_mean_to_kubectl() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("NO", json!(false)),
            ("on", json!(true)),
            ("y", json!(true)),
            ("15381", json!(15381)),
            ("-7", json!(-7)),
            ("1_000", json!(1000)),
            ("0x1F", json!(31)),
            ("010", json!(8)),
            ("0", json!(0)),
            ("09", json!(9.0)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
        for text in
            ["Auth", "3s", "16Mi", "nope", "1.2.3", "-", "--1", "+-1", "0x", "1e", "2026-11-22", ".", "0x-1"]
        {
            assert_eq!(plain(text), json!(text), "{text}");
        }
    }
}
