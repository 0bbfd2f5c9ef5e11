//! Look-up in a list says what asking every entry in turn would say.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use riskgate_core::ip::parse;

/// A prefix in a small corner of the address space, so that prefixes overlap, touch and are hit.
fn entry() -> impl Strategy<Value = (IpAddr, u8)> {
    prop_oneof![
        (0..512u32, 22..=32u8).prop_map(|(low, length)| (v4(low), length)),
        (0..512u128, 118..=128u8).prop_map(|(low, length)| (v6(low), length)),
    ]
}

fn v4(low: u32) -> IpAddr {
    Ipv4Addr::from_bits(0xc000_0200 + low).into()
}

fn v6(low: u128) -> IpAddr {
    Ipv6Addr::from_bits((0x2001_0db8 << 96) + low).into()
}

fn covers((net, length): (IpAddr, u8), address: IpAddr) -> bool {
    match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            (net.to_bits() ^ address.to_bits()).checked_shr(32 - u32::from(length)).unwrap_or_default() == 0
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            (net.to_bits() ^ address.to_bits()).checked_shr(128 - u32::from(length)).unwrap_or_default() == 0
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_list_contains_what_one_of_its_entries_covers(entries in prop::collection::vec(entry(), 0..40)) {
        let mut text = String::new();
        for (net, length) in &entries {
            writeln!(text, "{net}/{length}").unwrap();
        }
        let (list, bad) = parse(text.as_bytes());
        prop_assert_eq!(bad.count, 0);
        for low in 0..512 {
            for address in [v4(low), v6(u128::from(low))] {
                let covered = entries.iter().any(|entry| covers(*entry, address));
                prop_assert_eq!(list.contains(address), covered, "{} in\n{}", address, text);
            }
        }
    }

    #[test]
    fn no_input_is_too_strange_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (list, bad) = parse(&bytes);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        prop_assert!(list.len() + bad.count <= lines);
        prop_assert!(bad.first.iter().all(|line| (1..=lines).contains(&line.number)));
    }
}
