//! Levels of assurance (other-systems.md section A.2).

/// The `acr_values` that ask for the high level.
pub const HIGH: &str = "urn:bankid:bid";

/// How sure the provider is of who the user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Level of assurance 3: biometrics on the user's device. The provider collects no security data for it (section A.5).
    Substantial,
    /// Level of assurance 4: BankID with password and second factor.
    High,
}

impl Level {
    /// The level of an ID token's `acr`, such as `urn:bankid:bid;LOA=4`. What the token says counts, never what was asked for:
    /// it can be higher. Where name and number disagree, or only one is known, the lower holds.
    #[must_use]
    pub fn of(acr: &str) -> Option<Self> {
        let (name, parameters) = acr.split_once(';').unwrap_or((acr, ""));
        let by_name = match name.trim().to_ascii_lowercase().as_str() {
            "urn:bankid:bid" | "urn:bankid:bim" => Some(Self::High),
            "urn:bankid:bis" => Some(Self::Substantial),
            _ => None,
        };
        let number = parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("LOA"));
        let by_number = match number.map(|(_, value)| value.trim()) {
            Some("4") => Some(Self::High),
            Some("3") => Some(Self::Substantial),
            Some(_) => return None,
            None => by_name,
        };
        by_name.zip(by_number).map(|(name, number)| name.min(number))
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Substantial => 3,
            Self::High => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_table() {
        let cases = [
            ("urn:bankid:bid;LOA=4", Some(Level::High)),
            ("urn:bankid:bim;LOA=4", Some(Level::High)),
            ("urn:bankid:bis;LOA=3", Some(Level::Substantial)),
            ("URN:BankID:BID; loa=4", Some(Level::High)),
            ("urn:bankid:bid", Some(Level::High)),
            ("urn:bankid:bis", Some(Level::Substantial)),
            ("urn:bankid:bid;LOA=3", Some(Level::Substantial)),
            ("urn:bankid:bis;LOA=4", Some(Level::Substantial)),
            ("urn:bankid:bid;LOA=2", None),
            ("urn:other;LOA=4", None),
            ("4", None),
            ("", None),
        ];
        for (acr, level) in cases {
            assert_eq!(Level::of(acr), level, "{acr}");
        }
    }
}
