//! A set of addresses, prefixes and networks, for fast look-up: sorted ranges that neither overlap nor touch.

use std::net::IpAddr;

/// A set of addresses. An address is found by binary search: two hundred thousand prefixes are eighteen comparisons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    asns: Vec<u32>,
}

impl AddressList {
    /// The set of these ranges (first and last address) and networks, in any order.
    pub(super) fn new(mut v4: Vec<(u32, u32)>, mut v6: Vec<(u128, u128)>, mut asns: Vec<u32>) -> Self {
        merge(&mut v4, |last| last.checked_add(1));
        merge(&mut v6, |last| last.checked_add(1));
        asns.sort_unstable();
        asns.dedup();
        asns.shrink_to_fit();
        Self { v4, v6, asns }
    }

    /// Whether `address` is in it. An IPv4 address in IPv6 form counts as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => find(&self.v4, address.to_bits()),
            IpAddr::V6(address) => find(&self.v6, address.to_bits()),
        }
    }

    /// Whether it names the network with that number.
    #[must_use]
    pub fn contains_asn(&self, asn: u32) -> bool {
        self.asns.binary_search(&asn).is_ok()
    }

    /// Whether it names networks by number, which only a database of networks can tell of an address.
    #[must_use]
    pub fn has_asns(&self) -> bool {
        !self.asns.is_empty()
    }

    /// How many separate ranges and networks it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.v4.len() + self.v6.len() + self.asns.len()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn find<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| address <= *last)
}

/// Sorts, and joins what overlaps or touches. `next` is the address after one; none after the last of all.
fn merge<T: Ord + Copy>(ranges: &mut Vec<(T, T)>, next: impl Fn(T) -> Option<T>) {
    ranges.sort_unstable();
    ranges.dedup_by(|later, kept| {
        let joins = next(kept.1).is_none_or(|after| later.0 <= after);
        if joins {
            kept.1 = kept.1.max(later.1);
        }
        joins
    });
    ranges.shrink_to_fit();
}
