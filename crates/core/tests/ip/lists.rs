//! Lists as they are published, each format in a few lines.

use std::net::IpAddr;

use riskgate_core::ip::{AddressList, Fault, parse};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A list without a bad line.
fn sound(text: &str) -> AddressList {
    let (list, bad) = parse(text.as_bytes());
    assert_eq!(bad.count, 0, "{bad}");
    list
}

#[test]
fn a_plain_list_has_an_address_a_line() {
    let list = sound(
        "192.0.2.1\r\n\r\n# a comment\n  2001:db8::1  \n; another\n// and another\n198.51.100.7 since May\n",
    );
    for inside in ["192.0.2.1", "2001:db8::1", "198.51.100.7", "::ffff:192.0.2.1"] {
        assert!(list.contains(ip(inside)), "{inside}");
    }
    for outside in ["192.0.2.0", "192.0.2.2", "2001:db8::", "2001:db8::2"] {
        assert!(!list.contains(ip(outside)), "{outside}");
    }
}

#[test]
fn a_netset_has_prefixes_and_a_head_of_comments() {
    let list = sound("#\n# firehol_level1\n#\n192.0.2.0/25\n203.0.113.77\n2001:db8::/33\n");
    for inside in ["192.0.2.0", "192.0.2.127", "203.0.113.77", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"] {
        assert!(list.contains(ip(inside)), "{inside}");
    }
    for outside in ["192.0.2.128", "192.0.1.255", "203.0.113.78", "2001:db8:8000::"] {
        assert!(!list.contains(ip(outside)), "{outside}");
    }
}

#[test]
fn tors_exit_addresses_are_records_of_several_lines() {
    let list = sound(
        "ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-11-20 03:47:21\n\
         LastStatus 2026-11-20 13:00:00\nExitAddress 192.0.2.9 2026-11-20 13:08:45\nExitAddress 2001:db8::9 2026-11-20 13:08:45\n",
    );
    assert!(list.contains(ip("192.0.2.9")) && list.contains(ip("2001:db8::9")));
    assert_eq!(list.len(), 2);
}

#[test]
fn of_a_table_the_first_column_counts() {
    let list = sound("192.0.2.0/24,SE,SE-AB,Stockholm,\n\"198.51.100.0/24\",NO,,,\n203.0.113.1\tvpn\n");
    assert!(["192.0.2.200", "198.51.100.200", "203.0.113.1"].iter().all(|inside| list.contains(ip(inside))));
}

#[test]
fn networks_are_named_by_number() {
    let list = sound("AS64500 # a hosting provider\nas64501\n");
    assert!(list.has_asns() && list.contains_asn(64500) && list.contains_asn(64501));
    assert!(!list.contains_asn(64502) && !list.contains(ip("192.0.2.1")));
}

#[test]
fn a_prefix_with_host_bits_is_its_network_and_ipv4_in_ipv6_form_is_ipv4() {
    let list = sound("192.0.2.77/24\n::ffff:198.51.100.0/120\n::ffff:203.0.113.5\n");
    assert!(["192.0.2.1", "198.51.100.255", "203.0.113.5"].iter().all(|inside| list.contains(ip(inside))));
}

#[test]
fn ranges_that_overlap_or_touch_are_one() {
    let list =
        sound("192.0.2.0/25\n192.0.2.128/25\n192.0.2.64/26\n192.0.2.1\n255.255.255.255\n255.255.255.254\n");
    assert_eq!(list.len(), 2);
    assert!(list.contains(ip("192.0.2.255")) && list.contains(ip("255.255.255.255")));
}

#[test]
fn the_ends_of_the_address_space_are_found() {
    let list = sound("0.0.0.0\n255.255.255.255\n::\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n");
    for inside in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
        assert!(list.contains(ip(inside)), "{inside}");
    }
    assert!(!list.contains(ip("0.0.0.1")) && !list.contains(ip("::1")));
}

#[test]
fn bad_lines_are_told_by_number_and_counted_and_the_rest_is_read() {
    let text = b"network,country\n192.0.2.1\n192.0.2.0/33\n0.0.0.0/0\n\xff\xfe\n::/0\n300.1.1.1\nASN1\nAS\n::ffff:0:0/96\n";
    let (list, bad) = parse(text);
    assert!(list.contains(ip("192.0.2.1")));
    assert_eq!(list.len(), 1);
    assert_eq!(bad.count, 9);
    let told: Vec<(usize, Fault)> = bad.first.iter().map(|line| (line.number, line.fault)).collect();
    assert_eq!(
        told,
        [
            (1, Fault::NotAnEntry),
            (3, Fault::NotAnEntry),
            (4, Fault::Everything),
            (5, Fault::NotText),
            (6, Fault::Everything),
        ]
    );
    let text = bad.to_string();
    assert!(text.starts_with("line 1 is neither") && text.ends_with("; and 4 more"), "{text}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let (list, bad) = parse(b"\xef\xbb\xbf192.0.2.1\n");
    assert!(bad.count == 0 && list.contains(ip("192.0.2.1")), "{bad}");
}
