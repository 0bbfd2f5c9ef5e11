//! How transactions are named in the server.

use ring::digest::{SHA256, digest};

use crate::store::Key;

/// `PREFIX PROVIDER : SHA-256 of the reference`: a reference is enough to collect an order, so that it is not kept readable.
pub(super) fn name(prefix: &str, key: Key<'_>) -> String {
    use std::fmt::Write;
    let hash = digest(&SHA256, key.reference.as_bytes());
    let mut name = String::with_capacity(prefix.len() + key.provider.len() + 65);
    name.push_str(prefix);
    name.push_str(key.provider);
    name.push(':');
    for byte in hash.as_ref() {
        // Writing to a String cannot fail.
        let _written = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_provider_and_hides_the_reference() {
        let key = Key { provider: "bankid", reference: "131daac9-16c6-4618-beb0-365768f37288" };
        let name = name("riskgate:shop:retail:", key);
        assert!(name.starts_with("riskgate:shop:retail:bankid:"));
        assert!(!name.contains("131daac9"));
        assert_eq!(name.len(), "riskgate:shop:retail:bankid:".len() + 64);
    }

    #[test]
    fn no_two_transactions_have_one_name() {
        let pairs = [("bankid", "a"), ("bankid", "b"), ("bankid-2", "a"), ("b", "ankida"), ("bankid", "")];
        let names: std::collections::BTreeSet<String> =
            pairs.iter().map(|&(provider, reference)| name("p:", Key { provider, reference })).collect();
        assert_eq!(names.len(), pairs.len());
    }
}
