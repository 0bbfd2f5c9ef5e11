//! One member among several that an entry has: the kind of provider or source that it is.

/// An entry that is of no kind, or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{count} kinds in one entry; write exactly one of: {known}")]
pub struct NotOneKind {
    count: usize,
    known: &'static str,
}

/// The one kind that is there. `known` names all that there are.
pub(super) fn one<T>(
    kinds: impl IntoIterator<Item = Option<T>>,
    known: &'static str,
) -> Result<T, NotOneKind> {
    let mut there = kinds.into_iter().flatten();
    match (there.next(), there.count()) {
        (Some(kind), 0) => Ok(kind),
        (None, _) => Err(NotOneKind { count: 0, known }),
        (Some(_), more) => Err(NotOneKind { count: more + 1, known }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_of_exactly_one_kind() {
        assert_eq!(one([None, Some(1)], "a, b"), Ok(1));
        let said = |kinds: [Option<u8>; 2]| one(kinds, "a, b").unwrap_err().to_string();
        assert_eq!(said([None, None]), "0 kinds in one entry; write exactly one of: a, b");
        assert_eq!(said([Some(1), Some(2)]), "2 kinds in one entry; write exactly one of: a, b");
    }
}
