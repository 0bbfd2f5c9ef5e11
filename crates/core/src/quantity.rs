//! Quantities as people write them in a policy: `300ms`, `3s`, `16Mi`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time, written with its unit: `50ms`, `3s`, `2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "SpanText"))]
pub struct Span(pub Duration);

/// A length of memory, written with a binary unit: `512Ki`, `16Mi`, `1Gi`, or plain bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "BytesText"))]
pub struct Bytes(pub u64);

/// A quantity that does not read as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a length of time.
    #[error("{0:?} is not a length of time; write a number with a unit, such as 300ms, 3s or 2m")]
    Span(String),
    /// Not a number of bytes.
    #[error("{0:?} is not a size; write a number with a unit, such as 512Ki, 16Mi or 1Gi")]
    Bytes(String),
}

impl Span {
    /// A span of whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

impl FromStr for Span {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        humantime::parse_duration(text).map(Self).map_err(|_| QuantityError::Span(text.to_owned()))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // humantime separates its parts by blanks ("1m 30s"), which its parser and Kubernetes users read, too.
        fmt::Display::fmt(&humantime::format_duration(self.0), f)
    }
}

impl TryFrom<String> for Span {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

const UNITS: [(&str, u64); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

impl FromStr for Bytes {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (digits, factor) = UNITS
            .iter()
            .find_map(|&(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, factor)))
            .unwrap_or((text, 1));
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count = plain.then(|| digits.parse::<u64>().ok()).flatten();
        count
            .and_then(|count| count.checked_mul(factor))
            .map(Self)
            .ok_or_else(|| QuantityError::Bytes(text.to_owned()))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, factor)| self.0 != 0 && self.0.is_multiple_of(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}", self.0),
        }
    }
}

impl TryFrom<String> for Bytes {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        bytes.to_string()
    }
}

/// The schema of a [`Span`].
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
struct SpanText(
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(length(max = 32), regex(pattern = "^([0-9]{1,9}(ms|s|m|h) ?)+$"))]
    String,
);

/// The schema of [`Bytes`].
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
struct BytesText(
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(length(max = 32), regex(pattern = "^[0-9]{1,10}(Ki|Mi|Gi)?$"))]
    String,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_back_as_they_are_written() {
        for text in ["50ms", "3s", "2m", "1m 30s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for text in ["0", "1023", "512Ki", "16Mi", "2Gi"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_an_example() {
        assert!("fast".parse::<Span>().unwrap_err().to_string().contains("300ms"));
        for text in ["", "Mi", "-1Ki", "+1Ki", "1.5Mi", "16MB", "99999999999Gi"] {
            assert!(text.parse::<Bytes>().unwrap_err().to_string().contains("16Mi"), "{text}");
        }
    }
}
