//! `riskResponseCode`: what OneSpan's risk engine makes of a request (other-systems.md section C.5).

use riskgate_core::{Assessment, Level};

/// The first code that asks for a challenge. What lies above and has no name is one, too.
const FIRST_CHALLENGE: u32 = 2;

/// The challenges with a name: the requirements document's table, and the three that only OneSpan's own client code has.
pub const CHALLENGES: [(u32, &str); 16] = [
    (2, "Challenge"),
    (3, "ChallengeSMS"),
    (4, "ChallengeDevice"),
    (5, "ChallengeDevice2FA"),
    (6, "ChallengePush"),
    (7, "ChallengePush2FA"),
    (8, "ChallengeEmail"),
    (10, "ChallengeCRDevice2FA"),
    (11, "ChallengeCronto"),
    (13, "ChallengeVoice"),
    (14, "ChallengeFIDO"),
    (21, "ChallengeNoPin"),
    (22, "ChallengePin"),
    (23, "ChallengeFingerprint"),
    (24, "ChallengeFaceReco"),
    (25, "ChallengeFido"),
];

/// What a `riskResponseCode` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskCode {
    /// 0: nothing speaks against it.
    Accept,
    /// 1: it is declined.
    Decline,
    /// 2 and above: the user is to be challenged, in the way that the number names.
    Challenge(u32),
    /// Absent, negative or no integer: there was no risk answer, which is never taken for a harmless one.
    None,
}

impl RiskCode {
    /// Reads the JSON text of the member; `None` where the answer has no such member.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        // Digits and nothing else; a number too long for any code asks for a challenge like every other above 1.
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.filter(digits).map(|text| text.parse().unwrap_or(u32::MAX)) {
            Some(0) => Self::Accept,
            Some(1) => Self::Decline,
            Some(code) => Self::Challenge(code),
            None => Self::None,
        }
    }

    /// Whether `code` asks for a challenge.
    #[must_use]
    pub fn is_challenge(code: u32) -> bool {
        code >= FIRST_CHALLENGE
    }

    /// The level: `Low` for an accept, `High` for a decline, `Moderate` for every challenge, else `Unknown`.
    #[must_use]
    pub fn assessment(self) -> Assessment {
        match self {
            Self::Accept => Level::Low.into(),
            Self::Challenge(_) => Level::Moderate.into(),
            Self::Decline => Level::High.into(),
            Self::None => Assessment::Unknown,
        }
    }

    /// The indicator in signals: the challenge's name, or for one without a name its number.
    #[must_use]
    pub fn indicator(self) -> Option<String> {
        match self {
            Self::Challenge(code) => Some(match CHALLENGES.iter().find(|(known, _)| *known == code) {
                Some((_, name)) => (*name).to_owned(),
                None => format!("riskResponseCode={code}"),
            }),
            Self::Accept | Self::Decline | Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_table_has_its_level_and_name() {
        assert_eq!(RiskCode::of(Some("0")).assessment(), Level::Low.into());
        assert_eq!(RiskCode::of(Some("1")).assessment(), Level::High.into());
        for (code, name) in CHALLENGES {
            let read = RiskCode::of(Some(&code.to_string()));
            assert_eq!(
                (read.assessment(), read.indicator()),
                (Level::Moderate.into(), Some(name.to_owned()))
            );
        }
    }

    #[test]
    fn codes_without_a_name_are_challenges_all_the_same() {
        for code in [9, 12, 15, 16, 17, 18, 19, 20, 26, 99, u32::MAX] {
            let read = RiskCode::of(Some(&code.to_string()));
            assert_eq!(read.assessment(), Level::Moderate.into(), "{code}");
            assert_eq!(read.indicator(), Some(format!("riskResponseCode={code}")));
        }
        assert_eq!(RiskCode::of(Some("99999999999999999999")), RiskCode::Challenge(u32::MAX));
    }

    #[test]
    fn what_is_no_code_is_unknown_and_never_harmless() {
        for text in ["-1", "-0", "0.0", "1e0", "\"0\"", "\"3\"", "true", "[]", "{}", "", "+0"] {
            assert_eq!(RiskCode::of(Some(text)), RiskCode::None, "{text}");
        }
        assert_eq!(RiskCode::of(None).assessment(), Assessment::Unknown);
        assert_eq!(RiskCode::None.indicator(), None);
    }
}
