//! Countries by their codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A country: ISO 3166-1 alpha-2, two upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "CountryText"))]
pub struct Country([u8; 2]);

/// A text that names no country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a country; write two upper-case letters of ISO 3166-1, such as SE")]
pub struct NotACountry(String);

/// What registries and databases write where they know no country: "not assigned", and regions of several countries.
const NO_COUNTRY: [[u8; 2]; 4] = [*b"ZZ", *b"XX", *b"EU", *b"AP"];

impl Country {
    /// The country that a database names, in any case of letters; none where it names a region, or nothing.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        let code = code.map(|letter| letter.to_ascii_uppercase());
        let is_country = code.iter().all(u8::is_ascii_uppercase) && !NO_COUNTRY.contains(&code);
        is_country.then_some(Self(code))
    }

    /// The countries that TIC's published table counts as Nordic: Sweden, Norway, Denmark, Finland, Iceland. The Faroe Islands,
    /// Greenland and Åland are not among them (other-systems.md section B.5).
    #[must_use]
    pub fn nordic() -> Vec<Self> {
        [*b"SE", *b"NO", *b"DK", *b"FI", *b"IS"].map(Self).to_vec()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| fmt::Write::write_char(f, char::from(*letter)))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Country {
    type Error = NotACountry;

    fn try_from(text: String) -> Result<Self, NotACountry> {
        Self::of(&text).filter(|country| country.to_string() == text).ok_or(NotACountry(text))
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}

/// The schema of a [`Country`].
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
struct CountryText(
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(length(min = 2, max = 2), regex(pattern = "^[A-Z]{2}$"))]
    String,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_may_write_small_letters_and_policies_may_not() {
        assert_eq!(Country::of("se").unwrap().to_string(), "SE");
        for text in ["se", "SWE", "", "S1", "EU", "ÅL"] {
            assert!(Country::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(Country::try_from("SE".to_owned()).unwrap(), Country::of("SE").unwrap());
    }

    #[test]
    fn a_region_is_no_country() {
        for text in ["EU", "AP", "ZZ", "zz", "XX", "A1", "T1", "-", "  "] {
            assert_eq!(Country::of(text), None, "{text}");
        }
    }
}
