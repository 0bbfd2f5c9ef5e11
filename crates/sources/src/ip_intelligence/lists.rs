//! Lists of addresses, as a policy names them.

use std::net::IpAddr;
use std::sync::Arc;

use riskgate_core::config::{IpList, IpListKind};
use riskgate_core::ip::{AddressFacts, AddressList, BadLines, Traits, parse};
use sha2::{Digest, Sha256};

/// A list without one entry, though it has lines: of another format, most likely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no line of it is an address, a prefix or a network: {0}")]
pub struct NoEntry(BadLines);

/// A list that was read.
#[derive(Debug, Clone)]
pub struct ReadList {
    /// Where the policy has it from, and what it says.
    pub of: IpList,
    /// What did not read.
    pub bad: BadLines,
    list: Arc<AddressList>,
    hash: [u8; 32],
}

impl ReadList {
    /// Reads a list. `known` are lists that were read before: one of the same text is not read again.
    ///
    /// # Errors
    ///
    /// [`NoEntry`] when nothing of it reads. An empty list is none: it may have nothing to say today.
    pub fn read(of: &IpList, text: &[u8], known: &[Self]) -> Result<Self, NoEntry> {
        let hash = Sha256::digest(text).into();
        if let Some(same) = known.iter().find(|list| list.hash == hash) {
            return Ok(Self { of: of.clone(), ..same.clone() });
        }
        let (list, bad) = parse(text);
        if list.is_empty() && bad.count > 0 {
            return Err(NoEntry(bad));
        }
        let IpList { config_map, key, .. } = of;
        if bad.count > 0 {
            tracing::warn!(config_map, key, lines = bad.count, %bad, "lines of a list of addresses do not read and are left out");
        }
        if list.is_empty() {
            tracing::warn!(config_map, key, "a list of addresses is empty");
        } else {
            tracing::info!(config_map, key, entries = list.len(), "a list of addresses was read");
        }
        Ok(Self { of: of.clone(), bad, list: Arc::new(list), hash })
    }

    /// How many ranges and networks it has.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.list.len()
    }

    /// Whether it names networks by number.
    pub(super) fn names_networks(&self) -> bool {
        self.list.has_asns()
    }

    fn has(&self, address: IpAddr, asn: Option<u32>) -> bool {
        self.list.contains(address) || asn.is_some_and(|asn| self.list.contains_asn(asn))
    }
}

/// What the lists say of an address, whose network is `asn` where a database knows it. `listed` is how sure abuse is that a list
/// tells.
pub(super) fn look_up(lists: &[ReadList], address: IpAddr, asn: Option<u32>, listed: u8) -> AddressFacts {
    let mut facts = AddressFacts::default();
    let mut said = Traits::default();
    for list in lists.iter().filter(|list| list.has(address, asn)) {
        match list.of.kind {
            IpListKind::Tor => said.tor = true,
            IpListKind::Vpn => said.vpn = true,
            IpListKind::Proxy => said.proxy = true,
            IpListKind::Hosting => said.hosting = true,
            IpListKind::Abuse => facts.abuse = Some(listed),
            IpListKind::Trusted => facts.trusted = true,
        }
    }
    AddressFacts { traits: said, ..facts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: IpListKind) -> IpList {
        IpList { config_map: "lists".to_owned(), key: "one".to_owned(), kind }
    }

    fn read(kind: IpListKind, text: &str) -> ReadList {
        ReadList::read(&of(kind), text.as_bytes(), &[]).unwrap()
    }

    #[test]
    fn a_list_says_what_its_kind_is() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let said = |kind| look_up(&[read(kind, "192.0.2.0/24\n")], address, None, 70);
        assert!(said(IpListKind::Tor).traits.tor);
        assert!(said(IpListKind::Vpn).traits.vpn);
        assert!(said(IpListKind::Proxy).traits.proxy);
        assert!(said(IpListKind::Hosting).traits.hosting);
        assert!(said(IpListKind::Trusted).trusted);
        assert_eq!(said(IpListKind::Abuse).abuse, Some(70));
        let outside = "198.51.100.1".parse().unwrap();
        let lists = [read(IpListKind::Tor, "192.0.2.0/24\n"), read(IpListKind::Abuse, "192.0.2.0/24\n")];
        assert_eq!(look_up(&lists, outside, None, 70), AddressFacts::default());
    }

    #[test]
    fn a_network_is_listed_where_its_number_is_known() {
        let lists = [read(IpListKind::Hosting, "AS64500\n")];
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(look_up(&lists, address, Some(64500), 50).traits.hosting);
        assert!(!look_up(&lists, address, Some(64501), 50).traits.hosting);
        assert!(!look_up(&lists, address, None, 50).traits.hosting);
    }

    #[test]
    fn what_is_no_list_at_all_is_refused_and_an_empty_one_is_not() {
        let error = ReadList::read(&of(IpListKind::Tor), b"<html>\n<body>\n", &[]).unwrap_err();
        assert!(error.to_string().contains("line 1 is neither an address"), "{error}");
        assert_eq!(read(IpListKind::Tor, "# nothing today\n").entries(), 0);
    }

    #[test]
    fn the_same_text_is_not_read_twice() {
        let first = read(IpListKind::Tor, "192.0.2.0/24\nnot a line\n");
        let again =
            ReadList::read(&of(IpListKind::Vpn), b"192.0.2.0/24\nnot a line\n", &[first.clone()]).unwrap();
        assert!(Arc::ptr_eq(&first.list, &again.list));
        assert_eq!((again.of.kind, again.bad.count), (IpListKind::Vpn, 1));
    }
}
