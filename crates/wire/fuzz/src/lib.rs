//! What the targets share: how their input is read, and what holds for every error.

use riskgate_core::config::Refusal;
use riskgate_wire::bankid_se::BankIdSe;
use riskgate_wire::tic_identity::TicIdentity;
use serde_json::Value;

/// The reference that answers are read for.
pub const REFERENCE: &str = "131daac9-16c6-4618-beb0-365768f37288";

/// Statuses worth trying; an input chooses one by its first byte, `0` for the first.
const STATUSES: [u16; 12] = [200, 400, 403, 404, 405, 500, 503, 201, 204, 302, 100, 65535];

/// The protocol under test.
#[must_use]
pub fn bankid() -> BankIdSe {
    BankIdSe::new(Refusal::default())
}

/// The session that TIC's answers are read for.
pub const SESSION: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

/// TIC's protocol under test.
#[must_use]
pub fn tic() -> TicIdentity {
    TicIdentity::new("cancelled".to_owned(), None)
}

/// An answer: the status by the first byte, the body behind it.
#[must_use]
pub fn answer(data: &[u8]) -> Option<(u16, &[u8])> {
    let (first, body) = data.split_first()?;
    Some((STATUSES[usize::from(first.wrapping_sub(b'0')) % STATUSES.len()], body))
}

/// The body as a lenient reader sees it. What the strict reader takes, every other takes, too.
///
/// # Panics
///
/// When it does not.
#[must_use]
pub fn leniently(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a body that the strict reader took")
}

/// Checks that an error repeats no personal number of the body.
///
/// # Panics
///
/// When it does.
pub fn tells_nothing(error: &dyn std::fmt::Display, body: &[u8]) {
    let text = error.to_string();
    let digits = body.split(|byte| !byte.is_ascii_digit()).filter(|digits| digits.len() >= 10);
    for number in digits.filter_map(|digits| std::str::from_utf8(digits).ok()) {
        assert!(!text.contains(number), "the error repeats {number}: {text}");
    }
}
