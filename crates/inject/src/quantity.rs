//! Amounts of CPU and memory as Kubernetes writes them. The text is kept: what a user wrote is what stands in the pod.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of a resource, such as `250m`, `0.5` or `64Mi`, compared by what it amounts to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity {
    text: String,
    /// In units of 10⁻⁹: what Kubernetes resolves at most.
    nanos: u128,
}

/// A text that is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no quantity; write for example 250m for a quarter of a CPU, or 64Mi of memory")]
pub struct QuantityError(String);

/// The units, with what one of them is in units of 10⁻⁹.
const UNITS: [(&str, u128); 16] = [
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("", NANOS),
    ("k", 1_000 * NANOS),
    ("M", 1_000_000 * NANOS),
    ("G", 1_000_000_000 * NANOS),
    ("T", 1_000_000_000_000 * NANOS),
    ("P", 1_000_000_000_000_000 * NANOS),
    ("E", 1_000_000_000_000_000_000 * NANOS),
    ("Ki", NANOS << 10),
    ("Mi", NANOS << 20),
    ("Gi", NANOS << 30),
    ("Ti", NANOS << 40),
    ("Pi", NANOS << 50),
    ("Ei", NANOS << 60),
];
const NANOS: u128 = 1_000_000_000;

impl Quantity {
    /// Thousandths, such as `250m` of a CPU.
    #[must_use]
    pub fn milli(count: u32) -> Self {
        Self { text: format!("{count}m"), nanos: u128::from(count) * 1_000_000 }
    }

    /// Units of 2²⁰, such as `64Mi` of memory.
    #[must_use]
    pub fn mebi(count: u32) -> Self {
        Self { text: format!("{count}Mi"), nanos: u128::from(count) * (NANOS << 20) }
    }

    /// Whether it amounts to nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let nanos = amount(text).ok_or_else(|| QuantityError(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), nanos })
    }
}

/// The amount in units of 10⁻⁹. Finer fractions are rounded up, as Kubernetes does.
fn amount(text: &str) -> Option<u128> {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(fraction) {
        return None;
    }
    let scale = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, scale)) => *scale,
        None => NANOS.checked_mul(10_u128.checked_pow(exponent(unit)?)?)?,
    };
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let parts = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(scale)?.checked_add(fraction.checked_mul(scale)?.div_ceil(parts))
}

/// `e3` and `E3`: a decimal exponent in the place of a unit.
fn exponent(unit: &str) -> Option<u32> {
    let digits = unit.strip_prefix(['e', 'E'])?;
    digits.strip_prefix('+').unwrap_or(digits).parse().ok()
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Quantity {
    type Error = QuantityError;

    fn try_from(text: String) -> Result<Self, QuantityError> {
        text.parse()
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn what_amounts_to_the_same_is_equal_and_keeps_its_text() {
        for (one, other) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1G", "1000M"),
            ("2e3", "2k"),
            ("1E3", "1000"),
            ("0", "0Mi"),
            ("1.", "1"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(read(one), read(other), "{one} {other}");
            assert_eq!(read(one).to_string(), one);
        }
        assert!(read("100m") < read("0.2") && read("64Mi") > read("64M"));
        assert!(read("0m").is_zero());
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", ".", "m", "1 Gi", "-1", "1KiB", "1.2.3", "one", "1ki", "1e", "1e99", &"9".repeat(60)]
        {
            assert_eq!(text.parse::<Quantity>(), Err(QuantityError(text.to_owned())), "{text}");
        }
    }
}
