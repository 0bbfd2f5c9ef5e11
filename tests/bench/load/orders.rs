//! The order references that both ends agree on, and the bodies they stand in.

/// The length of an `orderRef`: a UUID's text.
pub(crate) const LENGTH: usize = 36;

/// An `orderRef`.
pub(crate) type OrderRef = [u8; LENGTH];

/// Orders whose result carries risk `high` have this at the beginning of their reference; all others are `low`.
pub(crate) const HIGH: &[u8] = b"ffffffff";

const MEMBER: &[u8] = b"\"orderRef\":\"";

/// The reference of the order of this number, in the form of a UUID: `space` keeps the orders of one process apart from
/// another's.
pub(crate) fn numbered(space: u32, number: u64) -> OrderRef {
    let mut reference = [0; LENGTH];
    let text = format!("{space:08x}-0000-4000-8000-{number:012x}");
    reference.copy_from_slice(&text.as_bytes()[..LENGTH]);
    reference
}

/// The reference in a JSON body that was written without blanks, as both ends and every peer in between write it.
pub(crate) fn find(body: &[u8]) -> Option<OrderRef> {
    let at = position(body, MEMBER)? + MEMBER.len();
    body.get(at..at + LENGTH)?.try_into().ok()
}

/// Whether `part` stands in `body`.
pub(crate) fn holds(body: &[u8], part: &[u8]) -> bool {
    position(body, part).is_some()
}

fn position(body: &[u8], part: &[u8]) -> Option<usize> {
    body.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_where_it_was_written() {
        let reference = numbered(7, 255);
        assert_eq!(&reference, b"00000007-0000-4000-8000-0000000000ff");
        let body = [br#"{"a":1,"orderRef":""#, reference.as_slice(), br#""}"#].concat();
        assert_eq!(find(&body), Some(reference));
        assert_eq!(find(br#"{"orderRef":"short"}"#), None);
    }
}
