//! What a challenge may require of the user, beyond what the application asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stronger check that an order can carry (bankid-se.md section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Requirement {
    /// The security code, even where biometrics are switched on (`requirement.pinCode`).
    PinCode,
    /// A Swedish passport or national identity card must be read (`requirement.mrtd`).
    Mrtd,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PinCode => "PinCode",
            Self::Mrtd => "Mrtd",
        })
    }
}

/// The checks that an order carried when it was sent to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequirementSet {
    /// `requirement.pinCode` was true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pin_code: bool,
    /// `requirement.mrtd` was true.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mrtd: bool,
}

impl RequirementSet {
    /// Whether `requirement` is in the set.
    #[must_use]
    pub fn has(self, requirement: Requirement) -> bool {
        match requirement {
            Requirement::PinCode => self.pin_code,
            Requirement::Mrtd => self.mrtd,
        }
    }

    /// Whether everything in `required` is in the set.
    #[must_use]
    pub fn has_all(self, required: &[Requirement]) -> bool {
        required.iter().all(|&requirement| self.has(requirement))
    }

    /// Adds `requirement`; true when it was not there before.
    pub fn insert(&mut self, requirement: Requirement) -> bool {
        let slot = match requirement {
            Requirement::PinCode => &mut self.pin_code,
            Requirement::Mrtd => &mut self.mrtd,
        };
        !std::mem::replace(slot, true)
    }
}
