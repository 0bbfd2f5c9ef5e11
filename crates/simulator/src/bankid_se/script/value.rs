//! Text that a script may leave to the default, omit, or choose.

use serde::{Deserialize, Serialize};

/// A text member of an answer. Written as a string; `absent` omits the member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum Scripted {
    /// Whatever is usual.
    #[default]
    Usual,
    /// The member is omitted.
    Absent,
    /// This text, also one that the real API would not send.
    Text(String),
}

impl Scripted {
    /// The text, where `usual` is the usual one.
    pub(crate) fn or(&self, usual: impl FnOnce() -> Option<String>) -> Option<String> {
        match self {
            Self::Usual => usual(),
            Self::Absent => None,
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl From<Option<String>> for Scripted {
    fn from(text: Option<String>) -> Self {
        match text {
            None => Self::Usual,
            Some(text) if text == "absent" => Self::Absent,
            Some(text) => Self::Text(text),
        }
    }
}

impl From<&str> for Scripted {
    fn from(text: &str) -> Self {
        Some(text.to_owned()).into()
    }
}

impl From<Scripted> for Option<String> {
    fn from(scripted: Scripted) -> Self {
        match scripted {
            Scripted::Usual => None,
            Scripted::Absent => Some("absent".to_owned()),
            Scripted::Text(text) => Some(text),
        }
    }
}
