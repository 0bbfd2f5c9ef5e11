//! Lists of addresses. Input: the list.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use riskgate_core::ip::parse;

fuzz_target!(|bytes: &[u8]| {
    let (list, bad) = parse(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').count();
    assert!(list.len() + bad.count <= lines, "no line is more than one entry");
    assert!(bad.first.len() <= bad.count && bad.first.iter().all(|line| (1..=lines).contains(&line.number)));
    // What is an address by itself is in the list, in either form.
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        let Ok(Ok(address)) = std::str::from_utf8(line).map(|line| line.trim().parse::<IpAddr>()) else {
            continue;
        };
        assert!(list.contains(address));
        if let IpAddr::V4(address) = address {
            assert!(list.contains(address.to_ipv6_mapped().into()));
        }
    }
});
